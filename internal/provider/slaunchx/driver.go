package slaunchx

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	// token is the JWT of a session, without the word Bearer.
	token = "token"
	// clientHash is the device fingerprint that the session is bound to.
	clientHash = "clientHash"

	settingLanguage = "acceptLanguage"
	languageDefault = "en"
)

// Driver implements [provider.Driver]. It is made by [New].
type Driver struct{ now func() time.Time }

// New is the driver.
func New() Driver { return Driver{now: time.Now} }

// Name is "slaunchx".
func (Driver) Name() string { return "slaunchx" }

// Capabilities say what the driver does. No call of the vendor's tries a
// credential without naming a workspace, and it documents no numbers for the
// limits of this chain.
func (Driver) Capabilities() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{token, clientHash},
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Get: true,
			Recovery: provider.RecoverNever,
		},
		Key: provider.KeyCapabilities{
			Issue: true, Get: true, Amend: true, Revoke: true,
			Recovery:   provider.RecoverNever,
			Name:       keyName,
			Required:   []string{"scopes"},
			Fields:     []string{"displayName", "scopes", "mode", "ipAllowlist", "access"},
			Changeable: []string{"access"},
		},
	}
}

// Open binds an account: the session of a person who owns the workspaces. The
// endpoint has the portal's context path in it, as
// https://system-test.slaunchx.cc/prometheus. A token that has expired is no
// reason to refuse: the class stays open until there is a new one.
func (d Driver) Open(account provider.Account) (provider.Session, error) {
	bearer, err := rest.Credential(account, token)
	if err != nil {
		return nil, err
	}
	hash, err := rest.Credential(account, clientHash)
	if err != nil {
		return nil, err
	}
	language, err := languageOf(account)
	if err != nil {
		return nil, err
	}
	client, err := rest.NewClient(account, rest.Dialect{
		Header: http.Header{"Accept-Language": {language}},
		// It is among the required headers, which are the same for every call.
		TypeAlways: true,
		Authorize: func(header http.Header) {
			header.Set("Authorization", "Bearer "+bearer.Reveal())
			header.Set("X-Client-Hash", hash.Reveal())
		},
		Judge: judge,
	})
	if err != nil {
		return nil, err
	}
	return session{client: client, token: bearer, now: d.now}, nil
}

// languageOf is the language of the vendor's messages: one of those it
// documents.
func languageOf(account provider.Account) (string, error) {
	documented := []string{languageDefault, "zh", "zh-Hant", "ja", "vi"}
	chosen := account.Settings[settingLanguage]
	switch {
	case chosen == "":
		return languageDefault, nil
	case !slices.Contains(documented, chosen):
		return "", rest.Invalid("open account", settingLanguage+" is none of "+strings.Join(documented, ", "))
	}
	return chosen, nil
}

type session struct {
	client *rest.Client
	token  provider.Secret
	now    func() time.Time
}

// Check asks nobody: every read of the vendor's is of one workspace. It tells
// only what the token says of itself.
func (s session) Check(context.Context) error {
	if !expired(s.token.Reveal(), s.now()) {
		return nil
	}
	return &provider.Error{
		Class: provider.Unauthorized, Op: "check access",
		Message: "the token has expired: a new one belongs into the credential Secret, together with its client hash",
	}
}

// Workspaces are those that the session's person is a member of.
func (s session) Workspaces() provider.Workspaces { return workspaces(s) }

// Keys are those of the workspaces that the session's person owns.
func (s session) Keys() provider.Keys { return keys(s) }

// do makes a call about one workspace; its path follows the workspace's. The
// identifier stands in a header as well, where it has to be the same.
func (s session) do(ctx context.Context, workspaceID string, call rest.Call, into any) error {
	if !rest.ValidID(workspaceID) || strings.ContainsFunc(workspaceID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return rest.Invalid(call.Op, "the workspace's identifier cannot be used")
	}
	call.Path = append([]string{"web", "v1", "workspaces", workspaceID}, call.Path...)
	call.Header = http.Header{"X-Workspace-Id": {workspaceID}}
	return s.client.Do(ctx, call, into)
}
