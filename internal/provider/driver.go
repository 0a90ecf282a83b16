package provider

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Driver speaks one vendor's dialect. It holds no state: all that varies
// arrives in an [Account].
type Driver interface {
	// Name is the member of WorkspaceClass spec.provider this driver serves.
	Name() string
	// Capabilities are the same for every account of the vendor.
	Capabilities() Capabilities
	// Open binds an account. It does no I/O; it fails with class Invalid when
	// the endpoint, a setting or the form of a credential cannot be used.
	Open(Account) (Session, error)
}

// Session is one account, opened. It is safe for concurrent use.
type Session interface {
	// Check makes the cheapest authenticated read the vendor has. A nil error
	// means that the endpoint answers and takes the credential. Where the
	// capabilities are not Checkable nobody is asked, and it means only that
	// nothing speaks against the credential.
	Check(ctx context.Context) error
	Workspaces() Workspaces
	Keys() Keys
}

// Workspaces are the workspaces an account can see. A method the vendor has
// no call for answers class Unsupported; [Capabilities] says so beforehand.
type Workspaces interface {
	// List yields every workspace that passes the filter, page by page. After
	// an error it yields nothing more, and what came before proves nothing
	// about what is absent.
	List(ctx context.Context, filter WorkspaceFilter) iter.Seq2[Workspace, error]
	// Get reads one workspace. Class NotFound only where the vendor documents
	// an answer that means nothing else.
	Get(ctx context.Context, id string) (Workspace, error)
	// Create sends exactly one create request carrying the mark. A vendor that
	// works on it later answers a workspace that is Pending.
	Create(ctx context.Context, mark Mark, spec WorkspaceSpec) (Workspace, error)
	// Update makes the vendor's workspace equal the spec in the fields the
	// spec sets, and empties those it clears; what the spec leaves open is not
	// touched. Freezing and unfreezing are an update. It sends one change at
	// most. To clear what cannot be cleared is class Invalid.
	Update(ctx context.Context, id string, spec WorkspaceSpec) error
	// Delete removes the workspace as it was last seen: some vendors want its
	// current name as a confirmation. Already gone is success.
	Delete(ctx context.Context, seen Workspace) error
}

// Keys are the API keys of one workspace.
type Keys interface {
	// List yields every key of the workspace, as [Workspaces.List] does.
	List(ctx context.Context, workspaceID string) iter.Seq2[Key, error]
	// Get reads one key. Class NotFound only where the vendor documents an
	// answer that means nothing else.
	Get(ctx context.Context, workspaceID, id string) (Key, error)
	// Issue sends exactly one create request. The value is shown this once.
	Issue(ctx context.Context, workspaceID string, mark Mark, spec KeySpec) (Key, Secret, error)
	// Amend changes the fields the spec sets, by one request at most.
	Amend(ctx context.Context, workspaceID, id string, spec KeySpec) error
	// Revoke ends a key. Already gone is success.
	Revoke(ctx context.Context, workspaceID, id string) error
}

// Account is everything [Driver.Open] needs to speak for one customer.
type Account struct {
	// Endpoint is the vendor's base URL; a trailing slash makes no difference.
	Endpoint string
	// Settings are the vendor's own members of the class, by their JSON name.
	Settings map[string]string
	// Credential holds one value for each of [Capabilities] CredentialKeys.
	Credential map[string]Secret
	// Transport carries the requests. TLS trust is its business.
	Transport http.RoundTripper
	// Gate admits requests; nil admits all.
	Gate Gate
}

// Gate is the rate limit of one account.
type Gate interface {
	// Take is asked before each request and answers at once: nil, or an
	// [*Error] of class Throttled that says when to come again.
	Take(ctx context.Context) error
	// Pause closes the gate for everyone: the vendor has throttled us.
	Pause(d time.Duration)
}
