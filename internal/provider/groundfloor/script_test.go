package groundfloor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

const (
	// jwt is what no error and no printed value may show.
	jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"

	accountID = "1b0e0f54-6f0e-4f0c-9a51-3c1d2c4b5a60"
	otherID   = "9c9c9c9c-0000-4000-8000-000000000000"

	pathAll       = "/v1/workspaces"
	pathByAccount = "/v1/workspaces/by-account/" + accountID
	pathMany      = "/v1/workspaces?limit=1000"
)

func theMark() provider.Mark { return provider.MarkFor("0b7e8a3c-6a4e-4d5c-9a55-0d2d4f1b7c11") }

// play opens a session, which may freeze in place of a deletion, on a script.
func play(t *testing.T, exchanges ...conformance.Exchange) Session {
	t.Helper()
	return playWith(t, "Enabled", exchanges...)
}

// playWith is the same with another setting freezeOnDelete. When the test ends
// the headers of all requests are compared with the documented ones.
func playWith(t *testing.T, freezeOnDelete string, exchanges ...conformance.Exchange) Session {
	t.Helper()
	script := conformance.Play(t, exchanges...)
	account := script.Account(t, map[string]string{"token": jwt})
	account.Settings = map[string]string{"accountID": accountID, "freezeOnDelete": freezeOnDelete}
	opened, err := New().Open(account)
	if err != nil {
		t.Fatal(err)
	}
	session, ok := opened.(Session)
	if !ok {
		t.Fatalf("Open gives a %T, want a Session", opened)
	}
	t.Cleanup(func() {
		for i, header := range script.Headers() {
			if i < len(exchanges) {
				checkHeader(t, exchanges[i], header)
			}
		}
	})
	return session
}

// checkHeader compares all that is in a header, so that nothing is sent that
// nobody asked for.
func checkHeader(t *testing.T, sent conformance.Exchange, header http.Header) {
	t.Helper()
	want := http.Header{
		"Authorization": {"Bearer " + jwt},
		"Accept":        {"application/json"},
		"User-Agent":    {"workspace-operator"},
	}
	if sent.Body != "" {
		want.Set("Content-Type", "application/json")
		want.Set("Content-Length", strconv.Itoa(len(sent.Body)))
	}
	if strings.HasSuffix(sent.URI, "/export") {
		want.Set("Accept", "application/json, text/csv")
	}
	got := header.Clone()
	got.Del("Accept-Encoding") // the transport's own business
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s: the header is not the documented one (-want +got):\n%s", sent.Method, sent.URI, diff)
	}
}

func get(uri, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "GET", URI: uri, Answer: answer}
}

func refused(method, uri string, status int) conformance.Exchange {
	return conformance.Exchange{Method: method, URI: uri, Status: status, Answer: refusal("no")}
}

// refusal is an answer in the documented form.
func refusal(detail string) string {
	return fmt.Sprintf(`{"detail":%q,"code":"some_code"}`, detail)
}

// item is a workspace of the account as a list shows it.
func item(id, slug, status string) string {
	return itemOf(accountID, id, slug, status)
}

func itemOf(account, id, slug, status string) string {
	return fmt.Sprintf(`{"id":%q,"account_id":%q,"name":"Team","slug":%q,"status":%q,"region":"us-east-1",`+
		`"tenancy_model":"dedicated","created_at":"2026-05-01T12:00:00Z"}`, id, account, slug, status)
}

// items is a list of count workspaces with the ids prefix-0, prefix-1, ...
func items(account, prefix string, count int) string {
	all := make([]string, count)
	for i := range all {
		all[i] = itemOf(account, prefix+"-"+strconv.Itoa(i), "s", "active")
	}
	return list(all...)
}

func list(items ...string) string { return "[" + strings.Join(items, ",") + "]" }

func fixture(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(content, []byte("\n")))
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// want checks the type, the class and the certainty of an error, and that it
// says something, and nothing it must not.
func want(t *testing.T, err error, class provider.Class, uncertain bool) *provider.Error {
	t.Helper()
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	if e.Class != class || e.Uncertain != uncertain || e.Op == "" || e.Message == "" {
		t.Errorf("got class %s, uncertain %v (%v); want class %s, uncertain %v, and words", e.Class, e.Uncertain, e, class, uncertain)
	}
	for _, text := range []string{e.Error(), fmt.Sprintf("%+v", *e)} {
		if strings.Contains(text, jwt) || strings.Contains(text, "127.0.0.1") {
			t.Errorf("the error shows what it must not: %s", text)
		}
	}
	return e
}

// wantOp is want for an error of this operation.
func wantOp(t *testing.T, err error, op string, class provider.Class, uncertain bool) {
	t.Helper()
	if e := want(t, err, class, uncertain); e.Op != op {
		t.Errorf("the error is said to be of %q, want %q", e.Op, op)
	}
}

// listed is a list in full, or its error, after which nothing may come.
func listed(t *testing.T, session provider.Session) ([]provider.Workspace, error) {
	t.Helper()
	var all []provider.Workspace
	var failed error
	for item, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
		if failed != nil {
			t.Fatalf("the list goes on after its error: %v, %v", item, err)
		}
		if failed = err; err == nil {
			all = append(all, item)
		}
	}
	return all, failed
}

func ids(all []provider.Workspace) string {
	var ids []string
	for _, item := range all {
		ids = append(ids, item.ID)
	}
	return strings.Join(ids, " ")
}

// opaque compares marks by what they are.
func opaque() cmp.Option {
	return cmp.Comparer(func(a, b provider.Mark) bool { return a == b })
}
