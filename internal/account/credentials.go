package account

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// maxCredentialBytes is beyond any credential and below what HTTP servers take
// as a header.
const maxCredentialBytes = 16 << 10

// ownKeyID is where a Secret in the operator's namespace holds the vendor's id
// of the credential, for drivers that have to name it.
const ownKeyID = v1alpha1.SecretKeyKeyID

// Credentials are the metadata of a credential Secret, never its data.
type Credentials struct {
	Namespace, Name string
	UID             types.UID
	ResourceVersion string
	Finalizers      []string
	// Deleting: somebody has deleted the Secret; a finalizer may hold it.
	Deleting bool
}

func credentialsOf(secret *corev1.Secret) Credentials {
	return Credentials{
		Namespace: secret.Namespace, Name: secret.Name,
		UID: secret.UID, ResourceVersion: secret.ResourceVersion,
		Finalizers: slices.Clone(secret.Finalizers),
		Deleting:   !secret.DeletionTimestamp.IsZero(),
	}
}

// readSecret reads live: a credential that has been taken away must not be
// used because a cache still has it. Only a workspace's own credential is in a
// Secret of ours.
func (b *Broker) readSecret(ctx context.Context, class *v1alpha1.WorkspaceClass, place slot, keys []string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := b.options.Reader.Get(ctx, place.secret, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, credentialsNotFound(class, place.secret, keys)
	case err != nil:
		return nil, fmt.Errorf("read Secret %q: %w", place.secret, err)
	}
	if fault := misused(secret); fault != "" && !place.own {
		return nil, credentialsMalformed(class, place.secret, []string{fault})
	}
	return secret, nil
}

// misused says why a class must not use the Secret, whatever is in it: whoever
// may write classes names any Secret, and would have what is in it sent to an
// endpoint of their choice. What Kubernetes keeps for itself has a type, and
// what we keep is marked as ours or has one of our kinds as its owner.
func misused(secret *corev1.Secret) string {
	ours := secret.Labels[v1alpha1.LabelManagedBy] == v1alpha1.ManagedBy ||
		slices.ContainsFunc(secret.OwnerReferences, func(owner metav1.OwnerReference) bool {
			group, err := schema.ParseGroupVersion(owner.APIVersion)
			return err != nil || group.Group == v1alpha1.GroupVersion.Group
		})
	switch {
	case secret.Type != "" && secret.Type != corev1.SecretTypeOpaque:
		return fmt.Sprintf("it is of type %q, and a credential Secret is of type %q", secret.Type, corev1.SecretTypeOpaque)
	case ours:
		return "it is one that this operator writes"
	}
	return ""
}

// credentialOf takes the values under the keys out of the Secret, and those
// under the optional keys where there are any.
func credentialOf(class *v1alpha1.WorkspaceClass, secret *corev1.Secret, keys []string, optional ...string) (map[string]provider.Secret, error) {
	values := map[string]provider.Secret{}
	var faults []string
	for _, key := range slices.Concat(keys, optional) {
		data, present := secret.Data[key]
		if !present && slices.Contains(optional, key) {
			continue
		}
		data = trimNewline(data)
		if fault := faultOf(data, present); fault != "" {
			faults = append(faults, fmt.Sprintf("key %q %s", key, fault))
			continue
		}
		values[key] = provider.NewSecret(string(data))
	}
	if len(faults) > 0 {
		return nil, credentialsMalformed(class, types.NamespacedName{Namespace: secret.Namespace, Name: secret.Name}, faults)
	}
	return values, nil
}

// trimNewline takes off the line end that editors and echo leave behind.
func trimNewline(data []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
}

// faultOf says what makes a value unfit to be a credential, without showing
// any of it.
func faultOf(data []byte, present bool) string {
	switch {
	case !present:
		return "is missing"
	case len(data) == 0:
		return "is empty"
	case len(data) > maxCredentialBytes:
		return fmt.Sprintf("has more than %d bytes", maxCredentialBytes)
	case !utf8.Valid(data):
		return "is not UTF-8 text (was it encoded in base64 twice?)"
	case strings.ContainsFunc(string(data), unicode.IsControl):
		return "has line breaks or control characters"
	}
	return ""
}

// OwnSecretName is the Secret in the operator's own namespace that holds the
// credential of the Workspace with this UID.
func OwnSecretName(workspace types.UID) string { return "workspace-" + string(workspace) }
