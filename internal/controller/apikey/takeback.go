package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

var (
	errHeld      = errors.New("the Secret has come to hold the key")
	errOvertaken = errors.New("somebody else works on it")
)

const (
	// revokePatience bounds how long a key that could not be stored is tried to
	// be revoked while its id is in memory. No look falls on its end.
	revokePatience = 30*time.Second + listPause/2
	// readPatience is the part of it in which its Secret is tried to be read.
	readPatience = revokePatience / 2
	// listPause is the time between two looks for the id of such a key.
	listPause = time.Second
)

// stillWanted looks, after our finalizer is stored, whether the Workspace is
// going: it counts its ApiKeys after it has begun to go. Nor is a key issued in
// what an older Workspace has.
func (r *Reconciler) stillWanted(ctx context.Context, key *v1alpha1.ApiKey, intent Intent) error {
	ws := &v1alpha1.Workspace{}
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.WorkspaceRef.Name}, ws)
	switch {
	case apierrors.IsNotFound(err):
		return noWorkspace(key)
	case err != nil:
		return err
	}
	if ws.Status.UUID != intent.WorkspaceUUID {
		return &plan.Impasse{State: plan.Working, Reason: v1alpha1.ReasonWorkspaceNotReady,
			Message: fmt.Sprintf("waiting for Workspace %q to become Ready", ws.Name)}
	}
	if err := usable(ws, &intent); err != nil {
		return err
	}
	outranked, err := r.outranked(ctx, ws)
	if err == nil && outranked {
		return conflict(ws)
	}
	return err
}

// revokeUnheld revokes a key, unless the Secret has come to hold it since it was
// looked at: whoever stored it there was faster. Nor is it revoked if another call
// was begun: whoever issued the key may be about to store it, and has said so
// before he did.
func (r *Reconciler) revokeUnheld(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, id string) error {
	if !intent.Deleting {
		if err := r.unheld(ctx, key, sight, id); err != nil {
			return err
		}
	}
	err := intent.account.Session().Keys().Revoke(ctx, intent.WorkspaceUUID, id)
	intent.account.ForgetKeys(intent.WorkspaceUUID)
	return err
}

// unheld fails with a conflict if the Secret has come to hold the key, by its id or
// by its name, or if the ApiKey tells of another call or key than it did. What else
// may change of it, and a tenant can change, keeps nothing alive.
func (r *Reconciler) unheld(ctx context.Context, key *v1alpha1.ApiKey, sight Sight, id string) error {
	found, err := publish.Inspect(ctx, r.Live, key)
	if err != nil {
		return err
	}
	named := found.KeyID == "" && found.KeyName != sight.Secret.KeyName && found.KeyName == nameIn(sight.Marked, id)
	if found.State == plan.SecretOurs && (found.KeyID == id || named) {
		return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("secrets").GroupResource(), found.Name, errHeld)
	}
	now := &v1alpha1.ApiKey{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(key), now); err != nil {
		return err
	}
	same := equality.Semantic.DeepEqual(now.Status.Attempt, key.Status.Attempt)
	if !same || now.UID != key.UID || now.Status.KeyID != key.Status.KeyID {
		return apierrors.NewConflict(v1alpha1.GroupVersion.WithResource("apikeys").GroupResource(), key.Name, errOvertaken)
	}
	return nil
}

// nameIn is what the key with the id is called.
func nameIn(keys []provider.Key, id string) string {
	for _, seen := range keys {
		if seen.ID == id {
			return seen.Name
		}
	}
	return ""
}

// takeBack revokes a key that could not be stored. Whatever comes of it, the
// next pass finds the key by its mark if it still lives.
func (r *Reconciler) takeBack(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, issued provider.Key, cause error) (Effect, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokePatience)
	defer cancel()
	err := r.unstored(ctx, key, issued, cause)
	effect := Effect{Doubtful: err != nil}
	if err == nil {
		err = revoke(ctx, intent, issued)
	}
	if impasse, ok := errors.AsType[*plan.Impasse](cause); ok && err == nil {
		return effect, impasse
	}
	message := "the key was issued but its Secret could not be written, so it was revoked"
	if err != nil {
		message = "the key was issued but nobody knows yet whether its Secret was written: the next look publishes or revokes it"
	}
	return effect, &provider.Error{Class: provider.Transient, Op: "store key", Uncertain: err != nil, Err: cause, Message: message}
}

// unstored makes sure that the Secret does not hold the key: a write may have worked
// whose answer was lost, and where only its name tells the key, somebody else may
// have issued another of that name while this call was held up. While nobody can
// read the Secret, a key that may stand in it is left to the next pass.
func (r *Reconciler) unstored(ctx context.Context, key *v1alpha1.ApiKey, issued provider.Key, cause error) error {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	var found publish.Found
	err := wait.PollUntilContextCancel(ctx, listPause, true, func(ctx context.Context) (bool, error) {
		var failure error
		found, failure = publish.Inspect(ctx, r.Live, key)
		return failure == nil, nil
	})
	switch {
	case err != nil && issued.ID != "" && !errors.Is(cause, publish.ErrDoubtful):
		return nil // nothing was ever sent that could have worked
	case err != nil:
		return err
	case found.State != plan.SecretOurs:
		return nil
	case issued.ID != "" && found.KeyID == issued.ID, issued.ID == "" && found.KeyName == issued.Name:
		return errHeld
	}
	return nil
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
