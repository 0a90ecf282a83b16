// Package chance is where the emulated vendors take their ids and secrets from.
package chance

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
)

// Source gives what nobody can guess. The zero value is the system's; one made of
// a reader gives the same each time the reader does. It is as safe for concurrent
// use as its reader.
type Source struct{ reader io.Reader }

// From takes everything from the reader, which must never fail or end; nil is the
// system's source.
func From(reader io.Reader) Source { return Source{reader: reader} }

// Hex gives n bytes in hexadecimal digits.
func (s Source) Hex(n int) string { return hex.EncodeToString(s.bytes(n)) }

// Text gives 26 letters and digits, which are 130 bits.
func (s Source) Text() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.bytes(17))[:26]
}

// UUID gives a UUID of version 4.
func (s Source) UUID() string {
	h := s.Hex(16)
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:])
}

func (s Source) bytes(n int) []byte {
	b := make([]byte, n)
	if s.reader == nil {
		_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
		return b
	}
	if _, err := io.ReadFull(s.reader, b); err != nil {
		panic(fmt.Sprintf("the source of ids has ended: %v", err))
	}
	return b
}
