package guance_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The request of the vendor's documentation, byte for byte.
const documentedRequest = `{"name":"ws_create_test","desc":"test","needCreateAk":true,"akName":"test_ak"}`

// The content of the documented answer, with its placeholders.
const documentedContent = `{
  "accountInfo": [],
  "akInfo": {"keyId": "wsak_xxxxxx", "keySk": "xxxxxxxxxxx", "name": "test_ak"},
  "makeResourceExceptionCode": "",
  "ownerInfo": {"accountUUID": "acnt_xxxxxxxxxx", "email": "", "name": "Test"},
  "wsInfo": {
    "billingState": "free",
    "createAt": 1672802266,
    "creator": "wsak_xxxxx",
    "dashboardUUID": null,
    "datastore": {
      "backup_log": "es", "custom_object": "es", "keyevent": "es", "logging": "es", "metric": "influxdb", "network": "es",
      "object": "es", "object_history": "es", "rum": "es", "security": "es", "tracing": "es"
    },
    "dbUUID": "ifdb_xxxx32",
    "deleteAt": -1,
    "desc": "test",
    "durationSet": {"apm": "7d", "backup_log": "7d", "keyevent": "7d", "logging": "7d", "network": "1d", "rp": "7d"},
    "enablePublicDataway": 1,
    "esIndexMerged": 1,
    "esIndexSettings": {},
    "esInstanceUUID": "es_xxxx32",
    "exterId": "",
    "id": null,
    "isLocked": 0,
    "isOpenLogMultipleIndex": false,
    "lockAt": -1,
    "loggingCutSize": 10240,
    "makeResourceExceptionCode": "",
    "name": "ws_create_test",
    "rpName": "rp1",
    "status": 0,
    "supportJsonMessage": 1,
    "updateAt": 1672802266,
    "updator": "wsak_xxxxx",
    "uuid": "wksp_xxxx32",
    "versionType": "free"
  }
}`

// TestDocumentedCreate sends the documented request and wants the documented
// answer back, member for member; only the placeholders may differ, and must
// have the documented form.
func TestDocumentedCreate(t *testing.T) {
	var want, got any
	if err := json.Unmarshal([]byte(documentedContent), &want); err != nil {
		t.Fatal(err)
	}
	newSite(t).ok("POST", createPath, documentedRequest, &got)
	compare(t, "content", want, got)
}

var placeholders = map[string]*regexp.Regexp{
	"wsak_xxxxxx":     regexp.MustCompile(`^wsak_[0-9a-f]{32}$`),
	"wsak_xxxxx":      regexp.MustCompile(`^wsak_[0-9a-f]{32}$`),
	"wksp_xxxx32":     regexp.MustCompile(`^wksp_[0-9a-f]{32}$`),
	"acnt_xxxxxxxxxx": regexp.MustCompile(`^acnt_[0-9a-f]{32}$`),
	"ifdb_xxxx32":     regexp.MustCompile(`^ifdb_[0-9a-f]{32}$`),
	"es_xxxx32":       regexp.MustCompile(`^es_[0-9a-f]{32}$`),
	"xxxxxxxxxxx":     regexp.MustCompile(`^\S{16,}$`),
}

func compare(t *testing.T, path string, want, got any) {
	t.Helper()
	wantObject, isObject := want.(map[string]any)
	gotObject, _ := got.(map[string]any)
	if isObject {
		if w, g := slices.Sorted(maps.Keys(wantObject)), slices.Sorted(maps.Keys(gotObject)); !slices.Equal(w, g) {
			t.Errorf("%s has the members %v, documented are %v", path, g, w)
		}
		for name := range wantObject {
			compare(t, path+"."+name, wantObject[name], gotObject[name])
		}
		return
	}
	if text, ok := want.(string); ok && placeholders[text] != nil {
		if value, _ := got.(string); !placeholders[text].MatchString(value) {
			t.Errorf("%s is %v, which does not have the form of %s", path, got, text)
		}
		return
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s is %#v, documented is %#v", path, got, want)
	}
}

func TestCreateRules(t *testing.T) {
	long := strings.Repeat("n", 256)
	tests := []struct {
		name, body, problem string
	}{
		{"only a name", `{"name":"n"}`, ""},
		{"all fields", `{"name":"n","desc":"d","menuStyle":"Operations","needCreateAk":true,"akName":"a","language":"zh"}`, ""},
		{"a name of 256 characters", `{"name":"` + long + `"}`, ""},
		{"a name of 256 characters of three bytes", `{"name":"` + strings.Repeat("空", 256) + `"}`, ""},
		{"desc null", `{"name":"n","desc":null}`, ""},
		{"desc empty", `{"name":"n","desc":""}`, ""},
		{"menuStyle Testing", `{"name":"n","menuStyle":"Testing"}`, ""},
		{"menuStyle Development", `{"name":"n","menuStyle":"Development"}`, ""},
		{"menuStyle empty", `{"name":"n","menuStyle":""}`, ""},
		{"needCreateAk false", `{"name":"n","needCreateAk":false}`, ""},
		{"needCreateAk without akName", `{"name":"n","needCreateAk":true}`, ""},
		{"akName without needCreateAk", `{"name":"n","akName":"a"}`, ""},
		{"language en", `{"name":"n","language":"en"}`, ""},
		{"language empty", `{"name":"n","language":""}`, ""},
		{"language null", `{"name":"n","language":null}`, ""},

		{"no name", `{}`, "name: is required"},
		{"name null", `{"name":null}`, "name: must not be null"},
		{"name empty", `{"name":""}`, "name: must have 1 to 256"},
		{"name of 257 characters", `{"name":"` + long + `n"}`, "name: must have 1 to 256"},
		{"name a number", `{"name":1}`, "name: must be a string"},
		{"desc a boolean", `{"name":"n","desc":true}`, "desc: must be a string"},
		{"menuStyle null", `{"name":"n","menuStyle":null}`, "menuStyle: must not be null"},
		{"menuStyle unknown", `{"name":"n","menuStyle":"operations"}`, "menuStyle: must be one of"},
		{"needCreateAk null", `{"name":"n","needCreateAk":null}`, "needCreateAk: must not be null"},
		{"needCreateAk a string", `{"name":"n","needCreateAk":"true"}`, "needCreateAk: must be a boolean"},
		{"needCreateAk a number", `{"name":"n","needCreateAk":1}`, "needCreateAk: must be a boolean"},
		{"akName null", `{"name":"n","akName":null}`, "akName: must not be null"},
		{"akName empty", `{"name":"n","needCreateAk":true,"akName":""}`, "akName: must have 1 to 256"},
		{"akName a boolean", `{"name":"n","akName":true}`, "akName: must be a string"},
		{"akName too long", `{"name":"n","akName":"` + long + `a"}`, "akName: must have 1 to 256"},
		{"language unknown", `{"name":"n","language":"fr"}`, "language: must be one of"},
		{"an unknown field", `{"name":"n","region":"x"}`, "region: unknown field"},
		{"a field in other case", `{"name":"n","Desc":"x"}`, "Desc: unknown field"},
		{"a duplicate field", `{"name":"n","name":"m"}`, `duplicate key "name"`},
		{"text after the body", `{"name":"n"} {}`, "one JSON value"},
		{"an array", `[{"name":"n"}]`, "must be a JSON object"},
		{"not JSON", `name=n`, "one JSON value"},
		{"a query parameter", "?x=1", "unknown query parameter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			path, body := createPath, tt.body
			if strings.HasPrefix(body, "?") {
				path, body = path+body, `{"name":"n"}`
			}
			if tt.problem == "" {
				s.ok("POST", path, body, new(any))
			} else {
				s.refused("POST", path, body, http.StatusBadRequest, "", tt.problem)
			}
			want := 1
			if tt.problem == "" {
				want = 2
			}
			if got := len(s.state().Workspaces); got != want {
				t.Errorf("there are %d workspaces, want %d", got, want)
			}
		})
	}
}

func TestCreateMakesWhatItSays(t *testing.T) {
	s := newSite(t)
	owner := s.state().Keys[0]
	var c created
	s.ok("POST", createPath, `{"name":"n","desc":"d","menuStyle":"Testing","language":"en","needCreateAk":true,"akName":"a"}`, &c)

	ws, k := s.state().Workspaces[1], s.state().Keys[1]
	if ws.UUID != c.WsInfo.UUID || ws.Name != "n" || ws.Desc != "d" || ws.MenuStyle != "Testing" || ws.Language != "en" {
		t.Errorf("the workspace is %+v", ws)
	}
	if ws.Creator != owner.UUID || c.WsInfo.Creator != owner.UUID || c.WsInfo.Updator != owner.UUID {
		t.Errorf("created by %s, want by the calling key %s", ws.Creator, owner.UUID)
	}
	if k.UUID != c.AkInfo.KeyID || k.SK != c.AkInfo.KeySk || k.Name != "a" || k.WorkspaceUUID != ws.UUID {
		t.Errorf("the key is %+v, answered was %+v", k, c.AkInfo)
	}
	if c.WsInfo.CreateAt != s.now.Unix() || c.WsInfo.UpdateAt != s.now.Unix() {
		t.Errorf("times are %d and %d, want %d in seconds", c.WsInfo.CreateAt, c.WsInfo.UpdateAt, s.now.Unix())
	}
}

func TestCreateWithoutKey(t *testing.T) {
	for _, body := range []string{`{"name":"n"}`, `{"name":"n","needCreateAk":false,"akName":"a"}`} {
		s := newSite(t)
		var members map[string]json.RawMessage
		s.ok("POST", createPath, body, &members)
		if _, ok := members["akInfo"]; ok || len(s.state().Keys) != 1 {
			t.Errorf("%s made a key: akInfo %s", body, members["akInfo"])
		}
	}
}

func TestNamesNeedNotBeUnique(t *testing.T) {
	s := newSite(t)
	first, _, _ := s.create("same")
	second, _, _ := s.create("same")
	if first == second {
		t.Errorf("two workspaces have the id %s", first)
	}
	if a, b := s.add("same"), s.add("same"); a.UUID == b.UUID || a.SK == b.SK {
		t.Errorf("two keys share an id or a secret: %+v, %+v", a, b)
	}
}

func TestGetIsTheCallersOwn(t *testing.T) {
	s := newSite(t)
	uuid, _, sk := s.create("mine")
	var ws map[string]any
	s.as(sk).ok("GET", getPath, "", &ws)
	if ws["uuid"] != uuid || ws["name"] != "mine" {
		t.Errorf("get with the workspace's key shows %v %v, want %s", ws["uuid"], ws["name"], uuid)
	}
	for _, name := range []string{"memberCount", "language", "menuStyle", "timezone", "token", "cliToken", "declaration", "billingState", "versionType"} {
		if _, ok := ws[name]; !ok {
			t.Errorf("get shows no %s", name)
		}
	}
	s.ok("GET", getPath, "", &ws)
	if ws["uuid"] == uuid {
		t.Error("get with the owner's key shows another workspace than the owner's")
	}
	s.refused("GET", getPath+"?uuid="+uuid, "", http.StatusBadRequest, "", "unknown query parameter")
	s.refused("GET", getPath, "{}", http.StatusBadRequest, "", "no body")
}

func TestModify(t *testing.T) {
	tests := []struct {
		name, body, problem, wantName, wantDesc string
	}{
		{"both", `{"name":"new","desc":"changed"}`, "", "new", "changed"},
		{"name only", `{"name":"new"}`, "", "new", ""},
		{"desc only", `{"desc":"changed"}`, "", "old", "changed"},
		{"desc emptied", `{"desc":""}`, "", "old", ""},
		{"name of 256", `{"name":"` + strings.Repeat("n", 256) + `"}`, "", strings.Repeat("n", 256), ""},
		{"name null", `{"name":null}`, "name: must not be null", "old", ""},
		{"name empty", `{"name":""}`, "name: must have", "old", ""},
		{"name of 257", `{"name":"` + strings.Repeat("n", 257) + `"}`, "name: must have", "old", ""},
		{"desc null", `{"name":"new","desc":null}`, "desc: must not be null", "old", ""},
		{"desc a number", `{"desc":1}`, "desc: must be a string", "old", ""},
		{"an unknown field", `{"name":"new","language":"zh"}`, "language: unknown field", "old", ""},
		{"no JSON", `x`, "one JSON value", "old", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			uuid, keyID, sk := s.create("old")
			s.now = s.now.Add(time.Hour)
			if tt.problem != "" {
				s.as(sk).refused("POST", modifyPath, tt.body, http.StatusBadRequest, "", tt.problem)
			} else {
				var got created
				s.as(sk).ok("POST", modifyPath, tt.body, &got.WsInfo)
				if got.WsInfo.UUID != uuid || got.WsInfo.Updator != keyID || got.WsInfo.UpdateAt != s.now.Unix() || got.WsInfo.CreateAt == got.WsInfo.UpdateAt {
					t.Errorf("modify answered %+v", got.WsInfo)
				}
			}
			ws := s.state().Workspaces[1]
			if ws.Name != tt.wantName || ws.Desc != tt.wantDesc {
				t.Errorf("the workspace is %q, %q, want %q, %q", ws.Name, ws.Desc, tt.wantName, tt.wantDesc)
			}
		})
	}
	s := newSite(t)
	s.refused("POST", modifyPath+"?a=1", `{"name":"new"}`, http.StatusBadRequest, "", "unknown query parameter")
}

func TestShowTokens(t *testing.T) {
	s := newSite(t)
	s.configure(`{"showTokens":true}`)
	var c created
	s.ok("POST", createPath, `{"name":"n"}`, &c)
	if ws := s.state().Workspaces[1]; c.WsInfo.Token != ws.Token || c.WsInfo.CLIToken != ws.CLIToken || !strings.HasPrefix(ws.Token, "tkn_") {
		t.Errorf("tokens answered are %q and %q, kept are %q and %q", c.WsInfo.Token, c.WsInfo.CLIToken, ws.Token, ws.CLIToken)
	}
}
