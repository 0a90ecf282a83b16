package ledger

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Bounds that the API sets, in characters.
const (
	maxIdentifier = 512
	maxMessage    = 1024
)

// digest is how many of the characters of a hash make a name. They are 100 bits.
const digest = 20

// earliest is the first year the API takes.
const earliest = 2000

// Entry is one thing that was given up. Kind, Namespace, Name, UID and Reason
// are required.
type Entry struct {
	// Kind is Workspace or ApiKey; it, Namespace, Name and UID say whose the
	// thing was.
	Kind, Namespace, Name string
	UID                   types.UID
	// Provider and ClassName say where it is. Without both nobody but a person
	// can tell when it is gone.
	Provider, ClassName string
	// CredentialOf is the UID of the Workspace whose own credential manages the
	// thing, at a vendor that gives each workspace one; else it is empty.
	CredentialOf types.UID
	// WorkspaceUUID is the vendor's id of the workspace a key is in, or of the
	// workspace itself.
	WorkspaceUUID string
	// VendorID and VendorName are what the vendor calls the thing, as far as
	// they are known.
	VendorID, VendorName string
	// Since is when it was last known to exist, or asked for. Without one, and
	// for what nobody can have known (before 2000, in the future), it is now.
	Since time.Time
	// Reason is one of the values of OrphanSpec.Reason.
	Reason string
	// Message tells a person what to do. What is over 1024 characters is cut.
	Message string
}

// orphan is the entry as it is written.
func (e Entry) orphan(namespace string, now time.Time) *v1alpha1.Orphan {
	if e.Since.Year() < earliest || e.Since.After(now) {
		e.Since = now
	}
	return &v1alpha1.Orphan{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: e.name()},
		Spec: v1alpha1.OrphanSpec{
			Provider: e.Provider, ClassName: e.ClassName, CredentialOf: e.CredentialOf,
			Object:        v1alpha1.OrphanedObject{Kind: e.Kind, Namespace: e.Namespace, Name: e.Name, UID: e.UID},
			WorkspaceUUID: exactly(e.WorkspaceUUID), ID: exactly(e.VendorID), Name: exactly(e.VendorName),
			Since: metav1.NewTime(e.Since.UTC().Truncate(time.Second)), Reason: e.Reason, Message: clean(e.Message, maxMessage),
		},
	}
}

// name is the same for the same thing, however often it is given up: a hash of
// the owner's UID and of the id at the vendor, or without one of the name there.
func (e Entry) name() string {
	known := "id\x00" + e.VendorID
	if e.VendorID == "" {
		known = "name\x00" + e.VendorName
	}
	sum := sha256.Sum256([]byte(string(e.UID) + "\x00" + known))
	text := base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
	return strings.ToLower(e.Kind + "-" + text[:digest])
}

// exactly is the vendor's text if it can be written down as it is, else
// nothing: by another spelling than the vendor's own, the thing would look as
// if it were gone.
func exactly(text string) string {
	if clean(text, maxIdentifier) != text {
		return ""
	}
	return text
}

// clean leaves out what does not print, control characters and direction
// overrides among it, and what is over the number of characters.
func clean(text string, most int) string {
	kept := make([]rune, 0, min(len(text), most))
	for _, r := range text {
		if len(kept) == most {
			break
		}
		if r != utf8.RuneError && unicode.IsPrint(r) {
			kept = append(kept, r)
		}
	}
	return string(kept)
}
