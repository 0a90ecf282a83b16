package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Exchange is one request that a script expects, and the answer it gives.
type Exchange struct {
	Method string
	// URI is the path and the query as they stand in the request line.
	URI string
	// Body is what must be sent, byte for byte.
	Body string
	// Status 0 is 200.
	Status int
	Header http.Header
	Answer string
	// Drop takes the request and hangs up instead of answering.
	Drop bool
}

// Script is a server that knows what it will be asked, and in what order. A
// test fails on a request that is missing, one too many, or different.
type Script struct {
	URL string

	mu      sync.Mutex
	pending []Exchange
	headers []http.Header
}

// Play starts a script. It is checked for completeness when the test ends.
func Play(t *testing.T, exchanges ...Exchange) *Script {
	t.Helper()
	script := &Script{pending: exchanges}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { script.serve(t, w, r) }))
	script.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		for _, missing := range script.pending {
			t.Errorf("request missing: %s %s", missing.Method, missing.URI)
		}
	})
	return script
}

// Headers are those of the requests so far.
func (s *Script) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headers
}

// Account speaks to the script with this credential.
func (s *Script) Account(t *testing.T, credential map[string]string) provider.Account {
	t.Helper()
	return account(t, s.URL, credential)
}

func account(t *testing.T, endpoint string, credential map[string]string) provider.Account {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	secrets := map[string]provider.Secret{}
	for key, value := range credential {
		secrets[key] = provider.NewSecret(value)
	}
	return provider.Account{Endpoint: endpoint, Credential: secrets, Transport: transport}
}

func (s *Script) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.RequestURI, err)
	}
	next, ok := s.next(r)
	if !ok {
		t.Errorf("request too many: %s %s %s", r.Method, r.RequestURI, body)
		http.Error(w, "the script is over", http.StatusTeapot)
		return
	}
	if r.Method != next.Method || r.RequestURI != next.URI || string(body) != next.Body {
		t.Errorf("request differs:\ngot  %s %s %s\nwant %s %s %s", r.Method, r.RequestURI, body, next.Method, next.URI, next.Body)
	}
	if next.Drop {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	for name, values := range next.Header {
		w.Header()[name] = values
	}
	if next.Status == 0 {
		next.Status = http.StatusOK
	}
	w.WriteHeader(next.Status)
	_, _ = io.WriteString(w, next.Answer)
}

func (s *Script) next(r *http.Request) (Exchange, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.headers = append(s.headers, r.Header.Clone())
	if len(s.pending) == 0 {
		return Exchange{}, false
	}
	next := s.pending[0]
	s.pending = s.pending[1:]
	return next, true
}
