package portkey

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

const allKeys = "/api-keys?current_page=0&page_size=100&workspace_id=w"

func TestIssueKey(t *testing.T) {
	first := mark.WithSerial(1)
	expires := time.Date(2027, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	tests := map[string]struct {
		spec provider.KeySpec
		body string
	}{
		"the least": {
			provider.KeySpec{DisplayName: "ci", Scopes: []string{"completions.write"}},
			`{"name":"ci-` + first.String() + `","workspace_id":"w","scopes":["completions.write"]}`,
		},
		"everything": {
			provider.KeySpec{
				DisplayName: "ci", Scopes: []string{"a", "b"}, ExpiresAt: expires,
				UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 100, AlertThreshold: 80, PeriodicReset: "Monthly"}},
				RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 100}},
			},
			`{"name":"ci-` + first.String() + `","workspace_id":"w","scopes":["a","b"],` +
				`"usage_limits":{"type":"cost","credit_limit":100,"alert_threshold":80,"periodic_reset":"monthly"},` +
				`"rate_limits":[{"type":"requests","unit":"rpm","value":100}],"expires_at":"2027-01-01T00:00:00Z"}`,
		},
		"a long name with everything in it": {
			provider.KeySpec{DisplayName: "a\x00\"b\n" + strings.Repeat("é", 200), Scopes: []string{"a"}},
			`{"name":"a-\"b-` + strings.Repeat("é", 128-5-1-len(first.String())) + "-" + first.String() + `","workspace_id":"w","scopes":["a"]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := play(t, conformance.Exchange{Method: "POST", URI: "/api-keys/workspace/service", Body: test.body, Answer: fixture(t, "key-create-response.json")})
			got, value, err := session.Keys().Issue(t.Context(), "w", first, test.spec)
			if err != nil {
				t.Fatal(err)
			}
			if value.Reveal() != "abssofjosfjs" || got.ID != "183f497a-2a7f-4f47-992e-26213fa863we" || got.Mark != first || !got.ExpiresAt.Equal(test.spec.ExpiresAt) {
				t.Errorf("got %+v with value %q", got, value.Reveal())
			}
			if read, ok := provider.ParseKeyName(got.Name); !ok || read != first {
				t.Errorf("the mark is not in the name %q", got.Name)
			}
			if diff := cmp.Diff(test.spec.Scopes, got.Scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIssueKeyThatIsNotSent(t *testing.T) {
	tests := map[string]struct {
		workspace string
		spec      provider.KeySpec
	}{
		"no scopes":        {"w", provider.KeySpec{DisplayName: "ci"}},
		"empty scopes":     {"w", provider.KeySpec{DisplayName: "ci", Scopes: []string{}}},
		"no workspace":     {"", provider.KeySpec{DisplayName: "ci", Scopes: []string{"a"}}},
		"two usage limits": {"w", provider.KeySpec{Scopes: []string{"a"}, UsageLimits: []provider.UsageLimit{{CreditLimit: 1}, {CreditLimit: 2}}}},
		"an unknown word":  {"w", provider.KeySpec{Scopes: []string{"a"}, RateLimits: []provider.RateLimit{{Unit: "PerYear"}}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, value, err := play(t).Keys().Issue(t.Context(), test.workspace, mark.WithSerial(1), test.spec)
			want(t, err, provider.Invalid, false)
			if !value.IsEmpty() {
				t.Error("a value without a key")
			}
		})
	}
}

func TestIssueKeyThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class
		uncertain bool
	}{
		"no value":     {conformance.Exchange{Answer: `{"id":"k"}`}, provider.Transient, true},
		"no id":        {conformance.Exchange{Answer: `{"key":"pk-canary"}`}, provider.Transient, true},
		"lost answer":  {conformance.Exchange{Drop: true}, provider.Transient, true},
		"bad gateway":  {conformance.Exchange{Status: 502, Answer: ``}, provider.Transient, true},
		"forbidden":    {exchange(403, "AB03"), provider.Forbidden, false},
		"throttled":    {exchange(429, "AB06"), provider.Throttled, false},
		"invalid":      {exchange(400, "AB01"), provider.Invalid, false},
		"subscription": {exchange(402, "AB09"), provider.Exhausted, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			first := mark.WithSerial(1)
			test.exchange.Method, test.exchange.URI = "POST", "/api-keys/workspace/service"
			test.exchange.Body = `{"name":"ci-` + first.String() + `","workspace_id":"w","scopes":["a"]}`
			_, value, err := play(t, test.exchange).Keys().Issue(t.Context(), "w", first, provider.KeySpec{DisplayName: "ci", Scopes: []string{"a"}})
			want(t, err, test.class, test.uncertain)
			if !value.IsEmpty() || strings.Contains(err.Error(), "pk-canary") {
				t.Error("a value goes with the error")
			}
		})
	}
}

func TestListKeys(t *testing.T) {
	second := mark.WithSerial(2)
	session := play(t, conformance.Exchange{Method: "GET", URI: allKeys, Answer: `{"total":2,"object":"list","data":[
		{"id":"k1","name":"ci-` + second.String() + `","key":"Xk*******S4","status":"exhausted","scopes":["a"],"created_at":"2023-09-15T10:30:00Z","expires_at":"2027-01-01T00:00:00.000Z"},
		{"id":"k2","name":"by hand"}]}`})
	var got []provider.Key
	for item, err := range session.Keys().List(t.Context(), "w") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item)
	}
	want := []provider.Key{
		{
			ID: "k1", Name: "ci-" + second.String(), Mark: second, State: "exhausted", Scopes: []string{"a"},
			CreatedAt: time.Date(2023, 9, 15, 10, 30, 0, 0, time.UTC), ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		},
		{ID: "k2", Name: "by hand"},
	}
	if diff := cmp.Diff(want, got, opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheKeysOfNoWorkspaceAreNotThoseOfAll(t *testing.T) {
	for _, err := range play(t).Keys().List(t.Context(), "") {
		want(t, err, provider.Invalid, false)
	}
}

func TestAmendKey(t *testing.T) {
	second := mark.WithSerial(2).String()
	get := conformance.Exchange{Method: "GET", URI: "/api-keys/k", Answer: `{"id":"k","name":"old-` + second + `"}`}
	byHand := conformance.Exchange{Method: "GET", URI: "/api-keys/k", Answer: `{"id":"k","name":"by hand"}`}
	put := func(body string) conformance.Exchange {
		return conformance.Exchange{Method: "PUT", URI: "/api-keys/k", Body: body, Answer: `{}`}
	}
	tests := map[string]struct {
		spec   provider.KeySpec
		script []conformance.Exchange
	}{
		"nothing to say":           {provider.KeySpec{}, nil},
		"scopes":                   {provider.KeySpec{Scopes: []string{"b"}}, []conformance.Exchange{put(`{"scopes":["b"]}`)}},
		"a name keeps its mark":    {provider.KeySpec{DisplayName: "new"}, []conformance.Exchange{get, put(`{"name":"new-` + second + `"}`)}},
		"the same name":            {provider.KeySpec{DisplayName: "old"}, []conformance.Exchange{get}},
		"a name that has no mark":  {provider.KeySpec{DisplayName: "new"}, []conformance.Exchange{byHand, put(`{"name":"new"}`)}},
		"rate limits taken off":    {provider.KeySpec{RateLimits: []provider.RateLimit{}}, []conformance.Exchange{put(`{"rate_limits":null}`)}},
		"the usage limit is one":   {provider.KeySpec{UsageLimits: []provider.UsageLimit{{Type: "Tokens", CreditLimit: 7}}}, []conformance.Exchange{put(`{"usage_limits":{"type":"tokens","credit_limit":7,"periodic_reset":null}}`)}},
		"expiry":                   {provider.KeySpec{ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}, []conformance.Exchange{put(`{"expires_at":"2027-01-01T00:00:00Z"}`)}},
		"same name, something new": {provider.KeySpec{DisplayName: "old", Scopes: []string{"b"}}, []conformance.Exchange{get, put(`{"scopes":["b"]}`)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := play(t, test.script...).Keys().Amend(t.Context(), "w", "k", test.spec); err != nil {
				t.Error(err)
			}
		})
	}
	refused := map[string]struct {
		spec  provider.KeySpec
		class provider.Class
	}{
		"no scopes left":          {provider.KeySpec{Scopes: []string{}}, provider.Invalid},
		"usage limit taken off":   {provider.KeySpec{UsageLimits: []provider.UsageLimit{}}, provider.Unsupported},
		"more than one of them":   {provider.KeySpec{UsageLimits: []provider.UsageLimit{{}, {}}}, provider.Invalid},
		"a word that is not ours": {provider.KeySpec{UsageLimits: []provider.UsageLimit{{Type: "x"}}}, provider.Invalid},
	}
	for name, test := range refused {
		t.Run(name, func(t *testing.T) {
			want(t, play(t).Keys().Amend(t.Context(), "w", "k", test.spec), test.class, false)
		})
	}
	t.Run("the key cannot be read", func(t *testing.T) {
		status, answer := refusal(403, "AB03")
		session := play(t, conformance.Exchange{Method: "GET", URI: "/api-keys/k", Status: status, Answer: answer})
		want(t, session.Keys().Amend(t.Context(), "w", "k", provider.KeySpec{DisplayName: "x"}), provider.Forbidden, false)
	})
}

func TestRevokeKey(t *testing.T) {
	remove := func(status int, answer string) conformance.Exchange {
		return conformance.Exchange{Method: "DELETE", URI: "/api-keys/k", Status: status, Answer: answer}
	}
	refused := func(status int, code string) conformance.Exchange { return remove(refusal(status, code)) }
	list := func(uri string, status int, answer string) conformance.Exchange {
		return conformance.Exchange{Method: "GET", URI: uri, Status: status, Answer: answer}
	}
	none, one, other := `{"total":0,"data":[]}`, `{"total":1,"data":[{"id":"k"}]}`, `{"total":1,"data":[{"id":"x"}]}`
	status, forbidden := refusal(403, "AB03")
	tests := map[string]struct {
		script    []conformance.Exchange
		class     provider.Class // empty is success
		uncertain bool
	}{
		"revoked":                           {[]conformance.Exchange{remove(200, `{}`)}, "", false},
		"already gone":                      {[]conformance.Exchange{refused(404, "AB08")}, "", false},
		"refused, and gone":                 {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, 200, other)}, "", false},
		"refused, and there":                {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, 200, one)}, provider.Forbidden, false},
		"refused, and half a list":          {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, 200, `{"total":2,"data":[]}`)}, provider.Transient, false},
		"refused, and the workspace gone":   {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, status, forbidden), list(allWorkspaces, 200, none)}, "", false},
		"refused, and the workspace there":  {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, status, forbidden), list(allWorkspaces, 200, `{"total":1,"data":[{"id":"w"}]}`)}, provider.Forbidden, false},
		"refused all along":                 {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, status, forbidden), list(allWorkspaces, status, forbidden)}, provider.Forbidden, false},
		"refused, and then throttled":       {[]conformance.Exchange{refused(403, "AB03"), list(allKeys, 429, ``)}, provider.Throttled, false},
		"not found, and gone":               {[]conformance.Exchange{remove(404, `{}`), list(allKeys, 200, none)}, "", false},
		"a wrong address":                   {[]conformance.Exchange{remove(404, `{}`), list(allKeys, 404, `{}`), list(allWorkspaces, 404, `{}`)}, provider.Transient, false},
		"unauthorized says nothing of keys": {[]conformance.Exchange{refused(401, "AB05")}, provider.Unauthorized, false},
		"server error":                      {[]conformance.Exchange{refused(500, "AB04")}, provider.Transient, true},
		"lost answer":                       {[]conformance.Exchange{{Method: "DELETE", URI: "/api-keys/k", Drop: true}}, provider.Transient, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := play(t, test.script...).Keys().Revoke(t.Context(), "w", "k")
			if test.class == "" {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			want(t, err, test.class, test.uncertain)
		})
	}
}
