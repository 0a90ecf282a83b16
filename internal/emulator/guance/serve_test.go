package guance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

func TestRoutes(t *testing.T) {
	tests := []struct{ method, path, route string }{
		{"POST", createPath, createPath},
		{"GET", keyBase + "wsak_1/get", keyBase + "{ak_uuid}/get"},
		{"GET", keyBase + "wsak_1/delete", keyBase + "{ak_uuid}/delete"},
		{"POST", keyBase + "wsak_1/delete", keyBase + "{ak_uuid}/delete"},
		{"GET", listPath, listPath},
		{"GET", "/api/v1/workspace/list", ""},
		{"GET", createPath + "/", ""},
	}
	for _, tt := range tests {
		if got := newSite(t).vendor.Route(tt.method, tt.path); got != tt.route {
			t.Errorf("the route of %s %s is %q, want %q", tt.method, tt.path, got, tt.route)
		}
	}
}

// TestNoSuchRoute covers what the open API does not have, above all any way to
// delete, list or address a workspace.
func TestNoSuchRoute(t *testing.T) {
	s := newSite(t)
	uuid, _, _ := s.create("w")
	for _, call := range []string{
		"GET " + createPath, "PUT " + createPath, "POST " + getPath, "GET " + modifyPath, "GET " + addPath, "POST " + listPath,
		"GET /api/v1/workspace/list", "POST /api/v1/workspace/delete", "DELETE /api/v1/workspace/" + uuid,
		"GET /api/v1/workspace/" + uuid + "/get", "POST /api/v1/workspace/" + uuid + "/delete",
		"POST " + keyBase + "wsak_1/modify", "POST " + keyBase + "wsak_1/rotate", "GET /", "GET /api/v1",
	} {
		method, path, _ := strings.Cut(call, " ")
		s.refused(method, path, "", http.StatusBadRequest, "ft.RouterNotFound", "no such route")
		s.as("wrong").refused(method, path, "", http.StatusBadRequest, "ft.RouterNotFound", "no such route")
	}
}

func TestAuthentication(t *testing.T) {
	s := newSite(t)
	for _, call := range []string{"POST " + createPath, "GET " + getPath, "POST " + modifyPath, "POST " + addPath, "GET " + listPath} {
		method, path, _ := strings.Cut(call, " ")
		for _, key := range []string{"", "wrong", "OWNER", "owner2"} {
			s.as(key).refused(method, path, "", http.StatusForbidden, "ft.InvalidAPIKey", "invalid API key")
		}
		twice := &wire.Request{Method: method, Path: path, Header: http.Header{"Df-Api-Key": {"owner", "owner"}}, Now: s.now}
		if a := s.send(twice); a.ErrorCode != "ft.InvalidAPIKey" {
			t.Errorf("%s with the header twice: %+v", call, a)
		}
	}
	// The id of a key is not its secret.
	_, id, _ := s.create("w")
	s.as(id).refused("GET", getPath, "", http.StatusForbidden, "ft.InvalidAPIKey", "")
}

func TestContentType(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{createPath, modifyPath, addPath} {
		for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded"} {
			a := s.send(&wire.Request{
				Method: "POST", Path: path, Body: []byte(`{"name":"n"}`), Now: s.now,
				Header: http.Header{"Df-Api-Key": {"owner"}, "Content-Type": {contentType}},
			})
			if a.status != http.StatusBadRequest || !strings.Contains(a.Message, "Content-Type") {
				t.Errorf("%s with content type %q: HTTP %d %s", path, contentType, a.status, a.Message)
			}
		}
	}
}

func TestKeyRateLimit(t *testing.T) {
	s := newSite(t)
	s.configure(`{"keyRequestsPerMinute":20}`)
	_, _, sk := s.create("w") // the owner's first
	for i := range 19 {
		if a := s.do("GET", getPath, ""); a.status != http.StatusOK {
			t.Fatalf("request %d of 20 is refused: %+v", i+2, a)
		}
		s.now = s.now.Add(time.Second)
	}
	s.refused("GET", getPath, "", http.StatusUnauthorized, "ft.TriggerApiAkCurrentLimiting", "too many")
	if a := s.do("GET", getPath, ""); len(a.header.Values("Retry-After")) != 0 {
		t.Errorf("throttled with a Retry-After that nothing documents: %v", a.header)
	}
	s.as(sk).ok("GET", getPath, "", new(any)) // another key is not affected

	s.now = s.now.Add(40*time.Second + 999*time.Millisecond)
	s.refused("GET", getPath, "", http.StatusUnauthorized, "ft.TriggerApiAkCurrentLimiting", "")
	// A minute after the first two, which came at the same moment, both are free.
	s.now = s.now.Add(time.Millisecond)
	s.ok("GET", getPath, "", new(any))
	s.ok("GET", getPath, "", new(any))
	s.refused("GET", getPath, "", http.StatusUnauthorized, "ft.TriggerApiAkCurrentLimiting", "")
}

func TestWorkspaceRateLimit(t *testing.T) {
	s := newSite(t)
	s.configure(`{"keyRequestsPerMinute":20,"workspaceRequestsPerMinute":200}`)
	_, _, admin := s.create("w")
	var keys []string
	for i := range 11 {
		keys = append(keys, s.as(admin).add(fmt.Sprint(i)).SK)
	}
	s.now = s.now.Add(time.Minute)
	for i := range 200 {
		if a := s.as(keys[i/20]).do("GET", getPath, ""); a.status != http.StatusOK {
			t.Fatalf("request %d of 200 is refused: %+v", i+1, a)
		}
	}
	s.as(keys[10]).refused("GET", getPath, "", http.StatusUnauthorized, "ft.TriggerApiWorkspaceCurrentLimiting", "")
	s.ok("GET", getPath, "", new(any)) // another workspace is not affected
	s.now = s.now.Add(time.Minute)
	s.as(keys[10]).ok("GET", getPath, "", new(any))
}

func TestThrottledOnDemand(t *testing.T) {
	s := newSite(t)
	seven := 7
	for _, tt := range []struct {
		seconds *int
		header  string
	}{{nil, ""}, {&seven, "7"}} {
		reply := s.vendor.Throttled(tt.seconds)
		var a answer
		if err := json.Unmarshal(reply.Body, &a); err != nil {
			t.Fatal(err)
		}
		if reply.Status != http.StatusUnauthorized || a.ErrorCode != "ft.TriggerApiAkCurrentLimiting" || reply.Header.Get("Retry-After") != tt.header {
			t.Errorf("throttled: %d %s %v, want 401 and Retry-After %q", reply.Status, reply.Body, reply.Header, tt.header)
		}
	}
}

func TestPlainErrorCodes(t *testing.T) {
	s := newSite(t)
	s.configure(`{"plainErrorCodes":true,"keyRequestsPerMinute":1}`)
	s.as("wrong").refused("GET", getPath, "", http.StatusForbidden, "InvalidApiKey", "")
	s.refused("GET", "/nothing", "", http.StatusBadRequest, "RouterNotFound", "")
	s.ok("GET", getPath, "", new(any))
	s.refused("GET", getPath, "", http.StatusUnauthorized, "TriggerApiAkCurrentLimiting", "")
}

func TestConfigureRefuses(t *testing.T) {
	s := newSite(t)
	for _, settings := range []string{`{"keyNameLimit":0}`, `{"unknown":1}`, `{"showTokens":"yes"}`, `[]`, ``} {
		if err := s.vendor.Configure([]byte(settings)); err == nil {
			t.Errorf("settings %q are accepted", settings)
		}
	}
	s.add(strings.Repeat("k", 256)) // the old limit is still in force
}

func TestBackstageKeys(t *testing.T) {
	s := newSite(t)
	ws, _, admin := s.create("w")
	made, err := s.vendor.Create("keys", []byte(`{"workspaceUUID":"`+ws+`","name":"by hand","sk":"secret"}`))
	if err != nil {
		t.Fatal(err)
	}
	s.as("secret").ok("GET", getPath, "", new(any))
	if got := s.as(admin).list("?search=by+hand"); len(got) != 1 {
		t.Errorf("a key made in the console is listed as %v", got)
	}
	var k key
	data, _ := json.Marshal(made)
	if err := json.Unmarshal(data, &k); err != nil {
		t.Fatal(err)
	}
	if _, err := s.vendor.Change("keys", k.UUID, []byte(`{"name":"renamed"}`)); err != nil {
		t.Fatal(err)
	}
	if got := s.as(admin).list("?search=renamed"); len(got) != 1 {
		t.Errorf("a renamed key is listed as %v", got)
	}
	if err := s.vendor.Remove("keys", k.UUID); err != nil {
		t.Fatal(err)
	}
	s.as("secret").refused("GET", getPath, "", http.StatusForbidden, "ft.InvalidAPIKey", "")
}

func TestBackstageWorkspaces(t *testing.T) {
	s := newSite(t)
	if _, err := s.vendor.Create("workspaces", []byte(`{"uuid":"wksp_x","name":"by hand"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.vendor.Create("keys", []byte(`{"workspaceUUID":"wksp_x","sk":"secret"}`)); err != nil {
		t.Fatal(err)
	}
	change := `{"name":"renamed","billingState":"unpaid","locked":true,"lockedAt":"2023-01-05T00:00:00Z"}`
	if _, err := s.vendor.Change("workspaces", "wksp_x", []byte(change)); err != nil {
		t.Fatal(err)
	}
	var ws created
	s.as("secret").ok("GET", getPath, "", &ws.WsInfo)
	if got := ws.WsInfo; got.Name != "renamed" || got.BillingState != "unpaid" || got.IsLocked != 1 || got.LockAt != 1672876800 {
		t.Errorf("the changed workspace is %+v", got)
	}
	if err := s.vendor.Remove("workspaces", "wksp_x"); err != nil {
		t.Fatal(err)
	}
	s.as("secret").refused("GET", getPath, "", http.StatusForbidden, "ft.InvalidAPIKey", "")
	if keys := s.state().Keys; keys[1].DeletedAt == nil {
		t.Error("the key of a deleted workspace lives")
	}
}

func TestBackstageRefuses(t *testing.T) {
	s := newSite(t)
	ws, keyID, _ := s.create("w")
	create := func(kind, fields string) error { _, err := s.vendor.Create(kind, []byte(fields)); return err }
	change := func(kind, id, fields string) error { _, err := s.vendor.Change(kind, id, []byte(fields)); return err }
	tests := map[string]error{
		"create of an unknown kind":    create("users", `{}`),
		"a workspace that exists":      create("workspaces", `{"uuid":"`+ws+`"}`),
		"a workspace with odd fields":  create("workspaces", `{"x":1}`),
		"a key without workspace":      create("keys", `{}`),
		"a key that exists":            create("keys", `{"uuid":"`+keyID+`","workspaceUUID":"`+ws+`"}`),
		"a key with odd fields":        create("keys", `{"x":1}`),
		"change of an unknown kind":    change("users", "x", `{}`),
		"change of no workspace":       change("workspaces", "x", `{}`),
		"a change with odd fields":     change("workspaces", ws, `{"x":1}`),
		"change of no key":             change("keys", "x", `{}`),
		"a key change with odd fields": change("keys", keyID, `{"x":1}`),
		"removal of an unknown kind":   s.vendor.Remove("users", "x"),
		"removal of no workspace":      s.vendor.Remove("workspaces", "x"),
		"removal of no key":            s.vendor.Remove("keys", "x"),
		"an empty credential":          s.vendor.SetCredentials([]string{""}),
	}
	for name, err := range tests {
		if err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	if err := change("workspaces", ws, `{"uuid":"other","name":"n"}`); err != nil || s.state().Workspaces[1].UUID != ws {
		t.Errorf("a change of the id: %v, the id is now %s, want %s", err, s.state().Workspaces[1].UUID, ws)
	}
}

func TestCredentials(t *testing.T) {
	s := newSite(t)
	_, _, other := s.create("w")
	if err := s.vendor.SetCredentials([]string{"next", "owner", "next"}); err != nil {
		t.Fatal(err)
	}
	s.ok("GET", getPath, "", new(any))
	s.as("next").ok("GET", getPath, "", new(any))
	if err := s.vendor.SetCredentials([]string{"next"}); err != nil {
		t.Fatal(err)
	}
	if got := s.vendor.Credentials(); !slices.Equal(got, []string{"next"}) {
		t.Errorf("credentials are %v, want next only", got)
	}
	s.refused("GET", getPath, "", http.StatusForbidden, "ft.InvalidAPIKey", "")
	s.as("next").ok("GET", getPath, "", new(any))
	s.as(other).ok("GET", getPath, "", new(any)) // issued keys are not affected
}

func TestRestore(t *testing.T) {
	s := newSite(t)
	_, id, sk := s.create("w")
	s.as(sk).add("gone")
	saved, err := json.Marshal(s.vendor.State())
	if err != nil {
		t.Fatal(err)
	}
	other := newSite(t)
	other.create("replaced")
	if err := other.vendor.Restore(saved); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(other.vendor.State())
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(saved) {
		t.Errorf("restored %s, saved %s", again, saved)
	}
	other.as(sk).ok("GET", keyBase+id+"/get", "", new(any))
	if err := other.vendor.Restore([]byte(`{"x":1}`)); err == nil {
		t.Error("a state of another form is accepted")
	}
	other.as(sk).ok("GET", getPath, "", new(any))
}

// TestBackstageRemoveKeepsDates: removing a workspace does not touch keys that
// were deleted before, nor those of others.
func TestBackstageRemoveKeepsDates(t *testing.T) {
	s := newSite(t)
	ws, _, admin := s.create("w")
	early := s.as(admin).add("early")
	s.as(admin).ok("GET", keyBase+early.UUID+"/delete", "", new(bool))
	deleted := s.now
	s.now = s.now.Add(time.Hour)
	if err := s.vendor.Remove("workspaces", ws); err != nil {
		t.Fatal(err)
	}
	keys := s.state().Keys
	if keys[0].DeletedAt != nil || !keys[1].DeletedAt.Equal(s.now) || !keys[2].DeletedAt.Equal(deleted) {
		t.Errorf("deleted at %v, %v and %v, want never, %v and %v", keys[0].DeletedAt, keys[1].DeletedAt, keys[2].DeletedAt, s.now, deleted)
	}
}
