package store

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// This file is what differs between the kinds that come with Kubernetes.

// defaults fills in what decoding a request fills in.
func defaults(k *kind, content tree, m *metav1.ObjectMeta) {
	switch {
	case isNamespace(k):
		if m.Name != "" {
			metav1.SetMetaDataLabel(m, corev1.LabelMetadataName, m.Name)
		}
	case k.gvk.Kind == secretKind:
		defaultSecret(content)
	}
}

func defaultSecret(content tree) {
	if given, ok := content["type"].(string); !ok || given == "" {
		content["type"] = string(corev1.SecretTypeOpaque)
	}
	data := asTree(content["data"])
	if texts, ok := content["stringData"].(tree); ok {
		// A map that was sent with the object may be that of the live one.
		if data = maps.Clone(data); data == nil {
			data = tree{}
		}
		for name, text := range texts {
			if text, ok := text.(string); ok {
				data[name] = base64.StdEncoding.EncodeToString([]byte(text))
			}
		}
		content["data"] = data
		delete(content, "stringData")
	}
	for name, value := range data {
		if value == nil { // no bytes, which is a value too
			data[name] = ""
		}
	}
}

// prepareNamespace gives a new namespace what every namespace has. Nobody owns these fields.
func prepareNamespace(content tree, m *metav1.ObjectMeta) {
	metav1.SetMetaDataLabel(m, corev1.LabelMetadataName, m.Name)
	content["spec"] = tree{"finalizers": []any{string(corev1.FinalizerKubernetes)}}
	content["status"] = tree{"phase": string(corev1.NamespaceActive)}
}

// spent says that nothing but its own finalizers keeps a namespace: its content is gone.
func spent(content tree) bool {
	spec, ok := content["spec"].(tree)
	if !ok {
		return true
	}
	finalizers, ok := spec["finalizers"].([]any)
	return !ok || len(finalizers) == 0
}

func terminating(namespace *version) bool {
	status, ok := namespace.content["status"].(tree)
	return ok && status["phase"] == string(corev1.NamespaceTerminating)
}

// validate checks the metadata, and of a Secret its keys.
func validate(k *kind, in *sent) field.ErrorList {
	name := apivalidation.NameIsDNSSubdomain
	if isNamespace(k) {
		name = apivalidation.NameIsDNSLabel
	}
	wrong := apivalidation.ValidateObjectMetaAccessor(in.meta, k.namespaced, name, field.NewPath("metadata"))
	if k.custom {
		return wrong
	}
	for i, name := range in.meta.Finalizers {
		if !strings.Contains(name, "/") && !slices.Contains(standardFinalizers(), name) {
			wrong = append(wrong, field.Invalid(field.NewPath("metadata", "finalizers").Index(i), name, "name is neither a standard finalizer name nor is it fully qualified"))
		}
	}
	if isNamespace(k) {
		return wrong
	}
	if data, ok := in.content["data"].(tree); ok {
		for key := range data {
			for _, message := range validation.IsConfigMapKey(key) {
				wrong = append(wrong, field.Invalid(field.NewPath("data").Key(key), key, message))
			}
		}
	}
	return wrong
}

// standardFinalizers may go without a domain.
func standardFinalizers() []string {
	return []string{string(corev1.FinalizerKubernetes), metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents}
}

// validateUpdate checks what may not be changed.
func validateUpdate(k *kind, in *sent, live *version) field.ErrorList {
	wrong := validate(k, in)
	wrong = append(wrong, apivalidation.ValidateObjectMetaAccessorUpdate(in.meta, live.meta(), field.NewPath("metadata"))...)
	if k.custom || isNamespace(k) {
		return wrong
	}
	const message = "field is immutable when `immutable` is set"
	if k.gvk.Kind == secretKind {
		wrong = append(wrong, apivalidation.ValidateImmutableField(in.content["type"], live.content["type"], field.NewPath("type"))...)
	}
	if live.content["immutable"] == true {
		if in.content["immutable"] != true {
			wrong = append(wrong, field.Forbidden(field.NewPath("immutable"), message))
		}
		for _, name := range []string{"data", "binaryData"} {
			if !equal(in.content[name], live.content[name]) || name == "data" && in.emptied && live.content[name] == nil {
				wrong = append(wrong, field.Forbidden(field.NewPath(name), message))
			}
		}
	}
	return wrong
}
