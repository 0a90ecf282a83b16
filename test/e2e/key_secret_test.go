package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func keySecrets() []scenario {
	s := about("a Secret")
	s.among(issuing(), "that is deleted is made anew within seconds, with another key, and the old one is revoked", repairsLost)
	s.among(issuing(), "whose value was altered gets another key, and the old one is revoked", repairsAltered)
	s.among(issuing(), "whose value is gone gets another key", repairsEmptied)
	s.among(issuing(), "in which all but the value was altered is put right without another key", repairsTrimmings)
	s.among(issuing(), "follows template, valueKey, labels and annotations without another key", followsTarget)
	s.among(issuing(), "that is renamed moves with the value it has", movesSecret)
	s.among(issuing(), "whose new name is taken stays where it is until the name is free", movesWhenFree)
	s.among(issuing(), "that is deleted in the overlap: the replaced key still lives its time", lostInOverlap)
	s.among(issuing(), "that is deleted while the vendor is away is made anew when it is back", lostInOutage)
	return s.all
}

// repairTime is what "within seconds" may take where everything is slow.
const repairTime = 90 * time.Second

func repairsLost(w *World) {
	_, key := w.readyKey()
	w.settled(key)
	old, began := key.Status.KeyID, time.Now()
	w.delete(w.secret(key.Name))
	w.another(key, old)
	w.Expect(time.Since(began)).To(BeNumerically("<", repairTime), "nobody had to ask")
	w.Expect(w.liveKeys()).To(HaveLen(1), "the lost key is revoked")
	w.Expect(key.Status.Retiring).To(BeEmpty(), "nobody holds it, so it has no overlap")
	w.Expect(w.minted()).To(Equal(2))
}

func repairsAltered(w *World) {
	_, key := w.readyKey(rotating())
	w.settled(key)
	old := key.Status.KeyID
	w.patch(w.secret(key.Name), map[string]any{"data": map[string]any{"apiKey": []byte("what somebody thinks is a key")}})
	w.another(key, old)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(2))
}

func repairsEmptied(w *World) {
	_, key := w.readyKey()
	w.settled(key)
	old := key.Status.KeyID
	w.patch(w.secret(key.Name), map[string]any{"data": nil})
	w.another(key, old)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(2))
}

func repairsTrimmings(w *World) {
	ws, key := w.readyKey()
	before, writes := w.secret(key.Name), w.writes()
	for what, change := range map[string]map[string]any{
		"an id":           {"data": map[string]any{"keyID": []byte("somebody-elses")}},
		"an endpoint":     {"data": map[string]any{"endpoint": []byte("https://elsewhere.test")}},
		"an entry":        {"data": map[string]any{"more": []byte("of this")}},
		"all but a value": {"data": map[string]any{"keyID": nil, "provider": nil, "endpoint": nil, "workspaceUUID": nil}},
		"the annotations": {"metadata": map[string]any{"annotations": nil}},
		"a fingerprint":   {"metadata": map[string]any{"annotations": map[string]any{v1alpha1.AnnotationFingerprint: "sha256:0000000000000000"}}},
		"the labels":      {"metadata": map[string]any{"labels": nil}},
	} {
		w.patch(w.secret(key.Name), change)
		w.Eventually(func() *corev1.Secret { return w.secret(key.Name) }).Should(And(
			HaveField("Data", Equal(before.Data)), HaveField("Labels", Equal(before.Labels)),
			HaveField("Annotations", HaveKeyWithValue(v1alpha1.AnnotationFingerprint, before.Annotations[v1alpha1.AnnotationFingerprint])),
		), "%s is put right", what)
	}
	w.h.WaitReady(w, key)
	w.expectSecret(ws, key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
	w.Expect(w.writes()).To(Equal(writes), "the vendor has no part in it")
}

func followsTarget(w *World) {
	ws, key := w.readyKey(gen.SetApiKeySecret(v1alpha1.SecretTarget{
		Labels: map[string]v1alpha1.LabelValue{"team": "a", "tier": "gold"}, Annotations: map[string]v1alpha1.AnnotationValue{"example.org/note": "a"},
	}))
	before := w.secret(key.Name)
	value := string(before.Data["apiKey"])
	w.patch(before, map[string]any{"metadata": map[string]any{"labels": map[string]any{"somebody": "else"}, "annotations": map[string]any{"example.org/theirs": "kept"}}})
	follows := func(change map[string]any, check func(*corev1.Secret)) {
		w.patch(key, map[string]any{"spec": map[string]any{"secret": change}})
		w.h.WaitReady(w, key)
		w.published(key)
		check(w.secret(key.Name))
	}
	follows(map[string]any{"template": map[string]any{"config": "{{ .APIKey }} {{ .KeyID }} {{ .WorkspaceUUID }}"}}, func(secret *corev1.Secret) {
		w.Expect(string(secret.Data["config"])).To(Equal(value + " " + key.Status.KeyID + " " + ws.Status.UUID))
	})
	follows(map[string]any{"template": map[string]any{"config": nil, "key": "{{ .APIKey }}"}, "valueKey": "API_KEY"}, func(secret *corev1.Secret) {
		w.Expect(secret.Data).To(And(HaveKeyWithValue("key", []byte(value)), HaveKeyWithValue("API_KEY", []byte(value)), Not(HaveKey("config")), Not(HaveKey("apiKey"))))
	})
	follows(map[string]any{"labels": map[string]any{"team": "b", "tier": nil}, "annotations": nil}, func(secret *corev1.Secret) {
		w.Expect(secret.Labels).To(And(HaveKeyWithValue("team", "b"), Not(HaveKey("tier")), HaveKeyWithValue("somebody", "else")))
		w.Expect(secret.Annotations).To(And(Not(HaveKey("example.org/note")), HaveKeyWithValue("example.org/theirs", "kept")))
	})
	w.patch(key, map[string]any{"spec": map[string]any{"secret": map[string]any{"template": map[string]any{"key": "{{ .Nothing }}"}}}})
	w.refused(key, v1alpha1.ReasonTemplateInvalid, `spec.secret.template["key"]`)
	w.Expect(w.secret(key.Name).Data).To(HaveKeyWithValue("key", []byte(value)), "it stays as it was")
	w.patch(key, map[string]any{"spec": map[string]any{"secret": nil}})
	w.h.WaitReady(w, key)
	w.Expect(w.secret(key.Name).Data).To(Equal(before.Data))
	w.Expect(w.secret(key.Name).UID).To(Equal(before.UID))
	w.Expect(w.minted()).To(Equal(1))
}

func movesSecret(w *World) {
	_, key := w.readyKey()
	value, writes := w.secret(key.Name).Data["apiKey"], w.writes()
	w.patch(key, map[string]any{"spec": map[string]any{"secret": map[string]any{"name": "second", "valueKey": "API_KEY"}}})
	w.h.WaitReady(w, key)
	w.Expect(key.Status.Binding.Name).To(Equal("second"))
	w.published(key)
	w.Expect(w.secret("second").Data).To(HaveKeyWithValue("API_KEY", value))
	w.h.WaitGone(w, w.named(key.Name))
	w.patch(key, map[string]any{"spec": map[string]any{"secret": nil}})
	w.h.WaitReady(w, key)
	w.Expect(w.secret(key.Name).Data).To(HaveKeyWithValue("apiKey", value))
	w.published(key)
	w.h.WaitGone(w, w.named("second"))
	w.Expect(w.minted()).To(Equal(1))
	w.Expect(w.writes()).To(Equal(writes), "the vendor has no part in it")
}

func movesWhenFree(w *World) {
	_, key := w.readyKey()
	value := w.secret(key.Name).Data["apiKey"]
	theirs := w.named("taken")
	theirs.StringData = map[string]string{"apiKey": "theirs"}
	w.h.Create(w, theirs)
	taken := w.secret("taken")
	w.patch(key, map[string]any{"spec": map[string]any{"secret": map[string]any{"name": "taken"}}})
	w.spared(key, v1alpha1.ReasonSecretConflict)
	w.said(key, corev1.EventTypeWarning, v1alpha1.ReasonSecretConflict, `"taken"`, `"`+key.Name+`"`)
	w.Expect(key.Status.Binding.Name).To(Equal(key.Name))
	w.Expect(w.secret(key.Name).Data).To(HaveKeyWithValue("apiKey", value))
	w.Expect(w.secret("taken")).To(Equal(taken), "it is left as it is")
	w.delete(taken)
	w.pokeUntil(key, "the Secret to be moved", func(seen client.Object) bool {
		k, ok := seen.(*v1alpha1.ApiKey)
		return ok && harness.IsReady(k) && k.Status.Binding.Name == "taken"
	})
	w.Expect(w.secret("taken").Data).To(HaveKeyWithValue("apiKey", value))
	w.published(key)
	w.h.WaitGone(w, w.named(key.Name))
	w.Expect(w.minted()).To(Equal(1))
}

// lostInOverlap loses the second key while the first one retires: who has the first value can still use it.
func lostInOverlap(w *World) {
	_, key := w.readyKey(gen.SetApiKeyRotation(interval, 30*time.Minute))
	first := w.rotate(key)
	w.another(key, first)
	w.settled(key)
	second, retiring := key.Status.KeyID, key.Status.Retiring
	w.delete(w.secret(key.Name))
	w.another(key, second)
	w.Expect(w.liveKeys()).To(And(HaveLen(2), HaveKey(first), Not(HaveKey(second))))
	w.Expect(key.Status.Retiring).To(ConsistOf(HaveField("KeyID", first)))
	w.Expect(key.Status.Retiring[0].RevokeAt.Time).To(BeTemporally(">=", retiring[0].RevokeAt.Add(-2*slack)))
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty())
	w.Expect(w.minted()).To(Equal(3))
}

func lostInOutage(w *World) {
	_, key := w.readyKey()
	w.settled(key)
	old := key.Status.KeyID
	w.fail(fault.Fault{Action: fault.Reset})
	w.delete(w.secret(key.Name))
	w.working(key, v1alpha1.ReasonVendorUnavailable)
	w.Expect(harness.IsReady(key)).To(BeFalse(), "a key without its Secret is not Ready")
	w.v.ClearFaults()
	w.another(key, old)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(2))
}
