package wire_test

import (
	"reflect"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// each kind of field, read under the name f
func readers(p wire.Presence) map[string]func(*wire.Object) (set, null bool) {
	return map[string]func(*wire.Object) (bool, bool){
		"string":  func(o *wire.Object) (bool, bool) { f := o.String("f", p); return f.Set, f.Null },
		"bool":    func(o *wire.Object) (bool, bool) { f := o.Bool("f", p); return f.Set, f.Null },
		"int":     func(o *wire.Object) (bool, bool) { f := o.Int("f", p, 1); return f.Set, f.Null },
		"object":  func(o *wire.Object) (bool, bool) { _, f := o.Object("f", p); return f.Set, f.Null },
		"objects": func(o *wire.Object) (bool, bool) { f := o.Objects("f", p); return f.Set, f.Null },
		"strings": func(o *wire.Object) (bool, bool) { f := o.Strings("f", p); return f.Set, f.Null },
		"map":     func(o *wire.Object) (bool, bool) { f := o.StringMap("f", p); return f.Set, f.Null },
	}
}

func TestPresence(t *testing.T) {
	tests := []struct {
		name      string
		presence  wire.Presence
		in        string
		problem   string
		set, null bool
	}{
		{"optional and absent", wire.Optional, `{}`, "", false, false},
		{"optional and null", wire.Optional, `{"f":null}`, "f: must not be null", true, true},
		{"required and absent", wire.Required, `{}`, "f: is required", false, false},
		{"required and null", wire.Required, `{"f":null}`, "f: must not be null", true, true},
		{"nullable and absent", wire.Nullable, `{}`, "", false, false},
		{"nullable and null", wire.Nullable, `{"f":null}`, "", true, true},
		{"required, nullable and absent", wire.Required | wire.Nullable, `{}`, "f: is required", false, false},
		{"required, nullable and null", wire.Required | wire.Nullable, `{"f":null}`, "", true, true},
	}
	for _, tt := range tests {
		for kind, read := range readers(tt.presence) {
			t.Run(tt.name+"/"+kind, func(t *testing.T) {
				o := object(t, tt.in)
				set, null := read(o)
				checkError(t, o.Close(), tt.problem)
				if set != tt.set || null != tt.null {
					t.Errorf("set %v and null %v, want %v and %v", set, null, tt.set, tt.null)
				}
			})
		}
	}
}

func TestTypes(t *testing.T) {
	values := map[string]string{
		"string": `"x"`, "bool": `true`, "int": `1`, "object": `{}`, "objects": `[{}]`, "strings": `["x"]`, "map": `{"a":"b"}`,
	}
	fits := map[string][]string{
		"object": {"object", "map"}, "map": {"object", "map"}, "objects": {"objects"}, "strings": {"strings"},
		"string": {"string"}, "bool": {"bool"}, "int": {"int"},
	}
	for kind, read := range readers(wire.Optional) {
		for valueKind, value := range values {
			t.Run(kind+" from "+valueKind, func(t *testing.T) {
				o := object(t, `{"f":`+value+`}`)
				read(o)
				ok := false
				for _, k := range fits[kind] {
					ok = ok || k == valueKind
				}
				if err := o.Close(); (err == nil) != ok {
					t.Errorf("reading %s as %s: error %v, want accepted %v", value, kind, err, ok)
				}
			})
		}
	}
}

func TestValues(t *testing.T) {
	o := object(t, `{"s":"x","b":true,"i":7,"o":{"in":"y"},"os":[{"n":1},{"n":2}],"ss":["a","b"],"m":{"k":"v"}}`)
	inner, _ := o.Object("o", wire.Required)
	var numbers []int64
	for _, item := range o.Objects("os", wire.Required).Value {
		numbers = append(numbers, item.Int("n", wire.Required, 0).Value)
	}
	got := []any{
		o.String("s", wire.Required).Value, o.Bool("b", wire.Required).Value, o.Int("i", wire.Required, 0).Value,
		inner.String("in", wire.Required).Value, numbers, o.Strings("ss", wire.Required).Value, o.StringMap("m", wire.Required).Value,
	}
	want := []any{"x", true, int64(7), "y", []int64{1, 2}, []string{"a", "b"}, map[string]string{"k": "v"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %#v, want %#v", got, want)
	}
	checkError(t, o.Close(), "")
}

func TestIntBounds(t *testing.T) {
	tests := []struct{ in, problem string }{
		{`1`, ""}, {`9223372036854775807`, ""},
		{`0`, "at least 1"}, {`-5`, "at least 1"},
		{`1.0`, "must be an integer"}, {`1e3`, "must be an integer"}, {`9223372036854775808`, "must be an integer"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			o := object(t, `{"f":`+tt.in+`}`)
			o.Int("f", wire.Required, 1)
			checkError(t, o.Err(), tt.problem)
		})
	}
}

func TestProblemsNameTheirPlace(t *testing.T) {
	tests := []struct {
		name, in, problem string
		read              func(*wire.Object)
	}{
		{"unknown field", `{"x":1}`, "x: unknown field", func(*wire.Object) {}},
		{"names are matched by case", `{"Name":"a"}`, "Name: unknown field", func(o *wire.Object) { o.String("name", wire.Optional) }},
		{"first of two unknown fields by name", `{"b":1,"a":1}`, "a: unknown field", func(*wire.Object) {}},
		{"inside an object", `{"o":{"x":1}}`, "o.x: unknown field", func(o *wire.Object) {
			inner, _ := o.Object("o", wire.Optional)
			_ = inner.Close()
		}},
		{"inside an array", `{"l":[{},{"v":"x"}]}`, "l[1].v: must be an integer", func(o *wire.Object) {
			for _, item := range o.Objects("l", wire.Optional).Value {
				item.Int("v", wire.Optional, 0)
			}
		}},
		{"an element that is no object", `{"l":[{},1]}`, "l: element 1 must be an object", func(o *wire.Object) { o.Objects("l", wire.Optional) }},
		{"an element that is no string", `{"l":["a",null]}`, "l: element 1 must be a string", func(o *wire.Object) { o.Strings("l", wire.Optional) }},
		{"a map value that is no string", `{"m":{"k":1}}`, `m: value of "k" must be a string`, func(o *wire.Object) { o.StringMap("m", wire.Optional) }},
		{"the first problem is kept", `{"a":1}`, "a: must be a string", func(o *wire.Object) {
			o.String("a", wire.Optional)
			o.Failf("b", "another")
		}},
		{"a rule of the caller", `{}`, "n: must be 3", func(o *wire.Object) { o.Failf("n", "must be %d", 3) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := object(t, tt.in)
			tt.read(o)
			checkError(t, o.Close(), tt.problem)
		})
	}
}

func TestReadObjectWantsAnObject(t *testing.T) {
	for _, in := range []string{`[]`, `null`, `"x"`, `1`, `true`} {
		_, err := wire.ReadObject([]byte(in))
		checkError(t, err, "must be a JSON object")
	}
	_, err := wire.ReadObject([]byte(`{`))
	checkError(t, err, "one JSON value")
}

func object(t *testing.T, in string) *wire.Object {
	t.Helper()
	o, err := wire.ReadObject([]byte(in))
	if err != nil {
		t.Fatalf("ReadObject(%s): %v", in, err)
	}
	return o
}
