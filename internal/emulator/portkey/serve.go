package portkey

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// caller is who made a request: an Admin key, or an API key with its scopes.
type caller struct {
	id string
	// scopes is nil for everything.
	scopes []string
	// workspace confines the caller to one workspace, if not empty.
	workspace string
}

func (c caller) may(scope string) bool {
	return c.scopes == nil || slices.Contains(c.scopes, scope)
}

// call is one authenticated request.
type call struct {
	*wire.Request
	params map[string]string
	caller caller
	// changed is set by handlers that changed the vendor's state.
	changed bool
}

// noBody is the body of an answer that has none.
type noBody struct{}

// handler returns the body of a successful answer.
type handler func(*Vendor, *call) (any, error)

func endpoints() wire.Table[handler] {
	const workspaces, keys = "/admin/workspaces", "/api-keys"
	return wire.Table[handler]{
		{Method: http.MethodPost, Pattern: workspaces, Handle: (*Vendor).createWorkspace},
		{Method: http.MethodGet, Pattern: workspaces, Handle: (*Vendor).listWorkspaces},
		{Method: http.MethodGet, Pattern: workspaces + "/{workspaceId}", Handle: (*Vendor).getWorkspace},
		{Method: http.MethodPut, Pattern: workspaces + "/{workspaceId}", Handle: (*Vendor).updateWorkspace},
		{Method: http.MethodDelete, Pattern: workspaces + "/{workspaceId}", Handle: (*Vendor).deleteWorkspace},
		{Method: http.MethodGet, Pattern: keys, Handle: (*Vendor).listKeys},
		{Method: http.MethodGet, Pattern: keys + "/{id}", Handle: (*Vendor).getKey},
		{Method: http.MethodPut, Pattern: keys + "/{id}", Handle: (*Vendor).updateKey},
		{Method: http.MethodDelete, Pattern: keys + "/{id}", Handle: (*Vendor).deleteKey},
		{Method: http.MethodPost, Pattern: keys + "/{id}/rotate", Handle: (*Vendor).rotateKey},
		{Method: http.MethodPost, Pattern: keys + "/{type}/{sub-type}", Handle: (*Vendor).createKey},
	}
}

// find looks a path up with or without the /v1 that the public endpoint has
// and a self-hosted control plane need not.
func find(method, path string) wire.Match[handler] {
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		path = "/" + rest
	}
	return endpoints().Find(method, path)
}

// Route returns the pattern of a path without /v1, "" if the vendor does not
// have it.
func (v *Vendor) Route(method, path string) string { return find(method, path).Pattern }

// Serve handles one request.
func (v *Vendor) Serve(r *wire.Request) wire.Reply {
	match := find(r.Method, r.Path)
	if match.Pattern == "" {
		return v.refuse(problem{codeNotFound, "no such route: " + r.Path})
	}
	if !match.Found {
		reply := v.refuse(problem{codeNotFound, fmt.Sprintf("no %s on %s", r.Method, match.Pattern)})
		reply.Status = http.StatusMethodNotAllowed
		reply.Header.Set("Allow", strings.Join(match.Allow, ", "))
		return reply
	}
	who, ok := v.authenticate(r)
	if !ok {
		return v.refuse(problem{codeUnauthorized, "Unauthorized"})
	}
	if !v.limiter.Free(who.id, v.settings.RequestsPerMinute, r.Now) {
		return v.Throttled(v.settings.RetryAfterSeconds)
	}
	v.limiter.Admit(who.id, r.Now)
	c := &call{Request: r, params: match.Params, caller: who}
	body, err := match.Handle(v, c)
	if err != nil {
		return v.refuse(err)
	}
	reply := wire.JSON(http.StatusOK, body)
	if _, empty := body.(noBody); empty {
		reply = wire.Reply{Status: http.StatusOK, Header: http.Header{}}
	}
	reply.Changed = c.changed
	return reply
}

// authenticate accepts Admin keys and the live API keys of the organisation,
// among them, during a rotation, the previous secret.
func (v *Vendor) authenticate(r *wire.Request) (caller, bool) {
	secret, ok := r.Credential("x-portkey-api-key")
	if !ok {
		return caller{}, false
	}
	if slices.Contains(v.state.AdminKeys, secret) {
		return caller{id: "admin:" + secret}, true
	}
	for _, k := range v.state.Keys {
		if k.accepts(secret, r.Now) {
			return caller{id: k.ID, scopes: append([]string{}, k.Scopes...), workspace: k.WorkspaceID}, true
		}
	}
	return caller{}, false
}

// needs refuses a caller that lacks one of the scopes an endpoint wants.
// Endpoints of the organisation are closed to keys of a workspace.
func (c *call) needs(scope string) error {
	switch {
	case strings.HasPrefix(scope, "workspaces.") && c.caller.workspace != "":
		return forbidden("You do not have enough permissions to execute this request: an Admin key is needed")
	case !c.caller.may(scope):
		return forbidden("You do not have enough permissions to execute this request: missing scope " + scope)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
