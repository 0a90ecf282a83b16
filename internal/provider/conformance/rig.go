package conformance

import (
	"maps"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// untilBuilt is longer than any vendor takes to build a workspace.
const untilBuilt = 24 * time.Hour

// rig is one emulator with a driver on it.
type rig struct {
	t        *testing.T
	subject  Subject
	emulator *emulator.Emulator
	clock    *clock
	endpoint string
	gate     *gate

	// class is the session of the class; own manages the workspace, and is
	// the same unless the vendor gives each workspace its own credential.
	class, own provider.Session
	mark       provider.Mark
	workspace  provider.Workspace
	key        provider.Key
	// value is the key's.
	value provider.Secret

	mu sync.Mutex
	// secrets are all credentials and values of the run.
	secrets []string
	// written is called for every request that has been sent; it may be nil.
	written func()
}

// newRig starts with an emulator as it is at the start.
func newRig(t *testing.T, subject Subject) *rig {
	t.Helper()
	still := &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	vendor, err := emulator.New(emulator.Options{Now: still.read})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	r := &rig{
		t: t, subject: subject, emulator: vendor, clock: still, endpoint: server.URL + "/" + subject.Driver.Name(), gate: &gate{},
		mark: provider.MarkFor("8a0d5f0e-1f5e-4d9b-8f0e-2f7c7e6a9b10"),
	}
	r.configure(subject.Settings)
	r.class = r.open(subject.Credential)
	r.own = r.class
	return r
}

func (r *rig) configure(settings any) {
	r.t.Helper()
	if settings == nil {
		return
	}
	if err := r.emulator.SetSettings(r.subject.Driver.Name(), settings); err != nil {
		r.t.Fatal(err)
	}
}

// furnished has a workspace with a key in it as well.
func furnished(t *testing.T, subject Subject) *rig {
	t.Helper()
	r := newRig(t, subject)
	if subject.Existing == "" {
		r.create()
	} else {
		r.workspace = r.get(subject.Existing)
	}
	if r.can().Key.Issue {
		r.key, r.value = r.issue(r.mark.WithSerial(1))
	}
	r.keepAuthorization()
	return r
}

// create makes the rig's workspace and waits until it can be used.
func (r *rig) create() {
	r.t.Helper()
	made, err := r.class.Workspaces().Create(r.t.Context(), r.mark, r.subject.Workspace)
	if err != nil {
		r.t.Fatal(err)
	}
	r.workspace = made
	if made.Pending != r.can().Workspace.Asynchronous {
		r.t.Errorf("created %+v; the capabilities say that it is built later: %v", made, r.can().Workspace.Asynchronous)
	}
	if made.Pending {
		r.clock.pass(untilBuilt)
		r.workspace = r.get(r.marked(r.mark).ID)
	}
	if credential := made.Credential; credential != nil {
		values := map[string]string{"keyID": credential.ID}
		for name, value := range credential.Values {
			values[name] = value.Reveal()
		}
		r.own = r.open(values)
	}
}

// get reads a workspace of which it is certain that it can be read.
func (r *rig) get(id string) provider.Workspace {
	r.t.Helper()
	found, err := r.own.Workspaces().Get(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

func (r *rig) can() provider.Capabilities { return r.subject.Driver.Capabilities() }

func (r *rig) open(credential map[string]string) provider.Session {
	r.t.Helper()
	session, err := r.subject.Driver.Open(r.account(credential))
	if err != nil {
		r.t.Fatal(err)
	}
	return session
}

// account speaks to the rig's emulator through the rig's gate.
func (r *rig) account(credential map[string]string) provider.Account {
	r.t.Helper()
	opened := account(r.t, r.endpoint, credential)
	opened.Settings, opened.Gate = maps.Clone(r.subject.Account), r.gate
	opened.Transport = watch{opened.Transport, r.wrote}
	for name, value := range credential {
		if name != "keyID" {
			r.keep(value)
		}
	}
	return opened
}

// reach makes the cheapest call that the vendor answers.
func (r *rig) reach(session provider.Session) error {
	if r.can().Checkable {
		return session.Check(r.t.Context())
	}
	_, err := session.Workspaces().Get(r.t.Context(), r.subject.Existing)
	return err
}

// quiet ends all faults, makes sure that the session has nothing left to learn
// from a challenge, and empties the log.
func (r *rig) quiet() {
	r.t.Helper()
	r.emulator.ClearFaults()
	if err := r.reach(r.own); err != nil {
		r.t.Fatalf("without a fault: %v", err)
	}
	r.emulator.ForgetRequests()
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
	r.t.Helper()
	entries, dropped := r.emulator.Requests(journal.Filter{Vendor: r.subject.Driver.Name()})
	if dropped > 0 {
		r.t.Fatalf("the log of the emulator has lost %d requests", dropped)
	}
	return entries
}

// changes are the requests that changed something.
func (r *rig) changes() []journal.Entry {
	r.t.Helper()
	var changed []journal.Entry
	for _, entry := range r.requests() {
		if entry.Changed {
			changed = append(changed, entry)
		}
	}
	return changed
}

// with is the credential with one value changed.
func with(credential map[string]string, name, value string) map[string]string {
	changed := maps.Clone(credential)
	changed[name] = value
	return changed
}
