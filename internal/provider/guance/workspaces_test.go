package guance

import (
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var workspaceMark = provider.MarkFor("0b0e9f6a-4d5c-4a54-9d0c-6ed8e1f3a001")

// The one exchange that the vendor documents in full.
func TestCreateIsTheDocumentedExample(t *testing.T) {
	session := script(t, post(pathCreate, fixture(t, "workspace-create-request.json"), fixture(t, "workspace-create-response.json")))
	got, err := session.Workspaces().Create(t.Context(), workspaceMark, provider.WorkspaceSpec{
		DisplayName: "ws_create_test", Description: "test", Options: map[string]string{"accessKeyName": "test_ak"},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2023, 1, 4, 3, 17, 46, 0, time.UTC)
	want := provider.Workspace{
		ID: "wksp_xxxx32", Name: "ws_create_test", Description: "test",
		BillingState: "free", VersionType: "free", State: "Active", AccountID: "acnt_xxxxxxxxxx", CreatedAt: at, UpdatedAt: at,
		Credential: &provider.WorkspaceCredential{ID: "wsak_xxxxxx", Values: map[string]provider.Secret{"apiKey": provider.NewSecret("xxxxxxxxxxx")}},
	}
	if diff := diff(want, got); diff != "" {
		t.Errorf("the workspace is not the documented one (-want +got):\n%s", diff)
	}
}

func TestCreateSendsWhatTheSpecSaysAndNothingElse(t *testing.T) {
	defaultName := `"akName":"workspace-operator-` + workspaceMark.Owner() + `"`
	tests := map[string]struct {
		spec provider.WorkspaceSpec
		body string
	}{
		"a name only": {
			provider.WorkspaceSpec{DisplayName: "team-a"},
			`{"name":"team-a","needCreateAk":true,` + defaultName + `}`,
		},
		"everything": {
			provider.WorkspaceSpec{DisplayName: "Team A", Description: "d", Language: "zh", Options: map[string]string{"menuStyle": "Operations", "accessKeyName": "admin"}},
			`{"name":"Team A","desc":"d","menuStyle":"Operations","needCreateAk":true,"akName":"admin","language":"zh"}`,
		},
		"an option left empty": {
			provider.WorkspaceSpec{DisplayName: "x", Options: map[string]string{"menuStyle": "", "accessKeyName": ""}},
			`{"name":"x","needCreateAk":true,` + defaultName + `}`,
		},
		"characters of all kinds": {
			provider.WorkspaceSpec{DisplayName: `<a> & "b" \ 开发 é`, Description: "line\nbreak", Language: "en"},
			`{"name":"<a> & \"b\" \\ 开发 é","desc":"line\nbreak","needCreateAk":true,` + defaultName + `,"language":"en"}`,
		},
		"fields of other vendors": {
			provider.WorkspaceSpec{DisplayName: "x", Region: "us", Slug: "x", Metadata: map[string]string{"a": "b"}, UsageLimits: []provider.UsageLimit{{CreditLimit: 1}}},
			`{"name":"x","needCreateAk":true,` + defaultName + `}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := script(t, post(pathCreate, test.body, fixture(t, "workspace-create-response.json")))
			if _, err := session.Workspaces().Create(t.Context(), workspaceMark, test.spec); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheDefaultNameOfTheAdminKeyFitsTheVendorsLimit(t *testing.T) {
	if name := "workspace-operator-" + workspaceMark.Owner(); len(name) > nameLimit {
		t.Errorf("%q has %d characters, the limit is %d", name, len(name), nameLimit)
	}
}

func TestCreateToleratesHowTheVendorWrites(t *testing.T) {
	answer := fixture(t, "workspace-create-response.json")
	tests := map[string]struct {
		answer string
		check  func(provider.Workspace) bool
	}{
		"versionType beside wsInfo":   {with(t, answer, `"versionType": "free"`, `"x": 1`, `"accountInfo": []`, `"versionType": "pay"`), func(w provider.Workspace) bool { return w.VersionType == "pay" }},
		"versionType in both places":  {with(t, answer, `"accountInfo": []`, `"versionType": "pay"`), func(w provider.Workspace) bool { return w.VersionType == "free" }},
		"versionType nowhere":         {with(t, answer, `"versionType": "free"`, `"x": 1`), func(w provider.Workspace) bool { return w.VersionType == "" }},
		"locked":                      {with(t, answer, `"isLocked": 0`, `"isLocked": 1`), func(w provider.Workspace) bool { return w.State == "Locked" }},
		"locked, as a boolean":        {with(t, answer, `"isLocked": 0`, `"isLocked": true`), func(w provider.Workspace) bool { return w.State == "Locked" }},
		"locked, as a string":         {with(t, answer, `"isLocked": 0`, `"isLocked": "1"`), func(w provider.Workspace) bool { return w.State == "Locked" }},
		"locked is null":              {with(t, answer, `"isLocked": 0`, `"isLocked": null`), func(w provider.Workspace) bool { return w.State == "Active" }},
		"times with a fraction":       {with(t, answer, `"updateAt": 1672802266`, `"updateAt": 1672802266.9`), func(w provider.Workspace) bool { return w.UpdatedAt.Unix() == 1672802266 }},
		"times as strings":            {with(t, answer, `"createAt": 1672802266`, `"createAt": "1672802266"`), func(w provider.Workspace) bool { return w.CreatedAt.Unix() == 1672802266 }},
		"times that are none":         {with(t, answer, `1672802266`, `-1`), func(w provider.Workspace) bool { return w.CreatedAt.IsZero() && w.UpdatedAt.IsZero() }},
		"times beyond the calendar":   {with(t, answer, `1672802266`, `1e300`), func(w provider.Workspace) bool { return w.CreatedAt.IsZero() && w.UpdatedAt.IsZero() }},
		"a description of null":       {with(t, answer, `"desc": "test"`, `"desc": null`), func(w provider.Workspace) bool { return w.Description == "" }},
		"an id that is a number":      {with(t, answer, `"id": null`, `"id": 7`), func(w provider.Workspace) bool { return w.ID == "wksp_xxxx32" }},
		"more credentials than asked": {with(t, answer, `"id": null`, `"token": "tkn_1", "cliToken": "wkcli_1"`), func(w provider.Workspace) bool { return len(w.Credential.Values) == 1 }},
		"an owner of null":            {with(t, answer, `"ownerInfo"`, `"ownerInfo": null, "x"`), func(w provider.Workspace) bool { return w.AccountID == "" }},
		"an owner that is a list":     {with(t, answer, `"ownerInfo"`, `"ownerInfo": [], "x"`), func(w provider.Workspace) bool { return w.AccountID == "" }},
		"an owner that is a text":     {with(t, answer, `"ownerInfo"`, `"ownerInfo": "Test", "x"`), func(w provider.Workspace) bool { return w.AccountID == "" }},
		"an owner without an account": {with(t, answer, `"accountUUID"`, `"x"`), func(w provider.Workspace) bool { return w.AccountID == "" }},
		"an account of a kilobyte":    {with(t, answer, `acnt_xxxxxxxxxx`, strings.Repeat("x", 1024)), func(w provider.Workspace) bool { return w.AccountID == "" }},
		"an account that is a number": {with(t, answer, `"acnt_xxxxxxxxxx"`, `7`), func(w provider.Workspace) bool { return w.AccountID == "7" }},
		"a state with line breaks":    {with(t, answer, `"billingState": "free"`, `"billingState": "fr\nee"`), func(w provider.Workspace) bool { return w.BillingState == "fr ee" }},
		"a state that has no end":     {with(t, answer, `"billingState": "free"`, `"billingState": "`+strings.Repeat("x", 4096)+`"`), func(w provider.Workspace) bool { return len(w.BillingState) == 64 }},
		"a trace that is a number":    {with(t, answer, `"TRACE-89835D3F-C614-46AD-A1B8-83CC686DDA7F"`, `1749091119335873001`), func(w provider.Workspace) bool { return w.ID == "wksp_xxxx32" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := script(t, post(pathCreate, `{"name":"x","needCreateAk":true,"akName":"k"}`, test.answer))
			got, err := session.Workspaces().Create(t.Context(), workspaceMark, provider.WorkspaceSpec{DisplayName: "x", Options: map[string]string{"accessKeyName": "k"}})
			if err != nil || !test.check(got) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// Whatever was created is not known to be managed by anybody, so a person has
// to look.
func TestCreateIsInDoubtWithoutTheWholeAnswer(t *testing.T) {
	answer := fixture(t, "workspace-create-response.json")
	tests := map[string]string{
		"no value of the key":     with(t, answer, `"keySk": "xxxxxxxxxxx"`, `"keySk": ""`),
		"value of the key absent": with(t, answer, `"keySk"`, `"secret"`),
		"value of another type":   with(t, answer, `"keySk": "xxxxxxxxxxx"`, `"keySk": {"a": "xxxxxxxxxxx"}`),
		"no id of the key":        with(t, answer, `"keyId": "wsak_xxxxxx"`, `"keyId": ""`),
		"no id of the workspace":  with(t, answer, `"uuid": "wksp_xxxx32"`, `"uuid": null`),
		"an id that cannot be":    with(t, answer, `"uuid": "wksp_xxxx32"`, `"uuid": "a\u0000b"`),
		"an id that leads away":   with(t, answer, `"uuid": "wksp_xxxx32"`, `"uuid": "../x"`),
		"no key at all":           with(t, answer, `"akInfo"`, `"akinformation"`),
		"no workspace at all":     with(t, answer, `"wsInfo"`, `"wsinformation"`),
		"content is null":         success(`null`),
		"content is a list":       success(`[]`),
		"not said to succeed":     with(t, answer, `"success": true`, `"x": true`),
		"said to be null":         with(t, answer, `"success": true`, `"success": null`),
		"said to fail":            with(t, answer, `"success": true`, `"success": false`),
		"fails, undocumented":     refusal(500, "ft.SomethingElse", "boom"),
		"half an answer":          answer[:len(answer)/2],
		"a web page":              `<!doctype html><title>log in</title>`,
		"nothing":                 ``,
		"too much":                `{"success":true,"message":"` + strings.Repeat("x", 2<<20) + `"}`,
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			session := script(t, post(pathCreate, `{"name":"x","needCreateAk":true,"akName":"k"}`, answer))
			got, err := session.Workspaces().Create(t.Context(), workspaceMark, provider.WorkspaceSpec{DisplayName: "x", Options: map[string]string{"accessKeyName": "k"}})
			want(t, err, provider.Transient, true)
			if diff := diff(provider.Workspace{}, got); diff != "" {
				t.Errorf("there is a workspace as well as an error:\n%s", diff)
			}
			if strings.Contains(err.Error(), "xxxxxxxxxxx") {
				t.Errorf("the error shows the new key: %v", err)
			}
		})
	}
}

func TestCreateIsSentOnce(t *testing.T) {
	body := `{"name":"x","needCreateAk":true,"akName":"k"}`
	spec := provider.WorkspaceSpec{DisplayName: "x", Options: map[string]string{"accessKeyName": "k"}}
	session := script(t, get(pathGet, fixture(t, "workspace-get-response.json")), post(pathCreate, body, "").as(-1))
	if err := session.Check(t.Context()); err != nil { // so that there is a connection to be dropped
		t.Fatal(err)
	}
	_, err := session.Workspaces().Create(t.Context(), workspaceMark, spec)
	want(t, err, provider.Transient, true)
}

func TestGet(t *testing.T) {
	const id = "wksp_2dc431d6693711eb8ff97aeee04b54af"
	session := script(t, get(pathGet, fixture(t, "workspace-get-response.json")))
	got, err := session.Workspaces().Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := provider.Workspace{
		ID: id, Name: "开发测试一起用", Description: "m修改修改hhhhh", BillingState: "normal", VersionType: "pay", State: "Active",
		CreatedAt: time.Date(2021, 2, 7, 11, 25, 28, 0, time.UTC), UpdatedAt: time.Date(2022, 1, 19, 3, 15, 4, 0, time.UTC),
	}
	if diff := diff(want, got); diff != "" {
		t.Errorf("the workspace is not the documented one (-want +got):\n%s", diff)
	}
}

// The key of another workspace sees that other one. It proves nothing about
// the one that was asked for, least of all that it is gone.
func TestTheKeyOfAnotherWorkspaceIsNoAnswer(t *testing.T) {
	own := get(pathGet, fixture(t, "workspace-get-response.json"))
	calls := map[string]func(provider.Session) error{
		"get workspace": func(s provider.Session) error {
			_, err := s.Workspaces().Get(t.Context(), "wksp_other")
			return err
		},
		"update workspace": func(s provider.Session) error {
			return s.Workspaces().Update(t.Context(), "wksp_other", provider.WorkspaceSpec{DisplayName: "x"})
		},
	}
	for op, call := range calls {
		t.Run(op, func(t *testing.T) {
			e := want(t, call(script(t, own)), provider.Forbidden, false)
			if e.Op != op || e.Message != "the credential belongs to another workspace" {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestUpdateSendsWhatTheSpecSets(t *testing.T) {
	own := get(pathGet, with(t, fixture(t, "workspace-get-response.json"), "wksp_2dc431d6693711eb8ff97aeee04b54af", "wksp_1"))
	answer := fixture(t, "workspace-modify-response.json")
	tests := map[string]struct {
		spec  provider.WorkspaceSpec
		calls []exchange
	}{
		"the documented example": {
			provider.WorkspaceSpec{DisplayName: "ws_test", Description: "test"},
			[]exchange{own, post(pathModify, fixture(t, "workspace-modify-request.json"), answer)},
		},
		"the name":        {provider.WorkspaceSpec{DisplayName: "a & b"}, []exchange{own, post(pathModify, `{"name":"a & b"}`, answer)}},
		"the description": {provider.WorkspaceSpec{Description: "d"}, []exchange{own, post(pathModify, `{"desc":"d"}`, answer)}},
		"no description":  {provider.WorkspaceSpec{Clear: []string{"description"}}, []exchange{own, post(pathModify, `{"desc":""}`, answer)}},
		"what is so already": {
			provider.WorkspaceSpec{DisplayName: "开发测试一起用", Description: "m修改修改hhhhh"},
			[]exchange{own},
		},
		"what is so in part": {
			provider.WorkspaceSpec{DisplayName: "开发测试一起用", Description: "d"},
			[]exchange{own, post(pathModify, `{"desc":"d"}`, answer)},
		},
		"nothing":         {provider.WorkspaceSpec{}, nil},
		"what is settled": {provider.WorkspaceSpec{Language: "en", Options: map[string]string{"menuStyle": "Testing"}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := script(t, test.calls...).Workspaces().Update(t.Context(), "wksp_1", test.spec); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUpdateThatFails(t *testing.T) {
	own := get(pathGet, with(t, fixture(t, "workspace-get-response.json"), "wksp_2dc431d6693711eb8ff97aeee04b54af", "wksp_1"))
	body := `{"name":"x"}`
	tests := map[string]struct {
		calls     []exchange
		class     provider.Class
		uncertain bool
	}{
		"unread":    {[]exchange{get(pathGet, refusal(503, "InternalError", "")).as(503)}, provider.Transient, false},
		"refused":   {[]exchange{own, post(pathModify, body, refusal(400, "", "bad name")).as(400)}, provider.Invalid, false},
		"broken":    {[]exchange{own, post(pathModify, body, refusal(503, "InternalError", "")).as(503)}, provider.Transient, true},
		"dropped":   {[]exchange{own, post(pathModify, body, "").as(-1)}, provider.Transient, true},
		"not clear": {[]exchange{own, post(pathModify, body, `{}`)}, provider.Transient, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := script(t, test.calls...).Workspaces().Update(t.Context(), "wksp_1", provider.WorkspaceSpec{DisplayName: "x"})
			want(t, err, test.class, test.uncertain)
		})
	}
}
