package engine

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// asked reports whether somebody asks for a pass: who does wants to know how
// things are now, not how they were when last seen.
func (e *Engine[T, I, S, E]) asked(obj T) bool { return Asked(obj, *e.StatusOf(obj).ReconcileAt) }

// Asked reports whether the annotation that asks for a pass is another than the
// echo in status.
func Asked(obj client.Object, echo string) bool {
	return Clip(obj.GetAnnotations()[v1alpha1.AnnotationReconcileAt]) != echo
}
