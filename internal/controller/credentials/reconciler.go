// Package credentials keeps a credential Secret against deletion while a
// Workspace needs it, also while the Workspace is itself being deleted: so a
// namespace that goes away can still take its vendor objects with it.
package credentials

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
)

// DefaultResync is how often a Secret in use is looked at: Secrets are not
// watched, so nothing else tells that one is deleted, or replaced by one nobody
// keeps.
const DefaultResync = time.Minute

// passDeadline bounds one pass.
const passDeadline = time.Minute

// firstPass is more than a pass takes: a Workspace that has not stored its
// finalizer by then has not called the vendor either.
const firstPass = 3 * time.Minute

// Reconciler works on one credential Secret, named by the request. It is safe
// for concurrent use.
type Reconciler struct {
	// Client writes; it reads from the cache.
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Broker   *account.Broker
	Recorder events.EventRecorder
	Now      func() time.Time
	// Resync is in the place of [DefaultResync] unless it is 0.
	Resync time.Duration

	// turns lets nobody find a Secret kept that is just being let go.
	turns turns
	// mu is for the maps.
	mu sync.Mutex
	// beginning are the Workspaces, by their UIDs, that Hold was called for and
	// whose finalizer may not be stored yet, with the time of the call.
	beginning map[types.UID]time.Time
	// kept are the Secrets, by their UIDs, that were seen or made to have our
	// finalizer and have not been let go since.
	kept map[types.NamespacedName]types.UID
	// told are the Secrets whose deletion was explained, by their UIDs.
	told map[types.NamespacedName]types.UID
}

// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaces;workspaceclasses,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile makes the finalizer on the Secret say whether it is needed, and
// tells whoever has deleted it why it stays.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, passDeadline)
	defer cancel()
	secret, users, err := r.review(ctx, req.NamespacedName)
	if err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	r.tell(req.NamespacedName, secret, users)
	if users == 0 {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{RequeueAfter: cmp.Or(r.Resync, DefaultResync)}, nil
}

// review sets or removes the finalizer, and gives the Secret, nil if there is
// none, and how many Workspaces need it.
func (r *Reconciler) review(ctx context.Context, key types.NamespacedName) (*corev1.Secret, int, error) {
	defer r.turns.take(key)()
	users, err := r.count(ctx, r.Client, key, needs)
	if err != nil {
		return nil, 0, err
	}
	secret := &corev1.Secret{}
	if err := r.Live.Get(ctx, key, secret); err != nil {
		r.forget(key)
		return nil, users, client.IgnoreNotFound(err)
	}
	switch held := controllerutil.ContainsFinalizer(secret, v1alpha1.FinalizerInUse); {
	case users > 0 && secret.DeletionTimestamp.IsZero():
		return secret, users, r.hold(ctx, secret)
	case users > 0 || !held:
		return secret, users, nil
	}
	// Only a list that is not behind proves that nobody needs it, or is about to.
	if users, err = r.count(ctx, r.Live, key, r.willNeed); err != nil || users > 0 {
		return secret, users, err
	}
	r.forget(key)
	return secret, 0, r.patch(ctx, secret, controllerutil.RemoveFinalizer)
}

// Hold keeps the Secret that the class has for the Workspace, before the
// Workspace's own finalizer says that it is needed; seen is the Secret as it was
// read last. It fails with a conflict if the Secret is being deleted, and with
// "not found" if it or the Workspace is gone; nothing is kept for a Workspace
// that is. For a Secret that is kept already the API server is not asked.
func (r *Reconciler) Hold(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, seen account.Credentials) error {
	key := account.CredentialsKey(class, ws.Namespace)
	if r.keeps(key, seen, ws.UID) {
		return nil
	}
	if err := r.keep(ctx, key, ws.UID); err != nil {
		return err
	}
	// A Workspace that goes after this look is noticed, and its Secret reviewed;
	// one that went before may have been noticed too early.
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(ws), &v1alpha1.Workspace{})
	if client.IgnoreNotFound(err) == nil && err != nil {
		if _, _, failed := r.review(ctx, key); failed != nil {
			return failed
		}
	}
	return err
}

// keeps reports whether the Secret is kept, and goes on being so for the
// Workspace.
func (r *Reconciler) keeps(key types.NamespacedName, seen account.Credentials, workspace types.UID) bool {
	defer r.turns.take(key)()
	if seen.Deleting || seen.UID == "" || r.keptAs(key) != seen.UID || !slices.Contains(seen.Finalizers, v1alpha1.FinalizerInUse) {
		return false
	}
	r.begin(workspace)
	return true
}

func (r *Reconciler) keep(ctx context.Context, key types.NamespacedName, workspace types.UID) error {
	defer r.turns.take(key)()
	secret := &corev1.Secret{}
	if err := r.Live.Get(ctx, key, secret); err != nil {
		return err
	}
	if !secret.DeletionTimestamp.IsZero() {
		return beingDeleted(key)
	}
	r.begin(workspace)
	return r.hold(ctx, secret)
}

// hold sets the finalizer.
func (r *Reconciler) hold(ctx context.Context, secret *corev1.Secret) error {
	if err := r.patch(ctx, secret, controllerutil.AddFinalizer); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[types.NamespacedName]types.UID{}
	}
	r.kept[client.ObjectKeyFromObject(secret)] = secret.UID
	return nil
}

// keptAs is the UID of the Secret that is kept under the name.
func (r *Reconciler) keptAs(key types.NamespacedName) types.UID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept[key]
}

func (r *Reconciler) forget(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.kept, key)
}

// patch changes the finalizers, unless the Secret has changed since it was read.
func (r *Reconciler) patch(ctx context.Context, secret *corev1.Secret, change func(client.Object, string) bool) error {
	before := secret.DeepCopy()
	if !change(secret, v1alpha1.FinalizerInUse) {
		return nil
	}
	return r.Client.Patch(ctx, secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// tell explains once to whoever has deleted the Secret why it stays.
func (r *Reconciler) tell(key types.NamespacedName, secret *corev1.Secret, users int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret == nil || secret.DeletionTimestamp.IsZero() || users == 0 {
		delete(r.told, key)
		return
	}
	if r.told[key] == secret.UID {
		return
	}
	if r.told == nil {
		r.told = map[types.NamespacedName]types.UID{}
	}
	r.told[key] = secret.UID
	r.Recorder.Eventf(secret, nil, corev1.EventTypeWarning, v1alpha1.ReasonInUse, "Delete",
		"waiting for %d Workspaces that are served with this credential: delete them first. Until then it serves what was made with it, and nothing new", users)
}
