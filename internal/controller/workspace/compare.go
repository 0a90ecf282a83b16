package workspace

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// recorded is what status remembers of the workspace's fields.
func recorded(ws *v1alpha1.Workspace) plan.Record {
	return plan.Record{Applied: prints[string](ws.Status.Applied), Kept: prints[string](ws.Status.Kept)}
}

// prints are fingerprints, by field, as the other side of the plan calls them.
func prints[To, From ~string](all map[string]From) map[string]To {
	if all == nil {
		return nil
	}
	converted := make(map[string]To, len(all))
	for field, print := range all {
		converted[field] = To(print)
	}
	return converted
}

// beside puts what the vendor shows beside what the Workspace asks for.
func beside(ws *v1alpha1.Workspace, intent Intent, seen provider.Workspace) plan.Look {
	return plan.Look{
		Spec: intent.Spec, Seen: seen, Can: intent.Capabilities.Workspace, Defaulted: defaulted(ws),
		Edited: engine.Edited(ws.Status.Conditions, ws.Generation) || intent.External != "",
		Asked:  engine.Asked(ws, ws.Status.LastHandledReconcileAt),
	}
}

// defaulted are the fields whose value comes from elsewhere than the Workspace's
// own spec, and at some vendors cannot be changed: nobody can set them back there.
func defaulted(ws *v1alpha1.Workspace) []string {
	var names []string
	for name, own := range map[string]string{"displayName": ws.Spec.DisplayName, "region": ws.Spec.Region, "language": ws.Spec.Language} {
		if own == "" {
			names = append(names, name)
		}
	}
	return names
}

// differences are looked for in what was read of the workspace.
func differences(ws *v1alpha1.Workspace, intent Intent, sight Sight) plan.Differences {
	seen := candidate(ws, &sight)
	if seen == nil {
		return plan.Differences{}
	}
	return recorded(ws).Compare(beside(ws, intent, *seen))
}

// familiar reports whether a brief answer is enough: it shows all that the spec
// speaks of, or the vendor says that nothing was changed since all was as it
// should be.
func familiar(ws *v1alpha1.Workspace, intent Intent, seen provider.Workspace) bool {
	record, look := recorded(ws), beside(ws, intent, seen)
	if record.Shows(look) {
		return true
	}
	unchanged := ws.Status.UpdatedAt != nil && !seen.UpdatedAt.IsZero() && ws.Status.UpdatedAt.Time.Equal(seen.UpdatedAt.Truncate(time.Second))
	return unchanged && record.Covers(look) && meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionSynced)
}
