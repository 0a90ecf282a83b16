package workspace

import (
	"fmt"
	"maps"
	"slices"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
)

// unsupported refuses what the vendor of the class cannot honour: no field is
// ever ignored in silence.
func unsupported(ws *v1alpha1.Workspace, intent *Intent) error {
	can := intent.Capabilities.Workspace
	switch {
	case ws.Spec.ExternalID != "" && !can.Import:
		return refuse(fmt.Sprintf("spec.externalID: %s has no way to take over workspaces; leave it out to create one", intent.Provider))
	case ws.Spec.ExternalID == "" && !can.Create:
		return refuse(intent.Provider + " has no way to create workspaces: make one at the vendor, and name its id in spec.externalID")
	case ws.Spec.DeletionPolicy == v1alpha1.DeletionDelete && !can.Delete && can.DeleteSetting != "":
		return refuse(fmt.Sprintf("spec.deletionPolicy: the class does not allow deletions at %s (%s is not Enabled); use Retain or leave it out", intent.Provider, can.DeleteSetting))
	case ws.Spec.DeletionPolicy == v1alpha1.DeletionDelete && !can.Delete:
		return refuse(fmt.Sprintf("spec.deletionPolicy: %s has no way to delete workspaces; use Retain or leave it out", intent.Provider))
	}
	// What exists has its region, whatever became of the default it was made with.
	if ws.Spec.ExternalID == "" && ws.Status.UUID == "" && can.Requires("region") && intent.Spec.Region == "" {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonRegionRequired, Message: fmt.Sprintf(
			"spec.region: %s wants to be told where a workspace is to be; set it here, or in the class's defaults", intent.Provider)}
	}
	for vendor := range ws.Spec.VendorOptions() {
		if vendor != intent.Provider {
			return refuse(fmt.Sprintf("spec.%s: the class's vendor is %s; remove these settings", vendor, intent.Provider))
		}
	}
	for _, field := range fields(ws, intent) {
		if field.set && !can.Honours(field.name) {
			return refuse(fmt.Sprintf("spec.%s: %s has no such setting; remove it here, or from the class's defaults", field.name, intent.Provider))
		}
	}
	return nil
}

type field struct {
	name string
	set  bool
}

func fields(ws *v1alpha1.Workspace, intent *Intent) []field {
	spec := intent.Spec
	all := []field{
		{"displayName", ws.Spec.DisplayName != ""},
		{"description", spec.Description != ""},
		{"region", spec.Region != ""},
		{"slug", spec.Slug != ""},
		{"language", spec.Language != ""},
		{"metadata", len(spec.Metadata) > 0},
		{"usageLimits", len(spec.UsageLimits) > 0},
		{"rateLimits", len(spec.RateLimits) > 0},
		{"access", spec.Frozen != nil},
	}
	for _, option := range slices.Sorted(maps.Keys(spec.Options)) {
		all = append(all, field{intent.Provider + "." + option, true})
	}
	return all
}

func refuse(message string) error {
	return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonUnsupported, Message: message}
}
