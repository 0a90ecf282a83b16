package rest

import (
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func TestEndpoints(t *testing.T) {
	good := map[string]string{
		"https://api.vendor.test":            "https://api.vendor.test",
		"https://api.vendor.test/":           "https://api.vendor.test",
		"https://api.vendor.test/v1///":      "https://api.vendor.test/v1",
		"http://127.0.0.1:8080/portkey":      "http://127.0.0.1:8080/portkey",
		"https://[::1]:8443/a%20b/":          "https://[::1]:8443/a%20b",
		"HTTPS://API.vendor.test/prometheus": "https://API.vendor.test/prometheus",
	}
	for text, want := range good {
		base, problem := parseEndpoint(text)
		if problem != "" || base.String() != want {
			t.Errorf("%q: got %v, problem %q; want %s", text, base, problem, want)
		}
	}
	bad := map[string]string{
		"":                             "the endpoint does not begin with https:// or http://",
		"api.vendor.test":              "the endpoint does not begin with https:// or http://",
		"ftp://vendor.test":            "the endpoint does not begin with https:// or http://",
		"file:///etc/passwd":           "the endpoint does not begin with https:// or http://",
		"https:vendor.test":            "the endpoint has no host name",
		"https://":                     "the endpoint has no host name",
		"https://:443/x":               "the endpoint has no host name",
		"https://u:p@vendor.test":      "the endpoint has a user name in it: credentials belong into the Secret",
		"https://vendor.test?x=1":      "the endpoint has a query or a fragment",
		"https://vendor.test?":         "the endpoint has a query or a fragment",
		"https://vendor.test#x":        "the endpoint has a query or a fragment",
		"https://vendor.test#":         "the endpoint has a query or a fragment",
		"https://vendor.test:port":     "the endpoint is not a URL",
		"https://vendor test":          "the endpoint is not a URL",
		"https://vendor.test/%zz":      "the endpoint is not a URL",
		"https://vendor.test/a/../b":   "the endpoint's path cannot be used",
		"https://vendor.test/%2e%2e/b": "the endpoint's path cannot be used",
		"https://vendor.test\r\nX: y/": "the endpoint is not a URL",
	}
	for text, want := range bad {
		a := account(t, text)
		_, err := NewClient(a, dialect())
		if e := failure(t, err); e.Class != provider.Invalid || e.Message != want || e.Op != "open account" {
			t.Errorf("%q: got %v, want Invalid, %q", text, e, want)
		}
	}
}

func TestAnAccountNeedsATransport(t *testing.T) {
	a := account(t, "https://vendor.test")
	a.Transport = nil
	if _, err := NewClient(a, dialect()); !provider.Is(err, provider.Invalid) {
		t.Errorf("got %v, want Invalid", err)
	}
}

func TestCredential(t *testing.T) {
	tests := map[string]struct{ value, problem string }{
		"good":            {"pk-ABC/+=.~1", ""},
		"missing":         {"", "the credential has no value for the key apiKey"},
		"trailing line":   {"pk-1\n", "the credential's value for the key apiKey begins or ends with a space or a line break"},
		"leading space":   {" pk-1", "the credential's value for the key apiKey begins or ends with a space or a line break"},
		"a line within":   {"pk\r\nX-Evil: 1", "the credential's value for the key apiKey has characters that no key has"},
		"a space within":  {"pk 1", "the credential's value for the key apiKey has characters that no key has"},
		"not ASCII":       {"pk-é", "the credential's value for the key apiKey has characters that no key has"},
		"delete":          {"pk-\x7f1", "the credential's value for the key apiKey has characters that no key has"},
		"not UTF-8":       {"pk-\xff1", "the credential's value for the key apiKey has characters that no key has"},
		"only line break": {"\n", "the credential's value for the key apiKey begins or ends with a space or a line break"},
	}
	for name, test := range tests {
		secret, err := Credential(provider.Account{Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(test.value)}}, "apiKey")
		if test.problem == "" {
			if err != nil || secret.Reveal() != test.value {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		e := failure(t, err)
		if e.Class != provider.Invalid || e.Message != test.problem {
			t.Errorf("%s: got %v, want Invalid, %q", name, e, test.problem)
		}
		if strings.TrimSpace(test.value) != "" && strings.Contains(e.Error(), strings.TrimSpace(test.value)) {
			t.Errorf("%s: the error shows the credential", name)
		}
	}
	if _, err := Credential(provider.Account{}, "apiKey"); !provider.Is(err, provider.Invalid) {
		t.Errorf("no credential at all: got %v, want Invalid", err)
	}
}
