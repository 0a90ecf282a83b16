package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// patience is the shortest abandonAfter that the API takes.
const patience = time.Minute

func abandon() []scenario {
	s := about("deletion that is given up")
	s.at(harness.Portkey, "lost credentials are a condition with the way out, and Retain is one", credentialsLost)
	for _, vendor := range []string{harness.Portkey, harness.Guance} {
		s.at(vendor, "after the class's abandonAfter it goes, and the ledger has what it leaves", givenUp)
	}
	for _, vendor := range []string{harness.Portkey, harness.Slaunchx} {
		s.at(vendor, "of an ApiKey in the overlap of a rotation leaves both keys in the ledger", givenUpInOverlap)
	}
	s.at(harness.Guance, "Retain lets go of a workspace's own key that cannot be revoked, and the ledger says where it is", keyOutlives)
	s.at(harness.Portkey, "is not given up before that, and ends well if the vendor comes back", notGivenUp)
	s.at(harness.Portkey, "is not given up for what was wrong before it, or the time it was paused", pausedTooLong)
	s.at(harness.Portkey, "a class's Retain holds for a Workspace that says nothing, and its own Delete goes before", policyOfClass)
	return s.all
}

func credentialsLost(w *World) {
	class := w.class()
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	w.credential(class.Name, "revoked")
	w.delete(ws)
	w.refused(ws, v1alpha1.ReasonCredentialRejected, "spec.deletionPolicy to Retain")
	w.patch(ws, map[string]any{"spec": map[string]any{"deletionPolicy": v1alpha1.DeletionRetain}})
	w.h.WaitGone(w, ws)
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, ws.Status.UUID)
	w.Expect(w.ledger()).To(BeEmpty(), "what stays because somebody said so is no orphan")
}

func givenUp(w *World) {
	class := w.class(gen.SetWorkspaceClassAbandonAfter(patience), gen.SetWorkspaceClassResyncInterval(time.Second))
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	w.fail(fault.Fault{Action: fault.Reset})
	w.delete(ws)
	asked := time.Now()
	w.working(ws, v1alpha1.ReasonVendorUnavailable)
	w.askUntilGone(ws)
	w.Expect(time.Since(asked)).To(BeNumerically(">=", patience-time.Second), "it was not given up before its time")
	w.said(ws, corev1.EventTypeWarning, v1alpha1.ReasonAbandoned, "given up")
	entries := w.ledger()
	w.Expect(entries).To(HaveLen(1))
	w.Expect(entries[0].Spec).To(And(
		HaveField("Reason", v1alpha1.OrphanAbandoned), HaveField("ID", ws.Status.UUID), HaveField("Provider", w.vendor), HaveField("ClassName", class.Name),
		HaveField("Object.Kind", v1alpha1.KindWorkspace), HaveField("Object.Name", ws.Name), HaveField("Object.UID", ws.UID),
	))
	w.said(ws, corev1.EventTypeWarning, v1alpha1.ReasonOrphaned, entries[0].Name)
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
	if w.vendor == harness.Guance {
		w.Expect(w.adminSecrets(ws)).To(HaveLen(1), "the key that could not be revoked is not lost as well")
	}
}

func givenUpInOverlap(w *World) {
	ws, key := w.readyKey(gen.SetApiKeyRotation(interval, 40*time.Minute))
	old := w.rotate(key)
	w.another(key, old)
	w.patch(w.classOf(ws), map[string]any{"spec": map[string]any{"abandonAfter": patience.String(), "resyncInterval": "1s"}})
	w.fail(fault.Fault{Action: fault.Reset})
	w.delete(key)
	w.working(key, v1alpha1.ReasonVendorUnavailable)
	w.askUntilGone(key)
	w.Expect(w.liveKeys()).To(And(HaveLen(2), HaveKey(old), HaveKey(key.Status.KeyID)))
	w.Expect(w.ledger()).To(ConsistOf(HaveField("Spec.ID", old), HaveField("Spec.ID", key.Status.KeyID)), "whatever lives on is told of")
}

func keyOutlives(w *World) {
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain))
	w.h.WaitReady(w, ws)
	vault := w.adminSecrets(ws)
	w.Expect(vault).To(HaveLen(1))
	w.fail(fault.Fault{Action: fault.Status, Status: 500})
	w.delete(ws)
	w.askUntilGone(ws)
	w.said(ws, corev1.EventTypeWarning, v1alpha1.ReasonRetained, "could not be revoked", vault[0].Name)
	entries := w.ledger()
	w.Expect(entries).To(HaveLen(1))
	w.Expect(entries[0].Spec).To(And(HaveField("ID", ws.Status.UUID), HaveField("CredentialOf", ws.UID), HaveField("Message", ContainSubstring(vault[0].Name))))
	w.Expect(w.adminSecrets(ws)).To(HaveLen(1), "the key is not lost")
}

func notGivenUp(w *World) {
	class := w.class(gen.SetWorkspaceClassAbandonAfter(time.Hour))
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	w.fail(fault.Fault{Action: fault.Reset})
	w.delete(ws)
	w.working(ws, v1alpha1.ReasonVendorUnavailable, "Retain")
	for range 3 {
		w.poke(ws)
	}
	w.v.ClearFaults()
	w.askUntilGone(ws)
	w.nothingLeft()
	w.Expect(w.ledger()).To(BeEmpty())
}

func pausedTooLong(w *World) {
	class := w.class(gen.SetWorkspaceClassAbandonAfter(patience))
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	w.patch(ws, map[string]any{"spec": map[string]any{"language": "en"}})
	w.refused(ws, v1alpha1.ReasonUnsupported, "spec.language")
	w.annotate(ws, v1alpha1.AnnotationPaused, "true")
	w.paused(ws)
	w.delete(ws)
	w.paused(ws, "deletion waits")
	over := time.Now().Add(patience)
	w.Eventually(time.Now).WithTimeout(2 * patience).Should(BeTemporally(">", over))
	w.fail(fault.Fault{Action: fault.Reset})
	w.annotate(ws, v1alpha1.AnnotationPaused, nil)
	w.working(ws, v1alpha1.ReasonVendorUnavailable, "Retain")
	for range 3 {
		w.poke(ws)
	}
	w.v.ClearFaults()
	w.askUntilGone(ws)
	w.nothingLeft()
	w.Expect(w.ledger()).To(BeEmpty())
}

func policyOfClass(w *World) {
	class := w.class(gen.SetWorkspaceClassDeletionPolicy(v1alpha1.DeletionRetain))
	silent := w.workspace("silent", class)
	insistent := w.workspace("insistent", class, gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete))
	w.h.WaitReady(w, silent, insistent)
	w.delete(silent, insistent)
	w.h.WaitGone(w, silent, insistent)
	w.Expect(w.liveWorkspaces()).To(And(HaveLen(1), HaveKey(silent.Status.UUID)))
	w.said(silent, corev1.EventTypeNormal, v1alpha1.ReasonRetained, silent.Status.UUID)
	w.Expect(w.ledger()).To(BeEmpty())
}
