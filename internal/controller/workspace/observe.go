package workspace

import (
	"context"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Sight is what the vendor has.
type Sight struct {
	// Err is why it could not be seen.
	Err error
	// Current is the recorded workspace, nil if a complete list lacks it.
	Current *provider.Workspace
	// Marked are all that carry our mark.
	Marked []provider.Workspace
	// Unsettled is how long the lists cannot be believed yet.
	Unsettled time.Duration
}

// Observe reads the vendor. A Workspace whose creation has not been tried has
// nothing there, so the happy path costs no read.
func (r *Reconciler) Observe(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, fresh bool) (Sight, error) {
	sight := Sight{}
	if intent.First {
		return sight, nil
	}
	if ws.Status.UUID == "" || ws.Status.Attempt.Open() {
		sight.Unsettled = engine.Unsettled(ws, ws.Status.Attempt, r.Now())
	} else {
		sight.Unsettled = engine.SinceReady(ws.Status.Conditions, r.Now())
	}
	if intent.Obstacle != nil || intent.account == nil {
		return sight, nil
	}
	switch {
	case intent.own != nil:
		r.observeOwn(ctx, ws, intent, &sight)
	case intent.Capabilities.Workspace.List:
		r.observeList(ctx, ws, intent, fresh, &sight)
	}
	return sight, nil
}

// observeOwn reads the one workspace the credential belongs to.
func (r *Reconciler) observeOwn(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, sight *Sight) {
	if intent.Deleting {
		return // only its credential is left to be revoked
	}
	id := or(ws.Status.UUID, intent.vault.uuid)
	current, err := intent.own.Session().Workspaces().Get(ctx, id)
	if provider.Is(err, provider.Unauthorized) {
		sight.Err = &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonVendorObjectMissing,
			Message: "the vendor no longer accepts the workspace's own admin key: the key, or the workspace, was removed at the vendor"}
		return
	}
	if err != nil {
		sight.Err = err
		return
	}
	sight.Current = &current
}

// observeList finds the workspace in the list all objects of the account share.
func (r *Reconciler) observeList(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, fresh bool, sight *Sight) {
	freshness := account.Freshness{MaxAge: intent.Resync / 2}
	if fresh {
		freshness = account.Freshness{NotBefore: r.Now()}
	}
	all, err := intent.account.Workspaces(ctx, freshness)
	if err != nil {
		sight.Err = err
		return
	}
	unread := 0
	for i := range all {
		seen := all[i]
		switch {
		case seen.Mark.SameOwner(intent.Mark):
			sight.Marked = append(sight.Marked, seen)
		case seen.MarkUnread:
			unread++
		}
		if seen.ID == ws.Status.UUID && ws.Status.UUID != "" {
			sight.Current = &all[i]
		}
	}
	if unread > 0 && fresh && len(sight.Marked) == 0 {
		// Where the identity is recorded, another workspace of ours can only be
		// one of the same name.
		lost := ws.Status.UUID == "" || ws.Status.Attempt.Open()
		sight.Marked, sight.Err = r.readMarks(ctx, intent, all, ws.Status.UUID, lost)
	}
}

// readMarks asks for each workspace whose mark the list did not show. Those of
// our name come first: they are the likeliest, and one of them is enough.
func (r *Reconciler) readMarks(ctx context.Context, intent Intent, all []provider.Workspace, known string, lost bool) ([]provider.Workspace, error) {
	for _, named := range []bool{true, false} {
		if !named && !lost {
			break
		}
		var marked []provider.Workspace
		for _, seen := range all {
			if !seen.MarkUnread || seen.ID == known || (seen.Name == intent.Spec.DisplayName) != named {
				continue
			}
			whole, err := intent.account.Session().Workspaces().Get(ctx, seen.ID)
			if err != nil {
				return nil, err
			}
			if whole.Mark.SameOwner(intent.Mark) {
				marked = append(marked, whole)
			}
		}
		if len(marked) > 0 {
			return marked, nil
		}
	}
	return nil, nil
}

// Decide hands the facts to the plan.
func (r *Reconciler) Decide(ws *v1alpha1.Workspace, intent Intent, sight Sight) plan.Step {
	return plan.Workspace{
		Deleting:        intent.Deleting,
		First:           intent.First,
		Obstacle:        intent.Obstacle,
		Retain:          intent.Retain,
		Insists:         intent.Insists,
		Dependents:      intent.Dependents,
		Recorded:        ws.Status.UUID,
		Attempted:       ws.Status.Attempt.Open(),
		Unsettled:       sight.Unsettled,
		MustRecord:      intent.Capabilities.Workspace.Recovery == provider.RecoverNever || ws.Class() == "",
		Recovery:        intent.Capabilities.Workspace.Recovery,
		ReadErr:         sight.Err,
		Current:         sight.Current,
		Marked:          sight.Marked,
		Kept:            intent.vault.uuid,
		HoldsCredential: intent.vault.held(),
	}.Decide()
}
