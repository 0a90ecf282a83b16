// Package apikey turns an ApiKey into a Secret that holds a live key.
package apikey

import (
	"context"
	"time"

	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
)

const defaultResync = 10 * time.Minute

// Reconciler is the ApiKey's share of a pass.
type Reconciler struct {
	// Client writes; it reads from the cache.
	Client client.Client
	// Live reads past the cache.
	Live   client.Reader
	Broker *account.Broker
	// Ledger takes what is given up.
	Ledger   *ledger.Book
	Recorder events.EventRecorder
	Now      func() time.Time
	// WatchSecrets has a published Secret that is deleted or altered repaired at
	// once, and not only by the resync. Metadata is all that is watched.
	WatchSecrets bool
}

// +kubebuilder:rbac:groups=workspace-operator.io,resources=apikeys,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=apikeys/status,verbs=patch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=apikeys/finalizers,verbs=update
// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaces,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;create;update;delete

type pass = engine.Engine[*v1alpha1.ApiKey, Intent, Sight, Effect]

// Reconcile runs one pass.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	return (&pass{
		Kind:     r,
		New:      func() *v1alpha1.ApiKey { return &v1alpha1.ApiKey{} },
		StatusOf: statusOf,
		Extra:    publishedCondition,
		Undo:     r.undo,
		Abandon:  r.abandon,
		Due:      pressing,
		Resync:   func(i Intent) time.Duration { return i.Resync },
		WayOut:   "; to let this ApiKey go and leave its key alive at the vendor, set spec.deletionPolicy to Retain",
		Cached:   r.Client, Live: r.Live, Writer: r.Client, Recorder: r.Recorder, Now: r.Now,
	}).Reconcile(ctx, req)
}

func statusOf(key *v1alpha1.ApiKey) engine.Status {
	return engine.Status{
		Conditions:         &key.Status.Conditions,
		ObservedGeneration: &key.Status.ObservedGeneration,
		ReconcileAt:        &key.Status.LastHandledReconcileAt,
	}
}
