package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// messageLimit is the longest message an error may have, in characters.
const messageLimit = 256

// rig is one emulator with a driver on it.
type rig struct {
	t        *testing.T
	subject  Subject
	emulator *emulator.Emulator
	endpoint string
	gate     *gate

	// class is the session of the class; own manages the workspace, and is
	// the same unless the vendor gives each workspace its own credential.
	class, own provider.Session
	mark       provider.Mark
	workspace  provider.Workspace
	key        provider.Key

	mu sync.Mutex
	// secrets are all credentials and values of the run.
	secrets []string
}

// newRig starts with an emulator without objects.
func newRig(t *testing.T, subject Subject) *rig {
	t.Helper()
	vendor, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if subject.Settings != nil {
		if err := vendor.SetSettings(subject.Driver.Name(), subject.Settings); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	r := &rig{
		t: t, subject: subject, emulator: vendor, endpoint: server.URL + "/" + subject.Driver.Name(), gate: &gate{},
		mark: provider.MarkFor("8a0d5f0e-1f5e-4d9b-8f0e-2f7c7e6a9b10"),
	}
	r.class = r.open(subject.Credential)
	return r
}

// furnished has a workspace with a key in it as well.
func furnished(t *testing.T, subject Subject) *rig {
	t.Helper()
	r := newRig(t, subject)
	r.furnish()
	return r
}

func (r *rig) furnish() {
	r.t.Helper()
	if !r.can().Workspace.Create {
		r.t.Fatal("the suite has no way to a workspace of this vendor")
	}
	made, err := r.class.Workspaces().Create(r.t.Context(), r.mark, r.subject.Workspace)
	if err != nil {
		r.t.Fatal(err)
	}
	r.workspace, r.own = made, r.class
	if credential := made.Credential; credential != nil {
		values := map[string]string{"keyID": credential.ID}
		for name, value := range credential.Values {
			values[name] = value.Reveal()
		}
		r.own = r.open(values)
	}
	if r.can().Key.Issue {
		key, value, err := r.own.Keys().Issue(r.t.Context(), made.ID, r.mark.WithSerial(1), r.subject.Key)
		if err != nil {
			r.t.Fatal(err)
		}
		r.key = key
		r.keep(value.Reveal())
	}
}

func (r *rig) can() provider.Capabilities { return r.subject.Driver.Capabilities() }

func (r *rig) open(credential map[string]string) provider.Session {
	r.t.Helper()
	opened := account(r.t, r.endpoint, credential)
	opened.Gate = r.gate
	session, err := r.subject.Driver.Open(opened)
	if err != nil {
		r.t.Fatal(err)
	}
	for name, value := range credential {
		if name != "keyID" {
			r.keep(value)
		}
	}
	return session
}

func (r *rig) keep(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets, secret)
}

// spoil puts a fault in force for this vendor.
func (r *rig) spoil(f fault.Fault) {
	r.t.Helper()
	f.Vendor = r.subject.Driver.Name()
	if _, err := r.emulator.AddFault(f); err != nil {
		r.t.Fatal(err)
	}
}

// requests are those that arrived since the log was emptied.
func (r *rig) requests() []journal.Entry {
	entries, dropped := r.emulator.Requests(journal.Filter{Vendor: r.subject.Driver.Name()})
	if dropped > 0 {
		r.t.Fatalf("the log of the emulator has lost %d requests", dropped)
	}
	return entries
}

// changes are the requests that changed something.
func changes(entries []journal.Entry) []journal.Entry {
	var changed []journal.Entry
	for _, entry := range entries {
		if entry.Changed {
			changed = append(changed, entry)
		}
	}
	return changed
}

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
	text := fmt.Sprintf("%v %+v %s", err, *failure, failure.RequestID)
	r.hides(text)
	for _, address := range []string{"127.0.0.1", "elsewhere.test", "/" + r.subject.Driver.Name()} {
		if strings.Contains(failure.Error(), address) {
			r.t.Errorf("the message shows an address: %s", failure.Message)
		}
	}
	return failure
}

// hides fails the test if the text holds a secret of the run.
func (r *rig) hides(text string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		if strings.Contains(text, secret) {
			r.t.Error("something shows a secret")
		}
	}
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

// with is the credential with one value changed.
func with(credential map[string]string, name, value string) map[string]string {
	changed := maps.Clone(credential)
	changed[name] = value
	return changed
}

// gate lets everything pass until it is closed, and notes what it is told.
type gate struct {
	mu     sync.Mutex
	closed error
	pauses []time.Duration
}

// Take answers what the gate was closed with.
func (g *gate) Take(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// Pause notes for how long.
func (g *gate) Pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pauses = append(g.pauses, d)
}

func (g *gate) close(reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = reason
}

func (g *gate) told() []time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pauses
}
