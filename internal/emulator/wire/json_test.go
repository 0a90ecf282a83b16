package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

func TestParseAcceptsOneValue(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want any
	}{
		{"null", `null`, nil},
		{"true", `true`, true},
		{"string", `"a\u00e9"`, "aé"},
		{"integer keeps its spelling", `10`, json.Number("10")},
		{"float keeps its spelling", `10.0`, json.Number("10.0")},
		{"exponent keeps its spelling", `1e1`, json.Number("1e1")},
		{"empty object", `{}`, map[string]any{}},
		{"empty array", `[]`, []any{}},
		{"space around", " \n{\"a\" : 1 }\t", map[string]any{"a": json.Number("1")}},
		{"nested", `{"a":[{"b":null},"c"]}`, map[string]any{"a": []any{map[string]any{"b": nil}, "c"}}},
		{"same key in two objects", `[{"a":1},{"a":2}]`, []any{map[string]any{"a": json.Number("1")}, map[string]any{"a": json.Number("2")}}},
		{"keys that differ in case", `{"a":1,"A":2}`, map[string]any{"a": json.Number("1"), "A": json.Number("2")}},
		{"empty key", `{"":1}`, map[string]any{"": json.Number("1")}},
		{"a value in 64 levels", strings.Repeat("[", 64) + "1" + strings.Repeat("]", 64), nested(64, json.Number("1"))},
		{"64 levels", strings.Repeat("[", 64) + strings.Repeat("]", 64), nested(64)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.Parse([]byte(tt.in))
			if err != nil {
				t.Fatalf("Parse(%s) failed: %v", tt.in, err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Parse(%s) = %#v, want %#v", tt.in, got, tt.want)
			}
		})
	}
}

func nested(levels int, innermost ...any) any {
	if levels == 1 {
		return append([]any{}, innermost...)
	}
	return []any{nested(levels-1, innermost...)}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, in, problem string
	}{
		{"nothing", ``, "one JSON value"},
		{"only space", `  `, "one JSON value"},
		{"text after the value", `{} x`, "one JSON value"},
		{"two values", `{}{}`, "one JSON value"},
		{"a comma after the value", `{},`, "one JSON value"},
		{"an open object", `{"a":1`, "one JSON value"},
		{"an open array", `[1`, "one JSON value"},
		{"a trailing comma", `{"a":1,}`, "one JSON value"},
		{"a missing comma", `{"a":1 "b":2}`, "one JSON value"},
		{"a missing colon", `{"a" 1}`, "one JSON value"},
		{"a key that is no string", `{1:2}`, "one JSON value"},
		{"single quotes", `{'a':1}`, "one JSON value"},
		{"a comment", `{/**/}`, "one JSON value"},
		{"a leading zero", `01`, "one JSON value"},
		{"NaN", `NaN`, "one JSON value"},
		{"a raw control character in a string", "\"\x01\"", "one JSON value"},
		{"a byte order mark", "\ufeff{}", "one JSON value"},
		{"a byte that is not UTF-8", "{\"a\":\"\xff\"}", "UTF-8"},
		{"a duplicate key", `{"a":1,"a":1}`, `duplicate key "a"`},
		{"a duplicate key under another spelling", `{"a":1,"\u0061":2}`, `duplicate key "a"`},
		{"a duplicate key deep inside", `{"x":[{"b":1,"b":2}]}`, `duplicate key "b"`},
		{"too deep", strings.Repeat("[", 65) + strings.Repeat("]", 65), "deeper"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.Parse([]byte(tt.in))
			if err == nil {
				t.Fatalf("Parse(%q) accepted %s: %#v", tt.in, tt.name, got)
			}
			if !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("Parse(%q) says %q, want it to name %q", tt.in, err, tt.problem)
			}
		})
	}
}

// FuzzParse holds the strict decoder against encoding/json: what it accepts
// must be valid and mean the same, and what it refuses although it is valid
// must have a duplicate key, bad UTF-8 or too much depth.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"name":"ws_create_test","desc":"test","needCreateAk":true,"akName":"test_ak"}`,
		`{"a":1,"a":2}`, `{"a":{"b":[1,2,{"c":null}]}}`, `[]`, `{}{}`, `1e400`, `"\ud800"`, "\xff", `{"":{"":""}}`,
		strings.Repeat("[", 70) + strings.Repeat("]", 70),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := wire.Parse(data)
		if err != nil {
			reason := err.Error()
			known := strings.Contains(reason, "duplicate key") || strings.Contains(reason, "deeper") || strings.Contains(reason, "UTF-8")
			if json.Valid(data) && !known {
				t.Errorf("Parse refused valid JSON %q: %v", data, err)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("Parse accepted %q, which is not JSON", data)
		}
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("Parse accepted %q, encoding/json says %v", data, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q) = %#v, encoding/json reads %#v", data, got, want)
		}
	})
}

type document struct {
	Name  string            `json:"name"`
	Count *int              `json:"count"`
	Map   map[string]string `json:"map"`
	Note  string            `json:"note,omitempty"`
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name, in, problem string
	}{
		{"known fields", `{"name":"a","count":2}`, ""},
		{"no fields", `{}`, ""},
		{"unknown field", `{"nmae":"a"}`, "unknown field"},
		{"wrong type", `{"name":1}`, "cannot unmarshal"},
		{"duplicate", `{"name":"a","name":"b"}`, "duplicate key"},
		{"trailing text", `{"name":"a"}x`, "one JSON value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var into document
			checkError(t, wire.Decode([]byte(tt.in), &into), tt.problem)
		})
	}
	into := document{Name: "kept"}
	if err := wire.Decode([]byte(`{"count":3}`), &into); err != nil {
		t.Fatal(err)
	}
	if into.Name != "kept" || *into.Count != 3 {
		t.Errorf("Decode made %+v, want the name kept and the count 3", into)
	}
}

func TestMerge(t *testing.T) {
	two := 2
	start := func() document {
		return document{Name: "old", Count: &two, Map: map[string]string{"a": "1"}}
	}
	tests := []struct {
		name, in, problem, want string
	}{
		{"nothing", `{}`, "", `{"name":"old","count":2,"map":{"a":"1"}}`},
		{"one field", `{"name":"new"}`, "", `{"name":"new","count":2,"map":{"a":"1"}}`},
		{"a field that was absent", `{"note":"n"}`, "", `{"name":"old","count":2,"map":{"a":"1"},"note":"n"}`},
		{"a map is replaced, not mixed", `{"map":{"b":"2"}}`, "", `{"name":"old","count":2,"map":{"b":"2"}}`},
		{"null clears", `{"count":null,"map":null}`, "", `{"name":"old","count":null,"map":null}`},
		{"unknown field", `{"name":"new","x":1}`, "unknown field", `{"name":"old","count":2,"map":{"a":"1"}}`},
		{"wrong type", `{"name":"new","count":"x"}`, "cannot unmarshal", `{"name":"old","count":2,"map":{"a":"1"}}`},
		{"not an object", `[]`, "cannot unmarshal", `{"name":"old","count":2,"map":{"a":"1"}}`},
		{"not JSON", `{`, "one JSON value", `{"name":"old","count":2,"map":{"a":"1"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			into := start()
			checkError(t, wire.Merge(&into, []byte(tt.in)), tt.problem)
			got, err := json.Marshal(into)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("Merge(%s) left %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

// checkError wants an error that contains the problem, or none if it is empty.
func checkError(t *testing.T, err error, problem string) {
	t.Helper()
	switch {
	case problem == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case problem != "" && err == nil:
		t.Errorf("no error, want one that says %q", problem)
	case problem != "" && !strings.Contains(err.Error(), problem):
		t.Errorf("error %q, want one that says %q", err, problem)
	}
}
