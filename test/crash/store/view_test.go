package store

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// rename writes the Workspace once more.
func rename(t *testing.T, c client.Client, ws *v1alpha1.Workspace, name string) {
	t.Helper()
	ws.Spec.DisplayName = name
	if err := c.Update(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
}

// seen is the display name that a reader shows.
func seen(t *testing.T, r client.Reader) string {
	t.Helper()
	ws := &v1alpha1.Workspace{}
	err := r.Get(t.Context(), client.ObjectKey{Namespace: gen.Namespace, Name: "ws"}, ws)
	if apierrors.IsNotFound(err) {
		return "gone"
	}
	if err != nil {
		t.Fatal(err)
	}
	return ws.Spec.DisplayName
}

func TestViewsMoveForward(t *testing.T) {
	workspace := v1alpha1.GroupVersion.WithKind("Workspace")
	s, c, ws := fixture(t)
	start := s.Version()
	rename(t, c, ws, "first")
	rename(t, c, ws, "second")
	if err := c.Delete(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
	view, err := s.View(Position{workspace: start})
	if err != nil {
		t.Fatal(err)
	}
	if got := view.Behind(workspace); got != 3 {
		t.Errorf("the view is %d events behind, want 3", got)
	}
	for _, want := range []struct {
		name string
		kind watch.EventType
	}{{"first", watch.Modified}, {"second", watch.Modified}, {"gone", watch.Deleted}} {
		events := view.Next(workspace)
		if len(events) != 1 || events[0].Type != want.kind || seen(t, view) != want.name {
			t.Errorf("got %v and %q, want one event %s and %q", events, seen(t, view), want.kind, want.name)
		}
	}
	if events := view.Next(workspace); len(events) != 0 {
		t.Errorf("events beyond the newest: %v", events)
	}
	all, err := s.Events(workspace, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := all[len(all)-1]
	if len(all) != 4 || last.Old.GetResourceVersion() != formatVersion(s.Version()) {
		t.Errorf("got %d events, the last of version %s, want 4, the last of version %d", len(all), last.Old.GetResourceVersion(), s.Version())
	}
}

func TestViewsSurviveCompaction(t *testing.T) {
	workspace := v1alpha1.GroupVersion.WithKind("Workspace")
	s, c, ws := fixture(t)
	view, err := s.View(nil)
	if err != nil {
		t.Fatal(err)
	}
	rename(t, c, ws, "first")
	rename(t, c, ws, "second")
	old := view.Position()
	s.Compact()
	rename(t, c, ws, "third")
	if got := seen(t, view); got != "" {
		t.Errorf("compaction moved the view to %q", got)
	}
	if events := view.Next(workspace); len(events) != 1 || seen(t, view) != "third" {
		t.Errorf("got %d events and %q, want the newest state at once", len(events), seen(t, view))
	}
	if _, err := s.View(old); err == nil {
		t.Error("a view at a position that is compacted")
	}
	if _, err := s.Events(workspace, old[workspace]); err == nil {
		t.Error("events that are compacted")
	}
}

func TestViewsReadLikeACache(t *testing.T) {
	s, c, ws := fixture(t)
	view, err := s.View(nil)
	if err != nil {
		t.Fatal(err)
	}
	cached, live := &v1alpha1.Workspace{}, &v1alpha1.Workspace{}
	key := client.ObjectKeyFromObject(ws)
	if err := view.Get(t.Context(), key, cached); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), key, live); err != nil {
		t.Fatal(err)
	}
	if cached.ManagedFields != nil || live.ManagedFields == nil {
		t.Error("managedFields: a cache has none, the server has")
	}
	if cached.Kind == "" || live.Kind != "" {
		t.Error("kind: a cache sets it, an answer does not have it")
	}
	partial := &metav1.PartialObjectMetadataList{}
	partial.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("WorkspaceList"))
	list := &v1alpha1.WorkspaceList{}
	for _, one := range []client.ObjectList{partial, list} {
		if err := view.List(t.Context(), one, client.InNamespace(gen.Namespace), client.UnsafeDisableDeepCopy); err != nil {
			t.Fatal(err)
		}
		if err := c.List(t.Context(), one, client.MatchingLabels{"no": "such"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(partial.Items)+len(list.Items) != 0 {
		t.Error("a list by a label has what does not have it")
	}
}

func TestClonesPartWays(t *testing.T) {
	s, c, ws := fixture(t)
	view, err := s.View(nil)
	if err != nil {
		t.Fatal(err)
	}
	clone := s.Clone()
	other := view.On(clone)
	rename(t, c, ws.DeepCopy(), "here")
	rename(t, clone.Client("test"), ws.DeepCopy(), "there")
	view.CatchUp()
	other.CatchUp()
	if here, there := seen(t, view), seen(t, other); here != "here" || there != "there" {
		t.Errorf("got %q and %q", here, there)
	}
	if here, there := seen(t, c), seen(t, clone.Client("test")); here != "here" || there != "there" {
		t.Errorf("got %q and %q from the servers", here, there)
	}
}
