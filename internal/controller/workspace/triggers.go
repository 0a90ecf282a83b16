package workspace

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// Triggers say what wakes a Workspace: itself, its class, and an ApiKey that no
// longer refers to it.
func (r *Reconciler) Triggers() []watch.Trigger {
	return []watch.Trigger{
		{Kind: &v1alpha1.Workspace{}, News: watch.Asked()},
		{Kind: &v1alpha1.WorkspaceClass{}, News: watch.Turned(), Wakes: r.ofClass},
		{Kind: &v1alpha1.ApiKey{}, News: watch.Gone(), Wakes: r.ofKey},
	}
}

// Indexes are those that the look for another Workspace of the same uuid goes by.
func (r *Reconciler) Indexes() []watch.Index {
	return []watch.Index{{Kind: &v1alpha1.Workspace{}, Field: byUUID, Values: uuidOf}}
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
