package publish

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// A vendor may tell a key's id after its value: until then the Secret knows
// the key by its name.

const keyName = "ci-0123456789abcdef-1"

// templated has a template that shows the id.
func templated(mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	return apiKey(append([]gen.ApiKeyModifier{gen.SetApiKeySecret(v1alpha1.SecretTarget{
		Name: "ci-key", Labels: map[string]v1alpha1.LabelValue{"team": "a"},
		Template: map[string]v1alpha1.TemplateText{"config": "{{.KeyID}}:{{.APIKey}}"},
	})}, mods...)...)
}

func unidentified() Content {
	c := content()
	c.KeyID, c.KeyName = "", keyName
	return c
}

// identified is what goes into the Secret with the id; the value is not known.
func identified() Content {
	c := content()
	c.Key, c.KeyID = provider.Secret{}, "key-9"
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

func TestInspectAKeyWithoutAnID(t *testing.T) {
	at := time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)
	known := Found{State: plan.SecretOurs, KeyName: keyName, IssuedAt: at, Fingerprint: provider.Fingerprint("uid-1", provider.NewSecret(canary))}
	for name, row := range map[string]struct {
		change func(*corev1.Secret)
		want   Found
	}{
		"as written":           {func(*corev1.Secret) {}, known},
		"without the empty id": {func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyKeyID) }, known},
		"without its value":    {func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyAPIKey) }, Found{State: plan.SecretOurs}},
		"emptied":              {func(s *corev1.Secret) { s.Data = nil }, Found{State: plan.SecretOurs}},
		"without its name":     {func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.AnnotationKeyName) }, Found{State: plan.SecretOurs}},
		"the id goes before it": {func(s *corev1.Secret) { s.Data[v1alpha1.SecretKeyKeyID] = []byte("key-2") },
			Found{State: plan.SecretOurs, KeyID: "key-2", IssuedAt: at, Fingerprint: known.Fingerprint}},
		"somebody else's": {func(s *corev1.Secret) { s.OwnerReferences = nil }, Found{
			State: plan.SecretForeign, Why: `Secret "ci-key" exists and does not belong to this ApiKey`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Inspect(t.Context(), cluster(t, interceptor.Funcs{}, nameless(t, row.change)), templated())
			if err != nil {
				t.Fatal(err)
			}
			found.resourceVersion = ""
			if diff := cmp.Diff(row.want, found, cmp.AllowUnexported(Found{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOnlyAKeyWithoutAnIDIsKnownByItsName(t *testing.T) {
	secret := nameless(t)
	if got := secret.Annotations[v1alpha1.AnnotationKeyName]; got != keyName {
		t.Errorf("the name on record is %q, want %q", got, keyName)
	}
	if id, there := secret.Data[v1alpha1.SecretKeyKeyID]; !there || len(id) > 0 {
		t.Errorf("whoever mounts the Secret finds the id %q, there: %t; want an empty one", id, there)
	}
	full := content()
	full.KeyName = keyName
	draft, err := Compose(templated(), Found{}, full, issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	if name, there := draft.secret.Annotations[v1alpha1.AnnotationKeyName]; there {
		t.Errorf("a key whose id is known is on record by its name %q as well", name)
	}
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
		"another key without an id is there": {[]trouble{{meddle: theirs(func(s *corev1.Secret) {
			s.Annotations[v1alpha1.AnnotationKeyName] = "ci-0123456789abcdef-2"
		})}}, isTaken, []string{"create"}},
		"a key with an id is there": {[]trouble{{meddle: theirs(func(s *corev1.Secret) {
			s.Data[v1alpha1.SecretKeyKeyID] = []byte("key-2")
		})}}, isTaken, []string{"create"}},
		"an emptied one is there":  {[]trouble{{meddle: theirs(func(s *corev1.Secret) { s.Data = nil })}}, nil, []string{"create", "update"}},
		"somebody else's is there": {[]trouble{{meddle: theirs(func(s *corev1.Secret) { s.OwnerReferences = nil })}}, isTaken, []string{"create"}},
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

func TestIdentify(t *testing.T) {
	s := newServer(t, []client.Object{nameless(t)})
	before := read(t, s.WithWatch)
	found, err := Inspect(t.Context(), s, templated())
	if err != nil {
		t.Fatal(err)
	}
	if err := Identify(t.Context(), s, s, templated(), found, identified()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.writes, []string{"update"}) {
		t.Errorf("writes: %v, want one", s.writes)
	}
	after, want := read(t, s.WithWatch), before.DeepCopy()
	want.ResourceVersion = after.ResourceVersion
	want.Data[v1alpha1.SecretKeyKeyID] = []byte("key-9")
	want.Data["config"] = []byte("key-9:" + canary)
	delete(want.Annotations, v1alpha1.AnnotationKeyName)
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("more changed than the id and what shows it (-want +got)\n%s", diff)
	}
	again, err := Inspect(t.Context(), s, templated())
	if err != nil || again.KeyID != "key-9" || again.KeyName != "" || !again.IssuedAt.Equal(found.IssuedAt) || again.Fingerprint != found.Fingerprint {
		t.Errorf("it is found again as %+v, %v", again, err)
	}
	t.Run("under another key of the Secret", func(t *testing.T) {
		key := templated(func(key *v1alpha1.ApiKey) { key.Spec.Secret.ValueKey = "TOKEN" })
		draft, err := Compose(key, Found{}, unidentified(), issuedAt())
		if err != nil {
			t.Fatal(err)
		}
		s := newServer(t, []client.Object{draft.secret})
		found, err := Inspect(t.Context(), s, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := Identify(t.Context(), s, s, key, found, identified()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s.WithWatch).Data; string(got["TOKEN"]) != canary || string(got["config"]) != "key-9:"+canary || got["apiKey"] != nil {
			t.Errorf("it holds %v", slices.Sorted(maps.Keys(got)))
		}
	})
}

func TestIdentifyFails(t *testing.T) {
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
	label := write(func(s *corev1.Secret) { s.Labels["more"] = "x" })
	broken := func(key *v1alpha1.ApiKey) {
		key.Spec.Secret.Template["config"] = `{{if .KeyID}}{{slice .APIKey 3}}{{end}}`
	}
	loud := apierrors.NewGenericServerResponse(http.StatusForbidden, "update", secrets(), "ci-key", "no", 0, true)
	isImpasse := func(err error) bool {
		hold, ok := err.(*plan.Impasse) //nolint:errorlint // it is not wrapped
		return ok && hold.Reason == v1alpha1.ReasonTemplateInvalid
	}
	for name, row := range map[string]struct {
		meanwhile func(*testing.T, *server)
		key       *v1alpha1.ApiKey
		trouble   []trouble
		is        func(error) bool
		writes    int
	}{
		"somebody wrote before": {label, templated(), nil, apierrors.IsConflict, 0},
		"somebody emptied it":   {write(func(s *corev1.Secret) { s.Data = nil }), templated(), nil, apierrors.IsConflict, 0},
		"somebody else has it":  {write(func(s *corev1.Secret) { s.OwnerReferences = nil }), templated(), nil, apierrors.IsConflict, 0},
		"somebody wrote at the same time": {nil, templated(), []trouble{{meddle: func(below client.WithWatch) {
			secret := &corev1.Secret{}
			if below.Get(context.Background(), types.NamespacedName{Namespace: gen.Namespace, Name: "ci-key"}, secret) == nil {
				secret.Labels["more"] = "x"
				_ = below.Update(context.Background(), secret) // the conflict tells
			}
		}}}, apierrors.IsConflict, 1},
		"it is gone": {func(t *testing.T, s *server) {
			t.Helper()
			if err := s.Delete(t.Context(), read(t, s.WithWatch)); err != nil {
				t.Fatal(err)
			}
		}, templated(), nil, apierrors.IsNotFound, 0},
		"a template that fails with an id": {nil, templated(broken), nil, isImpasse, 0},
		"the API server says no":           {nil, templated(), []trouble{refuse(loud)}, apierrors.IsForbidden, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, []client.Object{nameless(t)})
			found, err := Inspect(t.Context(), s, row.key)
			if err != nil {
				t.Fatal(err)
			}
			if row.meanwhile != nil {
				row.meanwhile(t, s)
			}
			s.writes, s.trouble = nil, row.trouble
			err = Identify(t.Context(), s, s, row.key, found, identified())
			if err == nil || !row.is(err) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error shows the key: %v", err)
			}
			if len(s.writes) != row.writes {
				t.Errorf("writes: %v, want %d", s.writes, row.writes)
			}
			if secret := read(t, s.WithWatch); secret != nil && len(secret.Data[v1alpha1.SecretKeyKeyID]) > 0 {
				t.Errorf("it was written all the same: %q", secret.Data[v1alpha1.SecretKeyKeyID])
			}
		})
	}
}

// TestIdentifyOnlyWhatWasFound: a Secret that was not there, or not looked at,
// has no version that could still be the same.
func TestIdentifyOnlyWhatWasFound(t *testing.T) {
	s := newServer(t, []client.Object{nameless(t)})
	err := Identify(t.Context(), s, s, templated(), Found{State: plan.SecretAbsent}, identified())
	if !apierrors.IsConflict(err) || len(s.writes) > 0 {
		t.Errorf("got %v after %v", err, s.writes)
	}
}
