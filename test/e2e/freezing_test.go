package e2e

import (
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// retention is what must be said wherever a workspace is frozen: the vendor removes it for good after that.
const retention = "30 days"

func freezing() []scenario {
	s := about("freezing")
	tell := func(title string, run func(*World)) { s.at(harness.Groundfloor, title, run) }
	tell("follows spec.access", freezes)
	tell("from the start waits for the workspace to be built", frozenFromTheStart)
	tell("by somebody else is said", frozenByOthers)
	tell("by somebody else is undone where the spec says Active", thawed)
	tell("while the vendor is still building is asked for again later", freezesLater)
	tell("whose answer is lost is repeated", freezeLost)
	tell("is what a deletion does where the class says so", freezesOnDelete)
	tell("is not what a deletion does where the class does not say so", func(w *World) { keepsOnDelete(w, "") })
	tell("is not what a deletion does where the class says Disabled", func(w *World) { keepsOnDelete(w, v1alpha1.Disabled) })
	tell("is not what a deletion with Retain does", retainsInsteadOfFreezing)
	tell("at a deletion while the vendor is still building comes when it is done", freezesOnDeleteWhileProvisioning)
	tell("at a deletion of what cannot be seen any more is given up with Retain", freezeOfTheUnseen)
	return s.all
}

func (w *World) frozen(id string) func() bool {
	return func() bool { return w.groundfloorWorkspace(id).Status == "frozen" }
}

func freezes(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceAccess(v1alpha1.AccessActive))
	id := ws.Status.UUID
	w.Expect(w.count(groundfloorStatus).Requests).To(BeZero(), "what is active already is not asked for")
	for range 2 {
		w.patch(ws, map[string]any{"spec": map[string]any{"access": v1alpha1.AccessFrozen}})
		w.h.WaitReady(w, ws)
		w.Expect(w.frozen(id)()).To(BeTrue())
		ready := harness.Condition(ws, v1alpha1.ConditionReady)
		w.Expect(ready).To(HaveField("Reason", v1alpha1.ReasonFrozen))
		w.Expect(ready.Message).To(ContainSubstring(retention), "nobody must learn that afterwards")
		w.Expect(ws.Status.State).To(Equal("frozen"))
		w.patch(ws, map[string]any{"spec": map[string]any{"access": v1alpha1.AccessActive}})
		w.h.WaitReady(w, ws)
		w.Expect(w.frozen(id)()).To(BeFalse())
		w.Expect(ws.Status.State).To(Equal("active"))
		w.Expect(harness.HasReason(ws, v1alpha1.ConditionReady, v1alpha1.ReasonAvailable)).To(BeTrue())
	}
	w.poke(ws)
	w.Expect(w.count(groundfloorStatus).Requests).To(Equal(4), "each change is asked for once")
	w.Expect(w.created()).To(Equal(1))
}

func frozenFromTheStart(w *World) {
	w.settings(map[string]any{"provisioningMillis": 3000})
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceAccess(v1alpha1.AccessFrozen))
	w.working(ws, v1alpha1.ReasonProvisioning)
	w.pokeUntilReady(ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeTrue(), "it is Ready only when it is as asked")
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionReady, v1alpha1.ReasonFrozen)).To(BeTrue())
	w.Expect(w.count(groundfloorStatus).Requests).To(Equal(1))
}

func frozenByOthers(w *World) {
	ws := w.readyWorkspace()
	id := ws.Status.UUID
	w.change("workspaces", id, map[string]any{"status": "frozen"})
	w.pokeUntil(ws, "the freeze to be said", func(seen client.Object) bool {
		return harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonFrozen)
	})
	w.refused(ws, v1alpha1.ReasonFrozen, retention, "spec.access")
	w.Expect(w.writes()).To(Equal(1), "without spec.access it is left as it is")
	w.patch(ws, map[string]any{"spec": map[string]any{"access": v1alpha1.AccessActive}})
	w.h.WaitReady(w, ws)
	w.Expect(w.frozen(id)()).To(BeFalse())
}

func thawed(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceAccess(v1alpha1.AccessActive))
	id := ws.Status.UUID
	w.change("workspaces", id, map[string]any{"status": "frozen"})
	w.pokeUntil(ws, "the freeze to be undone", func(client.Object) bool { return !w.frozen(id)() })
	w.pokeUntilReady(ws)
	w.Expect(w.count(groundfloorStatus).Requests).To(Equal(1))
}

// freezesLater meets the vendor's refusal of a change that comes too early.
func freezesLater(w *World) {
	ws := w.readyWorkspace()
	w.fail(fault.Fault{Method: "PATCH", Action: fault.Status, Status: 409, Body: `{"detail":"not now","code":""}`})
	w.patch(ws, map[string]any{"spec": map[string]any{"access": v1alpha1.AccessFrozen}})
	w.working(ws, v1alpha1.ReasonVendorConflict)
	w.v.ClearFaults()
	w.pokeUntilReady(ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeTrue())
}

func freezeLost(w *World) {
	ws := w.readyWorkspace()
	w.fail(fault.Fault{Method: "PATCH", Action: fault.Lost, Times: 1})
	w.patch(ws, map[string]any{"spec": map[string]any{"access": v1alpha1.AccessFrozen}})
	w.pokeUntilReady(ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeTrue())
	w.Expect(w.v.Faults()[0].Fired).To(Equal(1), "the fault was met")
}

func freezesOnDelete(w *World) {
	class := w.class(gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled))
	ws := w.workspace("workspace", class)
	explicit := w.workspace("explicit", class, gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete))
	w.h.WaitReady(w, ws, explicit)
	for _, object := range []*v1alpha1.Workspace{ws, explicit} {
		w.Expect(w.frozen(object.Status.UUID)()).To(BeFalse())
		w.delete(object)
		w.h.WaitGone(w, object)
		w.Expect(w.frozen(object.Status.UUID)()).To(BeTrue())
		w.said(object, corev1.EventTypeWarning, v1alpha1.ReasonFrozen, object.Status.UUID, retention)
	}
	w.Expect(w.count(groundfloorStatus).Requests).To(Equal(2))
}

func keepsOnDelete(w *World, freeze v1alpha1.Toggle) {
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassFreezeOnDelete(freeze)))
	w.h.WaitReady(w, ws)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeFalse())
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, ws.Status.UUID)
	w.Expect(w.count(groundfloorStatus).Requests).To(BeZero())
}

func retainsInsteadOfFreezing(w *World) {
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled)), gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain))
	w.h.WaitReady(w, ws)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeFalse())
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, ws.Status.UUID)
}

func freezesOnDeleteWhileProvisioning(w *World) {
	w.settings(map[string]any{"provisioningMillis": 5000, "rowDelayMillis": 2000})
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled)))
	w.working(ws, v1alpha1.ReasonProvisioning)
	w.delete(ws)
	w.askUntilGone(ws)
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	for id := range w.liveWorkspaces() {
		w.Expect(w.frozen(id)()).To(BeTrue(), "what was ordered does not stay with nobody knowing")
	}
	w.Expect(w.created()).To(Equal(1))
}

func freezeOfTheUnseen(w *World) {
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled)))
	w.h.WaitReady(w, ws)
	w.change("workspaces", ws.Status.UUID, map[string]any{"permission": "read"})
	w.delete(ws)
	w.refused(ws, v1alpha1.ReasonPermissionDenied, "spec.deletionPolicy")
	w.patch(ws, map[string]any{"spec": map[string]any{"deletionPolicy": v1alpha1.DeletionRetain}})
	w.h.WaitGone(w, ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeFalse())
}
