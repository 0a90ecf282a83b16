// Package slaunchx emulates the browser chain (/web/v1) of SlaunchX's partner
// portal: reading a workspace, and the life of the API keys in it.
//
// It is written from the vendor's documentation: the page "Create API Key" and
// its siblings for getting, disabling, enabling and deleting a key, the pages
// about workspaces, environments, authentication and the error model. Where
// they are silent it does the least a client could rely on: error codes that no
// page names are empty. Keys cannot be listed, changed or rotated, and
// workspaces cannot be made or changed: no page says how. There is no login
// either, so tokens are given to it from outside. Messages are in English,
// whatever language is asked for.
package slaunchx

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/window"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Name is where the vendor is mounted, without the slash.
const Name = "slaunchx"

// DefaultWorkspaceID is the workspace that exists from the start. The user of
// the credentials owns it.
const DefaultWorkspaceID = "ws_partner_1"

// maxTokenLifetime is a hundred years in seconds.
const maxTokenLifetime = 100 * 365 * 24 * 60 * 60

// Settings are what the documentation leaves open or a test wants to vary.
type Settings struct {
	// RequestsPerMinute is how many requests one token may make in any sixty
	// seconds; 0 is no limit. The documentation names no number.
	RequestsPerMinute int `json:"requestsPerMinute"`
	// RetryAfterSeconds is sent with 429 answers if set. The documentation has
	// the header on the vendor's backend chain only.
	RetryAfterSeconds *int `json:"retryAfterSeconds"`
	// TokenLifetimeSeconds is how long after it was set a credential is
	// accepted; 0 is for ever. The documentation names no number.
	TokenLifetimeSeconds int64 `json:"tokenLifetimeSeconds"`
	// ClientHashStatus answers a client hash that is not the token's: 401, with
	// the code of an invalid token, or 403 without a code, as the page about
	// the error model has it.
	ClientHashStatus int `json:"clientHashStatus"`
	// ForeignWorkspaceStatus answers for a workspace that does not exist or
	// that the user has no part in: 404 or 403, both with their code.
	ForeignWorkspaceStatus int `json:"foreignWorkspaceStatus"`
	// IgnoreWorkspaceHeader accepts any X-Workspace-Id and none, as the
	// vendor's SDK says of the backend chain. Otherwise it must be the
	// workspace of the path.
	IgnoreWorkspaceHeader bool `json:"ignoreWorkspaceHeader"`
	// OwnerOnlyReads refuses to show a key to a member of its workspace. The
	// documentation says that only the owner manages keys, not whether reading
	// one is managing it.
	OwnerOnlyReads bool `json:"ownerOnlyReads"`
	// Portal is the portal whose edge the requests come through: PARTNER,
	// SYSTEM, TENANT or CONSUMER. Only PARTNER makes TEST keys.
	Portal string `json:"portal"`
	// ScopeCatalogue lists the scope codes that exist; none means that any
	// code does. The documentation shows two and no catalogue.
	ScopeCatalogue []string `json:"scopeCatalogue"`
	// TestKeyPrefix begins the ids and secrets of TEST keys. The documentation
	// shows those of a LIVE key only.
	TestKeyPrefix string `json:"testKeyPrefix"`
	// DisabledStatus is the status of a disabled key, which no page names.
	DisabledStatus string `json:"disabledStatus"`
	// ScopesOnGet calls the scopes of a key "scopes" when it is read, too. The
	// page about getting a key calls them "permissions".
	ScopesOnGet bool `json:"scopesOnGet"`
	// EmptyWorkspaces shows a workspace as {}, as the page about getting one
	// does, instead of with the fields that updating one answers.
	EmptyWorkspaces bool `json:"emptyWorkspaces"`
	// DottedCodes speaks as version 2.0.0 of the pages does, with error codes
	// like RESOURCE.NOT_FOUND. Success stays "2000".
	DottedCodes bool `json:"dottedCodes"`
	// RequestIDs adds an X-Request-Id to every answer: the one of the request,
	// or a new one. The documentation says that the gateway injects the
	// header, not whether answers show it.
	RequestIDs bool `json:"requestIDs"`
}

// Defaults are the settings closest to the documentation.
func Defaults() Settings {
	return Settings{
		ClientHashStatus: http.StatusUnauthorized, ForeignWorkspaceStatus: http.StatusNotFound,
		Portal: portalPartner, TestKeyPrefix: "sk_test_", DisabledStatus: "DISABLED",
	}
}

// State is everything the vendor knows, deleted objects included.
type State struct {
	// UserID is the user that every credential belongs to.
	UserID     string       `json:"userID"`
	Tokens     []*Token     `json:"tokens"`
	Workspaces []*Workspace `json:"workspaces"`
	Keys       []*Key       `json:"keys"`
}

// Token is one credential: what a login in a browser would have given.
type Token struct {
	// Token is the JWT, which the emulator does not look into.
	Token string `json:"token"`
	// ClientHash is the fingerprint that the token is bound to.
	ClientHash string `json:"clientHash"`
	// SetAt is when the token's lifetime began.
	SetAt time.Time `json:"setAt"`
}

// Workspace is one workspace. The vendor's API cannot delete it; DeletedAt is
// set by a deletion in the vendor's console.
type Workspace struct {
	ID            string `json:"id"`
	InstitutionID string `json:"institutionID"`
	EntityID      string `json:"entityID"`
	Name          string `json:"name"`
	Timezone      string `json:"timezone"`
	// Status and Kind have no effect on what can be done. The documentation
	// names one value of each.
	Status    Label          `json:"status"`
	Kind      Label          `json:"kind"`
	ExtraData map[string]any `json:"extraData"`
	// Role is what the user of the credentials is in the workspace: OWNER,
	// MEMBER or NONE.
	Role      string     `json:"role"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
	DeletedAt *time.Time `json:"deletedAt,omitempty"`
}

// Label is a value of one of the vendor's enumerations, as its answers show it.
type Label struct {
	Value int64  `json:"value"`
	Name  string `json:"name,omitempty"`
	Code  string `json:"code"`
}

// Key is one API key.
type Key struct {
	ID string `json:"id"`
	// Secret is the key itself. The vendor shows it once.
	Secret      string `json:"secret"`
	WorkspaceID string `json:"workspaceID"`
	Name        string `json:"name"`
	// Mode is LIVE or TEST.
	Mode string `json:"mode"`
	// Scopes are what the key can do; without any it can do nothing.
	Scopes []string `json:"scopes"`
	// IPWhitelist lists addresses and CIDR blocks; none is no restriction.
	IPWhitelist []string   `json:"ipWhitelist"`
	Disabled    bool       `json:"disabled"`
	CreatedBy   string     `json:"createdBy"`
	CreatedAt   time.Time  `json:"createdAt"`
	LastUsedAt  *time.Time `json:"lastUsedAt"`
	DeletedAt   *time.Time `json:"deletedAt,omitempty"`
}

// Vendor is the emulated API. It is not safe for concurrent use.
type Vendor struct {
	settings Settings
	state    State
	limiter  window.Limiter
	random   chance.Source
	now      func() time.Time
}

// New returns a vendor with one user, one workspace of that user, and the given
// credentials, each of the form TOKEN:CLIENTHASH; one of another form is never
// accepted. now is the clock of credentials and of out-of-band changes.
// random is where ids and secrets come from.
func New(settings Settings, credentials []string, now func() time.Time, random chance.Source) *Vendor {
	v := &Vendor{settings: settings, now: now, random: random}
	v.state = State{UserID: "user_partner_1", Tokens: []*Token{}, Workspaces: []*Workspace{}, Keys: []*Key{}}
	for _, credential := range credentials {
		v.state.Tokens = append(v.state.Tokens, newToken(credential, now()))
	}
	first := v.newWorkspace(now())
	first.ID, first.Name = DefaultWorkspaceID, "Partner"
	v.state.Workspaces = append(v.state.Workspaces, first)
	return v
}

// State returns everything the vendor knows.
func (v *Vendor) State() any { return v.state }

// Restore puts a saved state in the place of the present one.
func (v *Vendor) Restore(state []byte) error {
	var next State
	if err := wire.Decode(state, &next); err != nil {
		return err
	}
	v.state = next
	return nil
}

// Settings returns the settings in force.
func (v *Vendor) Settings() any { return v.settings }

// Configure sets the settings that the document names.
func (v *Vendor) Configure(settings []byte) error {
	next := v.settings
	if err := wire.Merge(&next, settings); err != nil {
		return err
	}
	switch {
	case next.TokenLifetimeSeconds < 0 || next.TokenLifetimeSeconds > maxTokenLifetime:
		return fmt.Errorf("tokenLifetimeSeconds must be 0 to %d", int64(maxTokenLifetime))
	case next.ClientHashStatus != http.StatusUnauthorized && next.ClientHashStatus != http.StatusForbidden:
		return errors.New("clientHashStatus must be 401 or 403")
	case next.ForeignWorkspaceStatus != http.StatusNotFound && next.ForeignWorkspaceStatus != http.StatusForbidden:
		return errors.New("foreignWorkspaceStatus must be 404 or 403")
	case !slices.Contains(portals(), next.Portal):
		return fmt.Errorf("portal %q: must be one of %q", next.Portal, portals())
	case next.DisabledStatus == "" || next.DisabledStatus == statusActive:
		return fmt.Errorf("disabledStatus must be neither empty nor %s", statusActive)
	}
	v.settings = next
	return nil
}

// Throttled is the answer to a client that is too fast. Retry-After is sent only
// if asked for.
func (v *Vendor) Throttled(retryAfterSeconds *int) wire.Reply {
	reply := v.refuse(tooMany())
	if retryAfterSeconds != nil {
		reply.Header.Set("Retry-After", strconv.Itoa(*retryAfterSeconds))
	}
	return reply
}
