package oceanbase

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The kinds of object that can be changed behind the API's back.
const (
	kindWorkspaces = "workspaces"
	kindKeys       = "keys"
)

// workspace returns the live project of that id, or nil.
func (v *Vendor) workspace(id string) *Workspace {
	i := slices.IndexFunc(v.state.Workspaces, func(w *Workspace) bool { return w.ID == id && w.DeletedAt == nil })
	if i < 0 {
		return nil
	}
	return v.state.Workspaces[i]
}

// key returns the live key of that id, or nil.
func (v *Vendor) key(id string) *Key {
	i := slices.IndexFunc(v.state.Keys, func(k *Key) bool { return k.ID == id && k.DeletedAt == nil })
	if i < 0 {
		return nil
	}
	return v.state.Keys[i]
}

// Create adds an object as the vendor's console would: fields are those of
// [Workspace] or [Key], all with a default. An object without another parent
// belongs to the organization and the project that exist from the start.
func (v *Vendor) Create(kind string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.newWorkspace("console", v.now())
		if err := wire.Decode(fields, w); err != nil {
			return nil, err
		}
		if v.workspace(w.ID) != nil {
			return nil, fmt.Errorf("workspace %q exists", w.ID)
		}
		v.state.Workspaces = append(v.state.Workspaces, w)
		return w, nil
	case kindKeys:
		k := v.newKey(DefaultProjectID, "console", "read", v.now())
		if err := wire.Decode(fields, k); err != nil {
			return nil, err
		}
		if v.workspace(k.WorkspaceID) == nil {
			return nil, fmt.Errorf("no workspace %q", k.WorkspaceID)
		}
		if v.key(k.ID) != nil {
			return nil, fmt.Errorf("key %q exists", k.ID)
		}
		v.state.Keys = append(v.state.Keys, k)
		return k, nil
	}
	return nil, unknownKind(kind)
}

// Change sets fields of an object, and the time of the change unless that is
// given; its id cannot change.
func (v *Vendor) Change(kind, id string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.workspace(id)
		if w == nil {
			return nil, fmt.Errorf("no workspace %q", id)
		}
		next := *w
		next.UpdatedAt = v.now()
		if err := wire.Merge(&next, fields); err != nil {
			return nil, err
		}
		next.ID = id
		*w = next
		return w, nil
	case kindKeys:
		k := v.key(id)
		if k == nil {
			return nil, fmt.Errorf("no key %q", id)
		}
		next := *k
		next.UpdatedAt = v.now()
		if err := wire.Merge(&next, fields); err != nil {
			return nil, err
		}
		next.ID = id
		*k = next
		return k, nil
	}
	return nil, unknownKind(kind)
}

// Remove deletes an object as the vendor's console would; the keys of a
// project go with it.
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
			if k.WorkspaceID == id && k.DeletedAt == nil {
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

// Credentials returns the AccessKeys, each with its secret after a colon.
func (v *Vendor) Credentials() []string { return slices.Clone(v.state.AccessKeys) }

// SetCredentials makes the given AccessKeys the only ones. Each needs an id
// and a secret with a colon between them.
func (v *Vendor) SetCredentials(credentials []string) error {
	for i, credential := range credentials {
		if id, secret, ok := strings.Cut(credential, ":"); !ok || id == "" || secret == "" {
			return fmt.Errorf("credential %d: must be an AccessKey id and its secret with a colon between them", i+1)
		}
	}
	v.state.AccessKeys = slices.Clone(credentials)
	return nil
}

func unknownKind(kind string) error {
	return fmt.Errorf("unknown kind %q: must be %s or %s", kind, kindWorkspaces, kindKeys)
}
