package store

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// specimen is a kind with changes to it that the CRDs allow, whatever the object looks like.
type specimen struct {
	name   string
	make   func() client.Object
	list   func() client.ObjectList
	spec   []func(client.Object)
	status []func(client.Object) // none: no status subresource
	raw    []string              // patches
}

// on makes a change to one type a change to any object; another type stays as it is.
func on[T client.Object](change func(T)) func(client.Object) {
	return func(obj client.Object) {
		if typed, ok := obj.(T); ok {
			change(typed)
		}
	}
}

func specimens() []specimen {
	return []specimen{
		workspaces(), apiKeys(), secrets(), secrets(), classes(),
		{
			name: "ConfigMap", make: func() client.Object { return &corev1.ConfigMap{Data: map[string]string{"a": "1"}} }, list: func() client.ObjectList { return &corev1.ConfigMapList{} },
			spec: []func(client.Object){
				on(func(m *corev1.ConfigMap) { m.Data = map[string]string{"a": "2", "b": "1"} }),
				on(func(m *corev1.ConfigMap) { m.Data = nil }),
			},
		},
		{name: "Orphan", make: func() client.Object { return gen.Orphan("") }, list: func() client.ObjectList { return &v1alpha1.OrphanList{} }},
	}
}

func workspaces() specimen {
	return specimen{
		raw:  []string{`{"spec":{"metadata":{"a":null,"b":null}}}`, `{"spec":{"metadata":null}}`, `{"spec":{"metadata":{}}}`},
		name: "Workspace", make: func() client.Object { return gen.Workspace("") }, list: func() client.ObjectList { return &v1alpha1.WorkspaceList{} },
		spec: []func(client.Object){
			on(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "A" }),
			on(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "B" }),
			on(func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "" }),
			on(func(w *v1alpha1.Workspace) {
				w.Spec.Metadata = map[string]v1alpha1.MetadataValue{"a": "1", "b": "<&>"}
			}),
			on(func(w *v1alpha1.Workspace) { w.Spec.Metadata = map[string]v1alpha1.MetadataValue{"a": "2"} }),
			on(func(w *v1alpha1.Workspace) { w.Spec.Metadata = nil }),
			on(func(w *v1alpha1.Workspace) {
				w.Spec.RateLimits = []v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 5}}
			}),
			on(func(w *v1alpha1.Workspace) { w.Spec.RateLimits = nil }),
		},
		status: []func(client.Object){
			on(func(w *v1alpha1.Workspace) { w.Status.UUID = "one" }),
			on(func(w *v1alpha1.Workspace) { w.Status.UUID = "" }),
			on(func(w *v1alpha1.Workspace) { w.Status.ObservedGeneration = w.Generation }),
			on(func(w *v1alpha1.Workspace) {
				w.Status.Environments = []v1alpha1.WorkspaceEnvironment{{Name: "prod"}}
			}),
			on(func(w *v1alpha1.Workspace) { condition(&w.Status.Conditions, "Ready", metav1.ConditionTrue) }),
			on(func(w *v1alpha1.Workspace) { condition(&w.Status.Conditions, "Ready", metav1.ConditionFalse) }),
			on(func(w *v1alpha1.Workspace) { condition(&w.Status.Conditions, "Synced", metav1.ConditionTrue) }),
			on(func(w *v1alpha1.Workspace) { meta.RemoveStatusCondition(&w.Status.Conditions, "Synced") }),
			on(func(w *v1alpha1.Workspace) { w.Status = v1alpha1.WorkspaceStatus{} }),
		},
	}
}

func apiKeys() specimen {
	return specimen{
		raw:  []string{`{"spec":{"scopes":["c"],"lifetime":null}}`, `{"status":{"keyID":"x"}}`},
		name: "ApiKey", make: func() client.Object { return gen.ApiKey("") }, list: func() client.ObjectList { return &v1alpha1.ApiKeyList{} },
		spec: []func(client.Object){
			on(func(k *v1alpha1.ApiKey) { k.Spec.Scopes = []string{"a:read"} }),
			on(func(k *v1alpha1.ApiKey) { k.Spec.Scopes = []string{"b:read", "a:read"} }),
			on(func(k *v1alpha1.ApiKey) { k.Spec.Scopes = nil }),
			on(func(k *v1alpha1.ApiKey) { k.Spec.Lifetime = &metav1.Duration{Duration: 90 * time.Minute} }),
			on(func(k *v1alpha1.ApiKey) {
				k.Spec.Secret = &v1alpha1.SecretTarget{Name: "x", Labels: map[string]v1alpha1.LabelValue{"a": "b"}}
			}),
			on(func(k *v1alpha1.ApiKey) { k.Spec.Secret = &v1alpha1.SecretTarget{} }),
		},
		status: []func(client.Object){
			on(func(k *v1alpha1.ApiKey) { k.Status.KeyID = "k1" }),
			on(func(k *v1alpha1.ApiKey) { k.Status.KeyID = "k2" }),
			on(func(k *v1alpha1.ApiKey) { k.Status.Binding = &v1alpha1.Binding{Name: "x"} }),
			on(func(k *v1alpha1.ApiKey) { k.Status.Binding = nil }),
			on(func(k *v1alpha1.ApiKey) {
				k.Status.Retiring = []v1alpha1.RetiringKey{{KeyID: "k0", RevokeAt: metav1.Unix(1800000000, 5000)}}
			}),
			on(func(k *v1alpha1.ApiKey) { condition(&k.Status.Conditions, "Published", metav1.ConditionTrue) }),
		},
	}
}

func classes() specimen {
	return specimen{
		name: "WorkspaceClass", make: func() client.Object { return gen.WorkspaceClass("") }, list: func() client.ObjectList { return &v1alpha1.WorkspaceClassList{} },
		spec: []func(client.Object){
			on(func(c *v1alpha1.WorkspaceClass) { c.Spec.AllowedNamespaces = nil }),
			on(func(c *v1alpha1.WorkspaceClass) { gen.SetWorkspaceClassSelector(map[string]string{"a": "b"})(c) }),
			on(func(c *v1alpha1.WorkspaceClass) { gen.SetWorkspaceClassSelector(map[string]string{"a": "c"})(c) }),
			on(func(c *v1alpha1.WorkspaceClass) { c.Spec.ImportableIDs = []string{"a", "b"} }),
			on(func(c *v1alpha1.WorkspaceClass) {
				c.Spec.KeyPolicy = &v1alpha1.KeyPolicy{AllowedScopes: []string{"a*", "b"}}
			}),
			on(func(c *v1alpha1.WorkspaceClass) { c.Spec.KeyPolicy = nil }),
		},
		status: []func(client.Object){
			on(func(c *v1alpha1.WorkspaceClass) { c.Status.Provider = "portkey" }),
			on(func(c *v1alpha1.WorkspaceClass) { c.Status.Capabilities = []string{"x", "y"} }),
			on(func(c *v1alpha1.WorkspaceClass) { c.Status.Capabilities = []string{"y"} }),
			on(func(c *v1alpha1.WorkspaceClass) { condition(&c.Status.Conditions, "Ready", metav1.ConditionTrue) }),
		},
	}
}

func secrets() specimen {
	return specimen{
		raw:  []string{`{"data":{"a":null,"b":null,"c":null}}`, `{"data":null}`, `{"data":{}}`, `{"data":{"z":"eg=="},"type":null}`},
		name: "Secret", list: func() client.ObjectList { return &corev1.SecretList{} },
		make: func() client.Object { return &corev1.Secret{Data: map[string][]byte{"a": []byte("1")}} },
		spec: []func(client.Object){
			on(func(s *corev1.Secret) { s.Data = map[string][]byte{"a": []byte("2"), "b": {}} }),
			on(func(s *corev1.Secret) { s.Data = nil }),
			on(func(s *corev1.Secret) { s.StringData = map[string]string{"c": "3"} }),
			on(func(s *corev1.Secret) { s.Immutable = new(true) }),
			on(func(s *corev1.Secret) { s.Immutable = nil }),
			on(func(s *corev1.Secret) { s.Type = "" }),
			on(func(s *corev1.Secret) { s.Type = "example.com/other" }),
			on(func(s *corev1.Secret) { s.Data = map[string][]byte{"not a key": nil} }),
		},
	}
}

func condition(all *[]metav1.Condition, kind string, status metav1.ConditionStatus) {
	meta.SetStatusCondition(all, metav1.Condition{
		Type: kind, Status: status, Reason: "Because", Message: "said so", LastTransitionTime: metav1.Unix(1800000000, 7000),
	})
}
