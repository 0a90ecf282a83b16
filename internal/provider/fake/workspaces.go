package fake

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

type workspaces struct{ *session }

func (w workspaces) can() provider.WorkspaceCapabilities { return w.vendor.capabilities.Workspace }

// List yields what existed when it began.
func (w workspaces) List(ctx context.Context, filter provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		var found []provider.Workspace
		err := w.do(ctx, Call{Op: ListWorkspaces}, w.can().List, func(*Call) *provider.Error {
			for _, item := range w.vendor.workspaces {
				if filter.Name == "" || filter.Name == item.Name {
					found = append(found, w.listed(item.Workspace))
				}
			}
			return nil
		})
		if err != nil {
			yield(provider.Workspace{}, err)
			return
		}
		for _, item := range found {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (w workspaces) listed(item provider.Workspace) provider.Workspace {
	if w.vendor.hidesMarks {
		item.Mark, item.MarkUnread, item.Metadata = provider.Mark{}, true, nil
	}
	return item
}

// Get reads one workspace.
func (w workspaces) Get(ctx context.Context, id string) (provider.Workspace, error) {
	var found provider.Workspace
	err := w.do(ctx, Call{Op: GetWorkspace, Workspace: id}, w.can().Get, func(*Call) *provider.Error {
		home, failure := w.home(id)
		if failure == nil {
			found = home.Workspace
		}
		return failure
	})
	return found, err
}

// Create makes a workspace, and its admin credential where the vendor does.
func (w workspaces) Create(ctx context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	var made provider.Workspace
	err := w.do(ctx, Call{Op: CreateWorkspace, Mark: mark}, w.can().Create, func(call *Call) *provider.Error {
		now := w.vendor.now()
		created := &workspace{Workspace: provider.Workspace{
			ID: w.vendor.id("ws"), Slug: spec.Slug, Region: spec.Region, State: "active", CreatedAt: now, UpdatedAt: now,
		}}
		if w.can().Recovery == provider.RecoverByMark {
			created.Mark = mark
		}
		created.update(spec)
		w.vendor.workspaces = append(w.vendor.workspaces, created)
		call.Workspace = created.ID
		made = created.Workspace
		if w.can().OwnCredential {
			made.Credential = w.admin(created)
		}
		return nil
	})
	if err != nil {
		return provider.Workspace{}, err
	}
	return made, nil
}

// admin makes the key that manages a workspace.
func (w workspaces) admin(home *workspace) *provider.WorkspaceCredential {
	id := w.vendor.id("key")
	home.admin = "admin-of-" + home.ID
	home.keys = append(home.keys, &key{Key: provider.Key{ID: id, Name: "admin", CreatedAt: home.CreatedAt}, value: home.admin})
	values := map[string]provider.Secret{}
	for _, name := range w.vendor.capabilities.CredentialKeys {
		values[name] = provider.NewSecret(home.admin)
	}
	return &provider.WorkspaceCredential{ID: id, Values: values}
}

// Update sets what the spec sets.
func (w workspaces) Update(ctx context.Context, id string, spec provider.WorkspaceSpec) error {
	return w.do(ctx, Call{Op: UpdateWorkspace, Workspace: id}, w.can().Update, func(*Call) *provider.Error {
		home, failure := w.home(id)
		if failure == nil {
			home.update(spec)
			home.clear(spec)
			home.UpdatedAt = w.vendor.now()
		}
		return failure
	})
}

func (w *workspace) update(spec provider.WorkspaceSpec) {
	if spec.DisplayName != "" {
		w.Name = spec.DisplayName
	}
	if spec.Description != "" {
		w.Description = spec.Description
	}
	if len(spec.Metadata) > 0 {
		w.Metadata = maps.Clone(spec.Metadata)
	}
	if spec.Frozen != nil {
		w.Frozen = *spec.Frozen
		w.State = map[bool]string{true: "frozen", false: "active"}[*spec.Frozen]
	}
}

func (w *workspace) clear(spec provider.WorkspaceSpec) {
	if spec.Clears("description") {
		w.Description = ""
	}
	if spec.Clears("metadata") {
		w.Metadata = nil
	}
}

// Delete takes the workspace away with its keys.
func (w workspaces) Delete(ctx context.Context, seen provider.Workspace) error {
	return w.do(ctx, Call{Op: DeleteWorkspace, Workspace: seen.ID}, w.can().Delete, func(*Call) *provider.Error {
		w.vendor.workspaces = slices.DeleteFunc(w.vendor.workspaces, func(item *workspace) bool { return item.ID == seen.ID })
		return nil
	})
}
