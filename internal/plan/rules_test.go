package plan

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// The rules hold for any facts, also for those no controller would gather.

func anyIDs(t *rapid.T, label string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4, rapid.ID).Draw(t, label)
}

func sameStep(a, b Step) bool { return cmp.Equal(a, b, cmp.Comparer(compareGists)) }

func anyErr(t *rapid.T, label string) error {
	return rapid.SampledFrom([]error{nil, nil, errUnseen, errHeld, errors.New("strange")}).Draw(t, label)
}

func anySpan(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Nanosecond, 10 * time.Second}).Draw(t, "unsettled")
}

func anyDiffers(t *rapid.T) Differences {
	some := rapid.SampledFrom([][]string{nil, nil, {"scopes"}, {"mode", "access"}})
	return Differences{Changeable: some.Draw(t, "changeable"), Fixed: some.Draw(t, "fixed")}
}

func anyRecovery(t *rapid.T) provider.Recovery {
	return rapid.SampledFrom([]provider.Recovery{provider.RecoverNever, provider.RecoverByMark}).Draw(t, "recovery")
}

func anySecret(t *rapid.T, recovery provider.Recovery) Secret {
	secret := Secret{State: rapid.SampledFrom([]SecretState{SecretAbsent, SecretOurs, SecretForeign}).Draw(t, "secret")}
	if secret.State != SecretAbsent {
		secret.KeyID = rapid.SampledFrom([]string{"", "a", "b", "gone"}).Draw(t, "held")
	}
	if secret.State != SecretAbsent && recovery == provider.RecoverByMark {
		// Whoever tells ids in a list only has a list.
		secret.KeyName = rapid.SampledFrom([]string{"", "named a", "named b", "named gone"}).Draw(t, "held by name")
	}
	if secret.State == SecretOurs {
		secret.New = (secret.KeyID != "" || secret.KeyName != "") && rapid.Bool().Draw(t, "new")
	}
	if secret.State == SecretOurs && (secret.KeyID != "" || secret.KeyName != "") {
		switch rapid.SampledFrom([]string{"", "", "stale", "unfit"}).Draw(t, "written") {
		case "stale":
			secret.Stale = true
		case "unfit":
			secret.Unfit = &Impasse{State: Blocked, Reason: reasonSecretConflict, Message: "it cannot be written"}
		}
	}
	return secret
}

func anyKey(t *rapid.T) Key {
	facts := Key{
		Vendor: "acme", AttemptName: "ci-1", Recovery: anyRecovery(t),
		Deleting: rapid.Bool().Draw(t, "deleting"), First: rapid.Bool().Draw(t, "first"), Retain: rapid.Bool().Draw(t, "retain"),
		Attempted: rapid.Bool().Draw(t, "attempted"), Unsettled: anySpan(t),
		Obstacle: anyErr(t, "obstacle"), ReadErr: anyErr(t, "readErr"), Expired: rapid.Bool().Draw(t, "expired"),
		Recorded: rapid.SampledFrom([]string{"", "a", "b", "gone"}).Draw(t, "recorded"),
		Due:      rapid.SampledFrom([]string{"", "", "it is time"}).Draw(t, "due"), Changed: rapid.SampledFrom([][]string{nil, nil, {"scopes"}}).Draw(t, "changed"),
		Overlap: max(anySpan(t), 0), Next: max(anySpan(t), 0), Restored: rapid.Bool().Draw(t, "restored"), GiveUp: rapid.Bool().Draw(t, "give up"),
		Denial: "then", Left: map[string]time.Duration{},
	}
	facts.Refused = !facts.Attempted && rapid.Bool().Draw(t, "refused")
	facts.Secret = anySecret(t, facts.Recovery)
	facts.Unsent = rapid.SampledFrom([][]string{nil, nil, {"scopes"}}).Draw(t, "unsent")
	for _, id := range anyIDs(t, "replaced") {
		if id != facts.Secret.KeyID {
			facts.Left[id] = anySpan(t)
		}
	}
	for _, id := range anyIDs(t, "marked") {
		seen := key(id, rapid.IntRange(1, 9).Draw(t, "numbered"))
		seen.Name = "named " + id
		facts.Marked = append(facts.Marked, seen)
	}
	if facts.marks(facts.Secret.KeyID) {
		facts.Differs = anyDiffers(t) // what was not seen was not compared
		facts.Differs.Kept = rapid.SampledFrom([][]string{nil, {"rateLimits"}}).Draw(t, "kept")
	}
	return facts
}

// marks reports whether the vendor showed our mark on the key.
func (k Key) marks(id string) bool {
	return slices.ContainsFunc(k.Marked, func(seen provider.Key) bool { return seen.ID == id })
}

func anyWorkspace(t *rapid.T) Workspace {
	facts := Workspace{
		Vendor:   "acme",
		Deleting: rapid.Bool().Draw(t, "deleting"), First: rapid.Bool().Draw(t, "first"), Retain: rapid.Bool().Draw(t, "retain"),
		Dependents: rapid.IntRange(0, 2).Draw(t, "dependents"), Attempted: rapid.Bool().Draw(t, "attempted"), Unsettled: anySpan(t),
		Obstacle: anyErr(t, "obstacle"), ReadErr: anyErr(t, "readErr"),
		Recorded: rapid.SampledFrom([]string{"", "", "a", "gone"}).Draw(t, "recorded"),
		Kept:     rapid.SampledFrom([]string{"", "", "a"}).Draw(t, "kept"),
		External: rapid.SampledFrom([]string{"", "", "a"}).Draw(t, "external"),
		Ordered:  rapid.Bool().Draw(t, "ordered"), Leaving: anySpan(t), Overdue: rapid.Bool().Draw(t, "overdue"), Waited: anySpan(t), Run: "run",
		FreezeRemoves: rapid.Bool().Draw(t, "freezeRemoves"), Means: rapid.SampledFrom([]string{"", "it means"}).Draw(t, "means"),
		Recovery: anyRecovery(t), Marked: workspaces(anyIDs(t, "marked")...), Named: workspaces(anyIDs(t, "named")...),
		Frozen:  rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, "frozen in the spec"),
		Differs: anyDiffers(t), Restored: rapid.Bool().Draw(t, "restored"), GiveUp: rapid.Bool().Draw(t, "giveUp"),
		Refused: rapid.Bool().Draw(t, "refused"), Denied: rapid.Bool().Draw(t, "denied"), Denial: "denial=1", Name: "Team A",
	}
	facts.Differs.Kept = rapid.SampledFrom([][]string{nil, {"slug"}}).Draw(t, "kept")
	facts.Differs.Dropped = rapid.SampledFrom([][]string{nil, nil, {"language"}}).Draw(t, "dropped")
	facts.Differs.Drifted = rapid.SampledFrom([][]string{nil, {"scopes"}, {"mode"}}).Draw(t, "drifted")
	facts.Restored = facts.Restored && !facts.First && !facts.Attempted && !facts.Ordered && facts.Recorded == "" && facts.Kept == "" && facts.External == ""
	facts.Refused = facts.Refused && !facts.Attempted && !facts.Ordered // of one call there is one record
	facts.Denied = facts.Denied && (facts.Restored || facts.Attempted || facts.Ordered)
	if facts.External != "" && facts.Recorded == "" {
		// Nothing was asked of the vendor yet, and what is only named is not ours.
		facts.Ordered, facts.Attempted, facts.Marked, facts.Kept = false, false, nil, ""
	}
	facts.MustRecord = facts.Recovery == provider.RecoverNever || rapid.Bool().Draw(t, "mustRecord")
	facts.HoldsCredential = facts.Kept != ""
	facts.Insists = facts.Retain && rapid.Bool().Draw(t, "insists")
	facts.ObserveOnly = facts.External != "" && rapid.Bool().Draw(t, "observeOnly")
	for i := range facts.Marked {
		facts.Marked[i].Pending = rapid.Bool().Draw(t, "pending")
		facts.Marked[i].Frozen = rapid.Bool().Draw(t, "frozen")
	}
	if (facts.Recorded == "a" || facts.Recorded == "" && facts.External == "a") && rapid.Bool().Draw(t, "listed") {
		facts.Current = facts.seen("a")
		if facts.Current == nil {
			facts.Current = current("a")
			facts.Current.Pending, facts.Current.Frozen = rapid.Bool().Draw(t, "pending"), rapid.Bool().Draw(t, "frozen")
		}
	}
	return facts
}

// seen is the workspace as the vendor showed it, if it carries our mark or is
// the one that is recorded or to be taken over.
func (w Workspace) seen(id string) *provider.Workspace {
	if w.Current != nil && w.Current.ID == id {
		return w.Current
	}
	for _, seen := range w.Marked {
		if seen.ID == id {
			return &seen
		}
	}
	return nil
}

// done reports whether nothing is left that a deletion could do to it.
func (w Workspace) done(seen provider.Workspace) bool { return w.FreezeRemoves && seen.Frozen }

func TestKeyRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		step := facts.Decide()
		byList := facts.Recovery == provider.RecoverByMark
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		rule(!sameStep(step, facts.Decide()), "the same facts give the same step")
		rule(step.Verb == Create && facts.Deleting, "what is deleted gets no key")
		rule(step.Verb == Create && facts.Obstacle != nil, "no key while something stands in the way")
		rule(step.Verb == Create && facts.ReadErr != nil, "no key after a read that failed")
		rule(step.Verb == Create && facts.Secret.State == SecretForeign, "no key for a foreign Secret")
		rule(step.Verb == Create && facts.live(), "no key beside a live one")
		rule(step.Verb == Create && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return facts.Left[seen.ID] <= 0 }),
			"no key beside one that nobody holds")
		rule(step.Verb == Create && byList && !facts.First && facts.Unsettled > 0, "no key while an earlier call may come to light")
		rule(step.Verb == Create && facts.First && facts.Attempted, "a recorded attempt is no first pass")
		rule(step.Verb == Create && !byList && facts.Attempted, "no second call where the first cannot be found again")
		rule(step.Verb == Create && !byList && !step.Record, "no unrecorded call where it cannot be found again")
		rule(step.Verb == Create && !step.Record && !facts.First, "only the very first call goes unrecorded")
		rule(step.Verb == Create && slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.Mark.Serial >= step.Serial }),
			"a key has a greater number than any listed")
		rule(step.Verb == Create && facts.Expired && !facts.asked(), "a key past its end is not replaced unless somebody asks for it")
		rule(step.Verb == Create && facts.Secret.Unfit != nil, "no key while there is nowhere to publish it")
		rule(step.Verb == Create && facts.Restored, "a restored object never gets a key by itself")
		rule(step.Verb == Remove && !facts.marks(step.Target), "only what carries our mark is revoked")
		rule(step.Verb == Remove && facts.ReadErr != nil, "no revocation after a read that failed")
		rule(step.Verb == Remove && !facts.Deleting && facts.Secret.State == SecretOurs && step.Target == facts.Secret.KeyID, "the key that the Secret holds outlives all but deletion")
		rule(step.Verb == Remove && !facts.Deleting && facts.Secret.State == SecretForeign && step.Target == facts.Recorded, "a key that was published is not revoked under a foreign Secret")
		rule(step.Verb == Remove && !facts.Deleting && facts.Left[step.Target] > 0, "a key that was replaced is not revoked before its time")
		rule(step.State == Settled && facts.Expired && step.Verb != Create && step.Verb != Renew, "what is Ready works")
		rule(step.Verb == Stay && step.State == Settled && (facts.Secret.State != SecretOurs || facts.Secret.Unfit != nil && step.Cause != reasonSecretConflict), "what is Ready is where the spec says, or could not be moved there")
		rule(step.Broken && step.Err == nil && step.Verb != Renew, "Broken goes with an error, or with what may become one")
		rule(step.Verb == Remove && facts.Deleting && facts.Retain, "Retain revokes nothing")
		rule(step.Verb == Remove && facts.Obstacle != nil, "nothing is revoked where nobody can be asked")
		rule(step.Last && (step.Verb != Remove || !facts.Deleting || len(facts.Marked) != 1), "the last removal is the one that leaves none")
		rule(step.Last && facts.Attempted && facts.Unsettled > 0, "no removal is the last while a call may come to light")
		rule(step.Last && !byList && facts.Attempted, "no removal is the last while a call is to be told of")
		rule(step.Last && byList && facts.Unsettled > 0 && step.Target != facts.Recorded, "no removal is the last by what a Secret says")
		rule(step.Verb == Finish && !facts.Deleting, "only what is deleted is let go")
		givenUp := facts.GiveUp && (facts.Obstacle != nil || facts.ReadErr != nil)
		rule(step.Verb == Finish && !facts.Retain && !givenUp && (len(facts.Marked) > 0 || facts.ReadErr != nil || facts.Obstacle != nil),
			"an object is let go when a complete list shows nothing, under Retain, or when its vendor is given up")
		rule(step.Verb == Finish && !facts.Retain && !givenUp && facts.Unsettled > 0 && (byList || !facts.Attempted), "an object is let go when the list is settled, where there is one")
		rule(step.Verb == Finish && !facts.Retain && !givenUp && !byList && facts.Attempted && step.Reason != reasonOutcomeUnknown, "what nobody can find out is told")
		rule(step.Verb == Finish && facts.Retain && facts.Recorded != "" && step.Reason != reasonRetained, "what stays is told")
		rule(step.Verb == Hold && (facts.Deleting || !facts.First), "the finalizer is set where it lacks")
		wellFormed(t, step)
	})
}

func TestKeyRulesOfEditsAndNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyKey(t)
		step := facts.Decide()
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		named := func(id string) bool {
			return slices.ContainsFunc(facts.Marked, func(seen provider.Key) bool { return seen.ID == id && seen.Name == facts.Secret.KeyName })
		}
		nameless := facts.Secret.State == SecretOurs && facts.Secret.KeyID == "" && facts.Secret.KeyName != ""
		rule(step.Verb == Update && (facts.Secret.State != SecretOurs || step.Target != facts.Secret.KeyID), "only the key that the Secret holds is amended")
		rule(step.Verb == Update && !facts.marks(step.Target), "only what carries our mark is amended")
		rule(step.Verb == Update && facts.Deleting, "what is deleted is not amended")
		rule(step.Verb == Update && (facts.Obstacle != nil || facts.ReadErr != nil), "nothing is amended that was not seen")
		rule(step.Verb == Update && len(facts.Differs.Changeable) == 0, "only what differs and can be changed is amended")
		rule(step.Verb == Update && facts.Expired, "a key is not amended that no longer works")
		rule((step.Verb == Update || step.Verb == Renew) != (step.Undone != ""), "an amendment and a renewal say what they leave if they fail")
		rule(step.Verb == Adopt && (!nameless || !named(step.Target)), "an id is found by the name in our Secret, and only where there was none")
		rule(step.Verb == Adopt && facts.Deleting, "what is deleted needs no id")
		rule(nameless && step.Verb == Remove && !facts.Deleting && named(step.Target), "a stored key outlives all but deletion, whether its id is known or not")
		rule(nameless && step.Verb == Stay && step.State == Settled, "a key without an id is not Ready")
		rule(step.Unapplied != "" && !facts.asked() && !facts.Differs.Any() && len(facts.Unsent) == 0 && step.Cause != reasonSecretConflict, "what is as it should be needs not be applied")
		rule(step.Reason == reasonOutcomeUnknown && !facts.Attempted && !nameless, "what was not tried is not unknown")
		rule(step.State == Settled && step.Unapplied == "" && step.Verb == Stay && (len(facts.Differs.Fixed) > 0 || len(facts.Differs.Kept) > 0 || len(facts.Unsent) > 0 || len(facts.Changed) > 0), "what is not as the spec says is told")
	})
}

func TestWorkspaceRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyWorkspace(t)
		step := facts.Decide()
		marked := func(id string) bool {
			return slices.ContainsFunc(facts.Marked, func(seen provider.Workspace) bool { return seen.ID == id })
		}
		left := slices.ContainsFunc(facts.Marked, func(seen provider.Workspace) bool { return !facts.done(seen) }) ||
			facts.Recorded != "" && facts.Current != nil && !facts.done(*facts.Current)
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		rule(!sameStep(step, facts.Decide()), "the same facts give the same step")
		rule(step.Verb == Create && facts.Deleting, "what is deleted is not created")
		rule(step.Verb == Create && len(facts.Marked) > 0, "no workspace beside one with our mark")
		rule(step.Verb == Create && facts.Recorded != "", "a recorded workspace is never replaced")
		rule(step.Verb == Create && facts.Kept != "", "no workspace beside one whose credential we keep")
		rule(step.Verb == Create && facts.Obstacle != nil, "no workspace while something stands in the way")
		rule(step.Verb == Create && facts.ReadErr != nil, "no workspace after a read that failed")
		rule(step.Verb == Create && facts.Recovery == provider.RecoverNever && facts.Attempted && !facts.Denied, "no second call where the first cannot be found again")
		rule(step.Verb == Create && facts.Restored && !facts.Denied, "an object from a backup gets none beside the one it had")
		rule(step.Verb == Create && facts.Recovery == provider.RecoverNever && !step.Record, "no unrecorded call where it cannot be found again")
		rule(step.Verb == Create && (facts.Recovery == provider.RecoverByMark || facts.Attempted) && !facts.First && facts.Unsettled > 0,
			"no workspace while an earlier call may come to light")
		rule(step.Verb == Create && facts.First && facts.Attempted, "a recorded attempt is no first pass")
		rule(step.Verb == Remove && facts.Dependents > 0 && facts.Deleting, "no workspace goes while ApiKeys refer to it")
		rule(step.Verb == Remove && step.Target != "" && !marked(step.Target) && step.Target != facts.Recorded, "only what is ours is removed")
		rule(step.Verb == Remove && step.Target != "" && facts.ReadErr != nil, "no removal after a read that failed")
		rule(step.Verb == Remove && !facts.Deleting && step.Target == facts.Recorded, "the recorded workspace outlives all but deletion")
		rule(step.Verb == Remove && facts.Deleting && facts.Retain && step.Target != "", "Retain removes no workspace")
		rule(step.Verb == Remove && facts.Obstacle != nil, "nothing is removed while something stands in the way")
		rule(step.Last && step.Target != "" && facts.Attempted && facts.Unsettled > 0, "no removal is the last while a call may come to light")
		rule(step.Last && step.Target != "" && slices.ContainsFunc(facts.Marked, func(seen provider.Workspace) bool { return seen.ID != step.Target && !facts.done(seen) }),
			"the last removal is the one that leaves none")
		rule(step.Verb == Remove && step.Target != "" && facts.seen(step.Target) != nil && facts.done(*facts.seen(step.Target)),
			"where a deletion only freezes, what is frozen is not frozen again")
		rule(step.Verb == Finish && (!facts.Deleting || facts.Dependents > 0), "only what is deleted and unused is let go")
		rule(step.Verb == Finish && facts.HoldsCredential && facts.Retain && (!facts.Insists || facts.Obstacle == nil) && !facts.GiveUp,
			"a credential of ours is revoked before the object goes, unless nobody can be asked and the spec itself says Retain")
		rule(step.Verb == Finish && facts.Retain && !facts.HoldsCredential && facts.Attempted && facts.Unsettled > 0,
			"an object does not go while a call may be about to store its credential")
		untouched := facts.External != "" && facts.Recorded == "" // nothing was taken over
		rule(step.Verb == Finish && !untouched && !facts.Retain && !facts.GiveUp &&
			(left || facts.Unsettled > 0 || facts.ReadErr != nil || facts.Obstacle != nil),
			"an object is let go when a settled and complete list shows nothing, or under Retain")
		rule(step.Verb == Hold && (facts.Deleting || !facts.First), "the finalizer is set where it lacks")
		wellFormed(t, step)
	})
}

func TestWorkspaceRulesOfImportsAndUpdates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := anyWorkspace(t)
		step := facts.Decide()
		rule := func(broken bool, rule string) {
			if broken {
				t.Fatalf("%s\nfacts: %+v\nstep: %+v", rule, facts, step)
			}
		}
		has := func(all []provider.Workspace, id string) bool {
			return slices.ContainsFunc(all, func(seen provider.Workspace) bool { return seen.ID == id })
		}
		told := facts.Recorded != "" || len(facts.Marked) > 0
		rule(step.Verb == Create && facts.External != "", "no workspace in the place of one that is to be taken over")
		rule(step.Verb == Create && facts.Ordered, "no second workspace while the vendor builds the first")
		rule(step.Verb == Create && len(facts.Named) > 0, "no workspace under a slug that is taken")
		rule(facts.ObserveOnly && !facts.Deleting && (step.Verb == Create || step.Verb == Update || step.Verb == Remove), "who only observes changes nothing")
		rule(step.Verb == Update && (facts.Current == nil || step.Target != facts.Recorded || step.Target != facts.Current.ID), "only the recorded workspace is changed, and only if it was seen")
		rule(step.Verb == Update && facts.Current.Pending, "what is being built is not changed")
		rule(step.Verb == Update && facts.Deleting, "what is deleted is not changed")
		rule(step.Verb == Update && (facts.Obstacle != nil || facts.ReadErr != nil), "nothing is changed that was not seen")
		rule(step.Verb == Update && len(facts.Differs.Changeable) == 0, "only what differs and can be changed is changed")
		rule(step.Verb == Adopt && facts.Recorded != "" && step.Target != facts.Recorded, "an identity that is recorded stays")
		asked := step.Target == facts.External || step.Target == facts.Kept
		rule(step.Verb == Adopt && !asked && !has(facts.Marked, step.Target) && step.Target != facts.Recorded && (!facts.Ordered || !has(facts.Named, step.Target)),
			"only what is asked for, has our mark, or has a slug that the vendor accepted from us is taken")
		rule(step.Verb == Adopt && facts.ReadErr != nil, "nothing is taken after a read that failed")
		rule(facts.Deleting && facts.Recorded == "" && facts.External != "" && step.Verb != Finish && facts.Dependents == 0, "what was never taken over is let go, and nothing else done")
		rule(step.Verb == Adopt && facts.External != "" && facts.Recorded == "" && facts.Current.ID != facts.External, "what is taken over is what was named")
		rule(step.Verb == Finish && facts.Ordered && !told && !facts.Retain && !facts.GiveUp, "no object goes while its workspace is yet to come to light")
		rule(step.Verb == Finish && facts.Retain && (facts.Recorded != "" || facts.Ordered || facts.Attempted && !facts.Denied) && step.Reason == reasonDeleting, "what stays is told")
		unwanted := step.Reason == reasonAbandoned || step.Reason == reasonOutcomeUnknown
		alive := facts.Retain && facts.HoldsCredential && facts.Obstacle != nil
		rule(step.Verb == Finish && (unwanted && len(step.Orphans) == 0 || len(step.Orphans) > 0 && !unwanted && !alive), "what nobody wanted to leave, and nothing else, goes into the ledger")
		rule(len(step.Orphans) > 0 && step.Verb != Finish && (step.Verb != Remove || !facts.GiveUp), "what is tried once more is in the ledger only if it fails")
		rule(step.Verb == Finish && facts.GiveUp && !facts.Retain && (facts.External == "" || facts.Recorded != "") && facts.Recorded != "" && facts.Current != nil && !facts.done(*facts.Current) && len(step.Orphans) == 0, "what is given up is in the ledger")
		rule(step.Verb == Stay && step.State == Settled && (facts.Current == nil || facts.Current.Pending), "what is Ready is there, and built")
		rule(step.Verb == Stay && step.State == Settled && facts.Current.Frozen && (facts.Frozen == nil || !*facts.Frozen), "what is Ready is as usable as the spec says")
		rule(step.Unapplied != "" && !facts.Differs.Any(), "what does not differ needs not be applied")
		rule(step.State == Settled && (step.Verb == Stay || step.Verb == Update) && len(facts.Differs.Fixed)+len(facts.Differs.lost()) > 0 && (!facts.ObserveOnly || step.Unapplied == ""), "what is Ready is as the spec says, as far as the vendor can be told")
		rule(step.State == Settled && step.Verb == Stay && len(facts.Differs.Kept) > 0 && step.Unapplied == "", "that the vendor keeps another value is told")
		rule((step.Verb == Update) != (step.Undone != ""), "an update says what it leaves if it fails")
		rule(step.Reason == reasonOverdue && (!facts.Overdue || step.State != Blocked), "what takes too long, and nothing else, is for a person to see")
	})
}

// wellFormed holds of every step: a person or the engine can make sense of it.
func wellFormed(t *rapid.T, step Step) {
	switch {
	case step.Err != nil && step.Verb != Stay:
		t.Fatalf("a step with an error changes nothing: %+v", step)
	case step.Err == nil && (step.State == "" || step.Reason == "" || step.Message == ""):
		t.Fatalf("a step says how things stand: %+v", step)
	case (step.Verb == Adopt || step.Verb == Update) && step.Target == "":
		t.Fatalf("whoever adopts or changes says what: %+v", step)
	case step.Err != nil && step.Unapplied != "":
		t.Fatalf("an error tells nothing of an edit: %+v", step)
	case strings.Contains(step.Message+step.Unapplied, "%!"):
		t.Fatalf("a message is not written out: %+v", step)
	case step.After < 0:
		t.Fatalf("nobody waits for less than nothing: %+v", step)
	}
}

func TestMutates(t *testing.T) {
	for verb, want := range map[Verb]bool{Stay: false, Hold: false, Adopt: true, Create: true, Renew: true, Publish: true, Update: true, Remove: true, Finish: true} {
		if got := (Step{Verb: verb}).Mutates(); got != want {
			t.Errorf("Step{%s}.Mutates() = %t, want %t: only what is read live may change anything", verb, got, want)
		}
	}
}
