package gitops

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
)

// The field managers of the tools.
const (
	argoManager = "argocd-controller"
	fluxManager = "kustomize-controller"
)

// TestGitOps applies the samples of every vendor as GitOps tools do, again and again, and looks for anything that would show as drift. The steps are one story, told
// on one cluster.
func TestGitOps(t *testing.T) {
	s := newSite(t)
	for _, step := range []struct {
		name string
		run  func(*testing.T, *site)
	}{
		{"the samples are of every vendor and every kind", everyVendor},
		{"kubectl apply, twice", clientSide},
		{"kubectl diff shows none", noDiff},
		{"the operator owns no field that anybody applies", ownership},
		{"the Secrets have nothing of what the tools add", secretsAreNotTracked},
		{"server-side apply takes over, twice", takeOver},
		{"another manager joins, and changes what the first one applied", anotherManager},
		{"what docs/gitops.md says works", theDocumentation},
		{"everything is pruned at once", prune},
		{"server-side apply from nothing, twice", serverSide},
		{"the operator owns no field that anybody applies, this time either", ownership},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, s) }) {
			return // the next one begins where this one ends
		}
	}
}

func everyVendor(t *testing.T, s *site) {
	kinds, vendors := map[string]int{}, map[string]bool{}
	for _, u := range s.samples {
		kinds[u.GetKind()]++
		provider, _, _ := unstructured.NestedMap(u.Object, "spec", "provider")
		for vendor := range provider {
			vendors[vendor] = true
		}
	}
	for _, driver := range catalog.All() {
		if !vendors[driver.Name()] {
			t.Errorf("no sample is about %s", driver.Name())
		}
	}
	for _, kind := range []string{"WorkspaceClass", "Workspace", "ApiKey"} {
		if kinds[kind] < len(vendors) {
			t.Errorf("%d samples of kind %s for %d vendors", kinds[kind], kind, len(vendors))
		}
	}
}

func clientSide(t *testing.T, s *site) {
	s.expect(t, s.must(t, s.samples, "apply", "--filename=-"), "created")
	s.arrived(t)
	s.changesNothing(t, func() { s.expect(t, s.must(t, s.samples, "apply", "--filename=-"), "unchanged") })
}

// expect holds kubectl to having done the same with every sample.
func (s *site) expect(t *testing.T, output, verb string) {
	t.Helper()
	for line := range strings.Lines(output) {
		if !strings.HasSuffix(line, " "+verb+"\n") {
			t.Errorf("kubectl says %q, want that it is %s", line, verb)
		}
	}
	if got := strings.Count(output, "\n"); got != len(s.samples) {
		t.Errorf("kubectl speaks of %d objects, want %d:\n%s", got, len(s.samples), output)
	}
}

// changesNothing holds apply to leaving every sample at its version.
func (s *site) changesNothing(t *testing.T, apply func()) {
	t.Helper()
	before := s.live(t)
	apply()
	for name, after := range s.live(t) {
		if after.GetResourceVersion() != before[name].GetResourceVersion() || after.GetGeneration() != before[name].GetGeneration() {
			t.Errorf("%s has changed (-before +after):\n%s", name, cmp.Diff(before[name].Object, after.Object))
		}
	}
}

func noDiff(t *testing.T, s *site) {
	for _, how := range [][]string{{"diff"}, {"diff", "--server-side"}} {
		if output, err := s.kubectl(t, s.samples, append(how, "--filename=-")...); err != nil || output != "" {
			t.Errorf("kubectl %s: %v\n%s", strings.Join(how, " "), err, output)
		}
	}
}

// ownership reads what the API server has on record: of what is applied the operator has written nothing.
func ownership(t *testing.T, s *site) {
	for name, u := range s.live(t) {
		var written []string
		for _, entry := range u.GetManagedFields() {
			if entry.Manager == engine.FieldManager {
				written = append(written, paths(t, entry)...)
			}
		}
		for _, path := range written {
			if path != "metadata.finalizers" && path != "status" {
				t.Errorf("the operator has written %s of %s", path, name)
			}
		}
		if got, want := slices.Contains(written, "status"), u.GetKind() != "Namespace"; got != want {
			t.Errorf("the operator has written the status of %s: %t, want %t", name, got, want)
		}
	}
}

// paths are the fields of an entry, two levels deep in what is not status.
func paths(t *testing.T, entry metav1.ManagedFieldsEntry) []string {
	t.Helper()
	fields := map[string]map[string]any{}
	if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
		t.Fatal(err)
	}
	var all []string
	for name, below := range fields {
		if name = strings.TrimPrefix(name, "f:"); name == "status" {
			all = append(all, name)
			continue
		}
		for field := range below {
			all = append(all, name+"."+strings.TrimPrefix(field, "f:"))
		}
	}
	return all
}

// secretsAreNotTracked: a tool prunes what carries its mark and is not in Git.
func secretsAreNotTracked(t *testing.T, s *site) {
	published := 0
	for _, secret := range s.made(t) {
		if metav1.GetControllerOf(&secret) != nil {
			published++
		}
		if diff := cmp.Diff(map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}, secret.Labels); diff != "" {
			t.Errorf("the labels of Secret %s/%s (-want +got):\n%s", secret.Namespace, secret.Name, diff)
		}
		for annotation := range secret.Annotations {
			if !strings.HasPrefix(annotation, "workspace-operator.io/") {
				t.Errorf("Secret %s/%s has the annotation %s", secret.Namespace, secret.Name, annotation)
			}
		}
	}
	if want := len(catalog.All()) - 1; published != want {
		t.Errorf("%d Secrets are published, want %d: one for each vendor that has keys", published, want)
	}
}

func takeOver(t *testing.T, s *site) {
	s.expect(t, s.must(t, s.samples, "apply", "--server-side", "--filename=-"), "serverside-applied")
	s.poke(t)
	s.changesNothing(t, func() { s.must(t, s.samples, "apply", "--server-side", "--filename=-") })
	noDiff(t, s)
}

func anotherManager(t *testing.T, s *site) {
	join := []string{"apply", "--server-side", "--field-manager=" + argoManager, "--filename=-"}
	s.expect(t, s.must(t, s.samples, join...), "serverside-applied")
	s.poke(t)
	s.changesNothing(t, func() { s.must(t, s.samples, join...) })

	for _, u := range s.samples {
		u.SetLabels(map[string]string{"app.kubernetes.io/instance": "moved", "argocd.argoproj.io/instance": "moved"})
		if u.GetKind() == "Workspace" && u.GetNamespace() == "team-a" {
			if err := unstructured.SetNestedField(u.Object, "Renamed", "spec", "displayName"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if output, err := s.kubectl(t, s.samples, "diff", "--filename=-"); err == nil || !strings.Contains(output, "+  displayName: Renamed") {
		t.Errorf("kubectl diff does not show an edit: %v\n%s", err, output)
	}
	output, err := s.kubectl(t, s.samples, join...)
	if err == nil || !strings.Contains(output, `with "kubectl"`) || strings.Contains(output, `with "`+engine.FieldManager+`"`) {
		t.Errorf("a change of what another manager applied: %v, want a conflict with it and with nobody else\n%s", err, output)
	}
	s.must(t, s.samples, append(join, "--force-conflicts")...)
	s.arrived(t)
	for name, u := range s.live(t) {
		if got, want := u.GetGeneration() > 1, u.GetKind() == "Workspace" && u.GetNamespace() == "team-a"; got != want {
			t.Errorf("%s is of generation %d; it was edited: %t", name, u.GetGeneration(), want)
		}
	}
	secretsAreNotTracked(t, s)
}

// prune deletes class, Workspace and ApiKey together, in the order in which they were applied; what is needed waits for what needs it.
func prune(t *testing.T, s *site) {
	var ours []*unstructured.Unstructured
	for _, u := range s.samples {
		if u.GetKind() != "Namespace" {
			ours = append(ours, u)
		}
	}
	s.must(t, ours, "delete", "--timeout=2m", "--filename=-")
	s.WaitGone(t, s.ours()...)
	for _, secret := range s.made(t) {
		s.WaitGone(t, &secret) // the garbage collector comes after its owner has gone
	}
}

func serverSide(t *testing.T, s *site) {
	apply := []string{"apply", "--server-side", "--field-manager=" + fluxManager, "--filename=-"}
	// The namespaces are still the other managers': they were not pruned.
	s.expect(t, s.must(t, s.samples, append(apply, "--force-conflicts")...), "serverside-applied")
	s.arrived(t)
	s.changesNothing(t, func() { s.must(t, s.samples, apply...) })
	for name, u := range s.live(t) {
		managers := map[string]bool{}
		for _, entry := range u.GetManagedFields() {
			managers[entry.Manager] = true
		}
		if _, kept := u.GetAnnotations()["kubectl.kubernetes.io/last-applied-configuration"]; kept && u.GetKind() != "Namespace" {
			t.Errorf("%s was applied by somebody else as well: %v", name, slices.Sorted(maps.Keys(managers)))
		}
		if !managers[fluxManager] {
			t.Errorf("%s was not applied by %s: %v", name, fluxManager, slices.Sorted(maps.Keys(managers)))
		}
	}
	secretsAreNotTracked(t, s)
}
