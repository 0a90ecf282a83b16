package plan

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// asked reports whether somebody or the time wants another key.
func (k Key) asked() bool { return k.Due != "" || len(k.Changed) > 0 }

// TestKeyRulesOfReplacing: when a key may take another's place.
func TestKeyRulesOfReplacing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		step := facts.Decide()
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		renew, byList := step.Verb == Renew, facts.Recovery == provider.RecoverByMark
		rule(renew && !facts.asked(), "nothing is replaced that nobody asks to")
		rule(renew && facts.Deleting, "what is deleted is not replaced")
		rule(renew && (facts.Obstacle != nil || facts.ReadErr != nil), "nothing is replaced that was not seen")
		rule(renew && facts.Secret.State != SecretOurs, "nothing is put into somebody else's Secret, nor in place of a lost one")
		rule(renew && facts.Secret.Unfit != nil, "nothing is issued that cannot be published")
		rule(renew && facts.Secret.Stale, "the Secret is as the spec says before it gets another key")
		rule(renew && !facts.live(), "only a live key is replaced")
		rule(renew && facts.Secret.KeyID == "", "only a key whose id is known is replaced")
		rule(renew && facts.Recorded != facts.Secret.KeyID, "only a key on record is replaced")
		rule(renew && !step.Record, "every call for another key is recorded before it is made")
		rule(renew && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.ID != facts.Secret.KeyID }), "at most two keys live at a time")
		rule(renew && byList && facts.Unsettled > 0, "no third key may come to light")
		rule(renew && !byList && facts.Attempted, "no third key may have been made that nobody can find")
		rule(renew && (step.Serial <= facts.Issued || slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.Mark.Serial >= step.Serial })),
			"a number tells one key")
		rule(renew && step.State == Settled && step.After < min(facts.Overlap, rejoinPause), "nobody looks before there is something to see")

		publish := step.Verb == Publish
		rule(publish && !facts.Secret.Stale, "only what is not as the spec says is written anew")
		rule(publish && (!facts.live() || step.Target != facts.Secret.KeyID), "only a live key is published again")
		rule(publish && (facts.Deleting || facts.Obstacle != nil || facts.ReadErr != nil || facts.Secret.State != SecretOurs), "nothing is published that is going, or was not seen, or is not ours")
	})
}

// TestKeyRulesOfLeaving: what may live on is told, once, and nothing else is.
func TestKeyRulesOfLeaving(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		facts.Deleting = true
		facts.Unrecorded = rapid.SampledFrom([]string{"", "ci-1"}).Draw(t, "unrecorded")
		step := facts.Decide()
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		lists := func(id string) bool {
			return slices.ContainsFunc(step.Orphans, func(left Orphan) bool { return left.ID == id })
		}
		rule(len(step.Orphans) > 0 && step.Verb != Finish && step.Verb != Remove, "only what goes leaves something")
		rule(len(step.Orphans) > 0 && facts.Retain, "what is left on purpose is not lost")
		rule(step.Verb == Remove && len(step.Orphans) > 0 && !facts.GiveUp, "a revocation that fails is tried again until the vendor is given up")
		rule(step.Verb == Remove && len(step.Orphans) > 0 && !lists(step.Target), "what could not be revoked is told")
		rule(step.Verb == Finish && len(step.Orphans) > 0 != (step.Reason == reasonAbandoned || step.Reason == reasonOutcomeUnknown), "the last word and the ledger say the same")
		rule(step.Reason == reasonAbandoned && (!facts.GiveUp || facts.Obstacle == nil && facts.ReadErr == nil), "nobody is given up who answers, or before the time")
		rule(step.Reason == reasonAbandoned && facts.Recorded != "" && !lists(facts.Recorded), "a key on record is told")
		rule(step.Reason == reasonAbandoned && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return !lists(seen.ID) }), "a key that was seen is told")
		rule(step.Verb == Finish && step.Reason == reasonDeleting && !facts.Retain && facts.GiveUp && facts.Obstacle != nil && facts.Recorded != "", "what may live on is not passed over")
		for i, left := range step.Orphans {
			rule(left.ID == "" && left.Name == "", "an entry tells what it is about")
			rule(left.Reason != reasonAbandoned && left.Reason != reasonOutcomeUnknown, "an entry tells why")
			rule(slices.ContainsFunc(step.Orphans[:i], func(before Orphan) bool { return before.ID != "" && before.ID == left.ID || before == left }), "each is told once")
		}
	})
}

// TestKeyRulesOfRestored: a restored object gets no key by itself, whatever else
// is true of it.
func TestKeyRulesOfRestored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		facts.Restored, facts.Recorded = true, ""
		if step := facts.Decide(); step.Verb == Create || step.Verb == Renew {
			t.Fatalf("a key is issued for an object whose past nobody knows\nfacts: %+v\nstep: %+v", facts, step)
		}
	})
}
