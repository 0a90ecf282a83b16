package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
)

// counter is something that is counted.
type counter int

const (
	namespaces counter = iota
	namespacesDeleted
	workspacesApplied
	keysApplied
	keysDeleted
	edits
	rotations
	secretsLost
	replacements
	requests
	faultsPlayed
	answersLost
	mutationsLost
	vendorChanges
	operatorStarts
	operatorKills
	leaderKills
	bothKilled
	freezes
	apiServerKills
	apiServerOutages
	emulatorKills
	settled
	removedByPerson
	ledgerEntries
	looks
	looksInVain
	others // is not shown
)

// titles are what the counters are called, in their order.
func titles() []string {
	return []string{
		"namespaces made", "namespaces deleted by tenants", "Workspaces applied", "ApiKeys applied", "ApiKeys deleted one by one", "edits", "rotations asked for",
		"Secrets lost", "times everything was replaced", "requests to vendors", "  that went wrong", "  that were executed, and the answer lost", "  of which were to change something",
		"  that changed something", "operators started", "operators killed", "  leaders", "  both at once", "leaders frozen and thawed", "API servers killed",
		"API servers away for longer", "emulators killed", "outcomes settled by a person", "things at vendors removed by a person", "entries in the ledger at rest",
		"looks of the checker", "  in vain, while the emulator was away",
	}
}

// report is what is told of a run.
type report struct {
	out io.Writer

	mu       sync.Mutex
	began    time.Time
	long     time.Duration
	counts   [others + 1]int
	wrong    []string
	known    map[string]bool
	failures []error
	rests    []string
}

func newReport(out io.Writer) *report {
	return &report{out: out, began: time.Now(), known: map[string]bool{}}
}

// begin starts the clock of the time in which things go wrong.
func (r *report) begin(long time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "soak: everything runs, after %s; now things go wrong\n", time.Since(r.began).Round(time.Second))
	r.began, r.long = time.Now(), long
}

func (r *report) count(what counter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

// request counts a request to a vendor.
func (r *report) request(e journal.Entry, f fault.Fault) {
	mutates := e.Method != http.MethodGet || e.Changed
	for what, is := range map[counter]bool{
		requests: true, faultsPlayed: e.Fault != 0, answersLost: answerLost(e, f), mutationsLost: answerLost(e, f) && mutates, vendorChanges: e.Changed,
	} {
		if is {
			r.count(what)
		}
	}
}

// look counts a look of the checker.
func (r *report) look(err error) {
	r.count(looks)
	if err != nil {
		r.count(looksInVain)
	}
}

// changes is how many requests have changed anything.
func (r *report) changes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[vendorChanges]
}

// broken tells of a promise that was, once.
func (r *report) broken(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[what] {
		return
	}
	r.known[what] = true
	r.wrong = append(r.wrong, what)
	fmt.Fprintf(r.out, "soak: BROKEN at %s: %s\n", time.Since(r.began).Round(time.Second), what)
}

// failed tells that the run itself did not go as it should.
func (r *report) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, err)
	fmt.Fprintf(r.out, "soak: FAILED at %s: %v\n", time.Since(r.began).Round(time.Second), err)
}

func (r *report) rested(when string, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := fmt.Sprintf("%s: after %s, the %s in which nothing may happen included", when, after.Round(time.Second), restLength)
	r.rests = append(r.rests, line)
	fmt.Fprintln(r.out, "soak:", line)
}

// progress prints a line.
func (r *report) progress(open []*place, keys int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.counts
	fmt.Fprintf(r.out, "soak: %4s of %s: %d namespaces (%d of %d gone), %d live keys; %d requests, %d wrong (%d answers lost); operators: %d killed, %d frozen; "+
		"API server: %d restarts; emulator: %d; settled: %d; broken: %d\n",
		time.Since(r.began).Round(time.Second), r.long, len(open), c[namespaces]-len(open), c[namespaces], keys, c[requests], c[faultsPlayed], c[answersLost],
		c[operatorKills], c[freezes], c[apiServerKills]+c[apiServerOutages], c[emulatorKills], c[settled], len(r.wrong))
}

// clean: every promise was kept, and somebody has looked.
func (r *report) clean() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.wrong) == 0 && len(r.failures) == 0 && r.counts[looks] > r.counts[looksInVain]
}

// summary prints everything that was counted.
func (r *report) summary() {
	r.mu.Lock()
	defer r.mu.Unlock()
	table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	for what, title := range titles() {
		fmt.Fprintf(table, "%s\t%d\n", title, r.counts[what])
	}
	if n := r.counts[requests]; n > 0 {
		fmt.Fprintf(table, "share of requests that went wrong\t%.1f %%\n", 100*float64(r.counts[faultsPlayed])/float64(n))
	}
	if n := r.counts[faultsPlayed]; n > 0 {
		fmt.Fprintf(table, "share of these executed, answer lost\t%.1f %%\n", 100*float64(r.counts[answersLost])/float64(n))
	}
	fmt.Fprintf(table, "promises broken\t%d\n", len(r.wrong))
	_ = table.Flush() // what cannot be printed cannot be told either
	for _, line := range append(r.rests, r.wrong...) {
		fmt.Fprintln(r.out, " -", line)
	}
	for _, err := range r.failures {
		fmt.Fprintln(r.out, " - the run itself:", err)
	}
}
