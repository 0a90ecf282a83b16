package engine

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestOutOfPatience: the time counts from when the deletion could not go on for
// the vendor's sake, and from nothing before the deletion.
func TestOutOfPatience(t *testing.T) {
	now := time.Unix(100_000, 0)
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }
	is := func(kind string, status metav1.ConditionStatus, since time.Duration) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, LastTransitionTime: ago(since)}
	}
	away := func(since time.Duration) metav1.Condition {
		return is(v1alpha1.ConditionAccountReady, metav1.ConditionFalse, since)
	}
	stalled := func(since time.Duration) metav1.Condition {
		return is(v1alpha1.ConditionStalled, metav1.ConditionTrue, since)
	}
	const deleted, patience = 5 * time.Hour, time.Hour
	for name, row := range map[string]struct {
		deleted    time.Duration
		patience   time.Duration
		conditions []metav1.Condition
		want       bool
	}{
		"the vendor has been away long enough":                {deleted, patience, []metav1.Condition{away(2 * time.Hour)}, true},
		"to the second":                                       {deleted, patience, []metav1.Condition{away(time.Hour)}, true},
		"not quite":                                           {deleted, patience, []metav1.Condition{away(time.Hour - time.Second)}, false},
		"a person would have had to act":                      {deleted, patience, []metav1.Condition{stalled(2 * time.Hour)}, true},
		"the earlier of both counts":                          {deleted, patience, []metav1.Condition{away(time.Minute), stalled(2 * time.Hour)}, true},
		"whichever it is":                                     {deleted, patience, []metav1.Condition{away(2 * time.Hour), stalled(time.Minute)}, true},
		"the vendor answers":                                  {deleted, patience, []metav1.Condition{is(v1alpha1.ConditionAccountReady, metav1.ConditionTrue, 4*time.Hour)}, false},
		"nobody has asked it":                                 {deleted, patience, []metav1.Condition{is(v1alpha1.ConditionAccountReady, metav1.ConditionUnknown, 4*time.Hour)}, false},
		"it waits for other objects":                          {deleted, patience, []metav1.Condition{is(v1alpha1.ConditionReconciling, metav1.ConditionTrue, 4*time.Hour)}, false},
		"nothing is known":                                    {deleted, patience, nil, false},
		"the vendor was away before, the deletion is new":     {time.Minute, patience, []metav1.Condition{away(9 * time.Hour)}, false},
		"the vendor was away before, the deletion is not new": {2 * time.Hour, patience, []metav1.Condition{away(9 * time.Hour)}, true},
		"the class is patient for ever":                       {deleted, 0, []metav1.Condition{away(9 * time.Hour)}, false},
	} {
		ws := held(gen.DeletedAt(now.Add(-row.deleted)))
		var abandonAfter *metav1.Duration
		if row.patience > 0 {
			abandonAfter = &metav1.Duration{Duration: row.patience}
		}
		if got := OutOfPatience(ws, row.conditions, abandonAfter, now); got != row.want {
			t.Errorf("%s: got %t, want %t", name, got, row.want)
		}
		if OutOfPatience(held(), row.conditions, abandonAfter, now) {
			t.Errorf("%s, and nobody deletes it: it is given up", name)
		}
	}
}
