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
		row{"of these, a Workspace must have", func(can provider.Capabilities) string { return codes(can.Workspace.Required) }},
		row{"of these, an ApiKey must have", func(can provider.Capabilities) string { return codes(can.Key.Required) }},
		row{"can be changed later (Workspace)", func(can provider.Capabilities) string { return codes(can.Workspace.Changeable) }},
		row{"cleared when taken out of the spec (Workspace)", func(can provider.Capabilities) string { return codes(can.Workspace.Clearable) }},
		row{"can be changed later (ApiKey)", func(can provider.Capabilities) string { return codes(can.Key.Changeable) }},
		row{"a deletion of a workspace", deletion},
		row{"lost workspace is found", lostWorkspace},
		row{"lost key is found", func(can provider.Capabilities) string { return found(can.Key.Issue, can.Key.Recovery) }},
		row{"a workspace is managed with", func(can provider.Capabilities) string {
			if can.Workspace.OwnCredential {
				return "a key of its own"
			}
			return "the class's credential"
		}},
		row{"the class's credential is tried", func(can provider.Capabilities) string {
			if can.Checkable {
				return "by itself"
			}
			return "with a workspace"
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
		Workspace: provider.WorkspaceCapabilities{Import: true, Create: true, Get: true, List: true, Update: true, Freeze: true, Delete: true},
		Key:       provider.KeyCapabilities{Issue: true, Get: true, List: true, Amend: true, Revoke: true},
	}.Names()
}

func deletion(can provider.Capabilities) string {
	switch {
	case !can.Workspace.Delete:
		return "leaves it at the vendor"
	case can.Workspace.DeleteSetting != "":
		return "leaves it, or with `" + can.Workspace.DeleteSetting + "`: " + can.Workspace.DeleteMeans
	}
	return "removes it"
}

func lostWorkspace(can provider.Capabilities) string {
	how := found(can.Workspace.Create, can.Workspace.Recovery)
	if can.Workspace.MarkField != "" {
		how += "; with `" + can.Workspace.MarkField + "` by a person"
	}
	return how
}

func found(made bool, how provider.Recovery) string {
	switch {
	case !made:
		return "-"
	case how == provider.RecoverByMark:
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
