package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// breakage is a way in which an answer is none.
type breakage struct {
	name  string
	fault fault.Fault
	// uncertain says whether a mutation may have happened, for all one knows.
	uncertain bool
}

// breakages never let the vendor do its work. elsewhere is where the redirect
// leads: to the emulator, which has a log of who follows.
func breakages(elsewhere string) []breakage {
	const tooMuch = 9 << 20 // even for a page of a list
	return []breakage{
		{"reset", fault.Fault{Action: fault.Reset}, true},
		{"a web page", fault.Fault{Action: fault.HTML}, true},
		{"a web page, not found", fault.Fault{Action: fault.HTML, Status: 404}, false},
		{"a web page, bad gateway", fault.Fault{Action: fault.HTML, Status: 502}, true},
		{"garbage", fault.Fault{Action: fault.Garbage}, true},
		{"nine megabytes", fault.Fault{Action: fault.Big, Bytes: tooMuch}, true},
		{"redirect", fault.Fault{Action: fault.Redirect, URL: elsewhere}, false},
		{"redirect that asks for GET", fault.Fault{Action: fault.Redirect, Status: 303, URL: elsewhere}, false},
		{"gateway timeout", fault.Fault{Action: fault.Status, Status: 504}, true},
		{"request timeout", fault.Fault{Action: fault.Status, Status: 408}, true},
		{"unavailable", fault.Fault{Action: fault.Status, Status: 503, Body: "no healthy upstream"}, true},
		{"nothing where something is due", fault.Fault{Action: fault.Status, Status: 500, Body: `{}`}, true},
	}
}

// testBrokenAnswers: every operation meets every breakage. The error is
// Transient, has the same words twice, and a mutation is sent once.
func testBrokenAnswers(t *testing.T, subject Subject) {
	each(t, subject, operation.asks, func(r *rig, op operation) {
		for _, broken := range breakages(r.endpoint + "/elsewhere") {
			words := r.breaks(op, broken)
			if again := r.breaks(op, broken); again != words {
				r.t.Errorf("%s: two attempts, two messages: %q and %q", broken.name, words, again)
			}
		}
	})
}

// breaks plays the operation with one breakage and gives the error's message.
func (r *rig) breaks(op operation, broken breakage) string {
	r.t.Helper()
	before := r.subject.before[op.name]
	r.quiet()
	bad := broken.fault
	bad.After = before
	r.spoil(bad)
	failure := r.failure(op.call(r.t.Context(), r))
	if uncertain := broken.uncertain && op.mutates(); failure.Class != provider.Transient || failure.Uncertain != uncertain {
		r.t.Errorf("%s: got %v, uncertain %v; want class Transient, uncertain %v", broken.name, failure, failure.Uncertain, uncertain)
	}
	// A read whose connection breaks may be sent again by the transport.
	if got := len(r.requests()); got != before+1 && (op.mutates() || broken.fault.Action != fault.Reset) {
		r.t.Errorf("%s: %d requests, want %d", broken.name, got, before+1)
	}
	return failure.Message
}

// testEmptyAnswers: an answer of success that says nothing is none where it
// should tell something, and is never a certain failure of a mutation.
func testEmptyAnswers(t *testing.T, subject Subject) {
	each(t, subject, operation.asks, func(r *rig, op operation) {
		before := subject.before[op.name]
		for _, body := range []string{"", "{}", "null", "true", `"text"`, `{"id":7,"data":"x","content":[0],"success":"perhaps"}`, strings.Repeat("[", 20_000)} {
			r.quiet()
			r.spoil(fault.Fault{Action: fault.Status, Status: 200, Body: body, After: before, Times: 1})
			err := op.call(r.t.Context(), r)
			if err != nil || op.tells() {
				r.wants(err, provider.Transient, op.mutates())
			}
			if got := len(r.requests()); got < before+1 || op.mutates() && got != before+1 {
				r.t.Errorf("%d requests after %.20q, want %d", got, body, before+1)
			}
		}
	})
}

// words are what a vendor says in an error.
const words = "in the words of the vendor"

// testCodes: every operation meets every documented error, and says its class,
// its code and whether it may have happened after all; but what a vendor
// repeats of the credential or of a key's value, it does not repeat again.
func testCodes(t *testing.T, subject Subject) {
	each(t, subject, operation.asks, func(r *rig, op operation) {
		for _, code := range subject.Codes {
			r.refusal(op, code, r.refuses(op, code, words))
			if err := r.refuses(op, code, words+" "+r.repeatable()); err != nil {
				r.fails(err)
			}
		}
	})
}

// refuses plays the operation with one documented error.
func (r *rig) refuses(op operation, code Code, said string) error {
	r.t.Helper()
	r.quiet()
	r.spoil(fault.Fault{
		Action: fault.Status, Status: code.Status, Body: fmt.Sprintf(code.Body, said), After: r.subject.before[op.name], Times: 1,
	})
	return op.call(r.t.Context(), r)
}

func (r *rig) refusal(op operation, code Code, err error) {
	r.t.Helper()
	if op.kind == removes && code.Class == provider.NotFound {
		if err != nil {
			r.t.Errorf("%d %s: got %v, and what is gone already is removed", code.Status, code.Name, err)
		}
		return
	}
	failure := r.failure(err)
	if uncertain := code.Uncertain && op.mutates(); failure.Class != code.Class || failure.Uncertain != uncertain {
		r.t.Errorf("%d %s: got %v, uncertain %v; want class %s, uncertain %v", code.Status, code.Name, failure, failure.Uncertain, code.Class, uncertain)
	}
	wants := code.Name
	if wants == "" && code.Class != provider.Transient && code.Class != provider.Throttled {
		wants = words
	}
	if !strings.Contains(failure.Message, wants) {
		r.t.Errorf("%d %s: the message is %q, and does not say %q", code.Status, code.Name, failure.Message, wants)
	}
	if failure.RequestID != code.RequestID || code.RequestID != "" && strings.Contains(failure.Message, code.RequestID) {
		r.t.Errorf("%d %s: the request id is %q, the message %q; want the id %q there and not here",
			code.Status, code.Name, failure.RequestID, failure.Message, code.RequestID)
	}
	r.leavesAlone()
}

// repeatable are the secrets that the vendor knows of the session.
func (r *rig) repeatable() string {
	secrets := []string{r.value.Reveal()}
	if credential := r.workspace.Credential; credential != nil {
		for _, value := range credential.Values {
			secrets = append(secrets, value.Reveal())
		}
	} else {
		for _, value := range r.subject.Credential {
			secrets = append(secrets, value)
		}
	}
	return strings.Join(secrets, " ")
}
