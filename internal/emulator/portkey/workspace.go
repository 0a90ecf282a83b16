package portkey

import (
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// createWorkspace is POST /admin/workspaces. Names need not be unique.
func (v *Vendor) createWorkspace(c *call) (any, error) {
	if err := firstError(c.needs("workspaces.create"), c.OnlyQuery()); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := workspaceName(o, wire.Required)
	description := o.String("description", wire.Optional)
	defaults, _ := o.Object("defaults", wire.Optional)
	metadata := defaults.StringMap("metadata", wire.Optional)
	_ = defaults.Close()
	users := o.Strings("users", wire.Optional)
	usage := readUsageLimits(o, wire.Optional, c.Now)
	rate := readRateLimits(o, wire.Optional, wire.Optional, "rpd", "rph", "rpm")
	if err := o.Close(); err != nil {
		return nil, err
	}

	w := v.newWorkspace(name.Value, c.Now)
	w.Description = pointer(description)
	w.Metadata, w.Users, w.UsageLimits, w.RateLimits = metadata.Value, users.Value, usage.Value, rate.Value
	v.state.Workspaces = append(v.state.Workspaces, w)
	c.changed = true
	return v.describeWorkspace(w), nil
}

// getWorkspace is GET /admin/workspaces/{workspaceId}.
func (v *Vendor) getWorkspace(c *call) (any, error) {
	if err := firstError(c.needs("workspaces.read"), c.OnlyQuery(), c.NoBody()); err != nil {
		return nil, err
	}
	w, err := v.namedWorkspace(c)
	if err != nil {
		return nil, err
	}
	w = w.seen()
	return workspaceWithUsers{workspaceBody: v.describeWorkspace(w), Users: members(w)}, nil
}

// updateWorkspace is PUT /admin/workspaces/{workspaceId}: what is absent stays,
// usage_limits and rate_limits are cleared by null, and the answer is {}.
func (v *Vendor) updateWorkspace(c *call) (any, error) {
	if err := firstError(c.needs("workspaces.update"), c.OnlyQuery()); err != nil {
		return nil, err
	}
	w, err := v.namedWorkspace(c)
	if err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	next := *w
	set(&next.Name, workspaceName(o, wire.Optional))
	if description := o.String("description", wire.Optional); description.Set {
		next.Description = &description.Value
	}
	readDefaults(o, &next)
	set(&next.UsageLimits, readUsageLimits(o, wire.Nullable, c.Now))
	set(&next.RateLimits, readRateLimits(o, wire.Nullable, wire.Optional, "rpd", "rph", "rpm"))
	if err := o.Close(); err != nil {
		return nil, err
	}
	next.LastUpdatedAt = c.Now
	if next.StaleReads = v.settings.StaleReads; next.StaleReads > 0 {
		old := *w
		old.Stale = nil
		next.Stale = &old
	}
	*w = next
	c.changed = true
	return struct{}{}, nil
}

// readDefaults reads the defaults of an update. The metadata given replace
// those that were; the other members are each kept when absent.
func readDefaults(o *wire.Object, w *Workspace) {
	defaults, _ := o.Object("defaults", wire.Optional)
	set(&w.Metadata, defaults.StringMap("metadata", wire.Optional))
	set(&w.InputGuardrails, defaults.Strings("input_guardrails", wire.Optional))
	set(&w.OutputGuardrails, defaults.Strings("output_guardrails", wire.Optional))
	if config := defaults.String("user_api_key_config", wire.Nullable); config.Set {
		w.UserKeyConfig = pointer(config)
	}
	_ = defaults.Close()
}

// deleteWorkspace is DELETE /admin/workspaces/{workspaceId}. The body repeats
// the name as a confirmation; without force_delete anything left inside keeps
// the workspace, with it all goes. The answer's body is not documented: empty.
func (v *Vendor) deleteWorkspace(c *call) (any, error) {
	if err := firstError(c.needs("workspaces.delete"), c.OnlyQuery()); err != nil {
		return nil, err
	}
	w, err := v.namedWorkspace(c)
	if err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := o.String("name", wire.Required)
	force := o.Bool("force_delete", wire.Optional)
	if name.Given() && name.Value != w.Name {
		o.Failf("name", "does not match the workspace name")
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	if w.IsDefault {
		return nil, forbidden("The default workspace cannot be deleted")
	}
	if !force.Value && (w.Provisioned || v.keysIn(w) > 0) {
		return nil, problem{codeConflict, "Workspace cannot be deleted: dependent resources exist"}
	}
	v.removeWorkspace(w, c.Now)
	c.changed = true
	return noBody{}, nil
}

// namedWorkspace finds the workspace named in the path, by id or slug.
func (v *Vendor) namedWorkspace(c *call) (*Workspace, error) {
	w := v.workspace(c.params["workspaceId"])
	if w == nil {
		return nil, problem{v.settings.WorkspaceGone, "You do not have enough permissions to execute this request"}
	}
	return w, nil
}

func workspaceName(o *wire.Object, p wire.Presence) wire.Field[string] {
	name := o.String("name", p)
	if name.Given() && name.Value == "" {
		o.Failf("name", "must not be empty")
	}
	return name
}

// set stores a field that is not absent; null stores the empty value.
func set[T any](into *T, f wire.Field[T]) {
	if f.Set {
		*into = f.Value
	}
}

// seen returns what a read shows: the workspace, or for a while after an
// update what it was before. A restart may forget reads counted here.
func (w *Workspace) seen() *Workspace {
	if w.StaleReads > 0 {
		w.StaleReads--
		return w.Stale
	}
	return w
}
