package guance

import (
	"context"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	// apiKey is what the credential Secret must have: the secret of an access
	// key, not its id.
	apiKey = "apiKey"
	// keyID may stand beside it: the id of that same key. With it a session
	// knows when it has revoked itself.
	keyID = "keyID"

	optionMenuStyle     = "menuStyle"
	optionAccessKeyName = "accessKeyName"
)

// Driver implements [provider.Driver].
type Driver struct{}

// New is the driver.
func New() Driver { return Driver{} }

// Name is "guance".
func (Driver) Name() string { return "guance" }

// Capabilities say what the driver does. The one workspace that can be imported
// is that of the account's own key. The quota is the vendor's limit per key
// (page "API limit"); a workspace allows ten times as much.
func (Driver) Capabilities() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{apiKey},
		Checkable:      true,
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Create: true, Get: true, Update: true,
			Recovery:      provider.RecoverNever,
			OwnCredential: true,
			Fields: []string{
				"displayName", "description", "language",
				"guance", "guance." + optionMenuStyle, "guance." + optionAccessKeyName,
			},
			Changeable: []string{"displayName", "description"},
			Clearable:  clearable(),
		},
		Key: provider.KeyCapabilities{
			Issue: true, Get: true, List: true, Revoke: true,
			Recovery: provider.RecoverByMark,
			Name:     keyName,
			Fields:   []string{"displayName"},
		},
		RateLimit: provider.Quota{RequestsPerMinute: 20, Burst: 5},
	}
}

// clearable is what an update can empty: a description may be the empty text.
func clearable() []string { return []string{"description"} }

// Open binds an account: the one that creates workspaces or, with the key that
// was made along with a workspace, the one that manages it.
func (Driver) Open(account provider.Account) (provider.Session, error) {
	key, err := rest.Credential(account, apiKey)
	if err != nil {
		return nil, err
	}
	client, err := rest.NewClient(account, rest.Dialect{
		// As in the documented example.
		Header: http.Header{
			"Accept":       {"application/json, text/plain, */*"},
			"Content-Type": {"application/json;charset=UTF-8"},
		},
		Authorize: func(header http.Header) { header.Set("DF-API-KEY", key.Reveal()) },
		Judge:     judge,
	})
	if err != nil {
		return nil, err
	}
	return session{client: client, keyID: account.Credential[keyID].Reveal()}, nil
}

type session struct {
	client *rest.Client
	// keyID is the id of the session's own key; empty if it is not known.
	keyID string
}

// Check reads the workspace that the key belongs to.
func (s session) Check(ctx context.Context) error {
	_, err := current(ctx, s.client, "check access")
	return err
}

// Workspaces is the one workspace of the session, and the making of others.
func (s session) Workspaces() provider.Workspaces { return workspaces{client: s.client} }

// Keys are those of the session's workspace.
func (s session) Keys() provider.Keys { return keys(s) }

// current reads the workspace that the client's key belongs to.
func current(ctx context.Context, client *rest.Client, op string) (provider.Workspace, error) {
	var answer content[workspaceInfo]
	call := rest.Call{Op: op, Method: http.MethodGet, Path: path("get")}
	if err := client.Do(ctx, call, &answer); err != nil {
		return provider.Workspace{}, err
	}
	if !rest.ValidID(answer.Content.UUID) {
		return provider.Workspace{}, rest.Malformed(op, false)
	}
	return answer.Content.workspace(), nil
}

// owned is current, if that is the workspace meant. No other can be asked for,
// so that it is another one says nothing about the one that was meant.
func owned(ctx context.Context, client *rest.Client, op, id string) (provider.Workspace, error) {
	own, err := current(ctx, client, op)
	if err != nil {
		return provider.Workspace{}, err
	}
	if own.ID != id {
		return provider.Workspace{}, elsewhere(op)
	}
	return own, nil
}

// elsewhere is the error of a session whose key belongs to another workspace
// than the one it was asked about: that other one is what the vendor acts on.
func elsewhere(op string) *provider.Error {
	return &provider.Error{Class: provider.Forbidden, Op: op, Message: "the credential belongs to another workspace"}
}

// path is that of a call on the workspace or, further on, on its keys.
func path(segments ...string) []string {
	return append([]string{"api", "v1", "workspace"}, segments...)
}
