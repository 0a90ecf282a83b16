package oceanbase

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

func example() time.Time { return time.Date(2023, 10, 12, 9, 45, 30, 0, time.UTC) }

func TestTheDocumentedRequestByteForByte(t *testing.T) {
	got, err := json.Marshal(newKey{Name: "my-api-key", Action: "read"})
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(fixture(t, "key-create-request.json"))); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("(-documented +sent):\n%s", diff)
	}
}

func TestDocumentedAnswers(t *testing.T) {
	var created issued
	decode(t, fixture(t, "key-create-response.json"), &created)
	if created.Data.Value != "sk_xxxxxxxxxxxxxxxx" || created.Data.Name != "my-api-key" || !created.Data.CreatedAt.Equal(example()) {
		t.Errorf("creation: got %+v", created)
	}

	var keys page
	decode(t, fixture(t, "key-list-response.json"), &keys)
	want := provider.Key{ID: "ak-xxxxxxxxxxxxxxxx", Name: "my-api-key", CreatedAt: example(), ExpiresAt: example()}
	if len(keys.Data.List) != 1 || keys.total().Known {
		t.Fatalf("list: got %+v, want one key and no count", keys)
	}
	if diff := diff(want, keys.Data.List[0].observed()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}

	for _, name := range []string{"key-create-response.json", "key-list-response.json", "key-delete-response.json"} {
		if failure := (&signer{}).judge(&rest.Answer{Status: 200, Body: []byte(fixture(t, name))}); failure != nil {
			t.Errorf("%s is taken for a failure: %v", name, failure)
		}
	}
	refused := (&signer{basic: true}).judge(&rest.Answer{Status: 400, Body: []byte(fixture(t, "refusal.json"))})
	if refused == nil || refused.Message != "E001R000: ..." || refused.RequestID != "..." || refused.Class != provider.Invalid {
		t.Errorf("the documented refusal is read as %+v", refused)
	}
}

func TestTheAnswerHasToBeAboutTheKeyThatWasAskedFor(t *testing.T) {
	tests := map[string]struct {
		data string
		want bool
	}{
		"as documented":         {`{"apiKey":"sk_1","name":"n","createdAt":"2023-10-12T09:45:30Z"}`, true},
		"without a name":        {`{"apiKey":"sk_1"}`, true},
		"an empty name":         {`{"apiKey":"sk_1","name":""}`, true},
		"a name of nothing":     {`{"apiKey":"sk_1","name":null}`, true},
		"fields nobody knows":   {`{"apiKey":"sk_1","name":"n","id":"ak-1","action":["read"]}`, true},
		"a time nobody knows":   {`{"apiKey":"sk_1","name":"n","createdAt":{"at":1}}`, true},
		"without a value":       {`{"name":"n"}`, false},
		"an empty value":        {`{"apiKey":"","name":"n"}`, false},
		"a value of nothing":    {`{"apiKey":null,"name":"n"}`, false},
		"another name":          {`{"apiKey":"sk_1","name":"m"}`, false},
		"the name in capitals":  {`{"apiKey":"sk_1","name":"N"}`, false},
		"a name that is longer": {`{"apiKey":"sk_1","name":"n "}`, false},
		"a name that is none":   {`{"apiKey":"sk_1","name":7}`, false},
		"no data":               {`null`, false},
		"empty data":            {`{}`, false},
	}
	for name, test := range tests {
		var answer issued
		decode(t, `{"data":`+test.data+`}`, &answer)
		if got := answer.complete("n"); got != test.want {
			t.Errorf("%s: complete is %v, want %v", name, got, test.want)
		}
	}
}

func TestTheCountIsReadWhereverItStands(t *testing.T) {
	tests := map[string]rest.Number{
		`{"data":{"list":[]}}`:                                {},
		`{"data":{"list":[],"total":7}}`:                      {Value: 7, Known: true},
		`{"data":{"list":[],"totalCount":"7"}}`:               {Value: 7, Known: true},
		`{"data":{"list":[]},"totalCount":7.0}`:               {Value: 7, Known: true},
		`{"data":{"list":[],"total":0},"totalCount":7}`:       {Value: 0, Known: true},
		`{"data":{"list":[],"total":null,"totalCount":3}}`:    {Value: 3, Known: true},
		`{"data":{"list":[],"total":"many"},"totalCount":[]}`: {},
	}
	for text, want := range tests {
		var answer page
		decode(t, text, &answer)
		if got := answer.total(); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestAKeyAsTheListShowsIt(t *testing.T) {
	tests := map[string]struct {
		item string
		want provider.Key
	}{
		"one of ours": {
			`{"id":"ak-1","name":"ci-` + keyMark.String() + `","createdAt":"2026-01-02T03:04:05+08:00"}`,
			provider.Key{ID: "ak-1", Name: "ci-" + keyMark.String(), Mark: keyMark, CreatedAt: time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC)},
		},
		"one made by hand":    {`{"id":"ak-2","name":"by_hand"}`, provider.Key{ID: "ak-2", Name: "by_hand"}},
		"one with no name":    {`{"id":"ak-3"}`, provider.Key{ID: "ak-3"}},
		"one that expires":    {`{"id":"ak-4","expiresAt":"2027-01-01T00:00:00Z"}`, provider.Key{ID: "ak-4", ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"one that never does": {`{"id":"ak-5","expiresAt":null}`, provider.Key{ID: "ak-5"}},
		"loose types":         {`{"id":"ak-6","name":12,"createdAt":1697103930,"updatedAt":{},"expiresAt":[],"status":7,"apiKey":"sk_****"}`, provider.Key{ID: "ak-6", Name: "12"}},
		"a mark and more": {
			`{"id":"ak-7","name":"ci-` + keyMark.String() + `-copy"}`,
			provider.Key{ID: "ak-7", Name: "ci-" + keyMark.String() + "-copy"},
		},
	}
	for name, test := range tests {
		var item key
		decode(t, test.item, &item)
		if diff := diff(test.want, item.observed()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMoments(t *testing.T) {
	tests := map[string]time.Time{
		`"2023-10-12T09:45:30Z"`:      example(),
		`"2023-10-12T09:45:30.000Z"`:  example(),
		`"2023-10-12T17:45:30+08:00"`: example(),
		`"9999-12-31T23:59:59Z"`:      time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		`"9999-12-31T23:30:00-01:00"`: {},
		`"0000-05-01T12:00:00Z"`:      {},
		`"2023-10-12 09:45:30"`:       {},
		`""`:                          {},
		`null`:                        {},
		`1697103930`:                  {},
		`"yesterday"`:                 {},
		`{}`:                          {},
	}
	for text, want := range tests {
		got := struct{ At moment }{moment{time.Unix(1, 0)}}
		decode(t, `{"at":`+text+`}`, &got)
		if text != "null" && !got.At.Equal(want) {
			t.Errorf("%s is read as %v, want %v", text, got.At, want)
		}
		if got.At.Location() != time.UTC && text != "null" {
			t.Errorf("%s is told in the zone %v", text, got.At.Location())
		}
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
