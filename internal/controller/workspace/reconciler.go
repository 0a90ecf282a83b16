// Package workspace makes a Workspace exist at its vendor.
package workspace

import (
	"context"
	"time"

	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
)

const defaultResync = 10 * time.Minute

// Reconciler is the Workspace's share of a pass.
type Reconciler struct {
	// Client writes; it reads from the cache.
	Client client.Client
	// Live reads past the cache.
	Live   client.Reader
	Broker *account.Broker
	// Namespace is the operator's own.
	Namespace string
	// ProvisioningDeadline is how long a vendor may work on a workspace before
	// that is called a failure. It is not created again then.
	ProvisioningDeadline time.Duration
	// Hold keeps the credential Secret of the class for the Workspace. It fails
	// if either is going.
	Hold func(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, seen account.Credentials) error
	// Ledger is told what a deletion that is given up may leave at the vendor.
	Ledger   Ledger
	Recorder events.EventRecorder
	Now      func() time.Time
}

// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaces,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaces/status,verbs=patch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaceclasses,verbs=get;list;watch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=apikeys,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

type pass = engine.Engine[*v1alpha1.Workspace, Intent, Sight, Effect]

// Reconcile runs one pass.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	return (&pass{
		Kind:     r,
		New:      func() *v1alpha1.Workspace { return &v1alpha1.Workspace{} },
		StatusOf: statusOf,
		Secure:   r.secure,
		Undo:     r.undo,
		Resync:   func(i Intent) time.Duration { return i.Resync },
		Abandon:  r.abandon,
		WayOut:   "; to let this Workspace go and leave what the vendor has, set spec.deletionPolicy to Retain",
		Cached:   r.Client, Live: r.Live, Writer: r.Client, Recorder: r.Recorder, Now: r.Now,
	}).Reconcile(ctx, req)
}

// secure keeps the credential that a deletion will need.
func (r *Reconciler) secure(ctx context.Context, ws *v1alpha1.Workspace, intent Intent) error {
	if intent.account == nil {
		return nil // the finalizer is set again without a word to the vendor
	}
	return r.Hold(ctx, ws, intent.class, intent.account.Credentials())
}

func statusOf(ws *v1alpha1.Workspace) engine.Status {
	return engine.Status{
		Conditions:         &ws.Status.Conditions,
		ObservedGeneration: &ws.Status.ObservedGeneration,
		ReconcileAt:        &ws.Status.LastHandledReconcileAt,
	}
}
