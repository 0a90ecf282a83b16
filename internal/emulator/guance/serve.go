package guance

import (
	"net/http"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// call is one authenticated request: the key that made it and the workspace
// that owns the key, which is all the request can act on.
type call struct {
	*wire.Request
	params    map[string]string
	key       *Key
	workspace *Workspace
	// changed is set by handlers that changed the vendor's state.
	changed bool
}

// handler returns the content of a successful answer.
type handler func(*Vendor, *call) (any, error)

// endpoints lists the documented endpoints. Deleting a key really is a GET.
func endpoints() wire.Table[handler] {
	const keys = "/api/v1/workspace/accesskey"
	return wire.Table[handler]{
		{Method: http.MethodPost, Pattern: "/api/v1/workspace/create", Handle: (*Vendor).createWorkspace},
		{Method: http.MethodGet, Pattern: "/api/v1/workspace/get", Handle: (*Vendor).getWorkspace},
		{Method: http.MethodPost, Pattern: "/api/v1/workspace/modify", Handle: (*Vendor).modifyWorkspace},
		{Method: http.MethodPost, Pattern: keys + "/add", Handle: (*Vendor).addKey},
		{Method: http.MethodGet, Pattern: keys + "/list", Handle: (*Vendor).listKeys},
		{Method: http.MethodGet, Pattern: keys + "/{ak_uuid}/get", Handle: (*Vendor).getKey},
		{Method: http.MethodGet, Pattern: keys + "/{ak_uuid}/delete", Handle: (*Vendor).deleteKey},
	}
}

// Route returns the pattern of a path, "" if the vendor does not have it.
func (v *Vendor) Route(method, path string) string {
	return endpoints().Find(method, path).Pattern
}

// Serve handles one request.
func (v *Vendor) Serve(r *wire.Request) wire.Reply {
	match := endpoints().Find(r.Method, r.Path)
	if !match.Found {
		return v.refuse(problem{http.StatusBadRequest, codeRouterNotFound, "no such route: " + r.Method + " " + r.Path})
	}
	key := v.authenticate(r)
	if key == nil {
		return v.refuse(problem{http.StatusForbidden, codeInvalidKey, "invalid API key"})
	}
	if err := v.admit(key, r.Now); err != nil {
		return v.refuse(err)
	}
	c := &call{Request: r, params: match.Params, key: key, workspace: v.workspace(key.WorkspaceUUID)}
	content, err := match.Handle(v, c)
	if err != nil {
		return v.refuse(err)
	}
	reply := wire.JSON(http.StatusOK, envelope{
		Code: http.StatusOK, Content: content, Success: true, TraceID: v.newTraceID(),
	})
	reply.Changed = c.changed
	return reply
}

// authenticate finds the live key whose secret the request carries.
func (v *Vendor) authenticate(r *wire.Request) *Key {
	secret, ok := r.Credential("DF-API-KEY")
	if !ok {
		return nil
	}
	for _, k := range v.state.Keys {
		if k.SK == secret && k.DeletedAt == nil && v.workspace(k.WorkspaceUUID) != nil {
			return k
		}
	}
	return nil
}

// admit applies both documented rate limits.
func (v *Vendor) admit(k *Key, now time.Time) error {
	if !v.keys.Free(k.UUID, v.settings.KeyRequestsPerMinute, now) {
		return tooManyByKey()
	}
	if !v.spaces.Free(k.WorkspaceUUID, v.settings.WorkspaceRequestsPerMinute, now) {
		return problem{http.StatusUnauthorized, codeWorkspaceLimit, "too many requests for this workspace"}
	}
	v.keys.Admit(k.UUID, now)
	v.spaces.Admit(k.WorkspaceUUID, now)
	return nil
}
