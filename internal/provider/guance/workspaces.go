package guance

import (
	"context"
	"iter"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// accessKeyPrefix begins the name of an admin key that the spec does not name;
// the owner's mark ends it.
const accessKeyPrefix = "workspace-operator-"

type workspaces struct{ session }

// List is not supported.
func (workspaces) List(context.Context, provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		yield(provider.Workspace{}, provider.NotSupported("list workspaces"))
	}
}

// Get reads the workspace that the session's key belongs to. For any other it
// answers class Forbidden, whether it exists or not.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	found, err := w.owned(ctx, "get workspace", id)
	if err != nil {
		return provider.Workspace{}, err
	}
	return found.observed(), nil
}

// Create makes a workspace, owned by the owner of the session's key, and the
// key to manage it with. Nothing of the vendor's holds the mark of a
// workspace; where the spec does not name the admin key, its name does.
func (w workspaces) Create(ctx context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	const op = "create workspace"
	body := newWorkspace{
		Name: spec.DisplayName, Description: spec.Description, MenuStyle: spec.Options["menuStyle"],
		NeedCreateAK: true, AKName: spec.Options["accessKeyName"], Language: spec.Language,
	}
	if body.AKName == "" {
		body.AKName = accessKeyPrefix + mark.Owner()
	}
	var answer envelope[createdWorkspace]
	call := rest.Call{Op: op, Method: http.MethodPost, Path: []string{"api", "v1", "workspace", "create"}, Body: body}
	if err := w.client.Do(ctx, call, &answer); err != nil {
		return provider.Workspace{}, err
	}
	made := answer.Content
	if !rest.ValidID(made.WSInfo.UUID) || made.AKInfo.KeySK == "" {
		return provider.Workspace{}, rest.Malformed(op, true)
	}
	return made.observed(), nil
}

func (c createdWorkspace) observed() provider.Workspace {
	if c.WSInfo.VersionType == "" {
		c.WSInfo.VersionType = c.VersionType
	}
	if c.WSInfo.ExceptionCode == "" {
		c.WSInfo.ExceptionCode = c.ExceptionCode
	}
	made := c.WSInfo.observed()
	made.Credential = &provider.WorkspaceCredential{
		ID:     c.AKInfo.KeyID,
		Values: map[string]provider.Secret{credentialKey: provider.NewSecret(c.AKInfo.KeySK)},
	}
	return made
}

// Update changes the name and the description. The vendor changes whatever
// workspace the key belongs to, so that is looked at first.
func (w workspaces) Update(ctx context.Context, id string, spec provider.WorkspaceSpec) error {
	const op = "update workspace"
	current, err := w.owned(ctx, op, id)
	if err != nil {
		return err
	}
	was := workspaceChange{Name: current.Name, Description: string(current.Description)}
	change := was
	if spec.DisplayName != "" {
		change.Name = spec.DisplayName
	}
	if spec.Description != "" {
		change.Description = spec.Description
	}
	if change == was {
		return nil
	}
	return w.client.Do(ctx, rest.Call{Op: op, Method: http.MethodPost, Path: []string{"api", "v1", "workspace", "modify"}, Body: change}, nil)
}

// Delete is not supported.
func (workspaces) Delete(context.Context, provider.Workspace) error {
	return provider.NotSupported("delete workspace")
}
