package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testAbilities: what the capabilities deny is answered Unsupported without a
// request, and what they promise is not.
func testAbilities(t *testing.T, subject Subject) {
	for _, op := range subject.operations() {
		t.Run(op.name, func(t *testing.T) {
			r := furnished(t, subject)
			r.quiet()
			err := op.call(t.Context(), r)
			if op.able {
				if err != nil {
					t.Errorf("promised, and answered %v", err)
				}
				return
			}
			r.wants(err, provider.Unsupported, false)
			r.sendsNothing()
		})
	}
}

// testOneMutation: an operation changes the vendor's state by one request.
func testOneMutation(t *testing.T, subject Subject) {
	each(t, subject, operation.asks, func(r *rig, op operation) {
		if err := op.call(r.t.Context(), r); err != nil {
			r.t.Fatal(err)
		}
		r.changedOnce(op)
	})
}

// changedOnce: a mutation is one request that changes something, a read none.
func (r *rig) changedOnce(op operation) {
	r.t.Helper()
	want := 0
	if op.mutates() {
		want = 1
	}
	if got := len(r.changes()); got != want {
		r.t.Errorf("%d requests changed something, want %d", got, want)
	}
}

// testLostAnswers: the vendor does the work and the answer is lost, whole or in
// part. The driver says that it does not know, after one request; and what can
// be found again is there once.
func testLostAnswers(t *testing.T, subject Subject) {
	for _, action := range []fault.Action{fault.Lost, fault.Truncate} {
		each(t, subject, operation.mutates, func(r *rig, op operation) {
			r.loses(op, action, subject.before[op.name])
		})
	}
}

// loses plays the operation with the answer lost to the request that changes
// something, before which there are others.
func (r *rig) loses(op operation, action fault.Action, before int) {
	r.t.Helper()
	r.spoil(fault.Fault{Action: action, After: before, Times: 1})
	err := op.call(r.t.Context(), r)
	// An answer may have no body, of which half is all.
	if err != nil || action == fault.Lost {
		r.wants(err, provider.Transient, true)
	}
	if got := len(r.requests()); got != before+1 {
		r.t.Errorf("%s: %d requests, want %d", action, got, before+1)
	}
	r.changedOnce(op)
	if op.name == "create workspace" && r.can().Workspace.Recovery == provider.RecoverByMark {
		r.clock.pass(untilBuilt)
		r.findsMarked(otherMark(), 1)
	}
	if op.name == "issue key" && r.can().Key.Recovery == provider.RecoverByMark {
		r.findsKeys(otherMark().WithSerial(1), 1)
	}
}

// testChallenges: a request that is refused for a new challenge is sent once
// more, and neither a mutation nor the loss of its answer counts twice.
func testChallenges(t *testing.T, subject Subject) {
	if subject.Challenge == 0 {
		t.Log("the vendor has no challenges")
		return
	}
	each(t, subject, operation.asks, func(r *rig, op operation) {
		r.clock.pass(subject.Challenge + time.Second)
		if err := op.call(r.t.Context(), r); err != nil {
			r.t.Fatal(err)
		}
		refused := 0
		for _, entry := range r.requests() {
			if entry.Status == http.StatusUnauthorized {
				refused++
			}
		}
		if refused != 1 {
			r.t.Errorf("%d requests were refused, want one for the challenge", refused)
		}
		r.changedOnce(op)
	})
	each(t, subject, operation.mutates, func(r *rig, op operation) {
		r.clock.pass(subject.Challenge + time.Second)
		r.loses(op, fault.Lost, subject.before[op.name]+1)
	})
}
