package emulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// maxBody bounds a request. The largest documented one has a few kilobytes.
const maxBody = 1 << 20

// ServeHTTP serves the vendors and the control API. A fault that breaks off an
// answer panics with http.ErrAbortHandler, which net/http expects.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mount, path, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	path = "/" + path
	switch v := e.vendorAt(mount); {
	case mount == "_control":
		e.control.ServeHTTP(w, r)
	case v == nil:
		http.Error(w, "no vendor here: try /_control", http.StatusNotFound)
	default:
		e.serveVendor(w, r, mount, path)
	}
}

func (e *Emulator) vendorAt(mount string) vendor {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.vendors[mount]
}

// serveVendor logs a request, lets it go wrong if a fault says so, and answers.
func (e *Emulator) serveVendor(w http.ResponseWriter, r *http.Request, name, path string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "request body: "+err.Error(), status)
		return
	}
	entry := journal.Entry{
		Time: e.now().UTC(), Vendor: name, Method: r.Method, Path: path, Query: r.URL.RawQuery,
		Route: e.route(name, r.Method, path), Header: r.Header.Clone(), Body: string(body),
	}
	hit := e.faults.Take(fault.Request{Vendor: name, Method: r.Method, Route: entry.Route, Path: path})
	if hit != nil {
		entry.Fault = hit.ID
	}
	id := e.log.Begin(entry)
	request := &wire.Request{Method: r.Method, Path: path, Header: r.Header, Body: body}
	outcome := e.outcome(r.Context(), name, hit, func() wire.Reply { return e.work(name, r.URL.RawQuery, request) })
	e.log.Finish(id, outcome.Sent(), outcome.Worked, outcome.Reply.Changed)
	outcome.Send(w)
}

func (e *Emulator) route(name, method, path string) string {
	if route := e.vendorAt(name).Route(method, path); route != "" {
		return route
	}
	return journal.Unknown
}

// outcome serves a request by the vendor, or by the fault that hit it.
func (e *Emulator) outcome(ctx context.Context, name string, hit *fault.Fault, work func() wire.Reply) fault.Outcome {
	if hit == nil {
		return fault.Outcome{Reply: work(), Worked: true}
	}
	return hit.Play(ctx, lockedVendor{e, name}, work)
}

// work lets the vendor handle a request, and saves the state if it changed,
// before anything else happens at any vendor.
func (e *Emulator) work(name, rawQuery string, r *wire.Request) wire.Reply {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return wire.Reply{Status: http.StatusBadRequest, Body: []byte("query: " + err.Error())}
	}
	r.Query = query
	e.mu.Lock()
	defer e.mu.Unlock()
	r.Now = e.now().UTC()
	reply := e.vendors[name].Serve(r)
	if reply.Changed {
		if err := e.save(); err != nil {
			// The client must not be told of what a restart would forget.
			return wire.Reply{Status: http.StatusInternalServerError, Body: []byte(err.Error()), Changed: true}
		}
	}
	return reply
}

// lockedVendor gives faults the vendor's throttling answer, which depends on
// its settings.
type lockedVendor struct {
	e    *Emulator
	name string
}

// Throttled implements fault.Vendor.
func (l lockedVendor) Throttled(retryAfterSeconds *int) wire.Reply {
	l.e.mu.Lock()
	defer l.e.mu.Unlock()
	return l.e.vendors[l.name].Throttled(retryAfterSeconds)
}
