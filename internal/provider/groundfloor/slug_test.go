package groundfloor

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestTheSlugOfADisplayName(t *testing.T) {
	tests := map[string]struct{ display, readable string }{
		"one word":                {"Development", "development"},
		"several":                 {"Team A", "team-a"},
		"what a slug cannot have": {"Team A & B (EU)!", "team-a-b-eu"},
		"hyphens at its ends":     {"--x--", "x"},
		"letters and digits":      {"007 agents", "007-agents"},
		"other alphabets":         {"Größe 9", "gr-e-9"},
		"nothing that is left":    {"团队", "workspace"},
		"nothing at all":          {"", "workspace"},
		"just long enough":        {strings.Repeat("x", 46), strings.Repeat("x", 46)},
		"too long":                {strings.Repeat("x", 200), strings.Repeat("x", 46)},
		"cut at a hyphen":         {strings.Repeat("x", 45) + " y", strings.Repeat("x", 45)},
		"a path":                  {"../../admin", "admin"},
		"somebody's mark":         {"x-0123456789abcdef", "x-0123456789abcdef"},
	}
	for name, test := range tests {
		if got, want := markedSlug(test.display, theMark()), test.readable+"-"+theMark().Owner(); got != want {
			t.Errorf("%s: the slug of %q is %q, want %q", name, test.display, got, want)
		}
	}
}

func TestWithoutAMarkTheSlugIsReadableOnly(t *testing.T) {
	for display, want := range map[string]string{"Team A": "team-a", "": "workspace", strings.Repeat("y", 99): strings.Repeat("y", 63)} {
		if got := markedSlug(display, provider.Mark{}); got != want {
			t.Errorf("the slug of %q is %q, want %q", display, got, want)
		}
	}
}

// Whatever the display name, the slug fits, is one, and shows exactly the mark.
func TestEverySlugHoldsItsMark(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	rapid.Check(t, func(t *rapid.T) {
		display := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9 _.-]{0,120}`)).Draw(t, "display")
		mark := provider.MarkFor(rapid.String().Draw(t, "uid"))
		slug := markedSlug(display, mark)
		if len(slug) > 63 || !form.MatchString(slug) {
			t.Errorf("%q is no slug of 63 characters at most", slug)
		}
		if markOf(slug) != mark {
			t.Errorf("%q shows the mark %q, want %q", slug, markOf(slug), mark)
		}
	})
}

func TestTheMarkIsReadAtItsPlaceOnly(t *testing.T) {
	owner := theMark().Owner()
	tests := map[string]struct {
		slug  string
		owner string
	}{
		"at the end":          {"team-a-" + owner, owner},
		"behind a hyphen":     {"-" + owner, owner},
		"nothing before it":   {owner, ""},
		"in the middle":       {"team-" + owner + "-a", ""},
		"more behind it":      {"team-" + owner + "x", ""},
		"without a hyphen":    {"team" + owner, ""},
		"in capital letters":  {"team-" + strings.ToUpper(owner), ""},
		"too short":           {"team-" + owner[1:], ""},
		"letters it has not":  {"team-zzzzzzzzzzzzzzzz", ""},
		"a space behind it":   {"team-" + owner + " ", ""},
		"an underscore":       {"team_" + owner, ""},
		"a hyphen at the end": {"team-" + owner + "-", ""},
		"empty":               {"", ""},
		"only a hyphen":       {"-", ""},
	}
	for name, test := range tests {
		if got := markOf(test.slug).Owner(); got != test.owner {
			t.Errorf("%s: %q shows the mark %q, want %q", name, test.slug, got, test.owner)
		}
	}
}

func TestASlugThatIsNamedIsSentAsItIs(t *testing.T) {
	for _, slug := range []string{"team-a", "x", "Team_A", "team-" + theMark().Owner() + "-2"} {
		got, err := slugFor("create workspace", theMark(), provider.WorkspaceSpec{DisplayName: "Other", Slug: slug})
		if err != nil || got != slug {
			t.Errorf("%q became %q, %v", slug, got, err)
		}
	}
}

// A tenant must not pass a workspace off as one that was made for somebody
// else's object.
func TestASlugThatImitatesAMarkIsRefused(t *testing.T) {
	for _, owner := range []string{theMark().Owner(), provider.MarkFor("somebody else").Owner(), "0123456789abcdef"} {
		_, err := slugFor("create workspace", theMark(), provider.WorkspaceSpec{DisplayName: "x", Slug: "team-" + owner})
		if e := want(t, err, provider.Invalid, false); !strings.Contains(e.Message, "spec.slug") {
			t.Errorf("the message %q does not name the field", e.Message)
		}
	}
}

func FuzzMarkOf(f *testing.F) {
	f.Add("team-0123456789abcdef")
	f.Add("-")
	f.Fuzz(func(t *testing.T, slug string) {
		if mark := markOf(slug); !mark.IsZero() && !strings.HasSuffix(slug, "-"+mark.Owner()) {
			t.Errorf("%q does not end in the mark %q", slug, mark.Owner())
		}
	})
}
