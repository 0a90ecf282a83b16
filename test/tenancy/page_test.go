package tenancy

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// team is the namespace in docs/tenancy.md, and anna works in it.
const (
	team = "team-a"
	anna = "anna"
)

// page gives the manifests of docs/tenancy.md.
func (s *suite) page(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.root, "docs", "tenancy.md"))
	if err != nil {
		t.Fatal(err)
	}
	var found []*unstructured.Unstructured
	for _, block := range strings.Split(string(content), "```yaml\n")[1:] {
		block, _, closed := strings.Cut(block, "```")
		if !closed {
			t.Fatal("docs/tenancy.md has a block of YAML without an end")
		}
		for document := range strings.SplitSeq(block, "---\n") {
			object := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
				t.Fatalf("docs/tenancy.md: %v\n%s", err, document)
			}
			found = append(found, object)
		}
	}
	return found
}

// fromPage creates one of them, and removes it after the test.
func (s *suite) fromPage(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range s.page(t) {
		if object.GetKind() == kind && object.GetName() == name {
			s.create(t, object)
			t.Cleanup(func() {
				if err := s.admin.Delete(context.WithoutCancel(t.Context()), object); client.IgnoreNotFound(err) != nil {
					t.Errorf("remove %s %q again: %v", kind, name, err)
				}
			})
			return object
		}
	}
	t.Fatalf("docs/tenancy.md has no %s %q", kind, name)
	return nil
}

// pageApplies makes sure that nothing on the page is a mistake, as far as the API server can tell.
func (s *suite) pageApplies(t *testing.T) {
	const other = "page"
	s.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: other}})
	objects := s.page(t)
	if len(objects) == 0 {
		t.Fatal("docs/tenancy.md has no manifest")
	}
	for _, object := range objects {
		if object.GetNamespace() == team {
			object.SetNamespace(other)
		}
		manifest, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if output, err := s.run(t.Context(), string(manifest), "apply", "--dry-run=server", "--validate=strict", "-f", "-"); err != nil {
			t.Errorf("%s %q of docs/tenancy.md: %v\n%s", object.GetKind(), object.GetName(), err, output)
		}
	}
}
