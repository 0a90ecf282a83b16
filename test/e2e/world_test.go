package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apitypes "k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// pollTimeout and pollInterval are for what cannot be watched.
	pollTimeout  = 90 * time.Second
	pollInterval = 500 * time.Millisecond
	// quietTime is how long something is watched that must not happen.
	quietTime = 2 * time.Second
	// watchLag is how late what was seen of the cluster may be.
	watchLag = 10 * time.Second
	// anyScope is one that portkey knows, and paymentScope one that slaunchx does.
	anyScope     = "logs.list"
	paymentScope = "payment:read"
	// anyRegion is where groundfloor's workspaces are.
	anyRegion = "us-east-1"
	// consoleName is the name of what was made out of band.
	consoleName = "made in the console"
)

// World is what one scenario has to itself.
type World struct {
	*harness.Trial
	h *harness.Harness
	// ns is its namespace, vendor whom the story is about.
	ns, vendor string
	// v is its emulator.
	v *harness.Vendors
	// existing is the vendor's workspace for this scenario where its API cannot create any. No other scenario has one of its id.
	existing string
	// started are the operators that the scenario has started.
	started []*harness.Operator
	// requests are the passes that were asked for in loops.
	requests map[apitypes.UID]request
}

// play runs one scenario and returns what failed, with what the vendor was asked.
func play(h *harness.Harness, s scenario) string {
	w := &World{Trial: harness.NewTrial(s.name()), h: h, vendor: s.vendor}
	var asked string
	failure := w.Run(func() {
		w.v = harness.NewVendors(w, emulator.Options{})
		seen.add(w.v)
		w.ns = h.Namespace(w)
		w.prepare()
		w.Cleanup(func() { asked = w.conversation() })
		s.run(w)
		w.Eventually(w.brokenPromises).WithTimeout(watchLag).Should(BeEmpty())
		for _, operator := range w.started {
			w.Expect(h.Leaks(w, operator, w.v.Secrets())).To(BeEmpty())
		}
	})
	if failure == "" {
		return ""
	}
	return fmt.Sprintf("%s\nnamespace %s; the vendor was asked:\n%s", failure, w.ns, asked)
}

// prepare makes the workspace that is to be imported, if it has to be.
func (w *World) prepare() {
	if kind := harness.Importable(w.vendor); kind != "" {
		w.existing = w.importable(kind)
	}
}

// importable makes a workspace at the vendor out of band and returns its id. It differs from scenario to scenario, because they share one cluster.
func (w *World) importable(id string) string {
	id += "-" + w.ns
	_, err := w.v.CreateObject(w.vendor, "workspaces", map[string]any{"id": id, "name": consoleName})
	w.Expect(err).NotTo(HaveOccurred())
	return id
}

// Expect is gomega's; a failure is this scenario's.
func (w *World) Expect(actual any, extra ...any) types.Assertion {
	return NewWithT(w).Expect(actual, extra...)
}

// Eventually is gomega's, with patience.
func (w *World) Eventually(actual any) types.AsyncAssertion {
	return NewWithT(w).Eventually(actual).WithTimeout(pollTimeout).WithPolling(pollInterval / 5)
}

// Consistently is gomega's, for a short time.
func (w *World) Consistently(actual any) types.AsyncAssertion {
	return NewWithT(w).Consistently(actual).WithTimeout(quietTime).WithPolling(pollInterval / 5)
}

// class makes an open class of the scenario's vendor that does not hold requests back.
func (w *World) class(mods ...gen.WorkspaceClassModifier) *v1alpha1.WorkspaceClass {
	return w.h.Class(w, w.v, w.vendor, append([]gen.WorkspaceClassModifier{gen.SetWorkspaceClassRateLimit(60000, 30000)}, mods...)...)
}

// workspace creates a Workspace of the class, with what its vendor demands.
func (w *World) workspace(name string, class *v1alpha1.WorkspaceClass, mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	ws := harness.NewWorkspace(w.vendor, w.ns, name, class.Name, append([]gen.WorkspaceModifier{gen.SetWorkspaceExternalID(w.existing)}, mods...)...)
	w.h.Create(w, ws)
	return ws
}

// newKey is an ApiKey with what its vendor demands.
func (w *World) newKey(name, workspace string, mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	return harness.NewKey(w.vendor, w.ns, name, workspace, mods...)
}

// key creates such an ApiKey.
func (w *World) key(name, workspace string, mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	key := w.newKey(name, workspace, mods...)
	w.h.Create(w, key)
	return key
}

// readyWorkspace is a class and a Workspace that is Ready.
func (w *World) readyWorkspace(mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	ws := w.workspace("workspace", w.class(), mods...)
	w.h.WaitReady(w, ws)
	return ws
}

// readyKey is an ApiKey in a Workspace of its own, both Ready.
func (w *World) readyKey(mods ...gen.ApiKeyModifier) (*v1alpha1.Workspace, *v1alpha1.ApiKey) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, mods...)
	w.h.WaitReady(w, key)
	return ws, key
}

// settings changes the scenario's vendor.
func (w *World) settings(settings map[string]any) {
	w.Expect(w.v.SetSettings(w.vendor, settings)).To(Succeed())
}

// credential replaces what the class's Secret holds.
func (w *World) credential(class, credential string) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: harness.OperatorNamespace, Name: class}}
	w.patch(secret, map[string]any{"stringData": harness.CredentialData(w.vendor, credential)})
}

// change sets fields of the vendor's object out of band.
func (w *World) change(kind, id string, fields map[string]any) {
	_, err := w.v.ChangeObject(w.vendor, kind, id, fields)
	w.Expect(err).NotTo(HaveOccurred())
}

// fail adds a fault at the scenario's vendor.
func (w *World) fail(f fault.Fault) {
	f.Vendor = w.vendor
	_, err := w.v.AddFault(f)
	w.Expect(err).NotTo(HaveOccurred())
}

// get reads the object anew.
func (w *World) get(object client.Object) {
	w.Expect(w.h.Client.Get(w.Context(), client.ObjectKeyFromObject(object), object)).To(Succeed())
}

// delete deletes objects and does not wait.
func (w *World) delete(objects ...client.Object) {
	for _, object := range objects {
		w.Expect(w.h.Client.Delete(w.Context(), object)).To(Succeed())
	}
}

// patch changes the object by a merge patch, without a lock.
func (w *World) patch(object client.Object, change map[string]any) {
	w.Expect(w.tryPatch(object, change)).To(Succeed())
}

// tryPatch does the same and returns what the API server says.
func (w *World) tryPatch(object client.Object, change map[string]any) error {
	data, err := json.Marshal(change)
	w.Expect(err).NotTo(HaveOccurred())
	return w.h.Client.Patch(w.Context(), object, client.RawPatch(apitypes.MergePatchType, data))
}

// annotate sets one annotation; nil removes it.
func (w *World) annotate(object client.Object, name string, value any) {
	w.patch(object, map[string]any{"metadata": map[string]any{"annotations": map[string]any{name: value}}})
}

// refused waits until the object is Stalled for the reason, and expects its message to have all the words.
func (w *World) refused(object client.Object, reason string, words ...string) {
	w.says(object, v1alpha1.ConditionStalled, reason, words...)
}

// working waits until the object is Reconciling for the reason.
func (w *World) working(object client.Object, reason string, words ...string) {
	w.says(object, v1alpha1.ConditionReconciling, reason, words...)
}

func (w *World) says(object client.Object, abnormal, reason string, words ...string) {
	harness.Wait(w, w.h, object, fmt.Sprintf("%s to be %s because of %s, and say %q", object.GetName(), abnormal, reason, words), func(seen client.Object) bool {
		return harness.Says(seen, abnormal, reason, words...)
	})
}

// said waits for an event about the object, which may be gone by now.
func (w *World) said(object client.Object, kind, reason string, words ...string) {
	w.Eventually(func() []string {
		all := &eventsv1.EventList{}
		w.Expect(w.h.Client.List(w.Context(), all, client.InNamespace(w.ns))).To(Succeed())
		var notes []string
		for _, event := range all.Items {
			if event.Regarding.UID == object.GetUID() {
				notes = append(notes, event.Type+" "+event.Reason+": "+event.Note)
			}
		}
		return notes
	}).Should(ContainElement(SatisfyAll(HavePrefix(kind+" "+reason+": "), WithTransform(func(note string) bool { return hasAll(note, words) }, BeTrue()))),
		"an event about %s that says %q", object.GetName(), words)
}

func hasAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// secret reads a Secret of the scenario's namespace; nil if there is none.
func (w *World) secret(name string) *corev1.Secret {
	secret := &corev1.Secret{}
	err := w.h.Client.Get(w.Context(), client.ObjectKey{Namespace: w.ns, Name: name}, secret)
	if client.IgnoreNotFound(err) != nil {
		w.Fatal(err)
	}
	if err != nil {
		return nil
	}
	return secret
}

// published expects that the ApiKey's Secret holds the very value that the vendor issued under the id in status.
func (w *World) published(key *v1alpha1.ApiKey) {
	w.get(key)
	secret := w.secret(key.Status.Binding.Name)
	w.Expect(secret).NotTo(BeNil(), "the Secret of ApiKey %s", key.Name)
	id := string(secret.Data[v1alpha1.SecretKeyKeyID])
	w.Expect(id).To(Equal(key.Status.KeyID), "the id in the Secret and in status")
	live := w.liveKeys()
	w.Expect(live).To(HaveKey(id), "the published key lives")
	valueKey := v1alpha1.SecretKeyAPIKey
	if target := key.Spec.Secret; target != nil && target.ValueKey != "" {
		valueKey = target.ValueKey
	}
	w.Expect(string(secret.Data[valueKey])).To(Equal(live[id].Value), "the value in the Secret and the one that was issued")
}

func show(object client.Object) string {
	copied, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Sprint(object)
	}
	copied.SetManagedFields(nil)
	text, err := json.MarshalIndent(copied, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// conversation is the emulator's request log, in short.
func (w *World) conversation() string {
	entries, _ := w.v.Requests(journal.Filter{})
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&text, "  %s %s %s %s -> %d worked=%t changed=%t fault=%d\n", e.Time.Format(time.TimeOnly), e.Method, e.Path, e.Body, e.Status, e.Worked, e.Changed, e.Fault)
	}
	return text.String()
}
