package provider

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The mark of a UID is written into vendors' objects: another algorithm would
// find none of them again.
func TestMarksStayWhatTheyAre(t *testing.T) {
	tests := map[string]string{
		"":                                     "seoc8gkovge196nr",
		"0b7e8a3c-6a4e-4d5c-9a55-0d2d4f1b7c11": "22vq04k4uks2asvn",
	}
	for uid, want := range tests {
		if got := MarkFor(uid).Owner(); got != want {
			t.Errorf("the mark of %q is %q, want %q", uid, got, want)
		}
	}
	mark := MarkFor("0b7e8a3c-6a4e-4d5c-9a55-0d2d4f1b7c11")
	names := map[string]string{
		mark.String():                               "22vq04k4uks2asvn",
		mark.WithSerial(1).String():                 "22vq04k4uks2asvn-1",
		mark.WithSerial(36).String():                "22vq04k4uks2asvn-10",
		Mark{}.String():                             "",
		KeyName("ci", mark.WithSerial(35), 50, nil): "ci-22vq04k4uks2asvn-z",
	}
	for got, want := range names {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	one, other := MarkFor("1"), MarkFor("2")
	tests := map[string]struct{ got, want bool }{
		"no mark is zero":                              {Mark{}.IsZero(), true},
		"a mark is not":                                {one.IsZero(), false},
		"a serial alone is no mark":                    {Mark{}.WithSerial(3).IsZero(), true},
		"one UID, one owner":                           {one.SameOwner(MarkFor("1")), true},
		"whatever the serial":                          {one.WithSerial(1).SameOwner(one.WithSerial(2)), true},
		"two UIDs, two owners":                         {one.SameOwner(other), false},
		"no mark has no owner in common":               {Mark{}.SameOwner(Mark{}), false},
		"nor with a mark":                              {one.SameOwner(Mark{}), false},
		"a serial does not change the mark it is from": {one.Serial == 0, true},
	}
	for name, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: got %v", name, test.got)
		}
	}
}

func TestParseKeyNameTakesNothingButAMark(t *testing.T) {
	owner := MarkFor("1").Owner()
	tests := map[string]bool{
		"ci-" + owner + "-1":                  true,
		"-" + owner + "-1":                    true,
		"a-b--c-" + owner + "-zz":             true,
		"ci-" + owner + "-zik0zj":             true, // the last serial there is
		"ci-" + owner + "-zik0zk":             false,
		"x-" + owner + "-1-" + owner + "-2":   true,
		owner + "-1":                          false, // the display name is missing, hyphen and all
		"":                                    false,
		"-":                                   false,
		"--":                                  false,
		"ci":                                  false,
		"ci-" + owner:                         false,
		"ci-" + owner + "-":                   false,
		"ci-" + owner + "-0":                  false,
		"ci-" + owner + "-01":                 false,
		"ci-" + owner + "-+1":                 false,
		"ci-" + owner + "-Z":                  false,
		"ci-" + owner + "-1 ":                 false,
		"ci-" + owner + "-zzzzzzz":            false,
		"ci-" + owner[1:] + "-1":              false,
		"ci-" + owner + "0-1":                 false,
		"ci-" + strings.ToUpper(owner) + "-1": false,
		"ci-wwwwwwwwwwwwwwww-1":               false,
		"ci-" + owner + "-1-copy":             false,
	}
	for name, want := range tests {
		mark, ok := ParseKeyName(name)
		if ok != want || ok == mark.IsZero() {
			t.Errorf("%q: got %v, mark %q; want %v", name, ok, mark, want)
		}
		if !ok && mark != (Mark{}) {
			t.Errorf("%q: no mark, and yet %#v", name, mark)
		}
	}
}

func TestKeyNamesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mark := MarkFor(rapid.String().Draw(t, "uid")).WithSerial(rapid.IntRange(1, 2147483647).Draw(t, "serial"))
		limit := rapid.IntRange(32, 256).Draw(t, "limit")
		display := rapid.OneOf(
			rapid.String(),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.Just(KeyName("x", MarkFor("somebody else").WithSerial(7), 64, nil)),
		).Draw(t, "display")
		var allowed func(rune) bool
		if rapid.Bool().Draw(t, "picky") {
			allowed = func(r rune) bool { return r < unicode.MaxASCII && unicode.IsLetter(r) }
		}

		name := KeyName(display, mark, limit, allowed)
		if got, ok := ParseKeyName(name); !ok || got != mark {
			t.Fatalf("%q holds %v, %v; want %v", name, got, ok, mark)
		}
		if count := utf8.RuneCountInString(name); count > limit {
			t.Fatalf("%q has %d characters, more than %d", name, count, limit)
		}
		if !utf8.ValidString(name) {
			t.Fatalf("%q is not UTF-8", name)
		}
		readable := strings.TrimSuffix(name, "-"+mark.String())
		if allowed != nil && strings.ContainsFunc(readable, func(r rune) bool { return r != '-' && !allowed(r) }) {
			t.Fatalf("%q has a character that is not allowed", readable)
		}
	})
}

func TestOwnersAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mark := MarkFor(rapid.String().Draw(t, "uid"))
		if got, ok := ParseOwner(mark.Owner()); !ok || got != mark {
			t.Fatalf("%q is read as %v, %v", mark.Owner(), got, ok)
		}
		text := rapid.String().Draw(t, "text")
		if got, ok := ParseOwner(text); ok && got.Owner() != text {
			t.Fatalf("%q is read as %q", text, got.Owner())
		}
	})
}

func FuzzParseKeyName(f *testing.F) {
	f.Add("ci-22vq04k4uks2asvn-1")
	f.Add("--")
	f.Fuzz(func(t *testing.T, name string) {
		mark, ok := ParseKeyName(name)
		if ok && !strings.HasSuffix(name, "-"+mark.String()) {
			t.Errorf("%q does not end in the mark %q that was read from it", name, mark)
		}
	})
}
