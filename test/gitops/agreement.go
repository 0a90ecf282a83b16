package gitops

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Disagreement tells how Argo CD and kstatus differ about an object, typed or not; it is empty if they do not. A paused object is Suspended in Argo CD whatever kstatus
// calls it, which has no word for it.
func (a *ArgoCD) Disagreement(ctx context.Context, object client.Object) (string, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return "", err
	}
	u := &unstructured.Unstructured{Object: content}
	health, err := a.Health(ctx, u)
	if err != nil {
		return "", err
	}
	result, err := status.Compute(u)
	if err != nil {
		return "", err
	}
	if want := healthFor(result.Status, isPaused(u)); health.Status != want {
		return fmt.Sprintf("Argo CD calls it %s (%s), want %s: kstatus calls it %s (%s)", health.Status, health.Message, want, result.Status, result.Message), nil
	}
	return "", nil
}

// healthFor is Argo CD's word for what kstatus says.
func healthFor(result status.Status, isPaused bool) string {
	switch {
	case result == status.TerminatingStatus:
		return Progressing
	case isPaused:
		return Suspended
	case result == status.CurrentStatus:
		return Healthy
	case result == status.FailedStatus:
		return Degraded
	case result == status.InProgressStatus:
		return Progressing
	}
	return Unknown
}

func isPaused(u *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, each := range conditions {
		condition, ok := each.(map[string]any)
		if ok && condition["type"] == v1alpha1.ConditionPaused && condition["status"] == "True" {
			return true
		}
	}
	return false
}
