package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// What happens when the world goes on during a pass.

func refusals() map[string]error {
	resource := schema.GroupResource{Resource: "secrets"}
	return map[string]error{
		"conflict":       apierrors.NewConflict(resource, "s", errors.New("changed")),
		"not found":      apierrors.NewNotFound(resource, "s"),
		"already exists": apierrors.NewAlreadyExists(resource, "s"),
	}
}

func TestAStepTheClusterRefusesIsLookedAtAgain(t *testing.T) {
	for name, refusal := range refusals() {
		for words, err := range map[string]error{"": refusal, ", in other words": fmt.Errorf("store: %w", refusal)} {
			t.Run(name+words, func(t *testing.T) {
				r := newRig(t, held())
				r.decide = always(create())
				r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", err }
				result, got := r.pass()
				if got != nil || result.RequeueAfter != conflictPause {
					t.Errorf("got %v, %v; want another look after %s", result, got, conflictPause)
				}
				if r.did("write status") || len(r.events) > 0 {
					t.Errorf("what was looked at is no longer so, and yet it is reported: %v %v", r.log, r.events)
				}
			})
		}
		t.Run(name+", after the vendor was called", func(t *testing.T) {
			r := newRig(t, held())
			r.decide = always(create())
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
				return "", &provider.Error{Class: provider.Transient, Op: "store key", Message: "taken back", Err: refusal}
			}
			if _, err := r.pass(); !errors.Is(err, refusal) {
				t.Errorf("the work queue got %v", err)
			}
			if !r.did("write status") {
				t.Error("what the vendor was asked for is not reported")
			}
		})
	}
	t.Run("an API server that is away is reported", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(create())
		r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", serverDown() }
		if _, err := r.pass(); err == nil || !r.did("write status") {
			t.Errorf("got %v after %v", err, r.log)
		}
	})
}

// TestAnOldLookIsNotActedOn: a process that was stopped may have been replaced.
func TestAnOldLookIsNotActedOn(t *testing.T) {
	for _, verb := range []plan.Verb{plan.Create, plan.Remove, plan.Adopt, plan.Hold} {
		for _, row := range []struct {
			after time.Duration
			acts  bool
		}{{0, true}, {freshness, true}, {freshness + time.Second, false}, {time.Hour, false}} {
			t.Run(fmt.Sprintf("%s after %s", verb, row.after), func(t *testing.T) {
				r := newRig(t, held())
				r.decide = func(*v1alpha1.Workspace, bool) plan.Step {
					r.now = r.now.Add(row.after)
					return plan.Step{Verb: verb, Target: "made", Outlook: working()}
				}
				result, err := r.pass()
				if err != nil {
					t.Fatal(err)
				}
				if r.did("act "+string(verb)) != row.acts {
					t.Errorf("acted: %t, want %t: %v", !row.acts, row.acts, r.log)
				}
				if !row.acts && (result.RequeueAfter != conflictPause || r.did("write status")) {
					t.Errorf("got %v after %v; want another look at once, and nothing said", result, r.log)
				}
			})
		}
	}
	t.Run("the time it takes to store the finalizer counts", func(t *testing.T) {
		r := newRig(t, young())
		r.decide = always(create())
		r.onPatch = func() error {
			r.now = r.now.Add(freshness + time.Second)
			return nil
		}
		if _, err := r.pass(); err != nil || r.did("act Create") {
			t.Errorf("got %v after %v", err, r.log)
		}
	})
	t.Run("doing nothing is never too late", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = func(*v1alpha1.Workspace, bool) plan.Step {
			r.now = r.now.Add(time.Hour)
			return plan.Step{Verb: plan.Stay, Outlook: well()}
		}
		if _, err := r.pass(); err != nil || !r.did("write status") {
			t.Errorf("got %v after %v", err, r.log)
		}
	})
}

// TestTheTimeOfAReportIsAfterTheAct: what a call did may show in the lists ten
// seconds after it has ended, not after it began.
func TestTheTimeOfAReportIsAfterTheAct(t *testing.T) {
	for name, err := range map[string]error{"it worked": nil, "nobody knows": &provider.Error{Class: provider.Transient, Op: "create", Message: "no answer", Uncertain: true}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, young())
			ended := r.now.Add(30 * time.Second)
			r.decide = always(create())
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
				r.now = ended
				return "made", err
			}
			_, _ = r.pass()
			if !r.reported.Now.Equal(ended) {
				t.Errorf("the report is of %s, and the call ended at %s", r.reported.Now, ended)
			}
			ready := meta.FindStatusCondition(r.get().Status.Conditions, v1alpha1.ConditionReady)
			if ready == nil || !ready.LastTransitionTime.Time.Equal(ended) {
				t.Errorf("Ready changed at %+v, and the call ended at %s", ready, ended)
			}
		})
	}
}

// TestWhatWasMadeStaysIfTheObjectIsThere: "not found" in answer to a write may be said of
// the kind, and is no reason to take back what was made for an object that is there.
func TestWhatWasMadeStaysIfTheObjectIsThere(t *testing.T) {
	for times, want := range map[int]string{1: "made", 20: ""} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(create())
			var turns []func(*rig) error
			for range times {
				turns = append(turns, func(*rig) error {
					return apierrors.NewGenericServerResponse(404, "patch", schema.GroupResource{}, "", "the server could not find the requested resource", 0, true)
				})
			}
			r.onStatus = r.inTurn(turns)
			r.undo = func(*v1alpha1.Workspace, Facts[intent, sight, effect]) error {
				t.Errorf("after %d answers that the server finds nothing, it is taken back", times)
				return nil
			}
			_, err := r.pass()
			if got := r.get().Status.UUID; got != want || (err == nil) != (want != "") {
				t.Errorf("after %d answers that the server finds nothing: status has %q, want %q; the pass ends with %v", times, got, want, err)
			}
			if apierrors.IsNotFound(err) {
				t.Errorf("the pass ends as if the object were gone: %v", err)
			}
		})
	}
}

func TestWhatWasMadeForAnObjectThatWentIsTakenBack(t *testing.T) {
	still := func(*v1alpha1.Workspace, Facts[intent, sight, effect]) error { return nil }
	for _, row := range []struct {
		name string
		went func(*rig) error
		log  []string
	}{
		{"it went during the call", func(r *rig) error { r.vanish(); return nil }, []string{"write status", "live read"}},
		{"it went while the API server was away", func(r *rig) error { r.vanish(); return serverDown() }, []string{"write status", "live read"}},
		{"another of its name came", func(r *rig) error { r.replace(); return nil }, []string{"write status", "live read"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, young())
				r.decide = always(create())
				r.onStatus = r.inTurn([]func(*rig) error{row.went})
				r.undo = func(obj *v1alpha1.Workspace, _ Facts[intent, sight, effect]) error {
					if obj.UID != "uid" {
						t.Errorf("what is to be undone is that of %q", obj.UID)
					}
					return nil
				}
				if _, err := r.pass(); err != nil {
					t.Errorf("got %v", err)
				}
				head := []string{"reserve fresh=false", "observe fresh=false", "write metadata", "act Create"}
				r.wantLog(append(append(head, row.log...), "undo made")...)
				if ws := r.get(); ws != nil && ws.Status.UUID != "" {
					t.Errorf("another object was given what was made for this one: %q", ws.Status.UUID)
				}
				if len(r.events) > 0 {
					t.Errorf("events of what is not recorded: %v", r.events)
				}
			})
		})
	}
	t.Run("what could not be taken back is told", func(t *testing.T) {
		r := newRig(t, young())
		r.decide = always(create())
		r.onStatus = func() error { r.vanish(); return nil }
		r.undo = func(*v1alpha1.Workspace, Facts[intent, sight, effect]) error { return vendorErr(provider.Transient) }
		if _, err := r.pass(); !provider.Is(err, provider.Transient) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what was only adopted is not", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(plan.Step{Verb: plan.Adopt, Target: "made", Outlook: well()})
		r.onStatus = func() error { r.vanish(); return nil }
		r.undo = still
		if _, err := r.pass(); err != nil || r.did("undo made") {
			t.Errorf("got %v after %v", err, r.log)
		}
	})
	t.Run("an object that is there keeps it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(create())
			r.onStatus = serverDown
			r.undo = still
			if _, err := r.pass(); err == nil || r.did("undo made") {
				t.Errorf("got %v after %v: a write that failed is no absence", err, r.log)
			}
		})
	})
}

// TestWhatBreaksReady: an outage does not keep Ready what no longer holds.
func TestWhatBreaksReady(t *testing.T) {
	away := vendorErr(provider.Transient)
	failing := func(verb plan.Verb, outlook plan.Outlook) plan.Step {
		return plan.Step{Verb: verb, Target: "made", Outlook: outlook}
	}
	for _, row := range []struct {
		reason string
		step   plan.Step
		keeps  bool
	}{
		{"it could not be looked at", failing(plan.Stay, plan.Outlook{Err: away}), true},
		{"it could not be looked at, and has lost its Secret", failing(plan.Stay, plan.Outlook{Err: away, Broken: true}), false},
		{"a stray beside it could not be removed", failing(plan.Remove, well()), true},
		{"what has to go before it is whole could not be removed", failing(plan.Remove, working()), false},
		{"what has to go could not, and the rest is lost", failing(plan.Remove, plan.Outlook{State: plan.Settled, Reason: v1alpha1.ReasonAvailable, Message: "m", Broken: true}), false},
		{"what it lacks could not be made", failing(plan.Create, well()), false},
	} {
		t.Run(row.reason, func(t *testing.T) {
			r := newRig(t, ready())
			r.decide = always(row.step)
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", away }
			_, _ = r.pass()
			all := r.get().Status.Conditions
			if got := meta.IsStatusConditionTrue(all, v1alpha1.ConditionReady); got != row.keeps {
				t.Errorf("Ready: %t, want %t", got, row.keeps)
			}
			if !meta.IsStatusConditionFalse(all, v1alpha1.ConditionAccountReady) {
				t.Errorf("AccountReady does not say what is wrong: %+v", all)
			}
		})
	}
}

func TestAnEditThatDidNotReachTheVendorIsNotCalledInSync(t *testing.T) {
	unapplied := well()
	unapplied.Unapplied = "nobody can tell"
	blocked := plan.Outlook{State: plan.Blocked, Reason: v1alpha1.ReasonUnsupported, Message: "set it back", Unapplied: "the vendor has another"}
	r := newRig(t, ready())
	for number, row := range []struct {
		outlook plan.Outlook
		status  metav1.ConditionStatus
		reason  string
		applied int64
	}{
		{well(), metav1.ConditionTrue, v1alpha1.ReasonInSync, 1},
		{unapplied, metav1.ConditionUnknown, v1alpha1.ReasonNotApplied, 1},
		{plan.Outlook{Err: vendorErr(provider.Forbidden)}, metav1.ConditionFalse, v1alpha1.ReasonPermissionDenied, 1},
		{blocked, metav1.ConditionFalse, v1alpha1.ReasonNotApplied, 1},
		{well(), metav1.ConditionTrue, v1alpha1.ReasonInSync, 5},
	} {
		generation := int64(number + 1)
		r.meddle(func(ws *v1alpha1.Workspace) { ws.Generation = generation })
		r.decide = always(plan.Step{Verb: plan.Stay, Outlook: row.outlook})
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		all := r.get().Status.Conditions
		synced := meta.FindStatusCondition(all, v1alpha1.ConditionSynced)
		if synced.Status != row.status || synced.Reason != row.reason || synced.ObservedGeneration != row.applied {
			t.Errorf("generation %d: Synced is %+v, want %s/%s", generation, synced, row.status, row.reason)
		}
		if got, want := Edited(all, generation), row.applied != generation; got != want {
			t.Errorf("generation %d: Edited says %t of the same generation, want %t: it is remembered until it is settled", generation, got, want)
		}
		if !Edited(all, generation+1) && row.status == metav1.ConditionTrue {
			t.Errorf("generation %d: the next generation is not called edited", generation)
		}
	}
	if Edited(nil, 1) {
		t.Error("an object that was never in sync is called edited")
	}
}

func TestWhoAsksGetsALiveLook(t *testing.T) {
	r := newRig(t, ready(gen.Annotation(v1alpha1.AnnotationReconcileAt, "now")))
	r.decide = always(plan.Step{Verb: plan.Stay, Outlook: well()})
	for _, want := range [][]string{
		{"live read", "reserve fresh=true", "observe fresh=true", "write status"},
		{"observe fresh=false"},
	} {
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		r.wantLog(want...)
	}
}
