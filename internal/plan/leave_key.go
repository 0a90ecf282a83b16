package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// leave decides about an ApiKey that has been deleted.
func (k Key) leave() Step {
	deleting := Outlook{State: Working, Reason: reasonDeleting, Message: "being revoked at the vendor"}
	switch {
	case k.Retain:
		return Step{Verb: Finish, Outlook: k.retained(deleting)}
	case (k.Obstacle != nil || k.ReadErr != nil) && (k.GiveUp || k.nothing()):
		return k.abandon()
	case k.Obstacle != nil:
		return failed(k.Obstacle)
	case k.ReadErr != nil:
		return failed(k.ReadErr)
	case len(k.Marked) > 0:
		step := Step{Verb: Remove, Target: k.Marked[0].ID, Last: len(k.Marked) == 1 && !k.hidden(), Outlook: deleting}
		if k.GiveUp {
			step.Orphans = k.orphans()
		}
		return step
	case k.unanswered():
		return Step{Verb: Finish, Orphans: unknown(k.AttemptName), Outlook: Outlook{State: Working, Reason: reasonOutcomeUnknown, Message: fmt.Sprintf(
			"the request to issue the key %q was not answered, so it may live on at %s: look for it in the vendor's console", k.AttemptName, k.Vendor)}}
	case k.Unsettled > 0:
		return waiting(reasonDeleting, k.Unsettled)
	case k.Secret.nameless():
		return Step{Verb: Finish, Orphans: unknown(k.Secret.KeyName), Outlook: Outlook{State: Working, Reason: reasonOutcomeUnknown, Message: fmt.Sprintf(
			"%s never showed the key %q in its list, so it could not be revoked and may live on: look for it in the vendor's console", k.Vendor, k.Secret.KeyName)}}
	case k.Restored:
		return k.forgotten()
	}
	return Step{Verb: Finish, Outlook: deleting}
}

// forgotten lets an object go of which nobody knows what was issued for it.
func (k Key) forgotten() Step {
	return Step{Verb: Finish, Outlook: Outlook{State: Working, Reason: reasonRestored, Message: "the ApiKey had been " +
		"restored without its status, so a key that was issued for it before may live on at " + k.Vendor}}
}

// abandon lets an object go whose vendor could not be asked for too long.
func (k Key) abandon() Step {
	orphans := k.orphans()
	switch {
	case len(orphans) == 0 && k.Restored:
		return k.forgotten()
	case len(orphans) == 0:
		return Step{Verb: Finish, Outlook: Outlook{State: Working, Reason: reasonDeleting, Message: "nothing was issued"}}
	}
	return Step{Verb: Finish, Orphans: orphans, Outlook: Outlook{State: Working, Reason: reasonAbandoned, Message: k.Vendor +
		" could not be asked to revoke the key for as long as the class's abandonAfter allows, so it may live on there; it stands in the orphan ledger"}}
}

// nothing reports whether there is nothing to ask a vendor that cannot be asked: the
// latest call is known to have made no key, and no key is on record or published. A
// vendor that is away for a moment is waited for all the same; one whose workspace is
// gone answers in one of three ways, and the Workspace may wait for this ApiKey.
func (k Key) nothing() bool {
	gone := provider.Is(k.ReadErr, provider.NotFound) || provider.Is(k.ReadErr, provider.Forbidden) || provider.Is(k.ReadErr, provider.Unauthorized)
	return k.Refused && (k.Obstacle != nil || gone) && !k.Restored && k.Secret.KeyID == "" && k.Secret.KeyName == "" && len(k.orphans()) == 0
}

// unknown is the one key of which nobody knows whether it lives.
func unknown(name string) []Orphan { return []Orphan{{Name: name, Reason: reasonOutcomeUnknown}} }

// orphans are the keys that may live on when the vendor is given up, each once:
// those that were seen, and, unless what was seen is all there is, those on record
// and the ones that a call without an answer may have made.
func (k Key) orphans() []Orphan {
	var orphans []Orphan
	ids, names := map[string]bool{"": true}, map[string]bool{"": true}
	add := func(id, name string) {
		if ids[id] && (id != "" || names[name]) {
			return
		}
		ids[id], names[name] = true, true
		orphans = append(orphans, Orphan{ID: id, Name: name, Reason: reasonAbandoned})
	}
	for _, seen := range k.Marked {
		add(seen.ID, seen.Name)
	}
	all := k.Obstacle == nil && k.ReadErr == nil && (k.Recovery == provider.RecoverNever || k.Unsettled <= 0)
	if !all {
		k.addRecorded(add)
	}
	if k.Attempted && (!all || k.unanswered()) {
		add("", k.AttemptName)
	}
	return orphans
}

// addRecorded adds the keys that are on record, or may have been left out of it.
func (k Key) addRecorded(add func(id, name string)) {
	add(k.Recorded, k.RecordedName)
	for _, id := range slices.Sorted(maps.Keys(k.Left)) {
		add(id, "")
	}
	if k.Secret.State == SecretOurs {
		add(k.Secret.KeyID, k.Secret.KeyName)
	}
	add("", k.Unrecorded)
}

// retained is the outlook of an object that leaves its keys alive: the one that
// was published, those it has replaced, and one that may have been issued.
func (k Key) retained(nothing Outlook) Outlook {
	var names []string
	switch {
	case k.Recorded != "":
		names = append(names, fmt.Sprintf("key %q", k.Recorded))
	case k.Secret.State == SecretOurs && k.Secret.KeyID != "":
		names = append(names, fmt.Sprintf("key %q", k.Secret.KeyID))
	case k.Secret.nameless():
		names = append(names, fmt.Sprintf("the key named %q", k.Secret.KeyName))
	}
	for _, id := range slices.Sorted(maps.Keys(k.Left)) {
		names = append(names, fmt.Sprintf("key %q, which was to be revoked,", id))
	}
	if k.Attempted {
		names = append(names, fmt.Sprintf("a key named %q, which may have been issued,", k.AttemptName))
	}
	if len(names) == 0 {
		return nothing
	}
	says := " lives on at the vendor: it is not revoked with this object"
	if len(names) > 1 {
		says = " live on at the vendor: they are not revoked with this object"
	}
	return Outlook{State: Working, Reason: reasonRetained, Message: strings.Join(names, " and ") + says}
}

// hidden reports whether the list may lack a key. The one in status is the latest
// that was issued, unless our Secret has come to hold another: a list that shows it
// lacks none.
func (k Key) hidden() bool {
	if k.Recovery == provider.RecoverNever {
		return k.Attempted // it is not the last to be told of
	}
	another := k.Secret.State == SecretOurs && k.Secret.KeyID != k.Recorded
	return k.Unsettled > 0 && (k.Attempted || another || k.Marked[0].ID != k.Recorded)
}
