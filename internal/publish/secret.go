package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Found is the target Secret as it was read; never what it holds.
type Found struct {
	State plan.SecretState
	// Why says what makes it foreign, in a sentence without a full stop.
	Why   string
	KeyID string
	// KeyName is the vendor's name of the key, where the Secret holds its value
	// and its id is not known yet.
	KeyName     string
	IssuedAt    time.Time
	Fingerprint string
	// Changed says in which way the spec now asks for another Secret than the
	// one that was published.
	Changed string

	resourceVersion string
}

// Name is the target Secret's name.
func Name(key *v1alpha1.ApiKey) string {
	if key.Spec.Secret != nil && key.Spec.Secret.Name != "" {
		return key.Spec.Secret.Name
	}
	return key.Name
}

// Inspect reads the target Secret as it is now. Ours is what the ApiKey's UID controls;
// names and labels prove nothing.
func Inspect(ctx context.Context, live client.Reader, key *v1alpha1.ApiKey) (Found, error) {
	secret := &corev1.Secret{}
	err := live.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: Name(key)}, secret)
	if apierrors.IsNotFound(err) {
		return Found{State: plan.SecretAbsent, Changed: renamed(key)}, nil
	}
	if err != nil {
		return Found{}, err
	}
	if why := foreign(secret, key); why != "" {
		return Found{State: plan.SecretForeign, KeyID: string(secret.Data[v1alpha1.SecretKeyKeyID]), Why: fmt.Sprintf("Secret %q %s", secret.Name, why)}, nil
	}
	found := Found{State: plan.SecretOurs, resourceVersion: secret.ResourceVersion}
	if before := secret.Annotations[v1alpha1.AnnotationValueKey]; before != valueKey(key) && len(secret.Data[before]) > 0 {
		found.Changed = fmt.Sprintf("spec.secret.valueKey: the key is published as %q, and this version does not move it: set it back", before)
	}
	value := secret.Data[valueKey(key)]
	found.KeyID = string(secret.Data[v1alpha1.SecretKeyKeyID])
	if found.KeyID == "" {
		found.KeyName = secret.Annotations[v1alpha1.AnnotationKeyName]
	}
	if len(value) == 0 || found.KeyID == "" && found.KeyName == "" {
		found.KeyID, found.KeyName = "", ""
		return found, nil // emptied by somebody: it holds no key
	}
	found.IssuedAt, _ = time.Parse(time.RFC3339, secret.Annotations[v1alpha1.AnnotationIssuedAt])
	found.Fingerprint = provider.Fingerprint(string(key.UID), provider.NewSecret(string(value)))
	return found, nil
}

// renamed says that the key is in a Secret of another name.
func renamed(key *v1alpha1.ApiKey) string {
	before := key.Status.Binding
	if before == nil || before.Name == Name(key) {
		return ""
	}
	return fmt.Sprintf("spec.secret.name: the key is published in Secret %q, and this version does not move it: set it back", before.Name)
}

func foreign(secret *corev1.Secret, key *v1alpha1.ApiKey) string {
	switch {
	case !metav1.IsControlledBy(secret, key):
		return "exists and does not belong to this ApiKey"
	case secret.Type != corev1.SecretTypeOpaque:
		return "has the type " + strconv.Quote(string(secret.Type)) + " instead of Opaque"
	case secret.Immutable != nil && *secret.Immutable:
		return "is immutable"
	case !secret.DeletionTimestamp.IsZero():
		return "is being deleted"
	}
	return ""
}

// Draft is a Secret yet to be written.
type Draft struct {
	secret  *corev1.Secret
	keyID   string
	keyName string
	key     *v1alpha1.ApiKey
}

// Compose renders the whole Secret. It fails with reason TemplateInvalid only.
func Compose(key *v1alpha1.ApiKey, found Found, content Content, issuedAt time.Time) (*Draft, error) {
	target := key.Spec.Secret
	if target == nil {
		target = &v1alpha1.SecretTarget{}
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace, Name: Name(key), ResourceVersion: found.resourceVersion,
			Labels: map[string]string{}, Annotations: map[string]string{},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(key, v1alpha1.GroupVersion.WithKind("ApiKey"))},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{},
	}
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
	for name, value := range target.Labels {
		secret.Labels[name] = string(value)
	}
	for name, value := range target.Annotations {
		secret.Annotations[name] = string(value)
	}
	secret.Labels[v1alpha1.LabelManagedBy] = v1alpha1.ManagedBy
	secret.Annotations[v1alpha1.AnnotationValueKey] = valueKey(key)
	secret.Annotations[v1alpha1.AnnotationIssuedAt] = issuedAt.UTC().Format(time.RFC3339)
	if content.KeyID == "" {
		secret.Annotations[v1alpha1.AnnotationKeyName] = content.KeyName
	}
	return &Draft{secret: secret, keyID: content.KeyID, keyName: content.KeyName, key: key}, nil
}

// Identify writes the id of a key into the Secret that holds its value and only
// knows its name. The content is all that goes with it but the value, which
// stays where it is. It fails if anybody has written to the Secret since it was
// found.
func Identify(ctx context.Context, writer client.Client, live client.Reader, key *v1alpha1.ApiKey, found Found, content Content) error {
	secret := &corev1.Secret{}
	if err := live.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: Name(key)}, secret); err != nil {
		return err
	}
	if secret.ResourceVersion != found.resourceVersion {
		return apierrors.NewConflict(corev1.Resource("secrets"), secret.Name, ErrTaken)
	}
	content.Key = provider.NewSecret(string(secret.Data[valueKey(key)]))
	draft, err := Compose(key, found, content, found.IssuedAt)
	if err != nil {
		return err
	}
	return draft.send(ctx, writer)
}

func valueKey(key *v1alpha1.ApiKey) string {
	if key.Spec.Secret != nil && key.Spec.Secret.ValueKey != "" {
		return key.Spec.Secret.ValueKey
	}
	return v1alpha1.SecretKeyAPIKey
}
