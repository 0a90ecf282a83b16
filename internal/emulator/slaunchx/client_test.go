package slaunchx_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/slaunchx"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

const (
	base      = "/prometheus/web/v1/workspaces/"
	workspace = base + slaunchx.DefaultWorkspaceID
	keysPath  = workspace + "/api-keys"
)

// partner is a vendor with a clock that stands still unless moved, and the
// headers that calls are made with instead of the usual ones.
type partner struct {
	t      *testing.T
	vendor *slaunchx.Vendor
	now    time.Time
	header http.Header
}

func newPartner(t *testing.T) *partner {
	p := &partner{t: t, now: time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC), header: http.Header{}}
	p.vendor = slaunchx.New(slaunchx.Defaults(), []string{"jwt:hash"}, func() time.Time { return p.now }, chance.Source{})
	return p
}

// with returns the same partner calling with other values of a header; none
// leaves the header out.
func (p *partner) with(name string, values ...string) *partner {
	other := *p
	other.header = maps.Clone(p.header)
	other.header[http.CanonicalHeaderKey(name)] = values
	return &other
}

func (p *partner) configure(settings string) {
	p.t.Helper()
	if err := p.vendor.Configure([]byte(settings)); err != nil {
		p.t.Fatalf("settings %s: %v", settings, err)
	}
}

func (p *partner) state() slaunchx.State { return p.vendor.State().(slaunchx.State) }

// document is everything the vendor knows, as it would be saved.
func (p *partner) document() string {
	p.t.Helper()
	data, err := json.Marshal(p.vendor.State())
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// key returns what the vendor knows about a key.
func (p *partner) key(id string) *slaunchx.Key {
	p.t.Helper()
	i := slices.IndexFunc(p.state().Keys, func(k *slaunchx.Key) bool { return k.ID == id })
	if i < 0 {
		p.t.Fatalf("no key %s", id)
	}
	return p.state().Keys[i]
}

// request is a whole one: every header that the documentation wants, the
// workspace of the path in X-Workspace-Id, and a Content-Type with a body.
func (p *partner) request(method, path, body string) *wire.Request {
	p.t.Helper()
	target, err := url.Parse(path)
	if err != nil {
		p.t.Fatal(err)
	}
	header := http.Header{}
	header.Set("Authorization", "Bearer jwt")
	header.Set("X-Client-Hash", "hash")
	header.Set("Accept", "application/json")
	if _, rest, ok := strings.Cut(target.Path, "/web/v1/workspaces/"); ok {
		id, _, _ := strings.Cut(rest, "/")
		header.Set("X-Workspace-Id", id)
	}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	maps.Copy(header, p.header)
	return &wire.Request{
		Method: method, Path: target.EscapedPath(), Query: target.Query(), Header: header, Body: []byte(body), Now: p.now,
	}
}

// do makes a call and checks what holds for every answer.
func (p *partner) do(method, path, body string) wire.Reply {
	p.t.Helper()
	before := p.document()
	reply := p.vendor.Serve(p.request(method, path, body))
	if changed := p.document() != before; reply.Changed != changed {
		p.t.Errorf("%s %s %s: HTTP %d says changed %v, and that is %v", method, path, body, reply.Status, reply.Changed, changed)
	}
	checkEnvelope(p.t, method+" "+path+" "+body, reply, p.now)
	return reply
}

// checkEnvelope wants the documented members and no other: six around success,
// three for an error, and nothing at all with 204.
func checkEnvelope(t *testing.T, call string, reply wire.Reply, now time.Time) {
	t.Helper()
	if reply.Status == http.StatusNoContent {
		if len(reply.Body) != 0 {
			t.Errorf("%s: HTTP 204 with the body %s", call, reply.Body)
		}
		return
	}
	var members map[string]any
	if err := json.Unmarshal(reply.Body, &members); err != nil {
		t.Fatalf("%s: HTTP %d %s: %v", call, reply.Status, reply.Body, err)
	}
	if got := reply.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: Content-Type is %q", call, got)
	}
	names := slices.Sorted(maps.Keys(members))
	if reply.Status >= 400 {
		message, _ := members["message"].(string)
		if !slices.Equal(names, []string{"code", "message", "success"}) || members["success"] != false || message == "" || reply.Changed {
			t.Errorf("%s: HTTP %d %s (changed %v) is not an error as documented", call, reply.Status, reply.Body, reply.Changed)
		}
		return
	}
	if !slices.Equal(names, []string{"code", "data", "message", "success", "timestamp", "version"}) ||
		members["success"] != true || members["code"] != "2000" || members["message"] != "SUCCESS" || members["timestamp"] != float64(now.UnixMilli()) {
		t.Errorf("%s: HTTP %d %s is not success as documented", call, reply.Status, reply.Body)
	}
}

// ok makes a call that must succeed with the status and decodes its data.
func (p *partner) ok(method, path, body string, status int, data any) {
	p.t.Helper()
	reply := p.do(method, path, body)
	if reply.Status != status {
		p.t.Fatalf("%s %s %s: HTTP %d %s, want %d", method, path, body, reply.Status, reply.Body, status)
	}
	if data == nil {
		return
	}
	if err := json.Unmarshal(reply.Body, &struct{ Data any }{data}); err != nil {
		p.t.Fatalf("%s %s answers %s: %v", method, path, reply.Body, err)
	}
}

// refused makes a call that must fail with the status, the code and a message
// that contains the text.
func (p *partner) refused(method, path, body string, status int, code, text string) {
	p.t.Helper()
	reply := p.do(method, path, body)
	var got struct{ Code, Message string }
	if err := json.Unmarshal(reply.Body, &got); err != nil {
		p.t.Fatalf("%s %s %s: HTTP %d %s: %v", method, path, body, reply.Status, reply.Body, err)
	}
	if reply.Status != status || got.Code != code || !strings.Contains(got.Message, text) {
		p.t.Errorf("%s %s %s: HTTP %d %s, want %d, code %q and a message with %q", method, path, body, reply.Status, reply.Body, status, code, text)
	}
}

// invalid makes a call that must fail as a request that breaks a rule.
func (p *partner) invalid(method, path, body, text string) {
	p.t.Helper()
	p.refused(method, path, body, http.StatusBadRequest, "", text)
}

// keyData is a key as answers show it; create and get fill different fields.
type keyData struct {
	APIKeyID, Secret, Name, Status, Mode, CreatedAt, CreatedBy string
	Scopes, Permissions, IPWhitelist                           []string
	LastUsedAt                                                 *string
}

// issue makes a key and returns its id.
func (p *partner) issue(name string) string {
	p.t.Helper()
	body, _ := json.Marshal(map[string]any{"name": name, "scopes": []string{"payment:read"}})
	var k keyData
	p.ok("POST", keysPath, string(body), http.StatusCreated, &k)
	return k.APIKeyID
}

// read gets a key.
func (p *partner) read(id string) keyData {
	p.t.Helper()
	var k keyData
	p.ok("GET", keysPath+"/"+id, "", http.StatusOK, &k)
	return k
}

// console makes an object out of band.
func (p *partner) console(kind, fields string) {
	p.t.Helper()
	if _, err := p.vendor.Create(kind, []byte(fields)); err != nil {
		p.t.Fatalf("making %s %s out of band: %v", kind, fields, err)
	}
}

// operations are one whole call of every endpoint. %W is the workspace and %K a
// key in it.
func operations() []string {
	return []string{
		"GET %W",
		`POST %W/api-keys {"name":"n"}`,
		"GET %W/api-keys/%K",
		"POST %W/api-keys/%K/disable",
		"POST %W/api-keys/%K/enable",
		`POST %W/api-keys/delete {"keyId":"%K"}`,
	}
}

// each calls a test with every operation on a workspace and a key.
func each(workspace, key string, test func(method, path, body string)) {
	for _, operation := range operations() {
		operation = strings.NewReplacer("%W", workspace, "%K", key).Replace(operation)
		parts := append(strings.SplitN(operation, " ", 3), "")
		test(parts[0], parts[1], parts[2])
	}
}
