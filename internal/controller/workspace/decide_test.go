package workspace

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// TestATypedSlugIsNoMark: under a slug that a tenant typed may be somebody
// else's workspace, so nothing is found again by it.
func TestATypedSlugIsNoMark(t *testing.T) {
	bySlug := func(can *provider.WorkspaceCapabilities) { can.MarkField = "slug" }
	typed, external := gen.SetWorkspaceSlug("team-a"), gen.SetWorkspaceExternalID("ws-1")
	for name, row := range map[string]struct {
		mods     []gen.WorkspaceModifier
		limit    func(*provider.WorkspaceCapabilities)
		recovery provider.Recovery
		typed    bool
	}{
		"a slug of ours":                       {nil, bySlug, provider.RecoverByMark, false},
		"a slug that was typed":                {[]gen.WorkspaceModifier{typed}, bySlug, provider.RecoverNever, true},
		"a slug where the mark is elsewhere":   {[]gen.WorkspaceModifier{typed}, nil, provider.RecoverByMark, false},
		"of an import":                         {[]gen.WorkspaceModifier{typed, external}, bySlug, provider.RecoverNever, false},
		"an import without one":                {[]gen.WorkspaceModifier{external}, bySlug, provider.RecoverByMark, false},
		"a vendor that finds nothing anyway":   {nil, func(can *provider.WorkspaceCapabilities) { can.Recovery = provider.RecoverNever }, provider.RecoverNever, false},
		"where the mark is in another's place": {[]gen.WorkspaceModifier{typed}, func(can *provider.WorkspaceCapabilities) { can.MarkField = "description" }, provider.RecoverByMark, false},
	} {
		intent := ask(gen.Workspace("ws", row.mods...), gen.WorkspaceClass("prod"), row.limit)
		if intent.Recovery != row.recovery || intent.typedSlug() != row.typed {
			t.Errorf("%s: recovery %s, typed %t; want %s, %t", name, intent.Recovery, intent.typedSlug(), row.recovery, row.typed)
		}
	}
}

func TestDifferences(t *testing.T) {
	other := provider.Workspace{ID: "ws-1", Name: "other", Region: "eu-1"}
	same := provider.Workspace{ID: "ws-1", Name: "Team A", Region: "us-1"}
	both := plan.Differences{Changeable: []string{"displayName"}, Fixed: []string{"region"}}
	for name, row := range map[string]struct {
		uuid  string
		sight Sight
		want  plan.Differences
	}{
		"it was read":                         {"ws-1", Sight{Current: &other}, both},
		"nothing was read":                    {"ws-1", Sight{}, plan.Differences{}},
		"it is as it should be":               {"ws-1", Sight{Current: &same}, plan.Differences{}},
		"the one to be adopted, by its mark":  {"", Sight{Marked: []provider.Workspace{other, same}}, both},
		"the one to be taken over":            {"", Sight{Current: &other}, both},
		"a stray with our mark says nothing":  {"ws-0", Sight{Marked: []provider.Workspace{other}}, plan.Differences{}},
		"the recorded one goes before others": {"ws-1", Sight{Current: &same, Marked: []provider.Workspace{other}}, plan.Differences{}},
	} {
		ws := gen.Workspace("ws", gen.SetWorkspaceUUID(row.uuid), gen.SetWorkspaceDisplayName("Team A"), gen.SetWorkspaceRegion("us-1"), gen.SetWorkspaceExternalID("ws-1"))
		intent := ask(ws, gen.WorkspaceClass("prod"), nil)
		if diff := cmp.Diff(row.want, differences(ws, *intent, row.sight)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestTheWaitForWhatWasOrdered(t *testing.T) {
	began := metav1.NewTime(now().Add(-20 * time.Minute))
	for name, row := range map[string]struct {
		attempt *v1alpha1.Attempt
		want    time.Duration
	}{
		"nothing was ordered":       {nil, 0},
		"the call was announced":    {&v1alpha1.Attempt{StartedAt: began}, 0},
		"the answer was lost":       {&v1alpha1.Attempt{StartedAt: began, Outcome: v1alpha1.AttemptLost}, 0},
		"the vendor is still at it": {&v1alpha1.Attempt{StartedAt: began, Outcome: v1alpha1.AttemptAccepted}, 20 * time.Minute},
	} {
		ws := gen.Workspace("ws")
		ws.Status.Attempt = row.attempt
		if got := waitedFor(ws, now()); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

// TestAnOverdueOrderIsNotRepeated goes through Decide, where the deadline is.
func TestAnOverdueOrderIsNotRepeated(t *testing.T) {
	r := &Reconciler{ProvisioningDeadline: 30 * time.Minute, Now: now}
	for ago, reason := range map[time.Duration]string{
		30 * time.Minute:             v1alpha1.ReasonProvisioning,
		30*time.Minute + time.Second: v1alpha1.ReasonProvisioningOverdue,
	} {
		ws := gen.Workspace("ws", gen.SetWorkspaceClass("prod"))
		ws.Status.Attempt = &v1alpha1.Attempt{StartedAt: metav1.NewTime(now().Add(-ago)), Outcome: v1alpha1.AttemptAccepted}
		step := r.Decide(ws, *ask(ws, gen.WorkspaceClass("prod"), nil), Sight{})
		if step.Verb != plan.Stay || step.Reason != reason {
			t.Errorf("ordered %s ago: %s for reason %s, want Stay for %s", ago, step.Verb, step.Reason, reason)
		}
	}
}

// TestLateness: what a vendor builds may come to light late, where it can come to
// light at all.
func TestLateness(t *testing.T) {
	const deadline = 30 * time.Minute
	slow := func(can *provider.WorkspaceCapabilities) { can.Asynchronous, can.MarkField = true, "slug" }
	lost := record(v1alpha1.AttemptLost, now(), nil)
	for name, row := range map[string]struct {
		typed   bool
		limit   func(*provider.WorkspaceCapabilities)
		change  func(*v1alpha1.Workspace, *Intent)
		attempt *v1alpha1.Attempt
		want    time.Duration
	}{
		"lost, and its mark shows":     {false, slow, nil, lost, deadline},
		"the same in a deletion":       {false, slow, func(_ *v1alpha1.Workspace, i *Intent) { i.Deleting = true }, lost, deadline},
		"lost, and nothing shows":      {true, slow, nil, lost, 0},
		"the same in a deletion, too":  {true, slow, func(_ *v1alpha1.Workspace, i *Intent) { i.Deleting = true }, lost, 0},
		"in a deletion that leaves it": {false, slow, func(_ *v1alpha1.Workspace, i *Intent) { i.Deleting, i.Retain = true, true }, lost, 0},
		"refused":                      {false, slow, nil, record(v1alpha1.AttemptRefused, now(), nil), 0},
		"a person says that there is nothing": {false, slow, func(ws *v1alpha1.Workspace, _ *Intent) {
			ws.Annotations = map[string]string{v1alpha1.AnnotationDoesNotExist: engine.DenialOf(lost)}
		}, lost, 0},
		"where it is made at once": {false, nil, nil, lost, 0},
	} {
		var mods []gen.WorkspaceModifier
		if row.typed {
			mods = append(mods, gen.SetWorkspaceSlug("team-a"))
		}
		ws := gen.Workspace("ws", mods...)
		ws.Status.Attempt = row.attempt
		intent := ask(ws, gen.WorkspaceClass("prod"), row.limit)
		if row.change != nil {
			row.change(ws, intent)
		}
		if got := (&Reconciler{ProvisioningDeadline: deadline}).lateness(ws, *intent); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}
