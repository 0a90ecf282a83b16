package workspace

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// undo removes the workspace of an object that went while it was made. Nobody
// comes back to an object that is gone, so what this does not end is in the ledger.
func (r *Reconciler) undo(ctx context.Context, ws *v1alpha1.Workspace, facts engine.Facts[Intent, Sight, Effect]) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), vaultPatience)
	defer cancel()
	made, name := facts.Effect.Workspace, facts.Intent.Spec.DisplayName
	if made == nil && !engine.Uncertain(facts.Outlook.Err) {
		return nil
	}
	if made == nil {
		return r.enter(ctx, entry(ws, facts.Intent, plan.Orphan{Name: name, Reason: v1alpha1.OrphanOutcomeUnknown}))
	}
	left := r.takeBack(ctx, ws, facts.Intent, *made)
	if left == "" {
		return nil
	}
	return r.enter(ctx, leftover(ws, facts.Intent, *made, "this workspace was made while its Workspace was being taken away. "+left))
}

// takeBack ends what was made as far as it can, and says what a person has to do
// about the rest.
func (r *Reconciler) takeBack(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, made provider.Workspace) string {
	switch {
	case made.Credential != nil && r.revokeOwn(ctx, ws, intent, made) != nil:
		return fmt.Sprintf("Its admin key %q could not be revoked: it is in Secret %q of this namespace. Revoke it at the vendor, and remove the Secret", made.Credential.ID, vaultName(ws))
	case made.Credential != nil:
		return "Its admin key was revoked, and the vendor has no way to delete workspaces"
	case made.ID == "":
		return "The vendor was still building it: look for it in the vendor's console, and remove it there"
	case !intent.Capabilities.Workspace.Delete:
		return "The operator has no way to delete it: remove it in the vendor's console"
	}
	if err := intent.account.Session().Workspaces().Delete(ctx, made); err != nil {
		return "The vendor did not delete it: remove it in the vendor's console"
	}
	return ""
}

// revokeOwn revokes the workspace's own admin key, and removes the Secret that
// holds it.
func (r *Reconciler) revokeOwn(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, made provider.Workspace) error {
	class, err := r.Broker.Class(ctx, intent.ClassName)
	if err != nil {
		return err
	}
	own, err := r.Broker.OpenOwn(ctx, class, vaultName(ws))
	if err != nil {
		return err
	}
	if err := own.Session().Keys().Revoke(ctx, made.ID, made.Credential.ID); err != nil {
		return err
	}
	found, err := r.inspectVault(ctx, ws)
	if err != nil || !found.held() {
		return err
	}
	return r.removeVault(ctx, ws, found)
}

// leftover is the entry of a workspace that was just made and is let go of.
func leftover(ws *v1alpha1.Workspace, intent Intent, made provider.Workspace, message string) ledger.Entry {
	left := entry(ws, intent, plan.Orphan{ID: made.ID, Name: intent.Spec.DisplayName, Reason: v1alpha1.OrphanAbandoned})
	left.Message = message
	return left
}

// enter goes on until the ledger has the entry, or ctx ends: it is all that will
// be known of the workspace.
func (r *Reconciler) enter(ctx context.Context, entry ledger.Entry) error {
	var last error
	err := wait.PollUntilContextCancel(ctx, vaultPause, true, func(ctx context.Context) (bool, error) {
		last = r.Ledger.Enter(ctx, entry)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("workspace %q stays at %s with nobody knowing: %w", entry.VendorID, entry.Provider, last)
	}
	return nil
}
