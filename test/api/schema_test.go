package api

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/test/cluster"
)

type schema = apiextensionsv1.JSONSchemaProps

// foreign are schemas of Kubernetes itself, which have no bounds of their own. The path is where they stand.
func foreign(path string) bool {
	return strings.HasPrefix(path, "spec.allowedNamespaces.selector.") // LabelSelector: only an administrator writes it
}

// TestSchemas walks the CRDs: what a user can write has bounds and a description, and the API server adds nothing of its own to it.
func TestSchemas(t *testing.T) {
	for kind, root := range schemas(t) {
		t.Run(kind, func(t *testing.T) {
			var defaults []string
			walk("", root, func(path string, s schema) {
				if s.Default != nil {
					defaults = append(defaults, path+": "+string(s.Default.Raw))
				}
				for _, fault := range faults(path, s) {
					t.Errorf("%s %s", path, fault)
				}
			})
			var want []string
			if !kinds()[kind].statusless {
				want = []string{`status: {"observedGeneration":-1}`}
			}
			if diff := cmp.Diff(want, defaults); diff != "" {
				t.Errorf("the defaults differ (-want +got):\n%s", diff)
			}
		})
	}
}

// faults are what is missing in one schema.
func faults(path string, s schema) []string {
	var found []string
	missing := func(fault bool, text string) {
		if fault {
			found = append(found, text)
		}
	}
	isItem := strings.HasSuffix(path, "[]") || strings.HasSuffix(path, "{}")
	missing(s.Description == "" && !isItem && path != "metadata", "has no description")
	if !strings.HasPrefix(path, "spec.") && !strings.HasPrefix(path, "status.") || foreign(path) {
		return found
	}
	inSpec := strings.HasPrefix(path, "spec.")
	switch s.Type {
	case "string":
		missing(s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time", "is a string without maxLength or enum")
	case "array":
		missing(s.MaxItems == nil, "is a list without maxItems")
		missing(s.XListType == nil, "is a list without x-kubernetes-list-type")
	case "object":
		missing(s.AdditionalProperties != nil && s.MaxProperties == nil, "is a map without maxProperties")
		missing(s.AdditionalProperties == nil && len(s.Properties) == 0, "is an object of anything")
	case "integer":
		missing(inSpec && (s.Minimum == nil || s.Maximum == nil), "is a number without minimum or maximum")
	case "boolean":
		found = append(found, "is a boolean: two words say what they mean and leave room for a third")
	default:
		found = append(found, "is of the type "+s.Type)
	}
	return found
}

// TestEveryRuleHasItsCases compares the CRDs with the cases: each field of a spec is accepted once, and each rule and each bound is broken once, with its message.
func TestEveryRuleHasItsCases(t *testing.T) {
	all := allCases()
	for kind, root := range schemas(t) {
		t.Run(kind, func(t *testing.T) {
			met, broken := map[string]bool{}, map[string]bool{}
			for _, c := range all[kind] {
				for _, complaint := range c.want {
					broken[generic(complaint)] = true
				}
				if len(c.want) == 0 {
					written(t, kinds()[kind], c.spec, met)
				}
			}
			walk("", root, func(path string, s schema) {
				if !strings.HasPrefix(path, "spec.") || foreign(path) {
					return
				}
				if !met[path] {
					t.Errorf("%s is in no case that is accepted", path)
				}
				for _, complaint := range expected(path, s) {
					if !slices.ContainsFunc(slices.Collect(maps.Keys(broken)), func(b string) bool { return strings.HasPrefix(b, complaint) }) {
						t.Errorf("no case is refused with %q", complaint)
					}
				}
			})
		})
	}
}

// generic is a complaint without the place in a list or the key in a map, and without the value.
func generic(complaint string) string {
	field, message, _ := strings.Cut(complaint, ": ")
	field = regexp.MustCompile(`\[\d+\]`).ReplaceAllString(field, "[]")
	field = regexp.MustCompile(`\[k\]|(metadata|template|labels|annotations)\.k$`).ReplaceAllString(field, "$1{}")
	message = regexp.MustCompile(`^Invalid value: ("[^"]*"|\d+|-\d+): `).ReplaceAllString(message, "Invalid value: ")
	message = regexp.MustCompile(`(spec\S+ )(in body)`).ReplaceAllString(message, "$2")
	return field + ": " + message
}

// expected are the complaints that breaking each rule and bound of the schema gives.
func expected(path string, s schema) []string {
	var list []string
	add := func(format string, values ...any) { list = append(list, fmt.Sprintf(format, values...)) }
	if s.MaxLength != nil {
		add("%s: Too long: may not be more than %d bytes", path, *s.MaxLength)
	}
	if s.MinLength != nil {
		add("%s: Invalid value: in body should be at least %d chars long", path, *s.MinLength)
	}
	if s.MaxItems != nil {
		add("%s: Too many: ", path)
	}
	if s.MinItems != nil {
		add("%s: Invalid value: in body should have at least %d items", path, *s.MinItems)
	}
	if s.MaxProperties != nil {
		add("%s: Too many: ", path)
	}
	if s.MinProperties != nil {
		add("%s: Invalid value: in body should have at least %d properties", path, *s.MinProperties)
	}
	if s.Minimum != nil {
		add("%s: Invalid value: in body should be greater than or equal to %.0f", path, *s.Minimum)
	}
	if s.Maximum != nil {
		add("%s: Invalid value: in body should be less than or equal to %.0f", path, *s.Maximum)
	}
	if len(s.Enum) > 0 {
		add("%s: Unsupported value: ", path)
	}
	if s.Format == "byte" {
		add("%s: Invalid value: in body must be of type byte", path)
	}
	if s.XListType != nil && *s.XListType == "set" {
		add("%s[]: Duplicate value: ", path)
	}
	for _, field := range s.Required {
		add("%s.%s: Required value", path, field)
	}
	for _, rule := range s.XValidations {
		add("%s: Invalid value: %s", path+rule.FieldPath, rule.Message)
	}
	return list
}

// written adds the paths of everything that stands in the spec.
func written(t *testing.T, k kind, spec string, paths map[string]bool) {
	t.Helper()
	var o struct {
		Spec any `json:"spec"`
	}
	if err := yaml.Unmarshal(manifest(k, "x", "", spec), &o); err != nil {
		t.Fatal(err)
	}
	var collect func(path string, value any)
	collect = func(path string, value any) {
		paths[path] = true
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				collect(path+"[]", item)
			}
		case map[string]any:
			for key, item := range v {
				collect(path+"."+key, item)
				collect(path+"{}", item) // if it is a map
			}
		}
	}
	collect("spec", o.Spec)
}

func allCases() map[string][]testCase {
	return map[string][]testCase{"WorkspaceClass": workspaceClassCases(), "Workspace": workspaceCases(), "ApiKey": apiKeyCases(), "Orphan": orphanCases()}
}

// schemas are the generated ones, by kind.
func schemas(t *testing.T) map[string]schema {
	t.Helper()
	dir, err := cluster.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	result := map[string]schema{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(data, &crd); err != nil {
			t.Fatal(err)
		}
		if len(crd.Spec.Versions) != 1 {
			t.Fatalf("%s: %d versions, want one", file, len(crd.Spec.Versions))
		}
		result[crd.Spec.Names.Kind] = *crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	if len(result) != len(kinds()) {
		t.Fatalf("%d CRDs in %s, want %d", len(result), dir, len(kinds()))
	}
	return result
}

// walk visits the schema and all in it, in order: "a.b" is a field, "a[]" the items of a list, "a{}" the values of a map.
func walk(path string, s schema, visit func(string, schema)) {
	visit(path, s)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		walk(strings.TrimPrefix(path+"."+name, "."), s.Properties[name], visit)
	}
	if s.Items != nil && s.Items.Schema != nil {
		walk(path+"[]", *s.Items.Schema, visit)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		walk(path+"{}", *s.AdditionalProperties.Schema, visit)
	}
}
