package plan

import (
	"fmt"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// annotationDenial is the annotation a person denies a call with.
const annotationDenial = "workspace-operator.io/does-not-exist"

// tend looks after a live key.
func (k Key) tend() Step {
	switch {
	case k.Secret.Stale:
		return Step{Verb: Publish, Target: k.Secret.KeyID, Outlook: k.standing()}
	case k.wanted() && k.free() && k.Secret.Unfit == nil:
		return k.renew()
	case k.Expired:
		return Step{Verb: Stay, Outlook: k.expired()}
	case len(k.Differs.Changeable) > 0 && !k.Told:
		return Step{Verb: Update, Target: k.Secret.KeyID, Outlook: k.standing()}
	}
	return Step{Verb: Stay, Target: k.Secret.KeyID, Outlook: k.standing()}
}

// wanted reports whether another key is to take the live one's place.
func (k Key) wanted() bool { return k.Due != "" || len(k.Changed) > 0 }

// free reports whether another key may be issued now. At most two live at a time,
// and a key that may have been issued counts until it is known that it was not.
func (k Key) free() bool {
	for _, seen := range k.Marked {
		if k.Left[seen.ID] > 0 {
			return false
		}
	}
	if k.Recovery == provider.RecoverNever {
		return !k.Attempted
	}
	return k.Unsettled <= 0
}

// renew issues a key that takes the live one's place.
func (k Key) renew() Step {
	step := k.issue()
	step.Verb, step.Record = Renew, true
	if overlap := max(k.Overlap, rejoinPause); step.After == 0 || overlap < step.After {
		step.After = overlap
	}
	return step
}

// expired is how a key stands that no longer works and cannot be replaced now.
func (k Key) expired() Outlook {
	switch {
	case !k.wanted():
		return Outlook{State: Blocked, Reason: reasonExpired, Message: messageKeyExpired}
	case k.Recovery == provider.RecoverNever && k.Attempted:
		return Outlook{State: Blocked, Reason: reasonOutcomeUnknown, Message: k.unknown()}
	}
	return Outlook{
		State: Working, Reason: reasonExpired, After: k.standing().After,
		Message: "the key is past its end; another one is issued as soon as the vendor's list can be believed, and at most two live",
	}
}

// standing is how a live key stands.
func (k Key) standing() Outlook {
	outlook := available(messageKeyAvailable)
	outlook.After = k.Next
	switch {
	case k.Secret.Unfit != nil:
		return Outlook{State: k.Secret.Unfit.State, Reason: k.Secret.Unfit.Reason, Message: k.Secret.Unfit.Message, After: secretPause}
	case k.wanted() && k.Recovery == provider.RecoverNever && k.Attempted:
		outlook.Unapplied, outlook.Cause = k.unknown(), reasonOutcomeUnknown
	case k.wanted() && !k.free() && k.Unsettled > 0:
		outlook.After = k.Unsettled
	case len(k.Changed) > 0 && !k.free():
		outlook.Unapplied = specFields(k.Changed) + ": only another key can have this, and it is issued once the key that was replaced before is revoked"
	case k.Told && len(k.Differs.Changeable) > 0:
		outlook.Unapplied = fmt.Sprintf("%s: %s keeps another value than it was told", specFields(k.Differs.Changeable), k.Vendor)
	case len(k.Differs.Fixed) > 0:
		outlook.Cause = reasonDrifted
		outlook.Unapplied = fmt.Sprintf("%s: the key was changed at %s, which has no way to change it back. "+
			"Annotate the ApiKey with workspace-operator.io/rotate-at to have it replaced", specFields(k.Differs.Fixed), k.Vendor)
	}
	return outlook
}
