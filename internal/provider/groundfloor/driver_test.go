package groundfloor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func goodAccount() provider.Account {
	return provider.Account{
		Endpoint:   "https://platform.groundfloor.cloud",
		Settings:   map[string]string{"accountID": accountID},
		Credential: map[string]provider.Secret{"token": provider.NewSecret(jwt)},
		Transport:  http.DefaultTransport,
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	tests := map[string]struct {
		spoil func(*provider.Account)
		says  string
	}{
		"no endpoint":             {func(a *provider.Account) { a.Endpoint = "" }, "endpoint"},
		"another scheme":          {func(a *provider.Account) { a.Endpoint = "ftp://platform.groundfloor.cloud" }, "endpoint"},
		"endpoint with a query":   {func(a *provider.Account) { a.Endpoint += "?a=b" }, "endpoint"},
		"no credential":           {func(a *provider.Account) { a.Credential = nil }, "token"},
		"empty credential":        {func(a *provider.Account) { a.Credential["token"] = provider.NewSecret("") }, "token"},
		"credential with a break": {func(a *provider.Account) { a.Credential["token"] = provider.NewSecret(jwt + "\n") }, "token"},
		"credential by another name": {func(a *provider.Account) {
			a.Credential = map[string]provider.Secret{"apiKey": provider.NewSecret(jwt)}
		}, "token"},
		"no transport":           {func(a *provider.Account) { a.Transport = nil }, "transport"},
		"no settings":            {func(a *provider.Account) { a.Settings = nil }, "accountID"},
		"empty account":          {func(a *provider.Account) { a.Settings["accountID"] = "" }, "accountID"},
		"account that climbs":    {func(a *provider.Account) { a.Settings["accountID"] = "../" + accountID }, "accountID"},
		"account with a break":   {func(a *provider.Account) { a.Settings["accountID"] = accountID + "\n" }, "accountID"},
		"another word for it":    {func(a *provider.Account) { a.Settings["freezeOnDelete"] = "true" }, "freezeOnDelete"},
		"the word in small type": {func(a *provider.Account) { a.Settings["freezeOnDelete"] = "enabled" }, "freezeOnDelete"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			account := goodAccount()
			test.spoil(&account)
			session, err := New().Open(account)
			if e := want(t, err, provider.Invalid, false); !strings.Contains(e.Message, test.says) {
				t.Errorf("the message %q does not name the %s", e.Message, test.says)
			}
			if session != nil {
				t.Error("there is a session as well as an error")
			}
		})
	}
}

func TestOpenTakesWhatIsDocumented(t *testing.T) {
	for _, setting := range []string{"Enabled", "Disabled", ""} {
		account := goodAccount()
		account.Settings["freezeOnDelete"] = setting
		account.Endpoint += "//"
		if _, err := New().Open(account); err != nil {
			t.Errorf("freezeOnDelete %q: %v", setting, err)
		}
	}
}

func TestCheck(t *testing.T) {
	read := get("/v1/workspaces?limit=1", "")
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"accepted":               {200, fixture(t, "list-response.json"), ""},
		"accepted, with nothing": {200, `[]`, ""},
		"rejected":               {401, refusal("Token expired"), provider.Unauthorized},
		"not allowed":            {403, refusal("Forbidden"), provider.Forbidden},
		"a wrong address":        {404, `{"detail":"Not Found"}`, provider.Forbidden},
		"some other API":         {200, `{"hello":"world"}`, provider.Transient},
		"nothing":                {200, ``, provider.Transient},
		"null":                   {200, `null`, provider.Transient},
		"out of order":           {503, refusal("down"), provider.Transient},
		"a login page":           {200, `<html>sign in</html>`, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			read.Status, read.Answer = test.status, test.answer
			err := play(t, read).Check(t.Context())
			if test.class == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantOp(t, err, "check access", test.class, false)
		})
	}
}

func TestCapabilities(t *testing.T) {
	want := provider.Capabilities{
		CredentialKeys: []string{"token"},
		Checkable:      true,
		AccountSetting: "accountID",
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Create: true, Get: true, List: true, Update: true, Freeze: true, Delete: true,
			DeleteSetting: "freezeOnDelete",
			DeleteFreezes: true,
			DeleteMeans:   "the vendor freezes it, and removes a frozen workspace for good after 30 days",
			Recovery:      provider.RecoverByMark,
			MarkField:     "slug",
			Asynchronous:  true,
			Required:      []string{"region"},
			Fields:        []string{"displayName", "region", "slug", "access"},
			Changeable:    []string{"access"},
		},
	}
	got := New().Capabilities()
	if got.Key.Instead == "" {
		t.Error("a tenant is not told what to use instead of a key")
	}
	got.Key.Instead = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the capabilities changed (-want +got):\n%s", diff)
	}
	if New().Name() != "groundfloor" {
		t.Errorf("the name is %q; it is that of the member of spec.provider", New().Name())
	}
}

// What the capabilities say must be what the methods do.
func TestCapabilitiesAndMethodsAgree(t *testing.T) {
	can := New().Capabilities()
	workspace := item("w", "s", "active")
	calls := map[string]struct {
		able   bool
		script []conformance.Exchange
		call   func(context.Context, provider.Workspaces) error
	}{
		"create": {can.Workspace.Create, []conformance.Exchange{{
			Method: "POST", URI: pathAll, Answer: fixture(t, "create-response.json"),
			Body: fmt.Sprintf(`{"account_id":%q,"name":"a","region":"r","slug":"s"}`, accountID),
		}}, func(ctx context.Context, w provider.Workspaces) error {
			_, err := w.Create(ctx, theMark(), provider.WorkspaceSpec{DisplayName: "a", Region: "r", Slug: "s"})
			return err
		}},
		"get": {
			can.Workspace.Get && can.Workspace.Import,
			[]conformance.Exchange{get(pathAll+"/w", workspace), get(pathAll+"/w/environments", `[]`)},
			func(ctx context.Context, w provider.Workspaces) error { _, err := w.Get(ctx, "w"); return err },
		},
		"list": {can.Workspace.List, []conformance.Exchange{get(pathByAccount, list(workspace))}, func(ctx context.Context, w provider.Workspaces) error {
			for _, err := range w.List(ctx, provider.WorkspaceFilter{}) {
				return err
			}
			return nil
		}},
		"freeze": {
			can.Workspace.Update && can.Workspace.Freeze && can.Workspace.Changes("access"),
			[]conformance.Exchange{{Method: "PATCH", URI: pathAll + "/w/status", Body: `{"status":"frozen"}`}},
			func(ctx context.Context, w provider.Workspaces) error {
				return w.Update(ctx, "w", provider.WorkspaceSpec{Frozen: new(true)})
			},
		},
		"delete": {
			can.Workspace.Delete && can.Workspace.DeleteFreezes,
			[]conformance.Exchange{{Method: "PATCH", URI: pathAll + "/w/status", Body: `{"status":"frozen"}`}},
			func(ctx context.Context, w provider.Workspaces) error {
				return w.Delete(ctx, provider.Workspace{ID: "w"})
			},
		},
	}
	for name, test := range calls {
		t.Run(name, func(t *testing.T) {
			if err := test.call(t.Context(), play(t, test.script...).Workspaces()); (err == nil) != test.able {
				t.Errorf("the capabilities say %v, the method says %v", test.able, err)
			}
		})
	}
	for _, field := range can.Workspace.Changeable {
		if !can.Workspace.Honours(field) {
			t.Errorf("%s can be changed and not be set", field)
		}
	}
}

func TestThereAreNoKeys(t *testing.T) {
	keys := play(t).Keys()
	_, getErr := keys.Get(t.Context(), "w", "k")
	_, value, issueErr := keys.Issue(t.Context(), "w", theMark().WithSerial(1), provider.KeySpec{DisplayName: "ci"})
	if !value.IsEmpty() {
		t.Error("a value came from nowhere")
	}
	var listErr error
	for key, err := range keys.List(t.Context(), "w") {
		if listErr != nil || err == nil {
			t.Errorf("the list yields %v, %v after %v", key, err, listErr)
		}
		listErr = err
	}
	calls := map[string]error{
		"get key": getErr, "issue key": issueErr, "list keys": listErr,
		"amend key":  keys.Amend(t.Context(), "w", "k", provider.KeySpec{DisplayName: "x"}),
		"revoke key": keys.Revoke(t.Context(), "w", "k"),
	}
	for op, err := range calls {
		wantOp(t, err, op, provider.Unsupported, false)
	}
	can := New().Capabilities().Key
	if can.Issue || can.Get || can.List || can.Amend || can.Revoke || can.Name != nil || len(can.Fields) != 0 {
		t.Errorf("the capabilities promise keys: %+v", can)
	}
}

func TestNothingIsSentOnACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	session := play(t)
	_, err := session.Workspaces().Create(ctx, theMark(), provider.WorkspaceSpec{DisplayName: "x", Region: "r"})
	want(t, err, provider.Transient, false)
	want(t, session.Workspaces().Delete(ctx, provider.Workspace{ID: "w"}), provider.Transient, false)
	want(t, session.Check(ctx), provider.Transient, false)
}

func TestNothingThatIsPrintedShowsTheToken(t *testing.T) {
	answer := refusal("the token " + jwt + " for https://platform.groundfloor.cloud/v1 is not good")
	session := play(t, conformance.Exchange{Method: "GET", URI: "/v1/workspaces?limit=1", Status: 401, Answer: answer})
	e := want(t, session.Check(t.Context()), provider.Unauthorized, false)
	if e.Message != "some_code: the token [redacted] for [address] is not good" {
		t.Errorf("the message is %q", e.Message)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, session); strings.Contains(text, jwt) {
			t.Errorf("%s shows the token: %s", verb, text)
		}
	}
}

// Whoever is throttled waits as a whole; nothing is sent past a closed gate.
func TestTheGateIsAskedAndTold(t *testing.T) {
	script := conformance.Play(t, conformance.Exchange{
		Method: "GET", URI: "/v1/workspaces?limit=1", Status: 429, Answer: refusal("slow"), Header: http.Header{"Retry-After": {"7"}},
	})
	account := script.Account(t, map[string]string{"token": jwt})
	account.Settings = map[string]string{"accountID": accountID}
	gate := &gate{}
	account.Gate = gate
	session, err := New().Open(account)
	if err != nil {
		t.Fatal(err)
	}
	e := want(t, session.Check(t.Context()), provider.Throttled, false)
	if e.RetryAfter.Seconds() != 7 || len(gate.paused) != 1 || gate.paused[0] != e.RetryAfter {
		t.Errorf("RetryAfter is %v, the gate was paused for %v; want 7s and 7s", e.RetryAfter, gate.paused)
	}
	gate.closed = &provider.Error{Class: provider.Throttled, Op: "wait", Message: "later"}
	want(t, session.Check(t.Context()), provider.Throttled, false)
	_, err = session.Workspaces().Create(t.Context(), theMark(), provider.WorkspaceSpec{DisplayName: "x", Region: "r"})
	want(t, err, provider.Throttled, false)
}
