package manager

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/controller/apikey"
	"github.com/workspace-operator/workspace-operator/internal/controller/credentials"
	"github.com/workspace-operator/workspace-operator/internal/controller/orphan"
	"github.com/workspace-operator/workspace-operator/internal/controller/watch"
	"github.com/workspace-operator/workspace-operator/internal/controller/workspace"
	"github.com/workspace-operator/workspace-operator/internal/controller/workspaceclass"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/ledger"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/internal/provider/meter"
	vendorhttp "github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// Parts are what the controllers are made of.
type Parts struct {
	// Client writes, and reads what may be behind; Live is not.
	Client   client.Client
	Live     client.Reader
	Broker   *account.Broker
	Recorder events.EventRecorder
	Now      func() time.Time
}

// Controller is a reconciler and its name, which is unique.
type Controller struct {
	Name string
	watch.Reconciler
}

// Controllers are all of the operator's.
func Controllers(parts Parts, options Options) []Controller {
	deadline := cmp.Or(options.ProvisioningDeadline, DefaultProvisioningDeadline)
	book := &ledger.Book{Client: parts.Client, Namespace: options.Namespace, Recorder: parts.Recorder, Now: parts.Now}
	keeper := &credentials.Reconciler{
		Client: parts.Client, Live: parts.Live, Broker: parts.Broker, Recorder: parts.Recorder, Now: parts.Now, Resync: options.CredentialsResync,
	}
	return []Controller{
		{"credentials", keeper},
		{"workspaceclass", &workspaceclass.Reconciler{
			Client: parts.Client, Live: parts.Live, Broker: parts.Broker, Recorder: parts.Recorder, Now: parts.Now,
		}},
		{"workspace", &workspace.Reconciler{
			Client: parts.Client, Live: parts.Live, Broker: parts.Broker, Namespace: options.Namespace, Hold: keeper.Hold, Ledger: book,
			ProvisioningDeadline: deadline, Recorder: parts.Recorder, Now: parts.Now,
		}},
		{"apikey", &apikey.Reconciler{
			Client: parts.Client, Live: parts.Live, Broker: parts.Broker, Ledger: book, WatchSecrets: options.WatchSecrets,
			Recorder: parts.Recorder, Now: parts.Now,
		}},
		{"orphan", &orphan.Reconciler{Client: parts.Client, Broker: parts.Broker, Now: parts.Now, ProvisioningDeadline: deadline}},
	}
}

func setUp(ctx context.Context, mgr ctrl.Manager, options Options) error {
	broker, err := newBroker(mgr, options)
	if err != nil {
		return err
	}
	if err := metrics.Registry.Register(ledger.NewGauge(mgr.GetClient(), options.Namespace)); err != nil {
		return fmt.Errorf("registering the number of orphans: %w", err)
	}
	parts := Parts{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Broker: broker,
		Recorder: mgr.GetEventRecorder(engine.FieldManager), Now: time.Now,
	}
	for _, each := range Controllers(parts, options) {
		if err := watch.Setup(ctx, mgr, each.Name, each.Reconciler, working(options.Workers)); err != nil {
			return fmt.Errorf("setting up the %s controller: %w", each.Name, err)
		}
	}
	return nil
}

// working lets so many objects be worked on at a time.
func working(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
	}
}

func newBroker(mgr ctrl.Manager, options Options) (*account.Broker, error) {
	known, err := drivers()
	if err != nil {
		return nil, err
	}
	return account.NewBroker(account.Options{
		Reader: mgr.GetAPIReader(), Cache: mgr.GetClient(), Drivers: known,
		Namespace: options.Namespace, AllowHTTP: options.AllowHTTP, Now: time.Now,
		NewTransport: func(caBundle []byte) (http.RoundTripper, error) { return vendorhttp.NewTransport(caBundle) },
	}), nil
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
