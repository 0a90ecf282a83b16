package plan

import (
	"fmt"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// identify looks for the id of the key in the Secret, which the vendor tells
// in its list only.
func (k Key) identify() Step {
	switch held := k.held(); {
	case len(held) > 0 && k.Secret.Unfit != nil:
		return Step{Verb: Stay, Outlook: k.unfit()} // there is nowhere to write it
	case len(held) > 0:
		return Step{Verb: Adopt, Target: held[0].ID, Outlook: k.standing()}
	}
	// That a list has never shown it does not prove that it is gone, and the
	// value is safe where it is.
	if k.Secret.Age > identifyPatience {
		return Step{Verb: Stay, Outlook: Outlook{State: Blocked, Reason: reasonIdentifying, After: pollLatest, Message: fmt.Sprintf(
			"%s has not shown the key %q in its list since it was issued, so its id is not known; it is looked for again. "+
				"If the vendor's console does not have it either, delete its Secret to have another key issued", k.Vendor, k.Secret.KeyName)}}
	}
	outlook := Identifying()
	outlook.After = min(max(k.Secret.Age/4, identifyPause), pollLatest)
	return Step{Verb: Stay, Outlook: outlook}
}

const (
	// identifyPause is how soon the list is read again for a key's id.
	identifyPause = time.Second
	// identifyPatience is when a person is told that it is not found.
	identifyPatience = 10 * time.Minute
)

// Identifying is how a key stands that is stored and whose id is not known yet.
func Identifying() Outlook {
	return Outlook{State: Working, Reason: reasonIdentifying, After: identifyPause,
		Message: "the key is stored in its Secret; its id is being looked for in the vendor's list"}
}

// Finishing is how a key stands that the vendor could not issue as the spec
// wants it.
func Finishing() Outlook {
	return Outlook{State: Working, Reason: reasonUpdating, After: identifyPause,
		Message: "the key is issued and stored, and is being made as the spec says"}
}

// held are the keys that the Secret can hold, by what it says itself.
func (k Key) held() []provider.Key {
	var held []provider.Key
	for _, seen := range k.Marked {
		if k.Secret.holds(seen) {
			held = append(held, seen)
		}
	}
	return held
}
