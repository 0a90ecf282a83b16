package engine

import (
	"context"
	"errors"
	"time"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// FieldManager is the name the operator writes under.
const FieldManager = "workspace-operator"

// ListsSettle is how long a vendor's lists may hide what a call did. No vendor
// documents a bound; portkey says its writes show with a delay.
const ListsSettle = 10 * time.Second

// Unsettled is how long the vendor's lists cannot be believed yet to show what
// the latest possible call for the object did. The first call for an object is
// not recorded, but it follows the write of our finalizer.
func Unsettled(obj client.Object, attempt *v1alpha1.Attempt, now time.Time) time.Duration {
	var latest time.Time
	if attempt != nil {
		latest = attempt.StartedAt.Time
		if attempt.Refused() {
			return 0 // nothing was made
		}
		if attempt.EndedAt != nil {
			return ListsSettle - now.Sub(attempt.EndedAt.Time)
		}
	}
	for _, entry := range obj.GetManagedFields() {
		if entry.Manager == FieldManager && entry.Subresource == "" && entry.Time != nil && entry.Time.After(latest) {
			latest = entry.Time.Time
		}
	}
	return callPatience + ListsSettle - now.Sub(latest)
}

// callPatience is the longest a call to a vendor takes: one whose end nobody
// saw may have been sent that much later than it was announced.
const callPatience = 30 * time.Second

// Uninterrupted is the context of a call whose answer is shown once: a signal
// to stop does not cut it off, its own patience does.
func Uninterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), callPatience)
}

// Lost is the record of a create call that ended without an answer.
func Lost(recorded *v1alpha1.Attempt, now time.Time, name string) *v1alpha1.Attempt {
	return ended(recorded, now, name, v1alpha1.AttemptLost)
}

// Refused is the record of a create call that is known to have made nothing,
// so that the next one need not wait for a list to prove it.
func Refused(recorded *v1alpha1.Attempt, now time.Time, name string) *v1alpha1.Attempt {
	return ended(recorded, now, name, v1alpha1.AttemptRefused)
}

// Accepted is the record of a create call that the vendor has said yes to and
// still works on.
func Accepted(recorded *v1alpha1.Attempt, now time.Time, name string) *v1alpha1.Attempt {
	if recorded.Ordered() {
		return recorded // another time would be another write
	}
	return ended(recorded, now, name, v1alpha1.AttemptAccepted)
}

func ended(recorded *v1alpha1.Attempt, now time.Time, name, outcome string) *v1alpha1.Attempt {
	at := metav1.NewTime(now.Truncate(time.Second))
	attempt := &v1alpha1.Attempt{StartedAt: at, EndedAt: &at, Name: name, Outcome: outcome}
	switch {
	case recorded == nil:
	case recorded.Outcome == outcome && outcome == v1alpha1.AttemptRefused:
		return recorded // told before; another time would be another write
	default:
		attempt.StartedAt = recorded.StartedAt
	}
	return attempt
}

// Denied reports whether a person says that the vendor has nothing of the call
// on record. The annotation names the one call by its time.
func Denied(obj client.Object, recorded *v1alpha1.Attempt) bool {
	return recorded != nil && obj.GetAnnotations()[v1alpha1.AnnotationDoesNotExist] == DenialOf(recorded)
}

// DenialOf is the value of the annotation that denies the call.
func DenialOf(recorded *v1alpha1.Attempt) string {
	return recorded.StartedAt.UTC().Format(time.RFC3339)
}

// Announce records, before a create call that nothing at the vendor would
// tell of, that it is about to be made. Without an error it is on record.
func Announce[T client.Object](ctx context.Context, writer client.Client, live client.Reader, obj T,
	slot func(T) **v1alpha1.Attempt, attempt v1alpha1.Attempt,
) error {
	err := StoreStatus(ctx, writer, obj, func(obj T) {
		recorded := slot(obj)
		attempt.StartedAt = later(obj, attempt.StartedAt.Time)
		*recorded = &attempt
	})
	if err == nil || apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return err
	}
	// The answer may have been lost on its way back. Only if the record is not
	// there may it be said that no call was made.
	if live.Get(ctx, client.ObjectKeyFromObject(obj), obj) != nil {
		return err
	}
	if stands := *slot(obj); stands != nil && stands.EndedAt == nil && stands.StartedAt.Equal(&attempt.StartedAt) {
		return nil
	}
	return err
}

// later is the time of a call in whole seconds, but none that was denied: whoever
// denied the call of that second has said nothing of the next.
func later(obj client.Object, now time.Time) metav1.Time {
	at := metav1.NewTime(now.Truncate(time.Second))
	if Denied(obj, &v1alpha1.Attempt{StartedAt: at}) {
		at = metav1.NewTime(at.Add(time.Second))
	}
	return at
}

// StoreStatus writes a change of status that must be on record before what
// comes next. It fails if anybody else wrote meanwhile.
func StoreStatus[T client.Object](ctx context.Context, writer client.Client, obj T, change func(T)) error {
	before := copyOf(obj)
	change(obj)
	if equality.Semantic.DeepEqual(before, obj) {
		return nil
	}
	return writer.Status().Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// Edited reports whether the spec was edited since the vendor's object last
// was as it says.
func Edited(conditions []metav1.Condition, generation int64) bool {
	known := applied(conditions)
	return known != 0 && known != generation
}

// applied is the generation of the spec as which the vendor's object last was;
// 0 if it never was. The Synced condition keeps it through all that comes after.
func applied(conditions []metav1.Condition) int64 {
	synced := meta.FindStatusCondition(conditions, v1alpha1.ConditionSynced)
	if synced == nil {
		return 0
	}
	return synced.ObservedGeneration
}

// SinceReady is how long the lists may yet hide an object that has just become
// Ready; zero or less once they cannot.
func SinceReady(conditions []metav1.Condition, now time.Time) time.Duration {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return 0
	}
	return ListsSettle - now.Sub(ready.LastTransitionTime.Time)
}

// Uncertain reports whether a failed step may have taken effect at the vendor.
func Uncertain(err error) bool {
	vendor, ok := errors.AsType[*provider.Error](err)
	return ok && vendor.Uncertain
}

// Answered reports whether a failed step is known to have had no effect there.
func Answered(err error) bool {
	if _, held := errors.AsType[*plan.Impasse](err); held {
		return true // the call was not made, or was taken back
	}
	vendor, ok := errors.AsType[*provider.Error](err)
	return ok && !vendor.Uncertain
}

// Moment is a vendor's time as status keeps it, in whole seconds; a time the
// vendor left out stays what it was.
func Moment(at time.Time, before *metav1.Time) *metav1.Time {
	if at.IsZero() {
		return before
	}
	rounded := metav1.NewTime(at.Truncate(time.Second))
	if before != nil && before.Equal(&rounded) {
		return before
	}
	return &rounded
}

// Obstacle tells what stands in an object's way from a read that failed: the
// first goes into its conditions, the second ends the pass.
func Obstacle(err error) (obstacle, failure error) {
	if _, ok := errors.AsType[*account.Problem](err); ok {
		return err, nil
	}
	if _, ok := errors.AsType[*plan.Impasse](err); ok {
		return err, nil
	}
	if _, ok := errors.AsType[*provider.Error](err); ok {
		return err, nil
	}
	return nil, err
}

const maxText = 256

// Clean makes a vendor's text fit for status: what does not print goes, control
// characters and direction overrides among it, and what is over 256 characters.
func Clean(text string) string {
	kept := make([]rune, 0, min(len(text), maxText))
	for _, r := range text {
		if len(kept) == maxText {
			break
		}
		if r != utf8.RuneError && unicode.IsPrint(r) {
			kept = append(kept, r)
		}
	}
	return string(kept)
}
