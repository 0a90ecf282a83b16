// Package docs_test keeps the documentation honest: what it names has to be there.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
)

const folder = "../../docs"

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "vendors.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEveryFeatureNamesTestsThatExist reads the tables of features. A test is written as a link to its file, whose text is the name of a function, that with
// a slash and one of its rows, or the beginning of the title of an end-to-end scenario.
func TestEveryFeatureNamesTestsThatExist(t *testing.T) {
	text, files, used := page(t), map[string]source{}, map[string]bool{}
	for _, definition := range regexp.MustCompile(`(?m)^\[([^\]]+)\]: (\S+)$`).FindAllStringSubmatch(text, -1) {
		files[definition[1]] = parse(t, filepath.Join(folder, definition[2]))
	}
	link := regexp.MustCompile("\\[`([^`]+)`\\]\\[([^\\]]+)\\]")
	tables := regexp.MustCompile(`\| Page \| Feature \| In the operator \| Shown by \|\n\|[-|]+\n((?:\|.*\n)+)`).FindAllStringSubmatch(text, -1)
	if drivers := len(catalog.All()); len(tables) != drivers {
		t.Errorf("%d tables of features, want one for each of %d vendors", len(tables), drivers)
	}
	for _, table := range tables {
		for row := range strings.Lines(table[1]) {
			cells := strings.Split(strings.Trim(row, "|\n"), "|")
			tests := link.FindAllStringSubmatch(cells[len(cells)-1], -1)
			if len(cells) != 4 || len(tests) == 0 {
				t.Errorf("a feature has four cells and a test in the last of them: %s", row)
			}
			for _, test := range tests {
				used[test[2]] = true
				if !files[test[2]].has(test[1]) {
					t.Errorf("[%s] has no test %q, which is to show: %s", test[2], test[1], cells[1])
				}
			}
		}
	}
	for label := range files {
		if !used[label] {
			t.Errorf("[%s] is defined, and no feature names it", label)
		}
	}
}

// source is what can be named of a file of tests.
type source struct{ functions, texts []string }

func parse(t *testing.T, path string) source {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("a file that is named on the page cannot be read: %v", err)
		return source{}
	}
	var found source
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			found.functions = append(found.functions, n.Name.Name)
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil {
				found.texts = append(found.texts, text)
			}
		}
		return true
	})
	return found
}

func (s source) has(name string) bool {
	function, row, isRow := strings.Cut(name, "/")
	if strings.HasPrefix(function, "Test") {
		return slices.Contains(s.functions, function) && (!isRow || slices.Contains(s.texts, row))
	}
	return slices.ContainsFunc(s.texts, func(title string) bool { return strings.HasPrefix(title, name) })
}

// TestEveryFieldOfAVendorIsOnThePage looks for the fields by their paths in the CRDs, and for the keys of the credential Secrets.
func TestEveryFieldOfAVendorIsOnThePage(t *testing.T) {
	class, workspace, key := spec(t, "workspaceclasses"), spec(t, "workspaces"), spec(t, "apikeys")
	wanted := map[string]bool{}
	for _, driver := range catalog.All() {
		can, vendor := driver.Capabilities(), driver.Name()
		leaves("spec.provider."+vendor, class.Properties["provider"].Properties[vendor], wanted)
		for _, field := range can.Workspace.Fields {
			leaves("spec."+field, workspace.Properties[field], wanted)
		}
		for _, field := range can.Key.Fields {
			leaves("spec."+field, key.Properties[field], wanted)
		}
		for _, name := range can.CredentialKeys {
			wanted[name] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(wanted)) {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(path) + "[`:]").MatchString(page(t)) {
			t.Errorf("docs/vendors.md does not mention %s", path)
		}
	}
}

// leaves collects the fields at and below a path that have no fields of their own.
func leaves(path string, schema apiextensionsv1.JSONSchemaProps, into map[string]bool) {
	if schema.Items != nil && len(schema.Items.Schema.Properties) > 0 {
		path, schema = path+"[]", *schema.Items.Schema
	}
	for name, property := range schema.Properties {
		leaves(path+"."+name, property, into)
	}
	if len(schema.Properties) == 0 {
		into[path] = true
	}
}

func spec(t *testing.T, plural string) apiextensionsv1.JSONSchemaProps {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../config/crd/bases", "workspace-operator.io_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	definition := apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, &definition); err != nil {
		t.Fatal(err)
	}
	return definition.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
}
