package engine

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestOutOfPatience: the time counts from when the deletion could not go on for
// the vendor's sake, and from nothing that was found before it.
func TestOutOfPatience(t *testing.T) {
	now := time.Unix(100_000, 0)
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }
	is := func(kind string, status metav1.ConditionStatus, since time.Duration) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, LastTransitionTime: ago(since), ObservedGeneration: 1}
	}
	away := func(since time.Duration) metav1.Condition {
		return is(v1alpha1.ConditionAccountReady, metav1.ConditionFalse, since)
	}
	stalled := func(since time.Duration) metav1.Condition {
		return is(v1alpha1.ConditionStalled, metav1.ConditionTrue, since)
	}
	before := func(condition metav1.Condition) metav1.Condition {
		condition.ObservedGeneration = 0
		return condition
	}
	const deleted, patience = 5 * time.Hour, time.Hour
	for name, row := range map[string]struct {
		deleted    time.Duration
		patience   time.Duration
		conditions []metav1.Condition
		want       bool
	}{
		"the vendor has been away long enough":                     {deleted, patience, []metav1.Condition{away(2 * time.Hour)}, true},
		"to the second":                                            {deleted, patience, []metav1.Condition{away(time.Hour)}, true},
		"not quite":                                                {deleted, patience, []metav1.Condition{away(time.Hour - time.Second)}, false},
		"a person would have had to act":                           {deleted, patience, []metav1.Condition{stalled(2 * time.Hour)}, true},
		"the earlier of both counts":                               {deleted, patience, []metav1.Condition{away(time.Minute), stalled(2 * time.Hour)}, true},
		"whichever it is":                                          {deleted, patience, []metav1.Condition{away(2 * time.Hour), stalled(time.Minute)}, true},
		"the vendor answers":                                       {deleted, patience, []metav1.Condition{is(v1alpha1.ConditionAccountReady, metav1.ConditionTrue, 4*time.Hour)}, false},
		"nobody has asked it":                                      {deleted, patience, []metav1.Condition{is(v1alpha1.ConditionAccountReady, metav1.ConditionUnknown, 4*time.Hour)}, false},
		"it waits for other objects":                               {deleted, patience, []metav1.Condition{is(v1alpha1.ConditionReconciling, metav1.ConditionTrue, 4*time.Hour)}, false},
		"nothing is known":                                         {deleted, patience, nil, false},
		"the vendor was away before the deletion":                  {deleted, patience, []metav1.Condition{before(away(9 * time.Hour))}, false},
		"a person would have had to act before it":                 {deleted, patience, []metav1.Condition{before(stalled(9 * time.Hour))}, false},
		"before it a person had to act, in it the vendor was away": {deleted, patience, []metav1.Condition{before(stalled(9 * time.Hour)), away(time.Minute)}, false},
		"nobody has asked, it was paused":                          {deleted, patience, []metav1.Condition{away(9 * time.Hour), is(v1alpha1.ConditionPaused, metav1.ConditionTrue, 8*time.Hour)}, false},
		"the class is patient for ever":                            {deleted, 0, []metav1.Condition{away(9 * time.Hour)}, false},
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

// TestOnlyTheTimeItIsAskedInCounts: an object that needed a person is deleted, and
// nobody asks the vendor for days; then it is asked for as long as the class says.
func TestOnlyTheTimeItIsAskedInCounts(t *testing.T) {
	const patience = time.Hour
	days := func(r *rig) { r.now = r.now.Add(48 * time.Hour) }
	pass := func(r *rig) {
		if _, err := r.pass(); err != nil {
			r.Fatal(err)
		}
	}
	pause := func(r *rig) {
		r.meddle(func(ws *v1alpha1.Workspace) { ws.Annotations = map[string]string{v1alpha1.AnnotationPaused: "true"} })
		pass(r)
	}
	for title, before := range map[string][]func(*rig){
		"it was paused before it was deleted": {pause, days},
		"it was paused in its deletion":       {pass, pause, days},
		"no operator was there":               {days},
	} {
		t.Run(title, func(t *testing.T) {
			ws := leaving(gen.Generation(2))
			ws.Status.ObservedGeneration = 1
			for _, condition := range conditions(plan.Outlook{State: plan.Blocked, Reason: v1alpha1.ReasonUnsupported, Message: "no such setting"}, false) {
				set(&ws.Status.Conditions, condition, 1, ws.DeletionTimestamp.Add(-48*time.Hour))
			}
			r, gaveUp := newRig(t, ws), false
			r.decide = func(ws *v1alpha1.Workspace, _ bool) plan.Step {
				gaveUp = OutOfPatience(ws, ws.Status.Conditions, &metav1.Duration{Duration: patience}, r.now)
				return plan.Step{Verb: plan.Remove, Target: "made", Outlook: working()}
			}
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
				return "", &provider.Error{Class: provider.Unauthorized, Op: "delete workspace"}
			}
			for _, step := range before {
				step(r)
			}
			r.meddle(func(ws *v1alpha1.Workspace) { ws.Annotations = nil })
			for asked := time.Duration(0); asked <= patience; asked += patience / 4 {
				pass(r)
				if gaveUp != (asked >= patience) {
					t.Errorf("asked for %s: given up %t", asked, gaveUp)
				}
				r.now = r.now.Add(patience / 4)
			}
		})
	}
}
