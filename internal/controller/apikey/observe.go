package apikey

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// Sight is what the vendor has and what is published.
type Sight struct {
	// Err is why the vendor's side could not be seen.
	Err error
	// Secret is the target Secret.
	Secret publish.Found
	// Marked are the vendor's keys that carry our mark.
	Marked []provider.Key
	// Unsettled is how long the lists cannot be believed yet.
	Unsettled time.Duration
}

// Observe reads the target Secret, then the vendor. An ApiKey for which none
// was ever issued has nothing there, so the happy path costs no list.
func (r *Reconciler) Observe(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, fresh bool) (Sight, error) {
	sight := Sight{}
	if intent.First && intent.Obstacle != nil {
		return sight, nil
	}
	var err error
	if sight.Secret, err = r.inspect(ctx, key, intent); err != nil {
		return sight, err
	}
	if intent.account == nil || intent.First && sight.Secret.State != plan.SecretOurs {
		return sight, nil
	}
	sight.Unsettled = max(
		engine.Unsettled(key, key.Status.Attempt, r.Now()),
		engine.SinceReady(key.Status.Conditions, r.Now()),
		engine.ListsSettle-r.sinceIssue(sight.Secret),
	)
	freshness := account.Freshness{MaxAge: intent.Resync / 2}
	if fresh {
		freshness = account.Freshness{NotBefore: r.Now()}
	}
	keys, err := intent.account.Keys(ctx, intent.WorkspaceUUID, freshness)
	if err != nil {
		sight.Err = err
		return sight, nil
	}
	for _, seen := range keys {
		if seen.Mark.SameOwner(intent.Mark) || seen.ID == key.Status.KeyID && seen.ID != "" {
			sight.Marked = append(sight.Marked, seen)
		}
	}
	return sight, nil
}

// sinceIssue is how long ago the key in the Secret was issued. A time that has
// not come yet was written by somebody else and says nothing.
func (r *Reconciler) sinceIssue(secret publish.Found) time.Duration {
	if secret.IssuedAt.After(r.Now().Add(time.Second)) {
		return engine.ListsSettle
	}
	return r.Now().Sub(secret.IssuedAt)
}

// inspect reads the target Secret, and whether another ApiKey was first to
// name it: of two, the older has it, and no key is issued for the other.
func (r *Reconciler) inspect(ctx context.Context, key *v1alpha1.ApiKey, intent Intent) (publish.Found, error) {
	found, err := publish.Inspect(ctx, r.Live, key)
	if err != nil || found.State != plan.SecretAbsent || intent.Deleting {
		return found, err
	}
	siblings := &v1alpha1.ApiKeyList{}
	if err := r.Client.List(ctx, siblings, client.InNamespace(key.Namespace)); err != nil {
		return found, err
	}
	for i := range siblings.Items {
		other := &siblings.Items[i]
		if publish.Name(other) == publish.Name(key) && older(other, key) {
			found.State = plan.SecretForeign
			found.Why = fmt.Sprintf("Secret %q is the target of ApiKey %q, which is older", publish.Name(key), other.Name)
		}
	}
	return found, nil
}

func older(other, key *v1alpha1.ApiKey) bool {
	if !other.CreationTimestamp.Equal(&key.CreationTimestamp) {
		return other.CreationTimestamp.Before(&key.CreationTimestamp)
	}
	return other.UID < key.UID
}

// Decide hands the facts to the plan.
func (r *Reconciler) Decide(key *v1alpha1.ApiKey, intent Intent, sight Sight) plan.Step {
	return plan.Key{
		Deleting: intent.Deleting,
		First:    intent.First,
		Obstacle: intent.Obstacle,
		Retain:   intent.Retain,
		Secret: plan.Secret{
			State:   sight.Secret.State,
			Why:     sight.Secret.Why,
			KeyID:   sight.Secret.KeyID,
			Changed: sight.Secret.Changed,
			New:     r.sinceIssue(sight.Secret) < engine.ListsSettle,
		},
		Expired:   key.Status.ExpiresAt != nil && !r.Now().Before(key.Status.ExpiresAt.Time),
		Recorded:  key.Status.KeyID,
		Attempted: key.Status.Attempt.Open(),
		Unsettled: sight.Unsettled,
		ReadErr:   sight.Err,
		Marked:    sight.Marked,
	}.Decide()
}
