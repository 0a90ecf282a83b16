package oceanbase

import (
	"net/http"
	"strings"
	"sync"

	"github.com/icholy/digest"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// signer proves who we are. The pages of the AI service show Basic, the others
// of the vendor's show Digest: so Basic is sent until the vendor challenges it
// to Digest, and never where the class says Digest. A challenge is remembered,
// so that one refused request is the price for a session and not for a call.
type signer struct {
	id     string
	secret provider.Secret
	// basic allows the secret itself to be sent.
	basic bool

	mu sync.Mutex
	// challenge is the vendor's latest; nil where there was none.
	challenge *digest.Challenge
	// count is how often it was answered.
	count int
}

func newSigner(account provider.Account) (*signer, error) {
	id, err := rest.Credential(account, accessKeyID)
	if err != nil {
		return nil, err
	}
	secret, err := rest.Credential(account, accessKeySecret)
	if err != nil {
		return nil, err
	}
	auth := account.Settings[settingAuth]
	switch {
	case strings.Contains(id.Reveal(), ":"):
		// In both schemes the colon ends the name of the user.
		return nil, rest.Invalid(opOpen, "the credential's value for the key "+accessKeyID+" has a colon in it")
	case auth != "" && auth != authBasic && auth != authDigest:
		return nil, rest.Invalid(opOpen, settingAuth+" is neither "+authBasic+" nor "+authDigest)
	}
	return &signer{id: id.Reveal(), secret: secret, basic: auth != authDigest}, nil
}

// sign is [rest.Dialect] Sign. Without a challenge to answer, and without
// leave to send the secret, the request goes out bare and fetches one.
func (s *signer) sign(request *http.Request) {
	challenge, count := s.next()
	switch {
	case challenge != nil:
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: request.Method, URI: request.URL.RequestURI(), Count: count, Username: s.id, Password: s.secret.Reveal(),
		})
		if err == nil { // any other challenge was not kept
			request.Header.Set("Authorization", credentials.String())
		}
	case s.basic:
		request.SetBasicAuth(s.id, s.secret.Reveal())
	}
}

// next is the challenge to answer, and for which time.
func (s *signer) next() (*digest.Challenge, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return s.challenge, s.count
}

// challenged is [rest.Dialect] Challenged. A fresh nonce, or the word that the
// old one is stale, asks for another answer. The same nonce again refuses the
// answer that was given: another would be refused as well.
func (s *signer) challenged(request *http.Request, answer *rest.Answer) bool {
	offered := challengeIn(answer.Header)
	s.mu.Lock()
	defer s.mu.Unlock()
	if offered == nil {
		// Whatever scheme this vendor had, the next call finds out anew.
		s.challenge = nil
		return false
	}
	if s.challenge == nil || s.challenge.Nonce != offered.Nonce {
		s.challenge, s.count = offered, 0
	}
	sent, err := digest.ParseCredentials(request.Header.Get("Authorization"))
	return err != nil || offered.Stale || sent.Nonce != offered.Nonce
}
