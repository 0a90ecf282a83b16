package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
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
	// spec is the edit of the spec that it was made of.
	spec int
	// built is when it can be used; until then it is pending.
	built time.Duration
	// frozen is all that a deletion does at some vendors.
	frozen bool
}

// lives reports whether there was such a thing.
func (t *thing) lives(at time.Duration) bool { return t.born <= at && (!t.dead || t.died > at) }

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
		if at := v.effective(f); each.id == id && (!each.dead || at < each.died) {
			each.dead, each.died = true, at
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
		if each.lives(at) {
			seen = append(seen, each)
		}
	}
	return seen
}

// living are the ids of what there is, or will be once all calls have landed.
func (v *vendor) living() []string {
	var ids []string
	for _, each := range v.things {
		if !each.dead && !each.frozen {
			ids = append(ids, each.id)
		}
	}
	return ids
}

// attempt is the record of a call whose outcome is not known.
type attempt struct {
	started, ended time.Duration
	isOver         bool
	// serial is the number of the key that was asked for.
	serial int
	// accepted: the key was made, and its id is yet to come to light.
	accepted bool
}

// object is what the cluster remembers of one Kubernetes object.
type object struct {
	vendor
	finalizer, deleting, gone bool
	// stripped: somebody took the finalizer away, and with it the knowledge
	// that a call was ever made. What is made twice then is found by its mark,
	// later.
	stripped bool
	heldAt   time.Duration
	attempt  *attempt
	// recorded is the id in status.
	recorded string
	// asked is the number of the key that the latest call asked for.
	asked int
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
	if step.Verb != Stay && step.Verb != Finish && !o.finalizer {
		o.finalizer, o.heldAt = true, o.now
	}
	if step.Verb != Create && step.Verb != Renew {
		return
	}
	o.asked = step.Serial
	if step.Record {
		o.attempt = &attempt{started: o.now, serial: step.Serial}
	}
}

// alone notes that one more is made although others live that it may not be made
// beside.
func (o *object) alone(beside ...string) {
	others := slices.DeleteFunc(o.living(), func(id string) bool { return slices.Contains(beside, id) })
	if len(others) > 0 && !o.stripped {
		o.doubled = fmt.Sprintf("one more is made while %v lives or is about to", others)
	}
}

// answer is what the engine writes of a call to create that failed.
func (o *object) answer(f fault) {
	switch f {
	case refused, unstored:
		o.attempt = nil
	case unsent, unanswered:
		lost := attempt{started: o.now, ended: o.now, isOver: true, serial: o.asked}
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
	if failed && step.Verb == Renew {
		ready = o.ready && f != refused // an outage takes nothing from the key that is there
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

// elapse lets the time of a call go by; who crashes does not wait for its end.
func (o *object) elapse(f fault) {
	if f != crashed {
		o.now += o.span
	}
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
