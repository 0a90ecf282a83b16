package conformance_test

import (
	"net/http"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func oceanbaseVendor() vendor {
	return vendor{
		subject: conformance.Subject{
			Account: map[string]string{"organizationID": oceanbase.DefaultOrganizationID},
			Credential: map[string]string{
				"accessKeyID": emulator.DefaultOceanbaseAccessKeyID, "accessKeySecret": emulator.DefaultOceanbaseAccessKeySecret,
			},
			Existing: oceanbase.DefaultProjectID,
			Key:      provider.KeySpec{DisplayName: "ci", Action: "read"},
			Codes:    oceanbaseCodes(),

			GoneWorkspace: provider.Forbidden, GoneKey: provider.NotFound,
		},
		variants: oceanbaseVariants(),
	}
}

func oceanbaseVariants() map[string]variant {
	digest, basic := map[string]string{"auth": "Digest"}, map[string]string{"auth": "Basic"}
	return map[string]variant{
		"as it is": {},
		"digest, challenged": {
			settings: settings{"auth": "digest", "nonceLifetimeSeconds": 1}, account: basic, challenge: time.Second,
		},
		"digest, by the class": {
			settings: settings{"auth": "digest", "digestAlgorithm": "SHA-256", "nonceLifetimeSeconds": 1}, account: digest, challenge: time.Second,
		},
		"both, digest by the class": {
			settings: settings{"auth": "both", "nonceLifetimeSeconds": 1, "errorShape": "maas"}, account: digest, challenge: time.Second,
		},
		"both, basic": {settings: settings{"auth": "both", "realm": ""}, account: basic},
		"both, in one line": {
			settings: settings{"auth": "both", "foldChallenges": true, "nonceLifetimeSeconds": 1}, account: digest, challenge: time.Second,
		},
		"pages of twenty":          {settings: settings{"maxPageSize": 20}},
		"pages of twenty, counted": {settings: settings{"maxPageSize": 20, "showTotal": true}},
		"the pages of the AI service": {settings: settings{
			"errorShape": "maas", "deleteUnknown": "success", "uuidKeyIDs": true, "maskedKeys": true,
		}},
		"errors with the status of success": {
			settings: settings{"softErrors": true, "errorShape": "maas"}, goneWorkspace: provider.Invalid,
		},
		"strict": {
			settings: settings{"requireUID": true, "uid": "uid-1", "products": []string{"console"}, "uniqueNames": true},
			account:  map[string]string{"uid": "uid-1", "product": "console"},
		},
		"lax": {
			settings: settings{"laxNames": true, "optionalProject": true, "oldestFirst": true, "showTotal": true, "unknownProjectStatus": http.StatusNotFound},
		},
	}
}

// oceanbaseCodes are the errors of the vendor's documentation, pages "Using the
// Open API", "Create an API key" and "Delete an API key". They name one code and
// show another; what a status means is that of HTTP.
func oceanbaseCodes() []conformance.Code {
	code := func(status int, name string, class provider.Class, uncertain bool) conformance.Code {
		body := `{"success":false,"errorCode":"` + name + `","errorMessage":"%s","requestId":"req-abc12345"}`
		return conformance.Code{Status: status, Name: name, Class: class, Uncertain: uncertain, RequestID: "req-abc12345", Body: body}
	}
	nested := func(status int, class provider.Class, uncertain bool) conformance.Code {
		const body = `{"action":"","data":{},"error":{},"message":"%s","requestId":"req-abc12345","server":"192.0.2.1:8080","success":false}`
		return conformance.Code{Status: status, Class: class, Uncertain: uncertain, RequestID: "req-abc12345", Body: body}
	}
	return []conformance.Code{
		code(http.StatusBadRequest, "INVALID_PARAMETER", provider.Invalid, false),
		code(http.StatusBadRequest, "E001R000", provider.Invalid, false),
		code(http.StatusUnauthorized, "E001R000", provider.Unauthorized, false),
		code(http.StatusForbidden, "E001R000", provider.Forbidden, false),
		code(http.StatusTooManyRequests, "E001R000", provider.Throttled, false),
		code(http.StatusInternalServerError, "E001R000", provider.Transient, true),
		nested(http.StatusForbidden, provider.Forbidden, false),
		nested(http.StatusInternalServerError, provider.Transient, true),
		// A success has to say that it is one.
		code(http.StatusOK, "INVALID_PARAMETER", provider.Invalid, false),
		nested(http.StatusOK, provider.Invalid, false),
	}
}
