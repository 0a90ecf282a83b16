package store

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// busy is a store with an ApiKey in the middle of its life.
func busy(b *testing.B) (*Store, client.Client, *v1alpha1.ApiKey) {
	b.Helper()
	s := newStore(b, nil)
	c := s.Client("bench")
	key := gen.ApiKey("ci", gen.SetApiKeyScopes("a:read", "b:read"), gen.SetApiKeyMeta(gen.Annotation("a", "b"), gen.Finalizers("example.com/one")))
	for _, obj := range []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: gen.Namespace}}, key} {
		if err := c.Create(b.Context(), obj); err != nil {
			b.Fatal(err)
		}
	}
	for _, kind := range []string{"Ready", "AccountReady", "Synced", "Published"} {
		meta.SetStatusCondition(&key.Status.Conditions, metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: "Good", Message: "all is well"})
	}
	if err := c.Status().Update(b.Context(), key); err != nil {
		b.Fatal(err)
	}
	return s, c, key
}

func BenchmarkGet(b *testing.B) {
	_, c, key := busy(b)
	for b.Loop() {
		if err := c.Get(b.Context(), client.ObjectKeyFromObject(key), &v1alpha1.ApiKey{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCachedGet(b *testing.B) {
	s, _, key := busy(b)
	view, err := s.View(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := view.Get(b.Context(), client.ObjectKeyFromObject(key), &v1alpha1.ApiKey{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatusPatch(b *testing.B) {
	s, c, key := busy(b)
	for i := 0; b.Loop(); i++ {
		before := key.DeepCopy()
		meta.SetStatusCondition(&key.Status.Conditions, metav1.Condition{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Good", Message: []string{"a", "b"}[i%2]})
		if err := c.Status().Patch(b.Context(), key, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 0 {
			s.Compact()
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	s, c, key := busy(b)
	for i := 0; b.Loop(); i++ {
		key.Annotations["a"] = []string{"a", "b"}[i%2]
		if err := c.Update(b.Context(), key); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 0 {
			s.Compact()
		}
	}
}

func BenchmarkCreateAndDelete(b *testing.B) {
	s, c, _ := busy(b)
	for i := 0; b.Loop(); i++ {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: gen.Namespace}, Data: map[string][]byte{"apiKey": []byte("x"), "keyID": []byte("y")}}
		if err := c.Create(b.Context(), secret); err != nil {
			b.Fatal(err)
		}
		if err := c.Delete(b.Context(), secret); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 0 {
			s.Compact()
		}
	}
}

func BenchmarkClone(b *testing.B) {
	s, _, _ := busy(b)
	for b.Loop() {
		s.Clone()
	}
}
