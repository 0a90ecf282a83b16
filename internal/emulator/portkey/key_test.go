package portkey_test

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// service returns the body of a key in workspace %W with further fields.
func service(fields string) string {
	body := `{"name":"k","scopes":["completions.write"],"workspace_id":"%W"`
	if fields != "" {
		body += "," + fields
	}
	return body + "}"
}

// TestDocumentedKeySamples sends the bodies of the vendor's samples as they
// are, to the organisation, and with a workspace, to a workspace.
func TestDocumentedKeySamples(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	for _, body := range []string{
		`{"name":"API_KEY_NAME_0909","scopes":["completions.write"]}`,
		`{"name":"Auto-rotating Key","scopes":["completions.write"],"rotation_policy":{"rotation_period":"monthly","key_transition_period_ms":3600000}}`,
		`{"name":"Budget-limited Key","scopes":["completions.write"],"usage_limits":{"type":"cost","credit_limit":100,` +
			`"alert_threshold":80,"periodic_reset":"monthly"},"alert_emails":["admin@example.com"]}`,
	} {
		var k map[string]string
		o.ok("POST", keysPath+"/organisation/service", body, &k)
		if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(k["id"]) ||
			len(k["key"]) < 20 || k["object"] != "api-key" || len(k) != 3 {
			t.Errorf("create answers %v, want a UUID, a key and the object api-key", k)
		}
		o.ok("POST", servicePath, strings.Replace(body, "{", `{"workspace_id":"`+ws+`",`, 1), &k)
		o.ok("POST", servicePath, strings.Replace(body, "{", `{"type":"workspace","sub-type":"service","workspace_id":"`+ws+`",`, 1), &k)
		for _, update := range []string{
			`{"name":"API_KEY_NAME_0909","rate_limits":[{"type":"requests","unit":"rpm","value":100}]}`,
			`{"reset_usage":true}`,
			`{"rotation_policy":{"rotation_period":"monthly","key_transition_period_ms":3600000}}`,
			`{"usage_limits":{"type":"cost","credit_limit":100,"alert_threshold":80,"periodic_reset":"monthly"},"alert_emails":["admin@example.com"]}`,
		} {
			o.empty("PUT", keysPath+"/"+k["id"], update)
		}
		o.ok("POST", keysPath+"/"+k["id"]+"/rotate", `{"key_transition_period_ms":3600000}`, new(any))
	}
}

func TestCreateKeyRules(t *testing.T) {
	tests := []struct {
		name, path, body, problem string
	}{
		{"a service key", "workspace/service", service(``), ""},
		{"a user key", "workspace/user", service(`"user_id":"c3d4e5f6-a7b8-6c7d-0e1f-2a3b4c5d6e7f"`), ""},
		{"an organisation key", "organisation/service", `{"name":"k","scopes":["a"]}`, ""},
		{"of this organisation", "workspace/service", service(`"organisation_id":"%O"`), ""},
		{"rate limits", "workspace/service", service(`"rate_limits":[{"type":"tokens","unit":"rps","value":0},{"type":"requests","unit":"rpw","value":5}]`), ""},
		{"rate limits null", "workspace/service", service(`"rate_limits":null`), ""},
		{"usage limits", "workspace/service", service(`"usage_limits":{"credit_limit":1,"periodic_reset_days":30}`), ""},
		{"defaults", "workspace/service", service(`"defaults":{"metadata":{"a":1,"b":["c"]},"config_id":"pc-1","allow_config_override":false}`), ""},
		{"expiry", "workspace/service", service(`"expires_at":"2026-12-31T23:59:59Z"`), ""},
		{"expiry in another zone", "workspace/service", service(`"expires_at":"2026-12-31T23:59:59+08:00"`), ""},
		{"expiry null", "workspace/service", service(`"expires_at":null`), ""},
		{"emails", "workspace/service", service(`"alert_emails":["foo@bar.com","a.b@c.de"]`), ""},
		{"weekly rotation", "workspace/service", service(`"rotation_policy":{"rotation_period":"weekly"}`), ""},
		{"rotation by days", "workspace/service", service(`"rotation_policy":{"rotation_period_days":365}`), ""},
		{"rotation at a time", "workspace/service", service(`"rotation_policy":{"rotation_period":null,"next_rotation_at":"2026-06-01T00:00:00Z"}`), ""},
		{"shortest transition", "workspace/service", service(`"rotation_policy":{"rotation_period":"weekly","key_transition_period_ms":1800000}`), ""},
		{"rotation null", "workspace/service", service(`"rotation_policy":null`), ""},

		{"a user key of the organisation", "organisation/user", `{"name":"k","scopes":["a"]}`, `no API keys of type "organisation"`},
		{"an unknown type", "team/service", service(``), `no API keys of type "team"`},
		{"an unknown sub-type", "workspace/robot", service(``), `sub-type "robot"`},
		{"no name", "workspace/service", `{"scopes":["a"],"workspace_id":"%W"}`, "name: is required"},
		{"an empty name", "workspace/service", `{"name":"","scopes":["a"],"workspace_id":"%W"}`, "name: must not be empty"},
		{"no scopes", "workspace/service", `{"name":"k","workspace_id":"%W"}`, "scopes: is required"},
		{"scopes null", "workspace/service", `{"name":"k","scopes":null,"workspace_id":"%W"}`, "scopes: must not be null"},
		{"scopes a string", "workspace/service", `{"name":"k","scopes":"a","workspace_id":"%W"}`, "scopes: must be an array"},
		{"no workspace", "workspace/service", `{"name":"k","scopes":["a"]}`, "workspace_id: is required"},
		{"no user", "workspace/user", service(``), "user_id: is required"},
		{"an organisation key with a workspace", "organisation/service", service(``), "belongs to no workspace"},
		{"another type in the body", "workspace/service", service(`"type":"organisation"`), "type: must be one of"},
		{"another sub-type in the body", "workspace/service", service(`"sub-type":"user"`), "sub-type: must be one of"},
		{"organisation null", "workspace/service", service(`"organisation_id":null`), "organisation_id: must not be null"},
		{"workspace null", "workspace/service", `{"name":"k","scopes":["a"],"workspace_id":null}`, "workspace_id: must not be null"},
		{"user null", "workspace/user", service(`"user_id":null`), "user_id: must not be null"},
		{"description null", "workspace/service", service(`"description":null`), "description: must not be null"},
		{"a rate limit without type", "workspace/service", service(`"rate_limits":[{"unit":"rpm","value":1}]`), "rate_limits[0].type: is required"},
		{"a rate limit without unit", "workspace/service", service(`"rate_limits":[{"type":"tokens","value":1}]`), "rate_limits[0].unit: is required"},
		{"a rate limit without value", "workspace/service", service(`"rate_limits":[{"type":"tokens","unit":"rpm"}]`), "rate_limits[0].value: is required"},
		{"a negative rate", "workspace/service", service(`"rate_limits":[{"type":"tokens","unit":"rpm","value":-1}]`), "value: must be at least 0"},
		{"an unknown unit", "workspace/service", service(`"rate_limits":[{"type":"tokens","unit":"rpy","value":1}]`), "unit: must be one of"},
		{"usage limits a list", "workspace/service", service(`"usage_limits":[{"credit_limit":1}]`), "usage_limits: must be an object"},
		{"usage limits null", "workspace/service", service(`"usage_limits":null`), "usage_limits: must not be null"},
		{"a usage limit of 0", "workspace/service", service(`"usage_limits":{"credit_limit":0}`), "usage_limits.credit_limit: must be at least 1"},
		{"an unknown field of usage limits", "workspace/service", service(`"usage_limits":{"x":0}`), "usage_limits.x: unknown field"},
		{"metadata a list", "workspace/service", service(`"defaults":{"metadata":[]}`), "defaults.metadata: must be an object"},
		{"config a number", "workspace/service", service(`"defaults":{"config_id":1}`), "defaults.config_id: must be a string"},
		{"override a number", "workspace/service", service(`"defaults":{"allow_config_override":0}`), "allow_config_override: must be a boolean"},
		{"an unknown default", "workspace/service", service(`"defaults":{"x":0}`), "defaults.x: unknown field"},
		{"an email that is none", "workspace/service", service(`"alert_emails":["foo"]`), "is not an e-mail address"},
		{"an email with a name", "workspace/service", service(`"alert_emails":["Foo <foo@bar.com>"]`), "is not an e-mail address"},
		{"an expiry that is no time", "workspace/service", service(`"expires_at":"2026-12-31"`), "expires_at: must be an RFC 3339 time"},
		{"an expiry that is past", "workspace/service", service(`"expires_at":"2020-12-31T00:00:00Z"`), "expires_at: must be in the future"},
		{"an expiry in seconds", "workspace/service", service(`"expires_at":1893456000`), "expires_at: must be a string"},
		{"an empty rotation", "workspace/service", service(`"rotation_policy":{}`), "exactly one of"},
		{"two rotations", "workspace/service", service(`"rotation_policy":{"rotation_period":"weekly","next_rotation_at":"2026-06-01T00:00:00Z"}`), "exactly one of"},
		{"an unknown rotation", "workspace/service", service(`"rotation_policy":{"rotation_period":"daily"}`), "rotation_period: must be one of"},
		{"rotation every 0 days", "workspace/service", service(`"rotation_policy":{"rotation_period_days":0}`), "must be at least 1"},
		{"rotation every 366 days", "workspace/service", service(`"rotation_policy":{"rotation_period_days":366}`), "must be at most 365"},
		{"rotation at no time", "workspace/service", service(`"rotation_policy":{"next_rotation_at":"soon"}`), "next_rotation_at: must be an RFC 3339"},
		{"too short a transition", "workspace/service", service(`"rotation_policy":{"rotation_period":"weekly","key_transition_period_ms":1799999}`), "must be at least 1800000"},
		{"a transition as long as a week", "workspace/service", service(`"rotation_policy":{"rotation_period":"weekly","key_transition_period_ms":604800000}`), "less than the rotation period"},
		{"a transition as long as a month", "workspace/service", service(`"rotation_policy":{"rotation_period":"monthly","key_transition_period_ms":2419200000}`), "less than the rotation period"},
		{"an unknown field of the rotation", "workspace/service", service(`"rotation_policy":{"rotation_period":"weekly","x":1}`), "rotation_policy.x: unknown field"},
		{"reset only on update", "workspace/service", service(`"reset_usage":true`), "reset_usage: unknown field"},
		{"an unknown field", "workspace/service", service(`"key":"mine"`), "key: unknown field"},
		{"a duplicate field", "workspace/service", service(`"name":"k"`), "duplicate key"},
		{"a query parameter", "workspace/service?workspace_id=x", service(``), "unknown query parameter"},
		{"no body", "workspace/service", ``, "Content-Type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrganisation(t)
			ws := o.create("w")
			body := strings.NewReplacer("%W", ws, "%O", o.state().OrganisationID).Replace(tt.body)
			if tt.problem == "" {
				o.ok("POST", keysPath+"/"+tt.path, body, new(any))
				return
			}
			o.invalid("POST", keysPath+"/"+tt.path, body, tt.problem)
			if got := len(o.state().Keys); got != 0 {
				t.Errorf("%d keys were made", got)
			}
		})
	}
}

func TestIDsOfOthers(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	o.refused("POST", servicePath, `{"name":"k","scopes":["a"],"workspace_id":"`+ws+`","organisation_id":"a1b2c3d4-e5f6-7890-abcd-ef1234567890"}`,
		http.StatusForbidden, "AB03", "organisation")
	o.refused("POST", servicePath, `{"name":"k","scopes":["a"],"workspace_id":"ws-other-174eb1"}`, http.StatusForbidden, "AB03", "permissions")
}

// TestNoScopes is what the vendor's provider reports: not an error of the API
// but 502 from the proxy before it.
func TestNoScopes(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	id, _ := o.issue(ws, "k")
	for _, call := range []struct{ method, path, body string }{
		{"POST", servicePath, `{"name":"k","scopes":[],"workspace_id":"` + ws + `"}`},
		{"PUT", keysPath + "/" + id, `{"scopes":[]}`},
	} {
		reply := o.do(call.method, call.path, call.body)
		if reply.Status != http.StatusBadGateway || reply.Header.Get("Content-Type") != "text/html" || reply.Changed {
			t.Errorf("%s %s: HTTP %d %s, want 502 and HTML", call.method, call.path, reply.Status, reply.Body)
		}
	}
	if keys := o.state().Keys; len(keys) != 1 || len(keys[0].Scopes) != 1 {
		t.Errorf("the keys are %+v, want one with its scope", keys)
	}
}

func TestKeyAnswers(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	body := `{"name":"k","description":"d","workspace_id":"` + ws + `","user_id":"u-1","scopes":["completions.write","logs.view"],` +
		`"rate_limits":[{"type":"requests","unit":"rpm","value":100}],` +
		`"usage_limits":{"type":"cost","credit_limit":100,"alert_threshold":80,"periodic_reset":"monthly"},` +
		`"defaults":{"metadata":{"team":"backend"},"config_id":"config-abc","allow_config_override":false},` +
		`"alert_emails":["foo@bar.com"],"expires_at":"2026-12-31T23:59:59Z"}`
	var made struct{ ID, Key string }
	o.ok("POST", keysPath+"/workspace/user", body, &made)
	want := map[string]any{
		"id": made.ID, "key": made.Key[:2] + "*******" + made.Key[len(made.Key)-2:], "name": "k", "description": "d",
		"type": "workspace-user", "organisation_id": o.state().OrganisationID, "workspace_id": ws, "user_id": "u-1", "status": "active",
		"created_at": "2024-07-30T13:27:29Z", "last_updated_at": "2024-07-30T13:27:29Z", "creation_mode": "api",
		"rate_limits": []any{map[string]any{"type": "requests", "unit": "rpm", "value": 100.0}},
		"usage_limits": map[string]any{
			"type": "cost", "credit_limit": 100.0, "alert_threshold": 80.0, "periodic_reset": "monthly", "next_usage_reset_at": "2024-08-01T00:00:00Z",
		},
		"reset_usage": 0.0, "scopes": []any{"completions.write", "logs.view"},
		"defaults":              map[string]any{"metadata": map[string]any{"team": "backend"}, "config_id": "config-abc"},
		"allow_config_override": 0.0, "alert_emails": []any{"foo@bar.com"}, "expires_at": "2026-12-31T23:59:59Z", "object": "api-key",
	}
	var got map[string]any
	o.ok("GET", keysPath+"/"+made.ID, "", &got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("get answers\n     %v\nwant %v", got, want)
	}
	var p page
	o.ok("GET", keysPath, "", &p)
	if !reflect.DeepEqual(p.Data, []map[string]any{want}) {
		t.Errorf("list answers\n     %v\nwant %v", p.Data, want)
	}
	o.invalid("GET", keysPath+"/"+made.ID+"?x=1", "", "unknown query parameter")
	o.invalid("GET", keysPath+"/"+made.ID, "{}", "no body")
}

func TestKeyAnswersOfABareKey(t *testing.T) {
	o := newOrganisation(t)
	id, secret := o.issue(o.create("w"), "k")
	reply := o.do("GET", keysPath+"/"+id, "")
	if strings.Contains(string(reply.Body), secret) {
		t.Fatalf("get shows the secret: %s", reply.Body)
	}
	for _, want := range []string{`"rate_limits":[]`, `"alert_emails":[]`, `"defaults":{"metadata":{}}`, `"allow_config_override":null`} {
		if !strings.Contains(string(reply.Body), want) {
			t.Errorf("get answers %s, want %s in it", reply.Body, want)
		}
	}
	for _, absent := range []string{"usage_limits", "expires_at", "user_id", "description"} {
		if strings.Contains(string(reply.Body), `"`+absent+`"`) {
			t.Errorf("get answers %s, want no %s", reply.Body, absent)
		}
	}
	o.empty("PUT", keysPath+"/"+id, `{"defaults":{"allow_config_override":true}}`)
	if reply := o.do("GET", keysPath+"/"+id, ""); !strings.Contains(string(reply.Body), `"allow_config_override":1`) {
		t.Errorf("get answers %s, want allow_config_override 1", reply.Body)
	}
}

func TestUpdateKey(t *testing.T) {
	start := `"description":"d","rate_limits":[{"type":"requests","unit":"rpm","value":9}],"usage_limits":{"credit_limit":5},` +
		`"defaults":{"metadata":{"a":"b"},"config_id":"c"},"alert_emails":["a@b.c"],"expires_at":"2026-01-01T00:00:00Z"`
	tests := []struct {
		name, body, problem string
		changes             map[string]any
		gone                string
	}{
		{"nothing", `{}`, "", nil, ""},
		{"name", `{"name":"new"}`, "", map[string]any{"name": "new"}, ""},
		{"description", `{"description":""}`, "", map[string]any{"description": ""}, ""},
		{"scopes", `{"scopes":["x"]}`, "", map[string]any{"scopes": []any{"x"}}, ""},
		{"rate limits cleared", `{"rate_limits":null}`, "", map[string]any{"rate_limits": []any{}}, ""},
		{"usage limits replaced", `{"usage_limits":{"type":"tokens"}}`, "", map[string]any{"usage_limits": map[string]any{"type": "tokens"}}, ""},
		{"usage limits cannot be emptied", `{"usage_limits":{}}`, "", nil, ""},
		{"expiry moved", `{"expires_at":"2027-01-01T00:00:00Z"}`, "", map[string]any{"expires_at": "2027-01-01T00:00:00Z"}, ""},
		{"expiry cleared", `{"expires_at":null}`, "", nil, "expires_at"},
		{"emails", `{"alert_emails":[]}`, "", map[string]any{"alert_emails": []any{}}, ""},
		{"metadata", `{"defaults":{"metadata":{}}}`, "", map[string]any{"defaults": map[string]any{"metadata": map[string]any{}, "config_id": "c"}}, ""},
		{"rotation", `{"rotation_policy":{"rotation_period":"weekly"}}`, "", nil, ""},

		{"name null", `{"name":null}`, "name: must not be null", nil, ""},
		{"name empty", `{"name":""}`, "name: must not be empty", nil, ""},
		{"usage limits null", `{"usage_limits":null}`, "usage_limits: must not be null", nil, ""},
		{"reset no boolean", `{"reset_usage":1}`, "reset_usage: must be a boolean", nil, ""},
		{"the workspace", `{"workspace_id":"%W"}`, "workspace_id: unknown field", nil, ""},
		{"the user", `{"user_id":"u"}`, "user_id: unknown field", nil, ""},
		{"the type", `{"type":"workspace"}`, "type: unknown field", nil, ""},
		{"the status", `{"status":"active"}`, "status: unknown field", nil, ""},
		{"a query", `?x=1`, "unknown query parameter", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrganisation(t)
			ws := o.create("w")
			var k struct{ ID string }
			o.ok("POST", servicePath, strings.ReplaceAll(service(start), "%W", ws), &k)
			path := keysPath + "/" + k.ID
			var want, got map[string]any
			o.ok("GET", path, "", &want)
			o.now = o.now.Add(time.Minute)
			switch {
			case strings.HasPrefix(tt.body, "?"):
				o.invalid("PUT", path+tt.body, `{}`, tt.problem)
			case tt.problem != "":
				o.invalid("PUT", path, strings.ReplaceAll(tt.body, "%W", ws), tt.problem)
			default:
				o.empty("PUT", path, tt.body)
				want["last_updated_at"] = "2024-07-30T13:28:29Z"
			}
			for name, value := range tt.changes {
				want[name] = value
			}
			delete(want, tt.gone)
			o.ok("GET", path, "", &got)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("after the update:\n got %v\nwant %v", got, want)
			}
		})
	}
}

func TestResetUsage(t *testing.T) {
	o := newOrganisation(t)
	id, _ := o.issue(o.create("w"), "k")
	status := func() string {
		var k struct{ Status string }
		o.ok("GET", keysPath+"/"+id, "", &k)
		return k.Status
	}
	if _, err := o.vendor.Change("keys", id, []byte(`{"exhausted":true}`)); err != nil {
		t.Fatal(err)
	}
	o.empty("PUT", keysPath+"/"+id, `{"reset_usage":false}`)
	if got := status(); got != "exhausted" {
		t.Errorf("the status is %s, want exhausted", got)
	}
	o.empty("PUT", keysPath+"/"+id, `{"reset_usage":true}`)
	if got := status(); got != "active" {
		t.Errorf("the status is %s, want active", got)
	}
}

func TestKeyStaleReads(t *testing.T) {
	o := newOrganisation(t)
	id, _ := o.issue(o.create("w"), "old")
	o.configure(`{"staleReads":1}`)
	o.empty("PUT", keysPath+"/"+id, `{"name":"new"}`)
	for i, want := range []string{"old", "new"} {
		if names, _ := o.names(keysPath); names[0] != want {
			t.Errorf("read %d after the update shows %v, want %s", i+1, names, want)
		}
	}
}

func TestDeleteKey(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	id, secret := o.issue(ws, "k")
	o.invalid("DELETE", keysPath+"/"+id, `{}`, "no body")
	o.invalid("DELETE", keysPath+"/"+id+"?x=1", ``, "unknown query parameter")
	o.empty("DELETE", keysPath+"/"+id, "")
	o.as(secret).refused("GET", keysPath, "", http.StatusUnauthorized, "AB05", "")
	for code, status := range map[string]int{"AB08": 404, "AB03": 403, "AB02": 404} {
		o.configure(`{"keyGone":"` + code + `"}`)
		for _, call := range [][2]string{{"GET", ""}, {"PUT", `{}`}, {"DELETE", ""}} {
			o.refused(call[0], keysPath+"/"+id, call[1], status, code, "not found")
		}
		o.refused("POST", keysPath+"/"+id+"/rotate", "", status, code, "not found")
	}
	if names, _ := o.names(keysPath); len(names) != 0 {
		t.Errorf("a deleted key is listed: %v", names)
	}
}

func TestRotate(t *testing.T) {
	const halfHour = 30 * time.Minute
	tests := []struct {
		name, body string
		overlap    time.Duration
	}{
		{"no body", ``, halfHour},
		{"an empty body", `{}`, halfHour},
		{"the shortest overlap", `{"key_transition_period_ms":1800000}`, halfHour},
		{"an hour", `{"key_transition_period_ms":3600000}`, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrganisation(t)
			id, old := o.issue(o.create("w"), "k")
			var r map[string]string
			o.ok("POST", keysPath+"/"+id+"/rotate", tt.body, &r)
			want := o.now.Add(tt.overlap).Format("2006-01-02T15:04:05.000Z")
			if r["id"] != id || r["key"] == old || len(r["key"]) < 20 || r["key_transition_expires_at"] != want || len(r) != 3 {
				t.Errorf("rotate answers %v, want the same id, a new key and %s", r, want)
			}
			// A known key without permission is 403, an unknown one 401.
			works := func(secret string) bool { return o.as(secret).do("GET", keysPath, "").Status == http.StatusForbidden }
			if !works(old) || !works(r["key"]) {
				t.Error("during the transition both secrets must work")
			}
			o.invalid("POST", keysPath+"/"+id+"/rotate", tt.body, "still in transition")
			o.now = o.now.Add(tt.overlap - time.Millisecond)
			o.invalid("POST", keysPath+"/"+id+"/rotate", tt.body, "still in transition")
			if !works(old) {
				t.Error("the old secret ends before the transition does")
			}
			o.now = o.now.Add(time.Millisecond)
			if works(old) || !works(r["key"]) {
				t.Error("after the transition only the new secret must work")
			}
			o.ok("POST", keysPath+"/"+id+"/rotate", tt.body, new(any))
		})
	}
}

func TestRotateRules(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	id, secret := o.issue(ws, "k")
	var weekly struct{ ID string }
	o.ok("POST", servicePath, strings.ReplaceAll(service(`"rotation_policy":{"rotation_period":"weekly"}`), "%W", ws), &weekly)
	tests := []struct{ id, query, body, problem string }{
		{id, "", `{"key_transition_period_ms":1799999}`, "must be at least 1800000"},
		{id, "", `{"key_transition_period_ms":"3600000"}`, "must be an integer"},
		{id, "", `{"key_transition_period_ms":null}`, "must not be null"},
		{id, "", `{"x":1}`, "x: unknown field"},
		{id, "", `[]`, "must be a JSON object"},
		{id, "?x=1", ``, "unknown query parameter"},
		{weekly.ID, "", `{"key_transition_period_ms":604800000}`, "less than the rotation period"},
	}
	for _, tt := range tests {
		o.invalid("POST", keysPath+"/"+tt.id+"/rotate"+tt.query, tt.body, tt.problem)
	}
	if got := o.apiKey(id).Secret; got != secret {
		t.Error("a refused rotation changed the secret")
	}
	o.ok("POST", keysPath+"/"+weekly.ID+"/rotate", `{"key_transition_period_ms":604799999}`, new(any))
}

func TestKeyNamesNeedNotBeUnique(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	seen := map[string]bool{}
	for i := range 5 {
		id, secret := o.issue(ws, "same")
		if seen[id] || seen[secret] {
			t.Fatalf("key %d repeats an id or a secret", i)
		}
		seen[id], seen[secret] = true, true
	}
	if names, total := o.names(keysPath); total != 5 {
		t.Errorf("listed are %d keys: %s", total, fmt.Sprint(names))
	}
}
