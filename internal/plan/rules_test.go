package plan

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// The rules hold for any facts, also for those no controller would gather.

func anyIDs(t *rapid.T, label string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID).Draw(t, label)
}

func anyErr(t *rapid.T, label string) error {
	return rapid.SampledFrom([]error{nil, nil, errUnseen, errHeld, errors.New("strange")}).Draw(t, label)
}

func anySpan(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Nanosecond, 10 * time.Second}).Draw(t, "unsettled")
}

func anyKey(t *rapid.T) Key {
	facts := Key{
		Deleting: rapid.Bool().Draw(t, "deleting"), First: rapid.Bool().Draw(t, "first"), Retain: rapid.Bool().Draw(t, "retain"),
		Attempted: rapid.Bool().Draw(t, "attempted"), Unsettled: anySpan(t),
		Obstacle: anyErr(t, "obstacle"), ReadErr: anyErr(t, "readErr"), Expired: rapid.Bool().Draw(t, "expired"),
		Recorded: rapid.SampledFrom([]string{"", "a", "b", "gone"}).Draw(t, "recorded"),
		Secret:   Secret{State: rapid.SampledFrom([]SecretState{SecretAbsent, SecretOurs, SecretForeign}).Draw(t, "secret")},
	}
	if facts.Secret.State != SecretAbsent {
		facts.Secret.KeyID = rapid.SampledFrom([]string{"", "a", "b", "gone"}).Draw(t, "held")
	}
	if facts.Secret.State == SecretOurs {
		facts.Secret.New = facts.Secret.KeyID != "" && rapid.Bool().Draw(t, "new")
	}
	if facts.Secret.State != SecretForeign {
		facts.Secret.Changed = rapid.SampledFrom([]string{"", "", "moved"}).Draw(t, "changed")
	}
	for _, id := range anyIDs(t, "marked") {
		facts.Marked = append(facts.Marked, key(id, rapid.IntRange(1, 9).Draw(t, "numbered")))
	}
	return facts
}

func anyWorkspace(t *rapid.T) Workspace {
	facts := Workspace{
		Deleting: rapid.Bool().Draw(t, "deleting"), First: rapid.Bool().Draw(t, "first"), Retain: rapid.Bool().Draw(t, "retain"),
		Dependents: rapid.IntRange(0, 2).Draw(t, "dependents"), Attempted: rapid.Bool().Draw(t, "attempted"), Unsettled: anySpan(t),
		Obstacle: anyErr(t, "obstacle"), ReadErr: anyErr(t, "readErr"),
		Recorded: rapid.SampledFrom([]string{"", "", "a", "gone"}).Draw(t, "recorded"),
		Kept:     rapid.SampledFrom([]string{"", "", "a"}).Draw(t, "kept"),
		Recovery: rapid.SampledFrom([]provider.Recovery{provider.RecoverNever, provider.RecoverByMark}).Draw(t, "recovery"),
		Marked:   workspaces(anyIDs(t, "marked")...),
	}
	facts.MustRecord = facts.Recovery == provider.RecoverNever || rapid.Bool().Draw(t, "mustRecord")
	facts.HoldsCredential = facts.Kept != ""
	facts.Insists = facts.Retain && rapid.Bool().Draw(t, "insists")
	if facts.Recorded == "a" && rapid.Bool().Draw(t, "listed") {
		facts.Current = current("a")
		facts.Current.Pending = rapid.Bool().Draw(t, "pending")
	}
	return facts
}

func TestKeyRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		step := facts.Decide()
		marked := func(id string) bool {
			return slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.ID == id })
		}
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		rule(step != facts.Decide(), "the same facts give the same step")
		rule(step.Verb == Create && facts.Deleting, "what is deleted gets no key")
		rule(step.Verb == Create && facts.Obstacle != nil, "no key while something stands in the way")
		rule(step.Verb == Create && facts.ReadErr != nil, "no key after a read that failed")
		rule(step.Verb == Create && facts.Secret.State == SecretForeign, "no key for a foreign Secret")
		rule(step.Verb == Create && facts.live(), "no key beside a live one")
		rule(step.Verb == Create && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.ID != facts.Secret.KeyID }),
			"no key beside one that nobody holds")
		rule(step.Verb == Create && !facts.First && facts.Unsettled > 0, "no key while an earlier call may come to light")
		rule(step.Verb == Create && facts.First && facts.Attempted, "a recorded attempt is no first pass")
		rule(step.Verb == Create && !step.Record && !facts.First, "only the very first call goes unrecorded")
		rule(step.Verb == Create && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.Mark.Serial >= step.Serial }),
			"a key has a greater number than any listed")
		rule(step.Verb == Create && facts.Expired, "a key past its end is not replaced")
		rule(step.Verb == Create && facts.Secret.Changed != "", "no key while the published one is elsewhere")
		rule(step.Verb == Remove && !marked(step.Target), "only what carries our mark is revoked")
		rule(step.Verb == Remove && facts.ReadErr != nil, "no revocation after a read that failed")
		rule(step.Verb == Remove && !facts.Deleting && step.Target == facts.Secret.KeyID, "the key that the Secret holds outlives all but deletion")
		rule(step.Verb == Remove && !facts.Deleting && facts.Secret.State == SecretForeign && step.Target == facts.Recorded, "a key that was published is not revoked under a foreign Secret")
		rule(step.Verb == Remove && !facts.Deleting && facts.Secret.Changed != "", "nothing is revoked because the spec was edited")
		rule(step.Verb == Stay && step.State == Settled && (facts.Expired || facts.Secret.State != SecretOurs || facts.Secret.Changed != ""), "what is Ready works, and is where the spec says")
		rule(step.Broken && step.Err == nil, "Broken goes with an error")
		rule(step.Verb == Remove && facts.Deleting && facts.Retain, "Retain revokes nothing")
		rule(step.Verb == Remove && facts.Obstacle != nil, "nothing is revoked while something stands in the way")
		rule(step.Last && (step.Verb != Remove || !facts.Deleting || len(facts.Marked) != 1), "the last removal is the one that leaves none")
		rule(step.Last && facts.Attempted && facts.Unsettled > 0, "no removal is the last while a call may come to light")
		rule(step.Last && facts.Unsettled > 0 && step.Target != facts.Recorded && (facts.Secret.State != SecretOurs || step.Target != facts.Secret.KeyID),
			"no removal is the last by what somebody else's Secret says")
		rule(step.Verb == Finish && !facts.Deleting, "only what is deleted is let go")
		rule(step.Verb == Finish && !facts.Retain && (len(facts.Marked) > 0 || facts.Unsettled > 0 || facts.ReadErr != nil || facts.Obstacle != nil),
			"an object is let go when a settled and complete list shows nothing, or under Retain")
		rule(step.Verb == Hold && (facts.Deleting || !facts.First), "the finalizer is set where it lacks")
		wellFormed(t, step)
	})
}

func TestWorkspaceRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyWorkspace(t)
		step := facts.Decide()
		marked := func(id string) bool {
			return slices.ContainsFunc(facts.Marked, func(seen provider.Workspace) bool { return seen.ID == id })
		}
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		rule(step != facts.Decide(), "the same facts give the same step")
		rule(step.Verb == Create && facts.Deleting, "what is deleted is not created")
		rule(step.Verb == Create && len(facts.Marked) > 0, "no workspace beside one with our mark")
		rule(step.Verb == Create && facts.Recorded != "", "a recorded workspace is never replaced")
		rule(step.Verb == Create && facts.Kept != "", "no workspace beside one whose credential we keep")
		rule(step.Verb == Create && facts.Obstacle != nil, "no workspace while something stands in the way")
		rule(step.Verb == Create && facts.ReadErr != nil, "no workspace after a read that failed")
		rule(step.Verb == Create && facts.Recovery == provider.RecoverNever && facts.Attempted, "no second call where the first cannot be found again")
		rule(step.Verb == Create && facts.Recovery == provider.RecoverNever && !step.Record, "no unrecorded call where it cannot be found again")
		rule(step.Verb == Create && facts.Recovery == provider.RecoverByMark && !facts.First && facts.Unsettled > 0,
			"no workspace while an earlier call may come to light")
		rule(step.Verb == Create && facts.First && facts.Attempted, "a recorded attempt is no first pass")
		rule(step.Verb == Remove && facts.Dependents > 0 && facts.Deleting, "no workspace goes while ApiKeys refer to it")
		rule(step.Verb == Remove && step.Target != "" && !marked(step.Target) && step.Target != facts.Recorded, "only what is ours is removed")
		rule(step.Verb == Remove && step.Target != "" && facts.ReadErr != nil, "no removal after a read that failed")
		rule(step.Verb == Remove && !facts.Deleting && step.Target == facts.Recorded, "the recorded workspace outlives all but deletion")
		rule(step.Verb == Remove && facts.Deleting && facts.Retain && step.Target != "", "Retain removes no workspace")
		rule(step.Verb == Remove && facts.Obstacle != nil, "nothing is removed while something stands in the way")
		rule(step.Last && step.Target != "" && facts.Attempted && facts.Unsettled > 0, "no removal is the last while a call may come to light")
		rule(step.Last && step.Target != "" && slices.ContainsFunc(facts.Marked, func(seen provider.Workspace) bool { return seen.ID != step.Target }),
			"the last removal is the one that leaves none")
		rule(step.Verb == Finish && (!facts.Deleting || facts.Dependents > 0), "only what is deleted and unused is let go")
		rule(step.Verb == Finish && facts.HoldsCredential && facts.Retain && (!facts.Insists || facts.Obstacle == nil),
			"a credential of ours is revoked before the object goes, unless nobody can be asked and the spec itself says Retain")
		rule(step.Verb == Finish && facts.Retain && !facts.HoldsCredential && facts.Attempted && facts.Unsettled > 0,
			"an object does not go while a call may be about to store its credential")
		rule(step.Verb == Finish && !facts.Retain &&
			(len(facts.Marked) > 0 || facts.Current != nil || facts.Unsettled > 0 || facts.ReadErr != nil || facts.Obstacle != nil),
			"an object is let go when a settled and complete list shows nothing, or under Retain")
		rule(step.Verb == Hold && (facts.Deleting || !facts.First), "the finalizer is set where it lacks")
		wellFormed(t, step)
	})
}

// wellFormed holds of every step: a person or the engine can make sense of it.
func wellFormed(t *rapid.T, step Step) {
	switch {
	case step.Err != nil && step.Verb != Stay:
		t.Fatalf("a step with an error changes nothing: %+v", step)
	case step.Err == nil && (step.State == "" || step.Reason == "" || step.Message == ""):
		t.Fatalf("a step says how things stand: %+v", step)
	case step.Verb == Adopt && step.Target == "":
		t.Fatalf("whoever adopts says what: %+v", step)
	case step.After < 0:
		t.Fatalf("nobody waits for less than nothing: %+v", step)
	}
}

func TestMutates(t *testing.T) {
	for verb, want := range map[Verb]bool{Stay: false, Adopt: false, Hold: false, Create: true, Remove: true, Finish: true} {
		if got := (Step{Verb: verb}).Mutates(); got != want {
			t.Errorf("Step{%s}.Mutates() = %t, want %t: only what is read live may change anything", verb, got, want)
		}
	}
}
