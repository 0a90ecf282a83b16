package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Record is what is remembered of a workspace's fields from pass to pass. It
// tells an edit of the spec from a change at the vendor, and either from a vendor
// that writes down what it is told in a form of its own.
type Record struct {
	// Applied has, by field, the fingerprint of what the spec said when the vendor
	// was last told, or was found to have it.
	Applied map[string]string
	// Kept has, of these, the fingerprint of what the vendor showed instead.
	Kept map[string]string
}

// Look is a workspace as the vendor showed it, beside what it should be.
type Look struct {
	Spec provider.WorkspaceSpec
	Seen provider.Workspace
	Can  provider.WorkspaceCapabilities
	// Defaulted are the fields in which the spec has a value that the object
	// itself does not name. One that cannot be changed was for the creation.
	Defaulted []string
	// Edited: a field of which nothing is remembered may have been edited since
	// the workspace was made, or was never the object's to choose.
	Edited bool
	// Asked: a person wants to know, so that the vendor is told again what it did
	// not take.
	Asked bool
}

// Compare says in what the workspace is otherwise, and what follows from it.
func (r Record) Compare(look Look) Differences {
	var all Differences
	for _, f := range fieldsOf(look.Spec, look.Seen, look.Can) {
		switch {
		case r.late(look, f):
			all.Fixed = append(all.Fixed, f.name)
		case f.hidden:
		case f.set && f.differs:
			r.unlike(look, f, &all)
		case !f.set && !f.empty:
			r.leftOver(look, f, &all)
		}
	}
	return all
}

// late reports whether the spec has come to set a field, after the workspace was
// made without it, that can only be set when one is made. The vendor shows nothing
// there, so that it is nothing it shows that tells, but that it was never told.
func (r Record) late(look Look, f field) bool {
	_, told := r.Applied[f.name]
	return f.set && f.hidden && !told && len(r.Applied) > 0 && look.Edited &&
		!look.Seen.Brief && !look.Can.Changes(f.name) && !look.defaulted(f.name)
}

// unlike sorts a field of which the spec says something else.
func (r Record) unlike(look Look, f field, all *Differences) {
	applied, known := r.Applied[f.name]
	same := known && applied == Fingerprint(f.wanted)
	kept := same && (r.Kept[f.name] == Fingerprint(f.shown) || r.Kept[f.name] == unseen)
	switch {
	case look.Can.Changes(f.name) && kept && !look.Asked:
		all.Kept = append(all.Kept, f.name)
	case look.Can.Changes(f.name):
		all.Changeable = append(all.Changeable, f.name)
		if same && !kept {
			all.Drifted = append(all.Drifted, f.name)
		}
	case kept:
		// The vendor wrote it so when the workspace was made.
	case look.defaulted(f.name) && known:
		all.Dropped = append(all.Dropped, f.name)
	case look.defaulted(f.name):
	case same:
		all.Drifted = append(all.Drifted, f.name)
	case known || look.Edited:
		all.Fixed = append(all.Fixed, f.name)
	}
}

// leftOver sorts a field that the spec leaves open and the vendor has something
// in. It is our business only if the spec once said what.
func (r Record) leftOver(look Look, f field, all *Differences) {
	applied, known := r.Applied[f.name]
	switch {
	case !known || f.name == fieldAccess:
	case !look.Can.Clears(f.name):
		all.Dropped = append(all.Dropped, f.name)
	case applied == cleared && r.Kept[f.name] == Fingerprint(f.shown) && !look.Asked:
		all.Kept = append(all.Kept, f.name)
	default:
		all.Changeable = append(all.Changeable, f.name)
	}
}

// After is what is remembered once the vendor was told the named fields and has
// shown what it made of them. Of a field that it did not show it is taken at its
// word.
func (r Record) After(look Look, told []string) Record {
	next := Record{Applied: maps.Clone(r.Applied), Kept: maps.Clone(r.Kept)}
	for _, f := range fieldsOf(look.Spec, look.Seen, look.Can) {
		_, known := r.Applied[f.name]
		told := slices.Contains(told, f.name)
		switch {
		case f.set && !look.Can.Changes(f.name) && look.defaulted(f.name):
		case !f.set && !known:
		case !f.set && (f.name == fieldAccess || !f.hidden && f.empty):
			next.forget(f.name)
		case f.set && !f.hidden && !f.differs:
			next.note(f.name, Fingerprint(f.wanted), "")
		case told && f.hidden && f.set && !look.Can.Changes(f.name):
			next.note(f.name, f.goal(), unseen)
		case told && f.hidden:
			next.note(f.name, f.goal(), "")
		case told, f.set && !f.hidden && r.awaited(f), f.set && !f.hidden && !known && !look.Edited && !look.Can.Changes(f.name):
			next.note(f.name, f.goal(), Fingerprint(f.shown))
		}
	}
	return next
}

// Covers reports whether the vendor was told all that the spec says, and nothing
// that it no longer says.
func (r Record) Covers(look Look) bool {
	for _, f := range fieldsOf(look.Spec, look.Seen, look.Can) {
		applied, known := r.Applied[f.name]
		creation := !look.Can.Changes(f.name) && look.defaulted(f.name)
		if f.set && !creation && applied != Fingerprint(f.wanted) || !f.set && known {
			return false
		}
	}
	return true
}

// Shows reports whether the answer shows every field that the spec or the record
// speaks of.
func (r Record) Shows(look Look) bool {
	for _, f := range fieldsOf(look.Spec, look.Seen, look.Can) {
		if _, known := r.Applied[f.name]; f.hidden && (f.set || known) {
			return false
		}
	}
	return true
}

// All are the fields that the spec sets.
func (l Look) All() []string {
	var set []string
	for _, f := range fieldsOf(l.Spec, l.Seen, l.Can) {
		if f.set {
			set = append(set, f.name)
		}
	}
	return set
}

func (l Look) defaulted(name string) bool { return slices.Contains(l.Defaulted, name) }

func (r *Record) note(name, applied, kept string) {
	if r.Applied == nil {
		r.Applied = map[string]string{}
	}
	r.Applied[name] = applied
	delete(r.Kept, name)
	if kept == "" {
		return
	}
	if r.Kept == nil {
		r.Kept = map[string]string{}
	}
	r.Kept[name] = kept
}

func (r *Record) forget(name string) {
	delete(r.Applied, name)
	delete(r.Kept, name)
}

// awaited reports whether this is the first look at a field that the workspace was
// made with, and that the spec still says the same of.
func (r Record) awaited(f field) bool {
	return r.Kept[f.name] == unseen && r.Applied[f.name] == Fingerprint(f.wanted)
}

// unseen stands in the record for how the vendor writes down a field that it was
// told at creation, cannot change, and has not shown yet: that is for the first
// look to tell. What the spec said is known until then, so that an edit is one.
const unseen = "unseen"

// cleared stands in the record for a field that the vendor was told to empty.
const cleared = "cleared"

// goal is what the vendor is told of the field.
func (f field) goal() string {
	if !f.set {
		return cleared
	}
	return Fingerprint(f.wanted)
}

// Fingerprint tells whether a value is the one it was, without keeping it.
func Fingerprint(value any) string {
	text, err := json.Marshal(value) // the members of an object are sorted
	if err != nil {
		return "" // of a value with which nothing is equal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
