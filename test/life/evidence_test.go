package life

import (
	"net/http"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

const fencePrefix = "fence-"

// catchUp takes down what the vendor has been asked so far, then waits until the chronicle has what was written before, and then looks at what the vendor has: the
// chronicle tells all that led to the requests, and the vendor has whatever the chronicle speaks of.
func (w *world) catchUp() {
	asked, dropped := w.v.Requests(journal.Filter{Vendor: w.vendor})
	if dropped > 0 {
		w.Fatalf("the emulator has forgotten %d requests", dropped)
	}
	fence := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, GenerateName: fencePrefix}}
	w.h.Create(w, fence)
	w.fence = numberOf(fence)
	objects := append(w.objects(), fence)
	w.eventually(pace/10, "the chronicle", func() string { return w.past.lags(objects, w.fence) })
	w.must(nil, w.h.Client.Delete(w.Context(), fence))
	w.known = w.evidence(asked)
}

// history are the versions up to the latest fence, without the fences.
func (w *world) history() []invariant.Version {
	all, err := w.past.of(w.ns)
	w.must(nil, err)
	return slices.DeleteFunc(all, func(v invariant.Version) bool {
		_, isSecret := v.Object.(*corev1.Secret)
		return v.Number > w.fence || isSecret && strings.HasPrefix(v.Object.GetName(), fencePrefix)
	})
}

// evidence is all that is known of this world.
func (w *world) evidence(asked []journal.Entry) *invariant.Evidence {
	requests := make([]invariant.Request, 0, len(asked))
	for _, e := range asked {
		requests = append(requests, invariant.Request{Entry: e, Heard: heard(e), Whole: w.whole(e)})
	}
	return &invariant.Evidence{
		Vendor: w.vendor, Can: w.capabilities(), Versions: w.history(), Requests: requests, Workspaces: w.seen("workspaces"), Keys: w.seen("keys"),
		Imported: []string{w.existing}, Strangers: w.bait.strangers, Secrets: []*corev1.Secret{w.bait.secret}, Home: harness.OperatorNamespace,
		Causes: w.causes, Retained: w.retained, Denied: w.denied, Altered: w.altered, Looked: w.looked, Now: time.Now(),
	}
}

// heard reports whether whoever asked knows for certain what became of it.
func heard(e journal.Entry) bool {
	return e.Done && (e.Fault == 0 || e.Status == http.StatusTooManyRequests) && e.Status > 0 && e.Status < 500
}

// whole reports whether all of the vendor's own answer arrived, if only later.
func (w *world) whole(e journal.Entry) bool {
	return e.Done && e.Worked && (e.Fault == 0 || w.delays[e.Fault]) && e.Status > 0 && e.Status < 500
}

// nothingMore is about rest: three more passes of everything change nothing.
func (w *world) nothingMore() (wrong []string) {
	for range 3 {
		before, asked := w.view(w.objects()), w.nextPoke()
		for _, object := range w.objects() {
			w.annotate(object, v1alpha1.AnnotationReconcileAt, asked)
		}
		w.eventually(pace/4, "a pass of each", func() string {
			for _, object := range w.objects() {
				if harness.Handled(object) != asked && !paused(object) {
					return compact(object)
				}
			}
			return ""
		})
		if after := w.view(w.objects()); after != before {
			wrong = append(wrong, "there is no rest:\n"+before+"\n"+after)
		}
	}
	return wrong
}
