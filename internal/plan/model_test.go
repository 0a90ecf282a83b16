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

// settle is the bound on how far the model vendor's lists lag.
const settle = 10 * time.Second

// fault is what goes wrong around the one mutation of a pass.
type fault string

const (
	smooth fault = "smooth"
	// refused: the vendor says no; nothing was done and that is known.
	refused fault = "refused"
	// unsent: the request never arrived, and nobody knows.
	unsent fault = "unsent"
	// unanswered: the vendor did it, and nobody knows.
	unanswered fault = "unanswered"
	// crashed: the vendor did it, and the process died at once.
	crashed fault = "crashed"
	// unwritten: all went well but the process died before the status write.
	unwritten fault = "unwritten"
	// unread: the list fails.
	unread fault = "unread"
)

// thing is an object at the model vendor: a key or a workspace.
type thing struct {
	id         string
	serial     int
	born, died time.Duration
	dead       bool
}

// vendor lists what there was a while ago.
type vendor struct {
	now    time.Duration
	lag    time.Duration
	things []*thing
	calls  int
}

func (v *vendor) make(serial int) *thing {
	v.calls++
	made := &thing{id: fmt.Sprintf("v%d", len(v.things)+1), serial: serial, born: v.now}
	v.things = append(v.things, made)
	return made
}

func (v *vendor) end(id string) {
	for _, each := range v.things {
		if each.id == id && !each.dead {
			each.dead, each.died = true, v.now
		}
	}
}

func (v *vendor) list() []*thing {
	at := v.now - v.lag
	var seen []*thing
	for _, each := range v.things {
		if each.born <= at && (!each.dead || each.died > at) {
			seen = append(seen, each)
		}
	}
	return seen
}

func (v *vendor) living() []string {
	var ids []string
	for _, each := range v.things {
		if !each.dead {
			ids = append(ids, each.id)
		}
	}
	return ids
}

// object is what the cluster remembers of one Kubernetes object.
type object struct {
	vendor
	finalizer, deleting, gone bool
	attempt                   bool
	// lastCall is the latest moment at which a call may have been made, as far
	// as the cluster knows.
	lastCall time.Duration
	log      []string
}

func (o *object) unsettled() time.Duration { return settle - (o.now - o.lastCall) }

// begin is what the engine does before it acts.
func (o *object) begin(step Step) {
	if step.Verb == Create || step.Verb == Remove || step.Verb == Hold {
		if !o.finalizer {
			o.finalizer, o.lastCall = true, o.now
		}
	}
	if step.Verb == Create && step.Record {
		o.attempt, o.lastCall = true, o.now
	}
}

// sent reports whether the vendor did what it was asked for, and known whether
// the operator learned it.
func sent(f fault) (done, known bool) {
	switch f {
	case refused, unsent:
		return false, f == refused
	case unanswered, crashed:
		return true, false
	default:
		return true, true
	}
}

// keyWorld runs passes of an ApiKey against the model vendor.
type keyWorld struct {
	object
	secret   Secret
	issuedAt time.Duration
}

func (w *keyWorld) facts(f fault) Key {
	facts := Key{
		Deleting: w.deleting, First: !w.finalizer, Secret: w.secret, Attempted: w.attempt,
	}
	facts.Secret.New = w.secret.KeyID != "" && w.now-w.issuedAt < settle
	if facts.First && w.secret.State != SecretOurs {
		return facts // nothing is read
	}
	facts.Unsettled = w.unsettled()
	if f == unread {
		facts.ReadErr = errUnseen
		return facts
	}
	for _, seen := range w.list() {
		facts.Marked = append(facts.Marked, key(seen.id, seen.serial))
	}
	return facts
}

func (w *keyWorld) pass(f fault) Step {
	facts := w.facts(f)
	step := facts.Decide()
	w.log = append(w.log, line(w.now, f, fmt.Sprintf("secret=%s/%s marked=%d attempted=%t first=%t deleting=%t",
		facts.Secret.State, facts.Secret.KeyID, len(facts.Marked), facts.Attempted, facts.First, facts.Deleting), step))
	w.begin(step)
	done, known := sent(f)
	switch step.Verb {
	case Create:
		var made *thing
		if done {
			made = w.make(step.Serial)
		}
		switch {
		case done && known:
			w.secret, w.issuedAt, w.lastCall = Secret{State: SecretOurs, KeyID: made.id, Serial: step.Serial}, w.now, w.now
			w.attempt = w.attempt && f == unwritten
		case known:
			w.attempt = false
		case f != crashed:
			w.attempt, w.lastCall = true, w.now
		}
	case Remove:
		if done {
			w.end(step.Target)
		}
		w.gone = done && known && f != unwritten && step.Last
	case Finish:
		w.gone = true
	default: // the vendor has no part in it
	}
	w.now += max(step.After, time.Second)
	return step
}

// wsWorld runs passes of a Workspace against the model vendor.
type wsWorld struct {
	object
	recovery provider.Recovery
	recorded string
}

func (w *wsWorld) facts(f fault) Workspace {
	facts := Workspace{
		Deleting: w.deleting, First: !w.finalizer, Recorded: w.recorded, Attempted: w.attempt,
		Recovery: w.recovery, MustRecord: w.recovery == provider.RecoverNever,
	}
	if facts.First {
		return facts
	}
	facts.Unsettled = w.unsettled()
	switch {
	case f == unread:
		facts.ReadErr = errUnseen
	case w.recovery == provider.RecoverNever:
		// Nothing can be listed; what is recorded can be read.
		if w.recorded != "" {
			facts.Current = current(w.recorded)
		}
	default:
		for _, seen := range w.list() {
			facts.Marked = append(facts.Marked, workspaces(seen.id)...)
			if seen.id == w.recorded {
				facts.Current = current(seen.id)
			}
		}
	}
	return facts
}

func (w *wsWorld) pass(f fault) Step {
	facts := w.facts(f)
	step := facts.Decide()
	w.log = append(w.log, line(w.now, f, fmt.Sprintf("recorded=%q marked=%d attempted=%t first=%t deleting=%t",
		facts.Recorded, len(facts.Marked), facts.Attempted, facts.First, facts.Deleting), step))
	w.begin(step)
	done, known := sent(f)
	switch step.Verb {
	case Create:
		var made *thing
		if done {
			made = w.make(0)
		}
		switch {
		case done && known && f != unwritten:
			w.recorded, w.attempt, w.lastCall = made.id, false, w.now
		case known && !done:
			w.attempt = false
		case !known && f != crashed:
			w.attempt, w.lastCall = true, w.now
		}
	case Adopt:
		if f != unwritten && f != crashed {
			w.recorded, w.attempt = step.Target, false
		}
	case Remove:
		if done {
			w.end(step.Target)
		}
		w.gone = done && known && f != unwritten && step.Last
	case Finish:
		w.gone = true
	default: // the vendor has no part in it
	}
	w.now += max(step.After, time.Second)
	return step
}

func line(now time.Duration, f fault, facts string, step Step) string {
	did := string(step.Verb)
	if step.Target != "" {
		did += " " + step.Target
	}
	if step.Serial > 0 {
		did += fmt.Sprintf(" #%d", step.Serial)
	}
	if step.Record {
		did += " recorded"
	}
	if step.Last {
		did += " last"
	}
	why := string(step.State) + "/" + step.Reason
	if step.Err != nil {
		why = "error: " + step.Err.Error()
	}
	return fmt.Sprintf("%5s %-10s %-76s -> %-22s %s", now, f, facts, did, why)
}

var faults = slices.Clip([]fault{smooth, smooth, refused, unsent, unanswered, crashed, unwritten, unread})

func anyLag(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(0, int(settle/time.Second)-1).Draw(t, "lag")) * time.Second
}

// calm is how many passes without a fault it may take to come to rest.
const calm = 40

func TestKeyConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &keyWorld{secret: absent()}
		w.lag = anyLag(t)
		trouble := rapid.SliceOfN(rapid.SampledFrom(append(faults, "secret lost", "finalizer lost")), 0, 12).Draw(t, "faults")
		disturb := func() {
			for _, f := range trouble {
				if w.gone {
					return
				}
				if f == "secret lost" {
					w.secret = absent()
					continue
				}
				if f == "finalizer lost" {
					w.finalizer = w.deleting
					continue
				}
				held := w.secret.KeyID
				if step := w.pass(f); step.Verb == Remove && !w.deleting && step.Target == held {
					t.Fatalf("the published key %s was revoked\n%s", held, strings.Join(w.log, "\n"))
				}
			}
		}
		disturb()
		for range calm {
			w.pass(smooth)
		}
		if got := w.living(); !slices.Equal(got, []string{w.secret.KeyID}) {
			t.Fatalf("the vendor has the keys %v and the Secret holds %q\n%s", got, w.secret.KeyID, strings.Join(w.log, "\n"))
		}
		before := w.calls
		if step := w.pass(smooth); step.Verb != Stay || w.calls != before {
			t.Fatalf("it does not come to rest: %+v\n%s", step, strings.Join(w.log, "\n"))
		}
		w.now += time.Duration(rapid.IntRange(0, 20).Draw(t, "pause")) * time.Second
		w.deleting = true
		disturb()
		for range calm {
			if !w.gone {
				w.pass(smooth)
			}
		}
		if got := w.living(); !w.gone || len(got) > 0 {
			t.Fatalf("deletion ended=%t and the vendor has the keys %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
		}
	})
}

// TestKeyDeletedAtAnyMoment deletes in the middle of trouble, when nothing has
// come to rest.
func TestKeyDeletedAtAnyMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &keyWorld{secret: absent()}
		w.lag = anyLag(t)
		for _, f := range rapid.SliceOfN(rapid.SampledFrom(append(faults, "secret lost", "deleted")), 0, 20).Draw(t, "faults") {
			switch {
			case w.gone:
			case f == "secret lost":
				w.secret = absent()
			case f == "deleted":
				w.deleting, w.gone = true, !w.finalizer
			default:
				w.pass(f)
			}
		}
		w.deleting = true
		w.gone = w.gone || !w.finalizer
		for range calm {
			if !w.gone {
				w.pass(smooth)
			}
		}
		if got := w.living(); !w.gone || len(got) > 0 {
			t.Fatalf("deletion ended=%t and the vendor has the keys %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
		}
	})
}

func TestWorkspaceConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wsWorld{recovery: provider.RecoverByMark}
		w.lag = anyLag(t)
		rest := rapid.Bool().Draw(t, "rest before deletion")
		for _, f := range rapid.SliceOfN(rapid.SampledFrom(append(faults, "finalizer lost")), 0, 12).Draw(t, "faults") {
			if f == "finalizer lost" {
				w.finalizer = !rest
				continue
			}
			w.pass(f)
		}
		if rest {
			for range calm {
				w.pass(smooth)
			}
			if got := w.living(); !slices.Equal(got, []string{w.recorded}) {
				t.Fatalf("the vendor has the workspaces %v and %q is recorded\n%s", got, w.recorded, strings.Join(w.log, "\n"))
			}
		}
		w.deleting, w.gone = true, !w.finalizer
		for _, f := range rapid.SliceOfN(rapid.SampledFrom(faults), 0, 6).Draw(t, "faults while deleting") {
			if !w.gone {
				w.pass(f)
			}
		}
		for range calm {
			if !w.gone {
				w.pass(smooth)
			}
		}
		if got := w.living(); !w.gone || len(got) > 0 {
			t.Fatalf("deletion ended=%t and the vendor has the workspaces %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
		}
	})
}

// TestOneCallWhereNothingCanBeFound: without recovery a second workspace is
// never made, whatever is lost.
func TestOneCallWhereNothingCanBeFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wsWorld{recovery: provider.RecoverNever}
		for _, f := range rapid.SliceOfN(rapid.SampledFrom(faults), 0, 12).Draw(t, "faults") {
			w.pass(f)
		}
		for range calm {
			w.pass(smooth)
		}
		if len(w.things) > 1 {
			t.Fatalf("%d workspaces were made\n%s", len(w.things), strings.Join(w.log, "\n"))
		}
		step := w.pass(smooth)
		if known := w.recorded != ""; known != (step.State == Settled) || !known && step.Reason != reasonOutcomeUnknown {
			t.Fatalf("recorded=%q, yet it says %s/%s\n%s", w.recorded, step.State, step.Reason, strings.Join(w.log, "\n"))
		}
	})
}
