package account

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// TestAClassTakesNoSecretThatIsSomethingElse: whoever may write a class could
// otherwise have any Secret of the cluster sent to an endpoint of their choice.
func TestAClassTakesNoSecretThatIsSomethingElse(t *testing.T) {
	const malformed = `Secret "platform/admin" holds no credential for WorkspaceClass "prod": `
	owned := func(by, kind string) func(*corev1.Secret) {
		return func(secret *corev1.Secret) {
			secret.OwnerReferences = []metav1.OwnerReference{{APIVersion: by, Kind: kind, Name: "ci", UID: "owner-uid"}}
		}
	}
	for name, row := range map[string]struct {
		edit  func(*corev1.Secret)
		fault string
	}{
		"Opaque":            {func(s *corev1.Secret) { s.Type = corev1.SecretTypeOpaque }, ""},
		"without a type":    {func(s *corev1.Secret) { s.Type = "" }, ""},
		"kept by something": {func(s *corev1.Secret) { s.Labels = map[string]string{v1alpha1.LabelManagedBy: "external-secrets"} }, ""},
		"owned by something": {
			owned("external-secrets.io/v1", "ExternalSecret"), "",
		},
		"a ServiceAccount's token": {
			func(s *corev1.Secret) { s.Type = corev1.SecretTypeServiceAccountToken },
			`it is of type "kubernetes.io/service-account-token", and a credential Secret is of type "Opaque"`,
		},
		"marked as the operator's": {
			func(s *corev1.Secret) { s.Labels = map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy} },
			"it is one that this operator writes",
		},
		"an ApiKey's":                     {owned(v1alpha1.GroupVersion.String(), v1alpha1.KindApiKey), "it is one that this operator writes"},
		"an ApiKey's, of a later API":     {owned(v1alpha1.GroupVersion.Group+"/v1", v1alpha1.KindApiKey), "it is one that this operator writes"},
		"of an owner nobody can make out": {owned("a/b/c", "Thing"), "it is one that this operator writes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, newSecret(row.edit))
			_, err := w.Open(t.Context(), newClass(), "tenant")
			if row.fault == "" {
				if err != nil {
					t.Errorf("it is refused: %v", err)
				}
				return
			}
			wantProblem(t, err, v1alpha1.ReasonCredentialsMalformed, malformed+row.fault)
			if opened := w.driver.accounts(); len(opened) > 0 {
				t.Errorf("the vendor's driver got it: %v", opened)
			}
		})
	}
}

// TestAWorkspacesOwnCredentialIsInASecretOfOurs, and is read by its own way only.
func TestAWorkspacesOwnCredentialIsInASecretOfOurs(t *testing.T) {
	w := newWorld(t, newSecret(func(s *corev1.Secret) {
		s.Namespace, s.Labels = "operator", map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	}))
	if _, err := w.OpenOwn(t.Context(), newClass(), "admin"); err != nil {
		t.Error(err)
	}
	class := newClass(func(class *v1alpha1.WorkspaceClass) { class.Spec.CredentialsRef.Namespace = "operator" })
	_, err := w.Open(t.Context(), class, "tenant")
	wantProblem(t, err, v1alpha1.ReasonCredentialsMalformed,
		`Secret "operator/admin" holds no credential for WorkspaceClass "prod": it is one that this operator writes`)
}
