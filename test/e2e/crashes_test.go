package e2e

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func crashes() []scenario {
	s := about("lost answer")
	for _, lost := range []fault.Action{fault.Lost, fault.Truncate} {
		s.at(harness.Portkey, fmt.Sprintf("to the creation of a workspace (%s): there is exactly one in the end", lost), func(w *World) { lostWorkspace(w, lost, 0) })
		s.each(fmt.Sprintf("to the issue of a key (%s): exactly one lives in the end", lost), func(w *World) { lostKey(w, lost, 0) })
		s.at(harness.Guance, fmt.Sprintf("to the creation of a workspace (%s): it is never sent again", lost), func(w *World) { unknownWorkspace(w, lost) })
	}
	s.at(harness.Portkey, "to the creation of a workspace that the list hides for a while", func(w *World) { lostWorkspace(w, fault.Lost, 5*time.Second) })
	s.each("to the issue of a key that the list hides for a while", func(w *World) { lostKey(w, fault.Lost, 5*time.Second) })
	s.each("to the issue of a key, three times", func(w *World) { lostKeys(w, 3) })
	s.each("to the issue of a key whose ApiKey is then deleted, and the list hides it", lostKeyDeleted)
	s.at(harness.Portkey, "to the creation of a workspace that is then deleted, and the list hides it", lostWorkspaceDeleted)
	s.each("to a revocation", lostRevocation)

	f := about("failure")
	f.each("of the dry run by a policy: no key is issued", refusedByPolicy)
	f.each("of the dry run by a quota: no key is issued", refusedByQuota)
	f.each("of the write after a dry run that worked: no key stays alive", refusedAtWrite)
	f.at(harness.Guance, "401 of a throttled account is no bad credential", throttled)
	f.each("throttling passes by itself", throttledBriefly)
	f.each("a deleted Secret is made anew with a new key, and the old one is revoked", secretDeleted)
	f.each("a Secret that was emptied is filled with a new key", secretEmptied)
	f.each("a deleted Secret while the vendor is away takes Ready away", secretDeletedInOutage)
	f.each("a key removed at the vendor is replaced", keyRemoved)
	f.each("a workspace removed at the vendor is said, and not created again", workspaceRemoved)
	f.each("an outage changes nothing, and costs nothing", outage)
	return append(s.all, f.all...)
}

// lag makes the vendor's lists hide what is new.
func (w *World) lag(d time.Duration) {
	w.Expect(w.v.SetSettings(w.vendor, map[string]any{"listLagMillis": d.Milliseconds()})).To(Succeed())
}

func lostWorkspace(w *World, lost fault.Action, lag time.Duration) {
	w.lag(lag)
	class := w.class()
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: lost, Times: 1})
	ws := w.workspace("workspace", class)
	w.working(ws, v1alpha1.ReasonVendorUnavailable)
	w.Expect(ws.Status.Attempt).NotTo(BeNil(), "the lost answer is on record")
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1), "what was made is found again")
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
	w.Expect(ws.Status.Attempt).To(BeNil())
}

func lostKey(w *World, lost fault.Action, lag time.Duration) {
	ws := w.readyWorkspace()
	w.lag(lag)
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: lost, Times: 1})
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonVendorUnavailable)
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(2), "the lost key cannot be had again: another is issued")
	w.Expect(w.liveKeys()).To(HaveLen(1), "the lost key is revoked")
}

func lostKeys(w *World, times int) {
	ws := w.readyWorkspace()
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Lost, Times: times})
	key := w.key("key", ws.Name)
	w.Eventually(func() int {
		w.nag(key)
		w.Expect(len(w.liveKeys())).To(BeNumerically("<=", 1), "never two at a time")
		return w.minted()
	}).WithPolling(pollInterval).Should(Equal(times + 1))
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func lostKeyDeleted(w *World) {
	ws := w.readyWorkspace()
	w.lag(4 * time.Second)
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Lost, Times: 1})
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonVendorUnavailable)
	w.delete(key, ws)
	w.h.WaitGone(w, key, ws)
	w.Expect(w.minted()).To(Equal(1))
	w.nothingLeft()
}

func lostWorkspaceDeleted(w *World) {
	w.lag(4 * time.Second)
	class := w.class()
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Lost, Times: 1})
	ws := w.workspace("workspace", class)
	w.working(ws, v1alpha1.ReasonVendorUnavailable)
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.created()).To(Equal(1))
	w.nothingLeft()
}

func unknownWorkspace(w *World, lost fault.Action) {
	class := w.class()
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: lost, Times: 1})
	ws := w.workspace("workspace", class)
	harness.Wait(w, w.h, ws, "the attempt to be on record", func(seen *v1alpha1.Workspace) bool { return seen.Status.Attempt != nil })
	w.ask(ws)
	w.refused(ws, v1alpha1.ReasonOutcomeUnknown, "console", "delete")
	w.poke(ws)
	w.Expect(w.created()).To(Equal(1), "no second create")
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonWorkspaceNotReady)
	w.delete(key, ws)
	w.h.WaitGone(w, key, ws)
	w.Expect(w.created()).To(Equal(1))
	again := w.workspace("workspace", class)
	w.h.WaitReady(w, again)
	w.Expect(w.created()).To(Equal(2))
}

func lostRevocation(w *World) {
	_, key := w.readyKey()
	path := "/v1/api-keys/" + key.Status.KeyID
	if w.vendor == harness.Guance {
		path = "/api/v1/workspace/accesskey/" + key.Status.KeyID + "/delete"
	}
	w.fail(fault.Fault{PathPrefix: path, Action: fault.Lost, Times: 1})
	w.delete(key)
	w.Eventually(w.liveKeys).Should(BeEmpty())
	w.askUntilGone(key)
	w.Expect(w.v.Faults()[0].Fired).To(Equal(1), "the fault was met")
}

// policy refuses Secrets in the scenario's namespace as long as the condition holds.
func (w *World) policy(condition string) (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	policy, binding := w.admission("no-secrets-in-"+w.ns, condition, admissionv1.Create, "", "secrets")
	probe := func(dryRun bool) func() bool {
		return func() bool {
			secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, GenerateName: "probe-"}}
			if dryRun {
				return apierrors.IsInvalid(w.h.Client.Create(w.Context(), secret, client.DryRunAll))
			}
			return apierrors.IsInvalid(w.h.Client.Create(w.Context(), secret))
		}
	}
	w.Eventually(probe(condition == never)).Should(BeTrue(), "the API server to know the policy")
	return policy, binding
}

// admission has the API server refuse an operation on a resource in the scenario's namespace where the condition does not hold.
func (w *World) admission(name, condition string, operation admissionv1.OperationType, group, kind string) (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	match := &admissionv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": w.ns}},
		ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{operation},
			Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: []string{kind}},
		}}},
	}
	policy := &admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.ValidatingAdmissionPolicySpec{
		MatchConstraints: match,
		Validations:      []admissionv1.Validation{{Expression: condition, Message: "the security team says no"}},
	}}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
	}}
	w.h.Create(w, policy, binding)
	return policy, binding
}

const (
	never      = "false"
	onlyDryRun = "has(request.dryRun) && request.dryRun"
)

func refusedByPolicy(w *World) {
	ws := w.readyWorkspace()
	policy, binding := w.policy(never)
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonSecretRefused, "no key was issued", "the security team says no")
	w.poke(key)
	w.Expect(w.minted()).To(BeZero())
	w.delete(binding, policy)
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func refusedByQuota(w *World) {
	ws := w.readyWorkspace()
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "none"}}
	quota.Spec.Hard = corev1.ResourceList{"count/secrets": resource.MustParse("0")}
	w.h.Create(w, quota)
	w.Eventually(func() bool {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: "probe"}}
		return apierrors.IsForbidden(w.h.Client.Create(w.Context(), secret, client.DryRunAll))
	}).Should(BeTrue(), "the API server to know the quota")
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonSecretRefused, "no key was issued", "quota")
	w.Expect(w.minted()).To(BeZero())
	w.delete(quota)
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func refusedAtWrite(w *World) {
	ws := w.readyWorkspace()
	policy, binding := w.policy(onlyDryRun)
	key := w.key("key", ws.Name)
	w.Eventually(w.minted).Should(BeNumerically(">", 0))
	harness.Wait(w, w.h, key, "the failure to be said", func(seen *v1alpha1.ApiKey) bool {
		ready := harness.Condition(seen, v1alpha1.ConditionReady)
		return ready != nil && ready.Status == metav1.ConditionFalse && hasAll(ready.Message, []string{"Secret", "revoked"})
	})
	w.Eventually(w.liveKeys).Should(BeEmpty(), "what could not be stored is revoked while its id is known")
	w.delete(binding, policy)
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func throttled(w *World) {
	ws := w.readyWorkspace()
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Throttle, Times: 1})
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonThrottled, "rate")
	w.Expect(w.v.Faults()[0].Fired).To(Equal(1))
	account := harness.Condition(key, v1alpha1.ConditionAccountReady)
	w.Expect(account).To(HaveField("Reason", v1alpha1.ReasonThrottled))
	w.Consistently(w.minted).Should(BeZero(), "a throttled account is left in peace")
}

func throttledBriefly(w *World) {
	ws := w.readyWorkspace()
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Throttle, Times: 1, RetryAfterSeconds: new(2)})
	key := w.key("key", ws.Name)
	w.working(key, v1alpha1.ReasonThrottled)
	w.h.WaitReady(w, key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func secretDeleted(w *World) {
	_, key := w.readyKey()
	before := key.Status.KeyID
	w.delete(w.secret(key.Name))
	w.ask(key)
	harness.Wait(w, w.h, key, "another key", func(seen *v1alpha1.ApiKey) bool { return harness.IsReady(seen) && seen.Status.KeyID != before })
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1), "the old key is revoked")
	w.Expect(w.minted()).To(Equal(2))
}

func secretEmptied(w *World) {
	_, key := w.readyKey()
	before := key.Status.KeyID
	w.patch(w.secret(key.Name), map[string]any{"data": nil})
	w.ask(key)
	harness.Wait(w, w.h, key, "another key", func(seen *v1alpha1.ApiKey) bool { return harness.IsReady(seen) && seen.Status.KeyID != before })
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func secretDeletedInOutage(w *World) {
	_, key := w.readyKey()
	w.fail(fault.Fault{Action: fault.Status, Status: 503})
	w.delete(w.secret(key.Name))
	w.ask(key)
	w.working(key, v1alpha1.ReasonVendorUnavailable)
	w.v.ClearFaults()
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func keyRemoved(w *World) {
	_, key := w.readyKey()
	before := key.Status.KeyID
	w.Expect(w.v.RemoveObject(w.vendor, "keys", before)).To(Succeed())
	w.pokeUntil(key, "another key", func(seen client.Object) bool {
		k, ok := seen.(*v1alpha1.ApiKey)
		return ok && harness.IsReady(k) && k.Status.KeyID != before
	})
	w.published(key)
	w.Expect(w.liveKeys()).To(HaveLen(1))
}

func workspaceRemoved(w *World) {
	ws := w.readyWorkspace()
	w.Expect(w.v.RemoveObject(w.vendor, "workspaces", ws.Status.UUID)).To(Succeed())
	w.pokeUntil(ws, "the loss to be said", func(seen client.Object) bool {
		return !harness.IsReady(seen) || harness.Condition(seen, v1alpha1.ConditionAccountReady).Status != metav1.ConditionTrue
	})
	w.Expect(w.created()).To(Equal(1), "it is not created again by itself")
	w.delete(ws)
	w.h.WaitGone(w, ws)
}

func outage(w *World) {
	class := w.class(gen.SetWorkspaceClassResyncInterval(time.Second))
	ws := w.workspace("workspace", class)
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, ws, key)
	w.fail(fault.Fault{Action: fault.Reset})
	for _, object := range []client.Object{ws, key} {
		harness.Wait(w, w.h, object, "AccountReady to be False", func(seen client.Object) bool {
			return harness.Condition(seen, v1alpha1.ConditionAccountReady).Status == metav1.ConditionFalse
		})
		w.Expect(harness.IsReady(object)).To(BeTrue(), "what was promised still holds")
	}
	versions := func() string {
		w.get(ws)
		w.get(key)
		return ws.ResourceVersion + " " + key.ResourceVersion
	}
	w.Expect(versions()).NotTo(BeEmpty())
	before := versions()
	w.Consistently(versions).Should(Equal(before), "an outage that goes on is not written again")
	w.v.ClearFaults()
	for _, object := range []client.Object{ws, key} {
		w.pokeUntil(object, "AccountReady", func(seen client.Object) bool {
			return harness.IsReady(seen) && harness.Condition(seen, v1alpha1.ConditionAccountReady).Status == metav1.ConditionTrue
		})
	}
	w.published(key)
	w.Expect(w.minted() + w.created()).To(Equal(2))
}
