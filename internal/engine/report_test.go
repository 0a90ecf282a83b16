package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestWhatKeepsReady: a vendor that cannot be reached does not make a workspace
// that exists unusable; AccountReady says what is wrong.
func TestWhatKeepsReady(t *testing.T) {
	for _, row := range []struct {
		reason string
		err    error
		keeps  bool
	}{
		{"the vendor is away", vendorErr(provider.Transient), true},
		{"too many requests", vendorErr(provider.Throttled), true},
		{"the credential is refused", vendorErr(provider.Unauthorized), true},
		{"the class is gone", &account.Problem{Reason: v1alpha1.ReasonClassNotFound, Message: "gone"}, true},
		{"the credential is gone", &account.Problem{Reason: v1alpha1.ReasonCredentialsNotFound, Message: "gone"}, true},
		{"the namespace is no longer allowed", &account.Problem{Reason: v1alpha1.ReasonClassNotAllowed, Message: "closed"}, true},
		{"the credential may not read it", vendorErr(provider.Forbidden), false},
		{"the vendor says it is gone", vendorErr(provider.NotFound), false},
		{"the spec is unsupported", &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonUnsupported, Message: "no"}, false},
	} {
		t.Run(row.reason, func(t *testing.T) {
			r := newRig(t, ready())
			r.decide = always(plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{Err: row.err}})
			r.extra = func(plan.Outlook) []metav1.Condition {
				return []metav1.Condition{{Type: v1alpha1.ConditionPublished, Status: metav1.ConditionFalse, Reason: "Asked", Message: "it was asked"}}
			}
			before := meta.FindStatusCondition(r.get().Status.Conditions, v1alpha1.ConditionReady)
			_, _ = r.pass()
			all := r.get().Status.Conditions
			after := meta.FindStatusCondition(all, v1alpha1.ConditionReady)
			if kept := cmp.Equal(before, after); kept != row.keeps {
				t.Errorf("Ready was kept: %t, want %t; it is %+v", kept, row.keeps, after)
			}
			if asked := meta.FindStatusCondition(all, v1alpha1.ConditionPublished) != nil; asked == row.keeps {
				t.Errorf("the kind's own conditions were set: %t", asked)
			}
			if row.keeps && !meta.IsStatusConditionFalse(all, v1alpha1.ConditionAccountReady) {
				t.Errorf("AccountReady does not say what is wrong: %+v", all)
			}
			r.cached = nil
			events := len(r.events)
			r.now = r.now.Add(time.Hour)
			_, _ = r.pass()
			if r.writes() > 0 || len(r.events) != events {
				t.Errorf("the same trouble once more is written again: %v %v", r.log, r.events)
			}
		})
	}
	t.Run("a spec that was not looked at yet is never Ready", func(t *testing.T) {
		obj := ready()
		obj.Generation = 2
		r := newRig(t, obj)
		r.decide = always(plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{Err: vendorErr(provider.Throttled)}})
		_, _ = r.pass()
		if ws := r.get(); meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady) || ws.Status.ObservedGeneration != 2 {
			t.Errorf("Ready for a spec nobody has looked at: %+v", ws.Status)
		}
	})
}

func TestEventsTellOfChangesOnly(t *testing.T) {
	stay := func(outlook plan.Outlook) plan.Step { return plan.Step{Verb: plan.Stay, Outlook: outlook} }
	blocked := plan.Outlook{State: plan.Blocked, Reason: v1alpha1.ReasonSecretConflict, Message: "taken"}
	otherWords := blocked
	otherWords.Message = "taken by somebody"
	away := plan.Outlook{Err: vendorErr(provider.Transient)}
	for _, row := range []struct {
		name string
		from *v1alpha1.Workspace
		now  []plan.Outlook
		want []string
	}{
		{"ready, and still ready", ready(), []plan.Outlook{well()}, nil},
		{"becomes ready", held(), []plan.Outlook{well()}, []string{"Normal Available"}},
		{"blocked", ready(), []plan.Outlook{blocked}, []string{"Warning SecretConflict"}},
		{"blocked in other words", ready(), []plan.Outlook{blocked, otherWords}, []string{"Warning SecretConflict"}},
		{"works", held(), []plan.Outlook{working()}, []string{"Normal Recovering"}},
		{"works, then is ready", held(), []plan.Outlook{working(), well()}, []string{"Normal Recovering", "Normal Available"}},
		{"the account has trouble, and no longer", ready(), []plan.Outlook{away, away, well()}, []string{"Warning VendorUnavailable", "Normal Accepted"}},
		{"trouble from the start is one event, not two", held(), []plan.Outlook{away}, []string{"Warning VendorUnavailable"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, row.from)
			for _, outlook := range row.now {
				r.decide = always(stay(outlook))
				_, _ = r.pass()
			}
			if diff := cmp.Diff(row.want, r.events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestALongMessageIsStoredAndTold(t *testing.T) {
	r := newRig(t, held())
	long := plan.Outlook{State: plan.Blocked, Reason: v1alpha1.ReasonSecretRefused, Message: strings.Repeat("ü", 3000)}
	r.decide = always(plan.Step{Verb: plan.Stay, Outlook: long})
	for range 2 {
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
	}
	if r.writes() > 0 || len(r.events) != 1 {
		t.Errorf("a long message is written every pass: %v, %v", r.log, r.events)
	}
}

func TestErrorsAndTheWorkQueue(t *testing.T) {
	for name, row := range map[string]struct {
		err     error
		backoff bool
		after   time.Duration
	}{
		"the vendor is away":         {vendorErr(provider.Transient), true, 0},
		"the API server is away":     {serverDown(), true, 0},
		"the request is refused":     {vendorErr(provider.Invalid), false, personPause},
		"the ability does not exist": {vendorErr(provider.Unsupported), false, resync},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, held())
			r.decide = always(create())
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", row.err }
			result, err := r.pass()
			if row.backoff != errors.Is(err, row.err) {
				t.Errorf("the work queue got %v", err)
			}
			if !row.backoff {
				wantAfter(t, result.RequeueAfter, row.after)
			}
			if !r.did("write status") {
				t.Error("nobody is told")
			}
		})
	}
}

func TestTheReconcileAnnotationIsEchoedOnce(t *testing.T) {
	for _, value := range []string{"2026-01-02", strings.Repeat("x", 1000), strings.Repeat("€", 100), "cut" + strings.Repeat("a€", 200)} {
		r := newRig(t, held(gen.Annotation(v1alpha1.AnnotationReconcileAt, value)))
		r.decide = always(plan.Step{Verb: plan.Stay, Outlook: well()})
		for range 2 {
			if _, err := r.pass(); err != nil {
				t.Fatal(err)
			}
		}
		got := r.get().Status.LastHandledReconcileAt
		if len(got) > maxEcho || !strings.HasPrefix(value, got) || len(got) < min(len(value), maxEcho-3) {
			t.Errorf("%.20s... is echoed as %q", value, got)
		}
		if r.writes() > 0 {
			t.Errorf("%.20s...: the echo is written every pass", value)
		}
	}
}
