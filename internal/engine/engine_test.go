package engine

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func create() plan.Step { return plan.Step{Verb: plan.Create, Outlook: well()} }

func remove(last bool) plan.Step {
	return plan.Step{Verb: plan.Remove, Target: "made", Last: last, Outlook: working()}
}

func serverDown() error {
	return apierrors.NewGenericServerResponse(http.StatusInternalServerError, "patch", schema.GroupResource{Resource: "workspaces"}, "ws", "etcd is away", 0, true)
}

func (r *rig) wantLog(want ...string) {
	r.Helper()
	if diff := cmp.Diff(want, r.log); diff != "" {
		r.Errorf("what the pass did, in order, is not what it should (-want +got):\n%s", diff)
	}
}

// wantAfter allows for the spread that keeps objects apart.
func wantAfter(t *testing.T, got, want time.Duration) {
	t.Helper()
	if got < want || got > want+want/10+1 {
		t.Errorf("the next look is after %s, want %s and at most a tenth more", got, want)
	}
}

func TestTheFirstPass(t *testing.T) {
	r := newRig(t, young())
	r.decide = always(create())
	r.act = func(ctx context.Context, _ *v1alpha1.Workspace) (effect, error) {
		stored := r.get() //nolint:contextcheck // it has the test's
		if !controllerutil.ContainsFinalizer(stored, v1alpha1.Finalizer) {
			t.Error("the vendor is called before the finalizer is stored")
		}
		return "made", ctx.Err()
	}
	result, err := r.pass()
	if err != nil {
		t.Fatal(err)
	}
	wantAfter(t, result.RequeueAfter, resync)
	r.wantLog("reserve fresh=false", "observe fresh=false", "write metadata", "act Create", "write status")
	ws := r.get()
	if ws.Status.UUID != "made" || ws.Status.ObservedGeneration != 1 || !meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady) {
		t.Errorf("the status does not say what was made: %+v", ws.Status)
	}
	if !slices.Equal(r.events, []string{"Normal Available"}) {
		t.Errorf("events: %v", r.events)
	}
}

func TestQuietPassesWriteNothing(t *testing.T) {
	r := newRig(t, ready())
	r.decide = always(plan.Step{Verb: plan.Stay, Outlook: well()})
	for range 3 {
		result, err := r.pass()
		if err != nil {
			t.Fatal(err)
		}
		r.now = r.now.Add(resync)
		wantAfter(t, result.RequeueAfter, resync)
		r.wantLog("observe fresh=false")
	}
	if len(r.events) > 0 {
		t.Errorf("nothing happened, and yet: %v", r.events)
	}
}

func TestTheFinalizerIsStoredStrictly(t *testing.T) {
	for name, verb := range map[string]plan.Verb{
		"create": plan.Create, "adopt": plan.Adopt, "update": plan.Update, "remove": plan.Remove, "hold": plan.Hold,
	} {
		t.Run(name+": somebody wrote meanwhile", func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(plan.Step{Verb: verb, Outlook: well()})
			r.onPatch = func() error {
				r.onPatch = nil
				r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description = "changed" })
				return nil
			}
			result, err := r.pass()
			if err != nil || result.RequeueAfter != conflictPause {
				t.Errorf("got %v, %v; want another look after %s", result, err, conflictPause)
			}
			r.wantLog("reserve fresh=false", "observe fresh=false", "write metadata")
			if len(r.get().Finalizers) > 0 {
				t.Error("the finalizer was stored over somebody's change")
			}
		})
		t.Run(name+": the API server is away", func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(plan.Step{Verb: verb, Outlook: well()})
			r.onPatch = serverDown
			if _, err := r.pass(); err == nil {
				t.Error("the work queue is not told to try again")
			}
			if r.did("act "+string(verb)) || r.did("write status") {
				t.Errorf("the pass went on without its finalizer: %v", r.log)
			}
		})
	}
}

func TestAStaleCacheOnlyEverLeadsToALook(t *testing.T) {
	t.Run("the live look says otherwise", func(t *testing.T) {
		r := newRig(t, ready())
		r.cached = r.get()
		r.decide = func(_ *v1alpha1.Workspace, fresh bool) plan.Step {
			if fresh {
				return plan.Step{Verb: plan.Stay, Outlook: well()}
			}
			return remove(true)
		}
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		r.wantLog("observe fresh=false", "live read", "reserve fresh=true", "observe fresh=true")
	})
	t.Run("the live object is decided on", func(t *testing.T) {
		r := newRig(t, ready())
		r.cached = gen.WorkspaceFrom(r.get(), gen.SetWorkspaceUUID("old"))
		var asked []string
		r.decide = func(obj *v1alpha1.Workspace, _ bool) plan.Step {
			asked = append(asked, obj.Status.UUID)
			return remove(false)
		}
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(asked, []string{"old", "made"}) {
			t.Errorf("decided on %v: first the cache's, then the API server's was wanted", asked)
		}
		r.wantLog("observe fresh=false", "live read", "reserve fresh=true", "observe fresh=true", "act Remove", "write status")
	})
	t.Run("an object in the middle of something is read live at once", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(create())
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		r.wantLog("live read", "reserve fresh=true", "observe fresh=true", "act Create", "write status")
	})
	t.Run("it is no longer there", func(t *testing.T) {
		r := newRig(t, nil)
		r.cached = held()
		r.decide = always(create())
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		r.wantLog("live read")
	})
	t.Run("the live read fails", func(t *testing.T) {
		r := newRig(t, held())
		r.decide = always(create())
		r.onLive = serverDown
		if _, err := r.pass(); err == nil {
			t.Error("a live read that failed ended the pass without an error")
		}
		r.wantLog("live read")
	})
	t.Run("it was paused meanwhile", func(t *testing.T) {
		r := newRig(t, held(gen.Annotation(v1alpha1.AnnotationPaused, "true")))
		r.cached = held()
		r.decide = always(create())
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		r.wantLog("live read", "write status")
	})
	t.Run("its first pass was already made by another", func(t *testing.T) {
		r := newRig(t, young())
		r.cached = r.get()
		r.meddle(func(ws *v1alpha1.Workspace) { controllerutil.AddFinalizer(ws, v1alpha1.Finalizer) })
		r.decide = always(create())
		result, err := r.pass()
		if err != nil || result.RequeueAfter != conflictPause {
			t.Errorf("got %v, %v; want another look", result, err)
		}
		if r.did("act Create") {
			t.Error("two of us created")
		}
	})
}

func TestLeftAlone(t *testing.T) {
	for name, obj := range map[string]*v1alpha1.Workspace{
		"paused, deleted, and we hold nothing of it": young(gen.DeletedAt(time.Unix(9, 0)),
			gen.Finalizers("somebody.else/finalizer"), gen.Annotation(v1alpha1.AnnotationPaused, "true")),
		"deleted, and we hold nothing of it": young(gen.DeletedAt(time.Unix(9, 0)),
			gen.Finalizers("somebody.else/finalizer")),
		"no such object": nil,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, obj)
			r.decide = always(create())
			if result, err := r.pass(); err != nil || result.RequeueAfter != 0 {
				t.Errorf("got %v, %v; want nothing", result, err)
			}
			r.wantLog()
		})
	}
	t.Run("paused by another word is not paused", func(t *testing.T) {
		r := newRig(t, young(gen.Annotation(v1alpha1.AnnotationPaused, "false")))
		r.decide = always(create())
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		if !r.did("act Create") {
			t.Error("only the value true pauses")
		}
	})
}

func TestAPassThatWaitsForItsTurnWritesNothing(t *testing.T) {
	queued := &provider.Error{Class: provider.Throttled, Op: "wait for a turn", Message: "not yet", RetryAfter: 3 * time.Second, Err: account.ErrQueued}
	for name, obj := range map[string]*v1alpha1.Workspace{"first": young(), "later": held(), "deleting": leaving()} {
		t.Run(name+", at the door", func(t *testing.T) {
			r := newRig(t, obj)
			r.decide = always(create())
			r.reserveErr = queued
			result, err := r.pass()
			if err != nil || result.RequeueAfter != 3*time.Second {
				t.Errorf("got %v, %v; want exactly its turn, 3s", result, err)
			}
			if r.writes() > 0 || r.did("observe fresh=true") || r.did("observe fresh=false") {
				t.Errorf("it did more than to wait: %v", r.log)
			}
		})
		t.Run(name+", in a list", func(t *testing.T) {
			r := newRig(t, obj)
			r.decide = always(plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{Err: fmt.Errorf("list: %w", queued)}})
			result, err := r.pass()
			if err != nil || result.RequeueAfter != 3*time.Second || r.writes() > 0 {
				t.Errorf("got %v, %v and %d writes; want 3s and none", result, err, r.writes())
			}
		})
	}
	t.Run("without a time it comes back soon", func(t *testing.T) {
		r := newRig(t, held())
		r.reserveErr = account.ErrQueued
		if result, err := r.pass(); err != nil || result.RequeueAfter != time.Second {
			t.Errorf("got %v, %v", result, err)
		}
	})
}

func TestAReadThatFailedEndsThePass(t *testing.T) {
	for name, breaks := range map[string]func(*rig){
		"resolve": func(r *rig) { r.resolveErr = serverDown() },
		"observe": func(r *rig) { r.observeErr = serverDown() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, ready())
			breaks(r)
			r.decide = always(create())
			if _, err := r.pass(); err == nil {
				t.Error("the work queue is not told to try again")
			}
			if r.writes() > 0 || r.did("act Create") {
				t.Errorf("it went on: %v", r.log)
			}
		})
	}
}

func TestAnEffectIsRecorded(t *testing.T) {
	meddling := func(r *rig) error {
		r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description += "x" })
		return nil
	}
	for name, trouble := range map[string]struct {
		status, live []func(*rig) error
	}{
		"after one conflict":           {status: []func(*rig) error{meddling}},
		"after four conflicts":         {status: []func(*rig) error{meddling, meddling, meddling, meddling}},
		"after the API server is back": {status: []func(*rig) error{fails, fails, fails}},
		"after reads fail too":         {status: []func(*rig) error{meddling}, live: []func(*rig) error{fails, fails}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, young())
				r.decide = always(create())
				r.onStatus = r.inTurn(trouble.status)
				r.onLive = r.inTurn(trouble.live)
				if _, err := r.pass(); err != nil {
					t.Fatalf("the pass failed: %v\n%v", err, r.log)
				}
				if got := r.get().Status.UUID; got != "made" {
					t.Errorf("what the vendor made is not recorded: uuid %q\n%v", got, r.log)
				}
				if count := len(r.events); count != 1 {
					t.Errorf("%d events for one change: %v", count, r.events)
				}
			})
		})
	}
	t.Run("but not for ever", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(create())
			r.onStatus = serverDown
			start := time.Now()
			if _, err := r.pass(); !apierrors.IsInternalError(err) {
				t.Errorf("the pass ended with %v, want what the API server said", err)
			}
			if took := time.Since(start); took > afterEffect {
				t.Errorf("it took %s", took)
			}
			if len(r.events) > 0 {
				t.Errorf("events of what is not recorded: %v", r.events)
			}
		})
	})
	t.Run("and not for an object that is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(create())
			r.onStatus = func() error {
				r.vanish()
				return serverDown()
			}
			if _, err := r.pass(); err != nil {
				t.Errorf("an object that is gone is no error: %v", err)
			}
			r.wantLog("reserve fresh=false", "observe fresh=false", "write metadata", "act Create", "write status", "live read")
		})
	})
}

func fails(*rig) error { return serverDown() }

// inTurn gives a hook that runs each once.
func (r *rig) inTurn(hooks []func(*rig) error) func() error {
	return func() error {
		if len(hooks) == 0 {
			return nil
		}
		next := hooks[0]
		hooks = hooks[1:]
		return next(r)
	}
}

func TestShutdownDuringAnActStillRecordsIt(t *testing.T) {
	for name, outcome := range map[string]error{"it worked": nil, "nobody knows": &provider.Error{Class: provider.Transient, Op: "create", Message: "no answer", Uncertain: true}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, young())
			r.decide = always(create())
			ctx, stop := context.WithCancel(t.Context())
			r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) {
				stop()
				return "made", outcome
			}
			_, _ = r.passOn(ctx)
			if got := r.get().Status.UUID; got != "made" {
				t.Errorf("the manager stopped and forgot what it had done: uuid %q", got)
			}
		})
	}
}

func TestAStatusOfNoEffectIsNotFoughtFor(t *testing.T) {
	r := newRig(t, held())
	r.decide = always(plan.Step{Verb: plan.Stay, Outlook: working()})
	r.onStatus = func() error {
		r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description += "x" })
		return nil
	}
	result, err := r.pass()
	if err != nil || result.RequeueAfter != conflictPause || r.writes() != 1 {
		t.Errorf("got %v, %v after %d writes; want one write and another look", result, err, r.writes())
	}
}

func TestLettingGo(t *testing.T) {
	finish := plan.Step{Verb: plan.Finish, Outlook: working()}
	for _, row := range []struct {
		name string
		step plan.Step
		log  []string
	}{
		{"finish needs no status", finish, []string{"live read", "reserve fresh=true", "observe fresh=true", "write metadata"}},
		{"the last removal neither", remove(true), []string{"live read", "reserve fresh=true", "observe fresh=true", "act Remove", "write metadata"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, leaving())
			r.decide = always(row.step)
			if result, err := r.pass(); err != nil || result.RequeueAfter != 0 {
				t.Errorf("got %v, %v", result, err)
			}
			r.wantLog(row.log...)
			if r.get() != nil {
				t.Error("the object is still there")
			}
		})
	}
	t.Run("others keep what they hold", func(t *testing.T) {
		r := newRig(t, leaving(gen.Finalizers("somebody.else/finalizer", v1alpha1.Finalizer)))
		r.decide = always(finish)
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		if got := r.get().Finalizers; !slices.Equal(got, []string{"somebody.else/finalizer"}) {
			t.Errorf("finalizers: %v", got)
		}
	})
	t.Run("one of several removals is followed by the next", func(t *testing.T) {
		r := newRig(t, leaving())
		r.decide = always(remove(false))
		result, err := r.pass()
		if err != nil || result.RequeueAfter <= 0 || result.RequeueAfter > time.Second {
			t.Errorf("got %v, %v", result, err)
		}
		if r.get() == nil {
			t.Error("the object went although more is left")
		}
	})
	t.Run("a removal that failed keeps the object", func(t *testing.T) {
		r := newRig(t, leaving())
		r.wayOut = "; or set Retain"
		r.decide = always(remove(true))
		r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "", vendorErr(provider.Forbidden) }
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		ws := r.get()
		if ws == nil {
			t.Fatal("the object went although the vendor refused")
		}
		stalled := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionStalled)
		if stalled == nil || !strings.HasSuffix(stalled.Message, r.wayOut) {
			t.Errorf("a deletion that cannot go on does not say the way out: %+v", stalled)
		}
	})
	t.Run("the way out is for deletions only", func(t *testing.T) {
		r := newRig(t, held())
		r.wayOut = "; or set Retain"
		r.decide = always(plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{Err: vendorErr(provider.Forbidden)}})
		if _, err := r.pass(); err != nil {
			t.Fatal(err)
		}
		if message := meta.FindStatusCondition(r.get().Status.Conditions, v1alpha1.ConditionReady).Message; strings.Contains(message, r.wayOut) {
			t.Errorf("message: %q", message)
		}
	})
	t.Run("somebody wrote meanwhile", func(t *testing.T) {
		r := newRig(t, leaving())
		r.decide = always(finish)
		r.onPatch = func() error {
			r.onPatch = nil
			r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description = "changed" })
			return nil
		}
		result, err := r.pass()
		if err != nil || result.RequeueAfter != conflictPause || r.get() == nil {
			t.Errorf("got %v, %v; want another look at the object as it is now", result, err)
		}
	})
}
