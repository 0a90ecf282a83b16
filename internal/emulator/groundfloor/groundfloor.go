// Package groundfloor emulates the Workspaces API of the Groundfloor control
// plane: workspaces of accounts, provisioned in the background, frozen and
// thawed, but never deleted by a call.
//
// It is written from the vendor's documentation, pages "Workspaces API", "API
// introduction", "Authentication", "Provisioning" and "Offboarding". The first
// wins where they disagree. They leave much open: the shape of most answers,
// the body of a status change, the status of a workspace that is not ready.
// There it takes the plainest reading, and a setting where there are two.
// Nowhere is an error code named, so all are empty. The pillars below a
// workspace (secrets, files and so on) do not exist here.
package groundfloor

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/window"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// Name is where the vendor is mounted, without the slash.
const Name = "groundfloor"

// DefaultAccountID is the account that exists from the start and that the
// user administers.
const DefaultAccountID = "5f0c7f1e-6d0b-4e0e-9a53-0d6a1a2b3c4d"

// retention is how long a frozen workspace is kept.
const retention = 30 * 24 * time.Hour

// The documented statuses of a workspace. What it has before it is active is
// a setting.
const (
	statusActive = "active"
	statusFrozen = "frozen"
)

// What a user may do with an account or a workspace, by the names of the
// vendor's permissions. Who may administer may also read.
const (
	permissionAdminister = "administer"
	permissionRead       = "read"
	permissionNone       = "none"
)

// The documented names of events.
const (
	eventProvisioned = "client.provisioned"
	eventSuspended   = "client.suspended"
)

// State is everything the vendor knows, deleted objects included. What time
// alone brings about (a saga that goes on, a retention that ends) is in it as
// of the last look.
type State struct {
	Tokens []Token `json:"tokens"`
	// Workspaces are the rows that exist or existed. One that is still to be
	// made is in its run.
	Workspaces       []*Workspace       `json:"workspaces"`
	ProvisioningRuns []*ProvisioningRun `json:"provisioningRuns"`
}

// Token is a bearer token of the one user there is.
type Token struct {
	Value string `json:"value"`
	// SetAt is when its lifetime began.
	SetAt time.Time `json:"setAt"`
}

// Workspace is one workspace.
type Workspace struct {
	ID        string `json:"id"`
	AccountID string `json:"accountID"`
	Name      string `json:"name"`
	Slug      string `json:"slug"`
	// Status is active, frozen, or the setting provisioningStatus.
	Status       string `json:"status"`
	Region       string `json:"region"`
	TenancyModel string `json:"tenancyModel"`
	// Member says that the user has a membership, and so finds it in his list.
	Member bool `json:"member"`
	// Permission is what the user may do: administer, read or none.
	Permission   string        `json:"permission"`
	Environments []Environment `json:"environments"`
	// Events are the audit log, oldest first.
	Events    []Event    `json:"events"`
	CreatedAt time.Time  `json:"createdAt"`
	FrozenAt  *time.Time `json:"frozenAt,omitempty"`
	// RetentionUntil is when the workspace is deleted with all it has.
	RetentionUntil *time.Time `json:"retentionUntil,omitempty"`
	DeletedAt      *time.Time `json:"deletedAt,omitempty"`
	// HiddenLists is how many more lists leave the workspace out.
	HiddenLists int `json:"hiddenLists,omitempty"`
}

// Environment is one of the three parts of a workspace: dev, staging or prod.
type Environment struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
}

// Event is an entry of a workspace's audit log.
type Event struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Vendor is the emulated API. It is not safe for concurrent use.
type Vendor struct {
	settings Settings
	state    State
	limiter  window.Limiter
	random   chance.Source
	now      func() time.Time
}

// New returns a vendor without workspaces whose one user has the given bearer
// tokens. now is the clock of out-of-band changes.
// random is where ids and secrets come from.
func New(settings Settings, tokens []string, now func() time.Time, random chance.Source) *Vendor {
	v := &Vendor{settings: settings, now: now, random: random}
	v.state = State{Tokens: issued(tokens, now()), Workspaces: []*Workspace{}, ProvisioningRuns: []*ProvisioningRun{}}
	return v
}

func issued(tokens []string, now time.Time) []Token {
	out := []Token{}
	for _, value := range tokens {
		out = append(out, Token{Value: value, SetAt: now})
	}
	return out
}

// State returns everything the vendor knows.
func (v *Vendor) State() any {
	v.settle(v.now())
	return v.state
}

// Restore puts a saved state in the place of the present one.
func (v *Vendor) Restore(state []byte) error {
	var next State
	if err := wire.Decode(state, &next); err != nil {
		return err
	}
	v.state = next
	return nil
}

// Throttled is the answer to a client that is too fast. The documentation has
// none: it is a plain 429, with Retry-After only if asked for.
func (v *Vendor) Throttled(retryAfterSeconds *int) wire.Reply {
	reply := v.refuse(problem{status: http.StatusTooManyRequests, message: "Too many requests"})
	if retryAfterSeconds != nil {
		reply.Header.Set("Retry-After", strconv.Itoa(*retryAfterSeconds))
	}
	return reply
}

// workspace returns the live workspace of that id, or nil.
func (v *Vendor) workspace(id string) *Workspace {
	for _, w := range v.state.Workspaces {
		if strings.EqualFold(w.ID, id) && w.DeletedAt == nil {
			return w
		}
	}
	return nil
}

// record adds an event to the audit log.
func (v *Vendor) record(w *Workspace, event string, at time.Time) {
	w.Events = append(w.Events, Event{ID: v.random.UUID(), Name: event, At: at})
}

// freeze starts the time after which the workspace is deleted.
func (v *Vendor) freeze(w *Workspace, now time.Time) {
	until := now.Add(retention)
	w.Status, w.FrozenAt, w.RetentionUntil = statusFrozen, &now, &until
	v.record(w, eventSuspended, now)
}

// newEnvironments returns the three environments every workspace has.
func (v *Vendor) newEnvironments(state string) []Environment {
	out := []Environment{}
	for _, name := range []string{"dev", "staging", "prod"} {
		out = append(out, Environment{ID: v.random.UUID(), Name: name, State: state})
	}
	return out
}

// slugOf makes a slug from a name: its letters and digits of ASCII in lower
// case, with one hyphen for what is between them.
func slugOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 {
		return "workspace"
	}
	return strings.Join(words, "-")
}

// isUUID reports whether s is a UUID in its usual form, in any case.
func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	digits, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil && len(digits) == 16
}
