package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a value that cannot be printed, logged or marshalled by accident:
// the only way out is [Secret.Reveal]. The bytes live in a closure because fmt
// walks into unexported fields. The zero Secret is empty.
type Secret struct {
	reveal func() string
}

// NewSecret wraps a value.
func NewSecret(value string) Secret {
	return Secret{reveal: func() string { return value }}
}

// Reveal gives the value.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsEmpty reports whether there is nothing to reveal.
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

// Format hides the value from every fmt verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String hides the value.
func (Secret) String() string { return redacted }

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the value.
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText hides the value.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Fingerprint tells two values of one owner apart without showing either.
func Fingerprint(owner string, value Secret) string {
	sum := sha256.Sum256([]byte(owner + "\x00" + value.Reveal()))
	return "sha256:" + hex.EncodeToString(sum[:8])
}
