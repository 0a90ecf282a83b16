package guance

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// The documented envelope, around every documented answer.
func TestFixturesHaveTheDocumentedForm(t *testing.T) {
	answers, err := filepath.Glob("testdata/*-response.json")
	if err != nil || len(answers) != 7 {
		t.Fatalf("got %d answers, %v; want one for each call of the driver", len(answers), err)
	}
	members := []string{"code", "content", "errorCode", "message", "success", "traceId"}
	for _, name := range answers {
		text := fixture(t, filepath.Base(name))
		var envelope map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &envelope); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := slices.Sorted(maps.Keys(envelope)); !slices.Equal(got, members) {
			t.Errorf("%s has the members %v, want %v", name, got, members)
		}
		if strings.Contains(text, "@") {
			t.Errorf("%s has an e-mail address", name)
		}
	}
	requests, err := filepath.Glob("testdata/*-request.json")
	if err != nil || len(requests) != 3 {
		t.Fatalf("got %d requests, %v; want one for each POST of the driver", len(requests), err)
	}
	for _, name := range requests {
		text := fixture(t, filepath.Base(name))
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(text)); err != nil || compact.String() != text {
			t.Errorf("%s is %q, %v; want it as it is sent, %q", name, text, err, compact.String())
		}
	}
}

// The account's own key manages the workspace that it belongs to, and so this
// one can be imported. No other can.
func TestImportIsOfTheWorkspaceOfTheKey(t *testing.T) {
	const id = "wksp_2dc431d6693711eb8ff97aeee04b54af"
	own := get(pathGet, fixture(t, "workspace-get-response.json"))
	listed := get(pathList, success(`[`+keyItem("k1", "a", id)+`]`))
	session := script(t, own, own, post(pathModify, `{"name":"b"}`, fixture(t, "workspace-modify-response.json")), listed, own)
	if got, err := session.Workspaces().Get(t.Context(), id); err != nil || got.ID != id || got.MarkUnread || got.Brief || got.Credential != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := session.Workspaces().Update(t.Context(), id, provider.WorkspaceSpec{DisplayName: "b"}); err != nil {
		t.Error(err)
	}
	if all, err := collect(session.Keys().List(t.Context(), id)); err != nil || len(all) != 1 {
		t.Errorf("got %d keys, %v; want the one there is", len(all), err)
	}
	_, err := session.Workspaces().Get(t.Context(), "wksp_created_by_it")
	want(t, err, provider.Forbidden, false)
}

func TestWhatAWorkspaceShowsOfItsSettings(t *testing.T) {
	tests := map[string]struct {
		info, language, style string
	}{
		"nothing":                   {`{"uuid":"w"}`, "", ""},
		"operations":                {`{"uuid":"w","language":"en","menuStyle":"Operations"}`, "en", "Operations"},
		"testing":                   {`{"uuid":"w","language":"zh","menuStyle":"Testing"}`, "zh", "Testing"},
		"development":               {`{"uuid":"w","menuStyle":"Development"}`, "", "Development"},
		"operations, in Chinese":    {`{"uuid":"w","menuStyle":"运维"}`, "", "Operations"},
		"testing, in Chinese":       {`{"uuid":"w","menuStyle":"测试"}`, "", "Testing"},
		"development, in Chinese":   {`{"uuid":"w","menuStyle":"研发"}`, "", "Development"},
		"null":                      {`{"uuid":"w","language":null,"menuStyle":null}`, "", ""},
		"empty, as may be asked":    {`{"uuid":"w","language":"","menuStyle":""}`, "", ""},
		"a style nobody documented": {`{"uuid":"w","menuStyle":"Custom"}`, "", ""},
		"something else":            {`{"uuid":"w","language":7,"menuStyle":{}}`, "7", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := script(t, get(pathGet, success(test.info))).Workspaces().Get(t.Context(), "w")
			if err != nil || got.Language != test.language || got.Options["menuStyle"] != test.style {
				t.Errorf("got language %q, style %q, %v; want %q, %q", got.Language, got.Options["menuStyle"], err, test.language, test.style)
			}
			if _, shown := got.Options["menuStyle"]; shown != (test.style != "") {
				t.Errorf("options %v; one that is not shown is not there", got.Options)
			}
		})
	}
}

// Some versions put credentials of the workspace into the answer. They are
// nobody's business.
func TestCredentialsInAnAnswerAreNotRead(t *testing.T) {
	answer := with(t, fixture(t, "workspace-get-response.json"), `"id": 2`, `"token": "tkn_canary", "cliToken": "wkcli_canary"`)
	got, err := script(t, get(pathGet, answer)).Workspaces().Get(t.Context(), "wksp_2dc431d6693711eb8ff97aeee04b54af")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(got)
	if err != nil || strings.Contains(string(shown), "canary") {
		t.Errorf("the workspace shows a credential: %s, %v", shown, err)
	}
}

func TestASessionIsSharedByAll(t *testing.T) {
	a := account(t, "http://vendor.test")
	a.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		id := filepath.Base(filepath.Dir(r.URL.Path))
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body(success(keyItem(id, "of "+id, "w"))), Request: r}, nil
	})
	session, err := New().Open(a)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			id := strings.Repeat("k", n+1)
			if got, err := session.Keys().Get(t.Context(), "w", id); err != nil || got.Name != "of "+id {
				t.Errorf("key %s: got %v, %v", id, got, err)
			}
		})
	}
	all.Wait()
}
