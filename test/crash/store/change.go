package store

import (
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// replace is a PUT. A UID in the body is a precondition.
func (s *Store) replace(r request, obj client.Object) (*version, error) {
	in, err := s.receive(r.kind, obj)
	if err != nil {
		return nil, err
	}
	live, err := s.live(r)
	if err != nil {
		return nil, err
	}
	if uid := in.meta.UID; uid != "" && uid != live.meta().UID {
		return nil, apierrors.NewConflict(r.kind.groupResource(), r.key.Name, preconditionFailed(uid, live))
	}
	if kept := withoutDuplicates(in.meta.OwnerReferences); len(kept) < len(in.meta.OwnerReferences) {
		in.meta.OwnerReferences = kept
		if err := in.refresh(); err != nil {
			return nil, err
		}
	}
	return s.update(r, live, in)
}

func preconditionFailed(uid types.UID, live *version) error {
	return fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", uid, live.meta().UID) //nolint:staticcheck // the server's words
}

// merge is a PATCH with a JSON merge patch.
func (s *Store) merge(r request, data []byte) (*version, error) {
	live, err := s.live(r)
	if err != nil {
		return nil, err
	}
	var patch tree
	if err := json.Unmarshal(data, &patch); err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	fields, patchesMetadata := patch["metadata"].(tree)
	entries, err := patchedEntries(fields)
	if err != nil {
		return nil, err
	}
	whole := maps.Clone(live.content)
	if patchesMetadata {
		// Only the version is not in the content, and a patch may name it.
		m := maps.Clone(asTree(whole["metadata"]))
		m["resourceVersion"] = formatVersion(live.number)
		whole["metadata"] = m
	}
	merged := mergePatch(whole, patch)
	kept, hasData := merged["data"].(tree)
	content, err := s.retyped(r.kind, merged)
	if err != nil {
		return nil, err
	}
	if patchesMetadata {
		unstructured.RemoveNestedField(content, "metadata", "managedFields")
	}
	in, err := s.complete(r.kind, content, entries, !patchesMetadata)
	if err != nil {
		return nil, err
	}
	in.emptied = hasData && len(kept) == 0
	if !patchesMetadata {
		in.meta.ResourceVersion = formatVersion(live.number)
	}
	if in.meta.Name != r.key.Name {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", in.meta.Name, r.key.Name))
	}
	if in.meta.Namespace != r.key.Namespace {
		return nil, apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	return s.update(r, live, in)
}

// patchedEntries are the managedFields that a patch puts in the place of those of the object. None leave those.
func patchedEntries(metadata tree) ([]metav1.ManagedFieldsEntry, error) {
	list, ok := metadata["managedFields"].([]any)
	if !ok {
		return nil, nil
	}
	m := &metav1.ObjectMeta{}
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(tree{"managedFields": list}, m)
	return m.ManagedFields, err
}

func asTree(value any) tree {
	t, ok := value.(tree)
	if !ok {
		return nil
	}
	return t
}

// mergePatch is RFC 7386. What it is given stays as it is; what it returns may share with both.
func mergePatch(target, patch tree) tree {
	merged := maps.Clone(target)
	if merged == nil {
		merged = tree{}
	}
	for name, value := range patch {
		deeper, isTree := value.(tree)
		switch {
		case value == nil:
			delete(merged, name)
		case isTree:
			merged[name] = mergePatch(asTree(merged[name]), deeper)
		default:
			merged[name] = value
		}
	}
	return merged
}

// remove is a DELETE.
func (s *Store) remove(r request, options *metav1.DeleteOptions) error {
	if policy := options.PropagationPolicy; policy != nil && *policy != metav1.DeletePropagationBackground {
		return fmt.Errorf("deletion with the propagation policy %s is not modelled", *policy)
	}
	live, err := s.live(r)
	if err != nil {
		return err
	}
	if err := checkPreconditions(r, options.Preconditions, live); err != nil {
		return err
	}
	m := live.meta().DeepCopy()
	content := live.content
	switch {
	case isNamespace(r.kind):
		if m.DeletionTimestamp != nil && !spent(content) {
			return nil
		}
		if m.DeletionTimestamp != nil {
			return s.finish(r, live, m)
		}
		content = maps.Clone(content)
		content["status"] = mergePatch(asTree(content["status"]), tree{"phase": "Terminating"})
		m.DeletionTimestamp = wholeSeconds(s.now())
		return s.mark(r, live, content, m)
	default:
		return s.finish(r, live, m)
	}
}

// finish removes an object that nothing keeps, and marks one that has finalizers.
func (s *Store) finish(r request, live *version, m *metav1.ObjectMeta) error {
	if len(m.Finalizers) == 0 {
		if !r.dryRun {
			s.drop(live)
		}
		return nil
	}
	if m.DeletionTimestamp != nil && m.DeletionGracePeriodSeconds != nil && !live.unstored {
		return nil
	}
	if m.DeletionTimestamp == nil {
		if m.Generation > 0 {
			m.Generation++
		}
		m.DeletionTimestamp = wholeSeconds(s.now())
	}
	m.DeletionGracePeriodSeconds = new(int64)
	return s.mark(r, live, live.content, m)
}

func (s *Store) mark(r request, live *version, content tree, m *metav1.ObjectMeta) error {
	m.ManagedFields = nil
	in := &sent{content: maps.Clone(content), meta: m}
	if err := in.refresh(); err != nil {
		return err
	}
	_, err := s.store(r, in, live.owners, false, live.number)
	return err
}

// checkPreconditions refuses with the kind in the place of the resource, as the server does, but for namespaces.
func checkPreconditions(r request, wanted *metav1.Preconditions, live *version) error {
	if wanted == nil {
		return nil
	}
	resource := r.kind.groupResource()
	if !isNamespace(r.kind) {
		resource.Resource = r.kind.gvk.Kind
	}
	m := live.meta()
	if wanted.UID != nil && *wanted.UID != m.UID {
		return apierrors.NewConflict(resource, r.key.Name, fmt.Errorf(
			"the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *wanted.UID, m.UID))
	}
	if wanted.ResourceVersion != nil && *wanted.ResourceVersion != m.ResourceVersion {
		return apierrors.NewConflict(resource, r.key.Name, fmt.Errorf(
			"the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified",
			*wanted.ResourceVersion, m.ResourceVersion))
	}
	return nil
}
