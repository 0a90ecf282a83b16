package gitops

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// recorded are objects of the three kinds as the API server had them; see testdata/README.md.
func recorded(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no objects in testdata: %v", err)
	}
	var all []*unstructured.Unstructured
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, decodeAll(t, content)...)
	}
	return all
}

// decodeAll reads manifests as kubectl does.
func decodeAll(t *testing.T, manifests []byte) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096); ; {
		u := &unstructured.Unstructured{}
		err := decoder.Decode(u)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
}

func newArgoCD(t *testing.T) *ArgoCD {
	t.Helper()
	argo, err := NewArgoCD()
	if err != nil {
		t.Fatalf("the health check is no Lua: %v", err)
	}
	return argo
}

// TestArgoCDAgreesWithKstatusOnWhatWasRecorded also makes sure that what Argo CD shows is one of the object's own conditions, where it has one for the spec as it is.
func TestArgoCDAgreesWithKstatusOnWhatWasRecorded(t *testing.T) {
	argo := newArgoCD(t)
	shown := map[string]int{}
	for _, u := range recorded(t) {
		name := strings.Join([]string{u.GetKind(), u.GetNamespace(), u.GetName(), strings.Join(reasons(u), ",")}, " ")
		if all := kstatus.Violations(u, time.Now()); len(all) > 0 {
			t.Errorf("%s: nobody writes such a status: %q", name, all)
		}
		differ, err := argo.Disagreement(t.Context(), u)
		if err != nil || differ != "" {
			t.Errorf("%s: %s %v", name, differ, err)
		}
		health, err := argo.Health(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		shown[health.Status]++
		reason, _, _ := strings.Cut(health.Message, ":")
		own := slices.Contains(reasons(u), reason)
		if seen, _, _ := unstructured.NestedInt64(u.Object, "status", "observedGeneration"); !own && seen == u.GetGeneration() {
			t.Errorf("%s: Argo CD shows %q, which says none of its reasons", name, health.Message)
		}
	}
	for _, status := range []string{Healthy, Progressing, Degraded, Suspended} {
		if shown[status] == 0 {
			t.Errorf("no recorded object is %s", status)
		}
	}
}

// TestEveryReasonIsRecorded reads the reasons from the source of the API.
func TestEveryReasonIsRecorded(t *testing.T) {
	onlyInEvents := []string{v1alpha1.ReasonRetained, v1alpha1.ReasonAbandoned, v1alpha1.ReasonOrphaned, v1alpha1.ReasonRotated}
	byKind := map[string]bool{}
	var seen []string
	for _, u := range recorded(t) {
		byKind[u.GetKind()] = true
		seen = append(seen, reasons(u)...)
	}
	for _, kind := range []string{"WorkspaceClass", "Workspace", "ApiKey"} {
		if !byKind[kind] {
			t.Errorf("no %s is recorded", kind)
		}
	}
	for _, reason := range documented(t) {
		if got, want := slices.Contains(seen, reason), !slices.Contains(onlyInEvents, reason); got != want {
			t.Errorf("the reason %s is in a recorded object: %t, want %t: see testdata/README.md", reason, got, want)
		}
	}
}

func reasons(u *unstructured.Unstructured) []string {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	var all []string
	for _, each := range conditions {
		if condition, ok := each.(map[string]any); ok {
			reason, _ := condition["reason"].(string)
			all = append(all, reason)
		}
	}
	return all
}

// documented are the values of the constants called Reason...
func documented(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			reason, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, reason)
		}
		return true
	})
	if len(all) == 0 {
		t.Fatal("the API documents no reason: the test looks in the wrong place")
	}
	return all
}
