package groundfloor_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// FuzzServe: whatever is sent, the answer is one of those that the vendor has,
// and it says rightly whether anything changed.
func FuzzServe(f *testing.F) {
	for _, tt := range endpoints() {
		f.Add(tt.method, strings.ReplaceAll(tt.path, "%W", "w"), "", "Bearer token", "application/json", []byte(tt.body), uint8(0))
		f.Add(tt.method, strings.ReplaceAll(tt.path, "%W", "w"), "limit=1", "Bearer token", "", []byte(nil), uint8(0xff))
	}
	f.Add("POST", "/v1/workspaces/w/freeze", "", "Bearer token", "", []byte(nil), uint8(4))
	f.Add("POST", "/v1/workspaces/%zz", "limit=1&limit=2", "", "text/plain", []byte("\xff{"), uint8(1))
	f.Fuzz(func(t *testing.T, method, path, query, authorization, kind string, body []byte, variant uint8) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return // refused before the vendor sees it
		}
		p := newPlane(t)
		p.vary(variant)
		p.console(`{"id":"w"}`)
		before := p.saved()
		reply := p.vendor.Serve(&wire.Request{
			Method: method, Path: path, Query: values, Body: body, Now: *p.now,
			Header: http.Header{"Authorization": {authorization}, "Content-Type": {kind}},
		})
		if !slices.Contains([]int{200, 202, 204, 401, 403, 404, 405, 409, 422}, reply.Status) {
			t.Errorf("HTTP %d %s is not documented", reply.Status, reply.Body)
		}
		if empty := len(reply.Body) == 0; empty != (reply.Status == http.StatusNoContent) || !empty && !json.Valid(reply.Body) {
			t.Errorf("HTTP %d with the body %q", reply.Status, reply.Body)
		}
		if changed := p.saved() != before; changed != reply.Changed || changed && reply.Status >= 300 {
			t.Errorf("HTTP %d says changed: %v, the state changed: %v", reply.Status, reply.Changed, changed)
		}
	})
}

// vary sets what takes part in deciding about a request.
func (p *plane) vary(variant uint8) {
	p.t.Helper()
	settings := map[string]any{
		"uuidPaths":             variant&1 != 0,
		"detailText":            variant&2 != 0,
		"offboardingVerbs":      variant&4 != 0,
		"tenancyModelBody":      variant&8 != 0,
		"uniqueSlugs":           variant&16 != 0,
		"answerWithWorkspaceID": variant&32 != 0,
	}
	if variant&64 != 0 {
		settings["statusAnswer"] = "empty"
	}
	if variant&128 != 0 {
		settings["failStep"] = 1
	}
	data, _ := json.Marshal(settings)
	p.configure(string(data))
}
