package orphan

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// Triggers say what wakes an entry: itself, and its class.
func (r *Reconciler) Triggers() []watch.Trigger {
	return []watch.Trigger{
		{Kind: &v1alpha1.Orphan{}, News: watch.Asked()},
		{Kind: &v1alpha1.WorkspaceClass{}, News: watch.Turned(), Wakes: r.ofClass},
	}
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
