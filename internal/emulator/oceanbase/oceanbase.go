// Package oceanbase emulates the API key endpoints of the AI service of
// OceanBase Cloud: creating, listing and deleting the keys of one project of
// an organization. Projects themselves are made in the console only.
//
// It is written from the vendor's documentation, the pages on creating,
// listing and deleting an AI service API key, the guide to the Open API, and
// the pages on AccessKeys and on API keys in the console. Where the first of
// them and the others disagree, the first is the default and a setting has the
// other reading. Error codes that no page names are empty.
package oceanbase

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/window"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Name is where the vendor is mounted, without the slash.
const Name = "oceanbase"

// The organization and the project that exist from the start: the ids of the
// documentation's examples.
const (
	DefaultOrganizationID = "org-xxxxxxxx"
	DefaultProjectID      = "proj-xxxxxxxx"
)

// Settings are what the documentation leaves open or a test wants to vary.
type Settings struct {
	// Auth is how a request proves who makes it: "basic", as the API key pages
	// show, "digest", as the guide to the Open API does, or "both" for either.
	Auth string `json:"auth"`
	// DigestAlgorithm is the one that Digest challenges name: "MD5" or
	// "SHA-256". No page names any.
	DigestAlgorithm string `json:"digestAlgorithm"`
	// NonceLifetimeSeconds is how long a Digest nonce is accepted; 0 is for ever.
	NonceLifetimeSeconds int `json:"nonceLifetimeSeconds"`
	// Realm is the realm of every challenge, in printable ASCII without quotes
	// and backslashes. No page shows one.
	Realm string `json:"realm"`
	// FoldChallenges writes both challenges in one line of the header, as HTTP
	// allows, where Auth is "both".
	FoldChallenges bool `json:"foldChallenges"`
	// Products are the values that the header X-Ob-Product may have; empty
	// accepts any. The documentation says that there are some and names none.
	Products []string `json:"products"`
	// OptionalProject lets a request without X-OB-Project-Id mean the project
	// that was last used, as the guide to the Open API has it.
	OptionalProject bool `json:"optionalProject"`
	// RequireUID refuses requests without the query parameter uid. Its page
	// calls it optional and names the error for a missing one.
	RequireUID bool `json:"requireUID"`
	// UID is the only uid accepted where one is sent; empty accepts any.
	UID string `json:"uid"`
	// UnknownProjectStatus answers for an organization or a project that does
	// not exist (any more): 403 or 404. No page says.
	UnknownProjectStatus int `json:"unknownProjectStatus"`
	// LaxNames accepts any key name that is not empty. The API's page states no
	// limits; the console allows 2 to 64 characters of a small set.
	LaxNames bool `json:"laxNames"`
	// UniqueNames refuses a second live key of the same name in a project. No
	// page says that names are unique.
	UniqueNames bool `json:"uniqueNames"`
	// UUIDKeyIDs makes the ids of new keys UUIDs, as the text of the page on
	// deleting calls them; its example is ak- and sixteen characters.
	UUIDKeyIDs bool `json:"uuidKeyIDs"`
	// DeleteUnknown answers for deleting a key that does not exist: "error"
	// (404) or "success". No page says.
	DeleteUnknown string `json:"deleteUnknown"`
	// MaxPageSize is the largest page of a list, 20 to 100. A request for a
	// larger one is not refused, but gets a page of 20.
	MaxPageSize int `json:"maxPageSize"`
	// OldestFirst turns the order of lists around. No page states one.
	OldestFirst bool `json:"oldestFirst"`
	// ShowTotal adds to a list page how many keys there are. No page shows it.
	ShowTotal bool `json:"showTotal"`
	// MaskedKeys adds the masked key to every item of a list, as the console
	// shows it.
	MaskedKeys bool `json:"maskedKeys"`
	// ListLagMillis hides a key from lists for so long after its creation.
	ListLagMillis int64 `json:"listLagMillis"`
	// ListLagCalls hides a key from the first so many lists after its creation.
	ListLagCalls int `json:"listLagCalls"`
	// ErrorShape picks one of the documented forms of an error: "general" for
	// that of the guide to the Open API, "maas" for that of the page on deleting.
	ErrorShape string `json:"errorShape"`
	// SoftErrors answers errors with status 200 and success false. What only a
	// status can tell keeps it: 401, which carries the challenge, and 429.
	SoftErrors bool `json:"softErrors"`
	// RequestsPerMinute is how many requests one credential may make in any
	// sixty seconds; 0 is no limit. The documentation names no number.
	RequestsPerMinute int `json:"requestsPerMinute"`
	// RetryAfterSeconds is sent with 429 answers if set. The documentation
	// does not mention the header.
	RetryAfterSeconds *int `json:"retryAfterSeconds"`
}

// Defaults are the settings closest to the documentation.
func Defaults() Settings {
	return Settings{
		Auth: authBasic, DigestAlgorithm: algorithmMD5, NonceLifetimeSeconds: 300, Realm: Name,
		Products: []string{}, UnknownProjectStatus: http.StatusForbidden,
		DeleteUnknown: deleteError, MaxPageSize: maxPageSize, ErrorShape: shapeGeneral,
	}
}

// check returns the first setting that makes no sense.
func (s Settings) check() error {
	unquotable := func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
	switch {
	case !slices.Contains([]string{authBasic, authDigest, authBoth}, s.Auth):
		return fmt.Errorf("auth %q: must be basic, digest or both", s.Auth)
	case !slices.Contains([]string{algorithmMD5, algorithmSHA256}, s.DigestAlgorithm):
		return fmt.Errorf("digestAlgorithm %q: must be MD5 or SHA-256", s.DigestAlgorithm)
	case s.NonceLifetimeSeconds < 0:
		return errors.New("nonceLifetimeSeconds must not be negative")
	case strings.ContainsFunc(s.Realm, unquotable):
		return errors.New("realm must be printable ASCII without quotes and backslashes")
	case !slices.Contains([]int{http.StatusForbidden, http.StatusNotFound}, s.UnknownProjectStatus):
		return fmt.Errorf("unknownProjectStatus %d: must be 403 or 404", s.UnknownProjectStatus)
	case !slices.Contains([]string{deleteError, deleteSuccess}, s.DeleteUnknown):
		return fmt.Errorf("deleteUnknown %q: must be error or success", s.DeleteUnknown)
	case s.MaxPageSize < oversizePageSize || s.MaxPageSize > maxPageSize:
		return fmt.Errorf("maxPageSize %d: must be %d to %d", s.MaxPageSize, oversizePageSize, maxPageSize)
	case !slices.Contains([]string{shapeGeneral, shapeMaas}, s.ErrorShape):
		return fmt.Errorf("errorShape %q: must be general or maas", s.ErrorShape)
	}
	return nil
}

// State is everything the vendor knows, deleted objects included.
type State struct {
	// AccessKeys are the credentials of the API, each an AccessKey id and its
	// secret with a colon between them. They may do everything.
	AccessKeys []string     `json:"accessKeys"`
	Workspaces []*Workspace `json:"workspaces"`
	Keys       []*Key       `json:"keys"`
}

// Workspace is one project of an organization, which is what this vendor has
// in the place of a workspace. An organization exists as long as a project of
// it does.
type Workspace struct {
	ID             string     `json:"id"`
	OrganizationID string     `json:"organizationID"`
	Name           string     `json:"name"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
	DeletedAt      *time.Time `json:"deletedAt,omitempty"`
}

// Key is one API key of the AI service. It is no credential of this API.
type Key struct {
	ID string `json:"id"`
	// Secret is the key itself, which only the answer to its creation shows.
	Secret string `json:"secret"`
	Name   string `json:"name"`
	// Action is what the key may do, in words the documentation does not list.
	Action      string     `json:"action"`
	WorkspaceID string     `json:"workspaceID"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
	ExpiresAt   *time.Time `json:"expiresAt"`
	DeletedAt   *time.Time `json:"deletedAt,omitempty"`
	// HiddenLists is how many more lists leave the key out.
	HiddenLists int `json:"hiddenLists,omitempty"`
}

// Vendor is the emulated API. It is not safe for concurrent use.
type Vendor struct {
	settings Settings
	state    State
	limiter  window.Limiter
	nonces   nonces
	// opaque goes with every Digest challenge and must come back.
	opaque string
	// lastUsed is the project that a request without one means.
	lastUsed string
	random   chance.Source
	now      func() time.Time
}

// New returns a vendor with one organization and one project in it, which
// accepts the given credentials, each an AccessKey id and its secret with a
// colon between them. now is the clock of out-of-band changes.
// random is where ids and secrets come from.
func New(settings Settings, credentials []string, now func() time.Time, random chance.Source) *Vendor {
	v := &Vendor{settings: settings, opaque: random.Hex(8), now: now, random: random}
	v.state = State{AccessKeys: slices.Clone(credentials), Workspaces: []*Workspace{}, Keys: []*Key{}}
	first := v.newWorkspace("default", now())
	first.ID = DefaultProjectID
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
	if err := next.check(); err != nil {
		return err
	}
	v.settings = next
	return nil
}

func (v *Vendor) newWorkspace(name string, now time.Time) *Workspace {
	return &Workspace{
		ID: "proj-" + v.random.Hex(4), OrganizationID: DefaultOrganizationID, Name: name, CreatedAt: now, UpdatedAt: now,
	}
}

// newKey returns a key of the documented forms: an id of ak- and sixteen
// characters, a secret that begins with sk_.
func (v *Vendor) newKey(workspace, name, action string, now time.Time) *Key {
	k := &Key{
		ID: "ak-" + v.random.Hex(8), Secret: "sk_" + v.random.Hex(16), Name: name, Action: action, WorkspaceID: workspace,
		CreatedAt: now, UpdatedAt: now, HiddenLists: v.settings.ListLagCalls,
	}
	if v.settings.UUIDKeyIDs {
		k.ID = v.random.UUID()
	}
	return k
}
