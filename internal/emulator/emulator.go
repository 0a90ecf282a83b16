package emulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/emulator/guance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
	"github.com/workspace-operator/workspace-operator/internal/emulator/portkey"
	"github.com/workspace-operator/workspace-operator/internal/emulator/slaunchx"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The credentials accepted at the start when the options name none.
const (
	DefaultGuanceOwnerKey  = "guance-owner-key"
	DefaultPortkeyAdminKey = "portkey-admin-key"
	// DefaultSlaunchxToken goes with DefaultSlaunchxClientHash.
	DefaultSlaunchxToken      = "slaunchx-owner-token"
	DefaultSlaunchxClientHash = "slaunchx-client-hash"
	DefaultGroundfloorToken   = "groundfloor-admin-token"
	// DefaultOceanbaseAccessKeyID goes with DefaultOceanbaseAccessKeySecret.
	DefaultOceanbaseAccessKeyID     = "oceanbase-ak"
	DefaultOceanbaseAccessKeySecret = "oceanbase-sk"
)

// DefaultKeyNameLimit is the longest guance key name in characters.
const DefaultKeyNameLimit = 256

// Options say how an emulator starts. The zero value is an emulator in memory
// with the default credentials and without rate limits.
type Options struct {
	// StateFile is where the state is kept; empty for memory only. If the file
	// exists, its objects, credentials and settings win over the other options.
	StateFile string
	// JournalFile is where the request log is kept, so that it outlives the
	// process; empty for memory only.
	JournalFile string
	// GuanceOwnerKey is an access key of the guance workspace that exists from
	// the start; PortkeyAdminKey is a portkey Admin key with all scopes.
	GuanceOwnerKey, PortkeyAdminKey string
	// SlaunchxCredential is a token of the owner of the slaunchx workspace that
	// exists from the start and the client hash bound to it, as TOKEN:HASH;
	// GroundfloorToken is of the administrator of the groundfloor account;
	// OceanbaseCredential is an access key and its secret, as AK:SK.
	SlaunchxCredential, GroundfloorToken, OceanbaseCredential string
	// GuanceKeyRateLimit, GuanceWorkspaceRateLimit and PortkeyRateLimit are
	// requests in any sixty seconds, per key, per workspace and per credential;
	// 0 is no limit.
	GuanceKeyRateLimit, GuanceWorkspaceRateLimit, PortkeyRateLimit int
	// GuanceKeyNameLimit is in characters; 0 is [DefaultKeyNameLimit].
	GuanceKeyNameLimit int
	// Random is where ids and secrets come from; nil is what nobody can guess. Any
	// other is for tests that want the same ones again, one request at a time.
	Random io.Reader
	// Now is the clock for timestamps and rate limits; nil is time.Now.
	Now func() time.Time
}

// vendor is one emulated API. The emulator never calls it concurrently.
type vendor interface {
	// Route names the endpoint of a path, "" if there is none.
	Route(method, path string) string
	Serve(*wire.Request) wire.Reply
	Throttled(retryAfterSeconds *int) wire.Reply
	stored
	backstage
}

// stored is what a vendor remembers.
type stored interface {
	State() any
	// Restore puts a saved state in the place of the present one.
	Restore(state []byte) error
	Settings() any
	// Configure sets the settings that the document names.
	Configure(settings []byte) error
}

// backstage is what can be done at a vendor without its API.
type backstage interface {
	Create(kind string, fields []byte) (any, error)
	Change(kind, id string, fields []byte) (any, error)
	Remove(kind, id string) error
	Credentials() []string
	SetCredentials([]string) error
}

// Emulator is the server. It is an http.Handler and safe for concurrent use;
// its methods do what the control API does.
type Emulator struct {
	options Options
	now     func() time.Time
	log     *journal.Log
	faults  *fault.Script
	control http.Handler

	// mu guards the vendors and makes their requests happen one at a time, each
	// saved before the next begins.
	mu      sync.Mutex
	vendors map[string]vendor
}

// New returns an emulator. It fails if the state file exists and cannot be
// understood, or cannot be written.
func New(options Options) (*Emulator, error) {
	e := &Emulator{options: options, now: options.Now, log: journal.New(), faults: &fault.Script{}}
	if e.now == nil {
		e.now = time.Now
	}
	e.control = e.controlHandler()
	e.vendors = e.newVendors()
	if err := e.load(); err != nil {
		return nil, err
	}
	if options.JournalFile != "" {
		log, err := journal.Open(options.JournalFile)
		if err != nil {
			return nil, err
		}
		e.log = log
	}
	return e, e.save()
}

func (e *Emulator) newVendors() map[string]vendor {
	guanceSettings := guance.Settings{
		KeyRequestsPerMinute:       e.options.GuanceKeyRateLimit,
		WorkspaceRequestsPerMinute: e.options.GuanceWorkspaceRateLimit,
		KeyNameLimit:               cmp.Or(e.options.GuanceKeyNameLimit, DefaultKeyNameLimit),
	}
	portkeySettings := portkey.Defaults()
	portkeySettings.RequestsPerMinute = e.options.PortkeyRateLimit
	ownerKey := cmp.Or(e.options.GuanceOwnerKey, DefaultGuanceOwnerKey)
	adminKey := cmp.Or(e.options.PortkeyAdminKey, DefaultPortkeyAdminKey)
	partner := cmp.Or(e.options.SlaunchxCredential, DefaultSlaunchxToken+":"+DefaultSlaunchxClientHash)
	token := cmp.Or(e.options.GroundfloorToken, DefaultGroundfloorToken)
	accessKey := cmp.Or(e.options.OceanbaseCredential, DefaultOceanbaseAccessKeyID+":"+DefaultOceanbaseAccessKeySecret)
	now, random := func() time.Time { return e.now().UTC() }, chance.From(e.options.Random)
	return map[string]vendor{
		guance.Name:      guance.New(guanceSettings, []string{ownerKey}, now, random),
		portkey.Name:     portkey.New(portkeySettings, []string{adminKey}, now, random),
		slaunchx.Name:    slaunchx.New(slaunchx.Defaults(), []string{partner}, now, random),
		groundfloor.Name: groundfloor.New(groundfloor.Defaults(), []string{token}, now, random),
		oceanbase.Name:   oceanbase.New(oceanbase.Defaults(), []string{accessKey}, now, random),
	}
}

// Guance returns a copy of what the vendor guance knows.
func (e *Emulator) Guance() guance.State { return inspect[guance.State](e, guance.Name) }

// Portkey returns a copy of what the vendor portkey knows.
func (e *Emulator) Portkey() portkey.State { return inspect[portkey.State](e, portkey.Name) }

// Slaunchx returns a copy of what the vendor slaunchx knows.
func (e *Emulator) Slaunchx() slaunchx.State { return inspect[slaunchx.State](e, slaunchx.Name) }

// Groundfloor returns a copy of what the vendor groundfloor knows.
func (e *Emulator) Groundfloor() groundfloor.State {
	return inspect[groundfloor.State](e, groundfloor.Name)
}

// Oceanbase returns a copy of what the vendor oceanbase knows.
func (e *Emulator) Oceanbase() oceanbase.State { return inspect[oceanbase.State](e, oceanbase.Name) }

// inspect copies a vendor's state by way of JSON, which all of it goes through
// anyhow when it is saved.
func inspect[T any](e *Emulator, name string) T {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out T
	data, err := json.Marshal(e.vendors[name].State())
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("state of %s does not survive JSON: %v", name, err))
	}
	return out
}

// Requests returns the selected entries of the request log and how many
// entries the bounded log has dropped.
func (e *Emulator) Requests(f journal.Filter) (entries []journal.Entry, dropped int64) {
	return e.log.Entries(f)
}

// ForgetRequests empties the request log and the counters.
func (e *Emulator) ForgetRequests() { e.log.Clear() }

// Counts returns the counters by vendor and then by "METHOD route".
func (e *Emulator) Counts() map[string]map[string]journal.Count { return e.log.Counts() }

// AddFault puts a fault in force and returns its id.
func (e *Emulator) AddFault(f fault.Fault) (int, error) {
	if f.Vendor != "" && !slices.Contains(e.vendorNames(), f.Vendor) {
		return 0, fmt.Errorf("unknown vendor %q", f.Vendor)
	}
	return e.faults.Add(f)
}

// Faults returns the faults in force with their counters.
func (e *Emulator) Faults() []fault.Fault { return e.faults.List() }

// ClearFaults removes all faults.
func (e *Emulator) ClearFaults() { e.faults.Clear() }

func (e *Emulator) vendorNames() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.vendors))
}
