package engine

import (
	"errors"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// conditions are the ones every kind has, from the outlook. An object that was
// Ready and could merely not be read again, or not be made more like its spec,
// stays Ready: what it promises still holds, and AccountReady or Synced says what
// is wrong.
func conditions(outlook plan.Outlook, wasReady bool) []metav1.Condition {
	account := metav1.Condition{Type: v1alpha1.ConditionAccountReady, Status: metav1.ConditionTrue,
		Reason: v1alpha1.ReasonAccepted, Message: "the endpoint answers and takes the credential"}
	if _, held := errors.AsType[*plan.Impasse](outlook.Err); held {
		account.Status, account.Reason, account.Message = metav1.ConditionUnknown, outlook.Reason, "the vendor was not asked"
	}
	if isAccountReason(outlook.Reason) {
		account.Status, account.Reason, account.Message = metav1.ConditionFalse, outlook.Reason, outlook.Message
	}
	all := []metav1.Condition{account}
	if keepsReady(outlook, wasReady) {
		return append(all, undone(outlook)...)
	}
	ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: outlook.Reason, Message: outlook.Message}
	synced := metav1.Condition{Type: v1alpha1.ConditionSynced, Status: metav1.ConditionFalse, Reason: outlook.Reason, Message: outlook.Message}
	switch outlook.State {
	case plan.Settled:
		ready.Status = metav1.ConditionTrue
		synced.Status, synced.Reason, synced.Message = metav1.ConditionTrue, v1alpha1.ReasonInSync, "the vendor has what the spec says"
	case plan.Working:
		all = append(all, metav1.Condition{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue, Reason: outlook.Reason, Message: outlook.Message})
	case plan.Blocked:
		all = append(all, metav1.Condition{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: outlook.Reason, Message: outlook.Message})
	}
	if outlook.Unapplied != "" {
		synced.Reason, synced.Message = v1alpha1.ReasonNotApplied, outlook.Unapplied
		synced.Status = metav1.ConditionFalse
		switch {
		case outlook.Cause != "":
			synced.Reason = outlook.Cause
		case outlook.State == plan.Settled:
			synced.Status = metav1.ConditionUnknown
		}
	}
	return append(all, ready, synced)
}

// undone is the Synced condition of an object that stays Ready, if the vendor was
// seen to have something else than the spec says, and could not be told. Why not
// is said here where AccountReady does not say it.
func undone(outlook plan.Outlook) []metav1.Condition {
	if outlook.Unapplied == "" {
		return nil
	}
	synced := metav1.Condition{
		Type: v1alpha1.ConditionSynced, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonNotApplied, Message: outlook.Unapplied,
	}
	if !isAccountReason(outlook.Reason) {
		synced.Reason, synced.Message = outlook.Reason, outlook.Unapplied+"; "+outlook.Message
	}
	return []metav1.Condition{synced}
}

// shows reports whether the outlook calls for the abnormal condition.
func shows(outlook plan.Outlook, wasReady bool, kind string) bool {
	if keepsReady(outlook, wasReady) {
		return false
	}
	switch kind {
	case v1alpha1.ConditionReconciling:
		return outlook.State == plan.Working
	default:
		return outlook.State == plan.Blocked
	}
}

// keepsReady reports whether an object that was Ready stays so although something
// failed: what failed was a look, for the account's sake, or a step that would only
// have made it more like its spec.
func keepsReady(outlook plan.Outlook, wasReady bool) bool {
	unlike := outlook.Err != nil && outlook.Unapplied != ""
	return wasReady && !outlook.Broken && (isAccountReason(outlook.Reason) || unlike)
}

// isAccountReason reports whether the reason speaks of the account, not of
// the object.
func isAccountReason(reason string) bool {
	switch reason {
	case v1alpha1.ReasonClassNotFound, v1alpha1.ReasonNoDefaultClass, v1alpha1.ReasonClassNotAllowed,
		v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonCredentialsMalformed, v1alpha1.ReasonCredentialRejected,
		v1alpha1.ReasonClassNotReady, v1alpha1.ReasonHostNotAllowed,
		v1alpha1.ReasonClassInvalid, v1alpha1.ReasonVendorUnavailable, v1alpha1.ReasonThrottled:
		return true
	}
	return false
}

func isReady(status Status, generation int64) bool {
	return *status.ObservedGeneration == generation && meta.IsStatusConditionTrue(*status.Conditions, v1alpha1.ConditionReady)
}

// maxMessage bounds a condition's message, in characters; what a person is to
// read is shorter, and the API's own bound is far above.
const maxMessage = 1024

func set(all *[]metav1.Condition, condition metav1.Condition, generation int64, now time.Time) {
	condition.Message = strings.ToValidUTF8(condition.Message, "")
	if runes := []rune(condition.Message); len(runes) > maxMessage {
		condition.Message = string(runes[:maxMessage])
	}
	condition.ObservedGeneration = generation
	condition.LastTransitionTime = metav1.NewTime(now)
	meta.SetStatusCondition(all, condition)
}
