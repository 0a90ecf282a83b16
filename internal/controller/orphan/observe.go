package orphan

import (
	"context"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// maxReads bounds the workspaces of one name that are read one by one.
const maxReads = 16

// observe asks the question, with the requests that others leave over. A list
// that was read for somebody else will do: what was gone then is gone now.
func (r *Reconciler) observe(ctx context.Context, entry *v1alpha1.Orphan, asked intent) (sight, error) {
	spec := &entry.Spec
	fresh := account.Freshness{MaxAge: asked.resync / 2, NotBefore: settled(spec, asked.can.Workspace, r.ProvisioningDeadline)}
	var seen sight
	var err error
	switch asked.question {
	case keyList:
		seen.keys, err = asked.account.Keys(ctx, spec.WorkspaceUUID, fresh)
		if seen.keysRead = err == nil; !seen.keysRead && asked.can.Workspace.List && refusedForGood(err) {
			// The workspace may have gone, and the key with it.
			seen.workspaces, err = asked.account.Workspaces(ctx, fresh)
			seen.workspacesRead = err == nil
		}
	case workspaceList:
		seen.workspaces, err = r.workspaces(ctx, entry, asked, fresh)
		seen.workspacesRead = err == nil
	case keyByID, workspaceByID:
		seen.missing, err = missing(ctx, entry, asked)
	case nothing:
	}
	return seen, err
}

// refusedForGood reports whether a list was refused as it is for what does not
// exist.
func refusedForGood(err error) bool {
	return provider.Is(err, provider.NotFound) || provider.Is(err, provider.Forbidden)
}

// missing reads the one thing by its id.
func missing(ctx context.Context, entry *v1alpha1.Orphan, asked intent) (bool, error) {
	ctx, err := asked.account.Reserve(ctx, string(entry.UID), 1, account.Refresh)
	if err != nil {
		return false, err
	}
	session, spec := asked.account.Session(), &entry.Spec
	if asked.question == keyByID {
		_, err = session.Keys().Get(ctx, spec.WorkspaceUUID, spec.ID)
	} else {
		_, err = session.Workspaces().Get(ctx, spec.ID)
	}
	if provider.Is(err, provider.NotFound) {
		return true, nil
	}
	return false, err
}

// workspaces reads all workspaces and, where the list does not show their marks,
// those of the entry's name one by one. Others stay unread, and so do all if
// they are too many or the name is not known.
func (r *Reconciler) workspaces(ctx context.Context, entry *v1alpha1.Orphan, asked intent, fresh account.Freshness) ([]provider.Workspace, error) {
	all, err := asked.account.Workspaces(ctx, fresh)
	if err != nil || entry.Spec.ID != "" || entry.Spec.Name == "" {
		return all, err
	}
	var unread []int
	for i, seen := range all {
		if seen.MarkUnread && mayBe(&entry.Spec, seen) {
			unread = append(unread, i)
		}
	}
	if len(unread) == 0 || len(unread) > maxReads {
		return all, nil
	}
	if ctx, err = asked.account.Reserve(ctx, string(entry.UID), len(unread), account.Refresh); err != nil {
		return nil, err
	}
	for _, i := range unread {
		whole, err := asked.account.Session().Workspaces().Get(ctx, all[i].ID)
		if err != nil {
			return nil, err
		}
		all[i] = whole
	}
	return all, nil
}
