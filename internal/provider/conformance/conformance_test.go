package conformance_test

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
	"github.com/workspace-operator/workspace-operator/internal/provider/guance"
	"github.com/workspace-operator/workspace-operator/internal/provider/portkey"
)

func TestGuance(t *testing.T) {
	subject := conformance.Subject{
		Driver:     guance.New(),
		Credential: map[string]string{"apiKey": emulator.DefaultGuanceOwnerKey},
		Workspace:  provider.WorkspaceSpec{DisplayName: "ws_create_test", Description: "test", Options: map[string]string{"accessKeyName": "test_ak"}},
		Change:     provider.WorkspaceSpec{DisplayName: "renamed", Description: "changed"},
		Key:        provider.KeySpec{DisplayName: "ci"},
	}
	run(t, subject, map[string]map[string]any{
		"as it is":            nil,
		"the console's limit": {"keyNameLimit": 50},
		"the older page":      {"plainErrorCodes": true, "showTokens": true},
	})
}

func TestPortkey(t *testing.T) {
	subject := conformance.Subject{
		Driver:     portkey.New(),
		Credential: map[string]string{"apiKey": emulator.DefaultPortkeyAdminKey},
		Workspace: provider.WorkspaceSpec{
			DisplayName: "Team A", Description: "d", Metadata: map[string]string{"environment": "production", "foo": "bar"},
			UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}},
			RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 123}},
		},
		Change:    provider.WorkspaceSpec{DisplayName: "Team B", Metadata: map[string]string{"foo": "baz"}, UsageLimits: []provider.UsageLimit{}},
		Key:       provider.KeySpec{DisplayName: "ci", Scopes: []string{"completions.write"}},
		KeyChange: provider.KeySpec{DisplayName: "cd", Scopes: []string{"logs.view"}, RateLimits: []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 5}}},
	}
	run(t, subject, map[string]map[string]any{
		"as it is":             nil,
		"lists in short form":  {"listShape": "example", "uuidWorkspaceIDs": true},
		"pages of its own":     {"maxPageSize": 20, "floatNumbers": true},
		"gone is not found":    {"workspaceGone": "AB08", "keyGone": "AB08", "errorShape": "flat"},
		"gone is forbidden":    {"workspaceGone": "AB03", "keyGone": "AB03", "errorShape": "openai"},
		"gone without a code":  {"workspaceGone": "AB08", "keyGone": "AB08", "errorShape": "message"},
		"forbidden, no a code": {"workspaceGone": "AB03", "keyGone": "AB03", "errorShape": "message"},
	})
}

// run plays the suite once for everything the documentation leaves open.
func run(t *testing.T, subject conformance.Subject, settings map[string]map[string]any) {
	t.Helper()
	for name, set := range settings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configured := subject
			if set != nil {
				configured.Settings = set
			}
			conformance.Run(t, configured)
		})
	}
}
