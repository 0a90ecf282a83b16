package apikey

import (
	"maps"
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// differences are those of the live key, if it was seen, and what follows from
// each. An edit of the spec, a change at the vendor, and a vendor that writes down
// what it is told in a form of its own all look alike: what the vendor was told,
// and what it showed then, tells them apart.
func differences(key *v1alpha1.ApiKey, intent Intent, sight Sight) plan.Differences {
	live := liveSeen(sight)
	if live == nil {
		return plan.Differences{}
	}
	all := unlike(key, intent, *live)
	differs := plan.Differences{Fixed: all.Fixed}
	asked := engine.Asked(key, key.Status.LastHandledReconcileAt)
	told, goals := toldOf(key, live.ID), byField(wanted(key, intent.Spec))
	for _, field := range all.Changeable {
		same := told[field] != "" && told[field] == goals[field]
		kept := same && key.Status.Kept[field] == fingerprint(shown(*live, field))
		if kept && !asked {
			differs.Kept = append(differs.Kept, field)
			continue
		}
		differs.Changeable = append(differs.Changeable, field)
		if same && !kept {
			differs.Drifted = append(differs.Drifted, field)
		}
	}
	differs.Changeable = append(differs.Changeable, toldOtherwise(key, intent, *live, all.Changeable)...)
	return differs
}

// toldOtherwise are the fields that look as the spec says and of which the vendor
// was told something else since: what shows them may be behind, so that the vendor
// is told again.
func toldOtherwise(key *v1alpha1.ApiKey, intent Intent, live provider.Key, differing []string) []string {
	var fields []string
	told, goals := toldOf(key, live.ID), byField(wanted(key, intent.Spec))
	for field, goal := range goals {
		named := field != "displayName" || !live.Mark.IsZero()
		if told[field] != "" && told[field] != goal && named && intent.Capabilities.Changes(field) && !slices.Contains(differing, field) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// unsent are the fields that were edited since the vendor was last told of the
// live key, and that it can change, while its list does not show the key yet.
func unsent(key *v1alpha1.ApiKey, intent Intent, sight Sight) []string {
	if liveSeen(sight) != nil || !sight.Secret.Holds() || key.Status.Applied == nil {
		return nil
	}
	var fields []string
	told := toldOf(key, sight.Secret.KeyID)
	for field, goal := range byField(wanted(key, intent.Spec)) {
		if told[field] != goal && intent.Capabilities.Changes(field) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// toldOf is what the vendor was told of the key; what is on record is of the one
// in status, even before its id is.
func toldOf(key *v1alpha1.ApiKey, id string) map[string]string {
	if key.Status.KeyID != "" && id != key.Status.KeyID {
		return nil
	}
	return byField(key.Status.Applied)
}

// unlike is in what a key is otherwise than the spec says.
func unlike(key *v1alpha1.ApiKey, intent Intent, seen provider.Key) plan.Differences {
	if intent.Capabilities.Name == nil {
		return plan.Differences{}
	}
	name := intent.Capabilities.Name(intent.Spec.DisplayName, seen.Mark)
	if seen.Mark.IsZero() {
		name = "" // somebody has renamed it at the vendor, and it is known by its id
	}
	return plan.OfKey(forLive(key, intent.Spec), name, seen, intent.Capabilities)
}

// liveSeen is the key that the Secret holds, as the vendor shows it.
func liveSeen(sight Sight) *provider.Key {
	for i := range sight.Marked {
		if sight.Secret.State == plan.SecretOurs && sight.Marked[i].ID == sight.Secret.KeyID {
			return &sight.Marked[i]
		}
	}
	return nil
}

// byField has fingerprints by the field of the contract. Of the two ways to say
// when a key ends one at most is used, and they are not the same. What is not known
// of a field is left out.
func byField(prints map[string]v1alpha1.FieldFingerprint) map[string]string {
	all := make(map[string]string, len(prints))
	for field, print := range prints {
		if print != "" {
			all[vendorField(field)] = field + " " + string(print)
		}
	}
	return all
}

// shown is what the vendor shows in a field that can be changed.
func shown(seen provider.Key, field string) any {
	switch field {
	case "displayName":
		return seen.Name
	case "scopes":
		return slices.Sorted(slices.Values(seen.Scopes))
	case "usageLimits":
		return plan.InOrder(seen.UsageLimits)
	case "rateLimits":
		return plan.InOrder(seen.RateLimits)
	case "access":
		return seen.Disabled
	case "expiresAt":
		return seen.ExpiresAt.UTC().Truncate(time.Second)
	}
	return nil
}

// keptAfter is what the vendor shows in the place of what it was told. It is
// forgotten once the vendor shows what the spec says, and with the key.
func keptAfter(key *v1alpha1.ApiKey, before string, live *provider.Key, facts engine.Facts[Intent, Sight, Effect]) map[string]v1alpha1.FieldFingerprint {
	switch {
	case live == nil || facts.Intent.Provider == "" || facts.Outlook.Err != nil:
		return key.Status.Kept
	case unread(facts):
		return keptUnread(key, *live, facts)
	case live.ID != before:
		return nil
	}
	differing := unlike(key, facts.Intent, *live).Changeable
	kept := maps.Clone(key.Status.Kept)
	maps.DeleteFunc(kept, func(field string, _ v1alpha1.FieldFingerprint) bool { return !slices.Contains(differing, field) })
	for _, field := range facts.Effect.Told {
		if !slices.Contains(differing, field) {
			continue
		}
		if kept == nil {
			kept = map[string]v1alpha1.FieldFingerprint{}
		}
		kept[field] = fingerprint(shown(*live, field))
	}
	return kept
}

// keptUnread forgets what the vendor showed in the place of something else than it
// was told now: what it makes of this is not known.
func keptUnread(key *v1alpha1.ApiKey, live provider.Key, facts engine.Facts[Intent, Sight, Effect]) map[string]v1alpha1.FieldFingerprint {
	kept, told, goals := maps.Clone(key.Status.Kept), toldOf(key, live.ID), byField(wanted(key, facts.Intent.Spec))
	maps.DeleteFunc(kept, func(field string, _ v1alpha1.FieldFingerprint) bool {
		return slices.Contains(facts.Effect.Told, field) && told[field] != goals[field]
	})
	return kept
}

// unread reports whether the key was changed and not read back: what has become
// of it is for the next look to tell. Nor does a list tell that lacks it.
func unread(facts engine.Facts[Intent, Sight, Effect]) bool {
	return facts.Effect.Key == nil && (len(facts.Effect.Told) > 0 || liveSeen(facts.Sight) == nil)
}
