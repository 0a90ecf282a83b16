package plan

import (
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
	// Why says what makes it foreign.
	Why string
	// KeyID is the vendor's id of the key it holds; empty if it holds none.
	KeyID string
	// Changed says in which way the spec now asks for another Secret than the
	// one that was published; empty if it does not.
	Changed string
	// New: the key was published so recently that the vendor's lists may not
	// show it yet.
	New bool
}

// Key is all that the decision about an ApiKey rests on.
type Key struct {
	Deleting bool
	// First: our finalizer was not there, so we never called the vendor.
	First bool
	// Obstacle is why the vendor cannot be asked at all.
	Obstacle error
	Retain   bool
	Secret   Secret
	// Recorded is the vendor's id in status, which no tenant can write.
	Recorded string
	// Expired: the live key is past its end.
	Expired bool
	// Attempted: a call to issue a key was never answered for certain.
	Attempted bool
	// Unsettled is as in [Workspace].
	Unsettled time.Duration
	ReadErr   error
	// Marked are the vendor's keys that carry our mark, and the recorded one
	// under whatever name.
	Marked []provider.Key
}

// secretPause is how long a foreign Secret is left alone before another look.
const secretPause = time.Minute

const (
	messageKeyAvailable  = "the key is published in its Secret"
	messageKeyExpired    = "the key is past its end and no longer works: this version does not replace keys, so delete this ApiKey and apply another"
	messageKeyForeignWay = ". It was left untouched and no key was issued: choose another spec.secret.name, or remove that Secret"
)

// Decide gives the one step to take. Recovery from a crash, from a lost answer
// and from a lost Secret are one rule: the live key is the one whose id the
// Secret holds, every other key with our mark is revoked, and without a live
// key one is issued.
func (k Key) Decide() Step {
	switch {
	case k.Deleting:
		return k.leave()
	case k.First && (k.Attempted || k.Recorded != "" || k.Secret.State == SecretOurs):
		return rejoin()
	case k.Secret.Changed != "":
		return stay(Blocked, reasonUnsupported, k.Secret.Changed)
	case k.Obstacle != nil:
		return k.failed(k.Obstacle)
	case k.ReadErr != nil:
		return k.failed(k.ReadErr)
	case k.Secret.State == SecretForeign:
		return k.yield()
	}
	return k.keep()
}

// failed is the step when the vendor cannot be asked or seen. A Secret that
// does not hold the recorded key is told apart from a vendor's bad night.
func (k Key) failed(err error) Step {
	step := failed(err)
	step.Broken = k.Expired || k.Secret.State != SecretOurs || k.Secret.KeyID == "" || k.Secret.KeyID != k.Recorded
	return step
}

// yield leaves a foreign Secret alone. A key of ours that was never recorded
// is in no Secret and never will be: it is revoked.
func (k Key) yield() Step {
	conflict := stay(Blocked, reasonSecretConflict, k.Secret.Why+messageKeyForeignWay)
	conflict.After = secretPause // Secrets are not watched
	for _, seen := range k.Marked {
		if seen.ID != k.Recorded && seen.ID != k.Secret.KeyID {
			return Step{Verb: Remove, Target: seen.ID, Outlook: conflict.Outlook}
		}
	}
	return conflict
}

func (k Key) keep() Step {
	available := Outlook{State: Settled, Reason: reasonAvailable, Message: messageKeyAvailable}
	strays := k.strays()
	switch {
	case len(strays) > 0:
		// Strays go before anything new comes: however often answers are lost,
		// at most one key without a holder lives at a time.
		return Step{Verb: Remove, Target: strays[0].ID, Outlook: k.cleaning()}
	case k.Expired:
		return stay(Blocked, reasonExpired, messageKeyExpired)
	case k.live():
		return Step{Verb: Stay, Target: k.Secret.KeyID, Outlook: available}
	case k.Unsettled > 0 && !k.First:
		return waiting(reasonRecovering, k.Unsettled)
	}
	return k.issue()
}

// cleaning is how things stand once a stray is gone.
func (k Key) cleaning() Outlook {
	if k.live() {
		return Outlook{State: Settled, Reason: reasonAvailable, Message: messageKeyAvailable}
	}
	return Outlook{State: Working, Reason: reasonRecovering, Message: "a key that nobody holds is being revoked"}
}

// live reports whether the Secret holds a key the vendor knows.
func (k Key) live() bool {
	if k.Secret.KeyID == "" {
		return false
	}
	return k.Secret.New || slices.ContainsFunc(k.Marked, func(seen provider.Key) bool { return seen.ID == k.Secret.KeyID })
}

func (k Key) strays() []provider.Key {
	var strays []provider.Key
	for _, seen := range k.Marked {
		if k.Secret.KeyID == "" || seen.ID != k.Secret.KeyID {
			strays = append(strays, seen)
		}
	}
	return strays
}

func (k Key) issue() Step {
	serial := 0
	for _, seen := range k.Marked {
		serial = max(serial, seen.Mark.Serial)
	}
	return Step{
		Verb: Create, Serial: serial + 1, Record: !k.First,
		Outlook: Outlook{State: Settled, Reason: reasonAvailable, Message: messageKeyAvailable},
	}
}

func (k Key) leave() Step {
	deleting := Outlook{State: Working, Reason: reasonDeleting, Message: "being revoked at the vendor"}
	switch {
	case k.Retain:
		return Step{Verb: Finish, Outlook: deleting}
	case k.Obstacle != nil:
		return failed(k.Obstacle)
	case k.ReadErr != nil:
		return failed(k.ReadErr)
	case len(k.Marked) > 0:
		return Step{Verb: Remove, Target: k.Marked[0].ID, Last: len(k.Marked) == 1 && !k.hidden(), Outlook: deleting}
	case k.Unsettled > 0:
		return waiting(reasonDeleting, k.Unsettled)
	}
	return Step{Verb: Finish, Outlook: deleting}
}

// hidden reports whether the list may lack a key. The one in the Secret, or in
// status when the Secret is not ours, is the latest that was issued: a list that
// shows it lacks none.
func (k Key) hidden() bool {
	latest := k.Secret.KeyID
	if k.Secret.State != SecretOurs {
		latest = k.Recorded
	}
	return k.Unsettled > 0 && (k.Attempted || k.Marked[0].ID != latest)
}
