package publish

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Name is the target Secret's name.
func Name(key *v1alpha1.ApiKey) string {
	if key.Spec.Secret != nil && key.Spec.Secret.Name != "" {
		return key.Spec.Secret.Name
	}
	return key.Name
}

func valueKey(key *v1alpha1.ApiKey) string {
	if key.Spec.Secret != nil && key.Spec.Secret.ValueKey != "" {
		return key.Spec.Secret.ValueKey
	}
	return v1alpha1.SecretKeyAPIKey
}

// Draft is a Secret yet to be written.
type Draft struct {
	secret  *corev1.Secret
	keyID   string
	keyName string
	key     *v1alpha1.ApiKey
	// labels and annotations are those of the Secret that are the spec's and ours.
	labels, annotations map[string]string
}

// Compose renders the whole Secret. What others have put among its labels and
// annotations stays. It fails with reason TemplateInvalid only.
func Compose(key *v1alpha1.ApiKey, found Found, content Content, issuedAt time.Time) (*Draft, error) {
	target := key.Spec.Secret
	if target == nil {
		target = &v1alpha1.SecretTarget{}
	}
	secret := &corev1.Secret{ObjectMeta: found.meta(key), Type: corev1.SecretTypeOpaque, Data: map[string][]byte{}}
	for _, name := range slices.Sorted(maps.Keys(target.Template)) {
		rendered, err := render(string(target.Template[name]), content)
		if err != nil {
			return nil, &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonTemplateInvalid,
				Message: fmt.Sprintf("spec.secret.template[%q]: %s", name, err)}
		}
		secret.Data[name] = rendered
	}
	// What the operator reads back goes over anything a tenant wrote.
	maps.Copy(secret.Data, map[string][]byte{
		valueKey(key):                   []byte(content.Key.Reveal()),
		v1alpha1.SecretKeyKeyID:         []byte(content.KeyID),
		v1alpha1.SecretKeyWorkspaceUUID: []byte(content.WorkspaceUUID),
		v1alpha1.SecretKeyEndpoint:      []byte(content.Endpoint),
		v1alpha1.SecretKeyProvider:      []byte(content.Provider),
	})
	draft := &Draft{
		secret: secret, keyID: content.KeyID, keyName: content.KeyName, key: key,
		labels: labels(target), annotations: annotations(target),
	}
	maps.Copy(draft.annotations, map[string]string{
		v1alpha1.AnnotationValueKey:    valueKey(key),
		v1alpha1.AnnotationIssuedAt:    issuedAt.UTC().Format(time.RFC3339),
		v1alpha1.AnnotationIssuedFor:   strconv.FormatInt(content.Generation, 10),
		v1alpha1.AnnotationKeyName:     content.KeyName,
		v1alpha1.AnnotationFingerprint: provider.Fingerprint(string(key.UID), content.Key),
	})
	if content.RotatedFor != "" {
		draft.annotations[v1alpha1.AnnotationRotatedFor] = content.RotatedFor
	}
	delete(secret.Annotations, v1alpha1.AnnotationPublished)
	delete(secret.Annotations, v1alpha1.AnnotationRotatedFor)
	maps.Copy(secret.Labels, draft.labels)
	maps.Copy(secret.Annotations, draft.annotations)
	return draft, nil
}

// meta is the metadata of the Secret to be written, without what was published
// among it before.
func (f Found) meta(key *v1alpha1.ApiKey) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{
		Namespace: key.Namespace, Name: Name(key),
		Labels: map[string]string{}, Annotations: map[string]string{},
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(key, v1alpha1.GroupVersion.WithKind("ApiKey"))},
	}
	if f.State != plan.SecretOurs || f.Name != meta.Name {
		return meta
	}
	meta.ResourceVersion, meta.Finalizers = f.read.ResourceVersion, f.read.Finalizers
	for _, owner := range f.read.OwnerReferences {
		if owner.UID != key.UID {
			meta.OwnerReferences = append(meta.OwnerReferences, owner)
		}
	}
	labels, annotations := published(f.read.Annotations[v1alpha1.AnnotationPublished])
	for name, value := range f.read.Labels {
		if !slices.Contains(labels, name) {
			meta.Labels[name] = value
		}
	}
	for name, value := range f.read.Annotations {
		if !slices.Contains(annotations, name) {
			meta.Annotations[name] = value
		}
	}
	return meta
}

// labels are those that the spec asks for, and ours.
func labels(target *v1alpha1.SecretTarget) map[string]string {
	all := map[string]string{}
	for name, value := range target.Labels {
		all[name] = string(value)
	}
	all[v1alpha1.LabelManagedBy] = v1alpha1.ManagedBy
	return all
}

// annotations are those that the spec asks for, and a note of what it asks for.
func annotations(target *v1alpha1.SecretTarget) map[string]string {
	all := map[string]string{}
	for name, value := range target.Annotations {
		all[name] = string(value)
	}
	if len(target.Labels)+len(target.Annotations) > 0 {
		all[v1alpha1.AnnotationPublished] = strings.Join(slices.Sorted(maps.Keys(target.Labels)), ",") +
			";" + strings.Join(slices.Sorted(maps.Keys(target.Annotations)), ",")
	}
	return all
}

// published reads that note. What somebody else has written there can at
// most remove labels and annotations of their own Secret.
func published(noted string) (labels, annotations []string) {
	first, second, _ := strings.Cut(noted, ";")
	reserved := func(name string) bool {
		return name == "" || name == v1alpha1.LabelManagedBy || strings.Contains(name, "workspace-operator.io/")
	}
	return slices.DeleteFunc(strings.Split(first, ","), reserved), slices.DeleteFunc(strings.Split(second, ","), reserved)
}
