package provider

import "slices"

// Capabilities say what a vendor's API can do. They are the one source for
// the planner, for the class's status and for the table in the documentation.
type Capabilities struct {
	// CredentialKeys are the keys the credential Secret must have.
	CredentialKeys []string
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
	Create, Get, List, Update, Freeze, Delete bool
	Recovery                                  Recovery
	// OwnCredential: creation yields a credential, and only with it can the
	// workspace and its keys be managed.
	OwnCredential bool
	// Fields are the spec fields that can be honoured, by their JSON name;
	// vendor members as "guance.menuStyle".
	Fields []string
}

// KeyCapabilities say what can be done with API keys.
type KeyCapabilities struct {
	Issue, List, Amend, Revoke bool
	Recovery                   Recovery
	// ScopesRequired: a key without scopes fails or can do nothing.
	ScopesRequired bool
	// Fields are the spec fields that can be honoured, by their JSON name.
	Fields []string
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
		{"workspace.get", c.Workspace.Get},
		{"workspace.list", c.Workspace.List},
		{"workspace.update", c.Workspace.Update},
		{"workspace.freeze", c.Workspace.Freeze},
		{"workspace.delete", c.Workspace.Delete},
		{"key.issue", c.Key.Issue},
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
