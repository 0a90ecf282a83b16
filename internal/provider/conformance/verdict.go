package conformance

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// messageLimit is the longest message an error may have, in characters.
const messageLimit = 256

// failure checks what holds for every error: its type, its words, and that it
// shows nothing secret and no address.
func (r *rig) failure(err error) *provider.Error {
	r.t.Helper()
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok {
		r.t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	if failure.Op == "" || failure.Message == "" || failure.Class == "" {
		r.t.Errorf("an error without words: %+v", *failure)
	}
	if utf8.RuneCountInString(failure.Message) > messageLimit {
		r.t.Errorf("a message of %d characters", utf8.RuneCountInString(failure.Message))
	}
	r.hides(fmt.Sprintf("%v %+v %s", err, *failure, failure.RequestID))
	for _, address := range []string{"127.0.0.1", "/" + r.subject.Driver.Name()} {
		if strings.Contains(failure.Error(), address) {
			r.t.Errorf("the message shows an address: %s", failure.Message)
		}
	}
	return failure
}

// wants checks class and certainty as well.
func (r *rig) wants(err error, class provider.Class, uncertain bool) {
	r.t.Helper()
	failure := r.failure(err)
	if failure.Class != class || failure.Uncertain != uncertain {
		r.t.Errorf("got %v, uncertain %v; want class %s, uncertain %v", failure, failure.Uncertain, class, uncertain)
	}
}

// fails checks no more than that it is an error as it should be.
func (r *rig) fails(err error) {
	r.t.Helper()
	_ = r.failure(err)
}

// goneAtMost takes success, and an error that is one for certain.
func (r *rig) goneAtMost(err error) {
	r.t.Helper()
	if err == nil {
		return
	}
	if failure := r.failure(err); failure.Uncertain {
		r.t.Errorf("got %v, and uncertain", failure)
	}
}

// leavesAlone fails the test if something changed since the log was emptied.
func (r *rig) leavesAlone() {
	r.t.Helper()
	for _, changed := range r.changes() {
		r.t.Errorf("something changed by %s %s", changed.Method, changed.Path)
	}
}

// sendsNothing fails the test if there was a request since the log was emptied.
func (r *rig) sendsNothing() {
	r.t.Helper()
	for _, sent := range r.requests() {
		r.t.Errorf("sent %s %s, and nothing should be", sent.Method, sent.Path)
	}
}

// keep adds to what must not be shown.
func (r *rig) keep(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets, secret)
}

// keepAuthorization does so with the credential in the form in which it is
// sent, which may be another than that in which it is kept.
func (r *rig) keepAuthorization() {
	r.t.Helper()
	for _, sent := range r.requests() {
		if parts := strings.Fields(sent.Header.Get("Authorization")); len(parts) == 2 {
			r.keep(parts[1])
		}
	}
}

// hides fails the test if the text holds a secret of the run.
func (r *rig) hides(text string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		if strings.Contains(text, secret) {
			r.t.Errorf("the secret %q is shown: %s", secret, text)
		}
	}
}
