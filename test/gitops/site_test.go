package gitops

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// site is a cluster with the operator in it, the vendors' emulator, and config/demo as a repository that GitOps tools apply.
type site struct {
	*harness.Harness
	root, bin, kubeconfig string
	// differ compares two folders for kubectl. Git is on every machine that has this repository; diff need not be.
	differ string
	// samples are the manifests of config/samples, with what the tools add to those they apply.
	samples []*unstructured.Unstructured
	pokes   int
}

func newSite(t *testing.T) *site {
	t.Helper()
	h, err := harness.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	s := &site{Harness: h, kubeconfig: filepath.Join(dir, "kubeconfig"), differ: filepath.Join(dir, "differ")}
	if err := os.WriteFile(s.differ, []byte("#!/usr/bin/env bash\nexec git diff --no-index -- \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if s.root, err = cluster.Root(); err != nil {
		t.Fatal(err)
	}
	if s.bin, err = cluster.BinDir(); err != nil {
		t.Fatal(err)
	}
	if err := cluster.WriteKubeconfig(s.kubeconfig, h.Cluster.Config()); err != nil {
		t.Fatal(err)
	}
	operator, err := h.RunOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			t.Error(err)
		}
	})
	s.read(t, harness.NewVendors(t, emulator.Options{}).URL)
	return s
}

// read renders config/demo and applies the credentials, which come from elsewhere than from Git.
func (s *site) read(t *testing.T, address string) {
	t.Helper()
	rendered := s.must(t, nil, "kustomize", filepath.Join(s.root, "config", "demo"))
	var credentials []*unstructured.Unstructured
	for _, u := range decodeAll(t, []byte(strings.ReplaceAll(rendered, "EMULATOR", address))) {
		if u.GetKind() == "Secret" {
			credentials = append(credentials, u)
			continue
		}
		s.samples = append(s.samples, tracked(u))
	}
	s.must(t, credentials, "apply", "--filename=-")
}

// tracked is a manifest with the marks by which the tools know what they apply.
func tracked(u *unstructured.Unstructured) *unstructured.Unstructured {
	waves := []string{"Namespace", "WorkspaceClass", "Workspace", "ApiKey"}
	u.SetLabels(map[string]string{
		"app.kubernetes.io/instance": "tenants", "argocd.argoproj.io/instance": "tenants",
		"kustomize.toolkit.fluxcd.io/name": "tenants", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
	})
	u.SetAnnotations(map[string]string{
		"argocd.argoproj.io/tracking-id": "tenants:" + u.GroupVersionKind().Group + "/" + u.GetKind() + ":" + u.GetNamespace() + "/" + u.GetName(),
		"argocd.argoproj.io/sync-wave":   strconv.Itoa(slices.Index(waves, u.GetKind())),
	})
	return u
}

// kubectl runs it as the administrator, with manifests as its input, and gives what it prints.
func (s *site) kubectl(t *testing.T, manifests []*unstructured.Unstructured, arguments ...string) (string, error) {
	t.Helper()
	var input bytes.Buffer
	for _, u := range manifests {
		content, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		input.WriteString("---\n")
		input.Write(content)
		input.WriteString("\n")
	}
	command := exec.CommandContext(t.Context(), filepath.Join(s.bin, "kubectl"), arguments...)
	command.Env, command.Stdin = s.environment(), &input
	output, err := command.CombinedOutput()
	return string(output), err
}

// must is the same where nothing may go wrong.
func (s *site) must(t *testing.T, manifests []*unstructured.Unstructured, arguments ...string) string {
	t.Helper()
	output, err := s.kubectl(t, manifests, arguments...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return output
}

func (s *site) environment() []string {
	return append(os.Environ(), "KUBECONFIG="+s.kubeconfig, "KUBECTL_EXTERNAL_DIFF="+s.differ)
}

// ours are the samples of our kinds, as their types; what the API server has is read into them by whoever waits for one.
func (s *site) ours() []client.Object {
	var all []client.Object
	for _, u := range s.samples {
		meta := metav1.ObjectMeta{Namespace: u.GetNamespace(), Name: u.GetName()}
		switch u.GetKind() {
		case "WorkspaceClass":
			all = append(all, &v1alpha1.WorkspaceClass{ObjectMeta: meta})
		case "Workspace":
			all = append(all, &v1alpha1.Workspace{ObjectMeta: meta})
		case "ApiKey":
			all = append(all, &v1alpha1.ApiKey{ObjectMeta: meta})
		}
	}
	return all
}

// arrived waits until every sample is where it should be and nobody has anything left to do. At groundfloor, which has no keys, an ApiKey should say just that.
func (s *site) arrived(t *testing.T) {
	t.Helper()
	for _, object := range s.ours() {
		if object.GetNamespace() == keylessNamespace && object.GetName() == keylessName {
			s.WaitReason(t, object, v1alpha1.ConditionStalled, v1alpha1.ReasonUnsupported)
			continue
		}
		s.WaitReady(t, object)
	}
	s.poke(t)
}

// keylessNamespace and keylessName are of the sample ApiKey whose vendor has no keys.
const (
	keylessNamespace = "team-d"
	keylessName      = "development-ci"
)

// poke asks for a pass of everything, as a person would, and waits for it. What comes after it writes nothing.
func (s *site) poke(t *testing.T) {
	t.Helper()
	s.pokes++
	value := strconv.Itoa(s.pokes)
	for _, object := range s.ours() {
		patch := `{"metadata":{"annotations":{"` + v1alpha1.AnnotationReconcileAt + `":"` + value + `"}}}`
		if err := s.Client.Patch(t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
			t.Fatal(err)
		}
		harness.Wait(t, s.Harness, object, "a pass of "+object.GetName(), func(seen client.Object) bool { return handled(seen) == value })
	}
}

func handled(object client.Object) string {
	switch o := object.(type) {
	case *v1alpha1.WorkspaceClass:
		return o.Status.LastHandledReconcileAt
	case *v1alpha1.Workspace:
		return o.Status.LastHandledReconcileAt
	case *v1alpha1.ApiKey:
		return o.Status.LastHandledReconcileAt
	}
	return ""
}

// live are the samples as the API server has them, by their names.
func (s *site) live(t *testing.T) map[string]*unstructured.Unstructured {
	t.Helper()
	all := map[string]*unstructured.Unstructured{}
	for _, sample := range s.samples {
		u := &unstructured.Unstructured{}
		u.SetGroupVersionKind(sample.GroupVersionKind())
		if err := s.Client.Get(t.Context(), client.ObjectKeyFromObject(sample), u); err != nil {
			t.Fatal(err)
		}
		all[u.GetKind()+" "+u.GetNamespace()+"/"+u.GetName()] = u
	}
	return all
}

// made are the Secrets that the operator made, anywhere.
func (s *site) made(t *testing.T) []corev1.Secret {
	t.Helper()
	all := &corev1.SecretList{}
	if err := s.Client.List(t.Context(), all, client.MatchingLabels{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}); err != nil {
		t.Fatal(err)
	}
	return all.Items
}
