package groundfloor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// kindWorkspaces is the only kind of object that can be changed behind the
// API's back: the vendor has no keys.
const kindWorkspaces = "workspaces"

// Create adds a workspace as the vendor's console would: fields are those of
// [Workspace], all with a default. It is there at once, without a saga.
func (v *Vendor) Create(kind string, fields []byte) (any, error) {
	if kind != kindWorkspaces {
		return nil, unknownKind(kind)
	}
	now := v.now()
	v.settle(now)
	w := v.newWorkspace()
	w.AccountID, w.Name, w.Status, w.CreatedAt = DefaultAccountID, "console", statusActive, now
	if err := wire.Decode(fields, w); err != nil {
		return nil, err
	}
	if v.known(w.ID) {
		return nil, fmt.Errorf("workspace %q exists", w.ID)
	}
	if w.Slug == "" {
		w.Slug = v.freeSlug(w.AccountID, slugOf(w.Name))
	}
	if w.Environments == nil {
		w.Environments = v.newEnvironments(w.environmentState())
	}
	if err := v.followStatus(w, now); err != nil {
		return nil, err
	}
	v.state.Workspaces = append(v.state.Workspaces, w)
	return w, nil
}

// Change sets fields of a workspace; its id cannot change. A status frozen
// without frozenAt freezes it now, and any other status unfreezes it.
func (v *Vendor) Change(kind, id string, fields []byte) (any, error) {
	if kind != kindWorkspaces {
		return nil, unknownKind(kind)
	}
	now := v.now()
	v.settle(now)
	w := v.workspace(id)
	if w == nil {
		return nil, fmt.Errorf("no workspace %q", id)
	}
	next := *w
	if err := wire.Merge(&next, fields); err != nil {
		return nil, err
	}
	next.ID = w.ID
	if err := v.followStatus(&next, now); err != nil {
		return nil, err
	}
	*w = next
	return w, nil
}

// Remove deletes a workspace with all it has, at once.
func (v *Vendor) Remove(kind, id string) error {
	if kind != kindWorkspaces {
		return unknownKind(kind)
	}
	now := v.now()
	v.settle(now)
	w := v.workspace(id)
	if w == nil {
		return fmt.Errorf("no workspace %q", id)
	}
	w.DeletedAt = &now
	return nil
}

// followStatus checks a workspace that was set out of band and brings its
// dates in line with its status.
func (v *Vendor) followStatus(w *Workspace, now time.Time) error {
	switch {
	case w.ID == "" || w.AccountID == "" || w.Status == "":
		return errors.New("id, accountID and status must not be empty")
	case !slices.Contains([]string{permissionAdminister, permissionRead, permissionNone}, w.Permission):
		return fmt.Errorf("permission %q: must be administer, read or none", w.Permission)
	case w.Status == statusFrozen && w.FrozenAt == nil:
		v.freeze(w, now)
	case w.Status != statusFrozen && w.FrozenAt != nil:
		w.FrozenAt, w.RetentionUntil = nil, nil
	}
	return nil
}

// environmentState is the state of the environments of a workspace made out of
// band: they know nothing of freezing.
func (w *Workspace) environmentState() string {
	if w.Status == statusFrozen {
		return statusActive
	}
	return w.Status
}

// known reports whether a workspace of that id is there or about to be.
func (v *Vendor) known(id string) bool {
	return v.workspace(id) != nil || slices.ContainsFunc(v.state.ProvisioningRuns, func(r *ProvisioningRun) bool {
		return r.pending() && strings.EqualFold(r.Pending.ID, id)
	})
}

// Credentials returns the bearer tokens, expired ones included.
func (v *Vendor) Credentials() []string {
	out := []string{}
	for _, token := range v.state.Tokens {
		out = append(out, token.Value)
	}
	return out
}

// SetCredentials makes these the only tokens. The lifetime of each, also of
// one that was there before, begins now.
func (v *Vendor) SetCredentials(tokens []string) error {
	if slices.Contains(tokens, "") {
		return errors.New("a credential must not be empty")
	}
	v.state.Tokens = issued(tokens, v.now())
	return nil
}

func unknownKind(kind string) error {
	return fmt.Errorf("unknown kind %q: must be %s", kind, kindWorkspaces)
}
