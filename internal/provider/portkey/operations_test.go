package portkey

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// operation is one call of the contract that makes one request.
type operation struct {
	method, uri, body string
	mutates           bool
	// looks is true of a call that looks again after a refusal that may mean
	// "gone": its own tests say how.
	looks bool
	call  func(context.Context, provider.Session) error
}

func operations() map[string]operation {
	name := "ci-" + mark.WithSerial(1).String()
	return map[string]operation{
		"check access": {
			method: "GET", uri: "/admin/workspaces?current_page=0&page_size=1",
			call: func(ctx context.Context, s provider.Session) error { return s.Check(ctx) },
		},
		"list workspaces": {method: "GET", uri: allWorkspaces, call: func(ctx context.Context, s provider.Session) error {
			for _, err := range s.Workspaces().List(ctx, provider.WorkspaceFilter{}) {
				return err
			}
			return nil
		}},
		"get workspace": {method: "GET", uri: "/admin/workspaces/w", call: func(ctx context.Context, s provider.Session) error {
			_, err := s.Workspaces().Get(ctx, "w")
			return err
		}},
		"create workspace": {
			method: "POST", uri: "/admin/workspaces", body: `{"name":"a"}`, mutates: true,
			call: func(ctx context.Context, s provider.Session) error {
				_, err := s.Workspaces().Create(ctx, provider.Mark{}, provider.WorkspaceSpec{DisplayName: "a"})
				return err
			},
		},
		"update workspace": {
			method: "PUT", uri: "/admin/workspaces/w", body: `{"name":"b"}`, mutates: true,
			call: func(ctx context.Context, s provider.Session) error {
				return s.Workspaces().Update(ctx, "w", provider.WorkspaceSpec{DisplayName: "b"})
			},
		},
		"delete workspace": {
			method: "DELETE", uri: "/admin/workspaces/w", body: `{"name":"a","force_delete":true}`, mutates: true, looks: true,
			call: func(ctx context.Context, s provider.Session) error {
				return s.Workspaces().Delete(ctx, provider.Workspace{ID: "w", Name: "a"})
			},
		},
		"list keys": {method: "GET", uri: allKeys, call: func(ctx context.Context, s provider.Session) error {
			for _, err := range s.Keys().List(ctx, "w") {
				return err
			}
			return nil
		}},
		"get key": {method: "GET", uri: "/api-keys/k", call: func(ctx context.Context, s provider.Session) error {
			_, err := s.Keys().Get(ctx, "w", "k")
			return err
		}},
		"issue key": {
			method: "POST", uri: "/api-keys/workspace/service", body: `{"name":"` + name + `","workspace_id":"w","scopes":["a"]}`, mutates: true,
			call: func(ctx context.Context, s provider.Session) error {
				_, _, err := s.Keys().Issue(ctx, "w", mark.WithSerial(1), provider.KeySpec{DisplayName: "ci", Scopes: []string{"a"}})
				return err
			},
		},
		"amend key": {
			method: "PUT", uri: "/api-keys/k", body: `{"scopes":["b"]}`, mutates: true,
			call: func(ctx context.Context, s provider.Session) error {
				return s.Keys().Amend(ctx, "w", "k", provider.KeySpec{Scopes: []string{"b"}})
			},
		},
		"revoke key": {
			method: "DELETE", uri: "/api-keys/k", mutates: true, looks: true,
			call: func(ctx context.Context, s provider.Session) error { return s.Keys().Revoke(ctx, "w", "k") },
		},
	}
}

// Every operation under every trouble: what the error means does not depend on
// what was asked, except that a read leaves no doubt about what it has done.
func TestEveryOperationUnderEveryTrouble(t *testing.T) {
	troubles := map[string]struct {
		exchange conformance.Exchange
		class    provider.Class
		doubt    bool // of a change
		gone     bool // may mean "gone"
	}{
		"invalid":        {exchange(400, "AB01"), provider.Invalid, false, false},
		"unauthorized":   {exchange(401, "AB05"), provider.Unauthorized, false, false},
		"used up":        {exchange(402, "AB09"), provider.Exhausted, false, false},
		"forbidden":      {exchange(403, "AB03"), provider.Forbidden, false, true},
		"not found":      {exchange(404, "AB08"), provider.NotFound, false, true},
		"not found, too": {exchange(404, "AB02"), provider.NotFound, false, true},
		"no such route":  {conformance.Exchange{Status: 404, Answer: `{"message":"no route"}`}, provider.Transient, false, true},
		"timed out":      {conformance.Exchange{Status: 408}, provider.Transient, true, false},
		"conflict":       {exchange(409, "AB07"), provider.Conflict, false, false},
		"too large":      {conformance.Exchange{Status: 413}, provider.Transient, false, false},
		"unprocessable":  {conformance.Exchange{Status: 422, Answer: `{}`}, provider.Invalid, false, false},
		"throttled":      {exchange(429, "AB06"), provider.Throttled, false, false},
		"by a proxy":     {conformance.Exchange{Status: 429, Answer: `<html>slow</html>`}, provider.Throttled, false, false},
		"internal":       {exchange(500, "AB04"), provider.Transient, true, false},
		"bad gateway":    {conformance.Exchange{Status: 502, Answer: `<html>502</html>`}, provider.Transient, true, false},
		"unavailable":    {conformance.Exchange{Status: 503}, provider.Transient, true, false},
		"gateway time":   {conformance.Exchange{Status: 504}, provider.Transient, true, false},
		"redirected":     {conformance.Exchange{Status: 307, Header: http.Header{"Location": {"/elsewhere"}}}, provider.Transient, false, false},
		"hung up":        {conformance.Exchange{Drop: true}, provider.Transient, true, false},
		"no success":     {conformance.Exchange{Answer: `{"success":false,"data":{"message":"hm"}}`}, provider.Transient, true, false},
		"a web page":     {conformance.Exchange{Answer: `<!doctype html><title>log in</title>`}, provider.Transient, true, false},
		"half a word":    {conformance.Exchange{Answer: `{"id":`}, provider.Transient, true, false},
	}
	for op, operation := range operations() {
		for trouble, test := range troubles {
			if operation.looks && test.gone {
				continue
			}
			t.Run(op+", "+trouble, func(t *testing.T) {
				test.exchange.Method, test.exchange.URI, test.exchange.Body = operation.method, operation.uri, operation.body
				err := operation.call(t.Context(), play(t, test.exchange))
				want(t, err, test.class, test.doubt && operation.mutates)
				if got := theError(t, err).Op; got != op {
					t.Errorf("the error is said to be of %q", got)
				}
			})
		}
	}
}

// An answer of no use to a call that needs one is a failure, and to a change
// that needs none it is a success.
func TestAnswersWithoutContent(t *testing.T) {
	silent := []string{"update workspace", "delete workspace", "amend key", "revoke key"}
	for op, operation := range operations() {
		for _, answer := range []string{``, `{}`, `null`} {
			exchange := conformance.Exchange{Method: operation.method, URI: operation.uri, Body: operation.body, Answer: answer}
			err := operation.call(t.Context(), play(t, exchange))
			if slices.Contains(silent, op) {
				if err != nil {
					t.Errorf("%s, answered %q: %v", op, answer, err)
				}
				continue
			}
			want(t, err, provider.Transient, operation.mutates)
		}
	}
}

func TestNothingIsSentAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for op, operation := range operations() {
		err := operation.call(ctx, play(t))
		want(t, err, provider.Transient, false)
		if got := theError(t, err).Op; got != op {
			t.Errorf("the error of %q is said to be of %q", op, got)
		}
	}
}

// Every request says in its header what is documented, and nothing else.
func TestHeaders(t *testing.T) {
	for op, operation := range operations() {
		script := conformance.Play(t, conformance.Exchange{Method: operation.method, URI: operation.uri, Body: operation.body, Status: 500})
		session, err := New().Open(script.Account(t, map[string]string{"apiKey": adminKey}))
		if err != nil {
			t.Fatal(err)
		}
		want(t, operation.call(t.Context(), session), provider.Transient, operation.mutates)
		header := script.Headers()[0]
		for _, name := range []string{"Accept-Encoding", "Content-Length"} {
			header.Del(name)
		}
		expected := http.Header{"Accept": {"application/json"}, "User-Agent": {"workspace-operator"}, "X-Portkey-Api-Key": {adminKey}}
		if operation.body != "" {
			expected["Content-Type"] = []string{"application/json"}
		}
		if got := fmt.Sprint(header); got != fmt.Sprint(expected) {
			t.Errorf("%s: header %s, want %s", op, got, expected)
		}
	}
}

func TestIdentifiersStayInTheirPlace(t *testing.T) {
	const id, escaped = "a/b?c d%", "a%2Fb%3Fc%20d%25"
	calls := map[string]struct {
		method, uri, body string
		call              func(provider.Session, string) error
	}{
		"get workspace": {"GET", "/admin/workspaces/", "", func(s provider.Session, id string) error {
			_, err := s.Workspaces().Get(t.Context(), id)
			return err
		}},
		"update workspace": {"PUT", "/admin/workspaces/", `{"name":"b"}`, func(s provider.Session, id string) error {
			return s.Workspaces().Update(t.Context(), id, provider.WorkspaceSpec{DisplayName: "b"})
		}},
		"delete workspace": {"DELETE", "/admin/workspaces/", `{"name":"a","force_delete":true}`, func(s provider.Session, id string) error {
			return s.Workspaces().Delete(t.Context(), provider.Workspace{ID: id, Name: "a"})
		}},
		"get key": {"GET", "/api-keys/", "", func(s provider.Session, id string) error {
			_, err := s.Keys().Get(t.Context(), "w", id)
			return err
		}},
		"amend key": {"PUT", "/api-keys/", `{"scopes":["b"]}`, func(s provider.Session, id string) error {
			return s.Keys().Amend(t.Context(), "w", id, provider.KeySpec{Scopes: []string{"b"}})
		}},
		"revoke key": {"DELETE", "/api-keys/", "", func(s provider.Session, id string) error { return s.Keys().Revoke(t.Context(), "w", id) }},
	}
	for op, test := range calls {
		t.Run(op, func(t *testing.T) {
			answer := `{"id":"a/b?c d%"}`
			session := play(t, conformance.Exchange{Method: test.method, URI: test.uri + escaped, Body: test.body, Answer: answer})
			if err := test.call(session, id); err != nil {
				t.Error(err)
			}
			for _, id := range []string{"", ".", "..", "a/../b", `..\b`} {
				want(t, test.call(play(t), id), provider.Invalid, false)
			}
		})
	}
}

// One session serves all controllers at once.
func TestASessionIsSharedByAll(t *testing.T) {
	session, err := New().Open(provider.Account{
		Endpoint:   "https://vendor.test/v1",
		Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(adminKey)},
		Transport:  echo{},
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 20 {
		id := strings.Repeat("k", n+1)
		all.Go(func() {
			if got, err := session.Keys().Get(t.Context(), "w", id); err != nil || got.ID != id || got.Name != "of "+id {
				t.Errorf("key %s: got %v, %v", id, got, err)
			}
		})
		all.Go(func() {
			if got, err := session.Workspaces().Get(t.Context(), id); err != nil || got.ID != id || got.Name != "of "+id {
				t.Errorf("workspace %s: got %v, %v", id, got, err)
			}
		})
	}
	all.Wait()
	for _, text := range []string{fmt.Sprint(session), fmt.Sprintf("%+v %#v", session, session)} {
		if strings.Contains(text, adminKey) {
			t.Errorf("the session shows its credential: %s", text)
		}
	}
}

// echo answers with the object that was asked for.
type echo struct{}

func (echo) RoundTrip(r *http.Request) (*http.Response, error) {
	id := path.Base(r.URL.Path)
	text := `{"id":"` + id + `","name":"of ` + id + `"}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}
