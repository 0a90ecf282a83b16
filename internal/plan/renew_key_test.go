package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func decideKeys(t *testing.T, rows []keyRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.reason, func(t *testing.T) {
			if diff := cmp.Diff(row.want, gistOf(row.facts.Decide()), cmp.Comparer(compareGists)); diff != "" {
				t.Errorf("%+v\nwant (-) but got (+):\n%s", row.facts, diff)
			}
		})
	}
}

type keyRow struct {
	reason string
	facts  Key
	want   gist
}

const due = "it is time"

// TestKeyIsReplaced: when another key takes the live one's place, and when not.
func TestKeyIsReplaced(t *testing.T) {
	const (
		settle  = 7 * time.Second
		never   = provider.RecoverNever
		overlap = 24 * time.Hour
	)
	edited := []string{"scopes"}
	renew := func(serial int, after time.Duration) gist {
		return gist{Verb: Renew, Serial: serial, Record: true, State: Settled, Reason: "Available", After: after}
	}
	live := func(id string, after time.Duration) gist {
		return gist{Verb: Stay, Target: id, State: Settled, Reason: "Available", After: after}
	}
	remove := func(id string) gist { return gist{Verb: Remove, Target: id, State: Settled, Reason: "Available"} }
	on := func(change func(*Key)) Key {
		facts := Key{Secret: ours("k2"), Recorded: "k2", Marked: []provider.Key{key("k2", 2)}, Overlap: overlap, Next: time.Hour}
		change(&facts)
		return facts
	}
	beside := []provider.Key{key("k1", 1), key("k2", 2)}

	decideKeys(t, []keyRow{
		{"nothing asks for it: look again when something falls due", on(func(*Key) {}), live("k2", time.Hour)},
		{"it is due: the next number, and look again when the overlap ends", on(func(k *Key) { k.Due = due }), renew(3, overlap)},
		{"an edit that only another key can have does the same", on(func(k *Key) { k.Changed = edited }), renew(3, overlap)},
		{"without an overlap the old key goes at once", on(func(k *Key) { k.Due, k.Overlap = due, 0 }), renew(3, time.Second)},
		{"a number on record is not used again", on(func(k *Key) { k.Due, k.Issued = due, 5 }), renew(6, overlap)},
		{"the key that was replaced before lives on: never a third",
			on(func(k *Key) { k.Due, k.Marked, k.Left = due, beside, living("k1") }), live("k2", time.Hour)},
		{"the same for an edit", on(func(k *Key) { k.Changed, k.Marked, k.Left = edited, beside, living("k1") }), live("k2", time.Hour)},
		{"once its time is over it goes first", on(func(k *Key) { k.Due, k.Marked = due, beside }), remove("k1")},
		{"what may live on and has gone at the vendor is in nobody's way", on(func(k *Key) { k.Due, k.Left = due, living("k1") }), renew(3, overlap)},
		{"the list may hide a key: wait until it cannot", on(func(k *Key) { k.Due, k.Unsettled = due, settle }), live("k2", settle)},
		{"something else falls due before that", on(func(k *Key) { k.Due, k.Unsettled, k.Next = due, settle, time.Second }), live("k2", time.Second)},
		{"a lost call is over once the list is settled", on(func(k *Key) { k.Due, k.Attempted = due, true }), renew(3, overlap)},
		{"a key that is not on record yet is recorded before it is replaced", on(func(k *Key) { k.Due, k.Recorded = due, "" }), live("k2", time.Second)},
		{"the same where status knows another", on(func(k *Key) { k.Due, k.Recorded, k.Marked, k.Left = due, "k1", beside, living("k1") }), live("k2", time.Second)},
		{"half a list replaces nothing", on(func(k *Key) { k.Due, k.ReadErr = due, errUnseen }), gist{Verb: Stay, Err: errUnseen}},
		{"nobody to ask for another", on(func(k *Key) { k.Due, k.Obstacle = due, errHeld }), gist{Verb: Stay, Err: errHeld}},
		{"a Secret that cannot hold another key keeps the one it has", on(func(k *Key) { k.Due, k.Secret = due, unfit(ours("k2")) }),
			gist{Verb: Stay, Target: "k2", State: Blocked, Reason: "TemplateInvalid", After: time.Minute}},
		{"a foreign Secret is not written to", on(func(k *Key) { k.Due, k.Secret = due, foreign() }), gist{Verb: Stay, State: Blocked, Reason: "SecretConflict", After: time.Minute}},
		{"it is amended meanwhile where that is possible", on(func(k *Key) { k.Due, k.Unsettled, k.Differs = due, settle, changed("access") }),
			gist{Verb: Update, Target: "k2", State: Settled, Reason: "Available", After: settle}},
		{"what is deleted is not replaced", on(func(k *Key) { k.Due, k.Deleting = due, true }), gist{Verb: Remove, Target: "k2", Last: true, State: Working, Reason: "Deleting"}},
		{"without a list the key is known by its id at once", on(func(k *Key) { k.Due, k.Recovery, k.Unsettled = due, never, settle }), renew(3, overlap)},
		{"without a list a lost call is a person's to resolve; the live key is well all the same",
			on(func(k *Key) { k.Due, k.Recovery, k.Attempted = due, never, true }), live("k2", time.Hour)},
		{"a key without an id waits for it", on(func(k *Key) { k.Due, k.Secret, k.Recorded, k.Marked = due, nameless(2), "", nil }),
			gist{Verb: Stay, State: Working, Reason: "Identifying", After: time.Second}},

		// The one that was replaced.
		{"it lives on for its time", on(func(k *Key) { k.Marked, k.Left = beside, living("k1") }), live("k2", time.Hour)},
		{"then it goes", on(func(k *Key) { k.Marked, k.Left = beside, map[string]time.Duration{"k1": 0} }), remove("k1")},
		{"a missed window is no reprieve", on(func(k *Key) { k.Marked, k.Left = beside, map[string]time.Duration{"k1": -time.Hour} }), remove("k1")},
		{"it goes whatever stands in the way of another", on(func(k *Key) { k.Marked, k.Due, k.Unsettled = beside, due, settle }), remove("k1")},
		{"the Secret is lost: the live key goes, the one it replaced keeps its time",
			on(func(k *Key) { k.Secret, k.Marked, k.Left = absent(), beside, living("k1") }), gist{Verb: Remove, Target: "k2", State: Working, Reason: "Recovering"}},
		{"another is issued beside it then", on(func(k *Key) { k.Secret, k.Marked, k.Left = absent(), keys("k1"), living("k1") }),
			gist{Verb: Create, Serial: 2, Record: true, State: Settled, Reason: "Available"}},
		{"under a foreign Secret it keeps its time too", on(func(k *Key) { k.Secret, k.Marked, k.Left = foreign(), beside, living("k1") }),
			gist{Verb: Stay, State: Blocked, Reason: "SecretConflict", After: time.Minute}},
		{"deletion does not wait for it", on(func(k *Key) { k.Deleting, k.Marked, k.Left = true, beside, living("k1") }),
			gist{Verb: Remove, Target: "k1", State: Working, Reason: "Deleting"}},

		// A key past its end.
		{"another takes its place", on(func(k *Key) { k.Due, k.Expired = due, true }), renew(3, overlap)},
		{"as soon as the list can be believed", on(func(k *Key) { k.Due, k.Expired, k.Unsettled = due, true, settle }),
			gist{Verb: Stay, Target: "k2", State: Working, Reason: "Expired", After: settle}},
		{"and nobody has to find out about another call", on(func(k *Key) { k.Due, k.Expired, k.Recovery, k.Attempted = due, true, never, true }),
			gist{Verb: Stay, Target: "k2", State: Blocked, Reason: "OutcomeUnknown"}},
		{"the vendor has dropped it: another is issued", on(func(k *Key) { k.Due, k.Expired, k.Marked = due, true, nil }),
			gist{Verb: Create, Serial: 1, Record: true, State: Settled, Reason: "Available"}},
		{"it is not called well while a stray goes", on(func(k *Key) { k.Expired, k.Marked = true, beside }), gist{Verb: Remove, Target: "k1", State: Blocked, Reason: "Expired"}},
		{"nor while its Secret is written anew", on(func(k *Key) { k.Expired, k.Secret = true, stale("k2") }),
			gist{Verb: Publish, Target: "k2", State: Blocked, Reason: "Expired", After: time.Second}},
		{"a Secret that cannot be written keeps another from coming", on(func(k *Key) { k.Due, k.Expired, k.Secret = due, true, unfit(ours("k2")) }),
			gist{Verb: Stay, Target: "k2", State: Blocked, Reason: "TemplateInvalid", After: time.Minute}},
	})
}

// TestSecretIsWrittenAnew: what the spec says of the Secret needs no other key.
func TestSecretIsWrittenAnew(t *testing.T) {
	publish := gist{Verb: Publish, Target: "k1", State: Settled, Reason: "Available", After: time.Second}
	decideKeys(t, []keyRow{
		{"it is not as the spec says: write it", Key{Secret: stale("k1"), Recorded: "k1", Marked: keys("k1")}, publish},
		{"before another key is issued", Key{Secret: stale("k1"), Recorded: "k1", Marked: keys("k1"), Due: due}, publish},
		{"before the key is amended", Key{Secret: stale("k1"), Recorded: "k1", Marked: keys("k1"), Differs: changed("scopes")}, publish},
		{"a stray goes first", Key{Secret: stale("k1"), Recorded: "k1", Marked: keys("k1", "k2")}, gist{Verb: Remove, Target: "k2", State: Settled, Reason: "Available"}},
		{"a key that the vendor dropped is not published again", Key{Secret: stale("k1"), Recorded: "k1"},
			gist{Verb: Create, Serial: 1, Record: true, State: Settled, Reason: "Available"}},
		{"half a list publishes nothing", Key{Secret: stale("k1"), Recorded: "k1", ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"it cannot be written: say why, and leave the key", Key{Secret: unfit(ours("k1")), Recorded: "k1", Marked: keys("k1")},
			gist{Verb: Stay, Target: "k1", State: Blocked, Reason: "TemplateInvalid", After: time.Minute}},
		{"the vendor dropped a key whose Secret cannot hold another: none is issued", Key{Secret: unfit(ours("k1")), Recorded: "k1"},
			gist{Verb: Stay, State: Blocked, Reason: "TemplateInvalid", After: time.Minute}},
		{"an id that comes to light has nowhere to go", Key{Secret: unfit(nameless(1)), Marked: keys("k1")},
			gist{Verb: Stay, State: Blocked, Reason: "TemplateInvalid", After: time.Minute}},
		{"the name it is to have is taken: the key is well where it is", Key{Secret: moving("k1"), Recorded: "k1", Marked: keys("k1")},
			gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available", After: time.Minute}},
		{"something falls due before another look", Key{Secret: moving("k1"), Recorded: "k1", Marked: keys("k1"), Next: time.Second},
			gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available", After: time.Second}},
		{"it is not replaced meanwhile", Key{Secret: moving("k1"), Recorded: "k1", Marked: keys("k1"), Due: due},
			gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available", After: time.Minute}},
		{"it is not well once it has ended", Key{Secret: moving("k1"), Recorded: "k1", Marked: keys("k1"), Due: due, Expired: true},
			gist{Verb: Stay, Target: "k1", State: Blocked, Reason: "SecretConflict", After: time.Minute}},
		{"nor once the vendor has dropped it", Key{Secret: moving("k1"), Recorded: "k1"}, gist{Verb: Stay, State: Blocked, Reason: "SecretConflict", After: time.Minute}},
		{"deletion does not look at it", Key{Deleting: true, Secret: stale("k1"), Recorded: "k1", Marked: keys("k1")},
			gist{Verb: Remove, Target: "k1", Last: true, State: Working, Reason: "Deleting"}},
	})
}

// moving is a Secret that is to have a name that is taken.
func moving(id string) Secret {
	secret := ours(id)
	secret.Unfit = &Impasse{State: Blocked, Reason: reasonSecretConflict, Message: `Secret "other" exists`}
	return secret
}

// TestARenewalTellsWhatItIsWorth: what is past its end is not as good as before if
// the vendor refuses another.
func TestARenewalTellsWhatItIsWorth(t *testing.T) {
	for _, expired := range []bool{false, true} {
		step := Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1"), Due: due, Expired: expired}.Decide()
		if step.Verb != Renew || step.Broken != expired {
			t.Errorf("past its end %t: got %s, broken %t", expired, step.Verb, step.Broken)
		}
	}
}

// TestRestoredKey: an object that came from a backup never gets a second key by
// itself.
func TestRestoredKey(t *testing.T) {
	restored := gist{Verb: Stay, State: Blocked, Reason: "Restored"}
	decideKeys(t, []keyRow{
		{"nothing tells of its past: a person does", Key{Restored: true, Secret: absent()}, restored},
		{"however much time passes", Key{Restored: true, Secret: absent(), Recovery: provider.RecoverNever}, restored},
		{"an emptied Secret tells nothing", Key{Restored: true, Secret: ours("")}, restored},
		{"its Secret still is its predecessor's", Key{Restored: true, Secret: foreign()}, gist{Verb: Stay, State: Blocked, Reason: "SecretConflict", After: time.Minute}},
		{"what carries its mark and nobody holds is revoked", Key{Restored: true, Secret: absent(), Marked: keys("k1")},
			gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		{"its Secret came along and the vendor knows the key", Key{Restored: true, Secret: ours("k1"), Marked: keys("k1")},
			gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available"}},
		{"a deletion revokes what can be seen", Key{Restored: true, Deleting: true, Secret: absent(), Marked: keys("k1")},
			gist{Verb: Remove, Target: "k1", Last: true, State: Working, Reason: "Deleting"}},
		{"and is not held by what cannot", Key{Restored: true, Deleting: true, Secret: absent()}, gist{Verb: Finish, State: Working, Reason: "Restored"}},
	})
}
