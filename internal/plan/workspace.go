package plan

import (
	"fmt"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Workspace is all that the decision about a Workspace rests on.
type Workspace struct {
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
	// Dependents counts the ApiKeys that refer to the Workspace.
	Dependents int
	// Recorded is the vendor's id in status.
	Recorded string
	// Attempted: a create call was recorded and never answered for certain.
	Attempted bool
	// Unsettled is how long the vendor's lists may yet hide what an earlier
	// call did; zero or less, they can be believed.
	Unsettled time.Duration
	// MustRecord: the first call is to be recorded as well.
	MustRecord bool
	Recovery   provider.Recovery

	// ReadErr is why the vendor's side could not be seen.
	ReadErr error
	// Current is the recorded workspace as the vendor has it.
	Current *provider.Workspace
	// Marked are the vendor's workspaces that carry our mark.
	Marked []provider.Workspace
	// Kept is the id in the credential we keep for the workspace, if we do.
	Kept string
	// HoldsCredential: a credential of the workspace's own is to be revoked.
	HoldsCredential bool
}

// Reasons a decision about a workspace can give; the API package documents
// them under the same names.
const (
	reasonAvailable       = "Available"
	reasonProvisioning    = "Provisioning"
	reasonInUse           = "InUse"
	reasonDeleting        = "Deleting"
	reasonRecovering      = "Recovering"
	reasonOutcomeUnknown  = "OutcomeUnknown"
	reasonMissing         = "VendorObjectMissing"
	reasonSecretConflict  = "SecretConflict"
	reasonUnsupported     = "Unsupported"
	reasonExpired         = "Expired"
	messageAvailable      = "the workspace exists and can be used"
	messageProvisioning   = "the vendor is still building the workspace"
	messageWorkspaceGone  = "the vendor no longer has this workspace. It is not created again by itself: delete this Workspace and apply it anew to get another one"
	messageOutcomeUnknown = "the request to create the workspace was not answered, and this vendor offers no way to find out what it did. Look for it in the vendor's console; then delete this Workspace, which sends the vendor nothing, and apply it anew"
)

// Decide gives the one step to take.
func (w Workspace) Decide() Step {
	switch {
	case w.Deleting:
		return w.leave()
	case w.First && (w.Attempted || w.Recorded != ""):
		return rejoin()
	case w.Obstacle != nil:
		return failed(w.Obstacle)
	case w.ReadErr != nil:
		return failed(w.ReadErr)
	case w.Recorded != "":
		return w.keep()
	default:
		return w.obtain()
	}
}

func (w Workspace) keep() Step {
	if extra := w.duplicate(); extra != "" {
		return Step{Verb: Remove, Target: extra, Outlook: Outlook{
			State: Working, Reason: reasonRecovering, Message: "a second workspace made for this object is being removed",
		}}
	}
	switch {
	case w.Current == nil && w.Unsettled > 0:
		return waiting(reasonRecovering, w.Unsettled)
	case w.Current == nil:
		return stay(Blocked, reasonMissing, messageWorkspaceGone)
	case w.Current.Pending:
		return stay(Working, reasonProvisioning, messageProvisioning)
	}
	return Step{Verb: Stay, Outlook: available()}
}

// duplicate is a workspace with our mark that is not the recorded one: what a
// create left behind whose sender was replaced before it could say so.
func (w Workspace) duplicate() string {
	for _, seen := range w.Marked {
		if seen.ID != w.Recorded {
			return seen.ID
		}
	}
	return ""
}

func (w Workspace) obtain() Step {
	create := Step{Verb: Create, Record: w.MustRecord || !w.First, Outlook: available()}
	switch {
	case w.Kept != "":
		return Step{Verb: Adopt, Target: w.Kept, Outlook: available()}
	case w.Recovery == provider.RecoverNever && w.Attempted:
		return stay(Blocked, reasonOutcomeUnknown, messageOutcomeUnknown)
	case len(w.Marked) > 0:
		return Step{Verb: Adopt, Target: w.Marked[0].ID, Outlook: available()}
	case w.First || w.Recovery == provider.RecoverNever:
		// Without recovery every call is recorded before it is made, so there
		// was none.
		return create
	case w.Unsettled > 0:
		return waiting(reasonRecovering, w.Unsettled)
	}
	return create
}

func (w Workspace) leave() Step {
	deleting := Outlook{State: Working, Reason: reasonDeleting, Message: "being removed at the vendor"}
	switch {
	case w.Dependents > 0:
		return stay(Working, reasonInUse, fmt.Sprintf("waiting for %d ApiKeys that refer to this Workspace: delete them first", w.Dependents))
	case w.Retain && !w.HoldsCredential && w.Attempted && w.Unsettled > 0:
		// Whoever made the call may be about to store the credential.
		return waiting(reasonDeleting, w.Unsettled)
	case w.Retain && !w.HoldsCredential, w.Insists && w.Obstacle != nil:
		return Step{Verb: Finish, Outlook: deleting}
	case w.Obstacle != nil:
		return failed(w.Obstacle)
	case w.Retain:
		return Step{Verb: Remove, Last: true, Outlook: deleting}
	case w.ReadErr != nil:
		return failed(w.ReadErr)
	}
	return w.remove(deleting)
}

func (w Workspace) remove(deleting Outlook) Step {
	doomed := w.Marked
	if w.Current != nil && w.duplicateFree() {
		doomed = append([]provider.Workspace{*w.Current}, w.Marked...)
	}
	switch {
	case len(doomed) > 0:
		// The recorded one is the latest that was made: a list that shows it
		// lacks none.
		hidden := w.Unsettled > 0 && (w.Attempted || doomed[0].ID != w.Recorded)
		return Step{Verb: Remove, Target: doomed[0].ID, Last: len(doomed) == 1 && !hidden, Outlook: deleting}
	case w.Unsettled > 0:
		return waiting(reasonDeleting, w.Unsettled)
	}
	return Step{Verb: Finish, Outlook: deleting}
}

// duplicateFree reports whether the recorded workspace is not among Marked.
func (w Workspace) duplicateFree() bool {
	for _, seen := range w.Marked {
		if seen.ID == w.Current.ID {
			return false
		}
	}
	return true
}

func available() Outlook {
	return Outlook{State: Settled, Reason: reasonAvailable, Message: messageAvailable}
}
