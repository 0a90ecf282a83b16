package guance

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestGetOfAKeyIsTheDocumentedExample(t *testing.T) {
	session := script(t, get(pathKey("wsak_xxxxx"), fixture(t, "accesskey-get-response.json")))
	got, err := session.Keys().Get(t.Context(), "wksp_xxxx32", "wsak_xxxxx")
	if err != nil {
		t.Fatal(err)
	}
	want := provider.Key{ID: "wsak_xxxxx", Name: "test", State: "Active", CreatedAt: time.Date(2023, 3, 3, 1, 58, 38, 0, time.UTC)}
	if diff := diff(want, got); diff != "" {
		t.Errorf("the key is not the documented one (-want +got):\n%s", diff)
	}
}

func TestGetOfAKeyReadsItsMark(t *testing.T) {
	name := keyName("ci", keyMark)
	session := script(t, get(pathKey("k1"), success(keyItem("k1", name, "w"))))
	got, err := session.Keys().Get(t.Context(), "w", "k1")
	if err != nil || got.Mark != keyMark || got.Name != name {
		t.Errorf("got name %q, mark %v, %v; want %q, %v", got.Name, got.Mark, err, name, keyMark)
	}
}

// That a key is gone is said by one answer only, and only about the workspace
// that was meant. Whatever else the vendor says, the key may be there.
func TestAKeyIsGoneOnlyWhereItWouldBe(t *testing.T) {
	gone := get(pathKey("k1"), refusal(404, "", "not found")).as(404)
	answers := func(content string) []exchange { return []exchange{get(pathKey("k1"), success(content))} }
	refused := func(status int, code string) []exchange {
		return []exchange{get(pathKey("k1"), refusal(status, code, "no")).as(status)}
	}
	tests := map[string]struct {
		calls []exchange
		class provider.Class
	}{
		"gone":                            {[]exchange{gone, get(pathGet, success(`{"uuid":"w"}`))}, provider.NotFound},
		"not there, in another workspace": {[]exchange{gone, get(pathGet, success(`{"uuid":"w2"}`))}, provider.Forbidden},
		"not there, and not known where":  {[]exchange{gone, get(pathGet, "").as(503)}, provider.Transient},
		"not there, and not let in":       {[]exchange{gone, get(pathGet, refusal(403, "ft.InvalidAPIKey", "")).as(403)}, provider.Unauthorized},
		"404 of somebody else":            {[]exchange{get(pathKey("k1"), `{"message":"no route"}`).as(404)}, provider.Transient},
		"404 of nobody":                   {[]exchange{get(pathKey("k1"), "").as(404)}, provider.Transient},
		"refused":                         {refused(403, "ft.SomethingElse"), provider.Forbidden},
		"invalid":                         {refused(400, ""), provider.Invalid},
		"not let in":                      {refused(403, "ft.InvalidAPIKey"), provider.Unauthorized},
		"throttled":                       {refused(401, "ft.TriggerApiAkCurrentLimiting"), provider.Throttled},
		"broken":                          {refused(500, ""), provider.Transient},
		"dropped":                         {[]exchange{get(pathKey("k1"), "").as(502)}, provider.Transient},
		"the key of another workspace":    {answers(keyItem("k1", "a", "w2")), provider.Forbidden},
		"another key":                     {answers(keyItem("k2", "a", "w")), provider.Transient},
		"no key":                          {answers(`null`), provider.Transient},
		"an empty key":                    {answers(`{}`), provider.Transient},
		"a list":                          {answers(`[` + keyItem("k1", "a", "w") + `]`), provider.Transient},
		"an id of another type":           {answers(`{"uuid":1}`), provider.Transient},
		"not said to succeed":             {[]exchange{get(pathKey("k1"), `{"content":`+keyItem("k1", "a", "w")+`}`)}, provider.Transient},
		"more than anybody can use":       {[]exchange{get(pathKey("k1"), success(`"`+strings.Repeat("x", 2<<20)+`"`))}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := script(t, test.calls...).Keys().Get(t.Context(), "w", "k1")
			if e := want(t, err, test.class, false); e.Op != "get key" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if diff := diff(provider.Key{}, got); diff != "" {
				t.Errorf("there is a key as well as an error:\n%s", diff)
			}
			if strings.Contains(err.Error(), "sk-of-") {
				t.Errorf("the error shows the value of the key: %v", err)
			}
		})
	}
}

func TestTheIDOfAKeyStaysInItsPlace(t *testing.T) {
	const id = "a/b?c %"
	session := script(t, get("/site/api/v1/workspace/accesskey/a%2Fb%3Fc%20%25/get", success(keyItem(id, "a", "w"))))
	if got, err := session.Keys().Get(t.Context(), "w", id); err != nil || got.ID != id {
		t.Errorf("got %v, %v", got, err)
	}
	for _, id := range []string{"", "..", "../../workspace/x", "a/../b"} {
		_, err := script(t).Keys().Get(t.Context(), "w", id)
		want(t, err, provider.Invalid, false)
	}
}

// What plans compare with is what is sent, and what is sent is found again.
func TestTheNameOfAKeyIsTheOneThatIsSent(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		mark := provider.MarkFor(rapid.String().Draw(r, "uid")).WithSerial(rapid.IntRange(1, 1<<20).Draw(r, "serial"))
		name := New().Capabilities().Key.Name(rapid.String().Draw(r, "display"), mark)
		if n := len([]rune(name)); n > nameLimit {
			r.Fatalf("%q has %d characters, more than %d", name, n, nameLimit)
		}
		if read, ok := provider.ParseKeyName(name); !ok || read != mark {
			r.Fatalf("%q has the mark %v, %v; want %v", name, read, ok, mark)
		}
	})
	name := New().Capabilities().Key.Name("a \"key\"", keyMark)
	session := script(t, post(pathAdd, `{"name":"a \"key\"-`+keyMark.String()+`"}`, success(`{"uuid":"k1","sk":"s"}`)))
	if got, _, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "a \"key\""}); err != nil || got.Name != name {
		t.Errorf("the key is called %q, %v; the capabilities say %q", got.Name, err, name)
	}
}
