package conformance_test

import (
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/slaunchx"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func slaunchxVendor() vendor {
	key := provider.KeySpec{DisplayName: "ci", Scopes: []string{"payment:read", "payment:write"}, Mode: "Live", IPAllowlist: []string{"192.168.1.0/24", "192.168.1.100"}}
	test := key
	test.Mode = "Test"
	return vendor{
		subject: conformance.Subject{
			Credential: map[string]string{"token": emulator.DefaultSlaunchxToken, "clientHash": emulator.DefaultSlaunchxClientHash},
			Existing:   slaunchx.DefaultWorkspaceID,
			Key:        key,
			KeyChange:  provider.KeySpec{Disabled: new(true)},
			Codes:      slaunchxCodes(),

			GoneWorkspace: provider.NotFound, GoneKey: provider.NotFound,
		},
		variants: map[string]variant{
			"as it is": {},
			"a mismatch is forbidden": {
				settings:      settings{"clientHashStatus": http.StatusForbidden, "foreignWorkspaceStatus": http.StatusForbidden, "ownerOnlyReads": true},
				goneWorkspace: provider.Forbidden,
			},
			"the newer pages": {
				settings: settings{"dottedCodes": true, "requestIDs": true, "scopesOnGet": true},
				account:  map[string]string{"acceptLanguage": "zh-Hant"},
			},
			"the newer pages, and a mismatch": {
				settings:      settings{"dottedCodes": true, "clientHashStatus": http.StatusForbidden, "foreignWorkspaceStatus": http.StatusForbidden},
				goneWorkspace: provider.Forbidden,
			},
			"workspaces that show nothing": {settings: settings{"emptyWorkspaces": true, "ignoreWorkspaceHeader": true}},
			"keys for tests": {
				settings: settings{"testKeyPrefix": "", "disabledStatus": "INACTIVE", "scopeCatalogue": []string{"payment:read", "payment:write"}},
				key:      &test,
			},
		},
	}
}

// slaunchxCodes are those of the vendor's documentation, pages "Create API Key"
// and "Get API Key", and those of the newer pages, which have dots.
func slaunchxCodes() []conformance.Code {
	code := func(status int, name string, class provider.Class, uncertain bool) conformance.Code {
		body := `{"success":false,"code":"` + name + `","message":"%s"}`
		return conformance.Code{Status: status, Name: name, Class: class, Uncertain: uncertain, Body: body}
	}
	return []conformance.Code{
		code(http.StatusUnauthorized, "4010", provider.Unauthorized, false),
		code(http.StatusForbidden, "4030", provider.Forbidden, false),
		code(http.StatusNotFound, "4040", provider.NotFound, false),
		code(http.StatusUnauthorized, "AUTH.INVALID_CREDENTIALS", provider.Unauthorized, false),
		code(http.StatusForbidden, "ACCESS.PERMISSION_DENIED", provider.Forbidden, false),
		code(http.StatusNotFound, "RESOURCE.NOT_FOUND", provider.NotFound, false),
		code(http.StatusConflict, "REQUEST.CONFLICT", provider.Conflict, false),
		code(http.StatusConflict, "REQUEST.STALE_VERSION", provider.Conflict, false),
		code(http.StatusBadRequest, "VALIDATION.INVALID_PARAMETER", provider.Invalid, false),
		code(http.StatusTooManyRequests, "REQUEST.RATE_LIMITED", provider.Throttled, false),
		code(http.StatusInternalServerError, "SYSTEM.INTERNAL_ERROR", provider.Transient, true),
		// More often the wrong portal, client hash or session than a refusal.
		code(http.StatusForbidden, "", provider.Unauthorized, false),
		// A failure under the status of a success.
		code(http.StatusOK, "4030", provider.Forbidden, false),
	}
}
