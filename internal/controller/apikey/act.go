package apikey

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// atOnce is as soon as a pass can follow another.
const atOnce = time.Millisecond

// Effect is what acting brought.
type Effect struct {
	// Key is the key that was issued and stored.
	Key *provider.Key
	// Fingerprint is of its value.
	Fingerprint string
	// Secret is the Secret that was written: the spec may name another by the time
	// that is recorded.
	Secret string
	// Left is a Secret of another name that is still to go.
	Left string
	// Applied and RotatedFor are what a key that was issued was made of: the spec
	// and the rotate-at annotation may be others by the time they are recorded.
	Applied    map[string]v1alpha1.FieldFingerprint
	RotatedFor string
	// Told are the fields that the vendor was told of the live key.
	Told []string
	// Stands is how things stand if that is not as the step promised: the vendor
	// shows something else a moment later, or there is more to do at once.
	Stands *plan.Outlook
	// Attempt is the record that the call was made under, or would have been.
	Attempt *v1alpha1.Attempt
	// Doubtful: nobody knows whether the Secret was written.
	Doubtful bool
	// Unfinished: the vendor cannot issue a key as the spec wants it; it is
	// changed in the next pass.
	Unfinished bool
}

// Outlook tells of a key that is stored and not yet as it should be.
func (e Effect) Outlook() *plan.Outlook {
	switch {
	case e.Key != nil && e.Key.ID == "":
		outlook := plan.Identifying()
		outlook.After = atOnce // most lists show it at once
		return &outlook
	case e.Unfinished:
		return new(plan.Finishing())
	}
	return e.Stands
}

// InDoubt tells of a Secret that may hold a key of which nothing is on record.
func (e Effect) InDoubt() bool { return e.Doubtful }

// Act takes the step.
func (r *Reconciler) Act(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	switch step.Verb {
	case plan.Create, plan.Renew:
		effect, err := r.issue(ctx, key, intent, sight, step)
		effect.Attempt = key.Status.Attempt.DeepCopy()
		return effect, err
	case plan.Publish:
		name, err := r.rewrite(ctx, key, intent, sight, "")
		return Effect{Secret: name}, err
	case plan.Adopt:
		return r.identify(ctx, key, intent, sight, step)
	case plan.Update:
		return r.amend(ctx, key, intent, sight, step)
	case plan.Remove:
		return Effect{}, r.revokeUnheld(ctx, key, intent, sight, step.Target)
	default:
		return Effect{}, nil
	}
}

// issue makes sure that the key can be stored, issues it, and stores it. If it
// cannot be stored after all it is revoked while its id is known. A Secret of
// another name is left to the next pass: nothing that fails may hide that the key
// was issued.
func (r *Reconciler) issue(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	mark := intent.Mark.WithSerial(step.Serial)
	name := intent.Capabilities.Name(intent.Spec.DisplayName, mark)
	rotatedFor := engine.Clip(key.Annotations[v1alpha1.AnnotationRotateAt])
	compose := func(value provider.Secret, id string) (*publish.Draft, error) {
		content := contentOf(intent, id)
		content.Key, content.KeyName, content.Generation = value, name, key.Generation
		content.RotatedFor = rotatedFor
		return publish.Compose(key, sight.Secret, content, r.Now())
	}
	long := rehearsed + strings.Repeat(".", rehearsedLength-len(rehearsed))
	rehearsal, err := compose(provider.NewSecret(long), rehearsed)
	if err != nil {
		return Effect{}, err
	}
	found, err := r.prepare(ctx, key, intent, sight, rehearsal)
	if err != nil {
		return Effect{}, err
	}
	if step.Record {
		if err := engine.Announce(ctx, r.Client, r.Live, key,
			func(key *v1alpha1.ApiKey) **v1alpha1.Attempt { return &key.Status.Attempt },
			v1alpha1.Attempt{StartedAt: metav1.NewTime(r.Now()), Name: name}); err != nil {
			return Effect{}, err
		}
	}
	calling, cancel := engine.Uninterrupted(ctx)
	defer cancel()
	issued, value, err := intent.account.Session().Keys().Issue(calling, intent.WorkspaceUUID, mark, intent.Spec)
	intent.account.ForgetKeys(intent.WorkspaceUUID)
	if err != nil {
		return Effect{}, err
	}
	draft, err := compose(value, issued.ID)
	if err == nil {
		err = draft.Write(ctx, r.Client, r.Live)
	}
	if err != nil {
		return r.takeBack(ctx, key, intent, issued, err)
	}
	if step.Verb == plan.Renew {
		r.Recorder.Eventf(key, nil, corev1.EventTypeNormal, v1alpha1.ReasonRotated, "Rotate", "%s", notice(key, intent, sight, name, r.Now()))
	}
	effect := Effect{
		Key: &issued, Fingerprint: provider.Fingerprint(string(key.UID), value), Secret: publish.Name(key), Left: found.Left(key),
		Applied: asIssued(key, intent.Spec), RotatedFor: rotatedFor,
		Unfinished: intent.Spec.Disabled != nil && *intent.Spec.Disabled,
	}
	if effect.Left != "" {
		outlook := step.Outlook
		outlook.After, effect.Stands = atOnce, &outlook
	}
	return effect, nil
}

// prepare makes sure that the key is still wanted and can be stored, and that at
// most one Secret of another name is left once it is: status has room for one.
func (r *Reconciler) prepare(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, rehearsal *publish.Draft) (publish.Found, error) {
	if err := r.stillWanted(ctx, key, intent); err != nil {
		return publish.Found{}, err
	}
	if err := rehearsal.Rehearse(ctx, r.Client); err != nil {
		return publish.Found{}, err
	}
	return publish.Clear(ctx, r.Client, key, sight.Secret)
}

// contentOf is what a Secret tells beside the key itself.
func contentOf(intent Intent, id string) publish.Content {
	return publish.Content{
		KeyID: id, WorkspaceUUID: intent.WorkspaceUUID,
		Endpoint: intent.account.Endpoint(), Provider: intent.account.Provider(),
	}
}

// rewrite writes the Secret anew, and gives the name of the one that holds the key
// then. Where the key moves to another, both are on record before: whatever fails
// in between, and whatever the spec names next, neither is forgotten.
func (r *Reconciler) rewrite(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, id string) (string, error) {
	found, err := publish.Clear(ctx, r.Client, key, sight.Secret)
	if err != nil {
		return "", err
	}
	if found.Taken != "" {
		return found.Name, nil
	}
	name := publish.Name(key)
	if found.Name != name {
		if err := engine.StoreStatus(ctx, r.Client, key, func(key *v1alpha1.ApiKey) {
			key.Status.Binding, key.Status.Moving = &v1alpha1.Binding{Name: found.Name}, name
		}); err != nil {
			return "", err
		}
	}
	if err := publish.Again(ctx, r.Client, r.Live, key, found, contentOf(intent, id)); err != nil {
		return "", err
	}
	return name, nil
}

// identify writes the id into the Secret that knew only the key's name.
func (r *Reconciler) identify(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, sight Sight, step plan.Step) (Effect, error) {
	name, err := r.rewrite(ctx, key, intent, sight, step.Target)
	if err != nil {
		return Effect{}, err
	}
	for _, seen := range sight.Marked {
		if seen.ID == step.Target {
			return Effect{Key: &seen, Fingerprint: sight.Secret.Fingerprint, Secret: name}, nil
		}
	}
	return Effect{Secret: name}, nil
}
