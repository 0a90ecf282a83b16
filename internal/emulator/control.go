package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// controlEndpoint is one line of the control API. serve returns what is sent
// as JSON.
type controlEndpoint struct {
	pattern string
	about   string
	serve   func(*http.Request) (any, error)
}

// done is the answer {} of what has nothing to say but that it is done.
type done struct{}

func (e *Emulator) controlEndpoints() []controlEndpoint {
	return []controlEndpoint{
		{"GET /_control/state", "all objects of all vendors, deleted ones and secrets included", e.getState},
		{"GET /_control/requests", "the request log; ?vendor= ?method= ?route= ?since=ID select", e.getRequests},
		{"DELETE /_control/requests", "empties the log and the counters", e.deleteRequests},
		{"GET /_control/counts", "per vendor and route: requests, worked, changed, statuses", e.getCounts},
		{"POST /_control/reset", "back to the state, settings and credentials of the start", e.postReset},
		{"GET /_control/settings", "settings per vendor", e.getSettings},
		{"PUT /_control/settings", "sets the settings named; others stay", e.putSettings},
		{"GET /_control/credentials", "accepted credentials per vendor", e.getCredentials},
		{"PUT /_control/credentials", "replaces the credentials of the vendors named", e.putCredentials},
		{"GET /_control/faults", "the faults in force, with counters", e.getFaults},
		{"POST /_control/faults", "adds a fault", e.postFault},
		{"DELETE /_control/faults", "removes all faults", e.deleteFaults},
		{"DELETE /_control/faults/{id}", "removes one fault", e.deleteFault},
		{"POST /_control/{vendor}/{kind}", "makes an object out of band (kind: workspaces, keys)", e.postObject},
		{"PATCH /_control/{vendor}/{kind}/{id}", "sets fields of an object out of band", e.patchObject},
		{"DELETE /_control/{vendor}/{kind}/{id}", "deletes an object out of band", e.deleteObject},
	}
}

func (e *Emulator) controlHandler() http.Handler {
	mux := http.NewServeMux()
	index := map[string]string{"GET /_control": "this list"}
	for _, endpoint := range e.controlEndpoints() {
		index[endpoint.pattern] = endpoint.about
		mux.HandleFunc(endpoint.pattern, func(w http.ResponseWriter, r *http.Request) {
			answer(w, func() (any, error) { return endpoint.serve(r) })
		})
	}
	showIndex := func(w http.ResponseWriter, _ *http.Request) {
		answer(w, func() (any, error) { return index, nil })
	}
	mux.HandleFunc("GET /_control", showIndex)
	mux.HandleFunc("GET /_control/{$}", showIndex)
	return mux
}

func answer(w http.ResponseWriter, serve func() (any, error)) {
	status := http.StatusOK
	body, err := serve()
	switch {
	case errors.Is(err, errNotFound):
		status, body = http.StatusNotFound, map[string]string{"error": err.Error()}
	case err != nil:
		status, body = http.StatusBadRequest, map[string]string{"error": err.Error()}
	}
	text, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer is not JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // fails only if the client is gone
}

// decodeBody reads a control request as strictly as the vendors read theirs.
func decodeBody(r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return err
	}
	return wire.Decode(body, into)
}

func (e *Emulator) getState(*http.Request) (any, error) {
	return e.documents(func(v vendor) any { return v.State() })
}

func (e *Emulator) getRequests(r *http.Request) (any, error) {
	query := r.URL.Query()
	filter := journal.Filter{Vendor: query.Get("vendor"), Method: query.Get("method"), Route: query.Get("route")}
	if since := query.Get("since"); since != "" {
		id, err := strconv.ParseInt(since, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("since: %w", err)
		}
		filter.Since = id
	}
	entries, dropped := e.Requests(filter)
	return map[string]any{"requests": entries, "dropped": dropped}, nil
}

func (e *Emulator) deleteRequests(*http.Request) (any, error) {
	e.ForgetRequests()
	return done{}, nil
}

func (e *Emulator) getCounts(*http.Request) (any, error) { return e.Counts(), nil }

func (e *Emulator) postReset(*http.Request) (any, error) { return done{}, e.Reset() }

func (e *Emulator) getSettings(*http.Request) (any, error) {
	return e.documents(func(v vendor) any { return v.Settings() })
}

func (e *Emulator) putSettings(r *http.Request) (any, error) {
	var settings map[string]json.RawMessage
	if err := decodeBody(r, &settings); err != nil {
		return nil, err
	}
	for name, document := range settings {
		if err := e.SetSettings(name, document); err != nil {
			return nil, err
		}
	}
	return e.getSettings(r)
}

func (e *Emulator) getCredentials(*http.Request) (any, error) {
	return e.documents(func(v vendor) any { return v.Credentials() })
}

func (e *Emulator) putCredentials(r *http.Request) (any, error) {
	var credentials map[string][]string
	if err := decodeBody(r, &credentials); err != nil {
		return nil, err
	}
	for name, list := range credentials {
		if err := e.SetCredentials(name, list...); err != nil {
			return nil, err
		}
	}
	return e.getCredentials(r)
}

func (e *Emulator) getFaults(*http.Request) (any, error) { return e.Faults(), nil }

func (e *Emulator) postFault(r *http.Request) (any, error) {
	var f fault.Fault
	if err := decodeBody(r, &f); err != nil {
		return nil, err
	}
	id, err := e.AddFault(f)
	return map[string]int{"id": id}, err
}

func (e *Emulator) deleteFaults(*http.Request) (any, error) {
	e.ClearFaults()
	return done{}, nil
}

func (e *Emulator) deleteFault(r *http.Request) (any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !e.faults.Remove(id) {
		return nil, fmt.Errorf("fault %q: %w", r.PathValue("id"), errNotFound)
	}
	return done{}, nil
}

func (e *Emulator) postObject(r *http.Request) (any, error) {
	var fields json.RawMessage
	if err := decodeBody(r, &fields); err != nil {
		return nil, err
	}
	return e.CreateObject(r.PathValue("vendor"), r.PathValue("kind"), fields)
}

func (e *Emulator) patchObject(r *http.Request) (any, error) {
	var fields json.RawMessage
	if err := decodeBody(r, &fields); err != nil {
		return nil, err
	}
	return e.ChangeObject(r.PathValue("vendor"), r.PathValue("kind"), r.PathValue("id"), fields)
}

func (e *Emulator) deleteObject(r *http.Request) (any, error) {
	return done{}, e.RemoveObject(r.PathValue("vendor"), r.PathValue("kind"), r.PathValue("id"))
}
