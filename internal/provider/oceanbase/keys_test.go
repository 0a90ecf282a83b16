package oceanbase

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func ci() string { return "ci-" + keyMark.String() }

func ciBody() string { return `{"name":"` + ci() + `","action":"read"}` }

func TestIssueKey(t *testing.T) {
	long := strings.Repeat("a", 64)
	tests := map[string]struct{ display, action, name string }{
		"as documented":     {"my-api-key", "read", "my-api-key-" + keyMark.String()},
		"Chinese":           {"数据库_密钥", "read", "数据库_密钥-" + keyMark.String()},
		"characters barred": {"a b.c/d\"e\n<é>😀", "read", "a-b-c-d-e-----" + "-" + keyMark.String()},
		"too long":          {long, "read", long[:64-1-len(keyMark.String())] + "-" + keyMark.String()},
		"no display name":   {"", "read", "-" + keyMark.String()},
		"another action":    {"ci", "read:write,*", "ci-" + keyMark.String()},
	}
	for label, test := range tests {
		t.Run(label, func(t *testing.T) {
			body := fmt.Sprintf(`{"name":%q,"action":%q}`, test.name, test.action)
			answer := strings.ReplaceAll(fixture(t, "key-create-response.json"), "my-api-key", test.name)
			got, value, err := play(t, post(body, 200, answer)).Keys().
				Issue(t.Context(), project, keyMark, provider.KeySpec{DisplayName: test.display, Action: test.action})
			if err != nil {
				t.Fatal(err)
			}
			if value.Reveal() != "sk_xxxxxxxxxxxxxxxx" {
				t.Errorf("the value is %q", value.Reveal())
			}
			if diff := diff(provider.Key{Name: test.name, Mark: keyMark, CreatedAt: example()}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if said := New().Capabilities().Key.Name(test.display, keyMark); said != got.Name {
				t.Errorf("the key is called %q, and was said to be called %q", got.Name, said)
			}
		})
	}
}

func TestAnIssuedKeyIsFoundInTheListByItsName(t *testing.T) {
	session := play(t,
		post(ciBody(), 200, success(`{"apiKey":"sk_canary","name":"`+ci()+`","createdAt":"2023-10-12T09:45:30Z"}`)),
		get(firstPage, 200, listed(`{"id":"ak-9","name":"ci"}`, `{"id":"ak-1","name":"`+ci()+`","createdAt":"2023-10-12T09:45:30Z"}`)))
	issued, _, err := session.Keys().Issue(t.Context(), project, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
	if err != nil || issued.ID != "" {
		t.Fatalf("got %+v, %v; want a key that has no id yet", issued, err)
	}
	found, err := all(t, session)
	if err != nil || len(found) != 2 || found[1].Name != issued.Name || found[1].ID != "ak-1" || found[1].Mark != keyMark || !found[0].Mark.IsZero() {
		t.Errorf("got %+v, %v; want the key, and its mark", found, err)
	}
}

func TestNamesAreWhatTheConsoleTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mark := provider.MarkFor(rapid.String().Draw(t, "uid")).WithSerial(rapid.IntRange(1, 2147483647).Draw(t, "serial"))
		name := New().Capabilities().Key.Name(rapid.String().Draw(t, "display"), mark)
		if count := utf8.RuneCountInString(name); count < 2 || count > 64 {
			t.Fatalf("%q has %d characters", name, count)
		}
		for _, r := range name {
			ascii := strings.ContainsRune("_-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", r)
			if !ascii && !unicode.Is(unicode.Han, r) {
				t.Fatalf("%q has the character %q", name, r)
			}
		}
		if read, ok := provider.ParseKeyName(name); !ok || read != mark {
			t.Fatalf("%q does not show the mark %v", name, mark)
		}
	})
}

func TestIssueKeyThatIsNotSent(t *testing.T) {
	tests := map[string]struct {
		mark provider.Mark
		spec provider.KeySpec
		says string
	}{
		"no action":          {keyMark, provider.KeySpec{DisplayName: "ci"}, "spec.action"},
		"scopes for action":  {keyMark, provider.KeySpec{DisplayName: "ci", Scopes: []string{"read"}}, "spec.action"},
		"no mark":            {provider.Mark{}, provider.KeySpec{DisplayName: "ci", Action: "read"}, "mark"},
		"a workspace's mark": {provider.MarkFor("x"), provider.KeySpec{DisplayName: "ci", Action: "read"}, "mark"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, value, err := play(t).Keys().Issue(t.Context(), project, test.mark, test.spec)
			if e := want(t, err, provider.Invalid, false); e.Op != "issue key" || !strings.Contains(e.Message, test.says) {
				t.Errorf("got %v, want something of %s", e, test.says)
			}
			if !value.IsEmpty() {
				t.Error("a value without a key")
			}
		})
	}
}

// Each of them is one request, whatever comes of it: the script has no more.
func TestIssueKeyThatFails(t *testing.T) {
	value := `"apiKey":"sk_canary"`
	tests := map[string]struct {
		exchange  conformance.Exchange
		class     provider.Class
		uncertain bool
	}{
		"no value":             {post(ciBody(), 200, success(`{"name":"`+ci()+`"}`)), provider.Transient, true},
		"a value of nothing":   {post(ciBody(), 200, success(`{"apiKey":null}`)), provider.Transient, true},
		"a value that is none": {post(ciBody(), 200, success(`{"apiKey":{"v":"sk_canary"}}`)), provider.Transient, true},
		"another name":         {post(ciBody(), 200, success(`{`+value+`,"name":"ci"}`)), provider.Transient, true},
		"no data":              {post(ciBody(), 200, success(`null`)), provider.Transient, true},
		"a list for data":      {post(ciBody(), 200, success(`[{`+value+`}]`)), provider.Transient, true},
		"not a success":        {post(ciBody(), 200, `{"data":{`+value+`}}`), provider.Transient, true},
		"half an answer":       {post(ciBody(), 200, `{"data":{`+value), provider.Transient, true},
		"a web page":           {post(ciBody(), 200, `<html>`), provider.Transient, true},
		"lost answer":          {dropped(post(ciBody(), 0, "")), provider.Transient, true},
		"bad gateway":          {post(ciBody(), 502, ``), provider.Transient, true},
		"server error":         {post(ciBody(), 500, refusal("E001R000", "oops")), provider.Transient, true},
		"redirect":             {post(ciBody(), 302, ``), provider.Transient, false},
		"invalid":              {post(ciBody(), 400, refusal("INVALID_PARAMETER", "name")), provider.Invalid, false},
		"invalid, status 200":  {post(ciBody(), 200, refusal("INVALID_PARAMETER", "name")), provider.Invalid, false},
		"unauthorized":         {post(ciBody(), 401, refusal("E001R000", "no")), provider.Unauthorized, false},
		"payment required":     {post(ciBody(), 402, refusal("E001R000", "no")), provider.Exhausted, false},
		"forbidden":            {post(ciBody(), 403, refusal("E001R000", "no")), provider.Forbidden, false},
		"a wrong address":      {post(ciBody(), 404, `{}`), provider.Transient, false},
		"conflict":             {post(ciBody(), 409, refusal("E001R000", "exists")), provider.Conflict, false},
		"throttled":            {post(ciBody(), 429, ``), provider.Throttled, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, value, err := play(t, test.exchange).Keys().Issue(t.Context(), project, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
			if e := want(t, err, test.class, test.uncertain); e.Op != "issue key" {
				t.Errorf("the error is said to be of %q", e.Op)
			}
			if !value.IsEmpty() || got.Name != "" {
				t.Errorf("a key or a value goes with the error: %+v", got)
			}
		})
	}
}

func TestRevokeKey(t *testing.T) {
	refused := func(status int) conformance.Exchange { return remove(status, refusal("E001R000", "no")) }
	there, other, none := listed(`{"id":"ak-1"}`), listed(`{"id":"ak-10"}`, `{"id":"AK-1"}`), listed()
	tests := map[string]struct {
		script    []conformance.Exchange
		class     provider.Class // empty is success
		uncertain bool
	}{
		"as documented": {[]conformance.Exchange{remove(200, fixture(t, "key-delete-response.json"))}, "", false},
		"no more said":  {[]conformance.Exchange{remove(200, `{"success":true}`)}, "", false},

		"not confirmed": {[]conformance.Exchange{remove(200, `{"data":{},"message":"success"}`)}, provider.Transient, true},
		"empty answer":  {[]conformance.Exchange{remove(200, ``)}, provider.Transient, true},
		"lost answer":   {[]conformance.Exchange{dropped(remove(0, ""))}, provider.Transient, true},
		"server error":  {[]conformance.Exchange{refused(500)}, provider.Transient, true},
		"bad gateway":   {[]conformance.Exchange{remove(502, ``)}, provider.Transient, true},
		"web page":      {[]conformance.Exchange{remove(404, `<html>`)}, provider.Transient, false},

		"unauthorized says nothing of keys": {[]conformance.Exchange{refused(401)}, provider.Unauthorized, false},
		"nor does throttling":               {[]conformance.Exchange{refused(429)}, provider.Throttled, false},
		"nor do debts":                      {[]conformance.Exchange{refused(402)}, provider.Exhausted, false},
		"nor does a method not allowed":     {[]conformance.Exchange{refused(405)}, provider.Transient, false},

		"invalid, and gone":                {[]conformance.Exchange{refused(400), get(firstPage, 200, other)}, "", false},
		"invalid, and there":               {[]conformance.Exchange{refused(400), get(firstPage, 200, there)}, provider.Invalid, false},
		"forbidden, and gone":              {[]conformance.Exchange{refused(403), get(firstPage, 200, none)}, "", false},
		"forbidden, and there":             {[]conformance.Exchange{refused(403), get(firstPage, 200, there)}, provider.Forbidden, false},
		"not found, and gone":              {[]conformance.Exchange{refused(404), get(firstPage, 200, none)}, "", false},
		"not found, and there":             {[]conformance.Exchange{refused(404), get(firstPage, 200, there)}, provider.Forbidden, false},
		"a wrong address":                  {[]conformance.Exchange{remove(404, `{}`), get(firstPage, 404, `{}`)}, provider.Transient, false},
		"conflict, and gone":               {[]conformance.Exchange{refused(409), get(firstPage, 200, none)}, "", false},
		"conflict, and there":              {[]conformance.Exchange{refused(409), get(firstPage, 200, there)}, provider.Conflict, false},
		"denied, and gone":                 {[]conformance.Exchange{refused(200), get(firstPage, 200, none)}, "", false},
		"denied, and there":                {[]conformance.Exchange{refused(200), get(firstPage, 200, there)}, provider.Invalid, false},
		"refused, and no list":             {[]conformance.Exchange{refused(400), get(firstPage, 200, success(`{}`))}, provider.Transient, false},
		"refused, and half a list":         {[]conformance.Exchange{refused(400), get(firstPage, 200, `{"data":{"list":[`)}, provider.Transient, false},
		"refused, and the list is refused": {[]conformance.Exchange{refused(400), get(firstPage, 403, refusal("", "no"))}, provider.Forbidden, false},
		"refused, and then throttled":      {[]conformance.Exchange{refused(400), get(firstPage, 429, ``)}, provider.Throttled, false},
		"refused, and the list not JSON":   {[]conformance.Exchange{refused(400), get(firstPage, 200, `hello`)}, provider.Transient, false},
		"refused, and there further on": {[]conformance.Exchange{
			refused(400), get(firstPage, 200, aPage(2, 101)), get(path+"?pageNumber=2&pageSize=100", 200, there),
		}, provider.Invalid, false},
		"refused, and the second page broken": {[]conformance.Exchange{
			refused(400), get(firstPage, 200, aPage(2, 101)), get(path+"?pageNumber=2&pageSize=100", 500, ``),
		}, provider.Transient, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := play(t, test.script...).Keys().Revoke(t.Context(), project, "ak-1")
			wants(t, err, test.class, test.uncertain)
			if err != nil && failure(t, err).Op != "revoke key" {
				t.Errorf("the error is said to be of %q", failure(t, err).Op)
			}
		})
	}
}

func TestHostileIdentifiersStayInTheQuery(t *testing.T) {
	sent := map[string]string{
		"ak-1&uid=x":   "ak-1%26uid%3Dx",
		"a b":          "a+b",
		"a/b#c?d":      "a%2Fb%23c%3Fd",
		"%2e%2e":       "%252e%252e",
		"größe":        "gr%C3%B6%C3%9Fe",
		"ak+1":         "ak%2B1",
		"183f497a-2a7": "183f497a-2a7",
	}
	for id, escaped := range sent {
		exchange := remove(200, `{"success":true}`)
		exchange.URI = path + "?id=" + escaped
		if err := play(t, exchange).Keys().Revoke(t.Context(), project, id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for name, id := range map[string]string{
		"empty": "", "upwards": "..", "a path upwards": "a/../b", "line break": "a\r\nb", "zero": "a\x00", "not UTF-8": "\xff",
		"a kilobyte": strings.Repeat("x", 1024), "right to left": "a\u202eb",
	} {
		if e := want(t, play(t).Keys().Revoke(t.Context(), project, id), provider.Invalid, false); e.Op != "revoke key" {
			t.Errorf("%s: the error is said to be of %q", name, e.Op)
		}
	}
}
