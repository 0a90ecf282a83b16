package oceanbase_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// FuzzServe: whatever comes in, the answer is JSON with a status that is
// meant, and objects change by a success only, and only when the answer says so.
func FuzzServe(f *testing.F) {
	const basicAuth, json8 = "Basic QUs6U0s=", "application/json"
	f.Add("POST", keysPath, "", basicAuth, json8, "org-xxxxxxxx", "proj-xxxxxxxx", okBody, uint8(0))
	f.Add("GET", keysPath, "Action=ListAIServiceAPIKeys&pageNumber=1&pageSize=101&uid=1", basicAuth, "", "org-xxxxxxxx", "proj-xxxxxxxx", "", uint8(1))
	f.Add("DELETE", keysPath, "id=ak-1", basicAuth, "", "org-xxxxxxxx", "proj-xxxxxxxx", "", uint8(2))
	f.Add("DELETE", keysPath, "id=ak-2&uid=1", basicAuth, "", "org-xxxxxxxx", "proj-xxxxxxxx", "", uint8(7))
	f.Add("GET", keysPath, "", `Digest username="AK", realm="oceanbase", nonce="a", uri="`+keysPath+`", response="b", qop=auth, nc=00000001, cnonce="c", opaque="d"`,
		"", "org-xxxxxxxx", "proj-xxxxxxxx", "", uint8(16))
	f.Add("PUT", "/%zz", "a=b&a=c", "", "", "", "", "[", uint8(255))
	f.Fuzz(func(t *testing.T, method, path, rawQuery, authorization, contentType, organization, project, body string, settings uint8) {
		query, err := url.ParseQuery(rawQuery)
		if err != nil {
			return // the emulator refuses these before any vendor sees them
		}
		a := newAccount(t)
		a.configure(fuzzSettings(settings))
		if _, err := a.vendor.Create("keys", []byte(`{"id":"ak-1"}`)); err != nil {
			t.Fatal(err)
		}
		before := a.saved()
		reply := a.vendor.Serve(&wire.Request{
			Method: method, Path: path, Query: query, Body: []byte(body), Now: a.now,
			Header: http.Header{
				"Authorization": {authorization}, "Content-Type": {contentType}, "X-Ob-Org-Id": {organization}, "X-Ob-Project-Id": {project},
			},
		})
		var answer struct{ Success *bool }
		if err := json.Unmarshal(reply.Body, &answer); err != nil || answer.Success == nil {
			t.Fatalf("the answer is %s: %v", reply.Body, err)
		}
		if !slices.Contains([]int{200, 400, 401, 403, 404, 405}, reply.Status) {
			t.Errorf("HTTP %d %s", reply.Status, reply.Body)
		}
		if *answer.Success && reply.Status != http.StatusOK {
			t.Errorf("HTTP %d with a success: %s", reply.Status, reply.Body)
		}
		if (reply.Status == http.StatusUnauthorized) != (len(reply.Header.Values("WWW-Authenticate")) > 0) {
			t.Errorf("HTTP %d with the challenges %v", reply.Status, reply.Header.Values("WWW-Authenticate"))
		}
		changed := before != a.saved()
		if changed != reply.Changed || (changed && !*answer.Success) || (changed && !strings.Contains("POST DELETE", method)) {
			t.Errorf("%s answers %s and says changed %v; the state is now %s", method, reply.Body, reply.Changed, a.saved())
		}
	})
}

// fuzzSettings turns settings on by the bits of a number.
func fuzzSettings(bits uint8) string {
	settings := map[string]any{}
	for i, set := range []map[string]any{
		{"softErrors": true},
		{"errorShape": "maas"},
		{"deleteUnknown": "success"},
		{"laxNames": true},
		{"auth": "both"},
		{"optionalProject": true},
		{"maskedKeys": true},
		{"requireUID": true},
	} {
		if bits&(1<<i) != 0 {
			for name, value := range set {
				settings[name] = value
			}
		}
	}
	document, _ := json.Marshal(settings)
	return string(document)
}
