package guance

import (
	"context"
	"iter"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// accessKeyPrefix begins the name of an admin key that the spec does not name.
const accessKeyPrefix = "workspace-operator-"

type workspaces struct{ client *rest.Client }

// List is no call of the open API.
func (workspaces) List(context.Context, provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		yield(provider.Workspace{}, provider.NotSupported("list workspaces"))
	}
}

// Get reads the session's own workspace, the only one there is to read. For
// any other it answers class Forbidden, whether that one exists or not.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	return owned(ctx, w.client, "get workspace", id)
}

// Create makes a workspace and its admin key. The mark goes into the name of
// that key unless the spec names it; nothing can be found by it.
func (w workspaces) Create(ctx context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	const op = "create workspace"
	body := createRequest{
		Name: spec.DisplayName, Description: spec.Description, MenuStyle: spec.Options[optionMenuStyle],
		NeedKey: true, KeyName: spec.Options[optionAccessKeyName], Language: spec.Language,
	}
	if body.KeyName == "" {
		body.KeyName = accessKeyPrefix + mark.Owner()
	}
	var answer content[created]
	if err := w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPost, Path: path("create"), Body: body}, &answer); err != nil {
		return provider.Workspace{}, err
	}
	if !answer.Content.complete() {
		return provider.Workspace{}, rest.Malformed(op, true)
	}
	return answer.Content.workspace(), nil
}

// Update sends the name and the description if they differ. It looks first,
// because the call does not say which workspace is meant. The language and the
// menu style are settled at creation.
func (w workspaces) Update(ctx context.Context, id string, spec provider.WorkspaceSpec) error {
	const op = "update workspace"
	if err := rest.Clearable(op, spec.Clear, clearable()); err != nil {
		return err
	}
	body := modifyRequest{Name: spec.DisplayName}
	if spec.Description != "" || spec.Clears("description") {
		body.Description = &spec.Description
	}
	if body.empty() {
		return nil
	}
	own, err := owned(ctx, w.client, op, id)
	if err != nil {
		return err
	}
	if body = body.unlike(own); body.empty() {
		return nil
	}
	return w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPost, Path: path("modify"), Body: body}, nil)
}

// Delete is no call of the open API: a person does it in the console.
func (workspaces) Delete(context.Context, provider.Workspace) error {
	return provider.NotSupported("delete workspace")
}
