package apikey

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// A backup that is restored with its status beside what it is a copy of brings a
// second ApiKey that has the same keys on record.

// unshared leaves out of the keys on record those that are another ApiKey's. Only
// where one has not our mark is anybody asked. That it is nobody else's is believed
// of a live list, where something may follow from it.
func (r *Reconciler) unshared(ctx context.Context, key *v1alpha1.ApiKey, intent Intent, seen []provider.Key, live bool) ([]provider.Key, error) {
	marked := func(one provider.Key) bool { return one.Mark.SameOwner(intent.Mark) }
	if !slices.ContainsFunc(seen, func(one provider.Key) bool { return !marked(one) }) {
		return seen, nil
	}
	reader := client.Reader(r.Client)
	if live {
		reader = r.Live
	}
	others, err := others(ctx, reader, key)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(seen, func(one provider.Key) bool { return !marked(one) && anothers(one, key, others) }), nil
}

// anothers reports whether a key that we have on record is one of the others'. Its
// mark tells whose it is; where it is nobody's that there is, the oldest that has it
// on record has it: a copy is younger, because the API server dates it.
func anothers(seen provider.Key, key *v1alpha1.ApiKey, others []v1alpha1.ApiKey) bool {
	return slices.ContainsFunc(others, func(other v1alpha1.ApiKey) bool {
		return seen.Mark.SameOwner(provider.MarkFor(string(other.UID))) || has(&other, seen.ID) && engine.Older(&other, key)
	})
}

// others are all the other ApiKeys, of every namespace.
func others(ctx context.Context, reader client.Reader, key *v1alpha1.ApiKey) ([]v1alpha1.ApiKey, error) {
	all := &v1alpha1.ApiKeyList{}
	if err := reader.List(ctx, all); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Items, func(other v1alpha1.ApiKey) bool { return other.UID == key.UID }), nil
}

// has reports whether the ApiKey has the key of this id on record.
func has(key *v1alpha1.ApiKey, id string) bool { return id != "" && slices.Contains(recorded(key), id) }

// outranked reports whether an older Workspace has the vendor's workspace as well.
// A copy of one says so itself, but not before its own first pass.
func (r *Reconciler) outranked(ctx context.Context, ws *v1alpha1.Workspace) (bool, error) {
	all := &v1alpha1.WorkspaceList{}
	if err := r.Client.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return false, err
	}
	return slices.ContainsFunc(all.Items, func(other v1alpha1.Workspace) bool {
		same := other.Status.UUID == ws.Status.UUID && other.Status.Provider == ws.Status.Provider
		return same && other.UID != ws.UID && engine.Older(&other, ws)
	}), nil
}
