package catalog

import (
	"slices"
	"strings"
	"testing"

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
			"requires what it does not honour":                               beyond(can.Key.Required, can.Key.Fields) || beyond(can.Workspace.Required, can.Workspace.Fields),
			"changes what it does not honour":                                beyond(can.Workspace.Changeable, can.Workspace.Fields) || beyond(can.Key.Changeable, can.Key.Fields),
			"takes over workspaces it cannot read":                           can.Workspace.Import && !can.Workspace.Get,
			"has no way to a workspace":                                      !can.Workspace.Import && !can.Workspace.Create,
			"clears what it does not change":                                 beyond(can.Workspace.Clearable, can.Workspace.Changeable),
			"updates nothing, or changes without an update":                  can.Workspace.Update != (len(can.Workspace.Changeable) > 0) || can.Key.Amend != (len(can.Key.Changeable) > 0),
			"freezes and does not honour access, or the other way round":     can.Workspace.Freeze != can.Workspace.Honours("access"),
			"names keys it does not issue, or issues keys without a name":    can.Key.Issue != (can.Key.Name != nil),
			"finds ids in a list it does not have":                           can.Key.IDListed && !can.Key.List,
			"has no list to find a key in, and cannot read one either":       can.Key.Issue && !can.Key.List && !can.Key.Get,
			"only freezes and does not say what that means":                  can.Workspace.DeleteFreezes != (can.Workspace.DeleteMeans != ""),
			"has a mark in the place of a field it does not have":            can.Workspace.MarkField != "" && !can.Workspace.Honours(can.Workspace.MarkField),
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

// beyond reports whether a list names what another does not have.
func beyond(names, all []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(all, name) })
}

func repeated(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) != len(names)
}

func shared(driver provider.Driver) bool {
	spoilt := driver.Capabilities()
	for _, list := range [][]string{spoilt.CredentialKeys, spoilt.Workspace.Fields, spoilt.Workspace.Changeable, spoilt.Workspace.Clearable, spoilt.Workspace.Required, spoilt.Key.Fields, spoilt.Key.Changeable, spoilt.Key.Required} {
		for i := range list {
			list[i] = "spoilt"
		}
	}
	return slices.Contains(driver.Capabilities().CredentialKeys, "spoilt") ||
		driver.Capabilities().Workspace.Honours("spoilt") || driver.Capabilities().Workspace.Changes("spoilt") || driver.Capabilities().Workspace.Clears("spoilt") || driver.Capabilities().Workspace.Requires("spoilt") ||
		driver.Capabilities().Key.Honours("spoilt") || driver.Capabilities().Key.Changes("spoilt") || driver.Capabilities().Key.Requires("spoilt")
}

// Some cells of every vendor, as its documentation has it.
func TestTable(t *testing.T) {
	got := Table()
	for _, line := range []string{
		"| | groundfloor | guance | oceanbase | portkey | slaunchx |",
		"|---|---|---|---|---|---|",
		"| workspace.create | yes | yes | - | yes | - |",
		"| workspace.list | yes | - | - | yes | - |",
		"| workspace.freeze | yes | - | - | - | - |",
		"| key.issue | - | yes | yes | yes | yes |",
		"| key.list | - | yes | yes | yes | - |",
		"| of these, a Workspace must have | `region` | - | - | - | - |",
		"| of these, an ApiKey must have | - | - | `action` | `scopes` | `scopes` |",
		"| can be changed later (ApiKey) | - | - | - | `displayName`, `scopes`, `usageLimits`, `rateLimits`, `expiresAt` | `access` |",
		"| cleared when taken out of the spec (Workspace) | - | `description` | - | `description`, `metadata`, `usageLimits`, `rateLimits` | - |",
		"| lost workspace is found | by its mark, in the list; with `slug` by a person | by a person | - | by its mark, in the list | - |",
		"| lost key is found | - | by its mark, in the list | by its mark, in the list | by its mark, in the list | by a person |",
		"| keys of the credential Secret | `token` | `apiKey` | `accessKeyID`, `accessKeySecret` | `apiKey` | `token`, `clientHash` |",
		"| documented rate limit | none | 20 a minute | none | none | none |",
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("the table does not have the line\n%s\nit is\n%s", line, got)
		}
	}
}

// bare is a vendor that can do nothing at all.
type bare struct{ provider.Driver }

func (bare) Name() string                        { return "bare" }
func (bare) Capabilities() provider.Capabilities { return provider.Capabilities{} }

// choosy is a vendor that says what its deletion is, and deletes for good.
type choosy struct{ bare }

func (choosy) Name() string { return "choosy" }
func (choosy) Capabilities() provider.Capabilities {
	return provider.Capabilities{Workspace: provider.WorkspaceCapabilities{Delete: true, Create: true, Recovery: provider.RecoverNever}}
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
	for _, line := range []string{
		"| a deletion of a workspace | leaves it at the vendor | removes it |\n",
		"| lost workspace is found | - | by a person |\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("the table does not say %q:\n%s", line, got)
		}
	}
}
