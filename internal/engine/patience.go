package engine

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// OutOfPatience reports whether a deletion has found the vendor out of reach
// for longer than the class allows. The time counts from when the vendor was
// first found so in this deletion, so the conditions say: waiting for other
// objects is not waiting for the vendor, nor is it while nobody asks, because the
// object is paused or no operator is there.
func OutOfPatience(obj client.Object, conditions []metav1.Condition, abandonAfter *metav1.Duration, now time.Time) bool {
	if obj.GetDeletionTimestamp().IsZero() || abandonAfter == nil {
		return false
	}
	since, failing := failingSince(conditions, obj.GetGeneration())
	return failing && now.Sub(since) >= abandonAfter.Duration
}

// failingSince is since when the object's account does not serve it, or a person
// has to act. A deletion is a generation of its own, so that what was found before
// it is told from what was found in it.
func failingSince(conditions []metav1.Condition, generation int64) (time.Time, bool) {
	var since time.Time
	failing := false
	note := func(condition *metav1.Condition, abnormal metav1.ConditionStatus) {
		if condition == nil || condition.Status != abnormal || condition.ObservedGeneration != generation {
			return
		}
		if at := condition.LastTransitionTime.Time; !failing || at.Before(since) {
			since, failing = at, true
		}
	}
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionPaused) {
		return since, false // nobody has asked for as long as that
	}
	note(meta.FindStatusCondition(conditions, v1alpha1.ConditionAccountReady), metav1.ConditionFalse)
	note(meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled), metav1.ConditionTrue)
	return since, failing
}

// firstSince reports whether a pass is the first of a deletion, or since an edit
// or a pause.
func firstSince(obj client.Object, status Status) bool {
	return !obj.GetDeletionTimestamp().IsZero() &&
		(*status.ObservedGeneration != obj.GetGeneration() || meta.IsStatusConditionTrue(*status.Conditions, v1alpha1.ConditionPaused))
}

// countAnew has what such a pass finds wrong stand since now, even if the same was
// wrong before: the time in between does not count for OutOfPatience.
func countAnew(conditions []metav1.Condition, now time.Time) {
	for _, kind := range []string{v1alpha1.ConditionAccountReady, v1alpha1.ConditionStalled} {
		if condition := meta.FindStatusCondition(conditions, kind); condition != nil {
			condition.LastTransitionTime = metav1.NewTime(now)
		}
	}
}
