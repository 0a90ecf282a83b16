package engine

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func TestPaused(t *testing.T) {
	stop := gen.Annotation(v1alpha1.AnnotationPaused, "true")
	for name, row := range map[string]struct {
		obj   *v1alpha1.Workspace
		words string
	}{
		"a new object":     {young(stop), "no work is done"},
		"one that is held": {held(stop), "no work is done"},
		"a deletion":       {leaving(stop), "deletion waits"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, row.obj)
			r.decide = always(create())
			for _, wrote := range [][]string{{"write status"}, nil} { // the second pass finds it written
				if result, err := r.pass(); err != nil || result.RequeueAfter != 0 {
					t.Fatalf("got %v, %v; want nothing but a condition", result, err)
				}
				r.wantLog(wrote...)
			}
			condition := meta.FindStatusCondition(r.get().Status.Conditions, v1alpha1.ConditionPaused)
			if condition == nil || condition.Status != metav1.ConditionTrue || !strings.Contains(condition.Message, row.words) {
				t.Errorf("the condition is %+v; want it to say %q", condition, row.words)
			}
		})
	}
}

func TestWhatIsNoLongerPausedDoesNotSaySo(t *testing.T) {
	r := newRig(t, held(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
	r.decide = always(plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{State: plan.Settled, Reason: v1alpha1.ReasonAvailable, Message: "fine"}})
	if _, err := r.pass(); err != nil {
		t.Fatal(err)
	}
	r.meddle(func(ws *v1alpha1.Workspace) { delete(ws.Annotations, v1alpha1.AnnotationPaused) })
	if _, err := r.pass(); err != nil {
		t.Fatal(err)
	}
	status := r.get().Status
	if meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionPaused) != nil || !meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady) {
		t.Errorf("after the pause the conditions are %+v; want Ready and no Paused", status.Conditions)
	}
}
