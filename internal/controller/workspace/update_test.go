package workspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestChanges: an update says what is to become otherwise and nothing else.
func TestChanges(t *testing.T) {
	wanted := said(func(*provider.WorkspaceSpec) {})
	for _, row := range []struct {
		fields []string
		want   provider.WorkspaceSpec
	}{
		{nil, provider.WorkspaceSpec{}},
		{[]string{"displayName"}, provider.WorkspaceSpec{DisplayName: wanted.DisplayName}},
		{[]string{"description"}, provider.WorkspaceSpec{Description: wanted.Description}},
		{[]string{"metadata"}, provider.WorkspaceSpec{Metadata: wanted.Metadata}},
		{[]string{"usageLimits"}, provider.WorkspaceSpec{UsageLimits: wanted.UsageLimits}},
		{[]string{"rateLimits"}, provider.WorkspaceSpec{RateLimits: wanted.RateLimits}},
		{[]string{"access"}, provider.WorkspaceSpec{Frozen: new(true)}},
		{[]string{"displayName", "access"}, provider.WorkspaceSpec{DisplayName: wanted.DisplayName, Frozen: new(true)}},
	} {
		intent := ask(gen.Workspace("ws", outspoken()...), gen.WorkspaceClass("prod"), nil)
		if diff := cmp.Diff(row.want, changes(*intent, row.fields)); diff != "" {
			t.Errorf("%v (-want +got)\n%s", row.fields, diff)
		}
	}
	open := []string{"description", "metadata", "usageLimits", "rateLimits"}
	if diff := cmp.Diff(provider.WorkspaceSpec{Clear: open}, changes(Intent{}, open)); diff != "" {
		t.Errorf("what the spec leaves open is not cleared (-want +got)\n%s", diff)
	}
}

// TestEveryChangeIsSaid: a field that a vendor can change and an update leaves
// out would differ for ever.
func TestEveryChangeIsSaid(t *testing.T) {
	intent := Intent{Spec: said(func(*provider.WorkspaceSpec) {})}
	for _, driver := range catalog.All() {
		for _, field := range driver.Capabilities().Workspace.Changeable {
			if got := changes(intent, []string{field}); cmp.Equal(provider.WorkspaceSpec{}, got) || len(got.Clear) > 0 {
				t.Errorf("%s can change %s, and an update says %+v", driver.Name(), field, got)
			}
		}
	}
}

// TestUnheeded: what the vendor shows a moment after it was told is not the last
// word, and not a second call either.
func TestUnheeded(t *testing.T) {
	step := plan.Step{Verb: plan.Update, Outlook: plan.Outlook{State: plan.Settled, Reason: "Available", Message: "well"}}
	blocked := plan.Step{Verb: plan.Update, Outlook: plan.Outlook{State: plan.Blocked, Reason: "Unsupported"}}
	for name, row := range map[string]struct {
		shown string
		step  plan.Step
		want  bool
	}{
		"it is as it was told":                {"Team A", step, false},
		"it shows something else":             {"TEAM A", step, true},
		"there is something worse to be said": {"TEAM A", blocked, false},
	} {
		ws := gen.Workspace("ws", gen.SetWorkspaceDisplayName("Team A"))
		intent := ask(ws, gen.WorkspaceClass("prod"), nil)
		got := unheeded(ws, *intent, provider.Workspace{ID: "ws-1", Name: row.shown}, []string{"displayName"}, row.step)
		if (got != nil) != row.want {
			t.Errorf("%s: got %+v", name, got)
		}
		if got != nil && (got.State != plan.Settled || got.Unapplied == "" || got.After <= 0) {
			t.Errorf("%s: it stands as %+v, want it Settled, with words for Synced, and looked at again", name, got)
		}
	}
}
