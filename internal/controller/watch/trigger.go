package watch

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Trigger is one of the things that wake a controller. It is data, so that what
// simulates a cluster wakes the controllers as a real one does.
type Trigger struct {
	// Kind is what is watched.
	Kind client.Object
	// MetadataOnly keeps nothing but its metadata in memory.
	MetadataOnly bool
	// News are the changes that count.
	News predicate.Predicate
	// Wakes gives those for whom they are news; nil is the object itself.
	Wakes handler.MapFunc
}

// Index lets objects be listed from the cache by a field.
type Index struct {
	Kind   client.Object
	Field  string
	Values client.IndexerFunc
}

// Reconciler is a controller that says itself what wakes it.
type Reconciler interface {
	reconcile.Reconciler
	// Triggers begin with the controller's own kind, if it has one.
	Triggers() []Trigger
}

// Indexed is a controller that lists by fields.
type Indexed interface {
	Indexes() []Index
}

// Setup has the manager run the reconciler under the name.
func Setup(ctx context.Context, mgr manager.Manager, name string, reconciler Reconciler, options controller.Options) error {
	if indexed, ok := reconciler.(Indexed); ok {
		for _, index := range indexed.Indexes() {
			if err := mgr.GetFieldIndexer().IndexField(ctx, index.Kind, index.Field, index.Values); err != nil {
				return err
			}
		}
	}
	build := builder.TypedControllerManagedBy[reconcile.Request](mgr).Named(name).WithOptions(options)
	for _, trigger := range reconciler.Triggers() {
		news := builder.WithPredicates(trigger.News)
		switch {
		case trigger.Wakes == nil:
			build = build.For(trigger.Kind, news)
		case trigger.MetadataOnly:
			build = build.WatchesMetadata(trigger.Kind, handler.EnqueueRequestsFromMapFunc(trigger.Wakes), news)
		default:
			build = build.Watches(trigger.Kind, handler.EnqueueRequestsFromMapFunc(trigger.Wakes), news)
		}
	}
	return build.Complete(reconciler)
}

// Owner wakes the object of the kind that controls what is watched.
func Owner(group, kind string) handler.MapFunc {
	return func(_ context.Context, obj client.Object) []reconcile.Request {
		owner := metav1.GetControllerOf(obj)
		if owner == nil || owner.Kind != kind || !inGroup(owner.APIVersion, group) {
			return nil
		}
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: obj.GetNamespace(), Name: owner.Name}}}
	}
}

func inGroup(apiVersion, group string) bool {
	parsed, err := schema.ParseGroupVersion(apiVersion)
	return err == nil && parsed.Group == group
}
