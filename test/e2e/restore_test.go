package e2e

import (
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func restore() []scenario {
	s := about("restore")
	for _, vendor := range []string{harness.Portkey, harness.Guance, harness.Groundfloor} {
		s.at(vendor, "a Workspace without its status stops with a condition, and makes no second one", restoredWithoutStatus)
		s.at(vendor, "a Workspace without its status is created anew on a person's word for this very object", restoredAndDenied)
		s.at(vendor, "a Workspace whose status was lost finds what the vendor has of it", statusLost)
		s.at(vendor, "a copy with its status beside the original is a Conflict, and its deletion leaves what the original has", copied)
	}
	for _, vendor := range []string{harness.Portkey, harness.Groundfloor} {
		s.at(vendor, "a Workspace with its status goes on, under whatever UID", restoredWithStatus)
		s.at(vendor, "a Workspace without its status is deleted, and another imports what it had", restoredAndImported)
	}
	s.at(harness.Guance, "the original is deleted while its copy lacks the key: the key stays, and the ledger tells of it", copiedWithoutKey)
	s.at(harness.Portkey, "a Workspace with its status, whose workspace another took over meanwhile, is a Conflict", copiedAfterImport)
	for _, vendor := range []string{harness.Portkey, harness.Slaunchx, harness.Oceanbase} {
		s.at(vendor, "a copy of a Workspace and its ApiKey revokes nothing of the original's, and issues nothing", keyCopied)
	}
	s.at(harness.Portkey, "a tenant who writes our finalizer down gets no more than a condition", finalizerTyped)
	return s.all
}

// restored takes the Workspace out of the cluster behind the operator's back, as a lost cluster does, and brings it back as a backup has it: with its
// finalizers and annotations, without its UID, and with its status or without.
func (w *World) restored(ws *v1alpha1.Workspace, withStatus bool) *v1alpha1.Workspace {
	w.annotate(ws, v1alpha1.AnnotationPaused, "true")
	w.paused(ws)
	w.delete(ws)
	w.patch(ws, map[string]any{"metadata": map[string]any{"finalizers": nil}})
	w.h.WaitGone(w, ws)
	return w.broughtBack(ws, ws.Namespace, withStatus)
}

// broughtBack is the Workspace in a namespace as a backup has it.
func (w *World) broughtBack(ws *v1alpha1.Workspace, namespace string, withStatus bool) *v1alpha1.Workspace {
	back := &v1alpha1.Workspace{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: ws.Name, Finalizers: []string{v1alpha1.Finalizer}, Annotations: map[string]string{v1alpha1.AnnotationPaused: "true"}},
		Spec:       ws.Spec,
	}
	w.h.Create(w, back)
	w.paused(back)
	if withStatus {
		back.Status = ws.Status
		w.Expect(w.h.Client.Status().Update(w.Context(), back)).To(Succeed())
	}
	w.annotate(back, v1alpha1.AnnotationPaused, nil)
	return back
}

func restoredWithoutStatus(w *World) {
	ws := w.readyWorkspace()
	before, old := w.writes(), ws.UID
	back := w.restored(ws, false)
	w.refused(back, v1alpha1.ReasonRestored, "backup", w.vendor, v1alpha1.AnnotationDoesNotExist+"="+string(back.UID))
	for _, word := range []string{"true", string(old)} {
		w.annotate(back, v1alpha1.AnnotationDoesNotExist, word)
		w.poke(back)
	}
	w.refused(back, v1alpha1.ReasonRestored)
	w.Expect(back.Status.UUID).To(BeEmpty(), "what a tenant can type makes nothing his")
	w.Expect(w.writes()).To(Equal(before), "the vendor is only read")
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.delete(back)
	w.h.WaitGone(w, back)
	w.Expect(w.liveWorkspaces()).To(HaveLen(1), "what is not known to be its own is not removed with it")
	w.Expect(w.writes()).To(Equal(before))
}

func restoredAndDenied(w *World) {
	ws := w.readyWorkspace()
	back := w.restored(ws, false)
	w.refused(back, v1alpha1.ReasonRestored)
	w.annotate(back, v1alpha1.AnnotationDoesNotExist, string(back.UID))
	w.pokeUntilReady(back)
	w.Expect(back.Status.UUID).NotTo(Equal(ws.Status.UUID))
	w.Expect(w.created()).To(Equal(2))
	w.poke(back)
	w.Expect(w.created()).To(Equal(2))
}

// statusLost keeps the UID, and with it the mark, or the Secret with the workspace's own key.
func statusLost(w *World) {
	ws := w.readyWorkspace()
	id, before := ws.Status.UUID, w.writes()
	ws.Status = v1alpha1.WorkspaceStatus{ObservedGeneration: -1}
	w.Expect(w.h.Client.Status().Update(w.Context(), ws)).To(Succeed())
	w.pokeUntilReady(ws)
	w.Expect(ws.Status.UUID).To(Equal(id))
	w.Expect(w.writes()).To(Equal(before))
}

func restoredWithStatus(w *World) {
	var mods []gen.WorkspaceClassModifier
	if w.vendor == harness.Groundfloor {
		mods = append(mods, gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled))
	}
	ws := w.workspace("workspace", w.class(mods...))
	w.h.WaitReady(w, ws)
	id, before := ws.Status.UUID, w.writes()
	back := w.restored(ws, true)
	w.pokeUntilReady(back)
	w.Expect(back.Status.UUID).To(Equal(id), "only an admin writes a status, so it is believed")
	for range 3 {
		w.poke(back)
	}
	w.Expect(w.writes()).To(Equal(before), "the mark at the vendor is of another UID: that makes it no stray, and no duplicate is made")
	if w.vendor == harness.Portkey {
		w.edited(back, portkeyUpdate, map[string]any{"metadata": map[string]any{"environment": "production"}})
	}
	w.delete(back)
	w.askUntilGone(back)
	if w.vendor == harness.Portkey {
		w.nothingLeft()
	} else {
		w.Expect(w.frozen(id)()).To(BeTrue())
	}
}

func restoredAndImported(w *World) {
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"))
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	id, before := ws.Status.UUID, w.writes()
	back := w.restored(ws, false)
	w.refused(back, v1alpha1.ReasonRestored, "spec.externalID")
	w.delete(back)
	w.h.WaitGone(w, back)
	if w.vendor == harness.Portkey {
		w.said(back, corev1.EventTypeWarning, v1alpha1.ReasonRestored, w.vendor, "stays there")
	} else {
		w.said(back, corev1.EventTypeNormal, v1alpha1.ReasonRetained, w.vendor, "stays there") // as its class wants it
	}
	again := w.workspace("again", class, gen.SetWorkspaceExternalID(id))
	w.h.WaitReady(w, again)
	w.Expect(again.Status.UUID).To(Equal(id))
	w.Expect(w.writes()).To(Equal(before))
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
}

func finalizerTyped(w *World) {
	class := w.class()
	ws := w.workspace("workspace", class, gen.SetWorkspaceMeta(gen.Finalizers(v1alpha1.Finalizer)))
	w.refused(ws, v1alpha1.ReasonRestored)
	w.Expect(w.writes()).To(BeZero())
	imported := w.workspace("imported", w.class(gen.SetWorkspaceClassImportableIDs("*")), gen.SetWorkspaceExternalID(w.importable("first")),
		gen.SetWorkspaceMeta(gen.Finalizers(v1alpha1.Finalizer)))
	w.h.WaitReady(w, imported)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.writes()).To(BeZero())
	w.Expect(client.IgnoreNotFound(w.h.Client.Get(w.Context(), client.ObjectKeyFromObject(ws), ws))).To(Succeed())
}
