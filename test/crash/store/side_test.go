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
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// side is one of the two servers, with what was read from it.
type side struct {
	client client.Client
	// loose sends and reads without types: the client library decodes an answer over what the caller's object holds, which is nothing the server does.
	loose     bool
	namespace string
	anchor    types.UID // of the ConfigMap that owns what has an owner
	read      [slots][]client.Object
	tokens    map[string]string
	steps     *steps // how to tell times; nil: they are not compared
}

// outcome is what an operation gave, with what differs between any two servers replaced.
type outcome struct {
	Error  string
	Object any
}

func (s *side) reset() {
	s.read, s.tokens = [slots][]client.Object{}, map[string]string{string(s.anchor): "anchor", wrongUID: wrongUID, "": "", "1": "1"}
}

func (s *side) owner(controller bool) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "anchor", UID: s.anchor, Controller: &controller}
}

// version is the apiVersion of an object's kind.
func (s *side) version(obj client.Object) string {
	gvk, err := apiutil.GVKForObject(obj, s.client.Scheme())
	if err != nil {
		return err.Error()
	}
	return gvk.GroupVersion().String()
}

// token stands for a UID or a version by when it was first seen.
func (s *side) token(kind, value string) string {
	if _, known := s.tokens[value]; !known {
		s.tokens[value] = fmt.Sprintf("%s %d", kind, len(s.tokens))
	}
	return s.tokens[value]
}

// do makes one request.
func (s *side) do(ctx context.Context, all sequence, o operation) outcome {
	before := s.base(all, o)
	obj, ok := before.DeepCopyObject().(client.Object)
	if !ok {
		return outcome{Error: "no object"}
	}
	for _, c := range o.changes {
		c.apply(s, obj)
	}
	err := s.send(ctx, o, before, obj)
	result := outcome{Error: s.describe(err)}
	if o.verb == "delete" {
		err = errors.Join(err, s.get(ctx, client.ObjectKeyFromObject(before), obj))
		result.Error += " | " + s.describe(err)
	}
	if err != nil {
		return result
	}
	if !o.dryRun || o.verb == "delete" {
		s.read[o.slot] = append(s.read[o.slot], obj)
	}
	result.Object = s.normal(obj)
	return result
}

// base is what the request is made from: something that was read, or something new.
func (s *side) base(all sequence, o operation) client.Object {
	read := s.read[o.slot]
	if len(read) > 0 && o.verb != "create" {
		return read[max(0, len(read)-1-o.snapshot)]
	}
	obj := all.kinds[o.slot].make()
	obj.SetName(all.names[o.slot])
	if all.kinds[o.slot].name != "WorkspaceClass" {
		obj.SetNamespace(s.namespace)
	}
	return obj
}

func (s *side) send(ctx context.Context, o operation, before, obj client.Object) error {
	var dry []string
	if o.dryRun {
		dry = []string{metav1.DryRunAll}
	}
	patch := client.MergeFrom(before)
	if o.lock {
		patch = client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	}
	if o.raw != "" {
		patch = client.RawPatch(types.MergePatchType, []byte(o.raw))
	}
	return s.as(obj, func(sent client.Object) error {
		switch o.verb {
		case "create":
			return s.client.Create(ctx, sent, &client.CreateOptions{DryRun: dry, FieldManager: o.manager})
		case "update":
			return s.client.Update(ctx, sent, &client.UpdateOptions{DryRun: dry, FieldManager: o.manager})
		case "status-update":
			return s.client.Status().Update(ctx, sent, &client.SubResourceUpdateOptions{UpdateOptions: client.UpdateOptions{DryRun: dry, FieldManager: o.manager}})
		case "delete":
			return s.client.Delete(ctx, sent, &client.DeleteOptions{DryRun: dry, Preconditions: preconditions(o, before)})
		}
		data, err := patch.Data(obj)
		if err != nil {
			return err
		}
		fixed := client.RawPatch(types.MergePatchType, data)
		options := client.PatchOptions{DryRun: dry, FieldManager: o.manager}
		// The object on the URL is the one that was read, whatever the changes made of its name.
		sent.SetName(before.GetName())
		if o.verb == "status-patch" {
			return s.client.Status().Patch(ctx, sent, fixed, &client.SubResourcePatchOptions{PatchOptions: options})
		}
		return s.client.Patch(ctx, sent, fixed, &options)
	})
}

func preconditions(o operation, before client.Object) *metav1.Preconditions {
	uid, version := before.GetUID(), before.GetResourceVersion()
	switch o.given {
	case "uid":
		return &metav1.Preconditions{UID: &uid}
	case "version":
		return &metav1.Preconditions{ResourceVersion: &version}
	case "both":
		return &metav1.Preconditions{UID: &uid, ResourceVersion: &version}
	case "wrong uid":
		return &metav1.Preconditions{UID: new(types.UID(wrongUID))}
	case "wrong version":
		return &metav1.Preconditions{ResourceVersion: new("1")}
	default:
		return nil
	}
}

func (s *side) get(ctx context.Context, key client.ObjectKey, obj client.Object) error {
	return s.as(obj, func(into client.Object) error { return s.client.Get(ctx, key, into) })
}

// as makes a call with the object, or with an untyped one in its place.
func (s *side) as(obj client.Object, call func(client.Object) error) error {
	if !s.loose {
		return call(obj)
	}
	gvk, err := apiutil.GVKForObject(obj, s.client.Scheme())
	if err != nil {
		return err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return err
	}
	untyped := &unstructured.Unstructured{Object: content}
	untyped.SetGroupVersionKind(gvk)
	if err := call(untyped); err != nil {
		return err
	}
	clean, err := s.client.Scheme().New(gvk)
	if err != nil {
		return err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(untyped.Object, clean); err != nil {
		return err
	}
	typed, ok := clean.(client.Object)
	if !ok {
		return errors.New("no object")
	}
	return answer(typed, obj)
}

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
	return regexp.MustCompile(`(s\d+-[ab])-[a-z0-9]{5}`).ReplaceAllString(text, "$1-*****")
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
	for _, item := range items {
		if obj, ok := item.(client.Object); ok && obj.GetName() != "kube-root-ca.crt" && obj.GetName() != "anchor" {
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
