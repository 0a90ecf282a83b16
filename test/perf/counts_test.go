package perf

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/cluster/audit"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// objects is how many Workspaces there are, and how many ApiKeys: one in each.
	objects = 50
	// idleResyncs is for how many resyncs nothing happens, and nothing may.
	idleResyncs = 3
	// maxPasses is on average, from an object's creation until it is Ready. Until it is gone there may be one more: the end of its Secret wakes it as well.
	maxPasses         = 2
	maxPassesUntilEnd = 3
	maxEvents         = 2
	// maxResidentMiB is for the whole operator with all objects.
	maxResidentMiB = 60
)

// price is what one object may cost: exactly so many writes and changing vendor calls, and at most so many that only read.
type price struct{ writes, changes, reads int }

// prices are the prices of one vendor.
type prices struct {
	vendor                                                 string
	createWorkspace, createKey, deleteKey, deleteWorkspace price
	keyMods                                                []gen.ApiKeyModifier
}

func priceList() []prices {
	return []prices{
		{
			vendor:          harness.Portkey,
			createWorkspace: price{writes: 2, changes: 1},
			createKey:       price{writes: 3, changes: 1},
			deleteKey:       price{writes: 1, changes: 1, reads: 1},
			deleteWorkspace: price{writes: 1, changes: 1, reads: 1},
			keyMods:         []gen.ApiKeyModifier{gen.SetApiKeyScopes("logs.list", "completions.write")},
		},
		{
			// The attempt is recorded before the call, because nobody could find a lost workspace again, and the workspace's admin key is stored after it.
			vendor:          harness.Guance,
			createWorkspace: price{writes: 4, changes: 1},
			createKey:       price{writes: 3, changes: 1},
			deleteKey:       price{writes: 1, changes: 1, reads: 1},
			deleteWorkspace: price{writes: 2, changes: 1, reads: 1}, // the call revokes the admin key
		},
	}
}

// TestCounts takes Workspaces and ApiKeys to Ready and away again, at each vendor in turn, and counts what each of them cost. The operator is the real program, with no
// more rights than config/rbac gives it.
func TestCounts(t *testing.T) {
	h, operator := start(t, "--leader-elect")
	for _, p := range priceList() {
		t.Run(p.vendor, func(t *testing.T) {
			l := &ledger{
				h: h, operator: operator, vendors: harness.NewVendors(t, emulator.Options{}), vendor: p.vendor, owners: map[string]string{},
				log: audit.Log{Path: h.Cluster.AuditLogPath()},
			}
			r := newReport(t, l, p)
			r.oneByOne(t)
			r.allTogether(t)
			r.atRest(t)
			r.remove(t, r.class) // its emulator ends with the test
		})
	}
}

// start gives a control plane and the operator as a program, both of which end with the test.
func start(t *testing.T, arguments ...string) (*harness.Harness, *harness.Operator) {
	t.Helper()
	h, err := harness.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	program, err := h.BuildOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	operator, err := h.StartOperator(t.Context(), program, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			t.Error(err)
		}
	})
	return h, operator
}

// report is the table of one vendor.
type report struct {
	*ledger
	prices prices
	class  *v1alpha1.WorkspaceClass
	table  *tabwriter.Writer
	events map[string]int
}

func newReport(t *testing.T, l *ledger, p prices) *report {
	t.Helper()
	r := &report{ledger: l, prices: p, events: map[string]int{}, table: tabwriter.NewWriter(t.Output(), 0, 0, 2, ' ', tabwriter.AlignRight)}
	t.Cleanup(func() {
		if err := r.table.Flush(); err != nil {
			t.Error(err)
		}
	})
	_, _ = fmt.Fprintf(r.table, "\nper object\twrites\tvendor changes\tvendor reads\tpasses\tdry runs\tevents\t| in all: holds\tclass\tleases\trefused\t\n")
	r.closePeriod(t) // what came before is not ours
	// The documented 20 requests a minute would make this a test of patience.
	r.class = l.h.Class(t, l.vendors, p.vendor, gen.SetWorkspaceClassRateLimit(60_000, 30_000))
	l.own("secrets", harness.OperatorNamespace, r.class.Name, "credential")
	l.h.WaitReady(t, r.class)
	r.line("the class itself", 1, "workspaceclass", l.closePeriod(t))
	return r
}

// oneByOne deletes what it has created object by object, and holds every object to its price.
func (r *report) oneByOne(t *testing.T) {
	workspaces, keys := r.compose(r.h.Namespace(t))

	r.h.Create(t, workspaces...)
	r.h.WaitReady(t, workspaces...)
	for _, ws := range workspaces {
		r.own("secrets", harness.OperatorNamespace, "workspace-"+string(ws.GetUID()), name("workspaces", ws))
	}
	r.book(t, "create Workspace", "workspace", "workspaces", workspaces, r.prices.createWorkspace, maxPasses)

	for _, key := range keys {
		r.own("secrets", key.GetNamespace(), key.GetName(), name("apikeys", key))
	}
	r.h.Create(t, keys...)
	r.h.WaitReady(t, keys...)
	r.book(t, "create ApiKey", "apikey", "apikeys", keys, r.prices.createKey, maxPasses)
	r.weigh(t, "with all objects")

	r.remove(t, keys...)
	r.book(t, "delete ApiKey", "apikey", "apikeys", keys, r.prices.deleteKey, maxPassesUntilEnd)
	r.remove(t, workspaces...)
	r.book(t, "delete Workspace", "workspace", "workspaces", workspaces, r.prices.deleteWorkspace, maxPassesUntilEnd)
	for object, count := range r.events {
		if count > maxEvents {
			t.Errorf("%s: %d writes of events from its creation to its end, want at most %d", object, count, maxEvents)
		}
	}
	r.nothingLeft(t)
}

// allTogether deletes the namespace with everything in it.
func (r *report) allTogether(t *testing.T) {
	namespace, _, _ := r.fill(t)
	r.line("create both at once", 2*objects, "", r.closePeriod(t))
	r.remove(t, namespace)
	sums := r.closePeriod(t)
	r.line("delete the namespace", 2*objects, "", sums)
	t.Logf("%s: writes of the deletion with the namespace: %s; refused %v", r.vendor, sums.sequences(), sums.refused)
	r.nothingLeft(t)
}

// atRest leaves the objects in peace for a few resyncs.
func (r *report) atRest(t *testing.T) {
	_, workspaces, keys := r.fill(t)
	r.resyncEvery(t, time.Second, keys)
	r.closePeriod(t)
	r.waitForPasses(t, idleResyncs+1) // one may have been under way
	sums := r.closePeriod(t)
	r.line(fmt.Sprintf("%d idle resyncs", idleResyncs), 2*objects, "", sums)
	if len(sums.writes)+len(sums.events)+len(sums.refused)+sums.dryRuns+sums.apart["holds"]+sums.apart["workspaceclasses"] > 0 {
		t.Errorf("writes while idle: %s, events %v, others %v, dry runs %d, refused %v", sums.sequences(), sums.events, sums.apart, sums.dryRuns, sums.refused)
	}
	if sums.changed > 0 {
		t.Errorf("%d vendor calls that change something while idle, want none", sums.changed)
	}
	r.weigh(t, fmt.Sprintf("with all objects, after %d resyncs", idleResyncs))
	r.remove(t, keys...)
	r.remove(t, workspaces...)
	r.nothingLeft(t)
}

// fill makes a namespace with all objects in it and waits until they are Ready.
func (r *report) fill(t *testing.T) (namespace *corev1.Namespace, workspaces, keys []client.Object) {
	t.Helper()
	namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.h.Namespace(t)}}
	workspaces, keys = r.compose(namespace.Name)
	r.h.Create(t, workspaces...)
	r.h.Create(t, keys...)
	r.h.WaitReady(t, workspaces...)
	r.h.WaitReady(t, keys...)
	return namespace, workspaces, keys
}

// compose makes Workspaces, and an ApiKey in each.
func (r *report) compose(namespace string) (workspaces, keys []client.Object) {
	in := gen.InNamespace(namespace)
	for i := range objects {
		ws := fmt.Sprintf("workspace-%02d", i)
		workspaces = append(workspaces, gen.Workspace(ws, gen.SetWorkspaceClass(r.class.Name), gen.SetWorkspaceMeta(in)))
		mods := append([]gen.ApiKeyModifier{gen.SetApiKeyWorkspace(ws), gen.SetApiKeyMeta(in)}, r.prices.keyMods...)
		keys = append(keys, gen.ApiKey(fmt.Sprintf("key-%02d", i), mods...))
	}
	return workspaces, keys
}

// book adds a line and holds it to the price.
func (r *report) book(t *testing.T, what, controller, resource string, of []client.Object, want price, maxPasses int) {
	t.Helper()
	sums := r.closePeriod(t)
	r.line(what, len(of), controller, sums)
	for _, object := range of {
		if got := sums.writes[name(resource, object)]; len(got) != want.writes {
			t.Errorf("%s: %d writes, want %d; of all objects: %s", what, len(got), want.writes, sums.sequences())
			break
		}
	}
	if len(sums.writes) != len(of) {
		t.Errorf("%s: %d objects were written to, want only the %d: %s", what, len(sums.writes), len(of), sums.sequences())
	}
	if len(sums.refused) > 0 {
		t.Errorf("%s: writes were refused: %v", what, sums.refused)
	}
	if sums.changed != want.changes*len(of) {
		t.Errorf("%s: %d vendor calls that change something for %d objects, want %d each", what, sums.changed, len(of), want.changes)
	}
	if sums.read > want.reads*len(of) {
		t.Errorf("%s: %d vendor calls that only read for %d objects, want at most %d each", what, sums.read, len(of), want.reads)
	}
	if got := sums.passes[controller]; got > maxPasses*len(of) {
		t.Errorf("%s: %d passes for %d objects, want at most %d on average", what, got, len(of), maxPasses)
	}
	for object, count := range sums.events {
		r.events[object] += count
	}
}

func (r *report) line(what string, count int, controller string, sums tally) {
	each := func(all int) string { return fmt.Sprintf("%.2f", float64(all)/float64(count)) }
	writes, passes := 0, sums.passes["workspace"]+sums.passes["apikey"]
	for _, of := range sums.writes {
		writes += len(of)
	}
	if controller != "" {
		passes = sums.passes[controller]
	}
	_, _ = fmt.Fprintf(r.table, "%s %s (%d)\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t\n", r.vendor, what, count,
		each(writes), each(sums.changed), each(sums.read), each(passes), each(sums.dryRuns), each(total(sums.events)),
		sums.apart["holds"], sums.apart["workspaceclasses"], sums.apart["leases"], total(sums.refused))
}

func (r *report) weigh(t *testing.T, when string) {
	t.Helper()
	// What is no longer used goes back to the kernel a little later.
	gomega.NewWithT(t).Eventually(func() float64 { return r.residentMiB(t) }, patience, interval).Should(gomega.BeNumerically("<", maxResidentMiB),
		"MiB that the operator has resident %s", when)
	t.Logf("%s: %.1f MiB resident %s", r.vendor, r.residentMiB(t), when)
}

// resyncEvery changes the class, which wakes its Workspaces, and has the ApiKeys look at it.
func (r *report) resyncEvery(t *testing.T, interval time.Duration, keys []client.Object) {
	t.Helper()
	r.patch(t, r.class, func() { r.class.Spec.ResyncInterval = &metav1.Duration{Duration: interval} })
	r.h.WaitReady(t, r.class)
	asked := interval.String()
	for _, key := range keys {
		r.patch(t, key, func() { key.SetAnnotations(map[string]string{v1alpha1.AnnotationReconcileAt: asked}) })
	}
	for _, key := range keys {
		harness.Wait(t, r.h, key, "the ApiKey to be looked at", func(seen client.Object) bool {
			return seen.(*v1alpha1.ApiKey).Status.LastHandledReconcileAt == asked
		})
	}
}

// waitForPasses waits until every object has had so many passes, going by what all of them had together: their resyncs are the same but for a tenth.
func (r *report) waitForPasses(t *testing.T, each int) {
	t.Helper()
	before := r.passesNow(t)
	gomega.NewWithT(t).Eventually(func() bool {
		now := r.passesNow(t)
		return min(now["workspace"]-before["workspace"], now["apikey"]-before["apikey"]) >= each*objects
	}, patience, interval).Should(gomega.BeTrue(), "the objects are not looked at again")
}

// nothingLeft looks at the vendor itself.
func (r *report) nothingLeft(t *testing.T) {
	t.Helper()
	var living []string
	portkey, guance := r.vendors.Portkey(), r.vendors.Guance()
	for _, workspace := range portkey.Workspaces {
		if workspace.DeletedAt == nil && !workspace.IsDefault {
			living = append(living, "workspace "+workspace.ID)
		}
	}
	for _, key := range portkey.Keys {
		if key.DeletedAt == nil {
			living = append(living, "key "+key.ID)
		}
	}
	for _, key := range guance.Keys {
		if key.DeletedAt == nil && key.SK != emulator.DefaultGuanceOwnerKey {
			living = append(living, "key "+key.UUID)
		}
	}
	if len(living) > 0 {
		t.Errorf("everything was deleted, but these live on at the vendor: %q", living)
	}
}

func (r *report) patch(t *testing.T, object client.Object, change func()) {
	t.Helper()
	before := object.DeepCopyObject().(client.Object)
	change()
	if err := r.h.Client.Patch(t.Context(), object, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
}

func (r *report) remove(t *testing.T, all ...client.Object) {
	t.Helper()
	for _, object := range all {
		if err := r.h.Client.Delete(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	r.h.WaitGone(t, all...)
}

// name is how a write to the object itself is entered in a tally.
func name(resource string, object client.Object) string {
	return resource + " " + object.GetNamespace() + "/" + object.GetName()
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("get %s: %s, %v", url, response.Status, err)
	}
	return body
}
