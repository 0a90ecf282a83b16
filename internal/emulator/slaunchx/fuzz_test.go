package slaunchx_test

import (
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

// FuzzServe sends any method, path, query, headers and body. Nothing panics,
// every answer has a status the vendor is known to use and the documented
// envelope or, with 204, no body, and the vendor's objects change exactly when
// the answer says so, which only a success does.
func FuzzServe(f *testing.F) {
	const headers = "Authorization: Bearer jwt\nX-Client-Hash: hash\nAccept: application/json\nX-Workspace-Id: ws_partner_1\nContent-Type: application/json"
	each(workspace, "sk_1", func(method, path, body string) {
		f.Add(method, path, "", headers, body, false)
		f.Add(method, path, "", headers, body, true)
		f.Add(method, path, "x=1", headers+"\nAccept-Language: zh-Hant\nX-Request-Id: r", body, false)
	})
	f.Add("GET", "/web/v1/workspaces/ws_member", "", strings.ReplaceAll(headers, "ws_partner_1", "ws_member"), "", false)
	f.Add("POST", "/web/v1/workspaces/%zz/api-keys", "", "Authorization: Bearer ", `{"name":"n","mode":2,"ipWhitelist":["::/0"]}`, true)
	f.Add("POST", keysPath, "", headers, `{"name":"n","scopes":null,"mode":2,"ipWhitelist":["10.0.0.0/8"]}`, false)
	f.Fuzz(func(t *testing.T, method, path, query, headers, body string, otherwise bool) {
		p := newPartner(t)
		p.console("workspaces", `{"id":"ws_member","role":"MEMBER"}`)
		p.console("keys", `{"id":"sk_1"}`)
		if otherwise {
			p.configure(`{"dottedCodes":true,"ignoreWorkspaceHeader":true,"requestIDs":true,"emptyWorkspaces":true,"portal":"TENANT","foreignWorkspaceStatus":403}`)
		}
		before := p.document()
		reply := p.vendor.Serve(fuzzed(method, path, query, headers, body, p.now))
		checkEnvelope(t, method+" "+path, reply, p.now)
		if changed := p.document() != before; changed != reply.Changed || (changed && reply.Status >= 400) {
			t.Errorf("%s %s %q: HTTP %d says changed %v, and that is %v", method, path, body, reply.Status, reply.Changed, changed)
		}
		if known := []int{200, 201, 204, 400, 401, 403, 404, 405}; !slices.Contains(known, reply.Status) {
			t.Errorf("%s %s: HTTP %d is none of %v", method, path, reply.Status, known)
		}
		if route := p.vendor.Route(method, path); (route == "") != (reply.Status == http.StatusNotFound && strings.Contains(string(reply.Body), "no such route")) {
			t.Errorf("%s %s has the route %q and is answered HTTP %d %s", method, path, route, reply.Status, reply.Body)
		}
		restored := slaunchx.New(slaunchx.Defaults(), nil, time.Now, chance.Source{})
		if err := restored.Restore([]byte(p.document())); err != nil {
			t.Errorf("the state after %s %s cannot be restored: %v", method, path, err)
		}
	})
}

// fuzzed reads headers as lines of the form "Name: value".
func fuzzed(method, path, query, headers, body string, now time.Time) *wire.Request {
	header := http.Header{}
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		header.Add(name, value)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	return &wire.Request{Method: method, Path: path, Query: values, Header: header, Body: []byte(body), Now: now}
}
