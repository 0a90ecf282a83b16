package portkey

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

func FuzzDecodeWorkspaceList(f *testing.F) {
	fuzzList[workspace](f, "workspace-list-response.json")
}
func FuzzDecodeKeyList(f *testing.F) { fuzzList[key](f, "key-list-response.json") }

// fuzzList checks that no page, whatever is in it, is taken for a complete
// list with an object that cannot be addressed.
func fuzzList[T interface{ identity() string }](f *testing.F, name string) {
	f.Add([]byte(fixture(f, name)))
	f.Add([]byte(`{"total":0,"data":[]}`))
	f.Add([]byte(`{"total":1e9,"data":[{"id":"\u0000"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer page[T]
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		reader := reader[T]{seen: map[string]bool{}, id: T.identity}
		fresh, problem := reader.take(answer)
		if problem == "" && answer.Data == nil {
			t.Errorf("%s: %q is no list and was taken for one", name, data)
		}
		for _, object := range fresh {
			if problem == "" && !rest.ValidID(object.identity()) {
				t.Errorf("%s: id %q was let through", name, object.identity())
			}
		}
	})
}

func (w workspace) identity() string { return w.ID }
func (k key) identity() string       { return k.ID }

func FuzzDecodeWorkspace(f *testing.F) {
	f.Add([]byte(fixture(f, "workspace-create-response.json")))
	f.Add([]byte(fixture(f, "workspace-get-response.json")))
	f.Add([]byte(`{"id":"a","slug":7,"defaults":{"metadata":{"workspace_operator_owner":"0123456789abcdef"}},"usage_limits":{},"rate_limits":[1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var w workspace
		if json.Unmarshal(data, &w) != nil {
			return
		}
		seen, listed := w.observed(true), w.observed(false)
		if _, isShown := seen.Metadata[markKey]; isShown || seen.MarkUnread || seen.Brief {
			t.Errorf("%q: %v", data, seen)
		}
		if listed.MarkUnread && !listed.Brief {
			t.Errorf("%q: the mark is unread in an answer that is said to be complete", data)
		}
		if seen.Slug != "" && !rest.ValidID(seen.Slug) {
			t.Errorf("%q: slug %q cannot be kept", data, seen.Slug)
		}
		usable(t, data, seen.State, seen.UsageLimits, seen.RateLimits)
		if _, err := json.Marshal(seen); err != nil {
			t.Errorf("%q: cannot be written: %v", data, err)
		}
	})
}

func FuzzDecodeKey(f *testing.F) {
	f.Add([]byte(fixture(f, "key-get-response.json")))
	f.Add([]byte(`{"id":"k","name":"x-22vq04k4uks2asvn-1","scopes":[1,null,{}],"usage_limits":[],"expires_at":"9999-12-31T23:59:59+99:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var k key
		if json.Unmarshal(data, &k) != nil {
			return
		}
		seen := k.observed()
		if read, ok := provider.ParseKeyName(seen.Name); read != seen.Mark || ok == seen.Mark.IsZero() {
			t.Errorf("%q: name %q has the mark %v, want %v", data, seen.Name, seen.Mark, read)
		}
		if len(seen.Scopes) != len(k.Scopes) {
			t.Errorf("%q: %d scopes of %d", data, len(seen.Scopes), len(k.Scopes))
		}
		if seen.Disabled != nil || seen.Mode != "" || seen.IPAllowlist != nil {
			t.Errorf("%q: shows what the vendor does not have: %+v", data, seen)
		}
		usable(t, data, seen.State, seen.UsageLimits, seen.RateLimits)
		if _, err := json.Marshal(seen); err != nil {
			t.Errorf("%q: cannot be written: %v", data, err)
		}
	})
}

// usable fails the test if something cannot be shown, or has a limit in words
// that are not ours.
func usable(t *testing.T, data []byte, state string, usage []provider.UsageLimit, rate []provider.RateLimit) {
	t.Helper()
	if utf8.RuneCountInString(state) > stateLimit || strings.ContainsFunc(state, unicode.IsControl) {
		t.Errorf("%q: state %q cannot be shown", data, state)
	}
	for _, limit := range usage {
		if _, err := usageLimits("x", []provider.UsageLimit{limit}); err != nil || limit.CreditLimit < 0 || limit.AlertThreshold < 0 {
			t.Errorf("%q: usage limit %+v is none of ours", data, limit)
		}
	}
	for _, limit := range rate {
		_, isKind := rateTypes()[limit.Type]
		_, isUnit := units()[limit.Unit]
		if !isKind && limit.Type != "" || !isUnit && limit.Unit != "" || limit.Value < 0 {
			t.Errorf("%q: rate limit %+v is none of ours", data, limit)
		}
	}
}

func FuzzDecodeUsageLimits(f *testing.F) {
	f.Add([]byte(`[{"credit_limit":10,"periodic_reset":"monthly","alert_threshold":8}]`))
	f.Add([]byte(`{"type":"tokens","credit_limit":"10.0","periodic_reset_days":30}`))
	f.Add([]byte(`null`))
	fuzzShown[usageShown](f)
}

func FuzzDecodeRateLimits(f *testing.F) {
	f.Add([]byte(`[{"value":123},{"type":"requests","unit":"rps","value":1}]`))
	f.Add([]byte(`[[],"x",null,{}]`))
	fuzzShown[rateShown](f)
}

// fuzzShown checks that nothing the vendor says of limits spoils an answer, or
// gets lost unless it says nothing.
func fuzzShown[T interface {
	comparable
	observed() L
}, L comparable](f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		var limits shown[T]
		if err := json.Unmarshal(data, &limits); err != nil || !limits.present {
			t.Fatalf("%s spoils the answer: %v, present %v", data, err, limits.present)
		}
		var each []json.RawMessage
		if json.Unmarshal(data, &each) != nil {
			each = []json.RawMessage{data}
		}
		said := 0
		for _, text := range each {
			if !silent(text) {
				said++
			}
		}
		if got := observedAll(limits); len(got) != said {
			t.Errorf("%s: %d limits of %d", data, len(got), said)
		}
	})
}

func FuzzDecodeMoment(f *testing.F) {
	for _, text := range []string{`"2024-07-30T13:27:29.000Z"`, `"2023-07-13 13:51:27"`, `null`, `7`, `"0000-01-01T00:00:00Z"`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m moment
		if err := m.UnmarshalJSON(data); err != nil {
			t.Errorf("%q spoils the answer: %v", data, err)
		}
		if _, err := m.MarshalJSON(); err != nil {
			t.Errorf("%q is read as %v, which cannot be written: %v", data, m.Time, err)
		}
	})
}

func FuzzDecodeIssuedKey(f *testing.F) {
	f.Add([]byte(fixture(f, "key-create-response.json")))
	f.Add([]byte(`{"id":null,"key":{"value":"x"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var issued issuedKey
		if json.Unmarshal(data, &issued) != nil || !issued.complete() {
			return
		}
		if !rest.ValidID(issued.ID) || issued.Key == "" {
			t.Errorf("%q is taken for complete, with id %q", data, issued.ID)
		}
		// Whatever the value is made of, it comes out as it came in.
		if got := provider.NewSecret(issued.Key).Reveal(); got != issued.Key || !utf8.ValidString(got) {
			t.Errorf("%q: the value is handed out as %q", data, got)
		}
	})
}

func FuzzDecodeComplaint(f *testing.F) {
	f.Add(403, []byte(`{"success":false,"data":{"message":"no","errorCode":"AB03"}}`))
	f.Add(404, []byte(`{"error":{"type":"x","message":"no","param":null,"code":"AB08"}}`))
	f.Add(200, []byte(`{"data":[]}`))
	f.Fuzz(func(t *testing.T, status int, data []byte) {
		failure := judge(&rest.Answer{Status: status, Body: data})
		if failure == nil && (status < 200 || status > 299) {
			t.Errorf("status %d is a success", status)
		}
		if failure != nil && (failure.Class == "" || failure.Message == "" || (failure.Class == provider.NotFound && status != 404)) {
			t.Errorf("%d %q: %v", status, data, failure)
		}
	})
}
