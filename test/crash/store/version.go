package store

import (
	"fmt"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// tree is an object as JSON has it: maps, lists, strings, numbers and truth values.
type tree = map[string]any

// version is one state of one object. Nothing in it is ever changed.
type version struct {
	kind   *kind
	key    types.NamespacedName
	number uint64
	// content is the object without apiVersion, kind, managedFields and resourceVersion.
	content tree
	owners  owners
	// unstored says that the status in the content is the CRD's default, and that none is stored. The next write stores it.
	unstored bool
	// object is the whole as its type; cached is the same without managedFields, as the operator's caches keep it.
	object, cached client.Object
}

func (v *version) meta() *metav1.ObjectMeta { return metaOf(v.object) }

// metaOf is the metadata of an object that is typed, or of which only the metadata is known.
func metaOf(obj client.Object) *metav1.ObjectMeta {
	accessor, ok := obj.(metav1.ObjectMetaAccessor)
	if !ok {
		return nil
	}
	m, ok := accessor.GetObjectMeta().(*metav1.ObjectMeta)
	if !ok {
		return nil
	}
	return m
}

// seal makes a version from its parts.
func (s *Store) seal(k *kind, content tree, m *metav1.ObjectMeta, by owners, number uint64) (*version, error) {
	made, err := s.scheme.New(k.gvk)
	if err != nil {
		return nil, err
	}
	obj, ok := made.(client.Object)
	if !ok {
		return nil, fmt.Errorf("%T is no object", made)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, obj); err != nil {
		return nil, err
	}
	obj.GetObjectKind().SetGroupVersionKind(k.gvk)
	if number != 0 {
		obj.SetResourceVersion(formatVersion(number))
	}
	v := &version{kind: k, key: types.NamespacedName{Namespace: m.Namespace, Name: m.Name}, number: number, content: content, owners: by, object: obj}
	v.cached = shallow(obj)
	obj.SetManagedFields(by.entries())
	return v, nil
}

// shallow copies an object without what it refers to.
func shallow(obj client.Object) client.Object {
	original := reflect.ValueOf(obj).Elem()
	made := reflect.New(original.Type())
	made.Elem().Set(original)
	duplicate, ok := made.Interface().(client.Object)
	if !ok {
		return obj // the type of an object is that of an object
	}
	return duplicate
}

// sent is what came with a request: the content, and apart from it the metadata, with the entries of managedFields and the version.
type sent struct {
	content tree
	meta    *metav1.ObjectMeta
	entries []metav1.ManagedFieldsEntry
	// emptied says that there are data, and that they are empty: the same as none but to the check of what is immutable.
	emptied bool
}

// receive takes an object as a client would send it.
func (s *Store) receive(k *kind, obj client.Object) (*sent, error) {
	var content tree
	if loose, ok := obj.(*unstructured.Unstructured); ok {
		content = loose.DeepCopy().Object
		unstructured.RemoveNestedField(content, "metadata", "managedFields")
	} else {
		bare := shallow(obj)
		bare.SetManagedFields(nil) // they are many, and compared as they are
		var err error
		if content, err = runtime.DefaultUnstructuredConverter.ToUnstructured(bare); err != nil {
			return nil, err
		}
	}
	return s.complete(k, content, obj.GetManagedFields(), isTyped(obj))
}

// complete does what decoding a request does: defaults, and for the kinds that are no custom resources everything that their type does not keep.
// The metadata are known to be as their type writes them if tidy is set.
func (s *Store) complete(k *kind, content tree, entries []metav1.ManagedFieldsEntry, tidy bool) (*sent, error) {
	delete(content, "apiVersion")
	delete(content, "kind")
	m := &metav1.ObjectMeta{}
	if fields, ok := content["metadata"].(tree); ok {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, m); err != nil {
			return nil, err
		}
	}
	if !k.namespaced && m.Namespace != "" {
		m.Namespace, tidy = "", false
	}
	m.ManagedFields = nil
	if _, found := content["status"]; !found && k.defaultsStatus() {
		content["status"] = defaultStatus()
	} else if k.custom && !k.status {
		delete(content, "status") // the one unknown field that a client may well send
	}
	defaults(k, content, m)
	in := &sent{content: content, meta: m, entries: entries}
	if fields, ok := content["metadata"].(tree); ok && tidy && !isNamespace(k) {
		delete(fields, "resourceVersion")
		return in, nil
	}
	return in, in.refresh()
}

// refresh puts the metadata into the content.
func (in *sent) refresh() error {
	bare := *in.meta
	bare.ResourceVersion = ""
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&bare)
	if err != nil {
		return err
	}
	in.content["metadata"] = fields
	return nil
}

// retyped is the content after a passage through its type, as the kinds take it that are kept in another format than JSON: what is empty is gone.
func (s *Store) retyped(k *kind, content tree) (tree, error) {
	if k.custom {
		return content, nil
	}
	obj, err := s.scheme.New(k.gvk)
	if err != nil {
		return nil, err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, obj); err != nil {
		return nil, err
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
}

// deliver fills the caller's object with a copy.
func deliver(from client.Object, to client.Object) error {
	switch to := to.(type) {
	case *metav1.PartialObjectMetadata:
		gvk := from.GetObjectKind().GroupVersionKind()
		*to = metav1.PartialObjectMetadata{ObjectMeta: *metaOf(from).DeepCopy()}
		to.SetGroupVersionKind(gvk)
		return nil
	case *unstructured.Unstructured:
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(from)
		to.Object = content
		return err
	default:
		target, source := reflect.ValueOf(to).Elem(), reflect.ValueOf(from.DeepCopyObject()).Elem()
		if target.Type() != source.Type() {
			return fmt.Errorf("a %T does not fit into a %T", from, to)
		}
		target.Set(source)
		return nil
	}
}

// answer is what the server's answers look like: as the client library decodes them, a typed object does not say what kind it is.
func answer(from client.Object, to client.Object) error {
	if err := deliver(from, to); err != nil {
		return err
	}
	if isTyped(to) {
		to.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	}
	return nil
}

func isTyped(obj runtime.Object) bool {
	switch obj.(type) {
	case *metav1.PartialObjectMetadata, *unstructured.Unstructured:
		return false
	default:
		return true
	}
}

// gvkFor is the kind of an object, or of what a list is of.
func gvkFor(obj runtime.Object, scheme *runtime.Scheme) (schema.GroupVersionKind, error) {
	gvk, err := apiutil.GVKForObject(obj, scheme)
	if _, isList := obj.(client.ObjectList); err == nil && isList {
		const suffix = "List"
		if n := len(gvk.Kind) - len(suffix); n > 0 && gvk.Kind[n:] == suffix {
			gvk.Kind = gvk.Kind[:n]
		}
	}
	return gvk, err
}
