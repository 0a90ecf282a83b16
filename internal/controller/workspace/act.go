package workspace

import (
	"context"
	"errors"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Effect is what acting brought.
type Effect struct {
	// Workspace is the vendor's answer.
	Workspace *provider.Workspace
	// Building: the vendor has accepted the creation and works on it.
	Building bool
	// Told are the fields that the vendor was told.
	Told []string
	// Attempt is the record that the creation was called under, or would have been.
	Attempt *v1alpha1.Attempt
	// Unheeded is how things stand if it then showed something else.
	Unheeded *plan.Outlook
}

// Outlook tells of a workspace that is not there yet, or not as it should be.
func (e Effect) Outlook() *plan.Outlook {
	if !e.Building {
		return e.Unheeded
	}
	return new(plan.Provisioning(0))
}

// InDoubt is never: what a workspace was, it stays until the vendor says otherwise.
func (Effect) InDoubt() bool { return false }

// Act takes the step.
func (r *Reconciler) Act(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	switch step.Verb {
	case plan.Create:
		effect, err := r.create(ctx, ws, intent, step)
		effect.Attempt = ws.Status.Attempt.DeepCopy()
		return effect, err
	case plan.Adopt:
		if !intent.Deleting {
			if err := r.unowned(ctx, ws, intent.Provider, step.Target, true); err != nil {
				return Effect{}, err
			}
		}
		return Effect{Workspace: found(sight, step.Target)}, nil
	case plan.Update:
		return r.update(ctx, ws, intent, sight, step)
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
	for _, seen := range slices.Concat(sight.Marked, sight.Named) {
		if seen.ID == id {
			return &seen
		}
	}
	return nil
}

func (r *Reconciler) create(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, step plan.Step) (Effect, error) {
	if err := r.classStays(ctx, intent); err != nil {
		return Effect{}, err
	}
	if intent.Capabilities.Workspace.OwnCredential {
		if err := r.rehearseVault(ctx, ws); err != nil {
			return Effect{}, err
		}
	}
	if step.Record {
		slot := func(ws *v1alpha1.Workspace) **v1alpha1.Attempt {
			ws.Status.ClassName, ws.Status.Provider = intent.ClassName, intent.Provider // a default class stays the class
			return &ws.Status.Attempt
		}
		if err := engine.Announce(ctx, r.Client, r.Live, ws, slot, v1alpha1.Attempt{
			StartedAt: metav1.NewTime(r.Now()), Name: intent.Spec.DisplayName,
		}); err != nil {
			return Effect{}, err
		}
	}
	if intent.typedSlug() {
		if err := r.slugFree(ctx, ws); err != nil {
			return Effect{}, unsent{err}
		}
	}
	calling, cancel := engine.Uninterrupted(ctx)
	defer cancel()
	made, err := intent.account.Session().Workspaces().Create(calling, intent.Mark, intent.Spec)
	intent.account.Forget()
	if err != nil {
		return Effect{}, err
	}
	if made.Credential != nil {
		if err := r.storeVault(ctx, ws, intent, made); err != nil {
			return Effect{}, r.forsake(ctx, ws, intent, made, err)
		}
	}
	return Effect{Workspace: &made, Building: made.Pending, Told: heeded(ws, intent, made)}, nil
}

// unsent is why a call that was put on record was not made.
type unsent struct{ error }

// Unwrap gives what stood in its way.
func (u unsent) Unwrap() error { return u.error }

// answered reports whether a call that failed is known to have made nothing.
func answered(err error) bool {
	_, held := errors.AsType[unsent](err)
	return held || engine.Answered(err)
}

// heeded are the fields that the vendor was told in a creation, without those that
// its answer shows otherwise and that can be changed: they are told once more.
func heeded(ws *v1alpha1.Workspace, intent Intent, made provider.Workspace) []string {
	look := beside(ws, intent, made)
	again := plan.Record{}.Compare(look).Changeable
	return slices.DeleteFunc(look.All(), func(field string) bool { return slices.Contains(again, field) })
}

// classStays looks, after our finalizer is stored, whether the class is going:
// it counts the Workspaces with our finalizer after it has begun to go.
func (r *Reconciler) classStays(ctx context.Context, intent Intent) error {
	class := &v1alpha1.WorkspaceClass{}
	if err := r.Live.Get(ctx, client.ObjectKey{Name: intent.ClassName}, class); err != nil {
		return err
	}
	return going(class)
}

func (r *Reconciler) remove(ctx context.Context, ws *v1alpha1.Workspace, intent Intent, sight Sight, step plan.Step) error {
	if intent.Retain && intent.vault.held() {
		return r.dissolve(ctx, ws, intent)
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
