package guance

import (
	"errors"
	"fmt"
	"slices"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The kinds of object that can be changed behind the API's back.
const (
	kindWorkspaces = "workspaces"
	kindKeys       = "keys"
)

// Create adds an object as the vendor's console would: fields are those of
// [Workspace] or [Key], all with a default but a key's workspaceUUID.
func (v *Vendor) Create(kind string, fields []byte) (any, error) {
	now := v.now()
	switch kind {
	case kindWorkspaces:
		w := v.newWorkspace("console", now)
		w.Creator, w.Updator = v.state.Owner.UUID, v.state.Owner.UUID
		if err := wire.Decode(fields, w); err != nil {
			return nil, err
		}
		if v.workspace(w.UUID) != nil {
			return nil, fmt.Errorf("workspace %q exists", w.UUID)
		}
		v.state.Workspaces = append(v.state.Workspaces, w)
		return w, nil
	case kindKeys:
		k := v.newKey("", "console", v.state.Owner.UUID, now)
		if err := wire.Decode(fields, k); err != nil {
			return nil, err
		}
		if v.workspace(k.WorkspaceUUID) == nil {
			return nil, fmt.Errorf("no workspace %q", k.WorkspaceUUID)
		}
		if v.key(k.UUID) != nil {
			return nil, fmt.Errorf("key %q exists", k.UUID)
		}
		v.state.Keys = append(v.state.Keys, k)
		return k, nil
	}
	return nil, unknownKind(kind)
}

// Change sets fields of an object; its uuid cannot change.
func (v *Vendor) Change(kind, id string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.workspace(id)
		if w == nil {
			return nil, fmt.Errorf("no workspace %q", id)
		}
		err := wire.Merge(w, fields)
		w.UUID = id
		return w, err
	case kindKeys:
		k := v.key(id)
		if k == nil {
			return nil, fmt.Errorf("no key %q", id)
		}
		err := wire.Merge(k, fields)
		k.UUID = id
		return k, err
	}
	return nil, unknownKind(kind)
}

// Remove deletes an object as the vendor's console would; the keys of a
// workspace go with it.
func (v *Vendor) Remove(kind, id string) error {
	now := v.now()
	switch kind {
	case kindWorkspaces:
		w := v.workspace(id)
		if w == nil {
			return fmt.Errorf("no workspace %q", id)
		}
		w.DeletedAt = &now
		for _, k := range v.state.Keys {
			if k.WorkspaceUUID == id && k.DeletedAt == nil {
				k.DeletedAt = &now
			}
		}
		return nil
	case kindKeys:
		k := v.key(id)
		if k == nil {
			return fmt.Errorf("no key %q", id)
		}
		k.DeletedAt = &now
		return nil
	}
	return unknownKind(kind)
}

// Credentials returns the live keys of the first workspace, the one that
// existed from the start.
func (v *Vendor) Credentials() []string {
	secrets := []string{}
	for _, k := range v.state.Keys {
		if k.WorkspaceUUID == v.state.Workspaces[0].UUID && k.DeletedAt == nil {
			secrets = append(secrets, k.SK)
		}
	}
	return secrets
}

// SetCredentials makes the given secrets the only live keys of the first
// workspace: others are deleted, missing ones added.
func (v *Vendor) SetCredentials(secrets []string) error {
	if slices.Contains(secrets, "") {
		return errors.New("a credential must not be empty")
	}
	now, owner := v.now(), v.state.Workspaces[0].UUID
	for _, k := range v.state.Keys {
		if k.WorkspaceUUID == owner && k.DeletedAt == nil && !slices.Contains(secrets, k.SK) {
			k.DeletedAt = &now
		}
	}
	for _, sk := range secrets {
		if !slices.Contains(v.Credentials(), sk) {
			k := v.newKey(owner, "owner", v.state.Owner.UUID, now)
			k.SK = sk
			v.state.Keys = append(v.state.Keys, k)
		}
	}
	return nil
}

// key returns the live key of that id, or nil.
func (v *Vendor) key(uuid string) *Key {
	i := slices.IndexFunc(v.state.Keys, func(k *Key) bool { return k.UUID == uuid && k.DeletedAt == nil })
	if i < 0 {
		return nil
	}
	return v.state.Keys[i]
}

func unknownKind(kind string) error {
	return fmt.Errorf("unknown kind %q: must be %s or %s", kind, kindWorkspaces, kindKeys)
}
