// Package plan holds the decisions, and nothing else: facts in, one step out.
// It has no clock, does no I/O and knows no Kubernetes, so that every decision
// can be read, listed in a table and tried with any facts.
package plan

import (
	"strings"
	"time"
)

// Verb is what a step does.
type Verb string

const (
	// Stay changes nothing at the vendor; State says why.
	Stay Verb = "Stay"
	// Adopt records the vendor's object that was found.
	Adopt Verb = "Adopt"
	// Create makes the vendor's object: a workspace, or a key and its Secret.
	Create Verb = "Create"
	// Renew issues a key in place of one that still works.
	Renew Verb = "Renew"
	// Publish writes the live key's Secret anew, and changes nothing at the
	// vendor.
	Publish Verb = "Publish"
	// Update makes the vendor's object named by Target equal the spec.
	Update Verb = "Update"
	// Remove ends the vendor's object named by Target.
	Remove Verb = "Remove"
	// Hold stores our finalizer and changes nothing at the vendor.
	Hold Verb = "Hold"
	// Finish lets the Kubernetes object go. A reason other than Deleting says
	// what is left behind.
	Finish Verb = "Finish"
)

// State is what a person, or kstatus, makes of an object.
type State string

const (
	// Settled: as the spec says.
	Settled State = "Settled"
	// Working: not yet, and no person is needed.
	Working State = "Working"
	// Blocked: a person or another object has to act.
	Blocked State = "Blocked"
)

// Outlook says where an object stands, in words for its conditions.
type Outlook struct {
	State   State
	Reason  string
	Message string
	// After is when to look again; zero leaves it to the resync. What is Settled
	// is looked at by the resync in any case.
	After time.Duration
	// Err, if set, is why; the engine's table turns it into the rest.
	Err error
	// Broken: what an object that was Ready promised no longer holds, whatever
	// else is wrong.
	Broken bool
	// Unapplied says in words in what the vendor's object is not as the spec
	// says, or may not be, although it can be used.
	Unapplied string
	// Cause is the reason that goes with Unapplied; empty is NotApplied, where
	// nobody can tell for certain.
	Cause string
}

// Impasse is the error of an object that cannot go on for a reason of the
// cluster's, not of the vendor's.
//
//nolint:errname // what a condition shows is an impasse, whoever returns it
type Impasse struct {
	State   State
	Reason  string
	Message string
}

// Error gives the message.
func (h *Impasse) Error() string { return h.Message }

// Step is a decision: at most one thing to do, and how things stand if it
// succeeds.
type Step struct {
	Verb Verb
	// Target is the vendor's id that Adopt, Update and Remove are about.
	Target string
	// Serial is the number of the key that Create issues.
	Serial int
	// Record asks for the attempt to be stored before the call.
	Record bool
	// Last says that with this Remove nothing is left, so that Finish follows.
	Last bool
	// Orphans are what Finish leaves at the vendor although nobody asked for
	// that. Those of a Remove are left only if it fails: the object has waited
	// for the vendor as long as its class allows.
	Orphans []Orphan
	// Undone is what the step leaves as it is if it fails, in words. An object
	// that was Ready, and is Settled with the step, then is as good as before.
	Undone string
	Outlook
}

// Orphan is what may be left at the vendor of an object that is let go.
type Orphan struct {
	// ID is the vendor's, if it is known; Name is what it is called there.
	ID, Name string
	// Reason is Abandoned or OutcomeUnknown.
	Reason string
}

// Mutates reports whether the step changes something at the vendor or in a
// Secret, what is on record of either, or lets the object go; such a step is only
// taken on facts that were read live.
func (s Step) Mutates() bool {
	switch s.Verb {
	case Adopt, Create, Renew, Update, Publish, Remove, Finish:
		return true
	default:
		return false
	}
}

// Reasons a decision can give; the API package documents them under the same
// names.
const (
	reasonAvailable      = "Available"
	reasonFrozen         = "Frozen"
	reasonProvisioning   = "Provisioning"
	reasonOverdue        = "ProvisioningOverdue"
	reasonUpdating       = "Updating"
	reasonIdentifying    = "Identifying"
	reasonInUse          = "InUse"
	reasonDeleting       = "Deleting"
	reasonRetained       = "Retained"
	reasonRecovering     = "Recovering"
	reasonOutcomeUnknown = "OutcomeUnknown"
	reasonMissing        = "VendorObjectMissing"
	reasonConflict       = "Conflict"
	reasonSecretConflict = "SecretConflict"
	reasonUnsupported    = "Unsupported"
	reasonExpired        = "Expired"
	reasonDrifted        = "Drifted"
	reasonRestored       = "Restored"
	reasonAbandoned      = "Abandoned"
)

func stay(state State, reason, message string) Step {
	return Step{Verb: Stay, Outlook: Outlook{State: state, Reason: reason, Message: message}}
}

func failed(err error) Step {
	return Step{Verb: Stay, Outlook: Outlook{Err: err}}
}

// waiting is the step while an earlier call may still come to light.
func waiting(reason string, left time.Duration) Step {
	step := stay(Working, reason, "an earlier request may have had an effect; waiting until the vendor's list is sure to show it")
	step.After = min(left, pollLatest)
	return step
}

// rejoinPause lets the cache see the finalizer, or the vendor a change.
const rejoinPause = time.Second

// rejoin is the step for an object that we have worked on, and that somebody
// took our finalizer from: without it, deletion would leave the vendor's
// object behind.
func rejoin() Step {
	return Step{Verb: Hold, Outlook: Outlook{
		State: Working, Reason: reasonRecovering, After: rejoinPause,
		Message: "the finalizer was taken away although the vendor may have something of this object; it is set again",
	}}
}

// soon has an object looked at again at once.
func soon(outlook Outlook) Outlook {
	outlook.After = rejoinPause
	return outlook
}

// specFields names fields as a person finds them in the spec.
func specFields(names []string) string {
	written := make([]string, len(names))
	for i, name := range names {
		written[i] = "spec." + name
	}
	return strings.Join(written, ", ")
}
