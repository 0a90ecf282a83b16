package engine

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// OutOfPatience reports whether a deletion has found the vendor out of reach
// for longer than the class allows. The time counts from the deletion, or from
// when the vendor, so the conditions say, could not be asked any more: waiting
// for other objects is not waiting for the vendor.
func OutOfPatience(obj client.Object, conditions []metav1.Condition, abandonAfter *metav1.Duration, now time.Time) bool {
	if obj.GetDeletionTimestamp().IsZero() || abandonAfter == nil {
		return false
	}
	since, failing := failingSince(conditions)
	if !failing {
		return false
	}
	if since.Before(obj.GetDeletionTimestamp().Time) {
		since = obj.GetDeletionTimestamp().Time
	}
	return now.Sub(since) >= abandonAfter.Duration
}

// failingSince is since when the object's account does not serve it, or a person
// has to act.
func failingSince(conditions []metav1.Condition) (time.Time, bool) {
	var since time.Time
	failing := false
	note := func(condition *metav1.Condition, abnormal metav1.ConditionStatus) {
		if condition == nil || condition.Status != abnormal {
			return
		}
		if at := condition.LastTransitionTime.Time; !failing || at.Before(since) {
			since, failing = at, true
		}
	}
	note(meta.FindStatusCondition(conditions, v1alpha1.ConditionAccountReady), metav1.ConditionFalse)
	note(meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled), metav1.ConditionTrue)
	return since, failing
}
