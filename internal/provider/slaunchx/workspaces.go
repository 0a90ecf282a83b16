package slaunchx

import (
	"cmp"
	"context"
	"iter"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

type workspaces session

// List is left out: the documented list is one of another portal.
func (workspaces) List(context.Context, provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		yield(provider.Workspace{}, provider.NotSupported("list workspaces"))
	}
}

// Get reads one workspace. The documented answer shows nothing of it; that it
// is answered says that the workspace exists and that the session sees it. An
// answer about another workspace is class Forbidden: it says nothing about the
// one that was meant.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	const op = "get workspace"
	var answer content[workspaceInfo]
	if err := session(w).do(ctx, id, rest.Call{Op: op, Method: http.MethodGet}, &answer); err != nil {
		return provider.Workspace{}, err
	}
	info := cmp.Or(answer.Data, new(workspaceInfo)) // no data show as much as empty ones
	if info.elsewhere(id) {
		return provider.Workspace{}, &provider.Error{Class: provider.Forbidden, Op: op, Message: "the vendor shows another workspace than the one that was asked for"}
	}
	return info.workspace(id), nil
}

// Create is left out: what the vendor wants to be sent is not documented.
func (workspaces) Create(context.Context, provider.Mark, provider.WorkspaceSpec) (provider.Workspace, error) {
	return provider.Workspace{}, provider.NotSupported("create workspace")
}

// Update is left out: the documented one is of another portal.
func (workspaces) Update(context.Context, string, provider.WorkspaceSpec) error {
	return provider.NotSupported("update workspace")
}

// Delete is no call of the vendor's.
func (workspaces) Delete(context.Context, provider.Workspace) error {
	return provider.NotSupported("delete workspace")
}
