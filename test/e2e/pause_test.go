package e2e

import (
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func pause() []scenario {
	s := about("pause")
	s.each("a paused object keeps everything, its deletion waits with a condition, and goes on afterwards", pausedDeletion)
	return s.all
}

// paused waits for the condition, and expects it to say the words.
func (w *World) paused(object client.Object, words ...string) {
	harness.Wait(w, w.h, object, object.GetName()+" to be Paused", func(seen client.Object) bool {
		paused := harness.Condition(seen, v1alpha1.ConditionPaused)
		return paused != nil && paused.Status == metav1.ConditionTrue && paused.Reason == v1alpha1.ReasonPaused && hasAll(paused.Message, words)
	})
}

func pausedDeletion(w *World) {
	ws, key := w.readyKey()
	for _, object := range []client.Object{key, ws} {
		w.annotate(object, v1alpha1.AnnotationPaused, "true")
		w.paused(object, v1alpha1.AnnotationPaused)
	}
	before := w.writes()
	w.delete(key, ws)
	w.paused(key, "deletion waits")
	w.paused(ws, "deletion waits")
	w.Consistently(w.writes).Should(Equal(before), "nothing is asked of the vendor")
	w.Expect(w.liveKeys()).To(HaveKey(key.Status.KeyID))
	w.Expect(w.secret(key.Name)).NotTo(BeNil())
	w.get(ws)
	w.Expect(harness.Condition(ws, v1alpha1.ConditionReady)).To(HaveField("Status", metav1.ConditionTrue), "how it stood before is what is known of it")
	w.annotate(key, v1alpha1.AnnotationPaused, nil)
	w.annotate(ws, v1alpha1.AnnotationPaused, nil)
	w.h.WaitGone(w, key, ws)
	w.nothingLeft()
}
