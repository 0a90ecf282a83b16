package oceanbase

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The names that the documentation gives to operations. It has none for the
// creation of a key.
const (
	actionList   = "ListAIServiceAPIKeys"
	actionDelete = "DeleteAIServiceAPIKey"
)

// call is one request and the project it acts in.
type call struct {
	*wire.Request
	requestID string
	// action names the operation in answers.
	action    string
	workspace *Workspace
	// changed is set by handlers that changed the vendor's state.
	changed bool
}

// operation is what a method of an endpoint does.
type operation struct {
	action string
	// serve returns the body of a successful answer.
	serve func(*Vendor, *call) (any, error)
}

func endpoints() wire.Table[operation] {
	const keys = "/api/v2/maas/apikeys"
	return wire.Table[operation]{
		{Method: http.MethodPost, Pattern: keys, Handle: operation{"", (*Vendor).createKey}},
		{Method: http.MethodGet, Pattern: keys, Handle: operation{actionList, (*Vendor).listKeys}},
		{Method: http.MethodDelete, Pattern: keys, Handle: operation{actionDelete, (*Vendor).deleteKey}},
	}
}

// Route returns the pattern of a path, "" if the vendor does not have it.
func (v *Vendor) Route(method, path string) string {
	return endpoints().Find(method, path).Pattern
}

// Serve handles one request.
func (v *Vendor) Serve(r *wire.Request) wire.Reply {
	match := endpoints().Find(r.Method, r.Path)
	c := &call{Request: r, requestID: v.requestID(r), action: match.Handle.action}
	if match.Pattern == "" {
		return v.refuse(c, problem{status: http.StatusNotFound, message: "no such route: " + r.Path})
	}
	if !match.Found {
		reply := v.refuse(c, problem{status: http.StatusMethodNotAllowed, message: fmt.Sprintf("no %s on %s", r.Method, match.Pattern)})
		reply.Header.Set("Allow", strings.Join(match.Allow, ", "))
		return reply
	}
	credential, err := v.authenticate(r)
	if err != nil {
		return v.refuse(c, err)
	}
	if !v.limiter.Free(credential, v.settings.RequestsPerMinute, r.Now) {
		return v.throttle(c, v.settings.RetryAfterSeconds)
	}
	v.limiter.Admit(credential, r.Now)
	if err := v.address(c); err != nil {
		return v.refuse(c, err)
	}
	body, err := match.Handle.serve(v, c)
	if err != nil {
		return v.refuse(c, err)
	}
	v.lastUsed = c.workspace.ID
	reply := wire.JSON(http.StatusOK, body)
	reply.Changed = c.changed
	return reply
}

// requestID is the id that the client gave a request, under either of its two
// documented names, or a new one.
func (v *Vendor) requestID(r *wire.Request) string {
	for _, header := range requestIDHeaders() {
		if id := r.Header.Get(header); id != "" {
			return id
		}
	}
	return "req-" + v.random.Hex(8)
}

func requestIDHeaders() []string { return []string{"requestId", "X-Request-Id"} }

// address checks the headers and the query parameter that every operation
// takes, and finds the project that they name.
func (v *Vendor) address(c *call) error {
	for _, header := range append(requestIDHeaders(), "X-Ob-Product") {
		if n := len(c.Header.Values(header)); n > 1 {
			return fmt.Errorf("header %s given %d times", header, n)
		}
	}
	organization, ok := c.Credential("X-OB-Org-Id")
	if !ok {
		return errors.New("header X-OB-Org-Id is required, once")
	}
	project, ok := v.project(c, organization)
	if !ok {
		return errors.New("header X-OB-Project-Id is required, once")
	}
	for _, product := range c.Header.Values("X-Ob-Product") {
		known := len(v.settings.Products) == 0 || slices.Contains(v.settings.Products, product)
		if product == "" || !known {
			return fmt.Errorf("header X-Ob-Product: %q is no supported product", product)
		}
	}
	if err := v.checkUID(c); err != nil {
		return err
	}
	c.workspace = v.workspace(project)
	if c.workspace == nil || c.workspace.OrganizationID != organization {
		return problem{status: v.settings.UnknownProjectStatus, message: "no access to this organization or project"}
	}
	return nil
}

// project returns the project that a request names, or that it means without.
func (v *Vendor) project(c *call, organization string) (string, bool) {
	id, ok := c.Credential("X-OB-Project-Id")
	if ok || !v.settings.OptionalProject || len(c.Header.Values("X-OB-Project-Id")) > 0 {
		return id, ok
	}
	if w := v.workspace(v.lastUsed); w != nil && w.OrganizationID == organization {
		return w.ID, true
	}
	i := slices.IndexFunc(v.state.Workspaces, func(w *Workspace) bool {
		return w.OrganizationID == organization && w.DeletedAt == nil
	})
	if i < 0 {
		return "", true // none to fall back to, which is for address to say
	}
	return v.state.Workspaces[i].ID, true
}

// checkUID checks the account id in the query.
func (v *Vendor) checkUID(c *call) error {
	uid := c.Query.Get("uid")
	switch {
	case uid == "" && (v.settings.RequireUID || c.Query.Has("uid")):
		return errors.New("uid: is required")
	case uid != "" && v.settings.UID != "" && uid != v.settings.UID:
		return errors.New("uid: is not that of this account")
	}
	return nil
}
