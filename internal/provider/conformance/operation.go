package conformance

import (
	"context"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// operation is one method of a session, called on a furnished rig.
type operation struct {
	name string
	able bool
	kind kind
	call func(context.Context, *rig) error
}

// kind is what an operation does at the vendor.
type kind int

const (
	// silent asks nobody.
	silent kind = iota
	// reads something and changes nothing.
	reads
	// makes something new, of which the answer tells.
	makes
	// alters what is there.
	alters
	// removes what is there; already gone is success.
	removes
)

// asks reports whether the vendor is asked at all.
func (o operation) asks() bool { return o.kind != silent }

// mutates reports whether something is another afterwards.
func (o operation) mutates() bool { return o.kind >= makes }

// tells reports whether an answer that says nothing is none.
func (o operation) tells() bool { return o.kind == reads || o.kind == makes }

// operations are all there are; those the vendor has no call for included.
func (s Subject) operations() []operation {
	return append(s.workspaceOperations(), s.keyOperations()...)
}

func (s Subject) workspaceOperations() []operation {
	can := s.Driver.Capabilities()
	check, create := reads, makes
	if !can.Checkable {
		check = silent
	}
	if can.Workspace.Asynchronous {
		create = alters // that it is accepted is all that the answer has to tell
	}
	return []operation{
		{"check", true, check, func(ctx context.Context, r *rig) error { return r.own.Check(ctx) }},
		{"list workspaces", can.Workspace.List, reads, func(ctx context.Context, r *rig) error {
			_, err := workspaces(ctx, r.class, provider.WorkspaceFilter{})
			return err
		}},
		{"get workspace", can.Workspace.Get, reads, func(ctx context.Context, r *rig) error {
			_, err := r.own.Workspaces().Get(ctx, r.workspace.ID)
			return err
		}},
		{"create workspace", can.Workspace.Create, create, func(ctx context.Context, r *rig) error {
			_, err := r.class.Workspaces().Create(ctx, otherMark(), s.Workspace)
			return err
		}},
		{"update workspace", can.Workspace.Update, alters, func(ctx context.Context, r *rig) error {
			return r.own.Workspaces().Update(ctx, r.workspace.ID, s.Change)
		}},
		{"delete workspace", s.deletes(), removes, func(ctx context.Context, r *rig) error {
			return r.own.Workspaces().Delete(ctx, r.workspace)
		}},
	}
}

func (s Subject) keyOperations() []operation {
	can := s.Driver.Capabilities().Key
	return []operation{
		{"list keys", can.List, reads, func(ctx context.Context, r *rig) error {
			_, err := keys(ctx, r.own, r.workspace.ID)
			return err
		}},
		{"get key", can.Get, reads, func(ctx context.Context, r *rig) error {
			_, err := r.own.Keys().Get(ctx, r.workspace.ID, r.key.ID)
			return err
		}},
		{"issue key", can.Issue, makes, func(ctx context.Context, r *rig) error {
			_, value, err := r.own.Keys().Issue(ctx, r.workspace.ID, otherMark().WithSerial(1), s.Key)
			if err == nil {
				r.keep(value.Reveal())
			}
			return err
		}},
		{"amend key", can.Amend, alters, func(ctx context.Context, r *rig) error {
			return r.own.Keys().Amend(ctx, r.workspace.ID, r.key.ID, s.KeyChange)
		}},
		{"revoke key", can.Revoke, removes, func(ctx context.Context, r *rig) error {
			return r.own.Keys().Revoke(ctx, r.workspace.ID, r.key.ID)
		}},
	}
}

// deletes reports whether the vendor deletes workspaces and the class lets it.
func (s Subject) deletes() bool {
	can := s.Driver.Capabilities().Workspace
	return can.Delete && (can.DeleteSetting == "" || s.Account[can.DeleteSetting] == "Enabled")
}

// otherMark is not that of the rig's own workspace and key.
func otherMark() provider.Mark { return provider.MarkFor("5e0b1c6c-0a3c-4b6e-9d39-1b0f6d0c2a77") }

// each runs a test for every operation of a sort that the vendor has, each on a
// rig of its own.
func each(t *testing.T, subject Subject, sort func(operation) bool, test func(r *rig, op operation)) {
	t.Helper()
	for _, op := range subject.operations() {
		if op.able && sort(op) {
			t.Run(op.name, func(t *testing.T) {
				r := furnished(t, subject)
				r.quiet()
				test(r, op)
			})
		}
	}
}

// measure plays the operations undisturbed to see what they send before the
// request that changes something.
func measure(t *testing.T, subject Subject) map[string]int {
	t.Helper()
	before := map[string]int{}
	each(t, subject, operation.mutates, func(r *rig, op operation) {
		if err := op.call(r.t.Context(), r); err != nil {
			r.t.Fatalf("undisturbed: %v", err)
		}
		for number, entry := range r.requests() {
			if entry.Changed {
				before[op.name] = number
				return
			}
		}
		r.t.Error("the operation changes nothing at the vendor")
	})
	return before
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
