package portkey_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/portkey"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

const (
	workspacesPath = "/v1/admin/workspaces"
	keysPath       = "/v1/api-keys"
	servicePath    = "/v1/api-keys/workspace/service"
)

// organisation is a vendor with a clock that stands still unless moved, and
// the key that calls are made with.
type organisation struct {
	t      *testing.T
	vendor *portkey.Vendor
	now    time.Time
	key    string
}

func newOrganisation(t *testing.T) *organisation {
	o := &organisation{t: t, now: time.Date(2024, 7, 30, 13, 27, 29, 0, time.UTC), key: "admin"}
	o.vendor = portkey.New(portkey.Defaults(), []string{"admin"}, func() time.Time { return o.now }, chance.Source{})
	return o
}

// as returns the same organisation called with another key.
func (o *organisation) as(key string) *organisation {
	other := *o
	other.key = key
	return &other
}

func (o *organisation) configure(settings string) {
	o.t.Helper()
	if err := o.vendor.Configure([]byte(settings)); err != nil {
		o.t.Fatalf("settings %s: %v", settings, err)
	}
}

func (o *organisation) state() portkey.State { return o.vendor.State().(portkey.State) }

// workspace returns what the vendor knows about a workspace.
func (o *organisation) workspace(id string) *portkey.Workspace {
	o.t.Helper()
	for _, w := range o.state().Workspaces {
		if w.ID == id {
			return w
		}
	}
	o.t.Fatalf("no workspace %s", id)
	return nil
}

// apiKey returns what the vendor knows about a key.
func (o *organisation) apiKey(id string) *portkey.Key {
	o.t.Helper()
	for _, k := range o.state().Keys {
		if k.ID == id {
			return k
		}
	}
	o.t.Fatalf("no key %s", id)
	return nil
}

func (o *organisation) do(method, path, body string) wire.Reply {
	o.t.Helper()
	target, err := url.Parse(path)
	if err != nil {
		o.t.Fatal(err)
	}
	header := http.Header{}
	if o.key != "" {
		header.Set("x-portkey-api-key", o.key)
	}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return o.vendor.Serve(&wire.Request{
		Method: method, Path: target.EscapedPath(), Query: target.Query(), Header: header, Body: []byte(body), Now: o.now,
	})
}

// ok makes a call that must succeed and decodes its answer; nil wants none.
func (o *organisation) ok(method, path, body string, into any) {
	o.t.Helper()
	reply := o.do(method, path, body)
	if reply.Status != http.StatusOK {
		o.t.Fatalf("%s %s %s: HTTP %d %s", method, path, body, reply.Status, reply.Body)
	}
	if into == nil {
		if len(reply.Body) != 0 {
			o.t.Errorf("%s %s answers %s, want an empty body", method, path, reply.Body)
		}
		return
	}
	if err := json.Unmarshal(reply.Body, into); err != nil {
		o.t.Fatalf("%s %s answers %s: %v", method, path, reply.Body, err)
	}
}

// empty makes a call that must succeed and answer {}.
func (o *organisation) empty(method, path, body string) {
	o.t.Helper()
	if reply := o.do(method, path, body); reply.Status != http.StatusOK || string(reply.Body) != "{}" {
		o.t.Fatalf("%s %s %s: HTTP %d %s, want 200 {}", method, path, body, reply.Status, reply.Body)
	}
}

// refused makes a call that must fail with the status, the code and a message
// that contains the text, in the documented envelope and without any effect.
func (o *organisation) refused(method, path, body string, status int, code, text string) {
	o.t.Helper()
	reply := o.do(method, path, body)
	var envelope struct {
		Success *bool
		Data    struct{ Message, ErrorCode string }
	}
	if err := json.Unmarshal(reply.Body, &envelope); err != nil || envelope.Success == nil || *envelope.Success {
		o.t.Errorf("%s %s %s: HTTP %d %s, want the envelope of an error (%v)", method, path, body, reply.Status, reply.Body, err)
	}
	if reply.Status != status || envelope.Data.ErrorCode != code || !strings.Contains(envelope.Data.Message, text) {
		o.t.Errorf("%s %s %s: HTTP %d %s, want %d %s and a message with %q", method, path, body, reply.Status, reply.Body, status, code, text)
	}
	if reply.Changed {
		o.t.Errorf("%s %s %s was refused and changed something", method, path, body)
	}
}

// invalid makes a call that must fail as a request that breaks a rule.
func (o *organisation) invalid(method, path, body, text string) {
	o.t.Helper()
	o.refused(method, path, body, http.StatusBadRequest, "AB01", text)
}

// create makes a workspace and returns its id.
func (o *organisation) create(name string) string {
	o.t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name})
	var w struct{ ID string }
	o.ok("POST", workspacesPath, string(body), &w)
	return w.ID
}

// issue makes a service key in a workspace and returns its id and secret.
func (o *organisation) issue(workspace, name string) (id, secret string) {
	o.t.Helper()
	var k struct{ ID, Key string }
	o.ok("POST", servicePath, `{"name":"`+name+`","scopes":["completions.write"],"workspace_id":"`+workspace+`"}`, &k)
	return k.ID, k.Key
}

// scoped returns the organisation called with an organisation key of the given
// scopes.
func (o *organisation) scoped(scopes ...string) *organisation {
	o.t.Helper()
	list, _ := json.Marshal(scopes)
	var k struct{ Key string }
	o.as("admin").ok("POST", keysPath+"/organisation/service", `{"name":"scoped","scopes":`+string(list)+`}`, &k)
	return o.as(k.Key)
}

// page is a list answer.
type page struct {
	Total  int
	Object string
	Data   []map[string]any
}

// names lists and returns the names of the items and the total.
func (o *organisation) names(path string) ([]string, int) {
	o.t.Helper()
	var p page
	o.ok("GET", path, "", &p)
	if p.Object != "list" {
		o.t.Errorf("GET %s: object is %q, want list", path, p.Object)
	}
	names := []string{}
	for _, item := range p.Data {
		names = append(names, item["name"].(string))
	}
	return names, p.Total
}
