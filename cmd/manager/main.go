// Command manager is the operator.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/workspace-operator/workspace-operator/internal/manager"
)

const (
	defaultNamespace = "workspace-operator-system"
	// collectEarlier trades a little CPU, of which an operator that idles has
	// plenty, for a third of its memory. GOGC overrides it.
	collectEarlier = 40
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

func run() error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectEarlier)
	}
	options := manager.Options{}
	logging := zap.Options{}
	namespace := os.Getenv("POD_NAMESPACE")
	if namespace == "" {
		namespace = defaultNamespace
	}
	flag.StringVar(&options.Namespace, "namespace", namespace, "The operator's own namespace, for its lease, the admin keys of workspaces and the orphan ledger. Default: $POD_NAMESPACE.")
	flag.BoolVar(&options.AllowHTTP, "allow-http-endpoints", false, "Admit vendor endpoints without TLS. For development only: credentials travel in the clear.")
	flag.BoolVar(&options.LeaderElection, "leader-elect", false, "Let one of several operators work.")
	flag.StringVar(&options.MetricsAddress, "metrics-bind-address", "0", "host:port of the metrics; 0 is off.")
	flag.StringVar(&options.ProbeAddress, "health-probe-bind-address", "0", "host:port of /healthz and /readyz; 0 is off.")
	flag.DurationVar(&options.ProvisioningDeadline, "provisioning-deadline", manager.DefaultProvisioningDeadline, "How long a vendor may work on a new workspace before the Workspace is Stalled.")
	flag.BoolVar(&options.WatchSecrets, "watch-secrets", true, "Watch the metadata of the Secrets the operator made, and repair one at once that is deleted or altered. Without it the resync repairs it, and the operator needs no right to list Secrets.")
	flag.IntVar(&options.Workers, "workers", 8, "How many Workspaces, and how many ApiKeys, are worked on at a time.")
	logging.BindFlags(flag.CommandLine)
	flag.Parse()

	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logging)))
	cluster, err := config.GetConfig()
	if err != nil {
		return err
	}
	options.Config, options.Logger = cluster, ctrl.Log
	return manager.Run(ctrl.SetupSignalHandler(), options)
}
