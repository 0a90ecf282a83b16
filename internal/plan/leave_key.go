package plan

import (
	"fmt"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// leave decides about an ApiKey that has been deleted.
func (k Key) leave() Step {
	deleting := Outlook{State: Working, Reason: reasonDeleting, Message: "being revoked at the vendor"}
	switch {
	case k.Retain:
		return Step{Verb: Finish, Outlook: k.retained(deleting)}
	case k.Obstacle != nil:
		return failed(k.Obstacle)
	case k.ReadErr != nil:
		return failed(k.ReadErr)
	case len(k.Marked) > 0:
		return Step{Verb: Remove, Target: k.Marked[0].ID, Last: len(k.Marked) == 1 && !k.hidden(), Outlook: deleting}
	case k.Recovery == provider.RecoverNever && k.Attempted:
		return Step{Verb: Finish, Outlook: Outlook{State: Working, Reason: reasonOutcomeUnknown, Message: fmt.Sprintf(
			"the request to issue the key %q was not answered, so it may live on at %s: look for it in the vendor's console", k.AttemptName, k.Vendor)}}
	case k.Unsettled > 0:
		return waiting(reasonDeleting, k.Unsettled)
	}
	return Step{Verb: Finish, Outlook: deleting}
}

// retained is the outlook of an object that leaves a key alive.
func (k Key) retained(nothing Outlook) Outlook {
	var name string
	switch {
	case k.Recorded != "":
		name = fmt.Sprintf("key %q lives", k.Recorded)
	case k.Secret.State == SecretOurs && k.Secret.KeyID != "":
		name = fmt.Sprintf("key %q lives", k.Secret.KeyID)
	case k.Secret.nameless():
		name = fmt.Sprintf("the key named %q lives", k.Secret.KeyName)
	case k.Attempted:
		name = fmt.Sprintf("a key named %q, which may have been issued, lives", k.AttemptName)
	default:
		return nothing
	}
	return Outlook{State: Working, Reason: reasonRetained, Message: name + " on at the vendor: it is not revoked with this object"}
}

// hidden reports whether the list may lack a key. The one in the Secret, or in
// status when the Secret is not ours, is the latest that was issued: a list that
// shows it lacks none.
func (k Key) hidden() bool {
	if k.Recovery == provider.RecoverNever {
		return k.Attempted // it is not the last to be told of
	}
	latest := k.Secret.KeyID
	if k.Secret.State != SecretOurs {
		latest = k.Recorded
	}
	return k.Unsettled > 0 && (k.Attempted || k.Marked[0].ID != latest)
}
