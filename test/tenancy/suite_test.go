// Package tenancy tests what the API server decides for tenants: the policies of config/admission, the roles of config/rbac and ResourceQuotas. It installs config/default as an
// administrator would, and what docs/tenancy.md tells to apply is applied from there.
package tenancy

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/cluster"
)

const (
	pollInterval = 50 * time.Millisecond
	// patience is far more than the API server needs to learn of a new policy, role or parameter.
	patience = 30 * time.Second

	operatorNamespace = "workspace-operator-system"
	operatorAccount   = "workspace-operator-manager"
)

// suite is a control plane with config/default and config/admission.
type suite struct {
	control                   *cluster.Cluster
	admin                     client.Client
	root, kubectl, kubeconfig string
}

// TestTenancy starts one control plane for all its parts: the start is what takes the time.
func TestTenancy(t *testing.T) {
	s := start(t)
	t.Run("the policies are what the API server understands", s.policiesCompile)
	t.Run("who may use which class", s.classUse)
	t.Run("which names Secrets may have", s.secretNames)
	t.Run("whose the finalizers are", s.finalizers)
	t.Run("whose published Secrets are", s.publishedSecrets)
	t.Run("deletions", s.deletions)
	t.Run("apply", s.apply)
	t.Run("roles", s.roles)
	t.Run("quota", s.quota)
	t.Run("the page", s.pageApplies)
	t.Run("a policy that is turned off", s.turnedOff) // for good, so it comes last
}

func start(t *testing.T) *suite {
	t.Helper()
	crds, err := cluster.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	control, err := cluster.Start(t.Context(), cluster.Options{CRDDirs: []string{crds}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := control.Stop(); err != nil {
			t.Errorf("stop the control plane: %v", err)
		}
	})
	programs, err := cluster.BinDir()
	if err != nil {
		t.Fatal(err)
	}
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{control: control, root: root, kubectl: filepath.Join(programs, "kubectl"), kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	if err := cluster.WriteKubeconfig(s.kubeconfig, control.Config()); err != nil {
		t.Fatal(err)
	}
	s.admin = s.clientFor(t, control.Config())
	s.install(t, "default")
	s.optIn(t)
	s.namespace(t, team, anna, "edit")
	return s
}

// install applies one of the folders of config.
func (s *suite) install(t *testing.T, folder string) {
	t.Helper()
	if output, err := s.run(t.Context(), "", "apply", "--server-side", "--force-conflicts", "-k", filepath.Join(s.root, "config", folder)); err != nil {
		t.Fatalf("apply config/%s: %v\n%s", folder, err, output)
	}
}

// run runs kubectl as the administrator, or as whoever --as names, with a manifest as its input.
func (s *suite) run(ctx context.Context, manifest string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, s.kubectl, append([]string{"--kubeconfig", s.kubeconfig}, arguments...)...)
	command.Stdin = strings.NewReader(manifest)
	// Without a home of its own kubectl keeps a cache of discovery in that of whoever runs the test.
	command.Env = append(os.Environ(), "HOME="+filepath.Dir(s.kubeconfig))
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err
}

func (s *suite) clientFor(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// as is a person who has signed in.
func (s *suite) as(t *testing.T, user string) client.Client {
	t.Helper()
	config := s.control.Config()
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	return s.clientFor(t, config)
}

// account is a ServiceAccount with a token of its own.
func (s *suite) account(t *testing.T, namespace, name string) client.Client {
	t.Helper()
	config, err := s.control.ServiceAccountConfig(t.Context(), namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	return s.clientFor(t, config)
}

// operator is the ServiceAccount of config/rbac.
func (s *suite) operator(t *testing.T) client.Client {
	t.Helper()
	return s.account(t, operatorNamespace, operatorAccount)
}

// namespace makes a namespace in which the user has a role.
func (s *suite) namespace(t *testing.T, name, user, role string) {
	t.Helper()
	s.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	s.bind(t, name, user, role)
}

// bind binds a ClusterRole to a user in a namespace, or everywhere.
func (s *suite) bind(t *testing.T, namespace, user, role string) {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: namespace, Name: user + "-" + role}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}}
	if namespace == "" {
		s.create(t, &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects})
		return
	}
	s.create(t, &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects})
}

// create creates something as the administrator.
func (s *suite) create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := s.admin.Create(t.Context(), object); err != nil {
			t.Fatalf("create %T %s as the administrator: %v", object, object.GetName(), err)
		}
	}
}

// attempt is one request of somebody.
type attempt func(ctx context.Context) error

// accepted repeats the request until it succeeds: the API server may still have to learn of a role, a policy or a parameter.
func accepted(t *testing.T, what string, try attempt) {
	t.Helper()
	var last error
	if err := eventually(t, func(ctx context.Context) bool { last = try(ctx); return last == nil }); err != nil {
		t.Fatalf("%s is refused: %v", what, last)
	}
}

// refused repeats the request until it is refused with the message, for the same reason. It must be a dry run, or leave nothing behind when it succeeds.
func refused(t *testing.T, what, message string, try attempt) {
	t.Helper()
	var last error
	err := eventually(t, func(ctx context.Context) bool {
		last = try(ctx)
		return last != nil && strings.Contains(last.Error(), message)
	})
	if err != nil {
		t.Fatalf("%s: got the error %v, want it to be refused with %q", what, last, message)
	}
}

func eventually(t *testing.T, check func(context.Context) bool) error {
	t.Helper()
	return wait.PollUntilContextTimeout(t.Context(), pollInterval, patience, true, func(ctx context.Context) (bool, error) { return check(ctx), nil })
}

// creation creates a copy of the object.
func creation(c client.Client, object client.Object) attempt {
	return func(ctx context.Context) error { return c.Create(ctx, copyOf(object)) }
}

// rehearsal creates nothing but asks whether it could.
func rehearsal(c client.Client, object client.Object) attempt {
	return creation(client.NewDryRunClient(c), object)
}

// change writes the object as it is now, with a change. What has changed meanwhile is read again.
func change[T client.Object](c client.Client, object T, mutate func(T)) attempt {
	return func(ctx context.Context) error {
		now := copyOf(object)
		if err := c.Get(ctx, client.ObjectKeyFromObject(object), now); err != nil {
			return err
		}
		mutate(now)
		return c.Update(ctx, now)
	}
}

// try is a change that is not stored.
func try[T client.Object](c client.Client, object T, mutate func(T)) attempt {
	return change(client.NewDryRunClient(c), object, mutate)
}

// patch sends the change alone, as the operator does.
func patch[T client.Object](c client.Client, object T, mutate func(T)) attempt {
	return func(ctx context.Context) error {
		now := copyOf(object)
		if err := c.Get(ctx, client.ObjectKeyFromObject(object), now); err != nil {
			return err
		}
		before := copyOf(now)
		mutate(now)
		return c.Patch(ctx, now, client.MergeFrom(before))
	}
}

// metaOf names an object.
func metaOf(object client.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: object.GetNamespace(), Name: object.GetName()}
}

func copyOf[T client.Object](object T) T {
	copied, ok := object.DeepCopyObject().(T)
	if !ok {
		panic(fmt.Sprintf("the copy of a %T is a %T", object, copied))
	}
	return copied
}
