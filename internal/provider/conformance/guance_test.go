package conformance_test

import (
	"fmt"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func guanceVendor() vendor {
	return vendor{
		subject: conformance.Subject{
			Credential: map[string]string{"apiKey": emulator.DefaultGuanceOwnerKey},
			Workspace: provider.WorkspaceSpec{
				DisplayName: "ws_create_test", Description: "test", Language: "en",
				Options: map[string]string{"accessKeyName": "test_ak", "menuStyle": "Development"},
			},
			Change: provider.WorkspaceSpec{DisplayName: "renamed", Description: "changed"},
			Key:    provider.KeySpec{DisplayName: "ci"},
			Codes:  guanceCodes(),
			// The key that manages a workspace goes with it.
			GoneWorkspace: provider.Unauthorized, GoneKey: provider.NotFound,
		},
		variants: map[string]variant{
			"as it is":            {},
			"the console's limit": {settings: settings{"keyNameLimit": 50}},
			"the older page":      {settings: settings{"plainErrorCodes": true, "showTokens": true}},
		},
	}
}

// guanceCodes are those of the vendor's documentation, pages "Public error
// definitions" and "Open API", with and without the prefix.
func guanceCodes() []conformance.Code {
	code := func(status int, name string, class provider.Class, uncertain bool) conformance.Code {
		return guanceCode(status, status, name, class, uncertain)
	}
	return []conformance.Code{
		code(http.StatusUnauthorized, "ft.TriggerApiAkCurrentLimiting", provider.Throttled, false),
		code(http.StatusUnauthorized, "ft.TriggerApiWorkspaceCurrentLimiting", provider.Throttled, false),
		code(http.StatusUnauthorized, "TriggerApiAkCurrentLimiting", provider.Throttled, false),
		code(http.StatusForbidden, "ft.InvalidAPIKey", provider.Unauthorized, false),
		code(http.StatusForbidden, "InvalidApiKey", provider.Unauthorized, false),
		code(http.StatusBadRequest, "RouterNotFound", provider.Invalid, false),
		code(http.StatusServiceUnavailable, "InternalError", provider.Transient, true),
		code(http.StatusForbidden, "", provider.Forbidden, false),
		code(http.StatusNotFound, "", provider.NotFound, false),
		code(http.StatusInternalServerError, "", provider.Transient, true),
		// A failure under the status of a success.
		guanceCode(http.StatusOK, http.StatusForbidden, "ft.InvalidAPIKey", provider.Unauthorized, true),
		guanceCode(http.StatusOK, http.StatusInternalServerError, "", provider.Transient, true),
	}
}

func guanceCode(status, code int, name string, class provider.Class, uncertain bool) conformance.Code {
	const trace = "TRACE-89835D3F-C614-46AD-A1B8-83CC686DDA7F"
	return conformance.Code{
		Status: status, Name: name, Class: class, Uncertain: uncertain, RequestID: trace,
		Body: fmt.Sprintf(`{"code":%d,"content":null,"errorCode":%q,"message":"%%s","success":false,"traceId":%q}`, code, name, trace),
	}
}
