package oceanbase

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// shapes are all the forms in which the documents show an error, with one code
// and one message.
func shapes() map[string]string {
	return map[string]string{
		"flat":          `{"success":false,"errorCode":%q,"errorMessage":"no way","requestId":"req-1"}`,
		"with a data":   `{"success":false,"errorCode":%q,"errorMessage":"no way","data":null,"cost":3,"server":"s","requestId":"req-1","totalCount":0,"extra":{}}`,
		"an object":     `{"action":"DeleteAIServiceAPIKey","data":{},"error":{"code":%q,"message":"no way"},"message":"failed","requestId":"req-1","server":"s","success":false}`,
		"code and word": `{"success":false,"errorCode":%q,"error":{},"message":"no way","requestId":"req-1"}`,
		"mixed":         `{"success":"false","error":{"code":%q},"errorMessage":"no way","message":"failed","requestId":"req-1"}`,
	}
}

func TestClassesGoByTheStatus(t *testing.T) {
	const invalid = "INVALID_PARAMETER"
	tests := []struct {
		status int
		code   string
		class  provider.Class
		gone   bool
	}{
		{400, "", provider.Invalid, true},
		{400, "E001R000", provider.Invalid, true},
		{401, "E001R000", provider.Unauthorized, false},
		{402, "E001R000", provider.Exhausted, false},
		{403, "E001R000", provider.Forbidden, true},
		{404, "E001R000", provider.Forbidden, true}, // in the vendor's own form, so it is not a wrong address
		{405, "E001R000", provider.Transient, false},
		{408, "E001R000", provider.Transient, false},
		{409, "E001R000", provider.Conflict, true},
		{410, "E001R000", provider.Forbidden, true},
		{418, "E001R000", provider.Transient, false},
		{422, "E001R000", provider.Invalid, true},
		{429, "E001R000", provider.Throttled, false},
		{500, "E001R000", provider.Transient, false},
		{502, "", provider.Transient, false},
		{503, "E001R000", provider.Transient, false},
		// The one code that is documented, whatever the status.
		{200, invalid, provider.Invalid, true},
		{400, invalid, provider.Invalid, true},
		{404, invalid, provider.Invalid, true},
		{409, invalid, provider.Invalid, true},
		{417, invalid, provider.Invalid, true},
		{500, invalid, provider.Transient, false},
		// A success that is denied.
		{200, "E001R000", provider.Invalid, true},
		{200, "", provider.Invalid, true},
		{204, "E001R000", provider.Invalid, true},
	}
	for _, test := range tests {
		for shape, format := range shapes() {
			label := fmt.Sprintf("%d %s, %s", test.status, test.code, shape)
			got := (&signer{basic: true}).judge(&rest.Answer{Status: test.status, Body: fmt.Appendf(nil, format, test.code)})
			if got == nil || got.Class != test.class || errors.Is(got, errMaybeGone) != test.gone || got.RequestID != "req-1" {
				t.Errorf("%s: got %+v; want class %s, perhaps gone %v", label, got, test.class, test.gone)
				continue
			}
			message := "no way"
			switch test.class {
			case provider.Transient:
				message = fmt.Sprintf("the vendor answers with status %d", test.status)
			case provider.Throttled:
				message = "the vendor limits the rate of requests"
			default:
			}
			if test.code != "" {
				message = test.code + ": " + message
			}
			if got.Message != message {
				t.Errorf("%s: message %q, want %q", label, got.Message, message)
			}
		}
	}
}

func TestShapesOfErrors(t *testing.T) {
	const silent = "the vendor answers with status 400 and says no more"
	tests := map[string]struct{ body, message, id string }{
		"a message alone":         {`{"success":false,"message":"bad name"}`, "bad name", ""},
		"an error that is text":   {`{"success":false,"error":"bad name"}`, "bad name", ""},
		"an error of nothing":     {`{"success":false,"error":null}`, silent, ""},
		"an error that is empty":  {`{"success":false,"error":{}}`, silent, ""},
		"an error that is a list": {`{"success":false,"error":[1]}`, "[1]", ""},
		"errorMessage first":      {`{"errorMessage":"a","error":{"message":"b"},"message":"c"}`, "a", ""},
		"then the object":         {`{"error":{"message":"b"},"message":"c"}`, "b", ""},
		"errorCode first":         {`{"errorCode":"A","error":{"code":"B","message":"b"}}`, "A: b", ""},
		"codes that are numbers":  {`{"errorCode":1001,"errorMessage":"no"}`, "1001: no", ""},
		"a message that is none":  {`{"errorMessage":{"name":"too long"}}`, `{"name":"too long"}`, ""},
		"data of another kind":    {`{"success":false,"errorMessage":"no","data":[1]}`, "no", ""},
		"no envelope":             {`[]`, silent, ""},
		"a text":                  {`"no"`, silent, ""},
		"nothing":                 {``, silent, ""},
		"null":                    {`null`, silent, ""},
		"a request id":            {`{"errorMessage":"no","requestId":"r-2"}`, "no", "r-2"},
		"a request id of digits":  {`{"errorMessage":"no","requestId":12345}`, "no", "12345"},
	}
	for name, test := range tests {
		got := (&signer{basic: true}).judge(&rest.Answer{Status: 400, Body: []byte(test.body)})
		if got == nil || got.Class != provider.Invalid || got.Message != test.message || got.RequestID != test.id {
			t.Errorf("%s: got %+v; want Invalid, message %q, id %q", name, got, test.message, test.id)
		}
	}
}

// A success has to be said twice.
func TestSuccessThatIsNone(t *testing.T) {
	tests := map[string]struct {
		status    int
		answer    string
		class     provider.Class // empty is success
		uncertain bool           // of a change
		message   string
	}{
		"as documented":              {200, `{"success":true}`, "", false, ""},
		"another status of success":  {201, `{"success":true}`, "", false, ""},
		"as a text":                  {200, `{"success":"true"}`, "", false, ""},
		"with an empty error":        {200, `{"success":true,"error":{},"errorCode":"","message":"success"}`, "", false, ""},
		"not said":                   {200, `{"data":{}}`, provider.Transient, true, "the answer does not have the documented form"},
		"said to be nothing":         {200, `{"success":null}`, provider.Transient, true, "the answer does not have the documented form"},
		"said in other words":        {200, `{"success":"yes"}`, provider.Transient, true, "the answer does not have the documented form"},
		"said as a number":           {200, `{"success":1}`, provider.Transient, true, "the answer does not have the documented form"},
		"another answer":             {200, `[]`, provider.Transient, true, "the answer does not have the documented form"},
		"no answer":                  {200, ``, provider.Transient, true, "the answer does not have the documented form"},
		"no content":                 {204, ``, provider.Transient, true, "the answer does not have the documented form"},
		"denied":                     {200, refusal("INVALID_PARAMETER", "uid"), provider.Invalid, false, "INVALID_PARAMETER: uid"},
		"denied with another code":   {200, refusal("E001R000", "no"), provider.Invalid, false, "E001R000: no"},
		"denied and no more":         {200, `{"success":false}`, provider.Invalid, false, "the vendor answers with status 200 and says no more"},
		"a code, and not denied":     {200, `{"errorCode":"E1","errorMessage":"no"}`, provider.Invalid, true, "E1: no"},
		"claimed by a bad request":   {400, `{"success":true,"message":"no"}`, provider.Invalid, false, "no"},
		"claimed by a server error":  {500, `{"success":true}`, provider.Transient, true, "the vendor answers with status 500"},
		"denied by a server error":   {500, refusal("INVALID_PARAMETER", "uid"), provider.Transient, true, "INVALID_PARAMETER: the vendor answers with status 500"},
		"denied by a gateway":        {504, refusal("", ""), provider.Transient, true, "the vendor answers with status 504"},
		"denied without being begun": {408, refusal("", ""), provider.Transient, true, "the vendor answers with status 408"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			script := []conformance.Exchange{remove(test.status, test.answer)}
			if test.class == provider.Invalid {
				// A refusal of a deletion is looked into.
				script = append(script, get(firstPage, 200, listed(`{"id":"ak-1"}`)))
			}
			err := play(t, script...).Keys().Revoke(t.Context(), project, "ak-1")
			wants(t, err, test.class, test.uncertain)
			if err != nil && failure(t, err).Message != test.message {
				t.Errorf("message %q, want %q", failure(t, err).Message, test.message)
			}
		})
	}
}

func TestThrottling(t *testing.T) {
	create := post(`{"name":"ci-`+keyMark.String()+`","action":"read"}`, 429, refusal("E429", "try again in 37 s"))
	create.Header = http.Header{"Retry-After": {"7"}}
	_, _, err := play(t, create).Keys().Issue(t.Context(), project, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
	e := want(t, err, provider.Throttled, false)
	if e.RetryAfter.Seconds() != 7 || e.Message != "E429: the vendor limits the rate of requests" {
		t.Errorf("got %v after %v, want 7 s, and words that stay the same", e, e.RetryAfter)
	}
}

// A refusal that tells a value all the same does not tell it on.
func TestNoErrorShowsANewKey(t *testing.T) {
	for name, answer := range map[string]string{
		"in data":    `{"success":false,"errorCode":"E1","errorMessage":"made sk_canary, and then failed","data":{"apiKey":"sk_canary"}}`,
		"a number":   `{"success":false,"errorCode":"E1","errorMessage":"made 1234567, and then failed","data":{"apiKey":1234567}}`,
		"the secret": `{"success":false,"errorCode":"E1","errorMessage":"made ` + sk + `, and then failed"}`,
	} {
		for _, status := range []int{200, 400, 409} {
			session := play(t, post(`{"name":"ci-`+keyMark.String()+`","action":"read"}`, status, answer))
			_, value, err := session.Keys().Issue(t.Context(), project, keyMark, provider.KeySpec{DisplayName: "ci", Action: "read"})
			if e := failure(t, err); e.Message != "E1: made [redacted], and then failed" || !value.IsEmpty() {
				t.Errorf("%s, %d: the message is %q, value %q", name, status, e.Message, value.Reveal())
			}
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	_, err := play(t, get(onePage, 400, refusal("E1\n", strings.Repeat("no\n", 10000)))).Workspaces().Get(t.Context(), project)
	if e := want(t, err, provider.Invalid, false); len(e.Message) > 256 || strings.Contains(e.Message, "\n") {
		t.Errorf("%d bytes, in lines: %q", len(e.Message), e.Message)
	}
}
