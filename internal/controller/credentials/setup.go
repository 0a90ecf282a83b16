package credentials

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// SetupWithManager says what may change whether a credential Secret is needed:
// a Workspace that comes, goes or finds its class, and a class that names
// another Secret. Secrets themselves are not watched.
func (r *Reconciler) SetupWithManager(mgr manager.Manager, options controller.Options) error {
	served := predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.Workspace)
		after, ok2 := e.ObjectNew.(*v1alpha1.Workspace)
		if !ok1 || !ok2 {
			return false
		}
		// The finalizer says that the vendor is called from now on. A Secret may
		// come later than that, and Ready says that it has.
		return before.Class() != after.Class() ||
			controllerutil.ContainsFinalizer(before, v1alpha1.Finalizer) != controllerutil.ContainsFinalizer(after, v1alpha1.Finalizer) ||
			isReady(before) != isReady(after)
	}}
	return builder.TypedControllerManagedBy[reconcile.Request](mgr).
		Named("credentials").
		Watches(&v1alpha1.Workspace{}, handler.EnqueueRequestsFromMapFunc(r.ofWorkspace), builder.WithPredicates(served)).
		Watches(&v1alpha1.WorkspaceClass{}, handler.EnqueueRequestsFromMapFunc(r.ofClass), builder.WithPredicates(watch.Asked())).
		WithOptions(options).
		Complete(r)
}

func isReady(ws *v1alpha1.Workspace) bool {
	return meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady)
}

func (r *Reconciler) ofWorkspace(ctx context.Context, obj client.Object) []reconcile.Request {
	ws, ok := obj.(*v1alpha1.Workspace)
	if !ok {
		return nil
	}
	class := &v1alpha1.WorkspaceClass{}
	if err := r.Client.Get(ctx, client.ObjectKey{Name: ws.Class()}, class); err != nil {
		return nil // a class that comes later says so itself
	}
	return []reconcile.Request{{NamespacedName: account.CredentialsKey(class, ws.Namespace)}}
}

// ofClass gives the Secret of a class, or the one of every Workspace that
// brings its own.
func (r *Reconciler) ofClass(ctx context.Context, obj client.Object) []reconcile.Request {
	class, ok := obj.(*v1alpha1.WorkspaceClass)
	if !ok {
		return nil
	}
	if class.Spec.CredentialsRef.Namespace != "" {
		return []reconcile.Request{{NamespacedName: account.CredentialsKey(class, "")}}
	}
	all := &v1alpha1.WorkspaceList{}
	if err := r.Client.List(ctx, all); err != nil {
		return nil // the cache is stopping
	}
	var requests []reconcile.Request
	for i := range all.Items {
		if all.Items[i].Class() == class.Name {
			requests = append(requests, reconcile.Request{NamespacedName: account.CredentialsKey(class, all.Items[i].Namespace)})
		}
	}
	return requests
}
