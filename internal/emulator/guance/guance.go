// Package guance emulates the open API of Guance Cloud (TrueWatch): creating
// workspaces, and reading and managing the one workspace that owns the calling
// key.
//
// It is written from the vendor's documentation, pages "Workspace - Create",
// "Workspace - Get", "Workspace - Modify", "API Key - Add, List, Get, Delete",
// "Error definition" and "API limits". Where they are silent it does the least
// a client could rely on: error codes that no page names are empty.
package guance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/window"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Name is where the vendor is mounted, without the slash.
const Name = "guance"

// Settings are what the documentation leaves open or a test wants to vary.
type Settings struct {
	// KeyRequestsPerMinute is how many requests one key may make in any sixty
	// seconds; 0 is no limit. The documentation says 20.
	KeyRequestsPerMinute int `json:"keyRequestsPerMinute"`
	// WorkspaceRequestsPerMinute is the same for all keys of a workspace
	// together. The documentation says 200.
	WorkspaceRequestsPerMinute int `json:"workspaceRequestsPerMinute"`
	// KeyNameLimit is the longest key name in characters. The console allows
	// 50, the page for private deployments 256.
	KeyNameLimit int `json:"keyNameLimit"`
	// PlainErrorCodes spells error codes without "ft.", as the older page does.
	PlainErrorCodes bool `json:"plainErrorCodes"`
	// ShowTokens adds the credentials token and cliToken to every workspace in
	// an answer, as older examples have them.
	ShowTokens bool `json:"showTokens"`
	// ListLagMillis hides a key from lists for so long after its creation.
	ListLagMillis int64 `json:"listLagMillis"`
	// ListLagCalls hides a key from the first so many lists after its creation.
	ListLagCalls int `json:"listLagCalls"`
}

// State is everything the vendor knows, deleted objects included.
type State struct {
	// Owner is the account that owns every workspace.
	Owner      Account      `json:"owner"`
	Workspaces []*Workspace `json:"workspaces"`
	Keys       []*Key       `json:"keys"`
}

// Account is a person at the vendor.
type Account struct {
	UUID  string `json:"uuid"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

// Workspace is one workspace. The vendor's API cannot delete it; DeletedAt is
// set by a deletion in the vendor's console.
type Workspace struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
	Desc string `json:"desc"`
	// MenuStyle is Operations, Testing, Development or empty.
	MenuStyle string `json:"menuStyle"`
	// Language is zh, en or empty.
	Language     string     `json:"language"`
	BillingState string     `json:"billingState"`
	VersionType  string     `json:"versionType"`
	DatabaseUUID string     `json:"databaseUUID"`
	SearchUUID   string     `json:"searchUUID"`
	Token        string     `json:"token"`
	CLIToken     string     `json:"cliToken"`
	Locked       bool       `json:"locked"`
	LockedAt     *time.Time `json:"lockedAt,omitempty"`
	Creator      string     `json:"creator"`
	Updator      string     `json:"updator"`
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
	DeletedAt    *time.Time `json:"deletedAt,omitempty"`
}

// Key is one access key of a workspace.
type Key struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
	// SK is the secret: the value of the DF-API-KEY header.
	SK            string     `json:"sk"`
	WorkspaceUUID string     `json:"workspaceUUID"`
	RoleUUIDs     []string   `json:"roleUUIDs"`
	Creator       string     `json:"creator"`
	Updator       string     `json:"updator"`
	CreatedAt     time.Time  `json:"createdAt"`
	UpdatedAt     time.Time  `json:"updatedAt"`
	DeletedAt     *time.Time `json:"deletedAt,omitempty"`
	// HiddenLists is how many more lists leave the key out.
	HiddenLists int `json:"hiddenLists,omitempty"`
}

// Vendor is the emulated API. It is not safe for concurrent use.
type Vendor struct {
	settings Settings
	state    State
	keys     window.Limiter
	spaces   window.Limiter
	random   chance.Source
	now      func() time.Time
}

// New returns a vendor with one account and one workspace of it, which owns
// the given keys. now is the clock of out-of-band changes.
// random is where ids and secrets come from.
func New(settings Settings, ownerKeys []string, now func() time.Time, random chance.Source) *Vendor {
	v := &Vendor{
		settings: settings,
		state: State{
			Owner:      Account{UUID: newID(random, "acnt_"), Name: "Test"},
			Workspaces: []*Workspace{},
			Keys:       []*Key{},
		},
		now: now, random: random,
	}
	owner := v.newWorkspace("owner", now())
	owner.Creator, owner.Updator = v.state.Owner.UUID, v.state.Owner.UUID
	v.state.Workspaces = append(v.state.Workspaces, owner)
	for i, sk := range ownerKeys {
		key := v.newKey(owner.UUID, fmt.Sprintf("owner-%d", i+1), v.state.Owner.UUID, now())
		key.SK = sk
		v.state.Keys = append(v.state.Keys, key)
	}
	return v
}

func (v *Vendor) newWorkspace(name string, now time.Time) *Workspace {
	return &Workspace{
		UUID:         newID(v.random, "wksp_"),
		Name:         name,
		BillingState: "free",
		VersionType:  "free",
		DatabaseUUID: newID(v.random, "ifdb_"),
		SearchUUID:   newID(v.random, "es_"),
		Token:        newID(v.random, "tkn_"),
		CLIToken:     newID(v.random, "wkcli_"),
		CreatedAt:    now,
		UpdatedAt:    now,
	}
}

func (v *Vendor) newKey(workspace, name, creator string, now time.Time) *Key {
	return &Key{
		UUID:          newID(v.random, "wsak_"),
		Name:          name,
		SK:            v.random.Text(),
		WorkspaceUUID: workspace,
		RoleUUIDs:     []string{"wsAdmin"},
		Creator:       creator,
		Updator:       creator,
		CreatedAt:     now,
		UpdatedAt:     now,
		HiddenLists:   v.settings.ListLagCalls,
	}
}

// workspace returns the live workspace of that id, or nil.
func (v *Vendor) workspace(uuid string) *Workspace {
	for _, w := range v.state.Workspaces {
		if w.UUID == uuid && w.DeletedAt == nil {
			return w
		}
	}
	return nil
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
	if next.KeyNameLimit < 1 {
		return errors.New("keyNameLimit must be at least 1")
	}
	v.settings = next
	return nil
}

// Throttled is the answer to a key that makes too many requests: the vendor
// uses 401 for it and documents no Retry-After; one is sent only if asked for.
func (v *Vendor) Throttled(retryAfterSeconds *int) wire.Reply {
	reply := v.refuse(tooManyByKey())
	if retryAfterSeconds != nil {
		reply.Header.Set("Retry-After", strconv.Itoa(*retryAfterSeconds))
	}
	return reply
}

// newID returns prefix and 32 hex digits, the documented form of every id.
func newID(random chance.Source, prefix string) string { return prefix + random.Hex(16) }

// newTraceID returns an id of the documented form: TRACE- and a UUID in upper case.
func (v *Vendor) newTraceID() string {
	h := strings.ToUpper(v.random.Hex(16))
	return fmt.Sprintf("TRACE-%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
