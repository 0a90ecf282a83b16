package rest

import (
	"strings"
	"unicode"
)

const (
	messageLimit   = 256
	codeLimit      = 48
	requestIDLimit = 128
	idLimit        = 256

	hidden = "[redacted]"
)

// Clean makes a vendor's text fit to be shown: characters that do not print
// become spaces, runs of spaces become one, and limit characters remain.
func Clean(text string, limit int) string {
	var clean strings.Builder
	written, space := 0, false
	for _, r := range text {
		if !unicode.IsPrint(r) || r == ' ' || r == unicode.ReplacementChar {
			space = written > 0
			continue
		}
		if space && written < limit {
			clean.WriteByte(' ')
			written++
		}
		space = false
		if written >= limit {
			break
		}
		clean.WriteRune(r)
		written++
	}
	return strings.TrimRight(clean.String(), " ")
}

// ValidID reports whether a vendor's identifier can be kept and sent back. Its
// form is the vendor's business; that it prints and has an end is ours.
func ValidID(id string) bool {
	return id != "" && len(id) <= idLimit && !climbs(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// scrub takes out of a message what must not be shown: the account's
// credential, values the answer itself named secret, addresses, and the
// request id, which differs from attempt to attempt.
func (c *Client) scrub(message, requestID string, secrets []string) string {
	for _, secret := range c.secrets {
		message = strings.ReplaceAll(message, secret.Reveal(), hidden)
	}
	for _, secret := range secrets {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, hidden)
		}
	}
	if requestID != "" {
		message = strings.ReplaceAll(message, requestID, "-")
	}
	words := strings.Fields(strings.ToValidUTF8(message, " "))
	for i, word := range words {
		if strings.Contains(word, "://") || strings.Contains(word, c.base.Host) {
			words[i] = "[address]"
		}
	}
	return Clean(strings.Join(words, " "), messageLimit)
}
