package e2e

import (
	"strings"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func unknownKeys() []scenario {
	s := about("unknown outcome")
	tell := func(title string, run func(*World)) { s.at(harness.Slaunchx, title, run) }
	tell("of an issue: a person who says that the key does not exist has one issued", deniedKey)
	tell("of an issue: what a person says of one call says nothing of the next", deniedOnce)
	tell("of an issue: no other value of the annotation is taken for that", deniedWrongly)
	tell("of an issue is no obstacle to anything else in the namespace", unknownBlocksNothing)
	return s.all
}

// denies says in the annotation what the condition asks for.
func (w *World) denies(key *v1alpha1.ApiKey) {
	harness.Wait(w, w.h, key, "the message to tell what to do", func(seen *v1alpha1.ApiKey) bool {
		return seen.Status.Attempt != nil && strings.Contains(
			harness.Condition(seen, v1alpha1.ConditionSynced).Message, v1alpha1.AnnotationDoesNotExist+"="+engine.DenialOf(seen.Status.Attempt))
	})
	w.annotate(key, v1alpha1.AnnotationDoesNotExist, engine.DenialOf(key.Status.Attempt))
}

// lostKey creates an ApiKey whose key was issued and lost.
func (w *World) lostKey(name string) *v1alpha1.ApiKey {
	w.loseIssue()
	key := w.key(name, "workspace")
	w.refused(key, v1alpha1.ReasonOutcomeUnknown, name, v1alpha1.AnnotationDoesNotExist)
	w.Expect(key.Status.Unresolved).To(HaveLen(1))
	w.said(key, corev1.EventTypeWarning, v1alpha1.ReasonOutcomeUnknown, key.Status.Unresolved[0].Name)
	return key
}

// removeLost deletes the key that nobody holds, as its message asks for.
func (w *World) removeLost(key *v1alpha1.ApiKey) {
	removed := 0
	for id, live := range w.liveKeys() {
		if live.Name == key.Status.Unresolved[0].Name {
			w.Expect(w.v.RemoveObject(w.vendor, "keys", id)).To(Succeed())
			removed++
		}
	}
	w.Expect(removed).To(Equal(1), "the name in status finds the key in the console")
}

func deniedKey(w *World) {
	w.readyWorkspace()
	key := w.lostKey("key")
	w.removeLost(key)
	w.denies(key)
	w.h.WaitReady(w, key)
	w.published(key)
	w.Expect(key.Status.Unresolved).To(BeEmpty())
	w.Expect(key.Status.Attempt).To(BeNil())
	w.Expect(w.minted()).To(Equal(2))
	w.poke(key)
	w.Expect(w.minted()).To(Equal(2), "it is said once")
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func deniedOnce(w *World) {
	w.readyWorkspace()
	key := w.lostKey("key")
	first := engine.DenialOf(key.Status.Attempt)
	w.removeLost(key)
	w.v.ClearFaults()
	w.loseIssue()
	w.denies(key)
	harness.Wait(w, w.h, key, "another unknown outcome", func(seen *v1alpha1.ApiKey) bool {
		return len(seen.Status.Unresolved) == 1 && engine.DenialOf(seen.Status.Attempt) != first && harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonOutcomeUnknown)
	})
	w.poke(key)
	w.Expect(w.minted()).To(Equal(2), "the annotation speaks of the first call only")
	w.removeLost(key)
	w.denies(key)
	w.h.WaitReady(w, key)
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(3))
}

func deniedWrongly(w *World) {
	w.readyWorkspace()
	key := w.lostKey("key")
	for _, value := range []string{"true", "", string(key.UID), "2020-01-01T00:00:00Z"} {
		w.annotate(key, v1alpha1.AnnotationDoesNotExist, value)
		w.poke(key)
	}
	w.refused(key, v1alpha1.ReasonOutcomeUnknown)
	w.Expect(w.count(slaunchxIssue).Requests).To(Equal(1))
}

func unknownBlocksNothing(w *World) {
	ws := w.readyWorkspace()
	key := w.lostKey("key")
	other := w.key("other", ws.Name)
	w.h.WaitReady(w, other)
	w.published(other)
	w.patch(key, map[string]any{"spec": map[string]any{"secret": map[string]any{"name": "elsewhere"}}})
	w.refused(key, v1alpha1.ReasonOutcomeUnknown)
	name := key.Status.Unresolved[0].Name
	w.delete(key, other, ws)
	w.h.WaitGone(w, key, other, ws)
	w.said(key, corev1.EventTypeWarning, v1alpha1.ReasonOutcomeUnknown, name)
	w.Expect(w.count(slaunchxIssue).Requests).To(Equal(2))
}
