package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	emulated "github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func classChanges() []scenario {
	s := about("class changes")
	s.at(harness.Portkey, "a keyPolicy that becomes stricter is told to every ApiKey, and revokes none", stricterPolicy)
	s.among(issuing(), "a keyPolicy that becomes stricter in the overlap of a rotation keeps no replaced key alive", stricterInOverlap)
	s.at(harness.Portkey, "a class that is closed in the overlap of a rotation keeps no replaced key alive", closesInOverlap)
	s.each("a class that is closed serves nothing new, and takes nothing away", closesClass)
	s.at(harness.Portkey, "the class's defaults reach a Workspace that is there already", changesDefaults)
	s.at(harness.Portkey, "the class's deletionPolicy is what counts when a Workspace is deleted", changesDeletionPolicy)
	s.at(harness.Groundfloor, "the class's freezeOnDelete is what counts when a Workspace is deleted", changesFreezeOnDelete)
	s.each("the class's resyncInterval holds from the next pass on", changesResync)
	s.each("a class that goes counts the Workspaces it waits for", countsUsers)
	s.at(harness.Portkey, "a class made anew for another vendor proves nothing gone", anotherVendor)
	s.at(harness.Groundfloor, "a class made anew for another account proves nothing gone", anotherAccount)
	return s.all
}

// madeAnew puts another class in the place of the Workspace's, as somebody does who takes the finalizer away that keeps it.
func (w *World) madeAnew(ws *v1alpha1.Workspace, change func(*v1alpha1.WorkspaceClass)) {
	class := w.classOf(ws)
	again := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: class.Name}, Spec: *class.Spec.DeepCopy()}
	change(again)
	w.delete(class)
	w.patch(class, map[string]any{"metadata": map[string]any{"finalizers": nil}})
	w.h.WaitGone(w, class)
	w.h.Create(w, again)
	w.h.WaitReady(w, again)
}

func anotherVendor(w *World) {
	ws := w.readyWorkspace()
	w.madeAnew(ws, func(class *v1alpha1.WorkspaceClass) {
		class.Spec.Provider = v1alpha1.Provider{Slaunchx: &v1alpha1.SlaunchxProvider{Endpoint: class.Spec.Provider.Portkey.Endpoint}}
		class.Spec.CredentialsRef.Namespace = "" // each namespace's own, so that it is Ready without one
	})
	w.estranged(ws, harness.Slaunchx, harness.Portkey)
}

func anotherAccount(w *World) {
	const elsewhere = "11111111-1111-4111-8111-111111111111"
	w.settings(map[string]any{"accounts": map[string]string{emulated.DefaultAccountID: "administer", elsewhere: "administer"}})
	ws := w.readyWorkspace()
	w.madeAnew(ws, func(class *v1alpha1.WorkspaceClass) {
		class.Spec.Provider.Groundfloor.AccountID = elsewhere
		class.Spec.Provider.Groundfloor.FreezeOnDelete = v1alpha1.Enabled
	})
	w.estranged(ws, elsewhere, emulated.DefaultAccountID)
}

// estranged: what cannot be asked about stays Ready, and is let go on its owner's word only.
func (w *World) estranged(ws *v1alpha1.Workspace, words ...string) {
	id, before := ws.Status.UUID, w.writes()
	w.Eventually(func() bool {
		w.nag(ws)
		return harness.HasReason(ws, v1alpha1.ConditionAccountReady, v1alpha1.ReasonClassInvalid)
	}).Should(BeTrue(), func() string { return show(ws) })
	w.Expect(hasAll(harness.Condition(ws, v1alpha1.ConditionAccountReady).Message, words)).To(BeTrue(), show(ws))
	w.poke(ws)
	w.Expect(harness.IsReady(ws)).To(BeTrue())
	w.Expect(ws.Status.Provider).To(Equal(w.vendor))
	w.delete(ws)
	w.refused(ws, v1alpha1.ReasonClassInvalid, append(words, "Retain")...)
	w.patch(ws, map[string]any{"spec": map[string]any{"deletionPolicy": v1alpha1.DeletionRetain}})
	w.askUntilGone(ws)
	w.Expect(w.writes()).To(Equal(before))
	w.Expect(w.liveWorkspaces()).To(HaveKey(id))
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, id)
}

// classOf is the class that serves the Workspace.
func (w *World) classOf(ws *v1alpha1.Workspace) *v1alpha1.WorkspaceClass {
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Status.ClassName}}
	w.get(class)
	return class
}

func stricterPolicy(w *World) {
	ws, key := w.readyKey()
	class := w.classOf(ws)
	policy := func(policy any) { w.patch(class, map[string]any{"spec": map[string]any{"keyPolicy": policy}}) }
	policy(map[string]any{"allowedScopes": []string{"configs.*"}})
	w.refused(key, v1alpha1.ReasonNotAllowed, "spec.scopes", class.Name, anyScope, "configs.*", "goes on working")
	w.published(key)
	late := w.key("late", ws.Name)
	w.refused(late, v1alpha1.ReasonNotAllowed, "spec.scopes")
	w.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: key.Name}})
	w.poke(key, late)
	w.Expect(w.minted()).To(Equal(1), "what is not allowed is not issued, not even in the place of a key that is lost")
	w.Expect(w.liveKeys()).To(HaveLen(1), "and nothing is revoked")

	policy(map[string]any{"allowedScopes": []string{"logs.*"}})
	w.pokeUntilReady(key, late)
	w.published(key)
	policy(map[string]any{"maxLifetime": "1h", "allowedScopes": nil})
	w.refused(key, v1alpha1.ReasonNotAllowed, "spec.lifetime", "1h")
	policy(map[string]any{"maxLifetime": nil, "requireIPAllowlist": "Enabled"})
	w.refused(key, v1alpha1.ReasonNotAllowed, "spec.ipAllowlist")
	policy(nil)
	w.h.WaitReady(w, key)
	policy(map[string]any{"allowedScopes": []string{"configs.*"}})
	w.refused(key, v1alpha1.ReasonNotAllowed)
	w.delete(key, late)
	w.h.WaitGone(w, key, late)
	w.Expect(w.liveKeys()).To(BeEmpty(), "whatever the policy, what is deleted is revoked")
}

// stricterInOverlap has every ApiKey refused whatever it asks for: none names an address.
func stricterInOverlap(w *World) {
	ws, key := w.readyKey(rotating())
	old := w.rotate(key)
	w.another(key, old)
	w.patch(w.classOf(ws), map[string]any{"spec": map[string]any{"keyPolicy": map[string]any{"requireIPAllowlist": "Enabled"}}})
	w.refused(key, v1alpha1.ReasonNotAllowed, "goes on working")
	w.Eventually(w.liveKeys).Should(And(HaveLen(1), Not(HaveKey(old))), "its time is over, whatever the class says")
	w.poke(key)
	w.refused(key, v1alpha1.ReasonNotAllowed)
	w.Expect(key.Status.Retiring).To(BeEmpty())
	w.Expect(harness.HasReason(key, v1alpha1.ConditionPublished, v1alpha1.ReasonPublished)).To(BeTrue(), "the Secret holds the live key: %s", show(key))
	w.published(key)
	w.rotate(key)
	w.poke(key)
	w.Expect(w.minted()).To(Equal(2), "and no other is issued")
}

func closesInOverlap(w *World) {
	ws, key := w.readyKey(rotating())
	old := w.rotate(key)
	w.another(key, old)
	w.patch(w.classOf(ws), map[string]any{"spec": map[string]any{"allowedNamespaces": map[string]any{"from": v1alpha1.NamespacesFromNone}}})
	w.account(v1alpha1.ReasonClassNotAllowed, key)
	w.retired(key)
	w.Expect(w.liveKeys()).To(And(HaveLen(1), Not(HaveKey(old))))
	w.account(v1alpha1.ReasonClassNotAllowed, key)
	w.Expect(w.minted()).To(Equal(2))
}

func closesClass(w *World) {
	ws, key := w.readyKey()
	class := w.classOf(ws)
	open := func(from string) {
		w.patch(class, map[string]any{"spec": map[string]any{"allowedNamespaces": map[string]any{"from": from}}})
	}
	open(v1alpha1.NamespacesFromNone)
	w.account(v1alpha1.ReasonClassNotAllowed, ws, key)
	newcomer := w.workspace("newcomer", class)
	w.refused(newcomer, v1alpha1.ReasonClassNotAllowed)
	late := w.key("late", ws.Name)
	w.refused(late, v1alpha1.ReasonClassNotAllowed)
	w.published(key)
	open(v1alpha1.NamespacesFromAll)
	w.account(v1alpha1.ReasonAccepted, ws, key)
	w.h.WaitReady(w, newcomer, late)
	open(v1alpha1.NamespacesFromNone)
	w.account(v1alpha1.ReasonClassNotAllowed, ws, key)
	w.delete(key, late, ws, newcomer)
	w.h.WaitGone(w, key, late, ws, newcomer)
	w.nothingLeft()
}

func changesDefaults(w *World) {
	ws := w.readyWorkspace()
	w.patch(w.classOf(ws), map[string]any{"spec": map[string]any{"defaults": map[string]any{"metadata": map[string]any{"cost": "42"}}}})
	w.pokeUntil(ws, "the class's defaults", harness.IsReady)
	w.Eventually(func() map[string]any {
		w.nag(ws)
		metadata := map[string]any{}
		for name, value := range w.portkeyWorkspace(ws.Status.UUID).Metadata {
			metadata[name] = value
		}
		return metadata
	}).WithPolling(pollInterval).Should(HaveKeyWithValue("cost", "42"))
	w.get(ws)
	w.Expect(ws.Spec.Metadata).To(BeEmpty(), "the operator never writes spec")
}

func changesDeletionPolicy(w *World) {
	stays := w.readyWorkspace()
	class := w.classOf(stays)
	goes := w.workspace("goes", class)
	w.h.WaitReady(w, goes)
	policy := func(policy v1alpha1.DeletionPolicy) {
		w.patch(class, map[string]any{"spec": map[string]any{"deletionPolicy": policy}})
		w.h.WaitReady(w, class)
	}
	policy(v1alpha1.DeletionRetain)
	w.delete(stays)
	w.h.WaitGone(w, stays)
	policy(v1alpha1.DeletionDelete)
	w.delete(goes)
	w.h.WaitGone(w, goes)
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.Expect(w.liveWorkspaces()).To(HaveKey(stays.Status.UUID))
}

func changesFreezeOnDelete(w *World) {
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Disabled)))
	w.h.WaitReady(w, ws)
	class := w.classOf(ws)
	w.patch(class, map[string]any{"spec": map[string]any{"provider": map[string]any{"groundfloor": map[string]any{"freezeOnDelete": v1alpha1.Enabled}}}})
	w.h.WaitReady(w, class)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.frozen(ws.Status.UUID)()).To(BeTrue())
}

func changesResync(w *World) {
	ws := w.readyWorkspace()
	class := w.classOf(ws)
	w.patch(class, map[string]any{"spec": map[string]any{"resyncInterval": "1s"}})
	w.h.WaitReady(w, class)
	asked := func() int {
		entries, _ := w.v.Requests(journal.Filter{Vendor: w.vendor})
		return len(entries)
	}
	before := asked()
	w.Eventually(asked).Should(BeNumerically(">", before+4), "the vendor is read again and again")
	w.patch(class, map[string]any{"spec": map[string]any{"resyncInterval": "1h"}})
	w.h.WaitReady(w, class)
	w.poke(ws)
	before = asked()
	w.Consistently(asked).Should(BeNumerically("<=", before+1), "one pass may have been under way")
}

func countsUsers(w *World) {
	first := w.readyWorkspace()
	class := w.classOf(first)
	second := w.workspace("second", class)
	w.h.WaitReady(w, second)
	w.delete(class)
	w.working(class, v1alpha1.ReasonInUse, "2 Workspaces", "delete them first")
	w.delete(first)
	w.h.WaitGone(w, first)
	w.working(class, v1alpha1.ReasonInUse, "1 Workspaces")
	w.delete(second)
	w.h.WaitGone(w, second, class)
}

// defaultClasses is the only scenario with default classes: there is one cluster for all.
func defaultClasses(w *World) {
	ws := gen.Workspace("workspace", gen.SetWorkspaceMeta(gen.InNamespace(w.ns)))
	w.h.Create(w, ws)
	w.refused(ws, v1alpha1.ReasonNoDefaultClass, "spec.className", v1alpha1.AnnotationDefaultClass)
	closed := w.class(gen.SetWorkspaceClassDefault(), func(class *v1alpha1.WorkspaceClass) { class.Spec.AllowedNamespaces = nil })
	w.refused(ws, v1alpha1.ReasonClassNotAllowed, closed.Name)
	w.Expect(ws.Status.ClassName).To(BeEmpty(), "a default that refuses is not the last word")
	w.annotate(closed, v1alpha1.AnnotationDefaultClass, nil)
	w.refused(ws, v1alpha1.ReasonNoDefaultClass)
	older := w.class(gen.SetWorkspaceClassDefault())
	w.h.WaitReady(w, ws)
	w.Expect(ws.Status.ClassName).To(Equal(older.Name))
	w.Expect(ws.Spec.ClassName).To(BeEmpty(), "the operator never writes spec")

	// Times of creation are in whole seconds.
	w.Eventually(func() time.Time { return time.Now() }).Should(BeTemporally(">", older.CreationTimestamp.Add(time.Second+100*time.Millisecond)))
	newer := w.class(gen.SetWorkspaceClassDefault())
	second := gen.Workspace("second", gen.SetWorkspaceMeta(gen.InNamespace(w.ns)))
	w.h.WaitReady(w, newer)
	w.h.Create(w, second)
	w.h.WaitReady(w, second)
	w.Expect(second.Status.ClassName).To(Equal(newer.Name), "the newest default wins")
	w.poke(ws)
	w.Expect(ws.Status.ClassName).To(Equal(older.Name), "who has a class keeps it")
	w.Expect(w.created()).To(Equal(2))
	w.delete(ws, second)
	w.h.WaitGone(w, ws, second)
	w.delete(closed, older, newer)
	w.h.WaitGone(w, closed, older, newer)
}
