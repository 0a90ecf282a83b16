package publish

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// A vendor may tell a key's id after its value: until then the Secret knows
// the key by its name.

// templated has a template that shows the id.
func templated(mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	return apiKey(append([]gen.ApiKeyModifier{gen.SetApiKeySecret(v1alpha1.SecretTarget{
		Name: "ci-key", Labels: map[string]v1alpha1.LabelValue{"team": "a"},
		Template: map[string]v1alpha1.TemplateText{"config": "{{.KeyID}}:{{.APIKey}}"},
	})}, mods...)...)
}

func unidentified() Content {
	c := content()
	c.KeyID = ""
	return c
}

// around is what goes into the Secret beside the key, which is not known.
func around(id string) Content {
	c := content()
	c.Key, c.KeyName, c.Generation, c.KeyID = provider.Secret{}, "", 0, id
	return c
}

// nameless is the Secret as it was written without an id.
func nameless(t *testing.T, mods ...func(*corev1.Secret)) *corev1.Secret {
	t.Helper()
	draft, err := Compose(templated(), Found{}, unidentified(), issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	for _, mod := range mods {
		mod(draft.secret)
	}
	return draft.secret
}

func find(t *testing.T, s *server, key *v1alpha1.ApiKey) Found {
	t.Helper()
	found, err := Inspect(t.Context(), s, key)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// named gives a Secret, nil if there is none.
func (s *server) named(t *testing.T, name string) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	err := s.WithWatch.Get(t.Context(), types.NamespacedName{Namespace: gen.Namespace, Name: name}, secret)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil {
		return nil
	}
	return secret
}

func TestWriteKnowsItsEarlierTryByTheName(t *testing.T) {
	theirs := func(mod func(*corev1.Secret)) func(client.WithWatch) {
		return func(below client.WithWatch) {
			_ = below.Create(context.Background(), nameless(t, mod)) // the write that follows says if it failed
		}
	}
	for name, row := range map[string]struct {
		trouble []trouble
		is      func(error) bool
		writes  []string
	}{
		"at once":             {nil, nil, []string{"create"}},
		"the answer was lost": {[]trouble{lose()}, nil, []string{"create", "create"}},
		"another key without an id is there": {[]trouble{{meddle: theirs(annotated(v1alpha1.AnnotationKeyName, "ci-0123456789abcdef-2"))}},
			isTaken, []string{"create"}},
		"a key of another name with an id is there": {[]trouble{{meddle: theirs(forge("theirs", "key-2", "ci-0123456789abcdef-2"))}}, isTaken, []string{"create"}},
		"an emptied one is there":                   {[]trouble{{meddle: theirs(func(s *corev1.Secret) { s.Data = nil })}}, nil, []string{"create", "update"}},
		"somebody else's is there":                  {[]trouble{{meddle: theirs(func(s *corev1.Secret) { s.OwnerReferences = nil })}}, isTaken, []string{"create"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, nil, row.trouble...)
				draft, err := Compose(templated(), Found{}, unidentified(), issuedAt())
				if err != nil {
					t.Fatal(err)
				}
				err = draft.Write(t.Context(), s, s)
				if !slices.Equal(s.writes, row.writes) {
					t.Errorf("writes: %v, want %v", s.writes, row.writes)
				}
				if row.is != nil {
					if !row.is(err) {
						t.Errorf("got %v", err)
					}
					return
				}
				secret := read(t, s.WithWatch)
				if err != nil || string(secret.Data[v1alpha1.SecretKeyAPIKey]) != canary || secret.Annotations[v1alpha1.AnnotationKeyName] != keyName {
					t.Errorf("the key is lost: %v, the Secret is %v", err, secret)
				}
			})
		})
	}
}

// TestADraftWithNeitherIDNorNameIsNeverTakenForStored: an empty name is nobody's.
func TestADraftWithNeitherIDNorNameIsNeverTakenForStored(t *testing.T) {
	nothing := Draft{}
	for _, found := range []Found{{State: plan.SecretOurs}, {State: plan.SecretOurs, KeyName: keyName}, {State: plan.SecretOurs, KeyID: "key-1"}} {
		if nothing.is(found) {
			t.Errorf("it is taken for %+v", found)
		}
	}
}

// TestAgainWithAnID: the id of a key whose name alone was known goes into the
// Secret, and into what shows it.
func TestAgainWithAnID(t *testing.T) {
	s := newServer(t, []client.Object{nameless(t)})
	before, found := read(t, s.WithWatch), find(t, s, templated())
	if err := Again(t.Context(), s, s, templated(), found, around("key-9")); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.writes, []string{"update"}) {
		t.Errorf("writes: %v, want one", s.writes)
	}
	after, want := read(t, s.WithWatch), before.DeepCopy()
	want.ResourceVersion = after.ResourceVersion
	want.Data[v1alpha1.SecretKeyKeyID] = []byte("key-9")
	want.Data["config"] = []byte("key-9:" + canary)
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("more changed than the id and what shows it (-want +got)\n%s", diff)
	}
	again := find(t, s, templated())
	if again.KeyID != "key-9" || again.KeyName != keyName || !again.IssuedAt.Equal(found.IssuedAt) || again.Fingerprint != found.Fingerprint {
		t.Errorf("it is found again as %+v", again)
	}
}

func TestAgainFails(t *testing.T) {
	write := func(change func(*corev1.Secret)) func(*testing.T, *server) {
		return func(t *testing.T, s *server) {
			t.Helper()
			secret := read(t, s.WithWatch)
			change(secret)
			if err := s.Update(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
		}
	}
	broken := func(key *v1alpha1.ApiKey) {
		key.Spec.Secret.Template["config"] = `{{if .KeyID}}{{slice .APIKey 3}}{{end}}`
	}
	loud := apierrors.NewGenericServerResponse(http.StatusForbidden, "update", secrets(), "ci-key", "no", 0, true)
	isImpasse := func(reason string) func(error) bool {
		return func(err error) bool {
			hold, ok := errors.AsType[*plan.Impasse](err)
			return ok && hold.State == plan.Blocked && hold.Reason == reason
		}
	}
	for name, row := range map[string]struct {
		meanwhile func(*testing.T, *server)
		key       *v1alpha1.ApiKey
		trouble   []trouble
		is        func(error) bool
	}{
		"somebody wrote before": {write(func(s *corev1.Secret) { s.Labels["more"] = "x" }), templated(), nil, apierrors.IsConflict},
		"somebody emptied it":   {write(func(s *corev1.Secret) { s.Data = nil }), templated(), nil, apierrors.IsConflict},
		"somebody else has it":  {write(func(s *corev1.Secret) { s.OwnerReferences = nil }), templated(), nil, apierrors.IsConflict},
		"somebody wrote at the same time": {nil, templated(), []trouble{{meddle: func(below client.WithWatch) {
			secret := &corev1.Secret{}
			if below.Get(context.Background(), types.NamespacedName{Namespace: gen.Namespace, Name: "ci-key"}, secret) == nil {
				secret.Labels["more"] = "x"
				_ = below.Update(context.Background(), secret) // the conflict tells
			}
		}}}, apierrors.IsConflict},
		"it is gone": {nil, templated(), []trouble{{meddle: func(below client.WithWatch) {
			_ = below.Delete(context.Background(), nameless(t)) // the write that follows tells
		}}}, apierrors.IsNotFound},
		"a template that fails with an id": {nil, templated(broken), nil, isImpasse(v1alpha1.ReasonTemplateInvalid)},
		"the API server says no":           {nil, templated(), []trouble{refuse(loud)}, isImpasse(v1alpha1.ReasonSecretRefused)},
		"the API server is away":           {nil, templated(), []trouble{refuse(serverDown())}, apierrors.IsInternalError},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, []client.Object{nameless(t)})
			found := find(t, s, row.key)
			if row.meanwhile != nil {
				row.meanwhile(t, s)
			}
			s.trouble = row.trouble
			err := Again(t.Context(), s, s, row.key, found, around("key-9"))
			if err == nil || !row.is(err) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error shows the key: %v", err)
			}
			if secret := read(t, s.WithWatch); secret != nil && len(secret.Data[v1alpha1.SecretKeyKeyID]) > 0 {
				t.Errorf("it was written all the same: %q", secret.Data[v1alpha1.SecretKeyKeyID])
			}
		})
	}
}

// TestAgainOnlyWhatWasFound: a Secret that was not there, or holds no key of
// ours, has no value that could be written.
func TestAgainOnlyWhatWasFound(t *testing.T) {
	for _, found := range []Found{{}, {State: plan.SecretAbsent, Name: "ci-key"}, {State: plan.SecretOurs, Name: "ci-key"}, {State: plan.SecretForeign, Name: "ci-key", KeyID: "key-1"}} {
		s := newServer(t, []client.Object{nameless(t)})
		if err := Again(t.Context(), s, s, templated(), found, around("key-9")); !apierrors.IsConflict(err) || len(s.writes) > 0 {
			t.Errorf("%+v: got %v after %v", found, err, s.writes)
		}
	}
}

// moving is an ApiKey whose Secret was "before" and is to be "after".
func moving() *v1alpha1.ApiKey {
	return known(gen.SetApiKeySecretName("after"), func(key *v1alpha1.ApiKey) { key.Status.Binding.Name = "before" })
}

func calledBefore(s *corev1.Secret) { s.Name, s.UID = "before", "secret-1" }

func calledAfter(s *corev1.Secret) { s.Name, s.UID = "after", "secret-2" }

func TestAgainMoves(t *testing.T) {
	for name, row := range map[string]struct {
		after   []client.Object
		trouble []trouble
		writes  []string
	}{
		"at once":                   {nil, nil, []string{"dry create", "create", "delete"}},
		"the answer was lost":       {nil, []trouble{{}, {answer: apierrors.NewAlreadyExists(secrets(), "after"), does: true}}, []string{"dry create", "create", "delete"}},
		"an emptied one is there":   {[]client.Object{ours(t, calledAfter, func(s *corev1.Secret) { s.Data = nil })}, nil, []string{"dry create", "create", "update", "delete"}},
		"the old one has just gone": {nil, []trouble{{}, {}, {before: apierrors.NewNotFound(secrets(), "before")}}, []string{"dry create", "create", "delete"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, append(row.after, ours(t, calledBefore)), row.trouble...)
			if err := Again(t.Context(), s, s, moving(), find(t, s, moving()), around("")); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.writes, row.writes) {
				t.Errorf("writes: %v, want %v", s.writes, row.writes)
			}
			secret := s.named(t, "after")
			if secret == nil || string(secret.Data[v1alpha1.SecretKeyAPIKey]) != canary || string(secret.Data[v1alpha1.SecretKeyKeyID]) != "key-1" {
				t.Errorf("the key did not arrive: %v", secret)
			}
			if len(row.trouble) < 3 && s.named(t, "before") != nil {
				t.Error("the Secret of the old name stayed")
			}
		})
	}
}

// TestAMoveThatWasInterruptedIsFinished: the new Secret is there and the old one
// has not gone.
func TestAMoveThatWasInterruptedIsFinished(t *testing.T) {
	key := moving()
	key.Status.LastHandledRotateAt = "" // so that nothing else is to be written
	s := newServer(t, []client.Object{ours(t, calledBefore), ours(t, calledAfter)})
	found := find(t, s, key)
	if stale, err := found.Stale(key, around("")); err != nil || !stale {
		t.Fatalf("it is left as it is: %t, %v", stale, err)
	}
	if err := Again(t.Context(), s, s, key, found, around("")); err != nil {
		t.Fatal(err)
	}
	if s.named(t, "before") != nil || s.named(t, "after") == nil {
		t.Errorf("after %v: before=%v after=%v", s.writes, s.named(t, "before") != nil, s.named(t, "after") != nil)
	}
	if found := find(t, s, key); found.Name != "after" || found.Other() != "" {
		t.Errorf("it is found in %q beside %q", found.Name, found.Other())
	}
}

func TestAMoveThatFailsLeavesTheKeyWhereItIs(t *testing.T) {
	impasse := func(err error) bool {
		hold, ok := errors.AsType[*plan.Impasse](err)
		return ok && hold.Reason == v1alpha1.ReasonSecretRefused && strings.Contains(hold.Message, "stays published where it was")
	}
	stays := func(err error) bool {
		hold, ok := errors.AsType[*plan.Impasse](err)
		return ok && hold.Reason == v1alpha1.ReasonSecretRefused && strings.Contains(hold.Message, `delete Secret "before"`)
	}
	comes := func(mods ...func(*corev1.Secret)) trouble {
		return trouble{meddle: func(below client.WithWatch) {
			_ = below.Create(context.Background(), ours(t, append(mods, calledAfter)...)) // the write that follows says if it failed
		}}
	}
	touch := trouble{meddle: func(below client.WithWatch) {
		secret := &corev1.Secret{}
		if below.Get(context.Background(), types.NamespacedName{Namespace: gen.Namespace, Name: "before"}, secret) == nil {
			secret.Labels["touched"] = "yes"
			_ = below.Update(context.Background(), secret)
		}
	}}
	for name, row := range map[string]struct {
		trouble []trouble
		is      func(error) bool
	}{
		"somebody else's comes first":                 {[]trouble{comes(func(s *corev1.Secret) { s.OwnerReferences = nil })}, apierrors.IsConflict},
		"one of ours with another key comes first":    {[]trouble{comes(forge("new", "key-2", "ci-0123456789abcdef-2"))}, apierrors.IsConflict},
		"a quota or a policy forbids it":              {[]trouble{refuse(forbidden())}, impasse},
		"it is not valid":                             {[]trouble{refuse(apierrors.NewInvalid(schema.GroupKind{Kind: "Secret"}, "after", nil))}, impasse},
		"the API server is away":                      {[]trouble{refuse(serverDown())}, apierrors.IsInternalError},
		"somebody writes to the old one meanwhile":    {[]trouble{{}, {}, touch}, apierrors.IsConflict},
		"the old one cannot be deleted for the while": {[]trouble{{}, {}, refuse(serverDown())}, apierrors.IsInternalError},
		"nobody may delete the old one":               {[]trouble{{}, {}, refuse(forbidden())}, stays},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, []client.Object{ours(t, calledBefore)}, row.trouble...)
			err := Again(t.Context(), s, s, moving(), find(t, s, moving()), around(""))
			if err == nil || !row.is(err) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v", err)
			}
			if secret := s.named(t, "before"); secret == nil || string(secret.Data[v1alpha1.SecretKeyAPIKey]) != canary {
				t.Errorf("the key is no longer where it was: %v", secret)
			}
		})
	}
}

// TestLeft: only a Secret of ours, of another name.
func TestLeft(t *testing.T) {
	s := newServer(t, []client.Object{ours(t, calledBefore)})
	former := find(t, s, moving())
	for reason, row := range map[string]struct {
		key   *v1alpha1.ApiKey
		found Found
		want  string
	}{
		"nothing was found":      {moving(), Found{State: plan.SecretAbsent, Name: "before"}, ""},
		"it is somebody else's":  {moving(), Found{State: plan.SecretForeign, Name: "before"}, ""},
		"it has the right name":  {known(gen.SetApiKeySecretName("before")), former, ""},
		"it held the key":        {moving(), former, "before"},
		"one from earlier moves": {known(gen.SetApiKeySecretName("before")), Found{State: plan.SecretOurs, Name: "before", former: metas([]Found{former})}, "before"},
	} {
		if left := row.found.Left(row.key); left != row.want {
			t.Errorf("%s: %q is left, want %q", reason, left, row.want)
		}
	}
}

// TestARewriteKeepsWhatOthersHave follows one Secret through a change of spec.
func TestARewriteKeepsWhatOthersHave(t *testing.T) {
	dressed := func(labels map[string]v1alpha1.LabelValue, annotations map[string]v1alpha1.AnnotationValue) *v1alpha1.ApiKey {
		return known(gen.SetApiKeySecret(v1alpha1.SecretTarget{Name: "ci-key", Labels: labels, Annotations: annotations}))
	}
	before := dressed(map[string]v1alpha1.LabelValue{"team": "a", "tier": "1"}, map[string]v1alpha1.AnnotationValue{"note": "x"})
	draft, err := Compose(before, Found{}, content(), issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	draft.secret.Labels["theirs"], draft.secret.Annotations["theirs"], draft.secret.Finalizers = "l", "a", []string{"x/theirs"}
	s := newServer(t, []client.Object{draft.secret})
	after := dressed(map[string]v1alpha1.LabelValue{"team": "b"}, nil)
	if err := Again(t.Context(), s, s, after, find(t, s, after), around("")); err != nil {
		t.Fatal(err)
	}
	got := read(t, s.WithWatch)
	labels := map[string]string{"team": "b", "theirs": "l", v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	if !maps.Equal(got.Labels, labels) || got.Annotations["theirs"] != "a" || !slices.Equal(got.Finalizers, []string{"x/theirs"}) {
		t.Errorf("got the labels %v, annotations %v, finalizers %v", got.Labels, got.Annotations, got.Finalizers)
	}
	if note, there := got.Annotations["note"]; there {
		t.Errorf("what was taken out of the spec stays: note=%q", note)
	}
}
