package workspace

import (
	"slices"
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
		Leaving:         deletedFor(ws, r.Now()),
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

// differences are looked for where the whole workspace was read. What a person
// has to set back is what the Workspace itself says, not its class.
func differences(ws *v1alpha1.Workspace, intent Intent, sight Sight) plan.Differences {
	seen := candidate(ws, &sight)
	if seen == nil || !sight.Compared {
		return plan.Differences{}
	}
	found := plan.OfWorkspace(intent.Spec, *seen, intent.Capabilities.Workspace)
	found.Fixed = slices.DeleteFunc(found.Fixed, func(field string) bool {
		return field == "displayName" && ws.Spec.DisplayName == "" || field == "region" && ws.Spec.Region == "" ||
			field == "language" && ws.Spec.Language == ""
	})
	return found
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
