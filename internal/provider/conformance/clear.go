package conformance

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testWorkspaceClears: what the capabilities call clearable is emptied, by one
// request and nothing else with it, and what they do not is refused.
func testWorkspaceClears(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Workspace
	if !can.Update {
		t.Log("the vendor has no update of workspaces")
		return
	}
	r := furnished(t, subject)
	for _, name := range can.Fields {
		if can.Clears(name) {
			r.clears(name)
		} else {
			r.keepsAll(name)
		}
	}
	if got := r.get(r.workspace.ID); got.Mark != r.workspace.Mark {
		t.Errorf("after that the mark is %q, which was %q", got.Mark, r.workspace.Mark)
	}
}

// clears sets a field, so that there is something to clear, and clears it.
func (r *rig) clears(name string) {
	r.t.Helper()
	filled, ok := only(r.subject.Change, name)
	if !ok {
		r.t.Errorf("the subject does not say what to change %s to", name)
		return
	}
	if err := r.update(filled); err != nil {
		r.t.Fatalf("an update of %s: %v", name, err)
	}
	was := r.get(r.workspace.ID)
	r.emulator.ForgetRequests()
	if err := r.update(provider.WorkspaceSpec{Clear: []string{name}}); err != nil {
		r.t.Errorf("to clear %s: %v", name, err)
	}
	if got := len(r.changes()); got != 1 {
		r.t.Errorf("to clear %s: %d requests changed something, want 1", name, got)
	}
	trial[provider.WorkspaceSpec, provider.Workspace]{fields: r.can().Workspace.Fields}.
		compare(r, name, text(provider.Workspace{}, name), was, r.get(r.workspace.ID))
}

// keepsAll asks for what the vendor is said to be unable to do.
func (r *rig) keepsAll(name string) {
	r.t.Helper()
	r.emulator.ForgetRequests()
	r.wants(r.update(provider.WorkspaceSpec{Clear: []string{name}}), provider.Invalid, false)
	r.sendsNothing()
}

func (r *rig) update(spec provider.WorkspaceSpec) error {
	return r.own.Workspaces().Update(r.t.Context(), r.workspace.ID, spec)
}
