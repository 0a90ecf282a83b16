package workspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// generous is a class with a default for everything that can have one.
func generous() *v1alpha1.WorkspaceClass {
	return gen.WorkspaceClass("prod", gen.SetWorkspaceClassDefaults(v1alpha1.WorkspaceDefaults{
		Region: "eu-1", Language: "zh",
		Metadata:    map[string]v1alpha1.MetadataValue{"environment": "production", "tier": "gold"},
		UsageLimits: []v1alpha1.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}},
		RateLimits:  []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 60}},
	}))
}

// outspoken says everything that a Workspace can.
func outspoken() []gen.WorkspaceModifier {
	return []gen.WorkspaceModifier{
		gen.SetWorkspaceDisplayName("Team A"), gen.SetWorkspaceDescription("for team a"), gen.SetWorkspaceRegion("us-1"),
		gen.SetWorkspaceSlug("team-a"), gen.SetWorkspaceLanguage("en"), gen.AddWorkspaceMetadata("tier", "silver"),
		gen.SetWorkspaceUsageLimits(v1alpha1.UsageLimit{CreditLimit: 5}),
		gen.SetWorkspaceRateLimits(v1alpha1.RateLimit{Type: "Tokens", Unit: "PerDay", Value: 7}),
		gen.SetWorkspaceAccess(v1alpha1.AccessFrozen),
		gen.SetWorkspaceGuance(v1alpha1.GuanceWorkspace{MenuStyle: "Testing", AccessKeyName: "admin"}),
	}
}

// said is what an outspoken Workspace asks for.
func said(change func(*provider.WorkspaceSpec)) provider.WorkspaceSpec {
	spec := provider.WorkspaceSpec{
		DisplayName: "Team A", Description: "for team a", Region: "us-1", Slug: "team-a", Language: "en",
		Metadata:    map[string]string{"tier": "silver"},
		UsageLimits: []provider.UsageLimit{{CreditLimit: 5}},
		RateLimits:  []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 7}},
		Frozen:      new(true),
	}
	change(&spec)
	return spec
}

func TestSpecOf(t *testing.T) {
	external := gen.SetWorkspaceExternalID("ws-1")
	guance := map[string]string{"menuStyle": "Testing", "accessKeyName": "admin"}
	for name, row := range map[string]struct {
		ws     *v1alpha1.Workspace
		class  *v1alpha1.WorkspaceClass
		vendor string
		want   provider.WorkspaceSpec
	}{
		"silent": {gen.Workspace("team-a"), gen.WorkspaceClass("prod"), "portkey", provider.WorkspaceSpec{DisplayName: "team-a"}},
		"silent, with defaults": {gen.Workspace("team-a"), generous(), "portkey", provider.WorkspaceSpec{
			DisplayName: "team-a", Region: "eu-1", Language: "zh",
			Metadata:    map[string]string{"environment": "production", "tier": "gold"},
			UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}},
			RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 60}},
		}},
		"outspoken": {gen.Workspace("ws", outspoken()...), gen.WorkspaceClass("prod"), "portkey", said(func(*provider.WorkspaceSpec) {})},
		"outspoken, with defaults": {gen.Workspace("ws", outspoken()...), generous(), "portkey", said(func(spec *provider.WorkspaceSpec) {
			spec.Metadata = map[string]string{"environment": "production", "tier": "silver"}
		})},
		"the vendor's own settings": {gen.Workspace("ws", outspoken()...), gen.WorkspaceClass("prod"), "guance",
			said(func(spec *provider.WorkspaceSpec) { spec.Options = guance })},
		"active": {gen.Workspace("ws", gen.SetWorkspaceAccess(v1alpha1.AccessActive)), gen.WorkspaceClass("prod"), "portkey",
			provider.WorkspaceSpec{DisplayName: "ws", Frozen: new(false)}},
		"an import, silent":           {gen.Workspace("ws", external), gen.WorkspaceClass("prod"), "portkey", provider.WorkspaceSpec{}},
		"an import, with defaults":    {gen.Workspace("ws", external), generous(), "portkey", provider.WorkspaceSpec{}},
		"an import, outspoken":        {gen.Workspace("ws", append(outspoken(), external)...), generous(), "portkey", said(func(*provider.WorkspaceSpec) {})},
		"an import that names itself": {gen.Workspace("ws", external, gen.SetWorkspaceDisplayName("Team A")), generous(), "portkey", provider.WorkspaceSpec{DisplayName: "Team A"}},
	} {
		t.Run(name, func(t *testing.T) {
			spec, class := row.ws.DeepCopy(), row.class.DeepCopy()
			if diff := cmp.Diff(row.want, specOf(row.ws, row.class, row.vendor)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(spec, row.ws) + cmp.Diff(class, row.class); diff != "" {
				t.Errorf("what was asked was changed, which a cache would show to others:\n%s", diff)
			}
		})
	}
}
