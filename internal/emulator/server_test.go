package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
)

// server is a running emulator with a clock that stands still unless moved.
type server struct {
	*emulator.Emulator
	t    *testing.T
	url  string
	http *http.Client

	mu  sync.Mutex
	now time.Time
}

func start(t *testing.T, options emulator.Options) *server {
	t.Helper()
	s := &server{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	options.Now = func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now
	}
	var err error
	if s.Emulator, err = emulator.New(options); err != nil {
		t.Fatalf("New: %v", err)
	}
	running := httptest.NewServer(s.Emulator)
	t.Cleanup(running.Close)
	s.url, s.http = running.URL, running.Client()
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

func (s *server) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// try makes a request; header are names and values in turn. err is what went
// wrong with the connection.
func (s *server) try(method, path, body string, header ...string) (response *http.Response, text string, err error) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err = s.http.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	return response, string(data), err
}

// do makes a request that must be answered.
func (s *server) do(method, path, body string, header ...string) (status int, text string) {
	s.t.Helper()
	response, text, err := s.try(method, path, body, header...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response.StatusCode, text
}

// control makes a control request that must succeed and decodes its answer.
func (s *server) control(method, path, body string, into any) {
	s.t.Helper()
	status, text := s.do(method, "/_control"+path, body)
	if status != http.StatusOK {
		s.t.Fatalf("%s /_control%s %s: HTTP %d %s", method, path, body, status, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		s.t.Fatalf("%s /_control%s answers %s: %v", method, path, text, err)
	}
}

func (s *server) guance(method, path, body, key string) (status int, text string) {
	s.t.Helper()
	return s.do(method, "/guance/api/v1/workspace/"+path, body, "DF-API-KEY", key, "Content-Type", "application/json")
}

func (s *server) portkey(method, path, body string) (status int, text string) {
	s.t.Helper()
	return s.do(method, "/portkey/v1"+path, body, "x-portkey-api-key", emulator.DefaultPortkeyAdminKey, "Content-Type", "application/json")
}

// must fails the test unless the call was answered 200, and decodes the answer.
func must[T any](s *server, status int, text string) T {
	s.t.Helper()
	var out T
	if status != http.StatusOK {
		s.t.Fatalf("HTTP %d %s", status, text)
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	return out
}

type identified struct{ ID, Key string }

func (s *server) createPortkey(name string) string {
	s.t.Helper()
	status, text := s.portkey("POST", "/admin/workspaces", `{"name":"`+name+`"}`)
	return must[identified](s, status, text).ID
}

func (s *server) issuePortkey(workspace string) identified {
	s.t.Helper()
	status, text := s.portkey("POST", "/api-keys/workspace/service", `{"name":"k","scopes":["completions.write"],"workspace_id":"`+workspace+`"}`)
	return must[identified](s, status, text)
}

type guanceCreated struct {
	Content struct {
		AkInfo struct{ KeyID, KeySk string }
		WsInfo struct{ UUID string }
	}
}

func (s *server) createGuance(name string) guanceCreated {
	s.t.Helper()
	status, text := s.guance("POST", "create", `{"name":"`+name+`","needCreateAk":true,"akName":"admin"}`, emulator.DefaultGuanceOwnerKey)
	return must[guanceCreated](s, status, text)
}
