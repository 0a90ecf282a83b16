package rest

import (
	"encoding/json"
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	tests := map[string]Number{
		`10`: {10, true}, `10.0`: {10, true}, `"10"`: {10, true}, `-1`: {-1, true}, `1672802266.5`: {1672802266.5, true}, `true`: {1, true}, `false`: {0, true},
		`null`: {}, `""`: {}, `"ten"`: {}, `{}`: {}, `[1]`: {}, `"NaN"`: {}, `"Inf"`: {}, `1e999`: {},
	}
	for text, want := range tests {
		got := struct{ N Number }{Number{99, true}}
		if err := json.Unmarshal([]byte(`{"n":`+text+`}`), &got); err != nil || (text != "null" && got.N != want) {
			t.Errorf("%s: got %v, error %v; want %v", text, got.N, err, want)
		}
	}
}

func TestTexts(t *testing.T) {
	tests := map[string]Text{`"a"`: "a", `""`: "", `null`: "", `10`: "10", `{"a":1}`: `{"a":1}`, `[1]`: `[1]`, `"\u00e9"`: "é"}
	for text, want := range tests {
		var got Text
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %q, error %v; want %q", text, got, err, want)
		}
	}
}

func FuzzLoose(f *testing.F) {
	for _, seed := range []string{`1`, `"1"`, `null`, `{"a":[1]}`, `"\ud800"`, `1e400`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got struct {
			N Number
			T Text
		}
		document := append(append(append(append([]byte(`{"n":`), data...), `,"t":`...), data...), '}')
		if !json.Valid(document) {
			return
		}
		if err := json.Unmarshal(document, &got); err != nil {
			t.Errorf("%s: %v", data, err)
		}
		if math.IsNaN(got.N.Value) || math.IsInf(got.N.Value, 0) || (!got.N.Known && got.N.Value != 0) {
			t.Errorf("%s: %v", data, got.N)
		}
	})
}
