package groundfloor

import (
	"context"
	"net/http"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	name = "groundfloor"
	// token is what the credential Secret must have: a JWT of the vendor's
	// realm. It expires, and is replaced in the Secret.
	token = "token"

	settingAccount        = "accountID"
	settingFreezeOnDelete = "freezeOnDelete"
)

// Driver implements [provider.Driver].
type Driver struct{}

// New is the driver.
func New() Driver { return Driver{} }

// Name is "groundfloor".
func (Driver) Name() string { return name }

// Capabilities say what the driver does. The vendor documents no limits on
// requests, and no change of a workspace but that of its status.
func (Driver) Capabilities() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{token},
		Checkable:      true,
		AccountSetting: settingAccount,
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Create: true, Get: true, List: true, Update: true, Freeze: true, Delete: true,
			DeleteSetting: settingFreezeOnDelete,
			DeleteFreezes: true,
			DeleteMeans:   "the vendor freezes it, and removes a frozen workspace for good after 30 days",
			Recovery:      provider.RecoverByMark,
			MarkField:     "slug",
			Asynchronous:  true,
			Required:      []string{"region"},
			Fields:        []string{"displayName", "region", "slug", "access"},
			Changeable:    []string{"access"},
		},
		Key: provider.KeyCapabilities{
			Instead: "People sign in through the vendor's portal; what programs need, the platform team can hand out from the workspace's secrets.",
		},
	}
}

// Open binds an account of the vendor, by its id in the setting accountID. The
// setting freezeOnDelete is Enabled or Disabled; without it, it is Disabled.
func (Driver) Open(account provider.Account) (provider.Session, error) {
	const op = "open account"
	session := Session{accountID: account.Settings[settingAccount]}
	if !rest.ValidID(session.accountID) {
		return nil, rest.Invalid(op, "the setting "+settingAccount+" is missing or cannot be used")
	}
	switch account.Settings[settingFreezeOnDelete] {
	case "Enabled":
		session.freezeOnDelete = true
	case "Disabled", "":
	default:
		return nil, rest.Invalid(op, "the setting "+settingFreezeOnDelete+" is neither Enabled nor Disabled")
	}
	bearer, err := rest.Credential(account, token)
	if err != nil {
		return nil, err
	}
	session.client, err = rest.NewClient(account, rest.Dialect{
		Authorize: func(header http.Header) { header.Set("Authorization", "Bearer "+bearer.Reveal()) },
		Judge:     judge,
	})
	if err != nil {
		return nil, err
	}
	return session, nil
}

// Session implements [provider.Session]. What the vendor offers beyond that
// contract, to people rather than to controllers, are further methods of it.
type Session struct {
	client         *rest.Client
	accountID      string
	freezeOnDelete bool
}

// Check reads the first workspace of the list, if there is one: everyone who
// is signed in may do that.
func (s Session) Check(ctx context.Context) error {
	_, err := s.mine(ctx, "check access", 1)
	return err
}

// Workspaces are those of the account.
func (s Session) Workspaces() provider.Workspaces { return workspaces(s) }

// Keys are none: every method is class Unsupported.
func (s Session) Keys() provider.Keys { return keys{} }

// foreign reports whether a workspace is said to belong to another account.
// A UUID is the same in capital letters.
func (s Session) foreign(accountID string) bool {
	return accountID != "" && !strings.EqualFold(accountID, s.accountID)
}

// elsewhere is the error for a foreign workspace. The token may reach it; the
// class, which names the account, does not.
func elsewhere(op string) *provider.Error {
	return &provider.Error{Class: provider.Forbidden, Op: op, Message: "the workspace belongs to another account than the class names"}
}

// path is that of the workspaces or, further on, of one of them.
func path(segments ...string) []string {
	return append([]string{"v1", "workspaces"}, segments...)
}
