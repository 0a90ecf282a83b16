package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// trouble runs passes with faults, and lets others meddle between them.
func (w *keyWorld) trouble(t *rapid.T, events []fault) {
	for _, event := range events {
		switch {
		case w.gone:
			return
		case meddled(event):
			w.disturb(event)
		default:
			w.slow(t)
			w.watched(t, event)
		}
	}
}

// watched runs a pass, and holds every rule against it.
func (w *keyWorld) watched(t *rapid.T, event fault) {
	before, foreign := *w, w.secret.State == SecretForeign
	step := w.pass(event)
	rule := func(broken bool, rule string) {
		if broken {
			t.Fatalf("%s\n%s", rule, strings.Join(w.log, "\n"))
		}
	}
	if step.Verb == Remove && !w.deleting {
		target := w.thing(step.Target)
		since, replaced := before.replaced[step.Target]
		gone := target.dead && target.died <= before.now
		rule(step.Target == before.secret.KeyID || step.Target == before.kept.id, "the published key was revoked")
		rule(foreign && step.Target == before.recorded, "a key was revoked because its Secret was taken")
		rule(replaced && !gone && before.now < since+w.overlap, "a key that was replaced was revoked before its time")
	}
	rule(step.Verb == Renew && before.kept.id == "", "a key was issued in the place of none")
	rule(len(w.alive()) > 2 && !w.stripped, "three keys live")
	w.once(t)
}

// alive are the ids of what lives by now, or may come to live yet.
func (w *keyWorld) alive() []string {
	var ids []string
	for _, each := range w.things {
		if !each.dead || each.died > w.now {
			ids = append(ids, each.id)
		}
	}
	return ids
}

// rested fails unless there is one key, made of the spec as it is, which is
// stored once and recorded, and nothing more is done about it.
func (w *keyWorld) rested(t *rapid.T) {
	w.interval = 0
	w.trouble(t, slices.Repeat([]fault{smooth}, calm))
	got, made := w.living(), w.thing(w.kept.id)
	if !slices.Equal(got, []string{w.kept.id}) || w.secret.KeyID != w.kept.id || w.recorded != w.kept.id || w.copies != 1 || w.secret.Stale {
		t.Fatalf("the vendor has the keys %v, the Secret has the value of %q and says %q, as asked=%t, in %d Secrets, and status says %q\n%s",
			got, w.kept.id, w.secret.KeyID, !w.secret.Stale, w.copies, w.recorded, strings.Join(w.log, "\n"))
	}
	if made.spec != w.spec || w.status.turn != w.turn {
		t.Fatalf("the key is made of edit %d for turn %d, wanted are edit %d and turn %d\n%s", made.spec, w.status.turn, w.spec, w.turn, strings.Join(w.log, "\n"))
	}
	before := w.calls
	if step := w.pass(smooth); step.Verb != Stay || step.State != Settled || w.calls != before {
		t.Fatalf("it does not come to rest: %+v\n%s", step, strings.Join(w.log, "\n"))
	}
}

// mustBeGone fails unless the ApiKey is gone and the vendor has nothing of it.
func (w *keyWorld) mustBeGone(t *rapid.T) {
	if got := w.living(); !w.gone || len(got) > 0 {
		t.Fatalf("deletion ended=%t and the vendor has the keys %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
	}
}

// yielded has whoever took the Secret give way.
func (w *keyWorld) yielded() {
	if w.secret.State == SecretForeign {
		w.secret = absent()
	}
}

// rotation is how the keys of a world are rotated, if they are.
func (w *keyWorld) rotation(t *rapid.T) {
	w.interval = rapid.SampledFrom([]time.Duration{0, 0, 5 * time.Hour}).Draw(t, "interval")
	w.overlap = rapid.SampledFrom([]time.Duration{0, 2 * time.Minute, 2 * time.Hour}).Draw(t, "overlap")
}

// wishes are what a tenant and the time ask for, and what becomes of a Secret
// without anybody's taking it.
func wishes() []fault {
	return []fault{unstored, "secret lost", "secret altered", "secret renamed", "spec edited", "rotation asked", "hours later"}
}

func TestKeyConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.weather(t)
		w.rotation(t)
		// Not both: without its finalizer, its Secret and its name, nobody knows
		// a key any more.
		last := rapid.SampledFrom([]fault{"finalizer lost", "renamed"}).Draw(t, "meddling")
		events := rapid.SliceOfN(faults(append(wishes(), "secret taken", "secret copied", "key dropped", last)...), 0, 24).Draw(t, "faults")
		w.trouble(t, events)
		w.yielded()
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.rested(t)
		w.now += time.Duration(rapid.IntRange(0, 20).Draw(t, "pause")) * time.Second
		w.deleting = true
		w.trouble(t, events)
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.mustBeGone(t)
	})
}

// TestKeyDeletedAtAnyMoment deletes in the middle of trouble, when nothing has
// come to rest.
func TestKeyDeletedAtAnyMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.idListed = rapid.Bool().Draw(t, "id in the list only")
		w.weather(t)
		w.rotation(t)
		trouble := faults(append(wishes(), "secret taken", "secret copied", "key dropped", "renamed")...)
		if w.idListed {
			trouble = faults(unstored, "spec edited", "rotation asked", "hours later")
		}
		w.trouble(t, rapid.SliceOfN(trouble, 0, 16).Draw(t, "faults"))
		w.deleting, w.gone = true, !w.finalizer
		w.trouble(t, rapid.SliceOfN(trouble, 0, 10).Draw(t, "faults while deleting"))
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.mustBeGone(t)
	})
}

// TestKeyWithoutAnIDConverges: where only the list tells a key's id, whatever
// goes wrong before it does.
func TestKeyWithoutAnIDConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.idListed = true
		w.weather(t)
		w.rotation(t)
		w.trouble(t, rapid.SliceOfN(faults(append(wishes(), "secret taken", "key dropped")...), 0, 24).Draw(t, "faults"))
		w.yielded()
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.rested(t)
		w.deleting = true
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		w.mustBeGone(t)
	})
}

// TestOneKeyWhereNothingCanBeFound: without a list there is never a key beside
// one that an unanswered call may have made, other than the live one, and only a
// person ends that.
func TestOneKeyWhereNothingCanBeFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newKeyWorld()
		w.recovery = provider.RecoverNever
		w.weather(t)
		w.rotation(t)
		w.trouble(t, rapid.SliceOfN(faults(append(wishes(), "secret taken", "finalizer lost", "key dropped", "console cleaned")...), 0, 24).Draw(t, "faults"))
		w.yielded()
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		before, unanswered := w.calls, w.attempt
		step := w.pass(smooth)
		switch {
		case unanswered == nil:
		case w.calls != before || step.Verb != Stay:
			t.Fatalf("it does not wait for a person: %+v\n%s", step, strings.Join(w.log, "\n"))
		case w.kept.id == "" && step.Reason != reasonOutcomeUnknown:
			t.Fatalf("nothing is stored, yet it says %s/%s and the vendor has %v\n%s", step.State, step.Reason, w.living(), strings.Join(w.log, "\n"))
		}
		if rapid.Bool().Draw(t, "somebody looks into the console") || unanswered == nil {
			w.disturb("console cleaned")
			w.trouble(t, slices.Repeat([]fault{smooth}, calm))
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
