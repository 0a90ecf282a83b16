package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func hosts() []scenario {
	s := about("class guardrails")
	s.each("a class that moves to another host takes its credential there only if the Secret allows it", movesHost)
	s.each("a class that moves takes each namespace's own credential there only if that Secret allows it", movesOwnAccounts)
	s.each("a class that is made anew at another host does not get the credential of a Secret that names its hosts", recreatesClass)
	s.each("a class that is changed before anybody has looked at it sends nothing to its first host", changesEarly)
	s.at(harness.Portkey, "a class that moves to another path, or names another Secret, stays where it is allowed to be", movesPath)
	return s.all
}

// house is another address of the same vendor, and counts who comes there.
type house struct {
	*httptest.Server
	// asked are all requests, moved those below the path /moved.
	asked, moved atomic.Int64
}

func (w *World) house() *house {
	h := &house{}
	below := http.StripPrefix("/moved", w.v.Emulator)
	h.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		if strings.HasPrefix(r.URL.Path, "/moved/") {
			h.moved.Add(1)
			below.ServeHTTP(rw, r)
			return
		}
		w.v.ServeHTTP(rw, r)
	}))
	w.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
	})
	return h
}

func hostOf(w *World, address string) string {
	parsed, err := url.Parse(address)
	w.Expect(err).NotTo(HaveOccurred())
	return parsed.Host
}

// credentialOf is the class's own Secret, by its name.
func (w *World) credentialOf(class *v1alpha1.WorkspaceClass) *corev1.Secret {
	ref := class.Spec.CredentialsRef
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ref.Namespace, Name: ref.Name}}
}

// allow has the Secret name the hosts of the addresses.
func (w *World) allow(secret *corev1.Secret, addresses ...string) {
	var named []string
	for _, address := range addresses {
		named = append(named, hostOf(w, address))
	}
	w.annotate(secret, v1alpha1.AnnotationAllowedHost, strings.Join(named, ", "))
}

// account waits until AccountReady has the reason, while the object stays Ready.
func (w *World) account(reason string, objects ...client.Object) {
	for _, object := range objects {
		harness.Wait(w, w.h, object, fmt.Sprintf("%s to stay Ready with AccountReady %s", object.GetName(), reason), func(seen client.Object) bool {
			return harness.IsReady(seen) && harness.HasReason(seen, v1alpha1.ConditionAccountReady, reason)
		})
	}
}

func (w *World) recorded(class *v1alpha1.WorkspaceClass, address string) {
	harness.Wait(w, w.h, class, "the class to be on record with "+address, func(seen *v1alpha1.WorkspaceClass) bool {
		return seen.Status.EndpointHost == hostOf(w, address)
	})
}

func movesHost(w *World) {
	ws, key := w.readyKey()
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	w.get(class)
	secret, elsewhere := w.credentialOf(class), w.house()
	w.recorded(class, w.v.URL)
	w.point(class, elsewhere.URL)
	w.refused(class, v1alpha1.ReasonHostNotAllowed, secret.Namespace+"/"+secret.Name, hostOf(w, elsewhere.URL), v1alpha1.AnnotationAllowedHost)
	w.account(v1alpha1.ReasonHostNotAllowed, ws, key)
	newcomer := w.workspace("newcomer", class)
	w.refused(newcomer, v1alpha1.ReasonHostNotAllowed)
	more := w.key("more", ws.Name)
	w.refused(more, v1alpha1.ReasonHostNotAllowed)
	w.poke(class, ws, key, newcomer, more)
	w.Expect(elsewhere.asked.Load()).To(BeZero(), "nothing is sent to a host that the Secret does not allow")
	w.recorded(class, w.v.URL)
	w.published(key)

	w.allow(secret, w.v.URL, elsewhere.URL)
	w.pokeUntilReady(class, newcomer, more)
	w.recorded(class, elsewhere.URL)
	w.poke(ws, key)
	w.account(v1alpha1.ReasonAccepted, ws, key)
	w.Expect(elsewhere.asked.Load()).NotTo(BeZero())

	w.allow(secret, w.v.URL)
	w.poke(class)
	w.refused(class, v1alpha1.ReasonHostNotAllowed) // what a Secret names always counts, whatever is on record
	w.allow(secret, elsewhere.URL)
	w.pokeUntilReady(class)
	w.delete(key, more, ws, newcomer)
	for _, object := range []client.Object{key, more, ws, newcomer} {
		w.askUntilGone(object)
	}
	w.nothingLeft()
}

func movesOwnAccounts(w *World) {
	class, secret := w.ownCredentialClass()
	ws := w.workspace("workspace", class)
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, ws, key)
	elsewhere := w.house()
	w.point(class, elsewhere.URL)
	w.account(v1alpha1.ReasonHostNotAllowed, ws, key)
	newcomer := w.workspace("newcomer", class)
	w.refused(newcomer, v1alpha1.ReasonHostNotAllowed, w.ns+"/"+secret.Name, hostOf(w, elsewhere.URL))
	w.h.WaitReady(w, class)
	w.Expect(harness.Condition(class, v1alpha1.ConditionReady).Message).To(ContainSubstring(hostOf(w, elsewhere.URL)))
	w.Expect(elsewhere.asked.Load()).To(BeZero(), "nothing is sent to a host that the Secret does not allow")

	w.allow(secret, elsewhere.URL)
	w.pokeUntilReady(newcomer)
	w.poke(ws, key)
	w.account(v1alpha1.ReasonAccepted, ws, key)
	w.recorded(class, w.v.URL) // other namespaces' Secrets were not asked
}

func recreatesClass(w *World) {
	class := w.class()
	w.h.WaitReady(w, class)
	w.allow(w.credentialOf(class), w.v.URL)
	w.delete(class)
	w.h.WaitGone(w, class)
	elsewhere := w.house()
	again := gen.WorkspaceClass(class.Name, func(c *v1alpha1.WorkspaceClass) { c.Spec = *class.Spec.DeepCopy() },
		gen.SetWorkspaceClassProvider(w.provider(elsewhere.URL)))
	w.h.Create(w, again)
	w.refused(again, v1alpha1.ReasonHostNotAllowed, class.Name, v1alpha1.AnnotationAllowedHost)
	ws := w.workspace("workspace", again)
	w.refused(ws, v1alpha1.ReasonHostNotAllowed)
	w.Expect(elsewhere.asked.Load()).To(BeZero())
	w.point(again, w.v.URL)
	w.pokeUntilReady(again, ws)
}

func changesEarly(w *World) {
	first := w.house()
	class := w.class(gen.SetWorkspaceClassProvider(w.provider(first.URL)), gen.SetWorkspaceClassMeta(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
	ws := w.workspace("workspace", class)
	w.working(ws, v1alpha1.ReasonClassNotReady, class.Name)
	w.get(ws)
	w.Expect(ws.Finalizers).To(BeEmpty(), "it can be deleted: nothing was begun")
	w.point(class, w.v.URL)
	w.annotate(class, v1alpha1.AnnotationPaused, nil)
	w.h.WaitReady(w, class, ws)
	w.recorded(class, w.v.URL)
	w.Expect(first.asked.Load()).To(BeZero(), "the class was never used with it")
}

func movesPath(w *World) {
	there := w.house()
	class := w.class(gen.SetWorkspaceClassProvider(w.provider(there.URL)))
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, class, ws)
	w.Expect(there.moved.Load()).To(BeZero())
	w.point(class, there.URL+"/moved")
	w.h.WaitReady(w, class)
	w.poke(ws)
	w.account(v1alpha1.ReasonAccepted, ws)
	w.Expect(there.moved.Load()).NotTo(BeZero(), "the new path is used")

	credentials, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	other := harness.CredentialSecret(harness.OperatorNamespace, class.Name+"-other", credentials[0])
	w.h.Create(w, other)
	before := w.credentialOf(class)
	w.patch(class, map[string]any{"spec": map[string]any{"credentialsRef": map[string]any{"name": other.Name}}})
	w.h.WaitReady(w, class)
	w.poke(ws)
	w.account(v1alpha1.ReasonAccepted, ws)
	finalizers := func(secret *corev1.Secret) func() []string {
		return func() []string {
			w.get(secret)
			return secret.Finalizers
		}
	}
	w.Eventually(finalizers(other)).Should(ContainElement(v1alpha1.FinalizerInUse), "the Workspace is served with it now")
	w.Eventually(finalizers(before)).ShouldNot(ContainElement(v1alpha1.FinalizerInUse), "nobody needs it any more")
	w.pokeUntil(class, "the former Secret to be forgotten", func(client.Object) bool {
		return len(class.Status.Credentials) == 1 && class.Status.Credentials[0] == class.Spec.CredentialsRef
	})
}
