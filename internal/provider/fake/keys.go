package fake

import (
	"context"
	"iter"
	"slices"
	"unicode"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// nameLimit bounds the name of a key, in characters.
const nameLimit = 64

func keyName(display string, mark provider.Mark) string {
	return provider.KeyName(display, mark, nameLimit, unicode.IsPrint)
}

type keys struct{ *session }

func (k keys) can() provider.KeyCapabilities { return k.vendor.capabilities.Key }

// List yields what existed when it began.
func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return func(yield func(provider.Key, error) bool) {
		var found []provider.Key
		err := k.do(ctx, Call{Op: ListKeys, Workspace: workspaceID}, k.can().List, func(*Call) *provider.Error {
			home, failure := k.home(workspaceID)
			if failure != nil {
				return failure
			}
			for _, item := range home.keys {
				found = append(found, item.Key)
			}
			return nil
		})
		if err != nil {
			yield(provider.Key{}, err)
			return
		}
		for _, item := range found {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Get reads one key.
func (k keys) Get(ctx context.Context, workspaceID, id string) (provider.Key, error) {
	var found provider.Key
	err := k.do(ctx, Call{Op: GetKey, Workspace: workspaceID, Key: id}, k.can().Get, func(*Call) *provider.Error {
		home, failure := k.home(workspaceID)
		if failure != nil {
			return failure
		}
		seen := home.find(id)
		if seen == nil {
			return notFound()
		}
		found = seen.Key
		return nil
	})
	return found, err
}

// Issue makes a key with a value that nobody else has.
func (k keys) Issue(ctx context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	var made provider.Key
	var value provider.Secret
	err := k.do(ctx, Call{Op: IssueKey, Workspace: workspaceID, Mark: mark}, k.can().Issue, func(call *Call) *provider.Error {
		home, failure := k.home(workspaceID)
		if failure != nil {
			return failure
		}
		if k.can().Requires("scopes") && len(spec.Scopes) == 0 {
			return &provider.Error{Class: provider.Invalid, Message: "a key needs at least one scope"}
		}
		id := k.vendor.id("key")
		issued := &key{value: "value-of-" + id, Key: provider.Key{
			ID: id, Name: keyName(spec.DisplayName, mark), Mark: mark, State: "active",
			Scopes: slices.Clone(spec.Scopes), CreatedAt: k.vendor.now(), ExpiresAt: spec.ExpiresAt,
		}}
		home.keys = append(home.keys, issued)
		call.Key, made, value = id, issued.Key, provider.NewSecret(issued.value)
		return nil
	})
	if err != nil {
		return provider.Key{}, provider.Secret{}, err
	}
	return made, value, nil
}

// Amend sets what the spec sets.
func (k keys) Amend(ctx context.Context, workspaceID, id string, spec provider.KeySpec) error {
	return k.do(ctx, Call{Op: AmendKey, Workspace: workspaceID, Key: id}, k.can().Amend, func(*Call) *provider.Error {
		home, failure := k.home(workspaceID)
		if failure != nil {
			return failure
		}
		found := home.find(id)
		if found == nil {
			return notFound()
		}
		found.amend(spec)
		return nil
	})
}

func (k *key) amend(spec provider.KeySpec) {
	if spec.DisplayName != "" {
		k.Name = keyName(spec.DisplayName, k.Mark)
	}
	if spec.Scopes != nil {
		k.Scopes = slices.Clone(spec.Scopes)
	}
	if !spec.ExpiresAt.IsZero() {
		k.ExpiresAt = spec.ExpiresAt
	}
	if spec.Disabled != nil {
		k.Disabled = new(*spec.Disabled)
		k.State = map[bool]string{true: "disabled", false: "active"}[*spec.Disabled]
	}
}

// Revoke takes a key away. One that is gone, with its workspace or alone, is
// no error.
func (k keys) Revoke(ctx context.Context, workspaceID, id string) error {
	return k.do(ctx, Call{Op: RevokeKey, Workspace: workspaceID, Key: id}, k.can().Revoke, func(*Call) *provider.Error {
		home, failure := k.home(workspaceID)
		switch {
		case failure == nil:
			home.remove(id)
		case failure.Class != provider.NotFound:
			return failure
		}
		return nil
	})
}
