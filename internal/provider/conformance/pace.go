package conformance

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testThrottling: told apart from a bad credential, certain, and the gate is
// closed for as long as the vendor said, or some time.
func testThrottling(t *testing.T, subject Subject) {
	each(t, subject, operation.asks, func(r *rig, op operation) {
		for _, seconds := range []*int{nil, new(7)} {
			r.quiet()
			r.spoil(fault.Fault{Action: fault.Throttle, After: subject.before[op.name], Times: 1, RetryAfterSeconds: seconds})
			told := len(r.gate.told())
			err := op.call(r.t.Context(), r)
			r.wants(err, provider.Throttled, false)
			r.leavesAlone()
			pauses := r.gate.told()[told:]
			if len(pauses) != 1 || pauses[0] <= 0 {
				r.t.Fatalf("the gate was paused for %v, want once", pauses)
			}
			if seconds != nil && (pauses[0] != 7*time.Second || r.failure(err).RetryAfter != 7*time.Second) {
				r.t.Errorf("the vendor said 7 s; the gate was paused for %v, the error says %v", pauses[0], r.failure(err).RetryAfter)
			}
		}
	})
}

// testDeadlines: a call ends with its context, and one whose context is over
// is not begun.
func testDeadlines(t *testing.T, subject Subject) {
	const minute = 60_000
	each(t, subject, operation.asks, func(r *rig, op operation) {
		over, end := context.WithCancel(r.t.Context())
		end()
		r.wants(op.call(over, r), provider.Transient, false)
		r.sendsNothing()

		before := subject.before[op.name]
		r.spoil(fault.Fault{Action: fault.Delay, After: before, Times: 1, DelayMillis: minute})
		r.wants(r.cancelled(op, before), provider.Transient, op.mutates())
		if op.mutates() {
			return
		}
		r.quiet()
		r.spoil(fault.Fault{Action: fault.Delay, DelayMillis: minute})
		short, stop := context.WithTimeout(r.t.Context(), 20*time.Millisecond)
		defer stop()
		r.wants(op.call(short, r), provider.Transient, false)
	})
}

// cancelled plays the operation and cancels it when the request that matters
// has been sent.
func (r *rig) cancelled(op operation, before int) error {
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	sent := 0
	r.onWritten(func() {
		if sent++; sent > before {
			cancel()
		}
	})
	defer r.onWritten(nil)
	return op.call(ctx, r)
}

// testGate: a closed gate is the answer, and nothing is sent.
func testGate(t *testing.T, subject Subject) {
	closed := &provider.Error{Class: provider.Throttled, Op: "wait", Message: "the account is paused", RetryAfter: time.Second}
	for _, op := range subject.operations() {
		t.Run(op.name, func(t *testing.T) {
			r := furnished(t, subject)
			r.quiet()
			r.gate.close(closed)
			err := op.call(t.Context(), r)
			if asks := op.able && op.asks(); asks != errors.Is(err, closed) {
				t.Errorf("got %v; what the gate said is due: %v", err, asks)
			}
			r.sendsNothing()
		})
	}
}
