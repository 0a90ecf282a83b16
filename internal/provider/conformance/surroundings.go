package conformance

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// clock stands still until it is told how much time has passed.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// gate lets everything pass until it is closed, and notes what it is told.
type gate struct {
	mu     sync.Mutex
	closed error
	pauses []time.Duration
}

// Take answers what the gate was closed with.
func (g *gate) Take(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// Pause notes for how long.
func (g *gate) Pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pauses = append(g.pauses, d)
}

// close makes a reason to let nothing pass; nil opens the gate.
func (g *gate) close(reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = reason
}

func (g *gate) told() []time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pauses
}

// watch is a transport that tells when a request has been sent.
type watch struct {
	http.RoundTripper

	written func()
}

// RoundTrip sends the request as the transport does.
func (w watch) RoundTrip(request *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { w.written() }}
	return w.RoundTripper.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
}

// onWritten makes a function the one that is called for every request sent.
func (r *rig) onWritten(call func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = call
}

func (r *rig) wrote() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written != nil {
		r.written()
	}
}
