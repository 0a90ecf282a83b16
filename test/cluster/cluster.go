// Package cluster runs a real Kubernetes control plane for development and tests: etcd, kube-apiserver and kube-controller-manager, as processes on free
// loopback ports, with their state in a throw-away folder.
//
// Unlike envtest alone it has RBAC with service account tokens, an audit log, and the controllers without which nothing ever goes away: the garbage collector and the
// namespace controller. There are no nodes, so nothing is scheduled.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/workspace-operator/workspace-operator/test/process"
)

const (
	// startTimeout bounds one attempt to start. It is generous: the control plane answers within six seconds on an idle machine.
	startTimeout = 2 * time.Minute
	// stopGrace is how long each process may take to stop before it is killed.
	stopGrace = 20 * time.Second
	// startAttempts is how often a start is tried. A port is free when it is picked and may be taken when it is used.
	startAttempts = 3
)

// errEnded is what a start fails with when one of the processes ended, as it does when its port is taken.
var errEnded = errors.New("a process ended")

// Options says how to start a cluster. The zero value works inside the repository after `make controlplane`.
type Options struct {
	// BinDir holds etcd, kube-apiserver and kube-controller-manager. Default: BinDir().
	BinDir string
	// Dir receives state, certificates and logs, and is kept. Default: a temporary folder that Stop removes.
	Dir string
	// CRDDirs are folders of CRDs that are installed, and served, before Start returns.
	CRDDirs []string
}

// Cluster is a running control plane.
type Cluster struct {
	dir      string
	ownsDir  bool
	config   *rest.Config
	client   kubernetes.Interface
	services []*process.Process // in the order they were started
	layout   layout
	restarts int
}

// Start returns once the API server is ready, the CRDs are served and the controllers work. On an error nothing is left running.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	binDir, err := resolveBinDir(options.BinDir)
	if err != nil {
		return nil, err
	}
	var failures []error
	for range startAttempts {
		c, err := start(ctx, binDir, options)
		if err == nil {
			return c, nil
		}
		failures = append(failures, err)
		if !errors.Is(err, errEnded) {
			break // it would fail again
		}
	}
	return nil, fmt.Errorf("local control plane: %w", errors.Join(failures...))
}

func start(ctx context.Context, binDir string, options Options) (_ *Cluster, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, err := prepare(options.Dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	l, err := newLayout(ctx, c.dir, binDir)
	if err != nil {
		return nil, err
	}
	c.layout = l
	for _, s := range []service{l.etcd(), l.apiServer()} {
		if err := c.run(s); err != nil {
			return nil, err
		}
	}
	if err := c.connect(ctx, l); err != nil {
		return nil, err
	}
	// Before the controllers start: the garbage collector looks for new kinds only every thirty seconds.
	if err := installCRDs(c.config, options.CRDDirs); err != nil {
		return nil, err
	}
	if err := l.writeControllerKubeconfig(c.config); err != nil {
		return nil, err
	}
	if err := c.run(l.controllerManager()); err != nil {
		return nil, err
	}
	if err := c.waitForControllers(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func prepare(dir string) (*Cluster, error) {
	if dir != "" {
		return &Cluster{dir: dir}, os.MkdirAll(dir, 0o700)
	}
	temporary, err := os.MkdirTemp("", "workspace-operator-cluster-")
	return &Cluster{dir: temporary, ownsDir: true}, err
}

func installCRDs(config *rest.Config, dirs []string) error {
	if len(dirs) == 0 {
		return nil
	}
	_, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{Paths: dirs, ErrorIfPathMissing: true})
	if err != nil {
		return fmt.Errorf("install CRDs: %w", err)
	}
	return nil
}

func (c *Cluster) run(s service) error {
	p, err := process.Start(process.Command{Path: s.path, Args: s.args, LogPath: filepath.Join(c.dir, s.name+".log")})
	if err != nil {
		return err
	}
	c.services = append(c.services, p)
	return nil
}

// Config is the administrator's access, without a client-side rate limit. The caller gets a copy.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// AuditLogPath is the audit log: one JSON object per line and request, see package audit for a reader.
func (c *Cluster) AuditLogPath() string { return filepath.Join(c.dir, auditLog) }

// Dir holds the logs of the three processes, named after them.
func (c *Cluster) Dir() string { return c.dir }

// EtcdURL is where etcd answers, without a credential: what is in it is what there is, whatever the API server has told whom.
func (c *Cluster) EtcdURL() string { return c.layout.etcdURL() }

// Stop ends the processes in the reverse order of their start and removes the temporary folder. The error names what had crashed or had to be killed.
func (c *Cluster) Stop() error {
	var failures []error
	for i := len(c.services) - 1; i >= 0; i-- {
		failures = append(failures, c.services[i].Stop(stopGrace))
	}
	c.services = nil
	if c.ownsDir {
		failures = append(failures, os.RemoveAll(c.dir))
	}
	return errors.Join(failures...)
}
