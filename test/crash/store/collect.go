package store

import (
	"cmp"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// CollectGarbage is one round of what the garbage collector and the namespace controller of a cluster do: objects are deleted whose owners are all gone,
// references to owners that are gone are removed from the others, the content of terminating namespaces is deleted, and those that are empty go. It returns
// how many objects it wrote or deleted; a round that finds nothing to do returns 0. What has finalizers is only marked, as ever.
func (s *Store) CollectGarbage() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.version
	for _, k := range s.order {
		for _, v := range s.sorted(k) {
			if err := s.collect(v); err != nil {
				return int(s.version - before), err
			}
		}
	}
	for _, v := range s.sorted(s.order[0]) { // namespaces come first
		if !terminating(v) {
			continue
		}
		if err := s.end(v); err != nil {
			return int(s.version - before), err
		}
	}
	return int(s.version - before), nil
}

// sorted are the objects of a kind as the server lists them.
func (s *Store) sorted(k *kind) []*version {
	return sorted(s.content[k].objects)
}

func sorted(objects map[types.NamespacedName]*version) []*version {
	return slices.SortedFunc(maps.Values(objects), func(a, b *version) int {
		return cmp.Or(cmp.Compare(a.key.Namespace, b.key.Namespace), cmp.Compare(a.key.Name, b.key.Name))
	})
}

// collect does to one object what its owners call for.
func (s *Store) collect(v *version) error {
	m := v.meta()
	if len(m.OwnerReferences) == 0 || m.DeletionTimestamp != nil {
		return nil
	}
	var kept []metav1.OwnerReference
	for _, reference := range m.OwnerReferences {
		if s.exists(v, reference) {
			kept = append(kept, reference)
		}
	}
	r := request{kind: v.kind, key: v.key}
	switch len(kept) {
	case len(m.OwnerReferences):
		return nil
	case 0:
		return s.remove(r, &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &m.UID, ResourceVersion: &m.ResourceVersion}})
	default:
		after := m.DeepCopy()
		after.OwnerReferences = kept
		after.ManagedFields = nil
		return s.rewrite(r, v, &sent{content: maps.Clone(v.content), meta: after})
	}
}

// rewrite stores a change that the store itself makes, with what that means for the owners of the fields.
func (s *Store) rewrite(r request, live *version, in *sent) error {
	if err := in.refresh(); err != nil {
		return err
	}
	by := live.owners.written(r.compare(live.content, in.content), r.writer(), s.now())
	_, err := s.store(r, in, by, false, live.number)
	return err
}

// exists reports whether an owner is there, by its UID. An owner of a kind that the store does not know is left in peace.
func (s *Store) exists(dependent *version, reference metav1.OwnerReference) bool {
	k, known := s.kinds[schema.FromAPIVersionAndKind(reference.APIVersion, reference.Kind)]
	if !known {
		return true
	}
	key := types.NamespacedName{Name: reference.Name}
	if k.namespaced {
		key.Namespace = dependent.key.Namespace
	}
	owner, found := s.content[k].objects[key]
	return found && owner.meta().UID == reference.UID
}

// end deletes the content of a namespace, and the namespace itself once it has none.
func (s *Store) end(namespace *version) error {
	left := 0
	for _, k := range s.order {
		if !k.namespaced {
			continue
		}
		for _, v := range s.sorted(k) {
			if v.key.Namespace != namespace.key.Name {
				continue
			}
			r := request{kind: k, key: v.key}
			if err := s.remove(r, &metav1.DeleteOptions{}); err != nil {
				return err
			}
			if _, found := s.content[k].objects[v.key]; found {
				left++
			}
		}
	}
	switch {
	case left > 0:
		return nil
	case len(namespace.meta().Finalizers) == 0:
		s.drop(namespace)
		return nil
	case spent(namespace.content):
		return nil
	}
	// Its own finalizers keep it, the server's no longer.
	m := namespace.meta().DeepCopy()
	m.ManagedFields = nil
	content := maps.Clone(namespace.content)
	content["spec"] = tree{}
	return s.mark(request{kind: namespace.kind, key: namespace.key}, namespace, content, m)
}
