package plan

import (
	"errors"
	"fmt"
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
	return provider.Key{ID: id, Name: keyName(serial), Mark: provider.MarkFor("uid").WithSerial(serial)}
}

// keyName is what the vendor calls the key of a number.
func keyName(serial int) string { return fmt.Sprintf("ci-%d", serial) }

func keys(ids ...string) []provider.Key {
	var all []provider.Key
	for i, id := range ids {
		all = append(all, key(id, i+1))
	}
	return all
}

func ours(id string) Secret { return Secret{State: SecretOurs, KeyID: id} }

func fresh(id string) Secret { return Secret{State: SecretOurs, KeyID: id, New: true} }

// nameless is a Secret whose key is known by its name only.
func aged(secret Secret, age time.Duration) Secret {
	secret.Age = age
	return secret
}

func nameless(serial int) Secret { return Secret{State: SecretOurs, KeyName: keyName(serial)} }

func changed(fields ...string) Differences { return Differences{Changeable: fields} }

func fixed(fields ...string) Differences { return Differences{Fixed: fields} }

func drifted(fields ...string) Differences { return Differences{Drifted: fields} }

func absent() Secret { return Secret{State: SecretAbsent} }

func foreign() Secret { return Secret{State: SecretForeign, Why: `Secret "s" is immutable`} }

// locked is a Secret of ours that cannot be written.
func locked(id string) Secret {
	secret := copied(id)
	secret.Owned = true
	return secret
}

// copied is a foreign Secret that names a key.
func copied(id string) Secret {
	secret := foreign()
	secret.KeyID = id
	return secret
}

// stale is a Secret that is not as the spec asks, and unfit one that cannot be
// made so.
func stale(id string) Secret {
	secret := ours(id)
	secret.Stale = true
	return secret
}

func unfit(secret Secret) Secret {
	secret.Unfit = &Impasse{State: Blocked, Reason: "TemplateInvalid", Message: "spec.secret.template: it cannot be parsed"}
	return secret
}

// living are the keys that may live on, for another hour each.
func living(ids ...string) map[string]time.Duration {
	left := map[string]time.Duration{}
	for _, id := range ids {
		left[id] = time.Hour
	}
	return left
}

func TestKey(t *testing.T) {
	const (
		settle = 7 * time.Second
		never  = provider.RecoverNever
	)
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
	cede := conflict
	cede.Verb, cede.Target, cede.After = Remove, "k2", 0
	expired := gist{Verb: Stay, State: Blocked, Reason: "Expired"}
	ended := expired
	ended.Target = "k1"
	unknown := gist{Verb: Stay, State: Blocked, Reason: "OutcomeUnknown"}
	lost := gist{Verb: Finish, State: Working, Reason: "OutcomeUnknown"}
	identifying := gist{Verb: Stay, State: Working, Reason: "Identifying", After: time.Second}
	identified := gist{Verb: Adopt, Target: "k1", State: Settled, Reason: "Available"}
	amend := gist{Verb: Update, Target: "k1", State: Settled, Reason: "Available"}
	stray := func(id string) gist { return gist{Verb: Remove, Target: id, State: Working, Reason: "Recovering"} }

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
			Key{First: true, Secret: absent(), Marked: keys("k1")}, stray("k1")},
		{"a read that failed never leads to a key, also in the first pass",
			Key{First: true, Secret: absent(), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"the finalizer was taken away from a key that is published: set it again before anything else",
			Key{First: true, Secret: ours("k1"), Marked: keys("k1")}, rejoin},
		{"the same while the vendor cannot be asked: deletion must not slip through meanwhile",
			Key{First: true, Secret: ours("k1"), Obstacle: errHeld}, rejoin},
		{"the finalizer was taken away together with the Secret: status knows of a key",
			Key{First: true, Secret: absent(), Recorded: "k1"}, rejoin},
		{"the finalizer was taken away while a call was open: the call may have made a key",
			Key{First: true, Secret: absent(), Attempted: true}, rejoin},
		{"the finalizer was taken away after a call that made nothing: the next is recorded, or nobody would look for what it makes",
			Key{First: true, Secret: absent(), Refused: true}, rejoin},

		// What stands in the way.
		{"nobody to ask: say why", Key{Secret: absent(), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"an obstacle goes before a foreign Secret, which may not have been looked at",
			Key{Secret: foreign(), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a foreign Secret is left alone and no key issued", Key{First: true, Secret: foreign()}, conflict},
		{"a foreign Secret in the place of ours: the key that was published is left to a person",
			Key{Secret: foreign(), Recorded: "k1", Marked: keys("k1")}, conflict},
		{"a foreign Secret that names a key of ours may be all that holds it",
			Key{Secret: copied("k1"), Marked: keys("k1")}, conflict},
		{"under a foreign Secret, a key that was never published is revoked",
			Key{Secret: foreign(), Recorded: "k1", Marked: keys("k1", "k2")}, cede},
		{"the same whatever the Secret names", Key{Secret: copied("k1"), Marked: keys("k1", "k2")}, cede},
		{"where status has a key, the Secret's word spares no other",
			Key{Secret: copied("k2"), Recorded: "k1", Marked: keys("k1", "k2")}, cede},
		{"one of ours that cannot be written holds what was published all the same, on record yet or not",
			Key{Secret: locked("k2"), Recorded: "k1", Marked: keys("k1", "k2")}, conflict},
		{"a stray under a foreign Secret is seen, so it need not wait for the lists to settle",
			Key{Secret: foreign(), Recorded: "k1", Marked: keys("k2"), Attempted: true, Unsettled: settle},
			cede},
		{"a list that failed shows no stray under a foreign Secret", Key{Secret: foreign(), ReadErr: errUnseen, Marked: keys("k2")}, gist{Verb: Stay, Err: errUnseen}},
		{"half a list is no list", Key{Secret: ours("k1"), ReadErr: errUnseen, Marked: keys("k2")}, gist{Verb: Stay, Err: errUnseen}},
		{"no list and no Secret is no absence", Key{Secret: absent(), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},

		// The live key.
		{"the Secret's key is in the list: all is well", Key{Secret: ours("k1"), Marked: keys("k1")}, live},
		{"the list has not caught up with a key just published", Key{Secret: fresh("k1"), Recorded: "k1", Unsettled: settle}, live},
		{"what the Secret alone says of a key just published may be forged: wait for the list", Key{Secret: fresh("k1"), Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},
		{"the same beside a key that is on record", Key{Secret: fresh("k9"), Recorded: "k1", Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},
		{"an open attempt does not matter to a live key", Key{Secret: ours("k1"), Marked: keys("k1"), Attempted: true, Unsettled: settle}, live},
		{"the vendor dropped the live key: issue another",
			Key{Secret: ours("k1")}, issue(1, true)},
		{"the vendor dropped it, but lists may lag: wait", Key{Secret: ours("k1"), Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},

		// The end of a key.
		{"the key is past its end: a person decides, none is issued", Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1"), Expired: true}, ended},
		{"the vendor has dropped it since", Key{Secret: ours("k1"), Recorded: "k1", Expired: true}, expired},
		{"its Secret is lost since", Key{Secret: absent(), Recorded: "k1", Expired: true}, expired},
		{"a key past its end that nobody holds is revoked all the same", Key{Secret: absent(), Recorded: "k1", Marked: keys("k1"), Expired: true}, stray("k1")},
		{"a key past its end is revoked with its object", Key{Deleting: true, Secret: ours("k1"), Recorded: "k1", Marked: keys("k1"), Expired: true}, remove("k1", true)},

		// Strays.
		{"a key beside the live one is revoked, and the object stays well",
			Key{Secret: ours("k1"), Marked: keys("k1", "k2")}, gist{Verb: Remove, Target: "k2", State: Settled, Reason: "Available"}},
		{"the order of the list does not matter",
			Key{Secret: ours("k2"), Marked: keys("k1", "k2")}, gist{Verb: Remove, Target: "k1", State: Settled, Reason: "Available"}},
		{"the Secret is lost: the key nobody holds goes first",
			Key{Secret: absent(), Marked: keys("k1")}, stray("k1")},
		{"the Secret was emptied: it holds no key, so the old one is a stray",
			Key{Secret: ours(""), Marked: keys("k1")}, stray("k1")},
		{"the Secret names a dead key and another lives: revoke before issuing",
			Key{Secret: ours("k9"), Marked: keys("k1")}, stray("k1")},
		{"a stray that is seen need not wait for the lists to settle",
			Key{Secret: absent(), Marked: keys("k1"), Attempted: true, Unsettled: settle}, stray("k1")},

		// Recovery.
		{"an answer may have been lost: wait for the lists", Key{Secret: absent(), Attempted: true, Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},
		{"a crash left no record, only the finalizer: wait as well", Key{Secret: absent(), Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}},
		{"the lists are settled and show nothing: issue, and record it this time", Key{Secret: absent(), Attempted: true}, issue(1, true)},
		{"lists settled exactly now are settled", Key{Secret: absent(), Unsettled: 0}, issue(1, true)},
		{"an emptied Secret holds no key", Key{Secret: ours("")}, issue(1, true)},

		// Edits of the spec.
		{"the vendor's key is otherwise than the spec: amend it", Key{Secret: ours("k1"), Marked: keys("k1"), Differs: changed("scopes")}, amend},
		{"strays go before the live key is amended",
			Key{Secret: ours("k1"), Marked: keys("k1", "k2"), Differs: changed("scopes")}, gist{Verb: Remove, Target: "k2", State: Settled, Reason: "Available"}},
		{"a key past its end is not amended", Key{Secret: ours("k1"), Marked: keys("k1"), Differs: changed("scopes"), Expired: true}, ended},
		{"the vendor was told and keeps another value: it is not told for ever", Key{Secret: ours("k1"), Marked: keys("k1"), Differs: Differences{Kept: []string{"scopes"}}}, live},
		{"a key that the vendor dropped is not amended", Key{Secret: ours("k1"), Differs: changed("scopes")}, issue(1, true)},
		{"an edit of a key that the list does not show yet waits until it must",
			Key{Secret: fresh("k1"), Recorded: "k1", Unsent: []string{"scopes"}, Unsettled: settle}, gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available", After: settle}},
		{"without a list it is looked at soon",
			Key{Secret: fresh("k1"), Recorded: "k1", Unsent: []string{"access"}, Recovery: provider.RecoverNever}, gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available", After: time.Second}},
		{"half a list amends nothing", Key{Secret: ours("k1"), Marked: keys("k1"), Differs: changed("scopes"), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"what is deleted is not amended", Key{Deleting: true, Secret: ours("k1"), Marked: keys("k1"), Differs: changed("scopes")}, remove("k1", true)},
		{"what was changed at the vendor and cannot be changed back leaves the key Ready", Key{Secret: ours("k1"), Marked: keys("k1"), Differs: fixed("mode")}, live},

		// Vendors without a list.
		{"without a list the first call is on record too", Key{First: true, Recovery: never, Secret: absent()}, issue(1, true)},
		{"no list and no answer: never a second key", Key{Recovery: never, Secret: absent(), Attempted: true}, unknown},
		{"the same however much time passes", Key{Recovery: never, Secret: absent(), Attempted: true, Unsettled: settle}, unknown},
		{"the same where the Secret was emptied", Key{Recovery: never, Secret: ours(""), Attempted: true}, unknown},
		{"a call is on record before it is made: without a record there was none, and no list to wait for",
			Key{Recovery: never, Secret: absent(), Unsettled: settle}, issue(1, true)},
		{"the Secret tells that the call was answered", Key{Recovery: never, Secret: ours("k1"), Marked: keys("k1"), Attempted: true}, live},
		{"the Secret is lost: the key that status knows goes first", Key{Recovery: never, Secret: absent(), Recorded: "k1", Marked: keys("k1")}, stray("k1")},
		{"the vendor dropped the key, and its id tells at once", Key{Recovery: never, Secret: ours("k1"), Recorded: "k1", Unsettled: settle}, issue(1, true)},
		{"the finalizer was taken away while a call was open, and no list tells", Key{First: true, Recovery: never, Secret: absent(), Attempted: true}, rejoin},
		{"under a foreign Secret a person clears that up first", Key{Recovery: never, Secret: foreign(), Attempted: true}, conflict},
		{"the key that is known goes, and with it the object", Key{Deleting: true, Recovery: never, Secret: ours("k1"), Marked: keys("k1"), Unsettled: settle}, remove("k1", true)},
		{"an unanswered call is told of after the known key has gone",
			Key{Deleting: true, Recovery: never, Secret: ours("k1"), Marked: keys("k1"), Attempted: true}, remove("k1", false)},
		{"an outcome nobody can find out does not hold a deletion", Key{Deleting: true, Recovery: never, Secret: absent(), Attempted: true}, lost},
		{"without a call there is nothing to tell of", Key{Deleting: true, Recovery: never, Secret: absent()}, finish},

		// Vendors that tell a key's id in their list only.
		{"the list does not show the stored key yet: look again soon", Key{Secret: Secret{State: SecretOurs, KeyName: "ci-1", New: true}}, identifying},
		{"an earlier call may yet come to light: the same", Key{Secret: nameless(1), Unsettled: settle}, identifying},
		{"the list shows its name: that is its id", Key{Secret: nameless(1), Marked: keys("k1")}, identified},
		{"the same while lists lag", Key{Secret: nameless(1), Marked: keys("k1"), Attempted: true, Unsettled: settle}, identified},
		{"a key of another name is a stray, and the stored one is not held for it",
			Key{Secret: nameless(2), Marked: keys("k1", "k2")}, stray("k1")},
		{"that no list has shown the stored key is no proof that it is gone: its value is safe", Key{Secret: nameless(1)}, identifying},
		{"the longer that takes, the less it is looked for", Key{Secret: aged(nameless(1), time.Minute)},
			gist{Verb: Stay, State: Working, Reason: "Identifying", After: 15 * time.Second}},
		{"at length a person is told, and no other key is issued", Key{Secret: aged(nameless(1), 11*time.Minute)},
			gist{Verb: Stay, State: Blocked, Reason: "Identifying", After: time.Minute}},
		{"it may still come to light", Key{Secret: aged(nameless(1), time.Hour), Marked: keys("k1")}, identified},
		{"a list that failed identifies nothing", Key{Secret: nameless(1), ReadErr: errUnseen, Marked: keys("k1")}, gist{Verb: Stay, Err: errUnseen}},
		{"nobody to ask for the id", Key{Secret: nameless(1), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a key without an id that is past its end is not replaced, and gets its id", Key{Secret: nameless(1), Marked: keys("k1"), Expired: true},
			gist{Verb: Adopt, Target: "k1", State: Blocked, Reason: "Expired"}},
		{"the finalizer was taken away before the id was known", Key{First: true, Secret: nameless(1)}, rejoin},
		{"once the id is known the name says nothing", Key{Secret: Secret{State: SecretOurs, KeyID: "k2", KeyName: "ci-1"}, Marked: keys("k1", "k2")},
			gist{Verb: Remove, Target: "k1", State: Settled, Reason: "Available"}},
		{"a stored key without an id goes with its object", Key{Deleting: true, Secret: nameless(1), Marked: keys("k1")}, remove("k1", true)},
		{"which of the listed is the stored one is not told by an id, so the list may lack it",
			Key{Deleting: true, Secret: nameless(2), Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"a stored key that the list does not show yet is waited for",
			Key{Deleting: true, Secret: nameless(1), Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},

		// Deletion.
		{"the key goes, and with it the object", Key{Deleting: true, Secret: ours("k1"), Marked: keys("k1")}, remove("k1", true)},
		{"one of several goes a pass", Key{Deleting: true, Secret: ours("k1"), Marked: keys("k1", "k2")}, remove("k1", false)},
		{"a list that shows the latest key lacks none", Key{Deleting: true, Secret: ours("k1"), Recorded: "k1", Marked: keys("k1"), Unsettled: settle}, remove("k1", true)},
		{"a Secret alone does not tell which was the latest", Key{Deleting: true, Secret: ours("k1"), Recorded: "k0", Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"nor does status, if the Secret has come to hold another", Key{Deleting: true, Secret: ours("k2"), Recorded: "k1", Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"a list that shows another key may lack the one in the Secret",
			Key{Deleting: true, Secret: fresh("k2"), Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"without its Secret nobody knows which key was the latest", Key{Deleting: true, Secret: absent(), Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"an open attempt may come to light after the key that is seen",
			Key{Deleting: true, Secret: ours("k1"), Marked: keys("k1"), Attempted: true, Unsettled: settle}, remove("k1", false)},
		{"once the lists are settled an old attempt hides nothing", Key{Deleting: true, Secret: absent(), Marked: keys("k1"), Attempted: true}, remove("k1", true)},
		{"nothing is left", Key{Deleting: true, Secret: ours("k1")}, finish},
		{"nothing is seen yet", Key{Deleting: true, Secret: absent(), Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"a list that failed is not empty", Key{Deleting: true, Secret: absent(), ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"half a list does not do for a removal", Key{Deleting: true, Secret: absent(), ReadErr: errUnseen, Marked: keys("k1")}, gist{Verb: Stay, Err: errUnseen}},
		{"nobody to ask: the object stays", Key{Deleting: true, Secret: absent(), Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"Retain asks nobody", Key{Deleting: true, Retain: true, Obstacle: errHeld, ReadErr: errUnseen, Marked: keys("k1"), Unsettled: settle}, finish},
		{"without its Secret, status knows which key was the latest",
			Key{Deleting: true, Secret: absent(), Recorded: "k1", Marked: keys("k1"), Unsettled: settle}, remove("k1", true)},
		{"a foreign Secret does not tell which key was the latest",
			Key{Deleting: true, Secret: copied("k1"), Recorded: "k2", Marked: keys("k1"), Unsettled: settle}, remove("k1", false)},
		{"Retain says which key lives on", Key{Deleting: true, Retain: true, Recorded: "k1", Secret: ours("k1"), Marked: keys("k1")},
			gist{Verb: Finish, State: Working, Reason: "Retained"}},
		{"Retain lets go of a key nobody was ever asked for", Key{Deleting: true, Retain: true, Secret: absent()}, finish},
		{"Retain says so of a stored key that status does not know of yet",
			Key{Deleting: true, Retain: true, Secret: ours("k1"), Marked: keys("k1")}, gist{Verb: Finish, State: Working, Reason: "Retained"}},
		{"a foreign Secret does not matter to deletion", Key{Deleting: true, Secret: foreign(), Marked: keys("k1")}, remove("k1", true)},
	} {
		t.Run(row.reason, func(t *testing.T) {
			if diff := cmp.Diff(row.want, gistOf(row.facts.Decide()), cmp.Comparer(compareGists)); diff != "" {
				t.Errorf("%+v\nwant (-) but got (+):\n%s", row.facts, diff)
			}
		})
	}
}

// TestSerialsAreNeverUsedTwice: a list may hide a key whose name is on record,
// and a name has to tell one key.
func TestSerialsAreNeverUsedTwice(t *testing.T) {
	for _, row := range []struct {
		reason string
		marked []provider.Key
		issued int
		want   int
	}{
		{"from one", nil, 0, 1},
		{"after the one listed", []provider.Key{key("k1", 7)}, 0, 8},
		{"after the greatest, in whatever order", []provider.Key{key("k1", 2), key("k2", 9), key("k3", 4)}, 0, 10},
		{"after a key whose name no longer shows a number", []provider.Key{{ID: "k1"}}, 0, 1},
		{"after one that is on record and not listed", nil, 3, 4},
		{"after the greater of both", []provider.Key{key("k1", 2)}, 3, 4},
		{"the record may be older", []provider.Key{key("k1", 5)}, 3, 6},
	} {
		if got := (Key{Marked: row.marked, Issued: row.issued}).issue().Serial; got != row.want {
			t.Errorf("%s: the key got the number %d instead of %d", row.reason, got, row.want)
		}
	}
}

// TestBroken: while the vendor cannot be asked, what was Ready stays Ready only
// if its Secret is still what was promised.
func TestBroken(t *testing.T) {
	for _, row := range []struct {
		reason   string
		secret   Secret
		recorded string
		want     bool
	}{
		{"the Secret holds the recorded key", ours("k1"), "k1", false},
		{"the Secret is lost", absent(), "k1", true},
		{"the Secret was emptied", ours(""), "k1", true},
		{"the Secret was emptied before anything was recorded", ours(""), "", true},
		{"the Secret holds another key", ours("k2"), "k1", true},
		{"the Secret holds a key that is not recorded", ours("k1"), "", true},
		{"the Secret is somebody else's", foreign(), "k1", true},
		{"somebody else's Secret names the recorded key", copied("k1"), "k1", true},
	} {
		for trouble, facts := range map[string]Key{
			"nobody to ask": {Obstacle: errHeld}, "a list that failed": {ReadErr: errUnseen},
		} {
			facts.Secret, facts.Recorded = row.secret, row.recorded
			if step := facts.Decide(); step.Verb != Stay || step.Err == nil || step.Broken != row.want {
				t.Errorf("%s, %s: got %+v, want Broken %t", trouble, row.reason, step, row.want)
			}
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

func TestAnOutageDoesNotKeepAnExpiredKeyReady(t *testing.T) {
	if step := (Key{Secret: ours("k1"), Recorded: "k1", Expired: true, ReadErr: errUnseen}).Decide(); !step.Broken {
		t.Errorf("got %+v, want it Broken: the key no longer works", step)
	}
}
