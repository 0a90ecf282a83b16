package crash

import "fmt"

// Side is whom a call is made to.
type Side string

// The two sides that the operator stands between.
const (
	Cluster Side = "cluster"
	Vendor  Side = "vendor"
)

// Call is one thing that the operator asked, reads too. What the cache answers is no call: it cannot fail.
type Call struct {
	// Number counts the calls of a history from 1.
	Number int
	Side   Side
	// Verb is the client's, or the HTTP method.
	Verb string
	// About is the kind and the name of an object, or the route of a vendor's API.
	About string
	// Mutates: it changes something if it is executed.
	Mutates bool
	// Lists: its answer has many objects.
	Lists bool
	// Turn is the number of the pass that it was made in.
	Turn int
}

func (c Call) String() string {
	return fmt.Sprintf("call %d (%s %s %s)", c.Number, c.Side, c.Verb, c.About)
}

// Kind is what goes wrong with a call.
type Kind string

// The kinds of faults.
const (
	// NotExecuted: the request never arrives.
	NotExecuted Kind = "not executed"
	// AnswerLost: it is executed, and the answer never arrives.
	AnswerLost Kind = "executed and answer lost"
	// CrashBefore and CrashAfter end the operator's process.
	CrashBefore Kind = "crash before"
	CrashAfter  Kind = "crash after"
	// Conflict, Forbidden, NotFound, Throttled and ServerError are answers in the place of the real one; nothing is executed.
	Conflict    Kind = "conflict"
	Forbidden   Kind = "403"
	NotFound    Kind = "404"
	Throttled   Kind = "429 with Retry-After"
	ServerError Kind = "500"
	// Deadline: no answer comes until the caller's patience is over; nothing is executed.
	Deadline Kind = "past the deadline"
	// HalfList breaks off in the middle of the answer.
	HalfList Kind = "half a list"
)

// Kinds are all kinds of faults, in a fixed order.
func Kinds() []Kind {
	return []Kind{
		NotExecuted, AnswerLost, CrashBefore, CrashAfter, Conflict, Forbidden, NotFound, Throttled, ServerError, Deadline, HalfList,
	}
}

// Hits reports whether a fault of this kind can happen to the call. A conflict is an answer to a change. The cluster sends lists whole or not at all. A 404 of the
// cluster about an object that is there is a lie it never tells, to a deletion least of all; one about the kind, or a namespace, comes in answer to a write.
func (k Kind) Hits(call Call) bool {
	switch k {
	case Conflict:
		return call.Mutates
	case NotFound:
		return call.Side == Vendor || call.Mutates && call.Verb != "delete"
	case HalfList:
		return call.Side == Vendor && call.Lists
	default:
		return true
	}
}

// Fault is one call that goes wrong.
type Fault struct {
	At   int
	Kind Kind
}

// Plain is the fault that leaves everything as f does, and is told apart from all others that do not. A read that was executed has changed nothing. What ends the process
// takes along all that it knew in the pass, so it is the same before a call and after the one before it, and the same before and after a read. TestSingleFaults sees
// that it is so. Faults up to the call with the number after are no choice any more.
func (f Fault) Plain(calls []Call, after int) Fault {
	call := calls[f.At-1]
	switch {
	case f.Kind == AnswerLost && !call.Mutates:
		return Fault{f.At, NotExecuted}
	case f.Kind == CrashAfter && !call.Mutates:
		return Fault{f.At, CrashBefore}.Plain(calls, after)
	case f.Kind == CrashBefore && f.At > after+1 && calls[f.At-2].Turn == call.Turn:
		return Fault{f.At - 1, CrashAfter}.Plain(calls, after)
	}
	return f
}

func (f Fault) String() string { return fmt.Sprintf("%s at call %d", f.Kind, f.At) }

// crashed is what the operator's process panics with when a fault ends it.
type crashed struct{ at Call }

// Plan says which calls go wrong, and keeps all that were made. It is not for concurrent use: the operator makes one call at a time.
type Plan struct {
	Faults []Fault
	// Random says what goes wrong with a call in the place of Faults, if it is set.
	Random func(Call) Kind
	// Lag is what the caches do not show; nil if they show everything.
	Lag *Lag
	// Turns are the passes made since counting began.
	Turns []Turn
	// Calls are those made since counting began.
	Calls []Call
	// Before is called before each call is made; nil is nothing.
	Before func(Call)
	// counting is off while a scenario is set up, and known tells that the same has been looked at before, to the letter.
	counting, known bool
	// struck is how many of the faults have happened.
	struck int
}

// next numbers a call, and gives what goes wrong with it; empty if nothing does.
func (p *Plan) next(call *Call) Kind {
	if !p.counting {
		return ""
	}
	call.Number, call.Turn = len(p.Calls)+1, len(p.Turns)
	p.Calls = append(p.Calls, *call)
	if p.Random != nil {
		return p.Random(*call)
	}
	for _, fault := range p.Faults {
		if fault.At == call.Number && fault.Kind.Hits(*call) {
			p.struck++
			return fault.Kind
		}
	}
	return ""
}

// run makes a call, or lets it go wrong. execute does what the call asks for; instead gives the answer of a fault in the place of the real one.
func (p *Plan) run(call Call, execute func() error, instead func(Kind) error) error {
	if p.Before != nil {
		p.Before(call)
	}
	kind := p.next(&call)
	switch kind {
	case "":
		return execute()
	case CrashBefore:
		panic(crashed{call})
	case CrashAfter:
		_ = execute() // nobody is there to hear of it
		panic(crashed{call})
	case AnswerLost:
		_ = execute()
		return instead(kind)
	default:
		return instead(kind)
	}
}
