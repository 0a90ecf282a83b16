package groundfloor

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

func TestTheVendorsTableOfErrors(t *testing.T) {
	tests := []struct {
		status int
		class  provider.Class
		gone   bool // perhaps
		words  bool // the vendor's own
	}{
		{400, provider.Invalid, false, true},
		{401, provider.Unauthorized, false, true},
		{403, provider.Forbidden, false, true},
		{404, provider.Forbidden, true, true},
		{409, provider.Conflict, false, true},
		{422, provider.Invalid, false, true},
		{429, provider.Throttled, false, false},
		{500, provider.Transient, false, false},
		{502, provider.Transient, false, false},
		{503, provider.Transient, false, false},
		{504, provider.Transient, false, false},
		// Not documented, and no proof of anything.
		{402, provider.Transient, false, false},
		{405, provider.Transient, false, false},
		{408, provider.Transient, false, false},
		{410, provider.Transient, false, false},
		{418, provider.Transient, false, false},
	}
	for _, test := range tests {
		got := judge(&rest.Answer{Status: test.status, Body: []byte(`{"detail":"no way","code":"some_code"}`)})
		if got == nil || got.Class != test.class || errors.Is(got, errMaybeGone) != test.gone {
			t.Errorf("%d: got %v, perhaps gone %v; want class %s, %v", test.status, got, errors.Is(got, errMaybeGone), test.class, test.gone)
			continue
		}
		if words := got.Message == "some_code: no way"; words != test.words {
			t.Errorf("%d: the message is %q", test.status, got.Message)
		}
		if !strings.HasPrefix(got.Message, "some_code: ") {
			t.Errorf("%d: the message %q does not have the code", test.status, got.Message)
		}
	}
}

func TestEverySuccessIsOne(t *testing.T) {
	for _, status := range []int{200, 201, 202, 204, 206} {
		if got := judge(&rest.Answer{Status: status, Body: []byte(`{"detail":"fine","code":"ok"}`)}); got != nil {
			t.Errorf("%d: %v", status, got)
		}
	}
}

func TestShapesOfErrors(t *testing.T) {
	const silent = "the vendor answers with status 422 and says no more"
	tests := map[string]struct{ body, message string }{
		"as documented":              {fixture(t, "error-response.json"), "not_found: Workspace not found"},
		"as the framework writes it": {fixture(t, "validation-error-response.json"), "body.region: Field required"},
		"several": {
			`{"detail":[{"loc":["body","name"],"msg":"too long","type":"x"},{"loc":["query","limit"],"msg":"not a number","type":"y"}],"code":"validation"}`,
			"validation: body.name: too long; query.limit: not a number",
		},
		"an index in the place":   {`{"detail":[{"loc":["body","items",0,"name"],"msg":"no"}]}`, "body.items.0.name: no"},
		"no place":                {`{"detail":[{"msg":"no"}]}`, "no"},
		"an empty place":          {`{"detail":[{"loc":[],"msg":"no"}]}`, "no"},
		"the value is not shown":  {`{"detail":[{"loc":["body"],"msg":"no","input":"canary","ctx":{"error":"canary"}}]}`, "body: no"},
		"a place that is a text":  {`{"detail":[{"loc":"body","msg":"no"}]}`, "body: no"},
		"a place of another kind": {`{"detail":[{"loc":{"in":"canary"},"msg":"no"}]}`, "no"},
		"a place with an object":  {`{"detail":[{"loc":["body",{"in":"canary"},["canary"],null,"name"],"msg":"no"}]}`, "body.name: no"},
		"a place without words":   {`{"detail":[{"loc":["body"]},{"loc":["body","name"],"msg":"no"}]}`, "body.name: no"},
		"a list of texts":         {`{"detail":["a","b"]}`, "a; b"},
		"a list of all sorts":     {`{"detail":["a",{"loc":"x","msg":"b"},{"input":"canary"},["canary"],null,{"msg":{"input":"canary"}},"c"]}`, "a; x: b; c"},
		"an empty list":           {`{"detail":[]}`, silent},
		"a list in a list":        {`{"detail":[[{"msg":"canary"}]]}`, silent},
		"an object":               {`{"detail":{"loc":["body"],"msg":"no","input":"canary"}}`, "body: no"},
		"an object nobody knows":  {`{"detail":{"input":"canary"}}`, silent},
		"a code that is none":     {`{"detail":"no","code":{"input":"canary"}}`, "no"},
		"a code that is a list":   {`{"detail":"no","code":["canary"]}`, "no"},
		"a number":                {`{"detail":7,"code":7}`, "7: 7"},
		"null":                    {`{"detail":null,"code":null}`, silent},
		"only a code":             {`{"code":"some_code"}`, "some_code: " + silent},
		"another member":          {`{"message":"no"}`, silent},
		"nothing in it":           {`{}`, silent},
		"an array":                {`[]`, silent},
		"a text":                  {`"no"`, silent},
		"empty":                   {``, silent},
		"spaces":                  {`{"detail":"  no  "}`, "no"},
		"a code that is long":     {fmt.Sprintf(`{"detail":"no","code":%q}`, strings.Repeat("x", 99)), strings.Repeat("x", 48) + ": no"},
	}
	for name, test := range tests {
		got := judge(&rest.Answer{Status: 422, Body: []byte(test.body)})
		if got == nil || got.Message != test.message || got.Class != provider.Invalid || strings.Contains(got.Message, "canary") {
			t.Errorf("%s: got %v, want the message %q", name, got, test.message)
		}
	}
}

// What reaches a status is short and has no address and no secret in it,
// whatever the vendor says.
func TestMessagesThatAreShown(t *testing.T) {
	problems := make([]string, 500)
	for i := range problems {
		problems[i] = fmt.Sprintf(`{"loc":["body","f%d"],"msg":"is wrong"}`, i)
	}
	tests := map[string]struct{ detail, message string }{
		"an address": {`"see https://docs.groundfloor.cloud/docs"`, "some_code: see [address]"},
		"the token":  {`"bad token ` + jwt + `"`, "some_code: bad token [redacted]"},
		"a token in a list": {
			`[{"loc":["header","authorization"],"msg":"Bearer ` + jwt + ` is no token"}]`,
			"some_code: header.authorization: Bearer [redacted] is no token",
		},
		"a long value":      {`"AKIA0123456789ABCDEF0123 is taken"`, "some_code: [redacted] is taken"},
		"lines and escapes": {`"a\n\tb\u001b[31m"`, "some_code: a b [31m"},
	}
	for name, test := range tests {
		session := play(t, conformance.Exchange{Method: "GET", URI: "/v1/workspaces?limit=1", Status: 422, Answer: `{"detail":` + test.detail + `,"code":"some_code"}`})
		if e := want(t, session.Check(t.Context()), provider.Invalid, false); e.Message != test.message {
			t.Errorf("%s: the message is %q, want %q", name, e.Message, test.message)
		}
	}
	session := play(t, conformance.Exchange{Method: "GET", URI: "/v1/workspaces?limit=1", Status: 422, Answer: `{"detail":` + list(problems...) + `}`})
	if e := want(t, session.Check(t.Context()), provider.Invalid, false); len(e.Message) > 256 || !strings.HasPrefix(e.Message, "body.f0: is wrong; body.f1: ") {
		t.Errorf("500 problems make a message of %d bytes: %s", len(e.Message), e.Message)
	}
}

// The same refusal reads the same each time: a text that changes is a status
// that is written again.
func TestMessagesAreStable(t *testing.T) {
	for _, status := range []int{429, 500, 502, 503} {
		first := judge(&rest.Answer{Status: status, Body: []byte(`{"detail":"12 requests in the queue"}`)})
		second := judge(&rest.Answer{Status: status, Body: []byte(`{"detail":"57 requests in the queue"}`)})
		if first.Message != second.Message {
			t.Errorf("%d: %q, and then %q", status, first.Message, second.Message)
		}
	}
}

func TestADetailIsNeverAnError(t *testing.T) {
	for _, text := range []string{`null`, `7`, `[7]`, `[[]]`, `{}`, `"x"`, `[{"loc":{},"msg":[]}]`, `[null]`, `[{"loc":7,"msg":7}]`, `{"loc":[[]],"msg":{}}`} {
		var got detail
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
