package apikey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// replacedFor is how long a key lives on that another has replaced although the
// ApiKey has no rotation: a Secret mounted into a pod takes up to two minutes to
// show its new value there.
const replacedFor = 2 * time.Minute

// spreadShare is by which part of the interval keys that were issued together
// come due apart.
const spreadShare = 10

// overlap is how long a key lives on once another has taken its place.
func overlap(key *v1alpha1.ApiKey) time.Duration {
	switch {
	case key.Spec.Rotation == nil:
		return replacedFor
	case key.Spec.Rotation.Overlap == nil:
		return 0
	}
	return key.Spec.Rotation.Overlap.Duration
}

// fallsDue is a span after a moment that our clock has already passed. One that
// is yet to come was told by another clock, or by ours before it was set back:
// then it is a span from now, as first recorded.
func fallsDue(from time.Time, span time.Duration, recorded *metav1.Time, now time.Time) time.Time {
	if !from.After(now) {
		return from.Add(span)
	}
	latest := now.Add(span)
	if recorded != nil && !recorded.After(latest) {
		return recorded.Time
	}
	return latest.Truncate(time.Second)
}

// rotatesAt is when the live key, published since, is to be replaced: after the
// interval, some of a share of it earlier so that a thousand keys issued at once
// do not fall due at once, and in time for the overlap to end before the key
// does. It is never before half the interval: what a vendor says of a key's end
// must not have keys issued one after another. Nil without a rotation.
func rotatesAt(key *v1alpha1.ApiKey, since, now time.Time) *metav1.Time {
	if key.Spec.Rotation == nil || since.IsZero() {
		return nil
	}
	interval := key.Spec.Rotation.Interval.Duration
	at := fallsDue(since, interval-engine.Part(key.UID, interval/spreadShare), key.Status.RotatesAt, now)
	if end := key.Status.ExpiresAt; end != nil && end.Add(-overlap(key)).Before(at) {
		at = end.Add(-overlap(key))
	}
	if soonest := fallsDue(since, interval/2, key.Status.RotatesAt, now); at.Before(soonest) {
		at = soonest
	}
	return &metav1.Time{Time: at.Truncate(time.Second)}
}

// expired reports whether the live key is past its end.
func expired(key *v1alpha1.ApiKey, now time.Time) bool {
	return key.Status.ExpiresAt != nil && !now.Before(key.Status.ExpiresAt.Time)
}

// issuable reports whether a key that is issued now would not be past its end.
func issuable(key *v1alpha1.ApiKey, now time.Time) bool {
	return key.Spec.ExpiresAt == nil || now.Before(key.Spec.ExpiresAt.Time)
}

// pressing reports whether status and annotations alone tell that a key is to be
// replaced or revoked.
func pressing(key *v1alpha1.ApiKey, now time.Time) bool {
	past := func(at *metav1.Time) bool { return at != nil && !now.Before(at.Time) }
	asked := engine.Clip(key.Annotations[v1alpha1.AnnotationRotateAt])
	return asked != "" && asked != key.Status.LastHandledRotateAt || past(key.Status.RotatesAt) ||
		slices.ContainsFunc(key.Status.Retiring, func(old v1alpha1.RetiringKey) bool { return past(&old.RevokeAt) })
}

// due says why another key is to take the live one's place; empty if none is.
func due(key *v1alpha1.ApiKey, sight Sight, now time.Time) string {
	asked := engine.Clip(key.Annotations[v1alpha1.AnnotationRotateAt])
	at := rotatesAt(key, sight.Secret.IssuedAt, now)
	switch {
	case !issuable(key, now):
		return ""
	case asked != "" && asked != key.Status.LastHandledRotateAt && asked != sight.Secret.RotatedFor:
		return "the annotation " + v1alpha1.AnnotationRotateAt + " asks for it"
	case at != nil && !now.Before(at.Time) && recordsHeld(key, sight):
		return "spec.rotation.interval has passed"
	}
	return ""
}

// recordsHeld reports whether status speaks of the key that the Secret holds, and
// not of one that was replaced just before a crash.
func recordsHeld(key *v1alpha1.ApiKey, sight Sight) bool {
	return !sight.Secret.Holds() || sight.Secret.KeyID == key.Status.KeyID
}

// retiring are the replaced keys that still live, which is more than may: of
// those older than the live one the latest has the overlap, and the others'
// time is over. They stay on record until they are gone, because where the
// vendor has no list nothing else tells of them. While no Secret holds a key,
// those that status has keep their time.
func retiring(key *v1alpha1.ApiKey, intent Intent, sight Sight, now time.Time) []v1alpha1.RetiringKey {
	serial, since, ok := liveSince(key, intent, sight)
	if !ok {
		return slices.DeleteFunc(slices.Clone(key.Status.Retiring), func(old v1alpha1.RetiringKey) bool {
			return !slices.ContainsFunc(sight.Marked, func(seen provider.Key) bool { return seen.ID == old.KeyID })
		})
	}
	var all []v1alpha1.RetiringKey
	for i, seen := range replaced(key, sight, serial) {
		until := since
		if recorded := revocation(key, seen.ID); i == 0 {
			until = fallsDue(since, overlap(key), recorded, now)
		} else if recorded != nil && recorded.Before(&metav1.Time{Time: since}) {
			until = recorded.Time
		}
		if end := seen.ExpiresAt; !end.IsZero() && end.Before(until) {
			until = end
		}
		all = append(all, v1alpha1.RetiringKey{KeyID: seen.ID, RevokeAt: metav1.NewTime(until.Truncate(time.Second))})
	}
	return all
}

// maxRetiring is how many status has room for.
const maxRetiring = 64

// replaced are the keys that came before the live one of this number, the latest
// first: those that status knows, whatever they are called by now, then the older
// ones, because status may have missed them. A newer one that status does not
// know was lost on its way to a Secret.
func replaced(key *v1alpha1.ApiKey, sight Sight, serial int) []provider.Key {
	known := func(seen provider.Key) int {
		if slices.Contains(recorded(key), seen.ID) {
			return 1
		}
		return 0
	}
	older := slices.DeleteFunc(slices.Clone(sight.Marked), func(seen provider.Key) bool {
		held := seen.ID == sight.Secret.KeyID || sight.Secret.Nameless() && seen.Name == sight.Secret.KeyName
		return held || known(seen) == 0 && seen.Mark.Serial >= serial
	})
	slices.SortStableFunc(older, func(a, b provider.Key) int {
		return cmp.Or(known(b)-known(a), b.Mark.Serial-a.Mark.Serial)
	})
	return older[:min(len(older), maxRetiring)]
}

// liveSince is the number of the key that the Secret holds, and when it took the
// place of the one before.
func liveSince(key *v1alpha1.ApiKey, intent Intent, sight Sight) (serial int, since time.Time, ok bool) {
	if !sight.Secret.Holds() {
		return 0, time.Time{}, false
	}
	serial = serialOf(sight.Secret.KeyName, intent.Mark)
	if sight.Secret.KeyID == key.Status.KeyID {
		serial = max(serial, serialOf(key.Status.DisplayName, intent.Mark))
	}
	for _, seen := range sight.Marked {
		if seen.ID == sight.Secret.KeyID && seen.Mark.SameOwner(intent.Mark) {
			serial = seen.Mark.Serial
		}
	}
	since = sight.Secret.IssuedAt.Add(time.Second) // it is kept in whole seconds
	if sight.Secret.IssuedAt.IsZero() && key.Status.CreatedAt != nil {
		since = key.Status.CreatedAt.Time
	}
	return serial, since, true
}

// revocation is the time on record at which a key is to be revoked.
func revocation(key *v1alpha1.ApiKey, id string) *metav1.Time {
	for i := range key.Status.Retiring {
		if key.Status.Retiring[i].KeyID == id {
			return &key.Status.Retiring[i].RevokeAt
		}
	}
	return nil
}

// left is how long each of the replaced keys may still live on.
func left(all []v1alpha1.RetiringKey, now time.Time) map[string]time.Duration {
	times := map[string]time.Duration{}
	for _, old := range all {
		times[old.KeyID] = old.RevokeAt.Sub(now)
	}
	return times
}

// term is how soon something falls due with a key that is issued now; zero if
// nothing does.
func term(key *v1alpha1.ApiKey, spec provider.KeySpec, now time.Time) time.Duration {
	var left time.Duration
	if !spec.ExpiresAt.IsZero() {
		left = spec.ExpiresAt.Sub(now)
	}
	if key.Spec.Rotation == nil {
		return left
	}
	interval := key.Spec.Rotation.Interval.Duration
	turn := interval - engine.Part(key.UID, interval/spreadShare)
	if left > 0 {
		return min(turn, max(left-overlap(key), time.Second))
	}
	return turn
}

// next is when the first of what is to come falls due; zero if nothing is.
func next(key *v1alpha1.ApiKey, sight Sight, now time.Time) time.Duration {
	var soonest time.Duration
	consider := func(at *metav1.Time) {
		if at == nil || !at.After(now) {
			return
		}
		if left := at.Sub(now); soonest == 0 || left < soonest {
			soonest = left
		}
	}
	consider(rotatesAt(key, sight.Secret.IssuedAt, now))
	consider(key.Status.ExpiresAt)
	for i := range sight.Retiring {
		consider(&sight.Retiring[i].RevokeAt)
	}
	return soonest
}

// notice tells of a key that has taken another's place.
func notice(key *v1alpha1.ApiKey, intent Intent, sight Sight, name string, now time.Time) string {
	why := due(key, sight, now)
	if fields := edited(key, intent, now); why == "" && len(fields) > 0 {
		why = "spec." + strings.Join(fields, ", spec.") + " was edited, which only another key can have"
	}
	return fmt.Sprintf("key %q is published in place of %q, which is revoked after %s: %s", name, key.Status.DisplayName, overlap(key), why)
}
