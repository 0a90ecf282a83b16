package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// kstatus holds conditions against the rules by which kubectl wait, Argo CD
// and Flux read them, and gives what breaks one.
func kstatus(generation, observed int64, all []metav1.Condition) []string {
	var broken []string
	complain := func(is bool, format string, args ...any) {
		if is {
			broken = append(broken, fmt.Sprintf(format, args...))
		}
	}
	seen := map[string]bool{}
	for _, c := range all {
		complain(seen[c.Type], "the condition %s stands twice", c.Type)
		seen[c.Type] = true
		complain(c.ObservedGeneration > generation, "%s speaks of generation %d, which is yet to come", c.Type, c.ObservedGeneration)
		complain(c.Reason == "" || c.Status == "", "%s has no reason or no status", c.Type)
		complain(c.LastTransitionTime.IsZero(), "%s has no time", c.Type)
		complain(utf8.RuneCountInString(c.Message) > 1024, "%s has a message of %d characters", c.Type, utf8.RuneCountInString(c.Message))
		complain(!utf8.ValidString(c.Message), "%s has a message the API server would not store as it is", c.Type)
	}
	stalled, reconciling := meta.FindStatusCondition(all, v1alpha1.ConditionStalled), meta.FindStatusCondition(all, v1alpha1.ConditionReconciling)
	complain(stalled != nil && stalled.Status != metav1.ConditionTrue, "Stalled is %s: it is True or absent", status(stalled))
	complain(reconciling != nil && reconciling.Status != metav1.ConditionTrue, "Reconciling is %s: it is True or absent", status(reconciling))
	complain(stalled != nil && reconciling != nil, "Stalled and Reconciling exclude each other")
	ready := meta.FindStatusCondition(all, v1alpha1.ConditionReady)
	if ready != nil && ready.Status == metav1.ConditionTrue {
		complain(stalled != nil || reconciling != nil, "Ready goes with neither Stalled nor Reconciling")
		complain(ready.ObservedGeneration != observed, "Ready speaks of generation %d and the status of %d", ready.ObservedGeneration, observed)
	}
	complain(ready != nil && ready.Status != metav1.ConditionTrue && stalled == nil && reconciling == nil, "not Ready, and neither Stalled nor Reconciling says why")
	return broken
}

func status(c *metav1.Condition) metav1.ConditionStatus {
	if c == nil {
		return ""
	}
	return c.Status
}

func TestTheRulesAreRules(t *testing.T) {
	at := metav1.NewTime(time.Unix(1, 0))
	is := func(kind string, status metav1.ConditionStatus) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: "R", LastTransitionTime: at, ObservedGeneration: 2}
	}
	for reason, broken := range map[string][]metav1.Condition{
		"both abnormal":        {is("Stalled", "True"), is("Reconciling", "True")},
		"an abnormal False":    {is("Stalled", "False"), is("Ready", "True")},
		"Ready and working":    {is("Ready", "True"), is("Reconciling", "True")},
		"not Ready, no why":    {is("Ready", "False")},
		"twice the same":       {is("Ready", "True"), is("Ready", "True")},
		"a condition too long": {{Type: "Ready", Status: "True", Reason: "R", LastTransitionTime: at, ObservedGeneration: 2, Message: strings.Repeat("ü", 1025)}},
	} {
		if len(kstatus(2, 2, broken)) == 0 {
			t.Errorf("%s: the checker finds nothing wrong", reason)
		}
	}
	if complaints := kstatus(3, 2, []metav1.Condition{is("Ready", "True")}); len(complaints) > 0 {
		t.Errorf("a status not yet written for the new generation is fine, but the checker says %v", complaints)
	}
}

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
			for _, complaint := range kstatus(ws.Generation, ws.Status.ObservedGeneration, ws.Status.Conditions) {
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
