package oceanbase_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func matches(t *testing.T, text, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(text) {
		t.Errorf("%s does not match %s", text, pattern)
	}
}

// challenged makes a call without credentials and returns the parameters of
// the Digest challenge it gets.
func (a *account) challenged() map[string]string {
	a.t.Helper()
	return a.challengeOf(a.with("Authorization").do("GET", keysPath, "").Header)
}

func (a *account) challengeOf(header http.Header) map[string]string {
	a.t.Helper()
	text, ok := strings.CutPrefix(header.Get("WWW-Authenticate"), "Digest ")
	if !ok {
		a.t.Fatalf("no Digest challenge in %v", header)
	}
	params := map[string]string{}
	for _, param := range strings.Split(text, ", ") {
		name, value, _ := strings.Cut(param, "=")
		params[name] = strings.Trim(value, `"`)
	}
	return params
}

// response computes what proves the knowledge of SK, as RFC 7616 has it for qop=auth.
func response(method, secret string, p map[string]string) string {
	hash := func(text string) string { sum := md5.Sum([]byte(text)); return hex.EncodeToString(sum[:]) }
	if p["algorithm"] == "SHA-256" {
		hash = func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:]) }
	}
	return hash(fmt.Sprintf("%s:%s:%s:%s:%s:%s", hash(p["username"]+":"+p["realm"]+":"+secret),
		p["nonce"], p["nc"], p["cnonce"], p["qop"], hash(method+":"+p["uri"])))
}

// answered returns the account with the answer to a challenge. change, if not
// nil, changes its parameters before the response is computed, which itself is
// computed only if change does not set one; "" removes a parameter.
func (a *account) answered(method, uri, nc string, change map[string]string) *account {
	a.t.Helper()
	return a.answering(a.challenged(), method, uri, nc, change)
}

func (a *account) answering(challenge map[string]string, method, uri, nc string, change map[string]string) *account {
	a.t.Helper()
	if nc == "" {
		nc = "00000001"
	}
	p := map[string]string{"username": "AK", "uri": uri, "nc": nc, "cnonce": "0a4f113b"}
	for _, name := range []string{"realm", "nonce", "opaque", "algorithm", "qop"} {
		p[name] = challenge[name]
	}
	maps.Copy(p, change)
	if _, set := change["response"]; !set {
		p["response"] = response(method, "SK", p)
	}
	parts := []string{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		switch {
		case p[name] == "":
		case slices.Contains([]string{"algorithm", "qop", "nc"}, name):
			parts = append(parts, name+"="+p[name])
		default:
			parts = append(parts, name+`="`+p[name]+`"`)
		}
	}
	return a.with("Authorization", "Digest "+strings.Join(parts, ", "))
}

func newDigestAccount(t *testing.T) *account {
	a := newAccount(t)
	a.configure(`{"auth":"digest"}`)
	return a
}

func TestDigest(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		everyCall(newAccount(t), func(a *account, method, path, body string) {
			a.configure(`{"auth":"digest","digestAlgorithm":"` + algorithm + `"}`)
			a.answered(method, path, "", nil).ok(method, path, body, new(any))
			a.configure(`{"auth":"both"}`) // everyCall goes on with Basic
		})
	}
}

// TestDigestTargets: the uri is the target of the request, as the client sees
// it or as the vendor does.
func TestDigestTargets(t *testing.T) {
	a := newDigestAccount(t)
	const path = keysPath + "?pageSize=5&pageNumber=2"
	for _, uri := range []string{
		path, "/oceanbase" + path, keysPath + "?pageNumber=2&pageSize=5", "https://api-cloud.oceanbase.com" + path,
	} {
		a.answered("GET", uri, "", nil).ok("GET", path, "", new(any))
	}
	for _, uri := range []string{
		keysPath, "/other" + path, path + "&x=1", keysPath + "?pageSize=5", keysPath + "/?pageSize=5&pageNumber=2", "/", "*", "x", "%", keysPath + "?a=%",
	} {
		a.answered("GET", uri, "", nil).refused("GET", path, "", http.StatusBadRequest, "", "uri is not that of the request")
	}
}

// TestDigestProvesNothing: answers of a good form that do not prove the secret
// get a new challenge, not a stale one.
func TestDigestProvesNothing(t *testing.T) {
	a := newDigestAccount(t)
	const zeros = "00000000000000000000000000000000"
	c := a.challenged()
	right := map[string]string{"username": "AK", "realm": c["realm"], "nonce": c["nonce"], "uri": keysPath, "nc": "00000001", "cnonce": "0a4f113b", "qop": "auth"}
	tests := map[string]map[string]string{
		"another user":         {"username": "AK2"},
		"another case":         {"username": "ak"},
		"another response":     {"response": zeros},
		"response in capitals": {"response": strings.ToUpper(response("GET", "SK", right))},
		"another secret":       {"response": response("GET", "sk", right)},
		"another method":       {"response": response("POST", "SK", right)},
		"another realm":        {"realm": "other"},
		"no realm":             {"realm": ""},
		"another algorithm":    {"algorithm": "SHA-256"},
		"a session algorithm":  {"algorithm": "MD5-sess"},
		"an unknown nonce":     {"nonce": "forged", "response": zeros},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			reply := a.answering(c, "GET", keysPath, "", change).do("GET", keysPath, "")
			a.isRefusal(reply, "an answer with "+name, http.StatusUnauthorized, "", "authentication failed")
			next := a.challengeOf(reply.Header)
			if next["stale"] != "" || next["nonce"] == c["nonce"] {
				t.Errorf("the next challenge is %v, want a new nonce that is not called stale", next)
			}
		})
	}
	a.answering(c, "GET", keysPath, "", nil).ok("GET", keysPath, "", new(any)) // the nonce is still good
}

// TestDigestForms: what an answer must have, whatever it proves.
func TestDigestForms(t *testing.T) {
	a := newDigestAccount(t)
	for _, name := range []string{"username", "nonce", "uri", "response", "qop", "nc", "cnonce", "opaque"} {
		a.answered("GET", keysPath, "00000001", map[string]string{name: ""}).
			refused("GET", keysPath, "", http.StatusBadRequest, "", name+" is required")
	}
	for _, nc := range []string{"1", "000000001", "0000000g", "+0000001", "0x000001"} {
		a.answered("GET", keysPath, nc, nil).refused("GET", keysPath, "", http.StatusBadRequest, "", "nc must have eight hexadecimal digits")
	}
	a.answered("GET", keysPath, "", map[string]string{"qop": "auth-int"}).refused("GET", keysPath, "", http.StatusBadRequest, "", "qop must be auth")
	for _, rest := range []string{
		"x", `x="`, `x="a" y="b"`, `x=a b`, `="a"`, `x=`, `x=a;b`, `x="a\"`, `x="a", X="b"`, `x y="a"`, "x=a,=,",
	} {
		a.with("Authorization", "Digest "+rest).refused("GET", keysPath, "", http.StatusBadRequest, "", "header Authorization: ")
	}
	a.with("Authorization", "Digest ").refused("GET", keysPath, "", http.StatusBadRequest, "", "username is required")

	// Without an algorithm MD5 is meant; names and schemes have no case, quotes
	// do not matter, what is not known is ignored.
	a.answered("GET", keysPath, "", map[string]string{"algorithm": ""}).ok("GET", keysPath, "", new(any))
	c := a.challenged()
	for i, format := range []string{
		`DIGEST 	username="AK", realm="%[1]s", nonce="%[2]s", uri="%[3]s", response="%[4]s", qop=auth, nc=%[5]s, cnonce="ab", opaque="%[6]s"`,
		`digest USERNAME=AK, Realm = %[1]s,nonce=%[2]s,uri="%[3]s",response=%[4]s,qop="auth",nc="%[5]s",cnonce=ab,opaque=%[6]s,algorithm="md5"`,
		`Digest ,username="A\K", realm="%[1]s", nonce="%[2]s", uri="%[3]s",, response="%[4]s", qop=auth, nc=%[5]s, cnonce="ab", opaque="%[6]s" , `,
		`Digest x="a\"b,c=d", username="AK", realm="%[1]s", nonce="%[2]s", uri="%[3]s", response="%[4]s", qop=auth, nc=%[5]s, cnonce="ab", opaque="%[6]s", userhash=false`,
	} {
		p := map[string]string{
			"username": "AK", "realm": c["realm"], "nonce": c["nonce"], "uri": keysPath, "nc": fmt.Sprintf("%08x", i+1), "cnonce": "ab", "qop": "auth",
		}
		header := fmt.Sprintf(format, p["realm"], p["nonce"], p["uri"], response("GET", "SK", p), p["nc"], c["opaque"])
		a.with("Authorization", strings.Replace(header, `\t`, "\t", 1)).ok("GET", keysPath, "", new(any))
	}
}

// stale makes a call that proves the secret and is refused all the same, and
// returns the next challenge.
func (a *account) stale() map[string]string {
	a.t.Helper()
	reply := a.do("GET", keysPath, "")
	a.isRefusal(reply, "a stale answer", http.StatusUnauthorized, "", "authentication failed")
	next := a.challengeOf(reply.Header)
	if next["stale"] != "true" {
		a.t.Errorf("the next challenge is %v, want stale=true", next)
	}
	return next
}

func TestNonceLifetime(t *testing.T) {
	a := newDigestAccount(t)
	a.configure(`{"nonceLifetimeSeconds":60}`)
	c := a.challenged()
	a.now = a.now.Add(59 * time.Second)
	a.answering(c, "GET", keysPath, "00000001", nil).ok("GET", keysPath, "", new(any))
	a.now = a.now.Add(time.Second)
	next := a.answering(c, "GET", keysPath, "00000002", nil).stale()
	a.answering(next, "GET", keysPath, "00000001", nil).ok("GET", keysPath, "", new(any))
	a.configure(`{"nonceLifetimeSeconds":0}`)
	a.now = a.now.Add(1000 * time.Hour)
	a.answering(c, "GET", keysPath, "00000002", nil).ok("GET", keysPath, "", new(any))
}

// TestUnknownNonce: also of a challenge that was forgotten, as after a restart.
func TestUnknownNonce(t *testing.T) {
	a, other := newDigestAccount(t), newDigestAccount(t)
	next := a.answering(other.challenged(), "GET", keysPath, "", nil).stale()
	a.answering(next, "GET", keysPath, "", nil).ok("GET", keysPath, "", new(any))
	a.answered("GET", keysPath, "", map[string]string{"nonce": "forged"}).stale()
	a.answered("GET", keysPath, "", map[string]string{"opaque": "forged"}).stale()

	first := a.challenged()
	for range 1023 {
		a.challenged()
	}
	a.answering(first, "GET", keysPath, "00000001", nil).ok("GET", keysPath, "", new(any))
	a.challenged()
	a.answering(first, "GET", keysPath, "00000002", nil).stale()
}

// TestNonceCount: no count is accepted twice, and none that is far behind.
func TestNonceCount(t *testing.T) {
	a := newDigestAccount(t)
	c := a.challenged()
	tests := []struct {
		nc    string
		fresh bool
	}{
		{"00000000", false},
		{"00000001", true},
		{"00000001", false},
		{"00000003", true},
		{"00000002", true}, // overtaken
		{"00000002", false},
		{"0000000a", true},
		{"0000000A", false},
		{"00000049", true},
		{"0000000a", false}, // 63 behind, and used
		{"0000000b", true},  // 62 behind
		{"00000009", false}, // 64 behind
		{"ffffffff", true},
		{"fffffffe", true},
		{"00000050", false},
	}
	for _, tt := range tests {
		answer := a.answering(c, "GET", keysPath, tt.nc, nil)
		if tt.fresh {
			answer.ok("GET", keysPath, "", new(any))
		} else {
			answer.stale()
		}
	}
	a.answered("GET", keysPath, "00000001", nil).ok("GET", keysPath, "", new(any)) // every nonce counts for itself
}

// TestReplayIsNoSecondCreation: the very same request again does nothing.
func TestReplayIsNoSecondCreation(t *testing.T) {
	a := newDigestAccount(t)
	answer := a.answered("POST", keysPath, "", nil)
	answer.ok("POST", keysPath, okBody, new(any))
	answer.refused("POST", keysPath, okBody, http.StatusUnauthorized, "", "authentication failed")
	if got := len(a.state().Keys); got != 1 {
		t.Errorf("a replayed creation made %d keys in all, want 1", got)
	}
}

// TestDigestCredentials: an AccessKey may have two secrets for a while, and a
// replaced one stops working at once.
func TestDigestCredentials(t *testing.T) {
	a := newDigestAccount(t)
	c := a.challenged()
	if err := a.vendor.SetCredentials([]string{"AK:other", "AK:SK"}); err != nil {
		t.Fatal(err)
	}
	a.answering(c, "GET", keysPath, "00000001", nil).ok("GET", keysPath, "", new(any))
	if err := a.vendor.SetCredentials([]string{"AK:other"}); err != nil {
		t.Fatal(err)
	}
	a.answering(c, "GET", keysPath, "00000002", nil).refused("GET", keysPath, "", http.StatusUnauthorized, "", "")
}
