package workspaceclass

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

// SetupWithManager says what wakes a class: itself, and a Workspace of it that
// is gone.
func (r *Reconciler) SetupWithManager(mgr manager.Manager, options controller.Options) error {
	return builder.TypedControllerManagedBy[reconcile.Request](mgr).
		Named("workspaceclass").
		For(&v1alpha1.WorkspaceClass{}, builder.WithPredicates(watch.Asked())).
		Watches(&v1alpha1.Workspace{}, handler.EnqueueRequestsFromMapFunc(r.ofWorkspace), builder.WithPredicates(watch.Gone())).
		WithOptions(options).
		Complete(r)
}

// ofWorkspace gives the class only if it waits for its Workspaces to go.
func (r *Reconciler) ofWorkspace(ctx context.Context, obj client.Object) []reconcile.Request {
	ws, ok := obj.(*v1alpha1.Workspace)
	if !ok {
		return nil
	}
	class := &v1alpha1.WorkspaceClass{}
	if err := r.Client.Get(ctx, client.ObjectKey{Name: ws.Class()}, class); err != nil || class.DeletionTimestamp.IsZero() {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(class)}}
}
