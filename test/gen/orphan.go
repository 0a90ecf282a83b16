package gen

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// OrphanModifier changes one thing about an Orphan.
type OrphanModifier func(*v1alpha1.Orphan)

// Orphan is an entry of the orphan ledger about a key of portkey that was given up long ago, with neither id nor name.
func Orphan(name string, mods ...OrphanModifier) *v1alpha1.Orphan {
	orphan := &v1alpha1.Orphan{
		TypeMeta:   typeMeta("Orphan"),
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.OrphanSpec{
			Provider: "portkey", ClassName: "portkey-prod",
			Object: v1alpha1.OrphanedObject{Kind: v1alpha1.KindApiKey, Namespace: "team-a", Name: "ci", UID: "00000000-0000-0000-0000-000000000001"},
			Since:  metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
			Reason: v1alpha1.OrphanAbandoned,
		},
	}
	for _, mod := range mods {
		mod(orphan)
	}
	return orphan
}

// SetOrphanMeta changes the metadata by its own modifiers.
func SetOrphanMeta(mods ...MetaModifier) OrphanModifier {
	return func(o *v1alpha1.Orphan) { modify(&o.ObjectMeta, mods) }
}

// SetOrphanSpec changes the spec.
func SetOrphanSpec(change func(*v1alpha1.OrphanSpec)) OrphanModifier {
	return func(o *v1alpha1.Orphan) { change(&o.Spec) }
}
