package cluster

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/workspace-operator/workspace-operator/test/cluster/audit"
)

const namespace = "cluster-test"

// TestCluster starts one control plane for all its parts: the start is what takes the time.
func TestCluster(t *testing.T) {
	c, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
		if _, err := os.Stat(c.Dir()); !os.IsNotExist(err) {
			t.Errorf("Stop left the folder %s behind: %v", c.Dir(), err)
		}
	})
	admin := kubernetes.NewForConfigOrDie(c.Config())
	if _, err := admin.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Run("service account", func(t *testing.T) { serviceAccountIsBoundByRBAC(t, c, admin) })
	t.Run("kubeconfig", func(t *testing.T) { kubeconfigWorks(t, c) })
	t.Run("garbage collector", func(t *testing.T) { dependentsGoWithTheirOwner(t, admin) })
	t.Run("namespace controller", func(t *testing.T) { namespacesGo(t, admin) })
	t.Run("audit log", func(t *testing.T) { requestsAreRecorded(t, c) })
	t.Run("restart", func(t *testing.T) { apiServerComesBack(t, c, admin) })
}

func serviceAccountIsBoundByRBAC(t *testing.T, c *Cluster, admin kubernetes.Interface) {
	const name = "reader"
	_, err := admin.CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"}}},
	}
	if _, err := admin.RbacV1().Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: namespace}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
	}
	if _, err := admin.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config, err := c.ServiceAccountConfig(t.Context(), namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	reader := kubernetes.NewForConfigOrDie(config)
	eventually(t, "the service account to be allowed to list ConfigMaps", func(ctx context.Context) bool {
		_, err := reader.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{})
		return err == nil
	})
	if _, err := reader.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("listing Secrets, which the role does not allow: got %v, want forbidden", err)
	}
}

func kubeconfigWorks(t *testing.T, c *Cluster) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := WriteKubeconfig(path, c.Config()); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Ready(t.Context(), config); err != nil {
		t.Errorf("with the kubeconfig written: %v", err)
	}
	config.BearerToken = "wrong"
	if err := Ready(t.Context(), config); err == nil {
		t.Error("with a wrong token the API server counts as ready")
	}
}

func dependentsGoWithTheirOwner(t *testing.T, admin kubernetes.Interface) {
	maps := admin.CoreV1().ConfigMaps(namespace)
	owner, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dependent := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name:            "dependent",
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}},
	}}
	if _, err := maps.Create(t.Context(), dependent, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := maps.Delete(t.Context(), owner.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the dependent to be collected", func(ctx context.Context) bool {
		_, err := maps.Get(ctx, "dependent", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

func namespacesGo(t *testing.T, admin kubernetes.Interface) {
	const name = "short-lived"
	namespaces := admin.CoreV1().Namespaces()
	if _, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CoreV1().Secrets(name).Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := namespaces.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace to be gone", func(ctx context.Context) bool {
		_, err := namespaces.Get(ctx, name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

func requestsAreRecorded(t *testing.T, c *Cluster) {
	eventually(t, "an audit entry for the Secret that this test created", func(context.Context) bool {
		entries, err := audit.Read(c.AuditLogPath())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(entries, func(e audit.Entry) bool {
			return e.User == "admin" && e.Verb == "create" && e.Resource == "secrets" && e.Namespace == "short-lived" && e.Level == "Metadata" && e.Code == 201
		})
	})
}

func apiServerComesBack(t *testing.T, c *Cluster, admin kubernetes.Interface) {
	maps := admin.CoreV1().ConfigMaps(namespace)
	kept, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := c.services[apiServerAt].PID()
	if err := c.RestartAPIServer(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if c.services[apiServerAt].PID() == before {
		t.Error("the API server is the same process as before")
	}
	now, err := maps.Get(t.Context(), "kept", metav1.GetOptions{})
	if err != nil || now.UID != kept.UID {
		t.Errorf("after the restart, with the access of before, there is %v (%v), want what was there", now, err)
	}
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	if _, err := Start(t.Context(), Options{BinDir: t.TempDir()}); err == nil {
		t.Error("Start succeeded without any program")
	}
}

func TestStartLeavesNothingBehindAfterAFailure(t *testing.T) {
	dir := t.TempDir()
	_, err := Start(t.Context(), Options{Dir: dir, CRDDirs: []string{filepath.Join(dir, "missing")}})
	if err == nil {
		t.Fatal("Start succeeded although the folder of the CRDs does not exist")
	}
	// etcd holds a lock on its database for as long as it runs.
	database, err := os.Open(filepath.Join(dir, "etcd", "member", "snap", "db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = database.Close() }()
	if err := syscall.Flock(int(database.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Errorf("etcd still runs after a failed start: %v", err)
	}
}

func eventually(t *testing.T, what string, check func(context.Context) bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), pollInterval, time.Minute, true, func(ctx context.Context) (bool, error) { return check(ctx), nil })
	if err != nil {
		t.Fatalf("waited a minute for %s", what)
	}
}
