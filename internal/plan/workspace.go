package plan

import (
	"fmt"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Workspace is all that the decision about a Workspace rests on.
type Workspace struct {
	// Vendor is its name, for people.
	Vendor string
	// Deleting: the Workspace has been deleted and waits for us.
	Deleting bool
	// First: our finalizer was not there, so we never called the vendor.
	First bool
	// Obstacle is why the vendor cannot be asked at all.
	Obstacle error
	// Retain: deletion leaves the vendor's workspace alone.
	Retain bool
	// Insists: it is the Workspace's own spec that says Retain, so that a
	// credential which cannot be revoked is no reason to stay.
	Insists bool
	// ObserveOnly: the vendor is read and never told to change anything.
	ObserveOnly bool
	// External is the id of a workspace that is taken over instead of created.
	External string
	// Importable: the vendor's workspaces can be taken over.
	Importable bool
	// Leaving is how long ago the Workspace was deleted.
	Leaving time.Duration
	// Dependents counts the ApiKeys that refer to the Workspace.
	Dependents int
	// Recorded is the vendor's id in status.
	Recorded string
	// Attempted: a create call was recorded and never answered for certain.
	// Refused: the latest is known to have made nothing.
	Attempted, Refused bool
	// Name is what the workspace is called at the vendor, as far as we know.
	Name string
	// Denied: a person says that the vendor has nothing of it, or of what a
	// Restored object was before. Denial is how that is said.
	Denied bool
	Denial string
	// Restored: the object comes from a backup, and what was known of its
	// workspace did not come along.
	Restored bool
	// GiveUp: a deletion has waited for the vendor as long as the class allows.
	GiveUp bool
	// Ordered: the vendor has accepted a create call and works on it; Waited is
	// for how long, Run what it calls that work. Overdue: for too long.
	Ordered bool
	Waited  time.Duration
	Run     string
	Overdue bool
	// Unsettled is how long the vendor's lists may yet hide what an earlier
	// call did; zero or less, they can be believed.
	Unsettled time.Duration
	// MustRecord: the first call is to be recorded as well.
	MustRecord bool
	Recovery   provider.Recovery
	// FreezeRemoves: all that a deletion does is to freeze, which Means says.
	FreezeRemoves bool
	Means         string
	// Undeletable: no workspace can be deleted, unless DeleteSetting, where there
	// is one, is Enabled in the class.
	Undeletable   bool
	DeleteSetting string

	// ReadErr is why the vendor's side could not be seen.
	ReadErr error
	// Current is the recorded workspace, or the one to be taken over, as the
	// vendor has it.
	Current *provider.Workspace
	// Marked are the vendor's workspaces that carry our mark.
	Marked []provider.Workspace
	// Named are those under the slug the spec names, which is no mark.
	Named []provider.Workspace
	// Kept is the id in the credential we keep for the workspace, if we do.
	Kept string
	// HoldsCredential: a credential of the workspace's own is to be revoked.
	// KeptIn is the Secret it is in.
	HoldsCredential bool
	KeptIn          string
	// Frozen is what the spec says of it; nil if it does not.
	Frozen *bool
	// Differs is in what the vendor's workspace is not as the spec says, as far
	// as that was looked at.
	Differs Differences
}

const (
	messageAvailable     = "the workspace exists and can be used"
	messageWorkspaceGone = "the vendor no longer has this workspace. It is not created again by itself: delete this Workspace and apply it anew to get another one"
)

// Decide gives the one step to take.
func (w Workspace) Decide() Step {
	switch {
	case w.Deleting:
		return w.leave()
	case w.First && (w.Attempted || w.Refused || w.Ordered || w.Recorded != ""):
		return rejoin()
	case w.Obstacle != nil:
		return failed(w.Obstacle)
	case w.ReadErr != nil:
		return failed(w.ReadErr)
	case w.Recorded != "":
		return w.keep()
	case w.External != "":
		return w.take()
	default:
		return w.obtain()
	}
}

func (w Workspace) keep() Step {
	if extra := w.duplicate(); extra != "" && !w.ObserveOnly && !w.Undeletable {
		return Step{Verb: Remove, Target: extra, Outlook: Outlook{
			State: Working, Reason: reasonRecovering, Message: "a second workspace made for this object is being removed",
		}}
	}
	switch {
	case w.Current == nil && w.Ordered:
		return Step{Verb: Stay, Outlook: w.provisioning()}
	case w.Current == nil && w.Unsettled > 0:
		return waiting(reasonRecovering, w.Unsettled)
	case w.Current == nil:
		return stay(Blocked, reasonMissing, messageWorkspaceGone)
	case w.Current.Pending:
		return Step{Verb: Stay, Outlook: w.provisioning()}
	case len(w.Differs.Changeable) > 0 && !w.ObserveOnly:
		return Step{Verb: Update, Target: w.Recorded, Undone: w.Differs.undone(), Outlook: w.updated()}
	}
	return Step{Verb: Stay, Outlook: w.tolerated(w.standing(*w.Current))}
}

// updated is how things stand after an update: the vendor then has what the
// spec says of its state.
func (w Workspace) updated() Outlook {
	changed := *w.Current
	if w.Frozen != nil {
		changed.Frozen = *w.Frozen
	}
	return w.standing(changed)
}

// standing is how a workspace stands that is no longer built.
func (w Workspace) standing(seen provider.Workspace) Outlook {
	asked := w.Frozen != nil && *w.Frozen
	if outlook, blocked := w.unchangeable(); blocked {
		return outlook
	}
	switch {
	case seen.Frozen && w.ObserveOnly && !asked:
		return Outlook{State: Blocked, Reason: reasonFrozen, Message: "the workspace is frozen at the vendor and cannot be used; this Workspace only observes it"}
	case seen.Frozen && asked:
		return Outlook{State: Settled, Reason: reasonFrozen, Message: w.meaning("the workspace is frozen, as spec.access says, and cannot be used"), Unapplied: w.unapplied()}
	case seen.Frozen && w.Frozen != nil:
		return Outlook{State: Blocked, Reason: reasonFrozen, Message: w.meaning("the workspace stays frozen at the vendor, although spec.access is Active")}
	case seen.Frozen:
		return Outlook{State: Blocked, Reason: reasonFrozen, Message: w.meaning("the workspace is frozen at the vendor and cannot be used: set spec.access to Active to unfreeze it")}
	}
	outlook := available(messageAvailable)
	outlook.Unapplied = w.unapplied()
	return outlook
}

// meaning adds what the vendor makes of a frozen workspace.
func (w Workspace) meaning(message string) string {
	if w.FreezeRemoves && w.Means != "" {
		return message + ". Mind that a deletion is the same at this vendor: " + w.Means
	}
	return message
}

// take records a workspace that exists. Nothing is ever created in its place.
func (w Workspace) take() Step {
	if w.Current == nil {
		return stay(Blocked, reasonMissing, fmt.Sprintf(
			"%s has no workspace %q that the class's credential can see: check spec.externalID", w.Vendor, w.External))
	}
	if w.Current.ID != w.External {
		// By its id alone it is known whose it is.
		return stay(Blocked, reasonConflict, fmt.Sprintf("spec.externalID: %s knows this workspace by another id, %q: name it by that", w.Vendor, w.Current.ID))
	}
	step := w.adopt(*w.Current)
	if step.After == 0 {
		step.Outlook = soon(step.Outlook) // another may have taken it over at the same moment
	}
	return step
}

func (w Workspace) adopt(seen provider.Workspace) Step {
	if seen.Pending {
		return Step{Verb: Adopt, Target: seen.ID, Outlook: w.provisioning()}
	}
	step := Step{Verb: Adopt, Target: seen.ID, Outlook: w.standing(seen)}
	if len(w.Differs.Changeable) > 0 && !w.ObserveOnly {
		step.Outlook = Outlook{
			State: Working, Reason: reasonUpdating, After: rejoinPause,
			Message: "the workspace was found, and is being made as the spec says: " + specFields(w.Differs.Changeable),
		}
	}
	return step
}

func (w Workspace) obtain() Step {
	create := Step{Verb: Create, Record: w.MustRecord || !w.First, Outlook: available(messageAvailable)}
	switch {
	case w.Kept != "":
		return Step{Verb: Adopt, Target: w.Kept, Outlook: available(messageAvailable)}
	case w.Ordered:
		return w.await()
	case w.unresolved():
		return stay(Blocked, reasonOutcomeUnknown, w.unknown())
	case len(w.Marked) > 0:
		return w.adopt(w.Marked[0])
	case len(w.Named) > 0:
		return stay(Blocked, reasonConflict, w.Vendor+" already has a workspace under spec.slug, which need not be this one: choose another slug, or take it over by spec.externalID")
	case w.Restored && !w.Denied:
		return stay(Blocked, reasonRestored, w.lost())
	case w.First, w.Recovery == provider.RecoverNever && !w.Attempted:
		// Without recovery every call is recorded before it is made, so there
		// was none.
		return create
	case w.Unsettled > 0:
		return waiting(reasonRecovering, w.Unsettled)
	}
	return create
}

// await looks for the workspace of a call that the vendor has accepted. There
// is never a second call, however long it takes.
func (w Workspace) await() Step {
	switch {
	case len(w.Marked) > 0:
		return w.adopt(w.Marked[0])
	case len(w.Named) == 1:
		return w.adopt(w.Named[0])
	case len(w.Named) > 1:
		return stay(Blocked, reasonOutcomeUnknown, fmt.Sprintf(
			"%s shows %d workspaces under spec.slug, and nothing tells which is this one: find it in the vendor's console, and import it by spec.externalID with another Workspace", w.Vendor, len(w.Named)))
	}
	return Step{Verb: Stay, Outlook: w.provisioning()}
}

// The vendor is asked again after a quarter of the time it has taken so far,
// within these bounds.
const (
	pollSoonest = 2 * time.Second
	pollLatest  = time.Minute
)

// Provisioning is how a workspace stands that the vendor is still building.
func Provisioning(waited time.Duration) Outlook {
	return Outlook{
		State: Working, Reason: reasonProvisioning, Message: "the vendor is still building the workspace",
		After: min(max(waited/4, pollSoonest), pollLatest),
	}
}

// provisioning is the same, and says so when it takes too long.
func (w Workspace) provisioning() Outlook {
	if !w.Overdue {
		return Provisioning(w.Waited)
	}
	message := "the vendor has not finished building the workspace in the time it is given; it is not created a second time"
	if w.Run != "" {
		message += fmt.Sprintf(". Ask the vendor about the provisioning run %q", w.Run)
	}
	if !w.Deleting && w.Recorded == "" && w.Denial != "" {
		message += ". If it says that there is none, " + w.denying()
	}
	return Outlook{State: Blocked, Reason: reasonOverdue, Message: message, After: pollLatest}
}

func available(message string) Outlook {
	return Outlook{State: Settled, Reason: reasonAvailable, Message: message}
}
