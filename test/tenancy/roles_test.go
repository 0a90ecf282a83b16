package tenancy

import (
	"context"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

const rolesNamespace = "roles"

// roles asks the API server what each role allows, once the controller manager has added ours to the cluster's own.
func (s *suite) roles(t *testing.T) {
	s.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: rolesNamespace}})
	read := []string{"get", "list", "watch"}
	write := []string{"create", "update", "patch", "delete", "deletecollection"}
	for role, writes := range map[string]bool{
		"view": false, "edit": true, "admin": true,
		"workspace-operator-view": false, "workspace-operator-edit": true, "workspace-operator-admin": true,
	} {
		t.Run(role, func(t *testing.T) {
			user := "has-" + role
			s.bind(t, rolesNamespace, user, role)
			for _, resource := range []string{"workspaces", "apikeys"} {
				s.allows(t, user, resource, true, read...)
				s.allows(t, user, resource, writes, write...)
				s.allows(t, user, resource+"/status", false, "update", "patch")
				s.allows(t, user, resource+"/finalizers", false, "update")
			}
			s.allows(t, user, "workspaceclasses", false, slices.Concat(read, write, []string{"use"})...)
			s.allows(t, user, "workspaceclasses/status", false, "update", "patch")
		})
	}
	t.Run("no role of ours shows a credential", s.noCredential)
	t.Run("view", s.view)
	t.Run("classes", s.classView)
}

// allows asks until the answer is the one that is wanted: roles are added to others by a controller.
func (s *suite) allows(t *testing.T, user, resource string, want bool, verbs ...string) {
	t.Helper()
	resource, subresource, _ := strings.Cut(resource, "/")
	for _, verb := range verbs {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user, Groups: []string{"system:authenticated"},
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: rolesNamespace, Group: v1alpha1.GroupVersion.Group, Resource: resource, Subresource: subresource, Verb: verb,
			},
		}}
		err := eventually(t, func(ctx context.Context) bool {
			answer := review.DeepCopy()
			return s.admin.Create(ctx, answer) == nil && answer.Status.Allowed == want
		})
		if err != nil {
			t.Errorf("whether %s may %s %s/%s: got %t, want %t", user, verb, resource, subresource, !want, want)
		}
	}
}

func (s *suite) noCredential(t *testing.T) {
	roles := &rbacv1.ClusterRoleList{}
	if err := s.admin.List(t.Context(), roles, client.MatchingLabels{"app.kubernetes.io/name": "workspace-operator"}); err != nil {
		t.Fatal(err)
	}
	if len(roles.Items) < 5 {
		t.Errorf("only %d ClusterRoles for people are found", len(roles.Items))
	}
	for _, role := range roles.Items {
		if role.Name == "workspace-operator-secret-watch" {
			continue // the operator's own, bound to its ServiceAccount alone
		}
		for _, rule := range role.Rules {
			if !slices.Equal(rule.APIGroups, []string{v1alpha1.GroupVersion.Group}) || slices.Contains(rule.Resources, "*") || slices.Contains(rule.Verbs, "*") {
				t.Errorf("%s allows more than our kinds: %v", role.Name, rule)
			}
		}
	}
}

// view is what somebody with the role really sees of a key: everything but its value.
func (s *suite) view(t *testing.T) {
	const user = "viewer"
	s.bind(t, rolesNamespace, user, "view")
	key := keyOf(rolesNamespace, "key", "")
	s.create(t, key)
	accepted(t, "the operator publishing a Secret", creation(s.operator(t), published(key, "key")))
	c := s.as(t, user)
	accepted(t, "reading the ApiKey", func(ctx context.Context) error {
		return c.Get(ctx, client.ObjectKeyFromObject(key), &v1alpha1.ApiKey{})
	})
	for what, err := range map[string]error{
		"its Secret":    c.Get(t.Context(), client.ObjectKeyFromObject(key), &corev1.Secret{}),
		"all Secrets":   c.List(t.Context(), &corev1.SecretList{}, client.InNamespace(rolesNamespace)),
		"a credential":  c.Get(t.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: "portkey-admin"}, &corev1.Secret{}),
		"a new ApiKey":  rehearsal(c, keyOf(rolesNamespace, "other", ""))(t.Context()),
		"every ApiKey":  c.List(t.Context(), &v1alpha1.ApiKeyList{}),
		"every class":   c.List(t.Context(), &v1alpha1.WorkspaceClassList{}),
		"a single one":  c.Get(t.Context(), client.ObjectKey{Name: "any"}, &v1alpha1.WorkspaceClass{}),
		"the ConfigMap": c.Get(t.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: "workspace-operator-secret-names"}, &corev1.ConfigMap{}),
	} {
		if !apierrors.IsForbidden(err) {
			t.Errorf("%s: got %v, want forbidden", what, err)
		}
	}
}

func (s *suite) classView(t *testing.T) {
	const user = "chooser"
	s.create(t, gen.WorkspaceClass("choice"))
	s.bind(t, "", user, "workspace-operator-class-view")
	c := s.as(t, user)
	accepted(t, "listing classes", func(ctx context.Context) error { return c.List(ctx, &v1alpha1.WorkspaceClassList{}) })
	if err := rehearsal(c, gen.WorkspaceClass("mine"))(t.Context()); !apierrors.IsForbidden(err) {
		t.Errorf("creating a class: got %v, want forbidden", err)
	}
	s.allows(t, user, "workspaceclasses", false, "use")
}
