package account

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// maxKeyLists bounds the workspaces of an account whose keys are kept in mind.
const maxKeyLists = 1024

// Account is an open session, shared by all objects that use one credential of
// one class. It is safe for concurrent use.
type Account struct {
	version      version
	session      provider.Session
	capabilities provider.Capabilities
	endpoint     string
	provider     string
	credentials  Credentials
	gate         *gate
	now          func() time.Time

	workspaces *shared[provider.Workspace]
	mu         sync.Mutex
	keys       *pool[string, *shared[provider.Key]]
}

// Session speaks with the vendor, through the account's gate.
func (a *Account) Session() provider.Session { return a.session }

// Capabilities are those of the account's vendor.
func (a *Account) Capabilities() provider.Capabilities { return a.capabilities }

// Endpoint is the vendor's base URL as the class has it.
func (a *Account) Endpoint() string { return a.endpoint }

// Host is that of the endpoint, as a Secret's list of allowed hosts has it.
func (a *Account) Host() string { return hostOf(a.endpoint) }

// Provider is the vendor's name.
func (a *Account) Provider() string { return a.provider }

// Credentials are the metadata of the Secret the session was opened with.
func (a *Account) Credentials() Credentials {
	credentials := a.credentials
	credentials.Finalizers = slices.Clone(credentials.Finalizers)
	return credentials
}

// TakesNew answers nil, or a [*Problem] if the credential Secret is being
// deleted: it then serves only what was made with it.
func (a *Account) TakesNew() error {
	if !a.credentials.Deleting {
		return nil
	}
	return credentialsLeaving(types.NamespacedName{Namespace: a.credentials.Namespace, Name: a.credentials.Name})
}

// Reserve asks for n requests (at least 1, at most the burst) in the name of
// the object with the UID key. Nobody sleeps: it answers at once, with a
// context that carries the reservation to the gate, or with an error of class
// Throttled whose RetryAfter is the object's own place in the line; whoever
// comes back then is served. Requests beyond the reservation go through too,
// and make those who come later wait. What was not used when ctx ends is given
// back. Where ctx already has a reservation, it is topped up to n.
func (a *Account) Reserve(ctx context.Context, key string, n int, priority Priority) (context.Context, error) {
	return a.gate.reserve(ctx, key, n, priority)
}

// Workspaces gives all workspaces of the account as the vendor listed them, as
// fresh as asked. One list is fetched at a time, whoever waits for it; errors
// are those of [provider.Workspaces.List] and are not kept. The result is the
// caller's own.
func (a *Account) Workspaces(ctx context.Context, fresh Freshness) ([]provider.Workspace, error) {
	return a.workspaces.get(ctx, fresh, "list workspaces", func(ctx context.Context) ([]provider.Workspace, error) {
		ctx, err := a.forList(ctx, "list workspaces")
		if err != nil {
			return nil, err
		}
		return collect(a.session.Workspaces().List(ctx, provider.WorkspaceFilter{}), "list workspaces")
	})
}

// Keys gives all keys of a workspace, as [Account.Workspaces] does.
func (a *Account) Keys(ctx context.Context, workspaceID string, fresh Freshness) ([]provider.Key, error) {
	return a.keyList(workspaceID).get(ctx, fresh, "list keys", func(ctx context.Context) ([]provider.Key, error) {
		ctx, err := a.forList(ctx, "list keys of "+workspaceID)
		if err != nil {
			return nil, err
		}
		return collect(a.session.Keys().List(ctx, workspaceID), "list keys")
	})
}

// forList sees to it that a list is either not begun or not stopped between
// two pages: later pages go through as debt of the reservation.
func (a *Account) forList(ctx context.Context, name string) (context.Context, error) {
	return a.gate.ensure(ctx, name)
}

func (a *Account) keyList(workspaceID string) *shared[provider.Key] {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	list, ok := a.keys.get(workspaceID, now)
	if !ok {
		list = newShared[provider.Key](a.now, copyKey)
		a.keys.put(workspaceID, list, now)
	}
	return list
}

// Forget drops the list of workspaces, also one that is just being fetched:
// call it after a mutation whose effect the next reader has to see.
func (a *Account) Forget() {
	a.workspaces.forget()
}

// ForgetKeys drops the list of one workspace's keys.
func (a *Account) ForgetKeys(workspaceID string) {
	a.keyList(workspaceID).forget()
}

func copyWorkspace(workspace provider.Workspace) provider.Workspace {
	workspace.Environments = slices.Clone(workspace.Environments)
	workspace.Metadata = maps.Clone(workspace.Metadata)
	workspace.Options = maps.Clone(workspace.Options)
	workspace.UsageLimits = slices.Clone(workspace.UsageLimits)
	workspace.RateLimits = slices.Clone(workspace.RateLimits)
	return workspace
}

func copyKey(key provider.Key) provider.Key {
	key.Scopes = slices.Clone(key.Scopes)
	key.IPAllowlist = slices.Clone(key.IPAllowlist)
	key.UsageLimits = slices.Clone(key.UsageLimits)
	key.RateLimits = slices.Clone(key.RateLimits)
	if key.Disabled != nil {
		key.Disabled = new(*key.Disabled)
	}
	return key
}
