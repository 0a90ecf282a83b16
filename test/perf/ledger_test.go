package perf

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/cluster/audit"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	patience = time.Minute
	// interval is how often a log or a metric is looked at, which tell nobody when they change.
	interval = 50 * time.Millisecond

	passesMetric = "controller_runtime_reconcile_total"
)

// ledger keeps account of what the operator does, period by period.
type ledger struct {
	h        *harness.Harness
	operator *harness.Operator
	vendors  *harness.Vendors
	vendor   string
	// owners are the objects by the names that their writes have in the audit log, as in "secrets team-x/key-01": see own.
	owners map[string]string

	// log is the API server's.
	log     audit.Log
	entries int   // of the audit log, closed already
	calls   int64 // id of the last vendor call that is closed already
	passes  map[string]int
}

// tally is what happened in one period.
type tally struct {
	// writes are the operator's writes by the object they were for, in their order, as in "patch workspaces/status".
	writes map[string][]string
	// events are writes of events by object.
	events map[string]int
	// apart are writes that are for no single object, by what they are for.
	apart map[string]int
	// refused are the writes that the API server did not carry out, with its answers.
	refused map[string]int
	dryRuns int
	// changed are vendor calls by which something changed there or was meant to; read are all others.
	changed, read int
	// passes are by controller.
	passes map[string]int
}

// own says whose the writes are that go to an object which is not of our kinds.
func (l *ledger) own(resource, namespace, name, owner string) {
	l.owners[resource+" "+namespace+"/"+name] = owner
}

// settle returns once the operator has nothing to do and both logs are complete.
func (l *ledger) settle(t *testing.T) {
	t.Helper()
	wait := gomega.NewWithT(t)
	wait.Eventually(func() int {
		m := l.metrics(t)
		return sum(m, "workqueue_depth", "") + sum(m, "controller_runtime_active_workers", "")
	}, patience, interval).Should(gomega.BeZero(), "the operator does not come to rest")
	marker := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "end-of-period-" + rand.String(8)}}
	l.h.Create(t, marker)
	wait.Eventually(func() bool {
		return slices.ContainsFunc(l.audit(t), func(e audit.Entry) bool { return e.Verb == "create" && e.Name == marker.Name })
	}, patience, interval).Should(gomega.BeTrue(), "the audit log does not show a request")
}

// closePeriod lets things settle and gives what happened since the last time.
func (l *ledger) closePeriod(t *testing.T) tally {
	t.Helper()
	l.settle(t)
	sums := tally{writes: map[string][]string{}, events: map[string]int{}, apart: map[string]int{}, refused: map[string]int{}, passes: map[string]int{}}
	entries := l.audit(t)
	for _, e := range entries[l.entries:] {
		if e.User == harness.OperatorUser {
			l.enter(&sums, e)
		}
	}
	l.entries = len(entries)
	calls, dropped := l.vendors.Requests(journal.Filter{Vendor: l.vendor, Since: l.calls})
	if dropped > 0 {
		t.Fatal("the emulator's request log is too short for this test")
	}
	for _, call := range calls {
		if mutates(call) {
			sums.changed++
		} else {
			sums.read++
		}
		l.calls = call.ID
	}
	passes := l.passesNow(t)
	for controller, count := range passes {
		sums.passes[controller] = count - l.passes[controller]
	}
	l.passes = passes
	return sums
}

// enter books one request of the operator.
func (l *ledger) enter(sums *tally, e audit.Entry) {
	object := e.Resource + " " + e.Namespace + "/" + e.Name
	if owner, ok := l.owners[object]; ok {
		object = owner
	}
	what := e.Verb + " " + e.Target()
	switch {
	case e.DryRun && e.Verb != "get":
		sums.dryRuns++
	case !e.Mutates():
	case e.Code >= http.StatusBadRequest:
		sums.refused[fmt.Sprintf("%s: %d", what, e.Code)]++
	case e.Resource == "events":
		about := e.Name[:max(0, strings.LastIndex(e.Name, "."))] // the rest of an event's name is a number
		sums.events[e.Namespace+"/"+about]++
	case e.Resource == "leases", e.Resource == "workspaceclasses":
		sums.apart[e.Resource]++
	case e.Resource == "secrets" && e.Verb == "patch":
		sums.apart["holds"]++
	default:
		sums.writes[object] = append(sums.writes[object], what)
	}
}

// mutates reports whether a vendor call changed something or was meant to. Guance deletes a key by GET.
func mutates(call journal.Entry) bool {
	return call.Changed || call.Method != http.MethodGet || strings.HasSuffix(call.Route, "/delete")
}

func (l *ledger) audit(t *testing.T) []audit.Entry {
	t.Helper()
	entries, err := l.log.Read()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func (l *ledger) passesNow(t *testing.T) map[string]int {
	t.Helper()
	m := l.metrics(t)
	passes := map[string]int{}
	for _, controller := range []string{"workspace", "apikey", "workspaceclass", "credentials"} {
		passes[controller] = sum(m, passesMetric, `controller="`+controller+`"`)
	}
	return passes
}

// metrics are the operator's, by name with labels.
func (l *ledger) metrics(t *testing.T) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(get(t, l.operator.MetricsURL))); lines.Scan(); {
		name, text, found := cutLast(lines.Text(), " ")
		value, err := strconv.ParseFloat(text, 64)
		if found && err == nil && !strings.HasPrefix(name, "#") {
			values[name] = value
		}
	}
	return values
}

// sum adds up the metrics of that name which have the label.
func sum(values map[string]float64, name, label string) int {
	total := 0.0
	for key, value := range values {
		if found, labels, _ := strings.Cut(key, "{"); found == name && strings.Contains(labels, label) {
			total += value
		}
	}
	return int(total)
}

// residentMiB is the operator's memory as the kernel counts it.
func (l *ledger) residentMiB(t *testing.T) float64 {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.operator.Process.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if text, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	t.Fatal("the kernel does not say how much memory the operator has")
	return 0
}

// sequences are the distinct lists of writes that an object got, with how many objects got them.
func (s tally) sequences() string {
	counts := map[string]int{}
	for _, writes := range s.writes {
		counts[strings.Join(writes, ", ")]++
	}
	var parts []string
	for _, sequence := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d x [%s]", counts[sequence], sequence))
	}
	return strings.Join(parts, "; ")
}

func total(counts map[string]int) int {
	all := 0
	for _, count := range counts {
		all += count
	}
	return all
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
