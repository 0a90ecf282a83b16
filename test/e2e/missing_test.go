package e2e

import (
	. "github.com/onsi/gomega"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func missing() []scenario {
	s := about("drift")
	for _, vendor := range []string{harness.Portkey, harness.Guance, harness.Slaunchx, harness.Groundfloor} {
		s.at(vendor, "a workspace that was deleted at the vendor is never created again by itself", deletedAtVendor)
	}
	return s.all
}

// deletedAtVendor ends with the way out that the condition names.
func deletedAtVendor(w *World) {
	class := w.class()
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	id, created := ws.Status.UUID, w.writes()
	w.remove("workspaces", id)
	w.Eventually(func() bool {
		w.nag(ws)
		return harness.HasReason(ws, v1alpha1.ConditionStalled, v1alpha1.ReasonVendorObjectMissing)
	}).WithPolling(pollInterval).Should(BeTrue())
	w.refused(ws, v1alpha1.ReasonVendorObjectMissing, "delete this Workspace and apply it anew")
	for range 3 {
		w.poke(ws)
	}
	w.Expect(w.writes()).To(Equal(created), "nothing is created in its place")
	w.get(ws)
	w.Expect(ws.Status.UUID).To(Equal(id), "and nothing is forgotten")
	w.delete(ws)
	w.h.WaitGone(w, ws)
	if w.existing != "" {
		return
	}
	again := w.workspace("workspace", class)
	w.h.WaitReady(w, again)
	w.Expect(again.Status.UUID).NotTo(Equal(id))
}
