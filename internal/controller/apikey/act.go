package apikey

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// rehearsed stands for the key while the API server is asked whether it would
// take the Secret.
const rehearsed = "a key that has not been issued yet"

// rehearsedLength is longer than any vendor's key, so that no template passes
// the rehearsal and is too large for the key itself.
const rehearsedLength = 512

// revokePatience bounds how long a key that could not be stored is tried to be
// revoked while its id is in memory.
const revokePatience = 30 * time.Second

// Effect is what acting brought.
type Effect struct {
	// Key is the key that was issued and stored.
	Key *provider.Key
	// Fingerprint is of its value.
	Fingerprint string
}

// Act takes the step.
func (r *Reconciler) Act(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	switch step.Verb {
	case plan.Create:
		return r.issue(ctx, key, intent, sight, step)
	case plan.Remove:
		err := intent.account.Session().Keys().Revoke(ctx, intent.WorkspaceUUID, step.Target)
		intent.account.ForgetKeys(intent.WorkspaceUUID)
		return Effect{}, err
	default:
		return Effect{}, nil
	}
}

// issue makes sure that the key can be stored, issues it, and stores it. If it
// cannot be stored after all it is revoked while its id is known.
func (r *Reconciler) issue(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	compose := func(value provider.Secret, id string) (*publish.Draft, error) {
		return publish.Compose(key, sight.Secret, publish.Content{
			Key: value, KeyID: id, WorkspaceUUID: intent.WorkspaceUUID,
			Endpoint: intent.account.Endpoint(), Provider: intent.account.Provider(),
		}, r.Now())
	}
	long := rehearsed + strings.Repeat(".", rehearsedLength-len(rehearsed))
	rehearsal, err := compose(provider.NewSecret(long), rehearsed)
	if err != nil {
		return Effect{}, err
	}
	if err := r.stillWanted(ctx, key, intent); err != nil {
		return Effect{}, err
	}
	if err := rehearsal.Rehearse(ctx, r.Client); err != nil {
		return Effect{}, err
	}
	if step.Record {
		if err := engine.Announce(ctx, r.Client, r.Live, key,
			func(key *v1alpha1.ApiKey) **v1alpha1.Attempt { return &key.Status.Attempt },
			v1alpha1.Attempt{StartedAt: metav1.NewTime(r.Now())}); err != nil {
			return Effect{}, err
		}
	}
	issued, value, err := intent.account.Session().Keys().Issue(ctx, intent.WorkspaceUUID, intent.Mark.WithSerial(step.Serial), intent.Spec)
	intent.account.ForgetKeys(intent.WorkspaceUUID)
	if err != nil {
		return Effect{}, err
	}
	draft, err := compose(value, issued.ID)
	if err == nil {
		err = draft.Write(ctx, r.Client, r.Live)
	}
	if err != nil {
		return Effect{}, r.takeBack(ctx, intent, issued, err)
	}
	return Effect{Key: &issued, Fingerprint: provider.Fingerprint(string(key.UID), value)}, nil
}

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

// takeBack revokes a key that could not be stored. Whatever comes of it, the
// next pass finds the key by its mark if it still lives.
func (r *Reconciler) takeBack(ctx context.Context, intent Intent, issued provider.Key, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokePatience)
	defer cancel()
	err := intent.account.Session().Keys().Revoke(ctx, intent.WorkspaceUUID, issued.ID)
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
	return facts.Intent.account.Session().Keys().Revoke(ctx, facts.Intent.WorkspaceUUID, facts.Effect.Key.ID)
}
