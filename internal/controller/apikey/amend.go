package apikey

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// amend changes the live key and reads it back, because the answer does not show
// what it has become. A read that fails is left to the next pass.
func (r *Reconciler) amend(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	differs := differences(key, intent, sight)
	effect := Effect{Told: differs.Changeable}
	keys := intent.account.Session().Keys()
	err := keys.Amend(ctx, intent.WorkspaceUUID, step.Target, changes(key, intent, differs.Changeable))
	intent.account.ForgetKeys(intent.WorkspaceUUID)
	if err != nil {
		return Effect{}, err
	}
	if back := differs.Restorable(); len(back) > 0 {
		r.Recorder.Eventf(key, nil, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "Update", "%s", plan.Restored(back))
	}
	if !intent.Capabilities.Get {
		return effect, nil
	}
	if changed, err := keys.Get(ctx, intent.WorkspaceUUID, step.Target); err == nil && changed.ID == step.Target {
		effect.Key, effect.Fingerprint = &changed, sight.Secret.Fingerprint
		effect.Stands = unheeded(key, intent, changed, effect.Told, step.Outlook)
	}
	return effect, nil
}

// unheeded is how things stand if the vendor shows something else than it was
// told a moment ago: it may yet show it, so it is looked at again.
func unheeded(key *v1alpha1.ApiKey, intent Intent, changed provider.Key, told []string, outlook plan.Outlook) *plan.Outlook {
	kept := slices.DeleteFunc(unlike(key, intent, changed).Changeable, func(field string) bool { return !slices.Contains(told, field) })
	if len(kept) == 0 || outlook.State != plan.Settled {
		return nil
	}
	if outlook.Unapplied == "" {
		outlook.Unapplied = plan.Unheeded(kept)
	}
	if outlook.After <= 0 || outlook.After > engine.ListsSettle {
		outlook.After = engine.ListsSettle
	}
	return &outlook
}

// changes is what the live key should be, in the fields that are to be changed.
func changes(key *v1alpha1.ApiKey, intent Intent, fields []string) provider.KeySpec {
	wanted, change := forLive(key, intent.Spec), provider.KeySpec{}
	for _, field := range fields {
		switch field {
		case "displayName":
			change.DisplayName = wanted.DisplayName
		case "scopes":
			change.Scopes = wanted.Scopes
		case "usageLimits":
			change.UsageLimits = wanted.UsageLimits
		case "rateLimits":
			change.RateLimits = wanted.RateLimits
		case "access":
			change.Disabled = wanted.Disabled
		case "expiresAt":
			change.ExpiresAt = wanted.ExpiresAt
		}
	}
	return change
}
