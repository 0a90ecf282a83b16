package workspace

import (
	"maps"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/controller/limits"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// specOf is what the Workspace asks for, with the class's defaults where it is
// silent. A workspace that is taken over is left as it is where it is silent.
func specOf(ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, vendor string) provider.WorkspaceSpec {
	defaults, name := class.Spec.Defaults, ws.Name
	if defaults == nil || ws.Spec.ExternalID != "" {
		defaults = &v1alpha1.WorkspaceDefaults{}
	}
	if ws.Spec.ExternalID != "" {
		name = ""
	}
	spec := provider.WorkspaceSpec{
		DisplayName: or(ws.Spec.DisplayName, name),
		Description: ws.Spec.Description,
		Region:      or(ws.Spec.Region, defaults.Region),
		Slug:        ws.Spec.Slug,
		Language:    or(ws.Spec.Language, defaults.Language),
		Metadata:    metadata(defaults.Metadata, ws.Spec.Metadata),
		UsageLimits: limits.Usage(ws.Spec.UsageLimits),
		RateLimits:  limits.Rate(ws.Spec.RateLimits),
		Options:     ws.Spec.VendorOptions()[vendor],
	}
	if spec.UsageLimits == nil {
		spec.UsageLimits = limits.Usage(defaults.UsageLimits)
	}
	if spec.RateLimits == nil {
		spec.RateLimits = limits.Rate(defaults.RateLimits)
	}
	if ws.Spec.Access != "" {
		frozen := ws.Spec.Access == v1alpha1.AccessFrozen
		spec.Frozen = &frozen
	}
	return spec
}

func or(value, otherwise string) string {
	if value != "" {
		return value
	}
	return otherwise
}

func metadata(under, over map[string]v1alpha1.MetadataValue) map[string]string {
	if len(under)+len(over) == 0 {
		return nil
	}
	merged := make(map[string]v1alpha1.MetadataValue, len(under)+len(over))
	maps.Copy(merged, under)
	maps.Copy(merged, over)
	plain := make(map[string]string, len(merged))
	for key, value := range merged {
		plain[key] = string(value)
	}
	return plain
}
