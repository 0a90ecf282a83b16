// Package manager puts the operator together.
package manager

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/controller/apikey"
	"github.com/workspace-operator/workspace-operator/internal/controller/credentials"
	"github.com/workspace-operator/workspace-operator/internal/controller/orphan"
	"github.com/workspace-operator/workspace-operator/internal/controller/workspace"
	"github.com/workspace-operator/workspace-operator/internal/controller/workspaceclass"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/internal/provider/meter"
	vendorhttp "github.com/workspace-operator/workspace-operator/internal/provider/rest"
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
	mgr, err := build(options)
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func build(options Options) (ctrl.Manager, error) {
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
	return mgr, controllers(mgr, options)
}

func controllers(mgr ctrl.Manager, options Options) error {
	known, err := drivers()
	if err != nil {
		return err
	}
	broker := account.NewBroker(account.Options{
		Reader: mgr.GetAPIReader(), Cache: mgr.GetClient(), Drivers: known,
		Namespace: options.Namespace, AllowHTTP: options.AllowHTTP, Now: time.Now,
		NewTransport: func(caBundle []byte) (http.RoundTripper, error) { return vendorhttp.NewTransport(caBundle) },
	})
	if err := metrics.Registry.Register(ledger.NewGauge(mgr.GetClient(), options.Namespace)); err != nil {
		return fmt.Errorf("registering the number of orphans: %w", err)
	}
	deadline := cmp.Or(options.ProvisioningDeadline, DefaultProvisioningDeadline)
	recorder := mgr.GetEventRecorder(engine.FieldManager)
	several := func() controller.Options {
		return controller.Options{
			MaxConcurrentReconciles: options.Workers,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		}
	}
	one := several()
	one.MaxConcurrentReconciles = 1
	live := mgr.GetAPIReader()
	book := &ledger.Book{Client: mgr.GetClient(), Namespace: options.Namespace, Recorder: recorder, Now: time.Now}
	steps := []struct {
		name  string
		setup func() error
	}{
		{"credentials", func() error {
			return (&credentials.Reconciler{Client: mgr.GetClient(), Live: live}).SetupWithManager(mgr, one)
		}},
		{"workspaceclass", func() error {
			return (&workspaceclass.Reconciler{Client: mgr.GetClient(), Live: live, Broker: broker, Recorder: recorder, Now: time.Now}).SetupWithManager(mgr, several())
		}},
		{"workspace", func() error {
			return (&workspace.Reconciler{
				Client: mgr.GetClient(), Live: live, Broker: broker, Namespace: options.Namespace, Recorder: recorder, Now: time.Now,
				Ledger: book, ProvisioningDeadline: deadline,
			}).SetupWithManager(mgr, several())
		}},
		{"apikey", func() error {
			return (&apikey.Reconciler{
				Client: mgr.GetClient(), Live: live, Broker: broker, Ledger: book, Recorder: recorder, Now: time.Now,
				WatchSecrets: options.WatchSecrets,
			}).SetupWithManager(mgr, several())
		}},
		{"orphan", func() error {
			return (&orphan.Reconciler{Client: mgr.GetClient(), Broker: broker, Now: time.Now, ProvisioningDeadline: deadline}).SetupWithManager(mgr, several())
		}},
	}
	for _, step := range steps {
		if err := step.setup(); err != nil {
			return fmt.Errorf("setting up the %s controller: %w", step.name, err)
		}
	}
	return nil
}

// drivers gives each vendor's driver by its name, metered.
func drivers() (account.Drivers, error) {
	metered, err := meter.New(metrics.Registry)
	if err != nil {
		return nil, fmt.Errorf("registering the metrics of vendor calls: %w", err)
	}
	byName := map[string]provider.Driver{}
	for _, driver := range catalog.All() {
		byName[driver.Name()] = metered.Wrap(driver)
	}
	return func(name string) (provider.Driver, bool) {
		driver, ok := byName[name]
		return driver, ok
	}, nil
}
