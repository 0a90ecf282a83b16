package portkey_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDocumentedCreate sends the three documented fields and what the
// documented answer shows, and wants that answer, member for member.
func TestDocumentedCreate(t *testing.T) {
	o := newOrganisation(t)
	request := `{"name":"New Workspace","description":null,"defaults":{"metadata":{"foo":"bar"}},` +
		`"usage_limits":[{"credit_limit":10,"periodic_reset":"monthly","alert_threshold":8}],"rate_limits":[{"value":123}]}`
	o.invalid("POST", workspacesPath, request, "description: must not be null")
	request = strings.Replace(request, `"description":null,`, "", 1)

	var got map[string]any
	o.ok("POST", workspacesPath, request, &got)
	var want map[string]any
	documented := `{"name":"New Workspace","description":null,
		"created_at":"2024-07-30T13:27:29.000Z","last_updated_at":"2024-07-30T13:27:29.000Z",
		"defaults":{"metadata":{"foo":"bar"},"is_default":0},
		"usage_limits":[{"credit_limit":10,"periodic_reset":"monthly","alert_threshold":8,"next_usage_reset_at":"2024-08-01T00:00:00Z"}],
		"rate_limits":[{"value":123}]}`
	if err := json.Unmarshal([]byte(documented), &want); err != nil {
		t.Fatal(err)
	}
	if id, _ := got["id"].(string); !regexp.MustCompile(`^ws-new-wo-[0-9a-f]{6}$`).MatchString(id) || got["slug"] != id {
		t.Errorf("id is %v and slug %v, want the same of the form ws-test-a-174eb1", got["id"], got["slug"])
	}
	delete(got, "id")
	delete(got, "slug")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("create answers %v, documented is %v", got, want)
	}
}

// TestDocumentedSamples sends the bodies of the vendor's samples as they are.
func TestDocumentedSamples(t *testing.T) {
	o := newOrganisation(t)
	var w struct{ ID, Description string }
	o.ok("POST", workspacesPath,
		`{"name":"WORKSPACE_NAME_0909","description":"WORKSPACE_DESCRIPTION","defaults":{"metadata":{"environment":"production","foo":"bar"}}}`, &w)
	if w.Description != "WORKSPACE_DESCRIPTION" {
		t.Errorf("the description is %q", w.Description)
	}
	o.ok("POST", workspacesPath,
		`{"name":"My Workspace","description":"My Description","defaults":{"metadata":{"environment":"production","foo":"bar"}}}`, &w)
	o.empty("PUT", workspacesPath+"/"+w.ID, `{"name":"My Workspace","description":"My Description","defaults":{"metadata":{"foo":"bar"}}}`)
	if got := o.workspace(w.ID).Metadata; !reflect.DeepEqual(got, map[string]string{"foo": "bar"}) {
		t.Errorf("metadata after the update are %v", got)
	}
}

func limits(fields string) string { return `{"name":"n","usage_limits":[{` + fields + `}]}` }
func rates(fields string) string  { return `{"name":"n","rate_limits":[{` + fields + `}]}` }

func TestCreateRules(t *testing.T) {
	tests := []struct {
		name, body, problem string
	}{
		{"only a name", `{"name":"n"}`, ""},
		{"an emoji as name", `{"name":"🚀"}`, ""},
		{"an empty description", `{"name":"n","description":""}`, ""},
		{"empty defaults", `{"name":"n","defaults":{}}`, ""},
		{"empty metadata", `{"name":"n","defaults":{"metadata":{}}}`, ""},
		{"users", `{"name":"n","users":["419641fb-1458-47d6-94d0-e308159b3ec2"]}`, ""},
		{"empty limits", `{"name":"n","usage_limits":[],"rate_limits":[]}`, ""},
		{"an empty usage limit", limits(``), ""},
		{"all of a usage limit", limits(`"type":"cost","credit_limit":1,"alert_threshold":1,"periodic_reset":"weekly","next_usage_reset_at":"2026-05-01T00:00:00Z"`), ""},
		{"tokens", limits(`"type":"tokens"`), ""},
		{"reset null", limits(`"periodic_reset":null,"periodic_reset_days":null,"next_usage_reset_at":null`), ""},
		{"reset every day", limits(`"periodic_reset_days":1`), ""},
		{"reset every 365 days", limits(`"periodic_reset":null,"periodic_reset_days":365`), ""},
		{"two usage limits", `{"name":"n","usage_limits":[{"type":"cost"},{"type":"tokens"}]}`, ""},
		{"all of a rate limit", rates(`"type":"requests","unit":"rpm","value":0`), ""},
		{"tokens per hour", rates(`"type":"tokens","unit":"rph","value":9`), ""},
		{"per day", rates(`"unit":"rpd"`), ""},

		{"no name", `{}`, "name: is required"},
		{"name null", `{"name":null}`, "name: must not be null"},
		{"name empty", `{"name":""}`, "name: must not be empty"},
		{"name a number", `{"name":1}`, "name: must be a string"},
		{"description a list", `{"name":"n","description":[]}`, "description: must be a string"},
		{"defaults null", `{"name":"n","defaults":null}`, "defaults: must not be null"},
		{"defaults a string", `{"name":"n","defaults":"x"}`, "defaults: must be an object"},
		{"an unknown default", `{"name":"n","defaults":{"is_default":0}}`, "defaults.is_default: unknown field"},
		{"guardrails only on update", `{"name":"n","defaults":{"input_guardrails":[]}}`, "defaults.input_guardrails: unknown field"},
		{"metadata null", `{"name":"n","defaults":{"metadata":null}}`, "defaults.metadata: must not be null"},
		{"a metadata value that is no string", `{"name":"n","defaults":{"metadata":{"a":1}}}`, `defaults.metadata: value of "a" must be a string`},
		{"a metadata value null", `{"name":"n","defaults":{"metadata":{"a":null}}}`, `value of "a" must be a string`},
		{"users no strings", `{"name":"n","users":[{"id":"x"}]}`, "users: element 0 must be a string"},
		{"usage_limits an object", `{"name":"n","usage_limits":{"credit_limit":10}}`, "usage_limits: must be an array"},
		{"usage_limits null", `{"name":"n","usage_limits":null}`, "usage_limits: must not be null"},
		{"rate_limits null", `{"name":"n","rate_limits":null}`, "rate_limits: must not be null"},
		{"a credit limit of 0", limits(`"credit_limit":0`), "usage_limits[0].credit_limit: must be at least 1"},
		{"a credit limit with a fraction", limits(`"credit_limit":1.5`), "credit_limit: must be an integer"},
		{"a credit limit as a string", limits(`"credit_limit":"10"`), "credit_limit: must be an integer"},
		{"a credit limit null", limits(`"credit_limit":null`), "credit_limit: must not be null"},
		{"an alert threshold of 0", limits(`"alert_threshold":0`), "alert_threshold: must be at least 1"},
		{"an unknown type", limits(`"type":"Cost"`), "usage_limits[0].type: must be one of"},
		{"an unknown reset", limits(`"periodic_reset":"daily"`), "periodic_reset: must be one of"},
		{"an empty reset", limits(`"periodic_reset":""`), "periodic_reset: must be one of"},
		{"reset every 0 days", limits(`"periodic_reset_days":0`), "periodic_reset_days: must be at least 1"},
		{"reset every 366 days", limits(`"periodic_reset_days":366`), "periodic_reset_days: must be at most 365"},
		{"two resets", limits(`"periodic_reset":"weekly","periodic_reset_days":7`), "excludes periodic_reset"},
		{"a reset time that is none", limits(`"next_usage_reset_at":"tomorrow"`), "next_usage_reset_at: must be an RFC 3339 time"},
		{"an unknown field of a usage limit", limits(`"limit":1`), "usage_limits[0].limit: unknown field"},
		{"a rate of -1", rates(`"value":-1`), "rate_limits[0].value: must be at least 0"},
		{"an unknown unit", rates(`"unit":"rps"`), "rate_limits[0].unit: must be one of"},
		{"an unknown rate type", rates(`"type":"cost"`), "rate_limits[0].type: must be one of"},
		{"an unknown field of a rate limit", rates(`"burst":1`), "rate_limits[0].burst: unknown field"},
		{"an unknown field", `{"name":"n","icon":"x"}`, "icon: unknown field"},
		{"a slug", `{"name":"n","slug":"s"}`, "slug: unknown field"},
		{"a duplicate field", `{"name":"n","name":"n"}`, "duplicate key"},
		{"text after the body", `{"name":"n"}x`, "one JSON value"},
		{"a list", `[]`, "must be a JSON object"},
		{"nothing", ``, "Content-Type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrganisation(t)
			if tt.problem == "" {
				o.ok("POST", workspacesPath, tt.body, new(any))
				return
			}
			o.invalid("POST", workspacesPath, tt.body, tt.problem)
			if got := len(o.state().Workspaces); got != 0 {
				t.Errorf("%d workspaces were made", got)
			}
		})
	}
	newOrganisation(t).invalid("POST", workspacesPath+"?dry=1", `{"name":"n"}`, "unknown query parameter")
}

func TestNextUsageReset(t *testing.T) {
	tests := []struct{ name, fields, want string }{
		{"monthly", `"periodic_reset":"monthly"`, "2024-08-01T00:00:00Z"},
		{"weekly", `"periodic_reset":"weekly"`, "2024-08-06T00:00:00Z"},
		{"by days", `"periodic_reset_days":30`, "2024-08-29T00:00:00Z"},
		{"given", `"periodic_reset":"monthly","next_usage_reset_at":"2026-05-01T02:00:00+02:00"`, "2026-05-01T00:00:00Z"},
		{"never", `"credit_limit":5`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w struct {
				UsageLimits []struct {
					Next string `json:"next_usage_reset_at"`
				} `json:"usage_limits"`
			}
			newOrganisation(t).ok("POST", workspacesPath, limits(tt.fields), &w)
			if got := w.UsageLimits[0].Next; got != tt.want {
				t.Errorf("the next reset is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNamesNeedNotBeUnique(t *testing.T) {
	o := newOrganisation(t)
	if a, b := o.create("same"), o.create("same"); a == b {
		t.Errorf("two workspaces have the id %s", a)
	}
}

func TestGet(t *testing.T) {
	o := newOrganisation(t)
	var made, got map[string]any
	o.ok("POST", workspacesPath, `{"name":"n","users":["u1"]}`, &made)
	o.ok("GET", workspacesPath+"/"+made["id"].(string), "", &got)
	users := got["users"]
	delete(got, "users")
	if !reflect.DeepEqual(got, made) {
		t.Errorf("get answers %v, create answered %v", got, made)
	}
	if want := []any{map[string]any{"object": "workspace-user", "id": "u1", "role": "member"}}; !reflect.DeepEqual(users, want) {
		t.Errorf("users are %v, want %v", users, want)
	}
	o.invalid("GET", workspacesPath+"/"+made["id"].(string)+"?x=1", "", "unknown query parameter")
	o.invalid("GET", workspacesPath+"/"+made["id"].(string), "{}", "no body")
}

func TestUUIDWorkspaceIDs(t *testing.T) {
	o := newOrganisation(t)
	o.configure(`{"uuidWorkspaceIDs":true}`)
	var w struct{ ID, Slug string }
	o.ok("POST", workspacesPath, `{"name":"n"}`, &w)
	if w.ID == w.Slug || !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(w.ID) {
		t.Errorf("id %q and slug %q, want a UUID and another slug", w.ID, w.Slug)
	}
	for _, id := range []string{w.ID, w.Slug} {
		o.ok("GET", workspacesPath+"/"+id, "", new(any))
		k, _ := o.issue(id, "k")
		if got := o.apiKey(k).WorkspaceID; got != w.ID {
			t.Errorf("a key made by %s is in workspace %s, want %s", id, got, w.ID)
		}
		if names, _ := o.names(keysPath + "?workspace_id=" + id); len(names) == 0 {
			t.Errorf("no keys are listed by %s", id)
		}
	}
	o.ok("DELETE", workspacesPath+"/"+w.Slug, `{"name":"n","force_delete":true}`, nil)
}

func TestSlugs(t *testing.T) {
	tests := map[string]string{
		"Test A": "ws-test-a-", "az09AZ": "ws-az09az-", "a": "ws-a-", "a b": "ws-a-b-", " -- x": "ws-x-", "x !!": "ws-x-",
		"abcdefghij": "ws-abcdef-", "{`/:@[": "ws-", "空": "ws-",
	}
	for name, stem := range tests {
		o := newOrganisation(t)
		slug := o.workspace(o.create(name)).Slug
		if !regexp.MustCompile("^" + stem + "[0-9a-f]{6}$").MatchString(slug) {
			t.Errorf("the slug of %q is %s, want %s and six hex digits", name, slug, stem)
		}
	}
}

func TestUpdate(t *testing.T) {
	start := `{"name":"old","description":"d","defaults":{"metadata":{"a":"1","b":"2"}},` +
		`"usage_limits":[{"type":"cost","credit_limit":5}],"rate_limits":[{"type":"requests","unit":"rpm","value":9}]}`
	tests := []struct {
		name, body, problem string
		changes             map[string]any // members of a get that differ from the start
	}{
		{"nothing", `{}`, "", nil},
		{"name", `{"name":"new"}`, "", map[string]any{"name": "new"}},
		{"description", `{"description":"x"}`, "", map[string]any{"description": "x"}},
		{"description emptied", `{"description":""}`, "", map[string]any{"description": ""}},
		{"metadata replaced", `{"defaults":{"metadata":{"c":"3"}}}`, "", map[string]any{
			"defaults": map[string]any{"metadata": map[string]any{"c": "3"}, "is_default": 0.0},
		}},
		{"empty defaults", `{"defaults":{}}`, "", nil},
		{"guardrails and config", `{"defaults":{"input_guardrails":["g"],"output_guardrails":["h"],"user_api_key_config":"pc-1"}}`, "", map[string]any{
			"defaults": map[string]any{
				"metadata": map[string]any{"a": "1", "b": "2"}, "is_default": 0.0,
				"input_guardrails": []any{"g"}, "output_guardrails": []any{"h"}, "user_api_key_config": "pc-1",
			},
		}},
		{"config null", `{"defaults":{"user_api_key_config":null}}`, "", nil},
		{"usage limits set", `{"usage_limits":[{"credit_limit":7}]}`, "", map[string]any{
			"usage_limits": []any{map[string]any{"credit_limit": 7.0}},
		}},
		{"usage limits cleared by null", `{"usage_limits":null}`, "", map[string]any{"usage_limits": []any{}}},
		{"usage limits emptied", `{"usage_limits":[]}`, "", map[string]any{"usage_limits": []any{}}},
		{"rate limits set", `{"rate_limits":[{"value":1}]}`, "", map[string]any{"rate_limits": []any{map[string]any{"value": 1.0}}}},
		{"rate limits cleared by null", `{"rate_limits":null}`, "", map[string]any{"rate_limits": []any{}}},

		{"name null", `{"name":null}`, "name: must not be null", nil},
		{"name empty", `{"name":""}`, "name: must not be empty", nil},
		{"description null", `{"description":null}`, "description: must not be null", nil},
		{"defaults null", `{"defaults":null}`, "defaults: must not be null", nil},
		{"metadata null", `{"defaults":{"metadata":null}}`, "defaults.metadata: must not be null", nil},
		{"guardrails no strings", `{"defaults":{"output_guardrails":[1]}}`, "element 0 must be a string", nil},
		{"usage limits an object", `{"usage_limits":{"credit_limit":7}}`, "usage_limits: must be an array", nil},
		{"a bad limit", `{"name":"new","rate_limits":[{"value":-1}]}`, "rate_limits[0].value: must be at least 0", nil},
		{"users only on create", `{"users":["u"]}`, "users: unknown field", nil},
		{"an unknown field", `{"status":"archived"}`, "status: unknown field", nil},
		{"a duplicate field", `{"name":"a","name":"b"}`, "duplicate key", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrganisation(t)
			var w struct{ ID string }
			o.ok("POST", workspacesPath, start, &w)
			var want, got map[string]any
			o.ok("GET", workspacesPath+"/"+w.ID, "", &want)
			o.now = o.now.Add(1500 * time.Millisecond)
			if tt.problem != "" {
				o.invalid("PUT", workspacesPath+"/"+w.ID, tt.body, tt.problem)
			} else {
				o.empty("PUT", workspacesPath+"/"+w.ID, tt.body)
				want["last_updated_at"] = "2024-07-30T13:27:30.500Z"
			}
			for name, value := range tt.changes {
				want[name] = value
			}
			o.ok("GET", workspacesPath+"/"+w.ID, "", &got)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("after the update:\n got %v\nwant %v", got, want)
			}
		})
	}
}

func TestUpdateThenStaleReads(t *testing.T) {
	o := newOrganisation(t)
	id := o.create("old")
	o.configure(`{"staleReads":2}`)
	o.empty("PUT", workspacesPath+"/"+id, `{"name":"new"}`)
	var seen []string
	for range 2 {
		var w struct{ Name string }
		o.ok("GET", workspacesPath+"/"+id, "", &w)
		names, _ := o.names(workspacesPath)
		seen = append(seen, w.Name, names[0])
	}
	if want := []string{"old", "old", "new", "new"}; !reflect.DeepEqual(seen, want) {
		t.Errorf("reads after the update show %v, want %v", seen, want)
	}
}

func TestDelete(t *testing.T) {
	tests := []struct {
		name, body   string
		bare, withAK bool
		status       int // 200 for done
		code, text   string
	}{
		{"forced", `{"name":"team","force_delete":true}`, false, true, 200, "", ""},
		{"not forced, nothing inside", `{"name":"team"}`, true, false, 200, "", ""},
		{"not forced, said so", `{"name":"team","force_delete":false}`, true, false, 200, "", ""},
		{"not forced, with a key", `{"name":"team","force_delete":false}`, true, true, 409, "AB07", "dependent resources"},
		{"not forced, fresh", `{"name":"team"}`, false, false, 409, "AB07", "dependent resources"},
		{"no body", ``, false, false, 400, "AB01", "Content-Type"},
		{"no name", `{"force_delete":true}`, false, false, 400, "AB01", "name: is required"},
		{"another name", `{"name":"Team","force_delete":true}`, false, false, 400, "AB01", "does not match"},
		{"name null", `{"name":null,"force_delete":true}`, false, false, 400, "AB01", "name: must not be null"},
		{"force as a string", `{"name":"team","force_delete":"true"}`, false, false, 400, "AB01", "force_delete: must be a boolean"},
		{"an unknown field", `{"name":"team","force":true}`, false, false, 400, "AB01", "force: unknown field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrganisation(t)
			if tt.bare {
				o.configure(`{"bareWorkspaces":true}`)
			}
			id := o.create("team")
			var secret string
			if tt.withAK {
				_, secret = o.issue(id, "k")
			}
			if tt.status != 200 {
				o.refused("DELETE", workspacesPath+"/"+id, tt.body, tt.status, tt.code, tt.text)
				o.ok("GET", workspacesPath+"/"+id, "", new(any))
				return
			}
			o.ok("DELETE", workspacesPath+"/"+id, tt.body, nil)
			for _, again := range []string{"GET", "PUT", "DELETE"} {
				body := map[string]string{"PUT": `{"name":"x"}`, "DELETE": tt.body}[again]
				o.refused(again, workspacesPath+"/"+id, body, http.StatusForbidden, "AB03", "permissions")
			}
			if names, total := o.names(workspacesPath); total != 0 {
				t.Errorf("a deleted workspace is listed: %v", names)
			}
			if secret != "" {
				o.as(secret).refused("GET", keysPath, "", http.StatusUnauthorized, "AB05", "")
			}
		})
	}
}

func TestDeleteComparesWithTheCurrentName(t *testing.T) {
	o := newOrganisation(t)
	id := o.create("old")
	o.empty("PUT", workspacesPath+"/"+id, `{"name":"new"}`)
	o.invalid("DELETE", workspacesPath+"/"+id, `{"name":"old","force_delete":true}`, "does not match")
	o.ok("DELETE", workspacesPath+"/"+id, `{"name":"new","force_delete":true}`, nil)
}

func TestDefaultWorkspaceCannotBeDeleted(t *testing.T) {
	o := newOrganisation(t)
	if _, err := o.vendor.Create("workspaces", []byte(`{"id":"ws-shared-123","slug":"ws-shared-123","name":"Shared","isDefault":true}`)); err != nil {
		t.Fatal(err)
	}
	o.refused("DELETE", workspacesPath+"/ws-shared-123", `{"name":"Shared","force_delete":true}`, http.StatusForbidden, "AB03", "default workspace")
	var w struct{ Defaults map[string]any }
	o.ok("GET", workspacesPath+"/ws-shared-123", "", &w)
	if w.Defaults["is_default"] != 1.0 {
		t.Errorf("defaults are %v, want is_default 1 inside", w.Defaults)
	}
}

func TestMissingWorkspace(t *testing.T) {
	for code, status := range map[string]int{"AB03": 403, "AB08": 404, "AB02": 404} {
		o := newOrganisation(t)
		o.configure(`{"workspaceGone":"` + code + `"}`)
		o.refused("GET", workspacesPath+"/ws-none", "", status, code, "")
		o.refused("PUT", workspacesPath+"/ws-none", `{"name":"n"}`, status, code, "")
		o.refused("DELETE", workspacesPath+"/ws-none", `{"name":"n","force_delete":true}`, status, code, "")
		o.refused("POST", servicePath, `{"name":"k","scopes":["a"],"workspace_id":"ws-none"}`, status, code, "")
		o.refused("GET", keysPath+"?workspace_id=ws-none", "", status, code, "")
	}
}

func TestFloatNumbers(t *testing.T) {
	o := newOrganisation(t)
	o.configure(`{"floatNumbers":true}`)
	reply := o.do("POST", workspacesPath, limits(`"credit_limit":10,"alert_threshold":8`))
	if body := string(reply.Body); !strings.Contains(body, `"credit_limit":10.0`) || !strings.Contains(body, `"alert_threshold":8.0`) {
		t.Errorf("limits are answered as %s, want 10.0 and 8.0", body)
	}
}
