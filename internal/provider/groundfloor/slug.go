package groundfloor

import (
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// slugLimit is what a label in a host name can have. The vendor documents no
// rules for slugs, and would make one up if it got none; then a creation whose
// answer is lost could not be found again.
const slugLimit = 63

// slugFor is the slug to create a workspace with: the one the spec names, or
// else one that ends in the mark. One that is named must not look like that.
func slugFor(op string, mark provider.Mark, spec provider.WorkspaceSpec) (string, error) {
	if spec.Slug == "" {
		return markedSlug(spec.DisplayName, mark), nil
	}
	if !markOf(spec.Slug).IsZero() {
		return "", rest.Invalid(op, "spec.slug ends like the slugs by which the operator knows the workspaces it made: choose another one")
	}
	return spec.Slug, nil
}

// markedSlug is the display name as far as it fits, and the mark behind it.
func markedSlug(display string, mark provider.Mark) string {
	words := strings.FieldsFunc(strings.ToLower(display), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	readable := strings.Join(words, "-")
	if readable == "" {
		readable = "workspace"
	}
	if mark.IsZero() {
		return cut(readable, slugLimit)
	}
	suffix := "-" + mark.Owner()
	return cut(readable, slugLimit-len(suffix)) + suffix
}

// cut shortens a slug without leaving a hyphen at its end.
func cut(slug string, limit int) string {
	return strings.TrimRight(slug[:min(len(slug), limit)], "-")
}

// markOf reads the mark behind the last hyphen.
func markOf(slug string) provider.Mark {
	last := strings.LastIndexByte(slug, '-')
	if last < 0 {
		return provider.Mark{}
	}
	mark, _ := provider.ParseOwner(slug[last+1:])
	return mark
}
