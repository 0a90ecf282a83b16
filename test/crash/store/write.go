package store

import (
	"errors"
	"fmt"
	"maps"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// request is what every write has.
type request struct {
	kind    *kind
	key     types.NamespacedName
	manager string
	dryRun  bool
	// status says that it goes to the status subresource.
	status bool
}

func (r request) writer() writer {
	by := writer{manager: r.manager, apiVersion: r.kind.gvk.GroupVersion().String(), operation: metav1.ManagedFieldsOperationUpdate}
	if r.status {
		by.subresource = statusSubresource
	}
	return by
}

// compare leaves out what the endpoint does not write.
func (r request) compare(before, after tree) comparison {
	c := compare(before, after, r.kind.shape)
	for _, set := range []fieldSet{c.changed, c.removed} {
		if r.status {
			set.dropBelow("f:metadata")
			set.dropBelow("f:spec")
		} else if r.kind.status {
			set.dropBelow("f:status")
		}
	}
	return c
}

// create follows the server's order, as the first error is the one the client gets: admission, validation, storage.
func (s *Store) create(r request, in *sent) (*version, error) {
	k, m := r.kind, in.meta
	m.CreationTimestamp, m.UID, m.DeletionTimestamp, m.DeletionGracePeriodSeconds = metav1.Time{}, "", nil, nil
	m.OwnerReferences = withoutDuplicates(m.OwnerReferences)
	if err := in.refresh(); err != nil {
		return nil, err
	}
	now := s.now()
	by := owners(nil).base(in.entries).written(r.compare(tree{}, in.content), r.writer(), now)
	if err := s.admit(k, m); err != nil {
		return nil, err
	}
	m.UID, m.CreationTimestamp = s.nextUID(), *wholeSeconds(now)
	if m.Name == "" && m.GenerateName != "" {
		m.Name = s.nextName(m.GenerateName)
	}
	switch {
	case isNamespace(k):
		prepareNamespace(in.content, m)
	case k.custom:
		m.Generation = 1
		if k.status {
			in.content["status"] = defaultStatus()
		}
	}
	if wrong := validate(k, in); len(wrong) > 0 {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), m.Name, wrong)
	}
	if m.ResourceVersion != "" && !r.dryRun {
		return nil, plain(errors.New("resourceVersion should not be set on objects to be created"))
	}
	if there, found := s.content[k].objects[types.NamespacedName{Namespace: m.Namespace, Name: m.Name}]; found {
		return nil, alreadyExists(k, m.Name, there)
	}
	if err := in.refresh(); err != nil {
		return nil, err
	}
	v, err := s.store(r, in, by, k.defaultsStatus(), 0)
	if err == nil && r.dryRun {
		v.object.SetResourceVersion(m.ResourceVersion) // the server's storage would have refused one; a dry run does not get there
	}
	return v, err
}

func alreadyExists(k *kind, name string, there *version) error {
	err := apierrors.NewAlreadyExists(k.groupResource(), name)
	if there.meta().DeletionTimestamp != nil {
		err.ErrStatus.Message = "object is being deleted: " + err.ErrStatus.Message
	}
	return err
}

// plain is an error that the server does not classify.
func plain(err error) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Message: err.Error()}}
}

// admit refuses new content for a namespace that is not there, or not for long.
func (s *Store) admit(k *kind, m *metav1.ObjectMeta) error {
	if !k.namespaced {
		return nil
	}
	namespaces := s.kinds[corev1.SchemeGroupVersion.WithKind(namespaceKind)]
	namespace, found := s.content[namespaces].objects[types.NamespacedName{Name: m.Namespace}]
	if !found {
		return apierrors.NewNotFound(namespaces.groupResource(), m.Namespace)
	}
	if !terminating(namespace) {
		return nil
	}
	err := apierrors.NewForbidden(k.groupResource(), m.Name, fmt.Errorf("unable to create new content in namespace %s because it is being terminated", m.Namespace))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: corev1.NamespaceTerminatingCause, Message: fmt.Sprintf("namespace %s is being terminated", m.Namespace), Field: "metadata.namespace",
	})
	return err
}

// live is the object that a request is about.
func (s *Store) live(r request) (*version, error) {
	v, found := s.content[r.kind].objects[r.key]
	if !found {
		return nil, apierrors.NewNotFound(r.kind.groupResource(), r.key.Name)
	}
	return v, nil
}

// update takes what an object shall be, from a PUT or as a patch made it.
func (s *Store) update(r request, live *version, in *sent) (*version, error) {
	k, m, was := r.kind, in.meta, live.meta()
	now := s.now()
	entries := in.entries
	if r.status {
		entries = nil
	}
	by := live.owners.base(entries)
	if len(by) > 0 { // an object that nobody owns stays so
		by = by.written(r.compare(live.content, in.content), r.writer(), now)
	}
	m.OwnerReferences = withoutDuplicates(m.OwnerReferences) // again: a patch comes with them
	if err := checkVersion(k, m, live); err != nil {
		return nil, err
	}
	if r.status {
		content := maps.Clone(live.content)
		content["status"] = in.content["status"]
		in = &sent{content: content, meta: was.DeepCopy()}
		in.meta.ManagedFields = nil
	} else {
		prepare(k, in, live)
	}
	if wrong := validateUpdate(k, in, live); len(wrong) > 0 {
		return nil, apierrors.NewInvalid(k.gvk.GroupKind(), r.key.Name, wrong)
	}
	if err := in.refresh(); err != nil {
		return nil, err
	}
	same := equal(in.content, live.content)
	if same && by.sameFields(live.owners) {
		by = live.owners // a time alone is no change
	}
	if was.DeletionTimestamp != nil && len(in.meta.Finalizers) == 0 && (!isNamespace(k) || spent(in.content)) {
		last, err := s.seal(k, in.content, in.meta, by, live.number)
		if err == nil && !r.dryRun {
			s.drop(live)
		}
		return last, err
	}
	if same && !live.unstored && by.sameFields(live.owners) && by.sameTimes(live.owners) {
		return live, nil
	}
	return s.store(r, in, by, false, live.number)
}

// checkVersion is the optimistic lock.
func checkVersion(k *kind, m *metav1.ObjectMeta, live *version) error {
	current := formatVersion(live.number)
	switch {
	case m.ResourceVersion == current:
		return nil
	case m.ResourceVersion != "" && m.ResourceVersion != "0":
		return apierrors.NewConflict(k.groupResource(), live.key.Name, errors.New(optimisticLockMessage))
	case k.custom:
		wrong := field.Invalid(field.NewPath("metadata", "resourceVersion"), uint64(0), "must be specified for an update")
		return apierrors.NewInvalid(schema.GroupKind{Group: k.gvk.Group, Kind: k.resource}, live.key.Name, field.ErrorList{wrong})
	default:
		m.ResourceVersion = current
		return nil
	}
}

// optimisticLockMessage is the server's; people know it by heart.
const optimisticLockMessage = "the object has been modified; please apply your changes to the latest version and try again"

// prepare puts back what a client may not change.
func prepare(k *kind, in *sent, live *version) {
	m, was := in.meta, live.meta()
	m.Generation = was.Generation
	if k.status {
		in.content["status"] = live.content["status"]
	}
	switch {
	case k.custom:
		if !sameButMetadata(in.content, live.content) {
			m.Generation++
		}
	case isNamespace(k):
		in.content["spec"] = live.content["spec"]
		metav1.SetMetaDataLabel(m, corev1.LabelMetadataName, m.Name)
	}
	if m.UID == "" {
		m.UID = was.UID
	}
	m.CreationTimestamp = was.CreationTimestamp
	if was.DeletionTimestamp != nil {
		m.DeletionTimestamp = was.DeletionTimestamp
	}
	if was.DeletionGracePeriodSeconds != nil && m.DeletionGracePeriodSeconds == nil {
		m.DeletionGracePeriodSeconds = was.DeletionGracePeriodSeconds
	}
}

func sameButMetadata(a, b tree) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		if other, found := b[name]; name != "metadata" && (!found || !equal(value, other)) {
			return false
		}
	}
	return true
}

// store makes the new version. A dry run gets it too, with the version number that the object has now, and nothing is kept.
func (s *Store) store(r request, in *sent, by owners, unstored bool, current uint64) (*version, error) {
	number := current
	if !r.dryRun {
		number = s.version + 1
	}
	v, err := s.seal(r.kind, in.content, in.meta, by, number)
	if err != nil || r.dryRun {
		return v, err
	}
	v.unstored = unstored
	s.version = number
	s.put(v)
	return v, nil
}

// withoutDuplicates drops references that are there twice.
func withoutDuplicates(references []metav1.OwnerReference) []metav1.OwnerReference {
	var kept []metav1.OwnerReference
	seen := map[string]bool{}
	for _, reference := range references {
		if text := reference.String(); !seen[text] {
			seen[text] = true
			kept = append(kept, reference)
		}
	}
	return kept
}
