package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// keyWorld runs passes of an ApiKey against the model vendor.
type keyWorld struct {
	object
	// recovery Never: the vendor has no list, and what is known by its id is
	// read at once.
	recovery provider.Recovery
	// idListed: the answer to an issue has no id, the list tells it.
	idListed bool
	secret   Secret
	// stored is the key whose value the Secret has, whatever it says of it.
	stored   string
	issuedAt time.Duration
}

func newKeyWorld() *keyWorld { return &keyWorld{recovery: provider.RecoverByMark, secret: absent()} }

func (w *keyWorld) facts(f fault) Key {
	facts := Key{
		Vendor: "acme", Deleting: w.deleting, First: !w.finalizer, Secret: w.secret, Attempted: w.attempt != nil, Recorded: w.recorded,
		Recovery: w.recovery,
	}
	facts.Secret.New = w.secret.State == SecretOurs && w.now-w.issuedAt < settle
	if facts.First && w.secret.State != SecretOurs {
		return facts // nothing is read
	}
	if w.recovery != provider.RecoverNever {
		facts.Unsettled = max(w.unsettled(), w.sinceReady())
		if w.secret.State == SecretOurs {
			facts.Unsettled = max(facts.Unsettled, settle-(w.now-w.issuedAt))
		}
	}
	if f == unread {
		facts.ReadErr = errUnseen
		return facts
	}
	for _, seen := range w.visible() {
		if !seen.renamed || seen.id == w.recorded {
			facts.Marked = append(facts.Marked, key(seen.id, seen.serial))
		}
	}
	return facts
}

// visible is what can be read: the list, or the keys whose ids are known.
func (w *keyWorld) visible() []*thing {
	if w.recovery != provider.RecoverNever {
		return w.list()
	}
	return slices.DeleteFunc(slices.Clone(w.things), func(each *thing) bool {
		return each.id != w.secret.KeyID && each.id != w.recorded || !each.lives(w.now)
	})
}

func (w *keyWorld) pass(f fault) Step {
	facts := w.facts(f)
	step := facts.Decide()
	w.log = append(w.log, line(w.now, f, fmt.Sprintf("secret=%s/%s marked=%d attempted=%t first=%t deleting=%t",
		facts.Secret.State, shownAs(facts.Secret), len(facts.Marked), facts.Attempted, facts.First, facts.Deleting), step))
	w.begin(step)
	failed := false
	outlook := step.Outlook
	switch step.Verb {
	case Create:
		failed = !w.issue(step, f)
		if w.idListed && !failed {
			outlook = Identifying()
		}
	case Adopt:
		if f != crashed {
			w.secret.KeyID = step.Target
		}
	case Remove:
		done, known := sent(f)
		if done {
			w.end(step.Target, f)
		}
		w.elapse(f)
		failed = !done || !known
		w.gone = !failed && f != unwritten && step.Last
	case Finish:
		w.gone = true
	default: // the vendor has no part in it
	}
	w.report(f, Step{Verb: step.Verb, Outlook: outlook}, failed)
	if live := w.liveKey(facts, step); live != "" && f != crashed && f != unwritten {
		w.recorded, w.attempt = live, nil
	}
	w.now += max(outlook.After, time.Second)
	return step
}

func shownAs(secret Secret) string {
	if secret.nameless() {
		return secret.KeyName
	}
	return secret.KeyID
}

// issue makes a key, publishes it, and reports whether both went well.
func (w *keyWorld) issue(step Step, f fault) bool {
	done, known := sent(f)
	var made *thing
	if done {
		made = w.make(step.Serial, f)
	}
	w.elapse(f)
	switch {
	case f == unstored && w.idListed:
		f = unanswered // what has no id yet cannot be revoked
	case f == unstored:
		w.end(made.id, f)
	case done && known:
		w.secret, w.stored, w.issuedAt = Secret{State: SecretOurs, KeyID: made.id}, made.id, w.now
		if w.idListed {
			w.secret = nameless(step.Serial)
		}
		return true
	}
	w.answer(f)
	return false
}

// liveKey is the key a pass writes into status. The record of a call stays
// until the id is known: without it, a Secret that is lost before would be
// replaced at once, by a key of the same name, and nobody could tell which of
// the two has the value that is stored.
func (w *keyWorld) liveKey(facts Key, step Step) string {
	held := w.secret.KeyID
	switch {
	case w.secret.State != SecretOurs:
		return ""
	case step.Verb == Create, step.Verb == Stay && step.Target != "":
		return held
	case slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.ID == held }):
		return held
	}
	return ""
}

// disturb is what others do to the ApiKey and around it.
func (w *keyWorld) disturb(event fault) {
	if strings.HasPrefix(string(event), "secret ") && !w.idListed && w.turned < w.issuedAt && w.now < w.issuedAt+settle {
		w.unnoticed = true
	}
	switch event {
	case "secret lost":
		w.secret, w.stored = absent(), ""
	case "secret taken":
		w.secret, w.stored = foreign(), ""
	case "secret copied":
		w.secret, w.stored = copied(w.secret.KeyID), ""
	case "finalizer lost":
		w.stripped = w.stripped || !w.deleting
		w.finalizer = w.deleting
	case "renamed":
		for _, each := range w.things {
			each.renamed = each.renamed || each.id == w.recorded
		}
	default: // no other event is somebody else's doing
	}
}

// trouble runs passes with faults, and lets others meddle between them.
func (w *keyWorld) trouble(t *rapid.T, events []fault) {
	for _, event := range events {
		if w.gone {
			return
		}
		if strings.Contains(string(event), " ") || event == "renamed" {
			w.disturb(event)
			continue
		}
		w.slow(t)
		held, stored, recorded := w.secret.KeyID, w.stored, w.recorded
		step := w.pass(event)
		if step.Verb == Remove && !w.deleting && (step.Target == held || step.Target == stored) {
			t.Fatalf("the published key %s was revoked\n%s", step.Target, strings.Join(w.log, "\n"))
		}
		if step.Verb == Remove && !w.deleting && w.secret.State == SecretForeign && step.Target == recorded {
			t.Fatalf("the key %s was revoked because its Secret was taken\n%s", recorded, strings.Join(w.log, "\n"))
		}
		w.once(t)
	}
}

// rested fails unless there is one key, which is stored and recorded, and
// nothing more is done about it.
func (w *keyWorld) rested(t *rapid.T) {
	got := w.living()
	if !slices.Equal(got, []string{w.stored}) || w.secret.KeyID != w.stored || w.recorded != w.stored {
		t.Fatalf("the vendor has the keys %v, the Secret has the value of %q and says %q, and status says %q\n%s",
			got, w.stored, w.secret.KeyID, w.recorded, strings.Join(w.log, "\n"))
	}
	before := w.calls
	if step := w.pass(smooth); step.Verb != Stay || w.calls != before {
		t.Fatalf("it does not come to rest: %+v\n%s", step, strings.Join(w.log, "\n"))
	}
}

// left fails unless the ApiKey is gone and the vendor has nothing of it.
func (w *keyWorld) left(t *rapid.T) {
	if got := w.living(); !w.gone || len(got) > 0 {
		t.Fatalf("deletion ended=%t and the vendor has the keys %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
	}
}

func TestKeyConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.weather(t)
		// Not both: without its finalizer, its Secret and its name, nobody knows
		// a key any more.
		last := rapid.SampledFrom([]fault{"finalizer lost", "renamed"}).Draw(t, "meddling")
		events := rapid.SliceOfN(faults(unstored, "secret lost", "secret taken", "secret copied", last), 0, 12).Draw(t, "faults")
		w.trouble(t, events)
		if w.secret.State == SecretForeign {
			w.secret = absent() // its owner gives way
		}
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.rested(t)
		w.now += time.Duration(rapid.IntRange(0, 20).Draw(t, "pause")) * time.Second
		w.deleting = true
		w.trouble(t, events)
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.left(t)
	})
}

// TestKeyDeletedAtAnyMoment deletes in the middle of trouble, when nothing has
// come to rest.
func TestKeyDeletedAtAnyMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.idListed = rapid.Bool().Draw(t, "id in the list only")
		w.weather(t)
		trouble := faults(unstored, "secret lost", "secret taken", "secret copied", "renamed")
		if w.idListed {
			trouble = faults(unstored)
		}
		w.trouble(t, rapid.SliceOfN(trouble, 0, 10).Draw(t, "faults"))
		w.deleting, w.gone = true, !w.finalizer
		w.trouble(t, rapid.SliceOfN(trouble, 0, 10).Draw(t, "faults while deleting"))
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.left(t)
	})
}

// TestKeyWithoutAnIDConverges: where only the list tells a key's id, whatever
// goes wrong before it does.
func TestKeyWithoutAnIDConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.idListed = true
		w.weather(t)
		w.trouble(t, rapid.SliceOfN(faults(unstored, "secret lost", "secret taken"), 0, 12).Draw(t, "faults"))
		if w.secret.State == SecretForeign {
			w.secret = absent() // its owner gives way
		}
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.rested(t)
		w.deleting = true
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.left(t)
	})
}

// TestOneKeyWhereNothingCanBeFound: without a list there is never a key beside
// one that an unanswered call may have made, and only a person ends that.
func TestOneKeyWhereNothingCanBeFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.recovery = provider.RecoverNever
		w.weather(t)
		w.trouble(t, rapid.SliceOfN(faults(unstored, "secret lost", "secret taken", "finalizer lost"), 0, 12).Draw(t, "faults"))
		if w.secret.State == SecretForeign {
			w.secret = absent() // its owner gives way
		}
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		before := w.calls
		step := w.pass(smooth)
		switch {
		case w.calls != before || step.Verb != Stay:
			t.Fatalf("it does not come to rest: %+v\n%s", step, strings.Join(w.log, "\n"))
		case w.stored == "" && (step.Reason != reasonOutcomeUnknown || len(w.living()) > 1):
			t.Fatalf("nothing is stored, yet it says %s/%s and the vendor has %v\n%s", step.State, step.Reason, w.living(), strings.Join(w.log, "\n"))
		case w.stored != "":
			w.rested(t)
		}
		w.deleting = true
		w.trouble(t, rapid.SliceOfN(faults(), 0, 6).Draw(t, "faults while deleting"))
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		if last := w.log[len(w.log)-1]; !w.gone || len(w.living()) > 0 && !strings.HasSuffix(last, reasonOutcomeUnknown) {
			t.Fatalf("deletion ended=%t and the vendor has the keys %v\n%s", w.gone, w.living(), strings.Join(w.log, "\n"))
		}
	})
}
