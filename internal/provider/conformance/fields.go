package conformance

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// member finds the field that goes by this name in the API, in what a pointer
// to a spec or to what a vendor shows points at. There may be none: not all
// that can be asked for is shown, and not all of the API reaches a driver.
func member(object any, name string) (found reflect.Value, ok bool) {
	aliases := append([]string{name}, map[string][]string{
		"displayName": {"Name"},
		"access":      {"Frozen", "Disabled"},
	}[name]...)
	found = reflect.ValueOf(object).Elem().FieldByNameFunc(func(field string) bool {
		return slices.ContainsFunc(aliases, func(alias string) bool { return strings.EqualFold(field, alias) })
	})
	return found, found.IsValid()
}

// only is a spec that sets nothing but one field, and that as another does. ok
// is false if that one does not set it either.
func only[Spec any](from Spec, name string) (spec Spec, ok bool) {
	value, ok := member(&from, name)
	if !ok || value.IsZero() {
		return spec, false
	}
	into, _ := member(&spec, name)
	into.Set(value)
	return spec, true
}

// without is a spec that leaves one field open.
func without[Spec any](spec Spec, name string) Spec {
	if value, ok := member(&spec, name); ok {
		value.SetZero()
	}
	return spec
}

// text is the value of a field as it can be compared: nothing and an empty
// list are the same, and so are a value and a pointer to it.
func text[Object any](object Object, name string) string {
	value, ok := member(&object, name)
	if value = reflect.Indirect(value); !ok || !value.IsValid() {
		return ""
	}
	return fmt.Sprint(value.Interface())
}

// trial changes the fields of one object, one by one.
type trial[Spec, Seen any] struct {
	fields, changeable []string
	// change has another value for every field.
	change Spec
	update func(Spec) error
	read   func() (Seen, error)
	// asked is how the value that a spec asks for is shown; nil for [text].
	asked func(Spec, string) string
}

// plays checks that an update of one field changes that one and no other, by
// one request, and that an update of none changes nothing.
func (c trial[Spec, Seen]) plays(r *rig) {
	r.t.Helper()
	if c.asked == nil {
		c.asked = text[Spec]
	}
	for _, name := range c.changeable {
		alone, ok := only(c.change, name)
		if !ok {
			r.t.Errorf("the subject does not say what to change %s to", name)
			continue
		}
		was := c.reads(r)
		r.emulator.ForgetRequests()
		if err := c.update(alone); err != nil {
			r.t.Errorf("an update of %s: %v", name, err)
			continue
		}
		if got := len(r.changes()); got != 1 {
			r.t.Errorf("an update of %s: %d requests changed something, want 1", name, got)
		}
		c.compare(r, name, c.asked(alone, name), was, c.reads(r))
	}
	for _, name := range c.fields {
		if _, changes := only(c.change, name); changes && !slices.Contains(c.changeable, name) {
			r.t.Errorf("the subject changes %s, and the capabilities do not say that it can be changed", name)
		}
	}
	r.emulator.ForgetRequests()
	var nothing Spec
	if err := c.update(nothing); err != nil {
		r.t.Errorf("an update of nothing: %v", err)
	}
	r.leavesAlone()
}

func (c trial[Spec, Seen]) reads(r *rig) Seen {
	r.t.Helper()
	seen, err := c.read()
	if err != nil {
		r.t.Fatal(err)
	}
	return seen
}

func (c trial[Spec, Seen]) compare(r *rig, changed, want string, was, is Seen) {
	r.t.Helper()
	for _, name := range c.fields {
		before, after := text(was, name), text(is, name)
		switch {
		case name != changed && before != after:
			r.t.Errorf("an update of %s made %s %q, which was %q", changed, name, after, before)
		case name == changed && after != want:
			r.t.Errorf("an update of %s made it %q, which was %q; want %q", changed, after, before, want)
		case name == changed && after == before:
			r.t.Errorf("the subject changes %s to what it is, %q", changed, after)
		}
	}
}
