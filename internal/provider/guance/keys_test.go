package guance

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

var keyMark = provider.MarkFor("0b0e9f6a-4d5c-4a54-9d0c-6ed8e1f3a002").WithSerial(1)

func collect(list iter.Seq2[provider.Key, error]) (all []provider.Key, err error) {
	for key, e := range list {
		if err != nil {
			return all, &provider.Error{Op: "list after its error", Message: "the list goes on"}
		}
		if e != nil {
			err = e
			continue
		}
		all = append(all, key)
	}
	return all, err
}

// keyItem is one key of a list.
func keyItem(id, name, workspace string) string {
	return `{"uuid":"` + id + `","name":"` + name + `","workspaceUUID":"` + workspace + `","sk":"sk-of-` + id + `","createAt":1677808718}`
}

func TestListIsTheDocumentedExample(t *testing.T) {
	got, err := collect(script(t, get(pathList, fixture(t, "accesskey-list-response.json"))).Keys().List(t.Context(), "wksp_xxxx32"))
	if err != nil {
		t.Fatal(err)
	}
	want := []provider.Key{{ID: "xxx", Name: "test", State: "Active", CreatedAt: time.Date(2023, 3, 3, 1, 58, 38, 0, time.UTC)}}
	if diff := diff(want, got); diff != "" {
		t.Errorf("the keys are not the documented ones (-want +got):\n%s", diff)
	}
}

func TestListReadsTheMarks(t *testing.T) {
	answer := success(`[` + strings.Join([]string{
		keyItem("k1", provider.KeyName("ci", keyMark, nameLimit, nil), "w"),
		keyItem("k2", "made by hand", "w"),
		`{"uuid":"k3","name":null,"createAt":null}`,
		`{"uuid":"k4","name":42,"createAt":"1677808718.5","workspaceUUID":""}`,
	}, ",") + `]`)
	got, err := collect(script(t, get(pathList, answer)).Keys().List(t.Context(), "w"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1677808718, 0).UTC()
	want := []provider.Key{
		{ID: "k1", Name: "ci-" + keyMark.String(), Mark: keyMark, State: "Active", CreatedAt: at},
		{ID: "k2", Name: "made by hand", State: "Active", CreatedAt: at},
		{ID: "k3", State: "Active"},
		{ID: "k4", Name: "42", State: "Active", CreatedAt: at},
	}
	if diff := diff(want, got); diff != "" {
		t.Errorf("unexpected keys (-want +got):\n%s", diff)
	}
}

func TestListEndsWhereItsReaderStops(t *testing.T) {
	answer := success(`[` + keyItem("k1", "a", "w") + `,` + keyItem("k2", "b", "w") + `]`)
	session := script(t, get(pathList, answer), get(pathList, answer))
	read := 0
	list := session.Keys().List(t.Context(), "w")
	for range list {
		read++
		break
	}
	if again, err := collect(list); read != 1 || len(again) != 2 || err != nil {
		t.Errorf("read %d, then %d keys, %v; want 1, then the whole list anew", read, len(again), err)
	}
}

// What is absent from a list may be taken for gone, so a list that is not
// known to be whole is none.
func TestListIsWholeOrAnError(t *testing.T) {
	one := keyItem("k1", "a", "w")
	tests := map[string]struct {
		exchange exchange
		class    provider.Class
	}{
		"content is null":           {get(pathList, success(`null`)), provider.Transient},
		"content is an object":      {get(pathList, success(`{}`)), provider.Transient},
		"content is absent":         {get(pathList, `{"success":true}`), provider.Transient},
		"an item without an id":     {get(pathList, success(`[`+one+`,{"name":"b"}]`)), provider.Transient},
		"an item that is null":      {get(pathList, success(`[`+one+`,null]`)), provider.Transient},
		"an item that is text":      {get(pathList, success(`[`+one+`,"k2"]`)), provider.Transient},
		"an id that leads away":     {get(pathList, success(`[`+keyItem("../k1", "a", "w")+`]`)), provider.Transient},
		"fewer than it counts":      {get(pathList, `{"success":true,"content":[`+one+`],"pageInfo":{"count":1,"pageIndex":1,"pageSize":1,"totalCount":2}}`), provider.Transient},
		"fewer than it spells":      {get(pathList, `{"success":true,"content":[`+one+`],"pageInfo":{"totalCount":"2"}}`), provider.Transient},
		"an item from elsewhere":    {get(pathList, success(`[`+one+`,`+keyItem("k2", "b", "w2")+`]`)), provider.Forbidden},
		"cut off":                   {get(pathList, success(`[`+one)), provider.Transient},
		"not said to succeed":       {get(pathList, `{"content":[`+one+`]}`), provider.Transient},
		"refused":                   {get(pathList, refusal(403, "", "no")).as(403), provider.Forbidden},
		"throttled":                 {get(pathList, refusal(401, "ft.TriggerApiAkCurrentLimiting", "")).as(401), provider.Throttled},
		"dropped":                   {get(pathList, "").as(500), provider.Transient},
		"the key is not let in":     {get(pathList, refusal(403, "ft.InvalidAPIKey", "")).as(403), provider.Unauthorized},
		"of a workspace not known":  {get(pathList, success(`[`+keyItem("k1", "a", "w2")+`]`)), provider.Forbidden},
		"more than anybody can use": {get(pathList, success(`["`+strings.Repeat("x", 9<<20)+`"]`)), provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := collect(script(t, test.exchange).Keys().List(t.Context(), "w"))
			if e := want(t, err, test.class, false); e.Op != "list keys" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if len(got) > 0 {
				t.Errorf("%d keys came before the error: %v", len(got), got)
			}
			if strings.Contains(err.Error(), "sk-of-") {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func TestAListThatCountsItselfIsTaken(t *testing.T) {
	for _, info := range []string{`{"totalCount":1}`, `{"totalCount":0}`, `{"count":1}`, `{}`, `null`} {
		answer := `{"success":true,"content":[` + keyItem("k1", "a", "w") + `],"pageInfo":` + info + `}`
		if got, err := collect(script(t, get(pathList, answer)).Keys().List(t.Context(), "w")); len(got) != 1 || err != nil {
			t.Errorf("pageInfo %s: got %d keys, %v", info, len(got), err)
		}
	}
	if got, err := collect(script(t, get(pathList, success(`[]`))).Keys().List(t.Context(), "w")); len(got) != 0 || err != nil {
		t.Errorf("an empty list: got %d keys, %v", len(got), err)
	}
}

func TestIssueIsTheDocumentedExample(t *testing.T) {
	name := provider.KeyName("88", keyMark, nameLimit, nil)
	body := with(t, fixture(t, "accesskey-add-request.json"), "88", name)
	answer := with(t, fixture(t, "accesskey-add-response.json"), `"88"`, `"`+name+`"`, `"uuid": "xxx"`, `"uuid": "wsak_1"`)
	got, value, err := script(t, post(pathAdd, body, answer)).Keys().Issue(t.Context(), "wksp_xxxx32", keyMark, provider.KeySpec{DisplayName: "88"})
	if err != nil {
		t.Fatal(err)
	}
	want := provider.Key{ID: "wsak_1", Name: name, Mark: keyMark, State: "Active", CreatedAt: time.Date(2023, 3, 5, 13, 51, 59, 0, time.UTC)}
	if diff := diff(want, got); diff != "" || value.Reveal() != "xxx" {
		t.Errorf("the key is not the documented one, or its value %v is not (-want +got):\n%s", value.Reveal(), diff)
	}
}

func TestIssueNamesTheKeyWithinTheVendorsLimit(t *testing.T) {
	suffix := "-" + keyMark.String()
	room := nameLimit - len(suffix)
	tests := map[string]struct{ display, want string }{
		"short":              {"ci", "ci" + suffix},
		"as long as allowed": {strings.Repeat("a", room), strings.Repeat("a", room) + suffix},
		"too long":           {strings.Repeat("a", 300), strings.Repeat("a", room) + suffix},
		"too long, Chinese":  {strings.Repeat("键", 300), strings.Repeat("键", room) + suffix},
		"empty":              {"", suffix},
		"controls":           {"a\nb\x7fc\u202ed", "a-b-c-d" + suffix},
		"an imitated mark":   {"x" + suffix, "x" + suffix + suffix},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if n := len([]rune(test.want)); n > nameLimit {
				t.Fatalf("the test itself wants %d characters", n)
			}
			// The answer is silent about the name: then it is what was sent.
			session := script(t, post(pathAdd, `{"name":"`+test.want+`"}`, success(`{"uuid":"k1","sk":"s"}`)))
			got, _, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: test.display})
			if err != nil || got.Name != test.want || got.Mark != keyMark {
				t.Errorf("got name %q, mark %v, %v; want %q, %v", got.Name, got.Mark, err, test.want, keyMark)
			}
		})
	}
}

// A mark that the vendor has not kept cannot be found again, so it is not said
// to be there.
func TestTheMarkIsReadBack(t *testing.T) {
	session := script(t, post(pathAdd, `{"name":"ci-`+keyMark.String()+`"}`, success(`{"uuid":"k1","sk":"s","name":"ci-`+keyMark.String()[:8]+`"}`)))
	got, _, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "ci"})
	if err != nil || !got.Mark.IsZero() {
		t.Errorf("got mark %v, %v; want none", got.Mark, err)
	}
}

func TestIssueThatFails(t *testing.T) {
	tests := map[string]struct {
		answer    string
		status    int
		class     provider.Class
		uncertain bool
	}{
		"no id":               {success(`{"sk":"the-value"}`), 200, provider.Transient, true},
		"no value":            {success(`{"uuid":"k1"}`), 200, provider.Transient, true},
		"no content":          {success(`null`), 200, provider.Transient, true},
		"not said to succeed": {`{"content":{"uuid":"k1","sk":"the-value"}}`, 200, provider.Transient, true},
		"dropped":             {"", -1, provider.Transient, true},
		"broken":              {refusal(500, "", "boom"), 500, provider.Transient, true},
		"refused":             {refusal(400, "", "bad name"), 400, provider.Invalid, false},
		"throttled":           {refusal(401, "ft.TriggerApiWorkspaceCurrentLimiting", ""), 401, provider.Throttled, false},
		"not let in":          {refusal(403, "ft.InvalidAPIKey", ""), 403, provider.Unauthorized, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := script(t, post(pathAdd, `{"name":"ci-`+keyMark.String()+`"}`, test.answer).as(test.status))
			key, value, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "ci"})
			want(t, err, test.class, test.uncertain)
			if key.ID != "" || !value.IsEmpty() || strings.Contains(err.Error(), "the-value") {
				t.Errorf("got key %v and value %q along with %v", key, value.Reveal(), err)
			}
		})
	}
}

// A session with the wrong credential adds keys to another tenant's workspace.
func TestAKeyThatWasAddedElsewhereIsTakenBack(t *testing.T) {
	added := post(pathAdd, `{"name":"ci-`+keyMark.String()+`"}`, success(`{"uuid":"k1","sk":"the-value","workspaceUUID":"w2"}`))
	tests := map[string]struct {
		revoked   exchange
		uncertain bool
	}{
		"and is gone":    {get(pathDelete("k1"), fixture(t, "accesskey-delete-response.json")), false},
		"and may not be": {get(pathDelete("k1"), "").as(-1), true},
		"and is refused": {get(pathDelete("k1"), refusal(403, "", "no")).as(403), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			key, value, err := script(t, added, test.revoked).Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "ci"})
			want(t, err, provider.Forbidden, test.uncertain)
			if key.ID != "" || !value.IsEmpty() {
				t.Errorf("the key %v of another workspace is handed out", key)
			}
		})
	}
}

func TestRevoke(t *testing.T) {
	deleted := get(pathDelete("k1"), fixture(t, "accesskey-delete-response.json"))
	without := get(pathList, success(`[`+keyItem("k2", "b", "w")+`]`))
	listed := get(pathList, success(`[`+keyItem("k2", "b", "w")+`,`+keyItem("k1", "a", "w")+`]`))
	gone := get(pathDelete("k1"), refusal(404, "", "not found")).as(404)
	vague := func(status int) exchange {
		return get(pathDelete("k1"), refusal(status, "ft.SomethingElse", "no")).as(status)
	}
	tests := map[string]struct {
		calls     []exchange
		class     provider.Class // empty for success
		uncertain bool
	}{
		"done":                            {calls: []exchange{deleted}},
		"gone, documented":                {calls: []exchange{gone, get(pathGet, success(`{"uuid":"w"}`))}},
		"not there, in another workspace": {[]exchange{gone, get(pathGet, success(`{"uuid":"w2"}`))}, provider.Forbidden, false},
		"not there, and not known where":  {[]exchange{gone, get(pathGet, "").as(503)}, provider.Transient, false},
		"refused, and not in the list":    {calls: []exchange{vague(403), without}},
		"invalid, and not in the list":    {calls: []exchange{vague(400), without}},
		"conflict, and not in the list":   {calls: []exchange{vague(409), without}},
		"refused, and in the list":        {[]exchange{vague(403), listed}, provider.Forbidden, false},
		"invalid, and in the list":        {[]exchange{vague(400), listed}, provider.Invalid, false},
		"refused, and the list fails":     {[]exchange{vague(403), get(pathList, "").as(503)}, provider.Transient, false},
		"refused, and the list is broken": {[]exchange{vague(403), get(pathList, success(`null`))}, provider.Transient, false},
		"refused, and the list is not it": {[]exchange{vague(403), get(pathList, success(`[`+keyItem("k2", "b", "w2")+`]`))}, provider.Forbidden, false},
		"404 of somebody else":            {[]exchange{get(pathDelete("k1"), `{"message":"no route"}`).as(404)}, provider.Transient, false},
		"404 of nobody":                   {[]exchange{get(pathDelete("k1"), "").as(404)}, provider.Transient, false},
		"throttled":                       {[]exchange{get(pathDelete("k1"), refusal(401, "ft.TriggerApiAkCurrentLimiting", "")).as(401)}, provider.Throttled, false},
		"the session's key is invalid":    {[]exchange{get(pathDelete("k1"), refusal(403, "ft.InvalidAPIKey", "")).as(403)}, provider.Unauthorized, false},
		"broken":                          {[]exchange{get(pathDelete("k1"), refusal(500, "", "")).as(500)}, provider.Transient, true},
		"dropped":                         {[]exchange{get(pathDelete("k1"), "").as(-1)}, provider.Transient, true},
		"said not to be done":             {[]exchange{get(pathDelete("k1"), success(`false`))}, provider.Transient, true},
		"not said to be done":             {[]exchange{get(pathDelete("k1"), success(`null`))}, provider.Transient, true},
		"something else":                  {[]exchange{get(pathDelete("k1"), `{}`)}, provider.Transient, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := script(t, test.calls...).Keys().Revoke(t.Context(), "w", "k1")
			if test.class == "" {
				if err != nil {
					t.Errorf("got %v, want success", err)
				}
				return
			}
			if e := want(t, err, test.class, test.uncertain); e.Op != "revoke key" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
		})
	}
}

// Once a key has deleted itself, it is no longer let in to be told so.
func TestRevokeOfTheSessionsOwnKey(t *testing.T) {
	tests := map[string]struct {
		answer string
		status int
		class  provider.Class
	}{
		"done":                 {fixture(t, "accesskey-delete-response.json"), 200, ""},
		"gone":                 {refusal(403, "ft.InvalidAPIKey", ""), 403, ""},
		"gone, other spelling": {refusal(403, "InvalidApiKey", ""), 403, ""},
		"unauthorized":         {refusal(401, "", ""), 401, provider.Unauthorized},
		"throttled":            {refusal(401, "ft.TriggerApiAkCurrentLimiting", ""), 401, provider.Throttled},
		"broken":               {refusal(500, "", ""), 500, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := script(t, get(pathDelete(ownID), test.answer).as(test.status)).Keys().Revoke(t.Context(), "w", ownID)
			if test.class == "" && err != nil || test.class != "" && !provider.Is(err, test.class) {
				t.Errorf("got %v, want class %q", err, test.class)
			}
		})
	}
}

// A GET may be sent again by net/http when its connection dies. This one must
// not be: the script would see the second.
func TestTheGetThatDeletesIsSentOnce(t *testing.T) {
	session := script(t, get(pathGet, fixture(t, "workspace-get-response.json")), get(pathDelete("k1"), "").as(-1))
	if err := session.Check(t.Context()); err != nil { // so that there is a connection to be dropped
		t.Fatal(err)
	}
	want(t, session.Keys().Revoke(t.Context(), "w", "k1"), provider.Transient, true)
}

func TestIdentifiersStayInTheirPlace(t *testing.T) {
	if err := script(t, get("/site/api/v1/workspace/accesskey/a%2Fb%3Fc%20%25/delete", success(`true`))).Keys().Revoke(t.Context(), "w", "a/b?c %"); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"", "..", "../../workspace/x", "a/../b"} {
		want(t, script(t).Keys().Revoke(t.Context(), "w", id), provider.Invalid, false)
	}
}

func TestACancelledCallIsNotMade(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	session := script(t)
	_, _, err := session.Keys().Issue(ctx, "w", keyMark, provider.KeySpec{DisplayName: "ci"})
	want(t, err, provider.Transient, false)
	want(t, session.Keys().Revoke(ctx, "w", "k1"), provider.Transient, false)
}
