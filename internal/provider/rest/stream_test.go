package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func export() Call {
	return Call{Op: "export", Method: http.MethodGet, Path: []string{"export"}, MaxBytes: 1 << 20}
}

func TestStreamCopiesWhateverComes(t *testing.T) {
	tests := map[string]struct {
		status    int
		mediaType string
		body      string
	}{
		"JSON":             {200, "application/json", `{"a":1}`},
		"CSV":              {200, "text/csv", "a,b\n1,2\n"},
		"not text at all":  {200, "application/octet-stream", "\x00\xff<"},
		"not a type":       {200, "", "a"},
		"nothing":          {200, "text/csv", ""},
		"another success":  {206, "text/csv", "a"},
		"more than a page": {200, "text/csv", strings.Repeat("0123456789", 100_000)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, requests := serve(t, answering(test.status, test.mediaType, test.body))
			var got strings.Builder
			if err := client.Stream(t.Context(), export(), &got); err != nil || got.String() != test.body {
				t.Errorf("%d bytes came through, %v; want %d", got.Len(), err, len(test.body))
			}
			if requests.Load() != 1 {
				t.Errorf("%d requests, want 1", requests.Load())
			}
		})
	}
}

func TestStreamSendsWhatTheCallSays(t *testing.T) {
	var seen *http.Request
	client, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Clone(context.WithoutCancel(r.Context())) })
	call := export()
	call.Path = []string{"a/b", "export"}
	call.Query = map[string][]string{"format": {"a&b"}}
	call.Header = http.Header{"Accept": {"text/csv"}}
	if err := client.Stream(t.Context(), call, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := seen.Method + " " + seen.RequestURI; got != "GET /base/a%2Fb/export?format=a%26b" {
		t.Errorf("the request is %s", got)
	}
	if seen.Header.Get("Accept") != "text/csv" || seen.Header.Get("X-Key") != credential {
		t.Errorf("the header is %v", seen.Header)
	}
}

func TestStreamHasABound(t *testing.T) {
	client, _ := serve(t, answering(200, "text/csv", "0123456789"))
	for limit, copied := range map[int64]string{1: "0", 9: "012345678", 10: "0123456789", 11: "0123456789", 0: "0123456789"} {
		call := export()
		call.MaxBytes = limit
		var got strings.Builder
		err := client.Stream(t.Context(), call, &got)
		if got.String() != copied {
			t.Errorf("limit %d: %q was copied, want %q", limit, got.String(), copied)
		}
		if limit == 0 || limit >= 10 {
			if err != nil {
				t.Errorf("limit %d: %v", limit, err)
			}
			continue
		}
		if e := failure(t, err); e.Class != provider.Invalid || e.Uncertain || !strings.Contains(e.Message, "bytes") {
			t.Errorf("limit %d: got %v, want class Invalid and the bound", limit, e)
		}
	}
}

func TestStreamsThatFail(t *testing.T) {
	page := func(status string) string {
		return "the endpoint answers with status " + status + " and a web page: is it the address of the vendor's API?"
	}
	tests := map[string]struct {
		handler http.HandlerFunc
		class   provider.Class
		message string
	}{
		"refused":             {answering(401, "application/json", `"no"`), provider.Unauthorized, `"no"`},
		"not there":           {answering(404, "application/json", `"no"`), provider.NotFound, `"no"`},
		"refused by silence":  {answering(409, "", ""), provider.Conflict, "the vendor answers with status 409 and says no more"},
		"throttled":           {answering(429, "text/plain", "slow down"), provider.Throttled, messageThrottled},
		"throttled at length": {answering(429, "text/plain", strings.Repeat("x", ObjectBytes+1)), provider.Throttled, messageThrottled},
		"refused at length":   {answering(500, "text/plain", strings.Repeat("x", ObjectBytes+1)), provider.Transient, "the vendor answers with status 500"},
		"a gateway":           {answering(502, "text/html", "<html>"), provider.Transient, page("502")},
		"a login page":        {answering(200, "text/html; charset=utf-8", "sign in"), provider.Transient, page("200")},
		"redirected":          {redirecting(302), provider.Transient, messageRedirect},
		"cut off":             {cutOff(200), provider.Transient, messageCutOff},
		"a refusal cut off":   {cutOff(400), provider.Transient, "the vendor answers with status 400"},
		"hung up":             {dropped, provider.Transient, messageClosed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client, requests := serve(t, test.handler)
			e := failure(t, client.Stream(t.Context(), export(), io.Discard))
			if e.Op != "export" || e.Class != test.class || e.Uncertain || e.Message != test.message {
				t.Errorf("got %v, uncertain %v; want class %s and %q", e, e.Uncertain, test.class, test.message)
			}
			// A read on a connection that dies may be sent again by the transport.
			if requests.Load() != 1 && name != "hung up" {
				t.Errorf("%d requests, want 1", requests.Load())
			}
		})
	}
}

func TestStreamKnowsWhoseErrorItWas(t *testing.T) {
	full := errors.New("no space left")
	tests := map[string]struct {
		writer writer
		cause  error
	}{
		"the writer fails":     {func([]byte) (int, error) { return 0, full }, full},
		"the writer is lazy":   {func(p []byte) (int, error) { return len(p) - 1, nil }, io.ErrShortWrite},
		"the writer ends well": {func(p []byte) (int, error) { return len(p), nil }, nil},
	}
	for name, test := range tests {
		client, _ := serve(t, answering(200, "text/csv", "0123456789"))
		err := client.Stream(t.Context(), export(), test.writer)
		if test.cause == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if e := failure(t, err); e.Class != provider.Transient || e.Message != messageUnwritten || !errors.Is(err, test.cause) {
			t.Errorf("%s: got %v of cause %v, want %q of cause %v", name, e, e.Err, messageUnwritten, test.cause)
		}
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// A stream ends with its context, even in the middle of a body.
func TestAStreamEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{})
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first line\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	var got strings.Builder
	e := failure(t, client.Stream(ctx, export(), writer(func(p []byte) (int, error) {
		defer close(arrived)
		return got.Write(p)
	})))
	if e.Class != provider.Transient || e.Message != messageCancelled || got.String() != "first line\n" {
		t.Errorf("got %v after %q, want %q after the first line", e, got.String(), messageCancelled)
	}
	expired, stop := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer stop()
	if e := failure(t, client.Stream(expired, export(), io.Discard)); e.Message != messageTimeout {
		t.Errorf("got %v, want %q", e, messageTimeout)
	}
}

func TestAStreamIsNotSentWhereNothingMayBe(t *testing.T) {
	closed := &provider.Error{Class: provider.Throttled, Op: "wait", Message: "later"}
	client, requests := serve(t, answering(200, "text/csv", "a"))
	client.gate = &gate{refuse: closed}
	if err := client.Stream(t.Context(), export(), io.Discard); !errors.Is(err, closed) {
		t.Errorf("got %v, want what the gate said", err)
	}
	client.gate = nil
	call := export()
	call.Path = []string{""}
	if e := failure(t, client.Stream(t.Context(), call, io.Discard)); e.Class != provider.Invalid {
		t.Errorf("got %v, want class Invalid", e)
	}
	if requests.Load() != 0 {
		t.Errorf("%d requests, want none", requests.Load())
	}
}

func TestAThrottledStreamPausesTheGate(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	g := &gate{}
	client.gate = g
	e := failure(t, client.Stream(t.Context(), export(), io.Discard))
	if e.RetryAfter != 7*time.Second || len(g.pauses) != 1 || g.pauses[0] != e.RetryAfter || g.taken != 1 {
		t.Errorf("RetryAfter is %v, the gate was asked %d times and paused for %v; want 7s, once, 7s", e.RetryAfter, g.taken, g.pauses)
	}
}
