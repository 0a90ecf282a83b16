package e2e

import (
	"fmt"
	"net/http"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	emulated "github.com/workspace-operator/workspace-operator/internal/emulator/slaunchx"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func slaunchx() []scenario {
	s := about("key without a list")
	tell := func(title string, run func(*World)) { s.at(harness.Slaunchx, title, run) }
	tell("an ApiKey in an imported workspace becomes Ready, and leaves nothing behind", importedComesAndGoes)
	tell("mode, scopes and addresses are those of the spec", slaunchxAsAsked)
	tell("without scopes is refused before the vendor is asked", slaunchxWithoutScopes)
	tell("what the vendor cannot honour is refused", slaunchxUnsupported)
	tell("an expired token is said, and a new one takes effect without a restart", slaunchxTokenExpires)
	tell("the hash of another client is a rejected credential", slaunchxClientHash)
	tell("who is not the owner lacks a permission", slaunchxNotOwner)
	tell("is Disabled from the start, and follows spec.access", slaunchxAccess)
	for _, lost := range []fault.Fault{
		{Action: fault.Lost}, {Action: fault.Truncate}, {Action: fault.Garbage, Work: true}, {Action: fault.Status, Status: http.StatusBadGateway, Work: true},
	} {
		tell(fmt.Sprintf("lost answer to the issue (%s): it is never sent again", lost.Action), func(w *World) { unknownKey(w, lost) })
	}
	tell("a lost answer to a revocation", func(w *World) { lostUnlistedRevocation(w) })
	tell("a refused issue is no lost one", slaunchxRefused)
	tell("throttling passes by itself", throttledBriefly)
	tell("removed at the vendor is replaced in the same Secret", keyRemoved)
	tell("a deleted Secret is made anew with a new key, and the old one is revoked", secretDeleted)
	tell("a policy that refuses the Secret costs no key", refusedByPolicy)
	tell("the write fails after a dry run that worked: no key stays alive", refusedAtWrite)
	tell("an outage changes nothing, and costs nothing", outageOfImported)
	return s.all
}

// importedComesAndGoes is the whole life of a key where a workspace is an input. It is true of every such vendor.
func importedComesAndGoes(w *World) {
	ws, key := w.readyKey()
	class := &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}
	w.h.WaitReady(w, class)
	w.Expect(class.Status.Provider).To(Equal(w.vendor))
	w.Expect(class.Status.Capabilities).To(ContainElements("workspace.import", "key.issue", "key.revoke"))
	w.Expect(class.Status.Capabilities).NotTo(ContainElement("workspace.create"))
	w.Expect(ws.Status.UUID).To(Equal(w.existing))
	w.Expect(ws.Status.Provider).To(Equal(w.vendor))
	w.published(key)
	w.expectSecret(ws, key)
	w.Expect(key.Status.CreatedAt).NotTo(BeNil())
	w.Expect(key.Status.DisplayName).To(Equal(w.liveKeys()[key.Status.KeyID].Name))
	w.Expect(key.Status.DisplayName).To(HaveSuffix(provider.MarkFor(string(key.UID)).WithSerial(1).String()))
	w.Expect(key.Status.Attempt).To(BeNil())
	w.Expect(key.Status.Unresolved).To(BeEmpty())
	w.poke(ws, key)
	w.Expect(w.minted()).To(Equal(1))

	w.delete(key)
	w.h.WaitGone(w, key, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: key.Name}})
	w.Expect(w.liveKeys()).To(BeEmpty(), "the key is revoked")
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.said(ws, corev1.EventTypeNormal, v1alpha1.ReasonRetained, ws.Status.UUID)
	w.delete(class)
	w.h.WaitGone(w, class)
}

// slaunchxKey is the key as the vendor has it.
func (w *World) slaunchxKey(id string) emulated.Key {
	for _, k := range w.v.Slaunchx().Keys {
		if k.ID == id {
			return *k
		}
	}
	w.Fatalf("the vendor has no key %q", id)
	return emulated.Key{}
}

func slaunchxAsAsked(w *World) {
	ws := w.readyWorkspace()
	live := w.key("live", ws.Name, gen.SetApiKeyScopes("payment:read", "payment:write"), gen.SetApiKeyIPAllowlist("192.168.1.0/24", "10.0.0.1"))
	test := w.key("test", ws.Name, gen.SetApiKeyMode("Test"), gen.SetApiKeyDisplayName("Sandbox Key"))
	explicit := w.key("explicit", ws.Name, gen.SetApiKeyMode("Live"))
	w.h.WaitReady(w, live, test, explicit)
	made := w.slaunchxKey(live.Status.KeyID)
	w.Expect(made.Mode).To(Equal("LIVE"))
	w.Expect(made.Scopes).To(ConsistOf("payment:read", "payment:write"))
	w.Expect(made.IPWhitelist).To(ConsistOf("192.168.1.0/24", "10.0.0.1"))
	w.Expect(w.slaunchxKey(explicit.Status.KeyID).Mode).To(Equal("LIVE"))
	sandbox := w.slaunchxKey(test.Status.KeyID)
	w.Expect(sandbox.Mode).To(Equal("TEST"))
	w.Expect(sandbox.IPWhitelist).To(BeEmpty())
	w.Expect(sandbox.Name).To(HavePrefix("Sandbox Key-"))
	for _, key := range []*v1alpha1.ApiKey{live, test, explicit} {
		w.published(key)
		w.Expect(harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue(), key.Name)
	}
}

func slaunchxWithoutScopes(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, gen.SetApiKeyScopes())
	w.refused(key, v1alpha1.ReasonScopesRequired, "spec.scopes")
	w.Expect(key.Finalizers).To(BeEmpty())
	w.Expect(w.count(slaunchxIssue).Requests).To(BeZero(), "the vendor is not asked for a key that can do nothing")
	w.patch(key, map[string]any{"spec": map[string]any{"scopes": []string{paymentScope}}})
	w.h.WaitReady(w, key)
	w.published(key)
}

func slaunchxUnsupported(w *World) {
	class := w.class()
	ws := w.workspace("workspace", class)
	w.h.WaitReady(w, ws)
	for name, c := range map[string]struct {
		mod   gen.ApiKeyModifier
		field string
	}{
		"usage":  {gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{CreditLimit: 1}), "spec.usageLimits"},
		"rate":   {gen.SetApiKeyRateLimits(v1alpha1.RateLimit{Type: "Requests", Unit: "PerDay"}), "spec.rateLimits"},
		"action": {gen.SetApiKeyAction("read"), "spec.action"},
	} {
		key := w.key(name, ws.Name, c.mod)
		w.refused(key, v1alpha1.ReasonUnsupported, c.field, w.vendor)
		w.Expect(key.Finalizers).To(BeEmpty())
	}
	w.Expect(w.count(slaunchxIssue).Requests).To(BeZero())
	for name, mod := range map[string]gen.WorkspaceModifier{
		"spec.region": gen.SetWorkspaceRegion("us"), "spec.access": gen.SetWorkspaceAccess(v1alpha1.AccessActive), "spec.slug": gen.SetWorkspaceSlug("team"),
		"spec.deletionPolicy": gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete), "spec.externalID": gen.SetWorkspaceExternalID(""),
	} {
		object := w.workspace("no-"+name[len("spec."):][:3], class, mod)
		w.refused(object, v1alpha1.ReasonUnsupported, name, w.vendor)
		w.Expect(object.Finalizers).To(BeEmpty())
	}
	w.Expect(w.writes()).To(BeZero())
}

func slaunchxTokenExpires(w *World) {
	ws, key := w.readyKey()
	w.settings(map[string]any{"tokenLifetimeSeconds": 1})
	w.pokeUntil(key, "the expiry to be noticed", func(seen client.Object) bool {
		return harness.HasReason(seen, v1alpha1.ConditionAccountReady, v1alpha1.ReasonCredentialRejected)
	})
	w.Expect(harness.IsReady(key)).To(BeTrue(), "what was promised still holds")
	second := w.workspace("second", &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}}, gen.SetWorkspaceExternalID(w.importable("ws_second")))
	w.refused(second, v1alpha1.ReasonCredentialRejected)
	newcomer := w.key("newcomer", ws.Name)
	w.refused(newcomer, v1alpha1.ReasonCredentialRejected)
	w.Expect(w.minted()).To(Equal(1))

	w.settings(map[string]any{"tokenLifetimeSeconds": 3600})
	w.Expect(w.v.SetCredentials(w.vendor, "fresh-token:fresh-hash")).To(Succeed())
	w.credential(ws.Spec.ClassName, "fresh-token:fresh-hash")
	w.h.WaitReady(w, second, newcomer)
	w.published(newcomer)
	w.published(key)
	w.Expect(w.minted()).To(Equal(2))
}

func slaunchxClientHash(w *World) {
	class := w.class()
	w.credential(class.Name, "slaunchx-owner-token:of-another-browser")
	ws := w.workspace("workspace", class)
	w.refused(ws, v1alpha1.ReasonCredentialRejected)
	w.settings(map[string]any{"clientHashStatus": http.StatusForbidden})
	w.poke(ws)
	w.refused(ws, v1alpha1.ReasonCredentialRejected, "client hash", "token")
	right, err := w.v.Credentials(w.vendor)
	w.Expect(err).NotTo(HaveOccurred())
	w.credential(class.Name, right[0])
	w.h.WaitReady(w, ws)
}

func slaunchxNotOwner(w *World) {
	ws := w.readyWorkspace()
	w.change("workspaces", ws.Status.UUID, map[string]any{"role": "MEMBER"})
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonPermissionDenied, "owner")
	w.Expect(w.minted()).To(BeZero())
	w.Expect(key.Status.Unresolved).To(BeEmpty(), "a refusal is a definite answer")
	w.change("workspaces", ws.Status.UUID, map[string]any{"role": "OWNER"})
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func slaunchxAccess(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name, gen.SetApiKeyAccess(v1alpha1.Disabled))
	w.h.WaitReady(w, key)
	id := key.Status.KeyID
	disabled := func() bool { return w.slaunchxKey(id).Disabled }
	w.Expect(disabled()).To(BeTrue(), "it is Ready only when it is as asked")
	w.published(key)
	for _, access := range []v1alpha1.Toggle{v1alpha1.Enabled, v1alpha1.Disabled} {
		w.patch(key, map[string]any{"spec": map[string]any{"access": access}})
		w.h.WaitReady(w, key)
		w.Expect(disabled()).To(Equal(access == v1alpha1.Disabled), "after %s", access)
		w.Expect(harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue())
	}
	before := w.writes()
	w.poke(key)
	w.Expect(w.writes()).To(Equal(before), "what is so is not asked for again")

	w.patch(key, map[string]any{"spec": map[string]any{"access": nil}})
	w.h.WaitReady(w, key)
	w.Expect(disabled()).To(BeTrue(), "without access it is left as it is")
	w.patch(key, map[string]any{"spec": map[string]any{"access": "Enabled"}})
	w.h.WaitReady(w, key)
	w.change("keys", id, map[string]any{"disabled": true})
	w.pokeUntil(key, "a change by somebody else to be undone", func(client.Object) bool { return !disabled() })
	w.said(key, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "spec.access", "changed at the vendor")
	w.Expect(w.minted()).To(Equal(1))
	w.published(key)
}

func unknownKey(w *World, lost fault.Fault) {
	ws := w.readyWorkspace()
	lost.Method, lost.Route = w.issue()
	lost.Times = 1
	w.fail(lost)
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonOutcomeUnknown)
	w.Expect(key.Status.Unresolved).To(HaveLen(1))
	name := provider.MarkFor(string(key.UID)).WithSerial(1).String()
	w.Expect(key.Status.Unresolved[0].Name).To(HaveSuffix(name))
	for _, stray := range w.liveKeys() {
		w.Expect(key.Status.Unresolved[0].Name).To(Equal(stray.Name), "whoever looks in the vendor's console finds it")
	}
	for range 5 {
		w.poke(key)
	}
	w.annotate(key, "example.org/touched", "yes")
	w.patch(key, map[string]any{"spec": map[string]any{"displayName": "again"}})
	w.refused(key, v1alpha1.ReasonOutcomeUnknown)
	w.Expect(w.count(slaunchxIssue).Requests).To(Equal(1), "it is never sent again by itself")
	w.Expect(w.secret(key.Name)).To(BeNil())
	lostName := key.Status.Unresolved[0].Name
	w.delete(key)
	w.h.WaitGone(w, key)
	w.said(key, corev1.EventTypeWarning, v1alpha1.ReasonOutcomeUnknown, lostName)
	w.Expect(w.count(slaunchxIssue).Requests).To(Equal(1))
	w.delete(ws)
	w.h.WaitGone(w, ws)
}

func lostUnlistedRevocation(w *World) {
	_, key := w.readyKey()
	w.fail(fault.Fault{Method: http.MethodPost, Route: "/web/v1/workspaces/{workspaceId}/api-keys/delete", Action: fault.Lost, Times: 1})
	w.delete(key)
	w.Eventually(w.liveKeys).Should(BeEmpty())
	w.askUntilGone(key)
	w.Expect(w.v.Faults()[0].Fired).To(Equal(1), "the fault was met")
}

func slaunchxRefused(w *World) {
	ws := w.readyWorkspace()
	method, route := w.issue()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Status, Status: 400, Body: `{"success":false,"code":"","message":"the colour is wrong"}`})
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonRefused, "the colour is wrong")
	w.Expect(key.Status.Unresolved).To(BeEmpty())
	w.v.ClearFaults()
	w.pokeUntilReady(key)
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func outageOfImported(w *World) {
	ws, key := w.readyKey()
	w.fail(fault.Fault{Action: fault.Reset})
	for _, object := range []client.Object{ws, key} {
		w.pokeUntil(object, "AccountReady to be False", func(seen client.Object) bool {
			return harness.Condition(seen, v1alpha1.ConditionAccountReady).Status == metav1.ConditionFalse
		})
		w.Expect(harness.IsReady(object)).To(BeTrue(), "what was promised still holds")
	}
	w.v.ClearFaults()
	for _, object := range []client.Object{ws, key} {
		w.pokeUntil(object, "AccountReady", func(seen client.Object) bool {
			return harness.IsReady(seen) && harness.Condition(seen, v1alpha1.ConditionAccountReady).Status == metav1.ConditionTrue
		})
	}
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}
