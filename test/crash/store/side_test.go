package store

import (
	"context"
	"errors"
	"fmt"

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
	ignored   []string // the beginnings of names that are not compared in the end
	steps     *steps   // how to tell times; nil: they are not compared
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
