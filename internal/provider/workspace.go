package provider

import (
	"slices"
	"time"
)

// WorkspaceFilter narrows a list. The zero value lists everything.
type WorkspaceFilter struct {
	// Name is the exact name; a vendor that cannot filter ignores it, so the
	// caller still compares.
	Name string
}

// Workspace is what a vendor says of one workspace. A field the vendor does
// not have, or did not show in this answer, is its zero value.
type Workspace struct {
	// ID is empty only in the answer to a Create that the vendor has accepted
	// and carries out later: then the list tells it, by the mark or the slug.
	ID          string
	Slug        string
	Name        string
	Description string
	// Mark is the mark the vendor showed; the zero Mark is "none".
	Mark Mark
	// MarkUnread is true where this answer cannot show a mark even if there
	// is one (a list in short form): only Get tells.
	MarkUnread bool
	// Brief is true where this answer leaves out parts that Get shows.
	Brief bool

	BillingState      string
	VersionType       string
	State             string
	AccountID         string
	Region            string
	TenancyModel      string
	ProvisioningRunID string
	Environments      []Environment
	Language          string
	Metadata          map[string]string
	UsageLimits       []UsageLimit
	RateLimits        []RateLimit
	// Options are the vendor's own settings that this answer shows, by the JSON
	// name they have in the spec.
	Options map[string]string

	CreatedAt time.Time
	UpdatedAt time.Time

	// Pending is true while the vendor is still building the workspace.
	Pending bool
	// Frozen is true while the vendor blocks its use.
	Frozen bool

	// Credential is set only in the answer to Create, and only by vendors
	// whose capabilities say OwnCredential.
	Credential *WorkspaceCredential
}

// Environment is a named part of a workspace.
type Environment struct {
	Name  string
	ID    string
	State string
}

// WorkspaceCredential is the key that manages one workspace, where a vendor
// gives each workspace its own. Like every key it is shown once.
type WorkspaceCredential struct {
	// ID revokes it.
	ID string
	// Values open a session for the workspace: one for each CredentialKey.
	Values map[string]Secret
}

// WorkspaceSpec is what a workspace should be. What is empty is left open, and
// the vendor's own value stays; only what Clear names is emptied.
type WorkspaceSpec struct {
	DisplayName string
	Description string
	Region      string
	Slug        string
	Language    string
	Metadata    map[string]string
	UsageLimits []UsageLimit
	RateLimits  []RateLimit
	// Frozen is nil where the spec does not say.
	Frozen *bool
	// Options are the vendor's own members of the spec, by their JSON name.
	Options map[string]string
	// Clear are the fields that an update empties, by their JSON name: of those
	// that the capabilities call Clearable, the ones that the spec leaves open.
	Clear []string
}

// Clears reports whether an update empties the field.
func (s WorkspaceSpec) Clears(field string) bool { return slices.Contains(s.Clear, field) }

// UsageLimit bounds what may be spent.
type UsageLimit struct {
	// Type is Cost or Tokens; empty is the vendor's default.
	Type string
	// CreditLimit is in the vendor's unit for the type, at least 1.
	CreditLimit int64
	// AlertThreshold is in the same unit; 0 is none.
	AlertThreshold int64
	// PeriodicReset is Monthly or Weekly; empty never resets.
	PeriodicReset string
}

// RateLimit bounds how fast it may be spent.
type RateLimit struct {
	// Type is Requests or Tokens.
	Type string
	// Unit is PerMinute, PerHour or PerDay.
	Unit string
	// Value is the number of Type per Unit.
	Value int64
}
