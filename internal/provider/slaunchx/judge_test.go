package slaunchx

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// answering is a transport that gives this answer, and counts how often.
func answering(sent *int, status int, header http.Header, answer string) nowhere {
	return func(request *http.Request) (*http.Response, error) {
		*sent++
		return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(answer)), Request: request}, nil
	}
}

// pauses is a gate that lets everything pass and notes what it is told.
type pauses struct{ all []time.Duration }

func (*pauses) Take(context.Context) error { return nil }

func (p *pauses) Pause(d time.Duration) { p.all = append(p.all, d) }

const (
	// together is the hint of a 403 that is more often a mismatch than a refusal.
	together = "; the token, its client hash and the portal of the endpoint have to belong together"
	// webPage is what a 403 with one says.
	webPage = "the endpoint answers with status 403 and a web page: is it the address of the vendor's API?"
)

// Every refusal the vendor documents, in both generations of codes, and those
// that HTTP itself gives a meaning, as a read and as a change see it.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		status    int
		answer    string
		class     provider.Class
		uncertain bool // of a change
		message   string
	}{
		"invalid token":           {401, fixture(t, "apikey-create-unauthorized.json"), provider.Unauthorized, false, "4010: Invalid or expired token"},
		"not the owner":           {403, fixture(t, "apikey-create-forbidden.json"), provider.Forbidden, false, "4030: Only workspace owner can manage API keys"},
		"bad credentials":         {401, refusal("AUTH.INVALID_CREDENTIALS", "no"), provider.Unauthorized, false, "AUTH.INVALID_CREDENTIALS: no"},
		"permission denied":       {403, refusal("ACCESS.PERMISSION_DENIED", "no"), provider.Forbidden, false, "ACCESS.PERMISSION_DENIED: no"},
		"rate limited":            {429, refusal("REQUEST.RATE_LIMITED", "17 left"), provider.Throttled, false, "REQUEST.RATE_LIMITED: the vendor limits the rate of requests"},
		"conflict":                {409, refusal("REQUEST.CONFLICT", "exists"), provider.Conflict, false, "REQUEST.CONFLICT: exists"},
		"stale version":           {409, refusal("REQUEST.STALE_VERSION", "old"), provider.Conflict, false, "REQUEST.STALE_VERSION: old"},
		"invalid parameter":       {400, refusal("VALIDATION.INVALID_PARAMETER", "name"), provider.Invalid, false, "VALIDATION.INVALID_PARAMETER: name"},
		"invalid, another way":    {422, refusal("VALIDATION.INVALID_PARAMETER", "name"), provider.Invalid, false, "VALIDATION.INVALID_PARAMETER: name"},
		"internal error":          {500, refusal("SYSTEM.INTERNAL_ERROR", "pod 7"), provider.Transient, true, "SYSTEM.INTERNAL_ERROR: the vendor answers with status 500"},
		"no such key":             {404, refusal("4040", "API key not found"), provider.NotFound, false, "4040: API key not found"},
		"no such workspace":       {404, refusal("WORKSPACE.NOT_FOUND", "gone"), provider.NotFound, false, "WORKSPACE.NOT_FOUND: gone"},
		"no such key, no dots":    {404, refusal("API_KEY_NOT_FOUND", "gone"), provider.NotFound, false, "API_KEY_NOT_FOUND: gone"},
		"no such thing":           {404, refusal("4041", "gone"), provider.NotFound, false, "4041: gone"},
		"no such thing, a number": {404, `{"success":false,"code":40400,"message":"gone"}`, provider.NotFound, false, "40400: gone"},
		"no such key, newer":      {404, refusal("RESOURCE.NOT_FOUND", "gone"), provider.NotFound, false, "RESOURCE.NOT_FOUND: gone"},
		"a newer envelope":        {401, `{"version":"2.0.0","timestamp":1709337600000,"success":false,"code":"AUTH.X","message":"no","data":null}`, provider.Unauthorized, false, "AUTH.X: no"},
		"a code of the old HMAC":  {401, refusal("GA2001", "no"), provider.Unauthorized, false, "GA2001: no"},

		// The status alone.
		"401, no code":      {401, refusal("", "no"), provider.Unauthorized, false, "no"},
		"401 and nothing":   {401, ``, provider.Unauthorized, false, "the vendor answers with status 401 and says no more"},
		"400, no code":      {400, refusal("", "bad"), provider.Invalid, false, "bad"},
		"409, no code":      {409, `{}`, provider.Conflict, false, "the vendor answers with status 409 and says no more"},
		"429 and nothing":   {429, ``, provider.Throttled, false, "the vendor limits the rate of requests"},
		"502 and nothing":   {502, ``, provider.Transient, true, "the vendor answers with status 502"},
		"503":               {503, refusal("", "busy"), provider.Transient, true, "the vendor answers with status 503"},
		"408":               {408, ``, provider.Transient, true, "the vendor answers with status 408"},
		"another 4xx":       {418, refusal("X", "no"), provider.Transient, false, "X: the vendor answers with status 418"},
		"success as a lie":  {409, success(`{}`), provider.Conflict, false, "2000: SUCCESS"},
		"a list":            {400, `[]`, provider.Invalid, false, "the vendor answers with status 400 and says no more"},
		"a page of a proxy": {403, `<html>no</html>`, provider.Transient, false, webPage},

		// Status 404 may as well be a wrong address, unless envelope and code deny it.
		"404, no code":         {404, refusal("", "no"), provider.Transient, false, "the vendor answers with status 404"},
		"404, no envelope":     {404, `{"code":"4040","message":"no route"}`, provider.Transient, false, "4040: the vendor answers with status 404"},
		"404, said to succeed": {404, `{"success":true,"code":"RESOURCE.NOT_FOUND"}`, provider.Transient, false, "RESOURCE.NOT_FOUND: the vendor answers with status 404"},
		"404 of the session":   {404, refusal("AUTH.SESSION_NOT_FOUND", "no"), provider.Transient, false, "AUTH.SESSION_NOT_FOUND: the vendor answers with status 404"},
		"404, found otherwise": {404, refusal("NOT_FOUND.ROUTE", "no"), provider.Transient, false, "NOT_FOUND.ROUTE: the vendor answers with status 404"},
		"404, within a number": {404, refusal("1404", "no"), provider.Transient, false, "1404: the vendor answers with status 404"},
		"404 and nothing":      {404, ``, provider.Transient, false, "the vendor answers with status 404"},
		"404 of a gateway":     {404, `{"message":"no route matched"}`, provider.Transient, false, "the vendor answers with status 404"},
		"404, another code":    {404, refusal("4030", "no"), provider.Transient, false, "4030: the vendor answers with status 404"},
		"the code, not a 404":  {400, refusal("4040", "no"), provider.Invalid, false, "4040: no"},
		"the code, and broken": {500, refusal("RESOURCE.NOT_FOUND", "no"), provider.Transient, true, "RESOURCE.NOT_FOUND: the vendor answers with status 500"},

		// Status 403 without its code is more often a mismatch than a refusal.
		"403 and nothing":         {403, ``, provider.Unauthorized, false, "the vendor answers with status 403 and says no more" + together},
		"403 of the portal":       {403, refusal("", "Forbidden"), provider.Unauthorized, false, "Forbidden" + together},
		"403 of the session":      {403, refusal("AUTH.SESSION_MISMATCH", "no"), provider.Unauthorized, false, "AUTH.SESSION_MISMATCH: no" + together},
		"403, a code of a 401":    {403, refusal("4010", "no"), provider.Unauthorized, false, "4010: no" + together},
		"403, a code of a 404":    {403, refusal("4040", "no"), provider.Unauthorized, false, "4040: no" + together},
		"401, a code of a 403":    {401, refusal("4030", "no"), provider.Unauthorized, false, "4030: no"},
		"403, a code as a number": {403, `{"success":false,"code":4030,"message":"no"}`, provider.Forbidden, false, "4030: no"},

		// A failure with a status of success is what its code says, and
		// nothing was done.
		"200 that means 401":    {200, refusal("4010", "no"), provider.Unauthorized, false, "4010: no"},
		"200 that means 403":    {200, refusal("4030", "no"), provider.Forbidden, false, "4030: no"},
		"201 that means 404":    {201, refusal("4040", "no"), provider.NotFound, false, "4040: no"},
		"200 that means gone":   {200, refusal("APIKEY.NOT_FOUND", "no"), provider.NotFound, false, "APIKEY.NOT_FOUND: no"},
		"200 that throttles":    {200, refusal("REQUEST.RATE_LIMITED", ""), provider.Throttled, false, "REQUEST.RATE_LIMITED: the vendor limits the rate of requests"},
		"200 that conflicts":    {200, refusal("REQUEST.CONFLICT", "no"), provider.Conflict, false, "REQUEST.CONFLICT: no"},
		"200 that finds fault":  {200, refusal("VALIDATION.INVALID_PARAMETER", "no"), provider.Invalid, false, "VALIDATION.INVALID_PARAMETER: no"},
		"200 with any AUTH":     {200, refusal("AUTH.TOKEN_EXPIRED", "no"), provider.Unauthorized, false, "AUTH.TOKEN_EXPIRED: no"},
		"200 that is broken":    {200, refusal("SYSTEM.INTERNAL_ERROR", "no"), provider.Transient, false, "SYSTEM.INTERNAL_ERROR: the vendor answers with status 200"},
		"200, nobody knows why": {200, refusal("7777", "no"), provider.Transient, false, "7777: the vendor answers with status 200"},
		"a failure that is ok":  {200, refusal("2000", "SUCCESS"), provider.Transient, false, "2000: the vendor answers with status 200"},
		"not said to succeed":   {200, `{"code":"2000","message":"SUCCESS","data":{}}`, provider.Transient, true, "the answer does not have the documented form"},
		"said to be null":       {200, `{"success":null,"code":"2000"}`, provider.Transient, true, "the answer does not have the documented form"},
		"said in a word":        {200, `{"success":"true","code":"2000"}`, provider.Transient, true, "the answer does not have the documented form"},
		"nothing":               {200, ``, provider.Transient, true, "the answer does not have the documented form"},

		// Members of other types.
		"a message that is no text": {401, `{"success":false,"code":null,"message":{"en":"no"},"data":[1]}`, provider.Unauthorized, false, `{"en":"no"}`},
		"a code that is an object":  {403, `{"success":0,"code":{"a":"4030"},"message":"no","data":7}`, provider.Unauthorized, false, `{"a":"4030"}: no` + together},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := `{"name":"x-` + keyMark.String() + `","scopes":["a"]}`
			session := play(t, get(oneKey, test.status, test.answer), post(allKeys, body, test.status, test.answer))
			_, read := session.Keys().Get(t.Context(), "w", "k")
			_, value, changed := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "x", Scopes: []string{"a"}})
			want(t, read, test.class, false)
			want(t, changed, test.class, test.uncertain)
			if !value.IsEmpty() {
				t.Error("there is a value as well as an error")
			}
			for _, e := range []*provider.Error{failure(t, read), failure(t, changed)} {
				if !told(e.Message, test.message) || e.RetryAfter != 0 {
					t.Errorf("%s: got %q, wait %v; want %q", e.Op, e.Message, e.RetryAfter, test.message)
				}
			}
		})
	}
}

// told reports whether a message is the wanted one. The client may hide a long
// code in capitals, along with everything else that looks like a value.
func told(got, want string) bool {
	_, words, _ := strings.Cut(want, ": ")
	return got == want || got == "[redacted] "+words
}

// The code is what a person looks up, so it stands where it is not cut off.
func TestTheCodeComesBeforeTheWords(t *testing.T) {
	for _, code := range []string{
		"4010", "4030", "4040", "AUTH.INVALID_CREDENTIALS", "ACCESS.PERMISSION_DENIED", "RESOURCE.NOT_FOUND", "REQUEST.CONFLICT",
		"REQUEST.STALE_VERSION", "VALIDATION.INVALID_PARAMETER",
	} {
		got := judge(&rest.Answer{Status: 400, Body: []byte(refusal(code, "no"))})
		if got.Message != code+": no" {
			t.Errorf("the message is %q", got.Message)
		}
	}
}

// The codes of a success vary from page to page, and none of them counts.
func TestNoCodeMakesOrBreaksASuccess(t *testing.T) {
	for _, code := range []string{`"2000"`, `"2001"`, `"2002"`, `"2004"`, `"2006"`, `"2101"`, `"4040"`, `"SYSTEM.INTERNAL_ERROR"`, `null`, `2000`, `{}`} {
		for _, status := range []int{200, 201, 202} {
			session := play(t, get(base+"w", status, `{"success":true,"code":`+code+`,"data":{}}`))
			if got, err := session.Workspaces().Get(t.Context(), "w"); err != nil || got.ID != "w" {
				t.Errorf("%d %s: got %+v, %v", status, code, got, err)
			}
		}
	}
}

// The wait is in the header alone; without one it is up to the gate.
func TestThrottlingPausesTheAccount(t *testing.T) {
	for after, wait := range map[string]time.Duration{"7": 7 * time.Second, "": 0} {
		header := http.Header{}
		if after != "" {
			header.Set("Retry-After", after)
		}
		gate, sent := &pauses{}, 0
		account := good(t)
		account.Gate = gate
		account.Transport = answering(&sent, 429, header, refusal("REQUEST.RATE_LIMITED", "slow"))
		session, err := New().Open(account)
		if err != nil {
			t.Fatal(err)
		}
		e := want(t, session.Keys().Revoke(t.Context(), "w", "k"), provider.Throttled, false)
		if e.RetryAfter != wait || len(gate.all) != 1 || gate.all[0] < max(wait, time.Second) || sent != 1 {
			t.Errorf("Retry-After %q: wait %v, pauses %v, %d requests", after, e.RetryAfter, gate.all, sent)
		}
	}
}

// The name of the exchange is for logs, not for messages, where it would be
// another text each time.
func TestTheRequestIDComesFromTheHeader(t *testing.T) {
	for _, status := range []int{200, 401, 500} {
		sent := 0
		account := good(t)
		account.Transport = answering(&sent, status, http.Header{"X-Request-Id": {"req-0123456789"}}, refusal("4010", "no: req-0123456789"))
		session, err := New().Open(account)
		if err != nil {
			t.Fatal(err)
		}
		_, err = session.Workspaces().Get(t.Context(), "w")
		if e := failure(t, err); e.RequestID != "req-0123456789" || strings.Contains(e.Error(), "req-") {
			t.Errorf("status %d: request id %q, and %v", status, e.RequestID, e)
		}
	}
}

// A refusal that tells a key all the same does not tell it on, and is in doubt
// where the status is one of success.
func TestNoErrorShowsANewKey(t *testing.T) {
	for status, message := range map[int]string{
		201: "4000: the vendor answers with status 201",
		400: "4000: made [redacted], and then failed", 409: "4000: made [redacted], and then failed",
		403: "4000: made [redacted], and then failed" + together, 500: "4000: the vendor answers with status 500",
	} {
		answer := `{"success":false,"code":"4000","message":"made the-value, and then failed","data":{"apiKeyId":"k","secret":"the-value"}}`
		session := play(t, post(allKeys, `{"name":"x-`+keyMark.String()+`","scopes":["a"]}`, status, answer))
		_, _, err := session.Keys().Issue(t.Context(), "w", keyMark, provider.KeySpec{DisplayName: "x", Scopes: []string{"a"}})
		if e := failure(t, err); e.Message != message || e.Uncertain != (status == 201 || status == 500) {
			t.Errorf("status %d: the message is %q, uncertain %v; want %q", status, e.Message, e.Uncertain, message)
		}
	}
}

// FuzzDecodeEnvelope: whatever comes, success is said by status and envelope
// both, and "gone" and "refused" by a code.
func FuzzDecodeEnvelope(f *testing.F) {
	for _, status := range []int{200, 201, 204, 400, 401, 403, 404, 429, 500} {
		f.Add(status, []byte(refusal("4030", "no")))
		f.Add(status, []byte(refusal("RESOURCE.NOT_FOUND", "no")))
		f.Add(status, []byte(success(`{"secret":"s"}`)))
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
			Code    rest.Text
		}
		_ = json.Unmarshal(data, &said)
		accepted := status >= 200 && status <= 299
		switch {
		case failure == nil && !accepted, failure == nil && status != 204 && said.Success != true:
			t.Errorf("status %d, %s is taken for a success", status, data)
		case failure == nil:
		case !slices.Contains(classes, failure.Class) || failure.Message == "":
			t.Errorf("status %d, %s has class %q, message %q", status, data, failure.Class, failure.Message)
		case failure.Class == provider.NotFound && (status != 404 && !accepted || said.Success != false || !speaksOfNotFound(said.Code)):
			t.Errorf("status %d, %s is taken for %q", status, data, failure.Class)
		case failure.Class == provider.Forbidden && (status != 403 && !accepted || said.Code != "4030" && said.Code != "ACCESS.PERMISSION_DENIED"):
			t.Errorf("status %d, %s is taken for %q", status, data, failure.Class)
		}
	})
}

func speaksOfNotFound(code rest.Text) bool {
	return strings.HasPrefix(string(code), "404") || strings.HasSuffix(string(code), "NOT_FOUND")
}
