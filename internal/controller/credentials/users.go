package credentials

import (
	"context"
	"errors"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
)

// needs reports whether the vendor may have been called for the Workspace.
func needs(ws *v1alpha1.Workspace) bool {
	return controllerutil.ContainsFinalizer(ws, v1alpha1.Finalizer)
}

// willNeed reports whether that is so, or about to be.
func (r *Reconciler) willNeed(ws *v1alpha1.Workspace) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	began, known := r.beginning[ws.UID]
	return needs(ws) || known && ws.DeletionTimestamp.IsZero() && r.Now().Sub(began) <= firstPass
}

// begin remembers that the Workspace is about to store its finalizer, and
// forgets those that have had the time to.
func (r *Reconciler) begin(workspace types.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Now()
	maps.DeleteFunc(r.beginning, func(_ types.UID, at time.Time) bool { return now.Sub(at) > firstPass })
	if r.beginning == nil {
		r.beginning = map[types.UID]time.Time{}
	}
	r.beginning[workspace] = now
}

// count gives how many Workspaces are served with the Secret, of those that
// count.
func (r *Reconciler) count(ctx context.Context, reader client.Reader, key types.NamespacedName, counts func(*v1alpha1.Workspace) bool) (int, error) {
	all := &v1alpha1.WorkspaceList{}
	if err := reader.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil { // they are only looked at
		return 0, err
	}
	classes := map[string]*v1alpha1.WorkspaceClass{}
	users := 0
	for i := range all.Items {
		ws := &all.Items[i]
		if !counts(ws) {
			continue
		}
		class, known := classes[ws.Class()]
		if !known {
			var err error
			if class, err = r.class(ctx, ws.Class()); err != nil {
				return 0, err
			}
			classes[ws.Class()] = class
		}
		if class != nil && account.CredentialsKey(class, ws.Namespace) == key {
			users++
		}
	}
	return users, nil
}

// class gives the class that serves under the name, nil if none does.
func (r *Reconciler) class(ctx context.Context, name string) (*v1alpha1.WorkspaceClass, error) {
	class, err := r.Broker.Class(ctx, name)
	if _, missing := errors.AsType[*account.Problem](err); missing {
		return nil, nil //nolint:nilnil // that there is none is an answer
	}
	return class, err
}

func beingDeleted(key types.NamespacedName) error {
	return apierrors.NewConflict(corev1.Resource("secrets"), key.Name, errors.New("it is being deleted"))
}
