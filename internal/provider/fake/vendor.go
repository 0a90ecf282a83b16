package fake

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Everything are the capabilities of a vendor that can do all there is, as a
// start for a test that takes some of them away.
func Everything() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{"apiKey"},
		Checkable:      true,
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Create: true, Get: true, List: true, Update: true, Freeze: true, Delete: true,
			Recovery:   provider.RecoverByMark,
			Fields:     []string{"displayName", "description", "region", "slug", "language", "metadata", "usageLimits", "rateLimits", "access"},
			Changeable: []string{"displayName", "description", "metadata", "access"},
			Clearable:  []string{"description", "metadata"},
		},
		Key: provider.KeyCapabilities{
			Issue: true, Get: true, List: true, Amend: true, Revoke: true,
			Recovery:   provider.RecoverByMark,
			Name:       keyName,
			Fields:     []string{"displayName", "scopes", "mode", "action", "ipAllowlist", "usageLimits", "rateLimits", "access", "expiresAt", "lifetime"},
			Changeable: []string{"displayName", "scopes", "access", "expiresAt", "lifetime"},
		},
	}
}

// Vendor is the world behind the sessions, and the driver that opens them. It
// is safe for concurrent use.
type Vendor struct {
	name         string
	capabilities provider.Capabilities

	mu         sync.Mutex
	now        func() time.Time
	hidesMarks bool
	rejected   map[string]bool
	last       int
	workspaces []*workspace
	faults     []*planted
	calls      []Call
}

type workspace struct {
	provider.Workspace
	// admin is the value that manages it, where the vendor gives one.
	admin string
	keys  []*key
}

type key struct {
	provider.Key
	value string
}

// New is an empty vendor.
func New(name string, capabilities provider.Capabilities) *Vendor {
	return &Vendor{name: name, capabilities: capabilities, now: time.Now, rejected: map[string]bool{}}
}

// Name is the vendor's name.
func (v *Vendor) Name() string { return v.name }

// Capabilities are those the vendor was made with. What they deny answers
// class Unsupported.
func (v *Vendor) Capabilities() provider.Capabilities { return v.capabilities }

// Open takes any value for every credential key.
func (v *Vendor) Open(account provider.Account) (provider.Session, error) {
	for _, name := range v.capabilities.CredentialKeys {
		if account.Credential[name].IsEmpty() {
			return nil, &provider.Error{Class: provider.Invalid, Op: "open account", Message: "the credential has no value for the key " + name}
		}
	}
	return &session{vendor: v, account: account}, nil
}

// SetClock sets where the times come from; it is the system's clock at first.
func (v *Vendor) SetClock(now func() time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = now
}

// HideMarks makes lists of workspaces come in a short form without marks.
func (v *Vendor) HideMarks() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hidesMarks = true
}

// Reject makes every session with this credential value Unauthorized.
func (v *Vendor) Reject(value string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rejected[value] = true
}

// AddWorkspace puts a workspace there behind everyone's back, and gives its
// id, which is made up if it has none.
func (v *Vendor) AddWorkspace(added provider.Workspace) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if added.ID == "" {
		added.ID = v.id("ws")
	}
	v.workspaces = append(v.workspaces, &workspace{Workspace: added})
	return added.ID
}

// AddKey puts a key there behind everyone's back, and gives its id. Adding to
// a workspace that does not exist is a mistake of the test, and panics.
func (v *Vendor) AddKey(workspaceID string, added provider.Key, value string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if added.ID == "" {
		added.ID = v.id("key")
	}
	home := v.find(workspaceID)
	home.keys = append(home.keys, &key{Key: added, value: value})
	return added.ID
}

// RemoveWorkspace takes a workspace away with its keys.
func (v *Vendor) RemoveWorkspace(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.workspaces = slices.DeleteFunc(v.workspaces, func(w *workspace) bool { return w.ID == id })
}

// RemoveKey takes a key away.
func (v *Vendor) RemoveKey(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, home := range v.workspaces {
		home.remove(id)
	}
}

// Workspaces are those that exist, oldest first.
func (v *Vendor) Workspaces() []provider.Workspace {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []provider.Workspace
	for _, w := range v.workspaces {
		all = append(all, w.Workspace)
	}
	return all
}

// Keys are those of a workspace, oldest first.
func (v *Vendor) Keys(workspaceID string) []provider.Key {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []provider.Key
	if home := v.find(workspaceID); home != nil {
		for _, k := range home.keys {
			all = append(all, k.Key)
		}
	}
	return all
}

// Value is the value of a key that exists; empty for any other.
func (v *Vendor) Value(keyID string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, home := range v.workspaces {
		for _, k := range home.keys {
			if k.ID == keyID {
				return k.value
			}
		}
	}
	return ""
}

// id and find are called with the lock held.
func (v *Vendor) id(kind string) string {
	v.last++
	return fmt.Sprintf("%s-%d", kind, v.last)
}

func (v *Vendor) find(id string) *workspace {
	for _, w := range v.workspaces {
		if w.ID == id {
			return w
		}
	}
	return nil
}

func (w *workspace) find(id string) *key {
	for _, k := range w.keys {
		if k.ID == id {
			return k
		}
	}
	return nil
}

func (w *workspace) remove(id string) {
	w.keys = slices.DeleteFunc(w.keys, func(k *key) bool { return k.ID == id })
}
