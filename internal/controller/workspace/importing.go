package workspace

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

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
	return r.unowned(ctx, r.Client, ws, vendor, id)
}

// unowned says whether nobody else has the workspace of that id.
func (r *Reconciler) unowned(ctx context.Context, reader client.Reader, ws *v1alpha1.Workspace, vendor, id string) error {
	owners, err := owners(ctx, reader, ws, vendor)
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
func owners(ctx context.Context, reader client.Reader, ws *v1alpha1.Workspace, vendor string) ([]v1alpha1.Workspace, error) {
	all := &v1alpha1.WorkspaceList{}
	if err := reader.List(ctx, all); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Items, func(other v1alpha1.Workspace) bool {
		return other.UID == ws.UID || other.Status.UUID == "" || other.Status.Provider != vendor
	}), nil
}

// shared reports whether another Workspace has the same workspace: then it is
// not deleted with this one. That nobody has it is only believed of a live list.
func (r *Reconciler) shared(ctx context.Context, ws *v1alpha1.Workspace, vendor string) (bool, error) {
	owners, err := owners(ctx, r.Live, ws, vendor)
	return slices.ContainsFunc(owners, func(other v1alpha1.Workspace) bool { return other.Status.UUID == ws.Status.UUID }), err
}

// slugFree says whether no other Workspace of the class has asked for the slug
// before: under one slug nothing tells two workspaces apart. Both have their
// call on record before they look, so that the younger sees the older's.
func (r *Reconciler) slugFree(ctx context.Context, ws *v1alpha1.Workspace) error {
	all := &v1alpha1.WorkspaceList{}
	if err := r.Live.List(ctx, all); err != nil {
		return err
	}
	for i := range all.Items {
		other := &all.Items[i]
		asked := other.Status.Attempt != nil || other.Status.UUID != ""
		if other.UID != ws.UID && other.Spec.Slug == ws.Spec.Slug && other.Status.ClassName == ws.Status.ClassName && asked && older(other, ws) {
			return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonConflict,
				Message: "spec.slug: another Workspace of this cluster has asked for it before: choose another slug"}
		}
	}
	return nil
}

func older(other, ws *v1alpha1.Workspace) bool {
	if !other.CreationTimestamp.Equal(&ws.CreationTimestamp) {
		return other.CreationTimestamp.Before(&ws.CreationTimestamp)
	}
	return other.UID < ws.UID
}
