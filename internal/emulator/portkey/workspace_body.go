package portkey

import (
	"time"
)

// The three ways the vendor writes a time: for workspaces, for keys, and in
// the example of the workspace list.
const (
	workspaceTime = "2006-01-02T15:04:05.000Z"
	keyTime       = "2006-01-02T15:04:05Z"
	exampleTime   = "2006-01-02 15:04:05"
)

func stamp(t time.Time, layout string) string { return t.UTC().Format(layout) }

// workspaceBody is a Workspace as answers hold it.
type workspaceBody struct {
	ID            string           `json:"id"`
	Slug          string           `json:"slug"`
	Name          string           `json:"name"`
	Description   *string          `json:"description"`
	CreatedAt     string           `json:"created_at"`
	LastUpdatedAt string           `json:"last_updated_at"`
	Defaults      defaultsBody     `json:"defaults"`
	UsageLimits   []usageLimitBody `json:"usage_limits"`
	RateLimits    []rateLimitBody  `json:"rate_limits"`
}

// defaultsBody really has is_default inside.
type defaultsBody struct {
	Metadata         map[string]string `json:"metadata"`
	IsDefault        int               `json:"is_default"`
	InputGuardrails  []string          `json:"input_guardrails,omitempty"`
	OutputGuardrails []string          `json:"output_guardrails,omitempty"`
	UserKeyConfig    *string           `json:"user_api_key_config,omitempty"`
}

type workspaceWithUsers struct {
	workspaceBody
	Users []memberBody `json:"users"`
}

type memberBody struct {
	Object string `json:"object"`
	ID     string `json:"id"`
	Role   string `json:"role"`
}

// exampleBody is a list item of the documentation's example.
type exampleBody struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	Description   *string `json:"description"`
	CreatedAt     string  `json:"created_at"`
	LastUpdatedAt string  `json:"last_updated_at"`
	Object        string  `json:"object"`
}

func (v *Vendor) describeWorkspace(w *Workspace) workspaceBody {
	body := workspaceBody{
		ID: w.ID, Slug: w.Slug, Name: w.Name, Description: w.Description,
		CreatedAt:     stamp(w.CreatedAt, workspaceTime),
		LastUpdatedAt: stamp(w.LastUpdatedAt, workspaceTime),
		Defaults: defaultsBody{
			Metadata:         map[string]string{},
			InputGuardrails:  w.InputGuardrails,
			OutputGuardrails: w.OutputGuardrails,
			UserKeyConfig:    w.UserKeyConfig,
		},
		UsageLimits: []usageLimitBody{},
		RateLimits:  rateLimits(w.RateLimits),
	}
	if w.Metadata != nil {
		body.Defaults.Metadata = w.Metadata
	}
	if w.IsDefault {
		body.Defaults.IsDefault = 1
	}
	for _, l := range w.UsageLimits {
		body.UsageLimits = append(body.UsageLimits, v.usageLimit(l))
	}
	return body
}

func (v *Vendor) listItem(w *Workspace) any {
	if v.settings.ListShape != "example" {
		return v.describeWorkspace(w)
	}
	return exampleBody{
		ID: w.ID, Name: w.Name, Description: w.Description,
		CreatedAt:     stamp(w.CreatedAt, exampleTime),
		LastUpdatedAt: stamp(w.LastUpdatedAt, exampleTime),
		Object:        "workspace",
	}
}

func members(w *Workspace) []memberBody {
	out := []memberBody{}
	for _, id := range w.Users {
		out = append(out, memberBody{Object: "workspace-user", ID: id, Role: "member"})
	}
	return out
}
