// Package portkey emulates the admin API of Portkey AI: workspaces of one
// organisation and the API keys in them.
//
// It is written from the vendor's documentation: the pages "Create Workspace"
// and its siblings, the OpenAPI description, the error table of the admin API,
// the guide to key rotation, and what the vendor's Terraform provider reports
// about answers the other pages leave out. Automatic rotation is accepted and
// not carried out; members, icons, guardrail objects and configs do not exist.
package portkey

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/window"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Name is where the vendor is mounted, without the slash.
const Name = "portkey"

// Settings are what the documentation leaves open or a test wants to vary.
type Settings struct {
	// RequestsPerMinute is how many requests one credential may make in any
	// sixty seconds; 0 is no limit. The documentation names no number.
	RequestsPerMinute int `json:"requestsPerMinute"`
	// RetryAfterSeconds is sent with 429 answers if set. The documentation
	// does not mention the header.
	RetryAfterSeconds *int `json:"retryAfterSeconds"`
	// ListShape says what a list of workspaces holds: "full" for whole
	// workspaces, as the schema has it, "example" for the documentation's
	// example, without slug, defaults and limits and with other timestamps.
	ListShape string `json:"listShape"`
	// ErrorShape picks one of the documented forms of an error: "data" (with a
	// code), "message" (data without a code), "openai" or "flat".
	ErrorShape string `json:"errorShape"`
	// WorkspaceGone and KeyGone are the code that answers for a workspace or
	// key that is deleted or not in the organisation: AB03 (403), AB08 or AB02
	// (404). For workspaces the vendor is known to say AB03.
	WorkspaceGone string `json:"workspaceGone"`
	KeyGone       string `json:"keyGone"`
	// UUIDWorkspaceIDs makes the id of a workspace a UUID that differs from its
	// slug. The API's pages show them equal, the provider's documentation not.
	UUIDWorkspaceIDs bool `json:"uuidWorkspaceIDs"`
	// BareWorkspaces creates workspaces without the resources the vendor
	// provisions, which block a deletion without force_delete.
	BareWorkspaces bool `json:"bareWorkspaces"`
	// FloatNumbers writes limits as 10.0 instead of 10.
	FloatNumbers bool `json:"floatNumbers"`
	// StaleReads is how many reads after an update still show the old object.
	StaleReads int `json:"staleReads"`
	// DefaultPageSize is the page size of a list call that names none.
	DefaultPageSize int `json:"defaultPageSize"`
	// MaxPageSize silently caps a requested page size; 0 is no cap.
	MaxPageSize int `json:"maxPageSize"`
	// ListLagMillis hides an object from lists for so long after its creation.
	ListLagMillis int64 `json:"listLagMillis"`
	// ListLagCalls hides an object from the first so many lists after its
	// creation.
	ListLagCalls int `json:"listLagCalls"`
}

// Defaults are the settings closest to the documentation.
func Defaults() Settings {
	return Settings{ListShape: "full", ErrorShape: "data", WorkspaceGone: codeForbidden, KeyGone: codeNotFound, DefaultPageSize: 50}
}

// State is everything the vendor knows, deleted objects included.
type State struct {
	OrganisationID string `json:"organisationID"`
	// AdminKeys are the Admin keys made in the vendor's console, which may do
	// everything. An Admin key with fewer scopes is a [Key] of the organisation.
	AdminKeys  []string     `json:"adminKeys"`
	Workspaces []*Workspace `json:"workspaces"`
	Keys       []*Key       `json:"keys"`
}

// Workspace is one workspace.
type Workspace struct {
	ID          string            `json:"id"`
	Slug        string            `json:"slug"`
	Name        string            `json:"name"`
	Description *string           `json:"description"`
	Metadata    map[string]string `json:"metadata"`
	// IsDefault marks the shared team workspace, which cannot be deleted.
	IsDefault        bool         `json:"isDefault"`
	InputGuardrails  []string     `json:"inputGuardrails"`
	OutputGuardrails []string     `json:"outputGuardrails"`
	UserKeyConfig    *string      `json:"userKeyConfig"`
	Users            []string     `json:"users"`
	UsageLimits      []UsageLimit `json:"usageLimits"`
	RateLimits       []RateLimit  `json:"rateLimits"`
	// Archived workspaces differ only in the status filter of the list.
	Archived bool `json:"archived"`
	// Provisioned says that the vendor put resources of its own in it.
	Provisioned   bool       `json:"provisioned"`
	CreatedAt     time.Time  `json:"createdAt"`
	LastUpdatedAt time.Time  `json:"lastUpdatedAt"`
	DeletedAt     *time.Time `json:"deletedAt,omitempty"`

	HiddenLists int `json:"hiddenLists,omitempty"`
	// Stale is what the next StaleReads reads show.
	Stale      *Workspace `json:"stale,omitempty"`
	StaleReads int        `json:"staleReads,omitempty"`
}

// Key is one API key.
type Key struct {
	ID string `json:"id"`
	// Secret is the key itself; Previous, after a rotation, the one before,
	// which is accepted until TransitionEnds.
	Secret         string     `json:"secret"`
	Previous       string     `json:"previous,omitempty"`
	TransitionEnds *time.Time `json:"transitionEnds,omitempty"`

	Name        string  `json:"name"`
	Description *string `json:"description"`
	// Type is organisation-service, workspace-service or workspace-user.
	Type        string         `json:"type"`
	WorkspaceID string         `json:"workspaceID"`
	UserID      string         `json:"userID"`
	Exhausted   bool           `json:"exhausted"`
	Scopes      []string       `json:"scopes"`
	RateLimits  []RateLimit    `json:"rateLimits"`
	UsageLimits *UsageLimit    `json:"usageLimits"`
	Metadata    map[string]any `json:"metadata"`
	ConfigID    *string        `json:"configID"`
	// ConfigOverride is null until it was ever set.
	ConfigOverride *bool      `json:"configOverride"`
	AlertEmails    []string   `json:"alertEmails"`
	ExpiresAt      *time.Time `json:"expiresAt"`
	Rotation       *Rotation  `json:"rotation"`
	CreatedAt      time.Time  `json:"createdAt"`
	LastUpdatedAt  time.Time  `json:"lastUpdatedAt"`
	DeletedAt      *time.Time `json:"deletedAt,omitempty"`

	HiddenLists int  `json:"hiddenLists,omitempty"`
	Stale       *Key `json:"stale,omitempty"`
	StaleReads  int  `json:"staleReads,omitempty"`
}

// Vendor is the emulated API. It is not safe for concurrent use.
type Vendor struct {
	settings Settings
	state    State
	limiter  window.Limiter
	random   chance.Source
	now      func() time.Time
}

// New returns a vendor with an empty organisation that accepts the given Admin
// keys with every scope. now is the clock of out-of-band changes.
// random is where ids and secrets come from.
func New(settings Settings, adminKeys []string, now func() time.Time, random chance.Source) *Vendor {
	v := &Vendor{settings: settings, now: now, random: random}
	v.state = State{OrganisationID: random.UUID(), Workspaces: []*Workspace{}, Keys: []*Key{}, AdminKeys: slices.Clone(adminKeys)}
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
	case !slices.Contains([]string{"full", "example"}, next.ListShape):
		return fmt.Errorf("listShape %q: must be full or example", next.ListShape)
	case !slices.Contains([]string{"data", "message", "openai", "flat"}, next.ErrorShape):
		return fmt.Errorf("errorShape %q: must be data, message, openai or flat", next.ErrorShape)
	case !isGone(next.WorkspaceGone) || !isGone(next.KeyGone):
		return errors.New("workspaceGone and keyGone must be AB02, AB03 or AB08")
	case next.DefaultPageSize < 1:
		return errors.New("defaultPageSize must be at least 1")
	}
	v.settings = next
	return nil
}

func isGone(code string) bool {
	return code == codeInvalid404 || code == codeForbidden || code == codeNotFound
}

// Throttled is the answer to a client that is too fast.
func (v *Vendor) Throttled(retryAfterSeconds *int) wire.Reply {
	reply := v.refuse(problem{codeRateLimited, "Too many requests"})
	if retryAfterSeconds != nil {
		reply.Header.Set("Retry-After", strconv.Itoa(*retryAfterSeconds))
	}
	return reply
}

// workspace returns the live workspace of that id or slug, or nil.
func (v *Vendor) workspace(id string) *Workspace {
	for _, w := range v.state.Workspaces {
		if (w.ID == id || w.Slug == id) && w.DeletedAt == nil {
			return w
		}
	}
	return nil
}

// key returns the live key of that id, or nil.
func (v *Vendor) key(id string) *Key {
	for _, k := range v.state.Keys {
		if k.ID == id && k.DeletedAt == nil {
			return k
		}
	}
	return nil
}

// newSlug returns a slug of the documented form: ws-, part of the name, and
// six hex digits (ws-test-a-174eb1).
func (v *Vendor) newSlug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if b.Len() == 6 {
			break
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	stem := strings.Trim("ws-"+b.String(), "-")
	for {
		if slug := stem + "-" + v.random.Hex(3); v.workspace(slug) == nil {
			return slug
		}
	}
}
