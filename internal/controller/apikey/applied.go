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

// The spec as a key is made of it is remembered field by field, by fingerprint:
// the vendor may not show a field, or show it in another form, so that only what
// was asked for before tells whether it was edited.

// wanted are the fields that the spec sets, each with its fingerprint.
func wanted(key *v1alpha1.ApiKey, spec provider.KeySpec) map[string]v1alpha1.FieldFingerprint {
	fields := map[string]v1alpha1.FieldFingerprint{"displayName": fingerprint(spec.DisplayName)}
	add := func(field string, set bool, value any) {
		if set {
			fields[field] = fingerprint(value)
		}
	}
	add("scopes", len(spec.Scopes) > 0, slices.Sorted(slices.Values(spec.Scopes)))
	add("action", spec.Action != "", spec.Action)
	add("ipAllowlist", len(spec.IPAllowlist) > 0, slices.Sorted(slices.Values(spec.IPAllowlist)))
	add("usageLimits", len(spec.UsageLimits) > 0, spec.UsageLimits)
	add("rateLimits", len(spec.RateLimits) > 0, spec.RateLimits)
	add("access", spec.Disabled != nil, spec.Disabled)
	add("expiresAt", key.Spec.ExpiresAt != nil, key.Spec.ExpiresAt)
	add("lifetime", key.Spec.Lifetime != nil, key.Spec.Lifetime)
	return fields
}

// asIssued are those that a key has from its issue: none is issued disabled.
func asIssued(key *v1alpha1.ApiKey, spec provider.KeySpec) map[string]v1alpha1.FieldFingerprint {
	fields := wanted(key, spec)
	if spec.Disabled != nil && *spec.Disabled {
		delete(fields, "access")
	}
	return fields
}

func fingerprint(value any) v1alpha1.FieldFingerprint {
	return v1alpha1.FieldFingerprint(plan.Fingerprint(value))
}

// changed are the fields that were edited since the live key was issued, and
// that only another key can have: those that the vendor cannot change, and those
// that were taken out of the spec again. "access" is none of the latter: left out,
// it means to be left as it is.
func changed(applied, wanted map[string]v1alpha1.FieldFingerprint, can provider.KeyCapabilities) []string {
	if applied == nil {
		return nil // nobody knows
	}
	var fields []string
	for field, print := range wanted {
		if applied[field] != print && !can.Changes(vendorField(field)) {
			fields = append(fields, field)
		}
	}
	for field := range applied {
		if _, still := wanted[field]; !still && field != "access" && !replaces(field, wanted) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// edited are the fields that only another key can have, of the key as it is now.
// One that has ended cannot be prolonged, and none is issued that would be past
// its end at once.
func edited(key *v1alpha1.ApiKey, intent Intent, now time.Time) []string {
	if !issuable(key, now) {
		return nil
	}
	can := intent.Capabilities
	if expired(key, now) {
		can.Changeable = slices.DeleteFunc(slices.Clone(can.Changeable), func(field string) bool { return field == "expiresAt" })
	}
	return changed(key.Status.Applied, wanted(key, intent.Spec), can)
}

// vendorField is the field of the contract that a field of the spec becomes.
func vendorField(field string) string {
	if field == "lifetime" {
		return "expiresAt"
	}
	return field
}

// replaces reports whether the other way of saying when a key ends is used now.
func replaces(field string, wanted map[string]v1alpha1.FieldFingerprint) bool {
	_, at := wanted["expiresAt"]
	_, after := wanted["lifetime"]
	return vendorField(field) == "expiresAt" && (at || after)
}

// appliedAfter is what is known of how the live key was made, after a pass that
// found before on record.
func appliedAfter(key *v1alpha1.ApiKey, before string, live *provider.Key, facts engine.Facts[Intent, Sight, Effect]) map[string]v1alpha1.FieldFingerprint {
	known := key.Status.Applied
	switch {
	case live == nil || facts.Intent.Provider == "":
		return known
	case issued(facts.Step) && facts.Effect.Key != nil:
		return facts.Effect.Applied
	case live.ID != before && (before != "" || known == nil) && facts.Sight.Secret.IssuedFor != facts.Generation:
		// A crash kept the key from being recorded, and the spec was edited since
		// it was issued: it is taken for one that nothing is known of.
		return unknown(facts.Intent.Capabilities)
	case live.ID != before && before != "", known == nil:
		return asIssued(key, facts.Intent.Spec)
	case facts.Outlook.Err != nil:
		return known
	case unread(facts):
		// It was told all the same: else it would be told again for as long as no
		// read works, although its list shows what it was told.
		return noted(key, facts.Intent, func(field string) bool { return slices.Contains(facts.Effect.Told, field) })
	}
	differing := unlike(key, facts.Intent, *live).Changeable
	differing = append(differing, toldOtherwise(key, facts.Intent, *live, differing)...)
	known = noted(key, facts.Intent, func(field string) bool {
		return slices.Contains(facts.Effect.Told, field) || !slices.Contains(differing, field)
	})
	if facts.Intent.Spec.Disabled == nil {
		delete(known, "access")
	}
	return known
}

// noted is what is known of the live key, with what the spec says of the fields
// that the vendor was told, or shows.
func noted(key *v1alpha1.ApiKey, intent Intent, has func(field string) bool) map[string]v1alpha1.FieldFingerprint {
	known := maps.Clone(key.Status.Applied)
	for field, print := range wanted(key, intent.Spec) {
		if !has(vendorField(field)) || !intent.Capabilities.Changes(vendorField(field)) {
			continue
		}
		known[field] = print
		maps.DeleteFunc(known, func(other string, _ v1alpha1.FieldFingerprint) bool {
			return other != field && vendorField(other) == vendorField(field)
		})
	}
	return known
}

// unknown is what is known of a key that was made of another spec: nothing, so
// that every field differs, those that were taken out of the spec too.
func unknown(can provider.KeyCapabilities) map[string]v1alpha1.FieldFingerprint {
	fields := map[string]v1alpha1.FieldFingerprint{"displayName": ""}
	for _, field := range can.Fields {
		if field != "mode" && field != "access" {
			fields[field] = ""
		}
	}
	return fields
}
