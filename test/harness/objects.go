package harness

import (
	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// NewWorkspace is a Workspace of the class, with what its vendor demands. The modifiers come last.
func NewWorkspace(vendor, namespace, name, class string, mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	all := []gen.WorkspaceModifier{gen.SetWorkspaceMeta(gen.InNamespace(namespace)), gen.SetWorkspaceClass(class)}
	if vendor == Groundfloor {
		all = append(all, gen.SetWorkspaceRegion("us-east-1"))
	}
	return gen.Workspace(name, append(all, mods...)...)
}

// NewKey is an ApiKey of the Workspace, with what its vendor demands. The modifiers come last.
func NewKey(vendor, namespace, name, workspace string, mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	all := []gen.ApiKeyModifier{gen.SetApiKeyMeta(gen.InNamespace(namespace)), gen.SetApiKeyWorkspace(workspace)}
	switch vendor {
	case Portkey:
		all = append(all, gen.SetApiKeyScopes("logs.list"))
	case Slaunchx:
		all = append(all, gen.SetApiKeyScopes("payment:read"))
	case Oceanbase:
		all = append(all, gen.SetApiKeyAction("read"))
	}
	return gen.ApiKey(name, append(all, mods...)...)
}
