package apikey

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// abandon enters in the ledger the keys that may live on with nobody holding
// them, before the ApiKey goes. One that another ApiKey has on record is held, but
// not by one that is going as well: of two each would leave it to the other.
func (r *Reconciler) abandon(ctx context.Context, key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect], orphans []plan.Orphan) error {
	owner, uuid := r.whereabouts(ctx, key, facts.Intent)
	others, err := others(ctx, r.Live, key)
	if err != nil {
		return err
	}
	for _, orphan := range orphans {
		if slices.ContainsFunc(others, func(other v1alpha1.ApiKey) bool { return other.DeletionTimestamp.IsZero() && has(&other, orphan.ID) }) {
			continue
		}
		entry := ledger.Entry{
			Kind: v1alpha1.KindApiKey, Namespace: key.Namespace, Name: key.Name, UID: key.UID,
			Provider: facts.Intent.Provider, ClassName: facts.Intent.ClassName, WorkspaceUUID: uuid,
			VendorID: orphan.ID, VendorName: orphan.Name, Reason: orphan.Reason, Since: key.CreationTimestamp.Time,
			Message: fmt.Sprintf("look for the key in the console of %s and delete it there: nobody holds it any more", facts.Intent.Provider),
		}
		if facts.Intent.OwnCredential {
			entry.CredentialOf = owner
		}
		if key.Status.CreatedAt != nil && orphan.ID == key.Status.KeyID {
			entry.Since = key.Status.CreatedAt.Time
		}
		if attempt := key.Status.Attempt; attempt != nil && orphan.ID == "" {
			entry.Since = attempt.StartedAt.Time
		}
		if err := r.Ledger.Enter(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// whereabouts are the UID of the Workspace and the vendor's id of it, as far as
// they are still to be had.
func (r *Reconciler) whereabouts(ctx context.Context, key *v1alpha1.ApiKey, intent Intent) (types.UID, string) {
	ws := &v1alpha1.Workspace{}
	if r.Client.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.WorkspaceRef.Name}, ws) != nil {
		return "", intent.WorkspaceUUID
	}
	return ws.UID, ws.Status.UUID
}
