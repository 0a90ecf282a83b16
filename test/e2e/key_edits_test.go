package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// Every field of an ApiKey, set, changed and unset: it is applied to the live key, or brings another key, or is refused. Nothing is ignored.
func keyEdits() []scenario {
	s := about("change of an ApiKey")
	s.at(harness.Guance, "of a field that is settled at the issue replaces the key with overlap", func(w *World) {
		w.replacements(map[string][]any{"displayName": {"ci", "deploy", nil}})
	})
	s.at(harness.Oceanbase, "of a field that is settled at the issue replaces the key with overlap", func(w *World) {
		w.replacements(map[string][]any{"displayName": {"ci", nil}, "action": {"write", "read"}})
	})
	s.at(harness.Slaunchx, "of a field that is settled at the issue replaces the key with overlap", func(w *World) {
		w.replacements(map[string][]any{
			"displayName": {"ci", "deploy", nil},
			"scopes":      {[]string{"payment:read", "payment:write"}, []string{"payment:write"}},
			"ipAllowlist": {[]string{"10.0.0.0/8"}, []string{"10.0.0.0/16", "192.168.1.1"}, nil},
		})
	})
	s.at(harness.Portkey, "that takes a limit or an end out replaces the key, because the vendor has no word for it", portkeyUnset)
	s.at(harness.Portkey, "of displayName, expiresAt and lifetime is applied to the live key", portkeyAmended)
	s.at(harness.Slaunchx, "as made: mode, scopes and addresses are those of the spec after each edit", slaunchxReplaced)
	s.among(issuing(), "without a rotation keeps the replaced key for two minutes, and the next edit waits", editedWithoutRotation)
	s.among(issuing(), "that is undone before it was made costs no key", editUndone)
	s.among(issuing(), "to what the vendor does not have is refused, and the key stays published", editRefused)
	s.among(issuing(), "of mode or workspaceRef is refused by the API server", immutableFields)
	return s.all
}

// replaces edits the spec and expects one other key, and the old one to go after the overlap.
func (w *World) replaces(key *v1alpha1.ApiKey, field string, value any) {
	w.get(key)
	before, minted := key.Status.KeyID, w.minted()
	w.patch(key, map[string]any{"spec": map[string]any{field: value}})
	w.another(key, before)
	w.Expect(harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue(), "spec.%s = %v is applied: %s", field, value, show(key))
	w.Expect(key.Status.Retiring).To(ConsistOf(HaveField("KeyID", before)))
	w.Expect(w.liveKeys()).To(HaveKey(before), "it lives on for the overlap")
	w.said(key, corev1.EventTypeNormal, v1alpha1.ReasonRotated, "spec."+field, key.Status.DisplayName)
	w.retired(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
	w.Expect(w.minted()).To(Equal(minted+1), "spec.%s = %v is one key", field, value)
}

func (w *World) replacements(edits map[string][]any) {
	_, key := w.readyKey(rotating())
	for field, values := range edits {
		for _, value := range values {
			w.replaces(key, field, value)
			display, named := value.(string)
			if field == "displayName" && !named {
				display = key.Name
			}
			if field == "displayName" {
				w.Expect(w.liveKeys()[key.Status.KeyID].Name).To(HavePrefix(display + "-"))
			}
		}
	}
	if w.vendor == harness.Oceanbase {
		keys := w.v.Oceanbase().Keys
		w.Expect(keys[len(keys)-1].Action).To(Equal("read"))
	}
}

func portkeyUnset(w *World) {
	_, key := w.readyKey(rotating(),
		gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{Type: "Cost", CreditLimit: 10}),
		gen.SetApiKeyRateLimits(v1alpha1.RateLimit{Type: "Requests", Unit: "PerMinute", Value: 5}),
		gen.SetApiKeyLifetime(2*interval))
	made := w.portkeyKey(key.Status.KeyID)
	w.Expect(made.UsageLimits).NotTo(BeNil())
	w.Expect(made.RateLimits).To(HaveLen(1))
	w.Expect(made.ExpiresAt).NotTo(BeNil())
	w.replaces(key, "usageLimits", nil)
	w.replaces(key, "rateLimits", nil)
	w.replaces(key, "lifetime", nil)
	made = w.portkeyKey(key.Status.KeyID)
	w.Expect(made.UsageLimits).To(BeNil())
	w.Expect(made.RateLimits).To(BeEmpty())
	w.Expect(made.ExpiresAt).To(BeNil())
	w.Expect(key.Status.ExpiresAt).To(BeNil())
}

func portkeyAmended(w *World) {
	_, key := w.readyKey(gen.SetApiKeyDisplayName("ci"))
	id := key.Status.KeyID
	w.Expect(w.amended(key, map[string]any{"displayName": "deploy"}).Name).To(HavePrefix("deploy-"))
	w.Expect(w.amended(key, map[string]any{"displayName": nil}).Name).To(HavePrefix(key.Name + "-"))
	w.amended(key, map[string]any{"lifetime": "48h"})
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("~", key.Status.CreatedAt.Add(48*time.Hour), 2*slack))
	end := key.Status.CreatedAt.Add(72 * time.Hour).UTC().Truncate(time.Second)
	w.amended(key, map[string]any{"lifetime": nil, "expiresAt": end.Format(time.RFC3339)})
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("==", end))
	w.amended(key, map[string]any{"lifetime": "24h", "expiresAt": nil})
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("~", key.Status.CreatedAt.Add(24*time.Hour), 2*slack))
	w.Expect(key.Status.KeyID).To(Equal(id))
	w.Expect(w.minted()).To(Equal(1))
}

func slaunchxReplaced(w *World) {
	_, key := w.readyKey(rotating(), gen.SetApiKeyMode("Test"), gen.SetApiKeyAccess(v1alpha1.Disabled))
	w.replaces(key, "scopes", []string{"payment:write"})
	made := w.slaunchxKey(key.Status.KeyID)
	w.Expect(made.Scopes).To(ConsistOf("payment:write"))
	w.Expect(made.Mode).To(Equal("TEST"))
	w.Eventually(func() bool { return w.slaunchxKey(key.Status.KeyID).Disabled }).Should(BeTrue(), "the new key is as the old one was")
	w.replaces(key, "ipAllowlist", []string{"10.0.0.0/8"})
	w.Expect(w.slaunchxKey(key.Status.KeyID).IPWhitelist).To(ConsistOf("10.0.0.0/8"))
	w.replaces(key, "ipAllowlist", nil)
	w.Expect(w.slaunchxKey(key.Status.KeyID).IPWhitelist).To(BeEmpty())
	w.patch(key, map[string]any{"spec": map[string]any{"access": "Enabled"}})
	w.h.WaitReady(w, key)
	w.Expect(w.slaunchxKey(key.Status.KeyID).Disabled).To(BeFalse())
	w.Expect(w.minted()).To(Equal(4), "access is changed at the live key")
}

// settledField is a field of the vendor's that only another key can have, with two values.
func (w *World) settledField() (field string, first, second any) {
	switch w.vendor {
	case harness.Portkey:
		return "usageLimits", nil, []v1alpha1.UsageLimit{{CreditLimit: 10}}
	case harness.Slaunchx:
		return "scopes", []string{"payment:write"}, []string{paymentScope}
	case harness.Oceanbase:
		return "action", "write", "read"
	}
	return "displayName", "ci", "deploy"
}

func editedWithoutRotation(w *World) {
	field, first, second := w.settledField()
	var mods []gen.ApiKeyModifier
	if w.vendor == harness.Portkey {
		mods = append(mods, gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{CreditLimit: 10}))
	}
	_, key := w.readyKey(mods...)
	old := key.Status.KeyID
	w.patch(key, map[string]any{"spec": map[string]any{field: first}})
	w.another(key, old)
	w.Expect(key.Status.Retiring).To(ConsistOf(HaveField("KeyID", old)))
	w.Expect(key.Status.Retiring[0].RevokeAt.Time).To(BeTemporally("~", key.Status.CreatedAt.Add(2*time.Minute), 3*slack))
	if w.vendor == harness.Portkey {
		w.settled(key)
		w.amended(key, map[string]any{field: second})
	} else {
		w.patch(key, map[string]any{"spec": map[string]any{field: second}})
		w.Eventually(func() *metav1.Condition {
			w.get(key)
			return harness.Condition(key, v1alpha1.ConditionSynced)
		}).Should(And(HaveField("Reason", v1alpha1.ReasonUpdating), HaveField("Message", And(ContainSubstring("spec."+field), ContainSubstring("no more than two live")))))
		w.Expect(harness.IsReady(key)).To(BeTrue())
	}
	w.published(key)
	w.Expect(w.minted()).To(Equal(2), "two live at most")
	w.delete(key)
	w.h.WaitGone(w, key)
	w.Expect(w.liveKeys()).To(BeEmpty())
}

func editUndone(w *World) {
	field, first, _ := w.settledField()
	_, key := w.readyKey(gen.SetApiKeyMeta(gen.Annotation("example.org/note", "a")))
	w.get(key)
	var was any
	switch w.vendor {
	case harness.Slaunchx:
		was = []string{paymentScope}
	case harness.Oceanbase:
		was = "read"
	case harness.Portkey:
		first = []v1alpha1.UsageLimit{{CreditLimit: 10}}
	}
	requests := w.writes()
	w.annotate(key, v1alpha1.AnnotationPaused, "true")
	w.patch(key, map[string]any{"spec": map[string]any{field: first}})
	w.patch(key, map[string]any{"spec": map[string]any{field: was}})
	w.annotate(key, v1alpha1.AnnotationPaused, nil)
	w.h.WaitReady(w, key)
	w.Expect(harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue())
	w.published(key)
	w.Expect(w.writes()).To(Equal(requests))
}

func editRefused(w *World) {
	_, key := w.readyKey()
	before := w.secret(key.Name)
	bad := map[string]any{"action": "read", "access": "Disabled", "ipAllowlist": []string{"10.0.0.0/8"}, "scopes": []string{anyScope}, "lifetime": "1h",
		"usageLimits": []v1alpha1.UsageLimit{{CreditLimit: 1}}, "rateLimits": []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerDay", Value: 1}}}
	has := map[string][]string{
		harness.Portkey: {"scopes", "lifetime", "usageLimits", "rateLimits"}, harness.Slaunchx: {"scopes", "access", "ipAllowlist"}, harness.Oceanbase: {"action"},
	}
	for _, field := range has[w.vendor] {
		delete(bad, field)
	}
	w.Expect(bad).NotTo(BeEmpty())
	requests := w.writes()
	for field, value := range bad {
		w.patch(key, map[string]any{"spec": map[string]any{field: value}})
		w.refused(key, v1alpha1.ReasonUnsupported, "spec."+field, w.vendor)
		w.Expect(harness.HasReason(key, v1alpha1.ConditionPublished, v1alpha1.ReasonPublished)).To(BeTrue(), "Published speaks of the Secret: %s", show(key))
		w.Expect(w.secret(key.Name).Data).To(Equal(before.Data), "the key still works")
		w.patch(key, map[string]any{"spec": map[string]any{field: nil}})
		w.h.WaitReady(w, key)
	}
	w.Expect(w.writes()).To(Equal(requests))
	w.published(key)
}

func immutableFields(w *World) {
	_, key := w.readyKey()
	for field, change := range map[string]map[string]any{
		"mode": {"mode": "Test"}, "workspaceRef": {"workspaceRef": map[string]any{"name": "another"}},
	} {
		err := w.tryPatch(key.DeepCopy(), map[string]any{"spec": change})
		w.Expect(apierrors.IsInvalid(err)).To(BeTrue(), "%s: %v", field, err)
		w.Expect(err).To(MatchError(ContainSubstring(field + " is immutable")))
	}
	w.published(key)
}
