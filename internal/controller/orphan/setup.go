package orphan

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// SetupWithManager says what wakes an entry: itself, and its class.
func (r *Reconciler) SetupWithManager(mgr manager.Manager, options controller.Options) error {
	return builder.TypedControllerManagedBy[reconcile.Request](mgr).
		Named("orphan").
		For(&v1alpha1.Orphan{}, builder.WithPredicates(watch.Asked())).
		Watches(&v1alpha1.WorkspaceClass{}, handler.EnqueueRequestsFromMapFunc(r.ofClass), builder.WithPredicates(watch.Turned())).
		WithOptions(options).
		Complete(r)
}

func (r *Reconciler) ofClass(ctx context.Context, class client.Object) []reconcile.Request {
	all := &v1alpha1.OrphanList{}
	if err := r.Client.List(ctx, all); err != nil {
		return nil // the cache is stopping
	}
	var requests []reconcile.Request
	for i := range all.Items {
		if all.Items[i].Spec.ClassName == class.GetName() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&all.Items[i])})
		}
	}
	return requests
}
