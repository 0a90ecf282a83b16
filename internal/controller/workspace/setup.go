package workspace

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

// SetupWithManager says what wakes a Workspace: itself, its class, and an
// ApiKey that no longer refers to it.
func (r *Reconciler) SetupWithManager(mgr manager.Manager, options controller.Options) error {
	if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.Workspace{}, byUUID, uuidOf); err != nil {
		return err
	}
	return builder.TypedControllerManagedBy[reconcile.Request](mgr).
		Named("workspace").
		For(&v1alpha1.Workspace{}, builder.WithPredicates(watch.Asked())).
		Watches(&v1alpha1.WorkspaceClass{}, handler.EnqueueRequestsFromMapFunc(r.ofClass), builder.WithPredicates(watch.Turned())).
		Watches(&v1alpha1.ApiKey{}, handler.EnqueueRequestsFromMapFunc(r.ofKey), builder.WithPredicates(watch.Gone())).
		WithOptions(options).
		Complete(r)
}

// ofClass gives the Workspaces of a class, and those that wait for a default.
func (r *Reconciler) ofClass(ctx context.Context, class client.Object) []reconcile.Request {
	all := &v1alpha1.WorkspaceList{}
	if err := r.Client.List(ctx, all); err != nil {
		return nil // the cache is stopping
	}
	var requests []reconcile.Request
	for i := range all.Items {
		if name := all.Items[i].Class(); name == class.GetName() || name == "" {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&all.Items[i])})
		}
	}
	return requests
}

// ofKey gives the Workspace only if it waits for its ApiKeys to go: it learns
// of its own deletion by itself, and then counts them.
func (r *Reconciler) ofKey(ctx context.Context, obj client.Object) []reconcile.Request {
	key, ok := obj.(*v1alpha1.ApiKey)
	if !ok {
		return nil
	}
	name := client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.WorkspaceRef.Name}
	ws := &v1alpha1.Workspace{}
	if err := r.Client.Get(ctx, name, ws); err != nil || ws.DeletionTimestamp.IsZero() {
		return nil
	}
	return []reconcile.Request{{NamespacedName: name}}
}
