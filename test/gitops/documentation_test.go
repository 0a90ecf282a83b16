package gitops

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

const argoNamespace = "argocd"

// theDocumentation runs every command of the page, and applies every manifest of our kinds.
func theDocumentation(t *testing.T, s *site) {
	page, err := os.ReadFile(filepath.Join(s.root, "docs", "gitops.md"))
	if err != nil {
		t.Fatal(err)
	}
	settings := s.argoSettings(t)
	for _, block := range blocks(t, page, "console") {
		for line := range strings.Lines(block) {
			command, isCommand := strings.CutPrefix(line, "$ ")
			if !isCommand {
				t.Errorf("a line of a console that is no command: %s", line)
			}
			s.shell(t, command)
		}
	}
	t.Run("the health checks join what Argo CD is set to", func(t *testing.T) { s.joined(t, settings) })
	for _, block := range blocks(t, page, "yaml") {
		for _, u := range decodeAll(t, []byte(block)) {
			switch gvk := u.GroupVersionKind(); gvk.Group {
			case v1alpha1.GroupVersion.Group:
				s.must(t, []*unstructured.Unstructured{u}, "apply", "--server-side", "--dry-run=server", "--force-conflicts", "--filename=-")
			case "kustomize.config.k8s.io":
				s.merged(t, block)
			default:
				s.known(t, u)
			}
		}
	}
}

// blocks are the fenced blocks of a language.
func blocks(t *testing.T, page []byte, language string) []string {
	t.Helper()
	var all []string
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(page, -1) {
		all = append(all, string(found[1]))
	}
	if len(all) == 0 {
		t.Fatalf("the page has no block of %s: the test looks in the wrong place", language)
	}
	return all
}

func (s *site) shell(t *testing.T, command string) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", command)
	shell.Dir = s.root
	shell.Env = append(s.environment(), "PATH="+s.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if output, err := shell.CombinedOutput(); err != nil {
		t.Errorf("the page says\n%s\n%v\n%s", command, err, output)
	}
}

// argoSettings is Argo CD as somebody has installed it.
func (s *site) argoSettings(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	settings := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: argoNamespace, Name: "argocd-cm", Labels: map[string]string{"app.kubernetes.io/name": "argocd-cm"}},
		Data:       map[string]string{"url": "https://argocd.test"},
	}
	s.Create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: argoNamespace}}, settings.DeepCopy())
	return settings
}

// joined expects the settings as they were, and the health checks.
func (s *site) joined(t *testing.T, before *corev1.ConfigMap) {
	now := &corev1.ConfigMap{}
	if err := s.Client.Get(t.Context(), client.ObjectKeyFromObject(before), now); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.withChecks(t, before.Data), now.Data); diff != "" {
		t.Errorf("argocd-cm (-want +got):\n%s", diff)
	}
	want := map[string]string{"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"}
	if diff := cmp.Diff(want, now.Labels); diff != "" {
		t.Errorf("the labels of argocd-cm (-want +got):\n%s", diff)
	}
}

// withChecks adds the health checks to what argocd-cm holds.
func (s *site) withChecks(t *testing.T, data map[string]string) map[string]string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(s.root, "config", "argocd", "health.lua"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"WorkspaceClass", "Workspace", "ApiKey"} {
		data["resource.customizations.health."+v1alpha1.GroupVersion.Group+"_"+kind] = string(script)
	}
	return data
}

// merged builds the kustomization that the page adds to Argo CD's own.
func (s *site) merged(t *testing.T, kustomization string) {
	t.Helper()
	dir := t.TempDir()
	script, err := os.ReadFile(filepath.Join(s.root, "config", "argocd", "health.lua"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"kustomization.yaml": kustomization, "health.lua": string(script),
		"install.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: argocd-cm}, data: {url: https://argocd.test}}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	built := &corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict([]byte(s.must(t, nil, "kustomize", dir)), built); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.withChecks(t, map[string]string{"url": "https://argocd.test"}), built.Data); diff != "" {
		t.Errorf("argocd-cm as built from the page (-want +got):\n%s", diff)
	}
}

// known expects that what a manifest of a tool names among our kinds is there.
func (s *site) known(t *testing.T, u *unstructured.Unstructured) {
	t.Helper()
	checks, _, _ := unstructured.NestedSlice(u.Object, "spec", "healthChecks")
	for _, each := range checks {
		check, ok := each.(map[string]any)
		if !ok {
			t.Fatalf("%s: %v is no health check", u.GetName(), each)
		}
		named := &unstructured.Unstructured{Object: map[string]any{"apiVersion": check["apiVersion"], "kind": check["kind"]}}
		name, _ := check["name"].(string)
		namespace, _ := check["namespace"].(string)
		if err := s.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, named); err != nil {
			t.Errorf("%s waits for what is not there: %v", u.GetName(), err)
		}
	}
}
