package apikey

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// Sight is what the vendor has and what is published.
type Sight struct {
	// Err is why the vendor's side could not be seen.
	Err error
	// Secret is the target Secret.
	Secret publish.Found
	// Marked are the vendor's keys that carry our mark, or are on record, here alone.
	Marked []provider.Key
	// Stale and Unfit are whether the Secret is to be written anew, and what
	// keeps it from being.
	Stale bool
	Unfit *plan.Impasse
	// Retiring are the replaced keys that may live on for a while.
	Retiring []v1alpha1.RetiringKey
	// Restored: the object comes from a backup, and nothing is known of its past.
	Restored bool
	// Unsettled is how long the lists cannot be believed yet.
	Unsettled time.Duration
}

// Observe reads the target Secret, then the vendor. An ApiKey for which none
// was ever issued has nothing there, so the happy path costs no list.
func (r *Reconciler) Observe(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, fresh bool) (Sight, error) {
	// What status has stands until the vendor was seen: a deletion that is given
	// up leaves those keys as well.
	sight := Sight{Retiring: key.Status.Retiring}
	if intent.First && intent.Obstacle != nil {
		return sight, nil
	}
	var err error
	if sight.Secret, err = r.inspect(ctx, key, intent); err != nil {
		return sight, err
	}
	if intent.account == nil || intent.First && sight.Secret.State != plan.SecretOurs {
		return sight, nil
	}
	if !intent.Deleting {
		sight.Stale, err = sight.Secret.Stale(key, contentOf(intent, ""))
		sight.Unfit = sight.Secret.Unfit(err)
	}
	sight.Restored = restored(key, sight.Secret)
	if sight.Err = r.see(ctx, key, intent, fresh, &sight); sight.Err != nil {
		return sight, nil
	}
	if sight.Marked, err = r.unshared(ctx, key, intent, sight.Marked, fresh); err != nil {
		return sight, err
	}
	sight.Retiring = retiring(key, intent, sight, r.Now())
	return sight, nil
}

// see asks the vendor for the keys that carry our mark, or are on record.
func (r *Reconciler) see(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, fresh bool, sight *Sight) error {
	if intent.Capabilities.Recovery == provider.RecoverNever {
		var err error
		sight.Marked, err = known(ctx, key, intent, sight.Secret.KeyID)
		return err
	}
	sight.Unsettled = r.unsettled(key, sight.Secret)
	freshness := account.Freshness{MaxAge: intent.Resync / 2}
	if fresh {
		freshness = account.Freshness{NotBefore: r.Now()}
	}
	keys, err := intent.account.Keys(ctx, intent.WorkspaceUUID, freshness)
	if err != nil {
		return err
	}
	for _, seen := range keys {
		if ours(key, intent, seen) {
			sight.Marked = append(sight.Marked, seen)
		}
	}
	return nil
}

// ours reports whether a key carries our mark, or is one of those in status
// under whatever name.
func ours(key *v1alpha1.ApiKey, intent Intent, seen provider.Key) bool {
	return seen.Mark.SameOwner(intent.Mark) || seen.ID != "" && slices.Contains(recorded(key), seen.ID)
}

// recorded are the ids of the keys in status, which no tenant can write.
func recorded(key *v1alpha1.ApiKey) []string {
	ids := []string{key.Status.KeyID}
	for _, old := range key.Status.Retiring {
		ids = append(ids, old.KeyID)
	}
	return ids
}

// restored reports whether the object came with our finalizer from elsewhere,
// and neither its status nor its Secret tells of a key.
func restored(key *v1alpha1.ApiKey, secret publish.Found) bool {
	return unrecorded(key, secret) && engine.Restored(key) && key.Annotations[v1alpha1.AnnotationDoesNotExist] != string(key.UID)
}

// unrecorded reports whether neither status nor the Secret tells of a key, nor of
// a call to issue one.
func unrecorded(key *v1alpha1.ApiKey, secret publish.Found) bool {
	return key.Status.KeyID == "" && key.Status.Attempt == nil && len(key.Status.Retiring) == 0 && !secret.Holds()
}

// known reads, at a vendor without a list, the keys whose ids are known: the one
// in the Secret and those in status. Like a list it is whole or an error: what half
// a look tells would take the place of what status knows.
func known(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, published string) ([]provider.Key, error) {
	ids := append(recorded(key), published)
	slices.Sort(ids)
	var all []provider.Key
	for _, id := range slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" }) {
		seen, err := intent.account.Session().Keys().Get(ctx, intent.WorkspaceUUID, id)
		switch {
		case provider.Is(err, provider.NotFound):
		case err != nil:
			return nil, err
		case ours(key, intent, seen):
			all = append(all, seen)
		}
	}
	return all, nil
}

// unsettled is how long the lists may yet hide a key. Where the last call for
// the object is known to have made the key in status, that is as long as this
// one is new, and no longer: a key is repaired and replaced without delay.
func (r *Reconciler) unsettled(key *v1alpha1.ApiKey, secret publish.Found) time.Duration {
	var stored time.Duration
	if key.DeletionTimestamp.IsZero() { // a time that a tenant can write must not hold a deletion up
		stored = engine.ListsSettle - r.sinceIssue(secret)
	}
	if key.Status.KeyID == "" || key.Status.Attempt != nil {
		return max(stored, engine.Unsettled(key, key.Status.Attempt, r.Now()))
	}
	if issued := key.Status.CreatedAt; issued != nil && !issued.After(r.Now()) {
		return max(stored, engine.ListsSettle-r.Now().Sub(issued.Time))
	}
	return stored
}

// sinceIssue is how long ago the key in the Secret was issued. A time that has
// not come yet was written by somebody else and says nothing.
func (r *Reconciler) sinceIssue(secret publish.Found) time.Duration {
	if secret.IssuedAt.After(r.Now().Add(time.Second)) {
		return engine.ListsSettle
	}
	return r.Now().Sub(secret.IssuedAt)
}

// inspect reads the target Secret, and whether another ApiKey was first to
// name it: of two, the older has it, and no key is issued for the other.
func (r *Reconciler) inspect(ctx context.Context, key *v1alpha1.ApiKey, intent Intent) (publish.Found, error) {
	found, err := publish.Inspect(ctx, r.Live, key)
	vacant := found.State == plan.SecretAbsent || found.Name != publish.Name(key) && found.Taken == ""
	if err != nil || !vacant || intent.Deleting {
		return found, err
	}
	siblings := &v1alpha1.ApiKeyList{}
	if err := r.Client.List(ctx, siblings, client.InNamespace(key.Namespace)); err != nil {
		return found, err
	}
	for i := range siblings.Items {
		other := &siblings.Items[i]
		if publish.Name(other) != publish.Name(key) || !engine.Older(other, key) {
			continue
		}
		why := fmt.Sprintf("Secret %q is the target of ApiKey %q, which is older", publish.Name(key), other.Name)
		if found.State == plan.SecretAbsent {
			found.State, found.Why = plan.SecretForeign, why
		} else {
			found.Taken = why
		}
	}
	return found, nil
}
