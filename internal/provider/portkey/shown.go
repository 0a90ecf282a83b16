package portkey

import (
	"encoding/json"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// shown is what an answer shows of limits: a list of them on a workspace, one
// object for the usage of a key.
type shown[T any] struct {
	// present is false where the answer has no such member at all.
	present bool
	items   []T
}

// UnmarshalJSON never fails: of what cannot be read it keeps that it is there,
// as the zero item. Null, and an object that says nothing, are no limit.
func (s *shown[T]) UnmarshalJSON(data []byte) error {
	*s = shown[T]{present: true}
	var texts []json.RawMessage
	if json.Unmarshal(data, &texts) != nil {
		texts = []json.RawMessage{data}
	}
	for _, text := range texts {
		if silent(text) {
			continue
		}
		var item, none T
		if json.Unmarshal(text, &item) != nil {
			item = none
		}
		s.items = append(s.items, item)
	}
	return nil
}

// silent reports whether the text is null or an object of nothing but nulls.
func silent(text []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return false
	}
	for _, value := range members {
		if string(value) != "null" {
			return false
		}
	}
	return true
}

// usageShown is a usage limit as it is received. When it is next reset follows
// from the rest, and is not read.
type usageShown struct {
	Type              rest.Text   `json:"type"`
	CreditLimit       rest.Number `json:"credit_limit"`
	AlertThreshold    rest.Number `json:"alert_threshold"`
	PeriodicReset     rest.Text   `json:"periodic_reset"`
	PeriodicResetDays rest.Number `json:"periodic_reset_days"`
}

// observed is the limit in our words. Where there are none for it, it is the
// zero limit: nobody can ask for that, so it is equal to nothing that anybody
// asked for, and yet it is counted.
func (l usageShown) observed() provider.UsageLimit {
	kind, isKind := usageTypes().ours(l.Type)
	reset, isReset := resets().ours(l.PeriodicReset)
	credit, isCredit := whole(l.CreditLimit)
	alert, isAlert := whole(l.AlertThreshold)
	isAlert = isAlert || !l.AlertThreshold.Known
	if !isKind || !isReset || !isCredit || !isAlert || l.PeriodicResetDays.Known {
		return provider.UsageLimit{}
	}
	return provider.UsageLimit{Type: kind, CreditLimit: credit, AlertThreshold: alert, PeriodicReset: reset}
}

// rateShown is a rate limit as it is received. Keys also know rps and rpw, for
// which there is no word of ours.
type rateShown struct {
	Type  rest.Text   `json:"type"`
	Unit  rest.Text   `json:"unit"`
	Value rest.Number `json:"value"`
}

// observed is the limit in our words, or the zero limit, as for usage.
func (l rateShown) observed() provider.RateLimit {
	kind, isKind := rateTypes().ours(l.Type)
	unit, isUnit := units().ours(l.Unit)
	value, isValue := whole(l.Value)
	if !isKind || !isUnit || !isValue {
		return provider.RateLimit{}
	}
	return provider.RateLimit{Type: kind, Unit: unit, Value: value}
}

// whole is a number that the vendor may write as 10 or as 10.0. Beyond what a
// float counts one by one, it is not the number that was written.
func whole(n rest.Number) (int64, bool) {
	const limit = 1 << 53
	if !n.Known || n.Value < 0 || n.Value > limit || n.Value != float64(int64(n.Value)) {
		return 0, false
	}
	return int64(n.Value), true
}

// observedAll gives nil for no limits.
func observedAll[T interface{ observed() L }, L any](limits shown[T]) []L {
	var all []L
	for _, limit := range limits.items {
		all = append(all, limit.observed())
	}
	return all
}
