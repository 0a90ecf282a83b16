// Package engine runs one pass of any kind: load, resolve, observe, decide,
// act, report, each phase built from the ones before it. The finalizer is
// stored before the first vendor mutation, there is at most one such mutation
// a pass, and one status write, only if something differs.
package engine

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// passDeadline bounds one pass, calls to vendors included.
	passDeadline = 2 * time.Minute
	// freshness is how old what was looked at may be when it is acted on. A
	// vendor's lists are read page by page, hence so long.
	freshness = 90 * time.Second
	// conflictPause lets the cache catch up with what another writer did.
	conflictPause = 200 * time.Millisecond
	// maxNote is the bound the API server sets on an event's note, in bytes.
	maxNote = 1024
)

// Status is where an object keeps what the engine writes.
type Status struct {
	Conditions         *[]metav1.Condition
	ObservedGeneration *int64
	ReconcileAt        *string
}

// Engine runs passes of one kind.
type Engine[T client.Object, I Intent, S any, E Effect] struct {
	Kind Kind[T, I, S, E]
	// New gives an empty object, StatusOf its status.
	New      func() T
	StatusOf func(T) Status
	// Undo takes back, at the vendor, what a Create made for an object that
	// is no longer there. Nil for kinds that create nothing.
	Undo func(ctx context.Context, obj T, facts Facts[I, S, E]) error
	// Secure is called just before our finalizer is stored, and keeps what the
	// object's deletion will need. Nil for kinds that need nothing.
	Secure func(ctx context.Context, obj T, intent I) error
	// Extra are the kind's own conditions, from the facts and the status that was
	// made of them. An object that stays Ready keeps those it has.
	Extra func(obj T, facts Facts[I, S, E]) []metav1.Condition
	// Due reports whether the object itself tells that there is something to do,
	// whatever the vendor shows; it then stands in line for that, and not for a
	// look. Nil for kinds with no such thing.
	Due func(obj T, now time.Time) bool
	// IsAccount is set where the object is the account: it is not Ready while
	// the account is not, and Ready is all there is to say.
	IsAccount bool
	// Resync is how long a quiet object is left alone.
	Resync func(I) time.Duration
	// Cached may be behind; Live is not.
	Cached   client.Reader
	Live     client.Reader
	Writer   client.Client
	Recorder events.EventRecorder
	Now      func() time.Time
	// Abandon enters in the orphan ledger what an object leaves at the vendor.
	// Nil for kinds that leave nothing.
	Abandon func(ctx context.Context, obj T, facts Facts[I, S, E], orphans []plan.Orphan) error
	// WayOut is added to what stands in the way of a deletion.
	WayOut string
	// Finalizer keeps the object while it is needed; empty is the one that
	// stands for a vendor's object.
	Finalizer string
}

func (e *Engine[T, I, S, E]) finalizer() string {
	if e.Finalizer != "" {
		return e.Finalizer
	}
	return v1alpha1.Finalizer
}

// Reconcile runs one pass.
func (e *Engine[T, I, S, E]) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, passDeadline)
	defer cancel()
	obj := e.New()
	if err := e.Cached.Get(ctx, req.NamespacedName, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	result, err := e.attend(ctx, obj)
	if overtaken(err) {
		logr.FromContextOrDiscard(ctx).V(1).Info("The object changed meanwhile; looking again", "error", err.Error())
		return ctrl.Result{RequeueAfter: conflictPause}, nil
	}
	return result, err
}

// attend makes a pass, unless the object is to be left alone: it is paused, or
// it is going and we hold nothing of it.
func (e *Engine[T, I, S, E]) attend(ctx context.Context, obj T) (ctrl.Result, error) {
	switch {
	case e.released(obj):
		return ctrl.Result{}, nil
	case paused(obj):
		return ctrl.Result{}, e.pause(ctx, obj)
	}
	return e.pass(ctx, obj)
}

// released reports whether the object is going and we hold nothing of it.
func (e *Engine[T, I, S, E]) released(obj T) bool {
	return !obj.GetDeletionTimestamp().IsZero() && !controllerutil.ContainsFinalizer(obj, e.finalizer())
}

// pass looks at what may be stale first; if that calls for a mutation, or is
// about an object in the middle of something, it looks again at what is not.
func (e *Engine[T, I, S, E]) pass(ctx context.Context, obj T) (ctrl.Result, error) {
	first := !controllerutil.ContainsFinalizer(obj, e.finalizer())
	if first || e.settled(obj) && !e.asked(obj) {
		facts, ctx, err := e.look(ctx, obj, first, false)
		if err != nil {
			return ctrl.Result{}, err
		}
		if first || !facts.Step.Mutates() {
			return e.carryOut(ctx, obj, facts)
		}
	}
	if err := e.Live.Get(ctx, client.ObjectKeyFromObject(obj), obj); err != nil {
		return ctrl.Result{}, err
	}
	if paused(obj) || e.released(obj) {
		return e.attend(ctx, obj)
	}
	facts, ctx, err := e.look(ctx, obj, true, true)
	if err != nil {
		return ctrl.Result{}, err
	}
	return e.carryOut(ctx, obj, facts)
}

// look resolves, observes and decides. The context it gives carries the
// pass's admission to the vendor.
func (e *Engine[T, I, S, E]) look(ctx context.Context, obj T, reserve, fresh bool) (Facts[I, S, E], context.Context, error) {
	facts := Facts[I, S, E]{Generation: obj.GetGeneration(), Now: e.Now()}
	var err error
	if facts.Intent, err = e.Kind.Resolve(ctx, obj); err != nil {
		return facts, ctx, err
	}
	if reserve {
		admitted, err := facts.Intent.Reserve(ctx, fresh)
		if err != nil {
			facts.Step = plan.Step{Verb: plan.Stay, Outlook: plan.Outlook{Err: err}}
			return facts, ctx, nil
		}
		ctx = admitted
	}
	if facts.Sight, err = e.Kind.Observe(ctx, obj, facts.Intent, fresh); err != nil {
		return facts, ctx, err
	}
	facts.Step = e.Kind.Decide(obj, facts.Intent, facts.Sight)
	return facts, ctx, nil
}

// carryOut takes the step and reports.
func (e *Engine[T, I, S, E]) carryOut(ctx context.Context, obj T, facts Facts[I, S, E]) (ctrl.Result, error) {
	if wait, isQueued := queuedFor(facts.Step.Err); isQueued {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	facts.Outlook = facts.Step.Outlook
	switch facts.Step.Verb {
	case plan.Stay:
		return e.report(ctx, obj, facts)
	case plan.Finish:
		return ctrl.Result{}, e.release(ctx, obj, facts)
	default:
	}
	if err := e.hold(ctx, obj, facts.Intent); err != nil {
		return ctrl.Result{}, err
	}
	if e.Now().Sub(facts.Now) > freshness {
		// Somebody stopped us, and may have gone on in our place.
		return ctrl.Result{RequeueAfter: conflictPause}, nil
	}
	err := e.act(ctx, obj, &facts)
	switch {
	case overtaken(err):
		return ctrl.Result{}, err
	case err == nil && facts.Step.Last:
		return ctrl.Result{}, e.release(ctx, obj, facts)
	case err != nil && !queued(err) && facts.Step.Verb == plan.Remove && len(facts.Step.Orphans) > 0:
		facts.Step.Last = false // it is not what the last removal would have left
		facts.Step.Reason, facts.Step.Message = v1alpha1.ReasonAbandoned, facts.Step.Message+"; given up, because the vendor could not be asked for so long"
		return ctrl.Result{}, e.release(ctx, obj, facts)
	}
	return e.report(ctx, obj, facts)
}

// act takes the step, and notes how things stand after it.
func (e *Engine[T, I, S, E]) act(ctx context.Context, obj T, facts *Facts[I, S, E]) error {
	var err error
	facts.Effect, err = e.Kind.Act(ctx, obj, facts.Intent, facts.Sight, facts.Step)
	facts.Now = e.Now()
	if err != nil {
		facts.Outlook = plan.Outlook{
			Err: err, Unapplied: facts.Step.Undone,
			Broken: breaks(facts.Step) || facts.Effect.InDoubt() || provider.Is(err, provider.NotFound),
		}
		return err
	}
	if told := facts.Effect.Outlook(); told != nil {
		facts.Outlook = *told
	}
	return nil
}

// breaks reports whether an object that was Ready is not, if the step fails: it
// would not have been if that had gone well, or what it promised is not there.
func breaks(step plan.Step) bool {
	well := step.State == plan.Settled || isAccountReason(step.Reason)
	return step.Broken || step.Verb == plan.Create || !well
}

// overtaken reports whether the cluster refused a step because the object is
// no longer what was looked at; the vendor was not called.
func overtaken(err error) bool {
	if _, fromVendor := errors.AsType[*provider.Error](err); fromVendor {
		return false
	}
	return apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err)
}

// hold stores the finalizer. The write fails if anybody else wrote since the
// object was read: two of us can never both believe to be the first.
func (e *Engine[T, I, S, E]) hold(ctx context.Context, obj T, intent I) error {
	if controllerutil.ContainsFinalizer(obj, e.finalizer()) {
		return nil
	}
	if e.Secure != nil {
		if err := e.Secure(ctx, obj, intent); err != nil {
			return err
		}
	}
	before := copyOf(obj)
	controllerutil.AddFinalizer(obj, e.finalizer())
	return e.Writer.Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// settled reports whether the object was as its spec says when last seen.
func (e *Engine[T, I, S, E]) settled(obj T) bool {
	status := e.StatusOf(obj)
	return obj.GetDeletionTimestamp().IsZero() && isReady(status, obj.GetGeneration())
}

func copyOf[T client.Object](obj T) T {
	copied, ok := obj.DeepCopyObject().(T)
	if !ok {
		panic("the copy of an object is of another type")
	}
	return copied
}

// asked reports whether somebody, or the time, asks for a pass: who does wants to
// know how things are now, not how they were when last seen.
func (e *Engine[T, I, S, E]) asked(obj T) bool {
	return e.Due != nil && e.Due(obj, e.Now()) || Asked(obj, *e.StatusOf(obj).ReconcileAt)
}

// Asked reports whether the annotation that asks for a pass is another than the
// echo in status.
func Asked(obj client.Object, echo string) bool {
	return Clip(obj.GetAnnotations()[v1alpha1.AnnotationReconcileAt]) != echo
}

func (e *Engine[T, I, S, E]) event(obj T, kind, reason, message string) {
	if e.Recorder == nil {
		return
	}
	if kind == "" {
		kind = corev1.EventTypeNormal
	}
	e.Recorder.Eventf(obj, nil, kind, reason, "Reconcile", "%s", clip(message, maxNote))
}
