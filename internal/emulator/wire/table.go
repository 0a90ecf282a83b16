package wire

import (
	"net/url"
	"strings"
)

// Endpoint binds a method and a path pattern to whatever a vendor handles it
// with. A pattern segment in braces matches any one non-empty segment.
type Endpoint[H any] struct {
	Method  string
	Pattern string
	Handle  H
}

// Table is the list of endpoints of one vendor.
type Table[H any] []Endpoint[H]

// Match is what a [Table] knows about a method and path.
type Match[H any] struct {
	// Pattern is the pattern of the path, or "" when no endpoint has it.
	Pattern string
	// Found says that the method exists for the pattern; only then is Handle set.
	Found  bool
	Handle H
	Params map[string]string
	// Allow lists the methods the path does have.
	Allow []string
}

// Find looks up a method and an escaped path. A trailing slash, an empty
// segment or a badly escaped one matches nothing.
func (t Table[H]) Find(method, path string) Match[H] {
	var found Match[H]
	for _, e := range t {
		params, ok := match(e.Pattern, path)
		if !ok || (found.Pattern != "" && found.Pattern != e.Pattern) {
			continue
		}
		found.Pattern = e.Pattern
		found.Allow = append(found.Allow, e.Method)
		if e.Method == method {
			found.Found, found.Handle, found.Params = true, e.Handle, params
		}
	}
	return found
}

func match(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range want {
		value, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		name, isParam := strings.CutPrefix(segment, "{")
		switch {
		case isParam && value != "":
			params[strings.TrimSuffix(name, "}")] = value
		case isParam || value != segment:
			return nil, false
		}
	}
	return params, true
}
