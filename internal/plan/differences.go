package plan

import (
	"net/netip"
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// expirySlack is how far apart two ends of a key may be and still be the same:
// the vendor counts a lifetime from its own clock.
const expirySlack = time.Minute

// Differences are the spec's fields in which a vendor's object is otherwise.
type Differences struct {
	// Changeable can be changed at the vendor, Fixed cannot.
	Changeable, Fixed []string
	// Drifted were as the spec says, and were changed at the vendor: those among
	// the Changeable are changed back, the others cannot be.
	Drifted []string
	// Kept are those in which the vendor keeps another value than it was told. It
	// is not told again.
	Kept []string
	// Dropped were taken out of the spec, and the vendor cannot clear them.
	Dropped []string
}

// Any reports whether anything differs.
func (d Differences) Any() bool {
	return len(d.Changeable)+len(d.Fixed)+len(d.Drifted)+len(d.Kept)+len(d.Dropped) > 0
}

// difference is one field, and whether it differs.
type difference struct {
	field   string
	differs bool
}

func sorted(all []difference, changes func(string) bool) Differences {
	var sorted Differences
	for _, each := range all {
		switch {
		case !each.differs:
		case changes(each.field):
			sorted.Changeable = append(sorted.Changeable, each.field)
		default:
			sorted.Fixed = append(sorted.Fixed, each.field)
		}
	}
	return sorted
}

// OfKey compares what the spec says with what the vendor has of a key that
// should have the name. What the spec leaves open differs from nothing, nor does
// what the vendor never shows.
func OfKey(spec provider.KeySpec, name string, seen provider.Key, can provider.KeyCapabilities) Differences {
	return sorted([]difference{
		{"displayName", other(name, seen.Name)},
		{"scopes", len(spec.Scopes) > 0 && seen.Scopes != nil && !sameSet(spec.Scopes, seen.Scopes)},
		{"mode", other(spec.Mode, seen.Mode)},
		{"ipAllowlist", len(spec.IPAllowlist) > 0 && seen.IPAllowlist != nil && !sameSet(networks(spec.IPAllowlist), networks(seen.IPAllowlist))},
		{"usageLimits", len(spec.UsageLimits) > 0 && !sameUsage(spec.UsageLimits, seen.UsageLimits)},
		{"rateLimits", len(spec.RateLimits) > 0 && !sameRates(spec.RateLimits, seen.RateLimits)},
		{"access", spec.Disabled != nil && seen.Disabled != nil && *spec.Disabled != *seen.Disabled},
		{"expiresAt", !spec.ExpiresAt.IsZero() && spec.ExpiresAt.Sub(seen.ExpiresAt).Abs() > expirySlack},
	}, can.Changes)
}

// other reports whether both say something, and not the same.
func other(wanted, shown string) bool { return wanted != "" && shown != "" && wanted != shown }

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// networks writes addresses as the networks of one address they are.
func networks(written []string) []string {
	all := make([]string, 0, len(written))
	for _, text := range written {
		if address, err := netip.ParseAddr(text); err == nil {
			text = netip.PrefixFrom(address, address.BitLen()).String()
		}
		all = append(all, text)
	}
	return all
}

// sameUsage compares limit by limit, in any order. What a limit leaves open is
// the vendor's to choose, and a vendor may show a limit without its type.
func sameUsage(wanted, shown []provider.UsageLimit) bool {
	return sameBy(wanted, shown, func(w, s provider.UsageLimit) bool {
		return w.CreditLimit == s.CreditLimit && w.AlertThreshold == s.AlertThreshold &&
			w.PeriodicReset == s.PeriodicReset && (w.Type == "" || s.Type == "" || w.Type == s.Type)
	})
}

func sameRates(wanted, shown []provider.RateLimit) bool {
	return sameBy(wanted, shown, func(w, s provider.RateLimit) bool {
		return w.Value == s.Value && (s.Type == "" || w.Type == s.Type) && (s.Unit == "" || w.Unit == s.Unit)
	})
}

// sameBy reports whether what is wanted and what is shown can be paired. One of
// either may be the same as several of the other, so a pair that was found first
// may have to make way for a later one.
func sameBy[T any](wanted, shown []T, same func(wanted, shown T) bool) bool {
	if len(wanted) != len(shown) {
		return false
	}
	partner := make([]int, len(shown)) // of each that is shown: the one wanted, from 1
	for w := range wanted {
		if !pair(w, make([]bool, len(shown)), partner, func(w, s int) bool { return same(wanted[w], shown[s]) }) {
			return false
		}
	}
	return true
}

// pair finds a partner for w, if need be by finding another for whoever has it.
func pair(w int, tried []bool, partner []int, same func(w, s int) bool) bool {
	for s := range partner {
		if tried[s] || !same(w, s) {
			continue
		}
		tried[s] = true
		if partner[s] == 0 || pair(partner[s]-1, tried, partner, same) {
			partner[s] = w + 1
			return true
		}
	}
	return false
}
