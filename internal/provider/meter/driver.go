package meter

import (
	"context"
	"iter"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// driver is the decorator. Operations are counted by the names that abilities
// have in [provider.Capabilities].
type driver struct {
	provider.Driver
	meter *Meter
}

// Open is not measured: it calls nobody.
func (d driver) Open(account provider.Account) (provider.Session, error) {
	opened, err := d.Driver.Open(account)
	if err != nil {
		return nil, err
	}
	return session{session: opened, gauge: gauge{meter: d.meter, provider: d.Name()}}, nil
}

type session struct {
	session provider.Session
	gauge   gauge
}

// Check counts as "check".
func (s session) Check(ctx context.Context) error {
	return s.gauge.begin("check").end(s.session.Check(ctx))
}

// Workspaces are measured call by call.
func (s session) Workspaces() provider.Workspaces {
	return workspaces{workspaces: s.session.Workspaces(), gauge: s.gauge}
}

// Keys are measured call by call.
func (s session) Keys() provider.Keys {
	return keys{keys: s.session.Keys(), gauge: s.gauge}
}

type workspaces struct {
	workspaces provider.Workspaces
	gauge      gauge
}

// List counts as "workspace.list", once for every time it is read.
func (w workspaces) List(ctx context.Context, filter provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return measured(w.gauge, "workspace.list", w.workspaces.List(ctx, filter))
}

// Get counts as "workspace.get".
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	call := w.gauge.begin("workspace.get")
	workspace, err := w.workspaces.Get(ctx, id)
	return workspace, call.end(err)
}

// Create counts as "workspace.create".
func (w workspaces) Create(ctx context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	call := w.gauge.begin("workspace.create")
	workspace, err := w.workspaces.Create(ctx, mark, spec)
	return workspace, call.end(err)
}

// Update counts as "workspace.update".
func (w workspaces) Update(ctx context.Context, id string, spec provider.WorkspaceSpec) error {
	return w.gauge.begin("workspace.update").end(w.workspaces.Update(ctx, id, spec))
}

// Delete counts as "workspace.delete".
func (w workspaces) Delete(ctx context.Context, seen provider.Workspace) error {
	return w.gauge.begin("workspace.delete").end(w.workspaces.Delete(ctx, seen))
}

type keys struct {
	keys  provider.Keys
	gauge gauge
}

// List counts as "key.list", once for every time it is read.
func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return measured(k.gauge, "key.list", k.keys.List(ctx, workspaceID))
}

// Get counts as "key.get".
func (k keys) Get(ctx context.Context, workspaceID, id string) (provider.Key, error) {
	call := k.gauge.begin("key.get")
	key, err := k.keys.Get(ctx, workspaceID, id)
	return key, call.end(err)
}

// Issue counts as "key.issue".
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	call := k.gauge.begin("key.issue")
	key, value, err := k.keys.Issue(ctx, workspaceID, mark, spec)
	return key, value, call.end(err)
}

// Amend counts as "key.amend".
func (k keys) Amend(ctx context.Context, workspaceID, id string, spec provider.KeySpec) error {
	return k.gauge.begin("key.amend").end(k.keys.Amend(ctx, workspaceID, id, spec))
}

// Revoke counts as "key.revoke".
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	return k.gauge.begin("key.revoke").end(k.keys.Revoke(ctx, workspaceID, id))
}
