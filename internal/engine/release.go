package engine

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// release removes the finalizer. If something is left at the vendor, that is
// in the ledger before, and an event is the last that is heard of the object.
func (e *Engine[T, I, S, E]) release(ctx context.Context, obj T, facts Facts[I, S, E]) error {
	step := facts.Step
	if len(step.Orphans) > 0 && e.Abandon != nil && !step.Last {
		if err := e.Abandon(ctx, obj, facts, step.Orphans); err != nil {
			return err
		}
	}
	before := copyOf(obj)
	controllerutil.RemoveFinalizer(obj, e.finalizer())
	err := e.Writer.Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	switch step.Reason {
	case v1alpha1.ReasonRetained:
		e.event(before, corev1.EventTypeNormal, step.Reason, step.Message)
	case v1alpha1.ReasonFrozen, v1alpha1.ReasonOutcomeUnknown, v1alpha1.ReasonAbandoned, v1alpha1.ReasonRestored:
		e.event(before, corev1.EventTypeWarning, step.Reason, step.Message)
	}
	return err // "not found" may be said of the kind: who comes again sees whether the object is there
}
