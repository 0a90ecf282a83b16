package plan

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var errUnseen = &provider.Error{Class: provider.Transient, Op: "list keys", Message: "the vendor answered with an error"}

var errHeld = &Impasse{State: Working, Reason: "WorkspaceNotReady", Message: "waiting for the Workspace"}

// gist is what a row of a table says of a step. The words for people are
// looked at only where they decide what somebody does.
type gist struct {
	Verb   Verb
	Target string
	Serial int
	Record bool
	Last   bool
	State  State
	Reason string
	After  time.Duration
	Err    error
}

func gistOf(step Step) gist {
	return gist{
		Verb: step.Verb, Target: step.Target, Serial: step.Serial, Record: step.Record, Last: step.Last,
		State: step.State, Reason: step.Reason, After: step.After, Err: step.Err,
	}
}

func compareGists(a, b error) bool { return errors.Is(a, b) }

func key(id string, serial int) provider.Key {
	return provider.Key{ID: id, Mark: provider.MarkFor("uid").WithSerial(serial)}
}

func keys(ids ...string) []provider.Key {
	var all []provider.Key
	for i, id := range ids {
		all = append(all, key(id, i+1))
	}
	return all
}

func ours(id string, serial int) Secret { return Secret{State: SecretOurs, KeyID: id, Serial: serial} }

func absent() Secret { return Secret{State: SecretAbsent} }

func foreign() Secret { return Secret{State: SecretForeign, Why: `Secret "s" is immutable`} }

func TestKey(t *testing.T) {
	const settle = 7 * time.Second
	settled := gist{Verb: Stay, State: Settled, Reason: "Available"}
	live := settled
	live.Target = "k1"
	issue := func(serial int, record bool) gist {
		return gist{Verb: Create, Serial: serial, Record: record, State: Settled, Reason: "Available"}
	}
	remove := func(id string, last bool) gist {
		return gist{Verb: Remove, Target: id, Last: last, State: Working, Reason: "Deleting"}
	}
	finish := gist{Verb: Finish, State: Working, Reason: "Deleting"}
	rejoin := gist{Verb: Hold, State: Working, Reason: "Recovering", After: time.Second}
	conflict := gist{Verb: Stay, State: Blocked, Reason: "SecretConflict", After: time.Minute}

	for _, row := range []struct {
		reason string
		facts  Key
		want   gist
	}{
		// The first pass.
		{"nothing was ever asked of the vendor: issue without a look and without a record",
			Key{First: true, Secret: absent()}, issue(1, false)},
		{"the first pass does not wait for lists: there is nothing they could hide",
			Key{First: true, Secret: absent(), Unsettled: settle}, issue(1, false)},
		{"what is seen counts, also in the first pass: a marked key is a stray",
			Key{First: true, Secret: absent(), Marked: keys("k1")}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		{"a read that failed never leads to a key, also in the first pass",
			Key{First: true, Secret: absent(), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"the finalizer was taken away from a key that is published: set it again before anything else",
			Key{First: true, Secret: ours("k1", 1), Marked: keys("k1")}, rejoin},
		{"the same while the vendor cannot be asked: deletion must not slip through meanwhile",
			Key{First: true, Secret: ours("k1", 1), Obstacle: errHeld}, rejoin},
		{"the finalizer was taken away while a call was open: the call may have made a key",
			Key{First: true, Secret: absent(), Attempted: true}, rejoin},

		// What stands in the way.
		{"nobody to ask: say why", Key{Secret: absent(), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"an obstacle goes before a foreign Secret, which may not have been looked at",
			Key{Secret: foreign(), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a foreign Secret is left alone and no key issued", Key{First: true, Secret: foreign()}, conflict},
		{"a foreign Secret in the place of ours: the key that lost its Secret is left to a person",
			Key{Secret: foreign(), Marked: keys("k1")}, conflict},
		{"a foreign Secret needs no vendor to be told of", Key{Secret: foreign(), ReadErr: errUnseen}, conflict},
		{"half a list is no list", Key{Secret: ours("k1", 1), ReadErr: errUnseen, Marked: keys("k2")}, gist{Verb: Stay, Err: errUnseen}},
		{"no list and no Secret is no absence", Key{Secret: absent(), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},

		// The live key.
		{"the Secret's key is in the list: all is well", Key{Secret: ours("k1", 1), Marked: keys("k1")}, live},
		{"the list has not caught up with a key just published", Key{Secret: Secret{State: SecretOurs, KeyID: "k1", Serial: 1, New: true}, Unsettled: settle}, live},
		{"an open attempt does not matter to a live key", Key{Secret: ours("k1", 1), Marked: keys("k1"), Attempted: true, Unsettled: settle}, live},
		{"the vendor dropped the live key: issue another, numbered on",
			Key{Secret: ours("k1", 4)}, issue(5, true)},
		{"the vendor dropped it, but lists may lag: wait", Key{Secret: ours("k1", 4), Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},

		// Strays.
		{"a key beside the live one is revoked, and the object stays well",
			Key{Secret: ours("k1", 1), Marked: keys("k1", "k2")}, gist{Verb: Remove, Target: "k2", State: Settled, Reason: "Available"}},
		{"the order of the list does not matter",
			Key{Secret: ours("k2", 2), Marked: keys("k1", "k2")}, gist{Verb: Remove, Target: "k1", State: Settled, Reason: "Available"}},
		{"the Secret is lost: the key nobody holds goes first",
			Key{Secret: absent(), Marked: keys("k1")}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		{"the Secret was emptied: it holds no key, so the old one is a stray",
			Key{Secret: ours("", 3), Marked: keys("k1")}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		{"the Secret names a dead key and another lives: revoke before issuing",
			Key{Secret: ours("k9", 9), Marked: keys("k1")}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		{"a stray that is seen need not wait for the lists to settle",
			Key{Secret: absent(), Marked: keys("k1"), Attempted: true, Unsettled: settle}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},

		// Recovery.
		{"an answer may have been lost: wait for the lists", Key{Secret: absent(), Attempted: true, Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},
		{"a crash left no record, only the finalizer: wait as well", Key{Secret: absent(), Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},
		{"the lists are settled and show nothing: issue, and record it this time", Key{Secret: absent(), Attempted: true}, issue(1, true)},
		{"lists settled exactly now are settled", Key{Secret: absent(), Unsettled: 0}, issue(1, true)},
		{"an emptied Secret keeps counting", Key{Secret: ours("", 3)}, issue(4, true)},

		// Deletion.
		{"the key goes, and with it the object", Key{Deleting: true, Secret: ours("k1", 1), Marked: keys("k1")}, remove("k1", true)},
		{"one of several goes a pass", Key{Deleting: true, Secret: ours("k1", 1), Marked: keys("k1", "k2")}, remove("k1", false)},
		{"a list that shows the latest key lacks none", Key{Deleting: true, Secret: ours("k1", 1), Marked: keys("k1"), Unsettled: settle}, remove("k1", true)},
		{"a list that shows another key may lack the one in the Secret",
			Key{Deleting: true, Secret: Secret{State: SecretOurs, KeyID: "k2", Serial: 2, New: true}, Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"without its Secret nobody knows which key was the latest", Key{Deleting: true, Secret: absent(), Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"an open attempt may come to light after the key that is seen",
			Key{Deleting: true, Secret: ours("k1", 1), Marked: keys("k1"), Attempted: true, Unsettled: settle}, remove("k1", false)},
		{"once the lists are settled an old attempt hides nothing", Key{Deleting: true, Secret: absent(), Marked: keys("k1"), Attempted: true}, remove("k1", true)},
		{"nothing is left", Key{Deleting: true, Secret: ours("k1", 1)}, finish},
		{"nothing is seen yet", Key{Deleting: true, Secret: absent(), Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"a list that failed is not empty", Key{Deleting: true, Secret: absent(), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"half a list does not do for a removal", Key{Deleting: true, Secret: absent(), ReadErr: errUnseen, Marked: keys("k1")}, gist{Verb: Stay, Err: errUnseen}},
		{"nobody to ask: the object stays", Key{Deleting: true, Secret: absent(), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"Retain asks nobody", Key{Deleting: true, Retain: true, Obstacle: errHeld, ReadErr: errUnseen, Marked: keys("k1"), Unsettled: settle}, finish},
		{"a foreign Secret does not matter to deletion", Key{Deleting: true, Secret: foreign(), Marked: keys("k1")}, remove("k1", true)},
	} {
		t.Run(row.reason, func(t *testing.T) {
			if diff := cmp.Diff(row.want, gistOf(row.facts.Decide()), cmp.Comparer(compareGists)); diff != "" {
				t.Errorf("%+v\nwant (-) but got (+):\n%s", row.facts, diff)
			}
		})
	}
}

func TestKeyNumbersGoOn(t *testing.T) {
	for _, row := range []struct {
		reason string
		facts  Key
		want   int
	}{
		{"after the Secret's", Key{Secret: ours("", 7)}, 8},
		{"from one", Key{Secret: absent()}, 1},
	} {
		if got := row.facts.Decide().Serial; got != row.want {
			t.Errorf("%s: the key got the number %d instead of %d", row.reason, got, row.want)
		}
	}
}

func TestAForeignSecretIsExplained(t *testing.T) {
	message := Key{First: true, Secret: foreign()}.Decide().Message
	for _, part := range []string{`Secret "s" is immutable`, "left untouched", "no key was issued", "spec.secret.name"} {
		if !strings.Contains(message, part) {
			t.Errorf("the message %q does not say %q", message, part)
		}
	}
}
