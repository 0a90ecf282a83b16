package e2e

import (
	"time"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apitypes "k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// What the scenarios about the life of a key have in common.

const (
	// interval is never waited for, overlap is.
	interval = time.Hour
	overlap  = 15 * time.Second
	// settling is how long a vendor's lists are not believed to show the latest key.
	settling = 10 * time.Second
	// slack is for whole seconds.
	slack = time.Second
)

// listing are the vendors that show which keys there are.
func listing() []string { return []string{harness.Portkey, harness.Guance, harness.Oceanbase} }

// issuing are the vendors that have keys.
func issuing() []string { return append(listing(), harness.Slaunchx) }

// among tells a story to each of the vendors.
func (s *stories) among(vendors []string, title string, run func(*World)) {
	for _, vendor := range vendors {
		s.at(vendor, title, run)
	}
}

// rotating has a key replaced now and then, and the old one revoked soon.
func rotating() gen.ApiKeyModifier { return gen.SetApiKeyRotation(interval, overlap) }

// rotate asks for another key and returns the one that it is to replace.
func (w *World) rotate(key *v1alpha1.ApiKey) string {
	w.get(key)
	before := key.Status.KeyID
	w.annotate(key, v1alpha1.AnnotationRotateAt, rand.String(8))
	return before
}

// another waits until the ApiKey is Ready with another key, and expects that it is published.
func (w *World) another(key *v1alpha1.ApiKey, before string) {
	harness.Wait(w, w.h, key, "another key than "+before, func(seen *v1alpha1.ApiKey) bool {
		return harness.IsReady(seen) && seen.Status.KeyID != "" && seen.Status.KeyID != before
	})
	w.published(key)
}

// retired waits until the ApiKey is Ready and no replaced key lives on.
func (w *World) retired(key *v1alpha1.ApiKey) {
	harness.Wait(w, w.h, key, "the replaced key to be revoked", func(seen *v1alpha1.ApiKey) bool {
		return harness.IsReady(seen) && len(seen.Status.Retiring) == 0
	})
	w.published(key)
}

// spared waits until the ApiKey is Ready all the same, and Synced says what it was refused.
func (w *World) spared(key *v1alpha1.ApiKey, reason string) {
	harness.Wait(w, w.h, key, "the ApiKey to stay Ready, and Synced to be False because of "+reason, func(seen *v1alpha1.ApiKey) bool {
		synced := harness.Condition(seen, v1alpha1.ConditionSynced)
		return harness.IsReady(seen) && synced.Status == metav1.ConditionFalse && synced.Reason == reason
	})
	w.Expect(harness.HasReason(key, v1alpha1.ConditionPublished, v1alpha1.ReasonPublished)).To(BeTrue(), show(key))
	w.published(key)
}

// patchStatus changes the status, as whoever restores a backup or sets a clock would.
func (w *World) patchStatus(key *v1alpha1.ApiKey, change string) {
	patch := client.RawPatch(apitypes.MergePatchType, []byte(`{"status":`+change+`}`))
	w.Expect(w.h.Client.Status().Patch(w.Context(), key, patch)).To(Succeed())
}

// readySince is when the ApiKey became Ready.
func readySince(key *v1alpha1.ApiKey) time.Time {
	return harness.Condition(key, v1alpha1.ConditionReady).LastTransitionTime.Time
}

// settled waits until the vendor's lists are believed, so that what comes next is not held up.
func (w *World) settled(key *v1alpha1.ApiKey) {
	w.get(key)
	if w.vendor != harness.Slaunchx {
		w.Eventually(func() time.Duration { return time.Since(key.Status.CreatedAt.Time) }).Should(BeNumerically(">", settling+slack))
	}
}

// loseIssue loses the answer to the next key that is issued.
func (w *World) loseIssue() {
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Lost, Times: 1})
}

// named is a Secret of the scenario's namespace to wait for.
func (w *World) named(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: name}}
}

// announced holds of a status that says that a call to issue is about to be made, and of the probe below.
const announced = "has(object.status.attempt) && !has(object.status.attempt.endedAt)"

// statusPolicy refuses every status of an ApiKey but the one that announces a call.
func (w *World) statusPolicy() (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	policy, binding := w.admission("no-status-in-"+w.ns, announced, admissionv1.Update, v1alpha1.GroupVersion.Group, "apikeys/status")
	probe := w.newKey("probe", "nowhere", gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
	w.h.Create(w, probe)
	w.Eventually(func() bool {
		patch := client.RawPatch(apitypes.MergePatchType, []byte(`{"status":{"state":"probed"}}`))
		return apierrors.IsInvalid(w.h.Client.Status().Patch(w.Context(), probe.DeepCopy(), patch, client.DryRunAll))
	}).Should(BeTrue(), "the API server to know the policy")
	w.delete(probe)
	return policy, binding
}
