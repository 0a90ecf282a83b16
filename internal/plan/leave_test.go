package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestWorkspaceLeaves(t *testing.T) {
	const (
		settle = 7 * time.Second
		never  = provider.RecoverNever
	)
	remove := func(id string, last bool) gist {
		return gist{Verb: Remove, Target: id, Last: last, State: Working, Reason: "Deleting"}
	}
	finish := gist{Verb: Finish, State: Working, Reason: "Deleting"}
	retained := gist{Verb: Finish, State: Working, Reason: "Retained"}
	revoke := gist{Verb: Remove, Last: true, State: Working, Reason: "Retained"}
	unknown := gist{Verb: Finish, State: Working, Reason: "OutcomeUnknown"}
	inUse := gist{Verb: Stay, State: Working, Reason: "InUse"}
	decideWorkspaces(t, []workspaceRow{
		{"ApiKeys refer to it: first they go", Workspace{Deleting: true, Dependents: 2, Recorded: "w1", Current: current("w1")}, inUse},
		{"ApiKeys go first even if it is retained", Workspace{Deleting: true, Dependents: 1, Retain: true}, inUse},
		{"it goes, and with it the object", Workspace{Deleting: true, Recorded: "w1", Current: current("w1"), Marked: workspaces("w1")}, remove("w1", true)},
		{"it goes although its mark cannot be read", Workspace{Deleting: true, Recorded: "w1", Current: current("w1")}, remove("w1", true)},
		{"one of several goes a pass", Workspace{Deleting: true, Recorded: "w1", Current: current("w1"), Marked: workspaces("w2")}, remove("w1", false)},
		{"what was never recorded goes too", Workspace{Deleting: true, Marked: workspaces("w1")}, remove("w1", true)},
		{"a list that shows the recorded one lacks none", Workspace{Deleting: true, Recorded: "w1", Current: current("w1"), Marked: workspaces("w1"), Unsettled: settle}, remove("w1", true)},
		{"a list that shows only another may lack the recorded one", Workspace{Deleting: true, Recorded: "w1", Marked: workspaces("w2"), Unsettled: settle}, remove("w2", false)},
		{"an open attempt may come to light later", Workspace{Deleting: true, Attempted: true, Marked: workspaces("w1"), Unsettled: settle}, remove("w1", false)},
		{"nothing is left", Workspace{Deleting: true, Recorded: "w1"}, finish},
		{"nothing is seen yet", Workspace{Deleting: true, Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"a list that failed is not empty", Workspace{Deleting: true, Recorded: "w1", ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"nobody to ask: the object stays", Workspace{Deleting: true, Recorded: "w1", Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"Retain asks nobody", Workspace{Deleting: true, Retain: true, Recorded: "w1", Obstacle: errHeld, ReadErr: errUnseen, Current: current("w1")}, retained},
		{"Retain revokes the credential that is ours alone", Workspace{Deleting: true, Retain: true, HoldsCredential: true, Recorded: "w1", Current: current("w1")}, revoke},
		{"the credential can only be revoked where the vendor can be asked", Workspace{Deleting: true, Retain: true, HoldsCredential: true, Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a Workspace that itself says Retain goes although its credential cannot be revoked",
			Workspace{Deleting: true, Retain: true, Insists: true, HoldsCredential: true, Kept: "w1", Obstacle: errHeld}, retained},
		{"whoever insists on Retain has the credential revoked where it can be",
			Workspace{Deleting: true, Retain: true, Insists: true, HoldsCredential: true, Recorded: "w1"}, revoke},
		{"ApiKeys go first, whoever insists", Workspace{Deleting: true, Retain: true, Insists: true, Dependents: 1, Obstacle: errHeld}, inUse},
		{"under Retain, a call that is open may be about to store a credential: wait",
			Workspace{Deleting: true, Retain: true, Attempted: true, Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"the same while nobody can be asked: nobody has to be",
			Workspace{Deleting: true, Retain: true, Insists: true, Attempted: true, Unsettled: settle, Obstacle: errHeld}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"once the call has surely ended Retain lets go", Workspace{Deleting: true, Retain: true, Attempted: true}, retained},
		{"without a call Retain does not wait", Workspace{Deleting: true, Retain: true, Unsettled: settle}, finish},
		{"a credential that is there need not be waited for",
			Workspace{Deleting: true, Retain: true, Attempted: true, Unsettled: settle, HoldsCredential: true}, revoke},
		{"an outcome nobody can find out does not hold a deletion", Workspace{Deleting: true, Recovery: never, Attempted: true}, unknown},
		{"the same must wait while the call may be under way",
			Workspace{Deleting: true, Recovery: never, Attempted: true, Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"what was to be taken over and never was is not ours to remove", Workspace{Deleting: true, External: "w1", Current: current("w1")}, finish},
		{"what was taken over goes, where deletion is asked for", Workspace{Deleting: true, External: "w1", Recorded: "w1", Current: current("w1")}, remove("w1", true)},
		{"what was only observed stays", Workspace{Deleting: true, ObserveOnly: true, Retain: true, External: "w1", Recorded: "w1", Current: current("w1")}, retained},
		{"who else has the slug is left alone", Workspace{Deleting: true, Recovery: never, Named: workspaces("w1")}, finish},
		{"an edit does not matter to deletion", Workspace{Deleting: true, Recorded: "w1", Current: current("w1"), Differs: changed("description")}, remove("w1", true)},
	})
}

// TestWorkspaceLeavesFrozen: where all that a deletion does is to freeze, what
// is frozen is done with, and what that means is said.
func TestWorkspaceLeavesFrozen(t *testing.T) {
	const (
		settle = 7 * time.Second
		means  = "it is removed for good after 30 days"
	)
	// The list may show it as it was for a while, so the next look has time.
	remove := func(id string) gist {
		return gist{Verb: Remove, Target: id, State: Working, Reason: "Deleting", After: time.Second}
	}
	done := gist{Verb: Finish, State: Working, Reason: "Frozen"}
	cold := []provider.Workspace{*frozen("w1")}
	decideWorkspaces(t, []workspaceRow{
		{"it is frozen; what that means is for one more pass to say",
			Workspace{Deleting: true, FreezeRemoves: true, Means: means, Recorded: "w1", Current: current("w1"), Marked: workspaces("w1")}, remove("w1")},
		{"it is frozen already: that is all there is to do",
			Workspace{Deleting: true, FreezeRemoves: true, Means: means, Recorded: "w1", Current: frozen("w1"), Marked: cold}, done},
		{"the same without its mark", Workspace{Deleting: true, FreezeRemoves: true, Means: means, Recorded: "w1", Current: frozen("w1")}, done},
		{"the same when it was never recorded", Workspace{Deleting: true, FreezeRemoves: true, Means: means, Marked: cold}, done},
		{"where nothing was made there is nothing to say", Workspace{Deleting: true, FreezeRemoves: true, Means: means},
			gist{Verb: Finish, State: Working, Reason: "Deleting"}},
		{"a second one is frozen too",
			Workspace{Deleting: true, FreezeRemoves: true, Means: means, Recorded: "w1", Current: frozen("w1"), Marked: append(workspaces("w2"), cold...)}, remove("w2")},
		{"lists may yet show another", Workspace{Deleting: true, FreezeRemoves: true, Means: means, Recorded: "w1", Current: frozen("w1"), Unsettled: settle},
			gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"a read that failed shows nothing frozen", Workspace{Deleting: true, FreezeRemoves: true, Means: means, Recorded: "w1", Current: frozen("w1"), ReadErr: errUnseen},
			gist{Verb: Stay, Err: errUnseen}},
		{"where a deletion does more, what is frozen still has to go", Workspace{Deleting: true, Recorded: "w1", Current: frozen("w1")},
			gist{Verb: Remove, Target: "w1", Last: true, State: Working, Reason: "Deleting"}},
	})
}

// TestWorkspaceLeavesWhileOrdered: what the vendor has promised comes to light
// some day, and nobody would remove it then.
func TestWorkspaceLeavesWhileOrdered(t *testing.T) {
	adopt := gist{Verb: Adopt, Target: "w1", State: Working, Reason: "Deleting", After: time.Second}
	waits := func(after time.Duration) gist {
		return gist{Verb: Stay, State: Working, Reason: "Deleting", After: after}
	}
	retained := gist{Verb: Finish, State: Working, Reason: "Retained"}
	overdue := gist{Verb: Stay, State: Blocked, Reason: "ProvisioningOverdue", After: time.Minute}
	decideWorkspaces(t, []workspaceRow{
		{"it is not there yet: wait for it", Workspace{Deleting: true, Ordered: true, Waited: 40 * time.Second}, waits(10 * time.Second)},
		{"it takes too long: a person decides", Workspace{Deleting: true, Ordered: true, Overdue: true}, overdue},
		{"it has come to light by its mark: record it, or it would be waited for again once it is removed",
			Workspace{Deleting: true, Ordered: true, Overdue: true, Marked: workspaces("w1")}, adopt},
		{"the same while it is being built", Workspace{Deleting: true, Ordered: true, Marked: []provider.Workspace{*pending("w1")}}, adopt},
		{"it has come to light by the slug the vendor accepted: record it, so that it may be removed", Workspace{Deleting: true, Ordered: true, Named: workspaces("w1")}, adopt},
		{"two have the slug: neither is removed", Workspace{Deleting: true, Ordered: true, Named: workspaces("w1", "w2")}, waits(2 * time.Second)},
		{"it has come to light and is frozen, which is all that a deletion does: there is nothing more to wait for",
			Workspace{Deleting: true, Ordered: true, FreezeRemoves: true, Marked: []provider.Workspace{*frozen("w1")}}, adopt},
		{"it is recorded and being built: the order ends on record first", Workspace{Deleting: true, Ordered: true, Recorded: "w1", Current: pending("w1")}, adopt},
		{"then it can be removed", Workspace{Deleting: true, Recorded: "w1", Current: pending("w1")},
			gist{Verb: Remove, Target: "w1", Last: true, State: Working, Reason: "Deleting"}},
		{"Retain does not wait", Workspace{Deleting: true, Retain: true, Ordered: true}, retained},
		{"nor does it while nobody can be asked", Workspace{Deleting: true, Retain: true, Insists: true, Ordered: true, Obstacle: errHeld}, retained},
		{"nobody to ask: the object stays", Workspace{Deleting: true, Ordered: true, Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a read that failed shows nothing", Workspace{Deleting: true, Ordered: true, ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
	})
}

// TestWorkspaceIsGivenUp: where the class allows no more waiting, the object goes,
// and what may be left is in the ledger.
func TestWorkspaceIsGivenUp(t *testing.T) {
	const (
		settle = 7 * time.Second
		never  = provider.RecoverNever
	)
	named := provider.Workspace{ID: "w1", Name: "Team A", Mark: provider.MarkFor("uid")}
	abandoned := func(ids ...string) []Orphan {
		var all []Orphan
		for _, id := range ids {
			all = append(all, Orphan{ID: id, Name: "team-a", Reason: reasonAbandoned})
		}
		return all
	}
	for _, row := range []struct {
		reason  string
		facts   Workspace
		verb    Verb
		says    string
		orphans []Orphan
	}{
		{"nobody to ask", Workspace{Recorded: "w1", Obstacle: errHeld}, Finish, reasonAbandoned, abandoned("w1")},
		{"a list that fails", Workspace{Recorded: "w1", ReadErr: errUnseen}, Finish, reasonAbandoned, abandoned("w1")},
		{"it is there: it is tried once more", Workspace{Recorded: "w1", Current: &named}, Remove, reasonDeleting, []Orphan{{ID: "w1", Name: "Team A", Reason: reasonAbandoned}}},
		{"so is what only bears our mark", Workspace{Marked: workspaces("w1", "w2")}, Remove, reasonDeleting, abandoned("w1", "w2")},
		{"one of both is named once", Workspace{Recorded: "w1", Current: &named, Marked: []provider.Workspace{named}}, Remove, reasonDeleting,
			[]Orphan{{ID: "w1", Name: "Team A", Reason: reasonAbandoned}}},
		{"nobody knows what a lost call made", Workspace{Attempted: true, Obstacle: errHeld}, Finish, reasonAbandoned, abandoned("")},
		{"what a refused call made is known: nothing", Workspace{Refused: true, Obstacle: errHeld}, Finish, reasonDeleting, nil},
		{"a person says that there is nothing", Workspace{Attempted: true, Denied: true, Obstacle: errHeld}, Finish, reasonDeleting, nil},
		{"what the vendor has promised does not come", Workspace{Ordered: true, Overdue: true}, Finish, reasonAbandoned, abandoned("")},
		{"it may yet come", Workspace{Ordered: true}, Stay, reasonDeleting, nil},
		{"the credential of a workspace that stays cannot be revoked", Workspace{Retain: true, HoldsCredential: true, Recorded: "w1", Obstacle: errHeld}, Finish, reasonAbandoned, abandoned("w1")},
		{"or is tried once more", Workspace{Retain: true, HoldsCredential: true, Recorded: "w1"}, Remove, reasonRetained, abandoned("w1")},
		{"who insists that it stays has not asked for its credential to live on", Workspace{Retain: true, Insists: true, HoldsCredential: true, Kept: "w1", Obstacle: errHeld},
			Finish, reasonRetained, abandoned("w1")},
		{"Retain waits for nobody", Workspace{Retain: true, Recorded: "w1", Obstacle: errHeld}, Finish, reasonRetained, nil},
		{"ApiKeys are waited for", Workspace{Dependents: 1, Recorded: "w1", Obstacle: errHeld}, Stay, reasonInUse, nil},
		{"so are lists that have yet to settle", Workspace{Unsettled: settle}, Stay, reasonDeleting, nil},
		{"nothing is left", Workspace{Recorded: "w1"}, Finish, reasonDeleting, nil},
		{"what was never taken over", Workspace{External: "w1", Obstacle: errHeld}, Finish, reasonDeleting, nil},
		{"a call that nobody can find out about", Workspace{Recovery: never, Attempted: true}, Finish, reasonOutcomeUnknown, []Orphan{{Name: "team-a", Reason: reasonOutcomeUnknown}}},
		{"the same where workspaces are retained because they cannot be deleted", Workspace{Retain: true, Recovery: never, Attempted: true}, Finish, reasonOutcomeUnknown,
			[]Orphan{{Name: "team-a", Reason: reasonOutcomeUnknown}}},
		{"who insists on Retain has asked for it", Workspace{Retain: true, Insists: true, Recovery: never, Attempted: true}, Finish, reasonRetained, nil},
	} {
		row.facts.Deleting, row.facts.GiveUp, row.facts.Name, row.facts.Vendor = true, true, "team-a", "acme"
		step := row.facts.Decide()
		if step.Verb != row.verb || step.Reason != row.says {
			t.Errorf("%s: %s for %q, want %s for %q", row.reason, step.Verb, step.Reason, row.verb, row.says)
		}
		if diff := cmp.Diff(row.orphans, step.Orphans); diff != "" {
			t.Errorf("%s: left is, want (-) but got (+):\n%s", row.reason, diff)
		}
	}
}

// TestWorkspaceFromABackupLeaves: nothing says what the vendor has of it, and
// nothing is guessed.
func TestWorkspaceFromABackupLeaves(t *testing.T) {
	decideWorkspaces(t, []workspaceRow{
		{"nothing is known of it: it goes, and says so", Workspace{Deleting: true, Restored: true}, gist{Verb: Finish, State: Working, Reason: "Restored"}},
		{"what bears its mark is removed", Workspace{Deleting: true, Restored: true, Marked: workspaces("w1")},
			gist{Verb: Remove, Target: "w1", Last: true, State: Working, Reason: "Deleting"}},
		{"a person says that there is nothing", Workspace{Deleting: true, Restored: true, Denied: true}, gist{Verb: Finish, State: Working, Reason: "Deleting"}},
		{"Retain says that it stays", Workspace{Deleting: true, Restored: true, Retain: true}, gist{Verb: Finish, State: Working, Reason: "Retained"}},
	})
}
