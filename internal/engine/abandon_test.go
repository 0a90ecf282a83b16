package engine

import (
	"context"
	"errors"
	"slices"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var errFull = errors.New("the ledger is full")

// TestWhatIsGivenUpIsInTheLedgerFirst: an object goes only once the ledger has
// what it leaves; a removal that works leaves nothing.
func TestWhatIsGivenUpIsInTheLedgerFirst(t *testing.T) {
	left := []plan.Orphan{{ID: "ws-1", Reason: v1alpha1.ReasonAbandoned}}
	outlook := plan.Outlook{State: plan.Working, Reason: v1alpha1.ReasonAbandoned, Message: "given up"}
	refused := &provider.Error{Class: provider.Forbidden, Op: "delete workspace"}
	for title, row := range map[string]struct {
		step        plan.Step
		act, ledger error
		gone        bool
		entered     int
		event       string
	}{
		"nobody could be asked":        {plan.Step{Verb: plan.Finish, Orphans: left, Outlook: outlook}, nil, nil, true, 1, "Warning Abandoned"},
		"the ledger takes nothing":     {plan.Step{Verb: plan.Finish, Orphans: left, Outlook: outlook}, nil, errFull, false, 1, ""},
		"tried once more, and it goes": {plan.Step{Verb: plan.Remove, Last: true, Orphans: left, Outlook: working()}, nil, nil, true, 0, ""},
		"tried once more, in vain":     {plan.Step{Verb: plan.Remove, Last: true, Orphans: left, Outlook: working()}, refused, nil, true, 1, "Warning Abandoned"},
		"one of several, in vain":      {plan.Step{Verb: plan.Remove, Orphans: left, Outlook: working()}, refused, nil, true, 1, "Warning Abandoned"},
		"in vain, but not for long":    {plan.Step{Verb: plan.Remove, Last: true, Outlook: working()}, refused, nil, false, 0, ""},
		"an object from a backup":      {plan.Step{Verb: plan.Finish, Outlook: plan.Outlook{State: plan.Working, Reason: v1alpha1.ReasonRestored, Message: "unknown"}}, nil, nil, true, 0, "Warning Restored"},
	} {
		t.Run(title, func(t *testing.T) {
			r := newRig(t, leaving())
			r.decide = always(row.step)
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", row.act }
			engine, entered := r.engine(), 0
			engine.Abandon = func(ctx context.Context, _ *v1alpha1.Workspace, _ Facts[intent, sight, effect], orphans []plan.Orphan) error {
				entered += len(orphans)
				if err := r.under.Get(ctx, name(), &v1alpha1.Workspace{}); err != nil {
					t.Errorf("the object went before the ledger knew: %v", err)
				}
				return row.ledger
			}
			_, err := engine.Reconcile(t.Context(), ctrl.Request{NamespacedName: name()})
			if gone := r.get() == nil; gone != row.gone || entered != row.entered {
				t.Errorf("gone %t with %d entries (%v); want %t with %d", gone, entered, err, row.gone, row.entered)
			}
			if !errors.Is(err, row.ledger) {
				t.Errorf("got %v, want %v", err, row.ledger)
			}
			if row.event != "" && !slices.Contains(r.events, row.event) {
				t.Errorf("events are %v, want %q among them", r.events, row.event)
			}
		})
	}
}
