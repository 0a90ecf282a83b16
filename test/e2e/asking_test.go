package e2e

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apitypes "k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// poke asks for a pass and waits until it has been made.
func (w *World) poke(objects ...client.Object) {
	w.h.Poke(w, objects...)
}

// ask asks for a pass.
func (w *World) ask(object client.Object) string {
	return w.h.Ask(w, object)
}

// askAgain is how long a pass that was asked for may go unanswered before it is asked for again: not every pass ends in an answer.
const askAgain = 15 * time.Second

// request is a pass that was asked for.
type request struct {
	value string
	made  time.Time
}

// nag is for loops: it asks for a pass if the one it asked for before has been made. Whoever asks more often changes the object under every pass, and a pass gives way
// to a change. It leaves the object as it is now, and reports whether it is still there.
func (w *World) nag(object client.Object) bool {
	if w.requests == nil {
		w.requests = map[apitypes.UID]request{}
	}
	before, asked := w.requests[object.GetUID()]
	err := w.h.Client.Get(w.Context(), client.ObjectKeyFromObject(object), object)
	if apierrors.IsNotFound(err) {
		return false
	}
	w.Expect(err).NotTo(HaveOccurred())
	if asked && harness.Handled(object) != before.value && time.Since(before.made) < askAgain {
		return true
	}
	value := rand.String(8)
	change := []byte(fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationReconcileAt, value))
	err = w.h.Client.Patch(w.Context(), object, client.RawPatch(apitypes.MergePatchType, change))
	if apierrors.IsNotFound(err) {
		return false
	}
	w.Expect(err).NotTo(HaveOccurred())
	w.requests[object.GetUID()] = request{value: value, made: time.Now()}
	return true
}

// pokeUntil asks for passes until the object is as it should be.
func (w *World) pokeUntil(object client.Object, what string, check func(client.Object) bool) {
	w.Eventually(func() bool {
		w.Expect(w.nag(object)).To(BeTrue(), "it is still there")
		return check(object)
	}).WithPolling(pollInterval).Should(BeTrue(), func() string {
		return "asked again and again for " + what + ":\n" + show(object)
	})
}

func (w *World) pokeUntilReady(objects ...client.Object) {
	for _, object := range objects {
		w.pokeUntil(object, object.GetName()+" to be Ready", harness.IsReady)
	}
}
