package workspace

import (
	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Report writes what the vendor has into status. An identity that is recorded
// stays: if another of us was faster, what we made is found by its mark and
// removed.
func (r *Reconciler) Report(ws *v1alpha1.Workspace, facts engine.Facts[Intent, Sight, Effect]) {
	status := &ws.Status
	if facts.Intent.ClassName != "" {
		status.ClassName, status.Provider = facts.Intent.ClassName, facts.Intent.Provider
	}
	seen := facts.Effect.Workspace
	if seen == nil {
		seen = facts.Sight.Current
	}
	if seen != nil && (status.UUID == "" || status.UUID == seen.ID) {
		identify(status, *seen)
	}
	status.Attempt = attempt(status.Attempt, facts)
}

// attempt is what remains on record of a create call: it goes with a definite
// answer, and comes with the lack of one.
func attempt(recorded *v1alpha1.Attempt, facts engine.Facts[Intent, Sight, Effect]) *v1alpha1.Attempt {
	switch {
	case facts.Step.Verb == plan.Adopt:
		return nil
	case facts.Step.Verb != plan.Create:
		return recorded
	case facts.Outlook.Err == nil:
		return nil
	case engine.Answered(facts.Outlook.Err) && facts.Intent.Capabilities.Workspace.Recovery == provider.RecoverNever:
		return nil
	case engine.Answered(facts.Outlook.Err):
		return engine.Refused(recorded, facts.Now, facts.Intent.Spec.DisplayName)
	case engine.Uncertain(facts.Outlook.Err):
		return engine.Lost(recorded, facts.Now, facts.Intent.Spec.DisplayName)
	}
	return recorded
}

// identify copies what the vendor told; what it left out of this answer (a
// list in short form) keeps its last known value.
func identify(status *v1alpha1.WorkspaceStatus, seen provider.Workspace) {
	status.UUID = seen.ID
	status.Slug = told(seen.Slug, status.Slug)
	status.BillingState = told(seen.BillingState, status.BillingState)
	status.VersionType = told(seen.VersionType, status.VersionType)
	status.State = told(seen.State, status.State)
	status.AccountID = told(seen.AccountID, status.AccountID)
	status.Region = told(seen.Region, status.Region)
	status.TenancyModel = told(seen.TenancyModel, status.TenancyModel)
	status.ProvisioningRunID = told(seen.ProvisioningRunID, status.ProvisioningRunID)
	status.CreatedAt = engine.Moment(seen.CreatedAt, status.CreatedAt)
	status.UpdatedAt = engine.Moment(seen.UpdatedAt, status.UpdatedAt)
	if len(seen.Environments) > 0 {
		status.Environments = nil
		for _, part := range seen.Environments {
			status.Environments = append(status.Environments, v1alpha1.WorkspaceEnvironment{
				Name: engine.Clean(part.Name), ID: engine.Clean(part.ID), State: engine.Clean(part.State),
			})
		}
	}
}

func told(text, before string) string {
	if text == "" {
		return before
	}
	return engine.Clean(text)
}
