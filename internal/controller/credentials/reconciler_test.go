package credentials

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// world is a class whose credential each namespace brings, and what is said about it.
type world struct {
	*testing.T
	*Reconciler
	api  client.WithWatch
	told []string
	now  time.Time
	// before runs before the API server takes a patch.
	before func()
	writes int
}

func key() types.NamespacedName { return types.NamespacedName{Namespace: "tenant", Name: "mine"} }

func brought(mods ...gen.MetaModifier) *corev1.Secret {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key().Namespace, Name: key().Name, UID: "secret-uid"}}
	for _, mod := range mods {
		mod(&secret.ObjectMeta)
	}
	return secret
}

func workspace(name string, mods ...gen.MetaModifier) *v1alpha1.Workspace {
	all := append([]gen.MetaModifier{gen.InNamespace("tenant"), gen.UID(types.UID(name + "-uid"))}, mods...)
	return gen.Workspace(name, gen.SetWorkspaceClass("prod"), gen.SetWorkspaceMeta(all...))
}

func class() *v1alpha1.WorkspaceClass {
	return gen.WorkspaceClass("prod", gen.SetWorkspaceClassCredentials("", "mine"))
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{T: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.api = fake.NewClientBuilder().WithScheme(scheme).WithObjects(class()).WithObjects(objects...).Build()
	watched := interceptor.NewClient(w.api, interceptor.Funcs{
		Patch: func(ctx context.Context, below client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
			if w.before != nil {
				w.before()
			}
			w.writes++
			return below.Patch(ctx, obj, patch, opts...)
		},
	})
	w.Reconciler = &Reconciler{
		Client: watched, Live: w.api, Recorder: w, Now: func() time.Time { return w.now },
		Broker: account.NewBroker(account.Options{Reader: w.api, Cache: w.api}),
	}
	return w
}

// Eventf notes what is said about the Secret.
func (w *world) Eventf(_, _ runtime.Object, kind, reason, _, note string, args ...any) {
	w.told = append(w.told, fmt.Sprintf("%s %s: %s", kind, reason, fmt.Sprintf(note, args...)))
}

// look runs one pass and reports whether the Secret is held then, and there at all.
func (w *world) look() (held, there bool) {
	w.Helper()
	if _, err := w.Reconcile(w.Context(), ctrl.Request{NamespacedName: key()}); err != nil {
		w.Fatal(err)
	}
	return w.state()
}

func (w *world) state() (held, there bool) {
	w.Helper()
	secret := &corev1.Secret{}
	if err := w.api.Get(w.Context(), key(), secret); err != nil {
		if !apierrors.IsNotFound(err) {
			w.Fatal(err)
		}
		return false, false
	}
	return slices.Contains(secret.Finalizers, v1alpha1.FinalizerInUse), true
}

// remove deletes the object; a finalizer may hold it.
func (w *world) remove(object client.Object) {
	w.Helper()
	if err := w.api.Delete(w.Context(), object); err != nil {
		w.Fatal(err)
	}
}

func TestASecretIsHeldWhileItIsNeeded(t *testing.T) {
	worked := gen.Finalizers(v1alpha1.Finalizer)
	going := gen.DeletedAt(time.Unix(1, 0))
	other := gen.WorkspaceFrom(workspace("a", worked), gen.SetWorkspaceClass("other"))
	for name, row := range map[string]struct {
		users        []client.Object
		before, want bool
	}{
		"by nobody":                               {nil, false, false},
		"by nobody any more":                      {nil, true, false},
		"by one that is worked on":                {[]client.Object{workspace("a", worked)}, false, true},
		"by one that goes":                        {[]client.Object{workspace("a", worked, going)}, true, true},
		"by one that goes, and was not held":      {[]client.Object{workspace("a", worked, going)}, false, true},
		"not by one that merely names the class":  {[]client.Object{workspace("a")}, false, false},
		"not by one of another class":             {[]client.Object{other}, true, false},
		"not by one of another namespace":         {[]client.Object{workspace("a", worked, gen.InNamespace("other"))}, true, false},
		"by the last of two, one of which merely": {[]client.Object{workspace("a"), workspace("b", worked)}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			var finalizers []string
			if row.before {
				finalizers = []string{v1alpha1.FinalizerInUse}
			}
			w := newWorld(t, append(row.users, brought(gen.Finalizers(finalizers...)))...)
			if held, _ := w.look(); held != row.want {
				t.Errorf("it is held: %t, want %t", held, row.want)
			}
			writes := w.writes
			if w.look(); w.writes != writes {
				t.Error("another look writes again")
			}
		})
	}
}

// TestWhyADeletedSecretStaysIsSaidOnce, with the number of those that need it.
func TestWhyADeletedSecretStaysIsSaidOnce(t *testing.T) {
	worked := gen.Finalizers(v1alpha1.Finalizer)
	first, second := workspace("a", worked), workspace("b", worked)
	w := newWorld(t, first, second, brought(gen.Finalizers(v1alpha1.FinalizerInUse)))
	if w.look(); len(w.told) > 0 {
		t.Fatalf("nobody has deleted it: %q", w.told)
	}
	w.remove(brought())
	for range 3 {
		if held, _ := w.look(); !held {
			t.Fatal("it is let go while it is needed")
		}
	}
	want := "Warning InUse: waiting for 2 Workspaces that are served with this credential: delete them first. Until then it serves what was made with it, and nothing new"
	if !slices.Equal(w.told, []string{want}) {
		t.Errorf("it is said\n%q, want once\n%q", w.told, want)
	}
	for _, ws := range []*v1alpha1.Workspace{first, second} {
		if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(ws), ws); err != nil {
			t.Fatal(err)
		}
		ws.Finalizers = nil
		if err := w.api.Update(t.Context(), ws); err != nil {
			t.Fatal(err)
		}
	}
	if _, there := w.look(); there {
		t.Error("nobody needs it, and it stays")
	}
	if len(w.told) != 1 {
		t.Errorf("more is said than that it stays: %q", w.told)
	}
}

// TestASecretIsHeldBeforeTheFirstCall, and not let go until the Workspace's own finalizer holds it.
func TestASecretIsHeldBeforeTheFirstCall(t *testing.T) {
	ws := workspace("a")
	w := newWorld(t, ws, brought())
	if err := w.Hold(t.Context(), ws, class(), account.Credentials{}); err != nil {
		t.Fatal(err)
	}
	if held, _ := w.look(); !held {
		t.Fatal("it is let go before the Workspace has its finalizer")
	}
	w.now = w.now.Add(firstPass + 1)
	if held, _ := w.look(); held {
		t.Error("a Workspace that has had the time to store its finalizer, and has not, holds it for ever")
	}
}

func TestHoldFails(t *testing.T) {
	deleted := brought(gen.Finalizers(v1alpha1.FinalizerInUse), gen.DeletedAt(time.Unix(1, 0)))
	for name, row := range map[string]struct {
		secret *corev1.Secret
		want   func(error) bool
	}{
		"without a Secret":                  {nil, apierrors.IsNotFound},
		"with one that is being deleted":    {deleted, apierrors.IsConflict},
		"without the Workspace it is about": {brought(), apierrors.IsNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []client.Object
			if row.secret != nil {
				objects = append(objects, row.secret)
			}
			w := newWorld(t, objects...)
			if err := w.Hold(t.Context(), workspace("a"), class(), account.Credentials{}); !row.want(err) {
				t.Errorf("got %v", err)
			}
			if held, _ := w.state(); held && row.secret != deleted {
				t.Error("it is kept for a Workspace that is gone")
			}
		})
	}
}

// TestAHoldIsNotLostToWhoLetsGo: a Workspace comes while the Secret is let go for the last one.
func TestAHoldIsNotLostToWhoLetsGo(t *testing.T) {
	ws := workspace("late")
	w := newWorld(t, brought(gen.Finalizers(v1alpha1.FinalizerInUse)))
	done := make(chan error, 1)
	w.before = func() {
		w.before = nil
		if err := w.api.Create(t.Context(), ws); err != nil {
			t.Error(err)
		}
		go func() { done <- w.Hold(t.Context(), ws, class(), account.Credentials{}) }()
	}
	w.look()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if held, _ := w.state(); !held {
		t.Error("the Workspace believes that its Secret is held, and it is not")
	}
}

// TestASecretThatIsKeptIsNotAskedAbout, as long as it is the one that was seen.
func TestASecretThatIsKeptIsNotAskedAbout(t *testing.T) {
	kept := account.Credentials{Namespace: key().Namespace, Name: key().Name, UID: "secret-uid", Finalizers: []string{v1alpha1.FinalizerInUse}}
	changed := func(change func(*account.Credentials)) account.Credentials {
		seen := kept
		change(&seen)
		return seen
	}
	for name, row := range map[string]struct {
		seen  account.Credentials
		asked bool
	}{
		"kept":          {kept, false},
		"replaced":      {changed(func(seen *account.Credentials) { seen.UID = "another" }), true},
		"not kept now":  {changed(func(seen *account.Credentials) { seen.Finalizers = nil }), true},
		"being deleted": {changed(func(seen *account.Credentials) { seen.Deleting = true }), true},
		"not seen":      {account.Credentials{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			first, second := workspace("first"), workspace("second")
			w := newWorld(t, first, second, brought())
			if err := w.Hold(t.Context(), first, class(), account.Credentials{}); err != nil {
				t.Fatal(err)
			}
			asked := false
			w.Live = interceptor.NewClient(w.api, interceptor.Funcs{
				Get: func(ctx context.Context, below client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
					asked = true
					return below.Get(ctx, key, obj, opts...)
				},
			})
			if err := w.Hold(t.Context(), second, class(), row.seen); err != nil || asked != row.asked {
				t.Errorf("the API server is asked: %t, want %t; %v", asked, row.asked, err)
			}
			w.remove(first)
			if held, _ := w.look(); !held {
				t.Error("it is let go although the second Workspace is about to need it")
			}
			w.remove(second)
			if held, _ := w.look(); held {
				t.Fatal("nobody needs it, and it is kept")
			}
			asked = false
			if err := w.Hold(t.Context(), second, class(), kept); !apierrors.IsNotFound(err) || !asked {
				t.Errorf("what was let go is believed to be kept: %v", err)
			}
		})
	}
}
