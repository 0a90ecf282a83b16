package provider

import "slices"

// Capabilities say what a vendor's API can do. They are the one source for
// the planner, for the class's status and for the table in the documentation.
type Capabilities struct {
	// CredentialKeys are the keys the credential Secret must have.
	CredentialKeys []string
	// Checkable: a credential can be tried without naming a workspace. Where it
	// is false, [Session] Check says only what can be told without a call.
	Checkable bool
	// AccountSetting is the vendor's member of the class that names the account
	// which holds the workspaces; empty where the credential alone tells.
	AccountSetting string
	Workspace      WorkspaceCapabilities
	Key            KeyCapabilities
	// RateLimit is what the vendor documents; zero where it documents none.
	RateLimit Quota
}

// Quota is a documented limit on requests.
type Quota struct {
	// RequestsPerMinute holds for any window of 60 seconds.
	RequestsPerMinute int
	Burst             int
}

// Recovery is how an object is found again after the answer to its creation
// was lost.
type Recovery string

const (
	// RecoverNever: it cannot be found; a person has to say what happened.
	RecoverNever Recovery = "Never"
	// RecoverByMark: a complete list, read with its marks, tells.
	RecoverByMark Recovery = "Mark"
)

// WorkspaceCapabilities say what can be done with workspaces.
type WorkspaceCapabilities struct {
	// Import: a workspace that exists can be taken over by its id, which is then
	// read by Get.
	Import                                    bool
	Create, Get, List, Update, Freeze, Delete bool
	// DeleteSetting is the vendor's member of the class that must be Enabled
	// before a deletion may be sent; empty where it always may.
	DeleteSetting string
	// DeleteFreezes: a deletion only freezes, so that a frozen workspace counts
	// as deleted; DeleteMeans then says what the vendor makes of it.
	DeleteFreezes bool
	DeleteMeans   string
	Recovery      Recovery
	// MarkField is the spec field in whose place the mark stands, by its JSON
	// name. A spec that sets it leaves no room for a mark, and a lost answer then
	// cannot be resolved. Empty where the mark has a place of its own.
	MarkField string
	// Asynchronous: the vendor accepts a creation and carries it out later, so
	// that for a time no list shows what it made.
	Asynchronous bool
	// OwnCredential: creation yields a credential, and only with it can the
	// workspace and its keys be managed.
	OwnCredential bool
	// Required are the spec fields without which a workspace cannot be created,
	// by their JSON name.
	Required []string
	// Fields are the spec fields that can be honoured, by their JSON name;
	// vendor members as "guance.menuStyle".
	Fields []string
	// Changeable are those of the Fields that Update can change later on.
	Changeable []string
	// Clearable are those of the Changeable that Update can empty again, as if
	// they never had been set.
	Clearable []string
}

// KeyCapabilities say what can be done with API keys.
type KeyCapabilities struct {
	Issue, Get, List, Amend, Revoke bool
	Recovery                        Recovery
	// IDListed: the answer to Issue has no id. The key is found in the list by
	// its name, which its mark makes unique.
	IDListed bool
	// Name is what the vendor calls a key of this display name and mark. Nil
	// where there are no keys.
	Name func(display string, mark Mark) string
	// Required are the spec fields without which a key fails or can do nothing,
	// by their JSON name.
	Required []string
	// Fields are the spec fields that can be honoured, by their JSON name.
	Fields []string
	// Changeable are those of the Fields that Amend can change later on.
	Changeable []string
	// Instead tells a tenant what to use where Issue is false.
	Instead string
}

// Names lists the abilities as "workspace.create", "key.issue" and so on,
// in the order of the table in the documentation.
func (c Capabilities) Names() []string {
	all := []struct {
		name string
		has  bool
	}{
		{"workspace.create", c.Workspace.Create},
		{"workspace.import", c.Workspace.Import},
		{"workspace.get", c.Workspace.Get},
		{"workspace.list", c.Workspace.List},
		{"workspace.update", c.Workspace.Update},
		{"workspace.freeze", c.Workspace.Freeze},
		{"workspace.delete", c.Workspace.Delete},
		{"key.issue", c.Key.Issue},
		{"key.get", c.Key.Get},
		{"key.list", c.Key.List},
		{"key.amend", c.Key.Amend},
		{"key.revoke", c.Key.Revoke},
	}
	var names []string
	for _, ability := range all {
		if ability.has {
			names = append(names, ability.name)
		}
	}
	return names
}

// Honours reports whether the workspace field can be honoured.
func (c WorkspaceCapabilities) Honours(field string) bool {
	return slices.Contains(c.Fields, field)
}

// Honours reports whether the key field can be honoured.
func (c KeyCapabilities) Honours(field string) bool {
	return slices.Contains(c.Fields, field)
}

// Changes reports whether Update can change the field later on.
func (c WorkspaceCapabilities) Changes(field string) bool {
	return slices.Contains(c.Changeable, field)
}

// Clears reports whether Update can empty the field again.
func (c WorkspaceCapabilities) Clears(field string) bool {
	return slices.Contains(c.Clearable, field)
}

// Changes reports whether Amend can change the field later on.
func (c KeyCapabilities) Changes(field string) bool {
	return slices.Contains(c.Changeable, field)
}

// Requires reports whether a workspace must set the field.
func (c WorkspaceCapabilities) Requires(field string) bool {
	return slices.Contains(c.Required, field)
}

// Requires reports whether a key must set the field.
func (c KeyCapabilities) Requires(field string) bool {
	return slices.Contains(c.Required, field)
}
