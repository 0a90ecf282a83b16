package portkey

import (
	"context"
	"net/http"
	"net/url"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	name          = "portkey"
	credentialKey = "apiKey"
)

// Driver implements [provider.Driver].
type Driver struct{}

// New is the driver.
func New() Driver { return Driver{} }

// Name is "portkey".
func (Driver) Name() string { return name }

// Capabilities say what the driver does. The vendor documents no numbers for
// the limits of its admin API.
func (Driver) Capabilities() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{credentialKey},
		Checkable:      true,
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Create: true, Get: true, List: true, Update: true, Delete: true,
			Recovery:   provider.RecoverByMark,
			Fields:     []string{"displayName", "description", "metadata", "usageLimits", "rateLimits"},
			Changeable: []string{"displayName", "description", "metadata", "usageLimits", "rateLimits"},
			Clearable:  clearable(),
		},
		Key: provider.KeyCapabilities{
			Issue: true, Get: true, List: true, Amend: true, Revoke: true,
			Recovery:   provider.RecoverByMark,
			Name:       keyName,
			Required:   []string{"scopes"},
			Fields:     []string{"displayName", "scopes", "usageLimits", "rateLimits", "expiresAt", "lifetime"},
			Changeable: []string{"displayName", "scopes", "usageLimits", "rateLimits", "expiresAt"},
		},
	}
}

// clearable is what an update can empty: the description, which is then the
// empty text, the metadata, which are replaced as a whole, and the limits, which
// null takes away.
func clearable() []string {
	return []string{"description", "metadata", "usageLimits", "rateLimits"}
}

// Open binds an account whose credential is an admin key of the organisation.
func (Driver) Open(account provider.Account) (provider.Session, error) {
	key, err := rest.Credential(account, credentialKey)
	if err != nil {
		return nil, err
	}
	client, err := rest.NewClient(account, rest.Dialect{
		Authorize: func(header http.Header) { header.Set("x-portkey-api-key", key.Reveal()) },
		Judge:     judge,
	})
	if err != nil {
		return nil, err
	}
	return session{client: client}, nil
}

type session struct{ client *rest.Client }

// Check reads a page of one workspace: the vendor has nothing cheaper that an
// admin key can always do.
func (s session) Check(ctx context.Context) error {
	call := rest.Call{
		Op: "check access", Method: http.MethodGet, Path: []string{"admin", "workspaces"},
		Query: url.Values{"page_size": {"1"}, "current_page": {"0"}}, MaxBytes: rest.ListBytes,
	}
	var answer page[workspace]
	if err := s.client.Do(ctx, call, &answer); err != nil {
		return err
	}
	if answer.Data == nil {
		return rest.Malformed(call.Op, false)
	}
	return nil
}

// Workspaces are those of the organisation.
func (s session) Workspaces() provider.Workspaces { return workspaces(s) }

// Keys are the service keys of a workspace.
func (s session) Keys() provider.Keys { return keys(s) }
