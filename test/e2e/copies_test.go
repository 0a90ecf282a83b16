package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// copied restores a namespace beside the one that was backed up, and at guance the Secret with the workspace's own key as well.
func copied(w *World) {
	var mods []gen.WorkspaceClassModifier
	if w.vendor == harness.Groundfloor {
		mods = append(mods, gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled))
	}
	ws := w.workspace("workspace", w.class(mods...))
	w.h.WaitReady(w, ws)
	id, before := ws.Status.UUID, w.writes()
	w.younger(ws)
	back := w.broughtBack(ws, w.h.Namespace(w), true)
	if w.vendor == harness.Guance {
		w.vaultCopied(ws, back)
	}
	w.refused(back, v1alpha1.ReasonConflict, id)
	w.poke(ws, back)
	w.Expect(harness.IsReady(ws)).To(BeTrue(), "who had it first keeps it")
	w.delete(back)
	w.h.WaitGone(w, back)
	w.Expect(w.writes()).To(Equal(before), "nothing was sent for the copy, whichever object it came from")
	w.Expect(w.adminSecrets(back)).To(BeEmpty(), "the copy of the key goes with the copy")
	if w.vendor == harness.Groundfloor {
		w.Expect(w.frozen(id)()).To(BeFalse())
		return // which cannot change a name
	}
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "another name"}})
	w.pokeUntilReady(ws)
	w.Expect(w.writes()).To(Equal(before+1), "the original is managed as ever")
}

// younger waits until what is created is younger than the Workspace, by the API server's dates, which know seconds.
func (w *World) younger(ws *v1alpha1.Workspace) {
	w.Eventually(time.Now).Should(BeTemporally(">=", ws.CreationTimestamp.Add(time.Second)))
}

// vaultCopied restores the Secret with the workspace's own key, named after the copy's UID.
func (w *World) vaultCopied(ws, back *v1alpha1.Workspace) {
	kept := w.adminSecrets(ws)
	w.Expect(kept).To(HaveLen(1))
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: harness.OperatorNamespace, Name: account.OwnSecretName(back.UID), Labels: kept[0].Labels,
			Annotations: map[string]string{v1alpha1.AnnotationWorkspace: back.Namespace + "/" + back.Name, v1alpha1.AnnotationAllowedHost: kept[0].Annotations[v1alpha1.AnnotationAllowedHost]},
		},
		Data: kept[0].Data,
	}
	w.Expect(w.h.Client.Create(w.Context(), secret)).To(Succeed())
}

// copiedWithoutKey deletes the original while a copy has its workspace, and not its key: whoever restored the namespace forgot the Secret.
func copiedWithoutKey(w *World) {
	ws := w.workspace("workspace", w.class())
	w.h.WaitReady(w, ws)
	vault, before := w.adminSecrets(ws), w.writes()
	w.Expect(vault).To(HaveLen(1))
	w.younger(ws)
	back := w.broughtBack(ws, w.h.Namespace(w), true)
	w.refused(back, v1alpha1.ReasonConflict, ws.Status.UUID)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.writes()).To(Equal(before), "the copy needs the key: it is not revoked")
	w.Expect(w.adminSecrets(ws)).To(HaveLen(1), "nor is it lost")
	w.said(ws, corev1.EventTypeWarning, v1alpha1.ReasonRetained, "not revoked", vault[0].Name)
	entries := w.ledger()
	w.Expect(entries).To(HaveLen(1))
	w.Expect(entries[0].Spec).To(And(HaveField("ID", ws.Status.UUID), HaveField("Object.UID", ws.UID), HaveField("Message", ContainSubstring(vault[0].Name))))
	w.pokeUntil(back, "the copy to ask for the key", func(seen client.Object) bool {
		return harness.Says(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonCredentialsNotFound, account.OwnSecretName(back.UID))
	})
	w.vaultCopied(ws, back)
	w.pokeUntilReady(back)
	w.delete(back)
	w.h.WaitGone(w, back)
	w.Expect(w.writes()).To(Equal(before+1), "who had it last revokes it")
	w.Expect(w.adminSecrets(back)).To(BeEmpty())
}

func copiedAfterImport(w *World) {
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"))
	ws := w.workspace("workspace", class, gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain))
	w.h.WaitReady(w, ws)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	heir := w.workspace("heir", class, gen.SetWorkspaceExternalID(ws.Status.UUID))
	w.h.WaitReady(w, heir)
	before := w.writes()
	w.younger(heir)
	back := w.broughtBack(ws, w.h.Namespace(w), true)
	w.refused(back, v1alpha1.ReasonConflict, ws.Status.UUID)
	w.patch(back, map[string]any{"spec": map[string]any{"deletionPolicy": v1alpha1.DeletionDelete}})
	w.delete(back)
	w.h.WaitGone(w, back)
	w.poke(heir)
	w.Expect(harness.IsReady(heir)).To(BeTrue())
	w.Expect(w.writes()).To(Equal(before))
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
}

// keyCopied restores a namespace that has a key beside the one that was backed up. The copy of the key is there first, so that it is woken before the copy of its
// Workspace says what it is.
func keyCopied(w *World) {
	ws, key := w.readyKey()
	before := w.writes()
	w.younger(ws)
	ns := w.h.Namespace(w)
	back := &v1alpha1.ApiKey{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: key.Name, Finalizers: []string{v1alpha1.Finalizer}, Annotations: map[string]string{v1alpha1.AnnotationPaused: "true"}},
		Spec:       key.Spec,
	}
	w.h.Create(w, back)
	w.paused(back)
	back.Status = key.Status
	w.Expect(w.h.Client.Status().Update(w.Context(), back)).To(Succeed())
	w.annotate(back, v1alpha1.AnnotationPaused, nil)
	w.refused(back, v1alpha1.ReasonWorkspaceNotFound)
	copiedTo := w.broughtBack(ws, ns, true)
	w.refused(copiedTo, v1alpha1.ReasonConflict)
	w.refused(back, v1alpha1.ReasonConflict, ws.Name)
	w.poke(back)
	w.delete(copiedTo)
	w.delete(back)
	w.h.WaitGone(w, back, copiedTo)
	w.Expect(w.writes()).To(Equal(before), "nothing was sent for the copy, whichever object it came from")
	w.poke(key)
	w.Expect(harness.IsReady(key)).To(BeTrue())
	w.published(key)
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).NotTo(HaveKey(key.Status.KeyID), "the original's goes with the original")
}
