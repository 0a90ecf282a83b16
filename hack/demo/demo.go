package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/process"
)

const (
	operatorNamespace = "workspace-operator-system"
	serviceAccount    = "workspace-operator-manager"
	// emulatorMark is what config/demo has in the place of the emulator's address.
	emulatorMark = "EMULATOR"
	// readyTimeout is far more than the samples need.
	readyTimeout = 2 * time.Minute
	stopGrace    = 30 * time.Second
	logTail      = 40
)

// demo is what runs, and where.
type demo struct {
	root, dir  string
	cluster    *cluster.Cluster
	client     client.Client
	kubeconfig string
	emulator   string // its address, as in http://127.0.0.1:1234
	operator   *process.Process
	cleanups   []func() error
}

func run(ctx context.Context, keep bool) (err error) {
	d := &demo{}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := d.prepare(); err != nil {
		return err
	}
	for _, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"Starting etcd, kube-apiserver and kube-controller-manager, with the CRDs", d.startCluster},
		{"Starting the vendors' emulator", d.startEmulator},
		{"Starting the operator as its own ServiceAccount, with the RBAC of config/rbac", d.startOperator},
		{"Applying the samples", d.applySamples},
		{"Waiting until every sample is where it should be", d.waitUntilReady},
		{"What there is now", d.show},
		{"Comparing the Secrets with what the vendor issued", d.compareSecrets},
	} {
		fmt.Printf("\n== %s\n", step.title)
		if err := step.do(ctx); err != nil {
			d.diagnose(ctx)
			return err
		}
	}
	fmt.Println("\nEvery sample got where it should.")
	if keep {
		d.stay(ctx)
	}
	return nil
}

func (d *demo) prepare() (err error) {
	if d.root, err = cluster.Root(); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp("", "workspace-operator-demo-"); err != nil {
		return err
	}
	d.kubeconfig = filepath.Join(d.dir, "kubeconfig")
	d.cleanups = append(d.cleanups, func() error { return os.RemoveAll(d.dir) })
	return nil
}

func (d *demo) startCluster(ctx context.Context) error {
	started := time.Now()
	crds, err := cluster.CRDDir()
	if err != nil {
		return err
	}
	d.cluster, err = cluster.Start(ctx, cluster.Options{CRDDirs: []string{crds}})
	if err != nil {
		return err
	}
	d.cleanups = append(d.cleanups, d.cluster.Stop)
	if d.client, err = client.New(d.cluster.Config(), client.Options{}); err != nil {
		return err
	}
	fmt.Printf("ready after %s at %s\n", time.Since(started).Round(time.Millisecond), d.cluster.Config().Host)
	return cluster.WriteKubeconfig(d.kubeconfig, d.cluster.Config())
}

func (d *demo) startOperator(ctx context.Context) error {
	if err := d.kubectl(ctx, nil, "apply", "-k", filepath.Join(d.root, "config", "rbac")); err != nil {
		return err
	}
	access, err := d.cluster.ServiceAccountConfig(ctx, operatorNamespace, serviceAccount)
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(d.dir, "operator.kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, access); err != nil {
		return err
	}
	d.operator, err = process.Start(process.Command{
		Path:    filepath.Join(d.root, "bin", "manager"),
		Args:    []string{"--kubeconfig", kubeconfig, "--allow-http-endpoints"},
		Env:     []string{"POD_NAMESPACE=" + operatorNamespace},
		LogPath: filepath.Join(d.dir, "operator.log"),
	})
	if err != nil {
		return err
	}
	d.cleanups = append(d.cleanups, func() error { return d.operator.Stop(stopGrace) })
	fmt.Printf("running as system:serviceaccount:%s:%s (pid %d)\n", operatorNamespace, serviceAccount, d.operator.PID())
	return nil
}

func (d *demo) applySamples(ctx context.Context) error {
	var samples bytes.Buffer
	if err := d.kubectlTo(ctx, &samples, nil, "kustomize", filepath.Join(d.root, "config", "demo")); err != nil {
		return err
	}
	return d.kubectl(ctx, strings.NewReader(strings.ReplaceAll(samples.String(), emulatorMark, d.emulator)), "apply", "-f", "-")
}

func (d *demo) show(ctx context.Context) error {
	if err := d.kubectl(ctx, nil, "get", "workspaceclasses"); err != nil {
		return err
	}
	fmt.Println()
	if err := d.kubectl(ctx, nil, "get", "workspaces", "-A"); err != nil {
		return err
	}
	fmt.Println()
	return d.kubectl(ctx, nil, "get", "apikeys", "-A", "-o", "wide")
}

// stay keeps everything running until this process is told to stop.
func (d *demo) stay(ctx context.Context) {
	fmt.Printf(`
  export KUBECONFIG=%s
  kubectl:   %s
  emulator:  %s (what the vendors hold: %s/_control/state)
  operator:  its log is %s
  stop all:  kill %d

%s
`, d.kubeconfig, filepath.Join(d.root, "bin", "controlplane", "kubectl"), d.emulator, d.emulator, filepath.Join(d.dir, "operator.log"), os.Getpid(), keptLine)
	<-ctx.Done()
}

// stop undoes the steps in reverse order.
func (d *demo) stop() error {
	var failures []error
	for i := len(d.cleanups) - 1; i >= 0; i-- {
		failures = append(failures, d.cleanups[i]())
	}
	return errors.Join(failures...)
}
