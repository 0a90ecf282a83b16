package groundfloor

import (
	"context"
	"iter"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// keys answers for what the control plane does not have. The secrets it keeps
// for a workspace are no keys: they open nothing at this vendor, and reading
// one is an event in the audit log.
type keys struct{}

// List is no call of the vendor's.
func (keys) List(context.Context, string) iter.Seq2[provider.Key, error] {
	return func(yield func(provider.Key, error) bool) {
		yield(provider.Key{}, provider.NotSupported("list keys"))
	}
}

// Get is no call of the vendor's.
func (keys) Get(context.Context, string, string) (provider.Key, error) {
	return provider.Key{}, provider.NotSupported("get key")
}

// Issue is no call of the vendor's.
func (keys) Issue(context.Context, string, provider.Mark, provider.KeySpec) (provider.Key, provider.Secret, error) {
	return provider.Key{}, provider.Secret{}, provider.NotSupported("issue key")
}

// Amend is no call of the vendor's.
func (keys) Amend(context.Context, string, string, provider.KeySpec) error {
	return provider.NotSupported("amend key")
}

// Revoke is no call of the vendor's.
func (keys) Revoke(context.Context, string, string) error {
	return provider.NotSupported("revoke key")
}
