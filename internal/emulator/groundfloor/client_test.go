package groundfloor_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

const (
	workspacesPath = "/v1/workspaces"
	accountPath    = "/v1/workspaces/by-account/" + groundfloor.DefaultAccountID
	otherAccount   = "0a0b0c0d-1111-4222-8333-444455556666"
)

// plane is a vendor with a clock that stands still unless moved, and the token
// that calls are made with.
type plane struct {
	t      *testing.T
	vendor *groundfloor.Vendor
	now    *time.Time
	token  string
}

func newPlane(t *testing.T) *plane {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	p := &plane{t: t, now: &now, token: "token"}
	p.vendor = groundfloor.New(groundfloor.Defaults(), []string{"token"}, func() time.Time { return now }, chance.Source{})
	return p
}

// with returns a new vendor with settings other than the defaults.
func with(t *testing.T, settings string) *plane {
	t.Helper()
	p := newPlane(t)
	p.configure(settings)
	return p
}

// as returns the same vendor called with another token.
func (p *plane) as(token string) *plane {
	other := *p
	other.token = token
	return &other
}

func (p *plane) pass(d time.Duration) { *p.now = p.now.Add(d) }

func (p *plane) configure(settings string) {
	p.t.Helper()
	if err := p.vendor.Configure([]byte(settings)); err != nil {
		p.t.Fatalf("settings %s: %v", settings, err)
	}
}

func (p *plane) state() groundfloor.State { return p.vendor.State().(groundfloor.State) }

// saved is the state as it would be written to a file.
func (p *plane) saved() string {
	p.t.Helper()
	data, err := json.Marshal(p.vendor.State())
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// workspace returns what the vendor knows about a workspace.
func (p *plane) workspace(id string) *groundfloor.Workspace {
	p.t.Helper()
	i := slices.IndexFunc(p.state().Workspaces, func(w *groundfloor.Workspace) bool { return w.ID == id })
	if i < 0 {
		p.t.Fatalf("no workspace %s", id)
	}
	return p.state().Workspaces[i]
}

func (p *plane) do(method, path, body string) wire.Reply {
	p.t.Helper()
	target, err := url.Parse(path)
	if err != nil {
		p.t.Fatal(err)
	}
	header := http.Header{}
	if p.token != "" {
		header.Set("Authorization", "Bearer "+p.token)
	}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return p.vendor.Serve(&wire.Request{
		Method: method, Path: target.EscapedPath(), Query: target.Query(), Header: header, Body: []byte(body), Now: *p.now,
	})
}

// ok makes a call that must be answered with the status and JSON.
func (p *plane) ok(method, path, body string, status int, into any) wire.Reply {
	p.t.Helper()
	reply := p.do(method, path, body)
	if reply.Status != status || reply.Header.Get("Content-Type") != "application/json" {
		p.t.Fatalf("%s %s %s: HTTP %d %s %s, want %d and JSON", method, path, body, reply.Status, reply.Header.Get("Content-Type"), reply.Body, status)
	}
	if err := json.Unmarshal(reply.Body, into); err != nil {
		p.t.Fatalf("%s %s answers %s: %v", method, path, reply.Body, err)
	}
	return reply
}

func (p *plane) get(path string, into any) {
	p.t.Helper()
	if reply := p.ok("GET", path, "", http.StatusOK, into); reply.Changed {
		p.t.Errorf("GET %s says that it changed something", path)
	}
}

// refused makes a call that must fail with the status and exactly this detail,
// in the documented form and without any effect.
func (p *plane) refused(method, path, body string, status int, detail string) {
	p.t.Helper()
	before := p.saved()
	reply := p.do(method, path, body)
	want, _ := json.Marshal(map[string]string{"detail": detail, "code": ""})
	p.same(reply, status, string(want), method+" "+path+" "+body)
	if reply.Changed || p.saved() != before {
		p.t.Errorf("%s %s %s was refused and changed something (changed: %v)", method, path, body, reply.Changed)
	}
}

// invalid makes a call that must fail as one that breaks a rule at a place,
// like body.name.
func (p *plane) invalid(method, path, body, place, message string) {
	p.t.Helper()
	before := p.saved()
	reply := p.do(method, path, body)
	violation := map[string]any{"loc": strings.SplitN(place, ".", 2), "msg": message, "type": "value_error"}
	want, _ := json.Marshal(map[string]any{"detail": []any{violation}, "code": ""})
	p.same(reply, http.StatusUnprocessableEntity, string(want), method+" "+path+" "+body)
	if reply.Changed || p.saved() != before {
		p.t.Errorf("%s %s %s is invalid and changed something (changed: %v)", method, path, body, reply.Changed)
	}
}

// same wants a status and a JSON document, whatever the order of its members.
func (p *plane) same(reply wire.Reply, status int, want, what string) {
	p.t.Helper()
	if reply.Status != status || reply.Header.Get("Content-Type") != "application/json" || canonical(p.t, reply.Body) != canonical(p.t, []byte(want)) {
		p.t.Errorf("%s: HTTP %d %s %s, want %d %s", what, reply.Status, reply.Header.Get("Content-Type"), reply.Body, status, want)
	}
}

func canonical(t *testing.T, data []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("%s is not JSON: %v", data, err)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// request is the body of a creation in the default account.
func request(name string) string {
	body, _ := json.Marshal(map[string]string{"account_id": groundfloor.DefaultAccountID, "name": name, "region": "us-east-1"})
	return string(body)
}

// start begins a creation and returns its run.
func (p *plane) start(name string) *groundfloor.ProvisioningRun {
	p.t.Helper()
	var answer struct {
		RunID string `json:"provisioning_run_id"`
	}
	if reply := p.ok("POST", workspacesPath, request(name), http.StatusAccepted, &answer); !reply.Changed {
		p.t.Errorf("the creation of %s says that nothing changed", name)
	}
	for _, run := range p.state().ProvisioningRuns {
		if run.ID == answer.RunID {
			return run
		}
	}
	p.t.Fatalf("no run %s", answer.RunID)
	return nil
}

// create makes a workspace and returns its id.
func (p *plane) create(name string) string {
	p.t.Helper()
	return p.start(name).WorkspaceID
}

// console makes a workspace out of band and returns its id.
func (p *plane) console(fields string) string {
	p.t.Helper()
	made, err := p.vendor.Create("workspaces", []byte(fields))
	if err != nil {
		p.t.Fatalf("create %s: %v", fields, err)
	}
	return made.(*groundfloor.Workspace).ID
}

// item is a workspace in an answer.
type item struct {
	ID, Name, Slug, Status, Region string
	AccountID                      string  `json:"account_id"`
	TenancyModel                   string  `json:"tenancy_model"`
	CreatedAt                      string  `json:"created_at"`
	FrozenAt                       *string `json:"frozen_at"`
	RetentionUntil                 *string `json:"retention_until"`
}

func (p *plane) item(id string) item {
	p.t.Helper()
	var out item
	p.get(workspacesPath+"/"+id, &out)
	return out
}

// names lists and returns the names of the items.
func (p *plane) names(path string) []string {
	p.t.Helper()
	var items []item
	p.get(path, &items)
	names := []string{}
	for _, w := range items {
		names = append(names, w.Name)
	}
	return names
}

// setStatus changes a status and returns the answer.
func (p *plane) setStatus(id, status string) wire.Reply {
	p.t.Helper()
	return p.do("PATCH", workspacesPath+"/"+id+"/status", `{"status":"`+status+`"}`)
}
