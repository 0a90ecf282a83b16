package fields

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/test/cluster"
)

// The kinds whose fields a person sets. An Orphan is not among them: the operator writes it, and its spec never changes.
const (
	kindClass     = "WorkspaceClass"
	kindWorkspace = "Workspace"
	kindKey       = "ApiKey"
)

// leaf is a field of a kind's spec that holds a value: "usageLimits[].creditLimit" for one within the items of a list, "metadata{}" for the entries of a map.
type leaf struct{ kind, path string }

func (l leaf) String() string { return l.kind + ".spec." + l.path }

// field is the field of the spec that vendors can or cannot honour: the first name, or two where the first is the vendor's own.
func (l leaf) field(vendor string) string {
	parts := strings.Split(l.path, ".")
	if parts[0] == vendor {
		return l.path
	}
	return strings.TrimRight(parts[0], "[]{}")
}

// leaves are those of all kinds, from the CRDs as they are generated.
func leaves(t testing.TB) []leaf {
	t.Helper()
	dir, err := cluster.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []leaf
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(text, crd); err != nil {
			t.Fatal(err)
		}
		kind := crd.Spec.Names.Kind
		if !slices.Contains([]string{kindClass, kindWorkspace, kindKey}, kind) {
			continue
		}
		schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		for _, path := range below("", schema) {
			all = append(all, leaf{kind, path})
		}
	}
	return all
}

// below are the paths of the leaves under a node.
func below(path string, node apiextensionsv1.JSONSchemaProps) []string {
	switch {
	case node.Items != nil:
		return below(path+"[]", *node.Items.Schema)
	case node.AdditionalProperties != nil:
		return below(path+"{}", *node.AdditionalProperties.Schema)
	case len(node.Properties) == 0:
		return []string{strings.TrimPrefix(path, ".")}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(node.Properties)) {
		all = append(all, below(path+"."+name, node.Properties[name])...)
	}
	return all
}

// valuesAt are the values that an object's spec has at a leaf, in order, those of a map with their keys.
func valuesAt(node any, path string) []string {
	if path == "" {
		return []string{fmt.Sprint(node)}
	}
	var all []string
	if rest, ok := strings.CutPrefix(path, "[]"); ok {
		items, _ := node.([]any)
		for _, item := range items {
			all = append(all, valuesAt(item, strings.TrimPrefix(rest, "."))...)
		}
		return all
	}
	entries, _ := node.(map[string]any)
	if rest, ok := strings.CutPrefix(path, "{}"); ok {
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			for _, value := range valuesAt(entries[key], strings.TrimPrefix(rest, ".")) {
				all = append(all, key+"="+value)
			}
		}
		return all
	}
	end := strings.IndexAny(path, ".[{")
	if end < 0 {
		end = len(path)
	}
	value, ok := entries[path[:end]]
	if !ok {
		return nil
	}
	return valuesAt(value, strings.TrimPrefix(path[end:], "."))
}
