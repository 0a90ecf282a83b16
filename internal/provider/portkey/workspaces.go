package portkey

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// markKey is the member of defaults.metadata that holds the mark. Tenants
// cannot use it.
const markKey = "workspace_operator_owner"

type workspaces struct{ client *rest.Client }

// List filters by name on the vendor's side.
func (w workspaces) List(ctx context.Context, filter provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	call := rest.Call{Op: "list workspaces", Method: http.MethodGet, Path: []string{"admin", "workspaces"}, Query: url.Values{}}
	if filter.Name != "" {
		call.Query.Set("exact_name", filter.Name)
	}
	return func(yield func(provider.Workspace, error) bool) {
		for item, err := range list(ctx, w.client, call, func(item workspace) string { return item.ID }) {
			if err != nil {
				yield(provider.Workspace{}, err)
				return
			}
			if !yield(item.observed(false), nil) {
				return
			}
		}
	}
}

// Get reads one workspace. One that was deleted behind the operator's back
// answers 403, like one this key may not see, so that is class Forbidden.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	found, err := w.get(ctx, "get workspace", id)
	if err != nil {
		return provider.Workspace{}, err
	}
	return found.observed(true), nil
}

func (w workspaces) get(ctx context.Context, op, id string) (workspace, error) {
	var found workspace
	if err := w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodGet, Path: []string{"admin", "workspaces", id}}, &found); err != nil {
		return workspace{}, err
	}
	if !rest.ValidID(found.ID) {
		return workspace{}, rest.Malformed(op, false)
	}
	return found, nil
}

// Create puts the mark among the metadata.
func (w workspaces) Create(ctx context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	const op = "create workspace"
	usage, rate, err := limitsOf(op, spec.UsageLimits, spec.RateLimits)
	if err != nil {
		return provider.Workspace{}, err
	}
	body := newWorkspace{Name: spec.DisplayName, Description: spec.Description, UsageLimits: usage, RateLimits: rate}
	if metadata := marked(spec.Metadata, mark); len(metadata) > 0 {
		body.Defaults = &defaults{Metadata: metadata}
	}
	var created workspace
	call := rest.Call{Op: op, Method: http.MethodPost, Path: []string{"admin", "workspaces"}, Body: body}
	if err := w.client.Do(ctx, call, &created); err != nil {
		return provider.Workspace{}, err
	}
	if !rest.ValidID(created.ID) {
		return provider.Workspace{}, rest.Malformed(op, true)
	}
	return created.observed(false), nil
}

// Update sends what the spec sets and clears. The vendor replaces the metadata as a
// whole, so they are read first, and the mark they hold is sent along. Its
// answer says nothing, and a read that follows at once may still be stale.
func (w workspaces) Update(ctx context.Context, id string, spec provider.WorkspaceSpec) error {
	const op = "update workspace"
	if err := rest.Clearable(op, spec.Clear, clearable()); err != nil {
		return err
	}
	usage, rate, err := limitsOf(op, spec.UsageLimits, spec.RateLimits)
	if err != nil {
		return err
	}
	body := workspaceChange{Name: spec.DisplayName}
	if spec.Description != "" || spec.Clears("description") {
		body.Description = &spec.Description
	}
	if len(usage) > 0 || spec.Clears("usageLimits") {
		body.UsageLimits = &usage
	}
	if len(rate) > 0 || spec.Clears("rateLimits") {
		body.RateLimits = &rate
	}
	if len(spec.Metadata) > 0 || spec.Clears("metadata") {
		current, err := w.get(ctx, op, id)
		if err != nil {
			return err
		}
		body.Defaults = current.Defaults.with(marked(spec.Metadata, current.observed(true).Mark))
	}
	if body == (workspaceChange{}) {
		return nil
	}
	return w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPut, Path: []string{"admin", "workspaces", id}, Body: body}, nil)
}

// Delete removes the workspace with everything in it.
func (w workspaces) Delete(ctx context.Context, seen provider.Workspace) error {
	const op = "delete workspace"
	if seen.Name == "" {
		return rest.Invalid(op, "the vendor wants the current name of a workspace as a confirmation, and it is not known")
	}
	call := rest.Call{
		Op: op, Method: http.MethodDelete, Path: []string{"admin", "workspaces", seen.ID},
		Body: removal{Name: seen.Name, Force: true},
	}
	err := w.client.Do(ctx, call, nil)
	switch {
	case provider.Is(err, provider.NotFound):
		return nil
	case errors.Is(err, errMaybeGone):
		return w.unlessGone(ctx, seen.ID, err)
	}
	return err
}

// unlessGone decides what a refusal means: nothing, if a complete list does
// not have the workspace. A list that fails decides nothing.
func (w workspaces) unlessGone(ctx context.Context, id string, refusal error) error {
	for item, err := range w.List(ctx, provider.WorkspaceFilter{}) {
		if err != nil {
			return err
		}
		if item.ID == id || item.Slug == id {
			return refusal
		}
	}
	return nil
}

// marked is the metadata to send: never nil, and the mark is never the
// tenant's.
func marked(metadata map[string]string, mark provider.Mark) map[string]rest.Text {
	wire := map[string]rest.Text{}
	for name, value := range metadata {
		wire[name] = rest.Text(value)
	}
	delete(wire, markKey)
	if !mark.IsZero() {
		wire[markKey] = rest.Text(mark.Owner())
	}
	return wire
}

// with replaces the metadata and keeps the rest as the vendor has it.
func (d *defaults) with(metadata map[string]rest.Text) *defaults {
	changed := defaults{Metadata: metadata}
	if d != nil {
		changed.InputGuardrails = set(d.InputGuardrails)
		changed.OutputGuardrails = set(d.OutputGuardrails)
		changed.UserAPIKeyConfig = set(d.UserAPIKeyConfig)
	}
	return &changed
}

// set is nothing where the vendor said null.
func set(raw []byte) []byte {
	if string(raw) == "null" {
		return nil
	}
	return raw
}
