package tenancy

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func keyOf(namespace, name, secret string) *v1alpha1.ApiKey {
	mods := []gen.ApiKeyModifier{gen.SetApiKeyMeta(gen.InNamespace(namespace))}
	if secret != "" {
		mods = append(mods, gen.SetApiKeySecretName(secret))
	}
	return gen.ApiKey(name, mods...)
}

func (s *suite) secretNames(t *testing.T) {
	const namespace, user = "names", "nina"
	s.namespace(t, namespace, user, "edit")
	c := s.as(t, user)
	accepted(t, "any name without a ConfigMap", creation(c, keyOf(namespace, "earlier", "any")))

	parameter := s.fromPage(t, "ConfigMap", "workspace-operator-secret-names") // vendor-.*
	says := func(name string) string {
		return `the Secret may not be called "` + name + `": set spec.secret.name to a name that matches vendor-.* ` +
			`(ConfigMap workspace-operator-system/workspace-operator-secret-names)`
	}
	refused(t, "another name", says("ci-key"), rehearsal(c, keyOf(namespace, "ci", "ci-key")))
	refused(t, "the ApiKey's own name", says("ci"), rehearsal(c, keyOf(namespace, "ci", "")))
	refused(t, "a name with the pattern in its middle", says("my-vendor-key"), rehearsal(c, keyOf(namespace, "vendor-ci", "my-vendor-key")))
	accepted(t, "a name that matches", rehearsal(c, keyOf(namespace, "ci", "vendor-key")))
	accepted(t, "an ApiKey whose own name matches", creation(c, keyOf(namespace, "vendor-ci", "")))
	generated := keyOf(namespace, "", "")
	generated.GenerateName = "vendor-"
	accepted(t, "a generated name that matches", rehearsal(c, generated))

	rename := func(key *v1alpha1.ApiKey) { key.Spec.Secret = &v1alpha1.SecretTarget{Name: "moved"} }
	refused(t, "a new name for what exists", says("moved"), try(c, keyOf(namespace, "vendor-ci", ""), rename))
	earlier := keyOf(namespace, "earlier", "")
	accepted(t, "another change to an ApiKey from before", change(c, earlier, func(key *v1alpha1.ApiKey) { key.Spec.DisplayName = "changed" }))
	accepted(t, "the operator's finalizer on it", patch(s.operator(t), earlier, func(key *v1alpha1.ApiKey) {
		controllerutil.AddFinalizer(key, v1alpha1.Finalizer)
	}))
	accepted(t, "taking it off again", patch(s.operator(t), earlier, func(key *v1alpha1.ApiKey) { key.Finalizers = nil }))

	s.brokenPatterns(t, parameter, namespace, user)
	if err := s.admin.Delete(t.Context(), &corev1.ConfigMap{ObjectMeta: metaOf(parameter)}); err != nil {
		t.Fatal(err)
	}
	accepted(t, "any name once the ConfigMap has gone", rehearsal(c, keyOf(namespace, "ci", "ci-key")))
}

// brokenPatterns changes the ConfigMap: a mistake in it must not open what it was to close.
func (s *suite) brokenPatterns(t *testing.T, parameter *unstructured.Unstructured, namespace, user string) {
	t.Helper()
	c := s.as(t, user)
	for name, row := range map[string]struct {
		data map[string]string
		says string
	}{
		"no pattern":       {map[string]string{"patern": "vendor-.*"}, `no name of a Secret is allowed, because ConfigMap workspace-operator-system/workspace-operator-secret-names has no "pattern"`},
		"no data":          {nil, `has no "pattern": an administrator has to add it or delete the ConfigMap`},
		"a broken pattern": {map[string]string{"pattern": "vendor-("}, "missing closing )"},
	} {
		t.Run(name, func(t *testing.T) {
			accepted(t, "the ConfigMap", change(s.admin, &corev1.ConfigMap{ObjectMeta: metaOf(parameter)}, func(m *corev1.ConfigMap) { m.Data = row.data }))
			refused(t, name, row.says, rehearsal(c, keyOf(namespace, "ci", "vendor-key")))
		})
	}
	t.Run("a line break after the pattern", func(t *testing.T) {
		accepted(t, "the ConfigMap", change(s.admin, &corev1.ConfigMap{ObjectMeta: metaOf(parameter)}, func(m *corev1.ConfigMap) {
			m.Data = map[string]string{"pattern": "vendor-.*\n"}
		}))
		accepted(t, "a name that matches", rehearsal(c, keyOf(namespace, "ci", "vendor-key")))
	})
}
