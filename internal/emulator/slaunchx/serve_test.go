package slaunchx_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRoutes(t *testing.T) {
	const pattern = "/web/v1/workspaces/{workspaceId}"
	tests := []struct{ method, path, route string }{
		{"GET", "/prometheus/web/v1/workspaces/ws_1", pattern},
		{"GET", "/web/v1/workspaces/ws_1", pattern},
		{"POST", "/prometheus/web/v1/workspaces/ws_1/api-keys", pattern + "/api-keys"},
		{"GET", "/web/v1/workspaces/ws_1/api-keys/sk_1", pattern + "/api-keys/{keyId}"},
		{"POST", "/web/v1/workspaces/ws_1/api-keys/delete", pattern + "/api-keys/delete"},
		{"POST", "/web/v1/workspaces/ws_1/api-keys/sk_1/disable", pattern + "/api-keys/{keyId}/disable"},
		{"POST", "/prometheus/web/v1/workspaces/ws_1/api-keys/sk_1/enable", pattern + "/api-keys/{keyId}/enable"},
		{"DELETE", "/web/v1/workspaces/ws_1/api-keys/sk_1", pattern + "/api-keys/{keyId}"},
		{"GET", "/prometheus/prometheus/web/v1/workspaces/ws_1", ""},
		{"GET", "/prometheus", ""},
		{"GET", "/prometheus/", ""},
		{"GET", "/prometheusweb/v1/workspaces/ws_1", ""},
		{"GET", "/api/v1/workspaces/ws_1", ""},
		{"GET", "/web/v1/workspaces/ws_1/", ""},
		{"GET", "/web/v1/workspaces//api-keys", ""},
	}
	for _, tt := range tests {
		if got := newPartner(t).vendor.Route(tt.method, tt.path); got != tt.route {
			t.Errorf("the route of %s %s is %q, want %q", tt.method, tt.path, got, tt.route)
		}
	}
}

// TestNoSuchRoute covers what no page describes: making, listing, changing and
// deleting workspaces, changing and rotating keys, and the paths that the page
// about authentication has for keys.
func TestNoSuchRoute(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	for _, call := range []string{
		"GET /", "GET /prometheus/web/v1/workspaces", "POST /prometheus/web/v1/workspaces", "POST " + workspace + "/update", "POST " + workspace + "/delete",
		"POST " + keysPath + "/" + id + "/rotate", "POST " + keysPath + "/" + id + "/update", "POST " + keysPath + "/" + id + "/delete",
		"GET /prometheus/web/v1/partner/api-keys", "DELETE /prometheus/web/v1/partner/api-keys/" + id, "GET " + workspace + "/", "POST " + keysPath + "/",
		"POST /prometheus/api/v1/workspaces/ws_partner_1/api-keys",
	} {
		method, path, _ := strings.Cut(call, " ")
		p.refused(method, path, "", http.StatusNotFound, "", "no such route")
		p.with("Authorization").refused(method, path, "", http.StatusNotFound, "", "no such route")
	}
}

func TestWrongMethods(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	tests := []struct{ method, path, allow string }{
		{"GET", keysPath, "POST"}, // there is no list
		{"PUT", workspace, "GET"},
		{"DELETE", workspace, "GET"},
		{"HEAD", workspace, "GET"},
		{"DELETE", keysPath + "/" + id, "GET"},
		{"PATCH", keysPath + "/" + id, "GET"},
		{"POST", keysPath + "/" + id, "GET"},
		{"GET", keysPath + "/delete", "POST"},
		{"DELETE", keysPath + "/delete", "POST"},
		{"GET", keysPath + "/" + id + "/disable", "POST"},
		{"PUT", keysPath + "/" + id + "/enable", "POST"},
	}
	for _, tt := range tests {
		p.refused(tt.method, tt.path, "", http.StatusMethodNotAllowed, "", "no "+tt.method)
		if got := p.do(tt.method, tt.path, "").Header.Get("Allow"); got != tt.allow {
			t.Errorf("%s %s allows %q, want %q", tt.method, tt.path, got, tt.allow)
		}
	}
}

// TestEveryOperation makes every documented call, with the context path and
// without, in the order of a key's life.
func TestEveryOperation(t *testing.T) {
	p := newPartner(t)
	want := []int{200, 201, 200, 200, 200, 204}
	for _, prefix := range []string{"/prometheus", ""} {
		id := p.issue("k")
		var got []int
		each(prefix+"/web/v1/workspaces/ws_partner_1", id, func(method, path, body string) {
			got = append(got, p.do(method, path, body).Status)
		})
		if !slices.Equal(got, want) {
			t.Errorf("below %q the calls answer %v, want %v", prefix, got, want)
		}
	}
}

// TestUnauthorized holds the whole answer against the documentation's.
func TestUnauthorized(t *testing.T) {
	const want = `{"success":false,"code":"4010","message":"Invalid or expired token"}`
	p := newPartner(t)
	id := p.issue("k")
	each(workspace, id, func(method, path, body string) {
		for _, values := range [][]string{
			nil, {""}, {"jwt"}, {"Bearer"}, {"Bearer "}, {"Bearer wrong"}, {"Bearer jwt2"}, {"Bearer JWT"}, {"bearer JWT"}, {"bearer"}, {"Bearer  jwt"}, {"Bearer jwt "},
			{"Basic jwt"}, {"Bearer jwt:hash"}, {"BearerX jwt"}, {"Bearer\tjwt"}, {"Bearer bearer jwt"}, {"Bearer jwt", "Bearer jwt"},
		} {
			reply := p.with("Authorization", values...).do(method, path, body)
			if reply.Status != http.StatusUnauthorized || string(reply.Body) != want {
				t.Errorf("%s %s with Authorization %q: HTTP %d %s, want 401 %s", method, path, values, reply.Status, reply.Body, want)
			}
		}
	})
	// The secret of a key is for the other chain.
	p.with("Authorization", "Bearer "+p.key(id).Secret).refused("GET", workspace, "", http.StatusUnauthorized, "4010", "token")
}

// TestBearerInAnyCase: the name of the scheme is HTTP's, the token is not.
func TestBearerInAnyCase(t *testing.T) {
	p := newPartner(t)
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEARER"} {
		p.with("Authorization", scheme+" jwt").ok("GET", workspace, "", http.StatusOK, nil)
	}
}

func TestClientHash(t *testing.T) {
	p := newPartner(t)
	if err := p.vendor.SetCredentials([]string{"jwt:hash", "other:print"}); err != nil {
		t.Fatal(err)
	}
	each(workspace, p.issue("k"), func(method, path, body string) {
		p.configure(`{"clientHashStatus":401}`)
		for _, values := range [][]string{nil, {""}, {"hash", "hash"}} {
			p.with("X-Client-Hash", values...).invalid(method, path, body, "X-Client-Hash")
		}
		for _, value := range []string{"wrong", "Hash", "print"} {
			p.with("X-Client-Hash", value).refused(method, path, body, http.StatusUnauthorized, "4010", "Client hash")
		}
		p.configure(`{"clientHashStatus":403}`)
		p.with("X-Client-Hash", "wrong").refused(method, path, body, http.StatusForbidden, "", "Client hash")
		// A token that is not known comes first.
		p.with("Authorization", "Bearer x").with("X-Client-Hash", "wrong").refused(method, path, body, http.StatusUnauthorized, "4010", "token")
	})
	p.with("Authorization", "Bearer other").with("X-Client-Hash", "print").ok("GET", workspace, "", http.StatusOK, nil)
}

func TestAccept(t *testing.T) {
	p := newPartner(t)
	each(workspace, p.issue("k"), func(method, path, body string) {
		for _, values := range [][]string{
			nil, {""}, {"*/*"}, {"text/html"}, {"application/xml"}, {"application/json, text/html"}, {"application/json", "application/json"},
		} {
			p.with("Accept", values...).invalid(method, path, body, "Accept")
		}
	})
	p.with("Accept", "Application/JSON").ok("GET", workspace, "", http.StatusOK, nil)
}

func TestAcceptLanguage(t *testing.T) {
	p := newPartner(t)
	for _, language := range []string{"en", "zh", "zh-Hant", "ja", "vi"} {
		p.with("Accept-Language", language).ok("GET", workspace, "", http.StatusOK, nil)
	}
	each(workspace, p.issue("k"), func(method, path, body string) {
		for _, values := range [][]string{{""}, {"de"}, {"EN"}, {"zh-hant"}, {"en-US"}, {"en, zh"}, {"en;q=0.9"}, {"*"}, {"en", "en"}} {
			p.with("Accept-Language", values...).invalid(method, path, body, "Accept-Language")
		}
	})
}

func TestWorkspaceHeader(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_2"}`)
	values := [][]string{nil, {""}, {"ws_2"}, {"WS_PARTNER_1"}, {"ws_partner_1", "ws_partner_1"}}
	each(workspace, p.issue("k"), func(method, path, body string) {
		for _, value := range values {
			p.with("X-Workspace-Id", value...).invalid(method, path, body, "X-Workspace-Id")
		}
	})
	p.configure(`{"ignoreWorkspaceHeader":true}`)
	for _, value := range values {
		p.with("X-Workspace-Id", value...).ok("GET", workspace, "", http.StatusOK, nil)
	}
}

// TestWorkspaceHeaderOfAnEscapedPath: the header holds the id itself.
func TestWorkspaceHeaderOfAnEscapedPath(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws 2/b"}`)
	p.with("X-Workspace-Id", "ws 2/b").ok("GET", base+"ws%202%2Fb", "", http.StatusOK, nil)
	p.with("X-Workspace-Id", "ws%202%2Fb").invalid("GET", base+"ws%202%2Fb", "", "X-Workspace-Id")
}

func TestContentType(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	for path, body := range map[string]string{keysPath: `{"name":"n"}`, keysPath + "/delete": `{"keyId":"` + id + `"}`} {
		for _, values := range [][]string{nil, {""}, {"text/plain"}, {"application/x-www-form-urlencoded"}, {"application/json", "application/json"}} {
			p.with("Content-Type", values...).invalid("POST", path, body, "Content-Type")
		}
		for _, text := range []string{``, `null`, `[]`, `"x"`, body + body, strings.TrimSuffix(body, "}"), strings.TrimSuffix(body, "}") + `,"x":1}`} {
			p.with("Content-Type", "application/json").invalid("POST", path, text, "")
		}
		p.with("Content-Type", "application/json; charset=utf-8").do("POST", path, body)
	}
	if len(p.state().Keys) != 2 || p.key(id).DeletedAt == nil {
		t.Errorf("with the charset named, a key is not made or not deleted: %s", p.document())
	}
}

// TestContentTypeWithoutABody: it may be there, and need not be.
func TestContentTypeWithoutABody(t *testing.T) {
	p := newPartner(t)
	each(workspace, p.issue("k"), func(method, path, body string) {
		if body != "" {
			return
		}
		for _, values := range [][]string{nil, {"application/json"}, {"application/json; charset=utf-8"}} {
			p.with("Content-Type", values...).ok(method, path, "", http.StatusOK, nil)
		}
	})
}

// TestUndocumentedParts: no endpoint has query parameters, and those without a
// documented body take none.
func TestUndocumentedParts(t *testing.T) {
	p := newPartner(t)
	each(workspace, p.issue("k"), func(method, path, body string) {
		p.invalid(method, path+"?x=1", body, `unknown query parameter "x"`)
		p.invalid(method, path+"?workspaceId=ws_partner_1", body, "unknown query parameter")
		if body == "" {
			p.invalid(method, path, `{}`, "no body")
		}
	})
}

// TestMember: a member reads, and only the owner manages keys. The answer is
// the documentation's, whole.
func TestMember(t *testing.T) {
	const want = `{"success":false,"code":"4030","message":"Only workspace owner can manage API keys"}`
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_m","role":"MEMBER"}`)
	p.console("keys", `{"id":"sk_m","workspaceID":"ws_m"}`)
	reads := func() (statuses []int) {
		each(base+"ws_m", "sk_m", func(method, path, body string) {
			reply := p.do(method, path, body)
			if method == "GET" {
				statuses = append(statuses, reply.Status)
			} else if reply.Status != http.StatusForbidden || string(reply.Body) != want {
				t.Errorf("%s %s as a member: HTTP %d %s, want 403 %s", method, path, reply.Status, reply.Body, want)
			}
		})
		return statuses
	}
	if got := reads(); !slices.Equal(got, []int{200, 200}) {
		t.Errorf("a member reads workspace and key with %v", got)
	}
	p.configure(`{"ownerOnlyReads":true}`)
	if got := reads(); !slices.Equal(got, []int{200, 403}) {
		t.Errorf("with ownerOnlyReads a member reads workspace and key with %v", got)
	}
	p.ok("GET", keysPath+"/"+p.issue("k"), "", http.StatusOK, nil)
	// Permission comes before the body and the key.
	p.refused("POST", base+"ws_m/api-keys", `{`, http.StatusForbidden, "4030", "owner")
	p.refused("POST", base+"ws_m/api-keys/none/enable", "", http.StatusForbidden, "4030", "owner")
}

// TestForeignWorkspaces: one that is somebody else's, one that is deleted and
// one that never was are answered alike.
func TestForeignWorkspaces(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_foreign","role":"NONE"}`)
	p.console("keys", `{"id":"sk_f","workspaceID":"ws_foreign"}`)
	p.console("workspaces", `{"id":"ws_gone"}`)
	if err := p.vendor.Remove("workspaces", "ws_gone"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		settings string
		status   int
		code     string
	}{
		{`{}`, http.StatusNotFound, "4040"},
		{`{"foreignWorkspaceStatus":403}`, http.StatusForbidden, "4030"},
		{`{"dottedCodes":true}`, http.StatusForbidden, "ACCESS.PERMISSION_DENIED"},
		{`{"foreignWorkspaceStatus":404}`, http.StatusNotFound, "RESOURCE.NOT_FOUND"},
	} {
		p.configure(tt.settings)
		for _, id := range []string{"ws_foreign", "ws_gone", "ws_never"} {
			each(base+id, "sk_f", func(method, path, body string) {
				p.refused(method, path, body, tt.status, tt.code, "orkspace")
			})
		}
	}
}

func TestRateLimit(t *testing.T) {
	p := newPartner(t)
	if err := p.vendor.SetCredentials([]string{"jwt:hash", "other:print"}); err != nil {
		t.Fatal(err)
	}
	p.configure(`{"requestsPerMinute":3}`)
	for range 3 {
		p.ok("GET", workspace, "", http.StatusOK, nil)
	}
	p.refused("GET", workspace, "", http.StatusTooManyRequests, "", "Too many requests")
	if got := p.do("GET", workspace, "").Header.Values("Retry-After"); len(got) != 0 {
		t.Errorf("Retry-After is %v, want none unless asked for", got)
	}
	p.configure(`{"retryAfterSeconds":30}`)
	if got := p.do("GET", workspace, "").Header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After is %q, want 30", got)
	}
	p.with("Authorization", "Bearer other").with("X-Client-Hash", "print").ok("GET", workspace, "", http.StatusOK, nil) // counted apart
	p.with("Authorization").refused("GET", workspace, "", http.StatusUnauthorized, "4010", "")                          // not counted
	p.now = p.now.Add(59 * time.Second)
	p.refused("GET", workspace, "", http.StatusTooManyRequests, "", "")
	p.now = p.now.Add(time.Second)
	for range 3 {
		p.refused("GET", base+"none", "", http.StatusNotFound, "4040", "") // what is refused later counts
	}
	p.refused("GET", workspace, "", http.StatusTooManyRequests, "", "")
	p.configure(`{"requestsPerMinute":0}`)
	for range 10 {
		p.ok("GET", workspace, "", http.StatusOK, nil)
	}
}

func TestThrottledOnDemand(t *testing.T) {
	p := newPartner(t)
	for _, tt := range []struct {
		settings, code, header string
		seconds                *int
	}{
		{`{}`, "", "", nil},
		{`{"retryAfterSeconds":30}`, "", "7", new(7)},
		{`{"dottedCodes":true}`, "REQUEST.RATE_LIMITED", "", nil},
	} {
		p.configure(tt.settings)
		reply := p.vendor.Throttled(tt.seconds)
		checkEnvelope(t, "throttled", reply, p.now)
		if reply.Status != http.StatusTooManyRequests || !strings.Contains(string(reply.Body), `"code":"`+tt.code+`"`) || reply.Header.Get("Retry-After") != tt.header {
			t.Errorf("throttled with %s: HTTP %d %s, Retry-After %q; want 429, code %q and %q",
				tt.settings, reply.Status, reply.Body, reply.Header.Get("Retry-After"), tt.code, tt.header)
		}
	}
}

// TestDottedCodes: version 2.0.0 of the pages.
func TestDottedCodes(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_m","role":"MEMBER"}`)
	p.configure(`{"dottedCodes":true}`)
	const success = `{"version":"2.0.0","timestamp":1774051200000,"success":true,"code":"2000","message":"SUCCESS","data":`
	if body := string(p.do("GET", workspace, "").Body); !strings.HasPrefix(body, success) {
		t.Errorf("success is %s, want version 2.0.0 and code 2000", body)
	}
	p.with("Authorization", "Bearer x").refused("GET", workspace, "", http.StatusUnauthorized, "AUTH.INVALID_CREDENTIALS", "")
	p.with("X-Client-Hash", "x").refused("GET", workspace, "", http.StatusUnauthorized, "AUTH.INVALID_CREDENTIALS", "")
	p.refused("POST", base+"ws_m/api-keys", `{"name":"n"}`, http.StatusForbidden, "ACCESS.PERMISSION_DENIED", "")
	p.refused("GET", keysPath+"/none", "", http.StatusNotFound, "RESOURCE.NOT_FOUND", "")
	p.refused("POST", keysPath, `{}`, http.StatusBadRequest, "VALIDATION.INVALID_PARAMETER", "name")
	p.with("Accept").refused("GET", workspace, "", http.StatusBadRequest, "VALIDATION.INVALID_PARAMETER", "Accept")
	p.refused("GET", "/nothing", "", http.StatusNotFound, "", "")
	p.configure(`{"clientHashStatus":403}`)
	p.with("X-Client-Hash", "x").refused("GET", workspace, "", http.StatusForbidden, "", "")
	p.configure(`{"requestsPerMinute":1}`)
	p.now = p.now.Add(time.Minute)
	p.ok("GET", workspace, "", http.StatusOK, nil)
	p.refused("GET", workspace, "", http.StatusTooManyRequests, "REQUEST.RATE_LIMITED", "")
}

func TestRequestIDs(t *testing.T) {
	p := newPartner(t)
	asked := p.with("X-Request-Id", "req-1")
	if got := asked.do("GET", workspace, "").Header.Values("X-Request-Id"); len(got) != 0 {
		t.Errorf("answers have the id %v, want none unless asked for", got)
	}
	p.configure(`{"requestIDs":true}`)
	each(workspace, p.issue("k"), func(method, path, body string) {
		if got := asked.do(method, path, body).Header.Get("X-Request-Id"); got != "req-1" {
			t.Errorf("%s %s answers with the id %q, want that of the request", method, path, got)
		}
	})
	one, other := p.do("GET", "/nothing", "").Header.Get("X-Request-Id"), p.do("GET", workspace, "").Header.Get("X-Request-Id")
	if one == "" || one == other {
		t.Errorf("two answers have the ids %q and %q, want two different ones", one, other)
	}
}
