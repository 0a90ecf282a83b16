package apikey

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
	"github.com/workspace-operator/workspace-operator/internal/publish"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

type facts = engine.Facts[Intent, Sight, Effect]

// onePass is what one pass found and did.
func onePass(verb plan.Verb, shapes ...func(*facts)) facts {
	f := facts{Step: plan.Step{Verb: verb}, Now: now()}
	f.Intent.Provider, f.Intent.Capabilities.Recovery = "acme", provider.RecoverByMark
	for _, shape := range shapes {
		shape(&f)
	}
	return f
}

// named has the key that is asked for called so.
func named(name string) func(*facts) {
	return func(f *facts) {
		f.Intent.Capabilities.Name = func(string, provider.Mark) string { return name }
	}
}

func failed(uncertain bool) func(*facts) {
	return func(f *facts) {
		f.Outlook.Err = &provider.Error{Class: provider.Transient, Op: "issue key", Uncertain: uncertain}
	}
}

func never(f *facts) { f.Intent.Capabilities.Recovery = provider.RecoverNever }

func made(key provider.Key) func(*facts) {
	return func(f *facts) {
		f.Effect = Effect{Key: &key, Fingerprint: "sha256:new", Applied: map[string]v1alpha1.FieldFingerprint{"displayName": "applied"}, RotatedFor: "then"}
	}
}

// holding is a Secret of ours that holds the key, and what the list shows.
func holding(id string, listed ...provider.Key) func(*facts) {
	return func(f *facts) {
		f.Sight.Secret = publish.Found{State: plan.SecretOurs, Name: "ci", KeyID: id, Fingerprint: "sha256:old", RotatedFor: "then"}
		f.Sight.Marked = listed
	}
}

// nameless is a Secret of ours whose key has no id yet.
func nameless(f *facts) {
	f.Sight.Secret = publish.Found{State: plan.SecretOurs, Name: "ci", KeyName: "ci-1", Fingerprint: "sha256:old", RotatedFor: "then"}
}

// onRecord is the id in status.
func onRecord(id string) func(*facts) { return func(f *facts) { f.Intent.recorded = id } }

func target(id string) func(*facts) { return func(f *facts) { f.Step.Target = id } }

func record(outcome, name string, began time.Time, ended *metav1.Time) *v1alpha1.Attempt {
	return &v1alpha1.Attempt{StartedAt: metav1.NewTime(began), EndedAt: ended, Name: name, Outcome: outcome}
}

// attempted is the ApiKey that has the call on record.
func attempted(recorded *v1alpha1.Attempt) *v1alpha1.ApiKey {
	key := gen.ApiKey("ci")
	key.Status.Attempt = recorded
	return key
}

// under has the call made, or not made, under this record.
func under(attempt *v1alpha1.Attempt) func(*facts) {
	return func(f *facts) { f.Effect.Attempt = attempt }
}

func TestAttempt(t *testing.T) {
	earlier, at := now().Add(-time.Minute), metav1.NewTime(now())
	past := metav1.NewTime(earlier)
	announced, lost := record("", "ci-1", earlier, nil), record(v1alpha1.AttemptLost, "ci-1", earlier, &past)
	refused, accepted := record(v1alpha1.AttemptRefused, "ci-1", earlier, &past), record(v1alpha1.AttemptAccepted, "ci-1", earlier, &past)
	key := provider.Key{ID: "key-1", Name: "ci-1"}
	for name, row := range map[string]struct {
		recorded *v1alpha1.Attempt
		facts    facts
		want     *v1alpha1.Attempt
	}{
		"issued":                              {announced, onePass(plan.Create, made(key)), nil},
		"issued without an id":                {announced, onePass(plan.Create, made(provider.Key{Name: "ci-2"})), record(v1alpha1.AttemptAccepted, "ci-2", now(), &at)},
		"issued without an id, after another": {accepted, onePass(plan.Create, made(provider.Key{Name: "ci-2"})), record(v1alpha1.AttemptAccepted, "ci-2", now(), &at)},
		"its id is looked for":                {accepted, onePass(plan.Stay, nameless), accepted},
		"its id is found":                     {accepted, onePass(plan.Adopt, nameless, target("key-1"), made(key)), nil},
		"a stray goes before it is":           {accepted, onePass(plan.Remove, nameless, target("key-0")), accepted},
		"lost":                                {announced, onePass(plan.Create, failed(true)), record(v1alpha1.AttemptLost, "ci-1", earlier, &at)},
		"lost, the very first":                {nil, onePass(plan.Create, failed(true)), record(v1alpha1.AttemptLost, "", now(), &at)},
		"lost, the very first, by its name": {nil, onePass(plan.Create, failed(true), func(f *facts) {
			f.Step.Serial, f.Intent.Spec.DisplayName, f.Intent.Mark = 1, "ci", mark()
			f.Intent.Capabilities.Name = func(display string, mark provider.Mark) string { return display + "-" + mark.String() }
		}), record(v1alpha1.AttemptLost, "ci-"+mark().String(), now(), &at)},
		"refused":                           {announced, onePass(plan.Create, failed(false)), record(v1alpha1.AttemptRefused, "ci-1", earlier, &at)},
		"refused again, without a new call": {refused, onePass(plan.Create, failed(false)), refused},
		"held by the cluster":               {announced, onePass(plan.Create, func(f *facts) { f.Outlook.Err = &plan.Impasse{} }), record(v1alpha1.AttemptRefused, "ci-1", earlier, &at)},
		"held before it was announced, and another of us has announced one": {announced, onePass(plan.Create, under(refused), failed(false)), announced},
		"held before it was announced, and another of us has lost one":      {lost, onePass(plan.Create, under(refused), failed(false)), lost},
		"issued, and what another of us asked for was lost":                 {lost, onePass(plan.Create, named("ci-2"), made(provider.Key{ID: "key-2", Name: "ci-2"}), under(announced)), lost},
		"refused, and another of us has made it":                            {nil, onePass(plan.Create, under(announced), failed(false)), nil},
		"an error that tells nothing":                                       {announced, onePass(plan.Create, func(f *facts) { f.Outlook.Err = errors.New("etcd is away") }), announced},
		"the Secret holds it":                                               {announced, onePass(plan.Stay, holding("key-1", key)), nil},
		"the Secret holds it, not listed yet":                               {lost, onePass(plan.Stay, holding("key-1"), target("key-1"), onRecord("key-1")), nil},
		"what its Secret alone says of it":                                  {lost, onePass(plan.Stay, holding("key-1"), target("key-1"), onRecord("key-2")), lost},
		"the Secret holds what is not listed":                               {lost, onePass(plan.Stay, holding("key-1")), lost},
		"somebody else's Secret proves nothing": {lost, onePass(plan.Stay, holding("key-1", key), func(f *facts) {
			f.Sight.Secret.State = plan.SecretForeign
		}), lost},
		"nobody knows": {lost, onePass(plan.Stay), lost},
		"deleted":      {lost, onePass(plan.Remove, func(f *facts) { f.Intent.Deleting = true }), lost},
	} {
		t.Run(name, func(t *testing.T) {
			before := row.recorded.DeepCopy()
			if row.facts.Effect.Attempt == nil {
				row.facts.Effect.Attempt = before
			}
			if diff := cmp.Diff(row.want, attempt(attempted(row.recorded), row.facts)); diff != "" {
				t.Errorf("on record is (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before, row.recorded); diff != "" {
				t.Errorf("what was on record is changed in place:\n%s", diff)
			}
		})
	}
}

// TestUnresolved: what may live with nobody holding it is named only where
// nobody can look for it.
func TestUnresolved(t *testing.T) {
	began := metav1.NewTime(now())
	named := []v1alpha1.UnresolvedKey{{Name: "ci-1", Since: began}}
	for name, row := range map[string]struct {
		attempt *v1alpha1.Attempt
		facts   facts
		want    []v1alpha1.UnresolvedKey
	}{
		"nothing was tried":               {nil, onePass(plan.Stay, never), nil},
		"announced":                       {record("", "ci-1", now(), nil), onePass(plan.Stay, never), named},
		"lost":                            {record(v1alpha1.AttemptLost, "ci-1", now(), &began), onePass(plan.Stay, never), named},
		"refused":                         {record(v1alpha1.AttemptRefused, "ci-1", now(), &began), onePass(plan.Stay, never), nil},
		"accepted":                        {record(v1alpha1.AttemptAccepted, "ci-1", now(), &began), onePass(plan.Stay, never), nil},
		"lost where the list tells of it": {record(v1alpha1.AttemptLost, "ci-1", now(), &began), onePass(plan.Stay), nil},
	} {
		if diff := cmp.Diff(row.want, unresolved(row.attempt, row.facts)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	t.Run("stays on record while nobody serves the ApiKey", func(t *testing.T) {
		key := gen.ApiKey("ci")
		key.Status.Attempt, key.Status.Unresolved = record(v1alpha1.AttemptLost, "ci-1", now(), &began), named
		(&Reconciler{}).Report(key, onePass(plan.Stay, func(f *facts) { f.Intent = Intent{} }))
		if diff := cmp.Diff(named, key.Status.Unresolved); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestAKeyWhoseIDComesLater follows the status from the issue to the id.
func TestAKeyWhoseIDComesLater(t *testing.T) {
	key := gen.ApiKey("ci")
	applied := map[string]v1alpha1.FieldFingerprint{"displayName": "applied"}
	created := now().Add(-2 * time.Second)
	for _, pass := range []struct {
		name  string
		facts facts
		want  v1alpha1.ApiKeyStatus
	}{
		{"issued", onePass(plan.Create, made(provider.Key{Name: "ci-1"})), v1alpha1.ApiKeyStatus{
			DisplayName: "ci-1", CreatedAt: new(metav1.NewTime(now())), Binding: &v1alpha1.Binding{Name: "ci"}, Applied: applied, LastHandledRotateAt: "then", Fingerprint: "sha256:new",
			Attempt: record(v1alpha1.AttemptAccepted, "ci-1", now(), new(metav1.NewTime(now()))),
		}},
		{"looked for", onePass(plan.Stay, nameless, func(f *facts) { f.Now = now().Add(time.Second) }), v1alpha1.ApiKeyStatus{
			DisplayName: "ci-1", CreatedAt: new(metav1.NewTime(now())), Binding: &v1alpha1.Binding{Name: "ci"}, Applied: applied, LastHandledRotateAt: "then", Fingerprint: "sha256:new",
			Attempt: record(v1alpha1.AttemptAccepted, "ci-1", now(), new(metav1.NewTime(now()))),
		}},
		{"found", onePass(plan.Adopt, nameless, target("key-1"), made(provider.Key{ID: "key-1", Name: "ci-1", State: "active", CreatedAt: created})), v1alpha1.ApiKeyStatus{
			KeyID: "key-1", DisplayName: "ci-1", State: "active", CreatedAt: new(metav1.NewTime(created)), Binding: &v1alpha1.Binding{Name: "ci"}, Applied: applied, LastHandledRotateAt: "then", Fingerprint: "sha256:new",
		}},
		{"seen again", onePass(plan.Stay, holding("key-1", provider.Key{ID: "key-1", Name: "ci-1", State: "active", CreatedAt: created})), v1alpha1.ApiKeyStatus{
			KeyID: "key-1", DisplayName: "ci-1", State: "active", CreatedAt: new(metav1.NewTime(created)), Binding: &v1alpha1.Binding{Name: "ci"}, Applied: applied, LastHandledRotateAt: "then", Fingerprint: "sha256:old",
		}},
	} {
		(&Reconciler{}).Report(key, pass.facts)
		if diff := cmp.Diff(pass.want, key.Status); diff != "" {
			t.Errorf("%s (-want +got)\n%s", pass.name, diff)
		}
	}
}

// TestDescribe: of one key only what changes is new; of another, nothing stays.
func TestDescribe(t *testing.T) {
	created, end := metav1.NewTime(now().Add(-time.Hour)), metav1.NewTime(now().Add(time.Hour))
	before := v1alpha1.ApiKeyStatus{
		KeyID: "key-1", DisplayName: "ci-1", State: "active", CreatedAt: &created, ExpiresAt: &end, Binding: &v1alpha1.Binding{Name: "ci"},
	}
	changed := func(change func(*v1alpha1.ApiKeyStatus)) v1alpha1.ApiKeyStatus {
		status := *before.DeepCopy()
		change(&status)
		return status
	}
	for name, row := range map[string]struct {
		before v1alpha1.ApiKeyStatus
		live   provider.Key
		want   v1alpha1.ApiKeyStatus
	}{
		"the same":                 {before, provider.Key{ID: "key-1", Name: "ci-1", State: "active", CreatedAt: created.Time, ExpiresAt: end.Time}, before},
		"the same, in short":       {before, provider.Key{ID: "key-1", State: "active"}, before},
		"the vendor's clock moved": {before, provider.Key{ID: "key-1", State: "active", CreatedAt: now()}, before},
		"its state changed":        {before, provider.Key{ID: "key-1", State: "disabled\x00"}, changed(func(s *v1alpha1.ApiKeyStatus) { s.State = "disabled" })},
		"its end was moved": {before, provider.Key{ID: "key-1", State: "active", ExpiresAt: end.Add(time.Hour)},
			changed(func(s *v1alpha1.ApiKeyStatus) { s.ExpiresAt = new(metav1.NewTime(end.Add(time.Hour))) })},
		"it was renamed": {before, provider.Key{ID: "key-1", Name: "mine", State: "active"}, changed(func(s *v1alpha1.ApiKeyStatus) { s.DisplayName = "mine" })},
		"a list that tells more of state": {changed(func(s *v1alpha1.ApiKeyStatus) { s.State = "" }), provider.Key{ID: "key-1", State: "active"},
			changed(func(s *v1alpha1.ApiKeyStatus) { s.State = "" })},
		"another key": {before, provider.Key{ID: "key-2", Name: "ci-2", State: "new"}, v1alpha1.ApiKeyStatus{
			KeyID: "key-2", DisplayName: "ci-2", State: "new", CreatedAt: new(metav1.NewTime(now())), Binding: &v1alpha1.Binding{Name: "ci"},
		}},
		"another key whose id comes later": {before, provider.Key{Name: "ci-2"}, v1alpha1.ApiKeyStatus{
			DisplayName: "ci-2", CreatedAt: new(metav1.NewTime(now())), Binding: &v1alpha1.Binding{Name: "ci"},
		}},
	} {
		key := gen.ApiKey("ci", gen.SetApiKeyStatus(*row.before.DeepCopy()))
		describe(key, row.live, onePass(plan.Stay))
		if diff := cmp.Diff(row.want, key.Status); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestAListThatIsBehindTakesNothingBack: a key published so recently that the
// list lacks it is known by its id alone.
func TestAListThatIsBehindTakesNothingBack(t *testing.T) {
	key := gen.ApiKey("ci")
	(&Reconciler{}).Report(key, onePass(plan.Create, made(provider.Key{ID: "key-1", Name: "ci-1", State: "active", CreatedAt: now(), ExpiresAt: now().Add(time.Hour)})))
	before := key.DeepCopy()
	(&Reconciler{}).Report(key, onePass(plan.Stay, target("key-1"), holding("key-1"), onRecord("key-1"), func(f *facts) { f.Sight.Secret.Fingerprint = "sha256:new" }))
	if diff := cmp.Diff(before.Status, key.Status); diff != "" {
		t.Errorf("(-issued +not listed yet)\n%s", diff)
	}
}

func TestAnEffectTellsOfWhatIsUnfinished(t *testing.T) {
	for name, row := range map[string]struct {
		effect Effect
		reason string
	}{
		"nothing was done":        {Effect{}, ""},
		"a key is there":          {Effect{Key: &provider.Key{ID: "key-1"}}, ""},
		"its id is not known":     {Effect{Key: &provider.Key{Name: "ci-1"}}, v1alpha1.ReasonIdentifying},
		"it is to be disabled":    {Effect{Key: &provider.Key{ID: "key-1"}, Unfinished: true}, v1alpha1.ReasonUpdating},
		"both, one after another": {Effect{Key: &provider.Key{Name: "ci-1"}, Unfinished: true}, v1alpha1.ReasonIdentifying},
	} {
		got := row.effect.Outlook()
		if row.reason == "" {
			if got != nil {
				t.Errorf("%s: it is said to stand as %+v", name, got)
			}
			continue
		}
		if got == nil || got.State != plan.Working || got.Reason != row.reason || got.After <= 0 {
			t.Errorf("%s: it is said to stand as %+v, want it working for reason %s, and looked at soon", name, got, row.reason)
		}
	}
}

// TestReportOfAPassThatWasOvertaken: another operator has replaced the key that
// this pass has seen.
func TestReportOfAPassThatWasOvertaken(t *testing.T) {
	seen := provider.Key{ID: "key-1", Name: "ci-1"}
	status := attempted(nil)
	status.Status.KeyID, status.Status.DisplayName, status.Status.Fingerprint = "key-3", "ci-3", "sha256:theirs"
	status.Status.Retiring = []v1alpha1.RetiringKey{{KeyID: "key-1", RevokeAt: at(time.Minute)}}
	before := status.DeepCopy()
	(&Reconciler{}).Report(status, onePass(plan.Renew, failed(true), holding("key-1", seen), onRecord("key-1")))
	if got := status.Status.Attempt; got == nil || got.Outcome != v1alpha1.AttemptLost {
		t.Errorf("the call it does not know the outcome of is recorded as %+v, want Lost", got)
	}
	status.Status.Attempt, status.Status.Unresolved = nil, nil
	if diff := cmp.Diff(before.Status, status.Status); diff != "" {
		t.Errorf("it wrote over what it has not seen (-before +after):\n%s", diff)
	}
}

// TestReportLeavesTheCallOfAnother: it was begun while this one was held up, and
// whatever became of this one tells nothing of it.
func TestReportLeavesTheCallOfAnother(t *testing.T) {
	theirs := record("", "ci-3", now(), nil)
	for name, shape := range map[string]func(*facts){
		"refused": failed(false), "lost": failed(true), "made": made(provider.Key{ID: "key-2", Name: "ci-2"}),
	} {
		t.Run(name, func(t *testing.T) {
			pass := onePass(plan.Renew, shape)
			pass.Step.Serial = 2
			pass.Intent.Capabilities.Name = func(string, provider.Mark) string { return "ci-2" }
			key := attempted(theirs.DeepCopy())
			(&Reconciler{}).Report(key, pass)
			if diff := cmp.Diff(theirs, key.Status.Attempt); diff != "" {
				t.Errorf("the record of the other call changed (-want +got):\n%s", diff)
			}
		})
	}
}
