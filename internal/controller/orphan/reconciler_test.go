package orphan

import (
	"context"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	vendors "github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

const operator = "operator"

// world is one entry, its class, and the vendor.
type world struct {
	*testing.T
	*Reconciler
	vendor *vendors.Vendor
	api    client.WithWatch
	// clock is an hour after the entry's since.
	clock time.Time
	// writes counts those to the API server.
	writes int
	// meanwhile is what somebody else does just before the entry is deleted.
	meanwhile func(client.Client)
}

func newWorld(t *testing.T, can provider.Capabilities, spec *v1alpha1.OrphanSpec, others ...client.Object) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{T: t, vendor: vendors.New("portkey", can), clock: lately().Add(time.Hour)}
	entry := gen.Orphan("entry", gen.SetOrphanMeta(gen.InNamespace(operator), gen.UID("0f-9")), gen.SetOrphanSpec(func(s *v1alpha1.OrphanSpec) { *s = *spec }))
	class := gen.WorkspaceClass("prod", gen.SetWorkspaceClassCredentials(operator, "credentials"), gen.SetWorkspaceClassResyncInterval(time.Minute))
	class.Status.EndpointHost = "portkey.test"
	w.api = fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(others, entry, class, secret("credentials", "admin"))...).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
				w.writes++
				return nil
			},
			Update: func(context.Context, client.WithWatch, client.Object, ...client.UpdateOption) error {
				w.writes++
				return nil
			},
			Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
				w.writes++
				return nil
			},
			Delete: func(ctx context.Context, api client.WithWatch, obj client.Object, options ...client.DeleteOption) error {
				if w.meanwhile != nil {
					w.meanwhile(api)
				}
				return api.Delete(ctx, obj, options...)
			},
		}).Build()
	w.Reconciler = &Reconciler{
		Client: w.api, Now: func() time.Time { return w.clock }, ProvisioningDeadline: deadline,
		Broker: account.NewBroker(account.Options{
			Reader: w.api, Cache: w.api, Namespace: operator, Now: func() time.Time { return w.clock },
			Drivers:      func(name string) (provider.Driver, bool) { return w.vendor, name == "portkey" },
			NewTransport: func([]byte) (http.RoundTripper, error) { return http.DefaultTransport, nil }, // no test sends a request
		}),
	}
	return w
}

func secret(name, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator, Name: name}, Data: map[string][]byte{"apiKey": []byte(value)}}
}

// pass looks once, a resync later each time.
func (w *world) pass() ctrl.Result {
	w.Helper()
	w.clock = w.clock.Add(2 * time.Minute)
	result, err := w.Reconcile(w.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: operator, Name: "entry"}})
	if err != nil {
		w.Fatal(err)
	}
	return result
}

// wantStays fails unless the entry is still there, and nothing was written anywhere.
func (w *world) wantStays() {
	w.Helper()
	if !w.there() {
		w.Error("the entry went")
	}
	w.wantNoChange()
}

func (w *world) wantGone() {
	w.Helper()
	if w.there() {
		w.Error("the entry stays")
	}
	w.wantNoChange()
}

func (w *world) there() bool {
	w.Helper()
	err := w.api.Get(w.Context(), client.ObjectKey{Namespace: operator, Name: "entry"}, &v1alpha1.Orphan{})
	if client.IgnoreNotFound(err) != nil {
		w.Fatal(err)
	}
	return err == nil
}

func (w *world) wantNoChange() {
	w.Helper()
	if w.writes > 0 {
		w.Errorf("%d writes", w.writes)
	}
	reads := len(w.vendor.Calls(vendors.ListKeys, vendors.GetKey, vendors.ListWorkspaces, vendors.GetWorkspace))
	if all := len(w.vendor.Calls()); all != reads {
		w.Errorf("%d calls of which %d look: %+v", all, reads, w.vendor.Calls())
	}
}

func TestAnEntryGoesWithItsKey(t *testing.T) {
	w := newWorld(t, vendors.Everything(), given(v1alpha1.KindApiKey, "key-1", keyName(1)))
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-1"})
	w.vendor.AddKey("ws-1", provider.Key{ID: "key-1"}, "value")
	for range 3 {
		if result := w.pass(); result.RequeueAfter < time.Minute || result.RequeueAfter > 66*time.Second {
			t.Errorf("the next look is in %s, want about the class's resyncInterval", result.RequeueAfter)
		}
		w.wantStays()
	}
	w.vendor.RemoveKey("key-1")
	w.pass()
	w.wantGone()
}

// TestAnEntryThatWasJustPausedStays: the pass has read it before.
func TestAnEntryThatWasJustPausedStays(t *testing.T) {
	w := newWorld(t, vendors.Everything(), given(v1alpha1.KindApiKey, "key-1", keyName(1)))
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-1"})
	w.meanwhile = func(api client.Client) {
		entry := &v1alpha1.Orphan{}
		if err := api.Get(w.Context(), client.ObjectKey{Namespace: operator, Name: "entry"}, entry); err != nil {
			w.Fatal(err)
		}
		entry.Annotations = map[string]string{v1alpha1.AnnotationPaused: "true"}
		if err := api.Update(w.Context(), entry); err != nil {
			w.Fatal(err)
		}
	}
	if result := w.pass(); result.RequeueAfter != time.Second {
		t.Errorf("the next look is in %s, want soon: the change need not be a pause", result.RequeueAfter)
	}
	w.wantStays()
	if result := w.pass(); result != (ctrl.Result{}) {
		t.Errorf("after that: %+v, want nothing while it is paused", result)
	}
}

// TestAFailedReadRemovesNothing: every class of error, and every way to ask.
func TestAFailedReadRemovesNothing(t *testing.T) {
	unlisted := able(func(c *provider.Capabilities) { c.Key.List, c.Workspace.List = false, false })
	classes := []provider.Class{
		provider.Transient, provider.Throttled, provider.Conflict, provider.Unauthorized, provider.Forbidden, provider.Exhausted, provider.Invalid, provider.Unsupported,
	}
	for name, test := range map[string]struct {
		can  provider.Capabilities
		spec *v1alpha1.OrphanSpec
		op   vendors.Op
	}{
		"list of keys":       {vendors.Everything(), given(v1alpha1.KindApiKey, "key-1", ""), vendors.ListKeys},
		"one key":            {unlisted, given(v1alpha1.KindApiKey, "key-1", ""), vendors.GetKey},
		"list of workspaces": {vendors.Everything(), given(v1alpha1.KindWorkspace, "ws-2", ""), vendors.ListWorkspaces},
		"one workspace":      {unlisted, given(v1alpha1.KindWorkspace, "ws-2", ""), vendors.GetWorkspace},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.can, test.spec)
			w.vendor.AddWorkspace(provider.Workspace{ID: "ws-1"})
			for _, class := range classes {
				w.vendor.Fail(test.op, vendors.Refused(class))
				if result := w.pass(); result.RequeueAfter <= 0 {
					t.Errorf("after %s it is never looked at again", class)
				}
				w.wantStays()
			}
			if w.vendor.Pending() > 0 {
				t.Errorf("%d failures were not met", w.vendor.Pending())
			}
			w.pass()
			w.wantGone()
		})
	}
}

func TestKeysGoWithTheirWorkspace(t *testing.T) {
	w := newWorld(t, vendors.Everything(), given(v1alpha1.KindApiKey, "key-1", ""))
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-2"})
	w.vendor.Fail(vendors.ListWorkspaces, vendors.Refused(provider.Forbidden))
	w.pass()
	w.wantStays()
	w.pass()
	w.wantGone()
}

func TestAMarkThatTheListDoesNotShowIsRead(t *testing.T) {
	w := newWorld(t, vendors.Everything(), given(v1alpha1.KindWorkspace, "", "w"))
	w.vendor.HideMarks()
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-1", Name: "w", Mark: markOf(owner, 0)})
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-2", Name: "w", Mark: markOf(stranger, 0)})
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-3", Name: "v", Mark: markOf(stranger, 0)})
	w.pass()
	w.wantStays()
	if got := len(w.vendor.Calls(vendors.GetWorkspace)); got != 2 {
		t.Errorf("%d workspaces were read, want the two of the name", got)
	}
	w.vendor.RemoveWorkspace("ws-1")
	w.vendor.Fail(vendors.GetWorkspace, vendors.Refused(provider.Transient))
	w.pass()
	w.wantStays()
	w.pass()
	w.wantGone()
}

func TestNobodyIsAskedTooEarly(t *testing.T) {
	w := newWorld(t, vendors.Everything(), given(v1alpha1.KindApiKey, "", keyName(1)))
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-1"})
	w.clock = lately().Add(10*time.Second - 2*time.Minute)
	if result := w.pass(); result.RequeueAfter != 31*time.Second {
		t.Errorf("the next look is in %s, want 31s", result.RequeueAfter)
	}
	w.wantStays()
	if got := w.vendor.Calls(); len(got) > 0 {
		t.Errorf("it was asked all the same: %+v", got)
	}
	w.pass()
	w.wantGone()
}

// TestAnEntryStays wherever nobody can be asked who would know.
func TestAnEntryStays(t *testing.T) {
	changed := func(change func(*v1alpha1.OrphanSpec)) *v1alpha1.OrphanSpec {
		spec := given(v1alpha1.KindApiKey, "key-1", "")
		change(spec)
		return spec
	}
	for name, spec := range map[string]*v1alpha1.OrphanSpec{
		"without a class":              changed(func(s *v1alpha1.OrphanSpec) { s.ClassName = "" }),
		"without a vendor":             changed(func(s *v1alpha1.OrphanSpec) { s.Provider = "" }),
		"of a class that is gone":      changed(func(s *v1alpha1.OrphanSpec) { s.ClassName = "former" }),
		"of a class of another vendor": changed(func(s *v1alpha1.OrphanSpec) { s.Provider = "guance" }),
		"whose credential is gone":     changed(func(s *v1alpha1.OrphanSpec) { s.CredentialOf = stranger }),
		"in an unknown workspace":      changed(func(s *v1alpha1.OrphanSpec) { s.WorkspaceUUID = "" }),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, vendors.Everything(), spec)
			w.pass()
			w.wantStays()
			if got := w.vendor.Calls(); len(got) > 0 {
				t.Errorf("the vendor was asked: %+v", got)
			}
		})
	}
}

func TestAWorkspacesOwnCredentialIsUsed(t *testing.T) {
	spec := given(v1alpha1.KindApiKey, "key-1", "")
	spec.CredentialOf = stranger
	w := newWorld(t, vendors.Everything(), spec, secret(account.OwnSecretName(stranger), "its own"))
	w.vendor.AddWorkspace(provider.Workspace{ID: "ws-1"})
	w.pass()
	w.wantGone()
	if calls := w.vendor.Calls(); len(calls) != 1 || calls[0].Credential != "its own" {
		t.Errorf("the vendor was asked %+v, want once, with the workspace's own credential", calls)
	}
}
