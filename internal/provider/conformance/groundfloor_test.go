package conformance_test

import (
	"maps"
	"net/http"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func groundfloorVendor() vendor {
	return vendor{
		subject: conformance.Subject{
			Account:    map[string]string{"accountID": groundfloor.DefaultAccountID, "freezeOnDelete": "Enabled"},
			Credential: map[string]string{"token": emulator.DefaultGroundfloorToken},
			Workspace:  provider.WorkspaceSpec{DisplayName: "Development", Region: "us-east-1"},
			Change:     provider.WorkspaceSpec{Frozen: new(true)},
			Codes:      groundfloorCodes(),
			// What is missing answers like what may not be read.
			GoneWorkspace: provider.Forbidden,
			Unreadable:    settings{"permission": "none"},
			Buildings:     groundfloorBuildings(),
			// There is no second page, and no way to tell whether there should be.
			CutOff: func(count int) bool { return count == 100 },
		},
		variants: map[string]variant{
			"as it is":             {},
			"deletion not allowed": {unset: "freezeOnDelete"},
			"the page Provisioning": {settings: settings{
				"answerWithWorkspaceID": true, "tenancyModel": "direct", "environmentStatus": true, "statusAnswer": "empty",
			}},
			"strict": {settings: settings{
				"uuidPaths": true, "uniqueSlugs": true, "unknownAccountStatus": http.StatusForbidden, "newestFirst": true,
			}},
			"errors in words": {settings: settings{"detailText": true, "uuidPaths": true, "showRetention": true, "keepRetention": true}},
			"slow": {settings: settings{
				"rowDelayMillis": 1000, "provisioningMillis": time.Hour.Milliseconds(), "provisioningStatus": "step_1_done", "refuseFreezeWhileProvisioning": true,
			}},
			"answers in objects": {settings: settings{
				"accountListShape": "object", "environmentsShape": "object", "createShape": "object", "answerWithWorkspaceID": true,
			}},
			"a run's id alone":             {settings: settings{"createShape": "text", "environmentsShape": "name"}},
			"an id that may be anything's": {settings: settings{"createShape": "id", "accountListShape": "object"}},
			"a limit by account":           {settings: settings{"limitByAccount": true}},
			"the account's list is cut":    {settings: settings{"accountListLimit": 100}},
			"both lists are cut":           {settings: settings{"accountListLimit": 100, "maxLimit": 100}, cutOff: func(count int) bool { return count >= 100 }},
		},
	}
}

// groundfloorBuildings are the ways of the vendor's documentation, page
// "Provisioning", to make a workspace in four steps, of which any may fail.
func groundfloorBuildings() []conformance.Building {
	const minute, hour = 60_000, 3_600_000
	building := func(name string, row, done time.Duration, changed settings) conformance.Building {
		all := settings{"rowDelayMillis": 0, "provisioningMillis": 0, "failStep": 0, "retryFailedMillis": 0, "answerWithWorkspaceID": false}
		maps.Copy(all, changed)
		return conformance.Building{Name: name, Row: row, Done: done, Settings: all}
	}
	return []conformance.Building{
		building("at once", 0, 0, nil),
		building("at once, told", 0, 0, settings{"answerWithWorkspaceID": true}),
		building("in an hour", 0, time.Hour, settings{"provisioningMillis": hour}),
		building("in an hour, told", 0, time.Hour, settings{"provisioningMillis": hour, "answerWithWorkspaceID": true}),
		building("shown late", time.Minute, time.Hour, settings{"rowDelayMillis": minute, "provisioningMillis": hour}),
		building("shown when done", time.Hour, time.Hour, settings{"rowDelayMillis": hour, "answerWithWorkspaceID": true}),
		building("failed before it is shown", conformance.Never, conformance.Never, settings{"failStep": 1}),
		building("failed after it is shown", 0, conformance.Never, settings{"failStep": 2}),
		building("failed at the end", 0, conformance.Never, settings{"failStep": 4, "provisioningMillis": hour}),
		building("failed and tried again", time.Hour, time.Hour, settings{"failStep": 1, "retryFailedMillis": hour}),
		building("stuck and tried again", 0, time.Hour, settings{"failStep": 3, "retryFailedMillis": hour}),
	}
}

// groundfloorCodes are the statuses of the vendor's documentation, pages "API
// introduction" and "Authentication", which name no code. What is not valid may
// be told as a list.
func groundfloorCodes() []conformance.Code {
	const text = `{"detail":"%s","code":""}`
	return []conformance.Code{
		{Status: http.StatusUnauthorized, Body: text, Class: provider.Unauthorized},
		{Status: http.StatusForbidden, Body: text, Class: provider.Forbidden},
		{Status: http.StatusNotFound, Body: text, Class: provider.Forbidden},
		{Status: http.StatusUnprocessableEntity, Body: text, Class: provider.Invalid},
		{Status: http.StatusUnprocessableEntity, Class: provider.Invalid, Body: `{"detail":[{"loc":["body","name"],"msg":"%s","type":"value_error"}]}`},
		{Status: http.StatusForbidden, Name: "some_code", Body: `{"detail":"%s","code":"some_code"}`, Class: provider.Forbidden},
		{Status: http.StatusInternalServerError, Body: text, Class: provider.Transient, Uncertain: true},
	}
}
