package e2e

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const portkeyGetWorkspace = "GET /admin/workspaces/{workspaceId}"

func drift() []scenario {
	s := about("drift")
	for _, vendor := range []string{harness.Portkey, harness.Guance} {
		s.at(vendor, "what somebody changed at the vendor is restored once, and told", driftRestored)
		s.at(vendor, "what the spec leaves open is not touched", driftLeftAlone)
	}
	s.at(harness.Portkey, "a list in short form is enough while nothing changes, and not when something does", driftInShortLists)
	s.at(harness.Portkey, "while the vendor takes no change, Synced says what differs and Ready stays", driftWhileRefused)
	s.at(harness.Portkey, "while the vendor refuses a change, Synced says why and Ready stays", driftForbidden)
	s.at(harness.Portkey, "a vendor that shows another value than it was told is not told again", vendorKeepsAnother)
	s.at(harness.Groundfloor, "a workspace that somebody froze is active again, if spec.access says so", func(w *World) { accessRestored(w, v1alpha1.AccessActive, "frozen", "active") })
	s.at(harness.Groundfloor, "a workspace that somebody unfroze is frozen again, if spec.access says so", func(w *World) { accessRestored(w, v1alpha1.AccessFrozen, "active", "frozen") })
	s.at(harness.Guance, "what cannot be changed back is a condition, until either side gives way", driftForGood)
	s.at(harness.Groundfloor, "another name, which cannot be changed back, is a condition if the spec has one", nameDrifted)
	s.at(harness.Portkey, "a Workspace that only observes says what differs and changes nothing", driftObserved)
	return s.all
}

// attentive is a Workspace that is looked at every second.
func (w *World) attentive(mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassResyncInterval(time.Second)), mods...)
	w.h.WaitReady(w, ws)
	return ws
}

// shown is the name and the description that the vendor has.
func (w *World) shown(ws *v1alpha1.Workspace) (name, description string) {
	if w.vendor == harness.Portkey {
		seen := w.portkeyWorkspace(ws.Status.UUID)
		if seen.Description != nil {
			description = *seen.Description
		}
		return seen.Name, description
	}
	for _, seen := range w.v.Guance().Workspaces {
		if seen.UUID == ws.Status.UUID {
			return seen.Name, seen.Desc
		}
	}
	w.Fatalf("the vendor has no workspace %q", ws.Status.UUID)
	return "", ""
}

// console changes the workspace as the vendor's console would, which notes the time.
func (w *World) console(ws *v1alpha1.Workspace, fields map[string]any) {
	if w.vendor == harness.Portkey {
		fields["lastUpdatedAt"] = time.Now().Add(time.Hour)
	}
	w.change("workspaces", ws.Status.UUID, fields)
}

// descriptionField is what the emulator calls a description.
func (w *World) descriptionField() string {
	return map[string]string{harness.Portkey: "description", harness.Guance: "desc"}[w.vendor]
}

// syncedSays waits until Synced says so, for the reason, and with all the words.
func (w *World) syncedSays(object client.Object, status metav1.ConditionStatus, reason string, words ...string) {
	harness.Wait(w, w.h, object, fmt.Sprintf("Synced to be %s because of %s, and to say %q", status, reason, words), func(seen client.Object) bool {
		synced := harness.Condition(seen, v1alpha1.ConditionSynced)
		return synced.Status == status && synced.Reason == reason && hasAll(synced.Message, words)
	})
}

func inSync(seen client.Object) bool {
	return harness.HasReason(seen, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)
}

func driftRestored(w *World) {
	ws := w.attentive(gen.SetWorkspaceDisplayName("Team A"), gen.SetWorkspaceDescription("what for"))
	ready, before := *harness.Condition(ws, v1alpha1.ConditionReady), w.writes()
	w.console(ws, map[string]any{"name": "somebody's idea", w.descriptionField(): "another"})
	w.Eventually(func() []string {
		name, description := w.shown(ws)
		return []string{name, description}
	}).Should(Equal([]string{"Team A", "what for"}))
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "spec.displayName", "spec.description", "changed at the vendor")
	w.Consistently(w.writes).Should(Equal(before+1), "it is changed back once, in one request")
	w.h.WaitReady(w, ws)
	w.Expect(*harness.Condition(ws, v1alpha1.ConditionReady)).To(Equal(ready), "Ready does not flap over it")
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue())

	w.console(ws, map[string]any{"name": "a second idea"})
	w.Eventually(func() string { name, _ := w.shown(ws); return name }).Should(Equal("Team A"), "and once more if it is changed once more")
	w.Consistently(w.writes).Should(Equal(before + 2))
}

func driftLeftAlone(w *World) {
	ws := w.attentive(gen.SetWorkspaceDisplayName("Team A"))
	before := w.writes()
	w.console(ws, map[string]any{w.descriptionField(): "from the console"})
	w.poke(ws)
	w.Consistently(func() string { _, description := w.shown(ws); return description }).Should(Equal("from the console"))
	w.Expect(w.writes()).To(Equal(before))
	w.get(ws)
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue())
}

func driftInShortLists(w *World) {
	w.settings(map[string]any{"listShape": "example"})
	ws := w.attentive(gen.SetWorkspaceDisplayName("Team A"), gen.AddWorkspaceMetadata("environment", "production"))
	w.looksAtWorkspaces(2)
	w.get(ws)
	version, whole := ws.ResourceVersion, w.count(portkeyGetWorkspace).Requests
	w.looksAtWorkspaces(3)
	w.Expect(w.count(portkeyGetWorkspace).Requests).To(Equal(whole), "what has not changed is not read one by one")
	w.get(ws)
	w.Expect(ws.ResourceVersion).To(Equal(version), "nothing is written while nothing changes")
	w.console(ws, map[string]any{"metadata": map[string]string{"environment": "somebody's"}})
	w.Eventually(func() map[string]string { return w.portkeyWorkspace(ws.Status.UUID).Metadata }).Should(HaveKeyWithValue("environment", "production"))
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "spec.metadata")
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	w.patch(class, map[string]any{"spec": map[string]any{"defaults": map[string]any{"metadata": map[string]any{"cost": "42"}}}})
	w.Eventually(func() map[string]string { return w.portkeyWorkspace(ws.Status.UUID).Metadata }).Should(HaveKeyWithValue("cost", "42"), "a class's new default is no smaller news")
}

// looksAtWorkspaces waits until the vendor's list was read so many more times.
func (w *World) looksAtWorkspaces(times int) {
	before := w.count("GET /admin/workspaces").Requests
	w.Eventually(func() int { return w.count("GET /admin/workspaces").Requests - before }).Should(BeNumerically(">=", times))
}

func driftWhileRefused(w *World) {
	ws := w.attentive(gen.SetWorkspaceDisplayName("Team A"))
	w.fail(fault.Fault{Method: http.MethodPut, Action: fault.Status, Status: 500})
	w.console(ws, map[string]any{"name": "somebody's idea"})
	w.syncedSays(ws, metav1.ConditionFalse, v1alpha1.ReasonNotApplied, "spec.displayName", "changed at the vendor")
	w.Expect(harness.IsReady(ws)).To(BeTrue(), "it can be used as before")
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionAccountReady, v1alpha1.ReasonVendorUnavailable)).To(BeTrue())
	w.v.ClearFaults()
	w.pokeUntil(ws, "the name to be changed back", inSync)
	name, _ := w.shown(ws)
	w.Expect(name).To(Equal("Team A"))
}

func driftForbidden(w *World) {
	ws := w.attentive(gen.SetWorkspaceDisplayName("Team A"))
	ready := *harness.Condition(ws, v1alpha1.ConditionReady)
	w.fail(fault.Fault{Method: http.MethodPut, Action: fault.Status, Status: 403})
	w.console(ws, map[string]any{"name": "somebody's idea"})
	w.syncedSays(ws, metav1.ConditionFalse, v1alpha1.ReasonPermissionDenied, "spec.displayName", "update workspace")
	w.Expect(*harness.Condition(ws, v1alpha1.ConditionReady)).To(Equal(ready), "it can be used as before")
	w.Expect(harness.Condition(ws, v1alpha1.ConditionStalled)).To(BeNil())
	w.said(ws, corev1.EventTypeWarning, v1alpha1.ReasonPermissionDenied, "spec.displayName")
	w.v.ClearFaults()
	w.pokeUntil(ws, "the name to be changed back", inSync)
}

// vendorKeepsAnother has a vendor whose reads stay as they were before the change.
func vendorKeepsAnother(w *World) {
	w.settings(map[string]any{"staleReads": 1_000_000})
	ws := w.attentive(gen.SetWorkspaceDisplayName("Team A"))
	w.toldOnce(ws, map[string]any{"displayName": "Team B"}, "spec.displayName", w.looksAtWorkspaces, func() {
		w.change("workspaces", ws.Status.UUID, map[string]any{"staleReads": 0})
	})
}

// toldOnce edits the spec of an object where the vendor's reads stay as they were, until it is to be believed.
func (w *World) toldOnce(object client.Object, spec map[string]any, field string, looks func(times int), believe func()) {
	before := w.writes()
	w.patch(object, map[string]any{"spec": spec})
	w.syncedSays(object, metav1.ConditionUnknown, v1alpha1.ReasonNotApplied, field)
	w.Expect(harness.IsReady(object)).To(BeTrue())
	looks(3)
	w.Expect(w.writes()).To(Equal(before+1), "it is told once")
	w.get(object)
	version := object.GetResourceVersion()
	looks(3)
	w.get(object)
	w.Expect(object.GetResourceVersion()).To(Equal(version), "and that is all there is to write down")
	w.poke(object)
	w.Expect(w.writes()).To(Equal(before+2), "and once more if somebody asks")
	believe()
	harness.Wait(w, w.h, object, "the vendor's list to be believed", inSync)
	w.Expect(w.writes()).To(Equal(before + 2))
}

func accessRestored(w *World, access, changed, restored string) {
	ws := w.attentive(gen.SetWorkspaceAccess(access))
	before := w.count(groundfloorStatus).Requests
	w.change("workspaces", ws.Status.UUID, map[string]any{"status": changed})
	w.Eventually(func() string { return w.groundfloorWorkspace(ws.Status.UUID).Status }).Should(Equal(restored))
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "spec.access")
	w.Consistently(func() int { return w.count(groundfloorStatus).Requests }).Should(Equal(before + 1))
	w.h.WaitReady(w, ws)
}

func driftForGood(w *World) {
	ws := w.attentive(gen.SetWorkspaceLanguage("en"), gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing"}))
	harness.Wait(w, w.h, ws, "a first look at what the creation did not show", func(seen *v1alpha1.Workspace) bool {
		return seen.Status.Applied["language"] != "" && seen.Status.Applied["guance.menuStyle"] != "" && len(seen.Status.Kept) == 0
	})
	before := w.writes()
	w.console(ws, map[string]any{"language": "zh"})
	w.refused(ws, v1alpha1.ReasonDrifted, "spec.language", w.vendor, "console")
	w.Expect(harness.Condition(ws, v1alpha1.ConditionSynced)).To(HaveField("Status", metav1.ConditionFalse))
	w.console(ws, map[string]any{"language": "en"})
	w.pokeUntilReady(ws)
	w.console(ws, map[string]any{"menuStyle": "Operations"})
	w.refused(ws, v1alpha1.ReasonDrifted, "spec.guance.menuStyle")
	w.patch(ws, map[string]any{"spec": map[string]any{"guance": map[string]any{"menuStyle": "Operations"}}})
	w.h.WaitReady(w, ws)
	w.Expect(w.writes()).To(Equal(before), "the vendor is not asked for what it cannot do")
}

func nameDrifted(w *World) {
	class := w.class(gen.SetWorkspaceClassResyncInterval(time.Second))
	named, nameless := w.workspace("named", class, gen.SetWorkspaceDisplayName("Team A")), w.workspace("nameless", class)
	w.h.WaitReady(w, named, nameless)
	before := w.writes()
	for _, ws := range []*v1alpha1.Workspace{named, nameless} {
		w.change("workspaces", ws.Status.UUID, map[string]any{"name": "somebody's idea"})
	}
	w.refused(named, v1alpha1.ReasonDrifted, "spec.displayName", w.vendor)
	w.poke(nameless)
	w.Expect(harness.IsReady(nameless)).To(BeTrue(), "a name that the spec does not have is nobody's to set back")
	w.patch(named, map[string]any{"spec": map[string]any{"displayName": "somebody's idea"}})
	w.h.WaitReady(w, named)
	w.Expect(w.writes()).To(Equal(before))
}

// driftObserved also goes from ObserveOnly to Full and back.
func driftObserved(w *World) {
	id := w.importable("first")
	class := w.class(gen.SetWorkspaceClassImportableIDs("*"), gen.SetWorkspaceClassResyncInterval(time.Second))
	ws := w.workspace("workspace", class, gen.SetWorkspaceExternalID(id), gen.SetWorkspaceManagementPolicy(v1alpha1.ManagementObserveOnly), gen.SetWorkspaceDisplayName("Team A"))
	observes := func() {
		harness.Wait(w, w.h, ws, "Synced to say what differs", func(seen *v1alpha1.Workspace) bool {
			synced := harness.Condition(seen, v1alpha1.ConditionSynced)
			return harness.IsReady(seen) && synced.Reason == v1alpha1.ReasonNotApplied && hasAll(synced.Message, []string{"spec.displayName", "ObserveOnly"})
		})
	}
	observes()
	version := ws.ResourceVersion
	w.looksAtWorkspaces(3)
	w.get(ws)
	w.Expect(ws.ResourceVersion).To(Equal(version), "Synced does not flap")
	w.Expect(w.writes()).To(BeZero())
	w.Expect(ws.Status.Applied).To(BeEmpty(), "nothing was told")

	w.patch(ws, map[string]any{"spec": map[string]any{"managementPolicy": v1alpha1.ManagementFull}})
	harness.Wait(w, w.h, ws, "the spec to be applied", func(seen *v1alpha1.Workspace) bool {
		return harness.IsReady(seen) && harness.HasReason(seen, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)
	})
	w.Expect(w.portkeyWorkspace(id).Name).To(Equal("Team A"))
	w.Expect(w.writes()).To(Equal(1))

	w.patch(ws, map[string]any{"spec": map[string]any{"managementPolicy": v1alpha1.ManagementObserveOnly}})
	w.h.WaitReady(w, ws)
	w.console(ws, map[string]any{"name": "somebody's idea"})
	observes()
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.writes()).To(Equal(1))
	w.Expect(w.liveWorkspaces()).To(HaveKeyWithValue(id, "somebody's idea"))
}
