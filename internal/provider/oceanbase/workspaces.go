package oceanbase

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

type workspaces session

// List is no call of the vendor's.
func (workspaces) List(context.Context, provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		yield(provider.Workspace{}, provider.NotSupported("list workspaces"))
	}
}

// Get reads a page of one key in the project. That it is answered says that
// the credential reaches the project in the organization, and nothing more is
// to be learned of either.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	const op = "get workspace"
	call := rest.Call{Op: op, Method: http.MethodGet, Query: url.Values{"pageNumber": {"1"}, "pageSize": {"1"}}, MaxBytes: rest.ListBytes}
	var answer page
	if err := session(w).do(ctx, id, call, &answer); err != nil {
		return provider.Workspace{}, err
	}
	if !answer.hasList() {
		return provider.Workspace{}, rest.Malformed(op, false)
	}
	return provider.Workspace{ID: id, AccountID: w.organizationID}, nil
}

// Create is no call of the vendor's: a person makes projects in the console.
func (workspaces) Create(context.Context, provider.Mark, provider.WorkspaceSpec) (provider.Workspace, error) {
	return provider.Workspace{}, provider.NotSupported("create workspace")
}

// Update is no call of the vendor's.
func (workspaces) Update(context.Context, string, provider.WorkspaceSpec) error {
	return provider.NotSupported("update workspace")
}

// Delete is no call of the vendor's.
func (workspaces) Delete(context.Context, provider.Workspace) error {
	return provider.NotSupported("delete workspace")
}
