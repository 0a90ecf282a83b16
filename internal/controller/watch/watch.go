// Package watch says which changes of an object are news.
package watch

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Asked passes changes that a person or another controller made: of the spec,
// of one of our annotations, and deletion. Our own writes are no news.
func Asked() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
				e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero() ||
				annotated(e.ObjectOld, e.ObjectNew)
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}

// Turned passes, besides what [Asked] does, a change of the Ready condition or
// of a class's record: for objects that depend on this one.
func Turned() predicate.Predicate {
	asked := Asked()
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return asked.Update(e) || ready(e.ObjectOld) != ready(e.ObjectNew) || host(e.ObjectOld) != host(e.ObjectNew)
		},
	}
}

// Altered passes changes of what we have made, and its end; that it came is no
// news.
func Altered() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetResourceVersion() != e.ObjectNew.GetResourceVersion()
		},
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// Gone passes only that an object is no longer there.
func Gone() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

func annotated(before, after client.Object) bool {
	for _, name := range []string{
		v1alpha1.AnnotationPaused, v1alpha1.AnnotationReconcileAt, v1alpha1.AnnotationRotateAt, v1alpha1.AnnotationDoesNotExist,
		v1alpha1.AnnotationDefaultClass,
	} {
		if before.GetAnnotations()[name] != after.GetAnnotations()[name] {
			return true
		}
	}
	return false
}

func ready(obj client.Object) bool {
	var conditions []metav1.Condition
	switch o := obj.(type) {
	case *v1alpha1.WorkspaceClass:
		conditions = o.Status.Conditions
	case *v1alpha1.Workspace:
		conditions = o.Status.Conditions
	}
	return meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
}

// host is what a class has on record, without which nothing of it is served.
func host(obj client.Object) string {
	class, ok := obj.(*v1alpha1.WorkspaceClass)
	if !ok {
		return ""
	}
	return class.Status.EndpointHost
}
