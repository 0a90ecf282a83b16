package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// afterEffect outlives a shutdown: what the vendor has done is recorded.
const afterEffect = 20 * time.Second

// queuedFor is how long a pass has to wait whose turn at the vendor has not
// come. That is no news about the object, so nothing is written.
func queuedFor(err error) (time.Duration, bool) {
	if !errors.Is(err, account.ErrQueued) {
		return 0, false
	}
	if e, ok := errors.AsType[*provider.Error](err); ok && e.RetryAfter > 0 {
		return e.RetryAfter, true
	}
	return time.Second, true
}

// queued reports whether the turn has not come.
func queued(err error) bool {
	_, waits := queuedFor(err)
	return waits
}

// report writes what the pass found, if it differs from what stands there, and
// says when to come again.
func (e *Engine[T, I, S, E]) report(ctx context.Context, obj T, facts Facts[I, S, E]) (ctrl.Result, error) {
	logExchange(ctx, facts.Outlook.Err)
	acted := made(facts.Step.Verb, facts.Outlook.Err)
	var again error
	facts.Outlook, again = verdict(facts.Outlook)
	if facts.Outlook.Err != nil && !obj.GetDeletionTimestamp().IsZero() {
		facts.Outlook.Message += e.WayOut
	}
	if acted {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), afterEffect)
		defer cancel()
	}
	err := e.store(ctx, obj, facts, acted)
	if apierrors.IsNotFound(err) && facts.Step.Verb != plan.Adopt && acted && e.Undo != nil {
		// The object went while the call was made, and with it whoever would
		// find by its mark what was made.
		return ctrl.Result{}, e.Undo(ctx, obj, facts)
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	if again != nil {
		return ctrl.Result{}, again
	}
	if facts.Step.Verb == plan.Remove && facts.Outlook.Err == nil && facts.Outlook.After <= 0 {
		// There may be more to remove: one a pass.
		return ctrl.Result{RequeueAfter: time.Millisecond}, nil
	}
	after := facts.Outlook.After
	resync := e.Resync(facts.Intent)
	if after <= 0 || facts.Outlook.State == plan.Settled {
		after = earliest(after, resync)
	}
	return ctrl.Result{RequeueAfter: Spread(obj.GetUID(), after)}, nil
}

// made reports whether there is something to record that no later pass could find
// out: what was made, may have been, or was refused for certain. Whatever else a
// pass has seen is left to the next one if somebody else has written meanwhile,
// who may know better.
func made(verb plan.Verb, err error) bool {
	return slices.Contains([]plan.Verb{plan.Create, plan.Renew, plan.Adopt, plan.Publish}, verb) && (err == nil || Uncertain(err) || Answered(err))
}

// earliest is the sooner of two times to come; zero is none.
func earliest(a, b time.Duration) time.Duration {
	if a <= 0 || b > 0 && b < a {
		return b
	}
	return a
}

// logExchange notes what the vendor calls an exchange that failed, for whoever
// asks the vendor about it. It differs from attempt to attempt, so it is in no
// status.
func logExchange(ctx context.Context, err error) {
	if e, ok := errors.AsType[*provider.Error](err); ok && e.RequestID != "" {
		logr.FromContextOrDiscard(ctx).Info("The vendor refused a call", "operation", e.Op, "class", e.Class, "requestID", e.RequestID)
	}
}

// store writes the status once. After an effect it goes on until the identity
// is recorded, on whatever version of the object there is by then.
func (e *Engine[T, I, S, E]) store(ctx context.Context, obj T, facts Facts[I, S, E], persist bool) error {
	write := func(ctx context.Context) error {
		before := copyOf(obj)
		e.apply(obj, facts)
		if equality.Semantic.DeepEqual(before, obj) {
			return nil
		}
		changed := e.transition(before, obj)
		err := e.Writer.Status().Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
		if err == nil && changed != nil {
			e.event(obj, severity(facts.Outlook, changed), changed.Reason, changed.Message)
		}
		return err
	}
	err := write(ctx)
	if err == nil || !persist {
		return err
	}
	gone := false
	backoff := wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Steps: 8}
	_ = wait.ExponentialBackoffWithContext(ctx, backoff, func(ctx context.Context) (bool, error) {
		latest := e.New() // whoever undoes needs the object as it was
		err = e.Live.Get(ctx, client.ObjectKeyFromObject(obj), latest)
		if err == nil && latest.GetUID() != obj.GetUID() {
			err = apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group}, obj.GetName()) // another of its name
		}
		if err != nil {
			gone = apierrors.IsNotFound(err)
			return gone, nil // for good
		}
		obj = latest
		// "Not found" may be said of the kind, or by what stands before the API
		// server: only a read tells of the object.
		err = write(ctx)
		return err == nil, nil
	})
	if apierrors.IsNotFound(err) && !gone {
		return fmt.Errorf("the API server has the object and does not store its status: %s", err.Error()) // it is not what it seems
	}
	return err
}

func (e *Engine[T, I, S, E]) apply(obj T, facts Facts[I, S, E]) {
	status := e.StatusOf(obj)
	wasReady, first := !e.IsAccount && isReady(status, facts.Generation), firstSince(obj, status)
	e.Kind.Report(obj, facts)
	*status.ObservedGeneration = facts.Generation
	*status.ReconcileAt = Clip(obj.GetAnnotations()[v1alpha1.AnnotationReconcileAt])
	for _, condition := range conditions(facts.Outlook, wasReady) {
		if e.IsAccount && (condition.Type == v1alpha1.ConditionAccountReady || condition.Type == v1alpha1.ConditionSynced) {
			continue
		}
		generation := facts.Generation
		if condition.Type == v1alpha1.ConditionSynced && condition.Status != metav1.ConditionTrue {
			generation = applied(*status.Conditions)
		}
		set(status.Conditions, condition, generation, facts.Now)
	}
	if !keepsReady(facts.Outlook, wasReady) && e.Extra != nil {
		for _, condition := range e.Extra(obj, facts) {
			set(status.Conditions, condition, facts.Generation, facts.Now)
		}
	}
	meta.RemoveStatusCondition(status.Conditions, v1alpha1.ConditionPaused)
	for _, kind := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if !shows(facts.Outlook, wasReady, kind) {
			meta.RemoveStatusCondition(status.Conditions, kind)
		}
	}
	if first {
		countAnew(*status.Conditions, facts.Now)
	}
}

// transition is the condition an event is about, if it now says something else:
// Ready, or of an object that goes on being Ready, Synced that has come to be
// False for longer than an edit takes, or AccountReady.
func (e *Engine[T, I, S, E]) transition(before, after T) *metav1.Condition {
	news := func(kind string, counts func(old, now *metav1.Condition) bool) *metav1.Condition {
		old := meta.FindStatusCondition(*e.StatusOf(before).Conditions, kind)
		now := meta.FindStatusCondition(*e.StatusOf(after).Conditions, kind)
		same := old != nil && now != nil && old.Status == now.Status && old.Reason == now.Reason
		if now == nil || same || !counts(old, now) {
			return nil
		}
		return now
	}
	return cmp.Or(
		news(v1alpha1.ConditionReady, func(_, _ *metav1.Condition) bool { return true }),
		news(v1alpha1.ConditionSynced, func(_, now *metav1.Condition) bool {
			return now.Status == metav1.ConditionFalse && now.Reason != v1alpha1.ReasonUpdating
		}),
		news(v1alpha1.ConditionAccountReady, func(old, _ *metav1.Condition) bool { return old != nil }),
	)
}

func severity(outlook plan.Outlook, of *metav1.Condition) string {
	if outlook.Err != nil || outlook.State == plan.Blocked || of.Type == v1alpha1.ConditionSynced {
		return corev1.EventTypeWarning
	}
	return corev1.EventTypeNormal
}

// maxEcho is the bound the API sets on the echo of an annotation, in
// characters; it is kept in bytes.
const maxEcho = 256

// Clip cuts the value of an annotation to what status can echo.
func Clip(value string) string { return clip(value, maxEcho) }

// clip cuts a text to a number of bytes, and never through a character: what
// the API server would not store as it is would be written again every pass.
func clip(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}
