package manager

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

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

// reconciler is a controller that says itself what wakes it.
type reconciler interface {
	SetupWithManager(mgr manager.Manager, options controller.Options) error
}

func controllers(mgr ctrl.Manager, options Options) error {
	broker, err := newBroker(mgr, options)
	if err != nil {
		return err
	}
	if err := metrics.Registry.Register(ledger.NewGauge(mgr.GetClient(), options.Namespace)); err != nil {
		return fmt.Errorf("registering the number of orphans: %w", err)
	}
	writer, live, recorder := mgr.GetClient(), mgr.GetAPIReader(), mgr.GetEventRecorder(engine.FieldManager)
	deadline := cmp.Or(options.ProvisioningDeadline, DefaultProvisioningDeadline)
	book := &ledger.Book{Client: writer, Namespace: options.Namespace, Recorder: recorder, Now: time.Now}
	keeper := &credentials.Reconciler{Client: writer, Live: live, Broker: broker, Recorder: recorder, Now: time.Now}
	for _, each := range []struct {
		name string
		reconciler
	}{
		{"credentials", keeper},
		{"workspaceclass", &workspaceclass.Reconciler{Client: writer, Live: live, Broker: broker, Recorder: recorder, Now: time.Now}},
		{"workspace", &workspace.Reconciler{
			Client: writer, Live: live, Broker: broker, Namespace: options.Namespace, Hold: keeper.Hold, Ledger: book,
			ProvisioningDeadline: deadline, Recorder: recorder, Now: time.Now,
		}},
		{"apikey", &apikey.Reconciler{
			Client: writer, Live: live, Broker: broker, Ledger: book, WatchSecrets: options.WatchSecrets, Recorder: recorder, Now: time.Now,
		}},
		{"orphan", &orphan.Reconciler{Client: writer, Broker: broker, Now: time.Now, ProvisioningDeadline: deadline}},
	} {
		if err := each.SetupWithManager(mgr, working(options.Workers)); err != nil {
			return fmt.Errorf("setting up the %s controller: %w", each.name, err)
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
