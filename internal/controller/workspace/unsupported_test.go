package workspace

import (
	"errors"
	"testing"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// wantImpasse fails unless a person has to act, for the reason and in the words.
func wantImpasse(t *testing.T, err error, reason, message string) {
	t.Helper()
	hold, ok := errors.AsType[*plan.Impasse](err)
	if !ok {
		t.Fatalf("got %v, want an impasse for the reason %s", err, reason)
	}
	if hold.State != plan.Blocked || hold.Reason != reason || hold.Message != message {
		t.Errorf("got  %s %s: %s\nwant Blocked %s: %s", hold.State, hold.Reason, hold.Message, reason, message)
	}
}

// ask is the intent of a Workspace at a vendor that can do all but what is
// taken away.
func ask(ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, limit func(*provider.WorkspaceCapabilities)) *Intent {
	intent := &Intent{Provider: "acme", Capabilities: fake.Everything(), External: ws.Spec.ExternalID, Mark: provider.MarkFor(string(ws.UID))}
	if limit != nil {
		limit(&intent.Capabilities.Workspace)
	}
	intent.Spec = specOf(ws, class, intent.Provider)
	intent.Recovery = recovery(intent)
	return intent
}

func TestUnsupported(t *testing.T) {
	external := gen.SetWorkspaceExternalID("ws-1")
	doomed := gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete)
	for name, row := range map[string]struct {
		mods  []gen.WorkspaceModifier
		limit func(*provider.WorkspaceCapabilities)
		want  string
	}{
		"an import where there is none": {[]gen.WorkspaceModifier{external}, func(can *provider.WorkspaceCapabilities) { can.Import = false },
			"spec.externalID: acme has no way to take over workspaces; leave it out to create one"},
		"a creation where there is none": {nil, func(can *provider.WorkspaceCapabilities) { can.Create = false },
			"acme has no way to create workspaces: make one at the vendor, and name its id in spec.externalID"},
		"a deletion where there is none": {[]gen.WorkspaceModifier{doomed}, func(can *provider.WorkspaceCapabilities) { can.Delete = false },
			"spec.deletionPolicy: acme has no way to delete workspaces; use Retain or leave it out"},
		"a deletion that the class forbids": {[]gen.WorkspaceModifier{doomed}, func(can *provider.WorkspaceCapabilities) { can.Delete, can.DeleteSetting = false, "freezeOnDelete" },
			"spec.deletionPolicy: the class does not allow deletions at acme (freezeOnDelete is not Enabled); use Retain or leave it out"},
		"another vendor's settings": {[]gen.WorkspaceModifier{gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing"})}, nil,
			"spec.guance: the class's vendor is acme; remove these settings"},
		"another vendor's settings, empty": {[]gen.WorkspaceModifier{gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{})}, nil,
			"spec.guance: the class's vendor is acme; remove these settings"},
	} {
		t.Run(name, func(t *testing.T) {
			ws := gen.Workspace("ws", row.mods...)
			wantImpasse(t, unsupported(ws, ask(ws, gen.WorkspaceClass("prod"), row.limit)), v1alpha1.ReasonUnsupported, row.want)
		})
	}
}

func TestSupported(t *testing.T) {
	external := gen.SetWorkspaceExternalID("ws-1")
	cannot := func(can *provider.WorkspaceCapabilities) { can.Delete, can.DeleteSetting = false, "freezeOnDelete" }
	for name, row := range map[string]struct {
		mods  []gen.WorkspaceModifier
		limit func(*provider.WorkspaceCapabilities)
	}{
		"silent":                           {nil, nil},
		"silent where nothing is honoured": {nil, func(can *provider.WorkspaceCapabilities) { can.Fields = nil }},
		"an import":                        {[]gen.WorkspaceModifier{external}, func(can *provider.WorkspaceCapabilities) { can.Create = false }},
		"a creation":                       {nil, func(can *provider.WorkspaceCapabilities) { can.Import = false }},
		"no deletion, by nobody's choice":  {nil, cannot},
		"no deletion, as asked":            {[]gen.WorkspaceModifier{gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionRetain)}, cannot},
		"a deletion that the class enables": {[]gen.WorkspaceModifier{gen.SetWorkspaceDeletionPolicy(v1alpha1.DeletionDelete)},
			func(can *provider.WorkspaceCapabilities) { can.DeleteSetting = "freezeOnDelete" }},
	} {
		ws := gen.Workspace("ws", row.mods...)
		if err := unsupported(ws, ask(ws, gen.WorkspaceClass("prod"), row.limit)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoFieldIsIgnoredInSilence takes away each field that a Workspace can set.
func TestNoFieldIsIgnoredInSilence(t *testing.T) {
	mods := outspoken()[:9] // without what only guance has
	ws := gen.Workspace("ws", mods...)
	if err := unsupported(ws, ask(ws, gen.WorkspaceClass("prod"), nil)); err != nil {
		t.Fatal(err)
	}
	all := fake.Everything().Workspace.Fields
	if len(all) != len(mods) {
		t.Fatalf("%d fields can be honoured and %d are set", len(all), len(mods))
	}
	for _, missing := range all {
		without := func(can *provider.WorkspaceCapabilities) {
			can.Fields = nil
			for _, field := range all {
				if field != missing {
					can.Fields = append(can.Fields, field)
				}
			}
		}
		wantImpasse(t, unsupported(ws, ask(ws, gen.WorkspaceClass("prod"), without)), v1alpha1.ReasonUnsupported,
			"spec."+missing+": acme has no such setting; remove it here, or from the class's defaults")
	}
	t.Run("nor a default of the class", func(t *testing.T) {
		ws := gen.Workspace("ws")
		nothing := func(can *provider.WorkspaceCapabilities) { can.Fields = nil }
		wantImpasse(t, unsupported(ws, ask(ws, generous(), nothing)), v1alpha1.ReasonUnsupported,
			"spec.region: acme has no such setting; remove it here, or from the class's defaults")
	})
	t.Run("nor a setting of the vendor's own", func(t *testing.T) {
		ws := gen.Workspace("ws", gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing", AccessKeyName: "admin"}))
		intent := &Intent{Provider: "guance", Capabilities: fake.Everything()}
		intent.Spec = specOf(ws, gen.WorkspaceClass("prod"), "guance")
		wantImpasse(t, unsupported(ws, intent), v1alpha1.ReasonUnsupported,
			"spec.guance.accessKeyName: guance has no such setting; remove it here, or from the class's defaults")
		intent.Capabilities.Workspace.Fields = []string{"guance.accessKeyName", "guance.menuStyle"}
		if err := unsupported(ws, intent); err != nil {
			t.Errorf("what is honoured is refused: %v", err)
		}
	})
}

func TestARegionThatIsRequired(t *testing.T) {
	needs := func(can *provider.WorkspaceCapabilities) { can.Required = []string{"region"} }
	ws := gen.Workspace("ws")
	wantImpasse(t, unsupported(ws, ask(ws, gen.WorkspaceClass("prod"), needs)), v1alpha1.ReasonRegionRequired,
		"spec.region: acme wants to be told where a workspace is to be; set it here, or in the class's defaults")
	for name, row := range map[string]struct {
		ws    *v1alpha1.Workspace
		class *v1alpha1.WorkspaceClass
	}{
		"its own":              {gen.Workspace("ws", gen.SetWorkspaceRegion("eu-1")), gen.WorkspaceClass("prod")},
		"the class's":          {ws, generous()},
		"one that exists has":  {gen.Workspace("ws", gen.SetWorkspaceExternalID("ws-1")), gen.WorkspaceClass("prod")},
		"made under a default": {gen.Workspace("ws", gen.SetWorkspaceUUID("ws-1")), gen.WorkspaceClass("prod")},
	} {
		if err := unsupported(row.ws, ask(row.ws, row.class, needs)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
