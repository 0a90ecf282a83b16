package apikey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// served is a pass that has seen the vendor's side.
func served(f *facts) { f.Intent.account = &account.Account{} }

// retired is what the pass has seen of the keys that were replaced.
func retired(all ...v1alpha1.RetiringKey) func(*facts) {
	return func(f *facts) { f.Sight.Retiring = all }
}

// TestReportRetiring: a key that was replaced is on record from the moment that
// another takes its place until the vendor shows it gone.
func TestReportRetiring(t *testing.T) {
	live, next := provider.Key{ID: "key-1", Name: "ci-1"}, provider.Key{ID: "key-2", Name: "ci-2"}
	old := v1alpha1.RetiringKey{KeyID: "key-0", RevokeAt: at(time.Hour)}
	past := v1alpha1.RetiringKey{KeyID: "key-0", RevokeAt: at(-time.Hour)}
	replaced := func(after time.Duration) []v1alpha1.RetiringKey {
		return []v1alpha1.RetiringKey{{KeyID: "key-1", RevokeAt: at(after)}}
	}
	for name, row := range map[string]struct {
		overlap time.Duration
		before  []v1alpha1.RetiringKey
		facts   facts
		want    []v1alpha1.RetiringKey
	}{
		"replaced":                         {time.Hour, nil, onePass(plan.Renew, served, holding("key-1", live), made(next)), replaced(time.Hour)},
		"replaced without an overlap":      {0, nil, onePass(plan.Renew, served, holding("key-1", live), made(next)), replaced(0)},
		"replaced after another":           {time.Hour, []v1alpha1.RetiringKey{past}, onePass(plan.Renew, served, holding("key-1", live), made(next)), replaced(time.Hour)},
		"not replaced after all":           {time.Hour, nil, onePass(plan.Renew, served, holding("key-1", live), failed(true)), nil},
		"issued in place of a lost one":    {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Create, served, made(next)), []v1alpha1.RetiringKey{old}},
		"seen":                             {time.Hour, nil, onePass(plan.Stay, served, holding("key-1", live), retired(old)), []v1alpha1.RetiringKey{old}},
		"gone at the vendor":               {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Stay, served, holding("key-1", live)), nil},
		"revoked":                          {time.Hour, []v1alpha1.RetiringKey{past}, onePass(plan.Remove, served, target("key-0"), holding("key-1", live), retired(past)), nil},
		"revoked, and nobody knows":        {time.Hour, []v1alpha1.RetiringKey{past}, onePass(plan.Remove, served, target("key-0"), holding("key-1", live), retired(past), failed(true)), []v1alpha1.RetiringKey{past}},
		"another was revoked":              {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Remove, served, target("key-9"), holding("key-1", live), retired(old)), []v1alpha1.RetiringKey{old}},
		"a list that failed shows nothing": {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Stay, served, holding("key-1"), func(f *facts) { f.Sight.Err = &provider.Error{} }), []v1alpha1.RetiringKey{old}},
		"nobody was asked":                 {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Stay, served, func(f *facts) { f.Intent.Obstacle = &plan.Impasse{} }), []v1alpha1.RetiringKey{old}},
		"nobody serves it":                 {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Stay), []v1alpha1.RetiringKey{old}},
		"the live one is being changed":    {time.Hour, []v1alpha1.RetiringKey{old}, onePass(plan.Update, served, holding("key-1", live), retired(old), made(live)), []v1alpha1.RetiringKey{old}},
	} {
		t.Run(name, func(t *testing.T) {
			key := rotating(10*time.Hour, row.overlap, 0)
			key.Status.KeyID, key.Status.Retiring = "key-1", row.before
			row.facts.Intent.recorded = "key-1"
			(&Reconciler{}).Report(key, row.facts)
			if diff := cmp.Diff(row.want, key.Status.Retiring); diff != "" && len(row.want)+len(key.Status.Retiring) > 0 {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestReportANewKey: all that status says is of the new one, and was its own when
// it was issued.
func TestReportANewKey(t *testing.T) {
	key := rotating(10*time.Hour, time.Hour, 9*time.Hour, gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationRotateAt, "edited since")))
	key.Status.KeyID, key.Status.DisplayName, key.Status.Fingerprint, key.Status.LastHandledRotateAt = "key-1", "ci-1", "sha256:old", "before"
	key.Status.RotatesAt, key.Status.ExpiresAt, key.Status.State = new(at(time.Minute)), new(at(2*time.Hour)), "old"
	pass := onePass(plan.Renew, served, holding("key-1"), made(provider.Key{ID: "key-2", Name: "ci-2", CreatedAt: now()}))
	pass.Intent.recorded = "key-1"
	(&Reconciler{}).Report(key, pass)
	want := v1alpha1.ApiKeyStatus{
		KeyID: "key-2", DisplayName: "ci-2", CreatedAt: new(at(0)), Fingerprint: "sha256:new", LastHandledRotateAt: "then",
		Retiring: []v1alpha1.RetiringKey{{KeyID: "key-1", RevokeAt: at(time.Hour)}}, Binding: &v1alpha1.Binding{Name: "ci"},
		Applied:   map[string]v1alpha1.FieldFingerprint{"displayName": "applied"},
		RotatesAt: &metav1.Time{Time: now().Add(10*time.Hour - engine.Part("uid-1", time.Hour)).Truncate(time.Second)},
	}
	if diff := cmp.Diff(want, key.Status); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	(&Reconciler{}).Report(key, pass)
	if diff := cmp.Diff(want, key.Status); diff != "" {
		t.Errorf("written again, because the answer to the first write was lost: (-want +got)\n%s", diff)
	}
}

// TestWhatASecretMerelySaysIsNotTakenIntoStatus: else a value that somebody has
// put there would pass for ours at the next look.
func TestWhatASecretMerelySaysIsNotTakenIntoStatus(t *testing.T) {
	live := provider.Key{ID: "key-1", Name: "ci-1"}
	for name, row := range map[string]struct {
		facts       facts
		fingerprint string
		handled     string
	}{
		"it holds the live key":               {onePass(plan.Stay, served, holding("key-1", live)), "sha256:old", "then"},
		"it holds a key nobody knows":         {onePass(plan.Stay, served, holding("key-9", live)), "sha256:ours", "before"},
		"it holds a key whose id comes later": {onePass(plan.Stay, served, nameless), "sha256:ours", "before"},
		"it is somebody else's": {onePass(plan.Stay, served, holding("key-1", live), func(f *facts) { f.Sight.Secret.State = plan.SecretForeign }),
			"sha256:ours", "before"},
	} {
		key := gen.ApiKey("ci", gen.SetApiKeyStatus(v1alpha1.ApiKeyStatus{KeyID: "key-1", Fingerprint: "sha256:ours", LastHandledRotateAt: "before"}))
		(&Reconciler{}).Report(key, row.facts)
		if key.Status.Fingerprint != row.fingerprint || key.Status.LastHandledRotateAt != row.handled {
			t.Errorf("%s: status has %q and %q, want %q and %q", name, key.Status.Fingerprint, key.Status.LastHandledRotateAt, row.fingerprint, row.handled)
		}
	}
}

// TestBindingFollowsTheKey: status names the Secret that has the key, not the one
// that is to have it.
func TestBindingFollowsTheKey(t *testing.T) {
	live := provider.Key{ID: "key-1", Name: "ci-1"}
	before := func(f *facts) { f.Sight.Secret.Name = "before" }
	wrote := func(name string) func(*facts) { return func(f *facts) { f.Effect.Secret = name } }
	for name, row := range map[string]struct {
		facts facts
		want  string
	}{
		"the name it cannot have yet":  {onePass(plan.Stay, holding("key-1", live), before), "before"},
		"it has moved":                 {onePass(plan.Publish, holding("key-1", live), before, wrote("ci")), "ci"},
		"renamed again meanwhile":      {onePass(plan.Publish, holding("key-1", live), before, wrote("between")), "between"},
		"renamed during its issue":     {onePass(plan.Create, made(provider.Key{ID: "key-1"}), wrote("between")), "between"},
		"it could not be moved":        {onePass(plan.Publish, holding("key-1", live), before, func(f *facts) { f.Outlook.Err = &plan.Impasse{} }), "before"},
		"another was published there":  {onePass(plan.Renew, holding("key-1", live), before, made(provider.Key{ID: "key-2"}), wrote("ci")), "ci"},
		"another could not be":         {onePass(plan.Renew, holding("key-1", live), before, failed(false)), "before"},
		"a stray goes before it moves": {onePass(plan.Remove, holding("key-1", live), before, target("key-9")), "before"},
		"with its id it moved as well": {onePass(plan.Adopt, nameless, before, made(live), wrote("ci")), "ci"},
	} {
		key := gen.ApiKey("ci", gen.SetApiKeyStatus(v1alpha1.ApiKeyStatus{KeyID: "key-1", Binding: &v1alpha1.Binding{Name: "before"}}))
		(&Reconciler{}).Report(key, row.facts)
		if key.Status.Binding == nil || key.Status.Binding.Name != row.want {
			t.Errorf("%s: status names %+v, want %q", name, key.Status.Binding, row.want)
		}
	}
}

// TestTheOtherNameIsNotForgotten: while a key moves, two Secrets may hold it.
func TestTheOtherNameIsNotForgotten(t *testing.T) {
	live := provider.Key{ID: "key-1", Name: "ci-1"}
	in := func(name string) func(*facts) { return func(f *facts) { f.Sight.Secret.Name = name } }
	stuck := func(f *facts) { f.Outlook.Err = &plan.Impasse{} }
	for name, row := range map[string]struct {
		facts       facts
		name, other string
	}{
		"the move failed":                     {onePass(plan.Publish, holding("key-1", live), in("before"), stuck), "before", "ci"},
		"something fails after it was made":   {onePass(plan.Publish, holding("key-1", live), in("ci"), stuck), "ci", ""},
		"it was made":                         {onePass(plan.Publish, holding("key-1", live), in("before"), func(f *facts) { f.Effect.Secret = "ci" }), "ci", ""},
		"nothing is there under another name": {onePass(plan.Stay, holding("key-1", live), in("before")), "before", ""},
	} {
		key := gen.ApiKey("ci", gen.SetApiKeyStatus(v1alpha1.ApiKeyStatus{KeyID: "key-1", Binding: &v1alpha1.Binding{Name: "before"}, Moving: "ci"}))
		(&Reconciler{}).Report(key, row.facts)
		if key.Status.Binding.Name != row.name || key.Status.Moving != row.other {
			t.Errorf("%s: status names %q and %q, want %q and %q", name, key.Status.Binding.Name, key.Status.Moving, row.name, row.other)
		}
	}
}

// TestACallThatNobodyRecordedIsGivenUpByItsName: the first call for an object
// follows our finalizer without a record; what it may have made is told.
func TestACallThatNobodyRecordedIsGivenUpByItsName(t *testing.T) {
	name := "ci-" + provider.MarkFor("uid-1").WithSerial(1).String()
	entry := []plan.Orphan{{Name: name, Reason: v1alpha1.ReasonAbandoned}}
	for reason, row := range map[string]struct {
		status v1alpha1.ApiKeyStatus
		shape  func(*Intent, *Sight)
		want   []plan.Orphan
	}{
		"nothing tells of a call":             {v1alpha1.ApiKeyStatus{}, func(*Intent, *Sight) {}, entry},
		"a call is known to have failed":      {v1alpha1.ApiKeyStatus{Attempt: record(v1alpha1.AttemptRefused, name, now(), nil)}, func(*Intent, *Sight) {}, nil},
		"a call is on record":                 {v1alpha1.ApiKeyStatus{Attempt: record(v1alpha1.AttemptLost, name, now(), nil)}, func(*Intent, *Sight) {}, entry},
		"every call would be on record":       {v1alpha1.ApiKeyStatus{}, func(i *Intent, _ *Sight) { i.Capabilities.Recovery = provider.RecoverNever }, nil},
		"the calls were made in another life": {v1alpha1.ApiKeyStatus{}, func(_ *Intent, s *Sight) { s.Restored = true }, nil},
		"its Secret tells which key": {v1alpha1.ApiKeyStatus{}, func(_ *Intent, s *Sight) {
			s.Secret = publish.Found{State: plan.SecretOurs, KeyID: "key-1", KeyName: name}
		}, []plan.Orphan{{ID: "key-1", Name: name, Reason: v1alpha1.ReasonAbandoned}}},
	} {
		key := gen.ApiKey("ci", gen.SetApiKeyMeta(gen.UID("uid-1"), gen.DeletedAt(now().Add(-3*time.Hour))), gen.SetApiKeyStatus(row.status),
			gen.SetApiKeyCondition(metav1.Condition{Type: v1alpha1.ConditionAccountReady, Status: metav1.ConditionFalse, LastTransitionTime: at(-2 * time.Hour)}))
		intent, sight := ask(key), Sight{}
		intent.Deleting, intent.Obstacle, intent.AbandonAfter = true, &provider.Error{Class: provider.Transient}, &metav1.Duration{Duration: time.Hour}
		row.shape(&intent, &sight)
		step := (&Reconciler{Now: now}).Decide(key, intent, sight)
		if diff := cmp.Diff(row.want, step.Orphans); step.Verb != plan.Finish || diff != "" {
			t.Errorf("%s: %s leaves (-want +got)\n%s", reason, step.Verb, diff)
		}
	}
}
