package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// intent is the least an Intent can be.
type intent struct{ rig *rig }

func (i intent) Reserve(ctx context.Context, fresh bool) (context.Context, error) {
	i.rig.notef("reserve fresh=%t", fresh)
	return context.WithValue(ctx, admission{}, true), i.rig.reserveErr
}

// admission is the key under which Reserve's context is known again.
type admission struct{}

type sight struct{ fresh bool }

// effect is the id of what was made.
type effect string

const (
	// ordered is the effect of a call that the vendor has accepted and works on.
	ordered effect = "ordered"
	// doubtful is that of one after which nobody knows what is there.
	doubtful effect = "doubtful"
)

// InDoubt tells so.
func (e effect) InDoubt() bool { return e == doubtful }

// Outlook tells more than the step did of what is not there yet.
func (e effect) Outlook() *plan.Outlook {
	if e != ordered {
		return nil
	}
	return new(plan.Provisioning(0))
}

// rig is an engine over a small kind whose every phase is scripted, and an API
// server that counts writes and fails on demand.
type rig struct {
	*testing.T
	// decide is asked with what was read: the object, and whether live.
	decide     func(obj *v1alpha1.Workspace, fresh bool) plan.Step
	act        func(ctx context.Context, obj *v1alpha1.Workspace) (effect, error)
	resolveErr error
	observeErr error
	reserveErr error

	// api is what the engine writes to; under is the same, unwatched.
	api, under client.WithWatch
	// cached, if set, is what the cache still shows.
	cached *v1alpha1.Workspace
	// onPatch and onStatus run before the API server takes a write; onLive
	// before a live read. afterStatus is what becomes of the answer to a write
	// that was taken.
	onPatch, onStatus func() error
	onLive            func() error
	afterStatus       func() error
	// secure, if set, is the engine's.
	secure func() error
	// undo, if set, is the engine's.
	undo func(obj *v1alpha1.Workspace, facts Facts[intent, sight, effect]) error
	// abandon, if set, is what the ledger says to an entry.
	abandon func(orphans []plan.Orphan) error
	// reported are the facts of the latest report.
	reported Facts[intent, sight, effect]
	wayOut   string
	extra    func(plan.Outlook) []metav1.Condition

	log    []string
	events []string
	now    time.Time
}

const resync = 10 * time.Minute

func newRig(t *testing.T, obj *v1alpha1.Workspace) *rig {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.act = func(context.Context, *v1alpha1.Workspace) (effect, error) { return "made", nil }
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.Workspace{})
	if obj != nil {
		builder.WithObjects(obj)
	}
	r.under = builder.Build()
	r.api = interceptor.NewClient(r.under, interceptor.Funcs{Patch: r.patch, SubResourcePatch: r.patchStatus})
	return r
}

func (r *rig) notef(format string, args ...any) { r.log = append(r.log, fmt.Sprintf(format, args...)) }

func (r *rig) patch(ctx context.Context, below client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
	r.notef("write metadata")
	if err := before(ctx, r.onPatch); err != nil {
		return err
	}
	return below.Patch(ctx, obj, patch, opts...)
}

func (r *rig) patchStatus(ctx context.Context, below client.Client, sub string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	r.notef("write status")
	if err := before(ctx, r.onStatus); err != nil {
		return err
	}
	if err := below.SubResource(sub).Patch(ctx, obj, patch, opts...); err != nil {
		return err
	}
	return before(ctx, r.afterStatus)
}

// before fails as the network would, or as the test says.
func before(ctx context.Context, hook func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if hook == nil {
		return nil
	}
	return hook()
}

// cache and live are the two ways to read.
type cache struct {
	client.Reader
	rig *rig
}

func (c cache) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if c.rig.cached != nil {
		c.rig.cached.DeepCopyInto(obj.(*v1alpha1.Workspace))
		return nil
	}
	return c.Reader.Get(ctx, key, obj, opts...)
}

type live struct {
	client.Reader
	rig *rig
}

func (l live) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	l.rig.notef("live read")
	if err := before(ctx, l.rig.onLive); err != nil {
		return err
	}
	return l.Reader.Get(ctx, key, obj, opts...)
}

func (r *rig) engine() *Engine[*v1alpha1.Workspace, intent, sight, effect] {
	engine := &Engine[*v1alpha1.Workspace, intent, sight, effect]{
		Kind: r, New: func() *v1alpha1.Workspace { return &v1alpha1.Workspace{} },
		StatusOf: func(ws *v1alpha1.Workspace) Status {
			return Status{Conditions: &ws.Status.Conditions, ObservedGeneration: &ws.Status.ObservedGeneration, ReconcileAt: &ws.Status.LastHandledReconcileAt}
		},
		Resync: func(intent) time.Duration { return resync },
		Cached: cache{r.api, r}, Live: live{r.api, r}, Writer: r.api, Recorder: recorder{r},
		Now: func() time.Time { return r.now }, WayOut: r.wayOut,
	}
	if r.extra != nil {
		engine.Extra = func(_ *v1alpha1.Workspace, facts Facts[intent, sight, effect]) []metav1.Condition {
			return r.extra(facts.Outlook)
		}
	}
	if r.secure != nil {
		engine.Secure = func(context.Context, *v1alpha1.Workspace, intent) error {
			r.notef("secure")
			return r.secure()
		}
	}
	if r.undo != nil {
		engine.Undo = func(_ context.Context, obj *v1alpha1.Workspace, facts Facts[intent, sight, effect]) error {
			r.notef("undo %s", facts.Effect)
			return r.undo(obj, facts)
		}
	}
	if r.abandon != nil {
		engine.Abandon = func(_ context.Context, _ *v1alpha1.Workspace, _ Facts[intent, sight, effect], orphans []plan.Orphan) error {
			r.notef("enter %d in the ledger", len(orphans))
			return r.abandon(orphans)
		}
	}
	return engine
}

func (r *rig) Resolve(context.Context, *v1alpha1.Workspace) (intent, error) {
	return intent{r}, r.resolveErr
}

func (r *rig) Observe(_ context.Context, _ *v1alpha1.Workspace, _ intent, fresh bool) (sight, error) {
	r.notef("observe fresh=%t", fresh)
	return sight{fresh}, r.observeErr
}

func (r *rig) Decide(obj *v1alpha1.Workspace, _ intent, seen sight) plan.Step {
	return r.decide(obj, seen.fresh)
}

func (r *rig) Act(ctx context.Context, obj *v1alpha1.Workspace, _ intent, _ sight, step plan.Step) (effect, error) {
	r.notef("act %s", step.Verb)
	if ctx.Value(admission{}) == nil && step.Mutates() {
		r.Errorf("%s was taken without the admission to the vendor", step.Verb)
	}
	return r.act(ctx, obj)
}

func (r *rig) Report(obj *v1alpha1.Workspace, facts Facts[intent, sight, effect]) {
	r.reported = facts
	if facts.Effect != "" && obj.Status.UUID == "" {
		obj.Status.UUID = string(facts.Effect)
	}
}

type recorder struct{ rig *rig }

func (e recorder) Eventf(_, _ runtime.Object, kind, reason, _, note string, args ...any) {
	message := fmt.Sprintf(note, args...)
	if len(message) > 1024 {
		e.rig.Errorf("an event with a note of %d bytes is refused by the API server", len(message))
	}
	e.rig.events = append(e.rig.events, kind+" "+reason)
}

// pass runs one pass and gives what it did; the log starts anew.
func (r *rig) pass() (ctrl.Result, error) {
	r.Helper()
	return r.passOn(r.Context())
}

func (r *rig) passOn(ctx context.Context) (ctrl.Result, error) {
	r.Helper()
	r.log = nil
	result, err := r.engine().Reconcile(ctx, ctrl.Request{NamespacedName: name()})
	if ws := r.get(); ws != nil { //nolint:contextcheck // the pass may have ended its context
		for _, complaint := range kstatus.Violations(ws, r.now) {
			r.Errorf("after a pass: %s", complaint)
		}
	}
	return result, err
}

func name() client.ObjectKey { return client.ObjectKey{Namespace: gen.Namespace, Name: "ws"} }

// get gives the object as the API server has it, nil if it is gone.
func (r *rig) get() *v1alpha1.Workspace {
	r.Helper()
	ws := &v1alpha1.Workspace{}
	if err := r.api.Get(context.WithoutCancel(r.Context()), name(), ws); err != nil {
		if client.IgnoreNotFound(err) == nil {
			return nil
		}
		r.Fatal(err)
	}
	return ws
}

// meddle is another writer's change.
func (r *rig) meddle(change func(*v1alpha1.Workspace)) {
	r.Helper()
	ws := r.get()
	change(ws)
	if err := r.api.Update(context.WithoutCancel(r.Context()), ws); err != nil {
		r.Fatal(err)
	}
}

// vanish is the object going altogether, our finalizer notwithstanding.
func (r *rig) vanish() {
	r.Helper()
	r.meddle(func(ws *v1alpha1.Workspace) { ws.Finalizers = nil })
	if err := r.api.Delete(context.WithoutCancel(r.Context()), r.get()); err != nil {
		r.Fatal(err)
	}
}

// replace is the object going and another of its name coming.
func (r *rig) replace() {
	r.Helper()
	r.vanish()
	if err := r.api.Create(context.WithoutCancel(r.Context()), young(gen.UID("another"))); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) writes() int {
	count := 0
	for _, line := range r.log {
		if line == "write metadata" || line == "write status" {
			count++
		}
	}
	return count
}

func (r *rig) did(line string) bool { return slices.Contains(r.log, line) }

func always(step plan.Step) func(*v1alpha1.Workspace, bool) plan.Step {
	return func(*v1alpha1.Workspace, bool) plan.Step { return step }
}

func well() plan.Outlook {
	return plan.Outlook{State: plan.Settled, Reason: v1alpha1.ReasonAvailable, Message: "it can be used"}
}

func working() plan.Outlook {
	return plan.Outlook{State: plan.Working, Reason: v1alpha1.ReasonRecovering, Message: "it is being looked for"}
}

// young is an object nobody has worked on.
func young(mods ...gen.MetaModifier) *v1alpha1.Workspace {
	all := append([]gen.MetaModifier{gen.UID("uid"), gen.Generation(1)}, mods...)
	return gen.Workspace("ws", gen.SetWorkspaceMeta(all...))
}

// held is an object with our finalizer.
func held(mods ...gen.MetaModifier) *v1alpha1.Workspace {
	return young(append([]gen.MetaModifier{gen.Finalizers(v1alpha1.Finalizer)}, mods...)...)
}

// ready is an object that is as its spec says.
func ready(mods ...gen.MetaModifier) *v1alpha1.Workspace {
	ws := gen.WorkspaceFrom(held(mods...), gen.SetWorkspaceUUID("made"))
	ws.Status.ObservedGeneration = ws.Generation
	for _, condition := range conditions(well(), false) {
		set(&ws.Status.Conditions, condition, ws.Generation, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	return ws
}

// leaving is an object that was deleted.
func leaving(mods ...gen.MetaModifier) *v1alpha1.Workspace {
	return held(append([]gen.MetaModifier{gen.DeletedAt(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))}, mods...)...)
}
