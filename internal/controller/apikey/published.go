package apikey

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// publishedCondition is the condition that only ApiKeys have. It goes by the
// Secret, whatever else is wrong with the ApiKey; while nobody looks at it, one
// that was published stays so.
func publishedCondition(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) []metav1.Condition {
	condition := metav1.Condition{
		Type: v1alpha1.ConditionPublished, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonPublished, Message: "the Secret holds the live key",
	}
	looked := facts.Sight.Secret.State != "" || facts.Effect.Key != nil
	switch {
	case facts.Outlook.State == plan.Settled, looked && holdsLive(key, facts):
	case !looked && meta.IsStatusConditionTrue(key.Status.Conditions, v1alpha1.ConditionPublished):
		return nil
	default:
		condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, facts.Outlook.Reason, facts.Outlook.Message
	}
	return []metav1.Condition{condition}
}

// holdsLive reports whether the Secret holds the key in status and that key
// works, as far as it could be seen.
func holdsLive(key *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) bool {
	found := facts.Sight.Secret
	switch {
	case expired(key, facts.Now), facts.Effect.InDoubt():
		return false
	case facts.Effect.Key != nil:
		return facts.Effect.Key.ID != "" // else nobody can tell which one it is
	case found.State != plan.SecretOurs || found.KeyID == "" || found.KeyID != key.Status.KeyID:
		return false
	case facts.Step.Verb == plan.Remove && facts.Step.Target == found.KeyID && facts.Outlook.Err == nil:
		return false
	case facts.Intent.account == nil || facts.Sight.Err != nil || facts.Sight.Unsettled > 0:
		return true // the vendor does not say otherwise
	}
	return slices.ContainsFunc(facts.Sight.Marked, func(seen provider.Key) bool { return seen.ID == found.KeyID })
}
