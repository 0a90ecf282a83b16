package workspace

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// among is a Reconciler in a cluster with these Workspaces.
func among(t *testing.T, all ...*v1alpha1.Workspace) *Reconciler {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.Workspace{}).WithIndex(&v1alpha1.Workspace{}, byUUID, uuidOf)
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
			err := among(t, append(row.others, row.ws)...).entitled(t.Context(), row.ws, class, "acme")
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
		if r.entitled(t.Context(), ws, gen.WorkspaceClass("prod"), "acme") == nil {
			winners = append(winners, ws.Name)
		}
	}
	if !slices.Equal(winners, []string{"b"}) {
		t.Errorf("%v go on, want the oldest, and of two as old the one whose UID comes first: b", winners)
	}
}

// TestACopyHasNothing: what came from a backup with its status beside what it is a
// copy of, or beside who took over what was left, is younger, and stops.
func TestACopyHasNothing(t *testing.T) {
	const taken = `another Workspace of this cluster has the vendor's workspace "ws-1": delete this one, which leaves it where it is`
	for name, row := range map[string]struct {
		others []*v1alpha1.Workspace
		wins   bool
	}{
		"what it is a copy of lives":   {[]*v1alpha1.Workspace{owner("a", time.Hour, "ws-1", elsewhere())}, false},
		"another took it over":         {[]*v1alpha1.Workspace{importer("a", time.Hour, "ws-1")}, false},
		"it is what was copied":        {[]*v1alpha1.Workspace{owner("a", 0, "ws-1", elsewhere())}, true},
		"nobody else has it":           {[]*v1alpha1.Workspace{owner("a", time.Hour, "ws-2")}, true},
		"others merely ask for it":     {[]*v1alpha1.Workspace{importer("a", time.Hour, "")}, true},
		"another vendor's has this id": {[]*v1alpha1.Workspace{owner("a", time.Hour, "ws-1", of("other"))}, true},
	} {
		ws := owner("b", time.Minute, "ws-1")
		err := among(t, append(row.others, ws)...).entitled(t.Context(), ws, gen.WorkspaceClass("prod"), "acme")
		if row.wins && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !row.wins {
			wantImpasse(t, err, v1alpha1.ReasonConflict, taken)
		}
	}
}

func TestOwners(t *testing.T) {
	me := importer("me", 0, "ws-1")
	r := among(t, me, owner("has", 0, "ws-1"), owner("another", 0, "ws-2"), importer("same", 0, "ws-1", elsewhere()), importer("asks", 0, ""),
		owner("other", 0, "ws-1", of("other")), gen.Workspace("new"))
	for _, live := range []bool{false, true} {
		owners, err := r.owners(t.Context(), me, "acme", "ws-1", live)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for i := range owners {
			names = append(names, owners[i].Name)
		}
		slices.Sort(names)
		if !slices.Equal(names, []string{"has", "same"}) {
			t.Errorf("live %t: owners are %v, want those that have this one at the vendor: has, same", live, names)
		}
	}
}

// TestAWorkspaceThatIsShared is left to the other that has it. The cache need not have
// seen the other yet.
func TestAWorkspaceThatIsShared(t *testing.T) {
	for name, row := range map[string]struct {
		uuid         string
		other        *v1alpha1.Workspace
		retain, want bool
	}{
		"nobody has it":                          {"ws-1", owner("a", 0, "ws-2"), false, false},
		"another import has it":                  {"ws-1", importer("a", 0, "ws-1"), false, true},
		"one that created it has it":             {"ws-1", owner("a", time.Hour, "ws-1", elsewhere()), false, true},
		"others ask for it":                      {"ws-1", importer("a", 0, ""), false, false},
		"another vendor's has the id":            {"ws-1", owner("a", 0, "ws-1", of("other")), false, false},
		"it has none":                            {"", owner("a", 0, "ws-1"), false, false},
		"what is retained is nobody's to remove": {"ws-1", owner("a", 0, "ws-1"), true, true},
	} {
		doomed := owner("doomed", 0, row.uuid)
		for cached, r := range map[string]*Reconciler{"in the cache": among(t, row.other, doomed), "not in the cache": among(t, doomed)} {
			r.Live = among(t, row.other, doomed).Live
			intent := Intent{Provider: "acme", Retain: row.retain}
			if err := r.spare(t.Context(), doomed, &intent); err != nil || intent.Retain != row.want {
				t.Errorf("%s, %s: retain %t, %v; want %t", name, cached, intent.Retain, err, row.want)
			}
		}
	}
}

// TestUnclaimed: what another has taken over is neither found nor removed.
func TestUnclaimed(t *testing.T) {
	seen := func() []provider.Workspace { return []provider.Workspace{{ID: "ws-1"}, {ID: "ws-2"}, {ID: "ws-3"}} }
	other := importer("other", 0, "ws-1")
	for name, row := range map[string]struct {
		uuid     string
		deleting bool
		want     []string
	}{
		"it has another of them": {"ws-2", false, []string{"ws-2", "ws-3"}},
		"it is deleted":          {"", true, []string{"ws-2", "ws-3"}},
		"it has the very same":   {"ws-1", true, []string{"ws-1", "ws-2", "ws-3"}},
		"it is to adopt one":     {"", false, []string{"ws-1", "ws-2", "ws-3"}},
	} {
		ws := owner("ws", 0, row.uuid)
		sight := Sight{Marked: seen()}
		err := among(t, ws, other).unclaimed(t.Context(), ws, Intent{Provider: "acme", Deleting: row.deleting}, true, &sight)
		var ids []string
		for _, each := range sight.Marked {
			ids = append(ids, each.ID)
		}
		if err != nil || !slices.Equal(ids, row.want) {
			t.Errorf("%s: with our mark are %v, %v; want %v", name, ids, err, row.want)
		}
	}
}

// TestAListThatFailedSaysNothingOfOwners: nothing is taken over, and nothing
// deleted, on the word of a read that failed.
func TestAListThatFailedSaysNothingOfOwners(t *testing.T) {
	broken := errors.New("the cache is stopping")
	r := among(t)
	r.Client = withoutLists(t, r.Client, broken)
	r.Live = r.Client
	ws := importer("b", 0, "ws-1")
	if err := r.unowned(t.Context(), ws, "acme", "ws-1", false); !errors.Is(err, broken) {
		t.Errorf("unowned: %v", err)
	}
	if err := r.spare(t.Context(), ws, &Intent{Provider: "acme"}); !errors.Is(err, broken) {
		t.Errorf("spare: %v", err)
	}
}

// withoutLists is the cluster while no list can be read.
func withoutLists(t *testing.T, api client.Client, broken error) client.Client {
	t.Helper()
	below, ok := api.(client.WithWatch)
	if !ok {
		t.Fatal("the fake client cannot watch")
	}
	return interceptor.NewClient(below, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return broken },
	})
}
