package slaunchx

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

const (
	// What no error and no printed value may show.
	jwtCanary  = "jwt-of-the-session"
	hashCanary = "hash-of-the-device"

	base     = "/prometheus/web/v1/workspaces/"
	allKeys  = base + "w/api-keys"
	oneKey   = allKeys + "/k"
	deletion = allKeys + "/delete"
)

var keyMark = provider.MarkFor("0b0e9f6a-4d5c-4a54-9d0c-6ed8e1f3a002").WithSerial(1)

// play opens a session on a script, and compares the headers of each request
// with the documented ones, one by one.
func play(t *testing.T, exchanges ...conformance.Exchange) provider.Session {
	t.Helper()
	return playIn(t, "", exchanges...)
}

// playIn is the same with messages in a language of the class's choice.
func playIn(t *testing.T, language string, exchanges ...conformance.Exchange) provider.Session {
	t.Helper()
	script := conformance.Play(t, exchanges...)
	account := script.Account(t, map[string]string{"token": jwtCanary, "clientHash": hashCanary})
	account.Endpoint += "/prometheus/"
	if language == "" {
		language = "en"
	} else {
		account.Settings = map[string]string{"acceptLanguage": language}
	}
	session, err := New().Open(account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i, header := range script.Headers() {
			if i < len(exchanges) {
				checkHeader(t, exchanges[i], language, header)
			}
		}
	})
	return session
}

func checkHeader(t *testing.T, expected conformance.Exchange, language string, header http.Header) {
	t.Helper()
	segment, _, _ := strings.Cut(strings.TrimPrefix(expected.URI, base), "/")
	workspaceID, err := url.PathUnescape(segment)
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Accept-Language": {language}, "X-Client-Hash": {hashCanary},
		"Authorization": {"Bearer " + jwtCanary}, "X-Workspace-Id": {workspaceID}, "User-Agent": {"workspace-operator"},
	}
	if expected.Body != "" {
		want.Set("Content-Length", strconv.Itoa(len(expected.Body)))
	}
	if expected.Body == "" && expected.Method == http.MethodPost {
		want.Set("Content-Length", "0")
	}
	header.Del("Accept-Encoding") // Go's own
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("%s %s does not have the documented headers (-want +got):\n%s", expected.Method, expected.URI, diff)
	}
}

func get(uri string, status int, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "GET", URI: uri, Status: status, Answer: answer}
}

func post(uri, body string, status int, answer string) conformance.Exchange {
	return conformance.Exchange{Method: "POST", URI: uri, Body: body, Status: status, Answer: answer}
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

// with is the text after some replacements, each of which must hit.
func with(t *testing.T, text string, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			t.Fatalf("the fixture has no %s to replace", oldNew[i])
		}
		text = strings.ReplaceAll(text, oldNew[i], oldNew[i+1])
	}
	return text
}

// success is an answer with these data, in the envelope of the newer version.
func success(data string) string {
	return `{"version":"2.0.0","timestamp":1709337600000,"success":true,"code":"2000","message":"SUCCESS","data":` + data + `}`
}

// refusal is an answer with the members a documented refusal has.
func refusal(code, message string) string {
	return fmt.Sprintf(`{"success":false,"code":%q,"message":%q}`, code, message)
}

// failure is the error of a call that has to fail. It checks what holds for
// every error.
func failure(t *testing.T, err error) *provider.Error {
	t.Helper()
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("got %v (%T), want a *provider.Error", err, err)
	}
	if e.Op == "" || e.Message == "" {
		t.Errorf("an error without words: %+v", *e)
	}
	hides(t, e.Error(), fmt.Sprintf("%+v %#v", *e, e))
	return e
}

// hides fails the test if a text holds what is secret, or an address.
func hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, canary := range []string{jwtCanary, hashCanary, "the-value", "127.0.0.1"} {
			if strings.Contains(text, canary) {
				t.Errorf("%s is shown by %s", canary, text)
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

// diff compares what drivers return.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b provider.Mark) bool { return a == b }))
}
