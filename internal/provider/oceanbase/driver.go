package oceanbase

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

const (
	accessKeyID     = "accessKeyID"
	accessKeySecret = "accessKeySecret"

	settingOrganization = "organizationID"
	settingUID          = "uid"
	settingProduct      = "product"
	settingAuth         = "auth"

	authBasic  = "Basic"
	authDigest = "Digest"

	opOpen = "open account"
)

// Driver implements [provider.Driver].
type Driver struct{}

// New is the driver.
func New() Driver { return Driver{} }

// Name is "oceanbase".
func (Driver) Name() string { return "oceanbase" }

// Capabilities say what the driver does. Every call of the vendor's is of one
// project, so none tries a credential alone. It documents no limits of rate.
func (Driver) Capabilities() provider.Capabilities {
	return provider.Capabilities{
		CredentialKeys: []string{accessKeyID, accessKeySecret},
		AccountSetting: settingOrganization,
		Workspace: provider.WorkspaceCapabilities{
			Import: true, Get: true,
			Recovery: provider.RecoverNever,
		},
		Key: provider.KeyCapabilities{
			Issue: true, List: true, Revoke: true,
			Recovery: provider.RecoverByMark,
			IDListed: true,
			Name:     keyName,
			Required: []string{"action"},
			Fields:   []string{"displayName", "action"},
		},
	}
}

// Open binds an account: an access key, and the organization it is used for.
// The settings are organizationID, and where they are wanted uid, product and
// auth, which is Basic unless it says Digest.
func (Driver) Open(account provider.Account) (provider.Session, error) {
	signer, err := newSigner(account)
	if err != nil {
		return nil, err
	}
	header, err := headerOf(account)
	if err != nil {
		return nil, err
	}
	client, err := rest.NewClient(account, rest.Dialect{
		Header: header, Sign: signer.sign, Challenged: signer.challenged, Judge: signer.judge,
	})
	if err != nil {
		return nil, err
	}
	return session{client: client, organizationID: account.Settings[settingOrganization], uid: account.Settings[settingUID]}, nil
}

// headerOf is what the settings add to every request.
func headerOf(account provider.Account) (http.Header, error) {
	organization, product := account.Settings[settingOrganization], account.Settings[settingProduct]
	switch {
	case organization == "":
		return nil, rest.Invalid(opOpen, settingOrganization+" is missing")
	case !fitsHeader(organization):
		return nil, rest.Invalid(opOpen, settingOrganization+" has characters that no identifier has")
	case product != "" && !fitsHeader(product):
		return nil, rest.Invalid(opOpen, settingProduct+" has characters that no identifier has")
	}
	header := http.Header{"X-OB-Org-Id": {organization}}
	if product != "" {
		header["X-Ob-Product"] = []string{product}
	}
	return header, nil
}

// fitsHeader reports whether a text arrives in a header as it is sent.
func fitsHeader(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

type session struct {
	client         *rest.Client
	organizationID string
	// uid is empty where the class has none.
	uid string
}

// Check asks nobody: every call of the vendor's is of one project.
func (session) Check(context.Context) error { return nil }

// Workspaces are the projects of the organization.
func (s session) Workspaces() provider.Workspaces { return workspaces(s) }

// Keys are those of a project.
func (s session) Keys() provider.Keys { return keys(s) }

// do makes a call on the keys of one project. They all have one path. The
// project is named even though other calls of the vendor's can do without: it
// would take the one that the account used last.
func (s session) do(ctx context.Context, projectID string, call rest.Call, into any) error {
	switch {
	case projectID == "":
		return rest.Invalid(call.Op, "the project is not known")
	case !rest.ValidID(projectID) || !fitsHeader(projectID):
		return rest.Invalid(call.Op, "the project's identifier cannot be used")
	}
	call.Path = []string{"api", "v2", "maas", "apikeys"}
	call.Header = http.Header{"X-OB-Project-Id": {projectID}}
	if s.uid != "" {
		if call.Query == nil {
			call.Query = url.Values{}
		}
		call.Query.Set("uid", s.uid)
	}
	return s.client.Do(ctx, call, into)
}
