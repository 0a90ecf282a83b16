package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// fieldTree is a set of paths as FieldsV1 has it: nested, with "." for a field that is in the set and has others below it.
type fieldTree struct {
	member bool
	below  map[string]*fieldTree
}

// encode gives the set in the format of FieldsV1.
func (f fieldSet) encode() string {
	root := &fieldTree{}
	for path := range f {
		at := root
		for element := range strings.SplitSeq(path, separator) {
			if at.below == nil {
				at.below = map[string]*fieldTree{}
			}
			next, found := at.below[element]
			if !found {
				next = &fieldTree{}
				at.below[element] = next
			}
			at = next
		}
		at.member = true
	}
	var text strings.Builder
	root.write(&text)
	return text.String()
}

func (t *fieldTree) write(text *strings.Builder) {
	text.WriteByte('{')
	if t.member && len(t.below) > 0 {
		text.WriteString(`".":{},`)
	}
	for i, element := range slices.Sorted(maps.Keys(t.below)) {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(encoded(element))
		text.WriteByte(':')
		t.below[element].write(text)
	}
	text.WriteByte('}')
}

// decodeFields reads FieldsV1.
func decodeFields(raw []byte) (fieldSet, error) {
	var nested map[string]any
	if err := json.Unmarshal(raw, &nested); err != nil {
		return nil, err
	}
	fields := fieldSet{}
	fields.read("", nested)
	return fields, nil
}

func (f fieldSet) read(path string, nested map[string]any) {
	for element, below := range nested {
		if element == "." {
			f.add(path)
			continue
		}
		at := join(path, element)
		deeper, ok := below.(map[string]any)
		if !ok || len(deeper) == 0 {
			f.add(at)
			continue
		}
		f.read(at, deeper)
	}
}
