package apikey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func unsettled(f *facts) { f.Sight.Unsettled = time.Second }

// TestAttemptBesideALiveKey: a call for the key that was to take another's place
// is not answered by the other.
func TestAttemptBesideALiveKey(t *testing.T) {
	earlier, at := now().Add(-time.Minute), metav1.NewTime(now())
	past := metav1.NewTime(earlier)
	announced, lost := record("", "ci-1", earlier, nil), record(v1alpha1.AttemptLost, "ci-1", earlier, &past)
	refused := record(v1alpha1.AttemptRefused, "ci-1", earlier, &past)
	live, wanted := provider.Key{ID: "key-0", Name: "ci-0"}, provider.Key{ID: "key-1", Name: "ci-1"}
	for name, row := range map[string]struct {
		recorded *v1alpha1.Attempt
		facts    facts
		want     *v1alpha1.Attempt
	}{
		"it is issued":                           {announced, onePass(plan.Renew, holding("key-0", live), made(wanted)), nil},
		"its answer is lost":                     {announced, onePass(plan.Renew, holding("key-0", live), failed(true)), record(v1alpha1.AttemptLost, "ci-1", earlier, &at)},
		"it is refused":                          {announced, onePass(plan.Renew, holding("key-0", live), failed(false)), record(v1alpha1.AttemptRefused, "ci-1", earlier, &at)},
		"lists may hide what the call made":      {lost, onePass(plan.Stay, holding("key-0", live), unsettled), lost},
		"lists show all that it can have made":   {lost, onePass(plan.Stay, holding("key-0", live)), nil},
		"it was refused before":                  {refused, onePass(plan.Stay, holding("key-0", live), unsettled), nil},
		"no list tells":                          {lost, onePass(plan.Stay, never, holding("key-0", live)), lost},
		"no list, but this is the key it made":   {lost, onePass(plan.Stay, never, holding("key-1", wanted)), nil},
		"no list, and it was refused before":     {refused, onePass(plan.Stay, never, holding("key-0", live)), nil},
		"a change of the other says nothing":     {lost, onePass(plan.Update, never, holding("key-0", live), made(live)), lost},
		"nor does its Secret, when written anew": {lost, onePass(plan.Publish, never, holding("key-0", live)), lost},
	} {
		row.facts.Effect.Attempt = row.recorded.DeepCopy()
		if diff := cmp.Diff(row.want, attempt(attempted(row.recorded.DeepCopy()), row.facts)); diff != "" {
			t.Errorf("%s: on record is (-want +got)\n%s", name, diff)
		}
	}
}

// TestAPersonsWord ends a call of which nobody can find out what it did.
func TestAPersonsWord(t *testing.T) {
	past, at := metav1.NewTime(now().Add(-time.Minute)), metav1.NewTime(now())
	lost := record(v1alpha1.AttemptLost, "ci-1", past.Time, &past)
	for name, row := range map[string]struct {
		word  string
		facts facts
		want  *v1alpha1.Attempt
	}{
		"it does not exist":                {engine.DenialOf(lost), onePass(plan.Stay, never), nil},
		"another does not exist":           {"2020-01-01T00:00:00Z", onePass(plan.Stay, never), lost},
		"nothing is said":                  {"", onePass(plan.Stay, never), lost},
		"it does not exist, so it is made": {engine.DenialOf(lost), onePass(plan.Create, never, made(provider.Key{ID: "key-1"})), nil},
		"and that is lost as well":         {engine.DenialOf(lost), onePass(plan.Create, never, failed(true)), record(v1alpha1.AttemptLost, "ci-1", past.Time, &at)},
	} {
		key := attempted(lost.DeepCopy())
		key.Annotations = map[string]string{v1alpha1.AnnotationDoesNotExist: row.word}
		if diff := cmp.Diff(row.want, attempt(key, row.facts)); diff != "" {
			t.Errorf("%s: on record is (-want +got)\n%s", name, diff)
		}
	}
}
