package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func renew() plan.Step {
	return plan.Step{Verb: plan.Renew, Undone: "the key is not replaced yet", Outlook: well()}
}

// TestARenewalIsRecordedLikeACreation: what was made is shown once, so its record
// outlives a bad moment of the API server, a shutdown, and the object itself.
func TestARenewalIsRecordedLikeACreation(t *testing.T) {
	t.Run("the API server is away for a moment", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, held())
			r.decide = always(renew())
			r.onStatus = r.inTurn([]func(*rig) error{fails, fails})
			if _, err := r.pass(); err != nil || r.get().Status.UUID != "made" {
				t.Errorf("got %v, and status has %q", err, r.get().Status.UUID)
			}
		})
	})
	t.Run("the operator is told to stop", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(renew())
		ctx, stop := context.WithCancel(t.Context())
		r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { stop(); return "made", nil }
		if _, err := r.passOn(ctx); err != nil || r.get().Status.UUID != "made" {
			t.Errorf("got %v, and status has %q", err, r.get().Status.UUID)
		}
	})
	t.Run("the object went meanwhile", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(renew())
		r.onStatus = func() error { r.vanish(); return nil }
		r.undo = func(*v1alpha1.Workspace, Facts[intent, sight, effect]) error { return nil }
		if _, err := r.pass(); err != nil || !r.did("undo made") {
			t.Errorf("got %v after %v; want what was made to be taken back", err, r.log)
		}
	})
}

// TestARenewalThatFailsTakesNothingAway: the key that was to be replaced works as
// before.
func TestARenewalThatFailsTakesNothingAway(t *testing.T) {
	uncertain := vendorErr(provider.Exhausted)
	uncertain.Uncertain = true
	broken := renew()
	broken.Broken = true
	for name, row := range map[string]struct {
		step   plan.Step
		effect effect
		err    error
		ready  string // as "status reason", of Ready and Synced
	}{
		"the vendor is away":              {renew(), "", vendorErr(provider.Transient), "True Available, False NotApplied"},
		"the vendor has had enough of us": {renew(), "", vendorErr(provider.Throttled), "True Available, False NotApplied"},
		"there is no room for more":       {renew(), "", vendorErr(provider.Exhausted), "True Available, False QuotaExhausted"},
		"the vendor does not permit it":   {renew(), "", vendorErr(provider.Forbidden), "True Available, False PermissionDenied"},
		"the vendor does not like it":     {renew(), "", vendorErr(provider.Invalid), "True Available, False Refused"},
		"something is in its way there":   {renew(), "", vendorErr(provider.Conflict), "True Available, False VendorConflict"},
		"the vendor has no such thing":    {renew(), "", vendorErr(provider.Unsupported), "True Available, False Unsupported"},
		"nobody knows what it did":        {renew(), "", uncertain, "True Available, False QuotaExhausted"},
		"the cluster does not take it":    {renew(), "", &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: "m"}, "True Available, False SecretRefused"},
		"nobody knows what is published":  {renew(), doubtful, vendorErr(provider.Transient), "False VendorUnavailable, False NotApplied"},
		"the key had come to its end":     {broken, "", vendorErr(provider.Exhausted), "False QuotaExhausted, False NotApplied"},
		"it was no renewal":               {plan.Step{Verb: plan.Update, Outlook: well()}, "", vendorErr(provider.Exhausted), "False QuotaExhausted, False QuotaExhausted"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, ready())
			r.decide = always(row.step)
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return row.effect, row.err }
			_, _ = r.pass() // how it is tried again is another test's
			conditions := r.get().Status.Conditions
			says := func(kind string) string {
				condition := meta.FindStatusCondition(conditions, kind)
				return fmt.Sprintf("%s %s", condition.Status, condition.Reason)
			}
			if got := says(v1alpha1.ConditionReady) + ", " + says(v1alpha1.ConditionSynced); got != row.ready {
				t.Errorf("Ready and Synced are %s, want %s", got, row.ready)
			}
		})
	}
}

// TestARefusedRenewalIsTold: in an event, and tried again as the vendor's error
// says.
func TestARefusedRenewalIsTold(t *testing.T) {
	r := newRig(t, ready())
	r.decide = always(renew())
	r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", vendorErr(provider.Exhausted) }
	for range 2 {
		result, err := r.pass()
		if err != nil {
			t.Fatal(err)
		}
		wantAfter(t, result.RequeueAfter, personPause)
	}
	if !slices.Equal(r.events, []string{"Warning QuotaExhausted"}) {
		t.Errorf("events: %v", r.events)
	}
}

// TestWhatIsWellIsLookedAtInTime: by the resync, or earlier if something falls due.
func TestWhatIsWellIsLookedAtInTime(t *testing.T) {
	for name, row := range map[string]struct {
		outlook plan.Outlook
		after   time.Duration
		want    time.Duration
	}{
		"nothing falls due":              {well(), 0, resync},
		"something falls due before":     {well(), time.Minute, time.Minute},
		"something falls due much later": {well(), 100 * time.Hour, resync},
		"what is not well has its time":  {working(), time.Hour, time.Hour},
		"what is not well and has none":  {working(), 0, resync},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, ready(gen.Generation(1)))
			row.outlook.After = row.after
			r.decide = always(plan.Step{Verb: plan.Stay, Outlook: row.outlook})
			result, err := r.pass()
			if err != nil {
				t.Fatal(err)
			}
			wantAfter(t, result.RequeueAfter, row.want)
		})
	}
}

// TestARevocationIsFollowedByALook: there may be more to do, unless the step says
// when.
func TestARevocationIsFollowedByALook(t *testing.T) {
	r := newRig(t, ready())
	r.decide = always(plan.Step{Verb: plan.Remove, Target: "made", Outlook: well()})
	result, err := r.pass()
	if err != nil || result.RequeueAfter <= 0 || result.RequeueAfter > time.Second {
		t.Errorf("got %v, %v; want another look at once", result, err)
	}
}

// TestARevocationThatFailsTakesNothingAway: an object that stays Ready although its
// account does not serve it stays so if a key that is due cannot be revoked.
func TestARevocationThatFailsTakesNothingAway(t *testing.T) {
	for reason, want := range map[string]bool{v1alpha1.ReasonClassNotAllowed: true, v1alpha1.ReasonNotAllowed: false} {
		for name, err := range map[string]error{"it works": nil, "the vendor is away": vendorErr(provider.Transient)} {
			r := newRig(t, ready())
			r.decide = always(plan.Step{Verb: plan.Remove, Target: "old", Outlook: plan.Outlook{State: plan.Blocked, Reason: reason, Message: "m"}})
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", err }
			_, _ = r.pass() // how it is tried again is another test's
			if got := meta.IsStatusConditionTrue(r.get().Status.Conditions, v1alpha1.ConditionReady); got != want {
				t.Errorf("%s, and %s: Ready=%t, want %t", reason, name, got, want)
			}
		}
	}
}
