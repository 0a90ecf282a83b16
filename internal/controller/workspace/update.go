package workspace

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// update changes the workspace and reads it back, because the answer does not
// show what it has become. A read that fails is left to the next pass.
func (r *Reconciler) update(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	differs := differences(ws, intent, sight)
	effect := Effect{Told: differs.Changeable}
	workspaces := intent.manager().Session().Workspaces()
	err := workspaces.Update(ctx, step.Target, changes(intent, differs.Changeable))
	intent.manager().Forget()
	if err != nil {
		return Effect{}, err
	}
	if back := differs.Restorable(); len(back) > 0 {
		r.Recorder.Eventf(ws, nil, corev1.EventTypeNormal, v1alpha1.ReasonDrifted, "Update", "%s", plan.Restored(back))
	}
	if changed, err := workspaces.Get(ctx, step.Target); err == nil && changed.ID == step.Target {
		effect.Workspace, effect.Unheeded = &changed, unheeded(ws, intent, changed, effect.Told, step)
	}
	return effect, nil
}

// unheeded is how things stand if the vendor shows something else than it was
// told a moment ago: it may yet show it, so it is looked at again.
func unheeded(ws *v1alpha1.Workspace, intent Intent, changed provider.Workspace, told []string, step plan.Step) *plan.Outlook {
	look := beside(ws, intent, changed)
	look.Asked = false
	kept := recorded(ws).After(look, told).Compare(look).Kept
	if len(kept) == 0 || step.State == plan.Blocked {
		return nil
	}
	outlook := step.Outlook
	outlook.Unapplied, outlook.After = plan.Unheeded(kept), engine.ListsSettle
	return &outlook
}

// changes is the spec without what is not to be changed. A field that it leaves
// open is cleared.
func changes(intent Intent, fields []string) provider.WorkspaceSpec {
	wanted, change := intent.Spec, provider.WorkspaceSpec{}
	for _, field := range fields {
		set := false
		switch field {
		case "displayName":
			change.DisplayName, set = wanted.DisplayName, wanted.DisplayName != ""
		case "description":
			change.Description, set = wanted.Description, wanted.Description != ""
		case "metadata":
			change.Metadata, set = wanted.Metadata, len(wanted.Metadata) > 0
		case "usageLimits":
			change.UsageLimits, set = wanted.UsageLimits, len(wanted.UsageLimits) > 0
		case "rateLimits":
			change.RateLimits, set = wanted.RateLimits, len(wanted.RateLimits) > 0
		case "access":
			change.Frozen, set = wanted.Frozen, wanted.Frozen != nil
		}
		if !set {
			change.Clear = append(change.Clear, field)
		}
	}
	return change
}
