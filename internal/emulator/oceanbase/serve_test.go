package oceanbase_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

func TestRoutes(t *testing.T) {
	tests := []struct{ method, path, route string }{
		{"POST", keysPath, keysPath},
		{"GET", keysPath, keysPath},
		{"DELETE", keysPath, keysPath},
		{"PATCH", keysPath, keysPath},
		{"GET", keysPath + "/", ""},
		{"GET", keysPath + "/ak-1", ""},
		{"GET", "/api/v1/maas/apikeys", ""},
		{"GET", "/", ""},
	}
	for _, tt := range tests {
		if got := newAccount(t).vendor.Route(tt.method, tt.path); got != tt.route {
			t.Errorf("the route of %s %s is %q, want %q", tt.method, tt.path, got, tt.route)
		}
	}
}

// TestUnknownRoutesAndMethods covers what the API does not have, above all
// reading, changing and rotating one key, and projects.
func TestUnknownRoutesAndMethods(t *testing.T) {
	a := newAccount(t)
	a.create("my-api-key")
	id := a.id("my-api-key")
	for _, call := range []string{
		"GET " + keysPath + "/" + id, "PUT " + keysPath + "/" + id, "DELETE " + keysPath + "/" + id, "POST " + keysPath + "/" + id + "/rotate",
		"GET " + keysPath + "/", "GET /api/v2/maas", "GET /api/v2/projects", "POST /api/v2/projects", "GET /api/v1/maas/apikeys", "GET /",
	} {
		method, path, _ := strings.Cut(call, " ")
		a.refused(method, path, "", http.StatusNotFound, "", "no such route")
		a.with("Authorization").refused(method, path, "", http.StatusNotFound, "", "no such route")
	}
	for _, method := range []string{"PUT", "PATCH", "HEAD", "OPTIONS", "post"} {
		a.refused(method, keysPath, "", http.StatusMethodNotAllowed, "", "no "+method)
		if got := a.do(method, keysPath, "").Header.Get("Allow"); got != "POST, GET, DELETE" {
			t.Errorf("%s allows %q, want the three methods", method, got)
		}
	}
}

// everyCall makes each documented call once, in a way that would succeed.
func everyCall(a *account, check func(a *account, method, path, body string)) {
	a.create("to-delete")
	check(a, "POST", keysPath, okBody)
	check(a, "GET", keysPath, "")
	check(a, "DELETE", keysPath+"?id="+a.id("to-delete"), "")
}

func TestRequiredHeaders(t *testing.T) {
	everyCall(newAccount(t), func(a *account, method, path, body string) {
		for _, header := range []string{"X-OB-Org-Id", "X-OB-Project-Id"} {
			a.with(header).invalid(method, path, body, "header "+header+" is required")
			a.with(header, "").invalid(method, path, body, "header "+header+" is required")
			a.with(header, a.header.Get(header), a.header.Get(header)).invalid(method, path, body, "header "+header+" is required, once")
			for _, status := range []string{"404", "403"} {
				a.configure(`{"unknownProjectStatus":` + status + `}`)
				want := map[string]int{"404": http.StatusNotFound, "403": http.StatusForbidden}[status]
				a.with(header, "unknown").refused(method, path, body, want, "", "no access")
				a.with(header, "ORG-XXXXXXXX").refused(method, path, body, want, "", "no access")
			}
		}
		a.ok(method, path, body, new(any))
	})
}

// TestProjectOfAnotherOrganization: both ids exist and do not belong together.
func TestProjectOfAnotherOrganization(t *testing.T) {
	a := newAccount(t)
	if _, err := a.vendor.Create("workspaces", []byte(`{"id":"proj-2","organizationID":"org-2"}`)); err != nil {
		t.Fatal(err)
	}
	a.in("proj-2").refused("GET", keysPath, "", http.StatusForbidden, "", "no access")
	a.with("X-OB-Org-Id", "org-2").refused("GET", keysPath, "", http.StatusForbidden, "", "no access")
	a.in("proj-2").with("X-OB-Org-Id", "org-2").ok("GET", keysPath, "", new(any))
}

// TestOptionalProject: a request without a project means the one that was last
// used with success, in the organization that the request names.
func TestOptionalProject(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"optionalProject":true}`)
	a.create("in-first")
	addProject(a, "proj-2")
	if _, err := a.vendor.Create("workspaces", []byte(`{"id":"proj-3","organizationID":"org-3"}`)); err != nil {
		t.Fatal(err)
	}
	a.in("proj-2").create("in-second")
	none := a.with("X-OB-Project-Id")
	other := none.with("X-OB-Org-Id", "org-3")
	expect := func(a *account, want string) {
		t.Helper()
		if got := strings.Join(a.names(""), ","); got != want {
			t.Errorf("without a project %q is listed, want %q", got, want)
		}
	}
	expect(none, "in-second")
	a.in("unknown").refused("GET", keysPath, "", http.StatusForbidden, "", "")
	a.invalid("GET", keysPath+"?pageSize=0", "", "pageSize") // refused: no use of it
	expect(none, "in-second")
	expect(a, "in-first")
	expect(none, "in-first")
	expect(other, "")
	expect(none, "in-first") // the first of its organization
	a.with("X-OB-Project-Id", "").invalid("GET", keysPath, "", "is required")
	none.with("X-OB-Org-Id", "org-4").refused("GET", keysPath, "", http.StatusForbidden, "", "no access")

	for _, project := range []string{"proj-xxxxxxxx", "proj-2"} {
		if err := a.vendor.Remove("workspaces", project); err != nil {
			t.Fatal(err)
		}
	}
	none.refused("GET", keysPath, "", http.StatusForbidden, "", "no access")
}

func TestProducts(t *testing.T) {
	everyCall(newAccount(t), func(a *account, method, path, body string) {
		a.configure(`{"products":["maas","tp"]}`)
		for _, product := range []string{"", "MAAS"} {
			a.with("X-Ob-Product", product).invalid(method, path, body, "is no supported product")
		}
		a.with("X-Ob-Product", "tp", "maas").invalid(method, path, body, "given 2 times")
		a.with("X-Ob-Product", "maas").ok(method, path, body, new(any))
	})
}

// TestAnyProduct: which products there are is not documented, so that without
// the setting each is one. None at all is none.
func TestAnyProduct(t *testing.T) {
	everyCall(newAccount(t), func(a *account, method, path, body string) {
		a.with("X-Ob-Product", "").invalid(method, path, body, "is no supported product")
		a.with("X-Ob-Product", "tp", "maas").invalid(method, path, body, "given 2 times")
		a.with("X-Ob-Product", "anything").ok(method, path, body, new(any))
	})
}

func TestUID(t *testing.T) {
	everyCall(newAccount(t), func(a *account, method, path, body string) {
		with := func(uid string) string {
			if strings.Contains(path, "?") {
				return path + "&uid=" + uid
			}
			return path + "?uid=" + uid
		}
		a.configure(`{"requireUID":false,"uid":""}`)
		a.invalid(method, with(""), body, "uid: is required")
		a.invalid(method, with("1&uid=1"), body, "given 2 times")
		a.configure(`{"requireUID":true}`)
		a.invalid(method, path, body, "uid: is required")
		a.configure(`{"uid":"1234"}`)
		a.invalid(method, path, body, "uid: is required")
		a.invalid(method, with("12345"), body, "not that of this account")
		a.configure(`{"requireUID":false}`)
		a.invalid(method, with("12345"), body, "not that of this account")
		a.ok(method, with("1234"), body, new(any))
	})
	everyCall(newAccount(t), func(a *account, method, path, body string) { // not required, and not sent
		a.ok(method, path, body, new(any))
	})
}

// TestRequestID: good and bad answers repeat the id under either of its names.
func TestRequestID(t *testing.T) {
	a := newAccount(t)
	both := a.with("requestId", "req-abc123").with("X-Request-Id", "req-def456")
	tests := []struct {
		account *account
		want    string
	}{
		{a.with("requestId", "req-abc123"), `^req-abc123$`},
		{a.with("X-Request-Id", "req-abc123"), `^req-abc123$`},
		{both, `^req-abc123$`},
		{a, `^req-[0-9a-f]{16}$`},
		{a.with("requestId", ""), `^req-[0-9a-f]{16}$`},
	}
	for _, tt := range tests {
		for _, query := range []string{"", "?pageSize=0"} {
			var got struct{ RequestID string }
			reply := tt.account.do("GET", keysPath+query, "")
			if err := json.Unmarshal(reply.Body, &got); err != nil || !regexp.MustCompile(tt.want).MatchString(got.RequestID) {
				t.Errorf("%v answers the request id %q, want %s", tt.account.header, got.RequestID, tt.want)
			}
		}
	}
	for _, header := range []string{"requestId", "X-Request-Id"} {
		a.with(header, "a", "b").invalid("GET", keysPath, "", "given 2 times")
	}
	first, second := a.do("GET", keysPath, ""), a.do("GET", keysPath, "")
	if string(first.Body) == string(second.Body) {
		t.Errorf("two requests have the same id: %s", first.Body)
	}
}

// TestErrorShapes holds both documented forms byte for byte.
func TestErrorShapes(t *testing.T) {
	a := newAccount(t).with("requestId", "r")
	general := func(code, message string) string {
		return `{"success":false,"errorCode":"` + code + `","errorMessage":"` + message + `","requestId":"r"}`
	}
	maas := func(action, code, message string) string {
		return `{"action":"` + action + `","data":{},"error":{"code":"` + code + `","message":"` + message + `"},"message":"` + message +
			`","requestId":"r","server":"192.0.2.1:8080","success":false}`
	}
	const exist = "API key does not exist"
	tests := []struct {
		settings, method, path string
		status                 int
		want                   string
	}{
		{`{}`, "DELETE", keysPath, 400, general("INVALID_PARAMETER", "id: is required")},
		{`{}`, "DELETE", keysPath + "?id=x", 404, general("", exist)},
		{`{"errorShape":"maas"}`, "DELETE", keysPath, 400, maas("DeleteAIServiceAPIKey", "INVALID_PARAMETER", "id: is required")},
		{`{}`, "DELETE", keysPath + "?id=x", 404, maas("DeleteAIServiceAPIKey", "", exist)},
		{`{}`, "GET", keysPath + "?Action=x", 400, maas("ListAIServiceAPIKeys", "INVALID_PARAMETER", "query parameter Action must be ListAIServiceAPIKeys")},
		{`{}`, "POST", keysPath, 400, maas("", "INVALID_PARAMETER", "Content-Type must be application/json")},
		{`{}`, "GET", "/x", 404, maas("", "", "no such route: /x")},
		{`{"softErrors":true}`, "DELETE", keysPath, 200, maas("DeleteAIServiceAPIKey", "INVALID_PARAMETER", "id: is required")},
		{`{"errorShape":"general"}`, "DELETE", keysPath, 200, general("INVALID_PARAMETER", "id: is required")},
		{`{}`, "DELETE", keysPath + "?id=x", 200, general("", exist)},
		{`{}`, "GET", "/x", 200, general("", "no such route: /x")},
	}
	for _, tt := range tests { // each with the settings of those before it
		a.configure(tt.settings)
		if reply := a.do(tt.method, tt.path, ""); reply.Status != tt.status || string(reply.Body) != tt.want || reply.Changed {
			t.Errorf("%s %s: HTTP %d %s, want %d %s", tt.method, tt.path, reply.Status, reply.Body, tt.status, tt.want)
		}
	}
}

// TestSoftErrorsKeepWhatOnlyAStatusTells: a challenge and throttling.
func TestSoftErrorsKeepWhatOnlyAStatusTells(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"softErrors":true,"requestsPerMinute":1}`)
	a.with("Authorization").refused("GET", keysPath, "", http.StatusUnauthorized, "", "")
	a.ok("GET", keysPath, "", new(any))
	a.refused("GET", keysPath, "", http.StatusTooManyRequests, "", "too many")
}

func TestRateLimit(t *testing.T) {
	a := newAccount(t)
	if err := a.vendor.SetCredentials([]string{"AK:SK", "AK2:SK2"}); err != nil {
		t.Fatal(err)
	}
	a.configure(`{"requestsPerMinute":3}`)
	a.ok("GET", keysPath, "", new(any))
	a.invalid("GET", keysPath+"?pageSize=0", "", "pageSize") // counts as well
	a.ok("POST", keysPath, okBody, new(any))
	a.refused("POST", keysPath, okBody, http.StatusTooManyRequests, "", "too many requests")
	if got := a.do("GET", keysPath, "").Header.Values("Retry-After"); len(got) != 0 {
		t.Errorf("Retry-After is %v, want none unless asked for", got)
	}
	a.configure(`{"retryAfterSeconds":30}`)
	if got := a.do("GET", keysPath, "").Header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After is %q, want 30", got)
	}
	a.with("Authorization", basic("AK2", "SK2")).ok("GET", keysPath, "", new(any)) // counted apart
	a.with("Authorization").refused("GET", keysPath, "", http.StatusUnauthorized, "", "")
	a.now = a.now.Add(59*time.Second + 999*time.Millisecond)
	a.refused("GET", keysPath, "", http.StatusTooManyRequests, "", "")
	a.now = a.now.Add(time.Millisecond)
	a.ok("GET", keysPath, "", new(any))
	a.configure(`{"requestsPerMinute":0,"retryAfterSeconds":null}`)
	for range 10 {
		a.ok("GET", keysPath, "", new(any))
	}
}

func TestThrottledOnDemand(t *testing.T) {
	a := newAccount(t)
	seven := 7
	for _, tt := range []struct {
		seconds *int
		header  []string
	}{{nil, nil}, {&seven, []string{"7"}}} {
		reply := a.vendor.Throttled(tt.seconds)
		a.isRefusal(reply, "throttling", http.StatusTooManyRequests, "", "too many requests")
		if got := reply.Header.Values("Retry-After"); strings.Join(got, ",") != strings.Join(tt.header, ",") {
			t.Errorf("Retry-After is %v, want %v", got, tt.header)
		}
	}
}

// TestNothingAtAll: a request without anything is refused, not a crash.
func TestNothingAtAll(t *testing.T) {
	a := newAccount(t)
	a.isRefusal(a.vendor.Serve(&wire.Request{}), "an empty request", http.StatusNotFound, "", "no such route")
	a.isRefusal(a.vendor.Serve(&wire.Request{Method: "GET", Path: keysPath}), "a bare request", http.StatusUnauthorized, "", "authentication")
}
