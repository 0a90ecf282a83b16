package tenancy

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// deletions go through although they write to what the policies guard: the garbage collector and the namespace controller run as accounts of their own.
func (s *suite) deletions(t *testing.T) {
	const namespace, user = "deletions", "dan"
	s.namespace(t, namespace, user, "edit")
	c, operator := s.as(t, user), s.operator(t)
	publish := func(name string) (*v1alpha1.ApiKey, *corev1.Secret) {
		key := keyOf(namespace, name, "")
		s.create(t, key)
		secret := published(key, name)
		accepted(t, "the operator publishing a Secret", creation(operator, secret))
		return key, secret
	}
	remove := func(key *v1alpha1.ApiKey, policy metav1.DeletionPropagation) {
		accepted(t, "the deletion of an ApiKey", func(ctx context.Context) error { return c.Delete(ctx, copyOf(key), client.PropagationPolicy(policy)) })
	}
	for _, policy := range []metav1.DeletionPropagation{metav1.DeletePropagationBackground, metav1.DeletePropagationForeground} {
		t.Run(string(policy), func(t *testing.T) {
			key, secret := publish(strings.ToLower(string(policy)))
			remove(key, policy)
			s.gone(t, secret, key)
		})
	}
	t.Run(string(metav1.DeletePropagationOrphan), func(t *testing.T) {
		// Its account stands in for the collector itself, which takes no owner away that it has not seen yet, and nobody can tell when it has.
		collector := s.account(t, metav1.NamespaceSystem, "generic-garbage-collector")
		_, secret := publish("orphan")
		accepted(t, "the garbage collector taking the owner away", patch(collector, secret, func(s *corev1.Secret) { s.OwnerReferences = nil }))
	})
	t.Run("namespace", func(t *testing.T) {
		_, secret := publish("last")
		team := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		if err := s.admin.Delete(t.Context(), team); err != nil {
			t.Fatal(err)
		}
		s.gone(t, secret, team)
	})
}

func (s *suite) gone(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		now := copyOf(object)
		if err := eventually(t, func(ctx context.Context) bool {
			return apierrors.IsNotFound(s.admin.Get(ctx, client.ObjectKeyFromObject(object), now))
		}); err != nil {
			t.Errorf("%T %s does not go: finalizers %v, owners %v", object, object.GetName(), now.GetFinalizers(), now.GetOwnerReferences())
		}
	}
}
