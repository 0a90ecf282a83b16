package apikey

import (
	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Decide hands the facts to the plan.
func (r *Reconciler) Decide(key *v1alpha1.ApiKey, intent Intent, sight Sight) plan.Step {
	now := r.Now()
	facts := plan.Key{
		Vendor:       intent.Provider,
		Deleting:     intent.Deleting,
		First:        intent.First,
		Obstacle:     intent.Obstacle,
		Refusal:      intent.Refusal,
		Retain:       intent.Retain,
		Secret:       r.secretOf(sight),
		Recorded:     key.Status.KeyID,
		RecordedName: key.Status.DisplayName,
		Due:          due(key, sight, now),
		Overlap:      overlap(key),
		Left:         left(sight.Retiring, now),
		Next:         next(key, sight, now),
		Term:         term(key, intent.Spec, now),
		Attempted:    key.Status.Attempt.Open() && !engine.Denied(key, key.Status.Attempt),
		Refused:      key.Status.Attempt.Refused(),
		Denial:       string(key.UID),
		Restored:     sight.Restored,
		GiveUp:       engine.OutOfPatience(key, key.Status.Conditions, intent.AbandonAfter, now),
		Unsettled:    sight.Unsettled,
		Recovery:     intent.Capabilities.Recovery,
		ReadErr:      sight.Err,
		Marked:       sight.Marked,
		Differs:      differences(key, intent, sight),
	}
	if recordsHeld(key, sight) {
		facts.Expired = expired(key, now)
		facts.Changed = edited(key, intent, now)
		facts.Unsent = unsent(key, intent, sight)
	}
	if unrecorded(key, sight.Secret) && !sight.Restored && intent.Capabilities.Recovery != provider.RecoverNever && intent.Capabilities.Name != nil {
		facts.Unrecorded = intent.Capabilities.Name(intent.Spec.DisplayName, intent.Mark.WithSerial(1))
	}
	facts.Calling = facts.Unrecorded
	if facts.Attempted && key.Status.Attempt.EndedAt == nil {
		facts.Calling = key.Status.Attempt.Name
	}
	if key.Status.Attempt != nil {
		facts.AttemptName, facts.Denial = key.Status.Attempt.Name, engine.DenialOf(key.Status.Attempt)
	}
	facts.Issued = lastSerial(key, intent, sight)
	return facts.Decide()
}

// secretOf is what the plan needs to know of the target Secret.
func (r *Reconciler) secretOf(sight Sight) plan.Secret {
	age := r.sinceIssue(sight.Secret)
	return plan.Secret{
		State: sight.Secret.State, Owned: sight.Secret.Owned, Why: sight.Secret.Why,
		KeyID: sight.Secret.KeyID, KeyName: sight.Secret.KeyName,
		Stale: sight.Stale, Unfit: sight.Unfit,
		New: age < engine.ListsSettle, Age: age,
	}
}

// lastSerial is the greatest number that was given to a key. A Secret may have the
// next one, stored just before a crash; any further one is not of our making.
func lastSerial(key *v1alpha1.ApiKey, intent Intent, sight Sight) int {
	last := serialOf(key.Status.DisplayName, intent.Mark)
	if key.Status.Attempt != nil {
		last = max(last, serialOf(key.Status.Attempt.Name, intent.Mark))
	}
	for _, seen := range sight.Marked {
		if seen.Mark.SameOwner(intent.Mark) {
			last = max(last, seen.Mark.Serial)
		}
	}
	if stored := serialOf(sight.Secret.KeyName, intent.Mark); stored == last+1 {
		return stored
	}
	return last
}

// serialOf is the number in the name of a key of ours that is on record; 0 for
// any other name.
func serialOf(name string, mark provider.Mark) int {
	if recorded, ok := provider.ParseKeyName(name); ok && recorded.SameOwner(mark) {
		return recorded.Serial
	}
	return 0
}
