package portkey

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestUsageLimitsAsTheyAreShown(t *testing.T) {
	ten := provider.UsageLimit{Type: "Cost", CreditLimit: 10}
	foreign := provider.UsageLimit{}
	tests := map[string]struct {
		shown string
		want  []provider.UsageLimit
	}{
		"the documented example":  {`[{"credit_limit":10,"periodic_reset":"monthly","alert_threshold":8}]`, []provider.UsageLimit{{CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}}},
		"every member":            {`[{"type":"tokens","credit_limit":10,"periodic_reset":"weekly","alert_threshold":8,"next_usage_reset_at":"2026-05-01T00:00:00Z"}]`, []provider.UsageLimit{{Type: "Tokens", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Weekly"}}},
		"nulls are absent":        {`[{"type":"cost","credit_limit":10,"alert_threshold":null,"periodic_reset":null,"periodic_reset_days":null}]`, []provider.UsageLimit{ten}},
		"a number with a point":   {`[{"type":"cost","credit_limit":10.0,"alert_threshold":8.0}]`, []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8}}},
		"a number in a string":    {`[{"type":"cost","credit_limit":"10"}]`, []provider.UsageLimit{ten}},
		"several":                 {`[{"type":"cost","credit_limit":10},{"type":"tokens","credit_limit":5}]`, []provider.UsageLimit{ten, {Type: "Tokens", CreditLimit: 5}}},
		"one object, as of a key": {`{"type":"cost","credit_limit":10}`, []provider.UsageLimit{ten}},

		"none":                          {`[]`, nil},
		"null":                          {`null`, nil},
		"an object that says nothing":   {`{}`, nil},
		"an object of nulls":            {`{"type":null,"credit_limit":null}`, nil},
		"a list of things without word": {`[null,{},{"credit_limit":null}]`, nil},

		"a type that is not ours":     {`[{"type":"requests","credit_limit":10}]`, []provider.UsageLimit{foreign}},
		"a type in other letters":     {`[{"type":"Cost","credit_limit":10}]`, []provider.UsageLimit{foreign}},
		"a reset that is not ours":    {`[{"type":"cost","credit_limit":10,"periodic_reset":"daily"}]`, []provider.UsageLimit{foreign}},
		"a reset every so many days":  {`[{"type":"cost","credit_limit":10,"periodic_reset_days":30}]`, []provider.UsageLimit{foreign}},
		"an alert and nothing more":   {`[{"type":"cost","alert_threshold":8}]`, []provider.UsageLimit{foreign}},
		"half a credit":               {`[{"type":"cost","credit_limit":10.5}]`, []provider.UsageLimit{foreign}},
		"half an alert":               {`[{"type":"cost","credit_limit":10,"alert_threshold":0.5}]`, []provider.UsageLimit{foreign}},
		"less than nothing":           {`[{"type":"cost","credit_limit":-10}]`, []provider.UsageLimit{foreign}},
		"more than can be counted":    {`[{"type":"cost","credit_limit":1e300}]`, []provider.UsageLimit{foreign}},
		"a number that is a list":     {`[{"type":"cost","credit_limit":[10]}]`, []provider.UsageLimit{foreign}},
		"members nobody documented":   {`[{"limit":10}]`, []provider.UsageLimit{foreign}},
		"a number":                    {`7`, []provider.UsageLimit{foreign}},
		"a text":                      {`"none"`, []provider.UsageLimit{foreign}},
		"lists in a list":             {`[[],{"type":"cost","credit_limit":10}]`, []provider.UsageLimit{foreign, ten}},
		"one of ours and one that is": {`[{"type":"cost","credit_limit":10},{"type":"cost","credit_limit":10,"periodic_reset":"yearly"}]`, []provider.UsageLimit{ten, foreign}},
	}
	for name, test := range tests {
		var w workspace
		decode(t, `{"id":"w","usage_limits":`+test.shown+`}`, &w)
		var k key
		decode(t, `{"id":"k","usage_limits":`+test.shown+`}`, &k)
		for whose, got := range map[string][]provider.UsageLimit{"a workspace": w.observed(true).UsageLimits, "a key": k.observed().UsageLimits} {
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, of %s (-want +got):\n%s", name, whose, diff)
			}
		}
	}
}

func TestRateLimitsAsTheyAreShown(t *testing.T) {
	foreign := provider.RateLimit{}
	tests := map[string]struct {
		shown string
		want  []provider.RateLimit
	}{
		"the documented example": {`[{"value":123}]`, []provider.RateLimit{{Value: 123}}},
		"per minute":             {`[{"type":"requests","unit":"rpm","value":100}]`, []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 100}}},
		"per hour and per day": {
			`[{"type":"tokens","unit":"rph","value":1},{"type":"tokens","unit":"rpd","value":2}]`,
			[]provider.RateLimit{{Type: "Tokens", Unit: "PerHour", Value: 1}, {Type: "Tokens", Unit: "PerDay", Value: 2}},
		},
		"none at all, which is zero": {`[{"type":"requests","unit":"rpm","value":0}]`, []provider.RateLimit{{Type: "Requests", Unit: "PerMinute"}}},
		"a number with a point":      {`[{"type":"requests","unit":"rpm","value":100.0}]`, []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 100}}},
		"one object":                 {`{"type":"requests","unit":"rpm","value":100}`, []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 100}}},

		"none":                  {`[]`, nil},
		"null":                  {`null`, nil},
		"a limit without words": {`[{}]`, nil},

		"per second":             {`[{"type":"requests","unit":"rps","value":1}]`, []provider.RateLimit{foreign}},
		"per week":               {`[{"type":"requests","unit":"rpw","value":1}]`, []provider.RateLimit{foreign}},
		"a unit nobody knows":    {`[{"type":"requests","unit":"PerMinute","value":1}]`, []provider.RateLimit{foreign}},
		"a type of usage":        {`[{"type":"cost","unit":"rpm","value":1}]`, []provider.RateLimit{foreign}},
		"no value":               {`[{"type":"requests","unit":"rpm"}]`, []provider.RateLimit{foreign}},
		"half a request":         {`[{"type":"requests","unit":"rpm","value":0.5}]`, []provider.RateLimit{foreign}},
		"a text among the rest":  {`[{"type":"requests","unit":"rpm","value":1},"x"]`, []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 1}, foreign}},
		"what no list can be":    {`true`, []provider.RateLimit{foreign}},
		"a value with no number": {`[{"type":"requests","unit":"rpm","value":"many"}]`, []provider.RateLimit{foreign}},
	}
	for name, test := range tests {
		var w workspace
		decode(t, `{"id":"w","rate_limits":`+test.shown+`}`, &w)
		var k key
		decode(t, `{"id":"k","rate_limits":`+test.shown+`}`, &k)
		for whose, got := range map[string][]provider.RateLimit{"a workspace": w.observed(true).RateLimits, "a key": k.observed().RateLimits} {
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, of %s (-want +got):\n%s", name, whose, diff)
			}
		}
	}
}

// Limits as the API of the operator lets them be written.
func someUsage() *rapid.Generator[provider.UsageLimit] {
	return rapid.Custom(func(t *rapid.T) provider.UsageLimit {
		return provider.UsageLimit{
			Type:           rapid.SampledFrom([]string{"", "Cost", "Tokens"}).Draw(t, "type"),
			CreditLimit:    rapid.Int64Range(1, 1e12).Draw(t, "credit"),
			AlertThreshold: rapid.Int64Range(0, 1e12).Draw(t, "alert"),
			PeriodicReset:  rapid.SampledFrom([]string{"", "Monthly", "Weekly"}).Draw(t, "reset"),
		}
	})
}

func someRate() *rapid.Generator[provider.RateLimit] {
	return rapid.Custom(func(t *rapid.T) provider.RateLimit {
		return provider.RateLimit{
			Type:  rapid.SampledFrom([]string{"Requests", "Tokens"}).Draw(t, "type"),
			Unit:  rapid.SampledFrom([]string{"PerMinute", "PerHour", "PerDay"}).Draw(t, "unit"),
			Value: rapid.Int64Range(0, 1e12).Draw(t, "value"),
		}
	})
}

// A vendor that shows what it was sent shows what was meant: otherwise every
// look would find a difference, and every pass would send the limit again.
func TestLimitsThatAreSentAreRecognised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		usage := rapid.SliceOfN(someUsage(), 0, 4).Draw(t, "usage")
		rate := rapid.SliceOfN(someRate(), 0, 4).Draw(t, "rate")
		wireUsage, wireRate, err := limitsOf("x", usage, rate)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := json.Marshal(newWorkspace{Name: "w", UsageLimits: wireUsage, RateLimits: wireRate})
		if err != nil {
			t.Fatal(err)
		}
		var w workspace
		if err := json.Unmarshal(answer, &w); err != nil {
			t.Fatal(err)
		}
		seen := w.observed(true)
		if !slices.Equal(seen.UsageLimits, usage) || !slices.Equal(seen.RateLimits, rate) {
			t.Fatalf("%s is read as %v and %v; sent were %v and %v", answer, seen.UsageLimits, seen.RateLimits, usage, rate)
		}
	})
}

// A key has one usage limit, as an object; its update says about the reset what
// its creation leaves out.
func TestTheUsageLimitOfAKeyIsRecognised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := someUsage().Draw(t, "limit")
		usage, _, err := keyLimits("x", provider.KeySpec{UsageLimits: []provider.UsageLimit{limit}})
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []any{newKey{UsageLimits: usage}, keyChange{UsageLimits: usage.changed()}} {
			answer, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			var k key
			if err := json.Unmarshal(answer, &k); err != nil {
				t.Fatal(err)
			}
			if seen := k.observed().UsageLimits; !slices.Equal(seen, []provider.UsageLimit{limit}) {
				t.Fatalf("%s is read as %v, sent was %v", answer, seen, limit)
			}
		}
		change, err := json.Marshal(usage.changed())
		if err != nil {
			t.Fatal(err)
		}
		if says := strings.Contains(string(change), `"periodic_reset":null`); says != (limit.PeriodicReset == "") {
			t.Fatalf("the update is %s; no reset is null, and only that", change)
		}
	})
}

// Whatever words the vendor invents, the limit that has them is counted and is
// equal to none that anybody can ask for.
func TestForeignLimitsAreEqualToNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,8}`).Filter(func(word string) bool {
			return !slices.Contains([]string{"cost", "tokens", "requests", "monthly", "weekly", "rpm", "rph", "rpd"}, word)
		}).Draw(t, "word")
		spoil := rapid.SampledFrom([]string{"type", "unit", "periodic_reset"}).Draw(t, "member")
		members := map[string]any{"type": "tokens", "unit": "rpm", "periodic_reset": "weekly", "credit_limit": 1, "value": 1}
		members[spoil] = word
		answer, err := json.Marshal(map[string]any{"usage_limits": members, "rate_limits": []any{members}})
		if err != nil {
			t.Fatal(err)
		}
		var k key
		if err := json.Unmarshal(answer, &k); err != nil {
			t.Fatal(err)
		}
		seen := k.observed()
		if len(seen.UsageLimits) != 1 || len(seen.RateLimits) != 1 {
			t.Fatalf("%s is read as %v and %v; want one of each", answer, seen.UsageLimits, seen.RateLimits)
		}
		if spoil != "unit" && seen.UsageLimits[0] != (provider.UsageLimit{}) {
			t.Fatalf("%s is read as %v", answer, seen.UsageLimits)
		}
		if spoil != "periodic_reset" && seen.RateLimits[0] != (provider.RateLimit{}) {
			t.Fatalf("%s is read as %v", answer, seen.RateLimits)
		}
	})
}
