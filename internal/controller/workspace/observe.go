package workspace

import (
	"context"
	"slices"
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
	// Current is the recorded workspace, or the one to be taken over; nil if a
	// complete list lacks it.
	Current *provider.Workspace
	// Marked are all that carry our mark.
	Marked []provider.Workspace
	// Named are those under the slug the spec names, that nobody else has.
	Named []provider.Workspace
	// Familiar: of what is recorded, or is to be, all was read that the spec
	// speaks of and that may be otherwise than when it was last read whole.
	Familiar bool
	// Unsettled is how long the lists cannot be believed yet.
	Unsettled time.Duration
}

// Observe reads the vendor. A Workspace whose creation has not been tried has
// nothing there, so the happy path costs no read.
func (r *Reconciler) Observe(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, fresh bool) (Sight, error) {
	sight := Sight{}
	if intent.First && intent.External == "" && !intent.typedSlug() {
		return sight, nil // a slug that a tenant typed may be taken, so it is looked for
	}
	switch {
	case intent.First:
	case ws.Status.UUID == "" || ws.Status.Attempt.Open():
		sight.Unsettled = engine.Unsettled(ws, ws.Status.Attempt, r.Now()) + r.lateness(ws, intent)
	default:
		sight.Unsettled = engine.SinceReady(ws.Status.Conditions, r.Now())
	}
	nothing := intent.Deleting && intent.External != "" && ws.Status.UUID == "" // was taken over
	if intent.Obstacle != nil || intent.account == nil || nothing {
		return sight, nil
	}
	id := or(ws.Status.UUID, or(intent.External, intent.vault.uuid))
	switch {
	case intent.own != nil:
		r.observeOwn(ctx, intent, id, &sight)
	case intent.Capabilities.Workspace.List && (ws.Status.UUID != "" || intent.External == ""):
		r.observeList(ctx, ws, intent, fresh || intent.First, &sight)
	case id != "":
		r.observeOne(ctx, intent, id, &sight)
	}
	if err := r.unclaimed(ctx, ws, intent, fresh, &sight); err != nil {
		return sight, err
	}
	if !intent.Deleting {
		r.readWhole(ctx, ws, intent, fresh, &sight)
	}
	return sight, nil
}

// lateness is how much later than by a call itself the lists may show what it made:
// as late as anything the vendor builds. Where they show nothing for certain, there
// is nothing to wait for.
func (r *Reconciler) lateness(ws *v1alpha1.Workspace, intent Intent) time.Duration {
	switch {
	case !intent.Capabilities.Workspace.Asynchronous, intent.Recovery == provider.RecoverNever, intent.Deleting && intent.Retain:
		return 0
	case ws.Status.Attempt.Refused(), engine.Denied(ws, ws.Status.Attempt):
		return 0
	}
	return r.ProvisioningDeadline
}

// observeOwn reads the one workspace the credential belongs to.
func (r *Reconciler) observeOwn(ctx context.Context, intent Intent, id string, sight *Sight) {
	if intent.Deleting {
		return // only its credential is left to be revoked
	}
	r.observeOne(ctx, intent, id, sight)
	if provider.Is(sight.Err, provider.Unauthorized) {
		sight.Err = &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonVendorObjectMissing,
			Message: "the vendor no longer accepts the workspace's own admin key: the key, or the workspace, was removed at the vendor. " +
				"It is not created again by itself: delete this Workspace and apply it anew to get another one"}
	}
}

// observeOne reads one workspace by its id. That there is none is believed where
// the vendor documents an answer that means nothing else.
func (r *Reconciler) observeOne(ctx context.Context, intent Intent, id string, sight *Sight) {
	current, err := intent.manager().Session().Workspaces().Get(ctx, id)
	switch {
	case err == nil:
		sight.Current = &current
	case !provider.Is(err, provider.NotFound):
		sight.Err = err
	}
}

// observeList finds the workspace in the list all objects of the account share.
func (r *Reconciler) observeList(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, fresh bool, sight *Sight) {
	freshness := account.Freshness{MaxAge: intent.Resync / 2}
	if fresh {
		freshness = account.Freshness{NotBefore: r.Now()}
	}
	all, err := intent.account.Workspaces(ctx, freshness)
	if err == nil && !fresh && lacks(all, ws.Status.UUID) {
		// A list from before it was made, or taken over, proves nothing gone.
		all, err = intent.account.Workspaces(ctx, account.Freshness{NotBefore: r.Now()})
	}
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
		if intent.typedSlug() && seen.Slug == intent.Spec.Slug {
			sight.Named = append(sight.Named, seen)
		}
	}
	if unread > 0 && fresh && len(sight.Marked) == 0 && intent.External == "" {
		// Where the identity is recorded, another workspace of ours can only be
		// one of the same name.
		lost := ws.Status.UUID == "" || ws.Status.Attempt.Open()
		sight.Marked, sight.Err = r.readMarks(ctx, intent, all, ws.Status.UUID, lost)
	}
}

// lacks reports whether what is recorded is not in the list.
func lacks(all []provider.Workspace, id string) bool {
	return id != "" && !slices.ContainsFunc(all, func(seen provider.Workspace) bool { return seen.ID == id })
}

// readWhole reads the parts that a list leaves out of the workspace that is
// recorded, or about to be: of the cached list, only if they may have changed.
func (r *Reconciler) readWhole(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, fresh bool, sight *Sight) {
	seen := candidate(ws, sight)
	if seen == nil || sight.Err != nil {
		return
	}
	if seen.Brief && !seen.Pending && (fresh || !familiar(ws, intent, *seen)) {
		whole, err := intent.account.Session().Workspaces().Get(ctx, seen.ID)
		if err != nil {
			sight.Err = err
			return
		}
		*seen = whole
	}
	sight.Familiar = !seen.Brief || recorded(ws).Shows(beside(ws, intent, *seen))
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

// unclaimed leaves out what another Workspace has: of those with our mark, it was
// taken over meanwhile. One that is about to be adopted is asked about then.
func (r *Reconciler) unclaimed(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, fresh bool, sight *Sight) error {
	var err error
	claimed := func(seen provider.Workspace) bool {
		var owners []v1alpha1.Workspace
		if err == nil && seen.ID != ws.Status.UUID {
			owners, err = r.owners(ctx, ws, intent.Provider, seen.ID, fresh)
		}
		return len(owners) > 0
	}
	if ws.Status.Attempt.Ordered() { // else the slug is taken, whoever has it
		sight.Named = slices.DeleteFunc(sight.Named, claimed)
	}
	if intent.Deleting || ws.Status.UUID != "" {
		sight.Marked = slices.DeleteFunc(sight.Marked, claimed)
	}
	return err
}
