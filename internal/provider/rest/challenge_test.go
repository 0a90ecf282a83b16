package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// signed gives a client a credential that counts the requests, and a say in
// whether a refused one is worth another.
func signed(c *Client, again func(*http.Request, *Answer) bool) {
	var count atomic.Int32
	c.dialect.Authorize = nil
	c.dialect.Sign = func(r *http.Request) {
		r.Header.Set("X-Signature", r.Method+" "+r.URL.RequestURI()+" "+strconv.Itoa(int(count.Add(1))))
	}
	c.dialect.Challenged = again
}

func always(*http.Request, *Answer) bool { return true }

// notes are the signatures and bodies of the requests a server has had.
type notes struct {
	mu   sync.Mutex
	sent []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = append(n.sent, text)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.sent
}

// answers gives one status after the other, and 200 when they are used up.
func answers(sent *notes, statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent.add(r.Header.Get("X-Signature") + " " + string(body))
		status := http.StatusOK
		if len(statuses) > 0 {
			status, statuses = statuses[0], statuses[1:]
		}
		if status < 0 {
			panic(http.ErrAbortHandler)
		}
		answering(status, "application/json", `{}`)(w, r)
	}
}

func TestARequestIsSignedByWhatItIs(t *testing.T) {
	var sent notes
	c, _ := serve(t, answers(&sent))
	signed(c, nil)
	call := Call{Op: "create", Method: "POST", Path: []string{"x"}, Query: map[string][]string{"a": {"b c"}}, Body: map[string]int{"n": 1}}
	for range 2 {
		if err := c.Do(t.Context(), call, nil); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`POST /base/x?a=b+c 1 {"n":1}`, `POST /base/x?a=b+c 2 {"n":1}`}
	if diff := cmp.Diff(want, sent.all()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestSignComesAfterAuthorize(t *testing.T) {
	var key string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("X-Key")
		answering(200, "application/json", `{}`)(w, r)
	})
	c.dialect.Sign = func(r *http.Request) { r.Header.Set("X-Key", strings.ToUpper(r.Header.Get("X-Key"))) }
	if err := c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x"}}, nil); err != nil || key != strings.ToUpper(credential) {
		t.Errorf("got %v, key %q; want what Authorize wrote, signed", err, key)
	}
}

func TestAChallengedCallIsSentOnceMore(t *testing.T) {
	const body = ` {"name":"x"}`
	tests := map[string]struct {
		statuses  []int
		want      []string
		class     provider.Class // empty is success
		uncertain bool
	}{
		"accepted at once":       {nil, []string{"POST /base/x 1" + body}, "", false},
		"accepted then":          {[]int{401}, []string{"POST /base/x 1" + body, "POST /base/x 2" + body}, "", false},
		"never a third time":     {[]int{401, 401}, []string{"POST /base/x 1" + body, "POST /base/x 2" + body}, provider.Unauthorized, false},
		"refused then":           {[]int{401, 409}, []string{"POST /base/x 1" + body, "POST /base/x 2" + body}, provider.Conflict, false},
		"broken then":            {[]int{401, 500}, []string{"POST /base/x 1" + body, "POST /base/x 2" + body}, provider.Transient, true},
		"lost then":              {[]int{401, -1}, []string{"POST /base/x 1" + body, "POST /base/x 2" + body}, provider.Transient, true},
		"throttled then":         {[]int{401, 429}, []string{"POST /base/x 1" + body, "POST /base/x 2" + body}, provider.Throttled, false},
		"another refusal":        {[]int{403}, []string{"POST /base/x 1" + body}, provider.Transient, false},
		"the proxy's own":        {[]int{407}, []string{"POST /base/x 1" + body}, provider.Transient, false},
		"a server error":         {[]int{500}, []string{"POST /base/x 1" + body}, provider.Transient, true},
		"no answer":              {[]int{-1}, []string{"POST /base/x 1" + body}, provider.Transient, true},
		"a redirect":             {[]int{302}, []string{"POST /base/x 1" + body}, provider.Transient, false},
		"throttled at the start": {[]int{429}, []string{"POST /base/x 1" + body}, provider.Throttled, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var sent notes
			c, _ := serve(t, answers(&sent, test.statuses...))
			signed(c, always)
			err := c.Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}, Body: map[string]string{"name": "x"}}, nil)
			if diff := cmp.Diff(test.want, sent.all()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if test.class == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e := failure(t, err); e.Class != test.class || e.Uncertain != test.uncertain || e.Op != "create" {
				t.Errorf("got %v, uncertain %v; want class %s, uncertain %v", e, e.Uncertain, test.class, test.uncertain)
			}
		})
	}
}

func TestTheDialectDecidesWhetherARefusalIsFinal(t *testing.T) {
	tests := map[string]struct {
		again func(*http.Request, *Answer) bool
		want  int
	}{
		"nobody is asked": {nil, 1},
		"it is final":     {func(*http.Request, *Answer) bool { return false }, 1},
		"it is seen in the answer": {func(_ *http.Request, a *Answer) bool {
			return a.Status == http.StatusUnauthorized && string(a.Body) == "{}" && a.Header.Get("Content-Type") == "application/json"
		}, 2},
		"and in the request": {func(r *http.Request, _ *Answer) bool { return r.Header.Get("X-Signature") == "DELETE /base/x 1" }, 2},
	}
	for name, test := range tests {
		var sent notes
		c, _ := serve(t, answers(&sent, 401, 401, 401))
		signed(c, test.again)
		e := failure(t, c.Do(t.Context(), Call{Op: "delete", Method: "DELETE", Path: []string{"x"}}, nil))
		if len(sent.all()) != test.want || e.Class != provider.Unauthorized || e.Uncertain {
			t.Errorf("%s: %d requests, %v; want %d, and the refusal", name, len(sent.all()), e, test.want)
		}
	}
}

// A gateway that challenges says so in a page for people.
func TestAChallengeIsHeardWhateverItsBody(t *testing.T) {
	for name, body := range map[string]string{
		"a web page": "<html>who are you?</html>", "text": "who are you?", "nothing": "", "more than is read": strings.Repeat("x", ObjectBytes+1),
	} {
		var requests int
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if requests++; requests == 1 {
				answering(401, "text/html", body)(w, r)
				return
			}
			answering(200, "application/json", `{}`)(w, r)
		})
		signed(c, always)
		if err := c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x"}}, nil); err != nil || requests != 2 {
			t.Errorf("%s: %v after %d requests, want success after two", name, err, requests)
		}
	}
}

// narrow is a gate that closes after some requests.
type narrow struct {
	left    int
	refusal error
}

func (n *narrow) Take(context.Context) error {
	if n.left--; n.left < 0 {
		return n.refusal
	}
	return nil
}

func (*narrow) Pause(time.Duration) {}

func TestTheSecondRequestTakesTheGateToo(t *testing.T) {
	closed := &provider.Error{Class: provider.Throttled, Op: "wait", Message: "too many", RetryAfter: time.Minute}
	for admitted := range 3 {
		var sent notes
		c, _ := serve(t, answers(&sent, 401))
		signed(c, always)
		c.gate = &narrow{left: admitted, refusal: closed}
		err := c.Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}, Body: 1}, nil)
		if len(sent.all()) != admitted {
			t.Errorf("%d admitted and %d sent", admitted, len(sent.all()))
		}
		if admitted == 2 && err != nil {
			t.Error(err)
		}
		if admitted < 2 && (!errors.Is(err, closed) || provider.IsUncertain(err)) {
			t.Errorf("%d admitted: got %v, want the gate's own error, certain", admitted, err)
		}
	}
}

func TestOneDeadlineIsForBothRequests(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var sent notes
	c, _ := serve(t, answers(&sent, 401))
	signed(c, func(*http.Request, *Answer) bool {
		cancel()
		return true
	})
	e := failure(t, c.Do(ctx, Call{Op: "create", Method: "POST", Path: []string{"x"}, Body: 1}, nil))
	if len(sent.all()) != 1 || e.Class != provider.Transient || e.Uncertain {
		t.Errorf("%d requests, %v, uncertain %v; want one, and a certain cancellation", len(sent.all()), e, e.Uncertain)
	}
}

func TestAnAnswerCanDenyThatTheCallTookEffect(t *testing.T) {
	tests := map[string]struct {
		status            int
		undone, byDialect bool
		want              bool // uncertain
	}{
		"a success that is none":      {200, false, false, true},
		"and denies it":               {200, true, false, false},
		"of which the dialect doubts": {200, true, true, true},
		"a refusal":                   {400, false, false, false},
		"a refusal that denies it":    {400, true, false, false},
		"a server that denies it":     {500, true, false, true},
		"a gateway that denies it":    {504, true, false, true},
	}
	for name, test := range tests {
		c, _ := serve(t, answering(test.status, "application/json", `{}`))
		c.dialect.Judge = func(a *Answer) *provider.Error {
			if test.undone {
				a.Undone()
			}
			return &provider.Error{Class: provider.Invalid, Message: "no", Uncertain: test.byDialect}
		}
		if e := failure(t, c.Do(t.Context(), Call{Op: "create", Method: "POST", Path: []string{"x"}}, nil)); e.Uncertain != test.want {
			t.Errorf("%s: uncertain %v, want %v", name, e.Uncertain, test.want)
		}
	}
}
