package portkey

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

func TestDocumentedRequestsByteForByte(t *testing.T) {
	hundred := &usageLimit{Type: "cost", CreditLimit: 100, AlertThreshold: 80, PeriodicReset: "monthly"}
	tests := map[string]any{
		"workspace-create-request.json": newWorkspace{
			Name: "WORKSPACE_NAME_0909", Description: "WORKSPACE_DESCRIPTION",
			Defaults: &defaults{Metadata: map[string]rest.Text{"foo": "bar", "environment": "production"}},
		},
		"workspace-update-request.json": workspaceChange{
			Name: "My Workspace", Description: "My Description", Defaults: &defaults{Metadata: map[string]rest.Text{"foo": "bar"}},
		},
		"key-create-request.json":        newKey{Name: "API_KEY_NAME_0909", Scopes: []string{"completions.write"}},
		"key-create-limits-request.json": newKey{Name: "Budget-limited Key", Scopes: []string{"completions.write"}, UsageLimits: hundred},
		"key-update-request.json":        keyChange{Name: "API_KEY_NAME_0909", RateLimits: &[]rateLimit{{"requests", "rpm", 100}}},
		"key-update-limits-request.json": keyChange{UsageLimits: hundred},
	}
	for name, body := range tests {
		got, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fixture(t, name), string(got)); diff != "" {
			t.Errorf("%s (-documented +sent):\n%s", name, diff)
		}
	}
}

func TestDocumentedAnswers(t *testing.T) {
	var created workspace
	decode(t, fixture(t, "workspace-create-response.json"), &created)
	at := time.Date(2024, 7, 30, 13, 27, 29, 0, time.UTC)
	wantWorkspace := provider.Workspace{
		ID: "ws-test-a-174eb1", Slug: "ws-test-a-174eb1", Name: "New Workspace",
		Metadata: map[string]string{"foo": "bar"}, CreatedAt: at, UpdatedAt: at,
	}
	if diff := cmp.Diff(wantWorkspace, created.observed(true), opaque()); diff != "" {
		t.Errorf("workspace (-want +got):\n%s", diff)
	}

	var workspaces page[workspace]
	decode(t, fixture(t, "workspace-list-response.json"), &workspaces)
	if workspaces.Total.Value != 2 || len(workspaces.Data) != 2 {
		t.Fatalf("list: total %v, %d items; want 2 and 2", workspaces.Total, len(workspaces.Data))
	}
	wantListed := provider.Workspace{
		ID: "test-prod-ws-12345", Name: "Test prod workspace", Description: "This is a production workspace", MarkUnread: true,
		CreatedAt: time.Date(2023, 7, 13, 13, 51, 27, 0, time.UTC), UpdatedAt: time.Date(2023, 7, 13, 14, 51, 27, 0, time.UTC),
	}
	if diff := cmp.Diff(wantListed, workspaces.Data[1].observed(false), opaque()); diff != "" {
		t.Errorf("listed workspace (-want +got):\n%s", diff)
	}

	var issued issuedKey
	decode(t, fixture(t, "key-create-response.json"), &issued)
	if want := (issuedKey{ID: "183f497a-2a7f-4f47-992e-26213fa863we", Key: "abssofjosfjs"}); issued != want {
		t.Errorf("issued key is %v, want %v", issued, want)
	}

	var keys page[key]
	decode(t, fixture(t, "key-list-response.json"), &keys)
	wantKey := provider.Key{
		ID: "f47ac10b-58cc-4372-a567-0e02b2c3d479", Name: "Development API Key", State: "active",
		Scopes: []string{"completions.write"}, CreatedAt: time.Date(2023, 9, 15, 10, 30, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(wantKey, keys.Data[0].observed(), opaque()); diff != "" {
		t.Errorf("listed key (-want +got):\n%s", diff)
	}
}

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
	wantKey := provider.Key{ID: "k", Name: "n", State: "1", Scopes: []string{"a", "2"}, ExpiresAt: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	if diff := cmp.Diff(wantKey, listed.Data[0].observed(), opaque()); diff != "" || listed.Total.Value != 1 {
		t.Errorf("total %v; (-want +got):\n%s", listed.Total, diff)
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

func FuzzWorkspaceList(f *testing.F) { fuzzList[workspace](f, "workspace-list-response.json") }
func FuzzKeyList(f *testing.F)       { fuzzList[key](f, "key-list-response.json") }

// fuzzList checks that no page, whatever is in it, is taken for a complete
// list with an object that cannot be addressed.
func fuzzList[T interface{ identity() string }](f *testing.F, name string) {
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

func FuzzWorkspace(f *testing.F) {
	f.Add([]byte(`{"id":"a","defaults":{"metadata":{"workspace_operator_owner":"0123456789abcdef"}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var w workspace
		if json.Unmarshal(data, &w) != nil {
			return
		}
		seen := w.observed(true)
		if _, shown := seen.Metadata[markKey]; shown || seen.MarkUnread {
			t.Errorf("%q: %v", data, seen)
		}
	})
}

func FuzzComplaint(f *testing.F) {
	f.Add(403, []byte(`{"success":false,"data":{"message":"no","errorCode":"AB03"}}`))
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
