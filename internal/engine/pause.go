package engine

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

const (
	messagePaused         = "no work is done on this object while it has the annotation " + v1alpha1.AnnotationPaused
	messagePausedDeletion = messagePaused + "; its deletion waits for the annotation to be removed"
)

// paused reports whether a person has stopped all work on the object.
func paused(obj client.Object) bool {
	return obj.GetAnnotations()[v1alpha1.AnnotationPaused] == "true"
}

// pause says so in a condition, and changes nothing else: how the object stood
// before is what is known of it.
func (e *Engine[T, I, S, E]) pause(ctx context.Context, obj T) error {
	condition := metav1.Condition{
		Type: v1alpha1.ConditionPaused, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonPaused, Message: messagePaused,
	}
	if !obj.GetDeletionTimestamp().IsZero() {
		condition.Message = messagePausedDeletion
	}
	return StoreStatus(ctx, e.Writer, obj, func(obj T) {
		set(e.StatusOf(obj).Conditions, condition, obj.GetGeneration(), e.Now())
	})
}
