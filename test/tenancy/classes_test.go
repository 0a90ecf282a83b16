package tenancy

import (
	"context"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// policiesCompile waits for the API server's own check of every expression, and for what it has to say.
func (s *suite) policiesCompile(t *testing.T) {
	ours := client.MatchingLabels{"app.kubernetes.io/name": "workspace-operator"}
	policies, bindings := &admissionv1.ValidatingAdmissionPolicyList{}, &admissionv1.ValidatingAdmissionPolicyBindingList{}
	accepted(t, "reading the bindings", func(ctx context.Context) error { return s.admin.List(ctx, bindings, ours) })
	err := eventually(t, func(ctx context.Context) bool {
		if err := s.admin.List(ctx, policies, ours); err != nil || len(policies.Items) == 0 {
			return false
		}
		for _, policy := range policies.Items {
			if policy.Status.ObservedGeneration != policy.Generation {
				return false
			}
		}
		return true
	})
	if err != nil {
		t.Fatalf("the policies are not checked: %+v", policies.Items)
	}
	bound := map[string]bool{}
	for _, binding := range bindings.Items {
		bound[binding.Spec.PolicyName] = true
	}
	for _, policy := range policies.Items {
		if check := policy.Status.TypeChecking; check != nil && len(check.ExpressionWarnings) > 0 {
			t.Errorf("%s: %+v", policy.Name, check.ExpressionWarnings)
		}
		if !bound[policy.Name] {
			t.Errorf("%s is bound to nothing", policy.Name)
		}
	}
	if len(bound) != len(policies.Items) {
		t.Errorf("%d policies, but bindings of %v", len(policies.Items), bound)
	}
}

func workspaceOf(namespace, name, class string) *v1alpha1.Workspace {
	return gen.Workspace(name, gen.SetWorkspaceMeta(gen.InNamespace(namespace)), gen.SetWorkspaceClass(class))
}

func (s *suite) classUse(t *testing.T) {
	const (
		granted, other = "portkey-prod", "guance-prod"
		elsewhere      = "team-b"
		missing        = "spec.className is missing, and only who may use every WorkspaceClass may leave it to the default"
	)
	s.namespace(t, elsewhere, anna, "edit")
	c := s.as(t, anna)
	mayNot := func(class, namespace string) string {
		return `you may not use WorkspaceClass "` + class + `" in namespace "` + namespace + `": name another in spec.className, or ask an administrator for the verb "use" on this one`
	}

	refused(t, "a class without the right", mayNot(granted, team), rehearsal(c, workspaceOf(team, "a", granted)))
	refused(t, "the default class without the right", missing, rehearsal(c, workspaceOf(team, "a", "")))

	s.fromPage(t, "ClusterRole", "use-portkey-prod")
	s.fromPage(t, "RoleBinding", "use-portkey-prod")
	accepted(t, "the class of the RoleBinding, in its namespace", creation(c, workspaceOf(team, "granted", granted)))
	refused(t, "another class", mayNot(other, team), rehearsal(c, workspaceOf(team, "a", other)))
	refused(t, "the class in another namespace", mayNot(granted, elsewhere), rehearsal(c, workspaceOf(elsewhere, "a", granted)))
	refused(t, "the default class with the right to one", missing, rehearsal(c, workspaceOf(team, "a", "")))

	output, err := s.run(t.Context(), "", "auth", "can-i", "use", "workspaceclasses.workspace-operator.io/"+granted, "-n", team, "--as", anna)
	if err != nil || !strings.Contains(output, "yes") {
		t.Errorf("kubectl auth can-i, as the page has it: %v\n%s", err, output)
	}

	t.Run("with the right to all", func(t *testing.T) {
		const user = "bob"
		s.bind(t, team, user, "workspace-operator-edit")
		s.bind(t, "", user, "workspace-operator-class-use")
		c := s.as(t, user)
		accepted(t, "any class", rehearsal(c, workspaceOf(team, "a", other)))
		accepted(t, "no class", rehearsal(c, workspaceOf(team, "a", "")))
	})
	t.Run("what exists can be changed without the right", func(t *testing.T) {
		const user = "carol"
		s.create(t, workspaceOf(team, "existing", other))
		s.bind(t, team, user, "workspace-operator-edit")
		describe := func(ws *v1alpha1.Workspace) { ws.Spec.Description = "changed" }
		accepted(t, "a change", change(s.as(t, user), workspaceOf(team, "existing", ""), describe))
	})
	t.Run("who is admin of a namespace can hand on what they have", func(t *testing.T) {
		const user = "ann"
		s.bind(t, team, user, "admin")
		handOn := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: "handed-on"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "workspace-operator-class-use"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "dave"}},
		}
		refused(t, "without the right", "attempting to grant RBAC permissions not currently held", rehearsal(s.as(t, user), handOn))
		s.bind(t, team, user, "workspace-operator-class-use")
		accepted(t, "with the right", rehearsal(s.as(t, user), handOn))
	})
	t.Run("who applies for others needs it too", func(t *testing.T) {
		const deployer = "deployer"
		user := "system:serviceaccount:" + team + ":" + deployer
		s.create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: deployer}})
		subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: team, Name: deployer}}
		bind := func(role string) {
			s.create(t, &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Namespace: team, Name: deployer + "-" + role}, Subjects: subjects,
				RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			})
		}
		bind("edit")
		c := s.account(t, team, deployer)
		refused(t, "a class without the right for "+user, mayNot(granted, team), rehearsal(c, workspaceOf(team, "a", granted)))
		bind("use-portkey-prod")
		accepted(t, "a class with the right for "+user, rehearsal(c, workspaceOf(team, "a", granted)))
	})
}

// optIn turns the policy on as the page has it: until then an edit in the namespace is enough.
func (s *suite) optIn(t *testing.T) {
	t.Helper()
	const namespace, user = "before", "ben"
	s.namespace(t, namespace, user, "edit")
	object := workspaceOf(namespace, "on", "any")
	accepted(t, "a class before the policy is bound", rehearsal(s.as(t, user), object))
	s.install(t, "admission")
	refused(t, "a class without the right", "you may not use WorkspaceClass", rehearsal(s.as(t, user), object))
}

// turnedOff deletes the binding as the page has it.
func (s *suite) turnedOff(t *testing.T) {
	const user = "tom"
	s.bind(t, team, user, "edit")
	object := workspaceOf(team, "off", "any")
	refused(t, "a class without the right", "you may not use WorkspaceClass", rehearsal(s.as(t, user), object))
	if output, err := s.run(t.Context(), "", "delete", "validatingadmissionpolicybinding", "workspace-operator-class-use"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	accepted(t, "a class without the right", rehearsal(s.as(t, user), object))
}
