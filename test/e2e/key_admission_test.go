package e2e

import (
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// What a cluster has to say about the Secrets in it.
func keyAdmission() []scenario {
	s := about("a Secret")
	s.at(harness.Portkey, "that the cluster changes as it is written is not written for ever", alteredByPolicy)
	s.at(harness.Portkey, "that cannot be deleted when it is renamed is not forgotten, whatever it is called next", leftBehind)
	return s.all
}

// labelPolicy has the API server set a label of every Secret in the scenario's namespace.
func (w *World) labelPolicy(label, value string) {
	name := "label-secrets-in-" + w.ns
	policy := &admissionv1.MutatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.MutatingAdmissionPolicySpec{
		ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
		MatchConstraints: &admissionv1.MatchResources{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.ns}},
			ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"*"}, Resources: []string{"secrets"}},
			}}},
		},
		Mutations: []admissionv1.Mutation{{PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{
			Expression: `[JSONPatch{op: "add", path: "/metadata/labels/` + label + `", value: "` + value + `"}]`,
		}}},
	}}
	binding := &admissionv1.MutatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: name}}
	w.h.Create(w, policy, binding)
	w.Eventually(func() string {
		probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "probe", Labels: map[string]string{"a": "probe"}}}
		w.Expect(w.h.Client.Create(w.Context(), probe, client.DryRunAll)).To(Succeed())
		return probe.Labels[label]
	}).Should(Equal(value), "the API server to know the policy")
}

func alteredByPolicy(w *World) {
	ws, key := w.readyKey()
	w.labelPolicy("team", "x")
	labelled := func(value string) map[string]any {
		return map[string]any{"spec": map[string]any{"secret": map[string]any{"labels": map[string]any{"team": value}}}}
	}
	w.patch(key, labelled("y"))
	w.refused(key, v1alpha1.ReasonSecretRefused, `label "team"`)
	secret, version := w.secret(key.Name).ResourceVersion, key.ResourceVersion
	w.Consistently(func() []string {
		w.get(key)
		return []string{w.secret(key.Name).ResourceVersion, key.ResourceVersion}
	}).Should(Equal([]string{secret, version}), "it is not tried again and again")
	w.patch(key, labelled("x"))
	w.h.WaitReady(w, key)
	w.published(key)

	another := w.key("another", ws.Name, gen.SetApiKeySecret(v1alpha1.SecretTarget{Labels: map[string]v1alpha1.LabelValue{"team": "y"}}))
	w.refused(another, v1alpha1.ReasonSecretRefused, `label "team"`)
	w.Expect(w.minted()).To(Equal(1), "no key is issued for a Secret that cannot be as the spec says")
	w.patch(another, labelled("x"))
	w.h.WaitReady(w, another)
	w.published(another)
}

func leftBehind(w *World) {
	_, key := w.readyKey()
	value := w.secret(key.Name).Data["apiKey"]
	policy, binding := w.admission("no-deletion-in-"+w.ns, never, admissionv1.Delete, "", "secrets")
	probe := w.named("probe")
	w.h.Create(w, probe)
	w.Eventually(func() bool { return apierrors.IsInvalid(w.h.Client.Delete(w.Context(), probe, client.DryRunAll)) }).Should(BeTrue(), "the API server to know the policy")
	rename := func(name string) {
		w.patch(key, map[string]any{"spec": map[string]any{"secret": map[string]any{"name": name}}})
	}
	rename("second")
	w.refused(key, v1alpha1.ReasonSecretRefused, `delete Secret "`+key.Name+`"`)
	w.Expect(w.secret("second").Data).To(HaveKeyWithValue("apiKey", value))
	rename("third")
	w.refused(key, v1alpha1.ReasonSecretRefused, `delete Secret "second"`)
	w.Expect(w.secret("third")).To(BeNil(), "it does not lie in a third one")
	w.delete(binding, policy)
	w.pokeUntilReady(key)
	w.Expect(w.secret("third").Data).To(HaveKeyWithValue("apiKey", value))
	w.published(key)
	w.h.WaitGone(w, w.named(key.Name), w.named("second"))
	w.Expect(w.minted()).To(Equal(1))
	w.get(key)
	w.Expect(key.Status.Moving).To(BeEmpty())
}
