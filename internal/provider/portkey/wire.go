package portkey

import (
	"encoding/json"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// workspace is what the vendor says of one.
type workspace struct {
	ID            string            `json:"id"`
	Slug          rest.Text         `json:"slug"`
	Name          string            `json:"name"`
	Description   rest.Text         `json:"description"`
	Status        rest.Text         `json:"status"`
	CreatedAt     moment            `json:"created_at"`
	LastUpdatedAt moment            `json:"last_updated_at"`
	Defaults      *defaults         `json:"defaults"`
	UsageLimits   shown[usageShown] `json:"usage_limits"`
	RateLimits    shown[rateShown]  `json:"rate_limits"`
}

// defaults is sent and received. The members that are none of our business are
// sent back as they came.
type defaults struct {
	Metadata         map[string]rest.Text `json:"metadata"`
	InputGuardrails  json.RawMessage      `json:"input_guardrails,omitempty"`
	OutputGuardrails json.RawMessage      `json:"output_guardrails,omitempty"`
	UserAPIKeyConfig json.RawMessage      `json:"user_api_key_config,omitempty"`
}

// newWorkspace is the body of a creation.
type newWorkspace struct {
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Defaults    *defaults    `json:"defaults,omitempty"`
	UsageLimits []usageLimit `json:"usage_limits,omitempty"`
	RateLimits  []rateLimit  `json:"rate_limits,omitempty"`
}

// workspaceChange is the body of an update: what is absent stays, a limit that
// is null goes away.
type workspaceChange struct {
	Name        string        `json:"name,omitempty"`
	Description *string       `json:"description,omitempty"`
	Defaults    *defaults     `json:"defaults,omitempty"`
	UsageLimits *[]usageLimit `json:"usage_limits,omitempty"`
	RateLimits  *[]rateLimit  `json:"rate_limits,omitempty"`
}

// removal is the body of a deletion. The name confirms it; without the force
// it fails while the workspace has anything in it, and a fresh one has.
type removal struct {
	Name  string `json:"name"`
	Force bool   `json:"force_delete"`
}

// key is what the vendor says of an API key; its masked value is not read.
type key struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Status      rest.Text         `json:"status"`
	Scopes      []rest.Text       `json:"scopes"`
	UsageLimits shown[usageShown] `json:"usage_limits"`
	RateLimits  shown[rateShown]  `json:"rate_limits"`
	CreatedAt   moment            `json:"created_at"`
	ExpiresAt   moment            `json:"expires_at"`
}

// newKey is the body of a creation. Its usage limit is one object, where a
// workspace has a list of them.
type newKey struct {
	Name        string      `json:"name"`
	WorkspaceID string      `json:"workspace_id,omitempty"`
	Scopes      []string    `json:"scopes"`
	UsageLimits *usageLimit `json:"usage_limits,omitempty"`
	RateLimits  []rateLimit `json:"rate_limits,omitempty"`
	ExpiresAt   string      `json:"expires_at,omitempty"`
}

// keyChange is the body of an update: what is absent stays, rate limits that
// are null go away. A usage limit is not documented to be null.
type keyChange struct {
	Name        string             `json:"name,omitempty"`
	RateLimits  *[]rateLimit       `json:"rate_limits,omitempty"`
	UsageLimits *changedUsageLimit `json:"usage_limits,omitempty"`
	Scopes      []string           `json:"scopes,omitempty"`
	ExpiresAt   string             `json:"expires_at,omitempty"`
}

// issuedKey is the answer to a creation, the only one with the value.
type issuedKey struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

// complete reports whether the answer has what cannot be had a second time.
func (i issuedKey) complete() bool { return rest.ValidID(i.ID) && i.Key != "" }

// moment is a time in either of the two forms the vendor's documentation
// shows. One that cannot be read is unknown, and no error. So is one in a year
// that cannot be written down in Kubernetes.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text rest.Text
	_ = text.UnmarshalJSON(data)
	m.Time = time.Time{}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		parsed, err := time.Parse(layout, string(text))
		if year := parsed.UTC().Year(); err == nil && year > 0 && year < 10000 {
			m.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}

const stateLimit = 64

// observed is a workspace in the operator's terms. A list may be in a short
// form that shows neither metadata nor limits; what an answer about one
// workspace does not show is not there.
func (w workspace) observed(complete bool) provider.Workspace {
	seen := provider.Workspace{
		ID: w.ID, Name: w.Name, Description: string(w.Description),
		State:       rest.Clean(string(w.Status), stateLimit),
		UsageLimits: observedAll(w.UsageLimits), RateLimits: observedAll(w.RateLimits),
		CreatedAt: w.CreatedAt.Time, UpdatedAt: w.LastUpdatedAt.Time,
	}
	if rest.ValidID(string(w.Slug)) {
		seen.Slug = string(w.Slug)
	}
	unread := w.Defaults == nil || w.Defaults.Metadata == nil
	seen.MarkUnread = !complete && unread
	seen.Brief = !complete && (unread || !w.UsageLimits.present || !w.RateLimits.present)
	if unread {
		return seen
	}
	seen.Metadata = map[string]string{}
	for name, value := range w.Defaults.Metadata {
		if name == markKey {
			seen.Mark, _ = provider.ParseOwner(string(value))
			continue
		}
		seen.Metadata[name] = string(value)
	}
	return seen
}

func (k key) observed() provider.Key {
	mark, _ := provider.ParseKeyName(k.Name)
	seen := provider.Key{
		ID: k.ID, Name: k.Name, Mark: mark, State: rest.Clean(string(k.Status), stateLimit),
		UsageLimits: observedAll(k.UsageLimits), RateLimits: observedAll(k.RateLimits),
		CreatedAt: k.CreatedAt.Time, ExpiresAt: k.ExpiresAt.Time,
	}
	for _, scope := range k.Scopes {
		seen.Scopes = append(seen.Scopes, string(scope))
	}
	return seen
}
