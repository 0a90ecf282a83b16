package store

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// shape says how the fields below one are owned: what the schema of a kind says with list types and map types. Without one, a map is owned field by field
// and a list as a whole.
type shape struct {
	fields map[string]*shape // by the names of a map's keys
	each   *shape            // of every item of a list
	list   listType
	keys   []string // of listMap
	atomic bool     // a map that is owned as a whole
}

type listType int

const (
	listAtomic listType = iota // owned as a whole
	listSet                    // each value has an owner
	listMap                    // each item has its owners, by its keys
)

func within(fields map[string]*shape) *shape { return &shape{fields: fields} }

func byKeys(keys ...string) *shape { return &shape{list: listMap, keys: keys} }

func (s *shape) field(name string) *shape {
	if s == nil {
		return nil
	}
	return s.fields[name]
}

// separator is between the elements of a path. An element is a key of the FieldsV1 format: f:name, v:value or k:{key}.
const separator = "\x00"

// fieldSet is a set of paths.
type fieldSet map[string]struct{}

func (f fieldSet) add(path string) { f[path] = struct{}{} }

func (f fieldSet) intersects(other fieldSet) bool {
	for path := range other {
		if _, found := f[path]; found {
			return true
		}
	}
	return false
}

// without is the set less the others; the set itself if that makes no difference.
func (f fieldSet) without(others ...fieldSet) fieldSet {
	if !slices.ContainsFunc(others, f.intersects) {
		return f
	}
	left := maps.Clone(f)
	for _, other := range others {
		for path := range other {
			delete(left, path)
		}
	}
	return left
}

func (f fieldSet) union(other fieldSet) fieldSet {
	both := maps.Clone(f)
	maps.Copy(both, other)
	return both
}

// dropBelow removes a path and everything below it.
func (f fieldSet) dropBelow(path string) {
	for one := range f {
		if one == path || strings.HasPrefix(one, path+separator) {
			delete(f, one)
		}
	}
}

// comparison is what one write did to the fields: those that are new or have another value, and those that are gone.
type comparison struct{ changed, removed fieldSet }

// compare follows structured-merge-diff: a path stands for a leaf, and for a map or list of which all is new or gone.
func compare(before, after tree, s *shape) comparison {
	c := comparison{changed: fieldSet{}, removed: fieldSet{}}
	c.maps("", before, after, s)
	return c
}

func (c comparison) maps(path string, before, after map[string]any, s *shape) {
	for name, old := range before {
		next, found := after[name]
		c.value(join(path, "f:"+name), operand{old, true}, operand{next, found}, s.field(name))
	}
	for name, next := range after {
		if _, found := before[name]; !found {
			c.value(join(path, "f:"+name), operand{}, operand{next, true}, s.field(name))
		}
	}
}

func join(path, element string) string {
	if path == "" {
		return element
	}
	return path + separator + element
}

// operand is a value before or after, if there is one.
type operand struct {
	value any
	found bool
}

func (c comparison) value(path string, before, after operand, s *shape) {
	if before.found && after.found && equal(before.value, after.value) {
		return // most of an object stays as it is
	}
	c.descend(path, before, after, s)
	switch {
	case !before.found:
		c.changed.add(path)
	case !after.found:
		c.removed.add(path)
	}
}

// descend compares what is below a path, or the values themselves where nothing is.
func (c comparison) descend(path string, before, after operand, s *shape) {
	oldMap, oldIsMap := before.value.(map[string]any)
	newMap, newIsMap := after.value.(map[string]any)
	oldList, oldIsList := before.value.([]any)
	newList, newIsList := after.value.([]any)
	switch {
	case len(oldMap)+len(newMap) > 0 && (oldIsMap || !before.found) && (newIsMap || !after.found) && (s == nil || !s.atomic):
		c.maps(path, oldMap, newMap, s)
	case len(oldList)+len(newList) > 0 && (oldIsList || !before.found) && (newIsList || !after.found) && s != nil && s.list != listAtomic:
		c.lists(path, oldList, newList, s)
	case before.found && after.found:
		c.changed.add(path)
	}
}

func (c comparison) lists(path string, before, after []any, s *shape) {
	old, next := s.items(before), s.items(after)
	for element, values := range old {
		c.item(join(path, element), values, next[element], s.each)
	}
	for element, values := range next {
		if _, found := old[element]; !found {
			c.item(join(path, element), nil, values, s.each)
		}
	}
}

// item compares what one element names. That may be several items, as a patch can write an owner twice: then nothing is told of what is in them.
func (c comparison) item(path string, before, after []any, s *shape) {
	first := func(values []any) operand {
		if len(values) == 0 {
			return operand{}
		}
		return operand{values[0], true}
	}
	switch {
	case len(before) <= 1 && len(after) <= 1:
		c.value(path, first(before), first(after), s)
	case len(before) > 1 && len(after) > 1:
		if !equal(before, after) {
			c.changed.add(path)
		}
	case len(before) > 1:
		if len(after) > 0 {
			c.value(path, operand{}, first(after), s)
		}
		c.removed.add(path)
	default:
		if len(before) > 0 {
			c.value(path, first(before), operand{}, s)
		}
		c.changed.add(path)
	}
}

// items are the items of a list by the elements that name them.
func (s *shape) items(list []any) map[string][]any {
	named := make(map[string][]any, len(list))
	for _, item := range list {
		var element string
		if s.list == listSet {
			element = "v:" + encoded(item)
		} else {
			key := map[string]any{}
			fields := asTree(item)
			for _, name := range s.keys {
				key[name] = fields[name]
			}
			element = "k:" + encoded(key)
		}
		named[element] = append(named[element], item)
	}
	return named
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error() // what was decoded from JSON can be encoded
	}
	return string(text)
}

// equal compares two values of a tree. It knows the few types there are, which is many times faster than reflection.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			if other, found := b[key]; !found || !equal(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case string:
		b, ok := b.(string)
		return ok && a == b
	default:
		return reflect.DeepEqual(a, b)
	}
}
