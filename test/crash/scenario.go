// Package crash runs the operator on a model of a cluster, lets every call it makes go wrong in every way, and looks at what comes of it. README.md is the way in.
package crash

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// Scenario is something that tenants and admins do, and the operator has to bring about.
type Scenario struct {
	Name string
	// Vendors are those at which it can be done.
	Vendors []string
	// Before is what has to be there; nothing goes wrong with it.
	Before []Step
	// Act is what the faults hit: the calls are counted from its first step on. The world comes to rest after each.
	Act []Step
}

// Step is one thing that somebody does.
type Step func(*World)

// withKeys, creating and importing are the vendors that can do that.
func withKeys() []string {
	return []string{harness.Portkey, harness.Guance, harness.Slaunchx, harness.Oceanbase}
}

func creating() []string { return []string{harness.Portkey, harness.Guance, harness.Groundfloor} }

func importing() []string {
	return []string{harness.Portkey, harness.Slaunchx, harness.Groundfloor, harness.Oceanbase}
}

func everywhere() []string { return append(withKeys(), harness.Groundfloor) }

// Scenarios are those that every fault is tried in.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "create a workspace", Vendors: creating(), Act: []Step{applyWorkspace}},
		{Name: "create a key", Vendors: withKeys(), Before: []Step{applyWorkspace}, Act: []Step{applyKey}},
		{Name: "create both at once", Vendors: withKeys(), Act: []Step{together(applyKey, applyWorkspace)}},
		{Name: "update the workspace", Vendors: creating(), Before: []Step{applyWorkspace}, Act: []Step{editWorkspace}},
		{Name: "update the key", Vendors: []string{harness.Portkey, harness.Slaunchx}, Before: []Step{applyWorkspace, applyKey}, Act: []Step{editKey}},
		{Name: "rotate", Vendors: withKeys(), Before: []Step{applyWorkspace, makeKey, applyKey}, Act: []Step{rotate}},
		{Name: "delete the key", Vendors: withKeys(), Before: []Step{applyWorkspace, makeKey, applyKey}, Act: []Step{deleteKey}},
		{Name: "delete both", Vendors: withKeys(), Before: []Step{applyWorkspace, applyKey}, Act: []Step{together(deleteWorkspace, deleteKey)}},
		{Name: "delete the workspace", Vendors: everywhere(), Before: []Step{applyWorkspace}, Act: []Step{deleteWorkspace}},
		{Name: "delete the namespace", Vendors: withKeys(), Before: []Step{applyWorkspace, applyKey}, Act: []Step{deleteNamespace}},
		{Name: "lose the Secret", Vendors: withKeys(), Before: []Step{applyWorkspace, applyKey}, Act: []Step{deleteSecret}},
		{Name: "move the Secret", Vendors: withKeys(), Before: []Step{applyWorkspace, applyKey}, Act: []Step{renameSecret}},
		{Name: "change the credential", Vendors: everywhere(), Before: []Step{applyWorkspace}, Act: []Step{changeCredential, pokeWorkspace}},
		{Name: "import", Vendors: importing(), Before: []Step{makeWorkspace}, Act: []Step{applyImport, letWorkspaceGo}},
		{Name: "freeze", Vendors: []string{harness.Groundfloor}, Before: []Step{applyWorkspace}, Act: []Step{freeze, thaw}},
		{Name: "delete the key in a rotation", Vendors: []string{harness.Portkey, harness.Oceanbase}, Before: []Step{applyWorkspace, applyKey}, Act: []Step{rotateAndDelete}},
		{Name: "keep the key", Vendors: []string{harness.Portkey, harness.Slaunchx}, Before: []Step{applyWorkspace, applyKey}, Act: []Step{letKeyGo, applyKey}},
		{Name: "find the Secret taken", Vendors: []string{harness.Guance, harness.Oceanbase}, Before: []Step{applyWorkspace, makeSecret}, Act: []Step{applyKey, renameSecret}},
		{Name: "create a workspace shown late", Vendors: []string{harness.Portkey}, Before: []Step{showLate}, Act: []Step{applyWorkspace}},
		{Name: "create a key shown late", Vendors: []string{harness.Portkey, harness.Oceanbase}, Before: []Step{applyWorkspace, showLate}, Act: []Step{applyKey}},
		{Name: "delete the workspace first", Vendors: []string{harness.Portkey, harness.Guance}, Before: []Step{applyWorkspace, applyKey}, Act: []Step{deleteOneByOne}},
		{Name: "ask for a key too late", Vendors: []string{harness.Portkey, harness.Slaunchx}, Before: []Step{applyWorkspace}, Act: []Step{deleteAndAsk}},
		{Name: "ask for a key of what is gone", Vendors: []string{harness.Portkey, harness.Slaunchx}, Before: []Step{applyWorkspace}, Act: []Step{leaveAndAsk, deleteKey}},
	}
}

// place is a scenario at a vendor.
type place struct {
	scenario Scenario
	vendor   string
}

func places() []place {
	var all []place
	for _, scenario := range Scenarios() {
		for _, vendor := range scenario.Vendors {
			all = append(all, place{scenario, vendor})
		}
	}
	return all
}

// together does several things before the operator gets a turn.
func together(steps ...Step) Step {
	return func(w *World) {
		for _, step := range steps {
			step(w)
		}
	}
}

func applyWorkspace(w *World) {
	mods := []gen.WorkspaceModifier{gen.SetWorkspaceMeta(gen.InNamespace(team)), gen.SetWorkspaceClass(className), gen.SetWorkspaceDisplayName("Team A")}
	if w.existing != "" {
		mods = append(mods, gen.SetWorkspaceExternalID(w.existing), gen.SetWorkspaceDisplayName(""))
	}
	if w.vendor == harness.Groundfloor {
		mods = append(mods, gen.SetWorkspaceRegion("us-east-1"))
	}
	w.create(gen.Workspace(workspaceName, mods...))
}

func applyKey(w *World) {
	mods := []gen.ApiKeyModifier{gen.SetApiKeyMeta(gen.InNamespace(team)), gen.SetApiKeyWorkspace(workspaceName), gen.SetApiKeySecretName(keyName)}
	switch w.vendor {
	case harness.Portkey:
		mods = append(mods, gen.SetApiKeyScopes("logs.list"))
	case harness.Oceanbase:
		mods = append(mods, gen.SetApiKeyAction("read"))
	case harness.Slaunchx:
		mods = append(mods, gen.SetApiKeyScopes("payment:read"), gen.SetApiKeyMode("Test"))
	}
	w.create(gen.ApiKey(keyName, mods...))
}

func editWorkspace(w *World) {
	edit(w, w.workspace(), func(ws *v1alpha1.Workspace) {
		if w.vendor == harness.Groundfloor {
			ws.Spec.Access = v1alpha1.AccessFrozen // all that can be changed
			return
		}
		ws.Spec.DisplayName = "Team B"
	})
}

func editKey(w *World) {
	edit(w, w.key(), func(key *v1alpha1.ApiKey) {
		if w.vendor == harness.Slaunchx {
			key.Spec.Access = v1alpha1.Disabled
			return
		}
		key.Spec.Scopes = []string{"logs.list", "logs.view"}
	})
}

func rotate(w *World) {
	key := w.key()
	w.memory.causes[key.UID]++
	w.annotate(key, v1alpha1.AnnotationRotateAt, "now")
}

// rotateAndDelete deletes the key while the one it had before lives on, or is in doubt.
func rotateAndDelete(w *World) {
	rotate(w)
	w.run()
	deleteKey(w)
}

// deleteOneByOne deletes the workspace, which has to wait, and then its key.
func deleteOneByOne(w *World) {
	deleteWorkspace(w)
	w.run()
	deleteKey(w)
}

// deleteAndAsk asks for a key in a workspace that is going, until the key is deleted as well.
func deleteAndAsk(w *World) {
	deleteWorkspace(w)
	applyKey(w)
	w.run()
	deleteKey(w)
}

// leaveAndAsk asks for a key in a workspace that is gone already.
func leaveAndAsk(w *World) {
	deleteWorkspace(w)
	w.run()
	applyKey(w)
}

func deleteKey(w *World)       { w.delete(w.key()) }
func deleteWorkspace(w *World) { w.delete(w.workspace()) }

func deleteNamespace(w *World) {
	w.delete(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: team}})
}

func deleteSecret(w *World) {
	w.memory.causes[w.key().UID]++
	secret := w.secret()
	w.memory.altered[string(secret.UID)] = true
	w.delete(secret)
}

func renameSecret(w *World) {
	edit(w, w.key(), func(key *v1alpha1.ApiKey) { key.Spec.Secret.Name = keyName + "-moved" })
}

// changeCredential is what a vendor's console and an admin do: the old one is no longer accepted, and the Secret has the new one.
func changeCredential(w *World) {
	w.credential += "2"
	w.memory.console(w, func() { must(w.t, w.emulator.SetCredentials(w.vendor, w.credential)) })
	fresh := w.credentialSecret()
	edit(w, &corev1.Secret{ObjectMeta: fresh.ObjectMeta}, func(secret *corev1.Secret) { secret.Data = fresh.Data })
}

func pokeWorkspace(w *World) { w.annotate(w.workspace(), v1alpha1.AnnotationReconcileAt, "now") }

// makeWorkspace is made by hand at the vendor, where there is none from the start.
func makeWorkspace(w *World) {
	if w.existing != "" {
		return
	}
	w.existing = "ws-by-hand"
	if w.vendor == harness.Groundfloor {
		w.existing = "0d9c1c3e-8f55-4d5c-9b0e-0a4f2f0f7a11"
	}
	_, err := w.emulator.CreateObject(w.vendor, "workspaces", map[string]any{"id": w.existing, "name": "made in the console"})
	must(w.t, err)
}

func applyImport(w *World) {
	w.create(gen.Workspace(workspaceName, gen.SetWorkspaceMeta(gen.InNamespace(team)), gen.SetWorkspaceClass(className), gen.SetWorkspaceExternalID(w.existing),
		gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain)))
}

func freeze(w *World) {
	edit(w, w.workspace(), func(ws *v1alpha1.Workspace) { ws.Spec.Access = v1alpha1.AccessFrozen })
}

func thaw(w *World) {
	edit(w, w.workspace(), func(ws *v1alpha1.Workspace) { ws.Spec.Access = v1alpha1.AccessActive })
}
