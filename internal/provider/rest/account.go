package rest

import (
	"net/url"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const opOpen = "open account"

// parseEndpoint gives the base URL without its trailing slashes, or says what
// is wrong with it.
func parseEndpoint(text string) (base *url.URL, problem string) {
	base, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, "the endpoint is not a URL"
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, "the endpoint does not begin with https:// or http://"
	case base.Hostname() == "":
		return nil, "the endpoint has no host name"
	case base.User != nil:
		return nil, "the endpoint has a user name in it: credentials belong into the Secret"
	case base.RawQuery != "" || base.ForceQuery || strings.Contains(text, "#"):
		return nil, "the endpoint has a query or a fragment"
	}
	trimmed := strings.TrimRight(base.EscapedPath(), "/")
	path, err := url.PathUnescape(trimmed)
	if err != nil || climbs(path) {
		return nil, "the endpoint's path cannot be used"
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path, RawPath: trimmed}, ""
}

// Credential gives the value the account holds under the key, as it can stand
// in a header. Its error is of class Invalid.
func Credential(account provider.Account, key string) (provider.Secret, error) {
	secret := account.Credential[key]
	value := secret.Reveal()
	switch {
	case value == "":
		return secret, invalidAccount("the credential has no value for the key " + key)
	case strings.TrimSpace(value) != value:
		return secret, invalidAccount("the credential's value for the key " + key + " begins or ends with a space or a line break")
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
		return secret, invalidAccount("the credential's value for the key " + key + " has characters that no key has")
	}
	return secret, nil
}

func invalidAccount(message string) *provider.Error {
	return Invalid(opOpen, message)
}
