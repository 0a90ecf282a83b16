package groundfloor

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

type workspaces Session

// List yields the workspaces of the account, in the short form that lists
// have. The vendor cannot filter.
func (w workspaces) List(ctx context.Context, _ provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		all, err := Session(w).all(ctx, "list workspaces")
		if err != nil {
			yield(provider.Workspace{}, err)
			return
		}
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Get reads a workspace and then its environments, without which it is as good.
// One that does not exist answers like one that may not be read, so that is
// class Forbidden.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	const op = "get workspace"
	if err := checkID(op, id); err != nil {
		return provider.Workspace{}, err
	}
	var found workspace
	if err := w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodGet, Path: path(id)}, &found); err != nil {
		return provider.Workspace{}, err
	}
	switch {
	case !rest.ValidID(found.ID):
		return provider.Workspace{}, rest.Malformed(op, false)
	case Session(w).foreign(string(found.AccountID)):
		return provider.Workspace{}, elsewhere(op)
	}
	parts, err := w.environments(ctx, op, id)
	if err != nil {
		return provider.Workspace{}, err
	}
	seen := found.observed()
	seen.Environments = parts
	return seen, nil
}

// environments are none where they cannot be read, unless the reason is one
// that the next call would meet as well.
func (w workspaces) environments(ctx context.Context, op, id string) ([]provider.Environment, error) {
	var parts environments
	err := w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodGet, Path: path(id, "environments")}, &parts)
	switch {
	case err == nil:
		return parts.observed(), nil
	case ctx.Err() != nil, provider.Is(err, provider.Unauthorized), provider.Is(err, provider.Throttled):
		return nil, err
	}
	return nil, nil
}

// Create starts the making of a workspace. The vendor answers at once and is
// done later; its answer may leave out the id, and the slug finds it then.
// Whatever else a success says, the workspace is on its way.
func (w workspaces) Create(ctx context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	const op = "create workspace"
	switch {
	case spec.DisplayName == "":
		return provider.Workspace{}, rest.Invalid(op, "the vendor wants a name: set spec.displayName")
	case spec.Region == "":
		return provider.Workspace{}, rest.Invalid(op, "the vendor wants a region: set spec.region, or the class's spec.defaults.region")
	}
	slug, err := slugFor(op, mark, spec)
	if err != nil {
		return provider.Workspace{}, err
	}
	body := newWorkspace{AccountID: w.accountID, Name: spec.DisplayName, Region: spec.Region, Slug: slug}
	var answer accepted
	if err := w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPost, Path: path(), Body: body}, &answer); err != nil {
		return provider.Workspace{}, err
	}
	return answer.observed(body), nil
}

// Update freezes or unfreezes, if the spec says either. The vendor has no call
// for anything else.
func (w workspaces) Update(ctx context.Context, id string, spec provider.WorkspaceSpec) error {
	const op = "update workspace"
	if err := rest.Clearable(op, spec.Clear, nil); err != nil {
		return err
	}
	if err := checkID(op, id); err != nil {
		return err
	}
	if spec.Frozen == nil {
		return nil
	}
	return w.setStatus(ctx, op, id, *spec.Frozen)
}

// Delete freezes the workspace, which starts the 30 days after which the vendor
// removes it for good (the documentation's page on offboarding). Because that
// is not what everyone expects, the class has to allow it.
func (w workspaces) Delete(ctx context.Context, seen provider.Workspace) error {
	const op = "delete workspace"
	if !w.freezeOnDelete {
		return &provider.Error{
			Class: provider.Unsupported, Op: op,
			Message: "the vendor can only freeze a workspace, and the class does not allow that: " + settingFreezeOnDelete + " is not Enabled",
		}
	}
	if err := checkID(op, seen.ID); err != nil {
		return err
	}
	switch {
	case Session(w).foreign(seen.AccountID):
		return elsewhere(op)
	case seen.Frozen:
		return nil
	}
	err := w.setStatus(ctx, op, seen.ID, true)
	if errors.Is(err, errMaybeGone) {
		return w.unlessGone(ctx, op, seen.ID, err)
	}
	return err
}

// setStatus takes any success for one: the answer's body is not documented.
func (w workspaces) setStatus(ctx context.Context, op, id string, frozen bool) error {
	return w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPatch, Path: path(id, "status"), Body: statusOf(frozen)}, nil)
}

// unlessGone decides what a refusal means: nothing, if a complete list does
// not have the workspace. A list that fails decides nothing.
func (w workspaces) unlessGone(ctx context.Context, op, id string, refusal error) error {
	all, err := Session(w).all(ctx, op)
	if err != nil {
		return err
	}
	for _, item := range all {
		if strings.EqualFold(item.ID, id) || item.Slug == id {
			return refusal
		}
	}
	return nil
}

// checkID refuses what no answer of the vendor's can have given.
func checkID(op, id string) error {
	if !rest.ValidID(id) {
		return rest.Invalid(op, "the identifier cannot be used")
	}
	return nil
}
