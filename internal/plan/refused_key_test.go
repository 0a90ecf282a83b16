package plan

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var errRefused = &Impasse{State: Blocked, Reason: "NotAllowed", Message: "the class does not allow it"}

// TestKeyIsRefused: where no key is to be had, what is due is revoked, and
// nothing else is done.
func TestKeyIsRefused(t *testing.T) {
	const soon = 10 * time.Second
	stays := gist{Verb: Stay, State: Blocked, Reason: "NotAllowed", After: refusedPause}
	remove := func(id string) gist { return gist{Verb: Remove, Target: id, State: Blocked, Reason: "NotAllowed"} }
	on := func(change func(*Key)) Key {
		facts := Key{Refusal: errRefused, Secret: ours("k2"), Recorded: "k2", Marked: []provider.Key{key("k2", 2)}}
		change(&facts)
		return facts
	}
	beside := []provider.Key{key("k1", 1), key("k2", 2)}
	waits := stays
	waits.After = soon
	decideKeys(t, []keyRow{
		{"the live key is left as it is", on(func(*Key) {}), stays},
		{"it is not replaced", on(func(k *Key) { k.Due, k.Changed = due, []string{"scopes"} }), stays},
		{"it is not amended", on(func(k *Key) { k.Differs = changed("scopes") }), stays},
		{"its Secret is not written anew", on(func(k *Key) { k.Secret = stale("k2") }), stays},
		{"its id is not written down", on(func(k *Key) { k.Secret, k.Recorded = nameless(2), "" }), stays},
		{"none is issued in the place of a lost one, which is left", on(func(k *Key) { k.Secret = absent() }), stays},
		{"nor of one that the vendor dropped", on(func(k *Key) { k.Marked = nil }), stays},
		{"the key that was replaced lives on for its time", on(func(k *Key) { k.Marked, k.Left, k.Next = beside, living("k1"), soon }), waits},
		{"then it goes", on(func(k *Key) { k.Marked = beside }), remove("k1")},
		{"a key that was lost goes at once", on(func(k *Key) { k.Marked = []provider.Key{key("k2", 2), key("k3", 3)} }), remove("k3")},
		{"and under somebody else's Secret too", on(func(k *Key) { k.Secret, k.Marked = foreign(), beside }), remove("k1")},
		{"even if that one names it", on(func(k *Key) { k.Secret, k.Marked = Secret{State: SecretForeign, KeyID: "k1"}, beside }), remove("k1")},
		{"the refusal goes before a foreign Secret", on(func(k *Key) { k.Secret = foreign() }), stays},
		{"half a list revokes nothing, and the refusal is what is told", on(func(k *Key) { k.ReadErr, k.Marked = errUnseen, beside }), gist{Verb: Stay, Err: errRefused}},
		{"the same where there is nobody to ask", on(func(k *Key) { k.Obstacle, k.Marked = errUnseen, nil }), gist{Verb: Stay, Err: errRefused}},
		{"a deletion does not ask for it", on(func(k *Key) { k.Deleting = true }), gist{Verb: Remove, Target: "k2", Last: true, State: Working, Reason: "Deleting"}},
	})
}

// TestARefusedKeyThatIsLostIsTold: an object that was Ready stays so under a class
// that was closed, but not without its key.
func TestARefusedKeyThatIsLostIsTold(t *testing.T) {
	for reason, row := range map[string]struct {
		facts Key
		want  bool
	}{
		"it is where it was":        {Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1")}, false},
		"its Secret is gone":        {Key{Secret: absent(), Recorded: "k1", Marked: keys("k1")}, true},
		"its Secret is another's":   {Key{Secret: foreign(), Recorded: "k1", Marked: keys("k1")}, true},
		"it has come to its end":    {Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1"), Expired: true}, true},
		"and while a stray goes":    {Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1", "k2")}, false},
		"and it cannot be seen":     {Key{Secret: absent(), Recorded: "k1", ReadErr: errUnseen}, true},
		"and the vendor dropped it": {Key{Secret: ours("k1"), Recorded: "k1"}, true},
	} {
		row.facts.Refusal = errRefused
		if step := row.facts.Decide(); step.Broken != row.want {
			t.Errorf("%s: broken is %t", reason, step.Broken)
		}
	}
}

// TestKeyRulesOfRefusal hold for any facts.
func TestKeyRulesOfRefusal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		facts.Refusal, facts.Deleting = errRefused, false
		step := facts.Decide()
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		rule(step.Verb != Stay && step.Verb != Remove && step.Verb != Hold, "what is refused is revoked at most")
		rule(step.Verb == Remove && (!facts.marks(step.Target) || facts.Left[step.Target] > 0), "what is revoked is ours, and its time is over")
		rule(step.Verb == Remove && step.Target == facts.Recorded, "what was published is left")
		rule(step.Verb == Remove && (facts.Obstacle != nil || facts.ReadErr != nil), "nothing is revoked that was not seen")
		rule(step.Verb == Stay && step.Err == nil && facts.Secret.State == SecretForeign && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool {
			return facts.Recorded != "" && seen.ID != facts.Recorded && facts.Left[seen.ID] <= 0
		}), "no foreign Secret spares a key beside the one in status, whatever it says")
		rule(step.State == Settled, "what is refused is not well")
		rule(step.Verb != Hold && step.Err == nil && step.Reason != "NotAllowed", "the refusal is told")
		wellFormed(t, step)
	})
}
