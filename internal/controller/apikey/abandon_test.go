package apikey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
)

// TestWhatIsGivenUpInAnOverlap: the key that was replaced may live on as well as
// the one that took its place, whatever keeps the vendor from being asked.
func TestWhatIsGivenUpInAnOverlap(t *testing.T) {
	away := fake.Refused(provider.Transient)
	for name, row := range map[string]struct {
		recovery provider.Recovery
		change   func(*world)
	}{
		"the credential is lost":              {provider.RecoverByMark, func(w *world) { w.credential = nil }},
		"the list fails":                      {provider.RecoverByMark, func(w *world) { w.vendor.Fail(fake.ListKeys, away) }},
		"where there is no list, a look":      {provider.RecoverNever, func(w *world) { w.vendor.Fail(fake.GetKey, away) }},
		"the credential, where there is none": {provider.RecoverNever, func(w *world) { w.credential = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			w := inOverlap(t, row.recovery)
			w.class.Spec.AbandonAfter = &metav1.Duration{Duration: time.Hour}
			w.key.DeletionTimestamp = new(at(-2 * time.Hour))
			w.key.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccountReady, Status: metav1.ConditionFalse, LastTransitionTime: at(-2 * time.Hour)}}
			row.change(w)
			step := w.decide().Step
			want := []plan.Orphan{
				{ID: "key-2", Name: numbered(2).Name, Reason: v1alpha1.OrphanAbandoned}, {ID: "key-1", Reason: v1alpha1.OrphanAbandoned},
			}
			if diff := cmp.Diff(want, step.Orphans); diff != "" || step.Verb != plan.Finish {
				t.Errorf("%s leaves (-want +got)\n%s", step.Verb, diff)
			}
		})
	}
}

// TestWhatAnotherHasIsNotGivenUp: who reads the ledger deletes what stands in it.
func TestWhatAnotherHasIsNotGivenUp(t *testing.T) {
	w := copied(t, provider.RecoverByMark)
	r := w.rig()
	r.Ledger = &ledger.Book{Client: r.Client, Namespace: "operator", Recorder: r.Recorder, Now: now}
	orphans := []plan.Orphan{{ID: "key-2", Reason: v1alpha1.OrphanAbandoned}, {ID: "key-9", Reason: v1alpha1.OrphanAbandoned}, {Name: "ci-10", Reason: v1alpha1.OrphanOutcomeUnknown}}
	if err := r.abandon(t.Context(), r.key, onePass(plan.Finish), orphans); err != nil {
		t.Fatal(err)
	}
	all := &v1alpha1.OrphanList{}
	if err := r.Client.List(t.Context(), all); err != nil || len(all.Items) != 2 {
		t.Fatalf("%d entries, %v", len(all.Items), err)
	}
	for _, entry := range all.Items {
		if entry.Spec.ID == "key-2" {
			t.Error("the original's key is in the ledger")
		}
	}
}
