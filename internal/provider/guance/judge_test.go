package guance

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// Every refusal the vendor documents, and those that HTTP itself gives a
// meaning, as a read and as a change see it.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status    int
		answer    string
		class     provider.Class
		uncertain bool // of a change
		wait      time.Duration
		message   string
	}{
		"key throttled":                {401, refusal(401, "ft.TriggerApiAkCurrentLimiting", "slow"), provider.Throttled, false, time.Minute, "ft.TriggerApiAkCurrentLimiting: the vendor limits the rate of requests"},
		"workspace throttled":          {401, refusal(401, "ft.TriggerApiWorkspaceCurrentLimiting", ""), provider.Throttled, false, time.Minute, "ft.TriggerApiWorkspaceCurrentLimiting: the vendor limits the rate of requests"},
		"throttled, without prefix":    {401, refusal(401, "TriggerApiAkCurrentLimiting", ""), provider.Throttled, false, time.Minute, "TriggerApiAkCurrentLimiting: the vendor limits the rate of requests"},
		"throttled, other letters":     {401, refusal(401, "FT.TRIGGERAPIWORKSPACECURRENTLIMITING", ""), provider.Throttled, false, time.Minute, "[redacted] the vendor limits the rate of requests"},
		"throttled, by status":         {429, refusal(429, "", ""), provider.Throttled, false, time.Minute, "the vendor limits the rate of requests"},
		"401 without a code":           {401, refusal(401, "", "no"), provider.Unauthorized, false, 0, "no"},
		"401 with another code":        {401, refusal(401, "ft.TriggerSomething", "no"), provider.Unauthorized, false, 0, "ft.TriggerSomething: no"},
		"401 and nothing":              {401, ``, provider.Unauthorized, false, 0, "the vendor answers with status 401 and says no more"},
		"invalid key":                  {403, refusal(403, "ft.InvalidAPIKey", "Invalid API Key"), provider.Unauthorized, false, 0, "ft.InvalidAPIKey: Invalid API Key"},
		"invalid key, older page":      {403, refusal(403, "InvalidApiKey", ""), provider.Unauthorized, false, 0, "InvalidApiKey: the vendor answers with status 403 and says no more"},
		"403 without a code":           {403, refusal(403, "", "no access to the data"), provider.Forbidden, false, 0, "no access to the data"},
		"403 with another code":        {403, refusal(403, "ft.InvalidAPIKeyRole", "no"), provider.Forbidden, false, 0, "ft.InvalidAPIKeyRole: no"},
		"no such object":               {404, refusal(404, "", "not found"), provider.NotFound, false, 0, "not found"},
		"404 that is not the vendor's": {404, `{"message":"no route matched"}`, provider.Transient, false, 0, "the vendor answers with status 404"},
		"no such route":                {400, refusal(400, "RouterNotFound", "no route"), provider.Invalid, false, 0, "RouterNotFound: no route"},
		"bad request":                  {400, refusal(400, "", "desc: null"), provider.Invalid, false, 0, "desc: null"},
		"conflict":                     {409, refusal(409, "", "exists"), provider.Conflict, false, 0, "exists"},
		"unprocessable":                {422, refusal(422, "", "too long"), provider.Invalid, false, 0, "too long"},
		"request timeout":              {408, refusal(408, "", ""), provider.Transient, true, 0, "the vendor answers with status 408"},
		"another 4xx":                  {418, refusal(418, "", ""), provider.Transient, false, 0, "the vendor answers with status 418"},
		"internal error":               {503, refusal(503, "InternalError", "pod 7 is down"), provider.Transient, true, 0, "InternalError: the vendor answers with status 503"},
		"any other error":              {500, refusal(500, "", "unknown"), provider.Transient, true, 0, "the vendor answers with status 500"},
		"502 and nothing":              {502, ``, provider.Transient, true, 0, "the vendor answers with status 502"},
		"another success":              {202, success(`{}`), provider.Transient, true, 0, "the vendor answers with status 202"},
		"no content":                   {204, ``, provider.Transient, true, 0, "the vendor answers with status 204"},
		"failed success":               {200, refusal(200, "ft.X", "no"), provider.Transient, true, 0, "ft.X: the vendor answers with status 200"},
		"200 that means 400":           {200, refusal(400, "", "bad"), provider.Invalid, true, 0, "bad"},
		"200 that throttles":           {200, refusal(401, "ft.TriggerApiAkCurrentLimiting", ""), provider.Throttled, true, time.Minute, "ft.TriggerApiAkCurrentLimiting: the vendor limits the rate of requests"},
		"a message that is no text":    {403, `{"code":403,"errorCode":null,"message":{"en":"no"},"success":false,"traceId":7}`, provider.Forbidden, false, 0, `{"en":"no"}`},
		"a code that is a number":      {403, `{"code":"403","errorCode":17,"message":"no","success":"false"}`, provider.Forbidden, false, 0, "17: no"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			session := script(t, get(pathGet, test.answer).as(test.status), post(pathAdd, `{"name":"x-`+keyMark.String()+`"}`, test.answer).as(test.status))
			read := session.Check(t.Context())
			_, _, changed := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "x"})
			want(t, read, test.class, false)
			want(t, changed, test.class, test.uncertain)
			for _, e := range []*provider.Error{failure(t, read), failure(t, changed)} {
				if e.RetryAfter != test.wait || e.Message != test.message {
					t.Errorf("%s: got wait %v, message %q; want %v, %q", e.Op, e.RetryAfter, e.Message, test.wait, test.message)
				}
			}
		})
	}
}

func TestTheVendorsOwnWordOnWaitingComesFirst(t *testing.T) {
	gate := &pauses{}
	a := account(t, "http://vendor.test")
	a.Gate = gate
	a.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 401, Header: http.Header{"Retry-After": {"7"}}, Body: body(refusal(401, "ft.TriggerApiAkCurrentLimiting", "")), Request: r}, nil
	})
	session, err := New().Open(a)
	if err != nil {
		t.Fatal(err)
	}
	e := want(t, session.Check(t.Context()), provider.Throttled, false)
	if e.RetryAfter != 7*time.Second || !slices.Equal(gate.all, []time.Duration{7 * time.Second}) {
		t.Errorf("wait %v, pauses of the account %v; want 7 s for both", e.RetryAfter, gate.all)
	}
}

func TestTheCodeIsTheCause(t *testing.T) {
	err := script(t, get(pathGet, refusal(403, "ft.InvalidAPIKey", "")).as(403)).Check(t.Context())
	if !errors.Is(err, errInvalidKey) || errors.Is(err, errKeyThrottled) {
		t.Errorf("%v does not have its code, and only its code, for a cause", err)
	}
	if got := errInvalidKey.Error(); got != "the vendor's error code is invalidapikey" {
		t.Errorf("the cause says %q", got)
	}
}

// FuzzDecodeEnvelope: whatever comes, success is said by status and envelope both, and
// "gone" by both as well.
func FuzzDecodeEnvelope(f *testing.F) {
	for _, status := range []int{200, 202, 400, 401, 403, 404, 429, 500} {
		f.Add(status, []byte(refusal(status, "ft.InvalidAPIKey", "no")))
		f.Add(status, []byte(success(`{}`)))
		f.Add(status, []byte(``))
	}
	classes := []provider.Class{
		provider.Transient, provider.Throttled, provider.Conflict, provider.NotFound,
		provider.Unauthorized, provider.Forbidden, provider.Invalid,
	}
	f.Fuzz(func(t *testing.T, status int, data []byte) {
		failure := judge(&rest.Answer{Status: status, Body: data})
		var said struct {
			Success any
			Code    any
		}
		_ = json.Unmarshal(data, &said)
		switch {
		case failure == nil && (status != 200 || said.Success != true && said.Success != "true"):
			t.Errorf("status %d, %s is taken for a success", status, data)
		case failure == nil:
		case !slices.Contains(classes, failure.Class):
			t.Errorf("status %d, %s has class %q", status, data, failure.Class)
		case failure.Class == provider.NotFound && status != 404 && status != 200:
			t.Errorf("status %d, %s is taken for %q", status, data, failure.Class)
		case (failure.Class == provider.Throttled) != (failure.RetryAfter > 0):
			t.Errorf("status %d, %s is %s with a wait of %v", status, data, failure.Class, failure.RetryAfter)
		}
	})
}
