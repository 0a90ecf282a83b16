package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Presence says what a field may be besides a value of its type.
type Presence uint8

const (
	// Optional fields may be absent but, when present, must not be null.
	Optional Presence = 0
	// Required fields must be present.
	Required Presence = 1 << iota
	// Nullable fields may be null.
	Nullable
)

// Field is one field of a request, in the three states a vendor can tell
// apart: absent (Set false), null (Set and Null) and a value.
type Field[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// Given reports whether the field carries a value: neither absent nor null.
func (f Field[T]) Given() bool { return f.Set && !f.Null }

// Object reads one JSON object field by field. The first rule that is broken
// is kept and returned by [Object.Err]; reading goes on, so callers check once
// at the end. Every field that nobody asked for is an unknown field.
type Object struct {
	path    string
	members map[string]any
	read    map[string]bool
	problem *error
}

// ReadObject parses data, which must be one JSON object.
func ReadObject(data []byte) (*Object, error) {
	value, err := Parse(data)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("body must be a JSON object")
	}
	return newObject("", members, new(error)), nil
}

func newObject(path string, members map[string]any, problem *error) *Object {
	return &Object{path: path, members: members, read: map[string]bool{}, problem: problem}
}

// Failf records that the named field breaks a rule. Only the first call counts.
func (o *Object) Failf(name, format string, args ...any) {
	if *o.problem == nil {
		*o.problem = fmt.Errorf("%s: %s", o.where(name), fmt.Sprintf(format, args...))
	}
}

// Err returns the first broken rule, in this object or in one read from it.
func (o *Object) Err() error { return *o.problem }

// Close refuses the fields nobody read and returns the first broken rule.
func (o *Object) Close() error {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !o.read[name] {
			o.Failf(name, "unknown field")
		}
	}
	return o.Err()
}

// String reads a field that must be a string.
func (o *Object) String(name string, p Presence) Field[string] {
	return read[string](o, name, p, "a string")
}

// Bool reads a field that must be true or false.
func (o *Object) Bool(name string, p Presence) Field[bool] {
	return read[bool](o, name, p, "a boolean")
}

// Int reads a field that must be a whole number written without fraction or
// exponent, and at least lowest.
func (o *Object) Int(name string, p Presence, lowest int64) Field[int64] {
	f := read[json.Number](o, name, p, "an integer")
	out := Field[int64]{Set: f.Set, Null: f.Null}
	if !f.Given() {
		return out
	}
	n, err := strconv.ParseInt(f.Value.String(), 10, 64)
	switch {
	case err != nil:
		o.Failf(name, "must be an integer")
	case n < lowest:
		o.Failf(name, "must be at least %d", lowest)
	}
	out.Value = n
	return out
}

// Object reads a field that must be an object. The result is never nil: when
// the field is absent or null, it is an empty object.
func (o *Object) Object(name string, p Presence) (*Object, Field[map[string]any]) {
	f := read[map[string]any](o, name, p, "an object")
	return newObject(o.where(name), f.Value, o.problem), f
}

// Objects reads a field that must be an array of objects.
func (o *Object) Objects(name string, p Presence) Field[[]*Object] {
	f := read[[]any](o, name, p, "an array")
	out := Field[[]*Object]{Set: f.Set, Null: f.Null, Value: []*Object{}}
	for i, item := range f.Value {
		members, ok := item.(map[string]any)
		if !ok {
			o.Failf(name, "element %d must be an object", i)
			continue
		}
		out.Value = append(out.Value, newObject(fmt.Sprintf("%s[%d]", o.where(name), i), members, o.problem))
	}
	return out
}

// Strings reads a field that must be an array of strings.
func (o *Object) Strings(name string, p Presence) Field[[]string] {
	f := read[[]any](o, name, p, "an array")
	out := Field[[]string]{Set: f.Set, Null: f.Null, Value: []string{}}
	for i, item := range f.Value {
		s, ok := item.(string)
		if !ok {
			o.Failf(name, "element %d must be a string", i)
			continue
		}
		out.Value = append(out.Value, s)
	}
	return out
}

// StringMap reads a field that must be an object whose values are strings.
func (o *Object) StringMap(name string, p Presence) Field[map[string]string] {
	f := read[map[string]any](o, name, p, "an object")
	out := Field[map[string]string]{Set: f.Set, Null: f.Null, Value: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(f.Value)) {
		s, ok := f.Value[key].(string)
		if !ok {
			o.Failf(name, "value of %q must be a string", key)
		}
		out.Value[key] = s
	}
	return out
}

func (o *Object) where(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func read[T any](o *Object, name string, p Presence, kind string) Field[T] {
	o.read[name] = true
	value, present := o.members[name]
	switch {
	case !present:
		if p&Required != 0 {
			o.Failf(name, "is required")
		}
		return Field[T]{}
	case value == nil:
		if p&Nullable == 0 {
			o.Failf(name, "must not be null")
		}
		return Field[T]{Set: true, Null: true}
	}
	typed, ok := value.(T)
	if !ok {
		o.Failf(name, "must be %s", kind)
	}
	return Field[T]{Set: true, Value: typed}
}
