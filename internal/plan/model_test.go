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

const (
	// settle bounds how much later than a call has ended the model vendor's
	// lists show what it did.
	settle = 10 * time.Second
	// patience is the longest a call takes.
	patience = 30 * time.Second
)

// fault is what goes wrong around the one mutation of a pass.
type fault string

const (
	smooth fault = "smooth"
	// refused: the vendor says no; nothing was done and that is known.
	refused fault = "refused"
	// unsent: the request never arrived, and nobody knows.
	unsent fault = "unsent"
	// unanswered: the vendor does it, and nobody knows.
	unanswered fault = "unanswered"
	// crashed: the vendor does it, and the process died at once.
	crashed fault = "crashed"
	// unwritten: all went well but the process died before the status write.
	unwritten fault = "unwritten"
	// unstored: the key was issued, its Secret refused, and the key revoked.
	unstored fault = "unstored"
	// unread: the list fails.
	unread fault = "unread"
)

// thing is an object at the model vendor: a key or a workspace.
type thing struct {
	id         string
	serial     int
	born, died time.Duration
	dead       bool
	// renamed: its mark no longer shows.
	renamed bool
}

// vendor lists what there was a while ago.
type vendor struct {
	now time.Duration
	// lag is how old its lists are; late, how long after a call was given up it
	// still takes effect; span, how long a call takes. Lag and late together
	// are less than settle.
	lag, late, span time.Duration
	things          []*thing
	calls           int
}

// make has something made by a call that begins now. What nobody saw the end
// of takes effect as late as can be.
func (v *vendor) make(serial int, f fault) *thing {
	v.calls++
	made := &thing{id: fmt.Sprintf("v%d", len(v.things)+1), serial: serial, born: v.effective(f)}
	v.things = append(v.things, made)
	return made
}

func (v *vendor) end(id string, f fault) {
	for _, each := range v.things {
		if each.id == id && !each.dead {
			each.dead, each.died = true, v.effective(f)
		}
	}
}

func (v *vendor) effective(f fault) time.Duration {
	if f == unanswered || f == crashed {
		return v.now + v.span + v.late
	}
	return v.now
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

// living are the ids of what there is, or will be once all calls have landed.
func (v *vendor) living() []string {
	var ids []string
	for _, each := range v.things {
		if !each.dead {
			ids = append(ids, each.id)
		}
	}
	return ids
}

// attempt is the record of a call whose outcome is not known.
type attempt struct {
	started, ended time.Duration
	isOver         bool
}

// object is what the cluster remembers of one Kubernetes object.
type object struct {
	vendor
	finalizer, deleting, gone bool
	// stripped: somebody took the finalizer away, and with it the knowledge
	// that a call was ever made. unnoticed: the Secret went within seconds of a
	// key that was issued while Ready was still True, so no time in status tells
	// of it. What is made twice then is found by its mark, later.
	stripped, unnoticed bool
	heldAt              time.Duration
	attempt             *attempt
	// recorded is the id in status.
	recorded string
	// ready is the Ready condition, and turned when it last changed.
	ready  bool
	turned time.Duration
	log    []string
	// doubled tells of a thing made beside another.
	doubled string
}

// unsettled is what engine.Unsettled says, from the same records.
func (o *object) unsettled() time.Duration {
	latest := o.heldAt
	if o.attempt != nil {
		if o.attempt.isOver {
			return settle - (o.now - o.attempt.ended)
		}
		latest = max(latest, o.attempt.started)
	}
	return patience + settle - (o.now - latest)
}

// sinceReady is what engine.SinceReady says.
func (o *object) sinceReady() time.Duration { return settle - (o.now - o.turned) }

// begin is what the engine does before it acts.
func (o *object) begin(step Step) {
	if step.Verb == Create || step.Verb == Remove || step.Verb == Hold {
		if !o.finalizer {
			o.finalizer, o.heldAt = true, o.now
		}
	}
	if step.Verb != Create {
		return
	}
	if step.Record {
		o.attempt = &attempt{started: o.now}
	}
	if beside := o.living(); len(beside) > 0 && !o.stripped && !o.unnoticed {
		o.doubled = fmt.Sprintf("one more is made while %v lives or is about to", beside)
	}
}

// answer is what the engine writes of a call to create that failed.
func (o *object) answer(f fault) {
	switch f {
	case refused, unstored:
		o.attempt = nil
	case unsent, unanswered:
		lost := attempt{started: o.now, ended: o.now, isOver: true}
		if o.attempt != nil {
			lost.started = o.attempt.started
		}
		o.attempt = &lost
	default: // nobody was left to write
	}
}

// report is the write of the Ready condition.
func (o *object) report(f fault, step Step, failed bool) {
	if f == crashed || f == unwritten {
		return
	}
	ready := step.State == Settled
	if failed && step.Verb == Create {
		ready = false
	}
	if step.Err != nil {
		ready = o.ready && !step.Broken
	}
	if ready != o.ready {
		o.ready, o.turned = ready, o.now
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
		Deleting: w.deleting, First: !w.finalizer, Secret: w.secret, Attempted: w.attempt != nil, Recorded: w.recorded,
	}
	facts.Secret.New = w.secret.State == SecretOurs && w.now-w.issuedAt < settle
	if facts.First && w.secret.State != SecretOurs {
		return facts // nothing is read
	}
	facts.Unsettled = max(w.unsettled(), w.sinceReady())
	if w.secret.State == SecretOurs {
		facts.Unsettled = max(facts.Unsettled, settle-(w.now-w.issuedAt))
	}
	if f == unread {
		facts.ReadErr = errUnseen
		return facts
	}
	for _, seen := range w.list() {
		if !seen.renamed || seen.id == w.recorded {
			facts.Marked = append(facts.Marked, key(seen.id, seen.serial))
		}
	}
	return facts
}

func (w *keyWorld) pass(f fault) Step {
	facts := w.facts(f)
	step := facts.Decide()
	w.log = append(w.log, line(w.now, f, fmt.Sprintf("secret=%s/%s marked=%d attempted=%t first=%t deleting=%t",
		facts.Secret.State, facts.Secret.KeyID, len(facts.Marked), facts.Attempted, facts.First, facts.Deleting), step))
	w.begin(step)
	failed := false
	switch step.Verb {
	case Create:
		failed = !w.issue(step, f)
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
	w.report(f, step, failed)
	if live := w.liveKey(facts, step); live != "" && f != crashed && f != unwritten {
		w.recorded, w.attempt = live, nil
	}
	w.now += max(step.After, time.Second)
	return step
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
	case f == unstored:
		w.end(made.id, f)
	case done && known:
		w.secret, w.issuedAt = Secret{State: SecretOurs, KeyID: made.id}, w.now
		return true
	}
	w.answer(f)
	return false
}

// elapse lets the time of a call go by; who crashes does not wait for its end.
func (o *object) elapse(f fault) {
	if f != crashed {
		o.now += o.span
	}
}

// liveKey is the key a pass writes into status.
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
	if strings.HasPrefix(string(event), "secret ") && w.turned < w.issuedAt && w.now < w.issuedAt+settle {
		w.unnoticed = true
	}
	switch event {
	case "secret lost":
		w.secret = absent()
	case "secret taken":
		w.secret = foreign()
	case "secret copied":
		w.secret = copied(w.secret.KeyID)
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

// wsWorld runs passes of a Workspace against the model vendor.
type wsWorld struct {
	object
	recovery provider.Recovery
}

func (w *wsWorld) facts(f fault) Workspace {
	facts := Workspace{
		Deleting: w.deleting, First: !w.finalizer, Recorded: w.recorded, Attempted: w.attempt != nil,
		Recovery: w.recovery, MustRecord: w.recovery == provider.RecoverNever,
	}
	if facts.First {
		return facts
	}
	if w.recorded == "" || w.attempt != nil {
		facts.Unsettled = w.unsettled()
	} else {
		facts.Unsettled = w.sinceReady()
	}
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
	failed := false
	switch step.Verb {
	case Create:
		var made *thing
		if done {
			made = w.make(0, f)
		}
		w.elapse(f)
		failed = !done || !known
		switch {
		case failed:
			w.answer(f)
		case f != unwritten:
			w.recorded, w.attempt = made.id, nil
		}
	case Adopt:
		if f != unwritten && f != crashed {
			w.recorded, w.attempt = step.Target, nil
		}
	case Remove:
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
	w.report(f, step, failed)
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

func faults(more ...fault) *rapid.Generator[fault] {
	return rapid.SampledFrom(append([]fault{smooth, smooth, refused, unsent, unanswered, crashed, unwritten, unread}, more...))
}

// weather is how slow the vendor is: its lists, and what it does after a call
// was given up.
func (v *vendor) weather(t *rapid.T) {
	const most = int(settle/time.Second) - 1
	lag := rapid.IntRange(0, most).Draw(t, "lag")
	v.lag = time.Duration(lag) * time.Second
	v.late = time.Duration(rapid.IntRange(0, most-lag).Draw(t, "late")) * time.Second
}

// slow is how long the call of the next pass takes.
func (v *vendor) slow(t *rapid.T) {
	v.span = rapid.SampledFrom([]time.Duration{0, 0, time.Second, 15 * time.Second, patience}).Draw(t, "span")
}

// once fails if something was made beside another.
func (o *object) once(t *rapid.T) {
	if o.doubled != "" {
		t.Fatalf("%s\n%s", o.doubled, strings.Join(o.log, "\n"))
	}
}

// calm is how many passes without a fault it may take to come to rest.
const calm = 60

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
		held, recorded := w.secret.KeyID, w.recorded
		step := w.pass(event)
		if step.Verb == Remove && !w.deleting && step.Target == held {
			t.Fatalf("the published key %s was revoked\n%s", held, strings.Join(w.log, "\n"))
		}
		if step.Verb == Remove && !w.deleting && w.secret.State == SecretForeign && step.Target == recorded {
			t.Fatalf("the key %s was revoked because its Secret was taken\n%s", recorded, strings.Join(w.log, "\n"))
		}
		w.once(t)
	}
}

func TestKeyConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &keyWorld{secret: absent()}
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
		if got := w.living(); !slices.Equal(got, []string{w.secret.KeyID}) || w.recorded != w.secret.KeyID {
			t.Fatalf("the vendor has the keys %v, the Secret holds %q and status %q\n%s", got, w.secret.KeyID, w.recorded, strings.Join(w.log, "\n"))
		}
		before := w.calls
		if step := w.pass(smooth); step.Verb != Stay || w.calls != before {
			t.Fatalf("it does not come to rest: %+v\n%s", step, strings.Join(w.log, "\n"))
		}
		w.now += time.Duration(rapid.IntRange(0, 20).Draw(t, "pause")) * time.Second
		w.deleting = true
		w.trouble(t, events)
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
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
		w.weather(t)
		trouble := faults(unstored, "secret lost", "secret taken", "secret copied", "renamed")
		w.trouble(t, rapid.SliceOfN(trouble, 0, 10).Draw(t, "faults"))
		w.deleting, w.gone = true, !w.finalizer
		w.trouble(t, rapid.SliceOfN(trouble, 0, 10).Draw(t, "faults while deleting"))
		w.trouble(t, slices.Repeat([]fault{smooth}, calm))
		if got := w.living(); !w.gone || len(got) > 0 {
			t.Fatalf("deletion ended=%t and the vendor has the keys %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
		}
	})
}

func TestWorkspaceConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wsWorld{recovery: provider.RecoverByMark}
		w.weather(t)
		run := func(events []fault) {
			for _, f := range events {
				if w.gone {
					return
				}
				if f == "finalizer lost" {
					w.finalizer, w.stripped = false, true
					continue
				}
				w.slow(t)
				w.pass(f)
				w.once(t)
			}
		}
		rest := rapid.Bool().Draw(t, "rest before deletion")
		trouble := faults()
		if rest {
			trouble = faults("finalizer lost")
		}
		run(rapid.SliceOfN(trouble, 0, 12).Draw(t, "faults"))
		if rest {
			run(slices.Repeat([]fault{smooth}, calm))
			if got := w.living(); !slices.Equal(got, []string{w.recorded}) {
				t.Fatalf("the vendor has the workspaces %v and %q is recorded\n%s", got, w.recorded, strings.Join(w.log, "\n"))
			}
		}
		w.deleting, w.gone = true, !w.finalizer
		run(rapid.SliceOfN(faults(), 0, 6).Draw(t, "faults while deleting"))
		run(slices.Repeat([]fault{smooth}, calm))
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
		for _, f := range rapid.SliceOfN(faults(), 0, 12).Draw(t, "faults") {
			w.slow(t)
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
