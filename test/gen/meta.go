package gen

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// MetaModifier changes one thing about the metadata of any kind.
type MetaModifier func(*metav1.ObjectMeta)

func modify(object *metav1.ObjectMeta, mods []MetaModifier) {
	for _, mod := range mods {
		mod(object)
	}
}

// InNamespace moves it to a namespace.
func InNamespace(name string) MetaModifier {
	return func(m *metav1.ObjectMeta) { m.Namespace = name }
}

// UID sets the UID, which an API server would choose.
func UID(uid types.UID) MetaModifier {
	return func(m *metav1.ObjectMeta) { m.UID = uid }
}

// Generation sets the generation, which an API server would count.
func Generation(generation int64) MetaModifier {
	return func(m *metav1.ObjectMeta) { m.Generation = generation }
}

// CreatedAt sets the time of creation, which an API server would set.
func CreatedAt(at time.Time) MetaModifier {
	return func(m *metav1.ObjectMeta) { m.CreationTimestamp = metav1.NewTime(at) }
}

// DeletedAt marks it as being deleted.
func DeletedAt(at time.Time) MetaModifier {
	return func(m *metav1.ObjectMeta) { m.DeletionTimestamp = new(metav1.NewTime(at)) }
}

// Finalizers replaces the finalizers.
func Finalizers(names ...string) MetaModifier {
	return func(m *metav1.ObjectMeta) { m.Finalizers = names }
}

// Label adds a label.
func Label(key, value string) MetaModifier {
	return func(m *metav1.ObjectMeta) { metav1.SetMetaDataLabel(m, key, value) }
}

// Annotation adds an annotation.
func Annotation(key, value string) MetaModifier {
	return func(m *metav1.ObjectMeta) { metav1.SetMetaDataAnnotation(m, key, value) }
}

func setCondition(conditions *[]metav1.Condition, generation int64, condition metav1.Condition) {
	condition.ObservedGeneration = generation
	meta.SetStatusCondition(conditions, condition)
}
