package harness

import (
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Patch changes the object by a merge patch, without a lock.
func (h *Harness) Patch(t testing.TB, object client.Object, change map[string]any) {
	t.Helper()
	data, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Client.Patch(t.Context(), object, client.RawPatch(types.MergePatchType, data)); err != nil {
		t.Fatalf("patch %T %s: %v", object, object.GetName(), err)
	}
}

// Annotate sets one annotation; nil removes it.
func (h *Harness) Annotate(t testing.TB, object client.Object, name string, value any) {
	t.Helper()
	h.Patch(t, object, map[string]any{"metadata": map[string]any{"annotations": map[string]any{name: value}}})
}

// Ask asks for a pass, and returns what the object's status says once it has been made.
func (h *Harness) Ask(t testing.TB, object client.Object) string {
	t.Helper()
	value := rand.String(8)
	h.Annotate(t, object, v1alpha1.AnnotationReconcileAt, value)
	return value
}

// Poke asks for a pass of each object and waits until it has been made.
func (h *Harness) Poke(t testing.TB, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		value := h.Ask(t, object)
		Wait(t, h, object, "a pass that was asked for", func(seen client.Object) bool { return Handled(seen) == value })
	}
}

// Handled is the value of the latest request for a pass that has been made; empty if there was none.
func Handled(object client.Object) string {
	switch o := object.(type) {
	case *v1alpha1.WorkspaceClass:
		return o.Status.LastHandledReconcileAt
	case *v1alpha1.Workspace:
		return o.Status.LastHandledReconcileAt
	case *v1alpha1.ApiKey:
		return o.Status.LastHandledReconcileAt
	}
	return ""
}

// Says reports whether the object is not Ready for the reason, and Stalled or Reconciling, which is abnormal, for the same, as its spec is now; and whether its message has
// all the words.
func Says(object client.Object, abnormal, reason string, words ...string) bool {
	ready := Condition(object, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != metav1.ConditionFalse || !HasReason(object, v1alpha1.ConditionReady, reason) || !HasReason(object, abnormal, reason) {
		return false
	}
	for _, word := range words {
		if !strings.Contains(ready.Message, word) {
			return false
		}
	}
	return true
}
