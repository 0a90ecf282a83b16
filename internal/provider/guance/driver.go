package guance

import (
	"context"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	name          = "guance"
	credentialKey = "apiKey"
	// credentialID may stand beside the credential: the id of the key that it
	// is the value of. With it a session knows when it has revoked itself.
	credentialID = "keyID"
	// requestsPerMinute is the documented limit of one key. A workspace allows
	// ten times as many.
	requestsPerMinute = 20
)

// Driver implements [provider.Driver].
type Driver struct{}

// New is the driver.
func New() Driver { return Driver{} }

// Name is "guance".
func (Driver) Name() string { return name }

// Capabilities say what the driver does.
func (Driver) Capabilities() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{credentialKey},
		Workspace: provider.WorkspaceCapabilities{
			Create: true, Get: true, Update: true,
			Recovery:      provider.RecoverNever,
			OwnCredential: true,
			Fields:        []string{"displayName", "description", "language", "guance.menuStyle", "guance.accessKeyName"},
		},
		Key: provider.KeyCapabilities{
			Issue: true, List: true, Revoke: true,
			Recovery: provider.RecoverByMark,
			Fields:   []string{"displayName"},
		},
		RateLimit: provider.Quota{RequestsPerMinute: requestsPerMinute},
	}
}

// Open binds an account: that of a class, or with a workspace's own key, that
// of one workspace.
func (Driver) Open(account provider.Account) (provider.Session, error) {
	key, err := rest.Credential(account, credentialKey)
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
	return session{client: client, keyID: account.Credential[credentialID].Reveal()}, nil
}

type session struct {
	client *rest.Client
	// keyID is the id of the session's own key; empty if it is not known.
	keyID string
}

// Check reads the workspace that the key belongs to.
func (s session) Check(ctx context.Context) error {
	_, err := s.own(ctx, "check access")
	return err
}

func (s session) Workspaces() provider.Workspaces { return workspaces{s} }

func (s session) Keys() provider.Keys { return keys{s} }

// own reads the workspace that the key belongs to.
func (s session) own(ctx context.Context, op string) (workspace, error) {
	var answer envelope[workspace]
	call := rest.Call{Op: op, Method: http.MethodGet, Path: []string{"api", "v1", "workspace", "get"}}
	if err := s.client.Do(ctx, call, &answer); err != nil {
		return workspace{}, err
	}
	if !rest.ValidID(answer.Content.UUID) {
		return workspace{}, rest.Malformed(op, false)
	}
	return answer.Content, nil
}

// owned is own, if that is the workspace meant. The vendor cannot be asked for
// any other, so one that is not ours may well exist.
func (s session) owned(ctx context.Context, op, id string) (workspace, error) {
	found, err := s.own(ctx, op)
	if err != nil {
		return workspace{}, err
	}
	if found.UUID != id {
		return workspace{}, foreign(op)
	}
	return found, nil
}

func foreign(op string) *provider.Error {
	return &provider.Error{Class: provider.Forbidden, Op: op, Message: "the credential belongs to another workspace"}
}
