package conformance

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// testAbilities: what the capabilities deny is answered Unsupported without a
// request, and what they promise is not.
func testAbilities(t *testing.T, subject Subject) {
	for _, op := range operations(subject.Driver.Capabilities()) {
		t.Run(op.name, func(t *testing.T) {
			r := furnished(t, subject)
			r.emulator.ForgetRequests()
			err := op.call(t.Context(), r)
			if op.able {
				if err != nil {
					t.Errorf("promised, and answered %v", err)
				}
				return
			}
			r.wants(err, provider.Unsupported, false)
			if got := len(r.requests()); got != 0 {
				t.Errorf("%d requests for what the vendor does not have", got)
			}
		})
	}
}

// testOneMutation: an operation changes the vendor's state by one request.
func testOneMutation(t *testing.T, subject Subject) {
	each(t, subject, func(t *testing.T, r *rig, op operation, _ int) {
		r.emulator.ForgetRequests()
		if err := op.call(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		want := 0
		if op.mutates {
			want = 1
		}
		if got := len(changes(r.requests())); got != want {
			t.Errorf("%d requests changed something, want %d", got, want)
		}
	})
}

// testLostAnswers: the vendor does the work and the answer is lost, whole or in
// part. The driver says that it does not know, after one request; and what can
// be found again is there once.
func testLostAnswers(t *testing.T, subject Subject) {
	for _, action := range []fault.Action{fault.Lost, fault.Truncate} {
		each(t, subject, func(t *testing.T, r *rig, op operation, before int) {
			if !op.mutates {
				return
			}
			r.emulator.ForgetRequests()
			r.spoil(fault.Fault{Action: action, After: before, Times: 1})
			err := op.call(t.Context(), r)
			// A deletion may be answered without a body, of which half is all.
			if err != nil || action == fault.Lost {
				r.wants(err, provider.Transient, true)
			}
			sent := r.requests()
			if len(sent) != before+1 || len(changes(sent)) != 1 {
				t.Errorf("%s: %d requests, of which %d changed something; want %d and 1", action, len(sent), len(changes(sent)), before+1)
			}
			if op.name == "create workspace" && r.can().Workspace.Recovery == provider.RecoverByMark {
				r.findsByMark(otherMark(), 1)
			}
			if op.name == "issue key" && r.can().Key.Recovery == provider.RecoverByMark {
				r.findsKeys(otherMark().WithSerial(1), 1)
			}
		})
	}
}

// breakage is a way in which an answer is none.
type breakage struct {
	name  string
	fault fault.Fault
	// uncertain says whether a mutation may have happened, for all one knows.
	uncertain bool
}

func breakages() []breakage {
	const more = 9 << 20
	return []breakage{
		{"reset", fault.Fault{Action: fault.Reset}, true},
		{"a web page", fault.Fault{Action: fault.HTML}, true},
		{"a web page, not found", fault.Fault{Action: fault.HTML, Status: 404}, false},
		{"a web page, bad gateway", fault.Fault{Action: fault.HTML, Status: 502}, true},
		{"garbage", fault.Fault{Action: fault.Garbage}, true},
		{"nine megabytes", fault.Fault{Action: fault.Big, Bytes: more}, true},
		{"redirect", fault.Fault{Action: fault.Redirect, URL: "https://elsewhere.test/path"}, false},
		{"gateway timeout", fault.Fault{Action: fault.Status, Status: 504}, true},
		{"request timeout", fault.Fault{Action: fault.Status, Status: 408}, true},
		{"unavailable", fault.Fault{Action: fault.Status, Status: 503, Body: "no healthy upstream"}, true},
		{"nothing where something is due", fault.Fault{Action: fault.Status, Status: 500, Body: `{}`, Headers: map[string]string{"Content-Type": "application/json"}}, true},
	}
}

// testBrokenAnswers: every operation meets every breakage. The error is
// Transient, has the same words twice, and a mutation is sent once.
func testBrokenAnswers(t *testing.T, subject Subject) {
	for _, broken := range breakages() {
		t.Run(broken.name, func(t *testing.T) {
			each(t, subject, func(t *testing.T, r *rig, op operation, before int) {
				var words []string
				for range 2 {
					r.emulator.ClearFaults()
					r.emulator.ForgetRequests()
					bad := broken.fault
					bad.After = before
					r.spoil(bad)
					err := op.call(t.Context(), r)
					r.wants(err, provider.Transient, broken.uncertain && op.mutates)
					words = append(words, r.failure(err).Message)
					if sent := r.requests(); op.mutates && mutations(sent, before) != 1 {
						t.Errorf("the mutation was sent %d times", mutations(sent, before))
					}
				}
				if words[0] != words[1] {
					t.Errorf("two attempts, two messages: %q and %q", words[0], words[1])
				}
			})
		})
	}
}

// mutations counts how often the request that came after the reads was sent.
func mutations(sent []journal.Entry, before int) int {
	if len(sent) <= before {
		return 0
	}
	count := 0
	for _, entry := range sent[before:] {
		if entry.Method == sent[before].Method && entry.Path == sent[before].Path {
			count++
		}
	}
	return count
}

// testThrottling: told apart from a bad credential, certain, and the gate is
// closed for as long as the vendor said, or some time.
func testThrottling(t *testing.T, subject Subject) {
	each(t, subject, func(t *testing.T, r *rig, op operation, before int) {
		for _, seconds := range []*int{nil, new(7)} {
			r.emulator.ClearFaults()
			r.spoil(fault.Fault{Action: fault.Throttle, After: before, Times: 1, RetryAfterSeconds: seconds})
			told := len(r.gate.told())
			err := op.call(t.Context(), r)
			r.wants(err, provider.Throttled, false)
			pauses := r.gate.told()[told:]
			if len(pauses) != 1 || pauses[0] <= 0 {
				t.Fatalf("the gate was paused for %v, want once", pauses)
			}
			if seconds != nil && (pauses[0] != 7*time.Second || r.failure(err).RetryAfter != 7*time.Second) {
				t.Errorf("the vendor said 7 s; the gate was paused for %v, the error says %v", pauses[0], r.failure(err).RetryAfter)
			}
		}
	})
}

// testDeadlines: a call ends with its context, and one whose context is over
// is not begun.
func testDeadlines(t *testing.T, subject Subject) {
	each(t, subject, func(t *testing.T, r *rig, op operation, before int) {
		r.emulator.ForgetRequests()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		r.wants(op.call(over, r), provider.Transient, false)
		if got := len(r.requests()); got != 0 {
			t.Errorf("%d requests on a context that is over", got)
		}
		r.spoil(fault.Fault{Action: fault.Delay, After: before, Times: 1, DelayMillis: 60_000})
		short, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		r.wants(op.call(short, r), provider.Transient, op.mutates)
	})
}

// testGate: a closed gate is the answer, and nothing is sent.
func testGate(t *testing.T, subject Subject) {
	each(t, subject, func(t *testing.T, r *rig, op operation, _ int) {
		r.emulator.ForgetRequests()
		closed := &provider.Error{Class: provider.Throttled, Op: "wait", Message: "the account is paused", RetryAfter: time.Second}
		r.gate.close(closed)
		if err := op.call(t.Context(), r); !errors.Is(err, closed) {
			t.Errorf("got %v, want what the gate said", err)
		}
		if got := len(r.requests()); got != 0 {
			t.Errorf("%d requests through a closed gate", got)
		}
	})
}
