package e2e

import (
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func unknown() []scenario {
	s := about("unknown outcome")
	for _, vendor := range []string{harness.Guance, harness.Groundfloor} {
		s.at(vendor, "a person says that there is none, and it is created anew, once", deniedWorkspace)
		s.at(vendor, "what a person says of one call is nothing about the next", deniedTwice)
		s.at(vendor, "a deletion goes on, and the ledger has what may be left", unknownLeft)
	}
	s.at(harness.Groundfloor, "a deletion that would freeze it goes on as well", unknownFreezing)
	s.at(harness.Groundfloor, "a person says that there is none, and is mistaken: the slug is taken", deniedMistaken)
	s.at(harness.Groundfloor, "another Workspace imports by its id what the lost call made", unknownImported)
	return s.all
}

// lostCreation is a Workspace whose creation was not answered, where nothing can be found again.
func (w *World) lostCreation(lost fault.Action, mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: lost, Times: 1})
	if w.vendor == harness.Groundfloor {
		mods = append(mods, gen.SetWorkspaceSlug("team-a")) // which leaves no room for a mark
	}
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassImportableIDs("*")), mods...)
	w.unknown(ws)
	return ws
}

// unknown waits until nobody knows, and the condition says how a person can tell.
func (w *World) unknown(ws *v1alpha1.Workspace) {
	w.pokeUntil(ws, "the outcome to be unknown", func(seen client.Object) bool {
		return harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonOutcomeUnknown)
	})
	w.refused(ws, v1alpha1.ReasonOutcomeUnknown, v1alpha1.AnnotationDoesNotExist+"="+engine.DenialOf(ws.Status.Attempt))
}

// deny says what the condition asks for.
func (w *World) deny(ws *v1alpha1.Workspace) {
	w.annotate(ws, v1alpha1.AnnotationDoesNotExist, engine.DenialOf(ws.Status.Attempt))
}

func deniedWorkspace(w *World) {
	ws := w.lostCreation(fault.Reset)
	for _, nonsense := range []string{"true", "2026-01-01T00:00:00Z", string(ws.UID)} {
		w.annotate(ws, v1alpha1.AnnotationDoesNotExist, nonsense)
		w.poke(ws)
	}
	w.Expect(w.created()).To(BeZero(), "what names another call, or none, says nothing of this one")
	w.deny(ws)
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1))
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
	w.Expect(ws.Status.Attempt).To(BeNil())
	w.poke(ws)
	w.Expect(w.created()).To(Equal(1))
}

func deniedTwice(w *World) {
	ws := w.lostCreation(fault.Reset)
	before := w.count(createRoute(w.vendor)).Requests
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Reset, Times: 1})
	first := ws.Status.Attempt.StartedAt
	w.deny(ws)
	w.pokeUntil(ws, "another call to be lost", func(client.Object) bool {
		return ws.Status.Attempt != nil && ws.Status.Attempt.StartedAt.After(first.Time)
	})
	w.unknown(ws)
	for range 3 {
		w.poke(ws)
	}
	w.Expect(w.count(createRoute(w.vendor)).Requests).To(Equal(before+1), "the second call is a person's to deny, too")
	w.deny(ws)
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1))
}

func unknownLeft(w *World) { w.leftUnknown(w.lostCreation(fault.Lost)) }

func unknownFreezing(w *World) {
	ws := w.lostCreation(fault.Lost)
	w.patch(w.classOf(ws), map[string]any{"spec": map[string]any{"provider": map[string]any{"groundfloor": map[string]any{"freezeOnDelete": v1alpha1.Enabled}}}})
	w.leftUnknown(ws)
}

// leftUnknown lets the Workspace go, whatever became of its call.
func (w *World) leftUnknown(ws *v1alpha1.Workspace) {
	w.delete(ws)
	w.askUntilGone(ws)
	w.said(ws, corev1.EventTypeWarning, v1alpha1.ReasonOutcomeUnknown, w.vendor)
	entries := w.ledger()
	w.Expect(entries).To(HaveLen(1))
	w.Expect(entries[0].Spec).To(And(
		HaveField("Reason", v1alpha1.OrphanOutcomeUnknown), HaveField("Provider", w.vendor), HaveField("ClassName", ws.Spec.ClassName),
		HaveField("Object.UID", ws.UID), HaveField("Name", ws.Name), HaveField("ID", BeEmpty()),
	))
	w.Expect(w.created()).To(Equal(1))
}

func deniedMistaken(w *World) {
	ws := w.lostCreation(fault.Lost)
	w.deny(ws)
	w.pokeUntil(ws, "the slug to be seen", func(seen client.Object) bool {
		return harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonConflict)
	})
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(1), "there is no second one under it")
}

func unknownImported(w *World) {
	ws := w.lostCreation(fault.Lost)
	made := w.v.Groundfloor().Workspaces[0].ID
	w.delete(ws)
	w.askUntilGone(ws)
	class := &v1alpha1.WorkspaceClass{}
	class.Name = ws.Spec.ClassName
	again := w.workspace("again", class, gen.SetWorkspaceExternalID(made))
	w.h.WaitReady(w, again)
	w.Expect(again.Status.UUID).To(Equal(made))
	w.Expect(w.created()).To(Equal(1))
}
