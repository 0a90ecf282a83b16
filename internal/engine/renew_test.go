package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func renew() plan.Step { return plan.Step{Verb: plan.Renew, Outlook: well()} }

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
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"the vendor is away":              {vendorErr(provider.Transient), true},
		"the vendor has had enough of us": {vendorErr(provider.Throttled), true},
		"the vendor says no":              {vendorErr(provider.Exhausted), false},
	} {
		r := newRig(t, ready())
		r.decide = always(renew())
		r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", row.err }
		_, _ = r.pass() // how it is tried again is another test's
		if got := meta.IsStatusConditionTrue(r.get().Status.Conditions, v1alpha1.ConditionReady); got != row.want {
			t.Errorf("%s: Ready=%t, want %t", name, got, row.want)
		}
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
