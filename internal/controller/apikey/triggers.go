package apikey

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// Triggers say what wakes an ApiKey: itself, its Workspace, an edit of the
// class, whose keyPolicy holds for it, and its Secret, if Secrets are watched.
func (r *Reconciler) Triggers() []watch.Trigger {
	triggers := []watch.Trigger{
		{Kind: &v1alpha1.ApiKey{}, News: watch.Asked()},
		{Kind: &v1alpha1.Workspace{}, News: watch.Turned(), Wakes: r.ofWorkspace},
		{Kind: &v1alpha1.WorkspaceClass{}, News: predicate.GenerationChangedPredicate{}, Wakes: r.ofClass},
	}
	if r.WatchSecrets {
		triggers = append(triggers, watch.Trigger{
			Kind: &corev1.Secret{}, MetadataOnly: true, News: watch.Altered(), Wakes: watch.Owner(v1alpha1.GroupVersion.Group, "ApiKey"),
		})
	}
	return triggers
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

// ofClass gives the ApiKeys of the Workspaces that the class serves.
func (r *Reconciler) ofClass(ctx context.Context, class client.Object) []reconcile.Request {
	workspaces, keys := &v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}
	for _, list := range []client.ObjectList{workspaces, keys} {
		if err := r.Client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache is stopping
		}
	}
	served := map[client.ObjectKey]bool{}
	for i := range workspaces.Items {
		if workspaces.Items[i].Status.ClassName == class.GetName() {
			served[client.ObjectKeyFromObject(&workspaces.Items[i])] = true
		}
	}
	var requests []reconcile.Request
	for i := range keys.Items {
		key := &keys.Items[i]
		if served[client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.WorkspaceRef.Name}] {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(key)})
		}
	}
	return requests
}
