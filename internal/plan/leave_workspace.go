package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// leave decides about a Workspace that has been deleted.
func (w Workspace) leave() Step {
	switch {
	case w.Dependents > 0:
		return stay(Working, reasonInUse, fmt.Sprintf("waiting for %d ApiKeys that refer to this Workspace: delete them first", w.Dependents))
	case w.External != "" && w.Recorded == "":
		return Step{Verb: Finish, Outlook: deleting("")} // nothing was taken over
	case w.Retain && !w.HoldsCredential && w.Attempted && w.Unsettled > 0:
		// Whoever made the call may be about to store the credential.
		return waiting(reasonDeleting, w.Unsettled)
	case w.Retain && !w.HoldsCredential && !w.Insists && w.unresolved():
		return w.unaccounted() // it is kept, and nobody knows whether there is one
	case w.Retain && !w.HoldsCredential:
		return Step{Verb: Finish, Outlook: w.retained()}
	case w.Insists && w.Obstacle != nil:
		return Step{Verb: Finish, Orphans: w.orphans(reasonAbandoned), Outlook: w.retained()} // the credential lives on
	case w.Obstacle != nil:
		return w.unless(failed(w.Obstacle))
	case w.Retain:
		return w.unless(Step{Verb: Remove, Last: true, Outlook: w.retained()})
	case w.ReadErr != nil:
		return w.unless(failed(w.ReadErr))
	}
	return w.unless(w.remove())
}

// unless gives the deletion up where the class allows no more waiting: what
// cannot be done is left, and what can be tried is tried once more.
func (w Workspace) unless(step Step) Step {
	switch {
	case !w.GiveUp || step.Verb == Finish || step.Verb == Adopt:
	case step.Verb == Remove:
		step.Orphans = w.orphans(reasonAbandoned)
	case step.Err != nil || step.State == Blocked:
		return w.abandon()
	}
	return step
}

// abandon lets the object go with all that it may leave at the vendor.
func (w Workspace) abandon() Step {
	step := Step{Verb: Finish, Orphans: w.orphans(reasonAbandoned), Outlook: deleting("")}
	if len(step.Orphans) > 0 {
		step.Reason = reasonAbandoned
		step.Message = fmt.Sprintf("given up, because %s could not be asked for so long: a workspace of this object may be left there", w.Vendor) + w.alive()
	}
	return step
}

// unresolved reports whether a call was made of which nobody can find out what it
// did.
func (w Workspace) unresolved() bool {
	return w.Recovery == provider.RecoverNever && w.Attempted && !w.Denied
}

// unaccounted lets an object go with such a call.
func (w Workspace) unaccounted() Step {
	return Step{Verb: Finish, Orphans: w.orphans(reasonOutcomeUnknown), Outlook: Outlook{
		State: Working, Reason: reasonOutcomeUnknown,
		Message: "a request to create a workspace was not answered, so one that nobody knows of may be left at " + w.Vendor,
	}}
}

// orphans are what the vendor has of the object, as far as that is known, or may
// have.
func (w Workspace) orphans(reason string) []Orphan {
	var all []Orphan
	note := func(id, name string) {
		if !slices.ContainsFunc(all, func(other Orphan) bool { return other.ID == id }) {
			all = append(all, Orphan{ID: id, Name: cmp.Or(name, w.Name), Reason: reason})
		}
	}
	if w.Recorded != "" {
		name := ""
		if w.Current != nil {
			name = w.Current.Name
		}
		note(w.Recorded, name)
	}
	for _, seen := range w.Marked {
		note(seen.ID, seen.Name)
	}
	if w.Kept != "" {
		note(w.Kept, "")
	}
	if len(all) == 0 && (w.Ordered || !w.Refused && !w.Denied) {
		note("", "")
	}
	return all
}

// retained is the outlook of an object that leaves something at the vendor.
func (w Workspace) retained() Outlook {
	switch id := cmp.Or(w.Recorded, w.Kept); {
	case id != "":
		return Outlook{State: Working, Reason: reasonRetained, Message: fmt.Sprintf("workspace %q stays at %s: it is not deleted with this object", id, w.Vendor) + w.alive()}
	case w.Ordered, w.Attempted && !w.Denied, w.Restored && !w.Denied:
		return Outlook{State: Working, Reason: reasonRetained, Message: fmt.Sprintf("a workspace that %s may have made for this object stays there", w.Vendor)}
	}
	return deleting("")
}

// alive adds where the workspace's own credential is, if nobody can be asked to
// revoke it.
func (w Workspace) alive() string {
	if !w.HoldsCredential || w.Obstacle == nil && w.ReadErr == nil {
		return ""
	}
	return fmt.Sprintf("; its own admin key could not be revoked, and stays in Secret %q of the operator's namespace", w.KeptIn)
}

func deleting(means string) Outlook {
	message := "being removed at the vendor"
	if means != "" {
		message += ": " + means
	}
	return Outlook{State: Working, Reason: reasonDeleting, Message: message}
}

func (w Workspace) remove() Step {
	doomed := w.doomed()
	switch {
	case w.Ordered && (w.Recorded == "" || w.Current != nil || len(doomed) == 0):
		return w.removeOrdered()
	case len(doomed) > 0:
		// The recorded one is the latest that was made: a list that shows it
		// lacks none.
		hidden := w.Ordered || w.Unsettled > 0 && (w.Attempted || doomed[0].ID != w.Recorded)
		// What a freeze means is to be read in a condition, so there is one more pass.
		last := len(doomed) == 1 && !hidden && !w.FreezeRemoves
		step := Step{Verb: Remove, Target: doomed[0].ID, Last: last, Outlook: deleting(w.Means)}
		if w.FreezeRemoves {
			// The list may show it as it was for a while.
			step.After = min(max(w.Leaving/4, rejoinPause), pollLatest)
		}
		return step
	case w.Unsettled > 0:
		return waiting(reasonDeleting, w.Unsettled)
	case w.Means != "" && (w.Recorded != "" || len(w.Marked) > 0):
		// Something is left for the vendor to do, and an event says what.
		return Step{Verb: Finish, Outlook: Outlook{State: Working, Reason: reasonFrozen, Message: fmt.Sprintf(
			"workspace %q is deleted as far as it can be: %s", w.remaining(), w.Means)}}
	case w.unresolved():
		return w.unaccounted()
	case w.Restored && !w.Denied && w.Recorded == "":
		return Step{Verb: Finish, Outlook: Outlook{State: Working, Reason: reasonRestored,
			Message: fmt.Sprintf("this object came from a backup without its status; what %s may have made for it before was not looked for, and stays there", w.Vendor)}}
	}
	return Step{Verb: Finish, Outlook: deleting("")}
}

// remaining is the id of what a deletion that only freezes leaves.
func (w Workspace) remaining() string {
	if w.Recorded == "" {
		return w.Marked[0].ID
	}
	return w.Recorded
}

// doomed are the workspaces that a deletion has yet to deal with.
func (w Workspace) doomed() []provider.Workspace {
	var doomed []provider.Workspace
	if w.Current != nil && w.Recorded != "" && !w.gone(*w.Current) && w.duplicateFree() {
		doomed = append(doomed, *w.Current)
	}
	for _, seen := range w.Marked {
		if !w.gone(seen) {
			doomed = append(doomed, seen)
		}
	}
	return doomed
}

// removeOrdered waits for a workspace that the vendor has promised, so that it
// is not left behind the moment it is there. Once it has come to light that is
// recorded, before it is removed: from then on its absence means that it is gone.
func (w Workspace) removeOrdered() Step {
	var promised []provider.Workspace
	switch {
	case w.Recorded != "" && w.Current != nil:
		promised = []provider.Workspace{*w.Current}
	case w.Recorded == "" && len(w.Marked) == 0 && len(w.Named) == 1:
		promised = w.Named
	case w.Recorded == "":
		promised = w.Marked
	}
	if len(promised) > 0 {
		return Step{Verb: Adopt, Target: promised[0].ID, Outlook: soon(deleting(w.Means))}
	}
	outlook := w.provisioning()
	if !w.Overdue {
		outlook.Reason, outlook.Message = reasonDeleting, "the vendor is still building the workspace; it is removed as soon as it is there"
	}
	if w.Overdue {
		outlook.Message += "; to let this Workspace go all the same, set spec.deletionPolicy to Retain"
	}
	return Step{Verb: Stay, Outlook: outlook}
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
