package guance

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// addKey is POST /api/v1/workspace/accesskey/add. Names need not be unique.
func (v *Vendor) addKey(c *call) (any, error) {
	if err := c.OnlyQuery(); err != nil {
		return nil, err
	}
	o, err := c.Object()
	if err != nil {
		return nil, err
	}
	name := v.keyName(o, "name", wire.Required)
	roles := o.Strings("roleUUIDs", wire.Optional)
	if slices.Contains(roles.Value, "owner") {
		o.Failf("roleUUIDs", "must not contain owner")
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	k := v.newKey(c.workspace.UUID, name, c.key.UUID, c.Now)
	if len(roles.Value) > 0 {
		k.RoleUUIDs = roles.Value
	}
	v.state.Keys = append(v.state.Keys, k)
	c.changed = true
	return describe(k), nil
}

// listKeys is GET /api/v1/workspace/accesskey/list: all keys at once, with
// their secrets.
func (v *Vendor) listKeys(c *call) (any, error) {
	if err := firstError(c.OnlyQuery("search"), c.NoBody()); err != nil {
		return nil, err
	}
	search := c.Query.Get("search")
	if c.Query.Has("search") && search == "" {
		return nil, errors.New("search: must not be empty")
	}
	items := []keyDescription{}
	for _, k := range v.state.Keys {
		if k.WorkspaceUUID != c.workspace.UUID || k.DeletedAt != nil || v.hidden(k, c.Now) {
			continue
		}
		if strings.Contains(k.Name, search) {
			items = append(items, describe(k))
		}
	}
	return items, nil
}

// hidden reports whether a list taken now does not show the key yet. A restart
// may forget lists counted here, which only makes the lag longer.
func (v *Vendor) hidden(k *Key, now time.Time) bool {
	if k.HiddenLists > 0 {
		k.HiddenLists--
		return true
	}
	return now.Sub(k.CreatedAt) < time.Duration(v.settings.ListLagMillis)*time.Millisecond
}

// getKey is GET /api/v1/workspace/accesskey/{ak_uuid}/get; the secret can be
// read again.
func (v *Vendor) getKey(c *call) (any, error) {
	k, err := v.ownKey(c)
	if err != nil {
		return nil, err
	}
	return struct {
		keyDescription
		CreatorInfo struct{} `json:"creatorInfo"`
	}{keyDescription: describe(k)}, nil
}

// deleteKey is GET /api/v1/workspace/accesskey/{ak_uuid}/delete. The key stops
// working at once, also if it is the one that made the call.
func (v *Vendor) deleteKey(c *call) (any, error) {
	k, err := v.ownKey(c)
	if err != nil {
		return nil, err
	}
	now := c.Now
	k.DeletedAt, k.UpdatedAt, k.Updator = &now, now, c.key.UUID
	c.changed = true
	return true, nil
}

// ownKey finds the key named in the path, in the caller's workspace only.
func (v *Vendor) ownKey(c *call) (*Key, error) {
	if err := firstError(c.OnlyQuery(), c.NoBody()); err != nil {
		return nil, err
	}
	for _, k := range v.state.Keys {
		switch {
		case k.UUID != c.params["ak_uuid"] || k.DeletedAt != nil:
		case k.WorkspaceUUID != c.workspace.UUID:
			return nil, forbidden("API key")
		default:
			return k, nil
		}
	}
	return nil, missing("API key")
}

// keyName reads a key name, "" when absent.
func (v *Vendor) keyName(o *wire.Object, field string, p wire.Presence) string {
	name := o.String(field, p)
	if name.Given() && (name.Value == "" || utf8.RuneCountInString(name.Value) > v.settings.KeyNameLimit) {
		o.Failf(field, "must have 1 to %d characters", v.settings.KeyNameLimit)
	}
	return name.Value
}

// keyDescription is a key as every answer about one shows it.
type keyDescription struct {
	CreateAt      int64  `json:"createAt"`
	Creator       string `json:"creator"`
	DeleteAt      int64  `json:"deleteAt"`
	ID            *int64 `json:"id"`
	Name          string `json:"name"`
	SK            string `json:"sk"`
	Status        int    `json:"status"`
	UpdateAt      int64  `json:"updateAt"`
	Updator       string `json:"updator"`
	UUID          string `json:"uuid"`
	WorkspaceUUID string `json:"workspaceUUID"`
}

func describe(k *Key) keyDescription {
	return keyDescription{
		CreateAt:      k.CreatedAt.Unix(),
		Creator:       k.Creator,
		DeleteAt:      -1,
		Name:          k.Name,
		SK:            k.SK,
		UpdateAt:      k.UpdatedAt.Unix(),
		Updator:       k.Updator,
		UUID:          k.UUID,
		WorkspaceUUID: k.WorkspaceUUID,
	}
}
