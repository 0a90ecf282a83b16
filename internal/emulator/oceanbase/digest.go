package oceanbase

import (
	"crypto/md5" //nolint:gosec // the algorithm that RFC 7616 assumes where a challenge names none
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The values of Settings.DigestAlgorithm.
const (
	algorithmMD5    = "MD5"
	algorithmSHA256 = "SHA-256"
)

// qopAuth is the only quality of protection that challenges offer: the body is
// not protected.
const qopAuth = "auth"

// digest is an answer to a Digest challenge (RFC 7616, section 3.4).
type digest struct {
	username, realm, nonce, uri, response, algorithm, cnonce, opaque string
	// count is how often the nonce was used, as sent and as a number.
	countText string
	count     uint32
}

// readDigest reads what follows the scheme in an Authorization header. Every
// parameter must be there that answers one of the challenge's, algorithm
// excepted; those the RFC does not know are ignored.
func readDigest(text string) (digest, error) {
	params, err := authParams(text)
	if err != nil {
		return digest{}, err
	}
	for _, name := range []string{"username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce", "opaque"} {
		if params[name] == "" && name != "realm" {
			return digest{}, errors.New(name + " is required")
		}
	}
	if params["qop"] != qopAuth {
		return digest{}, errors.New("qop must be auth")
	}
	count, err := strconv.ParseUint(params["nc"], 16, 32)
	if err != nil || len(params["nc"]) != 8 {
		return digest{}, errors.New("nc must have eight hexadecimal digits")
	}
	algorithm, ok := params["algorithm"]
	if !ok {
		algorithm = algorithmMD5
	}
	return digest{
		username: params["username"], realm: params["realm"], nonce: params["nonce"], uri: params["uri"],
		response: params["response"], algorithm: algorithm, cnonce: params["cnonce"], opaque: params["opaque"],
		countText: params["nc"], count: uint32(count),
	}, nil
}

// isFor reports whether the answer was made for the target of a request, which
// clients see with the vendor's mount point and the vendor without.
func (d digest) isFor(r *wire.Request) bool {
	target, err := url.ParseRequestURI(d.uri)
	if err != nil {
		return false
	}
	query, err := url.ParseQuery(target.RawQuery)
	path := target.EscapedPath()
	return err == nil && query.Encode() == r.Query.Encode() && (path == r.Path || path == "/"+Name+r.Path)
}

// proves reports whether whoever made the answer knows the credential.
func (d digest) proves(algorithm, credential, method string) bool {
	id, secret, _ := strings.Cut(credential, ":")
	if id != d.username || !strings.EqualFold(d.algorithm, algorithm) {
		return false
	}
	hash := hashOf(algorithm)
	user := hash(d.username + ":" + d.realm + ":" + secret)
	target := hash(method + ":" + d.uri)
	return d.response == hash(strings.Join([]string{user, d.nonce, d.countText, d.cnonce, qopAuth, target}, ":"))
}

func hashOf(algorithm string) func(string) string {
	if algorithm == algorithmSHA256 {
		return func(text string) string {
			sum := sha256.Sum256([]byte(text))
			return hex.EncodeToString(sum[:])
		}
	}
	return func(text string) string {
		sum := md5.Sum([]byte(text)) //nolint:gosec // see the import
		return hex.EncodeToString(sum[:])
	}
}

// authParams reads a list of name=value. A value may be quoted or not,
// whatever its name: RFC 9110, section 11.2, has recipients accept both.
func authParams(text string) (map[string]string, error) {
	params := map[string]string{}
	for {
		text = strings.TrimLeft(text, " \t,")
		if text == "" {
			return params, nil
		}
		name, rest, _ := strings.Cut(text, "=")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		if !isToken(strings.TrimSuffix(name, "*")) {
			return nil, fmt.Errorf("%q is no parameter", name)
		}
		if _, dup := params[name]; dup {
			return nil, errors.New(name + " given twice")
		}
		value, rest, ok := authValue(strings.TrimLeft(rest, " \t"))
		text = strings.TrimLeft(rest, " \t")
		if !ok || (text != "" && text[0] != ',') {
			return nil, errors.New(name + " has no value that is a token or in quotes")
		}
		params[name] = value
	}
}

// authValue cuts a token or a quoted string, without its quotes, off the text.
func authValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, " \t,")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], isToken(text[:end])
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:], true
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

// isToken reports whether a text is a token of HTTP.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !isLetterOrDigit(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
