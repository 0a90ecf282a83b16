package fields

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"
)

// deeds are what was really done with a leaf.
type deeds struct {
	set, changed, unset bool
	// last are the values it was last accepted with.
	last []string
}

// note takes down what an applied spec has at the leaf. That a change or a removal was refused, where the row expects it, counts as well: then that is what it does.
func (d *deeds) note(values []string, accepted bool) {
	switch {
	case len(values) == 0:
		d.unset = d.unset || d.set
	case d.set && !slices.Equal(values, d.last):
		d.changed = true
	}
	if accepted && len(values) > 0 {
		d.set, d.last = true, values
	}
}

// missing names what was not done.
func (d *deeds) missing() string {
	var names []string
	for name, done := range map[string]bool{"set": d.set, "changed": d.changed, "unset": d.unset} {
		if !done {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// pair is a field that a vendor honours.
type pair struct{ kind, vendor, field string }

// coverage is what all rows did together. Only a row that passed, and that set, changed and unset its leaf, adds to it.
type coverage struct {
	mu     sync.Mutex
	leaves map[leaf]bool
	pairs  map[pair]bool
}

func (c *coverage) add(r row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaves[r.leaf] = true
	c.pairs[pair{r.kind, r.vendor, r.field(r.vendor)}] = true
}

// TestDeeds shows that what counts is what was applied.
func TestDeeds(t *testing.T) {
	type applied struct {
		spec    string
		refused bool
	}
	for name, c := range map[string]struct {
		path    string
		applied []applied
		missing string
	}{
		"all three":                          {"a", []applied{{spec: "a: 1"}, {spec: "a: 2"}, {}}, ""},
		"refused, but not at first":          {"a", []applied{{spec: "a: 1"}, {"a: 2", true}, {"", true}}, ""},
		"never accepted":                     {"a", []applied{{"a: 1", true}, {"a: 2", true}, {}}, "changed, set, unset"},
		"never changed":                      {"a", []applied{{spec: "a: 1"}, {spec: "{a: 1, b: 2}"}, {}}, "changed"},
		"never unset":                        {"a", []applied{{}, {spec: "a: 1"}, {spec: "a: 2"}}, "unset"},
		"another leaf of the same item":      {"l[].a", []applied{{spec: "l: [{a: 1, b: 1}]"}, {spec: "l: [{a: 1, b: 2}]"}, {spec: "l: [{b: 2}]"}}, "changed"},
		"an item less":                       {"l[]", []applied{{spec: "l: [x, y]"}, {spec: "l: [x]"}, {spec: "l: []"}}, ""},
		"another key of a map is a change":   {"m{}", []applied{{spec: "m: {x: 1}"}, {spec: "m: {y: 1}"}, {spec: "m: {}"}}, ""},
		"a list of a kind's settings in one": {"p.m[].v[]", []applied{{spec: "p: {m: [{v: [1]}]}"}, {spec: "p: {m: [{v: [2]}]}"}, {spec: "p: {m: [{}]}"}}, ""},
	} {
		done := &deeds{}
		for _, a := range c.applied {
			spec := map[string]any{}
			if err := yaml.Unmarshal([]byte(a.spec), &spec); err != nil {
				t.Fatal(err)
			}
			done.note(valuesAt(spec, c.path), !a.refused)
		}
		if got := done.missing(); got != c.missing {
			t.Errorf("%s: what is missing is %q, want %q", name, got, c.missing)
		}
	}
}

// TestLeaves shows that the schema is walked to its ends.
func TestLeaves(t *testing.T) {
	all := leaves(t)
	for _, want := range []leaf{
		{kindClass, "provider.oceanbase.auth"}, {kindClass, "allowedNamespaces.selector.matchExpressions[].values[]"}, {kindClass, "defaults.metadata{}"},
		{kindWorkspace, "usageLimits[].creditLimit"}, {kindWorkspace, "guance.menuStyle"}, {kindKey, "scopes[]"}, {kindKey, "secret.template{}"}, {kindKey, "expiresAt"},
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%s is not among the leaves of the CRDs: %s", want, fmt.Sprint(all))
		}
	}
}
