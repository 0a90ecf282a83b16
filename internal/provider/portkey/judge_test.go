package portkey

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

func TestTheVendorsTableOfErrors(t *testing.T) {
	tests := []struct {
		status int
		code   string
		class  provider.Class
	}{
		{400, "AB01", provider.Invalid},
		{404, "AB02", provider.NotFound},
		{403, "AB03", provider.Forbidden},
		{500, "AB04", provider.Transient},
		{401, "AB05", provider.Unauthorized},
		{429, "AB06", provider.Throttled},
		{409, "AB07", provider.Conflict},
		{404, "AB08", provider.NotFound},
		{402, "AB09", provider.Exhausted},
		// A code nobody documented: the status decides.
		{400, "AB99", provider.Invalid},
		{401, "", provider.Unauthorized},
		{402, "", provider.Exhausted},
		{403, "", provider.Forbidden},
		{409, "", provider.Conflict},
		{422, "", provider.Invalid},
		{429, "", provider.Throttled},
		{418, "", provider.Transient},
		{502, "AB08", provider.Transient},
		// "Gone" has to be said in the vendor's own words.
		{404, "", provider.Transient},
		{404, "AB99", provider.Transient},
		{403, "AB08", provider.Forbidden},
		{500, "AB08", provider.Transient},
	}
	shapes := map[string]string{
		"data":  `{"success":false,"data":{"message":"no way","errorCode":%q}}`,
		"flat":  `{"message":"no way","errorCode":%q}`,
		"error": `{"error":{"type":"x","message":"no way","param":null,"code":%q}}`,
		"mixed": `{"success":false,"data":[],"error":{"message":"no way","code":%q},"message":"other"}`,
	}
	for _, test := range tests {
		for shape, format := range shapes {
			got := judge(&rest.Answer{Status: test.status, Body: fmt.Appendf(nil, format, test.code)})
			if got == nil || got.Class != test.class {
				t.Errorf("%d %s in shape %q: got %v, want %s", test.status, test.code, shape, got, test.class)
				continue
			}
			words := got.Class != provider.Transient && got.Class != provider.Throttled
			message := "no way"
			if test.code != "" {
				message = test.code + ": no way"
			}
			if words && got.Message != message {
				t.Errorf("%d %s in shape %q: message %q, want %q", test.status, test.code, shape, got.Message, message)
			}
		}
	}
}

func TestShapesOfErrors(t *testing.T) {
	tests := map[string]struct {
		status  int
		body    string
		message string
		id      string
	}{
		"without a code":  {401, `{"success":false,"data":{"message":"Unauthorized Request"}}`, "Unauthorized Request", ""},
		"data is nothing": {401, `{"success":false,"data":null}`, "the vendor answers with status 401 and says no more", ""},
		"error is a text": {400, `{"error":"bad name"}`, "bad name", ""},
		"empty":           {403, ``, "the vendor answers with status 403 and says no more", ""},
		"a list":          {403, `[]`, "the vendor answers with status 403 and says no more", ""},
		"small letters":   {403, `{"errorCode":"ab03","message":"no"}`, "ab03: no", ""},
		"an object":       {400, `{"data":{"message":{"name":"too long"},"errorCode":"AB01"}}`, `AB01: {"name":"too long"}`, ""},
		"request id":      {403, `{"data":{"message":"no","errorCode":"AB03","request_id":"r-1"}}`, "AB03: no", "r-1"},
		"request id, top": {403, `{"request_id":"r-2","data":{"message":"no","errorCode":"AB03"}}`, "AB03: no", "r-2"},
	}
	for name, test := range tests {
		got := judge(&rest.Answer{Status: test.status, Body: []byte(test.body)})
		if got.Message != test.message || got.RequestID != test.id {
			t.Errorf("%s: message %q, id %q; want %q, %q", name, got.Message, got.RequestID, test.message, test.id)
		}
	}
}

func TestSuccessThatIsNone(t *testing.T) {
	create := conformance.Exchange{Method: "POST", URI: "/admin/workspaces", Body: `{"name":"a"}`}
	create.Answer = `{"success":false,"data":{"message":"hm"}}`
	_, err := play(t, create).Workspaces().Create(t.Context(), provider.Mark{}, provider.WorkspaceSpec{DisplayName: "a"})
	want(t, err, provider.Transient, true)
}

func TestThrottling(t *testing.T) {
	status, answer := refusal(429, "AB06")
	create := conformance.Exchange{
		Method: "POST", URI: "/admin/workspaces", Body: `{"name":"a"}`,
		Status: status, Answer: answer, Header: http.Header{"Retry-After": {"7"}},
	}
	_, err := play(t, create).Workspaces().Create(t.Context(), provider.Mark{}, provider.WorkspaceSpec{DisplayName: "a"})
	want(t, err, provider.Throttled, false)
	if got := theError(t, err).RetryAfter.Seconds(); got != 7 {
		t.Errorf("RetryAfter is %v s, want 7", got)
	}
}

func TestAnIssuedValueInARefusalIsHidden(t *testing.T) {
	issue := conformance.Exchange{
		Method: "POST", URI: "/api-keys/workspace/service", Body: `{"name":"k-` + mark.WithSerial(1).String() + `","workspace_id":"w","scopes":["s"]}`,
		Status: 409, Answer: `{"success":false,"data":{"message":"pk-canary exists, as does ` + adminKey + `","errorCode":"AB07","key":"pk-canary"}}`,
	}
	_, _, err := play(t, issue).Keys().Issue(t.Context(), "w", mark.WithSerial(1), provider.KeySpec{DisplayName: "k", Scopes: []string{"s"}})
	want(t, err, provider.Conflict, false)
	if got := theError(t, err).Message; got != "AB07: [redacted] exists, as does [redacted]" {
		t.Errorf("message is %q", got)
	}
}
