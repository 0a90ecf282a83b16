package store

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// kind is what the server knows about one kind.
type kind struct {
	gvk        schema.GroupVersionKind
	resource   string
	namespaced bool
	// custom says that it comes from a CRD: it has a generation, its objects are kept as they were sent, and an update has to name a version.
	custom bool
	// status says that it has a status subresource, and so that a write to the object itself leaves the status alone.
	status bool
	// shape is how its fields are owned.
	shape *shape
}

func (k *kind) groupResource() schema.GroupResource {
	return schema.GroupResource{Group: k.gvk.Group, Resource: k.resource}
}

// defaultsStatus says that the CRD has a default for the whole status, as every CRD here has that has a status: a reader sees it wherever none is stored.
func (k *kind) defaultsStatus() bool { return k.custom && k.status }

// defaultStatus is that default.
func defaultStatus() tree { return tree{"observedGeneration": int64(-1)} }

func isNamespace(k *kind) bool { return k.gvk.Kind == namespaceKind }

const (
	namespaceKind = "Namespace"
	secretKind    = "Secret"
)

// kinds are all the kinds of the store, in the order in which everything goes through them.
func kinds() []*kind {
	custom := func(name, resource string, namespaced, status bool, fields map[string]*shape) *kind {
		fields["metadata"] = metadataShape()
		return &kind{
			gvk: v1alpha1.GroupVersion.WithKind(name), resource: resource, namespaced: namespaced, custom: true, status: status, shape: &shape{fields: fields},
		}
	}
	core := func(name, resource string, namespaced bool, fields map[string]*shape) *kind {
		fields["metadata"] = metadataShape()
		return &kind{gvk: corev1.SchemeGroupVersion.WithKind(name), resource: resource, namespaced: namespaced, status: name == namespaceKind, shape: &shape{fields: fields}}
	}
	// The lists below are those that are not replaced as a whole, by the markers of the API types; a test compares them with the CRDs.
	conditions := byKeys("type")
	return []*kind{
		core(namespaceKind, "namespaces", false, map[string]*shape{}),
		core(secretKind, "secrets", true, map[string]*shape{}),
		core("ConfigMap", "configmaps", true, map[string]*shape{}),
		custom("WorkspaceClass", "workspaceclasses", false, true, map[string]*shape{
			"spec": within(map[string]*shape{
				"allowedNamespaces": within(map[string]*shape{"selector": {atomic: true}}),
				"keyPolicy":         within(map[string]*shape{"allowedScopes": {list: listSet}}),
			}),
			"status": within(map[string]*shape{"conditions": conditions, "capabilities": {list: listSet}}),
		}),
		custom("Workspace", "workspaces", true, true, map[string]*shape{
			"status": within(map[string]*shape{"conditions": conditions}),
		}),
		custom("ApiKey", "apikeys", true, true, map[string]*shape{
			"spec":   within(map[string]*shape{"scopes": {list: listSet}, "ipAllowlist": {list: listSet}}),
			"status": within(map[string]*shape{"conditions": conditions}),
		}),
		custom("Orphan", "orphans", true, false, map[string]*shape{}),
	}
}

// metadataShape is that of the metadata of every kind.
func metadataShape() *shape {
	owners := byKeys("uid")
	owners.each = &shape{atomic: true}
	return within(map[string]*shape{"finalizers": {list: listSet}, "ownerReferences": owners})
}

// mapper tells a client which kinds are in a namespace.
func mapper(all []*kind) meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, k := range all {
		scope := meta.RESTScopeRoot
		if k.namespaced {
			scope = meta.RESTScopeNamespace
		}
		m.AddSpecific(k.gvk, k.gvk.GroupVersion().WithResource(k.resource), k.gvk.GroupVersion().WithResource(k.resource), scope)
	}
	return m
}

// kindOf is the kind of an object or of a list of them, typed or not.
func (s *Store) kindOf(obj runtime.Object) (*kind, error) {
	gvk, err := gvkFor(obj, s.scheme)
	if err != nil {
		return nil, err
	}
	if k, found := s.kinds[gvk]; found {
		return k, nil
	}
	return nil, &meta.NoKindMatchError{GroupKind: gvk.GroupKind(), SearchedVersions: []string{gvk.Version}}
}
