package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// says is what the message of a step must have in it, for the person who reads it.
type says struct {
	step  Step
	words []string
}

func (s says) check(t *testing.T) {
	t.Helper()
	for _, word := range s.words {
		if !strings.Contains(s.step.Message, word) {
			t.Errorf("%s: the message %q does not say %q", s.step.Reason, s.step.Message, word)
		}
	}
}

func TestMessagesAboutAWorkspace(t *testing.T) {
	const means = "it is removed for good after 30 days"
	for _, row := range []says{
		{Workspace{Recorded: "w1"}.Decide(), []string{"delete this Workspace and apply it anew"}},
		{Workspace{Recovery: provider.RecoverNever, Attempted: true, Denial: "denial=1"}.Decide(), []string{"Look for it in the vendor's console", "remove it", "denial=1"}},
		{Workspace{Recovery: provider.RecoverNever, Attempted: true, Importable: true, Denial: "denial=1"}.Decide(), []string{"spec.externalID", "denial=1"}},
		{Workspace{Vendor: "acme", Restored: true, Importable: true, Denial: "denial=uid"}.Decide(), []string{"backup", "acme", "spec.externalID", "denial=uid"}},
		{Workspace{Vendor: "acme", Restored: true, Denial: "denial=uid"}.Decide(), []string{"backup", "this object's status", "denial=uid"}},
		{Workspace{Vendor: "acme", Deleting: true, Restored: true}.Decide(), []string{"backup", "acme", "stays there"}},
		{Workspace{Vendor: "acme", Deleting: true, Recorded: "w1", Obstacle: errHeld, GiveUp: true}.Decide(), []string{"given up", "acme"}},
		{Workspace{Ordered: true, Overdue: true, Denial: "denial=1"}.Decide(), []string{"not created a second time", "denial=1"}},
		{Workspace{Vendor: "acme", Recorded: "w1", Current: current("w1"), Differs: drifted("region")}.Decide(), []string{"spec.region", "acme", "console"}},
		{Workspace{Vendor: "acme", Recorded: "w1", Current: current("w1"), Differs: Differences{Dropped: []string{"language"}}}.Decide(),
			[]string{"spec.language", "taken out", "acme", "set it back"}},
		{Workspace{Recorded: "w1", Current: frozen("w1"), Frozen: new(false), Differs: Differences{Kept: []string{"access"}}}.Decide(), []string{"although spec.access is Active"}},
		{Workspace{Vendor: "acme", Recorded: "w1", Current: current("w1"), Marked: workspaces("w1", "w2"), Undeletable: true, DeleteSetting: "freezeOnDelete"}.Decide(),
			[]string{messageAvailable, `"w2"`, "acme", "console", "freezeOnDelete", "class"}},
		{Workspace{Deleting: true, Dependents: 3}.Decide(), []string{"3 ApiKeys"}},
		{Workspace{Vendor: "acme", External: "w1"}.Decide(), []string{"acme", `"w1"`, "spec.externalID"}},
		{Workspace{External: "w1", Current: current("w1"), Differs: changed("description", "access")}.Decide(), []string{"spec.description, spec.access"}},
		{Workspace{Vendor: "acme", Recorded: "w1", Current: current("w1"), Differs: fixed("region", "slug")}.Decide(),
			[]string{"acme", "spec.region, spec.slug", "set it back", "another Workspace"}},
		{Workspace{Ordered: true, Overdue: true, Run: "run-7"}.Decide(), []string{`"run-7"`, "not created a second time"}},
		{Workspace{Vendor: "acme", Ordered: true, Named: workspaces("w1", "w2")}.Decide(), []string{"acme", "2 workspaces", "spec.slug", "spec.externalID"}},
		{Workspace{Vendor: "acme", Named: workspaces("w1")}.Decide(), []string{"acme", "spec.slug", "spec.externalID"}},
		{Workspace{Recorded: "w1", Current: frozen("w1")}.Decide(), []string{"set spec.access to Active"}},
		{Workspace{Recorded: "w1", Current: frozen("w1"), Frozen: new(true), FreezeRemoves: true, Means: means}.Decide(), []string{"spec.access", means}},
		{Workspace{Deleting: true, Recorded: "w1", Current: current("w1"), FreezeRemoves: true, Means: means}.Decide(), []string{means}},
		{Workspace{Deleting: true, Recorded: "w1", Current: frozen("w1"), FreezeRemoves: true, Means: means}.Decide(), []string{means}},
		{Workspace{Deleting: true, Ordered: true, Overdue: true, Run: "run-7"}.Decide(), []string{`"run-7"`, "spec.deletionPolicy to Retain"}},
		{Workspace{Vendor: "acme", Deleting: true, Retain: true, Recorded: "w1"}.Decide(), []string{"acme", `"w1"`, "not deleted"}},
		{Workspace{Vendor: "acme", Deleting: true, Retain: true, Insists: true, HoldsCredential: true, KeptIn: "vault-1", Kept: "w1", Obstacle: errHeld}.Decide(),
			[]string{"acme", `"w1"`, "not deleted", "could not be revoked", `"vault-1"`}},
		{Workspace{Vendor: "acme", Deleting: true, Retain: true, HoldsCredential: true, KeptIn: "vault-1", Kept: "w1", Obstacle: errHeld, GiveUp: true}.Decide(),
			[]string{"given up", "could not be revoked", `"vault-1"`}},
		{Workspace{Vendor: "acme", Deleting: true, Retain: true, Ordered: true}.Decide(), []string{"acme", "may have made"}},
		{Workspace{Vendor: "acme", Deleting: true, Recovery: provider.RecoverNever, Attempted: true}.Decide(), []string{"acme", "nobody knows of"}},
	} {
		row.check(t)
	}
}

func TestMessagesAboutAKey(t *testing.T) {
	const never = provider.RecoverNever
	for _, row := range []says{
		{Key{Secret: ours("k1"), Marked: keys("k1"), Expired: true}.Decide(), []string{"spec.expiresAt", "spec.lifetime", "spec.rotation", "workspace-operator.io/rotate-at"}},
		{Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1"), Expired: true, Due: "it is time", Unsettled: time.Second}.Decide(), []string{"past its end", "another one is issued"}},
		{Key{Secret: unfit(ours("k1")), Marked: keys("k1")}.Decide(), []string{"spec.secret.template"}},
		{Key{Vendor: "acme", Recovery: never, Secret: absent(), Attempted: true, AttemptName: "ci-1", Denial: "then"}.Decide(),
			[]string{"acme", `"ci-1"`, "No second key is issued", "workspace-operator.io/does-not-exist=then"}},
		{Key{Vendor: "acme", Secret: absent(), Restored: true, Denial: "uid"}.Decide(),
			[]string{"acme", "restored without its status", "No second key is issued", "workspace-operator.io/does-not-exist=uid"}},
		{Key{Vendor: "acme", Deleting: true, Secret: absent(), Restored: true}.Decide(), []string{"acme", "restored", "may live on"}},
		{Key{Vendor: "acme", Deleting: true, GiveUp: true, Obstacle: errHeld, Recorded: "k1"}.Decide(), []string{"acme", "abandonAfter", "orphan ledger"}},
		{Key{Vendor: "acme", Deleting: true, Recovery: never, Secret: absent(), Attempted: true, AttemptName: "ci-1"}.Decide(),
			[]string{"acme", `"ci-1"`, "may live on", "the vendor's console"}},
		{Key{Deleting: true, Retain: true, Recorded: "k1", Secret: ours("k1")}.Decide(), []string{`"k1"`, "not revoked"}},
		{Key{Secret: nameless(1), Unsettled: time.Second}.Decide(), []string{"stored in its Secret"}},
		{Key{Vendor: "acme", Secret: foreign()}.Decide(), []string{"is immutable", "no key was issued", "spec.secret.name"}},
		{Key{Vendor: "acme", Secret: foreign(), Recorded: "k1"}.Decide(), []string{"no key was issued"}},
		{Key{Vendor: "acme", Secret: foreign(), Recorded: "k1", Marked: keys("k1")}.Decide(),
			[]string{"is immutable", `Key "k1"`, "lives on at acme", "no other key was issued", "spec.secret.name", "delete this ApiKey"}},
	} {
		row.check(t)
	}
}

// TestUnapplied: an edit that has not reached the vendor is told apart from an
// object that is not well.
func TestUnapplied(t *testing.T) {
	live := Key{Vendor: "acme", Secret: ours("k1"), Recorded: "k1", Marked: keys("k1")}
	with := func(change func(*Key)) Step {
		facts := live
		change(&facts)
		return facts.Decide()
	}
	for _, row := range []struct {
		reason string
		step   Step
		cause  string
		words  []string
	}{
		{"another key is to come, and may not yet", with(func(k *Key) { k.Changed, k.Unsettled = []string{"scopes", "action"}, time.Second }), "Updating", []string{"spec.scopes, spec.action", "another key"}},
		{"another key is to come once the Secret is written anew", with(func(k *Key) { k.Changed, k.Secret.Stale = []string{"scopes"}, true }), "Updating", []string{"spec.scopes"}},
		{"the list does not show the key that was edited", with(func(k *Key) {
			k.Unsent, k.Marked, k.Secret.New, k.Unsettled = []string{"scopes"}, nil, true, time.Second
		}),
			"Updating", []string{"spec.scopes", "acme", "does not show the key yet"}},
		{"the vendor keeps what it likes", with(func(k *Key) { k.Differs.Kept = []string{"scopes"} }), "", []string{"spec.scopes", "was told, and shows another value"}},
		{"somebody changed the key at the vendor", with(func(k *Key) { k.Differs = fixed("mode") }), "Drifted", []string{"acme", "spec.mode", "workspace-operator.io/rotate-at"}},
		{"nobody knows whether another key was issued", with(func(k *Key) {
			k.Due, k.Recovery, k.Attempted, k.AttemptName = "it is time", provider.RecoverNever, true, "ci-2"
		}), "OutcomeUnknown", []string{`"ci-2"`, "workspace-operator.io/does-not-exist"}},
		{"a call that was lost before, and nothing that is wanted", with(func(k *Key) { k.Recovery, k.Attempted = provider.RecoverNever, true }), "", nil},
		{"a rotation that is due is no edit", with(func(k *Key) { k.Due, k.Unsettled = "it is time", time.Second }), "", nil},
		{"its Secret is to have a name that is taken", with(func(k *Key) { k.Secret = moving("k1") }), "SecretConflict", []string{`"other"`}},
		{"all is well", live.Decide(), "", nil},
		{"a key that takes another's place is as the spec says", with(func(k *Key) { k.Changed = []string{"scopes"} }), "", nil},
	} {
		if got := row.step.Unapplied; (got != "") != (row.words != nil) || row.step.Cause != row.cause {
			t.Errorf("%s: got %q for reason %q, want reason %q", row.reason, got, row.step.Cause, row.cause)
		}
		for _, word := range row.words {
			if !strings.Contains(row.step.Unapplied, word) {
				t.Errorf("%s: Unapplied %q does not say %q", row.reason, row.step.Unapplied, word)
			}
		}
	}
}

// TestProvisioning: the vendor is asked neither all the time nor hardly ever.
func TestProvisioning(t *testing.T) {
	for waited, want := range map[time.Duration]time.Duration{
		-time.Hour: 2 * time.Second, 0: 2 * time.Second, 8 * time.Second: 2 * time.Second, 12 * time.Second: 3 * time.Second,
		4 * time.Minute: time.Minute, 4*time.Minute + time.Second: time.Minute, 24 * time.Hour: time.Minute,
	} {
		got := Provisioning(waited)
		if got.After != want || got.State != Working || got.Reason != "Provisioning" || got.Message == "" {
			t.Errorf("after %s: got %+v, want it to be asked again after %s", waited, got, want)
		}
	}
}

// TestWaysOfAKeyThatIsNotReady: both are seen again soon, and need nobody.
func TestWaysOfAKeyThatIsNotReady(t *testing.T) {
	for reason, outlook := range map[string]Outlook{"Identifying": Identifying(), "Updating": Finishing()} {
		if outlook.Reason != reason || outlook.State != Working || outlook.After != time.Second || outlook.Message == "" {
			t.Errorf("%s: got %+v, want it Working and looked at again after a second", reason, outlook)
		}
	}
}

// TestFinishTellsWhatIsLeft: a reason other than Deleting is what an operator
// looks for when something lives on that no object shows any more.
func TestFinishTellsWhatIsLeft(t *testing.T) {
	for reason, step := range map[string]Step{
		"a recorded workspace is retained":  Workspace{Deleting: true, Retain: true, Recorded: "w1"}.Decide(),
		"an ordered workspace is retained":  Workspace{Deleting: true, Retain: true, Ordered: true}.Decide(),
		"an attempted workspace, retained":  Workspace{Deleting: true, Retain: true, Attempted: true}.Decide(),
		"an attempted workspace, not found": Workspace{Deleting: true, Recovery: provider.RecoverNever, Attempted: true}.Decide(),
		"a recorded key is retained":        Key{Deleting: true, Retain: true, Recorded: "k1"}.Decide(),
		"a stored key is retained":          Key{Deleting: true, Retain: true, Secret: ours("k1")}.Decide(),
		"a stored key without id, retained": Key{Deleting: true, Retain: true, Secret: nameless(1)}.Decide(),
		"an attempted key, retained":        Key{Deleting: true, Retain: true, Attempted: true}.Decide(),
		"an attempted key, not found":       Key{Deleting: true, Recovery: provider.RecoverNever, Attempted: true}.Decide(),
		"a stored key that never showed":    Key{Deleting: true, Secret: nameless(1)}.Decide(),
		"a restored key":                    Key{Deleting: true, Restored: true}.Decide(),
		"a restored key, given up":          Key{Deleting: true, Restored: true, GiveUp: true, Obstacle: errHeld}.Decide(),
		"a key that is given up":            Key{Deleting: true, GiveUp: true, Obstacle: errHeld, Recorded: "k1"}.Decide(),
	} {
		if step.Verb != Finish || step.Reason == reasonDeleting {
			t.Errorf("%s: got %s/%s, want it to finish with a reason that says what is left", reason, step.Verb, step.Reason)
		}
	}
}
