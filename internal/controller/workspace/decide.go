package workspace

import (
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Decide hands the facts to the plan.
func (r *Reconciler) Decide(ws *v1alpha1.Workspace, intent Intent, sight Sight) plan.Step {
	can := intent.Capabilities.Workspace
	waited := waitedFor(ws, r.Now())
	return plan.Workspace{
		Vendor:          intent.Provider,
		Deleting:        intent.Deleting,
		First:           intent.First,
		Obstacle:        intent.Obstacle,
		Retain:          intent.Retain,
		Insists:         intent.Insists,
		ObserveOnly:     intent.ObserveOnly,
		External:        intent.External,
		Importable:      can.Import && !can.OwnCredential,
		Dependents:      intent.Dependents,
		Recorded:        ws.Status.UUID,
		Attempted:       ws.Status.Attempt.Open(),
		Ordered:         ws.Status.Attempt.Ordered(),
		Waited:          waited,
		Run:             ws.Status.ProvisioningRunID,
		Overdue:         waited > r.ProvisioningDeadline,
		Unsettled:       sight.Unsettled,
		MustRecord:      intent.Recovery == provider.RecoverNever || ws.Class() == "",
		Recovery:        intent.Recovery,
		FreezeRemoves:   can.DeleteFreezes,
		Means:           can.DeleteMeans,
		ReadErr:         sight.Err,
		Current:         sight.Current,
		Marked:          sight.Marked,
		Named:           sight.Named,
		Kept:            intent.vault.uuid,
		HoldsCredential: intent.vault.held(),
		Frozen:          intent.Spec.Frozen,
		Differs:         differences(ws, intent, sight),
		Edited:          engine.Edited(ws.Status.Conditions, ws.Generation),
	}.Decide()
}

// differences are looked for where the whole workspace was read.
func differences(ws *v1alpha1.Workspace, intent Intent, sight Sight) plan.Differences {
	seen := sight.Current
	if seen == nil && ws.Status.UUID == "" && len(sight.Marked) > 0 {
		seen = &sight.Marked[0]
	}
	if seen == nil || !sight.Compared {
		return plan.Differences{}
	}
	return plan.OfWorkspace(intent.Spec, *seen, intent.Capabilities.Workspace)
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
