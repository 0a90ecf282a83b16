package apikey

import (
	"errors"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// copied makes the world's ApiKey a copy of the one whose keys the vendor has: it came
// with its status beside the original, into another namespace, an hour later. So
// did its Workspace.
func copied(t *testing.T, recovery provider.Recovery) *world {
	w := inOverlap(t, recovery)
	original, ws := w.key.DeepCopy(), w.ws.DeepCopy()
	original.Namespace, ws.Namespace, ws.UID = "before", "before", "ws-uid-1"
	original.CreationTimestamp, ws.CreationTimestamp = at(-2*time.Hour), at(-2*time.Hour)
	w.others = append(w.others, original, ws)
	w.key.UID, w.ws.UID, w.secret = "uid-2", "ws-uid-2", nil
	w.key.CreationTimestamp, w.ws.CreationTimestamp = at(-time.Hour), at(-time.Hour)
	return w
}

func (w *world) original() *v1alpha1.ApiKey {
	key, ok := w.others[0].(*v1alpha1.ApiKey)
	if !ok {
		w.Fatal("the world has no original")
	}
	return key
}

// deleted has the time of everything be over, and the copy deleted.
func (w *world) deleted() {
	w.due()
	w.key.DeletionTimestamp = new(at(-time.Minute))
}

// TestACopyLeavesWhatItsOriginalHas, live or in the overlap, whatever the vendor
// still shows of whose it is.
func TestACopyLeavesWhatItsOriginalHas(t *testing.T) {
	unmarked := func(w *world) {
		for _, id := range []string{"key-1", "key-2"} {
			w.vendor.RemoveKey(id)
			w.vendor.AddKey(workspaceID, provider.Key{ID: id, Name: "renamed", CreatedAt: now().Add(-time.Hour)}, "value")
		}
	}
	for name, row := range map[string]struct {
		change func(*world)
		want   []string
	}{
		"its original lives":                 {func(*world) {}, nil},
		"and is as old":                      {func(w *world) { w.original().CreationTimestamp = w.key.CreationTimestamp }, nil},
		"and came back later than it":        {func(w *world) { w.original().CreationTimestamp = at(0) }, nil},
		"and one has gone out of its status": {func(w *world) { unmarked(w); w.original().Status.Retiring = nil }, []string{"key-1"}},
		"and is gone":                        {func(w *world) { w.others = nil }, []string{"key-1", "key-2"}},
		"and has lost its status":            {func(w *world) { w.original().Status = v1alpha1.ApiKeyStatus{} }, nil},
		"there is no mark":                   {unmarked, nil},
		"nor is it the copy of the two":      {func(w *world) { unmarked(w); w.original().CreationTimestamp = at(0) }, []string{"key-1", "key-2"}},
		"both are copies of what has gone":   {func(w *world) { w.original().UID = "uid-0" }, nil},
		"and this one is the older": {func(w *world) { w.original().UID, w.original().CreationTimestamp = types.UID("uid-0"), at(0) },
			[]string{"key-1", "key-2"}},
	} {
		for _, recovery := range []provider.Recovery{provider.RecoverByMark, provider.RecoverNever} {
			t.Run(name+" "+string(recovery), func(t *testing.T) {
				w := copied(t, recovery)
				w.deleted()
				row.change(w)
				made := w.decide()
				var seen []string
				for _, one := range made.Sight.Marked {
					seen = append(seen, one.ID)
				}
				if !slices.Equal(seen, row.want) {
					t.Errorf("its own are %v, want %v", seen, row.want)
				}
				if finished := made.Step.Verb == plan.Finish; finished != (row.want == nil) || !finished && made.Step.Verb != plan.Remove {
					t.Errorf("got %s %q", made.Step.Verb, made.Step.Target)
				}
			})
		}
	}
}

// TestTheOriginalKeepsItsKeys beside a copy, and asks nobody about what it marked.
func TestTheOriginalKeepsItsKeys(t *testing.T) {
	w := copied(t, provider.RecoverByMark)
	duplicate := w.key.DeepCopy()
	w.key, w.ws = w.original(), w.ws.DeepCopy()
	w.key.Namespace, w.others = w.ws.Namespace, nil
	duplicate.Namespace = "after"
	w.others = append(w.others, duplicate)
	w.deleted()
	if made := w.decide(); len(made.Sight.Marked) != 2 || made.Step.Verb != plan.Remove {
		t.Errorf("it has %d keys; got %s", len(made.Sight.Marked), made.Step.Verb)
	}
}

// TestACopyThatTheCacheHasNotSeen: nothing is revoked by a cache.
func TestACopyThatTheCacheHasNotSeen(t *testing.T) {
	w := copied(t, provider.RecoverByMark)
	w.deleted()
	r := w.rig()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	r.Client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(w.ws, w.class).Build()
	if made := r.decide(t); len(made.Sight.Marked) > 0 || made.Step.Verb != plan.Finish {
		t.Errorf("it has %d keys; got %s %q", len(made.Sight.Marked), made.Step.Verb, made.Step.Target)
	}
}

// TestWhatACopyDoes: in the workspace of another it waits for a person, and in one of
// its own it has a key issued. Nothing is revoked.
func TestWhatACopyDoes(t *testing.T) {
	const issued = "it has its own"
	lost := []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonConflict}}
	for name, row := range map[string]struct {
		change func(*world)
		want   string
	}{
		"its Workspace says it is a copy":         {func(w *world) { w.ws.Status.Conditions = lost }, v1alpha1.ReasonConflict},
		"its Workspace does not say so yet":       {func(*world) {}, v1alpha1.ReasonConflict},
		"its Workspace is the original":           {func(w *world) { w.others[1].SetCreationTimestamp(at(0)) }, issued},
		"another vendor's workspace has the uuid": {func(w *world) { w.ws.Status.Provider = "portkey" }, issued},
		"it is beside its original": {func(w *world) {
			w.others = w.others[:1]
			w.original().Namespace, w.original().Name = w.key.Namespace, "before"
		}, issued},
	} {
		t.Run(name, func(t *testing.T) {
			w := copied(t, provider.RecoverByMark)
			w.due()
			row.change(w)
			r := w.rig()
			made, err := r.pass(t)
			got := made.Outlook.Reason
			if impasse, ok := errors.AsType[*plan.Impasse](err); ok {
				got = impasse.Reason
			}
			if made.Effect.Key != nil {
				got = issued
			}
			alive := w.vendor.Keys(workspaceID)
			if got != row.want || len(alive) != 2 && got != issued || len(alive) != 3 && got == issued {
				t.Fatalf("%s: got %q (%v) with %d keys alive, want %q", made.Step.Verb, got, err, len(alive), row.want)
			}
			if got != issued {
				return
			}
			if made, err = r.pass(t); err != nil || made.Step.Verb != plan.Stay || len(r.key.Status.Retiring) > 0 || len(w.vendor.Keys(workspaceID)) != 3 {
				t.Errorf("then %s (%v), and %v is on record beside its own", made.Step.Verb, err, r.key.Status.Retiring)
			}
		})
	}
}
