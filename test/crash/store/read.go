package store

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// selects reports whether a list wants the object.
func selects(options *client.ListOptions, v *version) bool {
	if options.Namespace != "" && options.Namespace != v.key.Namespace {
		return false
	}
	if options.LabelSelector != nil && !options.LabelSelector.Matches(labels.Set(v.meta().Labels)) {
		return false
	}
	return options.FieldSelector == nil || options.FieldSelector.Matches(fields.Set{"metadata.name": v.key.Name, "metadata.namespace": v.key.Namespace})
}

// checkSelector refuses what selects does not know.
func checkSelector(options *client.ListOptions) error {
	if options.FieldSelector == nil {
		return nil
	}
	for _, requirement := range options.FieldSelector.Requirements() {
		if requirement.Field != "metadata.name" && requirement.Field != "metadata.namespace" {
			return fmt.Errorf("a list by the field %s is not modelled", requirement.Field)
		}
	}
	return nil
}

// fill puts copies of the objects into a list; the objects themselves if share is set, for a reader that promises to change nothing.
func fill(list client.ObjectList, k *kind, objects []client.Object, share bool, put func(from client.Object, to client.Object) error) error {
	switch list := list.(type) {
	case *metav1.PartialObjectMetadataList:
		list.Items = make([]metav1.PartialObjectMetadata, len(objects))
		for i, obj := range objects {
			if err := put(obj, &list.Items[i]); err != nil {
				return err
			}
		}
		return nil
	case *unstructured.UnstructuredList:
		list.Items = make([]unstructured.Unstructured, len(objects))
		for i, obj := range objects {
			if err := put(obj, &list.Items[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		return fillTyped(list, k, objects, share, put)
	}
}

func fillTyped(list client.ObjectList, k *kind, objects []client.Object, share bool, put func(from client.Object, to client.Object) error) error {
	pointer, err := meta.GetItemsPtr(list)
	if err != nil {
		return err
	}
	items := reflect.ValueOf(pointer).Elem()
	made := reflect.MakeSlice(items.Type(), len(objects), len(objects))
	for i, obj := range objects {
		item := made.Index(i).Addr()
		if share {
			item.Elem().Set(reflect.ValueOf(obj).Elem())
			continue
		}
		to, ok := item.Interface().(client.Object)
		if !ok {
			return fmt.Errorf("%T is no list of %s", list, k.gvk.Kind)
		}
		if err := put(obj, to); err != nil {
			return err
		}
	}
	items.Set(made)
	return nil
}

// setListKind says what kind a list is of, where it is not typed.
func setListKind(list client.ObjectList, k *kind) {
	switch list.(type) {
	case *metav1.PartialObjectMetadataList, *unstructured.UnstructuredList:
		gvk := k.gvk
		gvk.Kind += "List"
		list.GetObjectKind().SetGroupVersionKind(gvk)
	}
}
