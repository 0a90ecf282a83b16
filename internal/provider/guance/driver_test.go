package guance

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	tests := map[string]struct {
		spoil func(*provider.Account)
		says  string
	}{
		"no credential":            {func(a *provider.Account) { a.Credential = nil }, "apiKey"},
		"empty credential":         {func(a *provider.Account) { a.Credential["apiKey"] = provider.NewSecret("") }, "apiKey"},
		"credential with a break":  {func(a *provider.Account) { a.Credential["apiKey"] = provider.NewSecret("a\r\nX-Evil: 1") }, "apiKey"},
		"credential under its id":  {func(a *provider.Account) { delete(a.Credential, "apiKey") }, "apiKey"},
		"endpoint that is no URL":  {func(a *provider.Account) { a.Endpoint = "openapi.guance.com" }, "endpoint"},
		"endpoint with a password": {func(a *provider.Account) { a.Endpoint = "https://u:p@openapi.guance.com" }, "endpoint"},
		"no transport":             {func(a *provider.Account) { a.Transport = nil }, "transport"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := account(t, "https://openapi.guance.com")
			test.spoil(&a)
			session, err := New().Open(a)
			if e := want(t, err, provider.Invalid, false); !strings.Contains(e.Message, test.says) {
				t.Errorf("the message %q does not name the %s", e.Message, test.says)
			}
			if session != nil {
				t.Error("there is a session as well as an error")
			}
		})
	}
}

func TestOpenDoesNotNeedTheIDOfTheKey(t *testing.T) {
	a := account(t, "https://openapi.guance.com")
	delete(a.Credential, "keyID")
	if _, err := New().Open(a); err != nil {
		t.Error(err)
	}
}

func TestCapabilities(t *testing.T) {
	want := provider.Capabilities{
		CredentialKeys: []string{"apiKey"},
		Checkable:      true,
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Create: true, Get: true, Update: true,
			Recovery: provider.RecoverNever, OwnCredential: true,
			Fields:     []string{"displayName", "description", "language", "guance", "guance.menuStyle", "guance.accessKeyName"},
			Changeable: []string{"displayName", "description"},
			Clearable:  []string{"description"},
		},
		Key: provider.KeyCapabilities{
			Issue: true, Get: true, List: true, Revoke: true,
			Recovery: provider.RecoverByMark, Fields: []string{"displayName"},
		},
		RateLimit: provider.Quota{RequestsPerMinute: 20, Burst: 5},
	}
	got := New().Capabilities()
	got.Key.Name = nil // a function: TestTheNameOfAKeyIsTheOneThatIsSent
	if diff := diff(want, got); diff != "" {
		t.Errorf("the capabilities changed (-want +got):\n%s", diff)
	}
	if New().Name() != "guance" {
		t.Errorf("the name is %q; it is that of the member of spec.provider", New().Name())
	}
}

func TestWhatTheVendorHasNoCallForMakesNone(t *testing.T) {
	session := script(t)
	var listed error
	for workspace, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
		if listed != nil || err == nil {
			t.Errorf("the list yields %v, %v after %v", workspace, err, listed)
		}
		listed = err
	}
	calls := map[string]error{
		"list workspaces":  listed,
		"delete workspace": session.Workspaces().Delete(t.Context(), provider.Workspace{ID: "wksp_1", Name: "x"}),
		"amend key":        session.Keys().Amend(t.Context(), "wksp_1", "wsak_1", provider.KeySpec{DisplayName: "x"}),
	}
	for op, err := range calls {
		if e := want(t, err, provider.Unsupported, false); e.Op != op {
			t.Errorf("the error is said to be of %q, want %q", e.Op, op)
		}
	}
}

func TestCheckReadsTheWorkspaceOfTheKey(t *testing.T) {
	if err := script(t, get(pathGet, fixture(t, "workspace-get-response.json"))).Check(t.Context()); err != nil {
		t.Error(err)
	}
	want(t, script(t, get(pathGet, refusal(403, "ft.InvalidAPIKey", "Invalid API Key")).as(403)).Check(t.Context()), provider.Unauthorized, false)
	// An address that answers anything with a success is not the vendor's.
	for _, answer := range []string{`{}`, `[]`, `null`, ``, `"ok"`, success(`{}`), success(`null`), success(`[]`), success(`{"uuid":""}`), success(`{"uuid":7}`)} {
		want(t, script(t, get(pathGet, answer)).Check(t.Context()), provider.Transient, false)
	}
}

func TestNothingThatIsPrintedShowsTheCredential(t *testing.T) {
	session := script(t, get(pathGet, refusal(403, "", "no access with the key "+credential+" to https://openapi.guance.com/x")).as(403))
	e := want(t, session.Check(t.Context()), provider.Forbidden, false)
	texts := []string{
		e.Error(), fmt.Sprintf("%+v %#v", e, errors.Unwrap(e)),
		fmt.Sprintf("%v %+v %#v %s", session, session, session, session),
	}
	for _, text := range texts {
		if strings.Contains(text, credential) {
			t.Errorf("%q shows the credential", text)
		}
	}
	if e.Message != "no access with the key [redacted] to [address]" || e.RequestID != "TRACE-1" {
		t.Errorf("got message %q of request %q", e.Message, e.RequestID)
	}
}

// A refusal that tells a key all the same, in any place, does not tell it on.
func TestNoErrorShowsANewKey(t *testing.T) {
	for _, value := range []string{`{"sk":"the-value"}`, `{"akInfo":{"keyId":"k1","keySk":"the-value"}}`, `{"sk":7,"akInfo":{"keySk":"the-value"}}`} {
		answer := `{"code":400,"content":` + value + `,"errorCode":"ft.X","message":"made the-value, and then failed","success":false}`
		session := script(t, post(pathAdd, `{"name":"x-`+keyMark.String()+`"}`, answer).as(400))
		_, _, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "x"})
		if e := want(t, err, provider.Invalid, false); e.Message != "ft.X: made [redacted], and then failed" {
			t.Errorf("content %s: the message is %q", value, e.Message)
		}
	}
}
