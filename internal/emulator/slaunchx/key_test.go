package slaunchx_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCreateExample makes the documentation's example and holds the whole
// answer, order of fields included, against the documentation's. Only id,
// secret and time are the emulator's own.
func TestCreateExample(t *testing.T) {
	p := newPartner(t)
	reply := p.do("POST", keysPath, `{"name":"Production Key","scopes":["payment:read","payment:write"],"mode":1,"ipWhitelist":["192.168.1.0/24"]}`)
	if reply.Status != http.StatusCreated || !reply.Changed {
		t.Fatalf("HTTP %d %s (changed %v), want 201", reply.Status, reply.Body, reply.Changed)
	}
	k := p.state().Keys[0]
	example := `{
		"version": "1.3.0",
		"timestamp": 1774051200000,
		"success": true,
		"code": "2000",
		"message": "SUCCESS",
		"data": {
			"apiKeyId": "` + k.ID + `",
			"secret": "` + k.Secret + `",
			"name": "Production Key",
			"status": "ACTIVE",
			"mode": "LIVE",
			"scopes": ["payment:read", "payment:write"],
			"ipWhitelist": ["192.168.1.0/24"],
			"createdAt": "2026-03-21T00:00:00Z"
		}
	}`
	if want := compact(example); string(reply.Body) != want {
		t.Errorf("the answer is  %s\nthe example is %s", reply.Body, want)
	}
	if !regexp.MustCompile(`^sk_live_[0-9a-z]{12}$`).MatchString(k.ID) || !strings.HasPrefix(k.Secret, "sk_live_") || len(k.Secret) < 32 {
		t.Errorf("id %s and secret %s are not of the documented form", k.ID, k.Secret)
	}
}

// compact takes the white space out of an example that has none in its values,
// but for a name in two words.
func compact(example string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(example), ""), "ProductionKey", "Production Key")
}

func TestCreate(t *testing.T) {
	long, wide := strings.Repeat("n", 128), strings.Repeat("é", 128)
	none := []string{}
	tests := []struct {
		name, body string
		want       keyData
	}{
		{"a name alone", `{"name":"n"}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"128 characters", `{"name":"` + long + `"}`, keyData{Name: long, Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"128 characters of two bytes", `{"name":"` + wide + `"}`, keyData{Name: wide, Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"no scopes", `{"name":"n","scopes":[]}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"null scopes", `{"name":"n","scopes":null}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"any scope", `{"name":"n","scopes":["b:x","a"]}`, keyData{Name: "n", Mode: "LIVE", Scopes: []string{"b:x", "a"}, IPWhitelist: none}},
		{"live", `{"name":"n","mode":1}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"test", `{"name":"n","mode":2}`, keyData{Name: "n", Mode: "TEST", Scopes: none, IPWhitelist: none}},
		{"null mode", `{"name":"n","mode":null}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"null restriction", `{"name":"n","ipWhitelist":null}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{"no restriction", `{"name":"n","ipWhitelist":[]}`, keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: none}},
		{
			"addresses", `{"name":"n","ipWhitelist":["192.168.1.100","192.168.1.0/24","2001:db8::1","2001:db8::/32","10.1.2.3/8"]}`,
			keyData{Name: "n", Mode: "LIVE", Scopes: none, IPWhitelist: []string{"192.168.1.100", "192.168.1.0/24", "2001:db8::1", "2001:db8::/32", "10.1.2.3/8"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPartner(t)
			var got keyData
			p.ok("POST", keysPath, tt.body, http.StatusCreated, &got)
			if got.APIKeyID == "" || got.Secret == "" || got.Secret == got.APIKeyID {
				t.Errorf("id %q and secret %q must be two texts", got.APIKeyID, got.Secret)
			}
			kept := p.key(got.APIKeyID)
			if kept.Secret != got.Secret || kept.Mode != tt.want.Mode || kept.WorkspaceID != "ws_partner_1" || kept.CreatedBy != p.state().UserID {
				t.Errorf("kept is %+v of %+v", kept, got)
			}
			want := tt.want
			want.APIKeyID, want.Secret, want.Status, want.CreatedAt = got.APIKeyID, got.Secret, "ACTIVE", "2026-03-21T00:00:00Z"
			checkKey(t, "created", got, want)
			want.Secret, want.CreatedBy, want.Permissions, want.Scopes = "", p.state().UserID, want.Scopes, nil
			checkKey(t, "read", p.read(got.APIKeyID), want)
		})
	}
}

func checkKey(t *testing.T, what string, got, want keyData) {
	t.Helper()
	if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want); g != w {
		t.Errorf("%s is\n%s, want\n%s", what, g, w)
	}
}

func TestCreateRefuses(t *testing.T) {
	tests := []struct{ body, problem string }{
		{`{}`, "name: is required"},
		{`{"name":null}`, "name: must not be null"},
		{`{"name":1}`, "name: must be a string"},
		{`{"name":["n"]}`, "name: must be a string"},
		{`{"name":""}`, "name: must have 1 to 128 characters"},
		{`{"name":"` + strings.Repeat("n", 129) + `"}`, "name: must have 1 to 128 characters"},
		{`{"name":"` + strings.Repeat("é", 129) + `"}`, "name: must have 1 to 128 characters"},
		{`{"name":"n","name":"n"}`, `duplicate key "name"`},
		{`{"name":"n","scopes":"payment:read"}`, "scopes: must be an array"},
		{`{"name":"n","scopes":{}}`, "scopes: must be an array"},
		{`{"name":"n","scopes":[1]}`, "scopes: element 0 must be a string"},
		{`{"name":"n","scopes":["a",null]}`, "scopes: element 1 must be a string"},
		{`{"name":"n","scopes":[""]}`, "scopes: must not contain an empty code"},
		{`{"name":"n","mode":"LIVE"}`, "mode: must be an integer"},
		{`{"name":"n","mode":"1"}`, "mode: must be an integer"},
		{`{"name":"n","mode":1.0}`, "mode: must be an integer"},
		{`{"name":"n","mode":true}`, "mode: must be an integer"},
		{`{"name":"n","mode":0}`, "mode: must be at least 1"},
		{`{"name":"n","mode":3}`, "mode: must be 1 or 2"},
		{`{"name":"n","ipWhitelist":"10.0.0.1"}`, "ipWhitelist: must be an array"},
		{`{"name":"n","ipWhitelist":[1]}`, "ipWhitelist: element 0 must be a string"},
		{`{"name":"n","ipWhitelist":["10.0.0.1",""]}`, "ipWhitelist: \"\" is neither"},
		{`{"name":"n","ipWhitelist":["10.0.0"]}`, "is neither an IP address nor a CIDR block"},
		{`{"name":"n","ipWhitelist":["10.0.0.256"]}`, "is neither"},
		{`{"name":"n","ipWhitelist":["10.0.0.0/33"]}`, "is neither"},
		{`{"name":"n","ipWhitelist":["10.0.0.0/"]}`, "is neither"},
		{`{"name":"n","ipWhitelist":["10.0.0.1-10.0.0.9"]}`, "is neither"},
		{`{"name":"n","ipWhitelist":[" 10.0.0.1"]}`, "is neither"},
		{`{"name":"n","ipWhitelist":["fe80::1%eth0"]}`, "is neither"},
		{`{"name":"n","ipWhitelist":["example.test"]}`, "is neither"},
		{`{"name":"n","workspaceId":"ws_partner_1"}`, "workspaceId: unknown field"},
		{`{"name":"n","Mode":1}`, "Mode: unknown field"},
		{`{"name":"n","permissions":[]}`, "permissions: unknown field"},
		{`{"name":"n","expiresAt":null}`, "expiresAt: unknown field"},
		{`[]`, "must be a JSON object"},
		{`{"name":"n"`, "one JSON value"},
	}
	p := newPartner(t)
	for _, tt := range tests {
		p.invalid("POST", keysPath, tt.body, tt.problem)
	}
	if n := len(p.state().Keys); n != 0 {
		t.Errorf("refused calls made %d keys", n)
	}
}

func TestScopeCatalogue(t *testing.T) {
	p := newPartner(t)
	p.configure(`{"scopeCatalogue":["payment:read","payment:write"]}`)
	p.ok("POST", keysPath, `{"name":"n","scopes":["payment:write"]}`, http.StatusCreated, nil)
	p.ok("POST", keysPath, `{"name":"n","scopes":[]}`, http.StatusCreated, nil)
	p.invalid("POST", keysPath, `{"name":"n","scopes":["payment:read","payment:*"]}`, `"payment:*" is not a scope code`)
	p.configure(`{"scopeCatalogue":[]}`)
	p.ok("POST", keysPath, `{"name":"n","scopes":["payment:*"]}`, http.StatusCreated, nil)
}

// TestTestKeysPerPortal: only the PARTNER portal makes TEST keys.
func TestTestKeysPerPortal(t *testing.T) {
	p := newPartner(t)
	for _, portal := range []string{"SYSTEM", "TENANT", "CONSUMER"} {
		p.configure(`{"portal":"` + portal + `"}`)
		p.refused("POST", keysPath, `{"name":"n","mode":2}`, http.StatusForbidden, "", "PARTNER portal")
		p.ok("POST", keysPath, `{"name":"n","mode":1}`, http.StatusCreated, nil)
		p.invalid("POST", keysPath, `{"mode":2}`, "name: is required") // the rules of the body come first
	}
	p.configure(`{"portal":"PARTNER","testKeyPrefix":"sandbox_"}`)
	var k keyData
	p.ok("POST", keysPath, `{"name":"n","mode":2}`, http.StatusCreated, &k)
	if !strings.HasPrefix(k.APIKeyID, "sandbox_") || !strings.HasPrefix(k.Secret, "sandbox_") {
		t.Errorf("a TEST key is %+v, want the prefix of the settings", k)
	}
}

func TestKeyNamesNeedNotBeUnique(t *testing.T) {
	p := newPartner(t)
	seen := map[string]bool{}
	for i := range 5 {
		k := p.key(p.issue("same"))
		if seen[k.ID] || seen[k.Secret] {
			t.Fatalf("key %d repeats an id or a secret", i)
		}
		seen[k.ID], seen[k.Secret] = true, true
	}
}

// TestGetKey holds a whole answer against the documentation: permissions where
// a create answer has scopes, no secret, and two more fields.
func TestGetKey(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	get := func(names string) {
		t.Helper()
		reply := p.do("GET", keysPath+"/"+id, "")
		var got struct{ Data map[string]any }
		if err := json.Unmarshal(reply.Body, &got); err != nil || reply.Status != http.StatusOK {
			t.Fatalf("HTTP %d %s: %v", reply.Status, reply.Body, err)
		}
		want := strings.Fields(names)
		for _, name := range want {
			if _, ok := got.Data[name]; !ok {
				t.Errorf("a key is read without %s: %s", name, reply.Body)
			}
		}
		if len(got.Data) != len(want) || strings.Contains(string(reply.Body), p.key(id).Secret) {
			t.Errorf("a key is read as %s, want only %v", reply.Body, want)
		}
	}
	get("apiKeyId name status mode permissions ipWhitelist createdAt lastUsedAt createdBy")
	p.configure(`{"scopesOnGet":true}`)
	get("apiKeyId name status mode scopes ipWhitelist createdAt lastUsedAt createdBy")
	if k := p.read(id); !slices.Equal(k.Scopes, []string{"payment:read"}) {
		t.Errorf("with scopesOnGet the scopes are %v", k.Scopes)
	}
	if k := p.read(id); k.LastUsedAt != nil {
		t.Errorf("a key that was never used was last used at %s", *k.LastUsedAt)
	}
	if _, err := p.vendor.Change("keys", id, []byte(`{"lastUsedAt":"2026-03-22T10:00:00+02:00"}`)); err != nil {
		t.Fatal(err)
	}
	if k := p.read(id); k.LastUsedAt == nil || *k.LastUsedAt != "2026-03-22T08:00:00Z" {
		t.Errorf("a used key is read as %+v, want the time of its use in UTC", k)
	}
}

func TestDisableAndEnable(t *testing.T) {
	p := newPartner(t)
	id, other := p.issue("k"), p.issue("other")
	steps := []struct {
		call    string
		changed bool
		status  string
	}{
		{"enable", false, "ACTIVE"}, // no effect on an active key
		{"disable", true, "DISABLED"},
		{"disable", false, "DISABLED"},
		{"enable", true, "ACTIVE"},
		{"enable", false, "ACTIVE"},
	}
	for i, step := range steps {
		reply := p.do("POST", keysPath+"/"+id+"/"+step.call, "")
		const want = `{"version":"1.3.0","timestamp":1774051200000,"success":true,"code":"2000","message":"SUCCESS","data":null}`
		if reply.Status != http.StatusOK || string(reply.Body) != want || reply.Changed != step.changed {
			t.Errorf("step %d, %s: HTTP %d %s (changed %v), want 200 %s (changed %v)", i, step.call, reply.Status, reply.Body, reply.Changed, want, step.changed)
		}
		if got := p.read(id).Status; got != step.status {
			t.Errorf("after step %d, %s, the status is %s, want %s", i, step.call, got, step.status)
		}
		if got := p.read(other).Status; got != "ACTIVE" {
			t.Errorf("step %d, %s, made another key %s", i, step.call, got)
		}
	}
}

func TestDisabledStatus(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	p.ok("POST", keysPath+"/"+id+"/disable", "", http.StatusOK, nil)
	p.configure(`{"disabledStatus":"INACTIVE"}`)
	if got := p.read(id).Status; got != "INACTIVE" {
		t.Errorf("a disabled key is %s, want INACTIVE", got)
	}
}

// TestDelete: the answer is empty, the key is gone for the API and kept by the
// vendor, and another key stays as it is.
func TestDelete(t *testing.T) {
	p := newPartner(t)
	id, other := p.issue("k"), p.issue("other")
	p.now = p.now.Add(time.Hour)
	reply := p.do("POST", keysPath+"/delete", `{"keyId":"`+id+`"}`)
	if reply.Status != http.StatusNoContent || len(reply.Body) != 0 || len(reply.Header) != 0 || !reply.Changed {
		t.Errorf("delete answers HTTP %d %v %q (changed %v), want an empty 204", reply.Status, reply.Header, reply.Body, reply.Changed)
	}
	if k := p.key(id); k.DeletedAt == nil || !k.DeletedAt.Equal(p.now) {
		t.Errorf("the deleted key is kept as %+v", k)
	}
	p.now = p.now.Add(time.Hour)
	p.refused("GET", keysPath+"/"+id, "", http.StatusNotFound, "4040", "API key not found")
	p.refused("POST", keysPath+"/"+id+"/disable", "", http.StatusNotFound, "4040", "API key not found")
	p.refused("POST", keysPath+"/"+id+"/enable", "", http.StatusNotFound, "4040", "API key not found")
	p.refused("POST", keysPath+"/delete", `{"keyId":"`+id+`"}`, http.StatusNotFound, "4040", "API key not found")
	if k := p.read(other); k.Status != "ACTIVE" {
		t.Errorf("another key is now %+v", k)
	}
	// A disabled key is deleted as any other.
	p.ok("POST", keysPath+"/"+other+"/disable", "", http.StatusOK, nil)
	p.ok("POST", keysPath+"/delete", `{"keyId":"`+other+`"}`, http.StatusNoContent, nil)
}

func TestDeleteRefuses(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	tests := []struct{ body, problem string }{
		{``, "Content-Type"},
		{`{}`, "keyId: is required"},
		{`{"keyId":null}`, "keyId: must not be null"},
		{`{"keyId":1}`, "keyId: must be a string"},
		{`{"keyId":""}`, "keyId: must not be empty"},
		{`{"keyId":["` + id + `"]}`, "keyId: must be a string"},
		{`{"apiKeyId":"` + id + `"}`, "keyId: is required"}, // what a create answer calls it
		{`{"keyId":"` + id + `","apiKeyId":"` + id + `"}`, "apiKeyId: unknown field"},
		{`{"keyId":"` + id + `","force":true}`, "force: unknown field"},
		{`{"keyId":"` + id + `","keyId":"` + id + `"}`, "duplicate key"},
	}
	for _, tt := range tests {
		p.invalid("POST", keysPath+"/delete", tt.body, tt.problem)
	}
	p.refused("POST", keysPath+"/delete", `{"keyId":"`+strings.ToUpper(id)+`"}`, http.StatusNotFound, "4040", "")
	p.refused("POST", keysPath+"/delete", `{"keyId":"`+p.key(id).Secret+`"}`, http.StatusNotFound, "4040", "")
	if p.key(id).DeletedAt != nil {
		t.Error("a refused deletion deleted the key")
	}
}

// TestKeysStayInTheirWorkspace: a key is not reached through another workspace
// of the same owner.
func TestKeysStayInTheirWorkspace(t *testing.T) {
	const want = `{"success":false,"code":"4040","message":"API key not found"}`
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_2"}`)
	id := p.issue("k")
	for _, unknown := range []string{id, "sk_live_none"} {
		each(base+"ws_2", unknown, func(method, path, body string) {
			if !strings.Contains(path+body, unknown) {
				return
			}
			if reply := p.do(method, path, body); reply.Status != http.StatusNotFound || string(reply.Body) != want {
				t.Errorf("%s %s %s: HTTP %d %s, want 404 %s", method, path, body, reply.Status, reply.Body, want)
			}
		})
	}
	var k keyData
	p.ok("POST", base+"ws_2/api-keys", `{"name":"n"}`, http.StatusCreated, &k)
	if got := p.key(k.APIKeyID).WorkspaceID; got != "ws_2" {
		t.Errorf("a key made in ws_2 is in %s", got)
	}
	p.ok("GET", keysPath+"/"+id, "", http.StatusOK, nil)
}
