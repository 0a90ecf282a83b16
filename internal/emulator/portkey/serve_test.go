package portkey_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

func TestRoutes(t *testing.T) {
	tests := []struct{ method, path, route string }{
		{"POST", "/v1/admin/workspaces", "/admin/workspaces"},
		{"POST", "/admin/workspaces", "/admin/workspaces"},
		{"GET", "/v1/admin/workspaces/ws-1", "/admin/workspaces/{workspaceId}"},
		{"GET", "/v1/api-keys", "/api-keys"},
		{"GET", "/api-keys/1", "/api-keys/{id}"},
		{"POST", "/v1/api-keys/1/rotate", "/api-keys/{id}/rotate"},
		{"POST", "/v1/api-keys/workspace/service", "/api-keys/{type}/{sub-type}"},
		{"GET", "/v2/api-keys", ""},
		{"GET", "/v1/v1/api-keys", ""},
		{"GET", "/v1/api_keys", ""},
		{"GET", "/v1/api-keys/", ""},
		{"GET", "/v1", ""},
	}
	for _, tt := range tests {
		if got := newOrganisation(t).vendor.Route(tt.method, tt.path); got != tt.route {
			t.Errorf("the route of %s %s is %q, want %q", tt.method, tt.path, got, tt.route)
		}
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	o := newOrganisation(t)
	for _, path := range []string{"/", "/v1", "/v2/admin/workspaces", "/v1/admin", "/v1/api_keys", "/v1/admin/workspaces/", "/v1/admin/workspaces/x/users"} {
		o.refused("GET", path, "", http.StatusNotFound, "AB08", "no such route")
	}
	tests := []struct{ method, path, allow string }{
		{"PUT", "/v1/admin/workspaces", "POST, GET"},
		{"PATCH", "/v1/admin/workspaces/x", "GET, PUT, DELETE"},
		{"POST", "/v1/admin/workspaces/x", "GET, PUT, DELETE"},
		{"POST", "/v1/api-keys", "GET"},
		{"GET", "/v1/api-keys/x/rotate", "POST"},
		{"GET", "/v1/api-keys/workspace/service", "POST"},
	}
	for _, tt := range tests {
		o.refused(tt.method, tt.path, "", http.StatusMethodNotAllowed, "AB08", "no "+tt.method)
		if got := o.do(tt.method, tt.path, "").Header.Get("Allow"); got != tt.allow {
			t.Errorf("%s %s allows %q, want %q", tt.method, tt.path, got, tt.allow)
		}
	}
}

func TestBothMounts(t *testing.T) {
	o := newOrganisation(t)
	id := o.create("w")
	for _, prefix := range []string{"", "/v1"} {
		o.ok("GET", prefix+"/admin/workspaces/"+id, "", new(any))
		o.ok("GET", prefix+"/api-keys", "", new(any))
	}
}

func TestAuthentication(t *testing.T) {
	o := newOrganisation(t)
	for _, call := range []string{
		"POST /v1/admin/workspaces", "GET /v1/admin/workspaces", "GET /v1/admin/workspaces/x", "PUT /v1/admin/workspaces/x", "DELETE /v1/admin/workspaces/x",
		"POST /v1/api-keys/workspace/service", "GET /v1/api-keys", "GET /v1/api-keys/x", "PUT /v1/api-keys/x", "DELETE /v1/api-keys/x", "POST /v1/api-keys/x/rotate",
	} {
		method, path, _ := strings.Cut(call, " ")
		for _, key := range []string{"", "wrong", "Admin", "admin2"} {
			o.as(key).refused(method, path, "", http.StatusUnauthorized, "AB05", "Unauthorized")
		}
		twice := &wire.Request{Method: method, Path: path, Header: http.Header{"X-Portkey-Api-Key": {"admin", "admin"}}, Now: o.now}
		if reply := o.vendor.Serve(twice); reply.Status != http.StatusUnauthorized {
			t.Errorf("%s with the header twice: HTTP %d", call, reply.Status)
		}
	}
	// A masked key is no key.
	id, _ := o.issue(o.create("w"), "k")
	var k struct{ Key string }
	o.ok("GET", keysPath+"/"+id, "", &k)
	o.as(k.Key).refused("GET", keysPath, "", http.StatusUnauthorized, "AB05", "")
}

func TestContentType(t *testing.T) {
	o := newOrganisation(t)
	id := o.create("w")
	k, _ := o.issue(id, "k")
	for _, call := range []string{
		"POST /v1/admin/workspaces", "PUT /v1/admin/workspaces/" + id, "DELETE /v1/admin/workspaces/" + id,
		"POST /v1/api-keys/workspace/service", "PUT /v1/api-keys/" + k, "POST /v1/api-keys/" + k + "/rotate",
	} {
		method, path, _ := strings.Cut(call, " ")
		reply := o.vendor.Serve(&wire.Request{
			Method: method, Path: path, Body: []byte(`{}`), Now: o.now,
			Header: http.Header{"X-Portkey-Api-Key": {"admin"}, "Content-Type": {"text/plain"}},
		})
		if reply.Status != http.StatusBadRequest || !strings.Contains(string(reply.Body), "Content-Type") {
			t.Errorf("%s as text: HTTP %d %s", call, reply.Status, reply.Body)
		}
	}
}

// TestScopes calls every endpoint with every scope but its own, and then with
// only its own.
func TestScopes(t *testing.T) {
	all := []string{
		"workspaces.create", "workspaces.read", "workspaces.update", "workspaces.delete", "workspaces.list",
		"organisation_service_api_keys.create", "organisation_service_api_keys.read", "organisation_service_api_keys.list",
		"workspace_service_api_keys.create", "workspace_service_api_keys.read", "workspace_service_api_keys.update",
		"workspace_service_api_keys.delete", "workspace_service_api_keys.list", "workspace_service_api_keys.rotate",
		"workspace_user_api_keys.create", "workspace_user_api_keys.list",
	}
	tests := []struct {
		method, path, body string
		scopes             []string // any of them will do
	}{
		{"POST", "/admin/workspaces", `{"name":"n"}`, []string{"workspaces.create"}},
		{"GET", "/admin/workspaces", "", []string{"workspaces.list"}},
		{"GET", "/admin/workspaces/%W", "", []string{"workspaces.read"}},
		{"PUT", "/admin/workspaces/%W", `{}`, []string{"workspaces.update"}},
		{"DELETE", "/admin/workspaces/%W", `{"name":"w","force_delete":true}`, []string{"workspaces.delete"}},
		{"POST", "/api-keys/organisation/service", `{"name":"k","scopes":["a"]}`, []string{"organisation_service_api_keys.create"}},
		{"POST", "/api-keys/workspace/service", `{"name":"k","scopes":["a"],"workspace_id":"%W"}`, []string{"workspace_service_api_keys.create"}},
		{"POST", "/api-keys/workspace/user", `{"name":"k","scopes":["a"],"workspace_id":"%W","user_id":"u"}`, []string{"workspace_user_api_keys.create"}},
		{"GET", "/api-keys", "", []string{"organisation_service_api_keys.list", "workspace_service_api_keys.list", "workspace_user_api_keys.list"}},
		{"GET", "/api-keys/%K", "", []string{"workspace_service_api_keys.read"}},
		{"PUT", "/api-keys/%K", `{}`, []string{"workspace_service_api_keys.update"}},
		{"POST", "/api-keys/%K/rotate", "", []string{"workspace_service_api_keys.rotate", "workspace_service_api_keys.update"}},
		{"DELETE", "/api-keys/%K", "", []string{"workspace_service_api_keys.delete"}},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			o := newOrganisation(t)
			ws := o.create("w")
			k, _ := o.issue(ws, "k")
			fill := strings.NewReplacer("%W", ws, "%K", k)
			without := slices.DeleteFunc(slices.Clone(all), func(scope string) bool { return slices.Contains(tt.scopes, scope) })
			o.scoped(without...).refused(tt.method, fill.Replace(tt.path), fill.Replace(tt.body), http.StatusForbidden, "AB03", "missing scope")
			if tt.method == "DELETE" {
				tt.scopes = tt.scopes[:1]
			}
			for i, scope := range tt.scopes {
				o.now = o.now.Add(time.Hour) // past the transition of a rotation
				if reply := o.scoped(scope).do(tt.method, fill.Replace(tt.path), fill.Replace(tt.body)); reply.Status != http.StatusOK {
					t.Errorf("with scope %s (%d): HTTP %d %s", scope, i, reply.Status, reply.Body)
				}
			}
		})
	}
}

// TestListScopes: a caller sees the keys of the types it may list.
func TestListScopes(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	o.issue(ws, "service")
	o.ok("POST", keysPath+"/workspace/user", `{"name":"user","scopes":["a"],"workspace_id":"`+ws+`","user_id":"u"}`, new(any))
	for scope, want := range map[string]string{"workspace_service_api_keys.list": "service", "workspace_user_api_keys.list": "user"} {
		if names, _ := o.scoped(scope).names(keysPath); !slices.Equal(names, []string{want}) {
			t.Errorf("with %s the list shows %v, want %s", scope, names, want)
		}
	}
}

// TestWorkspaceKeyIsConfined: a key of a workspace acts in its own only.
func TestWorkspaceKeyIsConfined(t *testing.T) {
	o := newOrganisation(t)
	own, other := o.create("own"), o.create("other")
	foreign, _ := o.issue(other, "foreign")
	var k struct{ ID, Key string }
	o.ok("POST", servicePath, `{"name":"boss","workspace_id":"`+own+`","scopes":["workspaces.read","workspaces.list",`+
		`"workspace_service_api_keys.create","workspace_service_api_keys.read","workspace_service_api_keys.delete","workspace_service_api_keys.list"]}`, &k)
	boss := o.as(k.Key)

	boss.refused("GET", workspacesPath, "", http.StatusForbidden, "AB03", "an Admin key is needed")
	boss.refused("GET", workspacesPath+"/"+own, "", http.StatusForbidden, "AB03", "an Admin key is needed")
	boss.ok("POST", servicePath, `{"name":"mine","scopes":["a"]}`, new(any))
	boss.ok("POST", servicePath, `{"name":"mine too","scopes":["a"],"workspace_id":"`+own+`"}`, new(any))
	boss.refused("POST", servicePath, `{"name":"theirs","scopes":["a"],"workspace_id":"`+other+`"}`, http.StatusForbidden, "AB03", "permissions")
	if names, _ := boss.names(keysPath); !slices.Equal(names, []string{"boss", "mine", "mine too"}) {
		t.Errorf("a workspace key lists %v", names)
	}
	boss.refused("GET", keysPath+"?workspace_id="+other, "", http.StatusForbidden, "AB03", "permissions")
	boss.refused("GET", keysPath+"/"+foreign, "", http.StatusForbidden, "AB03", "access")
	boss.refused("DELETE", keysPath+"/"+foreign, "", http.StatusForbidden, "AB03", "access")
	boss.ok("GET", keysPath+"/"+k.ID, "", new(any))
}

func TestExpiredKey(t *testing.T) {
	o := newOrganisation(t)
	var k struct{ Key string }
	o.ok("POST", keysPath+"/organisation/service", `{"name":"k","scopes":["workspaces.list"],"expires_at":"2024-07-30T14:00:00Z"}`, &k)
	o.as(k.Key).ok("GET", workspacesPath, "", new(any))
	o.now = time.Date(2024, 7, 30, 14, 0, 0, 0, time.UTC)
	o.as(k.Key).refused("GET", workspacesPath, "", http.StatusUnauthorized, "AB05", "")
}

func TestRateLimit(t *testing.T) {
	o := newOrganisation(t)
	o.configure(`{"requestsPerMinute":3}`)
	for range 3 {
		o.ok("GET", keysPath, "", new(any))
	}
	o.refused("GET", keysPath, "", http.StatusTooManyRequests, "AB06", "Too many requests")
	if got := o.do("GET", keysPath, "").Header.Values("Retry-After"); len(got) != 0 {
		t.Errorf("Retry-After is %v, want none unless asked for", got)
	}
	o.configure(`{"retryAfterSeconds":30}`)
	if got := o.do("GET", keysPath, "").Header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After is %q, want 30", got)
	}
	if err := o.vendor.SetCredentials([]string{"admin", "second"}); err != nil {
		t.Fatal(err)
	}
	o.as("second").ok("GET", keysPath, "", new(any)) // counted apart
	o.now = o.now.Add(59 * time.Second)
	o.refused("GET", keysPath, "", http.StatusTooManyRequests, "AB06", "")
	o.now = o.now.Add(time.Second)
	o.ok("GET", keysPath, "", new(any))
	o.configure(`{"requestsPerMinute":0,"retryAfterSeconds":null}`)
	for range 10 {
		o.ok("GET", keysPath, "", new(any))
	}
}

func TestErrorShapes(t *testing.T) {
	tests := map[string]string{
		"data":    `{"data":{"errorCode":"AB05","message":"Unauthorized"},"success":false}`,
		"message": `{"data":{"message":"Unauthorized"},"success":false}`,
		"openai":  `{"error":{"code":"AB05","message":"Unauthorized","param":null,"type":"invalid_request_error"}}`,
		"flat":    `{"errorCode":"AB05","message":"Unauthorized"}`,
	}
	for shape, want := range tests {
		o := newOrganisation(t)
		o.configure(`{"errorShape":"` + shape + `"}`)
		if reply := o.as("wrong").do("GET", keysPath, ""); reply.Status != http.StatusUnauthorized || string(reply.Body) != want {
			t.Errorf("shape %s: HTTP %d %s, want %s", shape, reply.Status, reply.Body, want)
		}
	}
}

func TestConfigureRefuses(t *testing.T) {
	o := newOrganisation(t)
	for _, settings := range []string{
		`{"listShape":"poor"}`, `{"errorShape":""}`, `{"workspaceGone":"AB01"}`, `{"keyGone":""}`, `{"defaultPageSize":0}`,
		`{"unknown":1}`, `{"floatNumbers":1}`, `[]`, ``,
	} {
		if err := o.vendor.Configure([]byte(settings)); err == nil {
			t.Errorf("settings %q are accepted", settings)
		}
	}
}

func TestBackstage(t *testing.T) {
	o := newOrganisation(t)
	if _, err := o.vendor.Create("workspaces", []byte(`{"id":"ws-1","slug":"ws-1","name":"by hand","metadata":{"a":"b"}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.vendor.Create("keys", []byte(`{"id":"key-1","secret":"top-secret-value","workspaceID":"ws-1"}`)); err != nil {
		t.Fatal(err)
	}
	var k struct{ Key, Type string }
	o.ok("GET", keysPath+"/key-1", "", &k)
	if k.Key != "to*******ue" || k.Type != "workspace-service" {
		t.Errorf("the key made out of band is %+v", k)
	}
	if _, err := o.vendor.Change("workspaces", "ws-1", []byte(`{"name":"drifted","metadata":{}}`)); err != nil {
		t.Fatal(err)
	}
	if w := o.workspace("ws-1"); w.Name != "drifted" || len(w.Metadata) != 0 {
		t.Errorf("the changed workspace is %+v", w)
	}
	if err := o.vendor.Remove("keys", "key-1"); err != nil {
		t.Fatal(err)
	}
	o.refused("GET", keysPath+"/key-1", "", http.StatusNotFound, "AB08", "")
	o.issue("ws-1", "k")
	if err := o.vendor.Remove("workspaces", "ws-1"); err != nil {
		t.Fatal(err)
	}
	o.refused("GET", workspacesPath+"/ws-1", "", http.StatusForbidden, "AB03", "")
	for _, k := range o.state().Keys {
		if k.DeletedAt == nil {
			t.Errorf("key %s outlives its workspace", k.ID)
		}
	}
}

func TestBackstageRefuses(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	k, _ := o.issue(ws, "k")
	create := func(kind, fields string) error { _, err := o.vendor.Create(kind, []byte(fields)); return err }
	change := func(kind, id, fields string) error {
		_, err := o.vendor.Change(kind, id, []byte(fields))
		return err
	}
	tests := map[string]error{
		"create of an unknown kind":    create("users", `{}`),
		"a workspace that exists":      create("workspaces", `{"id":"`+ws+`"}`),
		"a slug that exists":           create("workspaces", `{"slug":"`+ws+`"}`),
		"a workspace with odd fields":  create("workspaces", `{"x":1}`),
		"a key without workspace":      create("keys", `{}`),
		"a key that exists":            create("keys", `{"id":"`+k+`","workspaceID":"`+ws+`"}`),
		"a key with odd fields":        create("keys", `{"x":1}`),
		"change of an unknown kind":    change("users", "x", `{}`),
		"change of no workspace":       change("workspaces", "x", `{}`),
		"a change with odd fields":     change("workspaces", ws, `{"x":1}`),
		"change of no key":             change("keys", "x", `{}`),
		"a key change with odd fields": change("keys", k, `{"x":1}`),
		"removal of an unknown kind":   o.vendor.Remove("users", "x"),
		"removal of no workspace":      o.vendor.Remove("workspaces", "x"),
		"removal of no key":            o.vendor.Remove("keys", "x"),
		"an empty credential":          o.vendor.SetCredentials([]string{"a", ""}),
	}
	for name, err := range tests {
		if err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	if err := change("workspaces", ws, `{"id":"other"}`); err != nil || o.workspace(ws) == nil {
		t.Errorf("a change of the id: %v", err)
	}
	if err := create("keys", `{"type":"organisation-service"}`); err != nil {
		t.Errorf("an organisation key needs no workspace: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	o := newOrganisation(t)
	if err := o.vendor.SetCredentials([]string{"next"}); err != nil {
		t.Fatal(err)
	}
	o.refused("GET", keysPath, "", http.StatusUnauthorized, "AB05", "")
	o.as("next").ok("GET", keysPath, "", new(any))
	if got := o.vendor.Credentials(); !slices.Equal(got, []string{"next"}) {
		t.Errorf("credentials are %v", got)
	}
}

func TestRestore(t *testing.T) {
	o := newOrganisation(t)
	o.configure(`{"staleReads":3}`)
	var w struct{ ID string }
	o.ok("POST", workspacesPath, `{"name":"n","description":"d","defaults":{"metadata":{"a":"b"}},"usage_limits":[{"credit_limit":3}],"rate_limits":[{"value":1}]}`, &w)
	id, secret := o.issue(w.ID, "k")
	o.empty("PUT", workspacesPath+"/"+w.ID, `{"name":"m"}`)
	o.empty("PUT", keysPath+"/"+id, `{"rotation_policy":{"rotation_period_days":9},"defaults":{"metadata":{"n":{"x":1.5}}}}`)
	o.ok("POST", keysPath+"/"+id+"/rotate", "", new(any))
	saved, err := json.Marshal(o.vendor.State())
	if err != nil {
		t.Fatal(err)
	}
	other := newOrganisation(t)
	if err := other.vendor.Restore(saved); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(other.vendor.State())
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(saved) {
		t.Errorf("restored %s\nsaved %s", again, saved)
	}
	other.as(secret).refused("GET", keysPath, "", http.StatusForbidden, "AB03", "") // in transition: known
	if err := other.vendor.Restore([]byte(`{"workspaces":{}}`)); err == nil {
		t.Error("a state of another form is accepted")
	}
}

// TestBackstageRemoveKeepsDates: removing a workspace does not touch keys that
// were deleted before, nor those of others.
func TestBackstageRemoveKeepsDates(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	other, _ := o.issue(o.create("other"), "k")
	late, _ := o.issue(ws, "k")
	early, _ := o.issue(ws, "k")
	o.empty("DELETE", keysPath+"/"+early, "")
	deleted := o.now
	o.now = o.now.Add(time.Hour)
	if err := o.vendor.Remove("workspaces", ws); err != nil {
		t.Fatal(err)
	}
	if a, b, c := o.apiKey(other).DeletedAt, o.apiKey(late).DeletedAt, o.apiKey(early).DeletedAt; a != nil || !b.Equal(o.now) || !c.Equal(deleted) {
		t.Errorf("deleted at %v, %v and %v, want never, %v and %v", a, b, c, o.now, deleted)
	}
}

// TestNull sends null for every field, one at a time: only the fields that are
// documented as nullable, or cleared by null, take it.
func TestNull(t *testing.T) {
	o := newOrganisation(t)
	ws := o.create("w")
	k, _ := o.issue(ws, "k")
	workspace, key := workspacesPath+"/"+ws, keysPath+"/"+k
	tests := []struct {
		method, path, body string // the fields go in the place of %
		refused, taken     []string
	}{
		{"PUT", workspace, `{%}`, []string{"name", "description", "defaults"}, []string{"usage_limits", "rate_limits"}},
		{"PUT", workspace, `{"defaults":{%}}`, []string{"metadata", "input_guardrails", "output_guardrails"}, []string{"user_api_key_config"}},
		{"PUT", workspace, `{"rate_limits":[{%}]}`, []string{"type", "unit", "value"}, nil},
		{
			"PUT", workspace, `{"usage_limits":[{%}]}`,
			[]string{"type", "credit_limit", "alert_threshold"}, []string{"periodic_reset", "periodic_reset_days", "next_usage_reset_at"},
		},
		{
			"PUT", key, `{%}`,
			[]string{"name", "description", "usage_limits", "scopes", "defaults", "alert_emails", "reset_usage"},
			[]string{"rate_limits", "expires_at", "rotation_policy"},
		},
		{"PUT", key, `{"defaults":{%}}`, []string{"metadata", "config_id", "allow_config_override"}, nil},
		{
			"PUT", key, `{"usage_limits":{%}}`,
			[]string{"type", "credit_limit", "alert_threshold"}, []string{"periodic_reset", "periodic_reset_days", "next_usage_reset_at"},
		},
		{"PUT", key, `{"rotation_policy":{"rotation_period":"weekly",%}}`, []string{"key_transition_period_ms"}, []string{"rotation_period_days", "next_rotation_at"}},
		{"PUT", key, `{"rotation_policy":{"rotation_period_days":3,%}}`, nil, []string{"rotation_period"}},
		{"DELETE", workspace, `{"name":"w",%}`, []string{"force_delete"}, nil},
	}
	for _, tt := range tests {
		for _, field := range tt.refused {
			o.invalid(tt.method, tt.path, strings.Replace(tt.body, "%", `"`+field+`":null`, 1), field+": must not be null")
		}
		for _, field := range tt.taken {
			o.empty(tt.method, tt.path, strings.Replace(tt.body, "%", `"`+field+`":null`, 1))
		}
	}
}

// TestDeleteLooksAtItsOwnLiveKeys: what keeps a workspace from being deleted
// are the live keys inside it, not deleted ones or those of others.
func TestDeleteLooksAtItsOwnLiveKeys(t *testing.T) {
	o := newOrganisation(t)
	o.configure(`{"bareWorkspaces":true}`)
	ws := o.create("w")
	gone, _ := o.issue(ws, "k")
	o.empty("DELETE", keysPath+"/"+gone, "")
	o.issue(o.create("other"), "k")
	o.ok("DELETE", workspacesPath+"/"+ws, `{"name":"w"}`, nil)
}
