package apikey

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// SetupWithManager says what wakes an ApiKey: itself, its Workspace, and its
// Secret, if Secrets are watched.
func (r *Reconciler) SetupWithManager(mgr manager.Manager, options controller.Options) error {
	keys := builder.TypedControllerManagedBy[reconcile.Request](mgr).
		Named("apikey").
		For(&v1alpha1.ApiKey{}, builder.WithPredicates(watch.Asked())).
		Watches(&v1alpha1.Workspace{}, handler.EnqueueRequestsFromMapFunc(r.ofWorkspace), builder.WithPredicates(watch.Turned())).
		WithOptions(options)
	if r.WatchSecrets {
		owner := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), &v1alpha1.ApiKey{}, handler.OnlyControllerOwner())
		keys = keys.WatchesMetadata(&corev1.Secret{}, owner, builder.WithPredicates(watch.Altered()))
	}
	return keys.Complete(r)
}

func (r *Reconciler) ofWorkspace(ctx context.Context, ws client.Object) []reconcile.Request {
	all := &v1alpha1.ApiKeyList{}
	if err := r.Client.List(ctx, all, client.InNamespace(ws.GetNamespace())); err != nil {
		return nil // the cache is stopping
	}
	var requests []reconcile.Request
	for i := range all.Items {
		if all.Items[i].Spec.WorkspaceRef.Name == ws.GetName() {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&all.Items[i])})
		}
	}
	return requests
}
