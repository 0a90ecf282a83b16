package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// TestAccepted: a call the vendor has said yes to is neither open, so that it
// is not sent again, nor refused, so that the lists are waited for.
func TestAccepted(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	whole, earlier := metav1.NewTime(now.Truncate(time.Second)), metav1.NewTime(now.Add(-time.Minute).Truncate(time.Second))
	for name, row := range map[string]struct {
		recorded *v1alpha1.Attempt
		started  metav1.Time
	}{
		"a call that was not announced":  {nil, whole},
		"a call that was announced":      {&v1alpha1.Attempt{StartedAt: earlier, Name: "before"}, earlier},
		"a call whose answer was lost":   {&v1alpha1.Attempt{StartedAt: earlier, EndedAt: &earlier, Outcome: v1alpha1.AttemptLost}, earlier},
		"a call that was refused before": {&v1alpha1.Attempt{StartedAt: earlier, EndedAt: &earlier, Outcome: v1alpha1.AttemptRefused}, earlier},
	} {
		t.Run(name, func(t *testing.T) {
			before := row.recorded.DeepCopy()
			got := Accepted(row.recorded, now, "name")
			want := &v1alpha1.Attempt{StartedAt: row.started, EndedAt: &whole, Name: "name", Outcome: v1alpha1.AttemptAccepted}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("on record is (-want +got)\n%s", diff)
			}
			if got.Open() || !got.Ordered() {
				t.Errorf("it is open: %t, ordered: %t", got.Open(), got.Ordered())
			}
			if diff := cmp.Diff(before, row.recorded); diff != "" {
				t.Errorf("what was on record is changed in place, so no write would tell of it:\n%s", diff)
			}
			if again := Accepted(got, now.Add(time.Hour), "another"); again != got {
				t.Errorf("a vendor that is still at it is written of again: %+v", again)
			}
			if left := Unsettled(young(), got, now.Add(4*time.Second)); left != ListsSettle-4*time.Second-time.Duration(now.Nanosecond()) {
				t.Errorf("four seconds later the lists are waited for %s", left)
			}
		})
	}
}

// TestWhatFollowsOnAccepted: what the vendor took back is open or refused again.
func TestWhatFollowsOnAccepted(t *testing.T) {
	now := time.Unix(1000, 0)
	accepted := Accepted(nil, now, "name")
	later := now.Add(time.Minute)
	if lost := Lost(accepted, later, "name"); !lost.Open() || lost.Ordered() || !lost.StartedAt.Equal(&accepted.StartedAt) {
		t.Errorf("lost: %+v", lost)
	}
	if refused := Refused(accepted, later, "name"); refused.Open() || refused.Ordered() || Unsettled(young(), refused, later) > 0 {
		t.Errorf("refused: %+v", refused)
	}
}

func TestEdited(t *testing.T) {
	for name, row := range map[string]struct {
		status metav1.ConditionStatus
		reason string
		of     int64
		want   bool
	}{
		"in sync as it is":                        {metav1.ConditionTrue, v1alpha1.ReasonInSync, 3, false},
		"in sync as it was":                       {metav1.ConditionTrue, v1alpha1.ReasonInSync, 2, true},
		"nobody can tell of an edit":              {metav1.ConditionUnknown, v1alpha1.ReasonNotApplied, 2, true},
		"the vendor cannot change it":             {metav1.ConditionFalse, v1alpha1.ReasonNotApplied, 2, true},
		"something else is wrong since an edit":   {metav1.ConditionFalse, v1alpha1.ReasonPermissionDenied, 2, true},
		"something else is wrong without an edit": {metav1.ConditionFalse, v1alpha1.ReasonPermissionDenied, 3, false},
		"it was never made, whatever was edited":  {metav1.ConditionFalse, v1alpha1.ReasonRefused, 0, false},
	} {
		all := []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1},
			{Type: v1alpha1.ConditionSynced, Status: row.status, Reason: row.reason, ObservedGeneration: row.of},
		}
		if got := Edited(all, 3); got != row.want {
			t.Errorf("%s: %t, want %t", name, got, row.want)
		}
	}
	if Edited(nil, 3) {
		t.Error("an object that has no conditions is called edited")
	}
}

// TestUnapplied: what did not reach the vendor stands in Synced, in its own
// words, and Ready says what it says anyway.
func TestUnapplied(t *testing.T) {
	for _, row := range []struct {
		state         plan.State
		ready, synced metav1.ConditionStatus
	}{
		{plan.Settled, metav1.ConditionTrue, metav1.ConditionUnknown},
		{plan.Working, metav1.ConditionFalse, metav1.ConditionFalse},
		{plan.Blocked, metav1.ConditionFalse, metav1.ConditionFalse},
	} {
		outlook := plan.Outlook{State: row.state, Reason: "Why", Message: "words", Unapplied: "the vendor has another"}
		for _, condition := range conditions(outlook, false) {
			switch condition.Type {
			case v1alpha1.ConditionReady:
				if condition.Status != row.ready || condition.Reason != "Why" || condition.Message != "words" {
					t.Errorf("%s: Ready is %+v", row.state, condition)
				}
			case v1alpha1.ConditionSynced:
				if condition.Status != row.synced || condition.Reason != v1alpha1.ReasonNotApplied || condition.Message != outlook.Unapplied {
					t.Errorf("%s: Synced is %+v", row.state, condition)
				}
			}
		}
	}
}
