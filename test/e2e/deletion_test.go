package e2e

import (
	"fmt"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func deletion() []scenario {
	s := about("deletion")
	s.each("of a namespace with 20 keys in it", func(w *World) { deleteNamespace(w, w.class()) })
	s.each("of a namespace with 20 keys in it and the credential they need", deleteNamespaceWithCredential)
	s.each("of a namespace in which nothing ever worked", deleteHopelessNamespace)
	s.each("of a Workspace waits for its ApiKeys", workspaceInUse)
	s.each("of a class waits for its Workspaces", classInUse)
	s.each("of everything at once comes to an end", everythingAtOnce)
	s.each("of what was removed at the vendor already", goneAlready)
	s.each("while the vendor is away says so, waits, and goes on", vendorAway)
	s.each("while the vendor is away can be given up with Retain", wayOut)
	return s.all
}

const manyKeys = 20

// nothingLeft expects that nobody can use anything of ours at the vendor.
func (w *World) nothingLeft() {
	w.Expect(w.liveKeys()).To(BeEmpty())
	switch w.vendor {
	case harness.Portkey:
		w.Expect(w.liveWorkspaces()).To(BeEmpty())
	case harness.Guance:
		w.Expect(w.adminKeys(false)).To(BeEmpty())
	}
}

func deleteNamespace(w *World, class *v1alpha1.WorkspaceClass) {
	ws := w.workspace("workspace", class)
	var keys []client.Object
	for i := range manyKeys {
		keys = append(keys, w.key(fmt.Sprintf("key-%d", i), ws.Name))
	}
	w.h.WaitReady(w, keys...)
	w.Expect(w.liveKeys()).To(HaveLen(manyKeys))
	w.deleteNamespace()
	w.nothingLeft()
	w.Expect(w.minted()).To(Equal(manyKeys), "no key is issued while the namespace goes")
	w.Expect(w.adminSecrets(ws)).To(BeEmpty())
}

func (w *World) deleteNamespace() {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.ns}}
	w.get(namespace)
	w.delete(namespace)
	w.h.WaitGone(w, namespace)
}

// ownAccount is the Secret that a namespace brings.
const ownAccount = "own-account"

// ownCredentialClass is a class whose credential every namespace brings itself, and this namespace has.
func (w *World) ownCredentialClass() (*v1alpha1.WorkspaceClass, *corev1.Secret) {
	class := w.class(gen.SetWorkspaceClassCredentials("", ownAccount))
	credentials, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	secret := harness.CredentialSecret(w.ns, ownAccount, credentials[0])
	w.h.Create(w, secret)
	return class, secret
}

func deleteNamespaceWithCredential(w *World) {
	class, _ := w.ownCredentialClass()
	deleteNamespace(w, class)
}

func deleteHopelessNamespace(w *World) {
	w.workspace("no-class", gen.WorkspaceClass("missing-"+w.ns))
	w.key("no-workspace", "missing")
	closed := w.class(func(c *v1alpha1.WorkspaceClass) { c.Spec.AllowedNamespaces = nil })
	ws := w.workspace("closed", closed)
	key := w.key("closed", ws.Name)
	w.refused(ws, v1alpha1.ReasonClassNotAllowed)
	w.working(key, v1alpha1.ReasonWorkspaceNotReady)
	w.deleteNamespace()
	w.Expect(w.created()).To(BeZero())
}

func workspaceInUse(w *World) {
	ws, first := w.readyKey()
	second := w.key("second", ws.Name)
	w.h.WaitReady(w, second)
	w.delete(ws)
	w.working(ws, v1alpha1.ReasonInUse, "2 ApiKeys")
	late := w.key("late", ws.Name)
	w.refused(late, v1alpha1.ReasonWorkspaceDeleting, ws.Name)
	w.delete(first)
	w.h.WaitGone(w, first)
	w.working(ws, v1alpha1.ReasonInUse, "2 ApiKeys")
	w.published(second)
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.delete(second, late)
	w.h.WaitGone(w, second, late, ws)
	w.nothingLeft()
	w.Expect(w.minted()).To(Equal(2))
}

func classInUse(w *World) {
	ws, key := w.readyKey()
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	w.get(class)
	w.delete(class)
	w.working(class, v1alpha1.ReasonInUse, "1 Workspace")
	newcomer := w.workspace("newcomer", class)
	w.refused(newcomer, v1alpha1.ReasonClassNotFound, "being deleted")
	w.delete(newcomer)
	w.h.WaitGone(w, newcomer)
	more := w.key("more", ws.Name)
	w.h.WaitReady(w, more)
	w.delete(key, more, ws)
	w.h.WaitGone(w, key, more, ws, class)
	w.nothingLeft()
}

// everythingAtOnce is `kubectl delete -f` of all there is, in the most awkward order.
func everythingAtOnce(w *World) {
	class := w.class()
	credential := &corev1.Secret{}
	w.Expect(w.h.Client.Get(w.Context(), client.ObjectKey{Namespace: harness.OperatorNamespace, Name: class.Name}, credential)).To(Succeed())
	all := []client.Object{credential, class}
	for i := range 3 {
		ws := w.workspace(fmt.Sprintf("workspace-%d", i), class)
		key := w.key(fmt.Sprintf("key-%d", i), ws.Name)
		w.h.WaitReady(w, ws, key)
		all = append(all, ws, key)
	}
	w.get(credential)
	w.Expect(credential.Finalizers).To(ContainElement(v1alpha1.FinalizerInUse), "it is held before the first Workspace is made")
	w.delete(all...)
	w.h.WaitGone(w, all...)
	w.nothingLeft()
}

func goneAlready(w *World) {
	ws, key := w.readyKey()
	w.Expect(w.v.RemoveObject(w.vendor, "keys", key.Status.KeyID)).To(Succeed())
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.v.RemoveObject(w.vendor, "workspaces", ws.Status.UUID)).To(Succeed())
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.nothingLeft()
}

func vendorAway(w *World) {
	ws, key := w.readyKey()
	w.fail(fault.Fault{Action: fault.Reset})
	w.delete(key)
	w.working(key, v1alpha1.ReasonVendorUnavailable, "spec.deletionPolicy")
	w.delete(ws)
	w.working(ws, v1alpha1.ReasonInUse, "1 ApiKey")
	w.v.ClearFaults()
	w.askUntilGone(key)
	w.askUntilGone(ws)
	w.nothingLeft()
}

// askUntilGone asks for passes until the object is gone.
func (w *World) askUntilGone(object client.Object) {
	w.Eventually(func() bool { return w.nag(object) }).WithPolling(pollInterval).Should(BeFalse(), func() string { return show(object) })
}

func wayOut(w *World) {
	ws, key := w.readyKey()
	w.fail(fault.Fault{Action: fault.Status, Status: 500})
	w.delete(key)
	w.working(key, v1alpha1.ReasonVendorUnavailable, "Retain")
	w.patch(key, map[string]any{"spec": map[string]any{"deletionPolicy": "Retain"}})
	w.h.WaitGone(w, key)
	if w.vendor == harness.Guance {
		return // its admin key has to be revoked, whatever becomes of the workspace
	}
	w.delete(ws)
	w.working(ws, v1alpha1.ReasonVendorUnavailable, "Retain")
	w.patch(ws, map[string]any{"spec": map[string]any{"deletionPolicy": "Retain"}})
	w.h.WaitGone(w, ws)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}
