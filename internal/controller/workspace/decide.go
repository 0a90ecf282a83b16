package workspace

import (
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Decide hands the facts to the plan.
func (r *Reconciler) Decide(ws *v1alpha1.Workspace, intent Intent, sight Sight) plan.Step {
	can := intent.Capabilities.Workspace
	waited, revived := waitedFor(ws, r.Now()), restored(ws, intent)
	overdue := waited > r.ProvisioningDeadline
	denial, isDenied := denied(ws, revived)
	return plan.Workspace{
		Vendor:          or(intent.Provider, ws.Status.Provider),
		Deleting:        intent.Deleting,
		First:           intent.First,
		Obstacle:        intent.Obstacle,
		Retain:          intent.Retain,
		Insists:         intent.Insists,
		ObserveOnly:     intent.ObserveOnly,
		External:        intent.External,
		Importable:      can.Import && !can.OwnCredential,
		Leaving:         deletedFor(ws, r.Now()),
		Dependents:      intent.Dependents,
		Recorded:        ws.Status.UUID,
		Attempted:       ws.Status.Attempt.Open(),
		Refused:         ws.Status.Attempt.Refused(),
		Name:            attemptName(ws, intent),
		Denied:          isDenied,
		Denial:          denial,
		Restored:        revived,
		GiveUp:          r.outOfPatience(ws, intent.class),
		Ordered:         ws.Status.Attempt.Ordered() && (!overdue || !isDenied),
		Waited:          waited,
		Run:             ws.Status.ProvisioningRunID,
		Overdue:         overdue,
		Unsettled:       sight.Unsettled,
		MustRecord:      intent.Recovery == provider.RecoverNever || ws.Class() == "",
		Recovery:        intent.Recovery,
		FreezeRemoves:   can.DeleteFreezes,
		Means:           can.DeleteMeans,
		Undeletable:     !can.Delete,
		DeleteSetting:   can.DeleteSetting,
		ReadErr:         sight.Err,
		Current:         sight.Current,
		Marked:          sight.Marked,
		Named:           sight.Named,
		Kept:            intent.vault.uuid,
		HoldsCredential: intent.vault.held(),
		KeptIn:          vaultName(ws),
		Frozen:          intent.Spec.Frozen,
		Differs:         differences(ws, intent, sight),
	}.Decide()
}

// candidate is the workspace that is recorded, or about to be.
func candidate(ws *v1alpha1.Workspace, sight *Sight) *provider.Workspace {
	switch {
	case sight.Current != nil || ws.Status.UUID != "":
		return sight.Current
	case len(sight.Marked) > 0:
		return &sight.Marked[0]
	case ws.Status.Attempt.Ordered() && len(sight.Named) == 1:
		return &sight.Named[0]
	}
	return nil
}

// attemptName is what the workspace is called at the vendor, as far as we know.
func attemptName(ws *v1alpha1.Workspace, intent Intent) string {
	if ws.Status.Attempt != nil {
		return ws.Status.Attempt.Name
	}
	return intent.Spec.DisplayName
}

func deletedFor(ws *v1alpha1.Workspace, now time.Time) time.Duration {
	if ws.DeletionTimestamp.IsZero() {
		return 0
	}
	return now.Sub(ws.DeletionTimestamp.Time)
}

// waitedFor is how long ago the vendor accepted what it is still working on.
func waitedFor(ws *v1alpha1.Workspace, now time.Time) time.Duration {
	if !ws.Status.Attempt.Ordered() {
		return 0
	}
	return now.Sub(ws.Status.Attempt.StartedAt.Time)
}

// typedSlug reports whether the spec has taken the mark's place.
func (i Intent) typedSlug() bool {
	return i.External == "" && i.Capabilities.Workspace.MarkField == "slug" && i.Spec.Slug != ""
}
