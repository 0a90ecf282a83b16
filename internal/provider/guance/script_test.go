package guance

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	// credential is what no error and no printed value may show.
	credential = "sk-of-the-session-itself"
	ownID      = "wsak_own"
)

// exchange is one call that a driver must make, and what it is answered.
type exchange struct {
	method, path string
	// body is what must be sent, byte for byte.
	body string
	// status is 200 where it is 0; -1 hangs up without an answer.
	status int
	answer string
}

func get(path, answer string) exchange { return exchange{method: "GET", path: path, answer: answer} }

func post(path, body, answer string) exchange {
	return exchange{method: "POST", path: path, body: body, answer: answer}
}

// as is the same call with another status.
func (e exchange) as(status int) exchange {
	e.status = status
	return e
}

const (
	pathGet    = "/site/api/v1/workspace/get"
	pathCreate = "/site/api/v1/workspace/create"
	pathModify = "/site/api/v1/workspace/modify"
	pathAdd    = "/site/api/v1/workspace/accesskey/add"
	pathList   = "/site/api/v1/workspace/accesskey/list"
)

func pathKey(id string) string { return "/site/api/v1/workspace/accesskey/" + id + "/get" }

func pathDelete(id string) string { return "/site/api/v1/workspace/accesskey/" + id + "/delete" }

// script opens a session with a server that expects these calls, in this
// order, and no others.
func script(t *testing.T, exchanges ...exchange) provider.Session {
	t.Helper()
	var mu sync.Mutex
	next := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(exchanges) {
			t.Errorf("call %d, %s %s, is one too many", next+1, r.Method, r.RequestURI)
			panic(http.ErrAbortHandler)
		}
		expected := exchanges[next]
		next++
		expected.check(t, r)
		if expected.status < 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(cmp.Or(expected.status, http.StatusOK))
		_, _ = io.WriteString(w, expected.answer)
	}))
	t.Cleanup(func() {
		server.Close()
		if next < len(exchanges) && !t.Failed() {
			t.Errorf("%d of %d calls were made; the next should have been %s %s", next, len(exchanges), exchanges[next].method, exchanges[next].path)
		}
	})
	session, err := New().Open(account(t, server.URL+"/site/"))
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func account(t *testing.T, endpoint string) provider.Account {
	t.Helper()
	transport, err := rest.NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return provider.Account{
		Endpoint:   endpoint,
		Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(credential), "keyID": provider.NewSecret(ownID)},
		Transport:  transport,
	}
}

// check compares a call with the documented one, header by header.
func (e exchange) check(t *testing.T, r *http.Request) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("the body of %s %s cannot be read: %v", r.Method, r.RequestURI, err)
	}
	got := map[string]string{"call": r.Method + " " + r.RequestURI, "body": string(body)}
	for name, values := range r.Header {
		got[name] = strings.Join(values, " | ")
	}
	delete(got, "Accept-Encoding")
	want := map[string]string{
		"call": e.method + " " + e.path, "body": e.body,
		"Df-Api-Key": credential,
		"Accept":     "application/json, text/plain, */*",
		"User-Agent": "workspace-operator",
	}
	if e.body != "" {
		want["Content-Type"] = "application/json;charset=UTF-8"
		want["Content-Length"] = strconv.Itoa(len(e.body))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the request is not the documented one (-want +got):\n%s", diff)
	}
}

// fixture is a file of testdata.
func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// with is the text after some replacements, each of which must hit.
func with(t *testing.T, text string, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the fixture has no %s to replace", oldNew[i])
		}
		text = strings.ReplaceAll(text, oldNew[i], oldNew[i+1])
	}
	return text
}

// refusal is an answer in the documented envelope.
func refusal(status int, code, message string) string {
	return `{"code":` + strconv.Itoa(status) + `,"content":null,"errorCode":` + strconv.Quote(code) +
		`,"message":` + strconv.Quote(message) + `,"success":false,"traceId":"TRACE-1"}`
}

// success is an answer with this content.
func success(content string) string {
	return `{"code":200,"content":` + content + `,"errorCode":"","message":"","success":true,"traceId":"TRACE-1"}`
}

// failure is the error of a call that has to fail.
func failure(t *testing.T, err error) *provider.Error {
	t.Helper()
	e, ok := err.(*provider.Error) //nolint:errorlint // the contract is about the error itself
	if !ok {
		t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	if strings.Contains(e.Error(), credential) {
		t.Errorf("the error shows the credential: %v", e)
	}
	return e
}

// want fails the test unless the error has this class and certainty.
func want(t *testing.T, err error, class provider.Class, uncertain bool) *provider.Error {
	t.Helper()
	e := failure(t, err)
	if e.Class != class || e.Uncertain != uncertain {
		t.Errorf("got class %s, uncertain %v (%v); want class %s, uncertain %v", e.Class, e.Uncertain, e, class, uncertain)
	}
	return e
}

// diff compares what drivers return, secrets by their values.
func diff(want, got any) string {
	return gocmp.Diff(want, got,
		gocmp.Comparer(func(a, b provider.Mark) bool { return a == b }),
		gocmp.Comparer(func(a, b provider.Secret) bool { return a.Reveal() == b.Reveal() }))
}
