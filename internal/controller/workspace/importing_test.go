package workspace

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// among is a Reconciler in a cluster with these Workspaces.
func among(t *testing.T, all ...*v1alpha1.Workspace) *Reconciler {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme)
	for _, ws := range all {
		builder.WithObjects(ws)
	}
	api := builder.Build()
	return &Reconciler{Client: api, Live: api}
}

// owner is a Workspace of acme's with a UID after its name, so old, that has
// what the status says.
func owner(name string, age time.Duration, uuid string, mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	status := v1alpha1.WorkspaceStatus{Provider: "acme", UUID: uuid}
	all := []gen.WorkspaceModifier{
		gen.SetWorkspaceMeta(gen.UID(types.UID(name)), gen.CreatedAt(now().Add(-age))), gen.SetWorkspaceStatus(status),
	}
	return gen.Workspace(name, append(all, mods...)...)
}

// importer is one that takes over the workspace "ws-1".
func importer(name string, age time.Duration, uuid string, mods ...gen.WorkspaceModifier) *v1alpha1.Workspace {
	return owner(name, age, uuid, append(mods, gen.SetWorkspaceExternalID("ws-1"))...)
}

func elsewhere() gen.WorkspaceModifier { return gen.SetWorkspaceMeta(gen.InNamespace("elsewhere")) }

func of(vendor string) gen.WorkspaceModifier {
	return func(ws *v1alpha1.Workspace) { ws.Status.Provider = vendor }
}

func TestImportable(t *testing.T) {
	all, none := []string{"*"}, []string(nil)
	const (
		denied = `spec.externalID: WorkspaceClass "prod" does not allow to take over "ws-1": ask for its spec.importableIDs to include it`
		taken  = `spec.externalID: another Workspace of this cluster has "ws-1"`
	)
	for name, row := range map[string]struct {
		allowed        []string
		ws             *v1alpha1.Workspace
		others         []*v1alpha1.Workspace
		reason, denial string
	}{
		"the class says no":                    {none, importer("b", 0, ""), nil, v1alpha1.ReasonNotAllowed, denied},
		"the class names others":               {[]string{"ws-2", "ws-10"}, importer("b", 0, ""), nil, v1alpha1.ReasonNotAllowed, denied},
		"the class has other patterns":         {[]string{"ws-*"}, importer("b", 0, ""), nil, v1alpha1.ReasonNotAllowed, denied},
		"the class names it":                   {[]string{"ws-2", "ws-1"}, importer("b", 0, ""), nil, "", ""},
		"the class names all":                  {all, importer("b", 0, ""), nil, "", ""},
		"the class has changed its mind":       {none, importer("b", 0, "ws-1"), nil, "", ""},
		"the class goes before what others do": {none, importer("b", 0, ""), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-1")}, v1alpha1.ReasonNotAllowed, denied},
		"an import has it":                     {all, importer("b", 0, ""), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-1")}, v1alpha1.ReasonConflict, taken},
		"one that created it has it":           {all, importer("b", 0, ""), []*v1alpha1.Workspace{owner("a", time.Hour, "ws-1")}, v1alpha1.ReasonConflict, taken},
		"somebody in another namespace has it": {all, importer("b", 0, ""), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-1", elsewhere())}, v1alpha1.ReasonConflict, taken},
		"a younger one was faster":             {all, importer("b", time.Hour, ""), []*v1alpha1.Workspace{importer("a", 0, "ws-1")}, v1alpha1.ReasonConflict, taken},
		"others merely ask for it":             {all, importer("b", 0, ""), []*v1alpha1.Workspace{importer("a", time.Hour, "")}, "", ""},
		"another vendor's has the id":          {all, importer("b", 0, ""), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-1", of("other"))}, "", ""},
		"others have others":                   {all, importer("b", 0, ""), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-2")}, "", ""},
		"both have it, and it is the older":    {all, importer("b", time.Hour, "ws-1"), []*v1alpha1.Workspace{importer("a", 0, "ws-1")}, "", ""},
		"both have it, and it is the younger":  {all, importer("b", 0, "ws-1"), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-1")}, v1alpha1.ReasonConflict, taken},
		"both have it, and are of one age":     {all, importer("b", 0, "ws-1"), []*v1alpha1.Workspace{importer("a", 0, "ws-1")}, v1alpha1.ReasonConflict, taken},
		"both have it, of one age, the first":  {all, importer("b", 0, "ws-1"), []*v1alpha1.Workspace{importer("c", 0, "ws-1")}, "", ""},
		"it has another than it asked for":     {all, importer("b", 0, "ws-9"), []*v1alpha1.Workspace{importer("a", time.Hour, "ws-1")}, "", ""},
		"of three, one is older and has it too": {all, importer("b", time.Hour, "ws-1"), []*v1alpha1.Workspace{importer("a", 0, "ws-1"), importer("c", 2*time.Hour, "ws-1")},
			v1alpha1.ReasonConflict, taken},
	} {
		t.Run(name, func(t *testing.T) {
			class := gen.WorkspaceClass("prod", gen.SetWorkspaceClassImportableIDs(row.allowed...))
			err := among(t, append(row.others, row.ws)...).importable(t.Context(), row.ws, class, "acme")
			if row.reason != "" {
				wantImpasse(t, err, row.reason, row.denial)
			} else if err != nil {
				t.Errorf("it is refused: %v", err)
			}
		})
	}
}

// TestOfTwoImportsOneHasIt: whatever they are, of those that have one workspace
// exactly one goes on.
func TestOfTwoImportsOneHasIt(t *testing.T) {
	all := []*v1alpha1.Workspace{
		importer("a", time.Minute, "ws-1"), importer("b", time.Hour, "ws-1"), importer("c", time.Hour, "ws-1", elsewhere()), owner("d", 0, "ws-1"),
	}
	r := among(t, all...)
	var winners []string
	for _, ws := range all {
		if r.importable(t.Context(), ws, gen.WorkspaceClass("prod"), "acme") == nil {
			winners = append(winners, ws.Name)
		}
	}
	if !slices.Equal(winners, []string{"b"}) {
		t.Errorf("%v go on, want the oldest, and of two as old the one whose UID comes first: b", winners)
	}
}

func TestOwners(t *testing.T) {
	me := importer("me", 0, "ws-1")
	r := among(t, me, owner("has", 0, "ws-2"), owner("same", 0, "ws-1", elsewhere()), importer("asks", 0, ""), owner("other", 0, "ws-1", of("other")), gen.Workspace("new"))
	owners, err := owners(t.Context(), r.Client, me, "acme")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range owners {
		names = append(names, owners[i].Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"has", "same"}) {
		t.Errorf("owners are %v, want those that have one at the vendor: has, same", names)
	}
}

// TestAWorkspaceThatIsShared is left to the other that has it.
func TestAWorkspaceThatIsShared(t *testing.T) {
	doomed := importer("doomed", 0, "ws-1")
	for name, row := range map[string]struct {
		others []*v1alpha1.Workspace
		want   bool
	}{
		"nobody has it":                {nil, false},
		"another import has it":        {[]*v1alpha1.Workspace{importer("a", 0, "ws-1")}, true},
		"one that created it has it":   {[]*v1alpha1.Workspace{owner("a", time.Hour, "ws-1", elsewhere())}, true},
		"others ask for it":            {[]*v1alpha1.Workspace{importer("a", 0, "")}, false},
		"others have others":           {[]*v1alpha1.Workspace{owner("a", 0, "ws-2")}, false},
		"another vendor's has the id":  {[]*v1alpha1.Workspace{owner("a", 0, "ws-1", of("other"))}, false},
		"one of several others has it": {[]*v1alpha1.Workspace{owner("a", 0, "ws-2"), importer("c", 0, "ws-1")}, true},
	} {
		got, err := among(t, append(row.others, doomed)...).shared(t.Context(), doomed, "acme")
		if err != nil || got != row.want {
			t.Errorf("%s: shared %t, %v; want %t", name, got, err, row.want)
		}
	}
}

// TestAListThatFailedSaysNothingOfOwners: nothing is taken over, and nothing
// deleted, on the word of a read that failed.
func TestAListThatFailedSaysNothingOfOwners(t *testing.T) {
	broken := errors.New("the cache is stopping")
	r := among(t)
	below, ok := r.Client.(client.WithWatch)
	if !ok {
		t.Fatal("the fake client cannot watch")
	}
	r.Client = interceptor.NewClient(below, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return broken },
	})
	r.Live = r.Client
	ws := importer("b", 0, "ws-1")
	if err := r.importable(t.Context(), ws, gen.WorkspaceClass("prod"), "acme"); !errors.Is(err, broken) {
		t.Errorf("importable: %v", err)
	}
	if _, err := r.shared(t.Context(), ws, "acme"); !errors.Is(err, broken) {
		t.Errorf("shared: %v", err)
	}
}
