package publish

import (
	"errors"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// target is what the Secret of these tests was made of.
func target() v1alpha1.SecretTarget {
	return v1alpha1.SecretTarget{
		Name: "ci-key", ValueKey: "TOKEN", Template: map[string]v1alpha1.TemplateText{"config": "{{.APIKey}}@{{.Endpoint}}"},
		Labels: map[string]v1alpha1.LabelValue{"team": "a"}, Annotations: map[string]v1alpha1.AnnotationValue{"note": "x"},
	}
}

func wearing(change func(*v1alpha1.SecretTarget)) *v1alpha1.ApiKey {
	spec := target()
	change(&spec)
	return known(gen.SetApiKeySecret(spec), func(key *v1alpha1.ApiKey) { key.Status.LastHandledRotateAt = "" })
}

// publishedSecret is the Secret as it was made.
func publishedSecret(t *testing.T, mods ...func(*corev1.Secret)) *corev1.Secret {
	t.Helper()
	draft, err := Compose(wearing(func(*v1alpha1.SecretTarget) {}), Found{}, content(), issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	for _, mod := range mods {
		mod(draft.secret)
	}
	return draft.secret
}

// TestStale: whatever the Secret has to be written anew for, it is as the spec
// says afterwards, and holds the key it held.
func TestStale(t *testing.T) {
	same := func(*v1alpha1.SecretTarget) {}
	untouched := func(*corev1.Secret) {}
	around := around("")
	moved := around
	moved.Endpoint = "https://elsewhere.test/v1"
	for name, row := range map[string]struct {
		edit    func(*v1alpha1.SecretTarget)
		meddle  func(*corev1.Secret)
		content Content
		want    bool
	}{
		"as it was made":                   {same, untouched, around, false},
		"issued for another edit":          {same, annotated(v1alpha1.AnnotationIssuedFor, "7"), around, false},
		"somebody's label":                 {same, func(s *corev1.Secret) { s.Labels["theirs"] = "x" }, around, false},
		"somebody's annotation":            {same, annotated("theirs", "x"), around, false},
		"a template edited":                {func(s *v1alpha1.SecretTarget) { s.Template["config"] = "{{.KeyID}}" }, untouched, around, true},
		"a template added":                 {func(s *v1alpha1.SecretTarget) { s.Template["more"] = "{{.KeyID}}" }, untouched, around, true},
		"a template taken out":             {func(s *v1alpha1.SecretTarget) { s.Template = nil }, untouched, around, true},
		"another key for the value":        {func(s *v1alpha1.SecretTarget) { s.ValueKey = "SECRET" }, untouched, around, true},
		"no key for the value":             {func(s *v1alpha1.SecretTarget) { s.ValueKey = "" }, untouched, around, true},
		"a label added":                    {func(s *v1alpha1.SecretTarget) { s.Labels["tier"] = "1" }, untouched, around, true},
		"a label edited":                   {func(s *v1alpha1.SecretTarget) { s.Labels["team"] = "b" }, untouched, around, true},
		"a label taken out":                {func(s *v1alpha1.SecretTarget) { s.Labels = nil }, untouched, around, true},
		"an annotation edited":             {func(s *v1alpha1.SecretTarget) { s.Annotations["note"] = "y" }, untouched, around, true},
		"an annotation taken out":          {func(s *v1alpha1.SecretTarget) { s.Annotations = nil }, untouched, around, true},
		"the vendor is elsewhere by now":   {same, untouched, moved, true},
		"a datum added by somebody":        {same, datum("more", "x"), around, true},
		"the id altered":                   {same, datum(v1alpha1.SecretKeyKeyID, "key-9"), around, true},
		"the id removed":                   {same, func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyKeyID) }, around, true},
		"what was rendered altered":        {same, datum("config", "x"), around, true},
		"the endpoint altered":             {same, datum(v1alpha1.SecretKeyEndpoint, "https://evil.test"), around, true},
		"a label of the spec removed":      {same, func(s *corev1.Secret) { delete(s.Labels, "team") }, around, true},
		"our label removed":                {same, func(s *corev1.Secret) { s.Labels = nil }, around, true},
		"where the value is, removed":      {same, without(v1alpha1.AnnotationValueKey), around, true},
		"where the value is, altered":      {same, annotated(v1alpha1.AnnotationValueKey, "config"), around, true},
		"the name removed":                 {same, without(v1alpha1.AnnotationKeyName), around, true},
		"the time removed":                 {same, without(v1alpha1.AnnotationIssuedAt), around, true},
		"the fingerprint altered":          {same, annotated(v1alpha1.AnnotationFingerprint, "x"), around, true},
		"the rotation altered":             {same, annotated(v1alpha1.AnnotationRotatedFor, "x"), around, true},
		"all annotations removed":          {same, func(s *corev1.Secret) { s.Annotations = nil }, around, true},
		"what was published, removed":      {same, without(v1alpha1.AnnotationPublished), around, true},
		"what was published, overreaching": {same, annotated(v1alpha1.AnnotationPublished, v1alpha1.LabelManagedBy+";"+v1alpha1.AnnotationFingerprint), around, true},
	} {
		t.Run(name, func(t *testing.T) {
			key := wearing(row.edit)
			s := newServer(t, []client.Object{publishedSecret(t, row.meddle)})
			found := find(t, s, key)
			stale, err := found.Stale(key, row.content)
			if err != nil || stale != row.want {
				t.Fatalf("got %t, %v, want %t", stale, err, row.want)
			}
			if !stale {
				return
			}
			if err := Again(t.Context(), s, s, key, found, row.content); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.writes, []string{"update"}) {
				t.Errorf("writes: %v, want one", s.writes)
			}
			again := find(t, s, key)
			if stale, err := again.Stale(key, row.content); err != nil || stale {
				t.Errorf("it is written for ever: %t, %v", stale, err)
			}
			if got := string(read(t, s.WithWatch).Data[valueKey(key)]); got != canary || again.KeyID != "key-1" || again.Fingerprint != found.Fingerprint {
				t.Errorf("the value or the key became another: %+v", again)
			}
		})
	}
}

// TestWhatCannotBeWrittenIsSaid: a template that fails, and a name that is taken.
func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	broken := wearing(func(s *v1alpha1.SecretTarget) { s.Template["config"] = "{{.Nope}}" })
	s := newServer(t, []client.Object{publishedSecret(t)})
	found := find(t, s, broken)
	stale, err := found.Stale(broken, around(""))
	unfit := found.Unfit(err)
	if stale || unfit == nil || unfit.State != plan.Blocked || unfit.Reason != v1alpha1.ReasonTemplateInvalid || strings.Contains(unfit.Message, canary) {
		t.Errorf("a template that fails: stale=%t, %v", stale, unfit)
	}

	s = newServer(t, []client.Object{ours(t, calledBefore), ours(t, calledAfter, func(s *corev1.Secret) { s.OwnerReferences = nil })})
	found = find(t, s, moving())
	stale, err = found.Stale(moving(), around(""))
	unfit = found.Unfit(err)
	if stale || unfit == nil || unfit.State != plan.Blocked || unfit.Reason != v1alpha1.ReasonSecretConflict {
		t.Fatalf("a name that is taken: stale=%t, %v", stale, unfit)
	}
	for _, words := range []string{`Secret "after"`, `"before"`, "spec.secret.name"} {
		if !strings.Contains(unfit.Message, words) {
			t.Errorf("the message %q does not say %q", unfit.Message, words)
		}
	}
}

// TestNothingIsStaleThatHoldsNoKey: what is lost is not written anew.
func TestNothingIsStaleThatHoldsNoKey(t *testing.T) {
	for _, found := range []Found{{}, {State: plan.SecretAbsent}, {State: plan.SecretOurs}, {State: plan.SecretForeign, KeyID: "key-1"}} {
		if stale, err := found.Stale(moving(), around("")); stale || err != nil || found.Unfit(err) != nil {
			t.Errorf("%+v: got %t, %v", found, stale, err)
		}
	}
	if (Found{}).Unfit(errors.New("another")) != nil {
		t.Error("an error that is no impasse is told to a person")
	}
}
