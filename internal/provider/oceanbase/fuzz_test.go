package oceanbase

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/icholy/digest"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// FuzzDecodeList checks that no page, whatever is in it, is taken for a list
// with a key that cannot be addressed, or for the last one although it is full
// and no count says so.
func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(fixture(f, "key-list-response.json")))
	f.Add([]byte(`{"data":{"list":[]},"success":true}`))
	f.Add([]byte(`{"data":{"list":null,"total":"0"},"success":true}`))
	f.Add([]byte(`{"data":{"list":[{"id":"\u0000"},null,{"id":"a","name":7}],"total":1e9},"totalCount":"-1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer page
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		reader := reader{seen: map[string]bool{}}
		fresh, problem := reader.take(answer)
		if problem != "" {
			if fresh != nil || reader.done {
				t.Errorf("%q: keys or an end as well as a problem", data)
			}
			return
		}
		shown, total := len(answer.Data.List), answer.total()
		unsure := shown == clampedSize && (!total.Known || total.Value != float64(len(fresh)))
		if !answer.hasList() || len(fresh) > pageSize || reader.done && unsure {
			t.Errorf("%q was taken for a page", data)
		}
		for _, item := range fresh {
			if seen := item.observed(); !rest.ValidID(seen.ID) || !seen.Mark.IsZero() && !strings.HasSuffix(seen.Name, "-"+seen.Mark.String()) {
				t.Errorf("the key %+v was let through", seen)
			}
		}
	})
}

// FuzzDecodeIssued checks that whatever is accepted has a value, for the key
// that was asked for.
func FuzzDecodeIssued(f *testing.F) {
	f.Add([]byte(fixture(f, "key-create-response.json")))
	f.Add([]byte(`{"data":{"apiKey":"sk_1","name":null,"createdAt":1e400}}`))
	f.Add([]byte(`{"data":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer issued
		if json.Unmarshal(data, &answer) != nil {
			return
		}
		const name = "my-api-key"
		if answer.complete(name) && (answer.Data.Value == "" || answer.Data.Name != "" && answer.Data.Name != name) {
			t.Errorf("%q was accepted", data)
		}
	})
}

// FuzzDecodeEnvelope checks that nothing is a success that is not said to be
// one twice, and that every failure has a class and words.
func FuzzDecodeEnvelope(f *testing.F) {
	f.Add(400, []byte(fixture(f, "refusal.json")))
	f.Add(200, []byte(fixture(f, "key-delete-response.json")))
	f.Add(200, []byte(`{"success":false,"error":[],"data":7}`))
	f.Add(500, []byte(`{"success":true,"errorCode":"INVALID_PARAMETER"}`))
	f.Fuzz(func(t *testing.T, status int, data []byte) {
		failure := (&signer{basic: true}).judge(&rest.Answer{Status: status, Body: data})
		switch {
		case failure == nil && (status < 200 || status > 299):
			t.Errorf("status %d is a success", status)
		case failure == nil && !strings.Contains(strings.ToLower(string(data)), "true") && !strings.Contains(string(data), `\`):
			t.Errorf("%q is a success", data)
		case failure != nil && (failure.Class == "" || failure.Message == "" || failure.Class == provider.NotFound):
			t.Errorf("%d %q: %+v", status, data, failure)
		}
	})
}

// FuzzDecodeChallenge checks that whatever is kept of a challenge can be
// answered, in one line that a header can have.
func FuzzDecodeChallenge(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth, auth-int", algorithm=SHA-256, opaque="o", stale=true`)
	f.Add(`Digest nonce="a\"b`)
	f.Add(`Basic realm="r"`)
	f.Add(`Basic realm="a, Digest b", Digest realm="r", nonce="n", Digest , nonce = "m"`)
	f.Fuzz(func(t *testing.T, text string) {
		header := http.Header{"Www-Authenticate": {text}}
		signer := &signer{id: ak, secret: provider.NewSecret(sk)}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api-cloud.oceanbase.com/x?a=b", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		again := signer.challenged(request, &rest.Answer{Status: http.StatusUnauthorized, Header: header})
		signer.sign(request)
		sent := request.Header.Get("Authorization")
		if again != (sent != "") || again != (challengeIn(header) != nil) {
			t.Errorf("%q: worth another try %v, answered with %q", text, again, sent)
		}
		if strings.ContainsFunc(sent, unicode.IsControl) || strings.Contains(sent, sk) {
			t.Errorf("%q is answered with %q", text, sent)
		}
		if again && !digest.IsDigest(sent) {
			t.Errorf("%q is answered in another scheme: %q", text, sent)
		}
	})
}
