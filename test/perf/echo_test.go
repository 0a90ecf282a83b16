package perf

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// echo stands before the emulator as a vendor at its most careless: told to, it lets the request be worked on and then answers with an error that repeats the
// credential it was sent and every value it should have handed out.
type echo struct {
	next http.Handler

	mu sync.Mutex
	// matches selects the requests; nil is none.
	matches func(*http.Request) bool
	answer  answer
	played  int
}

// answer is an error as a status and a body, in which %[1]s is the credential and %[2]s the value.
type answer struct {
	status int
	body   string
}

// careless starts an emulator behind an echo.
func careless(t *testing.T, options emulator.Options) (*harness.Vendors, *echo) {
	t.Helper()
	e, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	before := &echo{next: e}
	server := httptest.NewServer(before)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return &harness.Vendors{Emulator: e, URL: server.URL}, before
}

// play answers the requests that match until it is called again, with nil to end it.
func (e *echo) play(matches func(*http.Request) bool, with answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.matches, e.answer, e.played = matches, with, 0
}

// count is how many requests were answered since play was called.
func (e *echo) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.played
}

// ServeHTTP answers itself what matches.
func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	matches, with := e.matches, e.answer
	hit := matches != nil && matches(r)
	if hit {
		e.played++
	}
	e.mu.Unlock()
	if !hit {
		e.next.ServeHTTP(w, r)
		return
	}
	worked := httptest.NewRecorder()
	e.next.ServeHTTP(worked, r)
	credential := r.Header.Get("x-portkey-api-key") + r.Header.Get("DF-API-KEY")
	body := fmt.Sprintf(with.body, credential, handedOut(worked.Body.Bytes()))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", "http://127.0.0.1:1/?key="+credential)
	w.Header().Set("X-Request-Id", credential)
	w.WriteHeader(with.status)
	_, _ = w.Write([]byte(body))
}

// handedOut is the key in an answer of either vendor.
func handedOut(body []byte) string {
	var answer struct {
		Key     string
		Content struct {
			SK     string
			AKInfo struct{ KeySK string }
		}
	}
	_ = json.Unmarshal(body, &answer) // a list has no key
	return answer.Key + answer.Content.SK + answer.Content.AKInfo.KeySK
}

// answers are the ways to say no of a vendor, and some that no vendor should have.
func answers(vendor string) []answer {
	const words = `not for %[1]s: the key %[2]s of %[1]s\u0007 was refused, see https://vendor.test/?key=%[1]s`
	shape := `{"success": false, "data": {"message": "` + words + `", "errorCode": "%[1]s", "request_id": "%[1]s", "key": "%[2]s"}}`
	unnamed := `{"success": false, "data": {"message": "` + words + `"}}`
	if vendor == harness.Guance {
		shape = `{"code": STATUS, "success": false, "message": "` + words + `", "errorCode": "%[1]s", "traceId": "%[1]s", "content": {"sk": "%[2]s", "akInfo": {"keySk": "%[2]s"}}}`
		unnamed = `{"code": STATUS, "success": false, "message": "` + words + `"}`
	}
	with := func(status int, body string) answer {
		return answer{status: status, body: strings.ReplaceAll(body, "STATUS", strconv.Itoa(status))}
	}
	var all []answer
	for _, status := range []int{200, 307, 400, 401, 403, 404, 409, 422, 429, 500, 503} {
		all = append(all, with(status, shape))
	}
	return append(all,
		// The key where nobody would look for one: in the words only.
		with(400, unnamed), with(500, unnamed),
		with(200, `{"data": "%[1]s", "key": "%[2]s", "content": {"%[2]s": "%[1]s"}, "success": "%[2]s"}`),
		with(200, `{"key": "%[2]s", "%[1]s`),
		with(502, `<html><body>key=%[2]s&credential=%[1]s</body></html>`),
	)
}
