package e2e

import (
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func foreignSecrets() []scenario {
	s := about("a Secret that is not ours")
	s.each("is left untouched, and no key is issued", leavesForeignSecrets)
	s.each("that appears in place of a published one is left untouched", leavesLaterSecrets)
	return s.all
}

// foreigner is one way in which the target Secret is not the ApiKey's to write.
type foreigner struct {
	name string
	// make changes a Secret that has the target's name and somebody's data.
	make func(w *World, key *v1alpha1.ApiKey, secret *corev1.Secret)
	// gone says that it has been deleted and waits for somebody else's finalizer.
	gone bool
}

const othersFinalizer = "example.org/backup"

func foreigners() []foreigner {
	controls := func(key *v1alpha1.ApiKey, secret *corev1.Secret) {
		secret.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(key, v1alpha1.GroupVersion.WithKind("ApiKey"))}
	}
	return []foreigner{
		{name: "unowned", make: func(*World, *v1alpha1.ApiKey, *corev1.Secret) {}},
		{name: "empty", make: func(_ *World, _ *v1alpha1.ApiKey, s *corev1.Secret) { s.Data = nil }},
		{name: "forged", make: func(_ *World, key *v1alpha1.ApiKey, s *corev1.Secret) {
			s.Labels = map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
			s.Annotations = map[string]string{"workspace-operator.io/key-serial": "7", "workspace-operator.io/issued-at": "2026-01-01T00:00:00Z"}
			s.Data["keyID"], s.Data["provider"] = []byte(key.UID), []byte("portkey")
		}},
		{name: "other-owner", make: func(w *World, _ *v1alpha1.ApiKey, s *corev1.Secret) {
			owner := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "owner"}}
			w.h.Create(w, owner)
			s.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, corev1.SchemeGroupVersion.WithKind("ConfigMap"))}
		}},
		{name: "deployment", make: func(w *World, _ *v1alpha1.ApiKey, s *corev1.Secret) {
			labels := map[string]string{"app": "owner"}
			owner := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "owner"}, Spec: appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}},
			}}
			w.h.Create(w, owner)
			s.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(owner, appsv1.SchemeGroupVersion.WithKind("Deployment"))}
		}},
		{name: "no-controller", make: func(_ *World, key *v1alpha1.ApiKey, s *corev1.Secret) {
			controls(key, s)
			s.OwnerReferences[0].Controller = nil
		}},
		{name: "other-key", make: func(w *World, _ *v1alpha1.ApiKey, s *corev1.Secret) {
			other := w.newKey("sibling", "workspace", gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
			w.h.Create(w, other)
			controls(other, s)
		}},
		{name: "predecessor", make: func(_ *World, key *v1alpha1.ApiKey, s *corev1.Secret) {
			// A version that is not served keeps the garbage collector from finding out that there is no such owner.
			controls(key, s)
			s.OwnerReferences[0].UID, s.OwnerReferences[0].APIVersion = "00000000-0000-0000-0000-000000000000", v1alpha1.GroupVersion.Group+"/v1"
		}},
		{name: "other-type", make: func(_ *World, key *v1alpha1.ApiKey, s *corev1.Secret) {
			controls(key, s)
			s.Type, s.Data = corev1.SecretTypeBasicAuth, map[string][]byte{"username": []byte("u"), "password": []byte("p")}
		}},
		{name: "immutable", make: func(_ *World, key *v1alpha1.ApiKey, s *corev1.Secret) {
			controls(key, s)
			s.Immutable = new(true)
		}},
		{name: "going", gone: true, make: func(_ *World, key *v1alpha1.ApiKey, s *corev1.Secret) {
			controls(key, s)
			s.Finalizers = []string{othersFinalizer}
		}},
		{name: "unowned-going", gone: true, make: func(_ *World, _ *v1alpha1.ApiKey, s *corev1.Secret) { s.Finalizers = []string{othersFinalizer} }},
		{name: "tls-immutable", make: func(_ *World, _ *v1alpha1.ApiKey, s *corev1.Secret) {
			s.Type, s.Immutable, s.Data = corev1.SecretTypeTLS, new(true), map[string][]byte{"tls.crt": nil, "tls.key": nil}
		}},
	}
}

// leavesForeignSecrets makes each ApiKey while it is paused, so that a Secret can name its UID.
func leavesForeignSecrets(w *World) {
	ws := w.readyWorkspace()
	keys, before := map[string]*v1alpha1.ApiKey{}, map[string]*corev1.Secret{}
	for _, f := range foreigners() {
		key := w.key(f.name, ws.Name, gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: f.name}, Data: map[string][]byte{"apiKey": []byte("somebody else's")}}
		f.make(w, key, secret)
		w.h.Create(w, secret)
		if f.gone {
			w.delete(secret)
		}
		keys[f.name], before[f.name] = key, w.secret(f.name)
	}
	for _, key := range keys {
		w.annotate(key, v1alpha1.AnnotationPaused, nil)
	}
	for name, key := range keys {
		w.refused(key, v1alpha1.ReasonSecretConflict, `Secret "`+name+`"`, "no key was issued", "spec.secret.name")
		w.Expect(harness.Condition(key, v1alpha1.ConditionPublished)).To(HaveField("Status", metav1.ConditionFalse), name)
		w.Expect(key.Finalizers).To(BeEmpty(), "%s: nothing was begun at the vendor", name)
		w.poke(key)
	}
	for name, secret := range before {
		w.Expect(w.secret(name)).To(Equal(secret), "Secret %s, to the byte", name)
	}
	w.Expect(w.minted()).To(BeZero())
	w.replaceForeigners(keys)
}

// replaceForeigners removes the Secrets; each ApiKey then becomes Ready with one key.
func (w *World) replaceForeigners(keys map[string]*v1alpha1.ApiKey) {
	for _, f := range foreigners() {
		secret := w.secret(f.name)
		if f.gone {
			w.patch(secret, map[string]any{"metadata": map[string]any{"finalizers": nil}})
		} else {
			w.delete(secret)
		}
		w.h.WaitGone(w, secret)
		w.ask(keys[f.name])
	}
	for _, key := range keys {
		w.h.WaitReady(w, key)
		w.published(key)
	}
	w.Expect(w.minted()).To(Equal(len(keys)))
	w.Expect(w.liveKeys()).To(HaveLen(len(keys)))
}

func leavesLaterSecrets(w *World) {
	_, key := w.readyKey()
	w.delete(w.secret(key.Name))
	intruder := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: key.Name}, Data: map[string][]byte{"apiKey": []byte("intruder")}}
	w.h.Create(w, intruder)
	before := w.secret(key.Name)
	w.poke(key)
	w.refused(key, v1alpha1.ReasonSecretConflict, key.Status.KeyID, "lives on", "spec.secret.name")
	w.Expect(w.secret(key.Name)).To(Equal(before))
	w.Expect(w.minted()).To(Equal(1))
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty(), "the key that lost its Secret is revoked with its ApiKey")
	w.Expect(w.secret(intruder.Name)).To(Equal(before))
}
