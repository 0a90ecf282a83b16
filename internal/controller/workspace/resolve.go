package workspace

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Intent is what a Workspace asks for, and of whom.
type Intent struct {
	// Obstacle is why the vendor cannot be asked.
	Obstacle error

	ClassName    string
	Provider     string
	Mark         provider.Mark
	Spec         provider.WorkspaceSpec
	Capabilities provider.Capabilities
	// Recovery is how a lost create is found again, with this spec.
	Recovery provider.Recovery
	// External is the id of a workspace to take over instead of creating one.
	External string
	// ObserveOnly: the vendor is only read.
	ObserveOnly bool
	Retain      bool
	// Insists: the Workspace's own spec says Retain.
	Insists bool
	// First: we hold no finalizer, so the vendor was never called.
	First      bool
	Deleting   bool
	Dependents int
	Resync     time.Duration

	uid   string
	class *v1alpha1.WorkspaceClass
	// account made the workspace; own manages it, where the vendor gives each
	// workspace a credential of its own and we have it.
	account *account.Account
	own     *account.Account
	vault   kept
	custody custody
}

// Reserve stands in line for the requests of one pass: the one that changes
// something, and the one that looks first.
func (i Intent) Reserve(ctx context.Context, fresh bool) (context.Context, error) {
	if i.Obstacle != nil || i.account == nil {
		return ctx, nil
	}
	requests, priority := 1, account.Create
	if fresh {
		requests++
	}
	if i.Deleting {
		priority = account.Revoke
	}
	return i.manager().Reserve(ctx, i.uid, requests, priority)
}

// manager is the account that manages the workspace once it exists.
func (i Intent) manager() *account.Account {
	if i.own != nil {
		return i.own
	}
	return i.account
}

// Resolve reads the class, the credentials and the ApiKeys.
func (r *Reconciler) Resolve(ctx context.Context, ws *v1alpha1.Workspace) (Intent, error) {
	intent := Intent{
		Insists:  ws.Spec.DeletionPolicy == v1alpha1.DeletionRetain,
		uid:      string(ws.UID),
		Mark:     provider.MarkFor(string(ws.UID)),
		First:    !controllerutil.ContainsFinalizer(ws, v1alpha1.Finalizer),
		Deleting: !ws.DeletionTimestamp.IsZero(),
		Retain:   ws.Spec.DeletionPolicy == v1alpha1.DeletionRetain,
		Resync:   defaultResync,

		External:    ws.Spec.ExternalID,
		ObserveOnly: ws.Spec.ManagementPolicy == v1alpha1.ManagementObserveOnly,
	}
	if intent.Deleting {
		var err error
		if intent.Dependents, err = r.dependents(ctx, ws); err != nil {
			return intent, err
		}
	}
	if intent.Deleting && !intent.First {
		// Whatever has become of the class: while we hold a credential of the
		// workspace's own, it is not forgotten.
		var err error
		if intent.vault, err = r.inspectVault(ctx, ws); err != nil {
			return intent, err
		}
	}
	obstacle, err := engine.Obstacle(r.serve(ctx, ws, &intent))
	intent.Obstacle = obstacle
	return intent, err
}

// serve finds who serves the Workspace, and fills in what that decides.
func (r *Reconciler) serve(ctx context.Context, ws *v1alpha1.Workspace, intent *Intent) error {
	class, err := r.Broker.Class(ctx, ws.Class())
	if err != nil {
		return err
	}
	intent.class = class
	if class.Spec.ResyncInterval != nil {
		intent.Resync = class.Spec.ResyncInterval.Duration
	}
	driver, err := r.Broker.Driver(class)
	if err != nil {
		return err
	}
	accountID, err := r.Broker.AccountID(class)
	if err != nil {
		return err
	}
	if err := estranged(ws, class.Name, driver.Name(), accountID); err != nil {
		return err
	}
	intent.ClassName, intent.Provider = class.Name, driver.Name()
	if intent.Capabilities, err = r.Broker.Capabilities(class); err != nil {
		return err
	}
	intent.Spec = specOf(ws, class, driver.Name())
	intent.Recovery = recovery(intent)
	intent.Retain = retains(ws, class, intent.Capabilities)
	if intent.Deleting {
		err = r.spare(ctx, ws, intent)
	} else {
		err = r.welcome(ctx, ws, class, intent)
	}
	if err != nil {
		return err
	}
	return r.open(ctx, ws, class, intent)
}

// welcome says whether the class serves the Workspace, and can.
func (r *Reconciler) welcome(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, intent *Intent) error {
	if ws.Status.UUID == "" {
		if err := going(class); err != nil {
			return err
		}
	}
	if err := r.Broker.Admit(ctx, class, ws.Namespace); err != nil {
		return err
	}
	if err := unsupported(ws, intent); err != nil {
		return err
	}
	return r.entitled(ctx, ws, class, intent.Provider)
}

// estranged refuses a class that is another one by now, of the same name: what its
// vendor, or its account, does not have says nothing of what the Workspace has.
func estranged(ws *v1alpha1.Workspace, class, vendor, accountID string) error {
	const message = "WorkspaceClass %q is another one by now: it is for %s, and this Workspace has its workspace in %s. Make the class anew as it was, or use another class with another Workspace"
	called := controllerutil.ContainsFinalizer(ws, v1alpha1.Finalizer) || ws.Status.UUID != ""
	was := ws.Status.AccountID
	switch {
	case called && ws.Status.Provider != "" && ws.Status.Provider != vendor:
		return &account.Problem{Reason: v1alpha1.ReasonClassInvalid, Message: fmt.Sprintf(message, class, vendor, ws.Status.Provider)}
	case ws.Status.UUID != "" && was != "" && accountID != "" && !strings.EqualFold(was, accountID):
		return &account.Problem{Reason: v1alpha1.ReasonClassInvalid, Message: fmt.Sprintf(message, class, "account "+accountID, "account "+was)}
	}
	return nil
}

// spare leaves to others, in a deletion, what they have as well: the workspace, and
// the key that manages it.
func (r *Reconciler) spare(ctx context.Context, ws *v1alpha1.Workspace, intent *Intent) error {
	id := or(ws.Status.UUID, intent.vault.uuid)
	if id == "" || intent.Retain && !intent.vault.held() {
		return nil
	}
	owners, err := r.owners(ctx, ws, intent.Provider, id, true)
	if err != nil {
		return err
	}
	intent.Retain = intent.Retain || len(owners) > 0
	if intent.vault.held() {
		intent.custody, err = r.custodyOf(ctx, ws, intent, id)
	}
	return err
}

func (r *Reconciler) open(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, intent *Intent) error {
	// What is taken over was there before us, and is managed with the class's
	// credential.
	own := intent.Capabilities.Workspace.OwnCredential && intent.External == ""
	if own && !intent.First {
		if err := r.openOwn(ctx, ws, class, intent); err != nil {
			return err
		}
	}
	if own && intent.Deleting {
		// What is left to do is done with the workspace's own key.
		intent.account = intent.own
		return nil
	}
	var err error
	if intent.account, err = r.Broker.Open(ctx, class, ws.Namespace); err != nil {
		return err
	}
	if intent.First && !intent.Deleting {
		return intent.account.TakesNew()
	}
	return nil
}

// openOwn opens the account of the workspace's own credential, if we hold it.
func (r *Reconciler) openOwn(ctx context.Context, ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, intent *Intent) error {
	var err error
	if intent.vault, err = r.inspectVault(ctx, ws); err != nil {
		return err
	}
	if intent.vault.held() && intent.custody == ours {
		intent.own, err = r.Broker.OpenOwn(ctx, class, vaultName(ws))
		return err
	}
	if ws.Status.UUID != "" && !intent.Deleting {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonCredentialsNotFound, Message: fmt.Sprintf(
			"Secret %q in the operator's namespace, which holds the workspace's own admin key, is gone: restore it from a backup. "+
				"If this Workspace itself was restored, with another UID, the Secret that was named after the old one is needed under this name", vaultName(ws))}
	}
	return nil
}

// going refuses a class that is being deleted.
func going(class *v1alpha1.WorkspaceClass) error {
	if class.DeletionTimestamp.IsZero() {
		return nil
	}
	return &account.Problem{Reason: v1alpha1.ReasonClassNotFound, Message: fmt.Sprintf("WorkspaceClass %q is being deleted", class.Name)}
}

func retains(ws *v1alpha1.Workspace, class *v1alpha1.WorkspaceClass, can provider.Capabilities) bool {
	policy := ws.Spec.DeletionPolicy
	if policy == "" {
		policy = class.Spec.DeletionPolicy
	}
	return policy == v1alpha1.DeletionRetain || !can.Workspace.Delete || ws.Spec.ManagementPolicy == v1alpha1.ManagementObserveOnly
}

// recovery is the vendor's, unless the spec takes the mark's place: what is
// found under a slug that a tenant typed may be somebody else's.
func recovery(intent *Intent) provider.Recovery {
	can := intent.Capabilities.Workspace
	if can.MarkField == "slug" && intent.Spec.Slug != "" {
		return provider.RecoverNever
	}
	return can.Recovery
}

// dependents counts the ApiKeys that refer to the Workspace. That there are
// none is only believed of a live list: an ApiKey stores its finalizer before
// it looks whether its Workspace is going, so that one of the two sees the
// other.
func (r *Reconciler) dependents(ctx context.Context, ws *v1alpha1.Workspace) (int, error) {
	count, err := countKeys(ctx, r.Client, ws)
	if err != nil || count > 0 {
		return count, err
	}
	return countKeys(ctx, r.Live, ws)
}

func countKeys(ctx context.Context, reader client.Reader, ws *v1alpha1.Workspace) (int, error) {
	keys := &v1alpha1.ApiKeyList{}
	if err := reader.List(ctx, keys, client.InNamespace(ws.Namespace)); err != nil {
		return 0, err
	}
	count := 0
	for i := range keys.Items {
		if keys.Items[i].Spec.WorkspaceRef.Name == ws.Name {
			count++
		}
	}
	return count, nil
}
