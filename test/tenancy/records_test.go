package tenancy

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

const notYourFinalizer = "only the operator sets and removes finalizers under workspace-operator.io/, which keep an object until the vendor has let go of it"

func (s *suite) finalizers(t *testing.T) {
	const namespace, user = "finalizers", "fay"
	s.namespace(t, namespace, user, "edit")
	s.bind(t, namespace, user, "workspace-operator-class-use")
	// Somebody else may be in charge of classes, and is not the operator for that.
	s.create(t, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "classes"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"workspaceclasses"}, Verbs: []string{"*"}},
	}})
	s.bind(t, "", user, "classes")
	secret := func() *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "credential"}}
	}
	for name, row := range map[string]struct {
		object    client.Object
		finalizer string
	}{
		"Workspace":      {workspaceOf(namespace, "a", "any"), v1alpha1.Finalizer},
		"ApiKey":         {keyOf(namespace, "a", ""), v1alpha1.Finalizer},
		"WorkspaceClass": {gen.WorkspaceClass("a"), v1alpha1.FinalizerInUse},
		"Secret":         {secret(), v1alpha1.FinalizerInUse},
	} {
		t.Run(name, func(t *testing.T) {
			c, operator := s.as(t, user), s.operator(t)
			add := func(o client.Object) { controllerutil.AddFinalizer(o, row.finalizer) }
			remove := func(o client.Object) { controllerutil.RemoveFinalizer(o, row.finalizer) }

			with := copyOf(row.object)
			add(with)
			refused(t, "a creation with our finalizer", notYourFinalizer, rehearsal(c, with))
			accepted(t, "a creation with somebody's finalizer", func(ctx context.Context) error {
				with := copyOf(row.object)
				with.SetFinalizers([]string{"team.test/hold"})
				return c.Create(ctx, with)
			})
			refused(t, "adding our finalizer", notYourFinalizer, try(c, row.object, add))
			accepted(t, "the operator adding it", patch(operator, row.object, add))
			refused(t, "removing it", notYourFinalizer, try(c, row.object, remove))
			refused(t, "replacing it with another of ours", notYourFinalizer, try(c, row.object, func(o client.Object) {
				remove(o)
				controllerutil.AddFinalizer(o, "workspace-operator.io/other")
			}))
			accepted(t, "removing somebody's", change(c, row.object, func(o client.Object) { controllerutil.RemoveFinalizer(o, "team.test/hold") }))
			accepted(t, "asking for the deletion", func(ctx context.Context) error { return c.Delete(ctx, copyOf(row.object)) })
			refused(t, "removing it during the deletion", notYourFinalizer, try(c, row.object, remove))
			accepted(t, "the administrator removing it", try(s.admin, row.object, remove))
			accepted(t, "the operator removing it", patch(operator, row.object, remove))
		})
	}
}

// published is a Secret as the operator makes it.
func published(key *v1alpha1.ApiKey, name string) *corev1.Secret {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace, Name: name,
			Labels:          map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
			Annotations:     map[string]string{},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(key, v1alpha1.GroupVersion.WithKind("ApiKey"))},
		},
		Data: map[string][]byte{v1alpha1.SecretKeyAPIKey: []byte("value")},
	}
	for _, name := range reserved() {
		secret.Annotations[name] = "apiKey"
	}
	return secret
}

// reserved are the annotations that the operator writes to Secrets.
func reserved() []string {
	return []string{
		v1alpha1.AnnotationValueKey, v1alpha1.AnnotationIssuedAt, v1alpha1.AnnotationIssuedFor, v1alpha1.AnnotationRotatedFor, v1alpha1.AnnotationKeyName,
		v1alpha1.AnnotationFingerprint, v1alpha1.AnnotationPublished, v1alpha1.AnnotationWorkspace,
	}
}

const (
	notYourLabel       = "only the operator sets and removes the label app.kubernetes.io/managed-by with the value workspace-operator"
	notYourAnnotations = "only the operator writes the annotations value-key, issued-at, issued-for, rotated-for, key-name, fingerprint, published and workspace under workspace-operator.io/"
	notYourOwner       = "only the operator makes an ApiKey the owner of a Secret"
)

func (s *suite) publishedSecrets(t *testing.T) {
	const namespace, user = "published", "pam"
	s.namespace(t, namespace, user, "edit")
	c, operator := s.as(t, user), s.operator(t)
	key := keyOf(namespace, "key", "")
	s.create(t, key)
	ours := published(key, "key")
	accepted(t, "the operator publishing a Secret", creation(operator, ours))

	s.forgeries(t, c, key)
	for name, row := range map[string]struct {
		says   string
		mutate func(*corev1.Secret)
	}{
		"its label taken off":       {notYourLabel, func(s *corev1.Secret) { s.Labels = nil }},
		"its label changed":         {notYourLabel, func(s *corev1.Secret) { s.Labels[v1alpha1.LabelManagedBy] = "me" }},
		"its annotations taken off": {notYourAnnotations, func(s *corev1.Secret) { s.Annotations = nil }},
		"an annotation changed":     {notYourAnnotations, func(s *corev1.Secret) { s.Annotations[v1alpha1.AnnotationIssuedAt] = "2000-01-01T00:00:00Z" }},
		"another ApiKey as owner": {notYourOwner, func(s *corev1.Secret) {
			s.OwnerReferences = append(s.OwnerReferences, metav1.OwnerReference{APIVersion: "workspace-operator.io/v1", Kind: "ApiKey", Name: "b", UID: "b"})
		}},
	} {
		t.Run(name, func(t *testing.T) { refused(t, name, row.says, try(c, ours, row.mutate)) })
	}
	accepted(t, "what other tools write", change(c, ours, func(s *corev1.Secret) {
		s.Labels["team"], s.Annotations["reloader.test/seen"] = "a", "1"
		s.OwnerReferences = append(s.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "c", UID: "c"})
		s.Data["more"] = []byte("x")
	}))
	accepted(t, "the operator changing it", change(operator, ours, func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.AnnotationKeyName) }))
	accepted(t, "its deletion", func(ctx context.Context) error { return c.Delete(ctx, copyOf(ours)) })
}

// forgeries are Secrets that claim to be the operator's, and such as claim no such thing.
func (s *suite) forgeries(t *testing.T, c client.Client, key *v1alpha1.ApiKey) {
	t.Helper()
	secret := func(mods ...func(*corev1.Secret)) *corev1.Secret {
		made := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: "mine", Labels: map[string]string{}, Annotations: map[string]string{}}}
		for _, mod := range mods {
			mod(made)
		}
		return made
	}
	refused(t, "a Secret with our label", notYourLabel, rehearsal(c, secret(func(s *corev1.Secret) { s.Labels[v1alpha1.LabelManagedBy] = v1alpha1.ManagedBy })))
	refused(t, "a Secret with an ApiKey as owner", notYourOwner, rehearsal(c, secret(func(s *corev1.Secret) {
		s.OwnerReferences = published(key, "mine").OwnerReferences
	})))
	for _, name := range reserved() {
		refused(t, "a Secret with "+name, notYourAnnotations, rehearsal(c, secret(func(s *corev1.Secret) { s.Annotations[name] = "x" })))
	}
	accepted(t, "a credential with what its owner may say", rehearsal(c, secret(func(s *corev1.Secret) {
		s.Annotations["workspace-operator.io/allowed-host"] = "vendor.test"
		s.Labels[v1alpha1.LabelManagedBy] = "Helm"
	})))
	accepted(t, "a plain Secret", rehearsal(c, secret()))
}
