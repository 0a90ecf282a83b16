package fields

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// samples are a value for every field that some vendor honours.
func samples() map[string]map[string]string {
	return map[string]map[string]string{
		kindWorkspace: {
			"access": "access: Active", "description": "description: what for", "displayName": "displayName: Team A", "language": "language: en", "metadata": "metadata: {a: b}",
			"rateLimits": "rateLimits: [{type: Requests, unit: PerDay, value: 1}]", "region": "region: us-east-1", "slug": "slug: team-a",
			"usageLimits": "usageLimits: [{creditLimit: 1}]",
			"guance":      "guance: {}", "guance.menuStyle": "guance: {menuStyle: Testing}", "guance.accessKeyName": "guance: {accessKeyName: admins}",
		},
		kindKey: {
			"access": "access: Enabled", "action": "action: read", "displayName": "displayName: ci", "expiresAt": "expiresAt: 2100-01-01T00:00:00Z",
			"ipAllowlist": "ipAllowlist: [10.0.0.1]",
			"lifetime":    "lifetime: 1h", "mode": "mode: Test", "rateLimits": "rateLimits: [{type: Requests, unit: PerDay, value: 1}]", "scopes": "scopes: [logs.list]",
			"usageLimits": "usageLimits: [{creditLimit: 1}]",
		},
	}
}

// fieldsOf are what a vendor honours of a kind.
func fieldsOf(driver provider.Driver, kind string) []string {
	if kind == kindKey {
		return driver.Capabilities().Key.Fields
	}
	return driver.Capabilities().Workspace.Fields
}

// unsupported tries, at every vendor, every field that another one honours and it does not. None is ignored in silence.
func unsupported(t *testing.T, h *harness.Harness) {
	for kind, all := range samples() {
		honoured := map[string]bool{}
		for _, driver := range catalog.All() {
			for _, field := range fieldsOf(driver, kind) {
				honoured[field] = true
			}
		}
		if got, want := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(honoured)); !slices.Equal(got, want) {
			t.Errorf("the samples of %s are of %q, but vendors honour %q", kind, got, want)
		}
		for _, driver := range catalog.All() {
			t.Run(driver.Name()+"/"+kind, func(t *testing.T) {
				t.Parallel()
				s := &stage{T: t, h: h, row: row{leaf: leaf{kind: kind}, vendor: driver.Name()}, values: map[string]string{}}
				s.set()
				for _, field := range slices.Sorted(maps.Keys(all)) {
					if !slices.Contains(fieldsOf(driver, kind), field) {
						having(kind, all[field], stalled(v1alpha1.ReasonUnsupported, words(driver, kind, field)...))(s)
					}
				}
			})
		}
	}
}

// words are what a refusal must say: the field and the vendor; where there are no keys at all, that.
func words(driver provider.Driver, kind, field string) []string {
	if kind == kindKey && !driver.Capabilities().Key.Issue {
		return []string{driver.Name(), driver.Capabilities().Key.Instead}
	}
	if block, _, own := strings.Cut(field, "."); own {
		field = block // the block as a whole is another vendor's
	}
	return []string{"spec." + field, driver.Name()}
}
