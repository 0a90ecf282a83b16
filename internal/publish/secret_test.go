package publish

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

var update = flag.Bool("update", false, "write the golden files anew")

func apiKey(mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	return gen.ApiKey("ci", append([]gen.ApiKeyModifier{gen.SetApiKeyMeta(gen.UID("uid-1")), gen.SetApiKeySecretName("ci-key")}, mods...)...)
}

func issuedAt() time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("elsewhere", 3600))
}

// ours is the Secret as it was written for key "key-1".
func ours(t *testing.T, mods ...func(*corev1.Secret)) *corev1.Secret {
	t.Helper()
	draft, err := Compose(apiKey(), Found{}, content(), issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	for _, mod := range mods {
		mod(draft.secret)
	}
	return draft.secret
}

func cluster(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(), funcs)
}

func TestForeignSecrets(t *testing.T) {
	owner := func(change func(*metav1.OwnerReference)) func(*corev1.Secret) {
		return func(s *corev1.Secret) { change(&s.OwnerReferences[0]) }
	}
	for name, row := range map[string]struct {
		shape func(*corev1.Secret)
		why   string
	}{
		"nobody's":                            {func(s *corev1.Secret) { s.OwnerReferences = nil }, "does not belong to this ApiKey"},
		"another object's":                    {owner(func(o *metav1.OwnerReference) { o.Name, o.UID = "other", "uid-2" }), "does not belong to this ApiKey"},
		"ours, but without a controller":      {owner(func(o *metav1.OwnerReference) { o.Controller = nil }), "does not belong to this ApiKey"},
		"ours, but expressly uncontrolled":    {owner(func(o *metav1.OwnerReference) { o.Controller = new(bool) }), "does not belong to this ApiKey"},
		"our predecessor's, of the same name": {owner(func(o *metav1.OwnerReference) { o.UID = "uid-0" }), "does not belong to this ApiKey"},
		"of another type":                     {func(s *corev1.Secret) { s.Type = corev1.SecretTypeTLS }, `has the type "kubernetes.io/tls" instead of Opaque`},
		"immutable":                           {func(s *corev1.Secret) { s.Immutable = new(true) }, "is immutable"},
		"with our label forged": {func(s *corev1.Secret) {
			s.OwnerReferences = nil
			s.Labels = map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
			s.Annotations = map[string]string{v1alpha1.AnnotationValueKey: v1alpha1.SecretKeyAPIKey, v1alpha1.AnnotationIssuedAt: "2026-01-02T03:04:05Z"}
		}, "does not belong to this ApiKey"},
		"being deleted": {func(s *corev1.Secret) {
			s.Finalizers, s.DeletionTimestamp = []string{"x/y"}, new(metav1.NewTime(time.Unix(1, 0)))
		}, "is being deleted"},
		"an object's of another kind": {owner(func(o *metav1.OwnerReference) {
			o.APIVersion, o.Kind, o.UID = "apps/v1", "Deployment", "uid-3"
		}), "does not belong to this ApiKey"},
		"ours as a second owner only": {func(s *corev1.Secret) {
			mine := s.OwnerReferences[0]
			mine.Controller = nil
			s.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "c", UID: "uid-4", Controller: new(true)}, mine}
		}, "does not belong to this ApiKey"},
	} {
		t.Run(name, func(t *testing.T) {
			secret := ours(t, row.shape)
			api := cluster(t, interceptor.Funcs{}, secret)
			before := read(t, api)
			found, err := Inspect(t.Context(), api, apiKey())
			if err != nil {
				t.Fatal(err)
			}
			if found.State != plan.SecretForeign || found.Why != `Secret "ci-key" `+strings.TrimPrefix(wantWhy(row.why), " ") {
				t.Errorf("got %s because %q", found.State, found.Why)
			}
			if found.KeyID != "key-1" {
				t.Errorf("the key it names could be revoked: it is told as %q", found.KeyID)
			}
			if found.Fingerprint != "" || !found.IssuedAt.IsZero() || found.Holds() || found.Nameless() {
				t.Errorf("what a foreign Secret holds is taken for true: %+v", found)
			}
			draft, err := Compose(apiKey(), found, content(), issuedAt())
			if err != nil {
				t.Fatal(err)
			}
			_ = draft.Rehearse(t.Context(), api) // whatever the API server says, it must change nothing
			if err := draft.Write(t.Context(), api, api); !errors.Is(err, ErrTaken) {
				t.Errorf("Write gives %v, want ErrTaken", err)
			}
			if diff := cmp.Diff(before, read(t, api)); diff != "" {
				t.Errorf("somebody else's Secret was changed:\n%s", diff)
			}
		})
	}
}

func wantWhy(why string) string {
	if strings.HasPrefix(why, "does not belong") {
		return "exists and " + why
	}
	return why
}

func read(t *testing.T, api client.Reader) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	err := api.Get(context.WithoutCancel(t.Context()), types.NamespacedName{Namespace: gen.Namespace, Name: "ci-key"}, secret)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil {
		return nil
	}
	return secret
}

func TestName(t *testing.T) {
	if got := Name(gen.ApiKey("ci")); got != "ci" {
		t.Errorf("without a target: %q", got)
	}
	if got := Name(gen.ApiKey("ci", gen.SetApiKeySecret(v1alpha1.SecretTarget{ValueKey: "TOKEN"}))); got != "ci" {
		t.Errorf("with a target that names none: %q", got)
	}
	if got := Name(apiKey()); got != "ci-key" {
		t.Errorf("with a name: %q", got)
	}
}

func TestCompose(t *testing.T) {
	for name, row := range map[string]struct {
		key   *v1alpha1.ApiKey
		found Found
	}{
		"plain":    {gen.ApiKey("ci", gen.SetApiKeyMeta(gen.UID("uid-1"), gen.Label("argocd.argoproj.io/instance", "app"), gen.Annotation("a", "b"))), Found{}},
		"replaces": {apiKey(), Found{State: plan.SecretOurs, Name: "ci-key", read: metav1.ObjectMeta{ResourceVersion: "7"}}},
		"dressed": {apiKey(gen.SetApiKeySecret(v1alpha1.SecretTarget{
			Name: "ci-key", ValueKey: "TOKEN",
			Template:    map[string]v1alpha1.TemplateText{"config.yaml": "key: {{ .APIKey }}\nurl: {{ .Endpoint }}\n", "id": "{{.KeyID}}"},
			Labels:      map[string]v1alpha1.LabelValue{"team": "a"},
			Annotations: map[string]v1alpha1.AnnotationValue{"note": "for ci"},
		})), Found{}},
		"forged": {apiKey(gen.SetApiKeySecret(v1alpha1.SecretTarget{
			Template: map[string]v1alpha1.TemplateText{"keyID": "key-of-mine", "apiKey": "x", "provider": "x", "endpoint": "x", "workspaceUUID": "x"},
			Labels:   map[string]v1alpha1.LabelValue{v1alpha1.LabelManagedBy: "me"},
			Annotations: map[string]v1alpha1.AnnotationValue{
				v1alpha1.AnnotationValueKey: "keyID", v1alpha1.AnnotationIssuedAt: "2099-01-01T00:00:00Z",
			},
		})), Found{}},
	} {
		t.Run(name, func(t *testing.T) {
			draft, err := Compose(row.key, row.found, content(), issuedAt())
			if err != nil {
				t.Fatal(err)
			}
			readable := draft.secret.DeepCopy()
			readable.StringData = map[string]string{}
			for key, value := range readable.Data {
				readable.StringData[key] = string(value)
			}
			readable.Data = nil
			got, err := yaml.Marshal(readable)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".golden.yaml")
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("the Secret changed; if it is meant to, run this test with -update\n%s", diff)
			}
		})
	}
}

func TestATemplateThatFailsIsAnImpasse(t *testing.T) {
	key := apiKey(gen.SetApiKeySecret(v1alpha1.SecretTarget{Template: map[string]v1alpha1.TemplateText{"b": "{{.Nope}}", "a": "{{.APIKey.Nope}}"}}))
	for range 20 {
		_, err := Compose(key, Found{}, content(), issuedAt())
		hold, ok := errors.AsType[*plan.Impasse](err)
		if !ok || hold.State != plan.Blocked || hold.Reason != v1alpha1.ReasonTemplateInvalid {
			t.Fatalf("got %v", err)
		}
		if !strings.HasPrefix(hold.Message, `spec.secret.template["a"]: `) {
			t.Fatalf("of two faults it is not always the same that is told: %q", hold.Message)
		}
		if strings.Contains(hold.Message, canary) {
			t.Fatalf("the message shows the key: %q", hold.Message)
		}
	}
}
