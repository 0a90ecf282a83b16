package oceanbase

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// documented is an account as the vendor's documentation has it.
func documented() provider.Account {
	return provider.Account{
		Endpoint:   "https://api-cloud.oceanbase.com",
		Settings:   map[string]string{"organizationID": organization},
		Credential: map[string]provider.Secret{"accessKeyID": provider.NewSecret(ak), "accessKeySecret": provider.NewSecret(sk)},
		Transport:  http.DefaultTransport,
	}
}

func TestOpenTakesWhatTheClassCanSay(t *testing.T) {
	tests := map[string]map[string]string{
		"the least":                     {},
		"with a uid":                    {"uid": "1234567890"},
		"a product":                     {"product": "oceanbase-ai"},
		"Basic":                         {"auth": "Basic"},
		"Digest":                        {"auth": "Digest"},
		"empty values":                  {"uid": "", "product": "", "auth": ""},
		"something of another driver's": {"acceptLanguage": "en"},
	}
	for name, settings := range tests {
		account := documented()
		for key, value := range settings {
			account.Settings[key] = value
		}
		if session, err := New().Open(account); err != nil || session == nil {
			t.Errorf("%s: got %v, %v", name, session, err)
		}
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	credential := func(key, value string) func(*provider.Account) {
		return func(a *provider.Account) { a.Credential[key] = provider.NewSecret(value) }
	}
	setting := func(key, value string) func(*provider.Account) {
		return func(a *provider.Account) { a.Settings[key] = value }
	}
	tests := map[string]struct {
		spoil func(*provider.Account)
		says  string
	}{
		"no credential":               {func(a *provider.Account) { a.Credential = nil }, "accessKeyID"},
		"no id":                       {credential("accessKeyID", ""), "accessKeyID"},
		"no secret":                   {credential("accessKeySecret", ""), "accessKeySecret"},
		"id with a line break":        {credential("accessKeyID", "a\r\nX-Evil: 1"), "accessKeyID"},
		"secret with a line break":    {credential("accessKeySecret", sk+"\n"), "accessKeySecret"},
		"secret that is not ASCII":    {credential("accessKeySecret", sk+"é"), "accessKeySecret"},
		"id with a colon":             {credential("accessKeyID", "ak:sk"), "colon"},
		"no settings":                 {func(a *provider.Account) { a.Settings = nil }, "organizationID"},
		"no organization":             {setting("organizationID", ""), "organizationID"},
		"organization with a break":   {setting("organizationID", "org\r\nX-Evil: 1"), "organizationID"},
		"organization with a space":   {setting("organizationID", " org-1"), "organizationID"},
		"organization, not ASCII":     {setting("organizationID", "org-é"), "organizationID"},
		"product with a break":        {setting("product", "x\ny"), "product"},
		"product with a space":        {setting("product", "x y"), "product"},
		"a scheme nobody has":         {setting("auth", "Bearer"), "auth"},
		"a scheme in other letters":   {setting("auth", "digest"), "auth"},
		"no endpoint":                 {func(a *provider.Account) { a.Endpoint = "" }, "endpoint"},
		"endpoint that is no URL":     {func(a *provider.Account) { a.Endpoint = "api-cloud.oceanbase.com" }, "endpoint"},
		"endpoint with the AK and SK": {func(a *provider.Account) { a.Endpoint = "https://u:p@api-cloud.oceanbase.com" }, "endpoint"},
		"no transport":                {func(a *provider.Account) { a.Transport = nil }, "transport"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			account := documented()
			test.spoil(&account)
			session, err := New().Open(account)
			if e := want(t, err, provider.Invalid, false); !strings.Contains(e.Message, test.says) || e.Op != "open account" {
				t.Errorf("op %q, message %q; want the opening of an account, and %q named", e.Op, e.Message, test.says)
			}
			if session != nil {
				t.Error("there is a session as well as an error")
			}
		})
	}
}

func TestCapabilities(t *testing.T) {
	got := New().Capabilities()
	if New().Name() != "oceanbase" {
		t.Errorf("the name is %q; it is that of the member of spec.provider", New().Name())
	}
	if names := strings.Join(got.Names(), " "); names != "workspace.import workspace.get key.issue key.list key.revoke" {
		t.Errorf("abilities are %s", names)
	}
	if got.Key.Name == nil {
		t.Fatal("nobody can say what a key is called, and by its name it is found")
	}
	got.Key.Name = nil
	want := provider.Capabilities{
		AccountSetting: "organizationID",
		CredentialKeys: []string{"accessKeyID", "accessKeySecret"},
		Workspace:      provider.WorkspaceCapabilities{Import: true, Get: true, Recovery: provider.RecoverNever},
		Key: provider.KeyCapabilities{
			Issue: true, List: true, Revoke: true, IDListed: true, Recovery: provider.RecoverByMark,
			Required: []string{"action"}, Fields: []string{"displayName", "action"},
		},
	}
	if diff := diff(want, got); diff != "" {
		t.Errorf("the capabilities changed (-want +got):\n%s", diff)
	}
}

func TestEveryRequiredFieldIsOneThatIsHonoured(t *testing.T) {
	can := New().Capabilities().Key
	for _, field := range can.Required {
		if !can.Honours(field) {
			t.Errorf("%s is required and not honoured", field)
		}
	}
}

func TestWhatTheVendorHasNoCallForMakesNone(t *testing.T) {
	session := play(t)
	var listed error
	for workspace, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
		if listed != nil || err == nil {
			t.Errorf("the list yields %v, %v after %v", workspace, err, listed)
		}
		listed = err
	}
	_, created := session.Workspaces().Create(t.Context(), keyMark, provider.WorkspaceSpec{DisplayName: "x"})
	_, got := session.Keys().Get(t.Context(), project, "ak-1")
	calls := map[string]error{
		"list workspaces":  listed,
		"create workspace": created,
		"update workspace": session.Workspaces().Update(t.Context(), project, provider.WorkspaceSpec{DisplayName: "x"}),
		"delete workspace": session.Workspaces().Delete(t.Context(), provider.Workspace{ID: project}),
		"get key":          got,
		"amend key":        session.Keys().Amend(t.Context(), project, "ak-1", provider.KeySpec{DisplayName: "x"}),
	}
	for op, err := range calls {
		if e := want(t, err, provider.Unsupported, false); e.Op != op {
			t.Errorf("the error is said to be of %q, want %q", e.Op, op)
		}
	}
}

func TestCheckAsksNobody(t *testing.T) {
	if err := play(t).Check(t.Context()); err != nil {
		t.Errorf("got %v; there is nothing to be told without a project", err)
	}
	if New().Capabilities().Checkable {
		t.Error("the capabilities promise a check")
	}
}

// everything calls each method that sends something, once.
func everything(t *testing.T, session provider.Session) map[string]error {
	t.Helper()
	_, got := session.Workspaces().Get(t.Context(), project)
	_, listed := all(t, session)
	_, _, issued := session.Keys().Issue(t.Context(), project, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
	return map[string]error{
		"get workspace": got, "list keys": listed, "issue key": issued,
		"revoke key": session.Keys().Revoke(t.Context(), project, "ak-1"),
	}
}

// What is compared, headers included, is in the script.
func TestTheSettingsGoWithEveryRequest(t *testing.T) {
	name := "ci-" + keyMark.String()
	tests := map[string]struct {
		settings map[string]string
		// first and more are the query where there would be none, and behind another.
		first, more string
	}{
		"the least":            {nil, "", ""},
		"a uid":                {map[string]string{"uid": "77"}, "?uid=77", "&uid=77"},
		"a uid to be escaped":  {map[string]string{"uid": "a&id=b c"}, "?uid=a%26id%3Db+c", "&uid=a%26id%3Db+c"},
		"a product":            {map[string]string{"product": "ai-service"}, "", ""},
		"all there is":         {map[string]string{"product": "ai-service", "uid": "77", "auth": "Basic"}, "?uid=77", "&uid=77"},
		"settings left empty":  {map[string]string{"product": "", "uid": "", "auth": ""}, "", ""},
		"a member nobody uses": {map[string]string{"accountID": "x"}, "", ""},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			create := post(`{"name":"`+name+`","action":"read"}`, 200, success(`{"apiKey":"sk_canary","name":"`+name+`"}`))
			create.URI += test.first
			gone := remove(200, fixture(t, "key-delete-response.json"))
			gone.URI += test.more
			session := playWith(t, test.settings, get(onePage+test.more, 200, listed()), get(firstPage+test.more, 200, listed()), create, gone)
			for op, err := range everything(t, session) {
				if err != nil {
					t.Errorf("%s: %v", op, err)
				}
			}
		})
	}
}

func TestAProjectThatCannotBeNamedIsNotAskedFor(t *testing.T) {
	session := play(t)
	for name, id := range map[string]string{
		"empty": "", "line break": "proj\r\nX-Evil: 1", "space in front": " proj-1", "space behind": "proj-1 ", "space within": "a b",
		"not ASCII": "proj-é", "not UTF-8": "\xff", "upwards": "..", "a kilobyte": strings.Repeat("x", 1024), "delete": "a\x7f",
	} {
		_, got := session.Workspaces().Get(t.Context(), id)
		_, _, issued := session.Keys().Issue(t.Context(), id, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
		var listed error
		for _, err := range session.Keys().List(t.Context(), id) {
			listed = err
		}
		for op, err := range map[string]error{
			"get workspace": got, "issue key": issued, "list keys": listed, "revoke key": session.Keys().Revoke(t.Context(), id, "ak-1"),
		} {
			if e := want(t, err, provider.Invalid, false); e.Op != op {
				t.Errorf("%s: the error is said to be of %q, want %q", name, e.Op, op)
			}
		}
	}
}

func TestAnOpaqueProjectIsSentAsItIs(t *testing.T) {
	// An example of the vendor's without any prefix, and what else may stand in a header.
	for _, id := range []string{"li15c8s9", "proj-1", "a/b?c#d%2Fe", `"quoted"`, "x:y;z"} {
		script := conformance.Play(t, get(onePage, 200, listed()))
		account := script.Account(t, map[string]string{"accessKeyID": ak, "accessKeySecret": sk})
		account.Settings = map[string]string{"organizationID": organization}
		found, err := open(t, account).Workspaces().Get(t.Context(), id)
		if err != nil || found.ID != id || script.Headers()[0].Get("X-OB-Project-Id") != id {
			t.Errorf("%q: got %q, %v; sent %q", id, found.ID, err, script.Headers()[0].Get("X-OB-Project-Id"))
		}
	}
}

func TestNothingIsSentOnACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	session := play(t)
	_, _, err := session.Keys().Issue(ctx, project, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
	want(t, err, provider.Transient, false)
	want(t, session.Keys().Revoke(ctx, project, "ak-1"), provider.Transient, false)
}

func TestNothingThatIsPrintedShowsTheCredential(t *testing.T) {
	echo := refusal("", "no: "+sk+" and "+strings.TrimPrefix(basic(), "Basic ")+" at https://api-cloud.oceanbase.com/x, call req-1")
	session := play(t, get(onePage, 403, echo))
	_, err := session.Workspaces().Get(t.Context(), project)
	e := want(t, err, provider.Forbidden, false)
	if e.Message != "no: [redacted] and [redacted] at [address] call req-1" || e.RequestID != "req-1" {
		t.Errorf("got message %q of request %q", e.Message, e.RequestID)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		hides(t, fmt.Sprintf(verb, session), fmt.Sprintf(verb, session.Keys()), fmt.Sprintf(verb, session.Workspaces()))
	}
}
