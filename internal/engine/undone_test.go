package engine

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// TestWhatFailsToMakeItAlikeIsToldInSynced: the object can be used as before, and
// is not what the spec says. That an edit was not made is another matter.
func TestWhatFailsToMakeItAlikeIsToldInSynced(t *testing.T) {
	const words = "spec.displayName: changed at the vendor, and not changed back yet"
	isReady, isNot := metav1.ConditionTrue, metav1.ConditionFalse
	blocked := plan.Outlook{State: plan.Blocked, Reason: v1alpha1.ReasonFrozen, Message: "it is frozen"}
	for title, row := range map[string]struct {
		class    provider.Class
		standing plan.Outlook
		undone   string
		edited   bool
		ready    metav1.ConditionStatus
		reason   string
		message  string
	}{
		"the vendor cannot be asked":          {provider.Throttled, well(), words, false, isReady, v1alpha1.ReasonNotApplied, words},
		"the vendor finds it wrong":           {provider.Invalid, well(), words, false, isReady, v1alpha1.ReasonRefused, words + "; update workspace: no"},
		"the credential may not":              {provider.Forbidden, well(), words, false, isReady, v1alpha1.ReasonPermissionDenied, words + "; update workspace: no"},
		"another change is under way":         {provider.Conflict, well(), words, false, isReady, v1alpha1.ReasonVendorConflict, words + "; update workspace: no"},
		"it was an edit":                      {provider.Invalid, well(), words, true, isNot, v1alpha1.ReasonNotApplied, words},
		"it would have been of no use anyway": {provider.Invalid, blocked, words, false, isNot, v1alpha1.ReasonNotApplied, words},
		"there is nothing to be changed":      {provider.NotFound, well(), words, false, isNot, v1alpha1.ReasonNotApplied, words},
		"the step was for something else":     {provider.Invalid, well(), "", false, isNot, v1alpha1.ReasonRefused, "update workspace: no"},
	} {
		t.Run(title, func(t *testing.T) {
			r := newRig(t, ready())
			if row.edited {
				r.meddle(func(ws *v1alpha1.Workspace) { ws.Generation++ })
			}
			r.decide = always(plan.Step{Verb: plan.Update, Target: "made", Undone: row.undone, Outlook: row.standing})
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
				return "", &provider.Error{Class: row.class, Op: "update workspace", Message: "no"}
			}
			_, _ = r.pass() // a conflict is tried again by the work queue
			seen := r.get().Status.Conditions
			if got := meta.FindStatusCondition(seen, v1alpha1.ConditionReady); got.Status != row.ready {
				t.Errorf("Ready is %s (%s: %s), want %s", got.Status, got.Reason, got.Message, row.ready)
			}
			if got := meta.FindStatusCondition(seen, v1alpha1.ConditionSynced); got.Status != isNot || got.Reason != row.reason || got.Message != row.message {
				t.Errorf("Synced is %s (%s: %s), want False (%s: %s)", got.Status, got.Reason, got.Message, row.reason, row.message)
			}
			r.decide = always(plan.Step{Verb: plan.Update, Target: "made", Undone: row.undone, Outlook: well()})
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", nil }
			if _, err := r.pass(); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionSynced} {
				if !meta.IsStatusConditionTrue(r.get().Status.Conditions, kind) {
					t.Errorf("once the update is made %s is not True", kind)
				}
			}
		})
	}
}
