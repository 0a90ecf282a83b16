// Package orphan removes entries of the orphan ledger once the vendor shows
// that what they stand for is gone. It only looks: it never deletes anything at
// a vendor, because what is in the ledger is there for the reason that nobody
// could say for certain what would be deleted.
package orphan

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	defaultResync = 10 * time.Minute
	// passDeadline bounds one look, calls to the vendor included.
	passDeadline = 2 * time.Minute
)

// Reconciler looks after the entries.
type Reconciler struct {
	// Client writes; it reads from the cache.
	Client client.Client
	Broker *account.Broker
	Now    func() time.Time
	// ProvisioningDeadline is how long a vendor may work on a workspace it has
	// accepted.
	ProvisioningDeadline time.Duration
}

// What it may do with entries is in the Role of the operator's own namespace.
//
// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaceclasses,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// Reconcile looks once whether the entry is still needed. Nothing is written
// unless it is not.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, passDeadline)
	defer cancel()
	entry := &v1alpha1.Orphan{}
	if err := r.Client.Get(ctx, req.NamespacedName, entry); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !entry.DeletionTimestamp.IsZero() || entry.Annotations[v1alpha1.AnnotationPaused] == "true" {
		return ctrl.Result{}, nil
	}
	asked, err := r.resolve(ctx, &entry.Spec)
	switch {
	case err != nil:
		return later(ctx, entry, asked, err)
	case asked.question == nothing:
		return ctrl.Result{}, nil // until its class changes, or a person removes it
	case asked.unsettled > 0:
		return ctrl.Result{RequeueAfter: asked.unsettled + time.Second}, nil
	}
	seen, err := r.observe(ctx, entry, asked)
	if err != nil {
		return later(ctx, entry, asked, err)
	}
	if !gone(&entry.Spec, asked.can.Workspace, seen) {
		return ctrl.Result{RequeueAfter: engine.Spread(entry.UID, asked.resync)}, nil
	}
	logr.FromContextOrDiscard(ctx).Info("The vendor no longer has it: the entry goes", "id", entry.Spec.ID, "vendorName", entry.Spec.Name)
	err = r.Client.Delete(ctx, entry, client.Preconditions{UID: &entry.UID, ResourceVersion: &entry.ResourceVersion})
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: time.Second}, nil // somebody has just changed it, perhaps to keep it
	}
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

// later comes again after a read that failed, which proves nothing. What the
// vendor or the class has to do with is no error: there is no hurry.
func later(ctx context.Context, entry *v1alpha1.Orphan, asked intent, err error) (ctrl.Result, error) {
	obstacle, failure := engine.Obstacle(err)
	if failure != nil {
		return ctrl.Result{}, failure
	}
	logr.FromContextOrDiscard(ctx).V(1).Info("The entry stays: the vendor could not be asked", "obstacle", obstacle.Error())
	if vendor, ok := errors.AsType[*provider.Error](obstacle); ok && vendor.RetryAfter > 0 {
		return ctrl.Result{RequeueAfter: vendor.RetryAfter}, nil
	}
	return ctrl.Result{RequeueAfter: engine.Spread(entry.UID, asked.resync)}, nil
}
