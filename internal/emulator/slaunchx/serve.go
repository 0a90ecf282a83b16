package slaunchx

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The portals, each an entrance of its own to the same API.
const (
	portalPartner  = "PARTNER"
	portalSystem   = "SYSTEM"
	portalTenant   = "TENANT"
	portalConsumer = "CONSUMER"
)

func portals() []string {
	return []string{portalPartner, portalSystem, portalTenant, portalConsumer}
}

// languages are those that answers can be had in.
func languages() []string { return []string{"en", "zh", "zh-Hant", "ja", "vi"} }

// call is one authenticated request and the workspace it is about, in which the
// user is at least a member.
type call struct {
	*wire.Request
	params    map[string]string
	workspace *Workspace
	// changed is set by handlers that changed the vendor's state.
	changed bool
}

// operation is what an endpoint does and the status of its success.
type operation struct {
	status int
	// serve returns the data of a successful answer.
	serve func(*Vendor, *call) (any, error)
}

// endpoints lists the documented endpoints. Deleting a key really is a POST
// without the key in its path.
func endpoints() wire.Table[operation] {
	const (
		workspace = "/web/v1/workspaces/{workspaceId}"
		keys      = workspace + "/api-keys"
		key       = keys + "/{keyId}"
	)
	return wire.Table[operation]{
		{Method: http.MethodGet, Pattern: workspace, Handle: operation{http.StatusOK, (*Vendor).getWorkspace}},
		{Method: http.MethodPost, Pattern: keys, Handle: operation{http.StatusCreated, (*Vendor).createKey}},
		{Method: http.MethodPost, Pattern: keys + "/delete", Handle: operation{http.StatusNoContent, (*Vendor).deleteKey}},
		{Method: http.MethodGet, Pattern: key, Handle: operation{http.StatusOK, (*Vendor).getKey}},
		{Method: http.MethodPost, Pattern: key + "/disable", Handle: operation{http.StatusOK, (*Vendor).disableKey}},
		{Method: http.MethodPost, Pattern: key + "/enable", Handle: operation{http.StatusOK, (*Vendor).enableKey}},
	}
}

// find looks a path up with or without the context path, which a client may
// count as part of the host's address or not.
func find(method, path string) wire.Match[operation] {
	if rest, ok := strings.CutPrefix(path, "/prometheus/"); ok {
		path = "/" + rest
	}
	return endpoints().Find(method, path)
}

// Route returns the pattern of a path without the context path, "" if the
// vendor does not have it.
func (v *Vendor) Route(method, path string) string { return find(method, path).Pattern }

// Serve handles one request.
func (v *Vendor) Serve(r *wire.Request) wire.Reply {
	reply := v.answer(r)
	v.identify(r, &reply)
	return reply
}

func (v *Vendor) answer(r *wire.Request) wire.Reply {
	match := find(r.Method, r.Path)
	if match.Pattern == "" {
		return v.refuse(problem{status: http.StatusNotFound, message: "no such route: " + r.Path})
	}
	if !match.Found {
		reply := v.refuse(problem{status: http.StatusMethodNotAllowed, message: fmt.Sprintf("no %s on %s", r.Method, match.Pattern)})
		reply.Header.Set("Allow", strings.Join(match.Allow, ", "))
		return reply
	}
	token, err := v.authenticate(r)
	if err != nil {
		return v.refuse(err)
	}
	if !v.limiter.Free(token.Token, v.settings.RequestsPerMinute, r.Now) {
		return v.Throttled(v.settings.RetryAfterSeconds)
	}
	v.limiter.Admit(token.Token, r.Now)
	c := &call{Request: r, params: match.Params}
	data, err := v.perform(match.Handle, c)
	if err != nil {
		return v.refuse(err)
	}
	reply := v.succeed(match.Handle.status, data, r.Now)
	reply.Changed = c.changed
	return reply
}

// perform does what an authenticated request asks for, if it may.
func (v *Vendor) perform(op operation, c *call) (any, error) {
	if err := firstError(v.checkHeaders(c), c.OnlyQuery()); err != nil {
		return nil, err
	}
	c.workspace = v.workspace(c.params["workspaceId"])
	if c.workspace == nil || c.workspace.Role == roleNone {
		return nil, v.foreign()
	}
	return op.serve(v, c)
}

// authenticate finds the living token of a request and holds its client hash
// against the one that the token is bound to. Schemes are compared without
// regard to case (RFC 9110, section 11.1).
func (v *Vendor) authenticate(r *wire.Request) (*Token, error) {
	header, _ := r.Credential("Authorization")
	scheme, bearer, _ := strings.Cut(header, " ")
	i := slices.IndexFunc(v.state.Tokens, func(t *Token) bool { return t.Token == bearer })
	if !strings.EqualFold(scheme, "Bearer") || bearer == "" || i < 0 || v.expired(v.state.Tokens[i], r.Now) {
		return nil, unauthorized("Invalid or expired token")
	}
	token := v.state.Tokens[i]
	hash, ok := r.Credential("X-Client-Hash")
	switch {
	case !ok:
		return nil, errors.New("header X-Client-Hash is required, once")
	case hash == token.ClientHash:
		return token, nil
	case v.settings.ClientHashStatus == http.StatusForbidden:
		return nil, mismatch("Client hash does not match the session")
	}
	return nil, unauthorized("Client hash does not match the session")
}

func (v *Vendor) expired(t *Token, now time.Time) bool {
	lifetime := time.Duration(v.settings.TokenLifetimeSeconds) * time.Second
	return lifetime > 0 && now.Sub(t.SetAt) >= lifetime
}

// checkHeaders holds the headers that every endpoint wants, besides the two of
// authentication, against the documentation. Content-Type is only demanded with
// a body, and read with it.
func (v *Vendor) checkHeaders(c *call) error {
	accept, _ := c.Credential("Accept")
	if !strings.EqualFold(accept, "application/json") {
		return errors.New("header Accept must be application/json")
	}
	workspace, _ := c.Credential("X-Workspace-Id")
	if workspace != c.params["workspaceId"] && !v.settings.IgnoreWorkspaceHeader {
		return errors.New("header X-Workspace-Id must be the workspace of the path")
	}
	if len(c.Header.Values("Accept-Language")) > 0 {
		if language, _ := c.Credential("Accept-Language"); !slices.Contains(languages(), language) {
			return fmt.Errorf("header Accept-Language must be one of %q", languages())
		}
	}
	return nil
}

// foreign refuses a workspace that the user has no part in, as one that does
// not exist: which of the two it is, is nobody's business.
func (v *Vendor) foreign() error {
	if v.settings.ForeignWorkspaceStatus == http.StatusForbidden {
		return forbidden("No access to this workspace")
	}
	return notFound("Workspace not found")
}

// needsOwner refuses a user who is only a member of the workspace.
func (c *call) needsOwner() error {
	if c.workspace.Role != roleOwner {
		return forbidden("Only workspace owner can manage API keys")
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
