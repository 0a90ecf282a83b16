package engine

import (
	"context"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// What a step leaves behind: the finalizer before it, the answer after it, and
// an event when the object goes.

func TestTheFinalizerIsThereBeforeAnyStep(t *testing.T) {
	for _, verb := range []plan.Verb{plan.Create, plan.Adopt, plan.Update, plan.Remove, plan.Hold} {
		t.Run(string(verb), func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(plan.Step{Verb: verb, Target: "made", Outlook: well()})
			acted := false
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
				acted = true
				if !controllerutil.ContainsFinalizer(r.get(), v1alpha1.Finalizer) { //nolint:contextcheck // it has the test's
					t.Error("the step is taken before the finalizer is stored")
				}
				return "", nil
			}
			if _, err := r.pass(); err != nil {
				t.Fatal(err)
			}
			if !acted {
				t.Errorf("the step was not taken: %v", r.log)
			}
		})
	}
	for _, verb := range []plan.Verb{plan.Stay, plan.Finish} {
		t.Run(string(verb)+" stores none", func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(plan.Step{Verb: verb, Outlook: well()})
			if _, err := r.pass(); err != nil {
				t.Fatal(err)
			}
			if ws := r.get(); len(ws.Finalizers) > 0 {
				t.Errorf("finalizers: %v", ws.Finalizers)
			}
		})
	}
}

func TestTheAnswerTellsMoreThanTheStep(t *testing.T) {
	for _, verb := range []plan.Verb{plan.Create, plan.Adopt, plan.Update} {
		t.Run(string(verb), func(t *testing.T) {
			r := newRig(t, held())
			r.decide = always(plan.Step{Verb: verb, Target: "made", Outlook: well()})
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return ordered, nil }
			result, err := r.pass()
			if err != nil {
				t.Fatal(err)
			}
			wantAfter(t, result.RequeueAfter, plan.Provisioning(0).After)
			wantReady(t, r.get(), v1alpha1.ReasonProvisioning)
			if r.reported.Outlook.Reason != v1alpha1.ReasonProvisioning {
				t.Errorf("the report is told that things stand as %q", r.reported.Outlook.Reason)
			}
		})
	}
	t.Run("an answer that tells nothing leaves the step's word", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(create())
		result, err := r.pass()
		if err != nil {
			t.Fatal(err)
		}
		wantAfter(t, result.RequeueAfter, resync)
		if !meta.IsStatusConditionTrue(r.get().Status.Conditions, v1alpha1.ConditionReady) {
			t.Errorf("conditions: %+v", r.get().Status.Conditions)
		}
	})
	t.Run("an error goes before what came with it", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(create())
		r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
			return ordered, vendorErr(provider.Forbidden)
		}
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		wantReady(t, r.get(), v1alpha1.ReasonPermissionDenied)
	})
}

// wantReady fails unless the object is not Ready for the reason.
func wantReady(t *testing.T, ws *v1alpha1.Workspace, reason string) {
	t.Helper()
	ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != "False" || ready.Reason != reason {
		t.Errorf("Ready is %+v, want it False for reason %s", ready, reason)
	}
}

func TestTheLastThatIsHeardOfAnObject(t *testing.T) {
	outlook := func(reason string) plan.Outlook {
		return plan.Outlook{State: plan.Working, Reason: reason, Message: "it stays there"}
	}
	for name, row := range map[string]struct {
		verb   plan.Verb
		reason string
		want   []string
	}{
		"it stays, as asked":                {plan.Finish, v1alpha1.ReasonRetained, []string{"Normal Retained"}},
		"its own key went, the rest stays":  {plan.Remove, v1alpha1.ReasonRetained, []string{"Normal Retained"}},
		"it is frozen, which is not gone":   {plan.Finish, v1alpha1.ReasonFrozen, []string{"Warning Frozen"}},
		"nobody knows whether it was made":  {plan.Finish, v1alpha1.ReasonOutcomeUnknown, []string{"Warning OutcomeUnknown"}},
		"nothing is left":                   {plan.Finish, v1alpha1.ReasonDeleting, nil},
		"nothing is left after the removal": {plan.Remove, v1alpha1.ReasonDeleting, nil},
	} {
		step := plan.Step{Verb: row.verb, Target: "made", Last: row.verb == plan.Remove, Outlook: outlook(row.reason)}
		t.Run(name, func(t *testing.T) {
			r := newRig(t, leaving(gen.Finalizers(v1alpha1.Finalizer, "somebody.else/finalizer")))
			r.decide = always(step)
			for range 2 { // the second finds it waiting for somebody else
				if _, err := r.pass(); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(r.events, row.want) {
				t.Errorf("events: %v, want %v", r.events, row.want)
			}
		})
		t.Run(name+", but it does not go", func(t *testing.T) {
			for what, refuse := range map[string]func(*rig) error{
				"the API server is away": fails,
				"somebody wrote meanwhile": func(r *rig) error {
					r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description = "changed" })
					return nil
				},
			} {
				r := newRig(t, leaving())
				r.decide = always(step)
				r.onPatch = func() error { return refuse(r) }
				_, _ = r.pass() // how it is tried again is another test's
				if r.get() == nil || len(r.events) > 0 {
					t.Errorf("%s: an object that is still there (%t) is said to have gone: %v", what, r.get() != nil, r.events)
				}
			}
		})
	}
	t.Run("an object that went by itself is spoken of too", func(t *testing.T) {
		r := newRig(t, leaving())
		r.decide = always(plan.Step{Verb: plan.Finish, Outlook: outlook(v1alpha1.ReasonRetained)})
		r.onPatch = func() error {
			r.onPatch = nil
			r.meddle(func(ws *v1alpha1.Workspace) { ws.Finalizers = nil })
			return nil
		}
		if result, err := r.pass(); err != nil || result.RequeueAfter == 0 {
			t.Errorf("got %v, %v; want another look, because it may be the kind that is not found", result, err)
		}
		if result, err := r.pass(); err != nil || result.RequeueAfter != 0 {
			t.Errorf("once it is seen to be gone: got %v, %v; want rest", result, err)
		}
		if !slices.Equal(r.events, []string{"Normal Retained"}) {
			t.Errorf("events: %v", r.events)
		}
	})
}

func TestARemovalThatFailedTellsNoLastWord(t *testing.T) {
	r := newRig(t, leaving())
	r.decide = always(plan.Step{Verb: plan.Remove, Last: true, Outlook: plan.Outlook{State: plan.Working, Reason: v1alpha1.ReasonRetained, Message: "m"}})
	r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", vendorErr(provider.Forbidden) }
	if _, err := r.pass(); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(r.events, "Normal Retained") || r.get() == nil {
		t.Errorf("events: %v", r.events)
	}
}

// TestAnEditSurvivesABadNight: that the spec was edited is still known once
// what stood in the way is gone, or the edit would be called in sync unseen.
func TestAnEditSurvivesABadNight(t *testing.T) {
	for name, err := range map[string]error{
		"the vendor says no":              vendorErr(provider.Forbidden),
		"the credential is not accepted":  vendorErr(provider.Unauthorized),
		"the class does not allow it":     &account.Problem{Reason: v1alpha1.ReasonClassNotAllowed, Message: "m"},
		"a field that cannot be honoured": &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonUnsupported, Message: "m"},
	} {
		r := newRig(t, ready())
		r.meddle(func(ws *v1alpha1.Workspace) { ws.Generation = 2 })
		r.decide = always(plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{Err: err}})
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		if !Edited(r.get().Status.Conditions, 2) {
			t.Errorf("%s, and the edit is forgotten: %+v", name, meta.FindStatusCondition(r.get().Status.Conditions, v1alpha1.ConditionSynced))
		}
	}
}
