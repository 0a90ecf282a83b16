package crash

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// wrongf takes down what broke a promise.
func (w *World) wrongf(format string, args ...any) {
	w.memory.wrong = append(w.memory.wrong, fmt.Sprintf(format, args...))
}

// look holds what has happened so far against the invariants: all of them at rest, else those that hold at every moment.
func (w *World) look(atRest bool) {
	if !atRest && !w.moved() || w.plan.known {
		return
	}
	evidence := w.evidence()
	for _, broken := range evidence.Broken(atRest) {
		w.wrongf("%s", broken)
	}
	if n := len(evidence.Versions); n > 0 {
		w.memory.looked = evidence.Versions[n-1].Number
	}
}

// moved reports whether anything has changed since the last look.
func (w *World) moved() bool {
	version, asked := w.store.Version(), w.asked()
	if version == w.memory.version && asked == w.memory.asked {
		return false
	}
	w.memory.version, w.memory.asked = version, asked
	w.changed = time.Now()
	return true
}

// asked is how many requests have changed anything at the vendor.
func (w *World) asked() (number int) {
	for _, count := range w.emulator.Counts()[w.vendor] {
		number += count.Changed
	}
	return number
}

// evidence is all that happened.
func (w *World) evidence() *invariant.Evidence {
	for _, change := range w.memory.spectator.CatchUp() {
		w.memory.versions = append(w.memory.versions, versionOf(change))
	}
	entries, _ := w.emulator.Requests(journal.Filter{Vendor: w.vendor})
	requests := make([]invariant.Request, 0, len(entries))
	for _, entry := range entries {
		arrived := entry.Done && !w.memory.unheard[entry.ID]
		requests = append(requests, invariant.Request{
			Entry: entry, Sender: w.memory.senders[entry.ID],
			Heard: arrived && entry.Status > 0 && entry.Status < 500,
			Whole: arrived && entry.Worked && entry.Fault == 0 && entry.Status < 500,
		})
	}
	workspaces, keys := w.things()
	return &invariant.Evidence{
		Vendor: w.vendor, Can: w.can, Versions: w.memory.versions, Requests: requests, Workspaces: workspaces, Keys: keys,
		Imported: []string{w.existing}, Strangers: w.memory.strangers, Secrets: w.memory.secrets, Home: harness.OperatorNamespace, Lag: w.memory.lag, Ledger: w.ledger(),
		Causes: w.memory.causes, Retained: w.memory.retained, Denied: w.memory.denied, Altered: w.memory.altered, Looked: w.memory.looked, Together: w.crew != nil, Now: time.Now(),
	}
}

// ledger is what the operator has given up.
func (w *World) ledger() (given []v1alpha1.OrphanSpec) {
	orphans := &v1alpha1.OrphanList{}
	must(w.t, w.user.List(w.t.Context(), orphans))
	for _, orphan := range orphans.Items {
		given = append(given, orphan.Spec)
	}
	return given
}

// everything is all workspaces and keys that the vendor ever had.
func (w *World) everything() []invariant.Thing { return slices.Concat(w.things()) }

// things are all workspaces and all keys that the vendor ever had.
func (w *World) things() (workspaces, keys []invariant.Thing) {
	var state any
	switch w.vendor {
	case harness.Portkey:
		state = w.emulator.Portkey()
	case harness.Guance:
		state = w.emulator.Guance()
	case harness.Slaunchx:
		state = w.emulator.Slaunchx()
	case harness.Groundfloor:
		state = w.emulator.Groundfloor()
	default:
		state = w.emulator.Oceanbase()
	}
	workspaces, keys, err := invariant.Things(state)
	must(w.t, err)
	return workspaces, keys
}

// spellings are a secret as it is, and as it looks in a printed object, in JSON or in Go.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	return []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")}
}

// leaks are the secrets, the credential and those keys, that can be read where nobody should.
func (w *World) leaks(keys []invariant.Thing) []string {
	secrets := spellings(w.credential)
	for _, key := range keys {
		secrets = append(secrets, spellings(key.Value)...)
	}
	open := map[string]string{"a log, an event or an error": w.said.text.String()}
	requests, _ := w.emulator.Requests(journal.Filter{Vendor: w.vendor})
	for _, request := range requests {
		open[fmt.Sprintf("the address of request %d", request.ID)] = request.Path + "?" + request.Query
	}
	for _, v := range w.memory.versions {
		if _, isSecret := v.Object.(*corev1.Secret); isSecret {
			continue
		}
		text, err := json.Marshal(v.Object)
		must(w.t, err)
		open[fmt.Sprintf("version %d of %T", v.Number, v.Object)] = string(text)
	}
	var found []string
	for where, text := range open {
		if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) }) {
			found = append(found, "invariant 11: a key or a credential stands in "+where)
		}
	}
	return found
}
