package engine

import (
	"context"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestAPassHasADeadline: whatever a pass waits for, it does not hold a worker for ever.
func TestAPassHasADeadline(t *testing.T) {
	r := newRig(t, gen.Workspace(name().Name))
	r.decide = func(*v1alpha1.Workspace, bool) plan.Step {
		return plan.Step{Verb: plan.Create, Outlook: plan.Outlook{State: plan.Settled, Reason: v1alpha1.ReasonAvailable, Message: "made"}}
	}
	var left time.Duration
	r.act = func(ctx context.Context, _ *v1alpha1.Workspace) (effect, error) {
		if deadline, ok := ctx.Deadline(); ok {
			left = time.Until(deadline)
		}
		return "made", nil
	}
	if _, err := r.pass(); err != nil {
		t.Fatal(err)
	}
	if left <= 0 || left > passDeadline {
		t.Errorf("the pass has %s left when it acts; it is given %s in all", left, passDeadline)
	}
}
