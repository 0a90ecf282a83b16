package slaunchx

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// good is an account that can be opened, and reaches nobody.
func good(t *testing.T) provider.Account {
	t.Helper()
	return provider.Account{
		Endpoint: "https://vendor.test/prometheus",
		Credential: map[string]provider.Secret{
			"token": provider.NewSecret(jwtCanary), "clientHash": provider.NewSecret(hashCanary),
		},
		Transport: nowhere(func(request *http.Request) (*http.Response, error) {
			t.Errorf("a request nobody asked for: %s %s", request.Method, request.URL)
			return nil, http.ErrServerClosed
		}),
	}
}

// nowhere is a transport that makes no connection.
type nowhere func(*http.Request) (*http.Response, error)

func (n nowhere) RoundTrip(request *http.Request) (*http.Response, error) { return n(request) }

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	credential := func(key, value string) func(*provider.Account) {
		return func(a *provider.Account) { a.Credential[key] = provider.NewSecret(value) }
	}
	language := func(value string) func(*provider.Account) {
		return func(a *provider.Account) { a.Settings = map[string]string{"acceptLanguage": value} }
	}
	tests := map[string]struct {
		spoil func(*provider.Account)
		says  string
	}{
		"no credential":             {func(a *provider.Account) { a.Credential = nil }, "token"},
		"no token":                  {func(a *provider.Account) { delete(a.Credential, "token") }, "token"},
		"no hash":                   {func(a *provider.Account) { delete(a.Credential, "clientHash") }, "clientHash"},
		"empty token":               {credential("token", ""), "token"},
		"empty hash":                {credential("clientHash", ""), "clientHash"},
		"token with its scheme":     {credential("token", "Bearer the-value"), "token"},
		"token with a line break":   {credential("token", "the-value\n"), "token"},
		"token that adds a header":  {credential("token", "a\r\nX-Evil: 1"), "token"},
		"hash that adds a header":   {credential("clientHash", "a\r\nX-Evil: 1"), "clientHash"},
		"hash with other letters":   {credential("clientHash", "größe"), "clientHash"},
		"endpoint that is no URL":   {func(a *provider.Account) { a.Endpoint = "vendor.test/prometheus" }, "endpoint"},
		"endpoint with a password":  {func(a *provider.Account) { a.Endpoint = "https://u:p@vendor.test/prometheus" }, "endpoint"},
		"endpoint with a query":     {func(a *provider.Account) { a.Endpoint += "?a=b" }, "endpoint"},
		"no endpoint":               {func(a *provider.Account) { a.Endpoint = "" }, "endpoint"},
		"no transport":              {func(a *provider.Account) { a.Transport = nil }, "transport"},
		"a language not documented": {language("de"), "acceptLanguage"},
		"other letters":             {language("EN"), "acceptLanguage"},
		"a list of languages":       {language("en, zh"), "acceptLanguage"},
		"a language and a header":   {language("en\r\nX-Evil: 1"), "acceptLanguage"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			account := good(t)
			test.spoil(&account)
			session, err := New().Open(account)
			e := want(t, err, provider.Invalid, false)
			if !strings.Contains(e.Message, test.says) || e.Op != "open account" {
				t.Errorf("%v does not name the %s", e, test.says)
			}
			if session != nil {
				t.Error("there is a session as well as an error")
			}
		})
	}
}

func TestOpenTakesEveryDocumentedLanguage(t *testing.T) {
	for _, language := range []string{"", "en", "zh", "zh-Hant", "ja", "vi"} {
		// The header is compared by playIn.
		session := playIn(t, language, get(base+"w", 200, success(`{}`)))
		if _, err := session.Workspaces().Get(t.Context(), "w"); err != nil {
			t.Errorf("%q: %v", language, err)
		}
	}
}

func TestOpenIgnoresTheSettingsOfOthers(t *testing.T) {
	account := good(t)
	account.Settings = map[string]string{"accountID": "a"}
	account.Credential["apiKey"] = provider.NewSecret("")
	if _, err := New().Open(account); err != nil {
		t.Error(err)
	}
}

// A trailing slash and its absence lead to the same path; the context path
// stays, whatever it is.
func TestPathsFollowTheContextPath(t *testing.T) {
	for _, context := range []string{"", "/", "/prometheus", "/prometheus/", "/a/prometheus//"} {
		script := conformance.Play(t, get(strings.TrimRight(context, "/")+"/web/v1/workspaces/w", 200, success(`{}`)))
		account := script.Account(t, map[string]string{"token": jwtCanary, "clientHash": hashCanary})
		account.Endpoint += context
		session, err := New().Open(account)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Workspaces().Get(t.Context(), "w"); err != nil {
			t.Errorf("context path %q: %v", context, err)
		}
	}
}

func TestCapabilities(t *testing.T) {
	want := provider.Capabilities{
		CredentialKeys: []string{"token", "clientHash"},
		Workspace:      provider.WorkspaceCapabilities{Import: true, Get: true, Recovery: provider.RecoverNever},
		Key: provider.KeyCapabilities{
			Issue: true, Get: true, Amend: true, Revoke: true,
			Recovery: provider.RecoverNever,
			Required: []string{"scopes"},
			Fields:   []string{"displayName", "scopes", "mode", "ipAllowlist", "access"}, Changeable: []string{"access"},
		},
	}
	got := New().Capabilities()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(provider.KeyCapabilities{}, "Name")); diff != "" {
		t.Errorf("the capabilities changed (-want +got):\n%s", diff)
	}
	if got.Key.Name == nil || got.Key.Name("ci", keyMark) != "ci-"+keyMark.String() {
		t.Error("the capabilities do not name keys as Issue does")
	}
	if New().Name() != "slaunchx" {
		t.Errorf("the name is %q; it is that of the member of spec.provider", New().Name())
	}
	abilities := "workspace.import workspace.get key.issue key.get key.amend key.revoke"
	if names := strings.Join(got.Names(), " "); names != abilities {
		t.Errorf("the abilities are\n%s, want\n%s", names, abilities)
	}
	for _, field := range got.Key.Changeable {
		if !got.Key.Honours(field) {
			t.Errorf("%s can be changed and not be set", field)
		}
	}
}

// What is not in the capabilities is answered without a request.
func TestWhatTheVendorHasNoCallForMakesNone(t *testing.T) {
	session, err := New().Open(good(t))
	if err != nil {
		t.Fatal(err)
	}
	_, created := session.Workspaces().Create(t.Context(), keyMark, provider.WorkspaceSpec{DisplayName: "x"})
	calls := map[string]error{
		"list workspaces":  theOnlyError(t, session.Workspaces().List(t.Context(), provider.WorkspaceFilter{})),
		"create workspace": created,
		"update workspace": session.Workspaces().Update(t.Context(), "w", provider.WorkspaceSpec{DisplayName: "x"}),
		"delete workspace": session.Workspaces().Delete(t.Context(), provider.Workspace{ID: "w", Name: "x"}),
		"list keys":        theOnlyError(t, session.Keys().List(t.Context(), "w")),
	}
	for op, err := range calls {
		if e := want(t, err, provider.Unsupported, false); e.Op != op {
			t.Errorf("the error is said to be of %q, want %q", e.Op, op)
		}
	}
}

// theOnlyError reads a list that has to be an error and nothing else.
func theOnlyError[T any](t *testing.T, list func(func(T, error) bool)) error {
	t.Helper()
	var all []error
	list(func(item T, err error) bool {
		if err == nil {
			t.Errorf("a list that does not exist has %v in it", item)
		}
		all = append(all, err)
		return true
	})
	if len(all) != 1 {
		t.Fatalf("the list yields %d times, want once", len(all))
	}
	return all[0]
}

func TestNothingThatIsPrintedShowsTheCredential(t *testing.T) {
	answer := refusal("4030", "no access with "+jwtCanary+" and "+hashCanary+" to https://vendor.test/x")
	session := play(t, get(base+"w", 403, answer))
	_, err := session.Workspaces().Get(t.Context(), "w")
	e := want(t, err, provider.Forbidden, false)
	hides(t, fmt.Sprintf("%v %+v %#v %s", session, session, session, session), fmt.Sprintf("%#v %+v", session.Keys(), session.Workspaces()))
	if e.Message != "4030: no access with [redacted] and [redacted] to [address]" {
		t.Errorf("the message is %q", e.Message)
	}
}

// No method lets an identifier lead elsewhere: a request for one that cannot
// be sent as it is does not exist.
func TestIdentifiersThatCannotBeUsedAreNotSent(t *testing.T) {
	session, err := New().Open(good(t))
	if err != nil {
		t.Fatal(err)
	}
	shared := map[string]string{
		"empty": "", "a dot": ".", "up": "..", "up and over": "../w", "over and up": "w/../w", "backslash": `..\w`,
		"line break": "w\r\nX-Evil: 1", "null byte": "w\x00", "not UTF-8": "\xff\xfe", "long": strings.Repeat("x", 3000),
	}
	// A workspace's stands in a header too, where these would not be the same.
	headers := map[string]string{"space before": " w", "space behind": "w ", "space within": "a b", "other letters": "größe"}
	for name, id := range shared {
		t.Run("key "+name, func(t *testing.T) { refusesKey(t, session, "w", id, "the key's identifier cannot be used") })
	}
	for _, ids := range []map[string]string{shared, headers} {
		for name, id := range ids {
			t.Run("workspace "+name, func(t *testing.T) {
				_, err := session.Workspaces().Get(t.Context(), id)
				refuses(t, err, "get workspace", "the workspace's identifier cannot be used")
				_, _, err = session.Keys().Issue(t.Context(), id, keyMark, provider.KeySpec{Scopes: []string{"a"}})
				refuses(t, err, "issue key", "the workspace's identifier cannot be used")
				refusesKey(t, session, id, "k", "the workspace's identifier cannot be used")
			})
		}
	}
}

func refusesKey(t *testing.T, session provider.Session, workspaceID, id, message string) {
	t.Helper()
	_, err := session.Keys().Get(t.Context(), workspaceID, id)
	refuses(t, err, "get key", message)
	refuses(t, session.Keys().Amend(t.Context(), workspaceID, id, provider.KeySpec{Disabled: new(true)}), "amend key", message)
	refuses(t, session.Keys().Revoke(t.Context(), workspaceID, id), "revoke key", message)
}

func refuses(t *testing.T, err error, op, message string) {
	t.Helper()
	if e := want(t, err, provider.Invalid, false); e.Op != op || e.Message != message {
		t.Errorf("got %v; want %s: %s", e, op, message)
	}
}

// Whatever else an identifier has in it arrives as one segment of the path, or
// as it is in the body, and nothing of it is taken for something else.
func TestIdentifiersAreEscaped(t *testing.T) {
	tests := map[string]string{
		"another/path": "another%2Fpath", "k?force=true": "k%3Fforce=true", "k#x": "k%23x", "k%2e": "k%252e", "k;a=b&c": "k%3Ba=b&c", "a:b@c": "a:b@c",
	}
	for id, escaped := range tests {
		t.Run(id, func(t *testing.T) {
			uri := base + escaped + "/api-keys"
			session := play(t,
				get(base+escaped, 200, success(`{}`)),
				get(uri+"/"+escaped, 200, success(fmt.Sprintf(`{"apiKeyId":%q}`, id))),
				post(uri+"/"+escaped+"/enable", "", 200, success(`null`)),
				post(uri+"/delete", fmt.Sprintf(`{"keyId":%q}`, id), 204, ""),
			)
			_, workspaceErr := session.Workspaces().Get(t.Context(), id)
			_, keyErr := session.Keys().Get(t.Context(), id, id)
			amendErr := session.Keys().Amend(t.Context(), id, id, provider.KeySpec{Disabled: new(false)})
			for _, err := range []error{workspaceErr, keyErr, amendErr, session.Keys().Revoke(t.Context(), id, id)} {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Letters of all languages do in the body and in the path, if not in a header.
func TestAKeysIdentifierMayHaveAllLetters(t *testing.T) {
	session := play(t, post(deletion, `{"keyId":"größe <☃>"}`, 204, ""), post(allKeys+"/gr%C3%B6%C3%9Fe%20%3C%E2%98%83%3E/disable", "", 200, success(`null`)))
	if err := session.Keys().Revoke(t.Context(), "w", "größe <☃>"); err != nil {
		t.Error(err)
	}
	if err := session.Keys().Amend(t.Context(), "w", "größe <☃>", provider.KeySpec{Disabled: new(true)}); err != nil {
		t.Error(err)
	}
}
