package groundfloor_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// endpoints are all documented calls on a workspace %W, with a valid body.
func endpoints() []struct{ method, path, body string } {
	return []struct{ method, path, body string }{
		{"GET", "/v1/workspaces", ""},
		{"POST", "/v1/workspaces", request("n")},
		{"GET", accountPath, ""},
		{"GET", "/v1/workspaces/%W", ""},
		{"GET", "/v1/workspaces/%W/environments", ""},
		{"PATCH", "/v1/workspaces/%W/status", `{"status":"frozen"}`},
		{"GET", "/v1/workspaces/%W/export", ""},
		{"GET", "/v1/workspaces/%W/audit", ""},
	}
}

func TestRoutes(t *testing.T) {
	tests := []struct{ method, path, route string }{
		{"GET", "/v1/workspaces", "/v1/workspaces"},
		{"POST", "/v1/workspaces", "/v1/workspaces"},
		{"GET", "/v1/workspaces/by-account/a", "/v1/workspaces/by-account/{account_id}"},
		{"GET", "/v1/workspaces/by-account/audit", "/v1/workspaces/by-account/{account_id}"},
		{"GET", "/v1/workspaces/by-account", "/v1/workspaces/{workspace_id}"},
		{"GET", "/v1/workspaces/w", "/v1/workspaces/{workspace_id}"},
		{"DELETE", "/v1/workspaces/w", "/v1/workspaces/{workspace_id}"},
		{"GET", "/v1/workspaces/w/environments", "/v1/workspaces/{workspace_id}/environments"},
		{"PATCH", "/v1/workspaces/w/status", "/v1/workspaces/{workspace_id}/status"},
		{"GET", "/v1/workspaces/w/export", "/v1/workspaces/{workspace_id}/export"},
		{"GET", "/v1/workspaces/w/audit", "/v1/workspaces/{workspace_id}/audit"},
		{"POST", "/v1/workspaces/w/freeze", ""},
		{"GET", "/v1/workspaces/w/secrets", ""},
		{"GET", "/v1/workspaces/", ""},
		{"GET", "/workspaces", ""},
		{"GET", "/v2/workspaces", ""},
		{"GET", "/", ""},
	}
	for _, tt := range tests {
		if got := newPlane(t).vendor.Route(tt.method, tt.path); got != tt.route {
			t.Errorf("the route of %s %s is %q, want %q", tt.method, tt.path, got, tt.route)
		}
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	p := newPlane(t)
	for _, path := range []string{
		"/", "/v1", "/v1/workspaces/", "/v1/workspaces//status", "/v1/workspaces/w/secrets",
		"/v1/workspaces/w/status/x", "/v1/workspaces/w/freeze", "/v1/accounts",
	} {
		p.refused("GET", path, "", http.StatusNotFound, "Not Found")
	}
	tests := []struct{ method, path, pattern, allow string }{
		{"PUT", "/v1/workspaces", "/v1/workspaces", "GET, POST"},
		{"HEAD", "/v1/workspaces", "/v1/workspaces", "GET, POST"},
		{"DELETE", "/v1/workspaces/w", "/v1/workspaces/{workspace_id}", "GET"},
		{"PATCH", "/v1/workspaces/w", "/v1/workspaces/{workspace_id}", "GET"},
		{"POST", accountPath, "/v1/workspaces/by-account/{account_id}", "GET"},
		{"PATCH", "/v1/workspaces/by-account/status", "/v1/workspaces/by-account/{account_id}", "GET"},
		{"POST", "/v1/workspaces/w/environments", "/v1/workspaces/{workspace_id}/environments", "GET"},
		{"PUT", "/v1/workspaces/w/status", "/v1/workspaces/{workspace_id}/status", "PATCH"},
		{"GET", "/v1/workspaces/w/status", "/v1/workspaces/{workspace_id}/status", "PATCH"},
		{"POST", "/v1/workspaces/w/export", "/v1/workspaces/{workspace_id}/export", "GET"},
		{"DELETE", "/v1/workspaces/w/audit", "/v1/workspaces/{workspace_id}/audit", "GET"},
	}
	for _, tt := range tests {
		p.refused(tt.method, tt.path, "", http.StatusMethodNotAllowed, "no "+tt.method+" on "+tt.pattern)
		if got := p.do(tt.method, tt.path, "").Header.Get("Allow"); got != tt.allow {
			t.Errorf("%s %s allows %q, want %q", tt.method, tt.path, got, tt.allow)
		}
	}
}

func TestAuthentication(t *testing.T) {
	headers := map[string][]string{
		"none":             nil,
		"empty":            {""},
		"an unknown token": {"Bearer wrong"},
		"another case":     {"Bearer Token"},
		"a longer token":   {"Bearer token2"},
		"no scheme":        {"token"},
		"another scheme":   {"Basic token"},
		"no space":         {"Bearertoken"},
		"a tab":            {"Bearer\ttoken"},
		"two spaces":       {"Bearer  token"},
		"no token":         {"Bearer "},
		"twice":            {"Bearer token", "Bearer token"},
	}
	for _, tt := range endpoints() {
		p := newPlane(t)
		path := strings.ReplaceAll(tt.path, "%W", p.create("w"))
		before := p.saved()
		for name, values := range headers {
			header := http.Header{"Content-Type": {"application/json"}}
			if values != nil {
				header["Authorization"] = values
			}
			reply := p.vendor.Serve(&wire.Request{Method: tt.method, Path: path, Header: header, Body: []byte(tt.body), Now: *p.now})
			p.same(reply, http.StatusUnauthorized, `{"detail":"Invalid or expired token","code":""}`, tt.method+" "+tt.path+" with "+name)
			if reply.Changed || p.saved() != before {
				t.Errorf("%s %s with %s in Authorization changed something", tt.method, tt.path, name)
			}
		}
		if reply := p.do(tt.method, path, tt.body); reply.Status/100 != 2 {
			t.Errorf("%s %s with the token: HTTP %d %s", tt.method, tt.path, reply.Status, reply.Body)
		}
	}
}

// TestSchemeInAnyCase: the name of a scheme is the same in any case, by RFC
// 9110, section 11.1.
func TestSchemeInAnyCase(t *testing.T) {
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEaReR"} {
		p := newPlane(t)
		header := http.Header{"Authorization": {scheme + " token"}}
		if reply := p.vendor.Serve(&wire.Request{Method: "GET", Path: workspacesPath, Header: header, Now: *p.now}); reply.Status != http.StatusOK {
			t.Errorf("with %s the answer is HTTP %d %s, want 200", scheme, reply.Status, reply.Body)
		}
	}
}

func TestTokenLifetime(t *testing.T) {
	p := with(t, `{"tokenLifetimeSeconds":300}`)
	p.pass(299 * time.Second)
	p.get(workspacesPath, new(any))
	p.pass(time.Second)
	p.refused("GET", workspacesPath, "", http.StatusUnauthorized, "Invalid or expired token")
	p.refused("POST", workspacesPath, request("n"), http.StatusUnauthorized, "Invalid or expired token")
	if got := p.vendor.Credentials(); !slices.Equal(got, []string{"token"}) {
		t.Errorf("credentials are %v, want the expired one", got)
	}

	if err := p.vendor.SetCredentials([]string{"next"}); err != nil {
		t.Fatal(err)
	}
	p.as("next").get(workspacesPath, new(any))
	p.refused("GET", workspacesPath, "", http.StatusUnauthorized, "Invalid or expired token")

	if err := p.vendor.SetCredentials([]string{"next", "token"}); err != nil {
		t.Fatal(err)
	}
	p.pass(299 * time.Second)
	p.get(workspacesPath, new(any)) // the same token, set again
	p.pass(time.Second)
	p.refused("GET", workspacesPath, "", http.StatusUnauthorized, "Invalid or expired token")
	p.configure(`{"tokenLifetimeSeconds":0}`)
	p.pass(24 * 365 * time.Hour)
	p.get(workspacesPath, new(any))
}

func TestQueriesAndBodiesThatAreNotDocumented(t *testing.T) {
	for _, tt := range endpoints() {
		p := newPlane(t)
		path := strings.ReplaceAll(tt.path, "%W", p.create("w"))
		p.invalid(tt.method, path+"?offset=1", tt.body, "query", `unknown query parameter "offset"`)
		if takes := tt.path == "/v1/workspaces" && tt.method == "GET" || tt.path == accountPath || strings.HasSuffix(tt.path, "/audit"); takes {
			p.invalid(tt.method, path+"?limit=1&limit=1", tt.body, "query", `query parameter "limit" given 2 times`)
		} else {
			p.invalid(tt.method, path+"?limit=1", tt.body, "query", `unknown query parameter "limit"`)
		}
		if tt.body == "" {
			p.invalid(tt.method, path, "{}", "body", "GET takes no body here")
		} else {
			p.invalid(tt.method, path, "", "body", "Content-Type must be application/json")
		}
	}
}

func TestContentTypes(t *testing.T) {
	tests := map[string]bool{
		"application/json":                     true,
		"application/json; charset=utf-8":      true,
		"Application/JSON; charset=UTF-8":      true,
		"":                                     false,
		"text/plain":                           false,
		"application/json; charset=iso-8859-1": false,
		"application/merge-patch+json":         false,
		"application/x-www-form-urlencoded":    false,
	}
	for kind, accepted := range tests {
		for _, tt := range endpoints() {
			if tt.body == "" {
				continue
			}
			p := newPlane(t)
			path := strings.ReplaceAll(tt.path, "%W", p.create("w"))
			reply := p.vendor.Serve(&wire.Request{
				Method: tt.method, Path: path, Body: []byte(tt.body), Now: *p.now,
				Header: http.Header{"Authorization": {"Bearer token"}, "Content-Type": {kind}},
			})
			if got := reply.Status/100 == 2; got != accepted {
				t.Errorf("%s %s as %q: HTTP %d %s, want it accepted: %v", tt.method, tt.path, kind, reply.Status, reply.Body, accepted)
			}
			if !accepted && reply.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s %s as %q: HTTP %d, want 422", tt.method, tt.path, kind, reply.Status)
			}
		}
	}
}

// TestPermissions calls every endpoint of a workspace with every permission.
func TestPermissions(t *testing.T) {
	for _, tt := range endpoints() {
		if !strings.Contains(tt.path, "%W") {
			continue
		}
		p := newPlane(t)
		none := strings.ReplaceAll(tt.path, "%W", p.console(`{"permission":"none"}`))
		read := strings.ReplaceAll(tt.path, "%W", p.console(`{"permission":"read"}`))
		administer := strings.ReplaceAll(tt.path, "%W", p.console(`{"permission":"administer","member":false}`))
		gone := p.console(`{}`)
		if err := p.vendor.Remove("workspaces", gone); err != nil {
			t.Fatal(err)
		}
		p.refused(tt.method, none, tt.body, http.StatusNotFound, "Workspace not found")
		p.refused(tt.method, strings.ReplaceAll(tt.path, "%W", gone), tt.body, http.StatusNotFound, "Workspace not found")
		p.refused(tt.method, strings.ReplaceAll(tt.path, "%W", "nothing"), tt.body, http.StatusNotFound, "Workspace not found")
		if tt.method == "PATCH" {
			p.refused(tt.method, read, tt.body, http.StatusForbidden, "Missing permission administer on this workspace")
		} else {
			p.ok(tt.method, read, tt.body, http.StatusOK, new(any))
		}
		p.ok(tt.method, administer, tt.body, http.StatusOK, new(any))
	}
}

func TestUUIDPaths(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	p.get(workspacesPath+"/"+strings.ToUpper(id), new(any)) // a UUID has no case
	p.get(workspacesPath+"/by-account/"+strings.ToUpper(groundfloor.DefaultAccountID), new([]any))
	p.console(`{"id":"ws-by-hand"}`)
	p.get(workspacesPath+"/ws-by-hand", new(any))
	p.refused("GET", workspacesPath+"/by-account/nobody", "", http.StatusNotFound, "Account not found")

	p.configure(`{"uuidPaths":true}`)
	for _, path := range []string{"/ws-by-hand", "/ws-by-hand/environments", "/ws-by-hand/export", "/ws-by-hand/audit", "/" + id + "0", "/" + strings.ReplaceAll(id, "-", "")} {
		p.invalid("GET", workspacesPath+path, "", "path.workspace_id", "must be a UUID")
	}
	p.invalid("PATCH", workspacesPath+"/x/status", `{"status":"frozen"}`, "path.workspace_id", "must be a UUID")
	p.invalid("GET", workspacesPath+"/by-account/nobody", "", "path.account_id", "must be a UUID")
	p.refused("GET", workspacesPath+"/by-account/"+otherAccount, "", http.StatusNotFound, "Account not found")
	p.get(workspacesPath+"/"+id, new(any))
	p.get(accountPath, new([]any))
}

func TestDetailText(t *testing.T) {
	p := with(t, `{"detailText":true}`)
	p.refused("POST", workspacesPath, `{}`, http.StatusUnprocessableEntity, "body.account_id: is required")
	p.refused("POST", workspacesPath, `[]`, http.StatusUnprocessableEntity, "body: body must be a JSON object")
	p.refused("GET", workspacesPath+"?limit=0", "", http.StatusUnprocessableEntity, "query.limit: must be an integer of at least 1")
	p.refused("GET", workspacesPath+"/x", "", http.StatusNotFound, "Workspace not found")
}

func TestRateLimit(t *testing.T) {
	p := with(t, `{"requestsPerMinute":3}`)
	for range 3 {
		p.get(workspacesPath, new(any))
	}
	p.refused("GET", workspacesPath, "", http.StatusTooManyRequests, "Too many requests")
	p.refused("POST", workspacesPath, request("n"), http.StatusTooManyRequests, "Too many requests")
	p.as("wrong").refused("GET", workspacesPath, "", http.StatusUnauthorized, "Invalid or expired token")
	if got := p.do("GET", workspacesPath, "").Header.Values("Retry-After"); len(got) != 0 {
		t.Errorf("Retry-After is %v, want none unless asked for", got)
	}
	p.configure(`{"retryAfterSeconds":30}`)
	if got := p.do("GET", workspacesPath, "").Header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After is %q, want 30", got)
	}
	if err := p.vendor.SetCredentials([]string{"token", "second"}); err != nil {
		t.Fatal(err)
	}
	p.as("second").get(workspacesPath, new(any)) // counted apart
	p.pass(59 * time.Second)
	p.refused("GET", workspacesPath, "", http.StatusTooManyRequests, "Too many requests")
	p.pass(time.Second)
	p.get(workspacesPath, new(any))
	p.configure(`{"requestsPerMinute":0,"retryAfterSeconds":null}`)
	for range 10 {
		p.get(workspacesPath, new(any))
	}
}

func TestThrottled(t *testing.T) {
	p := newPlane(t)
	reply := p.vendor.Throttled(nil)
	p.same(reply, http.StatusTooManyRequests, `{"detail":"Too many requests","code":""}`, "throttled")
	if got := reply.Header.Values("Retry-After"); len(got) != 0 {
		t.Errorf("Retry-After is %v, want none", got)
	}
	seven := 7
	if got := p.vendor.Throttled(&seven).Header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After is %q, want 7", got)
	}
}
