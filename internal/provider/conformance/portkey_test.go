package conformance_test

import (
	"net/http"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func portkeyVendor() vendor {
	return vendor{
		subject: conformance.Subject{
			Credential: map[string]string{"apiKey": emulator.DefaultPortkeyAdminKey},
			Workspace: provider.WorkspaceSpec{
				DisplayName: "Team A", Description: "d", Metadata: map[string]string{"environment": "production", "foo": "bar"},
				UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}},
				RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 123}},
			},
			Change: provider.WorkspaceSpec{
				DisplayName: "Team B", Description: "e", Metadata: map[string]string{"foo": "baz"},
				UsageLimits: []provider.UsageLimit{{Type: "Tokens", CreditLimit: 20}},
				RateLimits:  []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 5}},
			},
			Key: provider.KeySpec{
				DisplayName: "ci", Scopes: []string{"completions.write"}, ExpiresAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
				UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Weekly"}},
				RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerHour", Value: 9}},
			},
			KeyChange: provider.KeySpec{
				DisplayName: "cd", Scopes: []string{"logs.view"}, ExpiresAt: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
				UsageLimits: []provider.UsageLimit{{Type: "Tokens", CreditLimit: 20}},
				RateLimits:  []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 5}},
			},
			Codes:         portkeyCodes(),
			GoneWorkspace: provider.Forbidden, GoneKey: provider.NotFound,
		},
		variants: map[string]variant{
			"as it is":            {},
			"lists in short form": {settings: settings{"listShape": "example", "uuidWorkspaceIDs": true}},
			"pages of its own":    {settings: settings{"maxPageSize": 20, "floatNumbers": true, "bareWorkspaces": true}},
			"gone is not found": {
				settings:      settings{"workspaceGone": "AB08", "keyGone": "AB08", "errorShape": "flat"},
				goneWorkspace: provider.NotFound,
			},
			"gone is not valid": {
				settings:      settings{"workspaceGone": "AB02", "keyGone": "AB02"},
				goneWorkspace: provider.NotFound,
			},
			"gone is forbidden": {
				settings: settings{"workspaceGone": "AB03", "keyGone": "AB03", "errorShape": "openai"},
				goneKey:  provider.Forbidden,
			},
			"gone without a code": {
				settings:      settings{"workspaceGone": "AB08", "keyGone": "AB08", "errorShape": "message"},
				goneWorkspace: provider.Transient, goneKey: provider.Transient,
			},
			"forbidden without a code": {
				settings: settings{"workspaceGone": "AB03", "keyGone": "AB03", "errorShape": "message"},
				goneKey:  provider.Forbidden,
			},
		},
	}
}

// portkeyCodes are those of the vendor's documentation, page "Errors" of the
// admin API, and the shapes in which its pages show an error.
func portkeyCodes() []conformance.Code {
	withCode := func(status int, name string, class provider.Class, uncertain bool) conformance.Code {
		body := `{"success":false,"data":{"message":"%s","errorCode":"` + name + `"}}`
		return conformance.Code{Status: status, Name: name, Class: class, Uncertain: uncertain, Body: body}
	}
	shaped := func(status int, name string, class provider.Class, body string) conformance.Code {
		return conformance.Code{Status: status, Name: name, Class: class, Body: body}
	}
	return []conformance.Code{
		withCode(http.StatusBadRequest, "AB01", provider.Invalid, false),
		withCode(http.StatusNotFound, "AB02", provider.NotFound, false),
		withCode(http.StatusForbidden, "AB03", provider.Forbidden, false),
		withCode(http.StatusInternalServerError, "AB04", provider.Transient, true),
		withCode(http.StatusUnauthorized, "AB05", provider.Unauthorized, false),
		withCode(http.StatusTooManyRequests, "AB06", provider.Throttled, false),
		withCode(http.StatusConflict, "AB07", provider.Conflict, false),
		withCode(http.StatusNotFound, "AB08", provider.NotFound, false),
		withCode(http.StatusPaymentRequired, "AB09", provider.Exhausted, false),
		shaped(http.StatusUnauthorized, "", provider.Unauthorized, `{"success":false,"data":{"message":"%s"}}`),
		shaped(http.StatusForbidden, "AB03", provider.Forbidden, `{"error":{"type":"t","message":"%s","param":null,"code":"AB03"}}`),
		shaped(http.StatusConflict, "AB07", provider.Conflict, `{"errorCode":"AB07","message":"%s"}`),
	}
}
