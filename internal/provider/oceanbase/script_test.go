package oceanbase

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

const (
	ak = "ak-of-the-account"
	// sk is what no error and no printed value may show.
	sk = "sk-of-the-account"

	organization = "org-xxxxxxxx"
	project      = "proj-xxxxxxxx"

	path      = "/api/v2/maas/apikeys"
	firstPage = path + "?pageNumber=1&pageSize=100"
	onePage   = path + "?pageNumber=1&pageSize=1"
	oneKey    = path + "?id=ak-1"
)

var keyMark = provider.MarkFor("6f2c1d1e-0b7a-4a41-9a3e-5f6f0a1b2c3d").WithSerial(1)

// basic is the credential of the account in the documented scheme.
func basic() string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(ak+":"+sk)) }

// play opens a session on a script with no more settings than it needs.
func play(t *testing.T, exchanges ...conformance.Exchange) provider.Session {
	t.Helper()
	return playWith(t, nil, exchanges...)
}

// playWith opens a session with more settings, and compares the headers of
// each request with the documented ones, one by one.
func playWith(t *testing.T, settings map[string]string, exchanges ...conformance.Exchange) provider.Session {
	t.Helper()
	script := conformance.Play(t, exchanges...)
	account := script.Account(t, map[string]string{"accessKeyID": ak, "accessKeySecret": sk})
	account.Settings = map[string]string{"organizationID": organization}
	maps.Copy(account.Settings, settings)
	session := open(t, account)
	t.Cleanup(func() {
		for i, header := range script.Headers() {
			if i < len(exchanges) {
				checkHeader(t, exchanges[i], settings["product"], header)
			}
		}
	})
	return session
}

func open(t *testing.T, account provider.Account) provider.Session {
	t.Helper()
	session, err := New().Open(account)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func checkHeader(t *testing.T, expected conformance.Exchange, product string, header http.Header) {
	t.Helper()
	want := http.Header{
		"Accept": {"application/json"}, "Authorization": {basic()}, "User-Agent": {"workspace-operator"},
		"X-Ob-Org-Id": {organization}, "X-Ob-Project-Id": {project},
	}
	if product != "" {
		want["X-Ob-Product"] = []string{product}
	}
	if expected.Body != "" {
		want.Set("Content-Type", "application/json")
		want.Set("Content-Length", strconv.Itoa(len(expected.Body)))
	}
	header.Del("Accept-Encoding") // Go's own
	if diff := gocmp.Diff(want, header); diff != "" {
		t.Errorf("%s %s does not have the documented headers (-want +got):\n%s", expected.Method, expected.URI, diff)
	}
}

func get(uri string, status int, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "GET", URI: uri, Status: status, Answer: answer}
}

func post(body string, status int, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "POST", URI: path, Body: body, Status: status, Answer: answer}
}

func remove(status int, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "DELETE", URI: oneKey, Status: status, Answer: answer}
}

// dropped is the same request, taken and never answered.
func dropped(exchange conformance.Exchange) conformance.Exchange {
	exchange.Drop = true
	return exchange
}

// fixture is a file of testdata, without the line break at its end.
func fixture(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(data), "\n")
}

// success is an answer with these data.
func success(data string) string {
	return `{"data":` + data + `,"requestId":"req-1","server":"10.0.0.1:8080","success":true}`
}

// listed is a page with these keys.
func listed(items ...string) string {
	return success(`{"list":[` + strings.Join(items, ",") + `]}`)
}

// refusal is an answer in the shape of the page "Using the Open API".
func refusal(code, message string) string {
	return fmt.Sprintf(`{"success":false,"errorCode":%q,"errorMessage":%q,"requestId":"req-1"}`, code, message)
}

// failure is the error of a call that has to fail. It checks what holds for
// every error.
func failure(t *testing.T, err error) *provider.Error {
	t.Helper()
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	if e.Op == "" || e.Message == "" || e.Class == "" {
		t.Errorf("an error without words: %+v", *e)
	}
	hides(t, e.Error(), fmt.Sprintf("%+v %#v", *e, e))
	return e
}

// hides fails the test if a text holds what is secret, or an address.
func hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, secret := range []string{sk, strings.TrimPrefix(basic(), "Basic "), "sk_canary", "127.0.0.1"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q shows %q", text, secret)
			}
		}
	}
}

// want fails the test unless the error has this class and certainty.
func want(t *testing.T, err error, class provider.Class, uncertain bool) *provider.Error {
	t.Helper()
	e := failure(t, err)
	if e.Class != class || e.Uncertain != uncertain {
		t.Errorf("got class %s, uncertain %v (%v); want class %s, uncertain %v", e.Class, e.Uncertain, e, class, uncertain)
	}
	return e
}

// wants is want for a table in which no class means success.
func wants(t *testing.T, err error, class provider.Class, uncertain bool) {
	t.Helper()
	if class != "" {
		want(t, err, class, uncertain)
		return
	}
	if err != nil {
		t.Errorf("got %v, want success", err)
	}
}

// all reads a list to its end, or to its error, after which nothing may come.
func all(t *testing.T, session provider.Session) ([]provider.Key, error) {
	t.Helper()
	var found []provider.Key
	var failed error
	for item, err := range session.Keys().List(t.Context(), project) {
		if failed != nil {
			t.Fatal("the list goes on after an error")
		}
		if failed = err; err == nil {
			found = append(found, item)
		}
	}
	return found, failed
}

// diff compares what drivers return.
func diff(want, got any) string {
	return gocmp.Diff(want, got, gocmp.Comparer(func(a, b provider.Mark) bool { return a == b }))
}
