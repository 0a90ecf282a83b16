package portkey

import (
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// word is the vendor's word for one of ours. Every word the API of the
// operator knows is in it; another is a mistake above, and never sent.
func word(op, ours string) (string, error) {
	words := map[string]string{
		"":     "",
		"Cost": "cost", "Tokens": "tokens", "Requests": "requests",
		"Monthly": "monthly", "Weekly": "weekly",
		"PerMinute": "rpm", "PerHour": "rph", "PerDay": "rpd",
	}
	theirs, known := words[ours]
	if !known {
		return "", rest.Invalid(op, "a limit has a word that the vendor does not know")
	}
	return theirs, nil
}

// usageLimits is nil for no limits: in an update that is null, which clears.
func usageLimits(op string, limits []provider.UsageLimit) ([]usageLimit, error) {
	var wire []usageLimit
	for _, limit := range limits {
		kind, err := word(op, limit.Type)
		if err != nil {
			return nil, err
		}
		reset, err := word(op, limit.PeriodicReset)
		if err != nil {
			return nil, err
		}
		wire = append(wire, usageLimit{Type: kind, CreditLimit: limit.CreditLimit, AlertThreshold: limit.AlertThreshold, PeriodicReset: reset})
	}
	return wire, nil
}

func rateLimits(op string, limits []provider.RateLimit) ([]rateLimit, error) {
	var wire []rateLimit
	for _, limit := range limits {
		kind, err := word(op, limit.Type)
		if err != nil {
			return nil, err
		}
		unit, err := word(op, limit.Unit)
		if err != nil {
			return nil, err
		}
		wire = append(wire, rateLimit{Type: kind, Unit: unit, Value: limit.Value})
	}
	return wire, nil
}

// limitsOf converts the limits of one spec.
func limitsOf(op string, usage []provider.UsageLimit, rate []provider.RateLimit) ([]usageLimit, []rateLimit, error) {
	wireUsage, err := usageLimits(op, usage)
	if err != nil {
		return nil, nil, err
	}
	wireRate, err := rateLimits(op, rate)
	return wireUsage, wireRate, err
}
