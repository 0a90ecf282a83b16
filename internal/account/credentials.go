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
// used because a cache still has it.
func (b *Broker) readSecret(ctx context.Context, class *v1alpha1.WorkspaceClass, key types.NamespacedName, keys []string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := b.options.Reader.Get(ctx, key, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, credentialsNotFound(class, key, keys)
	case err != nil:
		return nil, fmt.Errorf("read Secret %q: %w", key, err)
	}
	return secret, nil
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
