package oceanbase

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The values of Settings.Auth.
const (
	authBasic  = "basic"
	authDigest = "digest"
	authBoth   = "both"
)

// authenticate returns the credential that a request proves to have.
func (v *Vendor) authenticate(r *wire.Request) (string, error) {
	header, _ := r.Credential("Authorization")
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Basic") && v.settings.Auth != authDigest:
		if credential, ok := v.basic(strings.TrimLeft(rest, " ")); ok {
			return credential, nil
		}
	case strings.EqualFold(scheme, "Digest") && v.settings.Auth != authBasic:
		return v.digest(r, rest)
	}
	return "", v.challenge(r.Now, false)
}

func (v *Vendor) basic(encoded string) (string, bool) {
	credential, err := base64.StdEncoding.Strict().DecodeString(encoded)
	return string(credential), err == nil && slices.Contains(v.state.AccessKeys, string(credential))
}

// digest checks an answer to a Digest challenge. Only who knows the secret is
// told that a nonce is stale, as the standard wants it.
func (v *Vendor) digest(r *wire.Request, text string) (string, error) {
	d, err := readDigest(text)
	if err != nil {
		return "", badAuthorization(err.Error())
	}
	if !d.isFor(r) {
		return "", badAuthorization("uri is not that of the request")
	}
	i := slices.IndexFunc(v.state.AccessKeys, func(credential string) bool {
		return d.realm == v.settings.Realm && d.proves(v.settings.DigestAlgorithm, credential, r.Method)
	})
	if i < 0 {
		return "", v.challenge(r.Now, false)
	}
	lifetime := time.Duration(v.settings.NonceLifetimeSeconds) * time.Second
	if d.opaque != v.opaque || !v.nonces.use(d.nonce, d.count, lifetime, r.Now) {
		return "", v.challenge(r.Now, true)
	}
	return v.state.AccessKeys[i], nil
}

// badAuthorization refuses an Authorization header that nobody could answer a
// challenge with. The standard wants a 4xx status for it.
func badAuthorization(message string) problem {
	return problem{status: http.StatusBadRequest, message: "header Authorization: " + message}
}

// challenge refuses a request that proves nothing and says how to. Where there
// is a choice the stronger scheme comes first.
func (v *Vendor) challenge(now time.Time, stale bool) problem {
	p := problem{status: http.StatusUnauthorized, message: "authentication failed"}
	if v.settings.Auth != authBasic {
		nonce := v.random.Hex(16)
		v.nonces.give(nonce, now)
		challenge := fmt.Sprintf(`Digest realm="%s", qop="auth", algorithm=%s, nonce="%s", opaque="%s"`,
			v.settings.Realm, v.settings.DigestAlgorithm, nonce, v.opaque)
		if stale {
			challenge += ", stale=true"
		}
		p.challenges = append(p.challenges, challenge)
	}
	if v.settings.Auth != authDigest {
		p.challenges = append(p.challenges, fmt.Sprintf(`Basic realm="%s"`, v.settings.Realm))
	}
	if v.settings.FoldChallenges {
		p.challenges = []string{strings.Join(p.challenges, ", ")}
	}
	return p
}
