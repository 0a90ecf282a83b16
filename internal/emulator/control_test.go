package emulator_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/guance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/emulator/portkey"
)

// TestIndex: the index and the package documentation name the same endpoints.
func TestIndex(t *testing.T) {
	var index map[string]string
	start(t, emulator.Options{}).control("GET", "", "", &index)
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	documented := []string{}
	for line := range strings.Lines(string(doc)) {
		if fields := strings.Fields(line); len(fields) > 3 && strings.HasPrefix(fields[2], "/_control/") {
			documented = append(documented, fields[1]+" "+fields[2])
		}
	}
	for _, endpoint := range documented {
		if index[endpoint] == "" {
			t.Errorf("documented and not in the index: %s", endpoint)
		}
	}
	if len(documented)+1 != len(index) { // the index itself is documented in a sentence
		t.Errorf("the index has %d lines, documented are %d: %v", len(index), len(documented)+1, documented)
	}
}

func TestControlState(t *testing.T) {
	s := start(t, emulator.Options{})
	id := s.createPortkey("team")
	k := s.issuePortkey(id)
	var state struct {
		Guance  guance.State
		Portkey portkey.State
	}
	s.control("GET", "/state", "", &state)
	if state.Portkey.Workspaces[0].ID != id || state.Portkey.Keys[0].Secret != k.Key {
		t.Errorf("the state of portkey is %+v", state.Portkey)
	}
	if len(state.Guance.Workspaces) != 1 || state.Guance.Keys[0].SK != emulator.DefaultGuanceOwnerKey {
		t.Errorf("the state of guance is %+v", state.Guance)
	}
}

func TestControlRequests(t *testing.T) {
	s := start(t, emulator.Options{})
	s.createPortkey("team")
	s.createGuance("team")
	s.portkey("GET", "/admin/workspaces", "")
	var log struct {
		Requests []journal.Entry
		Dropped  int64
	}
	for query, want := range map[string]int{
		"": 3, "?vendor=portkey": 2, "?vendor=guance": 1, "?method=GET": 1, "?route=/admin/workspaces": 2, "?since=1": 2, "?since=3": 0,
		"?vendor=portkey&method=POST&since=0": 1,
	} {
		if s.control("GET", "/requests"+query, "", &log); len(log.Requests) != want {
			t.Errorf("GET requests%s shows %d, want %d", query, len(log.Requests), want)
		}
	}
	var counts map[string]map[string]journal.Count
	s.control("GET", "/counts", "", &counts)
	if got := counts["guance"]["POST /api/v1/workspace/create"].Changed; got != 1 {
		t.Errorf("the counts are %+v", counts)
	}
	s.control("DELETE", "/requests", "", new(any))
	s.control("GET", "/requests", "", &log)
	s.control("GET", "/counts", "", &counts)
	if len(log.Requests) != 0 {
		t.Errorf("after DELETE requests there are %+v", log.Requests)
	}
}

func TestControlSettings(t *testing.T) {
	s := start(t, emulator.Options{})
	var settings struct {
		Guance  guance.Settings
		Portkey portkey.Settings
	}
	s.control("PUT", "/settings", `{"guance":{"keyRequestsPerMinute":1},"portkey":{"listShape":"example"}}`, &settings)
	if settings.Guance.KeyRequestsPerMinute != 1 || settings.Guance.KeyNameLimit != 256 ||
		settings.Portkey.ListShape != "example" || settings.Portkey.ErrorShape != "data" {
		t.Errorf("the settings are %+v, want what was set and the rest kept", settings)
	}
	for i, want := range []int{200, 401} {
		if status, _ := s.guance("GET", "get", "", emulator.DefaultGuanceOwnerKey); status != want {
			t.Errorf("request %d is answered %d, want %d: the limit is 1", i+1, status, want)
		}
	}
	s.control("GET", "/settings", "", &settings)
	if settings.Guance.KeyRequestsPerMinute != 1 {
		t.Errorf("the settings read again are %+v", settings.Guance)
	}
}

func TestControlCredentials(t *testing.T) {
	s := start(t, emulator.Options{})
	var credentials map[string][]string
	s.control("PUT", "/credentials", `{"portkey":["a","b"]}`, &credentials)
	if !slices.Equal(credentials["portkey"], []string{"a", "b"}) || !slices.Equal(credentials["guance"], []string{emulator.DefaultGuanceOwnerKey}) {
		t.Errorf("the credentials are %v", credentials)
	}
	for key, want := range map[string]int{"a": 200, "b": 200, emulator.DefaultPortkeyAdminKey: 401} {
		if status, _ := s.do("GET", "/portkey/api-keys", "", "x-portkey-api-key", key); status != want {
			t.Errorf("with %s: HTTP %d, want %d", key, status, want)
		}
	}
	s.control("PUT", "/credentials", `{"guance":[]}`, &credentials)
	if status, _ := s.guance("GET", "get", "", emulator.DefaultGuanceOwnerKey); status != 403 {
		t.Errorf("a revoked guance key is answered %d", status)
	}
	if got, err := s.Credentials("guance"); err != nil || len(got) != 0 {
		t.Errorf("Credentials says %v, %v", got, err)
	}
}

func TestControlFaults(t *testing.T) {
	s := start(t, emulator.Options{})
	var added struct{ ID int }
	s.control("POST", "/faults", `{"vendor":"portkey","action":"status","status":500,"times":1}`, &added)
	first := added.ID
	s.control("POST", "/faults", `{"action":"lost","after":5}`, &added)
	if status, _ := s.portkey("GET", "/api-keys", ""); status != 500 {
		t.Errorf("the request that the fault is for is answered %d", status)
	}
	if status, _ := s.portkey("GET", "/api-keys", ""); status != 200 {
		t.Errorf("the request after it is answered %d", status)
	}
	var faults []fault.Fault
	s.control("GET", "/faults", "", &faults)
	if len(faults) != 2 || faults[0].Fired != 1 || faults[0].Seen != 2 || faults[1].Seen != 1 {
		t.Errorf("the faults are %+v", faults)
	}
	if entries, _ := s.Requests(journal.Filter{}); entries[0].Fault != first || entries[0].Worked || entries[1].Fault != 0 {
		t.Errorf("the log says %+v", entries)
	}
	s.control("DELETE", fmt.Sprintf("/faults/%d", first), "", new(any))
	s.control("GET", "/faults", "", &faults)
	if len(faults) != 1 || faults[0].ID != added.ID {
		t.Errorf("after removing one the faults are %+v", faults)
	}
	s.control("DELETE", "/faults", "", new(any))
	if got := s.Faults(); len(got) != 0 {
		t.Errorf("after removing all the faults are %+v", got)
	}
}

func TestControlObjects(t *testing.T) {
	s := start(t, emulator.Options{})
	var w portkey.Workspace
	s.control("POST", "/portkey/workspaces", `{"name":"by hand"}`, &w)
	s.control("PATCH", "/portkey/workspaces/"+w.ID, `{"name":"renamed"}`, &w)
	if status, text := s.portkey("GET", "/admin/workspaces/"+w.ID, ""); status != 200 || !strings.Contains(text, `"renamed"`) {
		t.Errorf("the workspace made and renamed out of band: HTTP %d %s", status, text)
	}
	var k portkey.Key
	s.control("POST", "/portkey/keys", `{"workspaceID":"`+w.ID+`"}`, &k)
	s.control("DELETE", "/portkey/keys/"+k.ID, "", new(any))
	if status, _ := s.portkey("GET", "/api-keys/"+k.ID, ""); status != 404 {
		t.Errorf("a key deleted out of band is answered %d", status)
	}
	s.control("DELETE", "/portkey/workspaces/"+w.ID, "", new(any))
	if status, _ := s.portkey("GET", "/admin/workspaces/"+w.ID, ""); status != 403 {
		t.Errorf("a workspace deleted out of band is answered %d", status)
	}

	owner := s.Guance().Workspaces[0].UUID
	made, err := s.CreateObject("guance", "keys", map[string]any{"workspaceUUID": owner, "sk": "s"})
	if err != nil {
		t.Fatal(err)
	}
	var g guance.Key
	if err := json.Unmarshal(made, &g); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeObject("guance", "keys", g.UUID, map[string]any{"sk": "t"}); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.guance("GET", "get", "", "t"); status != 200 {
		t.Errorf("a key changed out of band is answered %d", status)
	}
	if err := s.RemoveObject("guance", "keys", g.UUID); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.guance("GET", "get", "", "t"); status != 403 {
		t.Errorf("a key removed out of band is answered %d", status)
	}
}

func TestControlReset(t *testing.T) {
	s := start(t, emulator.Options{})
	s.createPortkey("team")
	s.control("POST", "/faults", `{"action":"reset"}`, new(any))
	s.control("POST", "/reset", "", new(any))
	if len(s.Portkey().Workspaces) != 0 || len(s.Faults()) != 0 {
		t.Error("reset leaves a workspace or a fault")
	}
}

func TestControlRefuses(t *testing.T) {
	s := start(t, emulator.Options{})
	tests := []struct {
		method, path, body string
		status             int
		problem            string
	}{
		{"GET", "/requests?since=x", "", 400, "since"},
		{"PUT", "/settings", `{"portkey":{"listShape":"x"}}`, 400, "listShape"},
		{"PUT", "/settings", `{"portkey":{"x":1}}`, 400, "unknown field"},
		{"PUT", "/settings", `{"nobody":{}}`, 404, "nobody"},
		{"PUT", "/settings", `[]`, 400, "cannot unmarshal"},
		{"PUT", "/settings", ``, 400, "one JSON value"},
		{"PUT", "/credentials", `{"nobody":["a"]}`, 404, "nobody"},
		{"PUT", "/credentials", `{"portkey":"a"}`, 400, "cannot unmarshal"},
		{"PUT", "/credentials", `{"portkey":[""]}`, 400, "must not be empty"},
		{"POST", "/faults", `{"action":"explode"}`, 400, "explode"},
		{"POST", "/faults", `{"action":"reset","vendor":"nobody"}`, 400, "nobody"},
		{"POST", "/faults", `{"action":"reset","x":1}`, 400, "unknown field"},
		{"DELETE", "/faults/7", ``, 404, "7"},
		{"DELETE", "/faults/x", ``, 404, "x"},
		{"POST", "/nobody/workspaces", `{}`, 404, "nobody"},
		{"POST", "/portkey/users", `{}`, 400, "unknown kind"},
		{"POST", "/portkey/keys", `{"workspaceID":"none"}`, 400, "none"},
		{"POST", "/portkey/keys", ``, 400, "one JSON value"},
		{"PATCH", "/portkey/keys/none", `{}`, 400, "none"},
		{"PATCH", "/portkey/keys/none", `{`, 400, "one JSON value"},
		{"DELETE", "/portkey/keys/none", ``, 400, "none"},
		{"DELETE", "/nobody/keys/none", ``, 404, "nobody"},
	}
	for _, tt := range tests {
		t.Run(tt.method+tt.path+tt.body, func(t *testing.T) {
			status, text := s.do(tt.method, "/_control"+tt.path, tt.body)
			var answer struct{ Error string }
			if err := json.Unmarshal([]byte(text), &answer); err != nil || status != tt.status || !strings.Contains(answer.Error, tt.problem) {
				t.Errorf("HTTP %d %s, want %d and an error that names %q", status, text, tt.status, tt.problem)
			}
		})
	}
	if _, err := s.CreateObject("portkey", "keys", make(chan int)); err == nil {
		t.Error("fields that are no JSON are accepted")
	}
	if err := s.SetSettings("portkey", make(chan int)); err == nil {
		t.Error("settings that are no JSON are accepted")
	}
}

// TestControlIsNotLogged: watching does not change what is watched.
func TestControlIsNotLogged(t *testing.T) {
	s := start(t, emulator.Options{})
	s.control("GET", "/state", "", new(any))
	s.control("GET", "/requests", "", new(any))
	if entries, _ := s.Requests(journal.Filter{}); len(entries) != 0 {
		t.Errorf("logged are %+v", entries)
	}
}
