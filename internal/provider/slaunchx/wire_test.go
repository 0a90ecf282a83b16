package slaunchx

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// keyShown is a key with the members that the page "Get API Key" names.
const keyShown = `{"apiKeyId":"k","name":"ci","status":"ACTIVE","mode":"TEST","permissions":["payment:read"],"ipWhitelist":["192.168.1.0/24"],` +
	`"createdAt":"2026-03-21T00:00:00Z","lastUsedAt":"2026-03-22T00:00:00Z","createdBy":"u"}`

func TestDocumentedRequestsByteForByte(t *testing.T) {
	tests := map[string]any{
		`{"name":"Production Key","scopes":["payment:read","payment:write"],"mode":1,"ipWhitelist":["192.168.1.100","192.168.1.0/24"]}`: createRequest{
			Name: "Production Key", Scopes: []string{"payment:read", "payment:write"}, Mode: 1, IPWhitelist: []string{"192.168.1.100", "192.168.1.0/24"},
		},
		`{"name":"Production Key","scopes":["payment:read"]}`: createRequest{Name: "Production Key", Scopes: []string{"payment:read"}},
		`{"keyId":"sk_live_abc123"}`:                          deleteRequest{KeyID: "sk_live_abc123"},
	}
	for want, body := range tests {
		got, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestModesGoOutAsNumbers(t *testing.T) {
	for mode, want := range map[string]int{"": 0, "Live": 1, "Test": 2} {
		if got, known := modeNumber(mode); got != want || !known {
			t.Errorf("mode %q is number %d, known %v; want %d", mode, got, known, want)
		}
	}
	for _, mode := range []string{"live", "TEST", "1", " ", "Live "} {
		if got, known := modeNumber(mode); known {
			t.Errorf("mode %q is taken for number %d", mode, got)
		}
	}
}

func TestGetKey(t *testing.T) {
	full := provider.Key{
		ID: "k", Name: "ci", State: "ACTIVE", Disabled: new(false), Mode: "Test", Scopes: []string{"payment:read"},
		IPAllowlist: []string{"192.168.1.0/24"}, CreatedAt: time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC),
	}
	changed := func(change func(*provider.Key)) provider.Key {
		key := full
		change(&key)
		return key
	}
	tests := map[string]struct {
		data string
		want provider.Key
	}{
		"as documented":              {keyShown, full},
		"its scopes as in creation":  {with(t, keyShown, "permissions", "scopes"), full},
		"its scopes by both names":   {with(t, keyShown, `"mode"`, `"scopes":["a","b"],"mode"`), changed(func(k *provider.Key) { k.Scopes = []string{"a", "b"} })},
		"one name, and null":         {with(t, keyShown, `"mode"`, `"scopes":null,"mode"`), full},
		"no scopes, and says so":     {with(t, keyShown, `["payment:read"]`, `[]`), changed(func(k *provider.Key) { k.Scopes = []string{} })},
		"no scopes by either name":   {with(t, keyShown, `"permissions"`, `"x"`), changed(func(k *provider.Key) { k.Scopes = nil })},
		"its mode live":              {with(t, keyShown, `"TEST"`, `"LIVE"`), changed(func(k *provider.Key) { k.Mode = "Live" })},
		"its mode as a number, 1":    {with(t, keyShown, `"TEST"`, `1`), changed(func(k *provider.Key) { k.Mode = "Live" })},
		"its mode as a number, 2":    {with(t, keyShown, `"TEST"`, `2`), full},
		"its mode another":           {with(t, keyShown, `"TEST"`, `"SHADOW"`), changed(func(k *provider.Key) { k.Mode = "" })},
		"its mode of null":           {with(t, keyShown, `"TEST"`, `null`), changed(func(k *provider.Key) { k.Mode = "" })},
		"disabled":                   {with(t, keyShown, `"ACTIVE"`, `"DISABLED"`), changed(func(k *provider.Key) { k.State, k.Disabled = "DISABLED", new(true) })},
		"in a state nobody knows":    {with(t, keyShown, `"ACTIVE"`, `"Active"`), changed(func(k *provider.Key) { k.State, k.Disabled = "Active", new(true) })},
		"in no state":                {with(t, keyShown, `"status":"ACTIVE",`, ``), changed(func(k *provider.Key) { k.State, k.Disabled = "", nil })},
		"in a state of null":         {with(t, keyShown, `"ACTIVE"`, `null`), changed(func(k *provider.Key) { k.State, k.Disabled = "", nil })},
		"in a state that is no word": {with(t, keyShown, `"ACTIVE"`, `{"code":"ACTIVE"}`), changed(func(k *provider.Key) { k.State, k.Disabled = "", nil })},
		"in an unprintable state":    {with(t, keyShown, `"ACTIVE"`, `"A\u0000B\n"`), changed(func(k *provider.Key) { k.State, k.Disabled = "A B", new(true) })},
		"a name of ours":             {with(t, keyShown, `"ci"`, `"ci-`+keyMark.String()+`"`), changed(func(k *provider.Key) { k.Name, k.Mark = "ci-"+keyMark.String(), keyMark })},
		"no name":                    {with(t, keyShown, `"ci"`, `null`), changed(func(k *provider.Key) { k.Name = "" })},
		"no restriction":             {with(t, keyShown, `["192.168.1.0/24"]`, `[]`), changed(func(k *provider.Key) { k.IPAllowlist = []string{} })},
		"a restriction of one":       {with(t, keyShown, `["192.168.1.0/24"]`, `"192.168.1.0/24"`), changed(func(k *provider.Key) { k.IPAllowlist = nil })},
		"made in another zone":       {with(t, keyShown, `2026-03-21T00:00:00Z`, `2026-03-21T08:00:00+08:00`), full},
		"made at no time":            {with(t, keyShown, `"2026-03-21T00:00:00Z"`, `1709337600000`), changed(func(k *provider.Key) { k.CreatedAt = time.Time{} })},
		"made beyond the calendar":   {with(t, keyShown, `2026-03-21T00:00:00Z`, `9999-12-31T23:59:59-01:00`), changed(func(k *provider.Key) { k.CreatedAt = time.Time{} })},
		"made before it":             {with(t, keyShown, `2026-03-21T00:00:00Z`, `0000-01-01T00:00:00+01:00`), changed(func(k *provider.Key) { k.CreatedAt = time.Time{} })},
		"without an id":              {with(t, keyShown, `"apiKeyId"`, `"x"`), full},
		"an id of null":              {with(t, keyShown, `"k"`, `null`), full},
		"an empty id":                {with(t, keyShown, `"k"`, `""`), full},
		"its id by another name":     {with(t, keyShown, `"apiKeyId"`, `"keyId"`), full},
		"its id by the plainest":     {with(t, keyShown, `"apiKeyId"`, `"id"`), full},
		"an id of another kind too":  {with(t, keyShown, `"createdBy"`, `"id":7,"createdBy"`), full},
		"nothing of it":              {`{}`, provider.Key{ID: "k"}},
		"a value it should not have": {with(t, keyShown, `"createdBy":"u"`, `"secret":"the-value"`), full},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, get(oneKey, 200, success(test.data))).Keys().Get(t.Context(), "w", "k")
			if err != nil {
				t.Fatal(err)
			}
			if diff := diff(test.want, got); diff != "" {
				t.Errorf("unexpected key (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGetKeyThatFails(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		class  provider.Class
	}{
		"gone":             {404, refusal("4040", "API key not found"), provider.NotFound},
		"gone, newer":      {404, refusal("RESOURCE.NOT_FOUND", "no"), provider.NotFound},
		"a wrong address":  {404, `{"message":"no route"}`, provider.Transient},
		"not the owner":    {403, refusal("4030", "no"), provider.Forbidden},
		"a mismatch":       {403, ``, provider.Unauthorized},
		"expired":          {401, refusal("4010", "no"), provider.Unauthorized},
		"another key":      {200, success(with(t, keyShown, `"k"`, `"k2"`)), provider.Transient},
		"an id of a kind":  {200, success(with(t, keyShown, `"k"`, `["k"]`)), provider.Transient},
		"another keyId":    {200, success(with(t, keyShown, `"apiKeyId":"k"`, `"keyId":"k2","id":"k"`)), provider.Transient},
		"another plain id": {200, success(with(t, keyShown, `"apiKeyId":"k"`, `"id":7`)), provider.Transient},
		"no data":          {200, `{"success":true,"code":"2000"}`, provider.Transient},
		"data of null":     {200, success(`null`), provider.Transient},
		"data of a list":   {200, success(`[` + keyShown + `]`), provider.Transient},
		"no envelope":      {200, keyShown, provider.Transient},
		"no content":       {204, ``, provider.Transient},
		"half":             {200, success(keyShown)[:150], provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := play(t, get(oneKey, test.status, test.answer)).Keys().Get(t.Context(), "w", "k")
			if e := want(t, err, test.class, false); e.Op != "get key" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if diff := diff(provider.Key{}, got); diff != "" {
				t.Errorf("there is a key as well as an error:\n%s", diff)
			}
		})
	}
}

func FuzzDecodeIssuedKey(f *testing.F) {
	f.Add([]byte(fixture(f, "apikey-create-response.json")))
	f.Add([]byte(success(`{"apiKeyId":"k","secret":"s","name":null,"status":7,"scopes":"a","createdAt":true}`)))
	f.Add([]byte(success(`null`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[issuedKey]
		if json.Unmarshal(data, &answer) != nil || answer.Data == nil || !answer.Data.complete() {
			return
		}
		if key := answer.Data.key(); !rest.ValidID(key.ID) || answer.Data.Value == "" {
			t.Errorf("%s is taken for complete, with %+v", data, key)
		}
		usable(t, data, answer.Data.key())
	})
}

func FuzzDecodeKey(f *testing.F) {
	f.Add([]byte(success(keyShown)))
	f.Add([]byte(success(strings.Replace(keyShown, `"ci"`, `"ci-`+keyMark.String()+`"`, 1))))
	f.Add([]byte(success(`{"apiKeyId":"k","scopes":[1,null,{}],"status":{},"mode":2,"createdAt":"0000-01-01T00:00:00+23:59"}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer content[shownKey]
		if json.Unmarshal(data, &answer) == nil && answer.Data != nil {
			if id := answer.Data.ID; id != "" && (answer.Data.elsewhere(id) || !answer.Data.elsewhere(id+"2")) {
				t.Errorf("%s is not taken for key %q alone", data, id)
			}
			usable(t, data, answer.Data.key())
		}
	})
}

// usable checks what holds for every key, whatever it was read from.
func usable(t *testing.T, data []byte, key provider.Key) {
	t.Helper()
	if mark, ok := provider.ParseKeyName(key.Name); key.Mark != mark || ok == key.Mark.IsZero() {
		t.Errorf("the name %q has the mark %v, want %v", key.Name, key.Mark, mark)
	}
	if key.Mode != "" && key.Mode != "Live" && key.Mode != "Test" {
		t.Errorf("%s has the mode %q", data, key.Mode)
	}
	if key.State != "" && (key.Disabled == nil || *key.Disabled == (key.State == "ACTIVE")) {
		t.Errorf("%s has the state %q and Disabled %v", data, key.State, key.Disabled)
	}
	if len([]rune(key.State)) > stateLimit {
		t.Errorf("%s has a state of %d characters", data, len([]rune(key.State)))
	}
	writable(t, key.CreatedAt)
}

func FuzzDecodeWorkspace(f *testing.F) {
	f.Add("ws_1", []byte(success(shown)))
	f.Add("ws_1", []byte(success(`{}`)))
	f.Add("ws_2", []byte(success(`{"bizId":"ws_1","workspaceStatus":"ACTIVE","createdAt":"9999-12-31T23:59:59-23:59"}`)))
	f.Fuzz(func(t *testing.T, id string, data []byte) {
		var answer content[workspaceInfo]
		if json.Unmarshal(data, &answer) != nil || answer.Data == nil || answer.Data.elsewhere(id) {
			return
		}
		workspace := answer.Data.workspace(id)
		if workspace.ID != id || answer.Data.ID != "" && string(answer.Data.ID) != id {
			t.Errorf("%s is taken for workspace %q, as %+v", data, id, workspace)
		}
		if workspace.Credential != nil || !workspace.Mark.IsZero() || len([]rune(workspace.State)) > stateLimit {
			t.Errorf("%s has a credential, a mark or a state without an end: %+v", data, workspace)
		}
		writable(t, workspace.CreatedAt)
		writable(t, workspace.UpdatedAt)
	})
}

// writable fails the test on a time that cannot be written into a status.
func writable(t *testing.T, at time.Time) {
	t.Helper()
	if _, err := at.MarshalJSON(); err != nil {
		t.Errorf("time %v cannot be written: %v", at, err)
	}
}
