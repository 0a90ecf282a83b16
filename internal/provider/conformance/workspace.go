package conformance

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testWorkspaceLife: made as it was asked for, shown the same by every way to
// read it, deleted twice.
func testWorkspaceLife(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	can := r.can().Workspace
	if r.workspace.ID == "" {
		t.Fatalf("the workspace has no id: %+v", r.workspace)
	}
	r.hides(fmt.Sprintf("%v %+v", r.workspace, r.workspace.Credential))
	if (r.workspace.Credential != nil) != can.OwnCredential {
		t.Errorf("a credential came: %v; the capabilities say %v", r.workspace.Credential != nil, can.OwnCredential)
	}
	if can.Get {
		r.showsWorkspace()
	}
	if can.List {
		r.listsWorkspace()
	}
	if subject.deletes() {
		r.deletesTwice()
	}
}

// showsWorkspace reads the workspace and holds it against what was asked for.
func (r *rig) showsWorkspace() {
	r.t.Helper()
	got := r.get(r.workspace.ID)
	if got.ID != r.workspace.ID || got.MarkUnread || got.Brief || got.Pending || got.Frozen || got.Credential != nil {
		r.t.Errorf("got %+v", got)
	}
	if r.subject.Existing != "" {
		return
	}
	asked := r.subject.Workspace
	for _, name := range r.can().Workspace.Fields {
		if _, set := only(asked, name); set && text(got, name) != text(asked, name) {
			r.t.Errorf("%s is %q, and %q was asked for", name, text(got, name), text(asked, name))
		}
	}
	for name, value := range got.Options {
		if want := asked.Options[name]; want != "" && want != value {
			r.t.Errorf("the vendor's own %s is %q, and %q was asked for", name, value, want)
		}
	}
}

// listsWorkspace holds the list's word against that of Get, which has the rest
// where the list is brief.
func (r *rig) listsWorkspace() {
	r.t.Helper()
	listed, whole := r.listed(r.workspace.ID), r.get(r.workspace.ID)
	if listed.Name != whole.Name || listed.Frozen != whole.Frozen || listed.Pending != whole.Pending {
		r.t.Errorf("listed as %+v, and shown as %+v", listed, whole)
	}
	if !listed.MarkUnread && listed.Mark != whole.Mark {
		r.t.Errorf("listed with the mark %q, and shown with %q", listed.Mark, whole.Mark)
	}
	if listed.Brief {
		return
	}
	for _, name := range r.can().Workspace.Fields {
		if text(listed, name) != text(whole, name) {
			r.t.Errorf("%s is %q in the list, which is not brief, and %q by itself", name, text(listed, name), text(whole, name))
		}
	}
}

// listed is a workspace as the list has it; a workspace that is not there ends
// the test.
func (r *rig) listed(id string) provider.Workspace {
	r.t.Helper()
	all, err := workspaces(r.t.Context(), r.class, provider.WorkspaceFilter{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, item := range all {
		if item.ID == id {
			return item
		}
	}
	r.t.Fatalf("workspace %s is not listed", id)
	return provider.Workspace{}
}

func (r *rig) deletesTwice() {
	r.t.Helper()
	for attempt := range 2 {
		if err := r.own.Workspaces().Delete(r.t.Context(), r.workspace); err != nil {
			r.t.Fatalf("deletion %d: %v", attempt+1, err)
		}
	}
	if r.can().Key.Revoke {
		if err := r.own.Keys().Revoke(r.t.Context(), r.workspace.ID, r.key.ID); err != nil {
			r.t.Errorf("a key that went with its workspace is not gone: %v", err)
		}
	}
	if !r.can().Workspace.DeleteFreezes {
		if r.can().Workspace.Recovery == provider.RecoverByMark {
			r.findsMarked(r.mark, 0)
		}
		_, err := r.own.Workspaces().Get(r.t.Context(), r.workspace.ID)
		r.wants(err, r.subject.GoneWorkspace, false)
		return
	}
	left := r.listed(r.workspace.ID)
	if !left.Frozen || !r.get(r.workspace.ID).Frozen {
		r.t.Errorf("a deletion only freezes, and left %+v", left)
	}
	r.emulator.ForgetRequests()
	if err := r.own.Workspaces().Delete(r.t.Context(), left); err != nil {
		r.t.Errorf("deleting what is frozen: %v", err)
	}
	r.sendsNothing()
}

// testMarks: a workspace is found again by its mark and by no other, whatever
// its spec says, unless it takes the mark's own place.
func testMarks(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	can := r.can().Workspace
	if can.Recovery != provider.RecoverByMark {
		if can.List && !r.workspace.Mark.IsZero() {
			t.Error("workspaces are listed and have marks, and the capabilities do not say that one is found so")
		}
		return
	}
	if found := r.marked(r.mark); found.ID != r.workspace.ID {
		t.Errorf("the mark finds %s, want %s", found.ID, r.workspace.ID)
	}
	r.findsMarked(otherMark(), 0)
	for _, name := range can.Fields {
		r.marksDespite(name, name != can.MarkField)
	}
	r.findsMarked(r.mark, 1)
}

// marksDespite creates a workspace with a person's choice in one field, if that
// is a text, and looks for the mark, which that leaves room for or does not.
func (r *rig) marksDespite(name string, room bool) {
	r.t.Helper()
	const chosen = "chosen-by-a-person"
	spec, mark := r.subject.Workspace, provider.MarkFor(name)
	place, ok := member(&spec, name)
	if !ok || place.Kind() != reflect.String {
		return
	}
	place.SetString(chosen)
	made, err := r.class.Workspaces().Create(r.t.Context(), mark, spec)
	if err != nil {
		r.t.Fatalf("with %s %q: %v", name, chosen, err)
	}
	if text(made, name) != chosen || made.Mark.IsZero() == room {
		r.t.Errorf("with %s %q: made %+v; room for a mark: %v", name, chosen, made, room)
	}
	r.clock.pass(untilBuilt)
	want := 0
	if room {
		want = 1
	}
	r.findsMarked(mark, want)
}

// allMarked looks for workspaces the way a controller does: the list, and where
// that shows no marks, one by one.
func (r *rig) allMarked(mark provider.Mark) []provider.Workspace {
	r.t.Helper()
	all, err := workspaces(r.t.Context(), r.class, provider.WorkspaceFilter{})
	if err != nil {
		r.t.Fatal(err)
	}
	var found []provider.Workspace
	for _, item := range all {
		if item.MarkUnread {
			item = r.get(item.ID)
		}
		if item.Mark == mark {
			found = append(found, item)
		}
	}
	return found
}

// findsMarked counts the workspaces that bear the mark.
func (r *rig) findsMarked(mark provider.Mark, want int) {
	r.t.Helper()
	if got := len(r.allMarked(mark)); got != want {
		r.t.Errorf("%d workspaces bear the mark, want %d", got, want)
	}
}

// marked is the one workspace that bears the mark; without it the test ends.
func (r *rig) marked(mark provider.Mark) provider.Workspace {
	r.t.Helper()
	found := r.allMarked(mark)
	if len(found) != 1 {
		r.t.Fatalf("%d workspaces bear the mark, want 1", len(found))
	}
	return found[0]
}

// testWorkspaceRequired: a workspace without what it must have is refused
// before anything is sent, and one without anything else is made. A name it
// always has.
func testWorkspaceRequired(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Workspace
	if !can.Create {
		t.Log("the vendor's workspaces are made elsewhere")
		return
	}
	r := newRig(t, subject)
	for _, name := range can.Fields {
		if name == "displayName" {
			continue
		}
		r.emulator.ForgetRequests()
		_, err := r.class.Workspaces().Create(t.Context(), provider.MarkFor(name), without(subject.Workspace, name))
		switch {
		case can.Requires(name):
			r.wants(err, provider.Invalid, false)
			r.sendsNothing()
		case err != nil:
			t.Errorf("without %s, which a workspace need not have: %v", name, err)
		}
	}
}

// testWorkspaceChanges: every field that can change does so alone, the mark
// stays, and freezing is undone by unfreezing.
func testWorkspaceChanges(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities().Workspace
	if !can.Update {
		t.Log("the vendor has no update of workspaces")
		return
	}
	r := furnished(t, subject)
	update := func(spec provider.WorkspaceSpec) error {
		return r.own.Workspaces().Update(t.Context(), r.workspace.ID, spec)
	}
	trial[provider.WorkspaceSpec, provider.Workspace]{
		fields: can.Fields, changeable: can.Changeable, change: subject.Change, update: update,
		read: func() (provider.Workspace, error) { return r.own.Workspaces().Get(t.Context(), r.workspace.ID) },
	}.plays(r)
	if got := r.get(r.workspace.ID); got.Mark != r.workspace.Mark {
		t.Errorf("after the updates the mark is %q, which was %q", got.Mark, r.workspace.Mark)
	}
	if !can.Freeze {
		return
	}
	for _, frozen := range []bool{true, true, false, false, true} {
		if err := update(provider.WorkspaceSpec{Frozen: &frozen}); err != nil {
			t.Errorf("frozen %v: %v", frozen, err)
		}
		if got := r.get(r.workspace.ID); got.Frozen != frozen || got.Pending {
			t.Errorf("after an update to frozen %v it is %+v", frozen, got)
		}
	}
}
