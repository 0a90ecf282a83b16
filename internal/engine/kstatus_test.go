package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

func anyOutlook(t *rapid.T) plan.Outlook {
	message := rapid.SampledFrom([]string{"m", "other", strings.Repeat("ü", 3000), "cut \xff\xe2\x82"}).Draw(t, "message")
	class := rapid.SampledFrom(classes()).Draw(t, "class")
	outlook := plan.Outlook{
		State:  rapid.SampledFrom([]plan.State{plan.Settled, plan.Working, plan.Blocked}).Draw(t, "state"),
		Reason: rapid.SampledFrom([]string{v1alpha1.ReasonAvailable, v1alpha1.ReasonDeleting, v1alpha1.ReasonSecretConflict}).Draw(t, "reason"), Message: message,
		Err: rapid.SampledFrom([]error{
			nil, nil, nil, &provider.Error{Class: class, Op: "op", Message: message},
			&account.Problem{Reason: v1alpha1.ReasonCredentialsNotFound, Message: message},
			&plan.Impasse{State: plan.Working, Reason: v1alpha1.ReasonWorkspaceNotReady, Message: message},
			errors.New("foreign"),
		}).Draw(t, "err"),
		Broken: rapid.Bool().Draw(t, "broken"),
	}
	outlook, _ = verdict(outlook)
	return outlook
}

// TestConditionsFollowKstatus applies any outlook after any other, over any
// change of the spec.
func TestConditionsFollowKstatus(t *testing.T) {
	engine := newRig(t, nil).engine()
	rapid.Check(t, func(t *rapid.T) {
		ws := young()
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 8).Draw(t, "passes") {
			if rapid.Bool().Draw(t, "spec changed") {
				ws.Generation++
			}
			now = now.Add(time.Hour)
			verb := rapid.SampledFrom([]plan.Verb{plan.Stay, plan.Create, plan.Remove}).Draw(t, "verb")
			facts := Facts[intent, sight, effect]{Step: plan.Step{Verb: verb}, Outlook: anyOutlook(t), Generation: ws.Generation, Now: now}
			engine.apply(ws, facts)
			for _, complaint := range kstatus.Violations(ws, now) {
				t.Fatalf("%s\noutlook: %+v\nconditions: %+v", complaint, facts.Outlook, ws.Status.Conditions)
			}
			if ws.Status.ObservedGeneration != ws.Generation {
				t.Fatalf("the pass was about generation %d and the status says %d", ws.Generation, ws.Status.ObservedGeneration)
			}
			once := ws.DeepCopy()
			facts.Now = now.Add(time.Minute)
			engine.apply(ws, facts)
			if diff := cmp.Diff(once, ws); diff != "" {
				t.Fatalf("the same pass once more changes the status, so it would be written for ever:\n%s", diff)
			}
		}
	})
}
