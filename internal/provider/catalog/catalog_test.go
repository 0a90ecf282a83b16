package catalog

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func names(drivers []provider.Driver) []string {
	var all []string
	for _, driver := range drivers {
		all = append(all, driver.Name())
	}
	return all
}

func TestAllIsInOrderAndWithoutRepetition(t *testing.T) {
	got := names(All())
	want := slices.Clone(got)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("All() gives %v, want %v", got, want)
	}
}

func TestWhoeverChangesTheListChangesOnlyHisOwn(t *testing.T) {
	before := names(All())
	slices.Reverse(All())
	if after := names(All()); !slices.Equal(after, before) {
		t.Errorf("All() gives %v after a caller reversed its copy, want %v", after, before)
	}
}

// What follows from one capability must not contradict another.
func TestCapabilitiesHangTogether(t *testing.T) {
	for _, driver := range All() {
		can := driver.Capabilities()
		problems := map[string]bool{
			"has no credential keys": len(can.CredentialKeys) == 0,
			"creates workspaces and does not say how a lost one is found":    can.Workspace.Create && can.Workspace.Recovery == "",
			"issues keys and does not say how a lost one is found":           can.Key.Issue && can.Key.Recovery == "",
			"finds workspaces by a mark but cannot list them":                can.Workspace.Recovery == provider.RecoverByMark && !can.Workspace.List,
			"finds keys by a mark but cannot list them":                      can.Key.Recovery == provider.RecoverByMark && !can.Key.List,
			"gives workspaces a credential it cannot revoke":                 can.Workspace.OwnCredential && !can.Key.Revoke,
			"requires scopes and does not honour them":                       can.Key.ScopesRequired && !can.Key.Honours("scopes"),
			"creates workspaces without a name":                              can.Workspace.Create && !can.Workspace.Honours("displayName"),
			"has vendor members but not the block they stand in":             strings.Contains(strings.Join(can.Workspace.Fields, " "), driver.Name()+".") && !can.Workspace.Honours(driver.Name()),
			"allows a burst beyond what it allows in a minute":               can.RateLimit.Burst > can.RateLimit.RequestsPerMinute,
			"cannot issue keys and does not tell a tenant what to use":       !can.Key.Issue && can.Key.Instead == "",
			"names a field of the workspace twice":                           repeated(can.Workspace.Fields),
			"names a field of the key twice":                                 repeated(can.Key.Fields),
			"shares its capabilities with its callers, who may change them":  shared(driver),
			"has a name that is not what stands in spec.provider of a class": strings.ToLower(driver.Name()) != driver.Name() || driver.Name() == "",
		}
		for problem, has := range problems {
			if has {
				t.Errorf("%s %s", driver.Name(), problem)
			}
		}
	}
}

func repeated(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) != len(names)
}

func shared(driver provider.Driver) bool {
	spoilt := driver.Capabilities()
	for _, list := range [][]string{spoilt.CredentialKeys, spoilt.Workspace.Fields, spoilt.Key.Fields} {
		for i := range list {
			list[i] = "spoilt"
		}
	}
	return slices.Contains(driver.Capabilities().CredentialKeys, "spoilt") ||
		driver.Capabilities().Workspace.Honours("spoilt") || driver.Capabilities().Key.Honours("spoilt")
}

func TestTable(t *testing.T) {
	want := "" +
		"| | guance | portkey |\n" +
		"|---|---|---|\n" +
		"| workspace.create | yes | yes |\n" +
		"| workspace.get | yes | yes |\n" +
		"| workspace.list | - | yes |\n" +
		"| workspace.update | yes | yes |\n" +
		"| workspace.freeze | - | - |\n" +
		"| workspace.delete | - | yes |\n" +
		"| key.issue | yes | yes |\n" +
		"| key.list | yes | yes |\n" +
		"| key.amend | - | yes |\n" +
		"| key.revoke | yes | yes |\n" +
		"| Workspace fields | `displayName`, `description`, `language`, `guance`, `guance.menuStyle`, `guance.accessKeyName` | `displayName`, `description`, `metadata`, `usageLimits`, `rateLimits` |\n" +
		"| ApiKey fields | `displayName` | `displayName`, `scopes`, `usageLimits`, `rateLimits`, `expiresAt`, `lifetime` |\n" +
		"| scopes of a key | - | required |\n" +
		"| lost workspace is found | by a person | by its mark, in the list |\n" +
		"| lost key is found | by its mark, in the list | by its mark, in the list |\n" +
		"| a workspace is managed with | a key of its own | the class's credential |\n" +
		"| keys of the credential Secret | `apiKey` | `apiKey` |\n" +
		"| documented rate limit | 20 a minute | none |\n"
	if diff := cmp.Diff(want, Table()); diff != "" {
		t.Errorf("the table is not what the drivers declare (-want +got):\n%s", diff)
	}
}

// bare is a vendor that can do nothing at all.
type bare struct{ provider.Driver }

func (bare) Name() string                        { return "bare" }
func (bare) Capabilities() provider.Capabilities { return provider.Capabilities{} }

// choosy is a vendor whose keys may have scopes.
type choosy struct{ bare }

func (choosy) Name() string { return "choosy" }
func (choosy) Capabilities() provider.Capabilities {
	return provider.Capabilities{Key: provider.KeyCapabilities{Fields: []string{"scopes"}}}
}

func TestEveryCellOfTheTableSaysSomething(t *testing.T) {
	got := table([]provider.Driver{bare{}, choosy{}})
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if lines[0] != "| | bare | choosy |" || len(lines) != 2+len(rows()) {
		t.Errorf("got %d lines, beginning %q; want %d with the names first:\n%s", len(lines), lines[0], 2+len(rows()), got)
	}
	for _, line := range lines {
		if strings.Count(line, "|") != 4 || strings.Contains(line, "|  |") {
			t.Errorf("the line %q does not have three cells with something in them", line)
		}
	}
	if !strings.Contains(got, "| scopes of a key | - | optional |\n") {
		t.Errorf("scopes that are optional are not said to be:\n%s", got)
	}
}
