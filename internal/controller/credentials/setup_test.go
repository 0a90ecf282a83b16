package credentials

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestAFormerSecretIsLetGoAfterARestart: the class was edited while nobody was
// there to see it, and its status has what it named before.
func TestAFormerSecretIsLetGoAfterARestart(t *testing.T) {
	former := v1alpha1.CredentialsReference{Namespace: key().Namespace, Name: key().Name}
	edited := gen.WorkspaceClass("edited", gen.SetWorkspaceClassCredentials("platform", "present"), gen.SetWorkspaceClassStatus(v1alpha1.WorkspaceClassStatus{
		Credentials: []v1alpha1.CredentialsReference{former},
	}))
	ws := gen.WorkspaceFrom(workspace("a", gen.Finalizers(v1alpha1.Finalizer)), gen.SetWorkspaceClass(edited.Name))
	going := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: key().Namespace}}
	for name, wake := range map[string]func(w *world) []reconcile.Request{
		"the class is seen for the first time": func(w *world) []reconcile.Request { return w.ofClass(t.Context(), edited) },
		"the former's namespace is going":      func(w *world) []reconcile.Request { return w.ofNamespace(t.Context(), going) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, edited, ws, brought(gen.Finalizers(v1alpha1.FinalizerInUse), gen.DeletedAt(time.Unix(1, 0))))
			requests := wake(w)
			if !slices.Contains(requests, reconcile.Request{NamespacedName: key()}) {
				t.Fatalf("nobody looks at the former Secret, but at %v", requests)
			}
			for _, request := range requests {
				if _, err := w.Reconcile(t.Context(), request); err != nil {
					t.Fatal(err)
				}
			}
			if _, there := w.state(); there {
				t.Error("nobody needs it, and it stays")
			}
		})
	}
}

// TestASecretIsNoBusinessOfAnotherNamespaceThatGoes.
func TestASecretIsNoBusinessOfAnotherNamespaceThatGoes(t *testing.T) {
	edited := gen.WorkspaceClass("edited", gen.SetWorkspaceClassCredentials("platform", "present"), gen.SetWorkspaceClassStatus(v1alpha1.WorkspaceClassStatus{
		Credentials: []v1alpha1.CredentialsReference{{Namespace: "elsewhere", Name: "former"}, {Namespace: "platform", Name: "present"}},
	}))
	w := newWorld(t, edited)
	for namespace, want := range map[string][]string{
		"platform":  {"platform/mine", "platform/present"},
		"elsewhere": {"elsewhere/former", "elsewhere/mine"},
		"tenant":    {"tenant/mine"},
	} {
		var got []string
		for _, request := range w.ofNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}) {
			got = append(got, request.String())
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("namespace %s goes: %v are looked at, want %v", namespace, got, want)
		}
	}
}
