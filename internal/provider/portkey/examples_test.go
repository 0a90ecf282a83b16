package portkey

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// documentedScopes are those of a request in the documentation.
func documentedScopes(t *testing.T, name string) []string {
	t.Helper()
	var body struct{ Scopes []string }
	decode(t, fixture(t, name), &body)
	if len(body.Scopes) < 10 {
		t.Fatalf("%s has %d scopes; the documented one has a long list", name, len(body.Scopes))
	}
	return body.Scopes
}

// Every request that the documentation shows for a call of this driver is what
// the driver would send, byte for byte, apart from what it never sends.
func TestDocumentedRequestsByteForByte(t *testing.T) {
	const mails, rotation = `"alert_emails":["admin@example.com"]`, `"rotation_policy":{"rotation_period":"monthly","key_transition_period_ms":3600000}`
	hundred := usageLimit{Type: "cost", CreditLimit: 100, AlertThreshold: 80, PeriodicReset: "monthly"}
	rate := []rateLimit{{"requests", "rpm", 100}}
	tests := map[string]struct {
		never string // a part of the example that the driver never sends
		body  any
	}{
		"workspace-create-request.json": {"", newWorkspace{
			Name: "WORKSPACE_NAME_0909", Description: "WORKSPACE_DESCRIPTION",
			Defaults: &defaults{Metadata: map[string]rest.Text{"foo": "bar", "environment": "production"}},
		}},
		"workspace-create-example-request.json": {"", newWorkspace{
			Name: "My Workspace", Description: "My Description",
			Defaults: &defaults{Metadata: map[string]rest.Text{"foo": "bar", "environment": "production"}},
		}},
		"workspace-update-request.json": {"", workspaceChange{
			Name: "My Workspace", Description: new("My Description"), Defaults: &defaults{Metadata: map[string]rest.Text{"foo": "bar"}},
		}},
		"workspace-update-sample-request.json": {`,"defaults":{"x":"y"}`, workspaceChange{Name: "WORKSPACE 0909", Description: new("This is a test description")}},
		"key-create-request.json":              {"", newKey{Name: "API_KEY_NAME_0909", Scopes: []string{"completions.write"}}},
		"key-create-rotation-request.json":     {"," + rotation, newKey{Name: "Auto-rotating Key", Scopes: []string{"completions.write"}}},
		"key-create-limits-request.json":       {"," + mails, newKey{Name: "Budget-limited Key", Scopes: []string{"completions.write"}, UsageLimits: &hundred}},
		"key-create-sample-request.json": {`"type":"organisation","sub-type":"service",`, newKey{
			Name: "API_KEY_NAME_0909", WorkspaceID: "WORKSPACE_ID", Scopes: documentedScopes(t, "key-create-sample-request.json"),
		}},
		"key-update-request.json":        {"", keyChange{Name: "API_KEY_NAME_0909", RateLimits: &rate}},
		"key-update-limits-request.json": {"," + mails, keyChange{UsageLimits: hundred.changed()}},
		"key-update-sample-request.json": {"", keyChange{
			Name: "API_KEY_NAME_0909", RateLimits: &rate, Scopes: documentedScopes(t, "key-update-sample-request.json"),
		}},
		"key-update-reset-request.json":    {`"reset_usage":true`, keyChange{}},
		"key-update-rotation-request.json": {rotation, keyChange{}},
	}
	for name, test := range tests {
		documented := fixture(t, name)
		if !strings.Contains(documented, test.never) {
			t.Errorf("%s has no %s", name, test.never)
		}
		got, err := json.Marshal(test.body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Replace(documented, test.never, "", 1), string(got)); diff != "" {
			t.Errorf("%s (-documented +sent):\n%s", name, diff)
		}
	}
	files, err := filepath.Glob("testdata/*-request.json")
	if err != nil || len(files) != len(tests) {
		t.Errorf("%d documented requests, %d of them tested (%v)", len(files), len(tests), err)
	}
}

func TestDocumentedWorkspaces(t *testing.T) {
	at := time.Date(2024, 7, 30, 13, 27, 29, 0, time.UTC)
	want := provider.Workspace{
		ID: "ws-test-a-174eb1", Slug: "ws-test-a-174eb1", Name: "New Workspace",
		Metadata: map[string]string{"foo": "bar"}, CreatedAt: at, UpdatedAt: at,
		UsageLimits: []provider.UsageLimit{{CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}},
		RateLimits:  []provider.RateLimit{{Value: 123}},
	}
	for _, name := range []string{"workspace-create-response.json", "workspace-get-response.json"} {
		var created workspace
		decode(t, fixture(t, name), &created)
		for _, complete := range []bool{true, false} {
			if diff := cmp.Diff(want, created.observed(complete), opaque()); diff != "" {
				t.Errorf("%s, complete %v (-want +got):\n%s", name, complete, diff)
			}
		}
	}

	var listed page[workspace]
	decode(t, fixture(t, "workspace-list-response.json"), &listed)
	if listed.Total.Value != 2 || len(listed.Data) != 2 {
		t.Fatalf("list: total %v, %d items; want 2 and 2", listed.Total, len(listed.Data))
	}
	wantListed := provider.Workspace{
		ID: "test-prod-ws-12345", Name: "Test prod workspace", Description: "This is a production workspace", MarkUnread: true, Brief: true,
		CreatedAt: time.Date(2023, 7, 13, 13, 51, 27, 0, time.UTC), UpdatedAt: time.Date(2023, 7, 13, 14, 51, 27, 0, time.UTC),
	}
	for _, item := range listed.Data {
		if diff := cmp.Diff(wantListed, item.observed(false), opaque()); diff != "" {
			t.Errorf("listed workspace (-want +got):\n%s", diff)
		}
	}
}

func TestDocumentedKeys(t *testing.T) {
	var issued issuedKey
	decode(t, fixture(t, "key-create-response.json"), &issued)
	if want := (issuedKey{ID: "183f497a-2a7f-4f47-992e-26213fa863we", Key: "abssofjosfjs"}); issued != want {
		t.Errorf("issued key is %v, want %v", issued, want)
	}
	want := provider.Key{
		ID: "f47ac10b-58cc-4372-a567-0e02b2c3d479", Name: "Development API Key", State: "active",
		Scopes: []string{"completions.write"}, CreatedAt: time.Date(2023, 9, 15, 10, 30, 0, 0, time.UTC),
		UsageLimits: []provider.UsageLimit{{CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}},
		RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 100}},
	}
	var one key
	decode(t, fixture(t, "key-get-response.json"), &one)
	var listed page[key]
	decode(t, fixture(t, "key-list-response.json"), &listed)
	for place, item := range map[string]key{"alone": one, "in a list": listed.Data[0]} {
		if diff := cmp.Diff(want, item.observed(), opaque()); diff != "" {
			t.Errorf("key %s (-want +got):\n%s", place, diff)
		}
	}
}

// The masked value of a key, and what the vendor says of people, is not read
// into anything.
func TestNothingOfNobodysBusinessIsKept(t *testing.T) {
	for _, name := range []string{"key-get-response.json", "workspace-get-response.json"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var asWorkspace workspace
		var asKey key
		decode(t, string(content), &asWorkspace)
		decode(t, string(content), &asKey)
		for _, seen := range []any{asWorkspace.observed(true), asKey.observed()} {
			kept, err := json.Marshal(seen)
			if err != nil {
				t.Fatal(err)
			}
			for _, private := range []string{"Xk***", "@", "John", "c3d4e5f6"} {
				if strings.Contains(string(kept), private) {
					t.Errorf("%s: %q is kept: %s", name, private, kept)
				}
			}
		}
	}
}
