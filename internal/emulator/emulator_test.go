package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
)

func TestMounts(t *testing.T) {
	s := start(t, emulator.Options{})
	tests := []struct {
		path   string
		status int
	}{
		{"/guance/api/v1/workspace/get", 200},
		{"/portkey/v1/admin/workspaces", 200},
		{"/portkey/admin/workspaces", 200},
		{"/portkey/v1/api-keys", 200},
		{"/portkey/api-keys", 200},
		{"/_control", 200},
		{"/_control/", 200},
		{"/guance", 400},   // the vendor's RouterNotFound
		{"/portkey/", 404}, // the vendor's AB08
		{"/", 404},
		{"/nobody/api", 404},
		{"/api/v1/workspace/get", 404},
		{"/_control/nothing", 404},
	}
	for _, tt := range tests {
		status, text := s.do("GET", tt.path, "", "DF-API-KEY", emulator.DefaultGuanceOwnerKey, "x-portkey-api-key", emulator.DefaultPortkeyAdminKey)
		if status != tt.status {
			t.Errorf("GET %s: HTTP %d %s, want %d", tt.path, status, text, tt.status)
		}
	}
}

func TestWholeLife(t *testing.T) {
	s := start(t, emulator.Options{})

	made := s.createGuance("ws_create_test")
	status, text := s.guance("POST", "accesskey/add", `{"name":"ci"}`, made.Content.AkInfo.KeySk)
	added := must[struct{ Content struct{ UUID, SK string } }](s, status, text)
	if status, text := s.guance("GET", "accesskey/"+added.Content.UUID+"/delete", "", made.Content.AkInfo.KeySk); status != 200 {
		t.Errorf("deleting a key: HTTP %d %s", status, text)
	}
	if status, _ := s.guance("GET", "get", "", added.Content.SK); status != http.StatusForbidden {
		t.Errorf("a deleted key is answered %d", status)
	}

	id := s.createPortkey("team")
	k := s.issuePortkey(id)
	if status, text := s.portkey("DELETE", "/api-keys/"+k.ID, ""); status != 200 || text != "{}" {
		t.Errorf("deleting a key: HTTP %d %s", status, text)
	}
	if status, text := s.portkey("DELETE", "/admin/workspaces/"+id, `{"name":"team","force_delete":true}`); status != 200 || text != "" {
		t.Errorf("deleting a workspace: HTTP %d %s", status, text)
	}

	if g := s.Guance(); len(g.Workspaces) != 2 || len(g.Keys) != 3 || g.Keys[2].DeletedAt == nil || g.Keys[1].SK != made.Content.AkInfo.KeySk {
		t.Errorf("guance knows %+v", g)
	}
	if p := s.Portkey(); len(p.Workspaces) != 1 || p.Workspaces[0].DeletedAt == nil || len(p.Keys) != 1 || p.Keys[0].Secret != k.Key {
		t.Errorf("portkey knows %+v", p)
	}
}

func TestOptions(t *testing.T) {
	s := start(t, emulator.Options{
		GuanceOwnerKey: "g", PortkeyAdminKey: "p", GuanceKeyRateLimit: 2, GuanceWorkspaceRateLimit: 3, PortkeyRateLimit: 1, GuanceKeyNameLimit: 5,
	})
	for _, want := range []int{200, 200, 401} {
		if status, text := s.guance("GET", "get", "", "g"); status != want {
			t.Errorf("guance: HTTP %d %s, want %d", status, text, want)
		}
	}
	for _, want := range []int{200, 429} {
		if status, text := s.do("GET", "/portkey/v1/api-keys", "", "x-portkey-api-key", "p"); status != want {
			t.Errorf("portkey: HTTP %d %s, want %d", status, text, want)
		}
	}
	s.advance(time.Minute)
	if status, text := s.guance("POST", "accesskey/add", `{"name":"123456"}`, "g"); status != 400 || !strings.Contains(text, "1 to 5") {
		t.Errorf("a name over the limit: HTTP %d %s", status, text)
	}
	if status, _ := s.guance("GET", "get", "", emulator.DefaultGuanceOwnerKey); status != 403 {
		t.Errorf("the default key is accepted beside another: HTTP %d", status)
	}
}

func TestRequestLog(t *testing.T) {
	s := start(t, emulator.Options{})
	s.createPortkey("team")
	s.do("GET", "/portkey/v1/admin/workspaces?exact_name=a%20b", "", "x-portkey-api-key", "wrong")
	s.do("GET", "/guance/nothing", "")

	entries, dropped := s.Requests(journal.Filter{})
	if len(entries) != 3 || dropped != 0 {
		t.Fatalf("logged are %d entries and %d dropped, want 3", len(entries), dropped)
	}
	first, second, third := entries[0], entries[1], entries[2]
	if first.Vendor != "portkey" || first.Method != "POST" || first.Path != "/v1/admin/workspaces" || first.Route != "/admin/workspaces" ||
		first.Body != `{"name":"team"}` || first.Status != 200 || !first.Worked || !first.Changed || !first.Done ||
		first.Header.Get("x-portkey-api-key") != emulator.DefaultPortkeyAdminKey || !first.Time.Equal(s.now) {
		t.Errorf("the first entry is %+v", first)
	}
	if second.Query != "exact_name=a%20b" || second.Status != 401 || second.Changed || !second.Worked {
		t.Errorf("the second entry is %+v", second)
	}
	if third.Vendor != "guance" || third.Route != journal.Unknown || third.Status != 400 {
		t.Errorf("the third entry is %+v", third)
	}
	s.ForgetRequests()
	if entries, _ := s.Requests(journal.Filter{}); len(entries) != 0 {
		t.Errorf("after ForgetRequests there are %+v", entries)
	}
}

func TestCounts(t *testing.T) {
	s := start(t, emulator.Options{})
	id := s.createPortkey("a")
	s.createPortkey("b")
	s.portkey("POST", "/admin/workspaces", `{}`)
	s.portkey("GET", "/admin/workspaces/"+id, "")
	s.portkey("GET", "/admin/workspaces/other", "")
	got := s.Counts()["portkey"]
	create, get := got["POST /admin/workspaces"], got["GET /admin/workspaces/{workspaceId}"]
	if create.Requests != 3 || create.Worked != 3 || create.Changed != 2 || create.Statuses["200"] != 2 || create.Statuses["400"] != 1 {
		t.Errorf("creates are counted as %+v", create)
	}
	if get.Requests != 2 || get.Changed != 0 || get.Statuses["403"] != 1 {
		t.Errorf("gets are counted as %+v", get)
	}
}

func TestBadRequests(t *testing.T) {
	s := start(t, emulator.Options{})
	if status, _ := s.portkey("POST", "/admin/workspaces", `{"name":"`+strings.Repeat("x", 2<<20)+`"}`); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of two megabytes is answered %d, want 413", status)
	}
	if status, text := s.portkey("GET", "/api-keys?page_size=%zz", ""); status != 400 || !strings.Contains(text, "query") {
		t.Errorf("a broken query is answered %d %s, want 400", status, text)
	}
}

func TestReset(t *testing.T) {
	s := start(t, emulator.Options{})
	s.createPortkey("a")
	made := s.createGuance("b")
	if err := s.SetSettings("portkey", map[string]any{"floatNumbers": true}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetCredentials("portkey", "other"); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Portkey().Workspaces) + len(s.Counts()) + len(s.Faults()); n != 0 {
		t.Errorf("after Reset %d things are left", n)
	}
	if status, _ := s.guance("GET", "get", "", made.Content.AkInfo.KeySk); status != 403 {
		t.Errorf("a key from before Reset is answered %d", status)
	}
	status, text := s.portkey("POST", "/admin/workspaces", `{"name":"n","usage_limits":[{"credit_limit":1}]}`)
	if status != 200 || strings.Contains(text, "1.0") {
		t.Errorf("after Reset with the first credential and settings: HTTP %d %s", status, text)
	}
}

// TestConcurrency has many clients work at both vendors while others watch:
// every answered creation exists exactly once, and every count agrees.
func TestConcurrency(t *testing.T) {
	const clients, each = 8, 12
	s := start(t, emulator.Options{StateFile: t.TempDir() + "/state.json"})
	var mu sync.Mutex
	seen := map[string]int{}
	note := func(ids ...string) {
		mu.Lock()
		defer mu.Unlock()
		for _, id := range ids {
			seen[id]++
		}
	}
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				id := s.createPortkey(fmt.Sprintf("w-%d-%d", c, i))
				k := s.issuePortkey(id)
				g := s.createGuance("w")
				note(id, k.ID, k.Key, g.Content.WsInfo.UUID, g.Content.AkInfo.KeySk)
				s.portkey("GET", "/api-keys?page_size=5", "")
				if i%3 == 0 {
					s.portkey("DELETE", "/api-keys/"+k.ID, "")
				}
			}
		})
		wg.Go(func() {
			for range each {
				s.do("GET", "/_control/state", "")
				s.do("GET", "/_control/requests?since=5", "")
				s.do("GET", "/_control/counts", "")
				s.Portkey()
			}
		})
	}
	wg.Wait()
	if len(seen) != clients*each*5 {
		t.Errorf("answered were %d different ids and secrets, want %d", len(seen), clients*each*5)
	}
	p, g := s.Portkey(), s.Guance()
	if len(p.Workspaces) != clients*each || len(p.Keys) != clients*each || len(g.Workspaces) != clients*each+1 {
		t.Errorf("made were %d and %d workspaces and %d keys, want %d of each (and one more at guance)",
			len(p.Workspaces), len(g.Workspaces), len(p.Keys), clients*each)
	}
	if got := s.Counts()["portkey"]["POST /api-keys/{type}/{sub-type}"].Changed; got != clients*each {
		t.Errorf("counted are %d created keys, want %d", got, clients*each)
	}
}
