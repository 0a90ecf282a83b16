package conformance

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testGone: what was removed at the vendor without the driver is gone for it
// as well, and what it may only not read is not.
func testGone(t *testing.T, subject Subject) {
	if subject.Driver.Capabilities().Key.Issue {
		t.Run("key", func(t *testing.T) { testGoneKey(t, subject) })
	}
	t.Run("workspace", func(t *testing.T) { testGoneWorkspace(t, subject) })
	if subject.Unreadable != nil {
		t.Run("out of reach", func(t *testing.T) { testUnreadable(t, subject) })
	}
}

func testGoneKey(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	if err := r.emulator.RemoveObject(subject.Driver.Name(), "keys", r.key.ID); err != nil {
		t.Fatal(err)
	}
	r.emulator.ForgetRequests()
	_, err := r.seen(r.key)
	r.wants(err, subject.GoneKey, false)
	if r.can().Key.Amend {
		r.wants(r.own.Keys().Amend(t.Context(), r.workspace.ID, r.key.ID, subject.KeyChange), subject.GoneKey, false)
	}
	if err := r.own.Keys().Revoke(t.Context(), r.workspace.ID, r.key.ID); err != nil {
		t.Errorf("revoking a key that is gone: %v", err)
	}
	r.leavesAlone()
}

func testGoneWorkspace(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	if err := r.emulator.RemoveObject(subject.Driver.Name(), "workspaces", r.workspace.ID); err != nil {
		t.Fatal(err)
	}
	r.emulator.ForgetRequests()
	can := r.can()
	if can.Workspace.Get {
		_, err := r.own.Workspaces().Get(t.Context(), r.workspace.ID)
		r.wants(err, subject.GoneWorkspace, false)
	}
	if can.Workspace.Update {
		r.wants(r.own.Workspaces().Update(t.Context(), r.workspace.ID, subject.Change), subject.GoneWorkspace, false)
	}
	if can.Workspace.Recovery == provider.RecoverByMark {
		r.findsMarked(r.mark, 0)
	}
	if can.Key.Issue {
		_, _, err := r.own.Keys().Issue(t.Context(), r.workspace.ID, otherMark().WithSerial(1), subject.Key)
		r.wants(err, subject.GoneWorkspace, false)
		r.goneAtMost(r.own.Keys().Revoke(t.Context(), r.workspace.ID, r.key.ID))
	}
	if subject.deletes() {
		if err := r.own.Workspaces().Delete(t.Context(), r.workspace); err != nil {
			t.Errorf("deleting a workspace that is gone: %v", err)
		}
	}
	r.leavesAlone()
}

func testUnreadable(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	if _, err := r.emulator.ChangeObject(subject.Driver.Name(), "workspaces", r.workspace.ID, subject.Unreadable); err != nil {
		t.Fatal(err)
	}
	r.emulator.ForgetRequests()
	_, err := r.own.Workspaces().Get(t.Context(), r.workspace.ID)
	r.wants(err, subject.GoneWorkspace, false)
	if subject.deletes() {
		r.fails(r.own.Workspaces().Delete(t.Context(), r.workspace))
	}
	r.leavesAlone()
}
