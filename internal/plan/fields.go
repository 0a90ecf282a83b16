package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// fieldAccess left out of a spec leaves it to the vendor whether the workspace is
// frozen.
const fieldAccess = "access"

// field is one field of a workspace's spec, beside what the vendor shows in its
// place.
type field struct {
	name          string
	wanted, shown any
	// set: the spec says what it should be. empty: the vendor has nothing there.
	set, empty bool
	// hidden: the answer does not show the field, so that it differs from nothing.
	hidden, differs bool
}

// fieldsOf is every field there is, in the order of the spec.
func fieldsOf(spec provider.WorkspaceSpec, seen provider.Workspace, can provider.WorkspaceCapabilities) []field {
	all := []field{
		word("displayName", spec.DisplayName, seen.Name),
		part(seen, field{
			name: "description", wanted: spec.Description, shown: seen.Description, set: spec.Description != "", empty: seen.Description == "",
			differs: spec.Description != seen.Description,
		}),
		word("region", spec.Region, seen.Region),
		word("slug", spec.Slug, seen.Slug),
		word("language", spec.Language, seen.Language),
		part(seen, field{
			name: "metadata", wanted: spec.Metadata, shown: seen.Metadata, set: len(spec.Metadata) > 0, empty: len(seen.Metadata) == 0,
			differs: !maps.Equal(spec.Metadata, seen.Metadata),
		}),
		part(seen, field{
			name: "usageLimits", wanted: InOrder(spec.UsageLimits), shown: InOrder(seen.UsageLimits), set: len(spec.UsageLimits) > 0, empty: len(seen.UsageLimits) == 0,
			differs: !sameUsage(spec.UsageLimits, seen.UsageLimits),
		}),
		part(seen, field{
			name: "rateLimits", wanted: InOrder(spec.RateLimits), shown: InOrder(seen.RateLimits), set: len(spec.RateLimits) > 0, empty: len(seen.RateLimits) == 0,
			differs: !sameRates(spec.RateLimits, seen.RateLimits),
		}),
		{
			name: fieldAccess, wanted: spec.Frozen, shown: seen.Frozen, set: spec.Frozen != nil,
			differs: spec.Frozen != nil && *spec.Frozen != seen.Frozen,
		},
	}
	names := maps.Clone(spec.Options)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, seen.Options)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, word(optionField(can, name), spec.Options[name], seen.Options[name]))
	}
	return all
}

// word is a field that no workspace is without, so that one that is not shown is
// hidden.
func word(name, wanted, shown string) field {
	return field{name: name, wanted: wanted, shown: shown, set: wanted != "", hidden: shown == "", differs: other(wanted, shown)}
}

// part is a field that a brief answer may leave out.
func part(seen provider.Workspace, f field) field {
	f.hidden = seen.Brief
	f.differs = f.set && f.differs && !f.hidden
	return f
}

// InOrder writes limits down in an order of their own: the vendor's says nothing.
func InOrder[T any](limits []T) []string {
	var all []string
	for _, limit := range limits {
		all = append(all, fmt.Sprintf("%+v", limit))
	}
	slices.Sort(all)
	return all
}

// optionField is where the spec has a vendor's own setting: below its name.
func optionField(can provider.WorkspaceCapabilities, name string) string {
	for _, field := range can.Fields {
		if strings.HasSuffix(field, "."+name) {
			return field
		}
	}
	return name
}
