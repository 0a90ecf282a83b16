package workspace

import (
	"context"
	"fmt"
	"slices"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// importable says whether the class lets the Workspace take over what it names,
// and whether nobody else has it.
func (r *Reconciler) importable(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, vendor string) error {
	id, allowed := ws.Spec.ExternalID, class.Spec.ImportableIDs
	if ws.Status.UUID == "" && !slices.Contains(allowed, id) && !slices.Contains(allowed, "*") {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonNotAllowed, Message: fmt.Sprintf(
			"spec.externalID: WorkspaceClass %q does not allow to take over %q: ask for its spec.importableIDs to include it", class.Name, id)}
	}
	owners, err := r.owners(ctx, ws, vendor)
	if err != nil {
		return err
	}
	for _, other := range owners {
		if ws.Status.UUID == "" && other.Status.UUID == id || ws.Status.UUID == other.Status.UUID && older(&other, ws) {
			// Whose it is, is not this tenant's business.
			return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonConflict, Message: fmt.Sprintf(
				"spec.externalID: another Workspace of this cluster has %q", id)}
		}
	}
	return nil
}

// owners are the other Workspaces that have a workspace of the vendor's. Asking
// for one by its id is not having it.
func (r *Reconciler) owners(ctx context.Context, ws *v1alpha1.Workspace, vendor string) ([]v1alpha1.Workspace, error) {
	all := &v1alpha1.WorkspaceList{}
	if err := r.Client.List(ctx, all); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Items, func(other v1alpha1.Workspace) bool {
		return other.UID == ws.UID || other.Status.UUID == "" || other.Status.Provider != vendor
	}), nil
}

// shared reports whether another Workspace has the same workspace: then it is
// not deleted with this one.
func (r *Reconciler) shared(ctx context.Context, ws *v1alpha1.Workspace, vendor string) (bool, error) {
	owners, err := r.owners(ctx, ws, vendor)
	return slices.ContainsFunc(owners, func(other v1alpha1.Workspace) bool { return other.Status.UUID == ws.Status.UUID }), err
}

func older(other, ws *v1alpha1.Workspace) bool {
	if !other.CreationTimestamp.Equal(&ws.CreationTimestamp) {
		return other.CreationTimestamp.Before(&ws.CreationTimestamp)
	}
	return other.UID < ws.UID
}
