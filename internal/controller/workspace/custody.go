package workspace

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// custody is what becomes, in a deletion, of the workspace's own key that we keep.
type custody int

const (
	// ours: nobody who stays has the workspace, so the key is revoked.
	ours custody = iota
	// common: another who stays keeps the key as well, and works with it.
	common
	// wanted: another who stays has the workspace, and not its key. To revoke it
	// would take the workspace from him; nor may it live on with nobody knowing.
	wanted
)

// custodyOf asks the API server itself. Who is being deleted does not stay: both of
// two that go look after they were deleted, so that neither leaves the key to the other.
func (r *Reconciler) custodyOf(ctx context.Context, ws *v1alpha1.Workspace, intent *Intent, id string) (custody, error) {
	owners, err := having(ctx, r.Live, ws, intent.Provider, id)
	if err != nil {
		return ours, err
	}
	found := ours
	for i := range owners {
		if !owners[i].DeletionTimestamp.IsZero() {
			continue
		}
		theirs, err := r.inspectVault(ctx, &owners[i])
		if err != nil {
			return ours, err
		}
		if theirs.held() && theirs.keyID == intent.vault.keyID {
			return common, nil
		}
		found = wanted
	}
	return found, nil
}

// dissolve ends our keeping of the workspace's own key.
func (r *Reconciler) dissolve(ctx context.Context, ws *v1alpha1.Workspace, intent Intent) error {
	switch intent.custody {
	case ours:
		err := intent.own.Session().Keys().Revoke(ctx, intent.vault.uuid, intent.vault.keyID)
		if err != nil && intent.Insists {
			return r.leaveKey(ctx, ws, intent, "could not be revoked")
		}
		if err != nil {
			return err
		}
	case wanted:
		return r.leaveKey(ctx, ws, intent, "was not revoked, because another Workspace has this workspace")
	case common:
	}
	return r.removeVault(ctx, ws, intent.vault)
}

// leaveKey lets the Workspace go with a key that lives on. It is not lost: the Secret
// that holds it stays, and the ledger says so.
func (r *Reconciler) leaveKey(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, why string) error {
	r.Recorder.Eventf(ws, nil, corev1.EventTypeWarning, v1alpha1.ReasonRetained, "Delete",
		"the workspace's own admin key %s; it stays in Secret %q of the operator's namespace", why, vaultName(ws))
	return r.Ledger.Enter(ctx, entry(ws, intent, plan.Orphan{ID: intent.vault.uuid, Name: attemptName(ws, intent), Reason: v1alpha1.OrphanAbandoned}))
}

// outliving is what the ledger says of a key that lives on.
func outliving(ws *v1alpha1.Workspace, intent Intent) string {
	if intent.custody == wanted {
		return fmt.Sprintf("another Workspace has this workspace, and not its admin key, which therefore was not revoked: it is key %q, in Secret %q of this namespace. "+
			"Copy the Secret, with its annotations, under the name that the other Workspace waits for, or revoke the key at the vendor; then remove the Secret and this entry",
			intent.vault.keyID, vaultName(ws))
	}
	return fmt.Sprintf("the admin key of this workspace could not be revoked, and lives on: it is key %q, in Secret %q of this namespace. Revoke it at the vendor, and remove the Secret and this entry",
		intent.vault.keyID, vaultName(ws))
}
