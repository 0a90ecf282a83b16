package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func orphans() []scenario {
	s := about("orphan ledger")
	s.at(harness.Portkey, "an entry stays while its key lives, and goes when the list shows it gone", entryGoesWithItsKey)
	s.at(harness.Portkey, "a list that fails removes no entry", failedListKeepsEntry)
	s.at(harness.Portkey, "a person removes an entry, and the key lives on", personRemovesEntry)
	s.at(harness.Portkey, "an entry of a workspace goes with it, and takes those of its keys along", entryGoesWithItsWorkspace)
	s.at(harness.Portkey, "an entry outlives its class, and one that is paused is left alone", entryOutlivesClass)
	s.at(harness.Portkey, "lives in the operator's namespace alone", ledgerIsTheOperators)
	s.at(harness.Slaunchx, "without a list the id decides, and without an id a person", idDecides)
	s.at(harness.Guance, "an entry is looked after with the workspace's own credential", ownCredentialOfEntry)
	return s.all
}

// book is a ledger as the operator has it: with its ServiceAccount, and with events that arrive.
func (w *World) book(namespace string) *ledger.Book {
	access, err := w.h.Cluster.ServiceAccountConfig(w.Context(), harness.OperatorNamespace, harness.ServiceAccount)
	w.Expect(err).NotTo(HaveOccurred())
	api, err := client.New(access, client.Options{Scheme: w.h.Client.Scheme()})
	w.Expect(err).NotTo(HaveOccurred())
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: kubernetes.NewForConfigOrDie(access).EventsV1()})
	w.Expect(broadcaster.StartRecordingToSinkWithContext(w.Context())).To(Succeed())
	w.Cleanup(broadcaster.Shutdown)
	return &ledger.Book{Client: api, Namespace: namespace, Recorder: broadcaster.NewRecorder(w.h.Client.Scheme(), "workspace-operator"), Now: time.Now}
}

// entryOf is about the live key of an ApiKey.
func (w *World) entryOf(ws *v1alpha1.Workspace, key *v1alpha1.ApiKey) ledger.Entry {
	return ledger.Entry{
		Kind: v1alpha1.KindApiKey, Namespace: key.Namespace, Name: key.Name, UID: key.UID, Provider: w.vendor, ClassName: ws.Status.ClassName,
		WorkspaceUUID: ws.Status.UUID, VendorID: key.Status.KeyID, VendorName: key.Status.DisplayName, Since: time.Now().Add(-time.Hour),
		Reason: v1alpha1.OrphanAbandoned, Message: "revoke the key in the vendor's console",
	}
}

// enter enters what was given up, and gives the entry.
func (w *World) enter(entry ledger.Entry) *v1alpha1.Orphan {
	before := w.ledger()
	w.Expect(w.book(harness.OperatorNamespace).Enter(w.Context(), entry)).To(Succeed())
	for _, orphan := range w.ledger() {
		if !slices.ContainsFunc(before, func(old v1alpha1.Orphan) bool { return old.Name == orphan.Name }) {
			return &orphan
		}
	}
	w.Fatal("there is no new entry")
	return nil
}

// ledger are the entries of the scenario's namespace.
func (w *World) ledger() []v1alpha1.Orphan {
	all := &v1alpha1.OrphanList{}
	w.Expect(w.h.Client.List(w.Context(), all, client.InNamespace(harness.OperatorNamespace))).To(Succeed())
	var ours []v1alpha1.Orphan
	for _, orphan := range all.Items {
		if orphan.Spec.Object.Namespace == w.ns {
			ours = append(ours, orphan)
		}
	}
	return ours
}

// orphanedKey is a key that lives at the vendor and whose ApiKey is gone, in a class that is looked after every second.
func (w *World) orphanedKey() (*v1alpha1.Workspace, *v1alpha1.ApiKey) {
	ws := w.workspace("workspace", w.class(gen.SetWorkspaceClassResyncInterval(time.Second)))
	key := w.key("key", ws.Name, func(k *v1alpha1.ApiKey) { k.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
	w.h.WaitReady(w, ws, key)
	w.delete(key)
	w.h.WaitGone(w, key)
	return ws, key
}

// remove takes something away in the vendor's console.
func (w *World) remove(kind, id string) {
	w.Expect(w.v.RemoveObject(w.vendor, kind, id)).To(Succeed())
}

// looks waits until the vendor was asked so many more times at a route; who is watched meanwhile must not change.
func (w *World) looks(route string, times int, watched *v1alpha1.Orphan) {
	before := w.count(route).Requests
	w.Eventually(func() int { return w.count(route).Requests - before }).Should(BeNumerically(">=", times), "looks at %s", route)
	seen := &v1alpha1.Orphan{ObjectMeta: metav1.ObjectMeta{Namespace: watched.Namespace, Name: watched.Name}}
	w.get(seen)
	w.Expect(seen.ResourceVersion).To(Equal(watched.ResourceVersion), "nothing is written while nothing changes")
}

// orphansCounted is the number in the metric for a class.
func (w *World) orphansCounted(class string) float64 {
	families, err := metrics.Registry.Gather()
	w.Expect(err).NotTo(HaveOccurred())
	var sum float64
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if family.GetName() == "workspace_operator_orphans" && label.GetName() == "class" && label.GetValue() == class {
					sum += metric.GetGauge().GetValue()
				}
			}
		}
	}
	return sum
}

func entryGoesWithItsKey(w *World) {
	ws, key := w.orphanedKey()
	entry := w.enter(w.entryOf(ws, key))
	w.said(key, "Warning", v1alpha1.ReasonOrphaned, entry.Name)
	w.Expect(w.book(harness.OperatorNamespace).Enter(w.Context(), w.entryOf(ws, key))).To(Succeed())
	w.Expect(w.ledger()).To(HaveLen(1), "entered twice it stands there once")

	w.looks("GET "+portkeyList, 3, entry)
	w.Eventually(func() float64 { return w.orphansCounted(ws.Status.ClassName) }).Should(Equal(1.0))
	lines := strings.Split(w.kubectl("get", "orphans", entry.Name), "\n")
	w.Expect(strings.Fields(lines[0])).To(Equal(strings.Fields("NAME PROVIDER CLASS KIND NAMESPACE OBJECT VENDOR NAME ID REASON SINCE")))
	w.Expect(strings.Fields(lines[1])).To(HaveExactElements(
		entry.Name, "portkey", ws.Status.ClassName, "ApiKey", w.ns, "key", key.Status.DisplayName, key.Status.KeyID, "Abandoned", HaveSuffix("m"),
	))

	w.remove("keys", key.Status.KeyID)
	w.h.WaitGone(w, entry)
	w.Eventually(func() float64 { return w.orphansCounted(ws.Status.ClassName) }).Should(BeZero())
	w.Expect(w.count("DELETE /api-keys/{id}").Requests).To(BeZero(), "the operator only looks")
}

func failedListKeepsEntry(w *World) {
	ws, key := w.orphanedKey()
	w.remove("keys", key.Status.KeyID)
	w.fail(fault.Fault{Method: http.MethodGet, Route: portkeyList, Action: fault.Status, Status: http.StatusInternalServerError})
	entry := w.enter(w.entryOf(ws, key))
	w.looks("GET "+portkeyList, 3, entry)
	w.v.ClearFaults()
	w.h.WaitGone(w, entry)
}

func personRemovesEntry(w *World) {
	ws, key := w.orphanedKey()
	entry := w.enter(w.entryOf(ws, key))
	w.Expect(w.kubectl("delete", "orphan", entry.Name)).To(ContainSubstring("deleted"))
	w.h.WaitGone(w, entry)
	w.Eventually(func() float64 { return w.orphansCounted(ws.Status.ClassName) }).Should(BeZero())
	w.Consistently(w.ledger).Should(BeEmpty(), "it does not come back")
	w.Expect(w.liveKeys()).To(HaveKey(key.Status.KeyID))
}

// entryGoesWithItsWorkspace: one with an id, and one that nobody has ever known the id of.
func entryGoesWithItsWorkspace(w *World) {
	ws, key := w.orphanedKey()
	ofKey := w.enter(w.entryOf(ws, key))
	entry := ledger.Entry{
		Kind: v1alpha1.KindWorkspace, Namespace: ws.Namespace, Name: ws.Name, UID: ws.UID, Provider: w.vendor, ClassName: ws.Status.ClassName,
		WorkspaceUUID: ws.Status.UUID, VendorID: ws.Status.UUID, Since: time.Now().Add(-time.Hour), Reason: v1alpha1.OrphanAbandoned,
	}
	known := w.enter(entry)
	entry.WorkspaceUUID, entry.VendorID, entry.VendorName, entry.Reason = "", "", ws.Name, v1alpha1.OrphanOutcomeUnknown
	unknown := w.enter(entry)
	w.looks("GET /admin/workspaces", 3, known)
	w.looks("GET /admin/workspaces", 3, unknown)
	w.settings(map[string]any{"listShape": "example"})
	w.looks("GET /admin/workspaces/{workspaceId}", 3, unknown)
	w.remove("workspaces", ws.Status.UUID)
	w.h.WaitGone(w, known, unknown, ofKey)
}

func entryOutlivesClass(w *World) {
	ws, key := w.orphanedKey()
	entry := w.enter(w.entryOf(ws, key))
	w.annotate(entry, v1alpha1.AnnotationPaused, "true")
	w.remove("keys", key.Status.KeyID)
	w.Consistently(w.ledger).Should(HaveLen(1), "somebody has it in hand")

	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Status.ClassName}}
	w.get(class)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.delete(class)
	w.h.WaitGone(w, class)
	newcomer := w.workspace("newcomer", class)
	w.refused(newcomer, v1alpha1.ReasonClassNotFound, "does not exist") // the operator has seen it go
	w.delete(newcomer)
	w.annotate(entry, v1alpha1.AnnotationPaused, nil)
	w.Consistently(w.ledger).Should(HaveLen(1), "nobody can be asked")
	again := gen.WorkspaceClassFrom(class, func(c *v1alpha1.WorkspaceClass) {
		c.ObjectMeta = metav1.ObjectMeta{Name: class.Name}
	})
	w.h.Create(w, again)
	w.h.WaitGone(w, entry)
}

// ledgerIsTheOperators: a tenant cannot be made to see what was given up, nor to write the ledger.
func ledgerIsTheOperators(w *World) {
	_, key := w.readyKey()
	err := w.book(w.ns).Enter(w.Context(), ledger.Entry{Kind: v1alpha1.KindApiKey, Namespace: w.ns, Name: key.Name, UID: key.UID, Reason: v1alpha1.OrphanAbandoned})
	w.Expect(apierrors.IsForbidden(err)).To(BeTrue(), "got %v", err)
	w.Expect(w.kubectl("get", "clusterrole", "workspace-operator-edit", "workspace-operator-view", "-o", "yaml")).To(And(
		ContainSubstring("apikeys"), Not(ContainSubstring("orphans"))), "what tenants may do")
}

func idDecides(w *World) {
	ws, key := w.orphanedKey()
	known := w.enter(w.entryOf(ws, key))
	entry := w.entryOf(ws, key)
	entry.VendorID, entry.Reason = "", v1alpha1.OrphanOutcomeUnknown
	unknown := w.enter(entry)
	w.looks("GET /web/v1/workspaces/{workspaceId}/api-keys/{keyId}", 3, known)
	w.remove("keys", key.Status.KeyID)
	w.h.WaitGone(w, known)
	w.Consistently(w.ledger).Should(HaveLen(1), "only a person can tell")
	w.Expect(w.kubectl("delete", "orphan", unknown.Name)).To(ContainSubstring("deleted"))
}

func ownCredentialOfEntry(w *World) {
	ws, key := w.orphanedKey()
	without := w.enter(w.entryOf(ws, key))
	entry := w.entryOf(ws, key)
	entry.VendorID, entry.CredentialOf = "", ws.UID
	with := w.enter(entry)
	w.looks("GET "+guanceList, 3, with)
	w.remove("keys", key.Status.KeyID)
	w.h.WaitGone(w, with)
	w.Consistently(w.ledger).Should(HaveLen(1), "the class's credential shows the keys of another workspace")
	w.delete(without)
}

// kubectl runs it as the administrator in the operator's namespace and returns what it prints.
func (w *World) kubectl(arguments ...string) string {
	programs, err := cluster.BinDir()
	w.Expect(err).NotTo(HaveOccurred())
	dir, err := os.MkdirTemp("", "kubectl-")
	w.Expect(err).NotTo(HaveOccurred())
	defer func() { w.Expect(os.RemoveAll(dir)).To(Succeed()) }()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	w.Expect(cluster.WriteKubeconfig(kubeconfig, w.h.Cluster.Config())).To(Succeed())
	all := append([]string{"--kubeconfig", kubeconfig, "--namespace", harness.OperatorNamespace}, arguments...)
	output, err := exec.CommandContext(w.Context(), filepath.Join(programs, "kubectl"), all...).CombinedOutput()
	w.Expect(err).NotTo(HaveOccurred(), func() string { return fmt.Sprintf("kubectl %v: %s", arguments, output) })
	return string(output)
}
