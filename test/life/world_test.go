package life

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// patience is for whatever has to come about.
const patience = 90 * time.Second

// listsSettle is longer than the operator distrusts a vendor's list, and comes back to it: what it puts off until then shows nowhere.
const listsSettle = 13 * time.Second

// stage is what all stories share.
type stage struct {
	h    *harness.Harness
	past *chronicle

	mu  sync.Mutex
	all []*harness.Vendors
}

func (s *stage) secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, v := range s.all {
		all = append(all, v.Secrets()...)
	}
	return all
}

// world is a place at a vendor with a namespace and a class of its own, and what has to be remembered of what happened there.
type world struct {
	*harness.Trial
	*stage
	vendor, ns string
	v          *harness.Vendors
	class      *v1alpha1.WorkspaceClass
	// existing is the vendor's workspace to be taken over, where its API cannot create any.
	existing string
	bait     bait

	// now is the number of the step, and what happens in it.
	now   string
	pokes int
	// fence is how far the chronicle has been read, and looked how far it had been at the step before.
	fence, looked int64
	// known is all that was known at the fence.
	known *invariant.Evidence
	// delays are the faults that keep an answer back, and leave it whole.
	delays map[int]bool
	// causes is how often the key of an ApiKey may have been replaced, by the object's UID.
	causes map[types.UID]int
	// retained are the objects that were deleted with Retain.
	retained map[types.UID]bool
	// denied are those of which a person has said that what is unknown does not exist.
	denied map[types.UID]bool
	// altered are the versions of Secrets that somebody else than the operator wrote, and the Secrets that he deleted.
	altered map[string]bool
	// lost: the workspace was removed at the vendor, and with it whatever its keys could be looked for with.
	lost bool
	// kept is what was changed at the vendor that nobody takes back, by the vendor's id.
	kept map[string][]change
}

func (s *stage) world(vendor string) *world {
	w := &world{
		stage: s, vendor: vendor, causes: map[types.UID]int{}, retained: map[types.UID]bool{}, denied: map[types.UID]bool{},
		altered: map[string]bool{}, kept: map[string][]change{}, delays: map[int]bool{},
	}
	w.Trial = harness.NewTrial(vendor)
	return w
}

// play tells a story and returns what is wrong with it.
func (s *stage) play(st story) string {
	w := s.world(st.vendor)
	var asked string
	failure := w.Run(func() {
		w.Cleanup(func() { asked = w.conversation() })
		w.begin(st.first)
		for i, each := range st.steps {
			w.now = fmt.Sprintf("step %d (%s)", i+1, each.text)
			if each.rested {
				w.rest()
			}
			each.act(w)
			w.check(stepwise)
		}
		w.now = "the last step"
		w.v.ClearFaults()
		w.rest()
		w.settle(listsSettle)
		w.rest()
		w.check(stepwise)
		w.check(quiet)
		w.compare(st)
		w.end(st.last)
	})
	if failure == "" {
		return ""
	}
	return fmt.Sprintf("in %s:\n%s\nnamespace %s; the vendor was asked:\n%s", w.now, failure, w.ns, asked)
}

// begin makes the place and applies what is asked for at first.
func (w *world) begin(first cast) {
	w.now = "the beginning"
	w.v = harness.NewVendors(w, emulator.Options{})
	w.mu.Lock()
	w.all = append(w.all, w.v)
	w.mu.Unlock()
	w.ns = w.h.Namespace(w)
	if id := harness.Importable(w.vendor); id != "" {
		w.existing = id + "-" + w.ns
		w.must(w.v.CreateObject(w.vendor, "workspaces", map[string]any{"id": w.existing, "name": "made in the console"}))
	}
	mods := []gen.WorkspaceClassModifier{gen.SetWorkspaceClassRateLimit(60000, 30000)}
	if w.vendor == harness.Groundfloor {
		mods = append(mods, gen.SetWorkspaceClassFreezeOnDelete(v1alpha1.Enabled))
	}
	w.class = w.h.Class(w, w.v, w.vendor, mods...)
	w.admin(first.class)
	w.h.WaitReady(w, w.class)
	w.lay()
	w.apply(first.objects()...)
}

// end deletes everything and expects that nothing is left that should not be.
func (w *world) end(last cast) {
	w.now = "the end, when everything is deleted"
	w.delete(last.objects()...)
	w.check(stepwise)
	w.check(quiet)
}

// must fails the story on an error.
func (w *world) must(_ any, err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// eventually asks again and again until the check holds. The text of a check that does not hold says what is missing.
func (w *world) eventually(pace time.Duration, what string, check func() string) {
	w.Helper()
	gomega.NewWithT(w).Eventually(check).WithTimeout(patience).WithPolling(pace).Should(gomega.BeEmpty(), "in %s, waited for %s", w.now, what)
}

// read reads the object as it is; false if there is none.
func (w *world) read(object client.Object) bool {
	err := w.h.Client.Get(w.Context(), client.ObjectKey{Namespace: w.ns, Name: object.GetName()}, object)
	w.must(nil, client.IgnoreNotFound(err))
	return err == nil
}

// objects are the Workspaces and ApiKeys there are.
func (w *world) objects() []client.Object {
	workspaces, keys := &v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}
	w.must(nil, w.h.Client.List(w.Context(), workspaces, client.InNamespace(w.ns)))
	w.must(nil, w.h.Client.List(w.Context(), keys, client.InNamespace(w.ns)))
	var all []client.Object
	for i := range workspaces.Items {
		all = append(all, &workspaces.Items[i])
	}
	for i := range keys.Items {
		all = append(all, &keys.Items[i])
	}
	return all
}

// annotate sets one annotation of an object that may be gone.
func (w *world) annotate(object client.Object, name, value string) {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, name, value)
	err := w.h.Client.Patch(w.Context(), object, client.RawPatch(types.MergePatchType, []byte(patch)))
	w.must(nil, client.IgnoreNotFound(err))
}

func (w *world) nextPoke() string {
	w.pokes++
	return strconv.Itoa(w.pokes)
}

// poke asks for a pass of each object.
func (w *world) poke() {
	value := w.nextPoke()
	for _, object := range w.objects() {
		w.annotate(object, v1alpha1.AnnotationReconcileAt, value)
	}
}

// liveSecret is the Secret that the ApiKey says it is published in; nil if there is none.
func (w *world) liveSecret(key *v1alpha1.ApiKey) *corev1.Secret {
	if key.Status.Binding == nil {
		return nil
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: key.Status.Binding.Name}}
	if !w.read(secret) || !metav1.IsControlledBy(secret, key) {
		return nil
	}
	return secret
}

// compact is an object in one line, without what nobody reads.
func compact(object any) string {
	if meta, ok := object.(client.Object); ok {
		copied, isObject := meta.DeepCopyObject().(client.Object)
		if isObject {
			copied.SetManagedFields(nil)
			object = copied
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// conversation is the emulator's request log, in short.
func (w *world) conversation() string {
	if w.v == nil {
		return ""
	}
	entries, _ := w.v.Requests(journal.Filter{})
	var text strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&text, "  %s %s %s %s -> %d worked=%t changed=%t fault=%d\n", e.Time.Format(time.StampMilli), e.Method, e.Path, e.Body, e.Status, e.Worked, e.Changed, e.Fault)
	}
	return text.String()
}
