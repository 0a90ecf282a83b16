package slaunchx

import (
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

var (
	// least is the least a key can be, and issueBody what is sent for it.
	least     = provider.KeySpec{DisplayName: "ci", Scopes: []string{"payment:read"}}
	issueBody = `{"name":"ci-` + keyMark.String() + `","scopes":["payment:read"]}`
)

// The one answer that the vendor prints in full.
func TestIssueIsTheDocumentedExample(t *testing.T) {
	name := "Production Key-" + keyMark.String()
	body := `{"name":"` + name + `","scopes":["payment:read","payment:write"],"mode":1,"ipWhitelist":["192.168.1.0/24"]}`
	answer := with(t, fixture(t, "apikey-create-response.json"), "Production Key", name)
	got, value, err := play(t, post(allKeys, body, 201, answer)).Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{
		DisplayName: "Production Key", Scopes: []string{"payment:read", "payment:write"}, Mode: "Live", IPAllowlist: []string{"192.168.1.0/24"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := provider.Key{
		ID: "sk_live_abc123", Name: name, Mark: keyMark, State: "ACTIVE", Disabled: new(false), Mode: "Live",
		Scopes: []string{"payment:read", "payment:write"}, IPAllowlist: []string{"192.168.1.0/24"},
		CreatedAt: time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC),
	}
	if diff := diff(want, got); diff != "" || value.Reveal() != "sk_live_**********" {
		t.Errorf("the key is not the documented one, or its value %q is not (-want +got):\n%s", value.Reveal(), diff)
	}
}

func TestIssueSendsWhatTheSpecSaysAndNothingElse(t *testing.T) {
	head := `{"name":"ci-` + keyMark.String() + `","scopes":["payment:read"]`
	tests := map[string]struct {
		change func(*provider.KeySpec)
		body   string
	}{
		"the least":           {func(*provider.KeySpec) {}, head + `}`},
		"live":                {func(s *provider.KeySpec) { s.Mode = "Live" }, head + `,"mode":1}`},
		"test":                {func(s *provider.KeySpec) { s.Mode = "Test" }, head + `,"mode":2}`},
		"addresses":           {func(s *provider.KeySpec) { s.IPAllowlist = []string{"192.168.1.100", "2001:db8::/32"} }, head + `,"ipWhitelist":["192.168.1.100","2001:db8::/32"]}`},
		"an empty allowlist":  {func(s *provider.KeySpec) { s.IPAllowlist = []string{} }, head + `}`},
		"disabled":            {func(s *provider.KeySpec) { s.Disabled = new(true) }, head + `}`},
		"enabled":             {func(s *provider.KeySpec) { s.Disabled = new(false) }, head + `}`},
		"what others have":    {func(s *provider.KeySpec) { s.Action, s.ExpiresAt = "read", noon }, head + `}`},
		"limits of others":    {func(s *provider.KeySpec) { s.UsageLimits = []provider.UsageLimit{{CreditLimit: 1}} }, head + `}`},
		"scopes in an order":  {func(s *provider.KeySpec) { s.Scopes = []string{"b", "a", "b"} }, strings.Replace(head, `"payment:read"`, `"b","a","b"`, 1) + `}`},
		"letters of all kind": {func(s *provider.KeySpec) { s.DisplayName = `<a> & "b" \ 键` }, strings.Replace(head, `ci-`, `<a> & \"b\" \\ 键-`, 1) + `}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := least
			test.change(&spec)
			session := play(t, post(allKeys, test.body, 201, success(`{"apiKeyId":"k","secret":"the-value"}`)))
			if _, value, err := session.Keys().Issue(t.Context(), "w", keyMark, spec); err != nil || value.Reveal() != "the-value" {
				t.Errorf("got %v, %v", value.Reveal(), err)
			}
		})
	}
}

// Without scopes a key is denied everything, so it is not made at all.
func TestIssueRefusesWhatCanDoNothing(t *testing.T) {
	tests := map[string]struct {
		change  func(*provider.KeySpec)
		message string
	}{
		"no scopes":         {func(s *provider.KeySpec) { s.Scopes = nil }, "a key needs at least one scope"},
		"empty scopes":      {func(s *provider.KeySpec) { s.Scopes = []string{} }, "a key needs at least one scope"},
		"a mode by number":  {func(s *provider.KeySpec) { s.Mode = "1" }, "the mode is neither Live nor Test"},
		"a mode in answers": {func(s *provider.KeySpec) { s.Mode = "LIVE" }, "the mode is neither Live nor Test"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := least
			test.change(&spec)
			_, value, err := play(t).Keys().Issue(t.Context(), "w", keyMark, spec)
			if e := want(t, err, provider.Invalid, false); e.Message != test.message || e.Op != "issue key" || !value.IsEmpty() {
				t.Errorf("got %v, and a value: %v", e, !value.IsEmpty())
			}
		})
	}
}

func TestIssueNamesTheKeyWithinTheVendorsLimit(t *testing.T) {
	suffix := "-" + keyMark.String()
	room := 128 - len(suffix)
	tests := map[string]struct{ display, want string }{
		"short":              {"ci", "ci" + suffix},
		"as long as allowed": {strings.Repeat("a", room), strings.Repeat("a", room) + suffix},
		"one more":           {strings.Repeat("a", room+1), strings.Repeat("a", room) + suffix},
		"too long, Chinese":  {strings.Repeat("键", 300), strings.Repeat("键", room) + suffix},
		"empty":              {"", suffix},
		"controls":           {"a\nb\x7fc\u202ed", "a-b-c-d" + suffix},
		"an imitated mark":   {"x" + suffix, "x" + suffix + suffix},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if count := len([]rune(test.want)); count < 1 || count > 128 {
				t.Fatalf("the test itself wants %d characters", count)
			}
			if planned := New().Capabilities().Key.Name(test.display, keyMark); planned != test.want {
				t.Errorf("the capabilities say %q", planned)
			}
			// The answer is silent about the name: then it is what was sent.
			session := play(t, post(allKeys, `{"name":"`+test.want+`","scopes":["a"]}`, 201, success(`{"apiKeyId":"k","secret":"s"}`)))
			got, _, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: test.display, Scopes: []string{"a"}})
			if err != nil || got.Name != test.want || got.Mark != keyMark {
				t.Errorf("got name %q, mark %v, %v; want %q, %v", got.Name, got.Mark, err, test.want, keyMark)
			}
		})
	}
}

// A mark that the vendor has not kept is not said to be there.
func TestTheMarkIsReadBack(t *testing.T) {
	answer := success(`{"apiKeyId":"k","secret":"s","name":"ci-` + keyMark.String()[:8] + `"}`)
	got, _, err := play(t, post(allKeys, issueBody, 201, answer)).Keys().Issue(t.Context(), "w", keyMark, least)
	if err != nil || !got.Mark.IsZero() {
		t.Errorf("got mark %v, %v; want none", got.Mark, err)
	}
}

// Nothing but the id and the value can cost a key that has been made.
func TestIssueToleratesHowTheVendorWrites(t *testing.T) {
	members := map[string][]string{
		"name": {`null`, `7`, `{}`}, "status": {`null`, `7`, `{}`, `""`}, "mode": {`null`, `1`, `{}`}, "scopes": {`null`, `"a"`, `{}`, `[]`, `[1,null]`},
		"permissions": {`null`, `7`}, "ipWhitelist": {`null`, `""`, `{}`}, "createdAt": {`null`, `1709337600000`, `"yesterday"`, `[]`}, "unknown": {`[[]]`},
	}
	for member, values := range members {
		for _, value := range values {
			answer := success(`{"apiKeyId":"k","secret":"the-value","` + member + `":` + value + `}`)
			got, secret, err := play(t, post(allKeys, issueBody, 201, answer)).Keys().Issue(t.Context(), "w", keyMark, least)
			if err != nil || got.ID != "k" || secret.Reveal() != "the-value" {
				t.Errorf("%s of %s: got %+v, %v", member, value, got, err)
			}
		}
	}
}

// Whatever was made is known to nobody, so a person has to look.
func TestIssueIsInDoubtWithoutTheWholeAnswer(t *testing.T) {
	answer := with(t, fixture(t, "apikey-create-response.json"), "sk_live_**********", "the-value")
	tests := map[string]conformance.Exchange{
		"no value":              post("", "", 201, with(t, answer, `"the-value"`, `""`)),
		"value absent":          post("", "", 201, with(t, answer, `"secret"`, `"value"`)),
		"value of null":         post("", "", 201, with(t, answer, `"the-value"`, `null`)),
		"value of another type": post("", "", 201, with(t, answer, `"the-value"`, `["the-value"]`)),
		"no id":                 post("", "", 201, with(t, answer, `"sk_live_abc123"`, `""`)),
		"id absent":             post("", "", 201, with(t, answer, `"apiKeyId"`, `"keyId"`)),
		"id of another type":    post("", "", 201, with(t, answer, `"sk_live_abc123"`, `7`)),
		"an id that leads away": post("", "", 201, with(t, answer, `sk_live_abc123`, `../w2`)),
		"an id of controls":     post("", "", 201, with(t, answer, `sk_live_abc123`, `a\u0000b`)),
		"an id without an end":  post("", "", 201, with(t, answer, `sk_live_abc123`, strings.Repeat("k", 5000))),
		"data of null":          post("", "", 201, success(`null`)),
		"data of a list":        post("", "", 201, success(`[{"apiKeyId":"k","secret":"the-value"}]`)),
		"no data":               post("", "", 201, `{"success":true,"code":"2000"}`),
		"no envelope":           post("", "", 201, `{"apiKeyId":"k","secret":"the-value"}`),
		"not said to succeed":   post("", "", 201, with(t, answer, `"success": true`, `"x": true`)),
		"said to fail, and not": post("", "", 201, with(t, answer, `"success": true`, `"success": false`)),
		"nothing":               post("", "", 201, ``),
		"nothing, and says so":  post("", "", 204, ``),
		"half an answer":        post("", "", 201, answer[:len(answer)/2]),
		"a web page":            post("", "", 200, `<!doctype html><title>log in</title>`),
		"too much":              post("", "", 201, `{"success":true,"message":"`+strings.Repeat("x", 2<<20)+`"}`),
		"broken":                post("", "", 500, refusal("SYSTEM.INTERNAL_ERROR", "no")),
		"gateway timeout":       post("", "", 504, ``),
		"lost":                  dropped(post("", "", 0, ``)),
	}
	for name, exchange := range tests {
		t.Run(name, func(t *testing.T) {
			exchange.URI, exchange.Body = allKeys, issueBody
			// A second request would be one that the script does not know.
			got, value, err := play(t, exchange).Keys().Issue(t.Context(), "w", keyMark, least)
			if e := want(t, err, provider.Transient, true); e.Op != "issue key" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if diff := diff(provider.Key{}, got); diff != "" || !value.IsEmpty() {
				t.Errorf("there is a key as well as an error:\n%s", diff)
			}
		})
	}
}

func TestIssueIsSentOnceOverAConnectionThatIsGone(t *testing.T) {
	session := play(t, get(base+"w", 200, success(`{}`)), dropped(post(allKeys, issueBody, 0, "")))
	if _, err := session.Workspaces().Get(t.Context(), "w"); err != nil { // so that there is a connection to be dropped
		t.Fatal(err)
	}
	_, _, err := session.Keys().Issue(t.Context(), "w", keyMark, least)
	want(t, err, provider.Transient, true)
}

func TestIssueIsRefused(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"not the owner":        {403, fixture(t, "apikey-create-forbidden.json"), provider.Forbidden},
		"expired":              {401, fixture(t, "apikey-create-unauthorized.json"), provider.Unauthorized},
		"an unknown scope":     {400, refusal("VALIDATION.INVALID_PARAMETER", "scopes"), provider.Invalid},
		"an unknown workspace": {404, refusal("4040", "no such workspace"), provider.NotFound},
		"too often":            {429, refusal("REQUEST.RATE_LIMITED", ""), provider.Throttled},
		"though accepted":      {201, refusal("7777", "no"), provider.Transient},
		"another of that name": {409, refusal("REQUEST.CONFLICT", "name"), provider.Conflict},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, value, err := play(t, post(allKeys, issueBody, test.status, test.answer)).Keys().Issue(t.Context(), "w", keyMark, least)
			if want(t, err, test.class, false); !value.IsEmpty() {
				t.Error("there is a value as well as an error")
			}
		})
	}
}

func TestAmend(t *testing.T) {
	disable := post(oneKey+"/disable", "", 200, success(`null`))
	enable := post(oneKey+"/enable", "", 200, success(`null`))
	tests := map[string]struct {
		spec  provider.KeySpec
		calls []conformance.Exchange
	}{
		"disabled":                     {provider.KeySpec{Disabled: new(true)}, []conformance.Exchange{disable}},
		"enabled":                      {provider.KeySpec{Disabled: new(false)}, []conformance.Exchange{enable}},
		"left open":                    {provider.KeySpec{}, nil},
		"left open, and other changes": {provider.KeySpec{DisplayName: "cd", Scopes: []string{"b"}, Mode: "Test", IPAllowlist: []string{"192.168.1.1"}}, nil},
		"disabled, and other changes":  {provider.KeySpec{DisplayName: "cd", Scopes: []string{}, Mode: "x", Disabled: new(true)}, []conformance.Exchange{disable}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := play(t, test.calls...).Keys().Amend(t.Context(), "w", "k", test.spec); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAmendThatFails(t *testing.T) {
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class
		uncertain bool
	}{
		"gone":                {post("", "", 404, refusal("4040", "no such key")), provider.NotFound, false},
		"a wrong address":     {post("", "", 404, ``), provider.Transient, false},
		"not the owner":       {post("", "", 403, refusal("4030", "no")), provider.Forbidden, false},
		"a mismatch":          {post("", "", 403, ``), provider.Unauthorized, false},
		"expired":             {post("", "", 401, refusal("4010", "no")), provider.Unauthorized, false},
		"so already":          {post("", "", 409, refusal("REQUEST.CONFLICT", "no")), provider.Conflict, false},
		"too often":           {post("", "", 429, ``), provider.Throttled, false},
		"said to fail":        {post("", "", 200, refusal("4030", "no")), provider.Forbidden, false},
		"not said to succeed": {post("", "", 200, `{}`), provider.Transient, true},
		"nothing":             {post("", "", 200, ``), provider.Transient, true},
		"broken":              {post("", "", 500, refusal("SYSTEM.INTERNAL_ERROR", "no")), provider.Transient, true},
		"lost":                {dropped(post("", "", 0, "")), provider.Transient, true},
	}
	for name, test := range tests {
		for verb, disabled := range map[string]bool{"enable": false, "disable": true} {
			t.Run(verb+", "+name, func(t *testing.T) {
				test.exchange.URI = oneKey + "/" + verb
				err := play(t, test.exchange).Keys().Amend(t.Context(), "w", "k", provider.KeySpec{Disabled: &disabled})
				if e := want(t, err, test.class, test.uncertain); e.Op != "amend key" {
					t.Errorf("the error is said to be of %q", e.Op)
				}
			})
		}
	}
}

func TestRevoke(t *testing.T) {
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class // empty is success
		uncertain bool
	}{
		"deleted":                 {post("", "", 204, ``), "", false},
		"deleted, in an envelope": {post("", "", 200, success(`null`)), "", false},
		"gone":                    {post("", "", 404, refusal("4040", "no such key")), "", false},
		"gone, newer":             {post("", "", 404, refusal("RESOURCE.NOT_FOUND", "no such key")), "", false},
		"gone, another way":       {post("", "", 404, refusal("APIKEY.NOT_FOUND", "no such key")), "", false},
		"gone, in an envelope":    {post("", "", 200, refusal("4040", "no such key")), "", false},
		"a wrong address":         {post("", "", 404, ``), provider.Transient, false},
		"a gateway's 404":         {post("", "", 404, `{"message":"no route","code":404}`), provider.Transient, false},
		"another code":            {post("", "", 404, refusal("4030", "no")), provider.Transient, false},
		"the code, not a 404":     {post("", "", 400, refusal("4040", "no")), provider.Invalid, false},
		"not the owner":           {post("", "", 403, refusal("4030", "no")), provider.Forbidden, false},
		"a mismatch":              {post("", "", 403, ``), provider.Unauthorized, false},
		"expired":                 {post("", "", 401, refusal("4010", "no")), provider.Unauthorized, false},
		"too often":               {post("", "", 429, ``), provider.Throttled, false},
		"a conflict":              {post("", "", 409, refusal("REQUEST.CONFLICT", "no")), provider.Conflict, false},
		"nothing, and no 204":     {post("", "", 200, ``), provider.Transient, true},
		"an envelope of nothing":  {post("", "", 200, `{}`), provider.Transient, true},
		"said to fail":            {post("", "", 200, refusal("7777", "no")), provider.Transient, false},
		"a web page":              {post("", "", 200, `<html></html>`), provider.Transient, true},
		"broken":                  {post("", "", 503, ``), provider.Transient, true},
		"lost":                    {dropped(post("", "", 0, "")), provider.Transient, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.URI, test.exchange.Body = deletion, `{"keyId":"k"}`
			err := play(t, test.exchange).Keys().Revoke(t.Context(), "w", "k")
			if test.class == "" {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			if e := want(t, err, test.class, test.uncertain); e.Op != "revoke key" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
		})
	}
}
