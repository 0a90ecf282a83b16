package workspaceclass

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// maxKept is the bound that the API sets.
const maxKept = 16

// kept are the Secrets to remember: the one the class names, and of those it has
// named before, the latest that still have our finalizer. Whoever lets go of them
// knows them by nothing else once the edit is past. A Secret that cannot be read
// is remembered. Where each namespace brings its own, the name is immutable.
func (r *Reconciler) kept(ctx context.Context, class *v1alpha1.WorkspaceClass) []v1alpha1.CredentialsReference {
	present := class.Spec.CredentialsRef
	if present.Namespace == "" {
		return nil
	}
	former := slices.DeleteFunc(slices.Clone(class.Status.Credentials), func(reference v1alpha1.CredentialsReference) bool {
		return reference == present || r.released(ctx, reference)
	})
	return append(former[max(len(former)-maxKept+1, 0):], present)
}

// released reports whether there is nothing of ours on the Secret.
func (r *Reconciler) released(ctx context.Context, reference v1alpha1.CredentialsReference) bool {
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	err := r.Live.Get(ctx, client.ObjectKey{Namespace: reference.Namespace, Name: reference.Name}, secret)
	return apierrors.IsNotFound(err) || err == nil && !controllerutil.ContainsFinalizer(secret, v1alpha1.FinalizerInUse)
}
