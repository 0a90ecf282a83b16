package apikey

import (
	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// Report writes the live key into status.
func (r *Reconciler) Report(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) {
	status := &key.Status
	if live := liveKey(facts); live != nil {
		describe(key, *live, facts)
	}
	switch {
	case facts.Effect.Key != nil:
		status.Fingerprint = facts.Effect.Fingerprint
	case facts.Sight.Secret.State == plan.SecretOurs && facts.Sight.Secret.KeyID != "":
		status.Fingerprint = facts.Sight.Secret.Fingerprint
	}
	status.Attempt = attempt(status.Attempt, facts)
	if facts.Intent.Provider != "" {
		status.Unresolved = unresolved(status.Attempt, facts)
	}
}

// unresolved names the key that may live with nobody holding it, where the
// vendor offers no way to look for it.
func unresolved(recorded *v1alpha1.Attempt, facts engine.Facts[Intent, Sight, Effect]) []v1alpha1.UnresolvedKey {
	if facts.Intent.Capabilities.Recovery != provider.RecoverNever || !recorded.Open() {
		return nil
	}
	return []v1alpha1.UnresolvedKey{{Name: recorded.Name, Since: recorded.StartedAt}}
}

// nameOf is what the key is called that this pass has asked for.
func nameOf(facts engine.Facts[Intent, Sight, Effect]) string {
	if facts.Step.Verb != plan.Create || facts.Intent.Capabilities.Name == nil {
		return ""
	}
	return facts.Intent.Capabilities.Name(facts.Intent.Spec.DisplayName, facts.Intent.Mark.WithSerial(facts.Step.Serial))
}

// describe copies what is known of the live key. What the answer to its issue
// left out is not worth a write of its own later: a list that tells more than
// the answer did changes nothing.
func describe(key *v1alpha1.ApiKey, live provider.Key, facts engine.Facts[Intent, Sight, Effect]) {
	status := &key.Status
	if status.KeyID != live.ID {
		status.CreatedAt, status.ExpiresAt, status.State = nil, nil, engine.Clean(live.State)
	}
	if status.State != "" && live.State != "" {
		status.State = engine.Clean(live.State)
	}
	if status.CreatedAt == nil && live.CreatedAt.IsZero() {
		live.CreatedAt = facts.Now
	}
	status.KeyID = live.ID // empty where the list tells it later
	if live.Name != "" {
		status.DisplayName = engine.Clean(live.Name)
	}
	if status.CreatedAt == nil {
		status.CreatedAt = engine.Moment(live.CreatedAt, nil)
	}
	status.ExpiresAt = engine.Moment(live.ExpiresAt, status.ExpiresAt)
	status.Binding = &v1alpha1.Binding{Name: publish.Name(key)}
}

// liveKey is the key just issued, or the one the Secret holds.
func liveKey(facts engine.Facts[Intent, Sight, Effect]) *provider.Key {
	if facts.Effect.Key != nil {
		return facts.Effect.Key
	}
	if facts.Sight.Secret.State != plan.SecretOurs {
		return nil // what stands in somebody else's Secret proves nothing
	}
	for i := range facts.Sight.Marked {
		if facts.Sight.Marked[i].ID == facts.Sight.Secret.KeyID {
			return &facts.Sight.Marked[i]
		}
	}
	if facts.Step.Verb == plan.Stay && facts.Step.Target != "" && facts.Step.Target == facts.Intent.recorded {
		// Published so recently that the list does not show it yet.
		return &provider.Key{ID: facts.Step.Target}
	}
	return nil
}

// attempt is what remains on record of a call to issue: it goes with a live
// key or a definite answer, and comes with the lack of one.
func attempt(recorded *v1alpha1.Attempt, facts engine.Facts[Intent, Sight, Effect]) *v1alpha1.Attempt {
	name := nameOf(facts)
	if name == "" && recorded != nil {
		name = recorded.Name
	}
	switch {
	case facts.Effect.Key != nil && facts.Effect.Key.ID == "":
		// Until the list shows the key, it must not be taken for one that was
		// never issued, whatever becomes of its Secret.
		return engine.Accepted(nil, facts.Now, facts.Effect.Key.Name)
	case liveKey(facts) != nil:
		return nil
	case facts.Step.Verb != plan.Create:
		return recorded
	case engine.Uncertain(facts.Outlook.Err):
		return engine.Lost(recorded, facts.Now, name)
	case engine.Answered(facts.Outlook.Err):
		return engine.Refused(recorded, facts.Now, name)
	}
	return recorded
}
