package watch_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

func TestOwnerWakesTheControllingObjectOfTheKind(t *testing.T) {
	yes := true
	for name, c := range map[string]struct {
		owner metav1.OwnerReference
		wakes bool
	}{
		"its controller":      {metav1.OwnerReference{APIVersion: "workspace-operator.io/v1alpha1", Kind: "ApiKey", Name: "ci", Controller: &yes}, true},
		"of another version":  {metav1.OwnerReference{APIVersion: "workspace-operator.io/v2", Kind: "ApiKey", Name: "ci", Controller: &yes}, true},
		"no controller":       {metav1.OwnerReference{APIVersion: "workspace-operator.io/v1alpha1", Kind: "ApiKey", Name: "ci"}, false},
		"another kind":        {metav1.OwnerReference{APIVersion: "workspace-operator.io/v1alpha1", Kind: "Workspace", Name: "ci", Controller: &yes}, false},
		"another group":       {metav1.OwnerReference{APIVersion: "example.org/v1alpha1", Kind: "ApiKey", Name: "ci", Controller: &yes}, false},
		"of no valid version": {metav1.OwnerReference{APIVersion: "a/b/c", Kind: "ApiKey", Name: "ci", Controller: &yes}, false},
	} {
		t.Run(name, func(t *testing.T) {
			secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "ci-key", OwnerReferences: []metav1.OwnerReference{c.owner}}}
			woken := watch.Owner("workspace-operator.io", "ApiKey")(t.Context(), secret)
			if !c.wakes && len(woken) > 0 {
				t.Fatalf("wakes %v, want nobody", woken)
			}
			if want := (types.NamespacedName{Namespace: "team", Name: "ci"}); c.wakes && (len(woken) != 1 || woken[0].NamespacedName != want) {
				t.Fatalf("wakes %v, want %v", woken, want)
			}
		})
	}
}
