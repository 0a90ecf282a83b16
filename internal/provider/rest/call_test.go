package rest

import (
	"net/http"
	"testing"
)

// Content-Type goes with a body, unless the vendor wants it always.
func TestContentTypeWithoutABody(t *testing.T) {
	const utf8 = "application/json;charset=UTF-8"
	named := http.Header{"Content-Type": {utf8}}
	body := map[string]string{"a": "b"}
	tests := map[string]struct {
		dialect Dialect
		body    any
		want    string
	}{
		"no body":                        {Dialect{}, nil, ""},
		"no body, and a type of its own": {Dialect{Header: named}, nil, ""},
		"no body, always":                {Dialect{TypeAlways: true}, nil, "application/json"},
		"no body, its own type always":   {Dialect{TypeAlways: true, Header: named}, nil, utf8},
		"a body":                         {Dialect{}, body, "application/json"},
		"a body, always":                 {Dialect{TypeAlways: true}, body, "application/json"},
	}
	for name, test := range tests {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			t.Run(name+", "+method, func(t *testing.T) {
				var got string
				c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
					got = r.Header.Get("Content-Type")
					answering(200, "application/json", `{}`)(w, r)
				})
				test.dialect.Judge = judge
				c.dialect = test.dialect
				if err := c.Do(t.Context(), Call{Op: "try", Method: method, Path: []string{"x"}, Body: test.body}, nil); err != nil {
					t.Fatal(err)
				}
				if got != test.want {
					t.Errorf("the Content-Type is %q, want %q", got, test.want)
				}
			})
		}
	}
}
