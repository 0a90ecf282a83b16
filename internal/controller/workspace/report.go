package workspace

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

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
	if facts.Intent.ClassName != "" && taken(ws) {
		status.ClassName, status.Provider = facts.Intent.ClassName, facts.Intent.Provider
	}
	seen := told(status.UUID, facts)
	if seen != nil && (status.UUID == "" || status.UUID == seen.ID) {
		updated := status.UpdatedAt
		identify(status, *seen)
		if facts.Effect.Workspace == nil && !facts.Sight.Familiar {
			status.UpdatedAt = updated // of when it was last read whole
		}
		remember(ws, facts, *seen)
	}
	status.Attempt = attempt(status.Attempt, seen, facts)
}

// taken reports whether the class is the Workspace's for good: it names it, or
// something was begun with the default. A default that only refuses leaves the
// choice to the next.
func taken(ws *v1alpha1.Workspace) bool {
	return ws.Class() != "" || controllerutil.ContainsFinalizer(ws, v1alpha1.Finalizer)
}

// remember keeps what is known of the workspace's fields. Who only observes has
// told the vendor nothing, what is being built shows nothing for certain, and what
// was changed and not read back is for the next look to tell.
func remember(ws *v1alpha1.Workspace, facts engine.Facts[Intent, Sight, Effect], seen provider.Workspace) {
	unread := facts.Effect.Workspace == nil && len(facts.Effect.Told) > 0
	if facts.Intent.ObserveOnly || facts.Intent.Deleting || seen.Pending || unread {
		return
	}
	record := recorded(ws).After(beside(ws, facts.Intent, seen), facts.Effect.Told)
	ws.Status.Applied, ws.Status.Kept = prints[v1alpha1.FieldFingerprint](record.Applied), prints[v1alpha1.FieldFingerprint](record.Kept)
}

// told is what the vendor has said of this object's workspace: of the one that
// was just made or taken, or of the one on record. What merely was looked at
// becomes this object's by no other way.
func told(recorded string, facts engine.Facts[Intent, Sight, Effect]) *provider.Workspace {
	if facts.Effect.Workspace != nil {
		return facts.Effect.Workspace
	}
	if seen := facts.Sight.Current; seen != nil && recorded != "" && seen.ID == recorded {
		return seen
	}
	return nil
}

// attempt is what remains on record of a create call: it goes with a definite
// answer, and comes with the lack of one.
func attempt(recorded *v1alpha1.Attempt, seen *provider.Workspace, facts engine.Facts[Intent, Sight, Effect]) *v1alpha1.Attempt {
	name := or(facts.Intent.Spec.DisplayName, facts.Intent.External)
	switch {
	case seen != nil && seen.Pending && !facts.Intent.Deleting:
		return engine.Accepted(recorded, facts.Now, name)
	case facts.Step.Verb == plan.Adopt && facts.Outlook.Err == nil:
		return nil
	case facts.Step.Verb != plan.Create && recorded.Ordered() && seen != nil:
		return nil // the vendor has finished
	case facts.Step.Verb != plan.Create:
		return recorded
	case facts.Outlook.Err == nil:
		return nil
	case answered(facts.Outlook.Err) && !equality.Semantic.DeepEqual(recorded, facts.Effect.Attempt):
		return recorded // of our call we know that it made nothing, and of theirs nothing
	case answered(facts.Outlook.Err) && facts.Intent.Recovery == provider.RecoverNever:
		return nil
	case answered(facts.Outlook.Err):
		return engine.Refused(recorded, facts.Now, name)
	case engine.Uncertain(facts.Outlook.Err):
		return engine.Lost(recorded, facts.Now, name)
	}
	return recorded
}

// identify copies what the vendor told; what it left out of this answer (a
// list in short form) keeps its last known value.
func identify(status *v1alpha1.WorkspaceStatus, seen provider.Workspace) {
	status.UUID = known(seen.ID, status.UUID)
	status.Slug = known(seen.Slug, status.Slug)
	status.BillingState = known(seen.BillingState, status.BillingState)
	status.VersionType = known(seen.VersionType, status.VersionType)
	status.State = known(seen.State, status.State)
	status.AccountID = known(seen.AccountID, status.AccountID)
	status.Region = known(seen.Region, status.Region)
	status.TenancyModel = known(seen.TenancyModel, status.TenancyModel)
	status.ProvisioningRunID = known(seen.ProvisioningRunID, status.ProvisioningRunID)
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

func known(text, before string) string {
	if text == "" {
		return before
	}
	return engine.Clean(text)
}
