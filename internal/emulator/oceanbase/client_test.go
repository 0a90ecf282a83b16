package oceanbase_test

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
	"github.com/workspace-operator/workspace-operator/internal/emulator/oceanbase"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

const keysPath = "/api/v2/maas/apikeys"

// account is a vendor with a clock that stands still unless moved, and the
// headers that calls are made with.
type account struct {
	t      *testing.T
	vendor *oceanbase.Vendor
	now    time.Time
	header http.Header
}

// newAccount returns an account that calls as the source of the documentation
// does: Basic authentication, an organization and a project.
func newAccount(t *testing.T) *account {
	a := &account{t: t, now: time.Date(2023, 10, 12, 9, 45, 30, 0, time.UTC), header: http.Header{}}
	a.vendor = oceanbase.New(oceanbase.Defaults(), []string{"AK:SK"}, func() time.Time { return a.now }, chance.Source{})
	a.header.Set("X-OB-Org-Id", "org-xxxxxxxx")
	a.header.Set("X-OB-Project-Id", "proj-xxxxxxxx")
	a.header.Set("Authorization", "Basic QUs6U0s=")
	return a
}

// with returns the same account called with another value of a header, without
// it if there is no value.
func (a *account) with(header string, values ...string) *account {
	other := *a
	other.header = a.header.Clone()
	other.header.Del(header)
	for _, value := range values {
		other.header.Add(header, value)
	}
	return &other
}

// in returns the same account called for another project.
func (a *account) in(project string) *account { return a.with("X-OB-Project-Id", project) }

func (a *account) configure(settings string) {
	a.t.Helper()
	if err := a.vendor.Configure([]byte(settings)); err != nil {
		a.t.Fatalf("settings %s: %v", settings, err)
	}
}

func (a *account) state() oceanbase.State { return a.vendor.State().(oceanbase.State) }

// key returns what the vendor knows about a key.
func (a *account) key(id string) *oceanbase.Key {
	a.t.Helper()
	i := slices.IndexFunc(a.state().Keys, func(k *oceanbase.Key) bool { return k.ID == id })
	if i < 0 {
		a.t.Fatalf("no key %s", id)
	}
	return a.state().Keys[i]
}

// saved is the state as it would be stored.
func (a *account) saved() string {
	a.t.Helper()
	data, err := json.Marshal(a.vendor.State())
	if err != nil {
		a.t.Fatal(err)
	}
	return string(data)
}

// do makes a call to a path with an optional query. A call that says that it
// changed nothing must have changed nothing, and the other way round.
func (a *account) do(method, path, body string) wire.Reply {
	a.t.Helper()
	target, err := url.Parse(path)
	if err != nil {
		a.t.Fatal(err)
	}
	header := a.header.Clone()
	if body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	before := a.saved()
	reply := a.vendor.Serve(&wire.Request{
		Method: method, Path: target.EscapedPath(), Query: target.Query(), Header: header, Body: []byte(body), Now: a.now,
	})
	if changed := before != a.saved(); changed != reply.Changed && !strings.Contains(before, "hiddenLists") {
		a.t.Errorf("%s %s %s: says changed %v, is %v", method, path, body, reply.Changed, changed)
	}
	return reply
}

// members decodes an answer that must have exactly the given members.
func (a *account) members(data []byte, want ...string) map[string]json.RawMessage {
	a.t.Helper()
	var got map[string]json.RawMessage
	if err := json.Unmarshal(data, &got); err != nil {
		a.t.Fatalf("answer %s: %v", data, err)
	}
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		a.t.Errorf("answer %s has the members %v, want %v", data, names, want)
	}
	return got
}

// ok makes a call that must succeed and decodes the data of its answer.
func (a *account) ok(method, path, body string, data any) {
	a.t.Helper()
	reply := a.do(method, path, body)
	var got struct {
		Success bool
		Data    json.RawMessage
	}
	if err := json.Unmarshal(reply.Body, &got); err != nil || reply.Status != http.StatusOK || !got.Success {
		a.t.Fatalf("%s %s %s: HTTP %d %s (%v)", method, path, body, reply.Status, reply.Body, err)
	}
	if err := json.Unmarshal(got.Data, data); err != nil {
		a.t.Fatalf("%s %s: data %s: %v", method, path, got.Data, err)
	}
}

// refused makes a call that must fail with the status, the code and a message
// that contains the text, in the form of the general guide and without effect.
func (a *account) refused(method, path, body string, status int, code, text string) {
	a.t.Helper()
	a.isRefusal(a.do(method, path, body), method+" "+path+" "+body, status, code, text)
}

func (a *account) isRefusal(reply wire.Reply, what string, status int, code, text string) {
	a.t.Helper()
	a.members(reply.Body, "success", "errorCode", "errorMessage", "requestId")
	var got struct {
		Success                            *bool
		ErrorCode, ErrorMessage, RequestID string
	}
	if err := json.Unmarshal(reply.Body, &got); err != nil || got.Success == nil || *got.Success || got.RequestID == "" {
		a.t.Errorf("%s: HTTP %d %s, want an error (%v)", what, reply.Status, reply.Body, err)
	}
	if reply.Status != status || got.ErrorCode != code || got.ErrorMessage == "" || !strings.Contains(got.ErrorMessage, text) {
		a.t.Errorf("%s: HTTP %d %s, want %d %q and a message with %q", what, reply.Status, reply.Body, status, code, text)
	}
	if reply.Changed {
		a.t.Errorf("%s was refused and changed something", what)
	}
}

// invalid makes a call that must fail as a request that breaks a rule.
func (a *account) invalid(method, path, body, text string) {
	a.t.Helper()
	a.refused(method, path, body, http.StatusBadRequest, "INVALID_PARAMETER", text)
}

// create makes a key, which the answer must name, and returns its secret.
func (a *account) create(name string) string {
	a.t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name, "action": "read"})
	var k struct{ APIKey, Name string }
	a.ok("POST", keysPath, string(body), &k)
	if k.Name != name {
		a.t.Errorf("a key %q was asked for, %q was made", name, k.Name)
	}
	return k.APIKey
}

// id returns the id of the one listed key of that name.
func (a *account) id(name string) string {
	a.t.Helper()
	ids := []string{}
	for _, k := range a.page("?pageSize=100") {
		if k.Name == name {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) != 1 {
		a.t.Fatalf("the keys named %s are %v, want one", name, ids)
	}
	return ids[0]
}

// listed is a key as a list shows it.
type listed struct {
	ID, Name, APIKey, CreatedAt, UpdatedAt string
	ExpiresAt                              *string
}

func (a *account) page(query string) []listed {
	a.t.Helper()
	var data struct{ List []listed }
	a.ok("GET", keysPath+query, "", &data)
	if data.List == nil {
		a.t.Errorf("the list is null, want an array")
	}
	return data.List
}

// names returns the names on a page.
func (a *account) names(query string) []string {
	a.t.Helper()
	names := []string{}
	for _, k := range a.page(query) {
		names = append(names, k.Name)
	}
	return names
}
