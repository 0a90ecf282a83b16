package oceanbase

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

func issueSpec() provider.KeySpec { return provider.KeySpec{DisplayName: "ci", Action: "read"} }

func TestDigest(t *testing.T) {
	tests := map[string]struct {
		auth    string
		guard   *guard
		uid     string
		wantLog []string
	}{
		"Basic is challenged, once for the session": {
			"", &guard{nonce: "n1"}, "",
			[]string{"POST Basic 401", "POST Digest n1 1 200", "GET Digest n1 2 200", "DELETE Digest n1 3 200"},
		},
		"no secret is sent where the class says Digest": {
			"Digest", &guard{nonce: "n1"}, "",
			[]string{"POST - 401", "POST Digest n1 1 200", "GET Digest n1 2 200", "DELETE Digest n1 3 200"},
		},
		"the query is signed too": {
			"Digest", &guard{nonce: "n1"}, "a b&c",
			[]string{"POST - 401", "POST Digest n1 1 200", "GET Digest n1 2 200", "DELETE Digest n1 3 200"},
		},
		"another algorithm": {
			"Digest", &guard{nonce: "n1", algorithm: "SHA-256"}, "",
			[]string{"POST - 401", "POST Digest n1 1 200", "GET Digest n1 2 200", "DELETE Digest n1 3 200"},
		},
		"the older form, without a count": {
			"Digest", &guard{nonce: "n1", old: true}, "",
			[]string{"POST - 401", "POST Digest n1 0 200", "GET Digest n1 0 200", "DELETE Digest n1 0 200"},
		},
		"a nonce for two answers": {
			"Digest", &guard{nonce: "n1", lasts: 2}, "",
			[]string{"POST - 401", "POST Digest n1 1 200", "GET Digest n1 2 200", "DELETE Digest n1 3 401", "DELETE Digest n1+ 1 200"},
		},
		"and it does not say that it is stale": {
			"Digest", &guard{nonce: "n1", lasts: 2, silent: true}, "",
			[]string{"POST - 401", "POST Digest n1 1 200", "GET Digest n1 2 200", "DELETE Digest n1 3 401", "DELETE Digest n1+ 1 200"},
		},
		"a nonce for one": {
			"Basic", &guard{nonce: "n1", lasts: 1}, "",
			[]string{
				"POST Basic 401", "POST Digest n1 1 200", "GET Digest n1 2 401", "GET Digest n1+ 1 200",
				"DELETE Digest n1+ 2 401", "DELETE Digest n1++ 1 200",
			},
		},
		"Basic is enough": {
			"", &guard{takesBasic: true}, "",
			[]string{"POST Basic 200", "GET Basic 200", "DELETE Basic 200"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := test.guard
			session := g.session(t, map[string]string{"auth": test.auth, "uid": test.uid})
			_, value, err := session.Keys().Issue(t.Context(), project, keyMark, issueSpec())
			if err != nil || value.Reveal() != "sk_canary" {
				t.Errorf("issue: %v", err)
			}
			if _, err := all(t, session); err != nil {
				t.Errorf("list: %v", err)
			}
			if err := session.Keys().Revoke(t.Context(), project, "ak-1"); err != nil {
				t.Errorf("revoke: %v", err)
			}
			log, bodies, changed := g.asked()
			if diff := gocmp.Diff(test.wantLog, log); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			for i, body := range bodies {
				if want := map[bool]string{true: ciBody()}[strings.HasPrefix(log[i], "POST")]; body != want {
					t.Errorf("%s has the body %q, want %q", log[i], body, want)
				}
			}
			if changed != 2 {
				t.Errorf("the vendor has carried out %d changes, want the creation and the deletion", changed)
			}
		})
	}
}

func TestDigestThatDoesNotHelp(t *testing.T) {
	const demands = "the class asks for Digest authentication, and the endpoint does not offer it: "
	basicOnly := `Basic realm="OceanBase"`
	tests := map[string]struct {
		auth    string
		guard   *guard
		message string
		wantLog []string
	}{
		"a wrong secret, again refused": {
			"", &guard{nonce: "n1", refuses: true}, "E401: no", []string{"POST Basic 401", "POST Digest n1 1 401"},
		},
		"never a third time": {
			"", &guard{nonce: "n1", refuses: true, lasts: -1}, "E401: no", []string{"POST Basic 401", "POST Digest n1 1 401"},
		},
		"Basic only":                {"", &guard{challenge: basicOnly}, "E401: no", []string{"POST Basic 401"}},
		"no challenge":              {"", &guard{challenge: "-"}, "E401: no", []string{"POST Basic 401"}},
		"Basic, and Digest wanted":  {"Digest", &guard{challenge: basicOnly}, demands + "E401: no", []string{"POST - 401"}},
		"nothing, and wanted":       {"Digest", &guard{challenge: "-"}, demands + "E401: no", []string{"POST - 401"}},
		"a scheme nobody knows":     {"Digest", &guard{challenge: `Negotiate abc`}, demands + "E401: no", []string{"POST - 401"}},
		"an algorithm nobody knows": {"Digest", &guard{challenge: `Digest realm="r", nonce="n", algorithm=MD4`}, demands + "E401: no", []string{"POST - 401"}},
		"the body protected":        {"Digest", &guard{challenge: `Digest realm="r", nonce="n", qop="auth-int"`}, demands + "E401: no", []string{"POST - 401"}},
		"without a nonce":           {"Digest", &guard{challenge: `Digest realm="r", qop="auth"`}, demands + "E401: no", []string{"POST - 401"}},
		"not to be read":            {"Digest", &guard{challenge: `Digest realm="r`}, demands + "E401: no", []string{"POST - 401"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := test.guard
			_, value, err := g.session(t, map[string]string{"auth": test.auth}).Keys().Issue(t.Context(), project, keyMark, issueSpec())
			if e := want(t, err, provider.Unauthorized, false); e.Message != test.message || !value.IsEmpty() {
				t.Errorf("message %q, want %q", e.Message, test.message)
			}
			log, _, changed := g.asked()
			if diff := gocmp.Diff(test.wantLog, log); diff != "" || changed != 0 {
				t.Errorf("%d changes; requests (-want +got):\n%s", changed, diff)
			}
		})
	}
}

// A nonce that comes back unchanged refuses the answer that was given.
func TestARefusedAnswerIsNotRepeated(t *testing.T) {
	g := &guard{nonce: "n1"}
	session := g.session(t, nil)
	if _, err := all(t, session); err != nil {
		t.Fatal(err)
	}
	g.alter(func() { g.refuses = true })
	_, err := all(t, session)
	want(t, err, provider.Unauthorized, false)
	g.expect(t, "GET Digest n1 2 401")
}

// A vendor that has given up Digest is met with what it had before.
func TestAChallengeIsForgottenWhereNoneIsMade(t *testing.T) {
	g := &guard{nonce: "n1"}
	session := g.session(t, nil)
	if _, err := all(t, session); err != nil {
		t.Fatal(err)
	}
	g.alter(func() { g.takesBasic, g.refuses, g.challenge = true, true, `Basic realm="OceanBase"` })
	_, err := all(t, session)
	want(t, err, provider.Unauthorized, false)
	g.expect(t, "GET Digest n1 2 401")
	g.alter(func() { g.refuses = false })
	if _, err := all(t, session); err != nil {
		t.Error(err)
	}
	g.expect(t, "GET Basic 200")
}

// Everything after the challenge is as with any other call.
func TestWhatComesAfterTheChallenge(t *testing.T) {
	tests := map[string]struct {
		status    int
		class     provider.Class
		uncertain bool
	}{
		"lost answer":  {-1, provider.Transient, true},
		"server error": {500, provider.Transient, true},
		"invalid":      {400, provider.Invalid, false},
		"forbidden":    {403, provider.Forbidden, false},
		"throttled":    {429, provider.Throttled, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := &guard{nonce: "n1", then: test.status}
			_, _, err := g.session(t, nil).Keys().Issue(t.Context(), project, keyMark, issueSpec())
			want(t, err, test.class, test.uncertain)
			g.expect(t, "POST Basic 401", fmt.Sprintf("POST Digest n1 1 %d", test.status))
		})
	}
}

// closing lets some requests through.
type closing struct {
	mu   sync.Mutex
	left int
}

func (c *closing) Take(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left < 0 {
		return &provider.Error{Class: provider.Throttled, Op: "wait", Message: "later", RetryAfter: time.Second}
	}
	return nil
}

func (*closing) Pause(time.Duration) {}

func TestEveryRequestTakesTheGate(t *testing.T) {
	for admitted, wantLog := range [][]string{nil, {"POST - 401"}, {"POST - 401", "POST Digest n1 1 200"}} {
		g := &guard{nonce: "n1"}
		account := g.account(t, map[string]string{"auth": "Digest"})
		account.Gate = &closing{left: admitted}
		_, _, err := open(t, account).Keys().Issue(t.Context(), project, keyMark, issueSpec())
		if admitted == 2 && err != nil {
			t.Error(err)
		}
		if admitted < 2 {
			want(t, err, provider.Throttled, false)
		}
		g.expect(t, wantLog...)
	}
}

// Two answers to one nonce never have the same count: that is a replay.
func TestCountsAreGivenOutOnce(t *testing.T) {
	g := &guard{nonce: "n1"}
	session := g.session(t, map[string]string{"auth": "Digest"})
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := session.Workspaces().Get(t.Context(), project); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	seen := map[string]bool{}
	log, _, _ := g.asked()
	for _, line := range log {
		if strings.Contains(line, "Digest") && seen[line] {
			t.Errorf("%s was sent twice", line)
		}
		seen[line] = true
	}
}

func TestTheFirstUsableChallengeIsTaken(t *testing.T) {
	tests := map[string]struct {
		offers []string
		nonce  string
		qop    string
	}{
		"the only one":        {[]string{`Digest realm="r", nonce="a", qop="auth"`}, "a", "auth"},
		"after Basic":         {[]string{`Basic realm="r"`, `Digest realm="r", nonce="a", qop="auth"`}, "a", "auth"},
		"after an unusable":   {[]string{`Digest realm="r", nonce="a", algorithm=MD5-sess`, `digest realm="r", nonce="b", qop=auth`}, "b", "auth"},
		"the first of two":    {[]string{`Digest nonce="a", algorithm=SHA-256`, `Digest nonce="b", algorithm=MD5`}, "a", ""},
		"spaces in the list":  {[]string{`Digest nonce="a", qop="auth-int, auth"`}, "a", "auth-int,auth"},
		"a list of nothing":   {[]string{`Digest nonce="a", qop=""`}, "a", ""},
		"none":                {nil, "", ""},
		"none that is usable": {[]string{`Digest nonce="", qop="auth"`, `Bearer`, ``}, "", ""},
	}
	for name, test := range tests {
		got := challengeIn(http.Header{"Www-Authenticate": test.offers})
		if got == nil {
			if test.nonce != "" {
				t.Errorf("%s: none is taken", name)
			}
			continue
		}
		if got.Nonce != test.nonce || strings.Join(got.QOP, ",") != test.qop {
			t.Errorf("%s: got nonce %q for %q, want %q for %q", name, got.Nonce, got.QOP, test.nonce, test.qop)
		}
	}
}

func TestNoPrintedSignerShowsTheSecret(t *testing.T) {
	signer, err := newSigner(documented())
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api-cloud.oceanbase.com/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Www-Authenticate": {`Digest realm="r", nonce="a", qop="auth"`}}
	if !signer.challenged(request, &rest.Answer{Status: http.StatusUnauthorized, Header: header}) {
		t.Error("a challenge is not taken up")
	}
	signer.sign(request)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		hides(t, fmt.Sprintf(verb, signer), fmt.Sprintf(verb, request.Header))
	}
}
