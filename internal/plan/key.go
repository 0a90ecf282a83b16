package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// SecretState is whose the target Secret is.
type SecretState string

const (
	// SecretAbsent: there is none.
	SecretAbsent SecretState = "Absent"
	// SecretOurs: it was made for this ApiKey.
	SecretOurs SecretState = "Ours"
	// SecretForeign: it is somebody else's and must not be touched.
	SecretForeign SecretState = "Foreign"
)

// Secret is the target Secret: the record of which key is live.
type Secret struct {
	State SecretState
	// Owned: it is controlled by the ApiKey. A foreign one can be, and hold the key
	// that was published: what is immutable cannot be written, but read.
	Owned bool
	// Why says what makes it foreign.
	Why string
	// KeyID is the vendor's id of the key it holds; empty if it holds none, or
	// one whose id is not known yet.
	KeyID string
	// KeyName is the vendor's name of the key it holds, where that is all there
	// is to know it by until the list tells its id.
	KeyName string
	// Stale: the published Secret is not as the spec asks, and can be made so
	// with the value it has.
	Stale bool
	// Unfit is why it cannot be made so; the key stays where it is published.
	Unfit *Impasse
	// Age is how long ago the key was published.
	Age time.Duration
	// New: the key was published so recently that the vendor's lists may not
	// show it yet.
	New bool
}

// nameless reports whether the Secret holds a key that only its name tells.
func (s Secret) nameless() bool { return s.State == SecretOurs && s.KeyID == "" && s.KeyName != "" }

// holds reports whether the Secret holds this key, by what it says itself. What
// somebody else's says proves nothing.
func (s Secret) holds(seen provider.Key) bool {
	switch {
	case s.State != SecretOurs && !s.Owned:
		return false
	case s.KeyID == "":
		return s.KeyName != "" && seen.Name == s.KeyName
	}
	return seen.ID == s.KeyID
}

// Key is all that the decision about an ApiKey rests on.
type Key struct {
	// Vendor is its name, for people.
	Vendor   string
	Deleting bool
	// First: our finalizer was not there, so we never called the vendor.
	First bool
	// Obstacle is why the vendor cannot be asked at all.
	Obstacle error
	// Refusal is why no key is issued, amended or published, although the vendor
	// can be asked: what is to be revoked is revoked all the same.
	Refusal *Impasse
	Retain  bool
	Secret  Secret
	// Recorded is the vendor's id in status, which no tenant can write, and
	// RecordedName what the key is called there.
	Recorded, RecordedName string
	// Expired: the live key is past its end.
	Expired bool
	// Due says why another key is to take the live one's place; empty if none is.
	Due string
	// Changed are the fields of the spec that were edited since the live key was
	// issued, and that only another key can have.
	Changed []string
	// Unsent are those that were edited since the vendor was last told, and that it
	// can change, of a key that its list does not show yet.
	Unsent []string
	// Overlap is how long a key lives on once another has taken its place.
	Overlap time.Duration
	// Left is how long each key that was replaced may still live on. What is not
	// in it may not.
	Left map[string]time.Duration
	// Next is when something falls due, and Term when something would with a key
	// that is issued now; zero if nothing does.
	Next, Term time.Duration
	// Attempted: a call to issue a key was never answered for certain.
	Attempted bool
	// Refused: the latest call to issue a key is known to have made none.
	Refused bool
	// Denial is what a person can say to make an end of that, or of what a
	// restored object leaves open.
	Denial string
	// Restored: the object comes from a backup, and nothing tells what was issued
	// for it.
	Restored bool
	// GiveUp: the deletion has waited for the vendor as long as the class allows.
	GiveUp bool
	// Unsettled is as in [Workspace].
	Unsettled time.Duration
	// Recovery Never: the vendor has no list, and Marked are those keys whose
	// ids are known.
	Recovery provider.Recovery
	// AttemptName is what the key of an unanswered call is called. Unrecorded is
	// the same of a first call that may have been made although nothing tells of
	// it: it follows our finalizer without a record.
	AttemptName, Unrecorded string
	// Calling is what the key of a call is called whose end nobody has seen: while
	// the lists are unsettled it may be on its way to a Secret.
	Calling string
	// Issued is the greatest number of a key on record, listed or not.
	Issued  int
	ReadErr error
	// Marked are the vendor's keys that carry our mark, and the recorded one
	// under whatever name.
	Marked []provider.Key
	// Differs is in what the live key is not as the spec says, as far as that
	// was looked at.
	Differs Differences
}

const (
	// secretPause is how long a foreign Secret is left alone before another look.
	secretPause = time.Minute
	// refusedPause is the same of what is refused: who refuses it is watched.
	refusedPause = 5 * time.Minute
)

const (
	messageKeyAvailable  = "the key is published in its Secret"
	messageKeyExpired    = "the key is past its end and no longer works: name another spec.expiresAt to have another one issued; with spec.lifetime, set spec.rotation or annotate the ApiKey with workspace-operator.io/rotate-at"
	messageKeyForeignWay = ". It was left untouched and no key was issued: choose another spec.secret.name, or remove that Secret"
	// messageKeyForeignStays takes the key's id and the vendor.
	messageKeyForeignStays = ". It was left untouched and no other key was issued. Key %q, which was published before, lives on at %s until this ApiKey has a Secret again: " +
		"choose another spec.secret.name, or remove that Secret, and the key is revoked and another issued; or delete this ApiKey to have it revoked"
)

// Decide gives the one step to take. Rotation, and recovery from a crash, from a
// lost answer and from a lost Secret, are one rule: the live key is the one whose
// id the Secret holds; of the others with our mark the one it replaced lives on
// for the overlap, and all the rest are revoked; without a live key one is issued.
func (k Key) Decide() Step {
	switch {
	case k.Deleting:
		return k.leave()
	case k.First && (k.Attempted || k.Refused || k.Recorded != "" || k.Secret.State == SecretOurs):
		return rejoin()
	case k.Refusal != nil && (k.Obstacle != nil || k.ReadErr != nil):
		return k.failed(k.Refusal) // it does not get better by waiting for the vendor
	case k.Obstacle != nil:
		return k.failed(k.Obstacle)
	case k.ReadErr != nil:
		return k.failed(k.ReadErr)
	case k.Refusal != nil:
		return k.revokes(k.refused())
	case k.Secret.State == SecretForeign:
		return k.revokes(k.conflict())
	}
	return k.keep()
}

// failed is the step when the vendor cannot be asked or seen.
func (k Key) failed(err error) Step {
	step := failed(err)
	step.Broken = k.broken()
	return step
}

// broken reports whether the recorded key is not where it was published, or no
// longer works: that is told apart from a vendor's bad night.
func (k Key) broken() bool {
	return k.Expired || k.Secret.State != SecretOurs || k.Secret.KeyID == "" || k.Secret.KeyID != k.Recorded
}

// refused is how a key stands that is not to be had as things are.
func (k Key) refused() Outlook {
	outlook := Outlook{State: k.Refusal.State, Reason: k.Refusal.Reason, Message: k.Refusal.Message, After: refusedPause, Broken: k.broken() || !k.live()}
	if k.Next > 0 {
		outlook.After = min(k.Next, refusedPause)
	}
	return outlook
}

// conflict is how a key stands whose Secret is somebody else's.
func (k Key) conflict() Outlook {
	return Outlook{State: Blocked, Reason: reasonSecretConflict, Message: k.Secret.Why + k.untouched(), After: secretPause} // Secrets are not watched
}

// untouched says what became of the key, and what a person can do.
func (k Key) untouched() string {
	if !slices.ContainsFunc(k.Marked, func(seen provider.Key) bool { return seen.ID != "" && seen.ID == k.Recorded }) {
		return messageKeyForeignWay
	}
	return fmt.Sprintf(messageKeyForeignStays, k.Recorded, k.Vendor)
}

// revokes is the step where no key may be issued, amended or published: a key of
// ours whose time is over, or that never was nor will be published, goes all the same.
// What status has is left, or, where status was lost, what any Secret says it was.
func (k Key) revokes(outlook Outlook) Step {
	for _, stray := range k.strays() {
		if stray.ID != cmp.Or(k.Recorded, k.Secret.KeyID) {
			outlook.After = 0 // there may be another
			return Step{Verb: Remove, Target: stray.ID, Outlook: outlook}
		}
	}
	return Step{Verb: Stay, Outlook: outlook}
}

func (k Key) keep() Step {
	strays := k.strays()
	switch {
	case len(strays) > 0:
		// Strays go before anything new comes: however often answers are lost,
		// at most one key without a holder lives at a time.
		return Step{Verb: Remove, Target: strays[0].ID, Outlook: k.cleaning()}
	case k.Secret.nameless():
		return k.identify()
	case k.live():
		return k.tend()
	case k.Expired && !k.wanted():
		return stay(Blocked, reasonExpired, messageKeyExpired)
	case k.unanswered():
		return stay(Blocked, reasonOutcomeUnknown, k.unknown())
	case k.Recovery != provider.RecoverNever && k.Unsettled > 0 && !k.First:
		return waiting(reasonRecovering, k.Unsettled)
	case k.Restored:
		return stay(Blocked, reasonRestored, k.restored())
	case k.Secret.Unfit != nil:
		return Step{Verb: Stay, Outlook: k.unfit()}
	}
	return k.issue()
}

// unknown says what a person can do about a call nobody can find out about.
func (k Key) unknown() string {
	return fmt.Sprintf("the request to issue the key %q was not answered, and %s offers no way to find out what it did. "+
		"No second key is issued: look for it in the vendor's console and delete it there; then annotate this ApiKey with %s=%s to have one issued",
		k.AttemptName, k.Vendor, annotationDenial, k.Denial)
}

// restored says the same of an object nobody knows the past of.
func (k Key) restored() string {
	return fmt.Sprintf("this ApiKey was restored without its status, and nothing tells which key at %s was issued for it. "+
		"No second key is issued: delete the old one in the vendor's console; then annotate this ApiKey with %s=%s to have one issued",
		k.Vendor, annotationDenial, k.Denial)
}

// cleaning is how things stand once a stray is gone. What else there is to do is
// done at once.
func (k Key) cleaning() Outlook {
	if k.live() {
		outlook := k.standing()
		outlook.After = 0
		return outlook
	}
	return Outlook{State: Working, Reason: reasonRecovering, Message: "a key that nobody holds is being revoked"}
}

// live reports whether the Secret holds a key the vendor knows.
func (k Key) live() bool {
	if k.Secret.KeyID == "" {
		return false
	}
	// What the Secret says of a key that is not listed is believed only where
	// status, which no tenant can write, says the same.
	return k.Secret.New && k.Secret.KeyID == k.Recorded || slices.ContainsFunc(k.Marked, func(seen provider.Key) bool { return seen.ID == k.Secret.KeyID })
}

func (k Key) issue() Step {
	serial := k.Issued
	if k.Unrecorded != "" && !k.First {
		// Whoever would make that call may only be held up, and where a key has no id
		// yet it is its name by which it is taken back.
		serial = max(serial, 1)
	}
	for _, seen := range k.Marked {
		serial = max(serial, seen.Mark.Serial)
	}
	step := Step{
		Verb: Create, Serial: serial + 1, Record: !k.First || k.Recovery == provider.RecoverNever,
		Outlook: available(messageKeyAvailable),
	}
	step.After = k.Term
	return step
}
