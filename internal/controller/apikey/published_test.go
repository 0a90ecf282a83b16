package apikey

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestPublished goes by the Secret, whatever else keeps the ApiKey from being Ready.
func TestPublished(t *testing.T) {
	live := provider.Key{ID: "key-1"}
	stands := func(state plan.State, reason string) func(*facts) {
		return func(f *facts) { f.Outlook.State, f.Outlook.Reason, f.Outlook.Message = state, reason, "m" }
	}
	refused := stands(plan.Blocked, v1alpha1.ReasonNotAllowed)
	foreign := func(f *facts) { f.Sight.Secret.State = plan.SecretForeign }
	unseen := func(f *facts) { f.Sight.Err = &provider.Error{Class: provider.Transient} }
	for name, row := range map[string]struct {
		facts facts
		want  bool
	}{
		"all is well":                        {onePass(plan.Stay, served, holding("key-1", live), stands(plan.Settled, v1alpha1.ReasonAvailable)), true},
		"the spec is refused":                {onePass(plan.Stay, served, holding("key-1", live), refused), true},
		"and a replaced key revoked":         {onePass(plan.Remove, served, target("key-0"), holding("key-1", live), refused), true},
		"nobody serves it":                   {onePass(plan.Stay, holding("key-1"), stands(plan.Blocked, v1alpha1.ReasonWorkspaceNotFound)), true},
		"the vendor cannot be seen":          {onePass(plan.Stay, served, holding("key-1"), unseen, stands(plan.Working, v1alpha1.ReasonVendorUnavailable)), true},
		"its list is not to be believed yet": {onePass(plan.Stay, served, holding("key-1"), unsettled, refused), true},
		"an amendment is refused":            {onePass(plan.Update, served, holding("key-1", live), stands(plan.Blocked, v1alpha1.ReasonRefused)), true},
		"it is issued, and not finished":     {onePass(plan.Create, served, made(live), stands(plan.Working, v1alpha1.ReasonUpdating)), true},
		"its id is not known":                {onePass(plan.Create, served, made(provider.Key{Name: "ci-1"}), stands(plan.Working, v1alpha1.ReasonIdentifying)), false},
		"nor in the next pass":               {onePass(plan.Stay, served, nameless, stands(plan.Working, v1alpha1.ReasonIdentifying)), false},
		"the Secret is gone":                 {onePass(plan.Stay, served, func(f *facts) { f.Sight.Secret.State = plan.SecretAbsent }, refused), false},
		"the Secret is somebody else's":      {onePass(plan.Stay, served, holding("key-1", live), foreign, stands(plan.Blocked, v1alpha1.ReasonSecretConflict)), false},
		"the Secret was written over":        {onePass(plan.Stay, served, holding(""), refused), false},
		"it holds what status does not know": {onePass(plan.Stay, holding("key-9"), refused), false},
		"the vendor dropped the key":         {onePass(plan.Stay, served, holding("key-1"), refused), false},
		"it has come to its end":             {onePass(plan.Stay, served, holding("key-1", live), func(f *facts) { f.Now = now().Add(2 * time.Hour) }, stands(plan.Blocked, v1alpha1.ReasonExpired)), false},
		"it has been revoked":                {onePass(plan.Remove, served, target("key-1"), holding("key-1", live), stands(plan.Working, v1alpha1.ReasonDeleting)), false},
		"it could not be revoked":            {onePass(plan.Remove, served, target("key-1"), holding("key-1", live), stands(plan.Working, v1alpha1.ReasonVendorUnavailable), failed(true)), true},
	} {
		key := gen.ApiKey("ci")
		key.Status.KeyID, key.Status.ExpiresAt = "key-1", new(at(time.Hour))
		all := publishedCondition(key, row.facts)
		if len(all) != 1 || (all[0].Status == metav1.ConditionTrue) != row.want || (all[0].Reason == v1alpha1.ReasonPublished) != row.want {
			t.Errorf("%s: got %+v", name, all)
		}
	}
}

// TestPublishedIsLeftWhereNobodyLooked: a pass that did not come so far knows
// nothing of the Secret.
func TestPublishedIsLeftWhereNobodyLooked(t *testing.T) {
	pass := onePass(plan.Stay, func(f *facts) { f.Outlook.State, f.Outlook.Reason = plan.Working, v1alpha1.ReasonThrottled })
	key := gen.ApiKey("ci")
	if all := publishedCondition(key, pass); len(all) != 1 || all[0].Status != metav1.ConditionFalse || all[0].Reason != v1alpha1.ReasonThrottled {
		t.Errorf("of a new ApiKey: %+v", all)
	}
	key.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionPublished, Status: metav1.ConditionTrue}}
	if all := publishedCondition(key, pass); len(all) != 0 {
		t.Errorf("of one that has it: %+v", all)
	}
}
