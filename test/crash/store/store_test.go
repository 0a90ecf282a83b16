package store

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// fixture is a store with a namespace and a Workspace in it, at a fixed time.
func fixture(t *testing.T, mods ...gen.WorkspaceModifier) (*Store, client.Client, *v1alpha1.Workspace) {
	t.Helper()
	s := newStore(t, func() time.Time { return time.Unix(1_900_000_000, 123) })
	c := s.Client("test")
	ws := gen.Workspace("ws", mods...)
	for _, obj := range []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: gen.Namespace}}, ws} {
		if err := c.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	return s, c, ws
}

func TestWrites(t *testing.T) {
	finalizer := gen.SetWorkspaceMeta(gen.Finalizers("example.com/one"))
	tests := []struct {
		name       string
		mods       []gen.WorkspaceModifier
		do         func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error
		wantReason metav1.StatusReason
		wantWrites uint64
		wantGone   bool
		generation int64
	}{
		{
			name: "a spec counts", wantWrites: 1, generation: 2,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				ws.Spec.DisplayName = "another"
				return c.Update(ctx, ws)
			},
		},
		{
			name: "an annotation does not", wantWrites: 1, generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				metav1.SetMetaDataAnnotation(&ws.ObjectMeta, "a", "b")
				return c.Update(ctx, ws)
			},
		},
		{
			name: "the first write stores the default of the status, the next changes nothing", wantWrites: 1, generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				if err := c.Update(ctx, ws); err != nil {
					return err
				}
				return c.Update(ctx, ws)
			},
		},
		{
			name: "an old version", wantReason: metav1.StatusReasonConflict, generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				ws.ResourceVersion = "1"
				return c.Update(ctx, ws)
			},
		},
		{
			name: "no version", wantReason: metav1.StatusReasonInvalid, generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				ws.ResourceVersion = ""
				return c.Update(ctx, ws)
			},
		},
		{
			name: "the object of another UID", wantReason: metav1.StatusReasonConflict, generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				ws.UID = wrongUID
				return c.Update(ctx, ws)
			},
		},
		{
			name: "a dry run", generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				ws.Spec.DisplayName = "another"
				return client.NewDryRunClient(c).Update(ctx, ws)
			},
		},
		{name: "a deletion", wantWrites: 1, wantGone: true, do: remove},
		{
			name: "a deletion under another UID", wantReason: metav1.StatusReasonConflict, generation: 1,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				return c.Delete(ctx, ws, client.Preconditions{UID: new(ws.UID + "x")})
			},
		},
		{name: "a deletion with a finalizer", mods: []gen.WorkspaceModifier{finalizer}, wantWrites: 1, generation: 2, do: remove},
		{
			name: "a second deletion", mods: []gen.WorkspaceModifier{finalizer}, wantWrites: 1, generation: 2,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				if err := c.Delete(ctx, ws); err != nil {
					return err
				}
				return c.Delete(ctx, ws)
			},
		},
		{
			name: "the last finalizer", mods: []gen.WorkspaceModifier{finalizer}, wantWrites: 2, wantGone: true,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				return refinalize(ctx, c, ws)
			},
		},
		{
			name: "a new finalizer after the deletion", mods: []gen.WorkspaceModifier{finalizer}, wantWrites: 1, generation: 2, wantReason: metav1.StatusReasonInvalid,
			do: func(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
				return refinalize(ctx, c, ws, "example.com/one", "example.com/two")
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, c, ws := fixture(t, test.mods...)
			before, key := s.Version(), client.ObjectKeyFromObject(ws)
			err := test.do(t.Context(), c, ws)
			if reason := apierrors.ReasonForError(err); reason != test.wantReason && (err != nil || test.wantReason != "") {
				t.Errorf("got the error %v, want the reason %q", err, test.wantReason)
			}
			if writes := s.Version() - before; writes != test.wantWrites {
				t.Errorf("got %d writes, want %d", writes, test.wantWrites)
			}
			now := &v1alpha1.Workspace{}
			err = c.Get(t.Context(), key, now)
			if gone := apierrors.IsNotFound(err); gone != test.wantGone {
				t.Fatalf("gone: %t, want %t: %v", gone, test.wantGone, err)
			}
			if !test.wantGone && now.Generation != test.generation {
				t.Errorf("got generation %d, want %d", now.Generation, test.generation)
			}
		})
	}
}

func remove(ctx context.Context, c client.Client, ws *v1alpha1.Workspace) error {
	return c.Delete(ctx, ws)
}

// refinalize deletes the object and then replaces its finalizers.
func refinalize(ctx context.Context, c client.Client, ws *v1alpha1.Workspace, finalizers ...string) error {
	if err := c.Delete(ctx, ws); err != nil {
		return err
	}
	before := ws.DeepCopy()
	ws.Finalizers = finalizers
	return c.Patch(ctx, ws, client.MergeFrom(before))
}

// TestSameCallsSameAnswers is what makes a failure of the harness repeatable.
func TestSameCallsSameAnswers(t *testing.T) {
	run := func() *v1alpha1.Workspace {
		s, c, _ := fixture(t)
		generated := gen.Workspace("", gen.SetWorkspaceMeta(func(m *metav1.ObjectMeta) { m.GenerateName = "more-" }))
		if err := c.Create(t.Context(), generated); err != nil {
			t.Fatal(err)
		}
		if s.Version() != 3 {
			t.Errorf("got version %d after three writes", s.Version())
		}
		return generated
	}
	first, second := run(), run()
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same calls gave different objects:\n%s", diff)
	}
	if len(first.Name) != len("more-")+5 || len(first.UID) != 36 {
		t.Errorf("the server chose the name %q and the UID %q", first.Name, first.UID)
	}
}

func TestAnswersAreCopies(t *testing.T) {
	_, c, ws := fixture(t, gen.AddWorkspaceMetadata("a", "b"))
	ws.Spec.Metadata["a"] = "changed"
	now := &v1alpha1.Workspace{}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(ws), now); err != nil {
		t.Fatal(err)
	}
	if got := now.Spec.Metadata["a"]; got != "b" {
		t.Errorf("what the caller did to its copy is in the store: %q", got)
	}
}
