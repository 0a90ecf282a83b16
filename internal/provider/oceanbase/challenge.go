package oceanbase

import (
	"net/http"
	"strings"

	"github.com/icholy/digest"
)

// challengeIn is the first challenge to Digest that can be answered; nil where
// there is none. To protect the body as well (auth-int) is not possible, nor
// is it with the client of the vendor's examples.
func challengeIn(header http.Header) *digest.Challenge {
	for _, line := range header.Values("WWW-Authenticate") {
		for _, text := range challengesOf(line) {
			challenge, err := digest.ParseChallenge(text)
			if err != nil {
				continue
			}
			challenge.QOP = strings.FieldsFunc(strings.Join(challenge.QOP, ","), func(r rune) bool { return r == ',' || r == ' ' })
			plain := len(challenge.QOP) == 0 || challenge.SupportsQOP("auth")
			if challenge.Nonce != "" && plain && digest.CanDigest(challenge) {
				return challenge
			}
		}
	}
	return nil
}

// challengesOf takes one line of WWW-Authenticate apart, which may have several
// challenges (RFC 9110, section 11.6.1). The commas between them are the same
// as those between the parameters of one: a challenge begins where a word is
// not the name of a parameter, with an equals sign behind it.
func challengesOf(line string) []string {
	// offers have a scheme, and then what belongs to it.
	var offers [][]string
	for _, element := range elementsOf(line) {
		end := strings.IndexAny(element+" ", "= \t")
		word, rest := element[:end], strings.TrimLeft(element[end:], " \t")
		switch last := len(offers) - 1; {
		case rest == "":
			offers = append(offers, []string{word})
		case rest[0] != '=':
			offers = append(offers, []string{word, rest})
		case last >= 0:
			offers[last] = append(offers[last], element)
		}
	}
	var challenges []string
	for _, offer := range offers {
		challenges = append(challenges, offer[0]+" "+strings.Join(offer[1:], ", "))
	}
	return challenges
}

// elementsOf splits a line at its commas, but for those in quotes, and leaves
// empty elements out.
func elementsOf(line string) []string {
	var elements []string
	start, quoted, escaped := 0, false, false
	for i := range len(line) + 1 {
		switch {
		case i == len(line) || line[i] == ',' && !quoted:
			if element := strings.Trim(line[start:i], " \t"); element != "" {
				elements = append(elements, element)
			}
			start = i + 1
		case escaped:
			escaped = false
		case line[i] == '"':
			quoted = !quoted
		default:
			escaped = quoted && line[i] == '\\'
		}
	}
	return elements
}
