package credentials

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
)

// Triggers say what may change whether a credential Secret is needed:
// a Workspace that comes, goes or finds its class, and a class that names
// another Secret or goes. A namespace that is going is looked at as well, lest
// a Secret stays in it that was kept just before a crash. Secrets themselves
// are not watched.
func (r *Reconciler) Triggers() []watch.Trigger {
	return []watch.Trigger{
		{Kind: &v1alpha1.Workspace{}, News: predicate.Or(watch.Asked(), served()), Wakes: r.ofWorkspace},
		{Kind: &v1alpha1.WorkspaceClass{}, News: predicate.Or(watch.Asked(), watch.Gone()), Wakes: r.ofClass},
		{Kind: &corev1.Namespace{}, MetadataOnly: true, News: going(), Wakes: r.ofNamespace},
	}
}

// served passes a Workspace that finds its class, is worked on for the first
// time, or whose credential has come or gone.
func served() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.Workspace)
		after, ok2 := e.ObjectNew.(*v1alpha1.Workspace)
		if !ok1 || !ok2 {
			return false
		}
		return before.Class() != after.Class() || needs(before) != needs(after) ||
			holds(before, v1alpha1.ConditionReady) != holds(after, v1alpha1.ConditionReady) ||
			holds(before, v1alpha1.ConditionAccountReady) != holds(after, v1alpha1.ConditionAccountReady)
	}}
}

func holds(ws *v1alpha1.Workspace, condition string) bool {
	return meta.IsStatusConditionTrue(ws.Status.Conditions, condition)
}

// going passes a namespace that begins to go, or was found going.
func going() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.Object.GetDeletionTimestamp().IsZero() },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetDeletionTimestamp().IsZero() && !e.ObjectNew.GetDeletionTimestamp().IsZero()
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}

func (r *Reconciler) ofWorkspace(ctx context.Context, obj client.Object) []reconcile.Request {
	ws, ok := obj.(*v1alpha1.Workspace)
	if !ok {
		return nil
	}
	class, err := r.class(ctx, ws.Class())
	if err != nil || class == nil {
		return nil // a class that comes later, or has gone, says so itself
	}
	return []reconcile.Request{{NamespacedName: account.CredentialsKey(class, ws.Namespace)}}
}

// ofClass gives the Secret of a class and those it had before, or the one of every
// Workspace that brings its own. Of a class that goes, any namespace may have one.
func (r *Reconciler) ofClass(ctx context.Context, obj client.Object) []reconcile.Request {
	class, ok := obj.(*v1alpha1.WorkspaceClass)
	if !ok {
		return nil
	}
	if class.Spec.CredentialsRef.Namespace != "" {
		return named(class)
	}
	namespaces, err := r.namespaces(ctx, class)
	if err != nil {
		return nil // the cache is stopping
	}
	requests := make([]reconcile.Request, 0, len(namespaces))
	for _, namespace := range namespaces {
		requests = append(requests, reconcile.Request{NamespacedName: account.CredentialsKey(class, namespace)})
	}
	return requests
}

// named are the Secrets of a class that names their namespace: those it had before
// may not have been let go when it was edited, if nobody was there.
func named(class *v1alpha1.WorkspaceClass) []reconcile.Request {
	requests := []reconcile.Request{{NamespacedName: account.CredentialsKey(class, "")}}
	for _, former := range class.Status.Credentials {
		requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: former.Namespace, Name: former.Name}})
	}
	return requests // the queue takes each once
}

// namespaces are those that may bring a Secret to the class.
func (r *Reconciler) namespaces(ctx context.Context, class *v1alpha1.WorkspaceClass) ([]string, error) {
	var names []string
	if !class.DeletionTimestamp.IsZero() {
		all := &metav1.PartialObjectMetadataList{}
		all.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("NamespaceList"))
		err := r.Client.List(ctx, all)
		for i := range all.Items {
			names = append(names, all.Items[i].Name)
		}
		return names, err
	}
	all := &v1alpha1.WorkspaceList{}
	err := r.Client.List(ctx, all)
	for i := range all.Items {
		if all.Items[i].Class() == class.Name {
			names = append(names, all.Items[i].Namespace)
		}
	}
	return names, err
}

// ofNamespace gives the Secrets in a namespace that classes may name.
func (r *Reconciler) ofNamespace(ctx context.Context, namespace client.Object) []reconcile.Request {
	all := &v1alpha1.WorkspaceClassList{}
	if err := r.Client.List(ctx, all); err != nil {
		return nil // the cache is stopping
	}
	var requests []reconcile.Request
	for i := range all.Items {
		class := &all.Items[i]
		if class.Spec.CredentialsRef.Namespace == "" {
			requests = append(requests, reconcile.Request{NamespacedName: account.CredentialsKey(class, namespace.GetName())})
			continue
		}
		requests = append(requests, slices.DeleteFunc(named(class), func(request reconcile.Request) bool { return request.Namespace != namespace.GetName() })...)
	}
	return requests
}
