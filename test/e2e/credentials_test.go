package e2e

import (
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func credentials() []scenario {
	s := about("a tenant's credential Secret")
	s.each("is held before the vendor is called, until the last Workspace is gone, and says why", credentialInUse)
	s.each("is not held for a Workspace that nothing was begun for", credentialOfNobody)
	s.each("that a crash left held does not keep its namespace", credentialLeftHeld)
	for _, m := range moments() {
		s.each("goes with its namespace, and all there is at the vendor with it, when "+m.when, func(w *World) { deleteNamespaceAt(w, m.reached) })
	}
	return s.all
}

// moment is one at which a namespace is deleted; reached waits until it has come.
type moment struct {
	when    string
	reached func(w *World, ws *v1alpha1.Workspace, key *v1alpha1.ApiKey)
}

func moments() []moment {
	return []moment{
		{"all has just been applied", func(*World, *v1alpha1.Workspace, *v1alpha1.ApiKey) {}},
		{"the credential is held", func(w *World, _ *v1alpha1.Workspace, _ *v1alpha1.ApiKey) {
			w.Eventually(func() bool { return controllerutil.ContainsFinalizer(w.secret(ownAccount), v1alpha1.FinalizerInUse) }).
				WithPolling(pollInterval / 100).Should(BeTrue())
		}},
		{"the Workspace has its finalizer", func(w *World, ws *v1alpha1.Workspace, _ *v1alpha1.ApiKey) {
			harness.Wait(w, w.h, ws, "its finalizer", func(seen *v1alpha1.Workspace) bool { return controllerutil.ContainsFinalizer(seen, v1alpha1.Finalizer) })
		}},
		{"the vendor is being asked for the workspace", func(w *World, _ *v1alpha1.Workspace, _ *v1alpha1.ApiKey) {
			w.Eventually(func() int { return w.count(createRoute(w.vendor)).Requests }).WithPolling(pollInterval / 100).Should(BeNumerically(">", 0))
		}},
		{"the Workspace is Ready", func(w *World, ws *v1alpha1.Workspace, _ *v1alpha1.ApiKey) { w.h.WaitReady(w, ws) }},
		{"the vendor is being asked for the key", func(w *World, _ *v1alpha1.Workspace, _ *v1alpha1.ApiKey) {
			w.Eventually(func() int { return w.count(issueRoute(w.vendor)).Requests }).WithPolling(pollInterval / 100).Should(BeNumerically(">", 0))
		}},
		{"the ApiKey is Ready", func(w *World, _ *v1alpha1.Workspace, key *v1alpha1.ApiKey) { w.h.WaitReady(w, key) }},
	}
}

// deleteNamespaceAt expects that it goes, and that nobody can use anything of it at the vendor then. The vendor takes its time, so that every moment lasts.
func deleteNamespaceAt(w *World, reached func(*World, *v1alpha1.Workspace, *v1alpha1.ApiKey)) {
	for _, each := range []func() (string, string){w.create, w.issue} {
		method, route := each()
		w.fail(fault.Fault{Method: method, Route: route, Action: fault.Delay, DelayMillis: 400})
	}
	class, _ := w.ownCredentialClass()
	w.h.WaitReady(w, class)
	ws := w.workspace("workspace", class)
	key := w.key("key", ws.Name)
	reached(w, ws, key)
	w.deleteNamespace()
	w.nothingLeft()
	w.Expect(w.adminSecrets(ws)).To(BeEmpty())
}

func credentialInUse(w *World) {
	class, secret := w.ownCredentialClass()
	ws := w.workspace("workspace", class)
	w.Eventually(func() int { return w.count(createRoute(w.vendor)).Requests }).WithPolling(pollInterval / 100).Should(BeNumerically(">", 0))
	w.Expect(w.secret(secret.Name).Finalizers).To(ContainElement(v1alpha1.FinalizerInUse), "it is held before the vendor is called")
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, ws, key)
	w.delete(secret)
	w.Consistently(func() any { return w.secret(secret.Name) }).ShouldNot(BeNil(), "it is held")
	w.Expect(w.secret(secret.Name).DeletionTimestamp).NotTo(BeNil())

	second := w.workspace("second", class)
	w.refused(second, v1alpha1.ReasonCredentialsNotFound, w.ns+"/"+secret.Name, "is being deleted", "nothing new")
	w.said(secret, "Warning", v1alpha1.ReasonInUse, "1 Workspaces", "delete them first")
	if w.vendor == harness.Portkey { // at guance keys are made with the workspace's own
		w.refused(w.key("late", ws.Name), v1alpha1.ReasonCredentialsNotFound, "is being deleted")
		w.delete(w.newKey("late", ws.Name))
	}
	w.poke(ws, key)
	w.Expect(harness.IsReady(ws) && harness.IsReady(key)).To(BeTrue(), "what was made with it is served on")
	w.delete(key, ws)
	w.h.WaitGone(w, key, ws, secret)
	w.nothingLeft()

	credentials, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	w.h.Create(w, harness.CredentialSecret(w.ns, secret.Name, credentials[0]))
	w.pokeUntilReady(second)
}

// credentialOfNobody has the vendor never called: its class is closed.
func credentialOfNobody(w *World) {
	class, secret := w.ownCredentialClass()
	w.h.WaitReady(w, class)
	w.patch(class, map[string]any{"spec": map[string]any{"allowedNamespaces": map[string]any{"from": "None"}}})
	ws := w.workspace("workspace", class)
	w.refused(ws, v1alpha1.ReasonClassNotAllowed)
	w.delete(secret)
	w.h.WaitGone(w, secret)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.created()).To(BeZero())
}

func credentialLeftHeld(w *World) {
	class, secret := w.ownCredentialClass()
	w.h.WaitReady(w, class)
	w.patch(secret, map[string]any{"metadata": map[string]any{"finalizers": []string{v1alpha1.FinalizerInUse}}})
	w.Expect(controllerutil.ContainsFinalizer(w.secret(secret.Name), v1alpha1.FinalizerInUse)).To(BeTrue())
	w.deleteNamespace()
}
