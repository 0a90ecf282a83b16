package e2e

import (
	"net/http"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func imports() []scenario {
	s := about("import")
	for _, vendor := range []string{harness.Slaunchx, harness.Oceanbase, harness.Portkey, harness.Groundfloor} {
		s.at(vendor, "only of ids that the class lists", importAllowed)
		s.at(vendor, "of a workspace that another Workspace has is a Conflict", importTwice)
		s.at(vendor, "of an id that the vendor does not know", importUnknown)
	}
	for _, vendor := range []string{harness.Slaunchx, harness.Oceanbase} {
		s.at(vendor, "an id that the vendor answers for in another way", importUnknownOtherwise)
	}
	s.at(harness.Portkey, "with deletionPolicy Retain leaves the workspace at the vendor", func(w *World) { importThenDelete(w, v1alpha1.DeletionRetain) })
	s.at(harness.Portkey, "with deletionPolicy Delete removes it in the end", func(w *World) { importThenDelete(w, v1alpha1.DeletionDelete) })
	s.at(harness.Portkey, "with managementPolicy ObserveOnly never writes", observeOnly)
	s.at(harness.Groundfloor, "with managementPolicy ObserveOnly never writes", observeOnly)
	s.at(harness.Portkey, "of a workspace that is newer than the list at hand stays Ready", importOfANewOne)
	s.at(harness.Guance, "of the workspace that the class's key belongs to, with a key in it", importOwn)
	s.at(harness.Guance, "of any other workspace is refused", importOther)
	return s.all
}

func importAllowed(w *World) {
	id, other := w.importable("first"), w.importable("second")
	closed := w.class(gen.SetWorkspaceClassImportableIDs())
	w.refused(w.workspace("closed", closed, gen.SetWorkspaceExternalID(id)), v1alpha1.ReasonNotAllowed, "spec.externalID")
	listing := w.class(gen.SetWorkspaceClassImportableIDs("something-else", id))
	listed := w.workspace("listed", listing, gen.SetWorkspaceExternalID(id))
	w.h.WaitReady(w, listed)
	w.Expect(listed.Status.UUID).To(Equal(id))
	unlisted := w.workspace("unlisted", listing, gen.SetWorkspaceExternalID(other))
	w.refused(unlisted, v1alpha1.ReasonNotAllowed, "spec.externalID", listing.Name)
	w.Expect(unlisted.Finalizers).To(BeEmpty())
	w.patch(listing, map[string]any{"spec": map[string]any{"importableIDs": []string{"*"}}})
	w.h.WaitReady(w, unlisted)
	w.Expect(unlisted.Status.UUID).To(Equal(other))
	w.Expect(w.created()).To(BeZero())
}

func importTwice(w *World) {
	id := w.importable("first")
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"), gen.SetWorkspaceClassDeletionPolicy(v1alpha1.DeletionRetain))
	older := w.workspace("older", class, gen.SetWorkspaceExternalID(id))
	w.h.WaitReady(w, older)
	younger := w.workspace("younger", class, gen.SetWorkspaceExternalID(id))
	w.refused(younger, v1alpha1.ReasonConflict, "spec.externalID", id)
	w.Expect(younger.Status.UUID).To(BeEmpty())
	w.poke(younger, older)
	w.Expect(harness.IsReady(older)).To(BeTrue(), "there is no ping-pong")
	w.delete(older)
	w.h.WaitGone(w, older)
	w.pokeUntilReady(younger)
	w.Expect(younger.Status.UUID).To(Equal(id))
}

// importUnknown accepts either reason, because a vendor may answer for what is not there as for what may not be seen.
func importUnknown(w *World) {
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"))
	ws := w.workspace("workspace", class, gen.SetWorkspaceExternalID("dead-"+w.ns))
	w.stalls(ws, v1alpha1.ReasonVendorObjectMissing, v1alpha1.ReasonPermissionDenied)
	key := w.key("key", ws.Name)
	if w.vendor != harness.Groundfloor {
		w.working(key, v1alpha1.ReasonWorkspaceNotReady)
	}
	w.Expect(w.writes()).To(BeZero())
	w.importable("dead")
	w.pokeUntilReady(ws)
}

// stalls waits until the object is Stalled for one of the reasons.
func (w *World) stalls(object client.Object, reasons ...string) {
	harness.Wait(w, w.h, object, object.GetName()+" to be Stalled", func(seen client.Object) bool {
		for _, reason := range reasons {
			if harness.HasReason(seen, v1alpha1.ConditionStalled, reason) {
				return true
			}
		}
		return false
	})
}

// importUnknownOtherwise tries both answers of the vendor, each of which has its own reason.
func importUnknownOtherwise(w *World) {
	setting := map[string]string{harness.Slaunchx: "foreignWorkspaceStatus", harness.Oceanbase: "unknownProjectStatus"}[w.vendor]
	class := w.class()
	missing := v1alpha1.ReasonVendorObjectMissing
	if w.vendor == harness.Oceanbase {
		missing = v1alpha1.ReasonPermissionDenied // it documents no answer that means "not there" and nothing else
	}
	for name, c := range map[string]struct {
		status int
		reason string
	}{
		"missing": {http.StatusNotFound, missing},
		"foreign": {http.StatusForbidden, v1alpha1.ReasonPermissionDenied},
	} {
		w.settings(map[string]any{setting: c.status})
		ws := w.workspace(name, class, gen.SetWorkspaceExternalID("nobody-knows-"+name+"-"+w.ns))
		w.refused(ws, c.reason)
	}
}

func importThenDelete(w *World, policy v1alpha1.DeletionPolicy) {
	id := w.importable("ws-imported")
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassImportableIDs(id)), gen.SetWorkspaceExternalID(id), gen.SetWorkspaceDeletionPolicy(policy))
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, ws, key)
	w.Expect(ws.Status.UUID).To(Equal(id))
	w.published(key)
	w.Expect(w.liveKeys()[key.Status.KeyID].Workspace).To(Equal(id))
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty())
	w.delete(ws)
	w.h.WaitGone(w, ws)
	if policy == v1alpha1.DeletionRetain {
		w.Expect(w.liveWorkspaces()).To(HaveKey(id))
		w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, id)
	} else {
		w.Expect(w.liveWorkspaces()).NotTo(HaveKey(id))
	}
}

func observeOnly(w *World) {
	id := w.importable("first")
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"))
	mods := []gen.WorkspaceModifier{
		gen.SetWorkspaceExternalID(id), gen.SetWorkspaceManagementPolicy(v1alpha1.ManagementObserveOnly), gen.SetWorkspaceRegion(""),
	}
	ws := w.workspace("workspace", class, append(mods, gen.SetWorkspaceDisplayName("another name"))...)
	w.Eventually(func() string {
		w.nag(ws)
		return ws.Status.UUID
	}).Should(Equal(id))
	w.pokeUntilReady(ws)
	synced := harness.Condition(ws, v1alpha1.ConditionSynced)
	w.Expect(synced.Status).NotTo(Equal(metav1.ConditionTrue))
	w.Expect(hasAll(synced.Message, []string{"spec.displayName", v1alpha1.ManagementObserveOnly})).To(BeTrue(), "whether the vendor could change it or not: "+show(ws))
	w.Expect(w.liveWorkspaces()).To(HaveKeyWithValue(id, consoleName))
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "a third name"}})
	w.poke(ws)
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": consoleName}})
	w.h.WaitReady(w, ws)
	w.Expect(w.writes()).To(BeZero())
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.liveWorkspaces()).To(HaveKey(id))
	w.Expect(w.writes()).To(BeZero(), "what is only observed is never written, not even at its end")
}

// importOfANewOne has the list of the account read before there is anything to be taken over.
func importOfANewOne(w *World) {
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"))
	first := w.workspace("first", class)
	w.h.WaitReady(w, first)
	w.poke(first)
	ws := w.workspace("workspace", class, gen.SetWorkspaceExternalID(w.importable("new")))
	w.h.WaitReady(w, ws)
	w.Consistently(func() bool { w.get(ws); return harness.IsReady(ws) }).Should(BeTrue(), "a list from before says nothing of it")
}

// importOwn manages the workspace with the class's credential, which must outlive it.
func importOwn(w *World) {
	own := w.v.Guance().Workspaces[0]
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassImportableIDs(own.UUID)), gen.SetWorkspaceExternalID(own.UUID))
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, ws, key)
	w.Expect(ws.Status.UUID).To(Equal(own.UUID))
	w.published(key)
	w.Expect(w.liveKeys()[key.Status.KeyID].Workspace).To(Equal(own.UUID))
	w.Expect(w.created()).To(BeZero())
	w.Expect(w.adminSecrets(ws)).To(BeEmpty(), "there is no key of the workspace's own")
	w.delete(key, ws)
	w.h.WaitGone(w, key, ws)
	w.Expect(w.liveKeys()).To(BeEmpty())
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, own.UUID)
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	w.poke(class)
	w.Expect(harness.IsReady(class)).To(BeTrue(), "the class's credential still works")
}

func importOther(w *World) {
	_, err := w.v.CreateObject(w.vendor, "workspaces", map[string]any{"uuid": "wksp_other-" + w.ns, "name": "another's"})
	w.Expect(err).NotTo(HaveOccurred())
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassImportableIDs("*")), gen.SetWorkspaceExternalID("wksp_other-"+w.ns))
	w.stalls(ws, v1alpha1.ReasonVendorObjectMissing, v1alpha1.ReasonPermissionDenied)
	w.Expect(w.writes()).To(BeZero())
	w.Expect(ws.Status.UUID).To(BeEmpty())
}
