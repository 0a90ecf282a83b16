package engine

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func givenUp(verb plan.Verb, last bool) plan.Step {
	reason := v1alpha1.ReasonAbandoned
	if verb == plan.Remove {
		reason = v1alpha1.ReasonDeleting
	}
	return plan.Step{
		Verb: verb, Target: "made", Last: last, Orphans: []plan.Orphan{{ID: "made", Name: "ws", Reason: v1alpha1.ReasonAbandoned}},
		Outlook: plan.Outlook{State: plan.Working, Reason: reason, Message: "it may live on"},
	}
}

// TestWhatIsLeftIsInTheLedgerBeforeTheObjectGoes: an object that has gone can
// tell nobody.
func TestWhatIsLeftIsInTheLedgerBeforeTheObjectGoes(t *testing.T) {
	refuses := func(*rig) error { return vendorErr(provider.Transient) }
	works := func(*rig) error { return nil }
	plain := givenUp(plan.Finish, false)
	plain.Orphans, plain.Reason = nil, v1alpha1.ReasonDeleting
	for name, row := range map[string]struct {
		step   plan.Step
		act    func(*rig) error
		log    []string
		events []string
		gone   bool
	}{
		"nobody could be asked":            {givenUp(plan.Finish, false), works, []string{"enter 1 in the ledger", "write metadata"}, []string{"Warning Abandoned"}, true},
		"the removal fails":                {givenUp(plan.Remove, false), refuses, []string{"act Remove", "enter 1 in the ledger", "write metadata"}, []string{"Warning Abandoned"}, true},
		"the last removal works after all": {givenUp(plan.Remove, true), works, []string{"act Remove", "write metadata"}, nil, true},
		"the last removal fails":           {givenUp(plan.Remove, true), refuses, []string{"act Remove", "enter 1 in the ledger", "write metadata"}, []string{"Warning Abandoned"}, true},
		"one of several removals works":    {givenUp(plan.Remove, false), works, []string{"act Remove", "write status"}, nil, false},
		"nothing is left":                  {plain, works, []string{"write metadata"}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, leaving())
			var entered []plan.Orphan
			r.abandon = func(orphans []plan.Orphan) error { entered = orphans; return nil }
			r.decide = always(row.step)
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", row.act(r) }
			if _, err := r.pass(); err != nil {
				t.Fatal(err)
			}
			r.wantLog(append([]string{"live read", "reserve fresh=true", "observe fresh=true"}, row.log...)...)
			if slices.Contains(row.log, "enter 1 in the ledger") {
				if diff := cmp.Diff(row.step.Orphans, entered); diff != "" {
					t.Errorf("the ledger has (-want +got)\n%s", diff)
				}
			}
			if (r.get() == nil) != row.gone || row.gone && !slices.Equal(r.events, row.events) {
				t.Errorf("gone=%t after the events %v, want %t after %v", r.get() == nil, r.events, row.gone, row.events)
			}
		})
	}
}

// TestALedgerThatFailsKeepsTheObject: nothing is ever left that nobody tells of.
func TestALedgerThatFailsKeepsTheObject(t *testing.T) {
	for name, step := range map[string]plan.Step{"nobody could be asked": givenUp(plan.Finish, false), "the removal failed": givenUp(plan.Remove, true)} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, leaving())
			r.decide = always(step)
			if step.Verb == plan.Remove {
				r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", vendorErr(provider.Transient) }
			}
			r.abandon = func([]plan.Orphan) error { return serverDown() }
			if _, err := r.pass(); err == nil {
				t.Error("nobody tries again")
			}
			if r.get() == nil || r.did("write metadata") || len(r.events) > 0 {
				t.Errorf("the object is let go: there=%t, %v, events %v", r.get() != nil, r.log, r.events)
			}
			r.abandon = func([]plan.Orphan) error { return nil }
			if _, err := r.pass(); err != nil || r.get() != nil {
				t.Errorf("once the ledger takes it: %v, there=%t", err, r.get() != nil)
			}
		})
	}
}
