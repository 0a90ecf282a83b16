package workspace

import (
	"context"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// outOfPatience reports whether the class lets the deletion be given up.
func (r *Reconciler) outOfPatience(ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass) bool {
	return class != nil && engine.OutOfPatience(ws, ws.Status.Conditions, class.Spec.AbandonAfter, r.Now())
}

// denied reports whether a person says that the vendor has nothing of the call on
// record or, of an object that was restored, nothing at all. denial is how that is
// said: it holds for that one call, or that one object.
func denied(ws *v1alpha1.Workspace, restored bool) (denial string, denied bool) {
	var value string
	switch {
	case ws.Status.Attempt != nil:
		value = engine.DenialOf(ws.Status.Attempt)
	case restored:
		value = string(ws.UID)
	default:
		return "", false
	}
	return v1alpha1.AnnotationDoesNotExist + "=" + value, ws.Annotations[v1alpha1.AnnotationDoesNotExist] == value
}

// restored reports whether the object came from a backup with nothing in it that
// tells what the vendor has of it.
func restored(ws *v1alpha1.Workspace, intent Intent) bool {
	return !intent.First && intent.External == "" && ws.Status.UUID == "" && ws.Status.Attempt == nil && !intent.vault.held() && engine.Restored(ws)
}

// Ledger is where it is written down what may live on at a vendor with nobody
// left here to end it.
type Ledger interface {
	// Enter writes an entry; once it gives nil, the object may be let go.
	Enter(ctx context.Context, entry ledger.Entry) error
}

// abandon enters what the Workspace leaves at the vendor in the ledger.
func (r *Reconciler) abandon(ctx context.Context, ws *v1alpha1.Workspace, facts engine.Facts[Intent, Sight, Effect], orphans []plan.Orphan) error {
	for _, orphan := range orphans {
		if err := r.Ledger.Enter(ctx, entry(ws, facts.Intent, orphan)); err != nil {
			return err
		}
	}
	return nil
}

func entry(ws *v1alpha1.Workspace, intent Intent, orphan plan.Orphan) ledger.Entry {
	entry := ledger.Entry{
		Kind: v1alpha1.KindWorkspace, Namespace: ws.Namespace, Name: ws.Name, UID: ws.UID,
		Provider: or(intent.Provider, ws.Status.Provider), ClassName: or(intent.ClassName, ws.Status.ClassName),
		WorkspaceUUID: orphan.ID, VendorID: orphan.ID, VendorName: orphan.Name,
		Reason:  orphan.Reason,
		Message: "the vendor could not be asked to delete this workspace, and its deletion was given up: remove it in the vendor's console",
	}
	if intent.Capabilities.Workspace.OwnCredential && intent.External == "" {
		entry.CredentialOf = ws.UID
	}
	if attempt := ws.Status.Attempt; attempt != nil {
		entry.Since = attempt.StartedAt.Time
	}
	if intent.vault.held() {
		entry.Message = outliving(ws, intent)
	}
	if orphan.Reason == v1alpha1.OrphanOutcomeUnknown {
		entry.Message = "a request to create this workspace was not answered: look for it in the vendor's console, remove it there if it was made, and delete this entry"
	}
	return entry
}
