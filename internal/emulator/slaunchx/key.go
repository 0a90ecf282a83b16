package slaunchx

import (
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// maxNameLength is the longest key name in characters.
const maxNameLength = 128

// statusActive is the one status that the documentation names.
const statusActive = "ACTIVE"

// The modes of a key. Requests say 1 and 2, answers LIVE and TEST.
const (
	modeLive = "LIVE"
	modeTest = "TEST"

	modeLiveNumber = 1
	modeTestNumber = 2
)

// livePrefix begins the id and the secret of a LIVE key, both.
const livePrefix = "sk_live_"

// newKey returns a key of a mode without a name and scopes.
func (v *Vendor) newKey(workspace, mode string, now time.Time) *Key {
	prefix := livePrefix
	if mode == modeTest {
		prefix = v.settings.TestKeyPrefix
	}
	return &Key{
		ID: v.newID(prefix), Secret: prefix + v.random.Text(), WorkspaceID: workspace, Mode: mode,
		Scopes: []string{}, IPWhitelist: []string{},
		CreatedBy: v.state.UserID, CreatedAt: now,
	}
}

// newID returns prefix and twelve letters and digits.
func (v *Vendor) newID(prefix string) string { return prefix + strings.ToLower(v.random.Text()[:12]) }

// key returns the live key of that id, or nil.
func (v *Vendor) key(id string) *Key {
	i := slices.IndexFunc(v.state.Keys, func(k *Key) bool { return k.ID == id && k.DeletedAt == nil })
	if i < 0 {
		return nil
	}
	return v.state.Keys[i]
}

// createKey is POST /web/v1/workspaces/{workspaceId}/api-keys. The secret is in
// this answer and in no later one. Names need not be unique.
func (v *Vendor) createKey(c *call) (any, error) {
	if err := c.needsOwner(); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := o.String("name", wire.Required)
	if name.Given() && (name.Value == "" || utf8.RuneCountInString(name.Value) > maxNameLength) {
		o.Failf("name", "must have 1 to %d characters", maxNameLength)
	}
	scopes := v.readScopes(o)
	mode := readMode(o)
	whitelist := readWhitelist(o)
	if err := o.Close(); err != nil {
		return nil, err
	}
	if mode == modeTest && v.settings.Portal != portalPartner {
		return nil, mismatch("Only the PARTNER portal can create TEST keys")
	}
	k := v.newKey(c.workspace.ID, mode, c.Now)
	k.Name, k.Scopes, k.IPWhitelist = name.Value, scopes, whitelist
	v.state.Keys = append(v.state.Keys, k)
	c.changed = true
	return createdKey{
		ID: k.ID, Secret: k.Secret, Name: k.Name, Status: v.status(k), Mode: k.Mode,
		Scopes: list(k.Scopes), IPWhitelist: list(k.IPWhitelist), CreatedAt: stamp(k.CreatedAt),
	}, nil
}

// readScopes reads the scopes of a new key. None, null and absent are the same:
// a key that can do nothing.
func (v *Vendor) readScopes(o *wire.Object) []string {
	scopes := o.Strings("scopes", wire.Nullable)
	for _, scope := range scopes.Value {
		switch {
		case scope == "":
			o.Failf("scopes", "must not contain an empty code")
		case len(v.settings.ScopeCatalogue) > 0 && !slices.Contains(v.settings.ScopeCatalogue, scope):
			o.Failf("scopes", "%q is not a scope code", scope)
		}
	}
	return scopes.Value
}

// readMode reads the mode of a new key, LIVE when absent. The documentation
// calls it optional; clients in some languages say that with null.
func readMode(o *wire.Object) string {
	mode := o.Int("mode", wire.Nullable, modeLiveNumber)
	switch {
	case mode.Value > modeTestNumber:
		o.Failf("mode", "must be 1 or 2")
	case mode.Value == modeTestNumber:
		return modeTest
	}
	return modeLive
}

// readWhitelist reads the addresses and CIDR blocks that may use a new key;
// none, null and absent are the same: no restriction.
func readWhitelist(o *wire.Object) []string {
	whitelist := o.Strings("ipWhitelist", wire.Nullable)
	for _, entry := range whitelist.Value {
		address, addressErr := netip.ParseAddr(entry)
		_, prefixErr := netip.ParsePrefix(entry)
		if (addressErr != nil || address.Zone() != "") && prefixErr != nil {
			o.Failf("ipWhitelist", "%q is neither an IP address nor a CIDR block", entry)
		}
	}
	return whitelist.Value
}

// getKey is GET .../api-keys/{keyId}. The secret is not in it.
func (v *Vendor) getKey(c *call) (any, error) {
	if v.settings.OwnerOnlyReads {
		if err := c.needsOwner(); err != nil {
			return nil, err
		}
	}
	if err := c.NoBody(); err != nil {
		return nil, err
	}
	k, err := v.keyIn(c.workspace, c.params["keyId"])
	if err != nil {
		return nil, err
	}
	body := readKey{
		ID: k.ID, Name: k.Name, Status: v.status(k), Mode: k.Mode, Permissions: list(k.Scopes),
		IPWhitelist: list(k.IPWhitelist), CreatedAt: stamp(k.CreatedAt), CreatedBy: k.CreatedBy,
	}
	if v.settings.ScopesOnGet {
		body.Permissions, body.Scopes = nil, body.Permissions
	}
	if k.LastUsedAt != nil {
		body.LastUsedAt = new(stamp(*k.LastUsedAt))
	}
	return body, nil
}

// disableKey is POST .../api-keys/{keyId}/disable, which enabling undoes.
func (v *Vendor) disableKey(c *call) (any, error) { return v.setDisabled(c, true) }

// enableKey is POST .../api-keys/{keyId}/enable.
func (v *Vendor) enableKey(c *call) (any, error) { return v.setDisabled(c, false) }

// setDisabled has no effect on a key that is already so, which the
// documentation says of enabling.
func (v *Vendor) setDisabled(c *call, disabled bool) (any, error) {
	if err := firstError(c.needsOwner(), c.NoBody()); err != nil {
		return nil, err
	}
	k, err := v.keyIn(c.workspace, c.params["keyId"])
	if err != nil {
		return nil, err
	}
	c.changed = k.Disabled != disabled
	k.Disabled = disabled
	return nil, nil
}

// deleteKey is POST .../api-keys/delete. The key is kept and cannot be had back.
func (v *Vendor) deleteKey(c *call) (any, error) {
	if err := c.needsOwner(); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	id := o.String("keyId", wire.Required)
	if id.Given() && id.Value == "" {
		o.Failf("keyId", "must not be empty")
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	k, err := v.keyIn(c.workspace, id.Value)
	if err != nil {
		return nil, err
	}
	k.DeletedAt = new(c.Now)
	c.changed = true
	return nil, nil
}

// keyIn finds a live key of a workspace. A key of another one does not exist.
func (v *Vendor) keyIn(w *Workspace, id string) (*Key, error) {
	k := v.key(id)
	if k == nil || k.WorkspaceID != w.ID {
		return nil, notFound("API key not found")
	}
	return k, nil
}

func (v *Vendor) status(k *Key) string {
	if k.Disabled {
		return v.settings.DisabledStatus
	}
	return statusActive
}
