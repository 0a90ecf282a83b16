package workspace

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// entitled says whether the class lets the Workspace take over what it names, and
// whether nobody else has that, or what it has.
func (r *Reconciler) entitled(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, vendor string) error {
	id, allowed := ws.Spec.ExternalID, class.Spec.ImportableIDs
	if id != "" && ws.Status.UUID == "" && !slices.Contains(allowed, id) && !slices.Contains(allowed, "*") {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonNotAllowed, Message: fmt.Sprintf(
			"spec.externalID: WorkspaceClass %q does not allow to take over %q: ask for its spec.importableIDs to include it", class.Name, id)}
	}
	if id = or(ws.Status.UUID, id); id != "" {
		return r.unowned(ctx, ws, vendor, id, false)
	}
	return nil
}

// byUUID is the index under which the cache has the Workspaces by what they have.
const byUUID = "status.uuid"

func uuidOf(obj client.Object) []string {
	if ws, ok := obj.(*v1alpha1.Workspace); ok && ws.Status.UUID != "" {
		return []string{ws.Status.UUID}
	}
	return nil
}

// unowned says whether nobody else has the workspace that the Workspace has, or
// wants. Of two that have it the older goes on: a copy from a backup is younger than
// what it is a copy of, whatever its status says, because the API server dates it.
func (r *Reconciler) unowned(ctx context.Context, ws *v1alpha1.Workspace, vendor, id string, live bool) error {
	owners, err := r.owners(ctx, ws, vendor, id, live)
	if err != nil {
		return err
	}
	for i := range owners {
		if ws.Status.UUID == "" || engine.Older(&owners[i], ws) {
			// Whose it is, is not this tenant's business.
			return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonConflict, Message: conflict(ws, id)}
		}
	}
	return nil
}

func conflict(ws *v1alpha1.Workspace, id string) string {
	if ws.Spec.ExternalID != "" {
		return fmt.Sprintf("spec.externalID: another Workspace of this cluster has %q", id)
	}
	return fmt.Sprintf("another Workspace of this cluster has the vendor's workspace %q: delete this one, which leaves it where it is", id)
}

// owners are the other Workspaces that have the vendor's workspace of that id.
// That there are none is believed of a live list, where something may follow from it.
func (r *Reconciler) owners(ctx context.Context, ws *v1alpha1.Workspace, vendor, id string, live bool) ([]v1alpha1.Workspace, error) {
	owners, err := having(ctx, r.Client, ws, vendor, id, client.MatchingFields{byUUID: id})
	if err != nil || len(owners) > 0 || !live {
		return owners, err
	}
	return having(ctx, r.Live, ws, vendor, id) // the API server has no such index
}

// having looks for them. Asking for a workspace by its id is not having it.
func having(ctx context.Context, reader client.Reader, ws *v1alpha1.Workspace, vendor, id string, options ...client.ListOption) ([]v1alpha1.Workspace, error) {
	all := &v1alpha1.WorkspaceList{}
	if err := reader.List(ctx, all, options...); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Items, func(other v1alpha1.Workspace) bool {
		return other.UID == ws.UID || other.Status.UUID != id || other.Status.Provider != vendor
	}), nil
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
		if other.UID != ws.UID && other.Spec.Slug == ws.Spec.Slug && other.Status.ClassName == ws.Status.ClassName && asked && engine.Older(other, ws) {
			return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonConflict,
				Message: "spec.slug: another Workspace of this cluster has asked for it before: choose another slug"}
		}
	}
	return nil
}
