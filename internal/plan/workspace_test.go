package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func workspaces(ids ...string) []provider.Workspace {
	var all []provider.Workspace
	for _, id := range ids {
		all = append(all, provider.Workspace{ID: id, Mark: provider.MarkFor("uid")})
	}
	return all
}

func current(id string) *provider.Workspace { return &workspaces(id)[0] }

func pending(id string) *provider.Workspace {
	ws := current(id)
	ws.Pending = true
	return ws
}

func frozen(id string) *provider.Workspace {
	ws := current(id)
	ws.Frozen = true
	return ws
}

// workspaceRow is a decision about a Workspace, and why it is the right one.
type workspaceRow struct {
	reason string
	facts  Workspace
	want   gist
}

func decideWorkspaces(t *testing.T, rows []workspaceRow) {
	for _, row := range rows {
		t.Run(row.reason, func(t *testing.T) {
			if diff := cmp.Diff(row.want, gistOf(row.facts.Decide()), cmp.Comparer(compareGists)); diff != "" {
				t.Errorf("%+v\nwant (-) but got (+):\n%s", row.facts, diff)
			}
		})
	}
}

func TestWorkspace(t *testing.T) {
	const (
		settle = 7 * time.Second
		never  = provider.RecoverNever
		mark   = provider.RecoverByMark
	)
	well := gist{Verb: Stay, State: Settled, Reason: "Available"}
	create := func(record bool) gist { return gist{Verb: Create, Record: record, State: Settled, Reason: "Available"} }
	adopt := func(id string) gist { return gist{Verb: Adopt, Target: id, State: Settled, Reason: "Available"} }
	recovering := gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}
	rejoin := gist{Verb: Hold, State: Working, Reason: "Recovering", After: time.Second}

	decideWorkspaces(t, []workspaceRow{
		// The first pass.
		{"nothing was ever asked: create without a look", Workspace{First: true, Recovery: mark}, create(false)},
		{"lists have nothing to hide yet", Workspace{First: true, Recovery: mark, Unsettled: settle}, create(false)},
		{"where nothing can be found again the first call is recorded too", Workspace{First: true, Recovery: never, MustRecord: true}, create(true)},
		{"what is seen counts, also in the first pass", Workspace{First: true, Recovery: mark, Marked: workspaces("w1")}, adopt("w1")},
		{"the finalizer was taken away: set it again before deletion can leave the workspace behind",
			Workspace{First: true, Recorded: "w1", Recovery: mark}, rejoin},
		{"the same while the vendor cannot be asked", Workspace{First: true, Recorded: "w1", Obstacle: errHeld}, rejoin},
		{"the finalizer was taken away after a call that made nothing", Workspace{First: true, Refused: true, Recovery: mark}, rejoin},
		{"the finalizer was taken away while a call was open", Workspace{First: true, Attempted: true, Recovery: mark}, rejoin},
		{"the same where nothing can be found again: it is no licence for a second call",
			Workspace{First: true, Attempted: true, Recovery: never, MustRecord: true}, rejoin},

		// What stands in the way.
		{"nobody to ask", Workspace{First: true, Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a read that failed is no absence", Workspace{Recovery: mark, ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"a read that failed is no loss", Workspace{Recorded: "w1", ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"half a list shows no duplicate", Workspace{Recorded: "w1", ReadErr: errUnseen, Marked: workspaces("w2")}, gist{Verb: Stay, Err: errUnseen}},

		// Obtaining one after a pass that did not end well.
		{"an answer was lost and the list shows what it did", Workspace{Recovery: mark, Attempted: true, Marked: workspaces("w1")}, adopt("w1")},
		{"of two the first listed is taken; the other goes once one is recorded", Workspace{Recovery: mark, Attempted: true, Marked: workspaces("w1", "w2")}, adopt("w1")},
		{"the list may lag: wait", Workspace{Recovery: mark, Attempted: true, Unsettled: settle}, recovering},
		{"a crash left only the finalizer: wait as well", Workspace{Recovery: mark, Unsettled: settle}, recovering},
		{"the lists are settled and show nothing", Workspace{Recovery: mark, Attempted: true}, create(true)},
		{"we keep its credential, so we know which it is", Workspace{Recovery: never, Kept: "w1", Attempted: true, MustRecord: true}, adopt("w1")},
		{"nothing can be found again, and a call was made: never a second one",
			Workspace{Recovery: never, Attempted: true, MustRecord: true}, gist{Verb: Stay, State: Blocked, Reason: "OutcomeUnknown"}},
		{"the same however much time passes", Workspace{Recovery: never, Attempted: true, MustRecord: true, Unsettled: settle}, gist{Verb: Stay, State: Blocked, Reason: "OutcomeUnknown"}},
		{"a person says that the call made nothing: make another", Workspace{Recovery: never, Attempted: true, Denied: true, MustRecord: true}, create(true)},
		{"the same while the call may be under way", Workspace{Recovery: never, Attempted: true, Denied: true, MustRecord: true, Unsettled: settle}, recovering},
		{"nothing can be found again, and no call was recorded: there was none", Workspace{Recovery: never, MustRecord: true, Unsettled: settle}, create(true)},

		// An object from a backup.
		{"its workspace is somewhere: none is made beside it", Workspace{Restored: true, Recovery: mark}, gist{Verb: Stay, State: Blocked, Reason: "Restored"}},
		{"the same where nothing can be found again", Workspace{Restored: true, Recovery: never, MustRecord: true}, gist{Verb: Stay, State: Blocked, Reason: "Restored"}},
		{"the list has what carries its mark", Workspace{Restored: true, Recovery: mark, Marked: workspaces("w1")}, adopt("w1")},
		{"we keep the credential", Workspace{Restored: true, Recovery: never, Kept: "w1"}, adopt("w1")},
		{"a person says that there is none", Workspace{Restored: true, Denied: true, Recovery: mark}, create(true)},
		{"the same where nothing can be found again", Workspace{Restored: true, Denied: true, Recovery: never, MustRecord: true}, create(true)},
		{"what the slug shows need not be its own", Workspace{Restored: true, Denied: true, Recovery: never, Named: workspaces("w1")}, gist{Verb: Stay, State: Blocked, Reason: "Conflict"}},
		{"the vendor cannot be read", Workspace{Restored: true, ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},

		// Keeping it.
		{"it is there", Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1")}, well},
		{"it is there and its mark cannot be read", Workspace{Recorded: "w1", Current: current("w1")}, well},
		{"the vendor is still building it", Workspace{Recorded: "w1", Current: pending("w1")}, gist{Verb: Stay, State: Working, Reason: "Provisioning", After: 2 * time.Second}},
		{"it is not listed, and lists may lag", Workspace{Recorded: "w1", Unsettled: settle}, recovering},
		{"it is gone: a person decides, nothing is created", Workspace{Recorded: "w1", Recovery: mark}, gist{Verb: Stay, State: Blocked, Reason: "VendorObjectMissing"}},
		{"another with our mark is removed, never the recorded one",
			Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1", "w2")}, gist{Verb: Remove, Target: "w2", State: Working, Reason: "Recovering"}},
	})
}

func TestWorkspaceImported(t *testing.T) {
	missing := gist{Verb: Stay, State: Blocked, Reason: "VendorObjectMissing"}
	// Another may have taken it over at the same moment, so it is looked at again.
	adopt := gist{Verb: Adopt, Target: "w1", State: Settled, Reason: "Available", After: time.Second}
	adoptAs := func(state State, reason string, after time.Duration) gist {
		return gist{Verb: Adopt, Target: "w1", State: state, Reason: reason, After: after}
	}
	decideWorkspaces(t, []workspaceRow{
		{"it is there: it is recorded, in the first pass", Workspace{First: true, External: "w1", Current: current("w1")}, adopt},
		{"it is not there: none is made in its place, in the first pass", Workspace{First: true, External: "w1", Recovery: provider.RecoverByMark}, missing},
		{"nor in any later one, where lists have settled or not", Workspace{External: "w1", Recovery: provider.RecoverByMark, Unsettled: time.Second}, missing},
		{"nor in the place of one that has our mark: it was not asked for", Workspace{External: "w1", Marked: workspaces("w2")}, missing},
		{"a read that failed is no absence", Workspace{External: "w1", ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"the class does not allow it, or somebody else has it", Workspace{External: "w1", Obstacle: errHeld, Current: current("w1")}, gist{Verb: Stay, Err: errHeld}},
		{"the vendor is still building it", Workspace{External: "w1", Current: pending("w1")}, adoptAs(Working, "Provisioning", 2*time.Second)},
		{"it is otherwise than the spec: record it, then change it", Workspace{External: "w1", Current: current("w1"), Differs: changed("description")},
			adoptAs(Working, "Updating", time.Second)},
		{"who only observes takes it as it is", Workspace{External: "w1", ObserveOnly: true, Current: current("w1"), Differs: changed("description")}, adopt},
		{"it is otherwise in what cannot be changed: nobody wrote it in another form, so it is not what was meant",
			Workspace{External: "w1", Current: current("w1"), Differs: fixed("region")}, adoptAs(Blocked, "Unsupported", time.Second)},
		{"it is frozen, and the spec does not say so", Workspace{External: "w1", Current: frozen("w1")}, adoptAs(Blocked, "Frozen", time.Second)},
		{"it is frozen, as the spec says", Workspace{External: "w1", Current: frozen("w1"), Frozen: new(true)}, adoptAs(Settled, "Frozen", time.Second)},
		{"the vendor knows it by another id: under that alone it is known whose it is",
			Workspace{External: "a-name-of-w1", Current: current("w1")}, gist{Verb: Stay, State: Blocked, Reason: "Conflict"}},
		{"it is recorded and there", Workspace{External: "w1", Recorded: "w1", Current: current("w1")}, gist{Verb: Stay, State: Settled, Reason: "Available"}},
		{"it is recorded and gone", Workspace{External: "w1", Recorded: "w1"}, missing},
	})
}

func TestWorkspaceOrdered(t *testing.T) {
	const never = provider.RecoverNever
	building := func(after time.Duration) gist {
		return gist{Verb: Stay, State: Working, Reason: "Provisioning", After: after}
	}
	overdue := gist{Verb: Stay, State: Blocked, Reason: "ProvisioningOverdue", After: time.Minute}
	adopt := gist{Verb: Adopt, Target: "w1", State: Settled, Reason: "Available"}
	conflict := gist{Verb: Stay, State: Blocked, Reason: "Conflict"}
	decideWorkspaces(t, []workspaceRow{
		{"the vendor has said yes and shows nothing: wait, and make no other", Workspace{Ordered: true, Recovery: provider.RecoverByMark}, building(2 * time.Second)},
		{"the longer it takes, the less it is asked for", Workspace{Ordered: true, Waited: 40 * time.Second}, building(10 * time.Second)},
		{"lists that have not settled change nothing about it", Workspace{Ordered: true, Unsettled: time.Second}, building(2 * time.Second)},
		{"it takes too long: a person asks, and still no other is made", Workspace{Ordered: true, Waited: time.Hour, Overdue: true}, overdue},
		{"the list shows our mark", Workspace{Ordered: true, Waited: time.Minute, Marked: workspaces("w1")}, adopt},
		{"however late", Workspace{Ordered: true, Overdue: true, Marked: workspaces("w1")}, adopt},
		{"the list shows it, and it is still being built", Workspace{Ordered: true, Waited: 40 * time.Second, Marked: []provider.Workspace{*pending("w1")}},
			gist{Verb: Adopt, Target: "w1", State: Working, Reason: "Provisioning", After: 10 * time.Second}},
		{"the list shows the slug that the vendor has accepted", Workspace{Ordered: true, Recovery: never, Named: workspaces("w1")}, adopt},
		{"a mark tells more than a slug", Workspace{Ordered: true, Marked: workspaces("w1"), Named: workspaces("w2")}, adopt},
		{"two have the slug: nobody can tell which it is", Workspace{Ordered: true, Recovery: never, Named: workspaces("w1", "w2")},
			gist{Verb: Stay, State: Blocked, Reason: "OutcomeUnknown"}},
		{"an answer was given, so its outcome is not unknown", Workspace{Ordered: true, Recovery: never, MustRecord: true}, building(2 * time.Second)},
		{"the finalizer was taken away while it is being built", Workspace{First: true, Ordered: true}, gist{Verb: Hold, State: Working, Reason: "Recovering", After: time.Second}},
		{"nobody to ask", Workspace{Ordered: true, Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a read that failed shows nothing", Workspace{Ordered: true, ReadErr: errUnseen}, gist{Verb: Stay, Err: errUnseen}},
		{"it is recorded and still being built", Workspace{Recorded: "w1", Ordered: true, Waited: 40 * time.Second, Current: pending("w1")}, building(10 * time.Second)},
		{"the same for too long", Workspace{Recorded: "w1", Ordered: true, Overdue: true, Current: pending("w1")}, overdue},
		{"the vendor told its id when it accepted, and the list does not show it yet: that is no loss",
			Workspace{Recorded: "w1", Ordered: true}, building(2 * time.Second)},
		{"it is built", Workspace{Recorded: "w1", Ordered: true, Current: current("w1")}, gist{Verb: Stay, State: Settled, Reason: "Available"}},

		{"a slug that a tenant typed is taken: nothing is made", Workspace{First: true, Recovery: never, MustRecord: true, Named: workspaces("w1")}, conflict},
		{"the same in any later pass", Workspace{Recovery: never, MustRecord: true, Named: workspaces("w1")}, conflict},
		{"an unanswered call may have made what has the slug, or somebody else: nobody can tell",
			Workspace{Recovery: never, MustRecord: true, Attempted: true, Named: workspaces("w1")}, gist{Verb: Stay, State: Blocked, Reason: "OutcomeUnknown"}},
		{"who has the slug does not matter to what is recorded",
			Workspace{Recorded: "w1", Current: current("w1"), Named: workspaces("w1", "w2")}, gist{Verb: Stay, State: Settled, Reason: "Available"}},
	})
}

func TestWorkspaceUpdated(t *testing.T) {
	update := func(state State, reason string) gist {
		return gist{Verb: Update, Target: "w1", State: state, Reason: reason}
	}
	stays := func(state State, reason string) gist { return gist{Verb: Stay, State: state, Reason: reason} }
	second := gist{Verb: Remove, Target: "w2", State: Working, Reason: "Recovering"}
	decideWorkspaces(t, []workspaceRow{
		{"it is otherwise than the spec: change it", Workspace{Recorded: "w1", Current: current("w1"), Differs: changed("description")}, update(Settled, "Available")},
		{"who only observes changes nothing", Workspace{Recorded: "w1", Current: current("w1"), Differs: changed("description"), ObserveOnly: true}, stays(Settled, "Available")},
		{"what is being built is left alone", Workspace{Recorded: "w1", Current: pending("w1"), Differs: changed("description")},
			gist{Verb: Stay, State: Working, Reason: "Provisioning", After: 2 * time.Second}},
		{"what is gone cannot be changed", Workspace{Recorded: "w1", Differs: changed("description")}, stays(Blocked, "VendorObjectMissing")},
		{"a read that failed changes nothing", Workspace{Recorded: "w1", Current: current("w1"), ReadErr: errUnseen, Differs: changed("description")}, gist{Verb: Stay, Err: errUnseen}},
		{"a second one goes before the first is changed",
			Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1", "w2"), Differs: changed("description")}, second},
		{"who only observes removes no second one", Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w2"), ObserveOnly: true}, stays(Settled, "Available")},
		{"the spec was edited where the vendor can change nothing: say so",
			Workspace{Recorded: "w1", Current: current("w1"), Differs: fixed("region")}, stays(Blocked, "Unsupported")},
		{"what can be changed is changed all the same",
			Workspace{Recorded: "w1", Current: current("w1"), Differs: Differences{Changeable: []string{"description"}, Fixed: []string{"region"}}},
			update(Blocked, "Unsupported")},
		{"somebody changed what can be changed back: it is", Workspace{Recorded: "w1", Current: current("w1"),
			Differs: Differences{Changeable: []string{"description"}, Drifted: []string{"description"}}}, update(Settled, "Available")},
		{"somebody changed what cannot: say so", Workspace{Recorded: "w1", Current: current("w1"), Differs: drifted("region")}, stays(Blocked, "Drifted")},
		{"one of each", Workspace{Recorded: "w1", Current: current("w1"),
			Differs: Differences{Changeable: []string{"description"}, Drifted: []string{"description", "region"}}}, update(Blocked, "Drifted")},
		{"what the vendor was told and keeps otherwise is not told again", Workspace{Recorded: "w1", Current: current("w1"), Differs: Differences{Kept: []string{"description"}}}, stays(Settled, "Available")},
		{"unless something else is to be changed", Workspace{Recorded: "w1", Current: current("w1"),
			Differs: Differences{Kept: []string{"description"}, Changeable: []string{"metadata"}}}, update(Settled, "Available")},
		{"what was taken out of the spec cannot be cleared: say so", Workspace{Recorded: "w1", Current: current("w1"), Differs: Differences{Dropped: []string{"language"}}}, stays(Blocked, "Unsupported")},
		{"who only observes would not clear it anyway",
			Workspace{Recorded: "w1", Current: current("w1"), ObserveOnly: true, Differs: Differences{Dropped: []string{"language"}}}, stays(Settled, "Available")},
		{"what only is observed may be otherwise in what cannot be changed",
			Workspace{Recorded: "w1", Current: current("w1"), ObserveOnly: true, Differs: fixed("region")}, stays(Settled, "Available")},
		{"and may have been changed to that", Workspace{Recorded: "w1", Current: current("w1"), ObserveOnly: true, Differs: drifted("region")}, stays(Settled, "Available")},
		{"it stays frozen although the vendor was told", Workspace{Recorded: "w1", Current: frozen("w1"), Frozen: new(false), Differs: Differences{Kept: []string{"access"}}}, stays(Blocked, "Frozen")},

		{"the spec wants it frozen", Workspace{Recorded: "w1", Current: current("w1"), Frozen: new(true), Differs: changed("access")}, update(Settled, "Frozen")},
		{"the spec wants it back", Workspace{Recorded: "w1", Current: frozen("w1"), Frozen: new(false), Differs: changed("access")}, update(Settled, "Available")},
		{"it is frozen, as the spec says", Workspace{Recorded: "w1", Current: frozen("w1"), Frozen: new(true)}, stays(Settled, "Frozen")},
		{"it is frozen, and the spec does not say so", Workspace{Recorded: "w1", Current: frozen("w1")}, stays(Blocked, "Frozen")},
		{"it is frozen, and who only observes does not unfreeze it",
			Workspace{Recorded: "w1", Current: frozen("w1"), Frozen: new(false), Differs: changed("access"), ObserveOnly: true}, stays(Blocked, "Frozen")},
		{"an update of something else leaves it frozen", Workspace{Recorded: "w1", Current: frozen("w1"), Differs: changed("description")}, update(Blocked, "Frozen")},
		{"where a deletion only freezes, a second one that is frozen is done with",
			Workspace{Recorded: "w1", Current: current("w1"), Marked: []provider.Workspace{*frozen("w2")}, FreezeRemoves: true}, stays(Settled, "Available")},
		{"a second one stays where the class lets none be deleted, and the first is none the worse for it",
			Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1", "w2"), FreezeRemoves: true, Undeletable: true}, stays(Settled, "Available")},
		{"nor does it keep the first from being changed",
			Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1", "w2"), Undeletable: true, Differs: changed("description")}, update(Settled, "Available")},
		{"where it does more, it is not", Workspace{Recorded: "w1", Current: current("w1"), Marked: []provider.Workspace{*frozen("w2")}}, second},
	})
}
