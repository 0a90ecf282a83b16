package rest

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	tests := map[string]struct {
		text  string
		limit int
		want  string
	}{
		"as it is":          {"name taken", 50, "name taken"},
		"control":           {"a\x00\x1b[31mb\r\nc", 50, "a [31mb c"},
		"spaces around":     {"  a \t b\n", 50, "a b"},
		"not UTF-8":         {"a\xff\xfeb", 50, "a b"},
		"direction":         {"a\u202eb", 50, "a b"},
		"cut":               {"abcdef", 3, "abc"},
		"cut at a space":    {"abc def", 4, "abc"},
		"counts characters": {"ééééé", 3, "ééé"},
		"nothing printable": {"\x00\x01", 5, ""},
	}
	for name, test := range tests {
		if got := Clean(test.text, test.limit); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestCleanTextIsAlwaysFitToBeShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 40).Draw(t, "limit")
		bytes := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) })).Draw(t, "text")
		clean := Clean(string(bytes), limit)
		switch {
		case utf8.RuneCountInString(clean) > limit:
			t.Fatalf("%q has more than %d characters", clean, limit)
		case !utf8.ValidString(clean) || strings.ContainsFunc(clean, func(r rune) bool { return !unicode.IsPrint(r) }):
			t.Fatalf("%q does not print", clean)
		case Clean(clean, limit) != clean:
			t.Fatalf("%q is cleaned again to %q", clean, Clean(clean, limit))
		}
	})
}

func TestNoMessageShowsTheCredential(t *testing.T) {
	c := client(t, account(t, "https://vendor.test"))
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		if got := c.scrub(before+credential+after, "", nil); strings.Contains(got, credential) {
			t.Fatalf("%q shows the credential", got)
		}
	})
}

func TestValidID(t *testing.T) {
	for _, id := range []string{"wksp_1", "ws-test-a-174eb1", "a/b", "größe", "183f497a-2a7f-4f47-992e-26213fa863we", strings.Repeat("x", 256)} {
		if !ValidID(id) {
			t.Errorf("%q is refused", id)
		}
	}
	for _, id := range []string{"", "a\nb", "a\x00", "\xff", "..", "../x", strings.Repeat("x", 257), "a\u202eb"} {
		if ValidID(id) {
			t.Errorf("%q is taken", id)
		}
	}
}

func TestADocumentedCodeIsNoSecret(t *testing.T) {
	c := client(t, account(t, "https://vendor.test"))
	for text, want := range map[string]string{
		"ACCESS.PERMISSION_DENIED: not you":         "ACCESS.PERMISSION_DENIED: not you",
		"VALIDATION.INVALID_PARAMETER":              "VALIDATION.INVALID_PARAMETER",
		"KRUGXG6Y2ZNB2GC5DVMJSXE and then":          hidden + " and then",
		"ABCDEFGHIJKLMNOPQRSTUVWX":                  hidden,
		"ABCDEFGHIJKLMNOPQRSTU.VWXYZ":               hidden,
		"AKIA.ABCDEFGHIJ2KLMNOPQ_RSTUV":             hidden,
		"sk_live_abcdefghijklmnopqrstuvwx1 is gone": hidden + " is gone",
		"sk_live_KRUGXGYZNBGCDVMJSXEABCD is gone":   hidden + " is gone",
		"ft.TriggerApiWorkspaceCurrentLimiting":     "ft.TriggerApiWorkspaceCurrentLimiting",
	} {
		if got := c.scrub(text, "", nil); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
