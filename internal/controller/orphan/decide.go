package orphan

import (
	"slices"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// question is what to ask the vendor about an entry.
type question int

const (
	// nothing: no answer of the vendor would tell; a person removes the entry.
	nothing question = iota
	// keyList reads all keys of the workspace, keyByID the one.
	keyList
	keyByID
	// workspaceList reads all workspaces of the account, workspaceByID the one.
	workspaceList
	workspaceByID
)

// ask chooses the question by what is known and what the vendor can answer.
func ask(spec *v1alpha1.OrphanSpec, can provider.Capabilities) question {
	if spec.Object.Kind == v1alpha1.KindApiKey {
		switch {
		case spec.WorkspaceUUID == "":
			return nothing
		case can.Key.List:
			return keyList
		case can.Key.Get && spec.ID != "":
			return keyByID
		}
		return nothing
	}
	switch {
	case can.Workspace.OwnCredential:
		return nothing // a workspace that refuses its own credential may live on
	case can.Workspace.List && recognisable(spec, can.Workspace):
		return workspaceList
	case can.Workspace.Get && spec.ID != "":
		return workspaceByID
	}
	return nothing
}

// recognisable reports whether the workspace would stand out in a list. Where
// the mark takes the place of a field, a spec that set the field left none.
func recognisable(spec *v1alpha1.OrphanSpec, can provider.WorkspaceCapabilities) bool {
	return spec.ID != "" || spec.Name != "" || can.MarkField == ""
}

// callPatience is how much later than it was asked for a call may have been
// sent that nobody saw end.
const callPatience = 30 * time.Second

// settled is when a list can first be believed to lack the thing: whatever was
// asked for has been made by then, and the list shows it. What a vendor builds
// later than it says yes may take as long as the deadline.
func settled(spec *v1alpha1.OrphanSpec, can provider.WorkspaceCapabilities, deadline time.Duration) time.Time {
	after := callPatience + engine.ListsSettle
	if spec.Object.Kind == v1alpha1.KindWorkspace && spec.ID == "" && can.Asynchronous {
		after += deadline
	}
	return spec.Since.Add(after)
}

// sight is what the vendor answered. Its zero value is no answer, and proves
// nothing.
type sight struct {
	// missing: by a documented answer, there is nothing with the id.
	missing bool
	// keys are all of the workspace's, if keysRead.
	keys     []provider.Key
	keysRead bool
	// workspaces are all of the account's, if workspacesRead.
	workspaces     []provider.Workspace
	workspacesRead bool
}

// gone reports whether the answer proves that the thing no longer exists.
func gone(spec *v1alpha1.OrphanSpec, can provider.WorkspaceCapabilities, seen sight) bool {
	switch {
	case seen.missing:
		return true
	case spec.Object.Kind == v1alpha1.KindApiKey && seen.keysRead:
		return !slices.ContainsFunc(seen.keys, func(key provider.Key) bool { return isKey(spec, key) })
	case spec.Object.Kind == v1alpha1.KindApiKey && seen.workspacesRead:
		// Keys go with their workspace.
		return !slices.ContainsFunc(seen.workspaces, func(ws provider.Workspace) bool { return ws.ID == spec.WorkspaceUUID || ws.Slug == spec.WorkspaceUUID })
	case seen.workspacesRead:
		return !slices.ContainsFunc(seen.workspaces, func(ws provider.Workspace) bool { return remains(spec, can, ws) })
	}
	return false
}

// isKey reports whether a key is the one that was given up, or may be.
func isKey(spec *v1alpha1.OrphanSpec, key provider.Key) bool {
	if spec.ID != "" {
		return key.ID == spec.ID
	}
	owner := provider.MarkFor(string(spec.Object.UID))
	if mark, ok := provider.ParseKeyName(spec.Name); ok && mark.SameOwner(owner) {
		return key.Mark == mark // whatever the rest of its name is by now
	}
	return key.Mark.SameOwner(owner)
}

// remains reports whether a workspace is the one that was given up, or may be,
// and can still be used.
func remains(spec *v1alpha1.OrphanSpec, can provider.WorkspaceCapabilities, ws provider.Workspace) bool {
	if ws.Frozen && can.DeleteFreezes {
		return false // a deletion would have done no more
	}
	if spec.ID != "" {
		return ws.ID == spec.ID
	}
	return ws.Mark.SameOwner(provider.MarkFor(string(spec.Object.UID))) || ws.MarkUnread && mayBe(spec, ws) || can.MarkField != "" && named(spec, ws)
}

// mayBe reports whether a workspace without a visible mark has to be looked at.
func mayBe(spec *v1alpha1.OrphanSpec, ws provider.Workspace) bool {
	return spec.Name == "" || ws.Name == spec.Name
}

// named reports whether the workspace is called as the one that was given up,
// by the name or the slug.
func named(spec *v1alpha1.OrphanSpec, ws provider.Workspace) bool {
	return spec.Name != "" && (ws.Name == spec.Name || ws.Slug == spec.Name)
}
