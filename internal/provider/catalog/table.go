package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Table says in Markdown what each vendor can do, as the drivers themselves
// declare it. It ends in a line break.
func Table() string { return table(All()) }

func table(drivers []provider.Driver) string {
	header, rule := "|", "|---"
	for _, driver := range drivers {
		header += " | " + driver.Name()
		rule += "|---"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s |\n%s|\n", header, rule)
	for _, row := range rows() {
		text.WriteString("| " + row.title)
		for _, driver := range drivers {
			text.WriteString(" | " + row.cell(driver.Capabilities()))
		}
		text.WriteString(" |\n")
	}
	return text.String()
}

// row is one property of all vendors.
type row struct {
	title string
	cell  func(provider.Capabilities) string
}

func rows() []row {
	var all []row
	for _, ability := range abilities() {
		all = append(all, row{ability, func(can provider.Capabilities) string {
			if slices.Contains(can.Names(), ability) {
				return "yes"
			}
			return "-"
		}})
	}
	return append(all,
		row{"Workspace fields", func(can provider.Capabilities) string { return codes(can.Workspace.Fields) }},
		row{"ApiKey fields", func(can provider.Capabilities) string { return codes(can.Key.Fields) }},
		row{"scopes of a key", func(can provider.Capabilities) string {
			switch {
			case can.Key.ScopesRequired:
				return "required"
			case can.Key.Honours("scopes"):
				return "optional"
			}
			return "-"
		}},
		row{"lost workspace is found", func(can provider.Capabilities) string { return found(can.Workspace.Recovery) }},
		row{"lost key is found", func(can provider.Capabilities) string { return found(can.Key.Recovery) }},
		row{"a workspace is managed with", func(can provider.Capabilities) string {
			if can.Workspace.OwnCredential {
				return "a key of its own"
			}
			return "the class's credential"
		}},
		row{"keys of the credential Secret", func(can provider.Capabilities) string { return codes(can.CredentialKeys) }},
		row{"documented rate limit", func(can provider.Capabilities) string {
			if can.RateLimit.RequestsPerMinute == 0 {
				return "none"
			}
			return fmt.Sprintf("%d a minute", can.RateLimit.RequestsPerMinute)
		}},
	)
}

// abilities are the names of everything a vendor could be capable of.
func abilities() []string {
	return provider.Capabilities{
		Workspace: provider.WorkspaceCapabilities{Create: true, Get: true, List: true, Update: true, Freeze: true, Delete: true},
		Key:       provider.KeyCapabilities{Issue: true, List: true, Amend: true, Revoke: true},
	}.Names()
}

func found(how provider.Recovery) string {
	if how == provider.RecoverByMark {
		return "by its mark, in the list"
	}
	return "by a person"
}

func codes(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
