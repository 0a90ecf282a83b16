package apikey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

var errHeld = errors.New("the Secret has come to hold the key")

const (
	// revokePatience bounds how long a key that could not be stored is tried to
	// be revoked while its id is in memory.
	revokePatience = 30 * time.Second
	// listPause is the time between two looks for the id of such a key.
	listPause = time.Second
)

// stillWanted looks, after our finalizer is stored, whether the Workspace is
// going: it counts its ApiKeys after it has begun to go.
func (r *Reconciler) stillWanted(ctx context.Context, key *v1alpha1.ApiKey, intent Intent) error {
	ws := &v1alpha1.Workspace{}
	if err := r.Live.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.WorkspaceRef.Name}, ws); err != nil {
		return err
	}
	if ws.Status.UUID != intent.WorkspaceUUID {
		return &plan.Impasse{State: plan.Working, Reason: v1alpha1.ReasonWorkspaceNotReady,
			Message: fmt.Sprintf("waiting for Workspace %q to become Ready", ws.Name)}
	}
	return usable(ws, &intent)
}

// revokeUnheld revokes a key, unless the Secret has come to hold it since it was
// looked at: whoever stored it there was faster.
func (r *Reconciler) revokeUnheld(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, id string) error {
	if !intent.Deleting {
		found, err := publish.Inspect(ctx, r.Live, key)
		if err != nil {
			return err
		}
		doomed := provider.Key{ID: id}
		if at := slices.IndexFunc(sight.Marked, func(seen provider.Key) bool { return seen.ID == id }); at >= 0 {
			doomed = sight.Marked[at]
		}
		if cameToHold(sight.Secret, found, doomed) {
			return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("secrets").GroupResource(), found.Name, errHeld)
		}
	}
	err := intent.account.Session().Keys().Revoke(ctx, intent.WorkspaceUUID, id)
	intent.account.ForgetKeys(intent.WorkspaceUUID)
	return err
}

// cameToHold reports whether the Secret holds the key that is to be revoked. Where only
// the list tells its id, that is by its name; of two keys of the name that the Secret
// was seen to know before, nobody can say which it holds, and both go.
func cameToHold(before, found publish.Found, doomed provider.Key) bool {
	switch {
	case found.State != plan.SecretOurs:
		return false
	case !found.Nameless():
		return found.KeyID == doomed.ID
	case before.Nameless() && before.KeyName == found.KeyName:
		return false
	}
	return found.KeyName == doomed.Name
}

// takeBack revokes a key that could not be stored. Whatever comes of it, the
// next pass finds the key by its mark if it still lives.
func (r *Reconciler) takeBack(ctx context.Context, intent Intent, issued provider.Key, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokePatience)
	defer cancel()
	err := revoke(ctx, intent, issued)
	if impasse, ok := errors.AsType[*plan.Impasse](cause); ok && err == nil {
		return impasse
	}
	return &provider.Error{
		Class: provider.Transient, Op: "store key", Uncertain: err != nil, Err: cause,
		Message: "the key was issued but its Secret could not be written, so it is revoked",
	}
}

// undo revokes the key of an ApiKey that went while it was issued.
func (r *Reconciler) undo(ctx context.Context, _ *v1alpha1.ApiKey, facts engine.Facts[Intent, Sight, Effect]) error {
	if facts.Effect.Key == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokePatience)
	defer cancel()
	return revoke(ctx, facts.Intent, *facts.Effect.Key)
}

// revoke ends a key that was just issued. Where only the list tells its id, it
// is looked for until the list shows it or the context ends.
func revoke(ctx context.Context, intent Intent, issued provider.Key) error {
	keys := intent.account.Session().Keys()
	if issued.ID != "" {
		return keys.Revoke(ctx, intent.WorkspaceUUID, issued.ID)
	}
	return wait.PollUntilContextCancel(ctx, listPause, true, func(ctx context.Context) (bool, error) {
		for seen, err := range keys.List(ctx, intent.WorkspaceUUID) {
			if err == nil && seen.Name == issued.Name {
				return true, keys.Revoke(ctx, intent.WorkspaceUUID, seen.ID)
			}
		}
		return false, nil // a list that failed is read again
	})
}
