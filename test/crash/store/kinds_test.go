package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/cluster"
)

// TestKindsAreThoseOfTheCRDs keeps the table of kinds true when the API changes.
func TestKindsAreThoseOfTheCRDs(t *testing.T) {
	dir, err := cluster.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]*kind{}
	for _, k := range kinds() {
		if k.custom {
			known[k.gvk.Kind] = k
		}
	}
	if len(files) != len(known) {
		t.Errorf("there are %d CRDs, and the store has %d custom kinds", len(files), len(known))
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(content, crd); err != nil {
			t.Fatal(err)
		}
		k, found := known[crd.Spec.Names.Kind]
		if !found {
			t.Errorf("the store does not know %s", crd.Spec.Names.Kind)
			continue
		}
		version := crd.Spec.Versions[0]
		if k.resource != crd.Spec.Names.Plural || k.namespaced != (crd.Spec.Scope == apiextensionsv1.NamespaceScoped) || version.Name != v1alpha1.GroupVersion.Version {
			t.Errorf("%s: another resource, scope or version than in the CRD", k.gvk.Kind)
		}
		if has := version.Subresources != nil && version.Subresources.Status != nil; has != k.status {
			t.Errorf("%s: a status subresource: %t, in the CRD %t", k.gvk.Kind, k.status, has)
		}
		want, got := map[string]string{}, map[string]string{}
		defaults := map[string]string{}
		fromSchema("", version.Schema.OpenAPIV3Schema, want, defaults)
		fromShape("", k.shape, got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: lists and maps are owned otherwise (-CRD +store):\n%s", k.gvk.Kind, diff)
		}
		wantDefaults := map[string]string{}
		if k.defaultsStatus() {
			wantDefaults[".status"] = encoded(defaultStatus())
		}
		if diff := cmp.Diff(defaults, wantDefaults); diff != "" {
			t.Errorf("%s: other defaults (-CRD +store):\n%s", k.gvk.Kind, diff)
		}
	}
}

// fromSchema collects what is not owned as it would be without a marker, and the defaults.
func fromSchema(path string, s *apiextensionsv1.JSONSchemaProps, lists, defaults map[string]string) {
	if kind := s.XListType; kind != nil && *kind != "atomic" {
		lists[path] = *kind + strings.Join(s.XListMapKeys, ",")
	}
	if kind := s.XMapType; kind != nil && *kind == "atomic" {
		lists[path] = "atomic"
		return // nothing below it has an owner
	}
	if s.Default != nil {
		defaults[path] = string(s.Default.Raw)
	}
	for name, property := range s.Properties {
		fromSchema(path+"."+name, &property, lists, defaults)
	}
	if s.Items != nil && s.Items.Schema != nil {
		fromSchema(path+"[]", s.Items.Schema, lists, defaults)
	}
}

func fromShape(path string, s *shape, lists map[string]string) {
	switch {
	case s.atomic:
		lists[path] = "atomic"
	case s.list == listSet:
		lists[path] = "set"
	case s.list == listMap:
		lists[path] = "map" + strings.Join(s.keys, ",")
	}
	for name, below := range s.fields {
		if path+"."+name != ".metadata" {
			fromShape(path+"."+name, below, lists)
		}
	}
}
