package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// normal is an object with tokens for what is the server's choice, and managedFields as sets.
func (s *side) normal(obj client.Object) any {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return err.Error()
	}
	delete(content, "apiVersion")
	delete(content, "kind")
	m := asTree(content["metadata"])
	m["uid"] = s.token("uid", string(obj.GetUID()))
	m["resourceVersion"] = s.token("version", obj.GetResourceVersion())
	m["creationTimestamp"] = s.time(new(obj.GetCreationTimestamp()))
	m["deletionTimestamp"] = s.time(obj.GetDeletionTimestamp())
	delete(m, "namespace")
	if obj.GetGenerateName() != "" {
		m["name"] = fmt.Sprintf("%s and %d more", obj.GetGenerateName(), len(obj.GetName())-len(obj.GetGenerateName()))
	}
	if owners, ok := m["ownerReferences"].([]any); ok {
		for _, owner := range owners {
			asTree(owner)["uid"] = s.token("uid", fmt.Sprint(asTree(owner)["uid"]))
		}
	}
	managed := []string{}
	for _, entry := range obj.GetManagedFields() {
		managed = append(managed, fmt.Sprintf("%s %s %s %q %s: %s", entry.Manager, entry.Operation, entry.APIVersion, entry.Subresource, s.time(entry.Time), s.fields(entry)))
	}
	if s.steps == nil {
		slices.Sort(managed) // they are in the order of their times
	}
	m["managedFields"] = managed
	return content
}

// time is what is compared of one: whether it is there, or in which step it was.
func (s *side) time(at *metav1.Time) string {
	switch {
	case at.IsZero():
		return "never"
	case s.steps == nil:
		return "once"
	default:
		return s.steps.of(at)
	}
}

// fields are those of an entry, sorted.
func (s *side) fields(entry metav1.ManagedFieldsEntry) string {
	set, err := decodeFields(entry.FieldsV1.GetRawBytes())
	if err != nil {
		return err.Error()
	}
	text := strings.Join(slices.Sorted(maps.Keys(set)), " ")
	return strings.ReplaceAll(strings.ReplaceAll(text, separator, "/"), string(s.anchor), "anchor")
}

// describe is what a caller may look at in an error.
func (s *side) describe(err error) string {
	if err == nil {
		return ""
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err.Error()
	}
	e := status.Status()
	text := fmt.Sprintf("%d %s", e.Code, e.Reason)
	if e.Details != nil {
		causes := map[string]bool{}
		for _, cause := range e.Details.Causes {
			causes[fmt.Sprintf("%s %s", cause.Type, cause.Field)] = true
		}
		name := e.Details.Name
		if causes[string(corev1.NamespaceTerminatingCause)+" metadata.namespace"] {
			name = ""
		}
		text += fmt.Sprintf(" %s/%s %s %v", e.Details.Group, e.Details.Kind, name, slices.Sorted(maps.Keys(causes)))
	}
	if e.Reason == metav1.StatusReasonNotFound || e.Reason == metav1.StatusReasonAlreadyExists {
		text += " " + e.Message
	}
	return regexp.MustCompile(`(s\d+-[ab](?:-again)?)-[bcdfghjklmnpqrstvwxz2456789]{5}\b`).ReplaceAllString(text, "$1-*****")
}

func asText(value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// all are the objects of a kind in the order of their latest writes.
func (s *side) all(ctx context.Context, kind specimen) []any {
	list := kind.list()
	if err := s.client.List(ctx, list, client.InNamespace(s.namespace)); err != nil {
		return []any{err.Error()}
	}
	items, err := apimeta.ExtractList(list)
	if err != nil {
		return []any{err.Error()}
	}
	var objects []client.Object
	ignored := append([]string{"kube-root-ca.crt", "anchor"}, s.ignored...)
	for _, item := range items {
		obj, ok := item.(client.Object)
		if ok && !slices.ContainsFunc(ignored, func(start string) bool { return strings.HasPrefix(obj.GetName(), start) }) {
			objects = append(objects, obj)
		}
	}
	slices.SortFunc(objects, func(a, b client.Object) int {
		return cmp.Or(cmp.Compare(len(a.GetResourceVersion()), len(b.GetResourceVersion())), cmp.Compare(a.GetResourceVersion(), b.GetResourceVersion()))
	})
	s.reset()
	normal := make([]any, len(objects))
	for i, obj := range objects {
		normal[i] = s.normal(obj)
	}
	return normal
}
