package e2e

import (
	"fmt"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	emulated "github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

func groundfloor() []scenario {
	s := about("provisioning")
	tell := func(title string, run func(*World)) { s.at(harness.Groundfloor, title, run) }
	for _, withID := range []bool{false, true} {
		tell(fmt.Sprintf("a Workspace is Ready once the vendor has built it (id in the answer: %t)", withID), func(w *World) { provisions(w, withID, 0) })
		tell(fmt.Sprintf("a Workspace whose row comes late is created once (id in the answer: %t)", withID), func(w *World) { provisions(w, withID, 4*time.Second) })
		tell(fmt.Sprintf("a Workspace that stops in the middle is not created again (id in the answer: %t)", withID), func(w *World) { sagaFails(w, withID, 2) })
		tell(fmt.Sprintf("a Workspace whose row never comes is not created again (id in the answer: %t)", withID), func(w *World) { sagaFails(w, withID, 1) })
	}
	tell("a Workspace that the vendor's own retry completes becomes Ready", sagaRetried)
	tell("the lists hide what is new for a while", func(w *World) {
		w.settings(map[string]any{"listLagMillis": 5000})
		provisions(w, false, 0)
	})
	for _, lost := range []fault.Action{fault.Lost, fault.Truncate} {
		tell(fmt.Sprintf("lost answer to the creation (%s): it is found by its slug", lost), func(w *World) { lostProvisioning(w, lost, 0) })
	}
	tell("lost answer to the creation of a row that comes late: it is found by its slug", func(w *World) { lostProvisioning(w, fault.Lost, 15*time.Second) })
	tell("an explicit slug that is free is used", explicitSlug)
	tell("an explicit slug that is taken is a Conflict", takenSlug)
	tell("lost answer to a creation with an explicit slug: it is never sent again", lostExplicitSlug)
	tell("a region is asked for, and may be the class's", regionNeeded)
	tell("a lost permission is no lost workspace", permissionLost)
	tell("an ApiKey is Unsupported, and says what to do instead", noKeys)
	tell("what the vendor cannot honour is refused", unsupportedAtGroundfloor)
	tell("an expired token is said, and a new one takes effect without a restart", groundfloorTokenExpires)
	tell("in an account that nobody knows or may administer is refused", foreignAccount)
	return append(s.all, freezing()...)
}

// groundfloorWorkspace is the workspace as the vendor has it.
func (w *World) groundfloorWorkspace(id string) emulated.Workspace {
	for _, ws := range w.v.Groundfloor().Workspaces {
		if ws.ID == id {
			return *ws
		}
	}
	w.Fatalf("the vendor has no workspace %q", id)
	return emulated.Workspace{}
}

const sagaMillis = 6000

func provisions(w *World, withID bool, row time.Duration) {
	w.settings(map[string]any{"answerWithWorkspaceID": withID, "provisioningMillis": sagaMillis, "rowDelayMillis": row.Milliseconds()})
	class := w.class()
	ws := w.workspace("workspace", class, gen.SetWorkspaceDisplayName("Team A"))
	w.working(ws, v1alpha1.ReasonProvisioning)
	run := w.v.Groundfloor().ProvisioningRuns[0]
	w.Expect(ws.Status.ProvisioningRunID).To(Equal(run.ID), "what the vendor's support asks for")
	w.ask(ws)
	w.h.WaitReady(w, class, ws)
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(1))
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	made := w.groundfloorWorkspace(ws.Status.UUID)
	w.Expect(made.Status).To(Equal("active"), "it is Ready only when it is active")
	w.Expect(made.Name).To(Equal("Team A"))
	w.Expect(ws.Status.State).To(Equal("active"))
	w.Expect(ws.Status.Slug).To(Equal(made.Slug))
	w.Expect(ws.Status.Region).To(Equal(anyRegion))
	w.Expect(ws.Status.TenancyModel).To(Equal("dedicated"))
	w.Expect(ws.Status.AccountID).To(Equal(emulated.DefaultAccountID))
	w.Expect(ws.Status.ProvisioningRunID).To(Equal(run.ID))
	w.Expect(ws.Status.CreatedAt).NotTo(BeNil())
	w.Expect(ws.Status.Attempt).To(BeNil())
	expected := []v1alpha1.WorkspaceEnvironment{}
	for _, e := range made.Environments {
		expected = append(expected, v1alpha1.WorkspaceEnvironment{Name: e.Name, ID: e.ID, State: e.State})
	}
	w.Expect(ws.Status.Environments).To(ConsistOf(expected))
	w.Expect(expected).To(ConsistOf(HaveField("Name", "dev"), HaveField("Name", "staging"), HaveField("Name", "prod")))
	w.poke(ws)
	w.Expect(w.writes()).To(Equal(1), "there is rest")
}

// sagaFails asks again and again; only the vendor can help.
func sagaFails(w *World, withID bool, step int) {
	w.settings(map[string]any{"answerWithWorkspaceID": withID, "failStep": step})
	ws := w.workspace("workspace", w.class())
	w.working(ws, v1alpha1.ReasonProvisioning)
	for range 10 {
		w.poke(ws)
	}
	w.working(ws, v1alpha1.ReasonProvisioning)
	w.Expect(ws.Status.ProvisioningRunID).To(Equal(w.v.Groundfloor().ProvisioningRuns[0].ID))
	w.Consistently(func() int { return w.count(groundfloorCreate).Requests }).Should(Equal(1))
	w.delete(ws)
	w.askUntilGone(ws)
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(1))
}

func sagaRetried(w *World) {
	w.settings(map[string]any{"failStep": 1, "retryFailedMillis": 4000})
	ws := w.workspace("workspace", w.class())
	w.working(ws, v1alpha1.ReasonProvisioning)
	w.pokeUntilReady(ws)
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(1))
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
}

func lostProvisioning(w *World, lost fault.Action, row time.Duration) {
	w.settings(map[string]any{"provisioningMillis": 2000, "rowDelayMillis": row.Milliseconds()})
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: lost, Times: 1})
	ws := w.workspace("workspace", w.class())
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1), "what was made is found again")
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.Expect(w.liveWorkspaces()).To(HaveKey(ws.Status.UUID))
	w.Expect(ws.Status.Attempt).To(BeNil())
}

func explicitSlug(w *World) {
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceSlug("team-a"))
	w.h.WaitReady(w, ws)
	w.Expect(ws.Status.Slug).To(Equal("team-a"))
	w.Expect(w.groundfloorWorkspace(ws.Status.UUID).Slug).To(Equal("team-a"))
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(1))
}

func takenSlug(w *World) {
	_, err := w.v.CreateObject(w.vendor, "workspaces", map[string]any{"name": "somebody else's", "slug": "team-a"})
	w.Expect(err).NotTo(HaveOccurred())
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceSlug("team-a"))
	w.refused(ws, v1alpha1.ReasonConflict, "spec.slug", "spec.externalID")
	w.poke(ws)
	w.Expect(ws.Status.UUID).To(BeEmpty(), "a slug that a tenant typed is no proof")
	w.Expect(w.writes()).To(BeZero())
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.Expect(w.liveWorkspaces()).To(HaveLen(1))
	w.Expect(w.writes()).To(BeZero(), "what is not ours is left alone")
}

func lostExplicitSlug(w *World) {
	method, route := w.create()
	w.fail(fault.Fault{Method: method, Route: route, Action: fault.Lost, Times: 1})
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceSlug("team-a"))
	w.pokeUntil(ws, "the outcome to be unknown", func(seen client.Object) bool {
		return harness.HasReason(seen, v1alpha1.ConditionStalled, v1alpha1.ReasonOutcomeUnknown)
	})
	w.refused(ws, v1alpha1.ReasonOutcomeUnknown, "spec.externalID")
	for range 3 {
		w.poke(ws)
	}
	w.Expect(w.count(groundfloorCreate).Requests).To(Equal(1))
	w.delete(ws)
	w.h.WaitGone(w, ws)
	w.said(ws, "Warning", v1alpha1.ReasonOutcomeUnknown)
	w.Expect(w.count(groundfloorStatus).Requests).To(BeZero())
}

func regionNeeded(w *World) {
	ws := w.workspace("workspace", w.class(), gen.SetWorkspaceRegion(""))
	harness.Wait(w, w.h, ws, "the missing region to be said", func(seen *v1alpha1.Workspace) bool {
		stalled := harness.Condition(seen, v1alpha1.ConditionStalled)
		return stalled != nil && hasAll(stalled.Message, []string{"spec.region"})
	})
	w.Expect(ws.Finalizers).To(BeEmpty())
	w.Expect(w.writes()).To(BeZero(), "the vendor is not asked for what cannot work")
	class := w.class(gen.SetWorkspaceClassDefaults(v1alpha1.WorkspaceDefaults{Region: "eu-central-1"}))
	second := w.workspace("second", class, gen.SetWorkspaceRegion(""))
	third := w.workspace("third", class)
	w.h.WaitReady(w, second, third)
	w.Expect(second.Status.Region).To(Equal("eu-central-1"))
	w.Expect(third.Status.Region).To(Equal(anyRegion), "the Workspace's own wins")
}

func permissionLost(w *World) {
	ws := w.readyWorkspace()
	id := ws.Status.UUID
	w.change("workspaces", id, map[string]any{"permission": "none", "member": false})
	w.pokeUntil(ws, "the loss to be said", func(seen client.Object) bool {
		return !harness.IsReady(seen) || harness.Condition(seen, v1alpha1.ConditionAccountReady).Status != metav1.ConditionTrue
	})
	for range 3 {
		w.poke(ws)
	}
	w.Expect(ws.Status.UUID).To(Equal(id), "it is not forgotten")
	w.Expect(w.writes()).To(Equal(1), "it is not created again")
	w.change("workspaces", id, map[string]any{"permission": "administer", "member": true})
	w.pokeUntilReady(ws)
	w.Expect(ws.Status.UUID).To(Equal(id))
	w.Expect(w.writes()).To(Equal(1))
}

func noKeys(w *World) {
	ws := w.readyWorkspace()
	key := w.key("key", ws.Name)
	w.refused(key, v1alpha1.ReasonUnsupported, w.vendor, "secret")
	w.Expect(key.Finalizers).To(BeEmpty())
	w.Expect(w.secret(key.Name)).To(BeNil())
	w.delete(key)
	w.h.WaitGone(w, key)
	w.delete(ws)
	w.h.WaitGone(w, ws)
}

func unsupportedAtGroundfloor(w *World) {
	class := w.class()
	for name, c := range map[string]struct {
		mod   gen.WorkspaceModifier
		field string
	}{
		"metadata":    {gen.AddWorkspaceMetadata("a", "b"), "spec.metadata"},
		"description": {gen.SetWorkspaceDescription("what for"), "spec.description"},
		"usage":       {gen.SetWorkspaceUsageLimits(v1alpha1.UsageLimit{CreditLimit: 1}), "spec.usageLimits"},
		"rate":        {gen.SetWorkspaceRateLimits(v1alpha1.RateLimit{Type: "Requests", Unit: "PerDay"}), "spec.rateLimits"},
		"language":    {gen.SetWorkspaceLanguage("en"), "spec.language"},
		"delete":      {gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete), "spec.deletionPolicy"},
	} {
		ws := w.workspace(name, class, c.mod)
		w.refused(ws, v1alpha1.ReasonUnsupported, c.field, w.vendor)
		w.Expect(ws.Finalizers).To(BeEmpty())
	}
	w.Expect(w.writes()).To(BeZero())
	ws := w.workspace("renamed", class, gen.SetWorkspaceDisplayName("Team A"))
	w.h.WaitReady(w, ws)
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "Team B"}})
	w.refused(ws, v1alpha1.ReasonUnsupported, "spec.displayName", w.vendor)
	w.patch(ws, map[string]any{"spec": map[string]any{"displayName": "Team A"}})
	w.h.WaitReady(w, ws)
	w.Expect(w.writes()).To(Equal(1))
}

func groundfloorTokenExpires(w *World) {
	ws := w.readyWorkspace()
	w.settings(map[string]any{"tokenLifetimeSeconds": 1})
	w.pokeUntil(ws, "the expiry to be noticed", func(seen client.Object) bool {
		return harness.HasReason(seen, v1alpha1.ConditionAccountReady, v1alpha1.ReasonCredentialRejected)
	})
	w.Expect(harness.IsReady(ws)).To(BeTrue(), "what was promised still holds")
	second := w.workspace("second", &v1alpha1.WorkspaceClass{ObjectMeta: metav1.ObjectMeta{Name: ws.Spec.ClassName}})
	w.refused(second, v1alpha1.ReasonCredentialRejected)
	w.settings(map[string]any{"tokenLifetimeSeconds": 3600})
	w.Expect(w.v.SetCredentials(w.vendor, "fresh-token")).To(Succeed())
	w.credential(ws.Spec.ClassName, "fresh-token")
	w.h.WaitReady(w, second)
	w.Expect(w.created()).To(Equal(2))
}

func foreignAccount(w *World) {
	w.settings(map[string]any{"accounts": map[string]string{emulated.DefaultAccountID: "read"}})
	ws := w.workspace("workspace", w.class())
	w.refused(ws, v1alpha1.ReasonPermissionDenied)
	w.settings(map[string]any{"accounts": map[string]string{emulated.DefaultAccountID: "administer"}})
	w.pokeUntilReady(ws)
	w.Expect(w.created()).To(Equal(1))
}
