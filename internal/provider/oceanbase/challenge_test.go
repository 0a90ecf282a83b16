package oceanbase

import (
	"net/http"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestChallengesInOneLine(t *testing.T) {
	const basic, md5, sha = `Basic realm="OceanBase"`, `Digest realm="r", nonce="a", qop="auth", algorithm=MD5`, `Digest realm="r", nonce="b", algorithm=SHA-256`
	tests := map[string]struct {
		line string
		want []string
	}{
		"one":                      {md5, []string{md5}},
		"Basic first":              {basic + ", " + md5, []string{basic, md5}},
		"Digest first":             {md5 + ", " + basic, []string{md5, basic}},
		"two of Digest":            {sha + "," + md5, []string{sha, md5}},
		"all":                      {sha + ", " + basic + " , " + md5, []string{sha, basic, md5}},
		"a scheme alone":           {"Negotiate, " + md5, []string{"Negotiate ", md5}},
		"a scheme alone, last":     {md5 + ", Negotiate", []string{md5, "Negotiate "}},
		"a token for parameters":   {"Negotiate YWJjZA==, " + md5, []string{"Negotiate YWJjZA==", md5}},
		"a scheme in quotes":       {`Basic realm="a, Digest nonce=b", ` + md5, []string{`Basic realm="a, Digest nonce=b"`, md5}},
		"a quote in quotes":        {`Basic realm="a\", Digest b", ` + md5, []string{`Basic realm="a\", Digest b"`, md5}},
		"a backslash in quotes":    {`Basic realm="a\\", ` + md5, []string{`Basic realm="a\\"`, md5}},
		"a backslash outside":      {`Basic realm=\, ` + md5, []string{`Basic realm=\`, md5}},
		"a quote that stays open":  {md5 + `, Basic realm="a, ` + sha, []string{md5, `Basic realm="a, ` + sha}},
		"spaces around the equals": {`Digest realm = "r" ,nonce= "a",` + "\t" + basic, []string{`Digest realm = "r", nonce= "a"`, basic}},
		"empty elements":           {", ," + `Digest realm="r",, nonce="a", ,` + basic + ", ", []string{`Digest realm="r", nonce="a"`, basic}},
		"parameters after a comma": {`Digest , realm="r"`, []string{`Digest realm="r"`}},
		"a tab":                    {"Digest\trealm=r", []string{"Digest realm=r"}},
		"parameters of no scheme":  {`realm="r", ` + md5, []string{md5}},
		"nothing but an equals":    {"=", nil},
		"nothing":                  {"", nil},
	}
	for name, test := range tests {
		if diff := gocmp.Diff(test.want, challengesOf(test.line)); diff != "" {
			t.Errorf("%s: %s is taken apart wrongly (-want +got):\n%s", name, test.line, diff)
		}
	}
}

// However challenges are spread over lines, and whatever stands in quotes, they
// are found as they were written.
func TestChallengesAreFoundHoweverTheyAreSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		realm := rapid.StringMatching(`([ -!#-\[\]-~]|\\[ -~]){0,12}`)
		written := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			scheme := rapid.SampledFrom([]string{"Basic", "Digest"}).Draw(t, "scheme")
			return scheme + ` realm="` + realm.Draw(t, "realm") + `", nonce=a`
		}), 1, 4).Draw(t, "challenges")
		if diff := gocmp.Diff(written, challengesOf(strings.Join(written, ", "))); diff != "" {
			t.Errorf("(-written +found):\n%s", diff)
		}
	})
}

func TestTheFirstUsableChallengeOfALineIsTaken(t *testing.T) {
	tests := map[string]struct {
		lines []string
		nonce string
	}{
		"after Basic":        {[]string{`Basic realm="r", Digest realm="r", nonce="a", qop="auth"`}, "a"},
		"before Basic":       {[]string{`Digest realm="r", nonce="a", qop="auth", Basic realm="r"`}, "a"},
		"the first of two":   {[]string{`Digest nonce="a", algorithm=SHA-256, Digest nonce="b", algorithm=MD5`}, "a"},
		"after an unusable":  {[]string{`Digest nonce="a", algorithm=MD5-sess, Digest nonce="b", algorithm=MD5`}, "b"},
		"after a broken one": {[]string{`Digest nonce=/, Digest nonce="b"`}, "b"},
		"before a broken":    {[]string{`Digest nonce="a", Basic realm="`}, "a"},
		"on the second line": {[]string{`Negotiate, Basic realm="r"`, `Basic realm="q", Digest nonce="a"`}, "a"},
		"only within quotes": {[]string{`Basic realm="r, Digest nonce=a"`}, ""},
	}
	for name, test := range tests {
		nonce := ""
		if got := challengeIn(http.Header{"Www-Authenticate": test.lines}); got != nil {
			nonce = got.Nonce
		}
		if nonce != test.nonce {
			t.Errorf("%s: the nonce %q is taken, want %q", name, nonce, test.nonce)
		}
	}
}

// A realm is in what is signed: that of the neighbour must not be taken.
func TestAChallengeKeepsItsOwnParameters(t *testing.T) {
	for _, line := range []string{
		`Basic realm="basic", Digest realm="digest", nonce="a", opaque="o"`,
		`Digest realm="digest", nonce="a", opaque="o", Basic realm="basic"`,
		`Digest realm="digest", nonce="a", opaque="o", Digest realm="second", nonce="b", opaque="p", stale=true`,
	} {
		got := challengeIn(http.Header{"Www-Authenticate": {line}})
		if got == nil || got.Realm != "digest" || got.Nonce != "a" || got.Opaque != "o" || got.Stale {
			t.Errorf("%s is read as %+v", line, got)
		}
	}
}

func TestAChallengeInALineWithOthersIsAnswered(t *testing.T) {
	for name, line := range map[string]string{
		"after Basic":  `Basic realm="OceanBase", Digest realm="r", nonce="n1"`,
		"before Basic": `Digest realm="r", nonce="n1", Basic realm="OceanBase"`,
	} {
		g := &guard{challenge: line, refuses: true}
		_, err := all(t, g.session(t, map[string]string{"auth": "Digest"}))
		if e := want(t, err, provider.Unauthorized, false); strings.Contains(e.Message, "does not offer") {
			t.Errorf("%s: the challenge is not seen: %v", name, e)
		}
		g.expect(t, "GET - 401", "GET Digest n1 0 401")
	}
}
