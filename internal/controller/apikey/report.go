package apikey

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// Report writes the live key into status.
func (r *Reconciler) Report(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) {
	status := &key.Status
	if overtaken(key, facts) {
		status.Attempt = attempt(key, facts)
		status.Unresolved = unresolved(status.Attempt, facts)
		return
	}
	// Not what status says by now: the write before this one may have been stored,
	// and its answer lost.
	before, ends, live := facts.Intent.recorded, status.ExpiresAt, liveKey(facts)
	if status.KeyID != before {
		ends = nil
	}
	status.Applied, status.Kept = appliedAfter(key, before, live, facts), keptAfter(key, before, live, facts)
	if live != nil {
		describe(key, *live, facts)
	}
	switch {
	case facts.Effect.Key != nil:
		status.Fingerprint = facts.Effect.Fingerprint
	case live != nil: // what a Secret merely says of itself is not taken for ours
		status.Fingerprint = facts.Sight.Secret.Fingerprint
	}
	reportRotation(key, before, live, ends, facts)
	status.Attempt = attempt(key, facts)
	if facts.Intent.Provider != "" {
		status.Unresolved = unresolved(status.Attempt, facts)
	}
}

// overtaken reports whether somebody else has written down another key than this
// pass has seen, which has none to tell of. What it does not know of the call it
// has made is all there is to add.
func overtaken(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) bool {
	id := key.Status.KeyID
	if facts.Effect.Key != nil || id == facts.Intent.recorded {
		return false
	}
	live := liveKey(facts)
	return live == nil || live.ID != id
}

// reportRotation writes when the live key is replaced, and which others live on
// until when: a key that ends by itself needs no overlap after that.
func reportRotation(key *v1alpha1.ApiKey, before string, live *provider.Key, ends *metav1.Time, facts engine.Facts[Intent, Sight, Effect]) {
	status := &key.Status
	switch {
	case issued(facts.Step) && facts.Effect.Key != nil:
		status.LastHandledRotateAt = facts.Effect.RotatedFor
		if facts.Step.Verb == plan.Renew && before != "" {
			until := facts.Now.Add(overlap(key))
			if ends != nil && ends.Time.Before(until) {
				until = ends.Time
			}
			status.Retiring = []v1alpha1.RetiringKey{{KeyID: before, RevokeAt: metav1.NewTime(until.Truncate(time.Second))}}
		}
	case live != nil:
		status.LastHandledRotateAt = engine.Clip(facts.Sight.Secret.RotatedFor)
	}
	if looked := facts.Intent.account != nil && facts.Sight.Err == nil && facts.Intent.Obstacle == nil; looked && facts.Effect.Key == nil {
		status.Retiring = slices.DeleteFunc(slices.Clone(facts.Sight.Retiring), func(old v1alpha1.RetiringKey) bool {
			return facts.Step.Verb == plan.Remove && facts.Outlook.Err == nil && old.KeyID == facts.Step.Target
		})
	}
	since := facts.Sight.Secret.IssuedAt
	if issued(facts.Step) && facts.Effect.Key != nil {
		since = facts.Now
	}
	status.RotatesAt = rotatesAt(key, since, facts.Now)
}

// issued reports whether the step makes a key.
func issued(step plan.Step) bool { return step.Verb == plan.Create || step.Verb == plan.Renew }

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
	if !issued(facts.Step) || facts.Intent.Capabilities.Name == nil {
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
		status.CreatedAt, status.ExpiresAt, status.RotatesAt, status.State = nil, nil, nil, engine.Clean(live.State)
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
	name, other := published(key, facts)
	status.Binding, status.Moving = &v1alpha1.Binding{Name: name}, other
}

// published is the name of the Secret that holds the key after the pass: the one
// that was written, or else the one that was found; and of another that may hold it
// as well, which a move and what failed leave on record.
func published(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) (name, other string) {
	switch found := facts.Sight.Secret; {
	case facts.Effect.Secret != "":
		return facts.Effect.Secret, facts.Effect.Left
	case found.Holds() && found.Other() == "" && facts.Outlook.Err != nil && key.Status.Moving != found.Name:
		return found.Name, key.Status.Moving
	case found.Holds():
		return found.Name, found.Other()
	}
	return publish.Name(key), key.Status.Moving
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

// attempt is what remains on record of a call to issue: it goes with the key it
// made, a definite answer, a list that can be believed to show it, or a person's
// word, and comes with the lack of one.
func attempt(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) *v1alpha1.Attempt {
	recorded, name := key.Status.Attempt, nameOf(facts)
	if engine.Denied(key, recorded) && !issued(facts.Step) {
		return nil
	}
	if name == "" && recorded != nil {
		name = recorded.Name
	}
	ours := equality.Semantic.DeepEqual(recorded, facts.Effect.Attempt)
	switch {
	case issued(facts.Step) && recorded.Open() && recorded.Name != name && (recorded.EndedAt == nil || !ours):
		return recorded // somebody else has begun another call, and nothing is known of that
	case issued(facts.Step) && engine.Answered(facts.Outlook.Err) && !ours:
		return recorded // of our call we know that it made nothing, and of theirs nothing
	case facts.Effect.Key != nil && facts.Effect.Key.ID == "":
		// Until the list shows the key, it must not be taken for one that was
		// never issued, whatever becomes of its Secret.
		return engine.Accepted(nil, facts.Now, facts.Effect.Key.Name)
	case facts.Effect.Key != nil && facts.Step.Verb != plan.Update:
		return nil
	case issued(facts.Step) && engine.Uncertain(facts.Outlook.Err):
		return engine.Lost(recorded, facts.Now, name)
	case issued(facts.Step) && engine.Answered(facts.Outlook.Err):
		return engine.Refused(recorded, facts.Now, name)
	case issued(facts.Step):
		return recorded
	case settled(recorded, facts):
		return nil
	}
	return recorded
}

// settled reports whether a live key is there, and an unanswered call can have
// made nothing that is not seen by now: without a list, only the key it made
// tells that.
func settled(recorded *v1alpha1.Attempt, facts engine.Facts[Intent, Sight, Effect]) bool {
	live := liveKey(facts)
	switch {
	case live == nil:
		return false
	case !recorded.Open():
		return true
	case facts.Intent.Capabilities.Recovery == provider.RecoverNever:
		return live.Name == recorded.Name
	}
	return facts.Sight.Unsettled <= 0
}
