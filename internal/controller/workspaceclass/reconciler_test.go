package workspaceclass

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// world is a class, its credential, and the vendor.
type world struct {
	*testing.T
	*Reconciler
	vendor *vendors.Vendor
}

// newWorld has a class that is on record with the host of its endpoint, unless it has another record.
func newWorld(t *testing.T, class *v1alpha1.WorkspaceClass, vendor *vendors.Vendor, others ...client.Object) *world {
	t.Helper()
	if class.Status.EndpointHost == "" {
		class.Status.EndpointHost = vendor.Name() + ".test"
	}
	return newcomers(t, class, vendor, others...)
}

// newcomers has the class as it is.
func newcomers(t *testing.T, class *v1alpha1.WorkspaceClass, vendor *vendors.Vendor, others ...client.Object) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: class.Spec.CredentialsRef.Namespace, Name: class.Spec.CredentialsRef.Name},
		Data:       map[string][]byte{"apiKey": []byte("credential")},
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(class).WithObjects(class).WithObjects(others...)
	if secret.Namespace != "" {
		builder.WithObjects(secret)
	}
	api := builder.Build()
	return &world{T: t, vendor: vendor, Reconciler: &Reconciler{
		Client: api, Live: api, Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Broker: account.NewBroker(account.Options{
			Reader: api, Cache: api, Namespace: "operator",
			Drivers:      func(name string) (provider.Driver, bool) { return vendor, name == vendor.Name() },
			NewTransport: func([]byte) (http.RoundTripper, error) { return http.DefaultTransport, nil }, // no test sends a request
		}),
	}}
}

// pass runs one and gives the class as it then is; nil if it is gone.
func (w *world) pass() *v1alpha1.WorkspaceClass {
	w.Helper()
	name := client.ObjectKey{Name: "prod"}
	if _, err := w.Reconcile(w.Context(), ctrl.Request{NamespacedName: name}); err != nil {
		w.Fatal(err)
	}
	class := &v1alpha1.WorkspaceClass{}
	err := w.Live.Get(w.Context(), name, class)
	if client.IgnoreNotFound(err) != nil {
		w.Fatal(err)
	}
	if err != nil {
		return nil
	}
	for _, broken := range kstatus.Violations(class, w.Now()) {
		w.Errorf("after a pass: %s", broken)
	}
	return class
}

// wantReady fails unless Ready says just this.
func (w *world) wantReady(class *v1alpha1.WorkspaceClass, want string) {
	w.Helper()
	ready := meta.FindStatusCondition(class.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		w.Fatalf("there is no Ready among %+v", class.Status.Conditions)
	}
	if got := fmt.Sprintf("%s %s: %s", ready.Status, ready.Reason, ready.Message); got != want {
		w.Errorf("Ready is\n%s, want\n%s", got, want)
	}
}

func able(change func(*provider.Capabilities)) provider.Capabilities {
	can := vendors.Everything()
	change(&can)
	return can
}

func TestACredentialIsTriedWhereItCanBe(t *testing.T) {
	uncheckable := func(can *provider.Capabilities) { can.Checkable = false }
	const each = `True Available: each namespace brings its own Secret "mine"; it is tried when a Workspace uses it`
	for name, row := range map[string]struct {
		mods   []gen.WorkspaceClassModifier
		can    provider.Capabilities
		reject bool
		want   string
		checks int
	}{
		"by a call":          {nil, vendors.Everything(), false, "True Available: the endpoint answers and takes the credential", 1},
		"which may be a no":  {nil, vendors.Everything(), true, "False CredentialRejected: check access: the credential is not accepted", 1},
		"not by itself":      {nil, able(uncheckable), false, "True Available: portkey has no call to try a credential by itself; it is tried when a Workspace uses it", 1},
		"not the tenants'":   {[]gen.WorkspaceClassModifier{gen.SetWorkspaceClassCredentials("", "mine")}, vendors.Everything(), false, each, 0},
		"neither of the two": {[]gen.WorkspaceClassModifier{gen.SetWorkspaceClassCredentials("", "mine")}, able(uncheckable), false, each, 0},
	} {
		t.Run(name, func(t *testing.T) {
			vendor := vendors.New("portkey", row.can)
			if row.reject {
				vendor.Reject("credential")
			}
			w := newWorld(t, gen.WorkspaceClass("prod", row.mods...), vendor)
			class := w.pass()
			w.wantReady(class, row.want)
			if got := len(vendor.Calls()); got != row.checks {
				t.Errorf("%d calls, want %d", got, row.checks)
			}
			if class.Status.Provider != "portkey" || !slices.Equal(class.Status.Capabilities, row.can.Names()) {
				t.Errorf("it tells of %q, which can %v", class.Status.Provider, class.Status.Capabilities)
			}
		})
	}
}

// TestADeletionHasToBePossible: a class that promises what its vendor, or its
// own settings, do not give says so at once.
func TestADeletionHasToBePossible(t *testing.T) {
	freezes := func(can *provider.Capabilities) {
		can.Workspace.DeleteSetting, can.Workspace.DeleteFreezes, can.Workspace.DeleteMeans = "freezeOnDelete", true, "the workspace is frozen"
	}
	provided := func(setting v1alpha1.Toggle) gen.WorkspaceClassModifier {
		return gen.SetWorkspaceClassProvider(v1alpha1.Provider{Groundfloor: &v1alpha1.GroundfloorProvider{
			Endpoint: "https://groundfloor.test", AccountID: "a", FreezeOnDelete: setting,
		}})
	}
	policy := gen.SetWorkspaceClassDeletionPolicy
	const fine = "True Available: the endpoint answers and takes the credential"
	const setting = "False Unsupported: spec.deletionPolicy: Delete needs spec.provider.groundfloor.freezeOnDelete to be Enabled; all a deletion does is that the workspace is frozen"
	for name, row := range map[string]struct {
		mods    []gen.WorkspaceClassModifier
		can     provider.Capabilities
		want    string
		deletes bool
	}{
		"Delete, enabled":         {[]gen.WorkspaceClassModifier{provided(v1alpha1.Enabled), policy(v1alpha1.DeletionDelete)}, able(freezes), fine, true},
		"Delete, disabled":        {[]gen.WorkspaceClassModifier{provided(v1alpha1.Disabled), policy(v1alpha1.DeletionDelete)}, able(freezes), setting, false},
		"Delete, and not a word":  {[]gen.WorkspaceClassModifier{provided(""), policy(v1alpha1.DeletionDelete)}, able(freezes), setting, false},
		"Retain, disabled":        {[]gen.WorkspaceClassModifier{provided(v1alpha1.Disabled), policy(v1alpha1.DeletionRetain)}, able(freezes), fine, false},
		"nobody's choice":         {[]gen.WorkspaceClassModifier{provided("")}, able(freezes), fine, false},
		"Delete, always possible": {[]gen.WorkspaceClassModifier{provided(""), policy(v1alpha1.DeletionDelete)}, vendors.Everything(), fine, true},
		"Delete, never possible": {[]gen.WorkspaceClassModifier{provided(""), policy(v1alpha1.DeletionDelete)}, able(func(can *provider.Capabilities) { can.Workspace.Delete = false }),
			"False Unsupported: spec.deletionPolicy: groundfloor has no way to delete workspaces; use Retain or leave it out", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, gen.WorkspaceClass("prod", row.mods...), vendors.New("groundfloor", row.can))
			class := w.pass()
			w.wantReady(class, row.want)
			if got := slices.Contains(class.Status.Capabilities, "workspace.delete"); got != row.deletes {
				t.Errorf("that workspaces can be deleted stands in its status: %t, want %t", got, row.deletes)
			}
		})
	}
}

// TestAClassThatIsUsedStays counts only the Workspaces that we work on.
func TestAClassThatIsUsedStays(t *testing.T) {
	named := gen.SetWorkspaceClass("prod")
	worked := gen.SetWorkspaceMeta(gen.Finalizers(v1alpha1.Finalizer))
	byDefault := gen.SetWorkspaceStatus(v1alpha1.WorkspaceStatus{ClassName: "prod"})
	for name, row := range map[string]struct {
		users []client.Object
		want  string
	}{
		"nobody":                   {nil, ""},
		"one that merely names it": {[]client.Object{gen.Workspace("a", named)}, ""},
		"one of another class":     {[]client.Object{gen.Workspace("a", gen.SetWorkspaceClass("other"), worked)}, ""},
		"one that names it, and one it was given to": {[]client.Object{gen.Workspace("a", named, worked), gen.Workspace("b", byDefault, worked)},
			"False InUse: waiting for 2 Workspaces of this class: delete them first"},
	} {
		t.Run(name, func(t *testing.T) {
			going := gen.SetWorkspaceClassMeta(gen.Finalizers(v1alpha1.FinalizerInUse), gen.DeletedAt(time.Unix(1, 0)))
			w := newWorld(t, gen.WorkspaceClass("prod", going), vendors.New("portkey", vendors.Everything()), row.users...)
			class := w.pass()
			if (class == nil) != (row.want == "") {
				t.Fatalf("the class is gone: %t", class == nil)
			}
			if class != nil {
				w.wantReady(class, row.want)
			}
			if calls := w.vendor.Calls(); len(calls) > 0 {
				t.Errorf("the vendor is asked about a class that goes: %v", calls)
			}
		})
	}
}

func TestAClassIsHeldFromTheStart(t *testing.T) {
	w := newWorld(t, gen.WorkspaceClass("prod"), vendors.New("portkey", vendors.Everything()))
	if class := w.pass(); !slices.Equal(class.Finalizers, []string{v1alpha1.FinalizerInUse}) {
		t.Errorf("finalizers: %v", class.Finalizers)
	}
}
