package groundfloor

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
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

// accepted is what an answer to a creation tells. The page "Workspaces API"
// promises "a provisioning run ID" and does not show it; the page on
// provisioning shows workspace_id and provisioning_run_id. Other names and
// forms are read as well, and what cannot be read is left out: a success is the
// vendor's word, and an error after it would lead to a second creation.
type accepted struct {
	id, run string
	// whole is the workspace itself, if that is the answer: only a workspace
	// has a slug beside its id.
	whole *workspace
}

// UnmarshalJSON never fails. A bare id is never taken for that of the
// workspace: if that is wrong, the list tells the right one all the same,
// whereas a workspace by the id of a run is never found.
func (a *accepted) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(data, &members)
	first := func(names ...string) string {
		for _, name := range names {
			if id := reference(members[name]); id != "" {
				return id
			}
		}
		return ""
	}
	*a = accepted{
		id:  cmp.Or(first("workspace_id", "workspaceId"), idIn(members["workspace"])),
		run: first("provisioning_run_id", "run_id", "provisioningRunId", "runId", "provisioning_run", "run"),
	}
	var whole workspace
	if json.Unmarshal(data, &whole) == nil && rest.ValidID(whole.ID) && whole.Slug != "" {
		a.whole, a.id = &whole, cmp.Or(a.id, whole.ID)
		return nil
	}
	a.run = cmp.Or(a.run, reference(data))
	return nil
}

// reference is an identifier, or the id of an object. It is empty where there
// is none that can be kept.
func reference(data json.RawMessage) string {
	return cmp.Or(identifier(data), idIn(data))
}

// idIn is the id of an object.
func idIn(data json.RawMessage) string {
	var object struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(data, &object)
	return identifier(object.ID)
}

// identifier is a text or a number.
func identifier(data json.RawMessage) string {
	var text string
	var number json.Number
	if json.Unmarshal(data, &text) != nil && json.Unmarshal(data, &number) == nil {
		text = number.String()
	}
	if !rest.ValidID(text) {
		return ""
	}
	return text
}

// observed is the workspace that was asked for, as far as it is known.
func (a accepted) observed(asked newWorkspace) provider.Workspace {
	seen := provider.Workspace{
		Slug: asked.Slug, Name: asked.Name, Mark: markOf(asked.Slug),
		Region: asked.Region, AccountID: asked.AccountID, Pending: true,
	}
	if a.whole != nil {
		seen = a.whole.observed()
	}
	seen.ID, seen.ProvisioningRunID, seen.Brief = a.id, a.run, true
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
	Short  rest.Text `json:"env"`
	Type   rest.Text `json:"type"`
	Key    rest.Text `json:"key"`
	Status rest.Text `json:"status"`
	State  rest.Text `json:"state"`
}

// UnmarshalJSON never fails. It reads an array, an object with one array in
// it, or an object that has each environment under its name.
func (e *environments) UnmarshalJSON(data []byte) error {
	*e = nil
	var items entries[json.RawMessage]
	_ = items.UnmarshalJSON(data)
	for _, item := range items[:min(len(items), environmentsLimit)] {
		var read environment
		if json.Unmarshal(item, &read) == nil || json.Unmarshal(item, (*string)(&read.Name)) == nil {
			*e = append(*e, read)
		}
	}
	if items == nil {
		*e = byName(data)
	}
	return nil
}

// byName reads an object of objects, alone or as the member environments of
// another. They are in the order of their names, so that it stays the same.
func byName(data []byte) environments {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(data, &members)
	var wrapped map[string]json.RawMessage
	if json.Unmarshal(members["environments"], &wrapped) == nil {
		members = wrapped
	}
	var named environments
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var read environment
		if !isObject(members[name]) || len(named) == environmentsLimit {
			continue
		}
		_ = json.Unmarshal(members[name], &read)
		read.Name = rest.Text(name)
		named = append(named, read)
	}
	return named
}

func (e environments) observed() []provider.Environment {
	var seen []provider.Environment
	for _, item := range e {
		one := provider.Environment{
			Name:  firstWord(item.Name, item.Slug, item.Kind, item.Short, item.Type, item.Key),
			State: firstWord(item.Status, item.State),
		}
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
