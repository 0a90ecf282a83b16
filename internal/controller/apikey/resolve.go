package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/controller/limits"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Intent is what an ApiKey asks for, and of whom.
type Intent struct {
	// Obstacle is why the vendor cannot be asked.
	Obstacle error
	// Refusal is why no key is to be had as things stand. The vendor can be asked
	// all the same, and what is to be revoked is.
	Refusal *plan.Impasse

	Provider      string
	Capabilities  provider.KeyCapabilities
	Mark          provider.Mark
	Spec          provider.KeySpec
	WorkspaceUUID string
	Retain        bool
	// First: we hold no finalizer, so the vendor was never called.
	First    bool
	Deleting bool
	Resync   time.Duration
	// AbandonAfter is how long a deletion may wait for the vendor; nil is for ever.
	AbandonAfter *metav1.Duration
	// ClassName is the WorkspaceClass's, as far as it is known.
	ClassName string
	// OwnCredential: the Workspace has a credential of its own, which manages its
	// keys.
	OwnCredential bool

	uid      string
	recorded string
	account  *account.Account
}

// Reserve stands in line for the requests of one pass: the one that changes
// something, and the list read before it.
func (i Intent) Reserve(ctx context.Context, fresh bool) (context.Context, error) {
	if i.Obstacle != nil || i.account == nil {
		return ctx, nil
	}
	requests, priority := 1, account.Issue
	if fresh {
		requests++
	}
	if i.Deleting {
		priority = account.Revoke
	}
	return i.account.Reserve(ctx, i.uid, requests, priority)
}

// Resolve reads the Workspace, its class and the credentials.
func (r *Reconciler) Resolve(ctx context.Context, key *v1alpha1.ApiKey) (Intent, error) {
	intent := Intent{
		uid:      string(key.UID),
		recorded: key.Status.KeyID,
		Mark:     provider.MarkFor(string(key.UID)),
		Spec:     specOf(key, r.Now()),
		Retain:   key.Spec.DeletionPolicy == v1alpha1.DeletionRetain,
		First:    !controllerutil.ContainsFinalizer(key, v1alpha1.Finalizer),
		Deleting: !key.DeletionTimestamp.IsZero(),
		Resync:   defaultResync,
	}
	if intent.Deleting && intent.Retain {
		return intent, nil // the vendor is not asked
	}
	obstacle, err := engine.Obstacle(r.serve(ctx, key, &intent))
	intent.Obstacle = obstacle
	return intent, err
}

// noWorkspace is what stands in the way of a key whose Workspace does not exist.
func noWorkspace(key *v1alpha1.ApiKey) *plan.Impasse {
	return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonWorkspaceNotFound,
		Message: fmt.Sprintf("there is no Workspace %q in this namespace", key.Spec.WorkspaceRef.Name)}
}

// serve finds who serves the ApiKey, and fills in what that decides.
func (r *Reconciler) serve(ctx context.Context, key *v1alpha1.ApiKey, intent *Intent) error {
	ws := &v1alpha1.Workspace{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: key.Namespace, Name: key.Spec.WorkspaceRef.Name}, ws)
	if apierrors.IsNotFound(err) {
		return noWorkspace(key)
	}
	if err != nil {
		return err
	}
	if err := usable(ws, intent); err != nil && ws.Status.ClassName == "" {
		return err
	}
	class, err := r.Broker.Class(ctx, ws.Status.ClassName)
	if err != nil {
		return err
	}
	intent.AbandonAfter, intent.ClassName = class.Spec.AbandonAfter, class.Name
	if class.Spec.ResyncInterval != nil {
		intent.Resync = class.Spec.ResyncInterval.Duration
	}
	driver, err := r.Broker.Driver(class)
	if err != nil {
		return err
	}
	intent.Provider, intent.Capabilities = driver.Name(), driver.Capabilities().Key
	if err := r.serves(ctx, key, ws, class, driver, intent); err != nil {
		refused := refusal(err)
		if refused == nil || intent.First || ws.Status.UUID == "" || !intent.Capabilities.Issue {
			return err // there is nothing to revoke, or nowhere to look for it
		}
		intent.Refusal = refused
	}
	intent.WorkspaceUUID = ws.Status.UUID
	// What was taken over was there before us, and has no credential of its own.
	intent.OwnCredential = driver.Capabilities().Workspace.OwnCredential && ws.Spec.ExternalID == ""
	if intent.OwnCredential {
		intent.account, err = r.Broker.OpenOwn(ctx, class, account.OwnSecretName(ws.UID))
	} else {
		intent.account, err = r.Broker.Open(ctx, class, key.Namespace)
	}
	if err == nil && intent.First && !intent.Deleting {
		return intent.account.TakesNew()
	}
	return err
}

// refusal is what is said against a key; nil for a read that failed.
func refusal(err error) *plan.Impasse {
	if impasse, ok := errors.AsType[*plan.Impasse](err); ok {
		return impasse
	}
	if problem, ok := errors.AsType[*account.Problem](err); ok {
		return &plan.Impasse{State: plan.Blocked, Reason: problem.Reason, Message: problem.Message}
	}
	return nil
}

// serves says whether a key can be had. What is wrong with the ApiKey itself is
// said first: it does not get better by waiting for the Workspace.
func (r *Reconciler) serves(ctx context.Context, key *v1alpha1.ApiKey, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, driver provider.Driver, intent *Intent) error {
	if intent.Deleting || !ws.DeletionTimestamp.IsZero() {
		return usable(ws, intent)
	}
	if err := refused(key, class, driver, r.Now()); err != nil {
		return err
	}
	if err := usable(ws, intent); err != nil {
		return err
	}
	return r.Broker.Admit(ctx, class, key.Namespace)
}

// usable reports why keys cannot be issued in, or removed from, the Workspace.
func usable(ws *v1alpha1.Workspace, intent *Intent) error {
	switch {
	case intent.Deleting && ws.Status.UUID == "":
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonWorkspaceNotReady, Message: fmt.Sprintf(
			"Workspace %q has no uuid, so its keys cannot be looked for", ws.Name)}
	case intent.Deleting:
		return nil
	case !ws.DeletionTimestamp.IsZero():
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonWorkspaceDeleting,
			Message: fmt.Sprintf("Workspace %q is being deleted: delete this ApiKey as well", ws.Name)}
	case conflicting(ws):
		return conflict(ws)
	case ws.Status.UUID == "" || intent.First && !meta.IsStatusConditionTrue(ws.Status.Conditions, v1alpha1.ConditionReady):
		// A key that was issued works whatever becomes of its Workspace's spec.
		return &plan.Impasse{State: plan.Working, Reason: v1alpha1.ReasonWorkspaceNotReady,
			Message: fmt.Sprintf("waiting for Workspace %q to become Ready", ws.Name)}
	}
	return nil
}

func conflict(ws *v1alpha1.Workspace) error {
	return hold(v1alpha1.ReasonConflict, fmt.Sprintf("Workspace %q has not got the vendor's workspace that it names: delete this ApiKey as well", ws.Name))
}

// conflicting reports whether the Workspace has lost its workspace to another.
func conflicting(ws *v1alpha1.Workspace) bool {
	ready := meta.FindStatusCondition(ws.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionFalse && ready.Reason == v1alpha1.ReasonConflict
}

// specOf is what a key should be that is issued now.
func specOf(key *v1alpha1.ApiKey, now time.Time) provider.KeySpec {
	spec := provider.KeySpec{
		DisplayName: key.Name,
		Scopes:      key.Spec.Scopes,
		Mode:        key.Spec.Mode,
		Action:      key.Spec.Action,
		IPAllowlist: key.Spec.IPAllowlist,
		UsageLimits: limits.Usage(key.Spec.UsageLimits),
		RateLimits:  limits.Rate(key.Spec.RateLimits),
	}
	if key.Spec.DisplayName != "" {
		spec.DisplayName = key.Spec.DisplayName
	}
	if key.Spec.Access != "" {
		disabled := key.Spec.Access == v1alpha1.Disabled
		spec.Disabled = &disabled
	}
	switch {
	case key.Spec.ExpiresAt != nil:
		spec.ExpiresAt = key.Spec.ExpiresAt.Time
	case key.Spec.Lifetime != nil:
		spec.ExpiresAt = now.Add(key.Spec.Lifetime.Duration).Truncate(time.Second)
	}
	return spec
}

// forLive is what the key that was issued should be: its lifetime counts from
// then.
func forLive(key *v1alpha1.ApiKey, spec provider.KeySpec) provider.KeySpec {
	if key.Spec.Lifetime != nil && key.Status.CreatedAt != nil {
		spec.ExpiresAt = key.Status.CreatedAt.Add(key.Spec.Lifetime.Duration)
	}
	return spec
}
