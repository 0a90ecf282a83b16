// Package credentials keeps a credential Secret against deletion while a
// Workspace needs it, also while the Workspace is itself being deleted: so a
// namespace that goes away can still take its vendor objects with it.
package credentials

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
)

// Reconciler works on one credential Secret, named by the request.
type Reconciler struct {
	// Client writes; it reads from the cache.
	Client client.Client
	// Live reads past the cache.
	Live client.Reader
}

// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaces;workspaceclasses,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;patch

// Reconcile makes the finalizer on the Secret say whether it is needed.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	secret := &corev1.Secret{}
	if err := r.Live.Get(ctx, req.NamespacedName, secret); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	needed, err := r.needed(ctx, req.NamespacedName)
	if err != nil {
		return ctrl.Result{}, err
	}
	before := secret.DeepCopy()
	changed := false
	switch {
	case needed && secret.DeletionTimestamp.IsZero():
		changed = controllerutil.AddFinalizer(secret, v1alpha1.FinalizerInUse)
	case !needed:
		changed = controllerutil.RemoveFinalizer(secret, v1alpha1.FinalizerInUse)
	}
	if !changed {
		return ctrl.Result{}, nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return ctrl.Result{}, client.IgnoreNotFound(r.Client.Patch(ctx, secret, patch))
}

// needed reports whether a Workspace is served with the Secret.
func (r *Reconciler) needed(ctx context.Context, name client.ObjectKey) (bool, error) {
	classes := &v1alpha1.WorkspaceClassList{}
	if err := r.Client.List(ctx, classes); err != nil {
		return false, err
	}
	byName := map[string]*v1alpha1.WorkspaceClass{}
	for i := range classes.Items {
		byName[classes.Items[i].Name] = &classes.Items[i]
	}
	workspaces := &v1alpha1.WorkspaceList{}
	if err := r.Client.List(ctx, workspaces); err != nil {
		return false, err
	}
	for i := range workspaces.Items {
		if !controllerutil.ContainsFinalizer(&workspaces.Items[i], v1alpha1.Finalizer) {
			continue // the vendor was never called for it
		}
		class := byName[workspaces.Items[i].Class()]
		if class != nil && account.CredentialsKey(class, workspaces.Items[i].Namespace) == name {
			return true, nil
		}
	}
	return false, nil
}
