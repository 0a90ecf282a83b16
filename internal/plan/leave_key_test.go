package plan

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// TestKeyIsGivenUp: a deletion that has waited long enough for its vendor ends,
// and what may live on stands in the ledger, each key once and no other.
func TestKeyIsGivenUp(t *testing.T) {
	const never = provider.RecoverNever
	lost := func(id, name string) Orphan { return Orphan{ID: id, Name: name, Reason: "Abandoned"} }
	untold := Orphan{Name: "ci-2", Reason: "OutcomeUnknown"}
	abandoned := gist{Verb: Finish, State: Working, Reason: "Abandoned"}
	remove := gist{Verb: Remove, Target: "k1", Last: true, State: Working, Reason: "Deleting"}
	for _, row := range []struct {
		reason string
		facts  Key
		want   gist
		left   []Orphan
	}{
		{"nobody to ask, for too long", Key{Obstacle: errHeld, Recorded: "k1", RecordedName: "ci-1", Secret: ours("k1")}, abandoned, []Orphan{lost("k1", "ci-1")}},
		{"a list that fails, for too long", Key{ReadErr: errUnseen, Recorded: "k1", RecordedName: "ci-1"}, abandoned, []Orphan{lost("k1", "ci-1")}},
		{"half a list tells of more", Key{ReadErr: errUnseen, Recorded: "k1", RecordedName: "ci-1", Marked: keys("k1", "k2")}, abandoned,
			[]Orphan{lost("k1", "ci-1"), lost("k2", "ci-2")}},
		{"those that were replaced", Key{Obstacle: errHeld, Recorded: "k3", RecordedName: "ci-3", Left: living("k2", "k1")}, abandoned,
			[]Orphan{lost("k3", "ci-3"), lost("k1", ""), lost("k2", "")}},
		{"the one in the Secret that status lacks", Key{Obstacle: errHeld, Recorded: "k1", RecordedName: "ci-1", Secret: ours("k2")}, abandoned,
			[]Orphan{lost("k1", "ci-1"), lost("k2", "")}},
		{"what somebody else's Secret names is not ours", Key{Obstacle: errHeld, Recorded: "k1", RecordedName: "ci-1", Secret: copied("k2")}, abandoned, []Orphan{lost("k1", "ci-1")}},
		{"one that is known by its name", Key{Obstacle: errHeld, RecordedName: "ci-1", Secret: nameless(1)}, abandoned, []Orphan{lost("", "ci-1")}},
		{"the same without its Secret", Key{Obstacle: errHeld, RecordedName: "ci-1", Secret: absent()}, abandoned, []Orphan{lost("", "ci-1")}},
		{"an unanswered call may have made one", Key{Obstacle: errHeld, Recorded: "k1", RecordedName: "ci-1", Attempted: true, AttemptName: "ci-2"}, abandoned,
			[]Orphan{lost("k1", "ci-1"), lost("", "ci-2")}},
		{"an unanswered call that made the stored one", Key{Obstacle: errHeld, Secret: nameless(2), Attempted: true, AttemptName: "ci-2"}, abandoned, []Orphan{lost("", "ci-2")}},
		{"a first call that nobody recorded may have made one", Key{Obstacle: errHeld, Unrecorded: "ci-1"}, abandoned, []Orphan{lost("", "ci-1")}},
		{"nothing was ever issued", Key{Obstacle: errHeld}, gist{Verb: Finish, State: Working, Reason: "Deleting"}, nil},
		{"nobody knows what was issued for a restored object", Key{Obstacle: errHeld, Restored: true}, gist{Verb: Finish, State: Working, Reason: "Restored"}, nil},
		{"the vendor answers again: the key goes, and is left only if that fails",
			Key{Recorded: "k1", RecordedName: "ci-1", Secret: ours("k1"), Marked: keys("k1")}, remove, []Orphan{lost("k1", "ci-1")}},
		{"then a settled list shows all there is", Key{Recorded: "k0", RecordedName: "ci-0", Left: living("k9"), Attempted: true, AttemptName: "ci-2", Unrecorded: "ci-1", Marked: keys("k1")},
			remove, []Orphan{lost("k1", "ci-1")}},
		{"one that is not settled does not", Key{Recorded: "k0", RecordedName: "ci-0", Marked: keys("k1"), Unsettled: time.Second},
			gist{Verb: Remove, Target: "k1", State: Working, Reason: "Deleting"}, []Orphan{lost("k1", "ci-1"), lost("k0", "ci-0")}},
		{"without a list the call nobody can find out about is left", Key{Recovery: never, Recorded: "k1", RecordedName: "ci-1", Marked: keys("k1"), Attempted: true, AttemptName: "ci-2"},
			gist{Verb: Remove, Target: "k1", State: Working, Reason: "Deleting"}, []Orphan{lost("k1", "ci-1"), lost("", "ci-2")}},
		{"and is told of whoever waited, the keys that were revoked are not",
			Key{Recovery: never, Recorded: "k1", RecordedName: "ci-1", Left: living("k0"), Attempted: true, AttemptName: "ci-2"},
			gist{Verb: Finish, State: Working, Reason: "OutcomeUnknown"}, []Orphan{untold}},
		{"a stored key that never showed is told of by its name", Key{Secret: nameless(2), RecordedName: "ci-2", Left: living("k1")},
			gist{Verb: Finish, State: Working, Reason: "OutcomeUnknown"}, []Orphan{untold}},
		{"Retain leaves what it was told to, and nothing is lost", Key{Retain: true, Obstacle: errHeld, Recorded: "k1"}, gist{Verb: Finish, State: Working, Reason: "Retained"}, nil},
	} {
		t.Run(row.reason, func(t *testing.T) {
			row.facts.Deleting, row.facts.GiveUp = true, true
			step := row.facts.Decide()
			if diff := cmp.Diff(row.want, gistOf(step), cmp.Comparer(compareGists)); diff != "" {
				t.Errorf("want (-) but got (+):\n%s", diff)
			}
			if diff := cmp.Diff(row.left, step.Orphans); diff != "" {
				t.Errorf("left at the vendor, want (-) but got (+):\n%s", diff)
			}
		})
	}
}

// TestKeyIsNotGivenUpEarly: until its time is over a deletion waits, and loses
// nothing.
func TestKeyIsNotGivenUpEarly(t *testing.T) {
	for reason, facts := range map[string]Key{
		"nobody to ask":        {Obstacle: errHeld, Recorded: "k1"},
		"a list that fails":    {ReadErr: errUnseen, Recorded: "k1"},
		"the key can be ended": {Recorded: "k1", Marked: keys("k1")},
	} {
		facts.Deleting = true
		if step := facts.Decide(); step.Verb == Finish || len(step.Orphans) > 0 {
			t.Errorf("%s: got %+v, want the key to be neither let go nor left", reason, step)
		}
	}
}

// TestNothingToLeave: whoever is known to have got no key does not wait for the
// vendor to say so, and whoever may have one does.
func TestNothingToLeave(t *testing.T) {
	for reason, row := range map[string]struct {
		facts Key
		want  Verb
	}{
		"nobody to ask":                   {Key{Obstacle: errHeld, Refused: true}, Finish},
		"a list that is refused":          {Key{ReadErr: &provider.Error{Class: provider.Forbidden}, Refused: true}, Finish},
		"a credential that went with it":  {Key{ReadErr: &provider.Error{Class: provider.Unauthorized}, Refused: true}, Finish},
		"an error that says nothing":      {Key{ReadErr: errors.New("queued"), Refused: true}, Stay},
		"a list of what is gone":          {Key{ReadErr: &provider.Error{Class: provider.NotFound}, Refused: true}, Finish},
		"a list that fails for now":       {Key{ReadErr: errUnseen, Refused: true}, Stay},
		"no record of a call":             {Key{Obstacle: errHeld}, Stay},
		"a call that may have made one":   {Key{Obstacle: errHeld, Attempted: true, AttemptName: "ci-1"}, Stay},
		"a key on record":                 {Key{Obstacle: errHeld, Refused: true, Recorded: "k1"}, Stay},
		"a key that was replaced":         {Key{Obstacle: errHeld, Refused: true, Left: living("k1")}, Stay},
		"a key in the Secret":             {Key{Obstacle: errHeld, Refused: true, Secret: ours("k1")}, Stay},
		"a key of somebody else's Secret": {Key{Obstacle: errHeld, Refused: true, Secret: copied("k1")}, Stay},
		"an object out of a backup":       {Key{Obstacle: errHeld, Refused: true, Restored: true}, Stay},
	} {
		row.facts.Deleting = true
		if step := row.facts.Decide(); step.Verb != row.want || len(step.Orphans) > 0 {
			t.Errorf("%s: got %+v, want to %s and to leave nothing in the ledger", reason, step, row.want)
		}
	}
}

// TestKeyIsRetained: whoever keeps a key is told of all that live on with it.
func TestKeyIsRetained(t *testing.T) {
	for reason, row := range map[string]struct {
		facts Key
		want  string
	}{
		"the one on record":     {Key{Recorded: "k1"}, `key "k1" lives on at the vendor: it is not revoked with this object`},
		"the one in the Secret": {Key{Secret: ours("k1")}, `key "k1" lives on at the vendor: it is not revoked with this object`},
		"in an overlap": {Key{Recorded: "k3", Left: living("k2", "k1")},
			`key "k3" and key "k1", which was to be revoked, and key "k2", which was to be revoked, live on at the vendor: they are not revoked with this object`},
		"beside a call without an answer": {Key{Recorded: "k1", Attempted: true, AttemptName: "ci-2"},
			`key "k1" and a key named "ci-2", which may have been issued, live on at the vendor: they are not revoked with this object`},
		"such a call alone": {Key{Attempted: true, AttemptName: "ci-2"},
			`a key named "ci-2", which may have been issued, lives on at the vendor: it is not revoked with this object`},
	} {
		row.facts.Deleting, row.facts.Retain = true, true
		if step := row.facts.Decide(); step.Verb != Finish || step.Reason != reasonRetained || step.Message != row.want {
			t.Errorf("%s: got %s for reason %s: %s", reason, step.Verb, step.Reason, step.Message)
		}
	}
}
