package slaunchx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The kinds of object that can be changed behind the API's back.
const (
	kindWorkspaces = "workspaces"
	kindKeys       = "keys"
)

// Create adds an object as the vendor's console would: fields are those of
// [Workspace] or [Key], all with a default. A key goes into the workspace that
// exists from the start unless it names another.
func (v *Vendor) Create(kind string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.newWorkspace(v.now())
		if err := firstError(wire.Decode(fields, w), w.check()); err != nil {
			return nil, err
		}
		if v.workspace(w.ID) != nil {
			return nil, fmt.Errorf("workspace %q exists", w.ID)
		}
		v.state.Workspaces = append(v.state.Workspaces, w)
		return w, nil
	case kindKeys:
		k, err := v.consoleKey(fields)
		if err != nil {
			return nil, err
		}
		if v.key(k.ID) != nil {
			return nil, fmt.Errorf("key %q exists", k.ID)
		}
		v.state.Keys = append(v.state.Keys, k)
		return k, nil
	}
	return nil, unknownKind(kind)
}

// consoleKey reads a key whose id and secret, unless given, fit its mode.
func (v *Vendor) consoleKey(fields []byte) (*Key, error) {
	chosen := Key{Mode: modeLive}
	if err := wire.Decode(fields, &chosen); err != nil {
		return nil, err
	}
	k := v.newKey(DefaultWorkspaceID, chosen.Mode, v.now())
	k.Name = "console"
	return k, firstError(wire.Decode(fields, k), v.checkKey(k))
}

// Change sets fields of an object; its id cannot change.
func (v *Vendor) Change(kind, id string, fields []byte) (any, error) {
	switch kind {
	case kindWorkspaces:
		w := v.workspace(id)
		if w == nil {
			return nil, fmt.Errorf("no workspace %q", id)
		}
		next := *w
		err := wire.Merge(&next, fields)
		next.ID = id
		if err := firstError(err, next.check()); err != nil {
			return nil, err
		}
		*w = next
		return w, nil
	case kindKeys:
		k := v.key(id)
		if k == nil {
			return nil, fmt.Errorf("no key %q", id)
		}
		next := *k
		err := wire.Merge(&next, fields)
		next.ID = id
		if err := firstError(err, v.checkKey(&next)); err != nil {
			return nil, err
		}
		*k = next
		return k, nil
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

// check says what no workspace can be.
func (w *Workspace) check() error {
	switch {
	case w.ID == "":
		return errors.New("id must not be empty")
	case !slices.Contains([]string{roleOwner, roleMember, roleNone}, w.Role):
		return fmt.Errorf("role %q: must be %s, %s or %s", w.Role, roleOwner, roleMember, roleNone)
	}
	return nil
}

// checkKey says what no key can be.
func (v *Vendor) checkKey(k *Key) error {
	switch {
	case k.ID == "":
		return errors.New("id must not be empty")
	case k.Mode != modeLive && k.Mode != modeTest:
		return fmt.Errorf("mode %q: must be %s or %s", k.Mode, modeLive, modeTest)
	case v.workspace(k.WorkspaceID) == nil:
		return fmt.Errorf("no workspace %q", k.WorkspaceID)
	}
	return nil
}

// Credentials returns the credentials, each as TOKEN:CLIENTHASH, those past
// their end included.
func (v *Vendor) Credentials() []string {
	credentials := []string{}
	for _, t := range v.state.Tokens {
		credentials = append(credentials, t.Token+":"+t.ClientHash)
	}
	return credentials
}

// SetCredentials makes the given credentials, each of the form
// TOKEN:CLIENTHASH, the only ones. Their lifetimes begin now, also those of
// credentials that were there before.
func (v *Vendor) SetCredentials(credentials []string) error {
	tokens := []*Token{}
	for _, credential := range credentials {
		t := newToken(credential, v.now())
		if t.Token == "" || t.ClientHash == "" {
			return errors.New("a credential must have the form TOKEN:CLIENTHASH")
		}
		if slices.ContainsFunc(tokens, func(other *Token) bool { return other.Token == t.Token }) {
			return errors.New("a token must not be there twice")
		}
		tokens = append(tokens, t)
	}
	v.state.Tokens = tokens
	return nil
}

// newToken splits a credential at its first colon, which no JWT contains.
func newToken(credential string, now time.Time) *Token {
	token, hash, _ := strings.Cut(credential, ":")
	return &Token{Token: token, ClientHash: hash, SetAt: now}
}

func unknownKind(kind string) error {
	return fmt.Errorf("unknown kind %q: must be %s or %s", kind, kindWorkspaces, kindKeys)
}
