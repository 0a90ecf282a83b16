package tenancy

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// manifest is what a team keeps in Git; Argo CD adds the label and the annotation to whatever it applies, Flux the other two.
const manifest = `
apiVersion: workspace-operator.io/v1alpha1
kind: Workspace
metadata:
  name: NAME
  labels:
    app.kubernetes.io/instance: team
    kustomize.toolkit.fluxcd.io/name: team
  annotations:
    argocd.argoproj.io/tracking-id: team:workspace-operator.io/Workspace:apply/NAME
spec:
  className: portkey-prod
  displayName: TITLE
---
apiVersion: workspace-operator.io/v1alpha1
kind: ApiKey
metadata:
  name: NAME
  labels:
    app.kubernetes.io/instance: team
  annotations:
    argocd.argoproj.io/sync-wave: "1"
spec:
  workspaceRef:
    name: NAME
  displayName: TITLE
`

// apply goes on working for whoever has the roles, before and after the operator has put its finalizers on; replace, which would drop them, is refused.
func (s *suite) apply(t *testing.T) {
	const namespace, user = "apply", "ada"
	s.namespace(t, namespace, user, "edit")
	kubectl := func(t *testing.T, title string, arguments ...string) attempt {
		name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
		text := strings.NewReplacer("NAME", name[strings.LastIndex(name, "-")+1:], "TITLE", title).Replace(manifest)
		return func(ctx context.Context) error {
			output, err := s.run(ctx, text, append(arguments, "--as", user, "--as-group", "system:authenticated", "-n", namespace, "-f", "-")...)
			if err != nil {
				return errors.New(output)
			}
			return nil
		}
	}
	refused(t, "apply without the right to the class", "you may not use WorkspaceClass", kubectl(t, "first", "apply"))
	refused(t, "server-side apply without the right to the class", "you may not use WorkspaceClass", kubectl(t, "first", "apply", "--server-side"))
	s.bind(t, namespace, user, "workspace-operator-class-use")
	for name, arguments := range map[string][]string{
		"clientside": {"apply"},
		"serverside": {"apply", "--server-side"},
		"argocd":     {"apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts"},
		"flux":       {"apply", "--server-side", "--field-manager=kustomize-controller", "--force-conflicts"},
	} {
		t.Run(name, func(t *testing.T) {
			accepted(t, "the first time", kubectl(t, "first", arguments...))
			accepted(t, "the second time", kubectl(t, "first", arguments...))
			for _, object := range []client.Object{workspaceOf(namespace, name, ""), keyOf(namespace, name, "")} {
				accepted(t, "the operator's finalizer", patch(s.operator(t), object, func(o client.Object) { controllerutil.AddFinalizer(o, v1alpha1.Finalizer) }))
			}
			accepted(t, "a change", kubectl(t, "changed", arguments...))
			refused(t, "replace", notYourFinalizer, kubectl(t, "replaced", "replace", "--dry-run=server"))
		})
	}
}
