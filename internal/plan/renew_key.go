package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// annotationDenial is the annotation a person denies a call with.
const annotationDenial = "workspace-operator.io/does-not-exist"

// tend looks after a live key.
func (k Key) tend() Step {
	switch {
	case k.Secret.Stale:
		return Step{Verb: Publish, Target: k.Secret.KeyID, Outlook: soon(k.standing())}
	case k.wanted() && k.free() && k.Secret.Unfit == nil:
		return k.renew()
	case len(k.Differs.Changeable) > 0 && !k.Expired:
		return Step{Verb: Update, Target: k.Secret.KeyID, Undone: k.Differs.undone(), Outlook: k.standing()}
	}
	return Step{Verb: Stay, Target: k.Secret.KeyID, Outlook: k.standing()}
}

// wanted reports whether another key is to take the live one's place.
func (k Key) wanted() bool { return k.Due != "" || len(k.Changed) > 0 }

// unanswered reports whether there was a call that nobody can find out about.
func (k Key) unanswered() bool { return k.Recovery == provider.RecoverNever && k.Attempted }

// free reports whether another key may be issued now. At most two live at a time,
// and a key that may have been issued counts until it is known that it was not.
// The one that is replaced has to be on record: where there is no list, it would
// be forgotten.
func (k Key) free() bool {
	if k.Recorded != k.Secret.KeyID || k.unanswered() {
		return false
	}
	for _, seen := range k.Marked {
		if k.Left[seen.ID] > 0 {
			return false
		}
	}
	return k.Recovery == provider.RecoverNever || k.Unsettled <= 0
}

// renew issues a key that takes the live one's place.
func (k Key) renew() Step {
	step := k.issue()
	step.Verb, step.Record, step.Broken, step.Undone = Renew, true, k.Expired, k.unrenewed()
	if overlap := max(k.Overlap, rejoinPause); step.After == 0 || overlap < step.After {
		step.After = overlap
	}
	return step
}

// unrenewed is what a renewal that fails leaves as it is.
func (k Key) unrenewed() string {
	if len(k.Changed) > 0 {
		return specFields(k.Changed) + ": not applied yet, because only another key can have this"
	}
	return "the key is not replaced yet, although " + k.Due
}

// standing is how a live key stands.
func (k Key) standing() Outlook {
	switch {
	case k.Expired && !k.wanted():
		return Outlook{State: Blocked, Reason: reasonExpired, Message: messageKeyExpired}
	case k.Secret.Unfit != nil && (k.Expired || !k.taken()):
		return k.unfit()
	case k.Expired && k.unanswered():
		return Outlook{State: Blocked, Reason: reasonOutcomeUnknown, Message: k.unknown()}
	case k.Expired:
		return Outlook{State: Working, Reason: reasonExpired, After: k.wait(),
			Message: "the key is past its end; another one is issued as soon as the vendor's list can be believed, and at most two live"}
	}
	outlook := available(messageKeyAvailable)
	outlook.After = k.wait()
	outlook.Unapplied, outlook.Cause = k.unapplied()
	return outlook
}

// unfit is how a key stands whose Secret cannot be as the spec asks.
func (k Key) unfit() Outlook {
	return Outlook{State: k.Secret.Unfit.State, Reason: k.Secret.Unfit.Reason, Message: k.Secret.Unfit.Message, After: secretPause}
}

// taken reports whether all that keeps the Secret from being as the spec asks is
// that the name it is to have is taken. Nothing is wrong with the one it has.
func (k Key) taken() bool {
	return k.Secret.Unfit != nil && k.Secret.Unfit.Reason == reasonSecretConflict
}

// wait is when to look at a live key again: when something falls due, or when
// the key that is to take its place may be issued, or when the vendor must show it.
func (k Key) wait() time.Duration {
	switch {
	case k.taken():
		return sooner(k.Next, secretPause)
	case k.wanted() && k.Recorded != k.Secret.KeyID:
		return rejoinPause
	case slices.ContainsFunc(k.Marked, k.underWay), k.wanted() && k.Unsettled > 0:
		return sooner(k.Next, k.Unsettled)
	case len(k.Unsent) > 0:
		return sooner(k.Next, max(k.Unsettled, rejoinPause))
	}
	return k.Next
}

// sooner is the earlier of two waits; one of zero is none.
func sooner(next, other time.Duration) time.Duration {
	if next <= 0 {
		return other
	}
	return min(next, other)
}

// unapplied says in what a key that works is not as the spec says, and the
// reason that goes with it.
func (k Key) unapplied() (says, cause string) {
	switch {
	case k.taken():
		return k.Secret.Unfit.Message, reasonSecretConflict
	case k.wanted() && k.unanswered():
		return k.unknown(), reasonOutcomeUnknown
	case len(k.Changed) > 0:
		return specFields(k.Changed) + ": only another key can have this; it is issued as soon as no more than two live", reasonUpdating
	case len(k.Unsent) > 0:
		return fmt.Sprintf("%s: edited; %s does not show the key yet, and is told as soon as it does", specFields(k.Unsent), k.Vendor), reasonUpdating
	case len(k.Differs.Kept) > 0:
		return Unheeded(k.Differs.Kept), ""
	case len(k.Differs.Fixed) > 0:
		return fmt.Sprintf("%s: the key was changed at %s, which has no way to change it back. "+
			"Annotate the ApiKey with workspace-operator.io/rotate-at to have it replaced", specFields(k.Differs.Fixed), k.Vendor), reasonDrifted
	}
	return "", ""
}
