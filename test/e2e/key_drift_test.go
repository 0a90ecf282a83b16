package e2e

import (
	"net/http"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// What somebody changes of a key at the vendor, and what the vendor makes of what it is told.
func keyDrift() []scenario {
	s := about("drift of an ApiKey")
	s.at(harness.Portkey, "what somebody changed at the vendor is restored once, and told", keyRestored)
	s.at(harness.Portkey, "while the vendor takes no change, Synced says what differs and Ready stays", keyDriftWhileRefused)
	s.at(harness.Portkey, "a vendor that shows another value than it was told is not told again", vendorKeepsAnotherKey)
	s.at(harness.Portkey, "an edit back to what the vendor's list still shows is told", editBack)
	return s.all
}

// attentiveKey is an ApiKey that is looked at every second.
func (w *World) attentiveKey(mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	key := w.key("key", w.attentive().Name, mods...)
	w.h.WaitReady(w, key)
	return key
}

// looksAtKeys waits until the vendor's list was read so many more times.
func (w *World) looksAtKeys(times int) {
	before := w.count("GET /api-keys").Requests
	w.Eventually(func() int { return w.count("GET /api-keys").Requests - before }).Should(BeNumerically(">=", times))
}

func keyRestored(w *World) {
	key := w.attentiveKey(gen.SetApiKeyDisplayName("ci"), gen.SetApiKeyScopes(anyScope))
	id, ready, before := key.Status.KeyID, *harness.Condition(key, v1alpha1.ConditionReady), w.writes()
	w.change("keys", id, map[string]any{"scopes": []string{anyScope, "configs.list"}})
	w.Eventually(func() []string { return w.portkeyKey(id).Scopes }).Should(ConsistOf(anyScope))
	w.said(key, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "spec.scopes", "changed at the vendor")
	w.looksAtKeys(3)
	w.Expect(w.writes()).To(Equal(before+1), "it is changed back once")
	w.h.WaitReady(w, key)
	w.Expect(*harness.Condition(key, v1alpha1.ConditionReady)).To(Equal(ready), "Ready does not flap over it")
	w.Expect(harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue())
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func keyDriftWhileRefused(w *World) {
	key := w.attentiveKey(gen.SetApiKeyScopes(anyScope))
	w.fail(fault.Fault{Method: http.MethodPut, Action: fault.Status, Status: 500})
	w.change("keys", key.Status.KeyID, map[string]any{"scopes": []string{"configs.list"}})
	w.syncedSays(key, metav1.ConditionFalse, v1alpha1.ReasonNotApplied, "spec.scopes", "changed at the vendor")
	w.Expect(harness.IsReady(key)).To(BeTrue(), "it can be used as before")
	w.v.ClearFaults()
	w.pokeUntil(key, "the scopes to be changed back", inSync)
	w.Expect(w.portkeyKey(key.Status.KeyID).Scopes).To(ConsistOf(anyScope))
}

// vendorKeepsAnotherKey has a vendor whose reads stay as they were before the change.
func vendorKeepsAnotherKey(w *World) {
	w.settings(map[string]any{"staleReads": 1_000_000})
	key := w.attentiveKey(gen.SetApiKeyScopes(anyScope))
	w.toldOnce(key, map[string]any{"scopes": []string{anyScope, "configs.list"}}, "spec.scopes", w.looksAtKeys, func() {
		w.change("keys", key.Status.KeyID, map[string]any{"staleReads": 0})
	})
	w.Expect(w.minted()).To(Equal(1))
}

func editBack(w *World) {
	w.settings(map[string]any{"staleReads": 1_000_000})
	_, key := w.readyKey(gen.SetApiKeyScopes(anyScope))
	scopes := func() []string { return w.portkeyKey(key.Status.KeyID).Scopes }
	w.patch(key, map[string]any{"spec": map[string]any{"scopes": []string{"configs.list"}}})
	w.Eventually(scopes).Should(ConsistOf("configs.list"))
	w.h.WaitReady(w, key)
	w.patch(key, map[string]any{"spec": map[string]any{"scopes": []string{anyScope}}})
	w.Eventually(scopes).Should(ConsistOf(anyScope), "although the vendor's list has never shown anything else")
}
