package e2e

import (
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func restoredKeys() []scenario {
	s := about("restore of an ApiKey")
	s.among(issuing(), "without its status and its Secret: no key is issued until a person says that there is none", restored)
	s.among(issuing(), "along with its Secret: neither is touched", restoredWithSecret)
	s.among(issuing(), "that is deleted again says what may be left", restoredAndDeleted)
	s.among(issuing(), "whose status was wiped: the Secret tells which key it has", statusWiped)
	s.among(listing(), "whose status and Secret were lost: its old key is revoked", statusAndSecretLost)
	return s.all
}

// restore deletes an ApiKey as a cluster that burns down would, and creates it anew from what a backup has of it: all but the status.
func (w *World) restore(key *v1alpha1.ApiKey) *v1alpha1.ApiKey {
	w.get(key)
	backup := &v1alpha1.ApiKey{
		TypeMeta:   key.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Labels: key.Labels, Annotations: key.Annotations, Finalizers: key.Finalizers},
		Spec:       key.Spec,
	}
	w.Expect(backup.Finalizers).To(ContainElement(v1alpha1.Finalizer))
	w.annotate(key, v1alpha1.AnnotationPaused, "true")
	w.patch(key, map[string]any{"metadata": map[string]any{"finalizers": nil}})
	w.delete(key)
	w.h.WaitGone(w, key, w.named(key.Name))
	w.h.Create(w, backup)
	w.Expect(backup.UID).NotTo(Equal(key.UID))
	return backup
}

func restored(w *World) {
	_, key := w.readyKey()
	old := key.Status.KeyID
	again := w.restore(key)
	w.refused(again, v1alpha1.ReasonRestored, w.vendor, v1alpha1.AnnotationDoesNotExist+"="+string(again.UID))
	w.poke(again)
	w.annotate(again, v1alpha1.AnnotationDoesNotExist, "true")
	w.poke(again)
	w.Expect(w.minted()).To(Equal(1), "no second key beside one that may live")
	w.Expect(w.secret(key.Name)).To(BeNil())
	w.Expect(w.liveKeys()).To(HaveKey(old), "what has another object's mark is not touched")
	w.Expect(w.v.RemoveObject(w.vendor, "keys", old)).To(Succeed())
	w.annotate(again, v1alpha1.AnnotationDoesNotExist, string(again.UID))
	w.h.WaitReady(w, again)
	w.published(again)
	w.Expect(w.minted()).To(Equal(2))
	w.poke(again)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

// restoredWithSecret has the Secret restored as well. Its owner is another object now, or none.
func restoredWithSecret(w *World) {
	_, key := w.readyKey()
	backup := w.secret(key.Name)
	w.annotate(key, v1alpha1.AnnotationPaused, "true")
	w.patch(key, map[string]any{"metadata": map[string]any{"finalizers": nil}})
	again := &v1alpha1.ApiKey{
		TypeMeta:   key.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Finalizers: []string{v1alpha1.Finalizer}},
		Spec:       key.Spec,
	}
	w.delete(key)
	w.h.WaitGone(w, key, w.named(key.Name))
	w.h.Create(w, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: key.Name, Labels: backup.Labels, Annotations: backup.Annotations}, Data: backup.Data,
	})
	before := w.secret(key.Name)
	w.h.Create(w, again)
	w.refused(again, v1alpha1.ReasonSecretConflict, `"`+key.Name+`"`)
	w.poke(again)
	w.Expect(w.secret(key.Name)).To(Equal(before), "who has mounted it goes on")
	w.Expect(w.liveKeys()).To(HaveKey(key.Status.KeyID))
	w.delete(before)
	w.ask(again)
	w.refused(again, v1alpha1.ReasonRestored)
	w.Expect(w.minted()).To(Equal(1))
}

func restoredAndDeleted(w *World) {
	_, key := w.readyKey()
	again := w.restore(key)
	w.refused(again, v1alpha1.ReasonRestored)
	w.delete(again)
	w.h.WaitGone(w, again)
	w.said(again, corev1.EventTypeWarning, v1alpha1.ReasonRestored, w.vendor)
	w.Expect(w.liveKeys()).To(HaveKey(key.Status.KeyID))
	w.Expect(w.minted()).To(Equal(1))
}

func statusWiped(w *World) {
	_, key := w.readyKey(rotating())
	w.settled(key)
	first := w.rotate(key)
	w.another(key, first)
	w.retired(key)
	id, secret := key.Status.KeyID, w.secret(key.Name)
	w.Expect(w.h.Client.Status().Update(w.Context(), gen.ApiKeyFrom(key, gen.SetApiKeyStatus(v1alpha1.ApiKeyStatus{ObservedGeneration: -1})))).To(Succeed())
	w.pokeUntil(key, "the key to be on record again", func(seen client.Object) bool { return harness.IsReady(seen) })
	w.Expect(key.Status.KeyID).To(Equal(id))
	w.Expect(key.Status.Applied).NotTo(BeEmpty())
	w.Expect(key.Status.Fingerprint).NotTo(BeEmpty())
	w.published(key)
	w.poke(key)
	w.Expect(w.secret(key.Name).Data).To(Equal(secret.Data))
	w.Expect(w.minted()).To(Equal(2), "the annotation was answered before")
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func statusAndSecretLost(w *World) {
	_, key := w.readyKey()
	old := key.Status.KeyID
	w.annotate(key, v1alpha1.AnnotationPaused, "true")
	harness.Wait(w, w.h, key, "it to say that it is paused", func(seen *v1alpha1.ApiKey) bool {
		return harness.HasReason(seen, v1alpha1.ConditionPaused, v1alpha1.ReasonPaused)
	})
	w.delete(w.secret(key.Name))
	w.get(key)
	w.Expect(w.h.Client.Status().Update(w.Context(), gen.ApiKeyFrom(key, gen.SetApiKeyStatus(v1alpha1.ApiKeyStatus{ObservedGeneration: -1})))).To(Succeed())
	w.annotate(key, v1alpha1.AnnotationPaused, nil)
	w.another(key, old)
	w.Expect(w.liveKeys()).To(HaveLen(1), "it is found by its mark and revoked")
	w.Expect(w.minted()).To(Equal(2))
}
