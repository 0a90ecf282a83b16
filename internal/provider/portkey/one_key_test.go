package portkey

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func TestGetKey(t *testing.T) {
	const id = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
	read := conformance.Exchange{Method: "GET", URI: "/api-keys/" + id, Answer: fixture(t, "key-get-response.json")}
	list := conformance.Exchange{Method: "GET", URI: allKeys, Answer: fixture(t, "key-list-response.json")}
	session := play(t, read, list)
	got, err := session.Keys().Get(t.Context(), "w", id)
	if err != nil || got.ID != id || got.State != "active" || len(got.UsageLimits) != 1 || len(got.RateLimits) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	for listed, err := range session.Keys().List(t.Context(), "w") {
		if diff := cmp.Diff(listed, got, opaque()); err != nil || diff != "" {
			t.Errorf("alone, the key is not the one in the list: %v (-list +alone):\n%s", err, diff)
		}
	}
}

// That a key is gone is said by two codes, and only with the status that they
// are documented with.
func TestAKeyIsGoneByTheVendorsWordOnly(t *testing.T) {
	tests := map[string]struct {
		exchange conformance.Exchange
		class    provider.Class
	}{
		"gone":                             {exchange(404, "AB08"), provider.NotFound},
		"gone, the other code":             {exchange(404, "AB02"), provider.NotFound},
		"refused, and perhaps gone":        {exchange(403, "AB03"), provider.Forbidden},
		"refused, with the code of gone":   {exchange(403, "AB08"), provider.Forbidden},
		"not found, without a code":        {conformance.Exchange{Status: 404, Answer: `{"success":false,"data":{"message":"no"}}`}, provider.Transient},
		"not found, by a proxy":            {conformance.Exchange{Status: 404, Answer: `<html>404</html>`}, provider.Transient},
		"not found, without a word":        {conformance.Exchange{Status: 404}, provider.Transient},
		"unauthorized":                     {exchange(401, "AB05"), provider.Unauthorized},
		"throttled":                        {exchange(429, "AB06"), provider.Throttled},
		"server error":                     {exchange(500, "AB04"), provider.Transient},
		"hung up":                          {conformance.Exchange{Drop: true}, provider.Transient},
		"another key":                      {conformance.Exchange{Answer: `{"id":"k2","name":"a"}`}, provider.Transient},
		"no key":                           {conformance.Exchange{Answer: `{}`}, provider.Transient},
		"null":                             {conformance.Exchange{Answer: `null`}, provider.Transient},
		"nothing":                          {conformance.Exchange{Answer: ``}, provider.Transient},
		"a list":                           {conformance.Exchange{Answer: `[{"id":"k"}]`}, provider.Transient},
		"an id of another type":            {conformance.Exchange{Answer: `{"id":1}`}, provider.Transient},
		"cut off":                          {conformance.Exchange{Answer: `{"id":"k","name":"a"`}, provider.Transient},
		"a success that says it is none":   {conformance.Exchange{Answer: `{"id":"k","success":false}`}, provider.Transient},
		"more than anybody can use of one": {conformance.Exchange{Answer: `{"id":"k","name":"` + strings.Repeat("x", 2<<20) + `"}`}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI = "GET", "/api-keys/k"
			got, err := play(t, test.exchange).Keys().Get(t.Context(), "w", "k")
			want(t, err, test.class, false)
			if op := theError(t, err).Op; op != "get key" {
				t.Errorf("the error is said to be of %q", op)
			}
			if diff := cmp.Diff(provider.Key{}, got, opaque()); diff != "" {
				t.Errorf("there is a key as well as an error:\n%s", diff)
			}
		})
	}
}

func TestTheNameOfAKeyIsTheOneThatIsSent(t *testing.T) {
	name := New().Capabilities().Key.Name
	rapid.Check(t, func(t *rapid.T) {
		mark := provider.MarkFor(rapid.String().Draw(t, "uid")).WithSerial(rapid.IntRange(1, 1<<20).Draw(t, "serial"))
		display := rapid.String().Draw(t, "display")
		body, err := newKeyBody("x", "w", mark, provider.KeySpec{DisplayName: display, Scopes: []string{"a"}})
		if err != nil {
			t.Fatal(err)
		}
		if body.Name != name(display, mark) {
			t.Fatalf("%q is sent, the capabilities say %q", body.Name, name(display, mark))
		}
		if n := len([]rune(body.Name)); n > keyNameLimit {
			t.Fatalf("%q has %d characters, more than %d", body.Name, n, keyNameLimit)
		}
		if read, ok := provider.ParseKeyName(body.Name); !ok || read != mark {
			t.Fatalf("%q has the mark %v, %v; want %v", body.Name, read, ok, mark)
		}
	})
	if got := name("by hand", provider.Mark{}); got != "by hand" {
		t.Errorf("without a mark the name is %q; it has nothing to end in", got)
	}
}

// What was asked for is what the new key is said to be, so that it does not
// look different from its spec before anybody has read it.
func TestANewKeyIsSaidToBeWhatWasAskedFor(t *testing.T) {
	first := mark.WithSerial(1)
	spec := provider.KeySpec{
		DisplayName: "ci", Scopes: []string{"a"},
		UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 1, PeriodicReset: "Weekly"}},
		RateLimits:  []provider.RateLimit{{Type: "Tokens", Unit: "PerHour", Value: 2}},
	}
	limits := `"usage_limits":{"type":"cost","credit_limit":1,"periodic_reset":"weekly"},"rate_limits":[{"type":"tokens","unit":"rph","value":2}]`
	name := "ci-" + first.String()
	session := play(t,
		conformance.Exchange{Method: "POST", URI: "/api-keys/workspace/service", Body: `{"name":"` + name + `","workspace_id":"w","scopes":["a"],` + limits + `}`, Answer: `{"id":"k","key":"pk"}`},
		conformance.Exchange{Method: "GET", URI: "/api-keys/k", Answer: `{"id":"k","key":"p*","name":"` + name + `","scopes":["a"],` + limits + `}`})
	issued, value, err := session.Keys().Issue(t.Context(), "w", first, spec)
	if err != nil || value.Reveal() != "pk" {
		t.Fatalf("got value %q, %v", value.Reveal(), err)
	}
	seen, err := session.Keys().Get(t.Context(), "w", "k")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(issued, seen, opaque()); diff != "" {
		t.Errorf("the key is not what it was said to be (-issued +seen):\n%s", diff)
	}
}
