package fields

import (
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// row is the case of one leaf at one vendor: what is applied one after another, and what must be seen after each.
//
// Specs are YAML that is merged into a spec that works, as a merge patch is. In them, and in what is looked for, $NAME stands for what only the run knows; see
// [stage.expand].
type row struct {
	leaf
	// about tells rows of one leaf and vendor apart.
	about  string
	vendor string
	// base is what else the spec says all along; class is what that of the class does, where the object is of another kind.
	base, class string
	// vendors starts the emulator; nil is [harness.NewVendors].
	vendors func(testing.TB, emulator.Options) *harness.Vendors
	// prepare is done before there is any object.
	prepare func(*stage)
	steps   []step
}

func (r row) name() string {
	name := r.vendor + "/" + r.leaf.String()
	if r.about != "" {
		name += "/" + r.about
	}
	return name
}

// step is one spec that is applied.
type step struct {
	spec string
	// refusal is a part of what the API server says to it. Empty: it accepts.
	refusal string
	see     []check
}

// check looks at one thing, and fails the stage's test if it is otherwise.
type check func(*stage)

// to applies a spec with which the object becomes Ready, and looks.
func to(spec string, see ...check) step { return step{spec: spec, see: append([]check{ready}, see...)} }

// blocked applies a spec that the operator refuses with the reason, in words that have all these.
func blocked(spec, reason string, words ...string) step {
	return step{spec: spec, see: []check{stalled(reason, words...)}}
}

// and adds what else is to be seen.
func (s step) and(see ...check) step {
	s.see = append(s.see, see...)
	return s
}

// refused applies a spec that the API server refuses, with a message that has this in it.
func refused(spec, message string) step { return step{spec: spec, refusal: message} }

// fixed are the steps of a field that can be set at creation only.
func fixed(first step, another, without, message string) []step {
	return []step{first, refused(another, message), refused(without, message)}
}
