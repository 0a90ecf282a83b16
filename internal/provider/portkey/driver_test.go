package portkey

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

const adminKey = "admin-key-canary"

var mark = provider.MarkFor("0b7e8a3c-6a4e-4d5c-9a55-0d2d4f1b7c11")

// play opens a session on a script.
func play(t *testing.T, exchanges ...conformance.Exchange) provider.Session {
	t.Helper()
	script := conformance.Play(t, exchanges...)
	session, err := New().Open(script.Account(t, map[string]string{"apiKey": adminKey}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, header := range script.Headers() {
			if got := header.Get("x-portkey-api-key"); got != adminKey {
				t.Errorf("x-portkey-api-key is %q", got)
			}
			if header.Get("Authorization") != "" {
				t.Error("a header nobody asked for carries a credential")
			}
		}
	})
	return session
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(content), "\n")
}

func theError(t *testing.T, err error) *provider.Error {
	t.Helper()
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	return e
}

// want checks the class and the certainty of an error, and that it says
// nothing it must not.
func want(t *testing.T, err error, class provider.Class, uncertain bool) {
	t.Helper()
	e := theError(t, err)
	if e.Class != class || e.Uncertain != uncertain || e.Op == "" || e.Message == "" {
		t.Errorf("got class %s, uncertain %v (%v); want class %s, uncertain %v, and words", e.Class, e.Uncertain, e, class, uncertain)
	}
	for _, text := range []string{e.Error(), fmt.Sprintf("%+v", *e)} {
		if strings.Contains(text, adminKey) || strings.Contains(text, "127.0.0.1") {
			t.Errorf("the error shows what it must not: %s", text)
		}
	}
}

func refusal(status int, code string) (int, string) {
	return status, fmt.Sprintf(`{"success":false,"data":{"message":"no","errorCode":%q}}`, code)
}

func TestOpen(t *testing.T) {
	good := provider.Account{
		Endpoint:   "https://api.portkey.ai/v1",
		Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(adminKey)},
		Transport:  http.DefaultTransport,
	}
	if _, err := New().Open(good); err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(*provider.Account){
		"no endpoint":        func(a *provider.Account) { a.Endpoint = "" },
		"another scheme":     func(a *provider.Account) { a.Endpoint = "ftp://api.portkey.ai/v1" },
		"no credential":      func(a *provider.Account) { a.Credential = nil },
		"credential by name": func(a *provider.Account) { a.Credential = map[string]provider.Secret{"token": provider.NewSecret("x")} },
		"line break": func(a *provider.Account) {
			a.Credential = map[string]provider.Secret{"apiKey": provider.NewSecret("x\n")}
		},
		"no transport": func(a *provider.Account) { a.Transport = nil },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			account := good
			change(&account)
			_, err := New().Open(account)
			want(t, err, provider.Invalid, false)
		})
	}
}

func TestCheck(t *testing.T) {
	read := conformance.Exchange{Method: "GET", URI: "/admin/workspaces?current_page=0&page_size=1"}
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"accepted":        {200, `{"total":0,"object":"list","data":[]}`, ""},
		"rejected":        {401, `{"success":false,"data":{"message":"no","errorCode":"AB05"}}`, provider.Unauthorized},
		"missing scope":   {403, `{"success":false,"data":{"message":"no","errorCode":"AB03"}}`, provider.Forbidden},
		"some other API":  {200, `{"hello":"world"}`, provider.Transient},
		"a wrong address": {404, `{"message":"no such route"}`, provider.Transient},
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
			want(t, err, test.class, false)
		})
	}
}

func TestCapabilitiesAndMethodsAgree(t *testing.T) {
	capabilities := New().Capabilities()
	got := strings.Join(capabilities.Names(), " ")
	if want := "workspace.create workspace.import workspace.get workspace.list workspace.update workspace.delete key.issue key.get key.list key.amend key.revoke"; got != want {
		t.Errorf("abilities are\n%s, want\n%s", got, want)
	}
	for _, field := range []string{"displayName", "description", "metadata", "usageLimits", "rateLimits"} {
		if !capabilities.Workspace.Honours(field) || !capabilities.Workspace.Changes(field) {
			t.Errorf("a workspace's %s can be set and changed, and the capabilities say otherwise", field)
		}
	}
	for _, field := range []string{"displayName", "scopes", "usageLimits", "rateLimits", "expiresAt"} {
		if !capabilities.Key.Honours(field) || !capabilities.Key.Changes(field) {
			t.Errorf("a key's %s can be set and changed, and the capabilities say otherwise", field)
		}
	}
	if !capabilities.Checkable || !capabilities.Key.Requires("scopes") || capabilities.Key.Requires("expiresAt") || capabilities.Key.Changes("lifetime") {
		t.Error("a credential can be tried, a key needs its scopes and nothing else, and a lifetime is settled at its creation")
	}
	if capabilities.Workspace.Honours("region") || !capabilities.Workspace.Honours("metadata") || capabilities.Key.Honours("ipAllowlist") {
		t.Error("the fields are not those the vendor has")
	}
}
