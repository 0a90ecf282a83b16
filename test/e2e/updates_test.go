package e2e

import (
	"net/http"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	emulated "github.com/workspace-operator/workspace-operator/internal/emulator/portkey"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	portkeyUpdate = "PUT /admin/workspaces/{workspaceId}"
	portkeyAmend  = "PUT /api-keys/{id}"
	guanceModify  = "POST /api/v1/workspace/modify"
)

func updates() []scenario {
	s := about("update")
	s.at(harness.Portkey, "of a Workspace: each edit is one request, and then there is rest", updatesWorkspace)
	s.at(harness.Guance, "of a Workspace: each edit is one request, and then there is rest", updatesGuance)
	s.at(harness.Portkey, "whose answer is lost is repeated until it is seen", updateLost)
	s.at(harness.Portkey, "whose effect shows late comes to rest", updateShowsLate)
	s.at(harness.Portkey, "of what somebody changed at the vendor brings back the spec", driftUndone)
	s.at(harness.Guance, "of what the vendor cannot change is Unsupported until it is undone", guanceEdited)
	s.at(harness.Portkey, "of an ApiKey changes the live key and not its value", amendsKey)
	s.at(harness.Portkey, "that takes an ApiKey's scopes away is refused", scopesTaken)
	return s.all
}

// edited patches the spec, and expects one request at the route, Synced at the new generation, and no request after that.
func (w *World) edited(ws *v1alpha1.Workspace, route string, spec map[string]any) {
	before := w.writes()
	w.patch(ws, map[string]any{"spec": spec})
	w.h.WaitReady(w, ws)
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue(), "%v is applied: %s", spec, show(ws))
	w.Expect(w.writes()).To(Equal(before+1), "%v is one request", spec)
	w.poke(ws)
	w.Expect(w.writes()).To(Equal(before+1), "%v is applied once", spec)
	w.Expect(w.count(route).Requests).To(BeNumerically(">", 0))
}

func (w *World) portkeyWorkspace(id string) emulated.Workspace {
	for _, ws := range w.v.Portkey().Workspaces {
		if ws.ID == id {
			return *ws
		}
	}
	w.Fatalf("the vendor has no workspace %q", id)
	return emulated.Workspace{}
}

func updatesWorkspace(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"), gen.AddWorkspaceMetadata("environment", "production"))
	now := func() emulated.Workspace { return w.portkeyWorkspace(ws.Status.UUID) }
	w.edited(ws, portkeyUpdate, map[string]any{"displayName": "Team B"})
	w.Expect(now().Name).To(Equal("Team B"))
	w.edited(ws, portkeyUpdate, map[string]any{"description": "what for"})
	w.Expect(*now().Description).To(Equal("what for"))
	w.edited(ws, portkeyUpdate, map[string]any{"metadata": map[string]any{"environment": "staging", "cost": "42"}})
	w.Expect(now().Metadata).To(And(HaveKeyWithValue("environment", "staging"), HaveKeyWithValue("cost", "42")))
	w.edited(ws, portkeyUpdate, map[string]any{"usageLimits": []v1alpha1.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}}})
	w.Expect(*now().UsageLimits[0].CreditLimit).To(BeEquivalentTo(10))
	w.edited(ws, portkeyUpdate, map[string]any{"rateLimits": []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 123}}})
	w.Expect(*now().RateLimits[0].Value).To(BeEquivalentTo(123))
	w.Expect(now().UsageLimits).To(HaveLen(1), "what is not edited stays")
	w.Expect(now().Metadata).To(HaveKeyWithValue("cost", "42"))
	w.edited(ws, portkeyUpdate, map[string]any{"displayName": nil, "metadata": map[string]any{"cost": nil, "environment": "dev"}, "description": "all at once"})
	w.Expect(now().Name).To(Equal(ws.Name), "without displayName it is metadata.name")
	w.Expect(now().Metadata).To(And(HaveKeyWithValue("environment", "dev"), Not(HaveKey("cost"))), "what is taken out is gone")
	w.Expect(w.created()).To(Equal(1))
	key := w.key("key", ws.Name)
	w.h.WaitReady(w, key)
	w.delete(key, ws)
	w.h.WaitGone(w, key, ws)
	w.nothingLeft()
}

func updatesGuance(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"))
	now := func() (string, string) {
		all := w.v.Guance().Workspaces
		return all[len(all)-1].Name, all[len(all)-1].Desc
	}
	w.edited(ws, guanceModify, map[string]any{"displayName": "Team B"})
	name, _ := now()
	w.Expect(name).To(Equal("Team B"))
	w.edited(ws, guanceModify, map[string]any{"description": "what for"})
	w.edited(ws, guanceModify, map[string]any{"displayName": "Team C", "description": "both"})
	name, desc := now()
	w.Expect(name).To(Equal("Team C"))
	w.Expect(desc).To(Equal("both"))
	w.Expect(w.created()).To(Equal(1))
}

func updateLost(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"))
	w.fail(fault.Fault{Method: http.MethodPut, Route: "/admin/workspaces/{workspaceId}", Action: fault.Lost, Times: 1})
	w.fail(fault.Fault{Method: http.MethodPut, Route: "/admin/workspaces/{workspaceId}", Action: fault.Reset, Times: 1})
	for _, name := range []string{"Team B", "Team C"} {
		w.patch(ws, map[string]any{"spec": map[string]any{"displayName": name}})
		w.pokeUntilReady(ws)
		w.Expect(w.portkeyWorkspace(ws.Status.UUID).Name).To(Equal(name))
	}
	w.Expect(w.created()).To(Equal(1))
}

func updateShowsLate(w *World) {
	w.settings(map[string]any{"staleReads": 2})
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"))
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "Team B"}})
	w.pokeUntilReady(ws)
	w.Expect(w.portkeyWorkspace(ws.Status.UUID).Name).To(Equal("Team B"))
	for range 3 {
		w.poke(ws)
	}
	before := w.writes()
	w.poke(ws)
	w.Expect(w.writes()).To(Equal(before), "once it shows there is nothing left to do")
	w.Expect(harness.HasReason(ws, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue())
}

func driftUndone(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceDisplayName("Team A"))
	w.change("workspaces", ws.Status.UUID, map[string]any{"name": "somebody's idea"})
	w.Eventually(func() string {
		w.nag(ws)
		return w.portkeyWorkspace(ws.Status.UUID).Name
	}).WithPolling(pollInterval).Should(Equal("Team A"))
	w.h.WaitReady(w, ws)
	w.Expect(w.count(portkeyUpdate).Requests).To(Equal(1))
}

func guanceEdited(w *World) {
	ws := w.readyWorkspace(gen.SetWorkspaceLanguage("en"), gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing"}))
	before := w.writes()
	for field, edit := range map[string][2]map[string]any{
		"spec.language":         {{"language": "zh"}, {"language": "en"}},
		"spec.guance.menuStyle": {{"guance": map[string]any{"menuStyle": "Operations"}}, {"guance": map[string]any{"menuStyle": "Testing"}}},
	} {
		w.patch(ws, map[string]any{"spec": edit[0]})
		w.refused(ws, v1alpha1.ReasonUnsupported, field, w.vendor)
		w.Expect(harness.Condition(ws, v1alpha1.ConditionSynced)).To(HaveField("Status", metav1.ConditionFalse), field)
		w.patch(ws, map[string]any{"spec": edit[1]})
		w.h.WaitReady(w, ws)
	}
	w.Expect(w.writes()).To(Equal(before), "the vendor is not asked for what it cannot do")
}

func (w *World) portkeyKey(id string) emulated.Key {
	for _, k := range w.v.Portkey().Keys {
		if k.ID == id {
			return *k
		}
	}
	w.Fatalf("the vendor has no key %q", id)
	return emulated.Key{}
}

// amended patches the spec of the key, and expects one request and rest.
func (w *World) amended(key *v1alpha1.ApiKey, spec map[string]any) emulated.Key {
	before, secret := w.writes(), w.secret(key.Name)
	w.patch(key, map[string]any{"spec": spec})
	w.h.WaitReady(w, key)
	w.Expect(harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync)).To(BeTrue(), "%v is applied: %s", spec, show(key))
	w.Expect(w.writes()).To(Equal(before+1), "%v is one request", spec)
	w.poke(key)
	w.Expect(w.writes()).To(Equal(before+1), "%v is applied once", spec)
	w.Expect(w.count(portkeyAmend).Requests).To(BeNumerically(">", 0))
	w.Expect(w.secret(key.Name).Data).To(Equal(secret.Data), "the value stays")
	return w.portkeyKey(key.Status.KeyID)
}

func amendsKey(w *World) {
	_, key := w.readyKey()
	id := key.Status.KeyID
	w.Expect(w.amended(key, map[string]any{"scopes": []string{anyScope, "configs.list"}}).Scopes).To(ConsistOf(anyScope, "configs.list"))
	limited := w.amended(key, map[string]any{"usageLimits": []v1alpha1.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8}}})
	w.Expect(*limited.UsageLimits.CreditLimit).To(BeEquivalentTo(10))
	limited = w.amended(key, map[string]any{"rateLimits": []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 5}}})
	w.Expect(limited.RateLimits).To(HaveLen(1))
	w.Expect(*limited.RateLimits[0].Value).To(BeEquivalentTo(5))
	w.Expect(limited.Scopes).To(HaveLen(2), "what is not edited stays")
	end := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	ending := w.amended(key, map[string]any{"expiresAt": end.Format(time.RFC3339)})
	w.Expect(ending.ExpiresAt).NotTo(BeNil())
	w.Expect(*ending.ExpiresAt).To(BeTemporally("==", end))
	w.Expect(key.Status.ExpiresAt.Time).To(BeTemporally("==", end))
	w.Expect(w.amended(key, map[string]any{"displayName": "renamed"}).Name).To(HavePrefix("renamed-"))
	w.Expect(key.Status.KeyID).To(Equal(id))
	w.published(key)
	w.Expect(w.minted()).To(Equal(1))
}

func scopesTaken(w *World) {
	_, key := w.readyKey()
	before := w.writes()
	w.patch(key, map[string]any{"spec": map[string]any{"scopes": nil}})
	w.refused(key, v1alpha1.ReasonScopesRequired, "spec.scopes")
	w.Expect(w.writes()).To(Equal(before))
	w.patch(key, map[string]any{"spec": map[string]any{"scopes": []string{anyScope}}})
	w.h.WaitReady(w, key)
	w.published(key)
}
