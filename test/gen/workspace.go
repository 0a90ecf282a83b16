// Package gen builds objects for tests from modifiers, each of which says one thing:
//
//	gen.Workspace("team-a", gen.SetWorkspaceClass("portkey-prod"), gen.SetWorkspaceUUID("ws-1"))
//
// An object without modifiers is one that the API server accepts.
package gen

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// Namespace is where objects are until a modifier says otherwise.
const Namespace = "team"

// WorkspaceModifier changes one thing about a Workspace.
type WorkspaceModifier func(*v1alpha1.Workspace)

// Workspace is a Workspace of the default class.
func Workspace(name string, mods ...WorkspaceModifier) *v1alpha1.Workspace {
	return WorkspaceFrom(&v1alpha1.Workspace{
		TypeMeta:   typeMeta("Workspace"),
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace},
	}, mods...)
}

// WorkspaceFrom is a changed copy.
func WorkspaceFrom(original *v1alpha1.Workspace, mods ...WorkspaceModifier) *v1alpha1.Workspace {
	workspace := original.DeepCopy()
	for _, mod := range mods {
		mod(workspace)
	}
	return workspace
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind}
}

// SetWorkspaceMeta changes the metadata by its own modifiers.
func SetWorkspaceMeta(mods ...MetaModifier) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { modify(&w.ObjectMeta, mods) }
}

// SetWorkspaceClass names the class.
func SetWorkspaceClass(name string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.ClassName = name }
}

// SetWorkspaceExternalID makes it an import.
func SetWorkspaceExternalID(id string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.ExternalID = id }
}

// SetWorkspaceManagementPolicy sets the policy, as v1alpha1.ManagementObserveOnly.
func SetWorkspaceManagementPolicy(policy string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.ManagementPolicy = policy }
}

// SetWorkspaceDisplayName sets the name at the vendor.
func SetWorkspaceDisplayName(name string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.DisplayName = name }
}

// SetWorkspaceDescription sets the description.
func SetWorkspaceDescription(text string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.Description = text }
}

// SetWorkspaceRegion sets the region.
func SetWorkspaceRegion(region string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.Region = region }
}

// SetWorkspaceSlug sets the name in URLs.
func SetWorkspaceSlug(slug string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.Slug = slug }
}

// SetWorkspaceLanguage sets the language.
func SetWorkspaceLanguage(language string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.Language = language }
}

// AddWorkspaceMetadata adds an entry to the vendor's metadata.
func AddWorkspaceMetadata(key, value string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) {
		if w.Spec.Metadata == nil {
			w.Spec.Metadata = map[string]v1alpha1.MetadataValue{}
		}
		w.Spec.Metadata[key] = v1alpha1.MetadataValue(value)
	}
}

// SetWorkspaceUsageLimits replaces the usage limits.
func SetWorkspaceUsageLimits(limits ...v1alpha1.UsageLimit) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.UsageLimits = limits }
}

// SetWorkspaceRateLimits replaces the rate limits.
func SetWorkspaceRateLimits(limits ...v1alpha1.RateLimit) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.RateLimits = limits }
}

// SetWorkspaceAccess sets the access, as v1alpha1.AccessFrozen.
func SetWorkspaceAccess(access string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.Access = access }
}

// SetWorkspaceDeletionPolicy sets the deletion policy.
func SetWorkspaceDeletionPolicy(policy v1alpha1.DeletionPolicy) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.DeletionPolicy = policy }
}

// SetWorkspaceGuance sets what only guance has.
func SetWorkspaceGuance(settings v1alpha1.GuanceWorkspace) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Spec.Guance = &settings }
}

// SetWorkspaceUUID records the vendor's id in the status.
func SetWorkspaceUUID(id string) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Status.UUID = id }
}

// SetWorkspaceStatus replaces the status.
func SetWorkspaceStatus(status v1alpha1.WorkspaceStatus) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { w.Status = status }
}

// SetWorkspaceCondition sets one condition, at the present generation.
func SetWorkspaceCondition(condition metav1.Condition) WorkspaceModifier {
	return func(w *v1alpha1.Workspace) { setCondition(&w.Status.Conditions, w.Generation, condition) }
}
