package conformance

import (
	"context"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// operation is one method of a session, called on a furnished rig.
type operation struct {
	name    string
	able    bool
	mutates bool
	call    func(context.Context, *rig) error
}

// operations are all there are; those the vendor has no call for included.
func operations(can provider.Capabilities) []operation {
	return []operation{
		{"check", true, false, func(ctx context.Context, r *rig) error { return r.own.Check(ctx) }},
		{"list workspaces", can.Workspace.List, false, func(ctx context.Context, r *rig) error {
			_, err := workspaces(ctx, r.class, provider.WorkspaceFilter{})
			return err
		}},
		{"get workspace", can.Workspace.Get, false, func(ctx context.Context, r *rig) error {
			_, err := r.own.Workspaces().Get(ctx, r.workspace.ID)
			return err
		}},
		{"create workspace", can.Workspace.Create, true, func(ctx context.Context, r *rig) error {
			_, err := r.class.Workspaces().Create(ctx, otherMark(), r.subject.Workspace)
			return err
		}},
		{"update workspace", can.Workspace.Update, true, func(ctx context.Context, r *rig) error {
			return r.own.Workspaces().Update(ctx, r.workspace.ID, r.subject.Change)
		}},
		{"delete workspace", can.Workspace.Delete, true, func(ctx context.Context, r *rig) error {
			return r.own.Workspaces().Delete(ctx, r.workspace)
		}},
		{"list keys", can.Key.List, false, func(ctx context.Context, r *rig) error {
			_, err := keys(ctx, r.own, r.workspace.ID)
			return err
		}},
		{"issue key", can.Key.Issue, true, func(ctx context.Context, r *rig) error {
			_, value, err := r.own.Keys().Issue(ctx, r.workspace.ID, otherMark().WithSerial(1), r.subject.Key)
			if err == nil {
				r.keep(value.Reveal())
			}
			return err
		}},
		{"amend key", can.Key.Amend, true, func(ctx context.Context, r *rig) error {
			return r.own.Keys().Amend(ctx, r.workspace.ID, r.key.ID, r.subject.KeyChange)
		}},
		{"revoke key", can.Key.Revoke, true, func(ctx context.Context, r *rig) error {
			return r.own.Keys().Revoke(ctx, r.workspace.ID, r.key.ID)
		}},
	}
}

// otherMark is not that of the rig's own workspace and key.
func otherMark() provider.Mark { return provider.MarkFor("5e0b1c6c-0a3c-4b6e-9d39-1b0f6d0c2a77") }

// each runs a test for every operation the vendor has, each on a rig of its
// own. before is the number of requests that precede the one that matters:
// some operations have to read before they write.
func each(t *testing.T, subject Subject, test func(t *testing.T, r *rig, op operation, before int)) {
	t.Helper()
	for _, op := range operations(subject.Driver.Capabilities()) {
		if op.able {
			t.Run(op.name, func(t *testing.T) { test(t, furnished(t, subject), op, before(t, subject, op)) })
		}
	}
}

// before plays the operation undisturbed to see what it sends.
func before(t *testing.T, subject Subject, op operation) int {
	t.Helper()
	if !op.mutates {
		return 0
	}
	r := furnished(t, subject)
	r.emulator.ForgetRequests()
	if err := op.call(t.Context(), r); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	for number, entry := range r.requests() {
		if entry.Changed {
			return number
		}
	}
	t.Fatal("the operation changes nothing at the vendor")
	return 0
}

// workspaces is a list in full, or its error, after which nothing may come.
func workspaces(ctx context.Context, session provider.Session, filter provider.WorkspaceFilter) ([]provider.Workspace, error) {
	var all []provider.Workspace
	var failed error
	for item, err := range session.Workspaces().List(ctx, filter) {
		if failed != nil {
			panic("a list goes on after its error")
		}
		if failed = err; err == nil {
			all = append(all, item)
		}
	}
	return all, failed
}

// keys is the same for keys.
func keys(ctx context.Context, session provider.Session, workspaceID string) ([]provider.Key, error) {
	var all []provider.Key
	var failed error
	for item, err := range session.Keys().List(ctx, workspaceID) {
		if failed != nil {
			panic("a list goes on after its error")
		}
		if failed = err; err == nil {
			all = append(all, item)
		}
	}
	return all, failed
}
