package oceanbase_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func TestBasic(t *testing.T) {
	everyCall(newAccount(t), func(a *account, method, path, body string) {
		for _, header := range []string{
			"", "Basic", "Basic ", "Basic x", "Basic =", "Bearer QUs6U0s=", "QUs6U0s=", "AK:SK", "Basic AK:SK", "BasicQUs6U0s=",
			"Basic QUs6U0s", "Basic QUs6U0t=", "Basic QUs6U0s= ", // no padding, bits that mean nothing, something after it
			basic("AK", ""), basic("", "SK"), basic("AK", "sk"), basic("ak", "SK"), basic("AK", "SK2"), basic("AK2", "SK"), basic("SK", "AK"),
			`Digest username="AK"`,
		} {
			reply := a.with("Authorization", header).do(method, path, body)
			a.isRefusal(reply, method+" with "+header, http.StatusUnauthorized, "", "authentication failed")
			if got := reply.Header.Values("WWW-Authenticate"); !slices.Equal(got, []string{`Basic realm="oceanbase"`}) {
				t.Errorf("%s with %s is challenged by %v, want Basic", method, header, got)
			}
		}
		a.with("Authorization").refused(method, path, body, http.StatusUnauthorized, "", "authentication failed")
		a.with("Authorization", basic("AK", "SK"), basic("AK", "SK")).refused(method, path, body, http.StatusUnauthorized, "", "")
		a.with("Authorization", "basic  QUs6U0s=").ok(method, path, body, new(any)) // the scheme has no case
	})
}

// TestAPIKeyIsNoCredential: keys of the AI service do not open this API.
func TestAPIKeyIsNoCredential(t *testing.T) {
	a := newAccount(t)
	secret := a.create("my-api-key")
	id := a.id("my-api-key")
	for _, header := range []string{basic(id, secret), basic("AK", secret), "Bearer " + secret} {
		a.with("Authorization", header).refused("GET", keysPath, "", http.StatusUnauthorized, "", "")
	}
}

func TestCredentials(t *testing.T) {
	a := newAccount(t)
	if got := a.vendor.Credentials(); !slices.Equal(got, []string{"AK:SK"}) {
		t.Errorf("credentials are %v", got)
	}
	if err := a.vendor.SetCredentials([]string{"AK2:with:colons", "AK3:SK3"}); err != nil {
		t.Fatal(err)
	}
	a.refused("GET", keysPath, "", http.StatusUnauthorized, "", "")
	a.with("Authorization", basic("AK2", "with:colons")).ok("GET", keysPath, "", new(any))
	a.with("Authorization", basic("AK3", "SK3")).ok("GET", keysPath, "", new(any))
	for _, credential := range []string{"", "AK", ":", "AK:", ":SK"} {
		if err := a.vendor.SetCredentials([]string{"AK:SK", credential}); err == nil {
			t.Errorf("the credential %q is accepted", credential)
		} else if credential != "" && len(credential) > 1 && strings.Contains(err.Error(), credential) {
			t.Errorf("the error shows the credential: %v", err)
		}
	}
	if got := a.vendor.Credentials(); !slices.Equal(got, []string{"AK2:with:colons", "AK3:SK3"}) {
		t.Errorf("after refused ones the credentials are %v", got)
	}
	a.vendor.Credentials()[0] = "x"
	if got := a.vendor.Credentials()[0]; got != "AK2:with:colons" {
		t.Errorf("a caller changed the credentials to %s", got)
	}
}

func TestChallenges(t *testing.T) {
	a := newAccount(t)
	const digest = `^Digest realm="oceanbase", qop="auth", algorithm=%, nonce="[0-9a-f]{32}", opaque="[0-9a-f]{16}"$`
	tests := []struct {
		settings string
		want     []string
	}{
		{`{}`, []string{`^Basic realm="oceanbase"$`}},
		{`{"auth":"digest"}`, []string{strings.Replace(digest, "%", "MD5", 1)}},
		{`{"digestAlgorithm":"SHA-256"}`, []string{strings.Replace(digest, "%", "SHA-256", 1)}},
		{`{"auth":"both"}`, []string{strings.Replace(digest, "%", "SHA-256", 1), `^Basic realm="oceanbase"$`}},
		{`{"foldChallenges":true}`, []string{strings.Replace(strings.TrimSuffix(digest, "$"), "%", "SHA-256", 1) + `, Basic realm="oceanbase"$`}},
		{`{"auth":"digest"}`, []string{strings.Replace(digest, "%", "SHA-256", 1)}},
		{`{"auth":"basic","realm":"a, b=c"}`, []string{`^Basic realm="a, b=c"$`}},
	}
	for _, tt := range tests { // each with the settings of those before it
		a.configure(tt.settings)
		reply := a.with("Authorization").do("GET", keysPath, "")
		got := reply.Header.Values("WWW-Authenticate")
		if reply.Status != http.StatusUnauthorized || len(got) != len(tt.want) {
			t.Errorf("with %s: HTTP %d %v, want 401 and %v", tt.settings, reply.Status, got, tt.want)
			continue
		}
		for i, want := range tt.want {
			matches(t, got[i], want)
		}
	}
}

// TestBasicIsOffWithDigest: the right secret in the wrong scheme gets a challenge.
func TestBasicIsOffWithDigest(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"auth":"digest"}`)
	a.refused("GET", keysPath, "", http.StatusUnauthorized, "", "authentication failed")
	a.configure(`{"auth":"both"}`)
	a.ok("GET", keysPath, "", new(any))
	a.answered("GET", keysPath, "", nil).ok("GET", keysPath, "", new(any))
	a.configure(`{"auth":"basic"}`)
	a.ok("GET", keysPath, "", new(any))
}
