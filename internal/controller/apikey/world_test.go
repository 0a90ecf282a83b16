package apikey

import (
	"context"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

const workspaceID = "ws-1"

// world is an ApiKey in the overlap of a rotation: key-2 is published and live,
// and key-1 lives on until the time in status. A test changes what it is about.
type world struct {
	*testing.T
	vendor     *vendors.Vendor
	key        *v1alpha1.ApiKey
	secret     *corev1.Secret
	ws         *v1alpha1.Workspace
	class      *v1alpha1.WorkspaceClass
	credential *corev1.Secret
	// others are what else there is.
	others []client.Object
	// undeletable is what the API server says to the deletion of a Secret.
	undeletable error
}

func inOverlap(t *testing.T, recovery provider.Recovery) *world {
	can := vendors.Everything()
	can.Key.Recovery = recovery
	w := &world{
		T: t, vendor: vendors.New("portkey", can),
		key: gen.ApiKey("ci"), ws: gen.Workspace("team-a"), class: gen.WorkspaceClass("prod"),
		credential: &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "operator", Name: "credential"}, Data: map[string][]byte{"apiKey": []byte("credential")}},
	}
	w.ws.Status.UUID, w.ws.Status.ClassName = workspaceID, w.class.Name
	w.ws.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
	w.class.Spec.Provider = v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: "https://vendor.example"}}
	w.class.Spec.CredentialsRef = v1alpha1.CredentialsReference{Namespace: w.credential.Namespace, Name: w.credential.Name}
	w.class.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesFromAll}
	w.class.Status.EndpointHost = "vendor.example"
	w.stock()
	w.key.UID, w.key.Finalizers = "uid-1", []string{v1alpha1.Finalizer}
	w.key.Spec.WorkspaceRef.Name = w.ws.Name
	w.key.Status = v1alpha1.ApiKeyStatus{
		KeyID: "key-2", DisplayName: numbered(2).Name, CreatedAt: new(at(-time.Hour)), Fingerprint: provider.Fingerprint("uid-1", provider.NewSecret("value")),
		Retiring: []v1alpha1.RetiringKey{{KeyID: "key-1", RevokeAt: at(time.Minute)}}, Binding: &v1alpha1.Binding{Name: "ci"},
	}
	w.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.key.Namespace, Name: "ci",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(w.key, v1alpha1.GroupVersion.WithKind(v1alpha1.KindApiKey))},
			Annotations:     map[string]string{v1alpha1.AnnotationIssuedAt: at(time.Minute - replacedFor - time.Second).Format(time.RFC3339)},
		},
		Type: corev1.SecretTypeOpaque, Data: map[string][]byte{"apiKey": []byte("value"), "keyID": []byte("key-2")},
	}
	return w
}

// stock has the vendor have what belongs to the world.
func (w *world) stock() {
	w.vendor.AddWorkspace(provider.Workspace{ID: workspaceID})
	w.issue(1)
	w.issue(2)
}

// issue has the vendor make the key of this number behind everyone's back.
func (w *world) issue(serial int) {
	made := numbered(serial)
	w.vendor.AddKey(workspaceID, made, "value")
}

// due sets the clock of the world on, so that the time of key-1 is over.
func (w *world) due() {
	for i := range w.key.Status.Retiring {
		w.key.Status.Retiring[i].RevokeAt = at(-time.Minute)
	}
	if w.secret == nil {
		return
	}
	w.secret.Annotations[v1alpha1.AnnotationIssuedAt] = at(-time.Hour).Format(time.RFC3339)
}

// rig is the world's cluster, and the reconciler in it.
type rig struct {
	*Reconciler
	key *v1alpha1.ApiKey
}

// rig makes the cluster. What is nil does not exist; a refusal meets every deletion
// of a Secret.
func (w *world) rig() rig {
	w.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			w.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(w.key, w.ws, w.class).WithObjects(w.others...)
	for _, secret := range []*corev1.Secret{w.secret, w.credential} {
		if secret != nil {
			builder.WithObjects(secret)
		}
	}
	api := interceptor.NewClient(builder.WithStatusSubresource(w.key).Build(), interceptor.Funcs{
		Delete: func(ctx context.Context, below client.WithWatch, obj client.Object, options ...client.DeleteOption) error {
			if w.undeletable != nil {
				return w.undeletable
			}
			return below.Delete(ctx, obj, options...)
		},
	})
	r := &Reconciler{Client: api, Live: api, Now: now, Recorder: events.NewFakeRecorder(10), Broker: account.NewBroker(account.Options{
		Reader: api, Cache: api, Namespace: "operator", Now: now,
		Drivers:      func(name string) (provider.Driver, bool) { return w.vendor, name == w.vendor.Name() },
		NewTransport: func([]byte) (http.RoundTripper, error) { return http.DefaultTransport, nil }, // no test sends a request
	})}
	key := &v1alpha1.ApiKey{}
	if err := api.Get(w.Context(), client.ObjectKeyFromObject(w.key), key); err != nil {
		w.Fatal(err)
	}
	return rig{r, key}
}

// decide makes a pass up to the decision.
func (w *world) decide() facts {
	w.Helper()
	return w.rig().decide(w.T)
}

func (r rig) decide(t *testing.T) facts {
	t.Helper()
	made := facts{Now: now(), Generation: r.key.Generation}
	var err error
	if made.Intent, err = r.Resolve(t.Context(), r.key); err != nil {
		t.Fatal(err)
	}
	if made.Sight, err = r.Observe(t.Context(), r.key, made.Intent, true); err != nil {
		t.Fatal(err)
	}
	made.Step = r.Decide(r.key, made.Intent, made.Sight)
	made.Outlook = made.Step.Outlook
	return made
}

// pass makes a pass, up to what status then says, and gives what came of acting.
func (r rig) pass(t *testing.T) (facts, error) {
	t.Helper()
	made := r.decide(t)
	var err error
	if made.Effect, err = r.Act(t.Context(), r.key, made.Intent, made.Sight, made.Step); err != nil {
		made.Outlook = plan.Outlook{Err: err}
	}
	if outlook := made.Effect.Outlook(); outlook != nil {
		made.Outlook = *outlook
	}
	r.Report(r.key, made)
	return made, err
}
