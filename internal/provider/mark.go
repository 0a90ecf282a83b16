package provider

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
)

// ownerLength is 80 bits in base32: nobody meets another owner by chance, and
// a key name still has room for people to read.
const ownerLength = 16

const (
	serialBase      = 36
	maxSerialLength = 6
)

// Mark ties a vendor's object to the one Kubernetes object it was made for.
// It is made from the object's UID, never from a name: whoever re-creates an
// object under the same name owns nothing of its predecessor's.
type Mark struct {
	owner string
	// Serial counts the keys issued for one owner, from 1. A workspace has 0.
	Serial int
}

// MarkFor is the mark of the object with this UID, with serial 0.
func MarkFor(uid string) Mark {
	sum := sha256.Sum256([]byte(uid))
	text := base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
	return Mark{owner: strings.ToLower(text[:ownerLength])}
}

// WithSerial is the same owner's mark with another serial.
func (m Mark) WithSerial(serial int) Mark {
	m.Serial = serial
	return m
}

// IsZero is true of no mark at all.
func (m Mark) IsZero() bool { return m.owner == "" }

// SameOwner reports whether both were made for one Kubernetes object.
func (m Mark) SameOwner(other Mark) bool {
	return !m.IsZero() && m.owner == other.owner
}

// Owner is the owner's part: 16 characters, digits and lower-case letters.
func (m Mark) Owner() string { return m.owner }

// String is the mark as it stands in a vendor's field: the owner alone, or
// owner-serial. Empty for no mark.
func (m Mark) String() string {
	if m.IsZero() || m.Serial == 0 {
		return m.owner
	}
	return m.owner + "-" + strconv.FormatInt(int64(m.Serial), serialBase)
}

// ParseOwner reads the owner's part alone, as written by [Mark.Owner].
func ParseOwner(text string) (Mark, bool) {
	if len(text) != ownerLength || strings.Trim(text, "0123456789abcdefghijklmnopqrstuv") != "" {
		return Mark{}, false
	}
	return Mark{owner: text}, true
}

// KeyName is a vendor's name for a key: the display name, shortened so that
// the whole has at most limit characters, a hyphen, and the mark. Characters
// that allowed refuses become hyphens; nil allows all.
func KeyName(display string, mark Mark, limit int, allowed func(rune) bool) string {
	suffix := "-" + mark.String()
	room := limit - len(suffix)
	readable := make([]rune, 0, len(display))
	for _, r := range display {
		if len(readable) == room {
			break
		}
		if allowed != nil && !allowed(r) {
			r = '-'
		}
		readable = append(readable, r)
	}
	return string(readable) + suffix
}

// ParseKeyName reads the mark at the end of a key's name. What stands before
// it is never looked at, so a tenant's display name cannot imitate a mark.
func ParseKeyName(name string) (Mark, bool) {
	rest, serialText, ok := cutLast(name)
	if !ok || serialText == "" || len(serialText) > maxSerialLength {
		return Mark{}, false
	}
	serial, err := strconv.ParseInt(serialText, serialBase, 32)
	if err != nil || serial < 1 || strconv.FormatInt(serial, serialBase) != serialText {
		return Mark{}, false
	}
	_, ownerText, ok := cutLast(rest)
	if !ok {
		return Mark{}, false
	}
	mark, ok := ParseOwner(ownerText)
	if !ok {
		return Mark{}, false
	}
	return mark.WithSerial(int(serial)), true
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, '-')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}
