package groundfloor_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
)

func (p *plane) restore(state string) {
	p.t.Helper()
	if err := p.vendor.Restore([]byte(state)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plane) change(id, fields string) {
	p.t.Helper()
	if _, err := p.vendor.Change("workspaces", id, []byte(fields)); err != nil {
		p.t.Fatalf("change %s: %v", fields, err)
	}
}

func TestConsoleCreate(t *testing.T) {
	p := newPlane(t)
	got := p.item(p.console(`{}`))
	want := item{
		ID: got.ID, Name: "console", Slug: "console", Status: "active", Region: "us-east-1",
		AccountID: groundfloor.DefaultAccountID, TenancyModel: "dedicated", CreatedAt: "2026-05-01T12:00:00Z",
	}
	if got != want || !uuid().MatchString(got.ID) {
		t.Errorf("made by default is %+v, want %+v", got, want)
	}
	id := p.console(`{"id":"w-1","accountID":"` + otherAccount + `","name":"Team A","slug":"a","region":"eu","tenancyModel":"direct","createdAt":"2020-01-02T03:04:05Z"}`)
	want = item{
		ID: "w-1", Name: "Team A", Slug: "a", Status: "active", Region: "eu",
		AccountID: otherAccount, TenancyModel: "direct", CreatedAt: "2020-01-02T03:04:05Z",
	}
	if got := p.item(id); got != want {
		t.Errorf("made is %+v, want %+v", got, want)
	}
	if got := p.item(p.console(`{"name":"Team A"}`)).Slug; got != "team-a" {
		t.Errorf("the slug of Team A is %s", got)
	}
	if got := len(p.state().ProvisioningRuns); got != 0 {
		t.Errorf("the console made %d runs, want none", got)
	}
	for status, want := range map[string]string{"frozen": "active", "suspended": "suspended"} {
		var environments []map[string]string
		p.get(workspacesPath+"/"+p.console(`{"status":"`+status+`"}`)+"/environments", &environments)
		if len(environments) != 3 || environments[0]["state"] != want {
			t.Errorf("the environments of one %s are %v, want %s", status, environments, want)
		}
	}
	var environments []map[string]string
	p.get(workspacesPath+"/"+p.console(`{"environments":[{"id":"e","name":"prod","state":"broken"}]}`)+"/environments", &environments)
	if len(environments) != 1 || environments[0]["id"] != "e" || environments[0]["state"] != "broken" {
		t.Errorf("the environments set are %v", environments)
	}
}

func TestConsoleFreeze(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	made := p.console(`{"status":"frozen"}`)
	p.change(id, `{"status":"frozen"}`)
	for _, id := range []string{id, made} {
		if w := p.workspace(id); !w.FrozenAt.Equal(*p.now) || !w.RetentionUntil.Equal(p.now.Add(month)) {
			t.Errorf("frozen at %v until %v, want now and 30 days later", w.FrozenAt, w.RetentionUntil)
		}
	}
	p.pass(time.Hour)
	p.change(id, `{"name":"renamed"}`)
	if w := p.workspace(id); !w.FrozenAt.Equal(p.now.Add(-time.Hour)) || w.Name != "renamed" {
		t.Errorf("after another change frozen at %v with the name %s", w.FrozenAt, w.Name)
	}
	p.change(id, `{"status":"active"}`)
	if w := p.workspace(id); w.FrozenAt != nil || w.RetentionUntil != nil {
		t.Errorf("unfrozen it is frozen at %v until %v", w.FrozenAt, w.RetentionUntil)
	}
	p.change(made, `{"retentionUntil":"2026-05-01T14:00:00Z"}`)
	p.get(workspacesPath+"/"+made, new(any))
	p.pass(time.Hour)
	p.refused("GET", workspacesPath+"/"+made, "", http.StatusNotFound, "Workspace not found")
	if _, err := p.vendor.Change("workspaces", made, []byte(`{}`)); err == nil {
		t.Error("what is deleted can be changed")
	}
}

func TestConsoleChange(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	p.change(id, `{"id":"other","name":"drifted","slug":"drifted","region":"r2","accountID":"`+otherAccount+`","tenancyModel":"direct","status":"suspended"}`)
	want := item{
		ID: id, Name: "drifted", Slug: "drifted", Status: "suspended", Region: "r2",
		AccountID: otherAccount, TenancyModel: "direct", CreatedAt: "2026-05-01T12:00:00Z",
	}
	if got := p.item(id); got != want {
		t.Errorf("changed is %+v, want %+v: all but the id", got, want)
	}
	if reply := p.setStatus(id, "active"); reply.Status != http.StatusOK || p.item(id).Status != "active" {
		t.Errorf("activating one in an unknown status: HTTP %d %s", reply.Status, reply.Body)
	}
	p.change(id, `{"member":false}`)
	if got := p.names(workspacesPath); len(got) != 0 {
		t.Errorf("the list without a membership shows %v", got)
	}
	p.get(workspacesPath+"/"+id, new(any))
	p.change(id, `{"permission":"none"}`)
	p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
	p.change(id, `{"permission":"administer","member":true}`)
	p.get(workspacesPath+"/"+id, new(any))
}

// TestConsoleEndsAStuckSaga: somebody at the vendor may put things right.
func TestConsoleEndsAStuckSaga(t *testing.T) {
	p := with(t, `{"failStep":3,"refuseFreezeWhileProvisioning":true}`)
	id := p.create("w")
	p.refused("PATCH", workspacesPath+"/"+id+"/status", `{"status":"frozen"}`, http.StatusConflict, "The workspace is not provisioned yet")
	p.change(id, `{"status":"active"}`)
	p.pass(time.Hour)
	if got := p.item(id).Status; got != "active" {
		t.Errorf("put right it is %s, want active", got)
	}
	if reply := p.setStatus(id, "frozen"); reply.Status != http.StatusOK {
		t.Errorf("put right it cannot be frozen: HTTP %d %s", reply.Status, reply.Body)
	}
}

func TestConsoleRemove(t *testing.T) {
	p := newPlane(t)
	id, other := p.create("w"), p.create("other")
	p.pass(time.Hour)
	if err := p.vendor.Remove("workspaces", strings.ToUpper(id)); err != nil {
		t.Fatal(err)
	}
	p.refused("GET", workspacesPath+"/"+id, "", http.StatusNotFound, "Workspace not found")
	p.get(workspacesPath+"/"+other, new(any))
	if w := p.workspace(id); !w.DeletedAt.Equal(*p.now) || p.workspace(other).DeletedAt != nil {
		t.Errorf("deleted at %v, the other at %v", w.DeletedAt, p.workspace(other).DeletedAt)
	}
	p.console(`{"id":"` + id + `","name":"again"}`)
	if got := p.item(id).Name; got != "again" {
		t.Errorf("a deleted id used again shows %s", got)
	}
}

func TestBackstageRefuses(t *testing.T) {
	p := newPlane(t)
	id := p.create("w")
	p.configure(`{"rowDelayMillis":1000}`)
	soon := p.create("soon")
	before := p.saved()
	create := func(kind, fields string) error { _, err := p.vendor.Create(kind, []byte(fields)); return err }
	change := func(kind, id, fields string) error {
		_, err := p.vendor.Change(kind, id, []byte(fields))
		return err
	}
	tests := map[string]struct {
		err  error
		text string
	}{
		"create of keys":                 {create("keys", `{}`), `unknown kind "keys"`},
		"create of an unknown kind":      {create("users", `{}`), "unknown kind"},
		"a workspace that exists":        {create("workspaces", `{"id":"`+id+`"}`), "exists"},
		"one that exists in other case":  {create("workspaces", `{"id":"`+strings.ToUpper(id)+`"}`), "exists"},
		"a workspace that is to be":      {create("workspaces", `{"id":"`+soon+`"}`), "exists"},
		"odd fields":                     {create("workspaces", `{"x":1}`), "unknown field"},
		"no JSON":                        {create("workspaces", ``), "one JSON value"},
		"an empty id":                    {create("workspaces", `{"id":""}`), "must not be empty"},
		"an empty account":               {create("workspaces", `{"accountID":""}`), "must not be empty"},
		"an empty status":                {create("workspaces", `{"status":""}`), "must not be empty"},
		"an unknown permission":          {create("workspaces", `{"permission":"owner"}`), "permission"},
		"change of keys":                 {change("keys", id, `{}`), `unknown kind "keys"`},
		"change of no workspace":         {change("workspaces", "x", `{}`), "no workspace"},
		"change of one that is to be":    {change("workspaces", soon, `{}`), "no workspace"},
		"a change with odd fields":       {change("workspaces", id, `{"x":1}`), "unknown field"},
		"a change to an empty status":    {change("workspaces", id, `{"status":""}`), "must not be empty"},
		"a change of type":               {change("workspaces", id, `{"member":"yes"}`), "cannot unmarshal"},
		"a change to a permission":       {change("workspaces", id, `{"permission":""}`), "permission"},
		"removal of keys":                {p.vendor.Remove("keys", id), `unknown kind "keys"`},
		"removal of no workspace":        {p.vendor.Remove("workspaces", "x"), "no workspace"},
		"removal of one that is to be":   {p.vendor.Remove("workspaces", soon), "no workspace"},
		"an empty credential":            {p.vendor.SetCredentials([]string{"a", ""}), "must not be empty"},
		"a state of another form":        {p.vendor.Restore([]byte(`{"x":1}`)), "unknown field"},
		"a state with a name of another": {p.vendor.Restore([]byte(`{"keys":[]}`)), "unknown field"},
	}
	for name, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.text) {
			t.Errorf("%s: error %v, want one with %q", name, tt.err, tt.text)
		}
	}
	if p.saved() != before {
		t.Errorf("what was refused changed the state from %s to %s", before, p.saved())
	}
}

func TestCredentials(t *testing.T) {
	p := newPlane(t)
	if got := p.vendor.Credentials(); !slices.Equal(got, []string{"token"}) {
		t.Errorf("credentials at the start are %v", got)
	}
	p.pass(time.Hour)
	if err := p.vendor.SetCredentials([]string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	if got := p.vendor.Credentials(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("credentials are %v, want a and b", got)
	}
	p.refused("GET", workspacesPath, "", http.StatusUnauthorized, "Invalid or expired token")
	p.as("a").get(workspacesPath, new(any))
	p.as("b").get(workspacesPath, new(any))
	if got := p.state().Tokens[1]; got.Value != "b" || !got.SetAt.Equal(*p.now) {
		t.Errorf("the second token is %+v", got)
	}
	if err := p.vendor.SetCredentials(nil); err != nil || len(p.vendor.Credentials()) != 0 {
		t.Errorf("without credentials: %v, %v", err, p.vendor.Credentials())
	}
}

func TestRestore(t *testing.T) {
	p := with(t, `{"listLagCalls":2,"tokenLifetimeSeconds":3600}`)
	p.setStatus(p.create("frozen"), "frozen")
	if err := p.vendor.Remove("workspaces", p.create("removed")); err != nil {
		t.Fatal(err)
	}
	p.configure(`{"rowDelayMillis":2000,"provisioningMillis":8000,"failStep":3,"retryFailedMillis":60000}`)
	id := p.create("on its way")
	saved := p.saved()

	other := with(t, `{"tokenLifetimeSeconds":3600}`)
	other.create("replaced")
	other.restore(saved)
	if got := other.saved(); got != saved {
		t.Errorf("restored %s, saved %s", got, saved)
	}
	other.pass(10 * time.Second)
	if got := other.item(id).Status; got != "provisioning" {
		t.Errorf("the restored saga brought the status %s", got)
	}
	other.pass(time.Minute)
	if got := other.item(id).Status; got != "active" {
		t.Errorf("the restored saga was not completed: %s", got)
	}
	other.pass(time.Hour)
	other.refused("GET", workspacesPath, "", http.StatusUnauthorized, "Invalid or expired token")
	if err := other.vendor.Restore([]byte(`{"x":1}`)); err == nil {
		t.Error("a state of another form is accepted")
	}
}
