package guance

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

// pauses is a gate that notes how long it was closed for.
type pauses struct{ all []time.Duration }

func (*pauses) Take(context.Context) error { return nil }

func (p *pauses) Pause(d time.Duration) { p.all = append(p.all, d) }

func TestMoments(t *testing.T) {
	tests := map[string]int64{
		`1672802266`:          1672802266,
		`1677670046.184892`:   1677670046,
		`"1672802266"`:        1672802266,
		`253402300799`:        253402300799, // the last second of the year 9999
		`253402300800`:        0,
		`-1`:                  0,
		`0`:                   0,
		`null`:                0,
		`""`:                  0,
		`"soon"`:              0,
		`1e400`:               0,
		`{"at":1672802266}`:   0,
		`9223372036854775808`: 0,
	}
	for text, want := range tests {
		var number rest.Number
		if err := json.Unmarshal([]byte(text), &number); err != nil && text != `1e400` {
			t.Fatal(err)
		}
		got := moment(number)
		if want == 0 && !got.IsZero() || want != 0 && got.Unix() != want {
			t.Errorf("%s is read as %v, want second %d", text, got, want)
		}
		if _, err := got.MarshalJSON(); err != nil {
			t.Errorf("%s is read as a time that cannot be written: %v", text, err)
		}
	}
}

// usable fails the test if the workspace cannot be kept in a status.
func usable(t *testing.T, workspace provider.Workspace) {
	t.Helper()
	for _, at := range []time.Time{workspace.CreatedAt, workspace.UpdatedAt} {
		if _, err := at.MarshalJSON(); err != nil {
			t.Errorf("time %v cannot be written: %v", at, err)
		}
	}
	for _, text := range []string{workspace.BillingState, workspace.VersionType, workspace.Language} {
		if utf8.RuneCountInString(text) > 64 || strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%q cannot be shown", text)
		}
	}
	if style, shown := workspace.Options["menuStyle"]; shown && !slices.Contains([]string{"Operations", "Testing", "Development"}, style) {
		t.Errorf("the menu style %q is none of ours", style)
	}
	if workspace.State != "Active" && workspace.State != "Locked" {
		t.Errorf("state %q", workspace.State)
	}
}

func FuzzDecodeCreated(f *testing.F) {
	f.Add([]byte(fixture(f, "workspace-create-response.json")))
	f.Add([]byte(success(`{"akInfo":{"keyId":"a","keySk":"b"},"wsInfo":{"uuid":"c","isLocked":"1","createAt":1e18}}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[created]
		if json.Unmarshal(data, &answer) != nil || !answer.Content.complete() {
			return
		}
		workspace := answer.Content.workspace()
		usable(t, workspace)
		if account := workspace.AccountID; account != "" && !rest.ValidID(account) {
			t.Errorf("%s is said to belong to %q", data, account)
		}
		if !rest.ValidID(workspace.ID) || !rest.ValidID(workspace.Credential.ID) || workspace.Credential.Values["apiKey"].IsEmpty() {
			t.Errorf("%s is taken for complete, with %+v", data, workspace)
		}
	})
}

func FuzzDecodeWorkspaceInfo(f *testing.F) {
	f.Add([]byte(fixture(f, "workspace-get-response.json")))
	f.Add([]byte(fixture(f, "workspace-modify-response.json")))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[workspaceInfo]
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		workspace := answer.Content.workspace()
		usable(t, workspace)
		if workspace.Credential != nil || !workspace.Mark.IsZero() {
			t.Errorf("%s has a credential or a mark: %+v", data, workspace)
		}
	})
}

func FuzzDecodeKeyList(f *testing.F) {
	f.Add([]byte(fixture(f, "accesskey-list-response.json")))
	f.Add([]byte(`{"content":[` + keyItem("k1", "ci-"+keyMark.String(), "w") + `],"pageInfo":{"totalCount":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer keyList
		if json.Unmarshal(data, &answer) != nil || !answer.complete() {
			return
		}
		for _, info := range answer.Content {
			key := info.key()
			if !rest.ValidID(key.ID) {
				t.Errorf("%s is taken for complete, with the id %q", data, key.ID)
			}
			if mark, ok := provider.ParseKeyName(key.Name); key.Mark != mark || ok == key.Mark.IsZero() {
				t.Errorf("the name %q has the mark %v, want %v", key.Name, key.Mark, mark)
			}
			if _, err := key.CreatedAt.MarshalJSON(); err != nil {
				t.Errorf("time %v cannot be written: %v", key.CreatedAt, err)
			}
		}
	})
}

func FuzzDecodeIssuedKey(f *testing.F) {
	f.Add([]byte(fixture(f, "accesskey-add-response.json")))
	f.Add([]byte(success(`{"uuid":"k1","sk":"s","name":null,"createAt":true}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[issuedKey]
		if json.Unmarshal(data, &answer) != nil || !answer.Content.complete() {
			return
		}
		if !rest.ValidID(answer.Content.key().ID) || answer.Content.Value == "" {
			t.Errorf("%s is taken for complete, with %+v", data, answer.Content)
		}
	})
}

func FuzzDecodeKeyInfo(f *testing.F) {
	f.Add([]byte(fixture(f, "accesskey-get-response.json")))
	f.Add([]byte(success(`{"uuid":7,"name":["a"],"workspaceUUID":null,"createAt":"x"}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[keyInfo]
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		key := answer.Content.key()
		if key.State != "Active" || key.Disabled != nil || key.Scopes != nil || !key.ExpiresAt.IsZero() {
			t.Errorf("%s is said to show what the vendor does not have: %+v", data, key)
		}
		if _, err := key.CreatedAt.MarshalJSON(); err != nil {
			t.Errorf("time %v cannot be written: %v", key.CreatedAt, err)
		}
		if answer.Content.elsewhere(string(answer.Content.WorkspaceUUID)) {
			t.Errorf("%s is said to be elsewhere than where it is", data)
		}
	})
}

func FuzzDecodeRemoved(f *testing.F) {
	f.Add([]byte(fixture(f, "accesskey-delete-response.json")))
	f.Add([]byte(success(`{"true":true}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[rest.Text]
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		var said struct{ Content any }
		if err := json.Unmarshal(data, &said); err != nil {
			t.Fatal(err)
		}
		if done := said.Content == true || said.Content == "true"; done != (answer.Content == "true") {
			t.Errorf("%s is read as %q", data, answer.Content)
		}
	})
}
