package workspaceclass

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

const fine = "True Available: the endpoint answers and takes the credential"

// at is a class of portkey at the host.
func at(host string) gen.WorkspaceClassModifier {
	return gen.SetWorkspaceClassProvider(v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: v1alpha1.Endpoint("https://" + host + "/v1")}})
}

// recorded is a class that is used with the host.
func recorded(host string) gen.WorkspaceClassModifier {
	return func(class *v1alpha1.WorkspaceClass) { class.Status.EndpointHost = host }
}

// edit changes the class as its admin would.
func (w *world) edit(mod gen.WorkspaceClassModifier) {
	w.Helper()
	class := &v1alpha1.WorkspaceClass{}
	if err := w.Live.Get(w.Context(), client.ObjectKey{Name: "prod"}, class); err != nil {
		w.Fatal(err)
	}
	mod(class)
	if err := w.Client.Update(w.Context(), class); err != nil {
		w.Fatal(err)
	}
}

// allow sets what the credential Secret allows.
func (w *world) allow(hosts string) {
	w.Helper()
	secret := &corev1.Secret{}
	if err := w.Live.Get(w.Context(), client.ObjectKey{Namespace: "workspace-operator-system", Name: "credentials"}, secret); err != nil {
		w.Fatal(err)
	}
	secret.Annotations = map[string]string{v1alpha1.AnnotationAllowedHost: hosts}
	if err := w.Client.Update(w.Context(), secret); err != nil {
		w.Fatal(err)
	}
}

func (w *world) wantHost(class *v1alpha1.WorkspaceClass, want string) {
	w.Helper()
	if got := class.Status.EndpointHost; got != want {
		w.Errorf("the class is on record with %q, want %q", got, want)
	}
}

// TestTheHostIsRecordedBeforeTheCredentialIsSent, and only then the vendor is asked.
func TestTheHostIsRecordedBeforeTheCredentialIsSent(t *testing.T) {
	w := newcomers(t, gen.WorkspaceClass("prod", at("Portkey.Test:8443")), vendors.New("portkey", vendors.Everything()))
	class := w.pass()
	w.wantHost(class, "portkey.test:8443")
	w.wantReady(class, `False ClassNotReady: it is on record that the class is used with "portkey.test:8443"; now the credential is tried`)
	if calls := w.vendor.Calls(); len(calls) > 0 {
		t.Fatalf("the vendor is asked before that: %v", calls)
	}
	w.wantReady(w.pass(), fine)
	if calls := w.vendor.Calls(); len(calls) != 1 {
		t.Errorf("the credential is tried by one call, not %v", calls)
	}
}

// TestTheRecordFollowsWhatTheSecretAllows, once the vendor has answered there.
func TestTheRecordFollowsWhatTheSecretAllows(t *testing.T) {
	w := newWorld(t, gen.WorkspaceClass("prod"), vendors.New("portkey", vendors.Everything()))
	w.wantReady(w.pass(), fine)
	w.edit(at("moved.test"))
	class := w.pass()
	w.wantHost(class, "portkey.test")
	w.wantReady(class, `False HostNotAllowed: the credential in Secret "workspace-operator-system/credentials" is not sent to "moved.test", where the endpoint of WorkspaceClass "prod" is: `+
		`if it belongs there, add that host to the Secret's annotation workspace-operator.io/allowed-host`)
	if calls := w.vendor.Calls(); len(calls) != 1 {
		t.Errorf("the vendor is asked at a host that is not allowed: %v", calls)
	}
	w.vendor.Reject("credential")
	w.allow("moved.test")
	class = w.pass()
	w.wantHost(class, "portkey.test")
	w.wantReady(class, "False CredentialRejected: check access: the credential is not accepted")
}

func TestTheRecordMoves(t *testing.T) {
	w := newWorld(t, gen.WorkspaceClass("prod", at("moved.test"), recorded("portkey.test")), vendors.New("portkey", vendors.Everything()))
	w.allow("portkey.test,moved.test")
	class := w.pass()
	w.wantReady(class, fine)
	w.wantHost(class, "moved.test")
}

// TestWhereTenantsBringTheirSecretsTheFirstHostStays: nobody has asked all of them.
func TestWhereTenantsBringTheirSecretsTheFirstHostStays(t *testing.T) {
	w := newWorld(t, gen.WorkspaceClass("prod", gen.SetWorkspaceClassCredentials("", "mine")), vendors.New("portkey", vendors.Everything()))
	w.edit(at("moved.test"))
	class := w.pass()
	w.wantHost(class, "portkey.test")
	w.wantReady(class, `True Available: each namespace brings its own Secret "mine"; it is tried when a Workspace uses it. `+
		`The class was first used with "portkey.test": a Secret is sent to "moved.test" only if its annotation workspace-operator.io/allowed-host names that host`)
}

// TestAClassThatCannotBeUsedHasNoRecord, and one with another fault has.
func TestAClassThatCannotBeUsedHasNoRecord(t *testing.T) {
	insecure := gen.SetWorkspaceClassProvider(v1alpha1.Provider{Portkey: &v1alpha1.PortkeyProvider{Endpoint: "http://portkey.test/v1"}})
	w := newcomers(t, gen.WorkspaceClass("prod", insecure), vendors.New("portkey", vendors.Everything()))
	w.wantHost(w.pass(), "")
	undeletable := vendors.Everything()
	undeletable.Workspace.Delete = false
	w = newcomers(t, gen.WorkspaceClass("prod", gen.SetWorkspaceClassDeletionPolicy(v1alpha1.DeletionDelete)), vendors.New("portkey", undeletable))
	class := w.pass()
	w.wantReady(class, "False Unsupported: spec.deletionPolicy: portkey has no way to delete workspaces; use Retain or leave it out")
	w.wantHost(class, "portkey.test")
}
