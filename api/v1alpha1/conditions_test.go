package v1alpha1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestConditionsAndReasons keeps them what dashboards, alerts and people can rely on: CamelCase words, each said once and explained.
func TestConditionsAndReasons(t *testing.T) {
	camelCase := regexp.MustCompile(`^([A-Z][a-z]+)+$`)
	seen := map[string]map[string]string{"Condition": {}, "Reason": {}}
	forEachConstant(t, "conditions.go", func(name, value, comment string) {
		prefix := strings.TrimSuffix(name, value)
		names, ok := seen[prefix]
		if !ok {
			t.Errorf("%s has the value %q, want the rest of its name after Condition or Reason", name, value)
			return
		}
		if !camelCase.MatchString(value) {
			t.Errorf("%s: %q is not CamelCase", name, value)
		}
		if other, taken := names[value]; taken {
			t.Errorf("%s has the value %q, which %s has already", name, value, other)
		}
		names[value] = name
		if !strings.HasPrefix(comment, name) || !strings.HasSuffix(comment, ".") || len(strings.Fields(comment)) < 4 {
			t.Errorf("%s has the comment %q, want a sentence about it that begins with its name", name, comment)
		}
	})
	for prefix, names := range seen {
		if len(names) == 0 {
			t.Errorf("no constant begins with %s", prefix)
		}
	}
}

// forEachConstant reads them from the source, where the comments are.
func forEachConstant(t *testing.T, file string, visit func(name, value, comment string)) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatalf("%s: %v", spec.Names[0].Name, err)
		}
		visit(spec.Names[0].Name, value, strings.Join(strings.Fields(spec.Doc.Text()), " "))
		return true
	})
}
