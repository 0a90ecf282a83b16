package bugs

import (
	"strings"
	"testing"
)

// TestListen: what a run of the tests comes to, by what they say.
func TestListen(t *testing.T) {
	for name, c := range map[string]struct {
		says        []string
		test, first string
		broken      bool
		passed      bool
	}{
		"all pass": {says: []string{
			`{"Action":"run","Test":"T"}`, `{"Action":"output","Test":"T","Output":"    single_test.go:40: 3 histories\n"}`, `{"Action":"pass","Test":"T"}`, `{"Action":"pass"}`,
		}, passed: true},
		"one fails": {says: []string{
			`{"Action":"output","Test":"T/b","Output":"    single_test.go:66: another complaint\n"}`,
			`{"Action":"output","Test":"T/a","Output":"    single_test.go:66: create a key: invariant 2: twice\n"}`,
			`{"Action":"output","Test":"T/a","Output":"    single_test.go:66: create a key: invariant 3: as well\n"}`,
			`{"Action":"fail","Test":"T/a"}`, `{"Action":"fail","Test":"T"}`,
		}, test: "T/a", first: "create a key: invariant 2: twice"},
		"a panic is told of behind the failure": {says: []string{
			`{"Action":"fail","Test":"T/a"}`, `{"Action":"output","Test":"T/a","Output":"goroutine 1\n"}`, `{"Action":"output","Test":"T/a","Output":"panic: deadlock\n"}`,
		}, test: "T/a", first: "panic: deadlock"},
		"it does not compile": {says: []string{
			`{"Action":"build-output","Output":"undefined: x\n"}`, `{"Action":"build-fail"}`, `{"Action":"fail","FailedBuild":"p"}`,
		}, broken: true},
	} {
		heard, err := listen(strings.NewReader(strings.Join(c.says, "\n")))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var death Death
		if heard.death != nil {
			death = *heard.death
		}
		if death.Test != c.test || death.Says != c.first || heard.broken != c.broken || heard.passed != c.passed {
			t.Errorf("%s: %+v, broken %t, passed %t; want %q of %q, broken %t, passed %t", name, death, heard.broken, heard.passed, c.first, c.test, c.broken, c.passed)
		}
	}
}
