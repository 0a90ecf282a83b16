package conformance

import (
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testBuildings: a workspace that the vendor builds in its own time is Pending
// from the answer on, is found by its mark as soon as it is shown, and is asked
// for once, whether the answer arrived or not.
func testBuildings(t *testing.T, subject Subject) {
	if asynchronous := subject.Driver.Capabilities().Workspace.Asynchronous; asynchronous != (len(subject.Buildings) > 0) {
		t.Errorf("the subject has %d buildings; the capabilities say that workspaces are built later: %v", len(subject.Buildings), asynchronous)
	}
	for _, building := range subject.Buildings {
		t.Run(building.Name, func(t *testing.T) {
			t.Run("answered", func(t *testing.T) { testBuilding(t, subject, building, false) })
			t.Run("answer lost", func(t *testing.T) { testBuilding(t, subject, building, true) })
		})
	}
}

func testBuilding(t *testing.T, subject Subject, building Building, lost bool) {
	r := newRig(t, subject)
	r.configure(building.Settings)
	if lost {
		r.spoil(fault.Fault{Action: fault.Lost, Times: 1})
	}
	made, err := r.class.Workspaces().Create(t.Context(), r.mark, subject.Workspace)
	switch {
	case lost:
		r.wants(err, provider.Transient, true)
	case err != nil:
		t.Fatal(err)
	case !made.Pending || made.Mark != r.mark:
		t.Errorf("the answer is %+v, which is not pending, or has another mark", made)
	}
	r.rises(building, made.ID)
	if got := len(r.changes()); got != 1 {
		t.Errorf("%d requests changed something, want one creation", got)
	}
}

// rises follows a workspace from its creation to its end. The id is what the
// answer told, if it did.
func (r *rig) rises(building Building, id string) {
	r.t.Helper()
	const long = 365 * 24 * time.Hour
	if building.Row != 0 {
		r.findsMarked(r.mark, 0)
	}
	if building.Row == Never {
		r.clock.pass(long)
		r.findsMarked(r.mark, 0)
		return
	}
	r.clock.pass(building.Row)
	r.shows(id, building.Done != building.Row)
	if building.Done == Never {
		r.clock.pass(long)
		r.shows(id, true)
		return
	}
	r.clock.pass(building.Done - building.Row)
	r.shows(id, false)
}

// shows checks that the workspace is there once, and how far it is.
func (r *rig) shows(id string, pending bool) {
	r.t.Helper()
	listed := r.marked(r.mark)
	if id != "" && listed.ID != id {
		r.t.Errorf("the answer told the id %s, and the list %s", id, listed.ID)
	}
	whole := r.get(listed.ID)
	for _, seen := range []provider.Workspace{listed, whole} {
		if seen.Pending != pending || seen.Frozen || seen.State == "" || seen.Mark != r.mark {
			r.t.Errorf("got %+v, want pending %v", seen, pending)
		}
	}
}
