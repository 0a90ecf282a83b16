package workspace

import (
	"errors"
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

type facts = engine.Facts[Intent, Sight, Effect]

// onePass is what one pass found and did.
func onePass(verb plan.Verb, shape func(*facts)) facts {
	f := facts{Step: plan.Step{Verb: verb}, Now: now()}
	f.Intent.Spec.DisplayName, f.Intent.Recovery = "Team A", provider.RecoverByMark
	if shape != nil {
		shape(&f)
	}
	return f
}

func failed(uncertain bool) func(*facts) {
	return func(f *facts) {
		f.Outlook.Err = &provider.Error{Class: provider.Transient, Op: "create workspace", Uncertain: uncertain}
	}
}

// never has a create that cannot be found again.
func never(then func(*facts)) func(*facts) {
	return func(f *facts) {
		f.Intent.Recovery = provider.RecoverNever
		then(f)
	}
}

func made(workspace provider.Workspace) func(*facts) {
	return func(f *facts) { f.Effect.Workspace = &workspace }
}

func seen(workspace provider.Workspace) func(*facts) {
	return func(f *facts) { f.Sight.Current = &workspace }
}

func record(outcome string, began time.Time, ended *metav1.Time) *v1alpha1.Attempt {
	return &v1alpha1.Attempt{StartedAt: metav1.NewTime(began), EndedAt: ended, Name: "Team A", Outcome: outcome}
}

// under has the call made, or not made, under this record.
func under(attempt *v1alpha1.Attempt, f facts) facts {
	f.Effect.Attempt = attempt
	return f
}

func TestAttempt(t *testing.T) {
	earlier, at := now().Add(-time.Minute), metav1.NewTime(now())
	past := metav1.NewTime(earlier)
	announced, lost := record("", earlier, nil), record(v1alpha1.AttemptLost, earlier, &past)
	accepted, refused := record(v1alpha1.AttemptAccepted, earlier, &past), record(v1alpha1.AttemptRefused, earlier, &past)
	building, built := provider.Workspace{ID: "ws-1", Pending: true}, provider.Workspace{ID: "ws-1"}
	for name, row := range map[string]struct {
		recorded *v1alpha1.Attempt
		facts    facts
		want     *v1alpha1.Attempt
	}{
		"made at once":                         {announced, onePass(plan.Create, made(built)), nil},
		"ordered":                              {announced, onePass(plan.Create, made(building)), record(v1alpha1.AttemptAccepted, earlier, &at)},
		"ordered, without an id":               {nil, onePass(plan.Create, made(provider.Workspace{Pending: true})), record(v1alpha1.AttemptAccepted, now(), &at)},
		"lost":                                 {announced, onePass(plan.Create, failed(true)), record(v1alpha1.AttemptLost, earlier, &at)},
		"lost, the very first":                 {nil, onePass(plan.Create, failed(true)), record(v1alpha1.AttemptLost, now(), &at)},
		"lost, and never to be found":          {announced, onePass(plan.Create, never(failed(true))), record(v1alpha1.AttemptLost, earlier, &at)},
		"refused":                              {announced, onePass(plan.Create, failed(false)), record(v1alpha1.AttemptRefused, earlier, &at)},
		"it is another's by now":               {accepted, onePass(plan.Adopt, failed(false)), accepted},
		"refused again, without a new call":    {refused, onePass(plan.Create, failed(false)), refused},
		"refused, where nothing is looked for": {announced, onePass(plan.Create, never(failed(false))), nil},
		"held by the cluster":                  {announced, onePass(plan.Create, func(f *facts) { f.Outlook.Err = &plan.Impasse{} }), record(v1alpha1.AttemptRefused, earlier, &at)},
		"held before it was announced, and another of us has announced one": {announced, under(refused, onePass(plan.Create, failed(false))), announced},
		"the same, where nothing is looked for":                             {lost, under(announced, onePass(plan.Create, never(failed(false)))), lost},
		"an error that tells nothing":                                       {announced, onePass(plan.Create, func(f *facts) { f.Outlook.Err = errors.New("etcd is away") }), announced},
		"adopted":                                                           {lost, onePass(plan.Adopt, made(built)), nil},
		"adopted while it is built":                                         {lost, onePass(plan.Adopt, made(building)), record(v1alpha1.AttemptAccepted, earlier, &at)},
		"adopted from what is kept":                                         {announced, onePass(plan.Adopt, nil), nil},
		"an import that is still built":                                     {nil, onePass(plan.Adopt, made(building)), record(v1alpha1.AttemptAccepted, now(), &at)},
		"still built":                                                       {accepted, onePass(plan.Stay, seen(building)), accepted},
		"not to be seen yet":                                                {accepted, onePass(plan.Stay, nil), accepted},
		"built":                                                             {accepted, onePass(plan.Stay, seen(built)), nil},
		"built, and to be updated":                                          {accepted, onePass(plan.Update, seen(built)), nil},
		"nobody knows":                                                      {lost, onePass(plan.Stay, nil), lost},
		"nobody knows, whatever else is there":                              {lost, onePass(plan.Stay, seen(built)), lost},
		"deleted, and not to be seen yet":                                   {accepted, onePass(plan.Stay, leaving(nil)), accepted},
		"deleted, and it has come to light":                                 {accepted, onePass(plan.Adopt, leaving(made(building))), nil},
		"deleted, and nobody knows":                                         {lost, onePass(plan.Remove, leaving(nil)), lost},
		"another than the one on record is seen":                            {nil, onePass(plan.Stay, seen(provider.Workspace{ID: "ws-2", Pending: true})), nil},
	} {
		t.Run(name, func(t *testing.T) {
			before := row.recorded.DeepCopy()
			if row.facts.Effect.Attempt == nil {
				row.facts.Effect.Attempt = before
			}
			seen := told("ws-1", row.facts)
			got := attempt(row.recorded, seen, row.facts)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("on record is (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before, row.recorded); diff != "" {
				t.Errorf("what was on record is changed in place:\n%s", diff)
			}
			if again := attempt(got, seen, row.facts); row.facts.Step.Verb == plan.Stay && !cmp.Equal(got, again) {
				t.Errorf("the same pass once more writes again:\n%s", cmp.Diff(got, again))
			}
		})
	}
}

func leaving(then func(*facts)) func(*facts) {
	return func(f *facts) {
		f.Intent.Deleting = true
		if then != nil {
			then(f)
		}
	}
}

func first(then func(*facts)) func(*facts) {
	return func(f *facts) {
		f.Intent.First = true
		then(f)
	}
}

// TestTheAttemptOfAnImport has no name of its own to go by.
func TestTheAttemptOfAnImport(t *testing.T) {
	taken := &provider.Workspace{ID: "ws-1", Pending: true}
	got := attempt(nil, taken, onePass(plan.Adopt, func(f *facts) {
		f.Intent.Spec.DisplayName, f.Intent.External = "", "ws-1"
		f.Effect.Workspace = taken
	}))
	if got == nil || got.Name != "ws-1" {
		t.Errorf("on record is %+v, want it under the id it is imported by", got)
	}
}

func TestTold(t *testing.T) {
	answer, sight := provider.Workspace{ID: "answer"}, provider.Workspace{ID: "sight"}
	for name, row := range map[string]struct {
		facts facts
		want  *provider.Workspace
	}{
		"the answer goes first":                                             {onePass(plan.Create, func(f *facts) { made(answer)(f); seen(sight)(f) }), &answer},
		"then what was seen of the one on record":                           {onePass(plan.Stay, seen(sight)), &sight},
		"another that was seen is not this object's, whatever it asked for": {onePass(plan.Stay, seen(provider.Workspace{ID: "other"})), nil},
		"what was taken over in the first pass is":                          {onePass(plan.Adopt, first(made(answer))), &answer},
		"nothing": {onePass(plan.Stay, nil), nil},
	} {
		if unrecorded := told("", row.facts); row.facts.Effect.Workspace == nil && unrecorded != nil {
			t.Errorf("%s: without a record, what was merely looked at became this object's: %+v", name, unrecorded)
		}
		if diff := cmp.Diff(row.want, told("sight", row.facts), cmp.AllowUnexported(provider.Mark{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestReport(t *testing.T) {
	created, updated := time.Date(2025, 1, 1, 0, 0, 0, 5, time.UTC), time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC)
	whole := provider.Workspace{
		ID: "ws-1", Slug: "team-a", BillingState: "free", VersionType: "trial", State: "active\n", AccountID: "a", Region: "eu-1", TenancyModel: "shared",
		ProvisioningRunID: "run-1", Environments: []provider.Environment{{Name: "prod", ID: "e-1", State: "ready"}}, CreatedAt: created, UpdatedAt: updated,
	}
	full := v1alpha1.WorkspaceStatus{
		ClassName: "prod", Provider: "acme",
		UUID: "ws-1", Slug: "team-a", BillingState: "free", VersionType: "trial", State: "active", AccountID: "a", Region: "eu-1", TenancyModel: "shared",
		ProvisioningRunID: "run-1", Environments: []v1alpha1.WorkspaceEnvironment{{Name: "prod", ID: "e-1", State: "ready"}},
		CreatedAt: new(metav1.NewTime(created.Truncate(time.Second))), UpdatedAt: new(metav1.NewTime(updated)),
	}
	served := func(then func(*facts)) func(*facts) {
		return func(f *facts) {
			f.Intent.ClassName, f.Intent.Provider = "prod", "acme"
			if then != nil {
				then(f)
			}
		}
	}
	begun := gen.SetWorkspaceMeta(gen.Finalizers(v1alpha1.Finalizer))
	for name, row := range map[string]struct {
		before v1alpha1.WorkspaceStatus
		facts  facts
		want   v1alpha1.WorkspaceStatus
	}{
		"all there is":                             {v1alpha1.WorkspaceStatus{}, onePass(plan.Create, served(made(whole))), full},
		"a short form leaves what is known":        {full, onePass(plan.Stay, served(seen(provider.Workspace{ID: "ws-1"}))), full},
		"another's identity does not replace ours": {full, onePass(plan.Create, served(made(provider.Workspace{ID: "ws-2", Slug: "x"}))), full},
		"nothing was seen":                         {full, onePass(plan.Stay, served(nil)), full},
		"nobody serves it":                         {full, onePass(plan.Stay, nil), full},
		"what is wrong with it is all it has":      {v1alpha1.WorkspaceStatus{}, onePass(plan.Stay, served(nil)), v1alpha1.WorkspaceStatus{ClassName: "prod", Provider: "acme"}},
	} {
		t.Run(name, func(t *testing.T) {
			ws := gen.Workspace("ws", gen.SetWorkspaceStatus(row.before), begun)
			(&Reconciler{}).Report(ws, row.facts)
			if diff := cmp.Diff(row.want, ws.Status); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestADefaultClassIsTheClassOnceItHasTakenTheWorkspace: spec.className is
// immutable, so that a default which refuses must not be the last word.
func TestADefaultClassIsTheClassOnceItHasTakenTheWorkspace(t *testing.T) {
	for name, row := range map[string]struct {
		mod  gen.WorkspaceModifier
		want string
	}{
		"it refuses, or nobody has begun": {func(*v1alpha1.Workspace) {}, ""},
		"something was begun":             {gen.SetWorkspaceMeta(gen.Finalizers(v1alpha1.Finalizer)), "prod"},
		"it was named":                    {gen.SetWorkspaceClass("prod"), "prod"},
		"it was the class before":         {gen.SetWorkspaceStatus(v1alpha1.WorkspaceStatus{ClassName: "prod"}), "prod"},
	} {
		ws := gen.Workspace("ws", row.mod)
		facts := onePass(plan.Stay, nil)
		facts.Intent.ClassName, facts.Intent.Provider = "prod", "acme"
		(&Reconciler{}).Report(ws, facts)
		if got := ws.Status; got.ClassName != row.want || (got.Provider != "") != (row.want != "") {
			t.Errorf("%s: the class is %q of %q, want %q", name, got.ClassName, got.Provider, row.want)
		}
	}
}
