package oceanbase_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
)

// TestNew: one organization with one project exists from the start.
func TestNew(t *testing.T) {
	a := newAccount(t)
	s := a.state()
	if len(s.Workspaces) != 1 || len(s.Keys) != 0 || !slices.Equal(s.AccessKeys, []string{"AK:SK"}) {
		t.Fatalf("at the start there is %+v", s)
	}
	w := s.Workspaces[0]
	if w.ID != oceanbase.DefaultProjectID || w.OrganizationID != oceanbase.DefaultOrganizationID || !w.CreatedAt.Equal(a.now) || w.DeletedAt != nil {
		t.Errorf("the project is %+v", w)
	}
	if oceanbase.DefaultProjectID != "proj-xxxxxxxx" || oceanbase.DefaultOrganizationID != "org-xxxxxxxx" || oceanbase.Name != "oceanbase" {
		t.Error("the ids are not those of the documentation's examples")
	}
}

func TestBackstageKeys(t *testing.T) {
	a := newAccount(t)
	made, err := a.vendor.Create("keys", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	k := made.(*oceanbase.Key)
	if k.Name != "console" || k.Action != "read" || k.WorkspaceID != oceanbase.DefaultProjectID || k.ID == "" || k.Secret == "" || !k.CreatedAt.Equal(a.now) {
		t.Errorf("a key made with nothing given is %+v", k)
	}
	if got := a.names(""); !slices.Equal(got, []string{"console"}) {
		t.Errorf("a key made in the console is listed as %v", got)
	}
	a.now = a.now.Add(time.Minute)
	if _, err := a.vendor.Change("keys", k.ID, []byte(`{"id":"other","name":"renamed","expiresAt":"2027-01-01T08:00:00+08:00"}`)); err != nil {
		t.Fatal(err)
	}
	got := a.page("")[0]
	if got.ID != k.ID || got.Name != "renamed" || got.CreatedAt != "2023-10-12T09:45:30Z" || got.UpdatedAt != "2023-10-12T09:46:30Z" {
		t.Errorf("the changed key is listed as %+v", got)
	}
	if got.ExpiresAt == nil || *got.ExpiresAt != "2027-01-01T00:00:00Z" {
		t.Errorf("the key expires at %v, want UTC", got.ExpiresAt)
	}
	if _, err := a.vendor.Change("keys", k.ID, []byte(`{"updatedAt":"2025-01-01T00:00:00Z"}`)); err != nil {
		t.Fatal(err)
	}
	if got := a.page("")[0].UpdatedAt; got != "2025-01-01T00:00:00Z" {
		t.Errorf("updated at %s, want what was given", got)
	}
	if err := a.vendor.Remove("keys", k.ID); err != nil {
		t.Fatal(err)
	}
	if len(a.page("")) != 0 || !a.key(k.ID).DeletedAt.Equal(a.now) {
		t.Errorf("the removed key is %+v", a.key(k.ID))
	}
	a.refused("DELETE", keysPath+"?id="+k.ID, "", http.StatusNotFound, "", "does not exist")
}

func TestBackstageWorkspaces(t *testing.T) {
	a := newAccount(t)
	made, err := a.vendor.Create("workspaces", []byte(`{"organizationID":"org-2","name":"by hand"}`))
	if err != nil {
		t.Fatal(err)
	}
	w := made.(*oceanbase.Workspace)
	in := a.in(w.ID).with("X-OB-Org-Id", "org-2")
	in.create("my-api-key")
	a.now = a.now.Add(time.Minute)
	if _, err := a.vendor.Change("workspaces", w.ID, []byte(`{"id":"other","organizationID":"org-3"}`)); err != nil {
		t.Fatal(err)
	}
	if got := a.state().Workspaces[1]; got.ID != w.ID || got.OrganizationID != "org-3" || got.Name != "by hand" || !got.UpdatedAt.Equal(a.now) {
		t.Errorf("the changed project is %+v", got)
	}
	in.refused("GET", keysPath, "", http.StatusForbidden, "", "no access")
	in.with("X-OB-Org-Id", "org-3").ok("GET", keysPath, "", new(any))
	if err := a.vendor.Remove("workspaces", w.ID); err != nil {
		t.Fatal(err)
	}
	in.with("X-OB-Org-Id", "org-3").refused("GET", keysPath, "", http.StatusForbidden, "", "no access")
	if a.state().Keys[0].DeletedAt == nil {
		t.Error("the key of a removed project lives")
	}
	if _, err := a.vendor.Create("workspaces", []byte(`{"id":"`+w.ID+`"}`)); err != nil {
		t.Errorf("the id of a removed project is not free: %v", err)
	}
	if got := a.in(w.ID).names(""); len(got) != 0 {
		t.Errorf("the new project lists the keys of the old one: %v", got)
	}
}

// TestBackstageRemoveKeepsDates: removing a project does not touch keys that
// were deleted before, nor those of others.
func TestBackstageRemoveKeepsDates(t *testing.T) {
	a := newAccount(t)
	addProject(a, "proj-2")
	for _, key := range []string{
		`{"id":"other"}`, `{"id":"late","workspaceID":"proj-2"}`, `{"id":"early","workspaceID":"proj-2","deletedAt":"2020-01-01T00:00:00Z"}`,
	} {
		if _, err := a.vendor.Create("keys", []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.vendor.Remove("workspaces", "proj-2"); err != nil {
		t.Fatal(err)
	}
	if other, late, early := a.key("other").DeletedAt, a.key("late").DeletedAt, a.key("early").DeletedAt; other != nil || !late.Equal(a.now) || early.Year() != 2020 {
		t.Errorf("deleted at %v, %v and %v, want never, now and in 2020", other, late, early)
	}
}

func TestBackstageRefuses(t *testing.T) {
	a := newAccount(t)
	a.create("my-api-key")
	id := a.id("my-api-key")
	before := a.saved()
	a.now = a.now.Add(time.Hour)
	create := func(kind, fields string) error { _, err := a.vendor.Create(kind, []byte(fields)); return err }
	change := func(kind, id, fields string) error {
		_, err := a.vendor.Change(kind, id, []byte(fields))
		return err
	}
	tests := map[string]error{
		"create of an unknown kind":          create("users", `{}`),
		"a workspace that exists":            create("workspaces", `{"id":"proj-xxxxxxxx"}`),
		"a workspace with odd fields":        create("workspaces", `{"x":1}`),
		"a key of no workspace":              create("keys", `{"workspaceID":"proj-2"}`),
		"a key that exists":                  create("keys", `{"id":"`+id+`"}`),
		"a key with odd fields":              create("keys", `{"x":1}`),
		"change of an unknown kind":          change("users", "x", `{}`),
		"change of no workspace":             change("workspaces", "x", `{}`),
		"a workspace change with odd fields": change("workspaces", "proj-xxxxxxxx", `{"name":"n","x":1}`),
		"change of no key":                   change("keys", "x", `{}`),
		"a key change with odd fields":       change("keys", id, `{"name":"n","x":1}`),
		"removal of an unknown kind":         a.vendor.Remove("users", "x"),
		"removal of no workspace":            a.vendor.Remove("workspaces", "x"),
		"removal of no key":                  a.vendor.Remove("keys", "x"),
		"a state of another form":            a.vendor.Restore([]byte(`{"workspaces":{}}`)),
		"a state with odd fields":            a.vendor.Restore([]byte(`{"users":[]}`)),
	}
	for name, err := range tests {
		if err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	if after := a.saved(); after != before {
		t.Errorf("refused changes changed %s\nto %s", before, after)
	}
}

func TestRestore(t *testing.T) {
	a := newAccount(t)
	a.configure(`{"listLagCalls":2}`)
	addProject(a, "proj-2")
	a.create("my-api-key")
	a.in("proj-2").create("of-another")
	a.ok("DELETE", keysPath+"?id="+a.state().Keys[0].ID, "", new(any))
	if _, err := a.vendor.Create("keys", []byte(`{"name":"expiring","expiresAt":"2027-01-01T00:00:00Z","hiddenLists":0}`)); err != nil {
		t.Fatal(err)
	}
	if err := a.vendor.SetCredentials([]string{"AK9:SK9"}); err != nil {
		t.Fatal(err)
	}
	saved := a.saved()
	other := newAccount(t)
	if err := other.vendor.Restore([]byte(saved)); err != nil {
		t.Fatal(err)
	}
	if again := other.saved(); again != saved {
		t.Errorf("restored %s\nsaved %s", again, saved)
	}
	other.refused("GET", keysPath, "", http.StatusUnauthorized, "", "")
	other = other.with("Authorization", basic("AK9", "SK9"))
	if got := other.names(""); !slices.Equal(got, []string{"expiring"}) {
		t.Errorf("after a restart the list is %v", got)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(saved), &members); err != nil || len(members) != 3 {
		t.Errorf("the state is %s (%v), want access keys, workspaces and keys", saved, err)
	}
}
