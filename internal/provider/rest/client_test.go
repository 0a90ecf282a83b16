package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const credential = "key-that-must-not-be-seen"

// judge is a small dialect: {"error": "..."} fails, by status.
func judge(answer *Answer) *provider.Error {
	if answer.Status == http.StatusOK {
		return nil
	}
	class := map[int]provider.Class{
		400: provider.Invalid, 401: provider.Unauthorized, 404: provider.NotFound, 409: provider.Conflict, 429: provider.Throttled,
	}[answer.Status]
	if class == "" {
		class = provider.Transient
	}
	return &provider.Error{Class: class, Message: string(answer.Body), RequestID: answer.Header.Get("X-Request-Id")}
}

func dialect() Dialect {
	return Dialect{
		Authorize: func(header http.Header) { header.Set("X-Key", credential) },
		Judge:     judge,
	}
}

func account(t *testing.T, endpoint string) provider.Account {
	t.Helper()
	transport, err := NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return provider.Account{
		Endpoint:   endpoint,
		Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(credential), "empty": provider.NewSecret("")},
		Transport:  transport,
	}
}

func client(t *testing.T, account provider.Account) *Client {
	t.Helper()
	client, err := NewClient(account, dialect())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func serve(t *testing.T, handler http.HandlerFunc) (*Client, *atomic.Int32) {
	t.Helper()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return client(t, account(t, server.URL+"/base/")), &requests
}

func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// failure is the error of a call that has to fail.
func failure(t *testing.T, err error) *provider.Error {
	t.Helper()
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	return e
}

func TestDoSendsWhatTheCallSays(t *testing.T) {
	type sent struct{ Method, URI, Accept, ContentType, Key, Extra, Agent, Body, Encoding string }
	tests := map[string]struct {
		call Call
		want sent
	}{
		"a list": {
			Call{Op: "list", Method: "GET", Path: []string{"things"}, Query: url.Values{"b": {"2 3"}, "a": {"&"}}},
			sent{Method: "GET", URI: "/base/things?a=%26&b=2+3", Accept: "application/json", Key: credential, Agent: "workspace-operator"},
		},
		"a creation": {
			Call{Op: "create", Method: "POST", Path: []string{"things"}, Body: map[string]string{"name": "a<b>&c é"}},
			sent{Method: "POST", URI: "/base/things", Accept: "application/json", ContentType: "application/json", Key: credential, Agent: "workspace-operator", Body: `{"name":"a<b>&c é"}`},
		},
		"a deletion without a body": {
			Call{Op: "delete", Method: "DELETE", Path: []string{"things", "1"}},
			sent{Method: "DELETE", URI: "/base/things/1", Accept: "application/json", Key: credential, Agent: "workspace-operator"},
		},
		"a deletion by GET": {
			Call{Op: "delete", Method: "GET", Path: []string{"things", "1", "delete"}, Mutates: true},
			sent{Method: "GET", URI: "/base/things/1/delete", Accept: "application/json", Key: credential, Agent: "workspace-operator"},
		},
		"a header of its own": {
			Call{Op: "get", Method: "GET", Path: []string{"x"}, Header: http.Header{"X-Extra": {"1"}, "accept": {"text/plain"}}},
			sent{Method: "GET", URI: "/base/x", Accept: "text/plain", Extra: "1", Key: credential, Agent: "workspace-operator"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got sent
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = sent{
					Method: r.Method, URI: r.RequestURI, Accept: r.Header.Get("Accept"), ContentType: r.Header.Get("Content-Type"),
					Key: r.Header.Get("X-Key"), Extra: r.Header.Get("X-Extra"), Agent: r.Header.Get("User-Agent"), Body: string(body),
					Encoding: strings.Join(r.TransferEncoding, ","),
				}
				answering(200, "application/json", `{}`)(w, r)
			})
			if err := c.Do(t.Context(), test.call, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("what was sent differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDoDecodes(t *testing.T) {
	c, _ := serve(t, answering(200, "application/json; charset=utf-8", `{"id":"x1","more":[1,2]}`))
	var into struct{ ID string }
	if err := c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x1"}}, &into); err != nil {
		t.Fatal(err)
	}
	if into.ID != "x1" {
		t.Errorf("decoded id %q, want x1", into.ID)
	}
}

func TestIdentifiersStayInTheirSegment(t *testing.T) {
	tests := map[string]struct{ id, wantURI string }{
		"plain":          {"ws-1", "/base/things/ws-1/keys"},
		"slash":          {"a/b", "/base/things/a%2Fb/keys"},
		"question mark":  {"a?b=c", "/base/things/a%3Fb=c/keys"},
		"fragment":       {"a#b", "/base/things/a%23b/keys"},
		"escaped slash":  {"a%2Fb", "/base/things/a%252Fb/keys"},
		"unicode":        {"größe", "/base/things/gr%C3%B6%C3%9Fe/keys"},
		"space and line": {"a b\r\nX: y", "/base/things/a%20b%0D%0AX:%20y/keys"},
		"dots in a name": {"v1..2", "/base/things/v1..2/keys"},
		"empty":          {"", ""},
		"dot":            {".", ""},
		"up":             {"..", ""},
		"up and over":    {"../users/1", ""},
		"over and up":    {"a/../../users", ""},
		"backslash":      {`a\..\b`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var uri string
			c, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
				uri = r.RequestURI
				answering(200, "application/json", `{}`)(w, r)
			})
			err := c.Do(t.Context(), Call{Op: "delete thing", Method: "DELETE", Path: []string{"things", test.id, "keys"}}, nil)
			if test.wantURI == "" {
				if e := failure(t, err); e.Class != provider.Invalid || e.Uncertain || requests.Load() != 0 {
					t.Errorf("got %v, uncertain %v, %d requests; want Invalid before any request", e, e.Uncertain, requests.Load())
				}
				return
			}
			if err != nil || uri != test.wantURI {
				t.Errorf("sent %q, error %v; want %q", uri, err, test.wantURI)
			}
		})
	}
}

func TestAnswersAreClassified(t *testing.T) {
	big := `{"x":"` + strings.Repeat("a", ObjectBytes) + `"}`
	const page = `<!DOCTYPE html><html><body>Sign in</body></html>`
	tests := map[string]struct {
		handler   http.HandlerFunc
		class     provider.Class
		message   string
		uncertain bool // of a mutating call
	}{
		"documented refusal":       {answering(409, "application/json", `"name taken"`), provider.Conflict, `"name taken"`, false},
		"server error":             {answering(500, "application/json", `"oops"`), provider.Transient, `"oops"`, true},
		"server error, empty":      {answering(503, "", ``), provider.Transient, "the vendor answers with status 503 and says no more", true},
		"gateway timeout":          {answering(504, "text/plain", "upstream"), provider.Transient, "the endpoint answers with status 504 and something that is not JSON", true},
		"request timeout":          {answering(408, "application/json", `"slow"`), provider.Transient, `"slow"`, true},
		"web page, success":        {answering(200, "text/html", page), provider.Transient, "the endpoint answers with status 200 and a web page: is it the address of the vendor's API?", true},
		"web page without a type":  {answering(200, "application/json", page), provider.Transient, "the endpoint answers with status 200 and a web page: is it the address of the vendor's API?", true},
		"web page, not found":      {answering(404, "text/html; charset=utf-8", page), provider.Transient, "the endpoint answers with status 404 and a web page: is it the address of the vendor's API?", false},
		"web page, bad gateway":    {answering(502, "text/html", page), provider.Transient, "the endpoint answers with status 502 and a web page: is it the address of the vendor's API?", true},
		"JSON that says HTML":      {answering(200, "text/html", `{}`), provider.Transient, "the endpoint answers with status 200 and a web page: is it the address of the vendor's API?", true},
		"garbage":                  {answering(200, "application/json", "\x00\x01garbage"), provider.Transient, "the endpoint answers with status 200 and something that is not JSON", true},
		"two documents":            {answering(200, "application/json", `{} {}`), provider.Transient, "the endpoint answers with status 200 and something that is not JSON", true},
		"half a document":          {answering(200, "application/json", `{"id":"x`), provider.Transient, "the endpoint answers with status 200 and something that is not JSON", true},
		"too large":                {answering(200, "application/json", big), provider.Transient, "the answer has more than 1 MiB", true},
		"too large a refusal":      {answering(400, "application/json", big), provider.Transient, "the answer has more than 1 MiB", false},
		"too large a throttling":   {answering(429, "application/json", big), provider.Throttled, "the vendor limits the rate of requests", false},
		"throttled in plain text":  {answering(429, "text/plain", "slow down"), provider.Throttled, "the vendor limits the rate of requests", false},
		"another success":          {answering(202, "application/json", `{}`), provider.Transient, `{}`, true},
		"wrong types":              {answering(200, "application/json", `{"id":{"a":1}}`), provider.Transient, "the answer does not have the documented form", true},
		"a list for an object":     {answering(200, "application/json", `[]`), provider.Transient, "the answer does not have the documented form", true},
		"empty success":            {answering(200, "application/json", ``), provider.Transient, "the answer does not have the documented form", true},
		"redirect":                 {redirecting(302), provider.Transient, messageRedirect, false},
		"permanent redirect":       {redirecting(308), provider.Transient, messageRedirect, false},
		"cut off":                  {cutOff(200), provider.Transient, "the answer was cut off", true},
		"cut off refusal":          {cutOff(404), provider.Transient, "the answer was cut off", false},
		"cut off server error":     {cutOff(500), provider.Transient, "the answer was cut off", true},
		"connection dropped":       {dropped, provider.Transient, "the endpoint closed the connection before it answered", true},
		"not HTTP":                 {notHTTP, provider.Transient, "the endpoint closed the connection before it answered", true},
		"headers without end":      {endlessHeader, provider.Transient, "the endpoint closed the connection before it answered", true},
		"control characters":       {answering(409, "application/json", `"a\u0000b`+"\\u001b[31m"+`"`), provider.Conflict, `"a\u0000b\u001b[31m"`, false},
		"unauthorized, empty body": {answering(401, "", ``), provider.Unauthorized, "the vendor answers with status 401 and says no more", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, requests := serve(t, test.handler)
			for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
				requests.Store(0)
				var into struct{ ID string }
				e := failure(t, c.Do(t.Context(), Call{Op: "do it", Method: method, Path: []string{"x"}}, &into))
				wantUncertain := test.uncertain && method != "GET"
				if e.Class != test.class || e.Message != test.message || e.Uncertain != wantUncertain || e.Op != "do it" {
					t.Errorf("%s: got class %s, uncertain %v, op %q, message %q;\nwant class %s, uncertain %v, op \"do it\", message %q",
						method, e.Class, e.Uncertain, e.Op, e.Message, test.class, wantUncertain, test.message)
				}
				if method != "GET" && requests.Load() != 1 {
					t.Errorf("%s: %d requests, want exactly one", method, requests.Load())
				}
			}
		})
	}
}

func TestAnEmptySuccessIsEnoughWhereNothingIsExpected(t *testing.T) {
	c, _ := serve(t, answering(200, "", ""))
	if err := c.Do(t.Context(), Call{Op: "delete", Method: "DELETE", Path: []string{"x"}}, nil); err != nil {
		t.Error(err)
	}
}

func TestAnUnjudgedStatusIsNoSuccess(t *testing.T) {
	c, _ := serve(t, answering(418, "application/json", `{}`))
	c.dialect.Judge = func(*Answer) *provider.Error { return nil }
	e := failure(t, c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x"}}, nil))
	if e.Class != provider.Transient || e.Message != "the vendor answers with status 418" {
		t.Errorf("got %v", e)
	}
}

// gate notes what it is asked and told.
type gate struct {
	mu     sync.Mutex
	refuse error
	taken  int
	pauses []time.Duration
}

func (g *gate) Take(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken++
	return g.refuse
}

func (g *gate) Pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pauses = append(g.pauses, d)
}

func TestTheGateIsAskedOnceAndItsErrorPassedOn(t *testing.T) {
	c, requests := serve(t, answering(200, "application/json", `{}`))
	closed := &provider.Error{Class: provider.Throttled, Op: "wait", Message: "too many", RetryAfter: time.Minute}
	g := &gate{refuse: closed}
	c.gate = g
	err := c.Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil)
	if !errors.Is(err, closed) || provider.IsUncertain(err) {
		t.Errorf("got %v, want the gate's own error, certain", err)
	}
	if requests.Load() != 0 || g.taken != 1 || len(g.pauses) != 0 {
		t.Errorf("%d requests, gate asked %d times, pauses %v; want 0, 1, none", requests.Load(), g.taken, g.pauses)
	}
	if err := c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{""}}, nil); provider.ClassOf(err) != provider.Invalid || g.taken != 1 {
		t.Errorf("a request that cannot be sent took a token: %v, asked %d times", err, g.taken)
	}
}

func TestThrottlingPausesTheGate(t *testing.T) {
	tests := map[string]struct {
		status     int
		header     string
		byDialect  time.Duration
		wantPauses []time.Duration
		wantAfter  time.Duration
	}{
		"with seconds":            {429, "17", 0, []time.Duration{17 * time.Second}, 17 * time.Second},
		"without":                 {429, "", 0, []time.Duration{30 * time.Second}, 0},
		"with the dialect's word": {429, "", time.Minute, []time.Duration{time.Minute}, time.Minute},
		"the header comes first":  {429, "5", time.Minute, []time.Duration{5 * time.Second}, 5 * time.Second},
		"absurd":                  {429, "99999999999999999999", 0, []time.Duration{time.Hour}, time.Hour},
		"unavailable, no pause":   {503, "7", 0, nil, 7 * time.Second},
		"refusal":                 {400, "", 0, nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if test.header != "" {
					w.Header().Set("Retry-After", test.header)
				}
				answering(test.status, "application/json", `{}`)(w, r)
			})
			g := &gate{}
			c.gate = g
			c.dialect.Judge = func(a *Answer) *provider.Error {
				e := judge(a)
				e.RetryAfter = test.byDialect
				return e
			}
			e := failure(t, c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x"}}, nil))
			if diff := cmp.Diff(test.wantPauses, g.pauses); diff != "" || e.RetryAfter != test.wantAfter {
				t.Errorf("RetryAfter %v, want %v; pauses (-want +got):\n%s", e.RetryAfter, test.wantAfter, diff)
			}
		})
	}
}

func TestDeadlines(t *testing.T) {
	arrived := make(chan struct{}, 8)
	c, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	t.Run("over while the vendor works", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		e := failure(t, c.Do(ctx, Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil))
		<-arrived
		if e.Class != provider.Transient || !e.Uncertain || e.Message != messageTimeout {
			t.Errorf("got %v, uncertain %v; want an uncertain timeout", e, e.Uncertain)
		}
	})
	t.Run("cancelled while the vendor works", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		e := failure(t, c.Do(ctx, Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil))
		if e.Class != provider.Transient || !e.Uncertain || e.Message != messageCancelled {
			t.Errorf("got %v, uncertain %v; want an uncertain cancellation", e, e.Uncertain)
		}
	})
	t.Run("over before it began", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		e := failure(t, c.Do(ctx, Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil))
		if e.Class != provider.Transient || e.Uncertain || e.Message != messageTimeout {
			t.Errorf("got %v, uncertain %v; want a certain timeout", e, e.Uncertain)
		}
	})
	t.Run("thirty seconds where the caller sets none", func(t *testing.T) {
		var left time.Duration
		a := account(t, "http://vendor.test")
		a.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			deadline, _ := r.Context().Deadline()
			left = time.Until(deadline)
			return nil, io.ErrUnexpectedEOF
		})
		e := failure(t, client(t, a).Do(t.Context(), Call{Op: "get", Method: "POST", Path: []string{"x"}}, nil))
		if left <= 20*time.Second || left > 30*time.Second || !e.Uncertain {
			t.Errorf("%v left, uncertain %v; want up to 30s, and a transport that does not report its steps is not believed", left, e.Uncertain)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestMessagesHoldNothingSecretAndNoAddress(t *testing.T) {
	var host string
	const issued = "sk-just-issued"
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		host = r.Host
		answering(409, "application/json", fmt.Sprintf(
			`"no: %s and %s at https://%s/base/x?k=%s, host %s, call %s`+"\xff\u202e\u2028"+`%s"`,
			credential, issued, r.Host, credential, r.Host, "req-90210", strings.Repeat("x", 400)))(w, r)
	})
	c.dialect.Judge = func(a *Answer) *provider.Error {
		a.Hide(issued)
		a.Hide("")
		return &provider.Error{Class: provider.Conflict, Message: string(a.Body), RequestID: "req-90210"}
	}
	e := failure(t, c.Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil))
	want := `"no: [redacted] and [redacted] at [address] host [address] call - ` + strings.Repeat("x", 400)
	if want = want[:256]; e.Message != want {
		t.Errorf("message\n%q, want\n%q", e.Message, want)
	}
	for _, text := range []string{e.Error(), fmt.Sprintf("%+v %#v", e, *e)} {
		if strings.Contains(text, credential) || strings.Contains(text, issued) || strings.Contains(text, host) {
			t.Errorf("%q shows what it must not", text)
		}
	}
}

func TestRequestIDsAreCleanAndShort(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "req 1\t"+strings.Repeat("z", 500))
		answering(409, "application/json", `{}`)(w, r)
	})
	e := failure(t, c.Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil))
	if want := "req 1 " + strings.Repeat("z", 122); e.RequestID != want {
		t.Errorf("request id %q, want %q", e.RequestID, want)
	}
}

func TestNoPrintedClientShowsTheCredential(t *testing.T) {
	c := client(t, account(t, "https://vendor.test"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, c); strings.Contains(text, credential) {
			t.Errorf("%s shows the credential: %s", verb, text)
		}
	}
}

func redirecting(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://elsewhere.test/")
		w.WriteHeader(status)
	}
}

func cutOff(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"id":"x1"}`)
	}
}

func dropped(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func notHTTP(w http.ResponseWriter, _ *http.Request) { raw(w, "SSH-2.0-OpenSSH_9.9\r\n") }
func endlessHeader(w http.ResponseWriter, _ *http.Request) {
	raw(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("y", 128<<10))
}

func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

func TestFailureUsesTheVendorsWordsWhereTheyHelp(t *testing.T) {
	answer := &Answer{Status: 418}
	tests := map[string]struct {
		class             provider.Class
		code, words, want string
	}{
		"refusal":            {provider.Conflict, "AB07", "name taken", "AB07: name taken"},
		"refusal, no code":   {provider.Conflict, "", "name taken", "name taken"},
		"refusal, no words":  {provider.Forbidden, "AB03", " ", "AB03: the vendor answers with status 418 and says no more"},
		"throttled":          {provider.Throttled, "AB06", "try again in 37 s", "AB06: the vendor limits the rate of requests"},
		"broken":             {provider.Transient, "AB04", "pod 7f9c crashed at 12:01:07", "AB04: the vendor answers with status 418"},
		"code of any length": {provider.Invalid, strings.Repeat("c\x00", 300), "no", strings.TrimRight(strings.Repeat("c ", 24), " ") + ": no"},
	}
	for name, test := range tests {
		if got := answer.Failure(test.class, test.code, test.words); got.Message != test.want || got.Class != test.class {
			t.Errorf("%s: got %q, want %q", name, got.Message, test.want)
		}
	}
}
