package workspaceclass

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// Triggers say what wakes a class: itself, and a Workspace of it that is gone.
func (r *Reconciler) Triggers() []watch.Trigger {
	return []watch.Trigger{
		{Kind: &v1alpha1.WorkspaceClass{}, News: watch.Asked()},
		{Kind: &v1alpha1.Workspace{}, News: watch.Gone(), Wakes: r.ofWorkspace},
	}
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
