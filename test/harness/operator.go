package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/workspace-operator/workspace-operator/internal/manager"
	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/process"
)

const (
	workers      = 8
	startTimeout = time.Minute
	stopGrace    = 50 * time.Second
	pollInterval = 50 * time.Millisecond
	logTail      = 40
)

// Operator is a running operator.
type Operator struct {
	// Log gives everything it has logged so far.
	Log func() string
	// MetricsURL is where its metrics are; empty within the process of the test, whose metrics are not the operator's alone.
	MetricsURL string
	// Process is the program; nil within the process of the test.
	Process *process.Process

	stop func() error
}

// Stop ends it as the kubelet would and returns once it is gone. The error says that it had to be killed, or had failed before.
func (o *Operator) Stop() error { return o.stop() }

// RunOperator runs the operator within the process of the test, where a debugger and the race detector see it, as its own ServiceAccount and with a verbose log. It
// can be done once per process: controller-runtime wants the names of controllers to be unique. To restart it use StartOperator.
func (h *Harness) RunOperator(ctx context.Context) (*Operator, error) {
	access, err := h.operatorAccess(ctx)
	if err != nil {
		return nil, err
	}
	log := &logBuffer{}
	logger := log.logger()
	ctrl.SetLogger(logger) // for what controller-runtime logs without a context
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() {
		done <- manager.Run(running, manager.Options{
			Config: access, Logger: logger, Namespace: OperatorNamespace, AllowHTTP: true,
			MetricsAddress: "0", ProbeAddress: "0", Workers: workers, WatchSecrets: true,
		})
	}()
	return &Operator{Log: log.String, stop: func() error {
		cancel()
		return <-done
	}}, nil
}

// BuildOperator builds the operator's program from the source as it is and returns its path.
func (h *Harness) BuildOperator(ctx context.Context) (string, error) { return h.build(ctx, "manager") }

// BuildEmulator does the same with the program of the vendors' emulator.
func (h *Harness) BuildEmulator(ctx context.Context) (string, error) { return h.build(ctx, "emulator") }

// build builds a program of the folder cmd.
func (h *Harness) build(ctx context.Context, name string) (string, error) {
	root, err := cluster.Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(h.dir, name)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "./cmd/"+name)
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/%s: %w\n%s", name, err, output)
	}
	return path, nil
}

// StartOperator starts the program as the operator's own ServiceAccount and returns once it serves its metrics. More arguments come after the usual ones.
func (h *Harness) StartOperator(ctx context.Context, program string, arguments ...string) (*Operator, error) {
	access, err := h.operatorAccess(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(h.dir, "operator-")
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, access); err != nil {
		return nil, err
	}
	metrics, err := freeAddress()
	if err != nil {
		return nil, err
	}
	logPath := filepath.Join(dir, "log")
	p, err := process.Start(process.Command{
		Path: program,
		Args: append([]string{"--kubeconfig", kubeconfig, "--allow-http-endpoints", "--metrics-bind-address", metrics}, arguments...),
		// GOGC as where it is deployed, whatever the tests run with.
		Env:     []string{"POD_NAMESPACE=" + OperatorNamespace, "GOGC=100"},
		LogPath: logPath,
	})
	if err != nil {
		return nil, err
	}
	o := &Operator{
		Log:        func() string { return readFile(logPath) },
		MetricsURL: "http://" + metrics + "/metrics",
		Process:    p,
		stop:       func() error { return p.Stop(stopGrace) },
	}
	if err := o.waitUntilServing(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the operator does not start: %w\n%s", err, p.Tail(logTail)), o.Stop())
	}
	return o, nil
}

// operatorAccess is what a pod of the operator would have.
func (h *Harness) operatorAccess(ctx context.Context) (*rest.Config, error) {
	return h.Cluster.ServiceAccountConfig(ctx, OperatorNamespace, ServiceAccount)
}

func (o *Operator) waitUntilServing(ctx context.Context) error {
	return wait.PollUntilContextTimeout(ctx, pollInterval, startTimeout, true, func(ctx context.Context) (bool, error) {
		select {
		case <-o.Process.Done():
			return false, errors.New("it has ended")
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.MetricsURL, nil)
		if err != nil {
			return false, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	})
}

// freeAddress is a loopback address at which nobody listens just now.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func readFile(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content)
}
