package apikey

import (
	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Decide hands the facts to the plan.
func (r *Reconciler) Decide(key *v1alpha1.ApiKey, intent Intent, sight Sight) plan.Step {
	facts := plan.Key{
		Vendor:   intent.Provider,
		Deleting: intent.Deleting,
		First:    intent.First,
		Obstacle: intent.Obstacle,
		Retain:   intent.Retain,
		Secret: plan.Secret{
			State:   sight.Secret.State,
			Why:     sight.Secret.Why,
			KeyID:   sight.Secret.KeyID,
			KeyName: sight.Secret.KeyName,
			Changed: sight.Secret.Changed,
			New:     r.sinceIssue(sight.Secret) < engine.ListsSettle,
			Age:     r.sinceIssue(sight.Secret),
		},
		Expired:    key.Status.ExpiresAt != nil && !r.Now().Before(key.Status.ExpiresAt.Time),
		Recorded:   key.Status.KeyID,
		Attempted:  key.Status.Attempt.Open(),
		Unsettled:  sight.Unsettled,
		Recovery:   intent.Capabilities.Recovery,
		ReadErr:    sight.Err,
		Marked:     sight.Marked,
		Edited:     engine.Edited(key.Status.Conditions, key.Generation),
		Differs:    differences(key, intent, sight),
		Unreadable: unreadable(intent),
	}
	if key.Status.Attempt != nil {
		facts.AttemptName = key.Status.Attempt.Name
	}
	facts.Issued = max(serialOf(key.Status.DisplayName, intent.Mark), serialOf(facts.AttemptName, intent.Mark))
	return facts.Decide()
}

// serialOf is the number in the name of a key of ours that is on record; 0 for
// any other name.
func serialOf(name string, mark provider.Mark) int {
	if recorded, ok := provider.ParseKeyName(name); ok && recorded.SameOwner(mark) {
		return recorded.Serial
	}
	return 0
}

// differences are those of the live key, if it was just read.
func differences(key *v1alpha1.ApiKey, intent Intent, sight Sight) plan.Differences {
	live := liveSeen(sight)
	if live == nil || !sight.Compared || intent.Capabilities.Name == nil {
		return plan.Differences{}
	}
	name := intent.Capabilities.Name(intent.Spec.DisplayName, live.Mark)
	if live.Mark.IsZero() {
		name = "" // somebody has renamed it at the vendor, and it is known by its id
	}
	return plan.OfKey(forLive(key, intent.Spec), name, *live, intent.Capabilities)
}

// liveSeen is the key that the Secret holds, as the vendor shows it.
func liveSeen(sight Sight) *provider.Key {
	for i := range sight.Marked {
		if sight.Secret.State == plan.SecretOurs && sight.Marked[i].ID == sight.Secret.KeyID {
			return &sight.Marked[i]
		}
	}
	return nil
}

// unreadable are the fields of the spec that no vendor shows again.
func unreadable(intent Intent) []string {
	if intent.Spec.Action == "" {
		return nil
	}
	return []string{"action"}
}
