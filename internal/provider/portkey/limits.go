package portkey

import (
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// usageLimit is sent. A workspace has a list of them, a key at most one.
type usageLimit struct {
	Type           string `json:"type,omitempty"`
	CreditLimit    int64  `json:"credit_limit"`
	AlertThreshold int64  `json:"alert_threshold,omitempty"`
	PeriodicReset  string `json:"periodic_reset,omitempty"`
}

// changedUsageLimit is the one usage limit of a key, in an update. Whether the
// vendor keeps a reset that is absent is not documented; null is documented,
// and no reset.
type changedUsageLimit struct {
	usageLimit
	PeriodicReset *string `json:"periodic_reset"`
}

// changed is nil for no limit.
func (l *usageLimit) changed() *changedUsageLimit {
	if l == nil {
		return nil
	}
	change := &changedUsageLimit{usageLimit: *l}
	if l.PeriodicReset != "" {
		change.PeriodicReset = &l.PeriodicReset
	}
	return change
}

type rateLimit struct {
	Type  string `json:"type"`
	Unit  string `json:"unit"`
	Value int64  `json:"value"`
}

// words are the vendor's for ours. Every word that the API of the operator
// knows is in one of them; the empty one leaves the choice to the vendor.
type words map[string]string

func usageTypes() words { return words{"": "", "Cost": "cost", "Tokens": "tokens"} }
func resets() words     { return words{"": "", "Monthly": "monthly", "Weekly": "weekly"} }
func rateTypes() words  { return words{"Requests": "requests", "Tokens": "tokens"} }
func units() words      { return words{"PerMinute": "rpm", "PerHour": "rph", "PerDay": "rpd"} }

// theirs is the vendor's word. One that is not ours is a mistake above, and
// never sent.
func (w words) theirs(op, ours string) (string, error) {
	theirs, known := w[ours]
	if !known {
		return "", rest.Invalid(op, "a limit has a word that the vendor does not know")
	}
	return theirs, nil
}

// ours is our word, if there is one; what the vendor does not say is empty.
func (w words) ours(theirs rest.Text) (string, bool) {
	if theirs == "" {
		return "", true
	}
	for ours, word := range w {
		if word == string(theirs) {
			return ours, true
		}
	}
	return "", false
}

// usageLimits is nil for no limits: in an update that is null, which clears.
func usageLimits(op string, limits []provider.UsageLimit) ([]usageLimit, error) {
	var wire []usageLimit
	for _, limit := range limits {
		kind, err := usageTypes().theirs(op, limit.Type)
		if err != nil {
			return nil, err
		}
		reset, err := resets().theirs(op, limit.PeriodicReset)
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
		kind, err := rateTypes().theirs(op, limit.Type)
		if err != nil {
			return nil, err
		}
		unit, err := units().theirs(op, limit.Unit)
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
