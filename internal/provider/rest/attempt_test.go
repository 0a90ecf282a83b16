package rest

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// fickle is a server that answers the first request of every connection and
// keeps it open, takes the next one in full, and hangs up without an answer.
// It counts the requests it has read, which is what a vendor would have acted
// upon.
func fickle(t *testing.T) (endpoint string, read *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	read = new(atomic.Int32)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerOnce(conn, read)
		}
	}()
	return "http://" + listener.Addr().String(), read
}

func answerOnce(conn net.Conn, read *atomic.Int32) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for range 2 {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body := make([]byte, request.ContentLength)
		if _, err := reader.Read(body); err != nil && len(body) > 0 {
			return
		}
		if read.Add(1); request.URL.Path == "/warm" {
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))
			continue
		}
		return
	}
}

// The transport of net/http repeats requests on its own when a connection from
// the pool dies. A call that changes something must never be repeated.
func TestOnADyingConnectionAChangeIsSentOnce(t *testing.T) {
	body := map[string]string{"name": "x"}
	tests := map[string]Call{
		"POST with a body":    {Op: "create", Method: "POST", Path: []string{"x"}, Body: body},
		"POST without":        {Op: "create", Method: "POST", Path: []string{"x"}},
		"PUT with a body":     {Op: "update", Method: "PUT", Path: []string{"x"}, Body: body},
		"PUT without":         {Op: "update", Method: "PUT", Path: []string{"x"}},
		"DELETE with a body":  {Op: "delete", Method: "DELETE", Path: []string{"x"}, Body: body},
		"DELETE without":      {Op: "delete", Method: "DELETE", Path: []string{"x"}},
		"GET that deletes":    {Op: "delete", Method: "GET", Path: []string{"x", "delete"}, Mutates: true},
		"idempotency key":     {Op: "create", Method: "POST", Path: []string{"x"}, Body: body, Header: http.Header{"Idempotency-Key": {"1"}}},
		"GET that deletes, k": {Op: "delete", Method: "GET", Path: []string{"x"}, Mutates: true, Header: http.Header{"Idempotency-Key": {"1"}}},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			endpoint, read := fickle(t)
			c := client(t, account(t, endpoint))
			if err := c.Do(t.Context(), Call{Op: "warm up", Method: "GET", Path: []string{"warm"}}, nil); err != nil {
				t.Fatal(err)
			}
			e := failure(t, c.Do(t.Context(), call, nil))
			if got := read.Load() - 1; got != 1 {
				t.Errorf("the server read %d requests, want exactly one", got)
			}
			if e.Class != provider.Transient || !e.Uncertain || e.Message != messageClosed {
				t.Errorf("got %v, uncertain %v; want an uncertain Transient", e, e.Uncertain)
			}
		})
	}
}

// The counterpart: it shows that the server above does provoke a repetition.
func TestOnADyingConnectionAReadMayBeSentAgain(t *testing.T) {
	endpoint, read := fickle(t)
	c := client(t, account(t, endpoint))
	if err := c.Do(t.Context(), Call{Op: "warm up", Method: "GET", Path: []string{"warm"}}, nil); err != nil {
		t.Fatal(err)
	}
	e := failure(t, c.Do(t.Context(), Call{Op: "get", Method: "GET", Path: []string{"x"}}, nil))
	if read.Load() != 3 || e.Uncertain {
		t.Errorf("the server read %d requests, uncertain %v; want the warm-up, the read and its repetition, certain", read.Load(), e.Uncertain)
	}
}
