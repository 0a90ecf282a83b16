package rest

import (
	"slices"
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

// secretLength is the shortest text without a space that may be a secret.
const secretLength = 20

// requestIDLength is the shortest request id that is taken out of a message: a
// shorter one would take letters out of its words.
const requestIDLength = 8

// couldBeSecret reports whether a piece of a vendor's message may be a value it
// should not have repeated: long, and with digits or without small letters, as
// no word and no documented error code is. An identifier goes with it; those
// are in the status anyway.
func couldBeSecret(piece string) bool {
	if isCode(piece) || len(piece) < secretLength {
		return false
	}
	return strings.ContainsAny(piece, "0123456789") || shouts(piece) ||
		// A value in capitals may have a prefix in small letters: sk_live_.
		slices.ContainsFunc(strings.Split(piece, "_"), func(part string) bool { return len(part) >= secretLength && shouts(part) })
}

// shouts reports whether a text is without small letters.
func shouts(text string) bool { return !strings.ContainsFunc(text, unicode.IsLower) }

// isCode reports whether a piece is words in capitals, joined by dots and
// underscores: an error code such as ACCESS.PERMISSION_DENIED.
func isCode(piece string) bool {
	words := strings.FieldsFunc(piece, func(r rune) bool { return r == '.' || r == '_' })
	return len(words) > 1 && !slices.ContainsFunc(words, func(word string) bool {
		return len(word) >= secretLength || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""
	})
}

// separates is what no generated value has in it.
func separates(r rune) bool { return strings.ContainsRune("\"'`()[]{}<>,;:?&", r) }

// conceal takes the account's credential out of a text, and the values that the
// answer itself named secret.
func (c *Client) conceal(text string, secrets []string) string {
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret.Reveal(), hidden)
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	return text
}

// scrub takes out of a message what must not be shown: the account's
// credential, values the answer itself named secret, addresses, and the
// request id, which differs from attempt to attempt.
func (c *Client) scrub(message, requestID string, secrets []string) string {
	message = c.conceal(message, secrets)
	if len(requestID) >= requestIDLength {
		message = strings.ReplaceAll(message, requestID, "-")
	}
	words := strings.Fields(strings.ToValidUTF8(message, " "))
	for i, word := range words {
		switch {
		case strings.Contains(word, "://") || strings.Contains(word, c.base.Host):
			words[i] = "[address]"
		case slices.ContainsFunc(strings.FieldsFunc(word, separates), couldBeSecret):
			words[i] = hidden
		}
	}
	return Clean(strings.Join(words, " "), messageLimit)
}
