// Package harness puts together what the end-to-end suites need: a real control plane with the CRDs, exactly the RBAC of config/rbac and the policies of
// config/admission, the vendors' emulator, and the operator under its own ServiceAccount, within the process of the test or as a program.
//
// A package of tests starts one Harness and one Operator, because a control plane takes seconds to start, and gives every test its own namespace and its own
// emulator. All methods may be called from several goroutines.
package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/cluster"
)

const (
	// OperatorNamespace is the operator's in config/rbac.
	OperatorNamespace = "workspace-operator-system"
	// ServiceAccount is its name there.
	ServiceAccount = "workspace-operator-manager"
	// OperatorUser is the operator's name in the audit log.
	OperatorUser = "system:serviceaccount:" + OperatorNamespace + ":" + ServiceAccount
)

// Harness is a control plane that is ready for the operator.
type Harness struct {
	Cluster *cluster.Cluster
	// Client is the administrator's; it reads past any cache.
	Client client.WithWatch

	dir string
	// keep: the folder stays when everything has ended.
	keep bool
}

// Start returns once the API server knows the CRDs, the RBAC and the policies. On an error nothing is left running.
func Start(ctx context.Context) (*Harness, error) {
	dir, err := os.MkdirTemp("", "workspace-operator-harness-")
	if err != nil {
		return nil, err
	}
	return start(ctx, &Harness{dir: dir}, cluster.Options{})
}

// StartIn does the same with everything in a folder that is kept: the logs of all processes, and the state of the cluster.
func StartIn(ctx context.Context, dir string) (*Harness, error) {
	return start(ctx, &Harness{dir: dir, keep: true}, cluster.Options{Dir: filepath.Join(dir, "cluster")})
}

func start(ctx context.Context, h *Harness, options cluster.Options) (_ *Harness, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Stop())
		}
	}()
	crds, err := cluster.CRDDir()
	if err != nil {
		return h, err
	}
	options.CRDDirs = []string{crds}
	if h.Cluster, err = cluster.Start(ctx, options); err != nil {
		return h, err
	}
	scheme, err := newScheme()
	if err != nil {
		return h, err
	}
	if h.Client, err = client.NewWithWatch(h.Cluster.Config(), client.Options{Scheme: scheme}); err != nil {
		return h, err
	}
	for _, folder := range []string{"rbac", "admission"} {
		if err := h.apply(ctx, folder); err != nil {
			return h, err
		}
	}
	return h, nil
}

// Stop ends the control plane. Stop the operators first, or they will complain.
func (h *Harness) Stop() error {
	var failures []error
	if h.Cluster != nil {
		failures = append(failures, h.Cluster.Stop())
	}
	if !h.keep {
		failures = append(failures, os.RemoveAll(h.dir))
	}
	return errors.Join(failures...)
}

// Namespace makes a namespace with a name of its own. It stays until the control plane ends.
func (h *Harness) Namespace(t testing.TB) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "team-"}}
	h.Create(t, namespace)
	return namespace.Name
}

// Create creates the objects as the administrator and fails the test if one is refused.
func (h *Harness) Create(t testing.TB, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := h.Client.Create(t.Context(), object); err != nil {
			t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	return scheme, errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
}

// apply applies a folder of config as an administrator would.
func (h *Harness) apply(ctx context.Context, folder string) error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	programs, err := cluster.BinDir()
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(h.dir, "admin.kubeconfig")
	if err := cluster.WriteKubeconfig(kubeconfig, h.Cluster.Config()); err != nil {
		return err
	}
	apply := exec.CommandContext(ctx, filepath.Join(programs, "kubectl"), "--kubeconfig", kubeconfig, "apply", "-k", filepath.Join(root, "config", folder))
	if output, err := apply.CombinedOutput(); err != nil {
		return fmt.Errorf("apply config/%s: %w\n%s", folder, err, output)
	}
	return nil
}
