package groundfloor

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// call is one authenticated request.
type call struct {
	*wire.Request
	params map[string]string
}

// handler returns a successful answer.
type handler func(*Vendor, *call) (wire.Reply, error)

// endpoints lists the documented endpoints. The one by account comes before
// those of a workspace, which its path resembles.
func (v *Vendor) endpoints() wire.Table[handler] {
	const workspaces, workspace = "/v1/workspaces", "/v1/workspaces/{workspace_id}"
	table := wire.Table[handler]{
		{Method: http.MethodGet, Pattern: workspaces, Handle: (*Vendor).listWorkspaces},
		{Method: http.MethodPost, Pattern: workspaces, Handle: (*Vendor).createWorkspace},
		{Method: http.MethodGet, Pattern: workspaces + "/by-account/{account_id}", Handle: (*Vendor).listAccount},
		{Method: http.MethodGet, Pattern: workspace, Handle: (*Vendor).getWorkspace},
		{Method: http.MethodGet, Pattern: workspace + "/environments", Handle: (*Vendor).listEnvironments},
		{Method: http.MethodGet, Pattern: workspace + "/audit", Handle: (*Vendor).audit},
	}
	if v.settings.OffboardingVerbs {
		return append(table, wire.Table[handler]{
			{Method: http.MethodPost, Pattern: workspace + "/freeze", Handle: (*Vendor).freezeWorkspace},
			{Method: http.MethodPost, Pattern: workspace + "/export", Handle: (*Vendor).exportWorkspace},
		}...)
	}
	return append(table, wire.Table[handler]{
		{Method: http.MethodPatch, Pattern: workspace + "/status", Handle: (*Vendor).patchStatus},
		{Method: http.MethodGet, Pattern: workspace + "/export", Handle: (*Vendor).exportWorkspace},
	}...)
}

// Route returns the pattern of a path, "" if the vendor does not have it.
func (v *Vendor) Route(method, path string) string {
	return v.endpoints().Find(method, path).Pattern
}

// Serve handles one request.
func (v *Vendor) Serve(r *wire.Request) wire.Reply {
	v.settle(r.Now)
	match := v.endpoints().Find(r.Method, r.Path)
	if match.Pattern == "" {
		return v.refuse(problem{status: http.StatusNotFound, message: "Not Found"})
	}
	if !match.Found {
		reply := v.refuse(problem{
			status:  http.StatusMethodNotAllowed,
			message: fmt.Sprintf("no %s on %s", r.Method, match.Pattern),
		})
		reply.Header.Set("Allow", strings.Join(match.Allow, ", "))
		return reply
	}
	token, ok := v.authenticate(r)
	if !ok {
		return v.refuse(problem{status: http.StatusUnauthorized, message: "Invalid or expired token"})
	}
	if !v.limiter.Free(token, v.settings.RequestsPerMinute, r.Now) {
		return v.Throttled(v.settings.RetryAfterSeconds)
	}
	v.limiter.Admit(token, r.Now)
	reply, err := match.Handle(v, &call{Request: r, params: match.Params})
	if err != nil {
		return v.refuse(err)
	}
	return reply
}

// authenticate returns the token the request carries, if it is accepted. The
// name of the scheme is the same in any case (RFC 9110, section 11.1).
func (v *Vendor) authenticate(r *wire.Request) (string, bool) {
	header, _ := r.Credential("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	for _, token := range v.state.Tokens {
		if token.Value == value {
			return value, v.accepted(token, r.Now)
		}
	}
	return "", false
}

func (v *Vendor) accepted(token Token, now time.Time) bool {
	lifetime := time.Duration(v.settings.TokenLifetimeSeconds) * time.Second
	return lifetime == 0 || now.Before(token.SetAt.Add(lifetime))
}

// pathID returns an id of the path.
func (v *Vendor) pathID(c *call, name string) (string, error) {
	id := c.params[name]
	if v.settings.UUIDPaths && !isUUID(id) {
		return "", problem{status: http.StatusUnprocessableEntity, loc: []string{"path", name}, message: "must be a UUID"}
	}
	return id, nil
}

// readable finds the workspace named in the path, which the user must be
// allowed to read.
func (v *Vendor) readable(c *call) (*Workspace, error) {
	id, err := v.pathID(c, "workspace_id")
	if err != nil {
		return nil, err
	}
	w := v.workspace(id)
	if w == nil || w.Permission == permissionNone {
		return nil, missing("Workspace")
	}
	return w, nil
}

// administered finds the workspace named in the path, which the user must be
// allowed to administer.
func (v *Vendor) administered(c *call) (*Workspace, error) {
	w, err := v.readable(c)
	if err == nil && w.Permission != permissionAdminister {
		return nil, forbidden("workspace")
	}
	return w, err
}
