// Package workspaceclass checks what an admin offers: that the endpoint
// answers and takes the credential. It also keeps a class while it is used.
package workspaceclass

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const defaultResync = 10 * time.Minute

// recordPause lets the cache see the record that a new class gets first.
const recordPause = 50 * time.Millisecond

// Reconciler is the WorkspaceClass's share of a pass.
type Reconciler struct {
	// Client writes; it reads from the cache.
	Client client.Client
	// Live reads past the cache.
	Live     client.Reader
	Broker   *account.Broker
	Recorder events.EventRecorder
	Now      func() time.Time
}

// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaceclasses,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaceclasses/status,verbs=patch
// +kubebuilder:rbac:groups=workspace-operator.io,resources=workspaces,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// Intent is what the class offers, and whether anybody uses it.
type Intent struct {
	// Obstacle is why the vendor cannot be asked.
	Obstacle     error
	Provider     string
	Capabilities []string
	Users        int
	Deleting     bool
	Resync       time.Duration

	// Host is that of the endpoint; empty if there is none that can be used.
	Host string
	// Recorded is the host that the class is used with so far.
	Recorded string

	kept    []v1alpha1.CredentialsReference
	account *account.Account
	// perNamespace: each tenant brings the credential, so none can be tried.
	perNamespace bool
	// checkable: the vendor lets a credential be tried by itself.
	checkable bool
}

// Reserve stands in no line: one cheap read, from what the others leave over.
func (i Intent) Reserve(ctx context.Context, _ bool) (context.Context, error) { return ctx, nil }

// Sight is the vendor's answer to the check.
type Sight struct{ Err error }

// Effect is nothing: a class changes nothing at a vendor.
type Effect struct{}

// Outlook adds nothing to the step's.
func (Effect) Outlook() *plan.Outlook { return nil }

// InDoubt is never.
func (Effect) InDoubt() bool { return false }

type pass = engine.Engine[*v1alpha1.WorkspaceClass, Intent, Sight, Effect]

// Reconcile runs one pass.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	return (&pass{
		Kind:     r,
		New:      func() *v1alpha1.WorkspaceClass { return &v1alpha1.WorkspaceClass{} },
		StatusOf: statusOf,
		Resync:   func(i Intent) time.Duration { return i.Resync },
		Cached:   r.Client, Live: r.Live, Writer: r.Client, Recorder: r.Recorder, Now: r.Now,
		Finalizer: v1alpha1.FinalizerInUse, IsAccount: true,
	}).Reconcile(ctx, req)
}

func statusOf(class *v1alpha1.WorkspaceClass) engine.Status {
	return engine.Status{
		Conditions:         &class.Status.Conditions,
		ObservedGeneration: &class.Status.ObservedGeneration,
		ReconcileAt:        &class.Status.LastHandledReconcileAt,
	}
}

// Resolve counts the users and opens the account.
func (r *Reconciler) Resolve(ctx context.Context, class *v1alpha1.WorkspaceClass) (Intent, error) {
	intent := Intent{Deleting: !class.DeletionTimestamp.IsZero(), Resync: defaultResync, Recorded: class.Status.EndpointHost, kept: r.kept(ctx, class)}
	if class.Spec.ResyncInterval != nil {
		intent.Resync = class.Spec.ResyncInterval.Duration
	}
	var err error
	if intent.Users, err = r.users(ctx, class, intent.Deleting); err != nil {
		return intent, err
	}
	intent.Obstacle, err = engine.Obstacle(r.open(ctx, class, &intent))
	return intent, err
}

func (r *Reconciler) open(ctx context.Context, class *v1alpha1.WorkspaceClass, intent *Intent) error {
	driver, err := r.Broker.Driver(class)
	if err != nil {
		return err
	}
	can, err := r.Broker.Capabilities(class)
	if err != nil {
		return err
	}
	intent.Provider, intent.Capabilities, intent.checkable = driver.Name(), can.Names(), can.Checkable
	if intent.Host, err = r.Broker.Host(class); err != nil {
		return err
	}
	if class.Spec.DeletionPolicy == v1alpha1.DeletionDelete && !can.Workspace.Delete {
		return &plan.Impasse{State: plan.Blocked, Reason: v1alpha1.ReasonUnsupported, Message: undeletable(driver.Name(), can.Workspace)}
	}
	intent.perNamespace = class.Spec.CredentialsRef.Namespace == ""
	if intent.perNamespace || intent.Recorded == "" {
		return nil // there is nothing to open, or not yet
	}
	intent.account, err = r.Broker.Open(ctx, class, "")
	return err
}

func undeletable(vendor string, can provider.WorkspaceCapabilities) string {
	if can.DeleteSetting != "" {
		return fmt.Sprintf("spec.deletionPolicy: Delete needs spec.provider.%s.%s to be Enabled; all a deletion does is that %s", vendor, can.DeleteSetting, can.DeleteMeans)
	}
	return "spec.deletionPolicy: " + vendor + " has no way to delete workspaces; use Retain or leave it out"
}

// users counts the Workspaces of the class: past the cache if it is to go.
func (r *Reconciler) users(ctx context.Context, class *v1alpha1.WorkspaceClass, live bool) (int, error) {
	var reader client.Reader = r.Client
	if live {
		reader = r.Live
	}
	all := &v1alpha1.WorkspaceList{}
	if err := reader.List(ctx, all); err != nil {
		return 0, err
	}
	count := 0
	for i := range all.Items {
		ws := &all.Items[i]
		named := ws.Spec.ClassName == class.Name || ws.Status.ClassName == class.Name
		if named && controllerutil.ContainsFinalizer(ws, v1alpha1.Finalizer) {
			count++ // merely naming a class does not use it
		}
	}
	return count, nil
}

// Observe asks the vendor whether it takes the credential.
func (r *Reconciler) Observe(ctx context.Context, _ *v1alpha1.WorkspaceClass, intent Intent, _ bool) (Sight, error) {
	if intent.Obstacle != nil || intent.Deleting || intent.account == nil {
		return Sight{}, nil
	}
	return Sight{Err: intent.account.Session().Check(ctx)}, nil
}

// Decide says how the class stands.
func (r *Reconciler) Decide(class *v1alpha1.WorkspaceClass, intent Intent, sight Sight) plan.Step {
	outlook := plan.Outlook{State: plan.Settled, Reason: v1alpha1.ReasonAvailable, Message: "the endpoint answers and takes the credential"}
	held := controllerutil.ContainsFinalizer(class, v1alpha1.FinalizerInUse)
	switch {
	case intent.Deleting && intent.Users > 0:
		outlook = plan.Outlook{State: plan.Working, Reason: v1alpha1.ReasonInUse,
			Message: fmt.Sprintf("waiting for %d Workspaces of this class: delete them first", intent.Users)}
	case intent.Deleting:
		return plan.Step{Verb: plan.Finish, Outlook: outlook}
	case intent.Obstacle != nil:
		outlook = plan.Outlook{Err: intent.Obstacle}
	case sight.Err != nil:
		outlook = plan.Outlook{Err: sight.Err}
	case intent.Recorded == "":
		outlook = plan.Outlook{State: plan.Working, Reason: v1alpha1.ReasonClassNotReady, After: recordPause,
			Message: fmt.Sprintf("it is on record that the class is used with %q; now the credential is tried", intent.Host)}
	case !intent.perNamespace && !intent.checkable:
		outlook.Message = intent.Provider + " has no call to try a credential by itself; it is tried when a Workspace uses it"
	case intent.perNamespace:
		outlook.Message = brought(class, intent)
	}
	if !held && !intent.Deleting {
		return plan.Step{Verb: plan.Hold, Outlook: outlook}
	}
	return plan.Step{Verb: plan.Stay, Outlook: outlook}
}

// brought says where the credentials come from that the class has not itself.
func brought(class *v1alpha1.WorkspaceClass, intent Intent) string {
	message := fmt.Sprintf("each namespace brings its own Secret %q; it is tried when a Workspace uses it", class.Spec.CredentialsRef.Name)
	if intent.Host != intent.Recorded {
		message += fmt.Sprintf(". The class was first used with %q: a Secret is sent to %q only if its annotation %s names that host",
			intent.Recorded, intent.Host, v1alpha1.AnnotationAllowedHost)
	}
	return message
}

// Act has nothing to do: the engine holds and lets go.
func (r *Reconciler) Act(context.Context, *v1alpha1.WorkspaceClass, Intent, Sight, plan.Step) (Effect, error) {
	return Effect{}, nil
}

// Report writes what the vendor's API can do, the Secrets that were named, and the
// host that the class is used with: the first there ever was, and later one that the credential
// Secret allows and that has answered.
func (r *Reconciler) Report(class *v1alpha1.WorkspaceClass, facts engine.Facts[Intent, Sight, Effect]) {
	intent := facts.Intent
	class.Status.Provider, class.Status.Capabilities, class.Status.Credentials = intent.Provider, intent.Capabilities, intent.kept
	if intent.Recorded == "" || intent.account != nil && facts.Sight.Err == nil {
		class.Status.EndpointHost = intent.Host
	}
}
