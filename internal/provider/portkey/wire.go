package portkey

import (
	"encoding/json"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// workspace is what the vendor says of one.
type workspace struct {
	ID            string    `json:"id"`
	Slug          string    `json:"slug"`
	Name          string    `json:"name"`
	Description   rest.Text `json:"description"`
	Status        rest.Text `json:"status"`
	CreatedAt     moment    `json:"created_at"`
	LastUpdatedAt moment    `json:"last_updated_at"`
	Defaults      *defaults `json:"defaults"`
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
	Description string        `json:"description,omitempty"`
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
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Status    rest.Text   `json:"status"`
	Scopes    []rest.Text `json:"scopes"`
	CreatedAt moment      `json:"created_at"`
	ExpiresAt moment      `json:"expires_at"`
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

// keyChange is the body of an update.
type keyChange struct {
	Name        string       `json:"name,omitempty"`
	Scopes      []string     `json:"scopes,omitempty"`
	UsageLimits *usageLimit  `json:"usage_limits,omitempty"`
	RateLimits  *[]rateLimit `json:"rate_limits,omitempty"`
	ExpiresAt   string       `json:"expires_at,omitempty"`
}

// issuedKey is the answer to a creation, the only one with the value.
type issuedKey struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

type usageLimit struct {
	Type           string `json:"type,omitempty"`
	CreditLimit    int64  `json:"credit_limit"`
	AlertThreshold int64  `json:"alert_threshold,omitempty"`
	PeriodicReset  string `json:"periodic_reset,omitempty"`
}

type rateLimit struct {
	Type  string `json:"type"`
	Unit  string `json:"unit"`
	Value int64  `json:"value"`
}

// moment is a time in either of the two forms the vendor's documentation
// shows. One that cannot be read is unknown, and no error.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text rest.Text
	_ = text.UnmarshalJSON(data)
	m.Time = time.Time{}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if parsed, err := time.Parse(layout, string(text)); err == nil {
			m.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}

const stateLimit = 64

// observed is a workspace in the operator's terms. A list may be in a short
// form that shows no metadata; an answer about one workspace is complete.
func (w workspace) observed(complete bool) provider.Workspace {
	seen := provider.Workspace{
		ID: w.ID, Slug: w.Slug, Name: w.Name, Description: string(w.Description),
		State:     rest.Clean(string(w.Status), stateLimit),
		CreatedAt: w.CreatedAt.Time, UpdatedAt: w.LastUpdatedAt.Time,
	}
	if w.Defaults == nil || w.Defaults.Metadata == nil {
		seen.MarkUnread = !complete
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
		CreatedAt: k.CreatedAt.Time, ExpiresAt: k.ExpiresAt.Time,
	}
	for _, scope := range k.Scopes {
		seen.Scopes = append(seen.Scopes, string(scope))
	}
	return seen
}
