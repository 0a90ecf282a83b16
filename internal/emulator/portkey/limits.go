package portkey

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// UsageLimit is a budget. Absent fields are nil or empty.
type UsageLimit struct {
	Type           string `json:"type,omitempty"` // cost or tokens
	CreditLimit    *int64 `json:"creditLimit,omitempty"`
	AlertThreshold *int64 `json:"alertThreshold,omitempty"`
	PeriodicReset  string `json:"periodicReset,omitempty"` // monthly or weekly
	PeriodicDays   *int64 `json:"periodicDays,omitempty"`
	NextUsageReset string `json:"nextUsageReset,omitempty"` // RFC 3339
}

// RateLimit is a number of requests or tokens per time.
type RateLimit struct {
	Type  string `json:"type,omitempty"` // requests or tokens
	Unit  string `json:"unit,omitempty"` // rpm, rph, rpd; keys also rps, rpw
	Value *int64 `json:"value,omitempty"`
}

const maxResetDays = 365

// readUsageLimit reads one UsageLimits object of the OpenAPI description, in
// which no field is required.
func readUsageLimit(o *wire.Object, now time.Time) UsageLimit {
	limit := UsageLimit{
		Type:           oneOf(o, "type", wire.Optional, "cost", "tokens"),
		CreditLimit:    pointer(o.Int("credit_limit", wire.Optional, 1)),
		AlertThreshold: pointer(o.Int("alert_threshold", wire.Optional, 1)),
		PeriodicReset:  oneOf(o, "periodic_reset", wire.Nullable, "monthly", "weekly"),
		PeriodicDays:   pointer(o.Int("periodic_reset_days", wire.Nullable, 1)),
	}
	if limit.PeriodicDays != nil && *limit.PeriodicDays > maxResetDays {
		o.Failf("periodic_reset_days", "must be at most %d", maxResetDays)
	}
	if limit.PeriodicDays != nil && limit.PeriodicReset != "" {
		o.Failf("periodic_reset_days", "excludes periodic_reset")
	}
	if at := dateTime(o, "next_usage_reset_at"); at != nil {
		limit.NextUsageReset = at.Format(time.RFC3339)
	} else if next := limit.nextReset(now); !next.IsZero() {
		limit.NextUsageReset = next.Format(time.RFC3339)
	}
	_ = o.Close()
	return limit
}

// nextReset computes what the vendor fills in when next_usage_reset_at is not
// given. The documentation says that it does, not how.
func (l UsageLimit) nextReset(now time.Time) time.Time {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	switch {
	case l.PeriodicReset == "monthly":
		return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	case l.PeriodicReset == "weekly":
		return day.AddDate(0, 0, 7)
	case l.PeriodicDays != nil:
		return day.AddDate(0, 0, int(*l.PeriodicDays))
	}
	return time.Time{}
}

// readUsageLimits reads the array that workspaces have.
func readUsageLimits(o *wire.Object, p wire.Presence, now time.Time) wire.Field[[]UsageLimit] {
	f := o.Objects("usage_limits", p)
	out := wire.Field[[]UsageLimit]{Set: f.Set, Null: f.Null, Value: []UsageLimit{}}
	for _, item := range f.Value {
		out.Value = append(out.Value, readUsageLimit(item, now))
	}
	return out
}

// readRateLimits reads an array of rate limits. On keys every field of one is
// required and there are more units.
func readRateLimits(o *wire.Object, p, fields wire.Presence, units ...string) wire.Field[[]RateLimit] {
	f := o.Objects("rate_limits", p)
	out := wire.Field[[]RateLimit]{Set: f.Set, Null: f.Null, Value: []RateLimit{}}
	for _, item := range f.Value {
		out.Value = append(out.Value, RateLimit{
			Type:  oneOf(item, "type", fields, "requests", "tokens"),
			Unit:  oneOf(item, "unit", fields, units...),
			Value: pointer(item.Int("value", fields, 0)),
		})
		_ = item.Close()
	}
	return out
}

// oneOf reads a string of a closed set; absent and null read as "".
func oneOf(o *wire.Object, name string, p wire.Presence, allowed ...string) string {
	f := o.String(name, p)
	if f.Given() && !slices.Contains(allowed, f.Value) {
		o.Failf(name, "must be one of %q", allowed)
	}
	return f.Value
}

// dateTime reads an RFC 3339 time, which may be null; absent reads as nil.
func dateTime(o *wire.Object, name string) *time.Time {
	f := o.String(name, wire.Nullable)
	if !f.Given() {
		return nil
	}
	t, err := time.Parse(time.RFC3339, f.Value)
	if err != nil {
		o.Failf(name, "must be an RFC 3339 time")
		return nil
	}
	t = t.UTC()
	return &t
}

func pointer[T any](f wire.Field[T]) *T {
	if !f.Given() {
		return nil
	}
	return &f.Value
}

// usageLimitBody is a UsageLimits object as answers hold it.
type usageLimitBody struct {
	Type           string       `json:"type,omitempty"`
	CreditLimit    *json.Number `json:"credit_limit,omitempty"`
	AlertThreshold *json.Number `json:"alert_threshold,omitempty"`
	PeriodicReset  string       `json:"periodic_reset,omitempty"`
	PeriodicDays   *int64       `json:"periodic_reset_days,omitempty"`
	NextUsageReset string       `json:"next_usage_reset_at,omitempty"`
}

func (v *Vendor) usageLimit(l UsageLimit) usageLimitBody {
	return usageLimitBody{
		Type:           l.Type,
		CreditLimit:    v.number(l.CreditLimit),
		AlertThreshold: v.number(l.AlertThreshold),
		PeriodicReset:  l.PeriodicReset,
		PeriodicDays:   l.PeriodicDays,
		NextUsageReset: l.NextUsageReset,
	}
}

// number writes a limit as an integer, or as 10.0 if the settings say so.
func (v *Vendor) number(n *int64) *json.Number {
	if n == nil {
		return nil
	}
	number := json.Number(strconv.FormatInt(*n, 10))
	if v.settings.FloatNumbers {
		number += ".0"
	}
	return &number
}

// rateLimitBody is a RateLimits object as answers hold it.
type rateLimitBody struct {
	Type  string `json:"type,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Value *int64 `json:"value,omitempty"`
}

func rateLimits(limits []RateLimit) []rateLimitBody {
	out := []rateLimitBody{}
	for _, l := range limits {
		out = append(out, rateLimitBody(l))
	}
	return out
}
