package groundfloor

import (
	"encoding/json"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// The words for the status of a workspace that the documentation has. There
// may be more, for one that is not ready.
const (
	statusActive = "active"
	statusFrozen = "frozen"
)

const (
	// wordLimit bounds what is shown of the vendor's words, in characters.
	wordLimit = 64
	// environmentsLimit is far beyond the three that are documented.
	environmentsLimit = 16
)

// workspace is an item of the list. That the other answers show the same is
// not documented; only what identifies a workspace has to be a string.
type workspace struct {
	ID           string    `json:"id"`
	AccountID    rest.Text `json:"account_id"`
	Name         rest.Text `json:"name"`
	Slug         rest.Text `json:"slug"`
	Status       rest.Text `json:"status"`
	Region       rest.Text `json:"region"`
	TenancyModel rest.Text `json:"tenancy_model"`
	CreatedAt    moment    `json:"created_at"`
}

// observed is a workspace in the operator's terms. A status that is not known
// is taken for "not ready".
func (w workspace) observed() provider.Workspace {
	return provider.Workspace{
		ID: w.ID, Slug: rest.Clean(string(w.Slug), slugShown), Name: string(w.Name), Mark: markOf(string(w.Slug)),
		State: word(w.Status), AccountID: word(w.AccountID), Region: word(w.Region), TenancyModel: word(w.TenancyModel),
		CreatedAt: w.CreatedAt.Time,
		Pending:   w.Status != statusActive && w.Status != statusFrozen,
		Frozen:    w.Status == statusFrozen,
	}
}

// slugShown bounds a slug, which may be longer than those made here.
const slugShown = 256

func word(text rest.Text) string { return rest.Clean(string(text), wordLimit) }

// newWorkspace is the body of a creation, in the documented order.
type newWorkspace struct {
	AccountID string `json:"account_id"`
	Name      string `json:"name"`
	Region    string `json:"region"`
	Slug      string `json:"slug,omitempty"`
}

// accepted is the answer to a creation. The page "Workspaces API" promises "a
// provisioning run ID" and does not show it; the page on provisioning shows
// workspace_id and provisioning_run_id. A whole workspace is taken as well.
type accepted struct {
	workspace
	WorkspaceID       string    `json:"workspace_id"`
	ProvisioningRunID rest.Text `json:"provisioning_run_id"`
	RunID             rest.Text `json:"run_id"`
}

// whole reports whether the answer is the workspace itself: only that has a
// slug beside its id.
func (a accepted) whole() bool { return a.ID != "" && a.Slug != "" }

// id is that of the workspace; empty where the answer does not tell it.
func (a accepted) id() string {
	if a.WorkspaceID == "" && a.whole() {
		return a.ID
	}
	return a.WorkspaceID
}

// run is the id of the provisioning run, under the documented name or the two
// others it could have by the words of the first page. A bare id is never
// taken for that of the workspace: if that is wrong, the list tells the right
// one all the same, whereas a workspace by the id of a run is never found.
func (a accepted) run() string {
	names := []rest.Text{a.ProvisioningRunID, a.RunID}
	if !a.whole() {
		names = append(names, rest.Text(a.ID))
	}
	for _, id := range names {
		if rest.ValidID(string(id)) {
			return string(id)
		}
	}
	return ""
}

// complete reports whether the answer says what was begun.
func (a accepted) complete() bool {
	if a.id() == "" {
		return a.run() != ""
	}
	return rest.ValidID(a.id())
}

// observed is the workspace that was asked for, as far as it is known.
func (a accepted) observed(asked newWorkspace) provider.Workspace {
	seen := provider.Workspace{
		Slug: asked.Slug, Name: asked.Name, Mark: markOf(asked.Slug),
		Region: asked.Region, AccountID: asked.AccountID, Pending: true,
	}
	if a.whole() {
		seen = a.workspace.observed()
	}
	seen.ID, seen.ProvisioningRunID, seen.Brief = a.id(), a.run(), true
	return seen
}

// statusChange is the body that freezes and unfreezes. The documentation does
// not show it; this is what a PATCH of the status plainly means.
type statusChange struct {
	Status string `json:"status"`
}

func statusOf(frozen bool) statusChange {
	if frozen {
		return statusChange{Status: statusFrozen}
	}
	return statusChange{Status: statusActive}
}

// environments are those of a workspace. Their form is not documented, and
// nothing depends on them: what cannot be read is left out.
type environments []environment

type environment struct {
	ID     rest.Text `json:"id"`
	Name   rest.Text `json:"name"`
	Slug   rest.Text `json:"slug"`
	Kind   rest.Text `json:"environment"`
	Status rest.Text `json:"status"`
	State  rest.Text `json:"state"`
}

// UnmarshalJSON never fails. It reads an array, or an object with one in it.
func (e *environments) UnmarshalJSON(data []byte) error {
	var wrapped struct {
		Items []json.RawMessage `json:"environments"`
	}
	items := []json.RawMessage{}
	if json.Unmarshal(data, &items) != nil && json.Unmarshal(data, &wrapped) == nil {
		items = wrapped.Items
	}
	*e = nil
	for _, item := range items[:min(len(items), environmentsLimit)] {
		var read environment
		if json.Unmarshal(item, &read) == nil || json.Unmarshal(item, (*string)(&read.Name)) == nil {
			*e = append(*e, read)
		}
	}
	return nil
}

func (e environments) observed() []provider.Environment {
	var seen []provider.Environment
	for _, item := range e {
		one := provider.Environment{Name: firstWord(item.Name, item.Slug, item.Kind), State: firstWord(item.Status, item.State)}
		if id := string(item.ID); rest.ValidID(id) {
			one.ID = id
		}
		if one.Name != "" {
			seen = append(seen, one)
		}
	}
	return seen
}

func firstWord(texts ...rest.Text) string {
	for _, text := range texts {
		if shown := word(text); shown != "" {
			return shown
		}
	}
	return ""
}

// moment is a time as RFC 3339 has it. One that cannot be read, or not be
// written down again with four digits for the year, is unknown, and no error.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text rest.Text
	_ = text.UnmarshalJSON(data)
	m.Time = time.Time{}
	if parsed, err := time.Parse(time.RFC3339, string(text)); err == nil {
		if utc := parsed.UTC(); utc.Year() >= 1 && utc.Year() <= 9999 {
			m.Time = utc
		}
	}
	return nil
}
