// Package manager puts the operator together.
package manager

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
)

// Options are what the command line says.
type Options struct {
	Config *rest.Config
	Logger logr.Logger
	// Namespace is the operator's own: leader lease, admin keys of workspaces,
	// the orphan ledger.
	Namespace string
	// AllowHTTP admits endpoints without TLS. For development only.
	AllowHTTP bool
	// LeaderElection lets one of several operators work.
	LeaderElection bool
	// MetricsAddress and ProbeAddress are host:port; "0" is off.
	MetricsAddress, ProbeAddress string
	// ProvisioningDeadline is how long a vendor may work on a workspace it has
	// accepted before the Workspace is Stalled; 0 is [DefaultProvisioningDeadline].
	ProvisioningDeadline time.Duration
	// WatchSecrets has published Secrets repaired at once when they are deleted or
	// altered. It needs the right to list and watch Secrets; without it they are
	// repaired by the resync.
	WatchSecrets bool
	// CredentialsResync is how often a credential Secret in use is looked at; 0 is
	// [credentials.DefaultResync].
	CredentialsResync time.Duration
	// Workers is how many Workspaces, and how many ApiKeys, are worked on at
	// a time.
	Workers int
}

// DefaultProvisioningDeadline is far beyond what a vendor's provisioning takes
// when all goes well. No vendor documents how long that is.
const DefaultProvisioningDeadline = 30 * time.Minute

const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 5 * time.Minute
	// shutdownPatience leaves time for a key that is just being stored.
	shutdownPatience = 100 * time.Second
)

// Run works until the context ends.
func Run(ctx context.Context, options Options) error {
	options.Logger = options.Logger.WithSink(discreet{options.Logger.GetSink()})
	mgr, err := build(ctx, options)
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func build(ctx context.Context, options Options) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config := rest.CopyConfig(options.Config)
	config.QPS = -1 // the API server's own fairness decides
	patience := shutdownPatience
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Logger:                        options.Logger,
		Metrics:                       metricsserver.Options{BindAddress: options.MetricsAddress},
		HealthProbeBindAddress:        options.ProbeAddress,
		LeaderElection:                options.LeaderElection,
		LeaderElectionID:              "workspace-operator.io",
		LeaderElectionNamespace:       options.Namespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &patience,
		Cache:                         caching(options),
		Client: client.Options{
			FieldOwner: engine.FieldManager,
			// No Secret is ever kept in memory.
			Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}},
		},
	})
	if err != nil {
		return nil, err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	return mgr, setUp(ctx, mgr, options)
}
