package plan

import (
	"strings"
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

func TestWorkspace(t *testing.T) {
	const (
		settle = 7 * time.Second
		never  = provider.RecoverNever
		mark   = provider.RecoverByMark
	)
	well := gist{Verb: Stay, State: Settled, Reason: "Available"}
	create := func(record bool) gist { return gist{Verb: Create, Record: record, State: Settled, Reason: "Available"} }
	adopt := func(id string) gist { return gist{Verb: Adopt, Target: id, State: Settled, Reason: "Available"} }
	remove := func(id string, last bool) gist {
		return gist{Verb: Remove, Target: id, Last: last, State: Working, Reason: "Deleting"}
	}
	recovering := gist{Verb: Stay, State: Working, Reason: "Recovering", After: settle}
	finish := gist{Verb: Finish, State: Working, Reason: "Deleting"}
	inUse := gist{Verb: Stay, State: Working, Reason: "InUse"}
	rejoin := gist{Verb: Hold, State: Working, Reason: "Recovering", After: time.Second}

	for _, row := range []struct {
		reason string
		facts  Workspace
		want   gist
	}{
		// The first pass.
		{"nothing was ever asked: create without a look", Workspace{First: true, Recovery: mark}, create(false)},
		{"lists have nothing to hide yet", Workspace{First: true, Recovery: mark, Unsettled: settle}, create(false)},
		{"where nothing can be found again the first call is recorded too", Workspace{First: true, Recovery: never, MustRecord: true}, create(true)},
		{"what is seen counts, also in the first pass", Workspace{First: true, Recovery: mark, Marked: workspaces("w1")}, adopt("w1")},
		{"the finalizer was taken away: set it again before deletion can leave the workspace behind",
			Workspace{First: true, Recorded: "w1", Recovery: mark}, rejoin},
		{"the same while the vendor cannot be asked", Workspace{First: true, Recorded: "w1", Obstacle: errHeld}, rejoin},
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
		{"nothing can be found again, and no call was recorded: there was none", Workspace{Recovery: never, MustRecord: true, Unsettled: settle}, create(true)},

		// Keeping it.
		{"it is there", Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1")}, well},
		{"it is there and its mark cannot be read", Workspace{Recorded: "w1", Current: current("w1")}, well},
		{"the vendor is still building it", Workspace{Recorded: "w1", Current: pending("w1")}, gist{Verb: Stay, State: Working, Reason: "Provisioning"}},
		{"it is not listed, and lists may lag", Workspace{Recorded: "w1", Unsettled: settle}, recovering},
		{"it is gone: a person decides, nothing is created", Workspace{Recorded: "w1", Recovery: mark}, gist{Verb: Stay, State: Blocked, Reason: "VendorObjectMissing"}},
		{"another with our mark is removed, never the recorded one",
			Workspace{Recorded: "w1", Current: current("w1"), Marked: workspaces("w1", "w2")}, gist{Verb: Remove, Target: "w2", State: Working, Reason: "Recovering"}},

		// Letting it go.
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
		{"Retain asks nobody", Workspace{Deleting: true, Retain: true, Recorded: "w1", Obstacle: errHeld, ReadErr: errUnseen, Current: current("w1")}, finish},
		{"Retain revokes the credential that is ours alone", Workspace{Deleting: true, Retain: true, HoldsCredential: true, Recorded: "w1", Current: current("w1")}, remove("", true)},
		{"the credential can only be revoked where the vendor can be asked", Workspace{Deleting: true, Retain: true, HoldsCredential: true, Obstacle: errHeld}, gist{Verb: Stay, Err: errHeld}},
		{"a Workspace that itself says Retain goes although its credential cannot be revoked",
			Workspace{Deleting: true, Retain: true, Insists: true, HoldsCredential: true, Obstacle: errHeld}, finish},
		{"whoever insists on Retain has the credential revoked where it can be",
			Workspace{Deleting: true, Retain: true, Insists: true, HoldsCredential: true, Recorded: "w1"}, remove("", true)},
		{"ApiKeys go first, whoever insists", Workspace{Deleting: true, Retain: true, Insists: true, Dependents: 1, Obstacle: errHeld}, inUse},
		{"under Retain, a call that is open may be about to store a credential: wait",
			Workspace{Deleting: true, Retain: true, Attempted: true, Unsettled: settle}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"the same while nobody can be asked: nobody has to be",
			Workspace{Deleting: true, Retain: true, Insists: true, Attempted: true, Unsettled: settle, Obstacle: errHeld}, gist{Verb: Stay, State: Working, Reason: "Deleting", After: settle}},
		{"once the call has surely ended Retain lets go", Workspace{Deleting: true, Retain: true, Attempted: true}, finish},
		{"without a call Retain does not wait", Workspace{Deleting: true, Retain: true, Unsettled: settle}, finish},
		{"a credential that is there need not be waited for",
			Workspace{Deleting: true, Retain: true, Attempted: true, Unsettled: settle, HoldsCredential: true}, remove("", true)},
		{"an outcome nobody can find out does not hold a deletion", Workspace{Deleting: true, Recovery: never, Attempted: true}, finish},
	} {
		t.Run(row.reason, func(t *testing.T) {
			if diff := cmp.Diff(row.want, gistOf(row.facts.Decide()), cmp.Comparer(compareGists)); diff != "" {
				t.Errorf("%+v\nwant (-) but got (+):\n%s", row.facts, diff)
			}
		})
	}
}

func TestMessagesSayTheWayOut(t *testing.T) {
	for _, row := range []struct {
		facts Workspace
		want  string
	}{
		{Workspace{Recorded: "w1"}, "delete this Workspace and apply it anew"},
		{Workspace{Recovery: provider.RecoverNever, Attempted: true}, "Look for it in the vendor's console"},
		{Workspace{Deleting: true, Dependents: 3}, "3 ApiKeys"},
	} {
		if got := row.facts.Decide().Message; !strings.Contains(got, row.want) {
			t.Errorf("%+v: the message %q does not say %q", row.facts, got, row.want)
		}
	}
}
