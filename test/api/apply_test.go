package api

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// discovery checks the names that people type.
func (s *suite) discovery(t *testing.T) {
	resources, err := discovery.NewDiscoveryClientForConfigOrDie(s.config).ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	type names struct{ Kind, Singular, Short, Categories string }
	got := map[string]names{}
	for _, r := range resources.APIResources {
		if !strings.Contains(r.Name, "/") {
			got[r.Name] = names{r.Kind, r.SingularName, strings.Join(r.ShortNames, ","), strings.Join(r.Categories, ",")}
		}
	}
	want := map[string]names{
		"workspaceclasses": {"WorkspaceClass", "workspaceclass", "wsc", "workspace-operator"},
		"workspaces":       {"Workspace", "workspace", "ws", "workspace-operator"},
		"apikeys":          {"ApiKey", "apikey", "ak", "workspace-operator"},
		"orphans":          {"Orphan", "orphan", "", ""}, // not among what tenants see with `kubectl get workspace-operator`
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the names differ (-want +got):\n%s", diff)
	}
}

// applyTwice applies everything that the cases accept a second time, as GitOps tools do every few minutes. A default or a spelling that the server changes would show as a
// change, for ever.
func (s *suite) applyTwice(t *testing.T) {
	for name, cases := range allCases() {
		t.Run("server-side/"+name, func(t *testing.T) {
			for i, c := range cases {
				if len(c.want) == 0 && c.before == "" && !strings.Contains(c.spec, ": null") { // server-side apply refuses null everywhere
					s.applyOneTwice(t, kinds()[name], i, c)
				}
			}
		})
	}
	t.Run("kubectl", s.kubectlApplyTwice)
}

func (s *suite) applyOneTwice(t *testing.T, k kind, i int, c testCase) {
	t.Helper()
	name := fmt.Sprintf("applied-%d", i)
	apply := func() object {
		answer, err := s.do(t.Context(), s.client.Patch(types.ApplyPatchType).Name(name).Param("fieldManager", "gitops"), k, forApply(k, name, c.spec))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		return decode(t, k, answer)
	}
	// The API server shows the default of the status from the start and stores it with the first update: the operator's, as a rule.
	before := apply()
	if !k.statusless {
		answer, err := s.updateStatus(t, k, before)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		before = decode(t, k, answer)
	}
	after := apply()
	if before.GetResourceVersion() != after.GetResourceVersion() || after.GetGeneration() != 1 {
		t.Errorf("%s: the second apply changed the object (-first +second):\n%s", c.name, cmp.Diff(before, after))
	}
}

// forApply is a manifest without a resource version.
func forApply(k kind, name, spec string) []byte {
	return bytes.Replace(manifest(k, name, "", spec), []byte(`, resourceVersion: ""`), nil, 1)
}

func (s *suite) kubectlApplyTwice(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, s.config); err != nil {
		t.Fatal(err)
	}
	bin, err := cluster.BinDir()
	if err != nil {
		t.Fatal(err)
	}
	var manifests bytes.Buffer
	for name, cases := range allCases() {
		k := kinds()[name]
		i := slices.IndexFunc(cases, func(c testCase) bool { return strings.HasPrefix(c.name, "everything") })
		manifests.WriteString("---\n")
		manifests.Write(forApply(k, "kubectl", cases[i].spec))
	}
	for i, want := range []string{"created", "unchanged"} {
		kubectl := exec.CommandContext(t.Context(), filepath.Join(bin, "kubectl"), "--kubeconfig="+kubeconfig, "--namespace="+namespace, "apply", "--filename=-")
		kubectl.Stdin = bytes.NewReader(manifests.Bytes())
		output, err := kubectl.CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl apply: %v\n%s", err, output)
		}
		if got := strings.Count(string(output), " "+want+"\n"); got != len(kinds()) {
			t.Errorf("apply number %d: %d of %d objects are %s:\n%s", i+1, got, len(kinds()), want, output)
		}
	}
}

// builders checks that what package gen makes without modifiers is accepted.
func (s *suite) builders(t *testing.T) {
	for name, o := range map[string]object{
		"WorkspaceClass": gen.WorkspaceClass("built"), "Workspace": gen.Workspace("built"), "ApiKey": gen.ApiKey("built"), "Orphan": gen.Orphan("built"),
	} {
		created := s.createTyped(t, kinds()[name], o)
		if got := metav1.GetControllerOf(created); got != nil || created.GetName() != "built" {
			t.Errorf("%s: created as %s, owned by %v", name, created.GetName(), got)
		}
	}
}
