package portkey

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestTheMarkIsReadFromItsPlaceOnly(t *testing.T) {
	tests := map[string]struct {
		defaults   string
		wantOwner  string
		wantUnread bool // in a list
	}{
		"the mark":            {`{"metadata":{"workspace_operator_owner":"` + mark.Owner() + `","a":"b"}}`, mark.Owner(), false},
		"no mark":             {`{"metadata":{"a":"b"}}`, "", false},
		"another key":         {`{"metadata":{"owner":"` + mark.Owner() + `"}}`, "", false},
		"not a mark":          {`{"metadata":{"workspace_operator_owner":"somebody"}}`, "", false},
		"a mark and more":     {`{"metadata":{"workspace_operator_owner":"` + mark.Owner() + `x"}}`, "", false},
		"a number":            {`{"metadata":{"workspace_operator_owner":1}}`, "", false},
		"empty metadata":      {`{"metadata":{}}`, "", false},
		"no metadata":         {`{"is_default":0}`, "", true},
		"metadata of nothing": {`{"metadata":null}`, "", true},
		"nothing":             {`null`, "", true},
	}
	for name, test := range tests {
		var w workspace
		decode(t, `{"id":"a","defaults":`+test.defaults+`}`, &w)
		listed, got := w.observed(false), w.observed(true)
		if listed.Mark.Owner() != test.wantOwner || listed.MarkUnread != test.wantUnread || got.MarkUnread {
			t.Errorf("%s: owner %q, unread %v in a list, %v alone; want %q, %v, false", name, listed.Mark.Owner(), listed.MarkUnread, got.MarkUnread, test.wantOwner, test.wantUnread)
		}
		if _, shown := got.Metadata[markKey]; shown {
			t.Errorf("%s: the mark is shown as if it were the tenant's", name)
		}
	}
}

func TestLooseTypes(t *testing.T) {
	var w workspace
	decode(t, `{"id":"a","description":null,"status":null,"created_at":"yesterday","last_updated_at":1690000000,
		"defaults":{"metadata":{"n":10.0,"b":true,"o":{"x":1},"z":null},"is_default":"0"},"usage_limits":{},"rate_limits":null,"users":[{}]}`, &w)
	want := provider.Workspace{ID: "a", Metadata: map[string]string{"n": "10.0", "b": "true", "o": `{"x":1}`, "z": ""}}
	if diff := cmp.Diff(want, w.observed(true), opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var listed page[key]
	decode(t, `{"total":"1.0","data":[{"id":"k","name":"n","status":1,"scopes":["a",2],"expires_at":"2030-01-02 03:04:05","usage_limits":{"credit_limit":10.0}}]}`, &listed)
	wantKey := provider.Key{
		ID: "k", Name: "n", State: "1", Scopes: []string{"a", "2"}, ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		UsageLimits: []provider.UsageLimit{{CreditLimit: 10}},
	}
	if diff := cmp.Diff(wantKey, listed.Data[0].observed(), opaque()); diff != "" || listed.Total.Value != 1 {
		t.Errorf("total %v; (-want +got):\n%s", listed.Total, diff)
	}
}

func TestMoments(t *testing.T) {
	tests := map[string]time.Time{
		`"2024-07-30T13:27:29.000Z"`:       time.Date(2024, 7, 30, 13, 27, 29, 0, time.UTC),
		`"2023-07-13 13:51:27"`:            time.Date(2023, 7, 13, 13, 51, 27, 0, time.UTC),
		`"2026-12-31T23:59:59Z"`:           time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC),
		`"2026-12-31T23:59:59+02:00"`:      time.Date(2026, 12, 31, 21, 59, 59, 0, time.UTC),
		`"2024-07-30T13:27:29.5Z"`:         time.Date(2024, 7, 30, 13, 27, 29, 5e8, time.UTC),
		`"9999-12-31T23:59:59-01:00"`:      {}, // the year 10000 cannot be written
		`"0000-01-01T00:00:00Z"`:           {},
		`"2024-07-30"`:                     {},
		`"2024-13-01T00:00:00Z"`:           {},
		`"2024-07-30T13:27:29.000Z or so"`: {},
		`1690000000`:                       {},
		`""`:                               {},
		`null`:                             {},
		`{"at":"2026-12-31T23:59:59Z"}`:    {},
	}
	for text, want := range tests {
		var got moment
		decode(t, text, &got)
		if !got.Equal(want) {
			t.Errorf("%s is read as %v, want %v", text, got.Time, want)
		}
	}
}

func TestStatesAreFitToBeShown(t *testing.T) {
	var k key
	decode(t, `{"id":"k","status":"act\u0000ive\u001b[31m\n"}`, &k)
	if got := k.observed().State; got != "act ive [31m" {
		t.Errorf("state is %q", got)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func opaque() cmp.Option {
	return cmp.Options{cmp.Comparer(func(a, b provider.Mark) bool { return a == b }), cmpopts.EquateEmpty()}
}
