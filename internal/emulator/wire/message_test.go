package wire_test

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

func TestRequestObjectContentType(t *testing.T) {
	tests := []struct {
		name    string
		types   []string
		problem string
	}{
		{"plain", []string{"application/json"}, ""},
		{"with charset as documented", []string{"application/json;charset=UTF-8"}, ""},
		{"with charset in lower case", []string{"application/json; charset=utf-8"}, ""},
		{"in capitals", []string{"Application/JSON"}, ""},
		{"none", nil, "must be application/json"},
		{"empty", []string{""}, "must be application/json"},
		{"two", []string{"application/json", "application/json"}, "must be application/json"},
		{"text", []string{"text/plain"}, "must be application/json"},
		{"form", []string{"application/x-www-form-urlencoded"}, "must be application/json"},
		{"another JSON", []string{"application/merge-patch+json"}, "must be application/json"},
		{"another charset", []string{"application/json; charset=latin1"}, "UTF-8"},
		{"another parameter", []string{"application/json; version=1"}, "UTF-8"},
		{"broken", []string{"application/json; ="}, "must be application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &wire.Request{Header: http.Header{"Content-Type": tt.types}, Body: []byte(`{}`)}
			_, err := r.Object()
			checkError(t, err, tt.problem)
		})
	}
}

func TestRequestCredential(t *testing.T) {
	tests := []struct {
		name   string
		values []string
		want   string
		ok     bool
	}{
		{"one", []string{"k"}, "k", true},
		{"none", nil, "", false},
		{"empty", []string{""}, "", false},
		{"two", []string{"k", "l"}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &wire.Request{Header: http.Header{"X-Key": tt.values}}
			got, ok := r.Credential("x-key")
			if got != tt.want || ok != tt.ok {
				t.Errorf("Credential = %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestRequestLimits(t *testing.T) {
	tests := []struct{ name, query, problem string }{
		{"none", "", ""},
		{"an allowed one", "a=1", ""},
		{"an allowed one without value", "a", ""},
		{"an unknown one", "a=1&x=2", `unknown query parameter "x"`},
		{"one that differs in case", "A=1", `unknown query parameter "A"`},
		{"one twice", "a=1&a=1", "given 2 times"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			query, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			checkError(t, (&wire.Request{Query: query}).OnlyQuery("a", "b"), tt.problem)
		})
	}
	checkError(t, (&wire.Request{Method: "GET"}).NoBody(), "")
	checkError(t, (&wire.Request{Method: "GET", Body: []byte("{}")}).NoBody(), "GET takes no body")
}

func TestJSONReply(t *testing.T) {
	reply := wire.JSON(http.StatusConflict, map[string]int{"a": 1})
	if reply.Status != http.StatusConflict || string(reply.Body) != `{"a":1}` || reply.Header.Get("Content-Type") != "application/json" {
		t.Errorf("JSON reply is %+v", reply)
	}
	if reply := wire.JSON(http.StatusOK, make(chan int)); reply.Status != http.StatusInternalServerError {
		t.Errorf("a value that is no JSON is answered with %d, want 500", reply.Status)
	}
}

func TestTable(t *testing.T) {
	table := wire.Table[string]{
		{Method: "GET", Pattern: "/things", Handle: "list"},
		{Method: "POST", Pattern: "/things", Handle: "create"},
		{Method: "GET", Pattern: "/things/{id}", Handle: "get"},
		{Method: "POST", Pattern: "/things/{id}/turn", Handle: "turn"},
		{Method: "POST", Pattern: "/things/{type}/{sub}", Handle: "make"},
	}
	tests := []struct {
		method, path    string
		pattern, handle string
		params          map[string]string
		allow           []string
	}{
		{"GET", "/things", "/things", "list", map[string]string{}, []string{"GET", "POST"}},
		{"POST", "/things", "/things", "create", map[string]string{}, []string{"GET", "POST"}},
		{"DELETE", "/things", "/things", "", nil, []string{"GET", "POST"}},
		{"GET", "/things/a", "/things/{id}", "get", map[string]string{"id": "a"}, []string{"GET"}},
		{"GET", "/things/a%2Fb%20c", "/things/{id}", "get", map[string]string{"id": "a/b c"}, []string{"GET"}},
		{"POST", "/things/a/turn", "/things/{id}/turn", "turn", map[string]string{"id": "a"}, []string{"POST"}},
		{"POST", "/things/a/b", "/things/{type}/{sub}", "make", map[string]string{"type": "a", "sub": "b"}, []string{"POST"}},
		{"GET", "/things/a/b", "/things/{type}/{sub}", "", nil, []string{"POST"}},
		{"GET", "/things/", "", "", nil, nil},
		{"GET", "/things/a/", "", "", nil, nil},
		{"GET", "//things", "", "", nil, nil},
		{"GET", "/things/%zz", "", "", nil, nil},
		{"GET", "/Things", "", "", nil, nil},
		{"GET", "/", "", "", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			got := table.Find(tt.method, tt.path)
			want := wire.Match[string]{
				Pattern: tt.pattern, Found: tt.handle != "", Handle: tt.handle, Params: tt.params, Allow: tt.allow,
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("Find = %+v, want %+v", got, want)
			}
		})
	}
}
