package publish

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// told is what a Secret is found to tell.
type told struct {
	state                plan.SecretState
	id, name, rotatedFor string
	issuedAt             time.Time
	issuedFor            int64
	value                string
}

func toldOf(f Found) told {
	return told{f.State, f.KeyID, f.KeyName, f.RotatedFor, f.IssuedAt, f.IssuedFor, f.value.Reveal()}
}

func writtenAt() time.Time { return time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC) }

func fingerprint(value string) string {
	return provider.Fingerprint("uid-1", provider.NewSecret(value))
}

// asWritten is what [ours] tells.
func asWritten() told { return told{plan.SecretOurs, "key-1", keyName, "", writtenAt(), 3, canary} }

func but(t told, change func(*told)) told {
	change(&t)
	return t
}

// nothing is told by a Secret of ours that holds no key of ours.
func nothing() told { return told{state: plan.SecretOurs} }

// known is the ApiKey whose status has the key that [ours] holds.
func known(mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	status := v1alpha1.ApiKeyStatus{
		KeyID: "key-1", DisplayName: keyName, Fingerprint: fingerprint(canary), CreatedAt: new(metav1.NewTime(time.Unix(1000, 0).UTC())),
		LastHandledRotateAt: "then", Binding: &v1alpha1.Binding{Name: "ci-key"},
	}
	return apiKey(append([]gen.ApiKeyModifier{gen.SetApiKeyStatus(status)}, mods...)...)
}

// forge has a Secret say that it holds another value under another id and name,
// in all that anybody can write.
func forge(value, id, name string) func(*corev1.Secret) {
	return func(s *corev1.Secret) {
		s.Data[v1alpha1.SecretKeyAPIKey], s.Data[v1alpha1.SecretKeyKeyID] = []byte(value), []byte(id)
		s.Annotations[v1alpha1.AnnotationKeyName], s.Annotations[v1alpha1.AnnotationFingerprint] = name, fingerprint(value)
	}
}

func without(annotation string) func(*corev1.Secret) {
	return func(s *corev1.Secret) { delete(s.Annotations, annotation) }
}

func annotated(annotation, value string) func(*corev1.Secret) {
	return func(s *corev1.Secret) { s.Annotations[annotation] = value }
}

func datum(key, value string) func(*corev1.Secret) {
	return func(s *corev1.Secret) { s.Data[key] = []byte(value) }
}

type inspection struct {
	change func(*corev1.Secret)
	want   told
}

func inspectAll(t *testing.T, key *v1alpha1.ApiKey, rows map[string]inspection) {
	t.Helper()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			found, err := Inspect(t.Context(), cluster(t, interceptor.Funcs{}, ours(t, row.change)), key)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, toldOf(found), cmp.AllowUnexported(told{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (found.Fingerprint != "") != found.Holds() || found.Holds() != (row.want.value != "") {
				t.Errorf("it is said to hold a key: %t, with the fingerprint %q", found.Holds(), found.Fingerprint)
			}
		})
	}
}

// TestInspectAKeyThatStatusKnows: by its value, whatever else was written over.
// What status says goes before what the Secret says.
func TestInspectAKeyThatStatusKnows(t *testing.T) {
	whole := but(asWritten(), func(w *told) { w.rotatedFor = "then" })
	inspectAll(t, known(), map[string]inspection{
		"as written":                        {func(*corev1.Secret) {}, whole},
		"with labels gone":                  {func(s *corev1.Secret) { s.Labels = nil }, whole},
		"with more in it":                   {datum("more", "x"), whole},
		"with another id":                   {datum(v1alpha1.SecretKeyKeyID, "key-9"), whole},
		"without its id":                    {func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyKeyID) }, whole},
		"under another name":                {annotated(v1alpha1.AnnotationKeyName, "ci-0123456789abcdef-9"), whole},
		"under no name":                     {without(v1alpha1.AnnotationKeyName), whole},
		"with another fingerprint":          {annotated(v1alpha1.AnnotationFingerprint, "sha256:00"), whole},
		"rotated for something else":        {annotated(v1alpha1.AnnotationRotatedFor, "now"), whole},
		"with the value said to be nowhere": {annotated(v1alpha1.AnnotationValueKey, "nope"), whole},
		"with the value said to be the id":  {annotated(v1alpha1.AnnotationValueKey, v1alpha1.SecretKeyKeyID), whole},
		"issued at no time":                 {without(v1alpha1.AnnotationIssuedAt), but(whole, func(w *told) { w.issuedAt = time.Unix(1000, 0).UTC() })},
		"issued at nonsense":                {annotated(v1alpha1.AnnotationIssuedAt, "yesterday"), but(whole, func(w *told) { w.issuedAt = time.Unix(1000, 0).UTC() })},
		"issued for nonsense":               {annotated(v1alpha1.AnnotationIssuedFor, "me"), but(whole, func(w *told) { w.issuedFor = 0 })},
		"with annotations gone":             {func(s *corev1.Secret) { s.Annotations = nil }, but(whole, func(w *told) { w.issuedAt, w.issuedFor = time.Unix(1000, 0).UTC(), 0 })},
		"emptied":                           {func(s *corev1.Secret) { s.Data = nil }, nothing()},
		"without its value":                 {func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyAPIKey) }, nothing()},
		"with an empty value":               {datum(v1alpha1.SecretKeyAPIKey, ""), nothing()},
		"with another value":                {datum(v1alpha1.SecretKeyAPIKey, "mine"), nothing()},
		"with another value, vouched for":   {forge("mine", "key-1", keyName), nothing()},
		"of a later number and the same id": {forge("mine", "key-1", "ci-0123456789abcdef-2"), nothing()},
		"of the same number":                {forge("mine", "key-2", keyName), nothing()},
		"of an earlier number":              {forge("mine", "key-2", "ci-0123456789abcdef-0"), nothing()},
		"of no number":                      {forge("mine", "key-2", "mine"), nothing()},
		"of a later number, not vouched for": {func(s *corev1.Secret) {
			forge("new", "key-2", "ci-0123456789abcdef-2")(s)
			without(v1alpha1.AnnotationFingerprint)(s)
		}, nothing()},
		"of a later number, issued just before a crash": {forge("new", "key-2", "ci-0123456789abcdef-2"),
			told{plan.SecretOurs, "key-2", "ci-0123456789abcdef-2", "", writtenAt(), 3, "new"}},
		"of a later number, without an id yet": {forge("new", "", "ci-0123456789abcdef-2"),
			told{plan.SecretOurs, "", "ci-0123456789abcdef-2", "", writtenAt(), 3, "new"}},
	})
}

// TestInspectAKeyThatStatusLacks: it was stored just before a crash, and what its
// Secret says has to agree with itself.
func TestInspectAKeyThatStatusLacks(t *testing.T) {
	inspectAll(t, apiKey(), map[string]inspection{
		"as written":            {func(*corev1.Secret) {}, asWritten()},
		"with labels gone":      {func(s *corev1.Secret) { s.Labels = nil }, asWritten()},
		"with more in it":       {datum("more", "x"), asWritten()},
		"rotated for something": {annotated(v1alpha1.AnnotationRotatedFor, "then"), but(asWritten(), func(w *told) { w.rotatedFor = "then" })},
		"under no name":         {without(v1alpha1.AnnotationKeyName), but(asWritten(), func(w *told) { w.name = "" })},
		"without its id":        {func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyKeyID) }, but(asWritten(), func(w *told) { w.id = "" })},
		"without both": {func(s *corev1.Secret) {
			delete(s.Data, v1alpha1.SecretKeyKeyID)
			without(v1alpha1.AnnotationKeyName)(s)
		}, nothing()},
		"with the value elsewhere":                                    {annotated(v1alpha1.AnnotationValueKey, "nope"), asWritten()},
		"with the value said to be the id, which nothing vouches for": {annotated(v1alpha1.AnnotationValueKey, v1alpha1.SecretKeyKeyID), nothing()},
		"with another value":                                          {datum(v1alpha1.SecretKeyAPIKey, "mine"), nothing()},
		"emptied":                                                     {func(s *corev1.Secret) { s.Data = nil }, nothing()},
		"with annotations gone":                                       {func(s *corev1.Secret) { s.Annotations = nil }, nothing()},
		"with no fingerprint":                                         {without(v1alpha1.AnnotationFingerprint), nothing()},
		"issued at no known time":                                     {without(v1alpha1.AnnotationIssuedAt), but(asWritten(), func(w *told) { w.issuedAt = time.Time{} })},
	})
}

// TestInspectAKeyWhoseIDComesLater: status knows it by its name, until its id is
// in the Secret and, a moment later, in status.
func TestInspectAKeyWhoseIDComesLater(t *testing.T) {
	key := known(func(key *v1alpha1.ApiKey) { key.Status.KeyID = "" })
	whole := but(asWritten(), func(w *told) { w.id, w.rotatedFor = "", "then" })
	inspectAll(t, key, map[string]inspection{
		"as written":            {datum(v1alpha1.SecretKeyKeyID, ""), whole},
		"without the empty id":  {func(s *corev1.Secret) { delete(s.Data, v1alpha1.SecretKeyKeyID) }, whole},
		"its id was written":    {func(*corev1.Secret) {}, but(whole, func(w *told) { w.id = "key-1" })},
		"with annotations gone": {func(s *corev1.Secret) { s.Annotations = nil; s.Data[v1alpha1.SecretKeyKeyID] = nil }, but(whole, func(w *told) { w.issuedAt, w.issuedFor = time.Unix(1000, 0).UTC(), 0 })},
		"with another value":    {datum(v1alpha1.SecretKeyAPIKey, "mine"), nothing()},
	})
}

// TestInspectUnderAnotherKeyOfTheSecret: the value is where it was published,
// until it is published where the spec has come to want it.
func TestInspectUnderAnotherKeyOfTheSecret(t *testing.T) {
	token := gen.SetApiKeySecret(v1alpha1.SecretTarget{Name: "ci-key", ValueKey: "TOKEN"})
	whole := but(asWritten(), func(w *told) { w.rotatedFor = "then" })
	inspectAll(t, known(token), map[string]inspection{
		"as written before":               {func(*corev1.Secret) {}, whole},
		"something is there already":      {datum("TOKEN", "x"), whole},
		"where it was is no longer known": {without(v1alpha1.AnnotationValueKey), nothing()},
		"it was emptied":                  {func(s *corev1.Secret) { s.Data = nil }, nothing()},
		"somebody has moved it": {func(s *corev1.Secret) {
			s.Data["TOKEN"] = s.Data[v1alpha1.SecretKeyAPIKey]
			delete(s.Data, v1alpha1.SecretKeyAPIKey)
		}, whole},
	})
}

// TestInspectAfterTheNameWasEdited: of the Secret status names and the one the
// spec does, which one has the key.
func TestInspectAfterTheNameWasEdited(t *testing.T) {
	key := known(gen.SetApiKeySecretName("after"), func(key *v1alpha1.ApiKey) { key.Status.Binding.Name = "before" })
	named := func(name string, mods ...func(*corev1.Secret)) client.Object {
		return ours(t, append(mods, func(s *corev1.Secret) { s.Name = name })...)
	}
	theirs := func(s *corev1.Secret) { s.OwnerReferences = nil }
	emptied := func(s *corev1.Secret) { s.Data = nil }
	const taken = `Secret "after" exists and does not belong to this ApiKey`
	for reason, row := range map[string]struct {
		there       []client.Object
		name, other string
		state       plan.SecretState
		id, taken   string
	}{
		"it has not moved yet":                     {[]client.Object{named("before")}, "before", "", plan.SecretOurs, "key-1", ""},
		"it has moved, and the old one is to go":   {[]client.Object{named("before"), named("after")}, "after", "before", plan.SecretOurs, "key-1", ""},
		"the old one has gone":                     {[]client.Object{named("after")}, "after", "", plan.SecretOurs, "key-1", ""},
		"the old one is somebody else's by now":    {[]client.Object{named("before", theirs), named("after")}, "after", "", plan.SecretOurs, "key-1", ""},
		"the new one is empty":                     {[]client.Object{named("before"), named("after", emptied)}, "before", "", plan.SecretOurs, "key-1", ""},
		"the new one is somebody else's":           {[]client.Object{named("before"), named("after", theirs)}, "before", "", plan.SecretOurs, "key-1", taken},
		"both are lost":                            {nil, "after", "", plan.SecretAbsent, "", ""},
		"the old one is lost, the new one foreign": {[]client.Object{named("after", theirs)}, "after", "", plan.SecretForeign, "key-1", ""},
		"another key was stored under the new name": {[]client.Object{named("before"), named("after", forge("new", "key-2", "ci-0123456789abcdef-2"))},
			"after", "before", plan.SecretOurs, "key-2", ""},
	} {
		found, err := Inspect(t.Context(), cluster(t, interceptor.Funcs{}, row.there...), key)
		if err != nil || found.Name != row.name || found.Other() != row.other || found.State != row.state || found.KeyID != row.id || found.Taken != row.taken {
			t.Errorf("%s: got %s %q with key %q, beside %q, taken %q, and %v; want %+v",
				reason, found.State, found.Name, found.KeyID, found.Other(), found.Taken, err, row)
		}
	}
}

// TestInspectBetweenTwoNames: a move that did not end, of a key that is to move on.
func TestInspectBetweenTwoNames(t *testing.T) {
	moving := func(name string) *v1alpha1.ApiKey {
		return known(gen.SetApiKeySecretName(name), func(key *v1alpha1.ApiKey) {
			key.Status.Binding.Name, key.Status.Moving = "first", "second"
		})
	}
	named := func(name string, mods ...func(*corev1.Secret)) client.Object {
		return ours(t, append(mods, func(s *corev1.Secret) { s.Name = name })...)
	}
	emptied := func(s *corev1.Secret) { s.Data = nil }
	theirs := func(s *corev1.Secret) { s.OwnerReferences = nil }
	for reason, row := range map[string]struct {
		spec        string
		there       []client.Object
		name, other string
		stale       bool
	}{
		"nothing was written yet":               {"third", []client.Object{named("first")}, "first", "", true},
		"it was written, and the first is left": {"third", []client.Object{named("first"), named("second")}, "first", "second", true},
		"the first has gone":                    {"third", []client.Object{named("second")}, "second", "", true},
		"the first was emptied":                 {"third", []client.Object{named("first", emptied), named("second")}, "second", "first", true},
		"back to the first":                     {"first", []client.Object{named("first"), named("second")}, "first", "second", true},
		"on with it":                            {"second", []client.Object{named("first"), named("second")}, "second", "first", true},
		"the second is somebody else's":         {"third", []client.Object{named("first"), named("second", theirs)}, "first", "", true},
		"the third is, and the second goes":     {"third", []client.Object{named("first"), named("second"), named("third", theirs)}, "first", "second", true},
		"the third is, and nothing can be done": {"third", []client.Object{named("first"), named("third", theirs)}, "first", "", false},
	} {
		key := moving(row.spec)
		found, err := Inspect(t.Context(), cluster(t, interceptor.Funcs{}, row.there...), key)
		if err != nil || found.Name != row.name || found.Other() != row.other || found.KeyID != "key-1" {
			t.Errorf("%s: found in %q beside %q with key %q and %v; want %+v", reason, found.Name, found.Other(), found.KeyID, err, row)
		}
		if stale, err := found.Stale(key, around("")); err != nil || stale != row.stale {
			t.Errorf("%s: it is to be written: %t, %v; want %t", reason, stale, err, row.stale)
		}
	}
}

func TestInspectFails(t *testing.T) {
	if found, err := Inspect(t.Context(), cluster(t, interceptor.Funcs{}), apiKey()); err != nil || found.State != plan.SecretAbsent || found.Name != "ci-key" {
		t.Errorf("what is not there is found as %+v, %v", found, err)
	}
	for _, name := range []string{"before", "after"} {
		api := cluster(t, interceptor.Funcs{Get: func(ctx context.Context, below client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if key.Name == name {
				return serverDown()
			}
			return below.Get(ctx, key, obj, opts...)
		}})
		key := known(gen.SetApiKeySecretName("after"), func(key *v1alpha1.ApiKey) { key.Status.Binding.Name = "before" })
		if found, err := Inspect(t.Context(), api, key); err == nil || found.State != "" {
			t.Errorf("a read of %s that fails is no absence: got %+v, %v", name, found, err)
		}
	}
}

// TestASecretOfOursThatCannotBeWritten: which key it holds is known as of any other of
// ours, by its value, and not by what somebody has written over.
func TestASecretOfOursThatCannotBeWritten(t *testing.T) {
	lock := func(s *corev1.Secret) { s.Immutable = new(true) }
	forged := func(s *corev1.Secret) { s.Data[v1alpha1.SecretKeyKeyID] = []byte("key-9") }
	emptied := func(s *corev1.Secret) { s.Data = map[string][]byte{v1alpha1.SecretKeyKeyID: []byte("key-1")} }
	theirs := func(s *corev1.Secret) { s.OwnerReferences = nil }
	for name, row := range map[string]struct {
		shapes []func(*corev1.Secret)
		owned  bool
		id     string
	}{
		"as it was written":          {[]func(*corev1.Secret){lock}, true, "key-1"},
		"its id was written over":    {[]func(*corev1.Secret){lock, forged}, true, "key-1"},
		"its value is gone":          {[]func(*corev1.Secret){lock, emptied}, true, ""},
		"it is somebody else's":      {[]func(*corev1.Secret){lock, theirs}, false, "key-1"},
		"somebody else's, with lies": {[]func(*corev1.Secret){lock, theirs, forged}, false, "key-9"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Inspect(t.Context(), cluster(t, interceptor.Funcs{}, ours(t, row.shapes...)), known())
			if err != nil {
				t.Fatal(err)
			}
			if found.State != plan.SecretForeign || found.Owned != row.owned || found.KeyID != row.id {
				t.Errorf("it is %s, owned: %t, and holds %q; want Foreign, %t and %q", found.State, found.Owned, found.KeyID, row.owned, row.id)
			}
			if found.Holds() {
				t.Error("it is taken for one that can be kept as the spec asks")
			}
		})
	}
}
