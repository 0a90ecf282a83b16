package guance_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/chance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/guance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

const (
	createPath = "/api/v1/workspace/create"
	getPath    = "/api/v1/workspace/get"
	modifyPath = "/api/v1/workspace/modify"
	addPath    = "/api/v1/workspace/accesskey/add"
	listPath   = "/api/v1/workspace/accesskey/list"
)

// site is a vendor with a clock that stands still unless moved, and the key
// that calls are made with.
type site struct {
	t      *testing.T
	vendor *guance.Vendor
	now    time.Time
	key    string
}

func newSite(t *testing.T) *site {
	s := &site{t: t, now: time.Date(2023, 1, 4, 3, 17, 46, 0, time.UTC), key: "owner"}
	s.vendor = guance.New(guance.Settings{KeyNameLimit: 256}, []string{"owner"}, func() time.Time { return s.now }, chance.Source{})
	return s
}

// as returns the same site called with another key.
func (s *site) as(key string) *site {
	other := *s
	other.key = key
	return &other
}

func (s *site) configure(settings string) {
	s.t.Helper()
	if err := s.vendor.Configure([]byte(settings)); err != nil {
		s.t.Fatalf("settings %s: %v", settings, err)
	}
}

func (s *site) state() guance.State { return s.vendor.State().(guance.State) }

// answer is the envelope, decoded as a client would.
type answer struct {
	Code      int             `json:"code"`
	Content   json.RawMessage `json:"content"`
	ErrorCode string          `json:"errorCode"`
	Message   string          `json:"message"`
	Success   bool            `json:"success"`
	TraceID   string          `json:"traceId"`

	status  int
	header  http.Header
	changed bool
}

var traceID = regexp.MustCompile(`^TRACE-[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$`)

// do makes a call and checks what holds for every answer: the envelope with
// exactly the documented members, a code that mirrors the status, a trace id.
func (s *site) do(method, path, body string) answer {
	s.t.Helper()
	target, err := url.Parse(path)
	if err != nil {
		s.t.Fatal(err)
	}
	header := http.Header{}
	if s.key != "" {
		header.Set("DF-API-KEY", s.key)
	}
	if body != "" {
		header.Set("Content-Type", "application/json;charset=UTF-8")
	}
	return s.send(&wire.Request{
		Method: method, Path: target.EscapedPath(), Query: target.Query(), Header: header, Body: []byte(body), Now: s.now,
	})
}

func (s *site) send(r *wire.Request) answer {
	s.t.Helper()
	reply := s.vendor.Serve(r)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(reply.Body, &members); err != nil {
		s.t.Fatalf("%s %s answered %s: %v", r.Method, r.Path, reply.Body, err)
	}
	for _, name := range []string{"code", "content", "errorCode", "message", "success", "traceId"} {
		if _, ok := members[name]; !ok {
			s.t.Errorf("%s %s answered without %s: %s", r.Method, r.Path, name, reply.Body)
		}
	}
	if len(members) != 6 {
		s.t.Errorf("%s %s answered with other than the six documented members: %s", r.Method, r.Path, reply.Body)
	}
	a := answer{status: reply.Status, header: reply.Header, changed: reply.Changed}
	if err := json.Unmarshal(reply.Body, &a); err != nil {
		s.t.Fatalf("%s %s answered %s: %v", r.Method, r.Path, reply.Body, err)
	}
	if a.Code != a.status || a.Success != (a.status == http.StatusOK) || !traceID.MatchString(a.TraceID) {
		s.t.Errorf("%s %s answered HTTP %d with the envelope %s", r.Method, r.Path, a.status, reply.Body)
	}
	if a.Success && (a.ErrorCode != "" || a.Message != "") {
		s.t.Errorf("%s %s succeeded with an error: %s", r.Method, r.Path, reply.Body)
	}
	if !a.Success && (string(a.Content) != "null" || a.Message == "" || a.changed) {
		s.t.Errorf("%s %s failed with content, without message or having changed something: %s", r.Method, r.Path, reply.Body)
	}
	return a
}

// ok makes a call that must succeed and decodes its content.
func (s *site) ok(method, path, body string, content any) {
	s.t.Helper()
	a := s.do(method, path, body)
	if a.status != http.StatusOK {
		s.t.Fatalf("%s %s %s: HTTP %d %s %s", method, path, body, a.status, a.ErrorCode, a.Message)
	}
	if err := json.Unmarshal(a.Content, content); err != nil {
		s.t.Fatalf("%s %s: content %s: %v", method, path, a.Content, err)
	}
}

// refused makes a call that must fail with the status, the code and a message
// that contains the text.
func (s *site) refused(method, path, body string, status int, code, text string) {
	s.t.Helper()
	a := s.do(method, path, body)
	if a.status != status || a.ErrorCode != code || !strings.Contains(a.Message, text) {
		s.t.Errorf("%s %s %s: HTTP %d %q %q, want %d %q and a message with %q",
			method, path, body, a.status, a.ErrorCode, a.Message, status, code, text)
	}
}

type created struct {
	AkInfo *struct{ KeyID, KeySk, Name string }
	WsInfo struct {
		UUID, Name, Desc, BillingState, VersionType, Creator, Updator string
		CreateAt, UpdateAt, LockAt                                    int64
		IsLocked                                                      int
		Token, CLIToken                                               string
	}
}

// create makes a workspace with a key and returns its id and the key.
func (s *site) create(name string) (workspace, keyID, key string) {
	s.t.Helper()
	var c created
	s.ok("POST", createPath, `{"name":"`+name+`","needCreateAk":true,"akName":"admin"}`, &c)
	return c.WsInfo.UUID, c.AkInfo.KeyID, c.AkInfo.KeySk
}

type key struct {
	UUID, Name, SK, WorkspaceUUID, Creator, Updator string
	CreateAt, UpdateAt, DeleteAt                    int64
	Status                                          int
}

func (s *site) add(name string) key {
	s.t.Helper()
	var k key
	s.ok("POST", addPath, `{"name":"`+name+`"}`, &k)
	return k
}

// list returns the names in a list of keys.
func (s *site) list(query string) []string {
	s.t.Helper()
	var keys []key
	s.ok("GET", listPath+query, "", &keys)
	names := []string{}
	for _, k := range keys {
		names = append(names, k.Name)
	}
	return names
}
