package oceanbase_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
)

const okBody = `{"name":"my-api-key","action":"read"}`

// TestCreateExample sends the documentation's example and holds the answer
// against the documented one, byte for byte but for what differs each time.
func TestCreateExample(t *testing.T) {
	a := newAccount(t)
	body := "{\n\"name\": \"my-api-key\",\n\"action\": \"read\"\n}"
	reply := a.with("requestId", "xxxxxx").do("POST", keysPath, body)
	k := a.state().Keys[0]
	text := strings.Replace(string(reply.Body), k.Secret, "sk_xxxxxxxxxxxxxxxx", 1)
	want := `{"data":{"apiKey":"sk_xxxxxxxxxxxxxxxx","name":"my-api-key","createdAt":"2023-10-12T09:45:30Z"},` +
		`"requestId":"xxxxxx","server":"192.0.2.1:8080","success":true}`
	if reply.Status != http.StatusOK || text != want || !reply.Changed || reply.Header.Get("Content-Type") != "application/json" {
		t.Errorf("create answers HTTP %d %s (changed %v, %v), want 200 %s", reply.Status, text, reply.Changed, reply.Header, want)
	}
	if strings.Contains(string(reply.Body), k.ID) {
		t.Errorf("create answers with the id %s, which only a list shows: %s", k.ID, reply.Body)
	}
	if !regexp.MustCompile(`^sk_[0-9a-zA-Z]{16,}$`).MatchString(k.Secret) || !regexp.MustCompile(`^ak-[0-9a-zA-Z]{16}$`).MatchString(k.ID) {
		t.Errorf("the key is %s with the id %s", k.Secret, k.ID)
	}
	if k.Action != "read" || k.WorkspaceID != oceanbase.DefaultProjectID || !k.CreatedAt.Equal(a.now) || !k.UpdatedAt.Equal(a.now) || k.ExpiresAt != nil {
		t.Errorf("the key is %+v", k)
	}
}

func TestCreateNames(t *testing.T) {
	tests := []struct{ what, name, problem string }{
		{"two characters", "ab", ""},
		{"64 characters", strings.Repeat("k", 64), ""},
		{"64 Chinese characters", strings.Repeat("键", 64), ""},
		{"all kinds", "团队_A-9z", ""},
		{"only marks", "--__", ""},

		{"empty", "", "name: must have 2 to 64 characters"},
		{"one character", "k", "name: must have 2 to 64 characters"},
		{"one Chinese character", "键", "name: must have 2 to 64 characters"},
		{"65 characters", strings.Repeat("k", 65), "name: must have 2 to 64 characters"},
		{"a space", "a b", `name: must not contain ' '`},
		{"a dot", "a.b", `name: must not contain '.'`},
		{"a slash", "a/b", `name: must not contain '/'`},
		{"an umlaut", "schlüssel", `name: must not contain 'ü'`},
		{"an Arabic digit", "a٣", `name: must not contain '٣'`},
		{"a Japanese letter", "かぎ", `name: must not contain 'か'`},
		{"a line end", "a\n", `name: must not contain '\n'`},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			a := newAccount(t)
			if tt.problem == "" {
				a.create(tt.name)
				return
			}
			body, _ := json.Marshal(map[string]string{"name": tt.name, "action": "read"})
			a.invalid("POST", keysPath, string(body), tt.problem)
			a.configure(`{"laxNames":true}`)
			if tt.name == "" {
				a.invalid("POST", keysPath, string(body), "name: must not be empty")
				return
			}
			a.create(tt.name)
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	tests := []struct{ what, body, problem string }{
		{"no body", ``, "Content-Type"},
		{"no JSON", `{`, "not one JSON value"},
		{"an array", `[]`, "must be a JSON object"},
		{"two values", okBody + okBody, "not one JSON value"},
		{"bytes that are not UTF-8", "{\"name\":\"a\xff\",\"action\":\"read\"}", "not UTF-8"},
		{"a duplicate key", `{"name":"aa","name":"bb","action":"read"}`, `duplicate key "name"`},
		{"no name", `{"action":"read"}`, "name: is required"},
		{"name null", `{"name":null,"action":"read"}`, "name: must not be null"},
		{"name a number", `{"name":10,"action":"read"}`, "name: must be a string"},
		{"another case", `{"Name":"aa","action":"read"}`, "name: is required"},
		{"no action", `{"name":"aa"}`, "action: is required"},
		{"action empty", `{"name":"aa","action":""}`, "action: must not be empty"},
		{"action null", `{"name":"aa","action":null}`, "action: must not be null"},
		{"action a list", `{"name":"aa","action":["read"]}`, "action: must be a string"},
		{"an unknown field", `{"name":"aa","action":"read","expiresAt":"2027-01-01T00:00:00Z"}`, "expiresAt: unknown field"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			newAccount(t).invalid("POST", keysPath, tt.body, tt.problem)
		})
	}
	a := newAccount(t)
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/json; x=y"} {
		a.with("Content-Type", contentType).invalid("POST", keysPath, okBody, "Content-Type")
	}
	a.with("Content-Type", "application/json; charset=UTF-8").ok("POST", keysPath, okBody, new(any))
	a.invalid("POST", keysPath+"?Action=CreateAIServiceAPIKey", okBody, `unknown query parameter "Action"`)
	a.invalid("POST", keysPath+"?name=aa", okBody, "unknown query parameter")
}

// TestActions: no page lists the values of action.
func TestActions(t *testing.T) {
	a := newAccount(t)
	for i, action := range []string{"read", "write", "*", "任意", "a b"} {
		body, _ := json.Marshal(map[string]string{"name": fmt.Sprintf("k-%d", i), "action": action})
		a.ok("POST", keysPath, string(body), new(any))
		if got := a.state().Keys[i].Action; got != action {
			t.Errorf("the action is %q, want %q", got, action)
		}
	}
}

func TestSecretsAndIDsDiffer(t *testing.T) {
	a := newAccount(t)
	seen := map[string]bool{}
	for range 20 {
		a.create("same-name") // names need not be unique
	}
	for _, k := range a.state().Keys {
		if seen[k.ID] || seen[k.Secret] {
			t.Errorf("%s or %s was given out before", k.ID, k.Secret)
		}
		seen[k.ID], seen[k.Secret] = true, true
	}
	if got := len(a.page("?pageSize=100")); got != 20 {
		t.Errorf("%d keys of one name are listed, want 20", got)
	}
}

func TestUniqueNames(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"uniqueNames":true}`)
	a.create("my-api-key")
	a.refused("POST", keysPath, okBody, http.StatusBadRequest, "", "name: is in use")
	a.create("My-api-key")
	addProject(a, "proj-2")
	a.in("proj-2").create("my-api-key")
	a.ok("DELETE", keysPath+"?id="+a.id("my-api-key"), "", new(any))
	a.create("my-api-key")
}

func TestUUIDKeyIDs(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"uuidKeyIDs":true}`)
	a.create("my-api-key")
	id := a.id("my-api-key")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("the id is %s, want a UUID", id)
	}
	a.ok("DELETE", keysPath+"?id="+id, "", new(any))
}

// TestDeleteExample holds the answer against the documented one, byte for byte.
func TestDeleteExample(t *testing.T) {
	a := newAccount(t)
	a.create("my-api-key")
	id := a.id("my-api-key")
	a.now = a.now.Add(time.Minute)
	reply := a.with("X-Request-Id", "req-abc123").do("DELETE", keysPath+"?id="+id, "")
	want := `{"action":"DeleteAIServiceAPIKey","data":{},"error":{},"message":"success","requestId":"req-abc123","server":"192.0.2.1:8080","success":true}`
	if reply.Status != http.StatusOK || string(reply.Body) != want || !reply.Changed {
		t.Errorf("delete answers HTTP %d %s (changed %v), want 200 %s", reply.Status, reply.Body, reply.Changed, want)
	}
	if k := a.key(id); k.DeletedAt == nil || !k.DeletedAt.Equal(a.now) {
		t.Errorf("the key is deleted at %v, want %v", k.DeletedAt, a.now)
	}
	if got := a.page(""); len(got) != 0 {
		t.Errorf("a deleted key is listed: %v", got)
	}
}

func TestDeleteRefuses(t *testing.T) {
	a := newAccount(t)
	a.create("my-api-key")
	id := a.id("my-api-key")
	a.invalid("DELETE", keysPath, "", "id: is required") // as the page's own example does
	a.invalid("DELETE", keysPath+"?id=", "", "id: is required")
	a.invalid("DELETE", keysPath+"?id="+id+"&id="+id, "", "given 2 times")
	for _, action := range []string{"", "x", "deleteAIServiceAPIKey", "ListAIServiceAPIKeys"} {
		a.invalid("DELETE", keysPath+"?id="+id+"&Action="+action, "", "Action must be DeleteAIServiceAPIKey")
	}
	a.invalid("DELETE", keysPath+"?ID="+id, "", "unknown query parameter")
	a.invalid("DELETE", keysPath+"?id="+id, `{"id":"`+id+`"}`, "no body")
	if a.key(id).DeletedAt != nil {
		t.Error("a refused deletion deleted the key")
	}
}

func TestDeleteNamesItself(t *testing.T) {
	a := newAccount(t)
	a.create("my-api-key")
	id := a.id("my-api-key")
	a.ok("DELETE", keysPath+"?Action=DeleteAIServiceAPIKey&id="+id, "", new(any))
	if a.key(id).DeletedAt == nil {
		t.Error("a deletion that names itself deletes nothing")
	}
	a.invalid("POST", keysPath+"?Action=DeleteAIServiceAPIKey", okBody, "unknown query parameter")
}

func TestDeleteUnknown(t *testing.T) {
	a := newAccount(t)
	addProject(a, "proj-2")
	a.create("gone")
	gone := a.id("gone")
	a.ok("DELETE", keysPath+"?id="+gone, "", new(any))
	deleted := *a.key(gone).DeletedAt
	a.in("proj-2").create("of-another")
	foreign := a.in("proj-2").id("of-another")
	a.now = a.now.Add(time.Hour)
	for _, id := range []string{"ak-nothing", gone, foreign, "%2F..%2F"} {
		a.configure(`{"deleteUnknown":"error"}`)
		a.refused("DELETE", keysPath+"?id="+id, "", http.StatusNotFound, "", "does not exist")
		a.configure(`{"deleteUnknown":"success"}`)
		reply := a.do("DELETE", keysPath+"?id="+id, "")
		if reply.Status != http.StatusOK || reply.Changed || !strings.Contains(string(reply.Body), `"success":true`) {
			t.Errorf("deleting %s: HTTP %d %s (changed %v), want a success that does nothing", id, reply.Status, reply.Body, reply.Changed)
		}
	}
	if k := a.key(foreign); k.DeletedAt != nil {
		t.Error("the key of another project is deleted")
	}
	if k := a.key(gone); !k.DeletedAt.Equal(deleted) {
		t.Errorf("deleted again at %v", k.DeletedAt)
	}
}

// addProject makes a project in the organization that exists from the start.
func addProject(a *account, id string) {
	a.t.Helper()
	if _, err := a.vendor.Create("workspaces", []byte(`{"id":"`+id+`"}`)); err != nil {
		a.t.Fatal(err)
	}
}
