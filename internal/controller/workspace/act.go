package workspace

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Effect is what acting brought.
type Effect struct {
	// Workspace is the vendor's answer.
	Workspace *provider.Workspace
}

// Act takes the step.
func (r *Reconciler) Act(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	switch step.Verb {
	case plan.Create:
		return r.create(ctx, ws, intent, step)
	case plan.Adopt:
		return Effect{Workspace: found(sight, step.Target)}, nil
	case plan.Remove:
		return Effect{}, r.remove(ctx, ws, intent, sight, step)
	default:
		return Effect{}, nil
	}
}

func found(sight Sight, id string) *provider.Workspace {
	if sight.Current != nil && sight.Current.ID == id {
		return sight.Current
	}
	for i := range sight.Marked {
		if sight.Marked[i].ID == id {
			return &sight.Marked[i]
		}
	}
	return nil
}

func (r *Reconciler) create(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, step plan.Step) (Effect, error) {
	if step.Record {
		if err := engine.StoreStatus(ctx, r.Client, ws, func(ws *v1alpha1.Workspace) {
			ws.Status.ClassName = intent.ClassName
			ws.Status.Attempt = &v1alpha1.Attempt{StartedAt: metav1.NewTime(r.Now()), Name: intent.Spec.DisplayName}
		}); err != nil {
			return Effect{}, err
		}
	}
	made, err := intent.account.Session().Workspaces().Create(ctx, intent.Mark, intent.Spec)
	intent.account.Forget()
	if err != nil {
		return Effect{}, err
	}
	if made.Credential != nil {
		if err := r.storeVault(ctx, ws, made); err != nil {
			return Effect{}, &provider.Error{
				Class: provider.Transient, Op: "store the workspace's credential", Uncertain: true, Err: err,
				Message: "the workspace was created, but its credential could not be stored",
			}
		}
	}
	return Effect{Workspace: &made}, nil
}

func (r *Reconciler) remove(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, sight Sight, step plan.Step) error {
	if intent.Retain && intent.vault.held() {
		err := intent.own.Session().Keys().Revoke(ctx, intent.vault.uuid, intent.vault.keyID)
		if err != nil {
			return err
		}
		return r.removeVault(ctx, ws, intent.vault)
	}
	doomed := found(sight, step.Target)
	if doomed == nil || !removable(ws, intent, *doomed) {
		return &provider.Error{Class: provider.Conflict, Op: "delete workspace", Message: "the workspace is not known to be this object's"}
	}
	err := intent.account.Session().Workspaces().Delete(ctx, *doomed)
	intent.account.Forget()
	return err
}

// removable guards the one call that cannot be taken back: it is only ever
// sent for a workspace that we recorded or that carries our mark.
func removable(ws *v1alpha1.Workspace, intent Intent, doomed provider.Workspace) bool {
	return doomed.ID == ws.Status.UUID || doomed.Mark.SameOwner(intent.Mark)
}
