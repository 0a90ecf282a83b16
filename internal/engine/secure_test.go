package engine

import (
	"errors"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// TestWhatADeletionNeedsIsSecuredFirst: before our finalizer, and so before the first call.
func TestWhatADeletionNeedsIsSecuredFirst(t *testing.T) {
	r := newRig(t, young())
	r.decide = always(plan.Step{Verb: plan.Create, Outlook: well()})
	r.secure = func() error { return nil }
	if _, err := r.pass(); err != nil {
		t.Fatal(err)
	}
	order := []int{slices.Index(r.log, "secure"), slices.Index(r.log, "write metadata"), slices.Index(r.log, "act Create")}
	if order[0] < 0 || !slices.IsSorted(order) {
		t.Errorf("the order is %q, want it secured, then the finalizer, then the call", r.log)
	}
	if _, err := r.pass(); err != nil || r.did("secure") {
		t.Errorf("it is secured once, not in every pass: %q, %v", r.log, err)
	}
}

// TestNothingBeginsThatIsNotSecured, whoever stands in the way.
func TestNothingBeginsThatIsNotSecured(t *testing.T) {
	broken := errors.New("broken")
	for name, row := range map[string]struct {
		err  error
		want error
	}{
		"a failed read":       {broken, broken},
		"what is going":       {apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, "admin", errors.New("it is being deleted")), nil},
		"what is gone by now": {apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, "admin"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(plan.Step{Verb: plan.Create, Outlook: well()})
			r.secure = func() error { return row.err }
			result, err := r.pass()
			if !errors.Is(err, row.want) || row.want == nil && result.RequeueAfter == 0 {
				t.Errorf("got %v after %s, want it tried again", err, result.RequeueAfter)
			}
			if r.writes() > 0 || r.did("act Create") || slices.Contains(r.get().Finalizers, v1alpha1.Finalizer) {
				t.Errorf("it goes on all the same: %q", r.log)
			}
		})
	}
}
