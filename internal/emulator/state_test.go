package emulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
)

// TestRestart: a second emulator on the same file knows all that the first
// answered, with no word of goodbye between them.
func TestRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first := start(t, emulator.Options{StateFile: file})
	id := first.createPortkey("team")
	k := first.issuePortkey(id)
	g := first.createGuance("ws_create_test")
	gone := first.issuePortkey(id)
	first.portkey("DELETE", "/api-keys/"+gone.ID, "")
	first.portkey("PUT", "/admin/workspaces/"+id, `{"description":"changed"}`)
	if err := first.SetSettings("guance", map[string]any{"keyNameLimit": 50}); err != nil {
		t.Fatal(err)
	}
	if err := first.SetCredentials("portkey", "rotated"); err != nil {
		t.Fatal(err)
	}

	second := start(t, emulator.Options{StateFile: file, PortkeyAdminKey: "ignored", GuanceKeyNameLimit: 99})
	if !reflect.DeepEqual(first.Portkey(), second.Portkey()) || !reflect.DeepEqual(first.Guance(), second.Guance()) {
		t.Errorf("before the restart %+v %+v, after it %+v %+v", first.Portkey(), first.Guance(), second.Portkey(), second.Guance())
	}
	for key, want := range map[string]int{"rotated": 200, "ignored": 401, emulator.DefaultPortkeyAdminKey: 401, k.Key: 403, gone.Key: 401} {
		if status, _ := second.do("GET", "/portkey/api-keys", "", "x-portkey-api-key", key); status != want {
			t.Errorf("after the restart %s is answered %d, want %d", key, status, want)
		}
	}
	if status, _ := second.guance("GET", "get", "", g.Content.AkInfo.KeySk); status != 200 {
		t.Errorf("after the restart a guance key is answered %d", status)
	}
	if status, _ := second.guance("POST", "accesskey/add", `{"name":"`+strings.Repeat("k", 51)+`"}`, g.Content.AkInfo.KeySk); status != 400 {
		t.Errorf("after the restart a name over the limit that was set is answered %d", status)
	}
}

// TestSavedBeforeAnswered: the file holds a change also when its answer was
// lost on the way.
func TestSavedBeforeAnswered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	s := start(t, emulator.Options{StateFile: file})
	if _, err := s.AddFault(fault.Fault{Action: fault.Lost}); err != nil {
		t.Fatal(err)
	}
	_, _, _ = s.try("POST", "/portkey/v1/admin/workspaces", `{"name":"lost"}`,
		"x-portkey-api-key", emulator.DefaultPortkeyAdminKey, "Content-Type", "application/json")
	if after := start(t, emulator.Options{StateFile: file}).Portkey(); len(after.Workspaces) != 1 {
		t.Errorf("after a restart there are %d workspaces, want the one whose answer was lost", len(after.Workspaces))
	}
}

func TestEveryChangeIsSaved(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "state.json")
	s := start(t, emulator.Options{StateFile: file})
	var last []byte
	saved := func(what string) {
		t.Helper()
		data, err := os.ReadFile(file)
		if err != nil || string(data) == string(last) {
			t.Errorf("%s is not in the state file (%v)", what, err)
		}
		if !json.Valid(data) {
			t.Errorf("after %s the state file is no JSON", what)
		}
		last = data
	}
	saved("the start")
	id := s.createPortkey("w")
	saved("a created workspace")
	k := s.issuePortkey(id)
	saved("a created key")
	s.portkey("PUT", "/admin/workspaces/"+id, `{"name":"x"}`)
	saved("an updated workspace")
	s.portkey("PUT", "/api-keys/"+k.ID, `{"name":"x"}`)
	saved("an updated key")
	s.portkey("POST", "/api-keys/"+k.ID+"/rotate", "")
	saved("a rotation")
	s.portkey("DELETE", "/api-keys/"+k.ID, "")
	saved("a deleted key")
	s.portkey("DELETE", "/admin/workspaces/"+id, `{"name":"x","force_delete":true}`)
	saved("a deleted workspace")
	g := s.createGuance("w")
	saved("a created guance workspace")
	s.guance("POST", "modify", `{"name":"x"}`, g.Content.AkInfo.KeySk)
	saved("a modified guance workspace")
	s.guance("POST", "accesskey/add", `{"name":"x"}`, g.Content.AkInfo.KeySk)
	saved("an added guance key")
	s.guance("GET", "accesskey/"+g.Content.AkInfo.KeyID+"/delete", "", g.Content.AkInfo.KeySk)
	saved("a deleted guance key")
	if _, err := s.CreateObject("portkey", "workspaces", map[string]any{"id": "ws-1", "slug": "ws-1"}); err != nil {
		t.Fatal(err)
	}
	saved("an object made out of band")
	if err := s.RemoveObject("portkey", "workspaces", "ws-1"); err != nil {
		t.Fatal(err)
	}
	saved("an object removed out of band")
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	saved("a reset")

	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the secrets has mode %v (%v), want 0600", info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("beside the state file are left %v (%v)", entries, err)
	}
}

// TestReadsAreNotSaved: what changes nothing does not touch the file.
func TestReadsAreNotSaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	s := start(t, emulator.Options{StateFile: file})
	id := s.createPortkey("w")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.portkey("GET", "/admin/workspaces", "")
	s.portkey("GET", "/admin/workspaces/"+id, "")
	s.portkey("POST", "/admin/workspaces", `{}`)
	s.guance("GET", "accesskey/list", "", emulator.DefaultGuanceOwnerKey)
	s.control("GET", "/credentials", "", new(any))
	if _, err := os.Stat(file); err == nil {
		t.Error("a request that changed nothing wrote the state file")
	}
}

// TestUnsavedIsNotConfirmed: when the state cannot be saved, the client is not
// told that it was done.
func TestUnsavedIsNotConfirmed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sub")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, emulator.Options{StateFile: filepath.Join(dir, "state.json")})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if status, text := s.portkey("POST", "/admin/workspaces", `{"name":"n"}`); status != 500 {
		t.Errorf("an unsaved creation is answered %d %s, want 500", status, text)
	}
	if status, _ := s.do("POST", "/_control/reset", ""); status != 400 {
		t.Errorf("an unsaved reset is answered %d, want 400", status)
	}
}

func TestStateFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.json")
	start(t, emulator.Options{StateFile: good})
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, content, problem string }{
		{"empty", "", "one JSON value"},
		{"half", string(data[:len(data)/2]), "one JSON value"},
		{"another version", strings.Replace(string(data), `"version":1`, `"version":2`, 1), "version 2, want 1"},
		{"another vendor", strings.Replace(string(data), `"guance":`, `"nobody":`, 1), `"nobody"`},
		{"an unknown field", strings.Replace(string(data), `"workspaces":`, `"spaces":`, 1), "unknown field"},
		{"a setting that is none", strings.Replace(string(data), `"listShape":"full"`, `"listShape":"x"`, 1), "listShape"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := emulator.New(emulator.Options{StateFile: file})
			if err == nil || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), file) {
				t.Errorf("error %v, want one that names the file and says %q", err, tt.problem)
			}
			if after, err := os.ReadFile(file); err != nil || string(after) != tt.content {
				t.Errorf("the refused file was changed (%v)", err)
			}
		})
	}
	if _, err := emulator.New(emulator.Options{StateFile: filepath.Join(dir, "none", "state.json")}); err == nil {
		t.Error("a state file that cannot be written is accepted")
	}
	if _, err := emulator.New(emulator.Options{StateFile: dir}); err == nil {
		t.Error("a directory is accepted as state file")
	}
}
