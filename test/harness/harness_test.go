package harness

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// TestHarness shows the way from a class to a key in a Secret, with everything a suite can use.
func TestHarness(t *testing.T) {
	h, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("waiting", func(t *testing.T) { waitsForChangesAndDeletions(t, h) })

	operator, err := h.RunOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("portkey", func(t *testing.T) {
		reachesASecret(t, h, NewVendorsTLS(t, emulator.Options{}), Portkey, gen.SetApiKeyScopes("logs.list"))
	})
	t.Run("guance", func(t *testing.T) {
		reachesASecret(t, h, NewVendors(t, emulator.Options{}), Guance)
	})
	t.Run("slaunchx", func(t *testing.T) {
		reachesASecret(t, h, NewVendors(t, emulator.Options{}), Slaunchx, gen.SetApiKeyScopes("payment:read"))
	})
	t.Run("oceanbase", func(t *testing.T) {
		reachesASecret(t, h, NewVendors(t, emulator.Options{}), Oceanbase, gen.SetApiKeyAction("read"))
	})
	t.Run("groundfloor", func(t *testing.T) {
		class := h.Class(t, NewVendors(t, emulator.Options{}), Groundfloor)
		workspace := gen.Workspace("workspace", gen.SetWorkspaceClass(class.Name), gen.SetWorkspaceRegion("us-east-1"),
			gen.SetWorkspaceMeta(gen.InNamespace(h.Namespace(t))))
		h.Create(t, workspace)
		h.WaitReady(t, class, workspace)
	})
	t.Run("log", func(t *testing.T) {
		if log := operator.Log(); !strings.Contains(log, "workspace") {
			t.Errorf("the log of the operator says nothing about a workspace:\n%s", log)
		}
	})
}

func waitsForChangesAndDeletions(t *testing.T, h *Harness) {
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: h.Namespace(t), Name: "object"}}
	h.Create(t, object)
	waiting := object.DeepCopy()
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		Wait(t, h, waiting, "the data to come", func(c *corev1.ConfigMap) bool { return c.Data["key"] == "value" })
	}()
	before := object.DeepCopy()
	object.Data = map[string]string{"key": "value"}
	if err := h.Client.Patch(t.Context(), object, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	<-changed
	if waiting.Data["key"] != "value" {
		t.Error("Wait does not leave the object as it is when the check holds")
	}
	if err := h.Client.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	h.WaitGone(t, object)
}

func reachesASecret(t *testing.T, h *Harness, vendors *Vendors, vendor string, mods ...gen.ApiKeyModifier) {
	namespace := h.Namespace(t)
	class := h.Class(t, vendors, vendor)
	workspace := gen.Workspace("workspace", gen.SetWorkspaceClass(class.Name), gen.SetWorkspaceExternalID(Importable(vendor)),
		gen.SetWorkspaceMeta(gen.InNamespace(namespace)))
	key := gen.ApiKey("key", append(mods, gen.SetApiKeyMeta(gen.InNamespace(namespace)))...)
	h.Create(t, workspace, key)
	h.WaitReady(t, class, workspace, key)
	if !HasReason(key, v1alpha1.ConditionPublished, v1alpha1.ReasonPublished) {
		t.Errorf("the ApiKey is Ready but not Published: %+v", key.Status.Conditions)
	}
	secret := &corev1.Secret{}
	if err := h.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "key"}, secret); err != nil {
		t.Fatal(err)
	}
	if len(secret.Data["apiKey"]) == 0 {
		t.Error("the Secret holds no key")
	}
}
