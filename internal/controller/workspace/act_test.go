package workspace

import (
	"errors"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func TestAnEffectTellsOfWhatIsBuilt(t *testing.T) {
	if got := (Effect{Workspace: &provider.Workspace{ID: "ws-1"}}).Outlook(); got != nil {
		t.Errorf("what is there is said to stand as %+v", got)
	}
	if got := (Effect{Workspace: &provider.Workspace{}, Building: true}).Outlook(); got == nil || got.Reason != v1alpha1.ReasonProvisioning || got.After <= 0 {
		t.Errorf("what is being built is said to stand as %+v", got)
	}
}

func TestFound(t *testing.T) {
	sight := Sight{
		Current: &provider.Workspace{ID: "current"},
		Marked:  []provider.Workspace{{ID: "marked"}, {ID: "marked-2"}},
		Named:   []provider.Workspace{{ID: "named"}},
	}
	for _, id := range []string{"current", "marked", "marked-2", "named"} {
		if got := found(sight, id); got == nil || got.ID != id {
			t.Errorf("%s: got %+v", id, got)
		}
	}
	if got := found(sight, "other"); got != nil {
		t.Errorf("what nobody saw was found: %+v", got)
	}
	if got := found(Sight{}, "current"); got != nil {
		t.Errorf("nothing was seen, and found was %+v", got)
	}
}

// TestOnlyOursIsEverRemoved: the one call that cannot be taken back is for what
// is recorded or marked.
func TestOnlyOursIsEverRemoved(t *testing.T) {
	mine := provider.MarkFor("me")
	for name, row := range map[string]struct {
		recorded string
		doomed   provider.Workspace
		want     bool
	}{
		"recorded":               {"ws-1", provider.Workspace{ID: "ws-1"}, true},
		"marked":                 {"", provider.Workspace{ID: "ws-2", Mark: mine}, true},
		"marked by another":      {"ws-1", provider.Workspace{ID: "ws-2", Mark: provider.MarkFor("other")}, false},
		"under a name alone":     {"ws-1", provider.Workspace{ID: "ws-2"}, false},
		"nothing was recorded":   {"", provider.Workspace{ID: "ws-2"}, false},
		"recorded under no mark": {"ws-1", provider.Workspace{ID: "ws-1", Mark: provider.MarkFor("other")}, true},
	} {
		ws := gen.Workspace("ws", gen.SetWorkspaceUUID(row.recorded))
		if got := removable(ws, Intent{Mark: mine}, row.doomed); got != row.want {
			t.Errorf("%s: %t, want %t", name, got, row.want)
		}
	}
}

// TestACallThatIsNotMadeIsNotUnknown: it is on record already when the slug is looked
// for, and that can fail without a word from the vendor.
func TestACallThatIsNotMadeIsNotUnknown(t *testing.T) {
	ws := gen.Workspace("ws", gen.SetWorkspaceSlug("team-a"))
	r := among(t, ws)
	if err := r.Client.Create(t.Context(), gen.WorkspaceClass("prod")); err != nil {
		t.Fatal(err)
	}
	if err := r.Client.Get(t.Context(), client.ObjectKeyFromObject(ws), ws); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the API server does not answer")
	r.Now, r.Live = now, withoutLists(t, r.Client, broken)
	intent := ask(ws, gen.WorkspaceClass("prod"), func(can *provider.WorkspaceCapabilities) { can.MarkField, can.OwnCredential = "slug", false })
	intent.ClassName = "prod"
	step := plan.Step{Verb: plan.Create, Record: true}
	effect, err := r.Act(t.Context(), ws, *intent, Sight{}, step) // without an account: no call can be made
	if !errors.Is(err, broken) || ws.Status.Attempt == nil {
		t.Fatalf("got %v, and on record is %v", err, ws.Status.Attempt)
	}
	left := attempt(ws.Status.Attempt, nil, facts{Intent: *intent, Step: step, Effect: effect, Outlook: plan.Outlook{Err: err}, Now: now()})
	if left != nil {
		t.Errorf("a person has to say what became of a call that was never made: %+v", left)
	}
}
