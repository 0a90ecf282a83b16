package slaunchx_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/slaunchx"
)

func TestStart(t *testing.T) {
	p := newPartner(t)
	s := p.state()
	if len(s.Workspaces) != 1 || s.Workspaces[0].ID != slaunchx.DefaultWorkspaceID || s.Workspaces[0].Role != "OWNER" || len(s.Keys) != 0 || s.UserID == "" {
		t.Errorf("the vendor starts with %s, want one workspace of its user and no keys", p.document())
	}
	if got := p.vendor.Credentials(); !slices.Equal(got, []string{"jwt:hash"}) {
		t.Errorf("the credentials are %v", got)
	}
	want := `{"requestsPerMinute":0,"retryAfterSeconds":null,"tokenLifetimeSeconds":0,"clientHashStatus":401,"foreignWorkspaceStatus":404,` +
		`"ignoreWorkspaceHeader":false,"ownerOnlyReads":false,"portal":"PARTNER","scopeCatalogue":null,"testKeyPrefix":"sk_test_",` +
		`"disabledStatus":"DISABLED","scopesOnGet":false,"emptyWorkspaces":false,"dottedCodes":false,"requestIDs":false}`
	if got, err := json.Marshal(p.vendor.Settings()); err != nil || string(got) != want {
		t.Errorf("the settings are %s (%v), want %s", got, err, want)
	}
}

// TestBadCredentialsAtTheStart: what is not TOKEN:CLIENTHASH opens nothing.
func TestBadCredentialsAtTheStart(t *testing.T) {
	p := newPartner(t)
	p.vendor = slaunchx.New(slaunchx.Defaults(), []string{":hash", "", "jwt", "jwt2:"}, func() time.Time { return p.now }, chance.Source{})
	for _, token := range []string{"", "jwt", "jwt2", ":hash"} {
		for _, hash := range []string{"", "hash"} {
			reply := p.with("Authorization", "Bearer "+token).with("X-Client-Hash", hash).do("GET", workspace, "")
			if reply.Status < 400 {
				t.Errorf("token %q and hash %q are accepted: HTTP %d", token, hash, reply.Status)
			}
		}
	}
}

func TestTokenLifetime(t *testing.T) {
	p := newPartner(t)
	p.configure(`{"tokenLifetimeSeconds":60}`)
	p.now = p.now.Add(time.Minute - time.Millisecond)
	p.ok("GET", workspace, "", http.StatusOK, nil)
	p.now = p.now.Add(time.Millisecond)
	p.refused("GET", workspace, "", http.StatusUnauthorized, "4010", "Invalid or expired token")
	p.with("X-Client-Hash", "wrong").refused("GET", workspace, "", http.StatusUnauthorized, "4010", "Invalid or expired token")
	if got := p.vendor.Credentials(); !slices.Equal(got, []string{"jwt:hash"}) {
		t.Errorf("after its end the credential is shown as %v", got)
	}
	// A credential that is set anew, even the same, lives anew.
	if err := p.vendor.SetCredentials([]string{"jwt:hash"}); err != nil {
		t.Fatal(err)
	}
	p.ok("GET", workspace, "", http.StatusOK, nil)
	p.now = p.now.Add(time.Minute)
	p.refused("GET", workspace, "", http.StatusUnauthorized, "4010", "")
	p.configure(`{"tokenLifetimeSeconds":0}`)
	p.now = p.now.AddDate(200, 0, 0)
	p.ok("GET", workspace, "", http.StatusOK, nil)
}

func TestCredentials(t *testing.T) {
	p := newPartner(t)
	id := p.issue("k")
	want := []string{"next:print", "header.body.sig:a:b"}
	if err := p.vendor.SetCredentials(want); err != nil {
		t.Fatal(err)
	}
	if got := p.vendor.Credentials(); !slices.Equal(got, want) {
		t.Errorf("credentials are %v, want %v", got, want)
	}
	p.refused("GET", workspace, "", http.StatusUnauthorized, "4010", "")
	// All credentials are those of one user.
	p.with("Authorization", "Bearer next").with("X-Client-Hash", "print").ok("GET", keysPath+"/"+id, "", http.StatusOK, nil)
	p.with("Authorization", "Bearer header.body.sig").with("X-Client-Hash", "a:b").ok("GET", keysPath+"/"+id, "", http.StatusOK, nil)
	for _, bad := range [][]string{{""}, {"jwt"}, {":hash"}, {"jwt:"}, {":"}, {"ok:ok", "jwt"}, {"jwt:a", "jwt:b"}, {"jwt:a", "jwt:a"}} {
		if err := p.vendor.SetCredentials(bad); err == nil {
			t.Errorf("the credentials %q are accepted", bad)
		}
	}
	if got := p.vendor.Credentials(); !slices.Equal(got, want) {
		t.Errorf("after refused changes the credentials are %v, want %v", got, want)
	}
	if err := p.vendor.SetCredentials(nil); err != nil || len(p.vendor.Credentials()) != 0 {
		t.Errorf("without credentials (%v) there are %v", err, p.vendor.Credentials())
	}
}

func TestConfigure(t *testing.T) {
	p := newPartner(t)
	before := p.vendor.Settings()
	for _, settings := range []string{
		`{"tokenLifetimeSeconds":-1}`, `{"tokenLifetimeSeconds":9223372036854775807}`, `{"tokenLifetimeSeconds":1.5}`,
		`{"clientHashStatus":400}`, `{"clientHashStatus":0}`, `{"foreignWorkspaceStatus":401}`, `{"portal":""}`, `{"portal":"partner"}`,
		`{"disabledStatus":""}`, `{"disabledStatus":"ACTIVE"}`, `{"unknown":1}`, `{"dottedCodes":"yes"}`, `{"scopeCatalogue":[1]}`, `[]`, ``,
		`{"dottedCodes":true,"portal":"x"}`,
	} {
		if err := p.vendor.Configure([]byte(settings)); err == nil {
			t.Errorf("settings %q are accepted", settings)
		}
	}
	if after := p.vendor.Settings(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("refused settings left %+v, want %+v", after, before)
	}
	p.configure(`{"portal":"TENANT"}`)
	p.configure(`{"dottedCodes":true}`)
	if s := p.vendor.Settings().(slaunchx.Settings); s.Portal != "TENANT" || !s.DottedCodes || s.DisabledStatus != "DISABLED" {
		t.Errorf("what was not named did not stay: %+v", s)
	}
}

func TestBackstageKeys(t *testing.T) {
	p := newPartner(t)
	p.console("keys", `{"id":"sk_c","secret":"s","name":"by hand","scopes":["a"],"ipWhitelist":["10.0.0.1"],"disabled":true}`)
	want := keyData{
		APIKeyID: "sk_c", Name: "by hand", Status: "DISABLED", Mode: "LIVE", CreatedAt: "2026-03-21T00:00:00Z",
		CreatedBy: p.state().UserID, Permissions: []string{"a"}, IPWhitelist: []string{"10.0.0.1"},
	}
	checkKey(t, "made in the console", p.read("sk_c"), want)
	if _, err := p.vendor.Change("keys", "sk_c", []byte(`{"name":"renamed","disabled":false,"scopes":null}`)); err != nil {
		t.Fatal(err)
	}
	want.Name, want.Status, want.Permissions = "renamed", "ACTIVE", []string{}
	checkKey(t, "changed in the console", p.read("sk_c"), want)
	if err := p.vendor.Remove("keys", "sk_c"); err != nil {
		t.Fatal(err)
	}
	p.refused("GET", keysPath+"/sk_c", "", http.StatusNotFound, "4040", "")
	if k := p.key("sk_c"); k.DeletedAt == nil || !k.DeletedAt.Equal(p.now) {
		t.Errorf("a key deleted in the console is %+v", k)
	}
}

func TestBackstageKeyDefaults(t *testing.T) {
	p := newPartner(t)
	for fields, prefix := range map[string]string{`{}`: "sk_live_", `{"mode":"LIVE"}`: "sk_live_", `{"mode":"TEST"}`: "sk_test_"} {
		made, err := p.vendor.Create("keys", []byte(fields))
		if err != nil {
			t.Fatal(err)
		}
		k, ok := made.(*slaunchx.Key)
		if !ok || !strings.HasPrefix(k.ID, prefix) || !strings.HasPrefix(k.Secret, prefix) || k.Name == "" || k.WorkspaceID != slaunchx.DefaultWorkspaceID {
			t.Errorf("made of %s is %+v, want an id and a secret with %s, a name and the first workspace", fields, made, prefix)
		}
	}
}

func TestBackstageWorkspaces(t *testing.T) {
	p := newPartner(t)
	made, err := p.vendor.Create("workspaces", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := made.(*slaunchx.Workspace)
	if !ok || w.ID == "" || w.Name == "" || w.Role != "OWNER" || w.Status.Code != "ACTIVE" {
		t.Fatalf("made of nothing is %+v, want an active workspace of the user", made)
	}
	path := base + w.ID
	p.ok("POST", path+"/api-keys", `{"name":"n"}`, http.StatusCreated, nil)
	change := func(fields string) {
		t.Helper()
		if _, err := p.vendor.Change("workspaces", w.ID, []byte(fields)); err != nil {
			t.Fatal(err)
		}
	}
	change(`{"role":"MEMBER","name":"renamed"}`)
	p.refused("POST", path+"/api-keys", `{"name":"n"}`, http.StatusForbidden, "4030", "owner")
	var got struct{ WorkspaceName string }
	p.ok("GET", path, "", http.StatusOK, &got)
	if got.WorkspaceName != "renamed" {
		t.Errorf("a renamed workspace is called %q", got.WorkspaceName)
	}
	change(`{"role":"NONE"}`)
	p.refused("GET", path, "", http.StatusNotFound, "4040", "")
	change(`{"role":"OWNER"}`)
	if err := p.vendor.Remove("workspaces", w.ID); err != nil {
		t.Fatal(err)
	}
	p.refused("GET", path, "", http.StatusNotFound, "4040", "")
	if k := p.state().Keys[0]; k.DeletedAt == nil {
		t.Error("a key outlives its workspace")
	}
}

// TestBackstageRemoveKeepsDates: removing a workspace does not touch keys that
// were deleted before, nor those of others.
func TestBackstageRemoveKeepsDates(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_2"}`)
	p.console("keys", `{"id":"other"}`)
	p.console("keys", `{"id":"late","workspaceID":"ws_2"}`)
	p.console("keys", `{"id":"early","workspaceID":"ws_2"}`)
	p.ok("POST", base+"ws_2/api-keys/delete", `{"keyId":"early"}`, http.StatusNoContent, nil)
	deleted := p.now
	p.now = p.now.Add(time.Hour)
	if err := p.vendor.Remove("workspaces", "ws_2"); err != nil {
		t.Fatal(err)
	}
	if a, b, c := p.key("other").DeletedAt, p.key("late").DeletedAt, p.key("early").DeletedAt; a != nil || !b.Equal(p.now) || !c.Equal(deleted) {
		t.Errorf("deleted at %v, %v and %v, want never, %v and %v", a, b, c, p.now, deleted)
	}
}

func TestBackstageRefuses(t *testing.T) {
	p := newPartner(t)
	const ws = slaunchx.DefaultWorkspaceID
	k := p.issue("k")
	before := p.document()
	create := func(kind, fields string) error { _, err := p.vendor.Create(kind, []byte(fields)); return err }
	change := func(kind, id, fields string) error { _, err := p.vendor.Change(kind, id, []byte(fields)); return err }
	tests := map[string]error{
		"create of an unknown kind":    create("users", `{}`),
		"a workspace that exists":      create("workspaces", `{"id":"`+ws+`"}`),
		"a workspace without id":       create("workspaces", `{"id":""}`),
		"a workspace with odd fields":  create("workspaces", `{"x":1}`),
		"a workspace with an odd role": create("workspaces", `{"role":"ADMIN"}`),
		"a key in no workspace":        create("keys", `{"workspaceID":"none"}`),
		"a key that exists":            create("keys", `{"id":"`+k+`"}`),
		"a key without id":             create("keys", `{"id":""}`),
		"a key with odd fields":        create("keys", `{"x":1}`),
		"a key with an odd mode":       create("keys", `{"mode":"1"}`),
		"change of an unknown kind":    change("users", "x", `{}`),
		"change of no workspace":       change("workspaces", "x", `{}`),
		"a change with odd fields":     change("workspaces", ws, `{"name":"n","x":1}`),
		"a change to an odd role":      change("workspaces", ws, `{"name":"n","role":"owner"}`),
		"change of no key":             change("keys", "x", `{}`),
		"a key change with odd fields": change("keys", k, `{"name":"n","x":1}`),
		"a key change to an odd mode":  change("keys", k, `{"name":"n","mode":""}`),
		"a key change to no workspace": change("keys", k, `{"workspaceID":"none"}`),
		"removal of an unknown kind":   p.vendor.Remove("users", "x"),
		"removal of no workspace":      p.vendor.Remove("workspaces", "x"),
		"removal of no key":            p.vendor.Remove("keys", "x"),
	}
	for name, err := range tests {
		if err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	if got := p.document(); got != before {
		t.Errorf("what was refused left %s, want %s", got, before)
	}
	for kind, id := range map[string]string{"workspaces": ws, "keys": k} {
		if err := change(kind, id, `{"id":"other"}`); err != nil || p.document() != before {
			t.Errorf("a change of the id of one of the %s: %v, and now %s", kind, err, p.document())
		}
	}
}

func TestRestore(t *testing.T) {
	p := newPartner(t)
	p.console("workspaces", `{"id":"ws_2","role":"MEMBER","extraData":{"n":{"x":1.5}}}`)
	id, gone := p.issue("k"), p.issue("gone")
	p.ok("POST", keysPath, `{"name":"t","mode":2,"scopes":null,"ipWhitelist":["10.0.0.0/8"]}`, http.StatusCreated, nil)
	p.ok("POST", keysPath+"/"+id+"/disable", "", http.StatusOK, nil)
	p.ok("POST", keysPath+"/delete", `{"keyId":"`+gone+`"}`, http.StatusNoContent, nil)
	if _, err := p.vendor.Change("keys", id, []byte(`{"lastUsedAt":"2026-03-20T00:00:00Z"}`)); err != nil {
		t.Fatal(err)
	}
	if err := p.vendor.SetCredentials([]string{"next:print"}); err != nil {
		t.Fatal(err)
	}
	saved := p.document()
	other := newPartner(t)
	if err := other.vendor.Restore([]byte(saved)); err != nil {
		t.Fatal(err)
	}
	if again := other.document(); again != saved {
		t.Errorf("restored %s\nsaved %s", again, saved)
	}
	if !strings.Contains(saved, p.key(id).Secret) || !strings.Contains(saved, gone) {
		t.Errorf("saved is %s, without a secret or a deleted key", saved)
	}
	other.configure(`{"tokenLifetimeSeconds":60}`) // the token is as young as it was
	next := other.with("Authorization", "Bearer next").with("X-Client-Hash", "print")
	if k := next.read(id); k.Status != "DISABLED" || k.LastUsedAt == nil {
		t.Errorf("the key comes back as %+v", k)
	}
	for _, bad := range []string{`{"workspaces":{}}`, `{"x":1}`, `{`} {
		if err := other.vendor.Restore([]byte(bad)); err == nil {
			t.Errorf("the state %s is accepted", bad)
		}
	}
	if other.document() != saved {
		t.Error("a refused state replaced the old one")
	}
}
