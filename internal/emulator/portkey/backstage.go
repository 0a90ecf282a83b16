package portkey

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The kinds of object that can be changed behind the API's back.
const (
	kindWorkspaces = "workspaces"
	kindKeys       = "keys"
)

func (v *Vendor) newWorkspace(name string, now time.Time) *Workspace {
	slug := v.newSlug(name)
	w := &Workspace{
		ID: slug, Slug: slug, Name: name, Metadata: map[string]string{},
		Provisioned: !v.settings.BareWorkspaces,
		CreatedAt:   now, LastUpdatedAt: now,
		HiddenLists: v.settings.ListLagCalls,
	}
	if v.settings.UUIDWorkspaceIDs {
		w.ID = v.random.UUID()
	}
	return w
}

func (v *Vendor) newKey(keyType string, now time.Time) *Key {
	return &Key{
		ID: v.random.UUID(), Secret: v.random.Text(), Type: keyType,
		CreatedAt: now, LastUpdatedAt: now,
		HiddenLists: v.settings.ListLagCalls,
	}
}

// keysIn counts the live keys of a workspace.
func (v *Vendor) keysIn(w *Workspace) int {
	n := 0
	for _, k := range v.state.Keys {
		if k.WorkspaceID == w.ID && k.DeletedAt == nil {
			n++
		}
	}
	return n
}

// removeWorkspace deletes a workspace and the keys in it.
func (v *Vendor) removeWorkspace(w *Workspace, now time.Time) {
	w.DeletedAt = &now
	for _, k := range v.state.Keys {
		if k.WorkspaceID == w.ID && k.DeletedAt == nil {
			k.DeletedAt = &now
		}
	}
}

// Create adds an object as the vendor's console would: fields are those of
// [Workspace] or [Key], all with a default but a workspace key's workspaceID.
func (v *Vendor) Create(kind string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.newWorkspace("console", v.now())
		if err := wire.Decode(fields, w); err != nil {
			return nil, err
		}
		if v.workspace(w.ID) != nil || v.workspace(w.Slug) != nil {
			return nil, fmt.Errorf("workspace %q exists", w.ID)
		}
		v.state.Workspaces = append(v.state.Workspaces, w)
		return w, nil
	case kindKeys:
		k := v.newKey(typeWorkspaceService, v.now())
		k.Name, k.Scopes = "console", []string{"completions.write"}
		if err := wire.Decode(fields, k); err != nil {
			return nil, err
		}
		if k.Type != typeOrganisationService && v.workspace(k.WorkspaceID) == nil {
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

// Change sets fields of an object; its id cannot change.
func (v *Vendor) Change(kind, id string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.workspace(id)
		if w == nil {
			return nil, fmt.Errorf("no workspace %q", id)
		}
		id = w.ID
		err := wire.Merge(w, fields)
		w.ID = id
		return w, err
	case kindKeys:
		k := v.key(id)
		if k == nil {
			return nil, fmt.Errorf("no key %q", id)
		}
		err := wire.Merge(k, fields)
		k.ID = id
		return k, err
	}
	return nil, unknownKind(kind)
}

// Remove deletes an object as the vendor's console would; the keys of a
// workspace go with it.
func (v *Vendor) Remove(kind, id string) error {
	switch kind {
	case kindWorkspaces:
		w := v.workspace(id)
		if w == nil {
			return fmt.Errorf("no workspace %q", id)
		}
		v.removeWorkspace(w, v.now())
		return nil
	case kindKeys:
		k := v.key(id)
		if k == nil {
			return fmt.Errorf("no key %q", id)
		}
		now := v.now()
		k.DeletedAt = &now
		return nil
	}
	return unknownKind(kind)
}

// Credentials returns the Admin keys.
func (v *Vendor) Credentials() []string { return slices.Clone(v.state.AdminKeys) }

// SetCredentials makes the given keys the only Admin keys.
func (v *Vendor) SetCredentials(keys []string) error {
	if slices.Contains(keys, "") {
		return errors.New("a credential must not be empty")
	}
	v.state.AdminKeys = slices.Clone(keys)
	return nil
}

func unknownKind(kind string) error {
	return fmt.Errorf("unknown kind %q: must be %s or %s", kind, kindWorkspaces, kindKeys)
}
