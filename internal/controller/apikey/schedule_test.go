package apikey

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func at(after time.Duration) metav1.Time { return metav1.NewTime(now().Add(after)) }

// rotating is an ApiKey whose key was issued a while ago.
func rotating(interval, overlap, ago time.Duration, mods ...gen.ApiKeyModifier) *v1alpha1.ApiKey {
	key := gen.ApiKey("ci", append([]gen.ApiKeyModifier{gen.SetApiKeyMeta(gen.UID("uid-1")), gen.SetApiKeyRotation(interval, overlap)}, mods...)...)
	key.Status.CreatedAt = new(at(-ago))
	return key
}

func TestOverlap(t *testing.T) {
	bare := gen.ApiKey("ci", gen.SetApiKeyRotation(time.Hour, 0))
	bare.Spec.Rotation.Overlap = nil
	for name, row := range map[string]struct {
		key  *v1alpha1.ApiKey
		want time.Duration
	}{
		"without rotation, long enough for a mounted Secret to change": {gen.ApiKey("ci"), 2 * time.Minute},
		"with one that names none":                                     {bare, 0},
		"with one that names it":                                       {gen.ApiKey("ci", gen.SetApiKeyRotation(time.Hour, time.Minute)), time.Minute},
		"with one that names zero":                                     {gen.ApiKey("ci", gen.SetApiKeyRotation(time.Hour, 0)), 0},
		"a lifetime changes nothing":                                   {gen.ApiKey("ci", gen.SetApiKeyLifetime(time.Hour)), 2 * time.Minute},
	} {
		if got := overlap(row.key); got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
	}
}

// TestFallsDue: a clock that is set moves what is due by no more than one span,
// and not at every look.
func TestFallsDue(t *testing.T) {
	const span = time.Hour
	for name, row := range map[string]struct {
		from     time.Duration
		recorded *metav1.Time
		want     time.Duration
	}{
		"it began a while ago":                                 {-10 * time.Minute, nil, 50 * time.Minute},
		"it begins now":                                        {0, nil, span},
		"it is over":                                           {-3 * time.Hour, nil, -2 * time.Hour},
		"what is on record is of another time":                 {-10 * time.Minute, new(at(time.Minute)), 50 * time.Minute},
		"it is yet to begin: a span from now":                  {5 * time.Minute, nil, span},
		"as first recorded":                                    {5 * time.Minute, new(at(40 * time.Minute)), 40 * time.Minute},
		"unless the clock was set back since":                  {5 * time.Hour, new(at(6 * time.Hour)), span},
		"what was recorded may be over by now":                 {5 * time.Minute, new(at(-time.Minute)), -time.Minute},
		"a record exactly one span from now is as good as new": {5 * time.Minute, new(at(span)), span},
	} {
		if got := fallsDue(now().Add(row.from), span, row.recorded, now()).Sub(now()); got != row.want {
			t.Errorf("%s: due after %s, want %s", name, got, row.want)
		}
	}
}

// TestNobodyWaitsLongerThanTheSpan: whatever any clock says, and however often it
// is set, what is due comes at most one span after now, and a look later it is
// no later.
func TestNobodyWaitsLongerThanTheSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.IntRange(-100_000, 100_000)
		span := time.Duration(rapid.IntRange(1, 50_000).Draw(t, "span")) * time.Second
		from := now().Add(time.Duration(seconds.Draw(t, "from")) * time.Second)
		recorded := new(at(time.Duration(seconds.Draw(t, "recorded")) * time.Second))
		if rapid.Bool().Draw(t, "nothing is recorded") {
			recorded = nil
		}
		clock := now()
		for range 5 {
			due := fallsDue(from, span, recorded, clock)
			if due.After(clock.Add(span)) {
				t.Fatalf("at %s it is due at %s, more than %s later", clock, due, span)
			}
			later := clock.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "pause")) * time.Second)
			recorded = &metav1.Time{Time: due}
			if again := fallsDue(from, span, recorded, later); from.After(later) && !again.Equal(due) {
				t.Fatalf("it was due at %s, and a look later at %s", due, again)
			}
			clock = later.Add(time.Duration(seconds.Draw(t, "the clock is set")) * time.Second)
		}
	})
}

func TestRotatesAt(t *testing.T) {
	const interval, overlap = 100 * time.Hour, time.Hour
	own := engine.Part("uid-1", interval/spreadShare)
	ending := func(after time.Duration) gen.ApiKeyModifier {
		return func(key *v1alpha1.ApiKey) { key.Status.ExpiresAt = new(at(after)) }
	}
	for name, row := range map[string]struct {
		key  *v1alpha1.ApiKey
		want time.Duration
	}{
		"after the interval, less the object's own share": {rotating(interval, overlap, 10*time.Hour), 90*time.Hour - own},
		"a missed window is due at once":                  {rotating(interval, overlap, 300*time.Hour), -200*time.Hour - own},
		"in time for the overlap to end before the key":   {rotating(interval, overlap, 10*time.Hour, ending(60*time.Hour)), 59 * time.Hour},
		"never before half the interval, whatever ends":   {rotating(interval, overlap, 10*time.Hour, ending(20*time.Hour)), 40 * time.Hour},
		"a key that ends much later changes nothing":      {rotating(interval, overlap, 10*time.Hour, ending(500*time.Hour)), 90*time.Hour - own},
		"without an overlap, before it ends":              {rotating(interval, 0, 10*time.Hour, ending(60*time.Hour)), 60 * time.Hour},
		"another clock's time of issue":                   {rotating(interval, overlap, -10*time.Hour), interval - own},
	} {
		got := rotatesAt(row.key, row.key.Status.CreatedAt.Time, now())
		if want := now().Add(row.want).Truncate(time.Second); got == nil || !got.Time.Equal(want) {
			t.Errorf("%s: at %v, want %s", name, got, want)
		}
	}
	if got := rotatesAt(gen.ApiKey("ci", gen.SetApiKeyLifetime(time.Hour)), now(), now()); got != nil {
		t.Errorf("without rotation: at %s, want never", got)
	}
	if got := rotatesAt(rotating(interval, overlap, 0), time.Time{}, now()); got != nil {
		t.Errorf("before the first key: at %s, want never", got)
	}
}

// TestNoStorm: a thousand keys that were issued at once come due over a tenth of
// the interval, in every part of it about as many, and each always at its time.
func TestNoStorm(t *testing.T) {
	const keys, parts, interval = 1000, 10, 720 * time.Hour
	share := interval / spreadShare
	counts := make([]int, parts)
	for i := range keys {
		key := rotating(interval, time.Hour, 0)
		key.UID = types.UID(fmt.Sprintf("6f9619ff-8b86-d011-b42d-%012x", i))
		since := key.Status.CreatedAt.Time
		due := rotatesAt(key, since, now())
		early := now().Add(interval).Sub(due.Time)
		if early < 0 || early > share || !rotatesAt(key, since, now().Add(time.Hour)).Equal(due) {
			t.Fatalf("key %d is due %s before the interval has passed, want at most %s and always the same", i, early, share)
		}
		counts[min(int(early*parts/share), parts-1)]++
	}
	for part, count := range counts {
		if count < keys/parts*6/10 || count > keys/parts*14/10 {
			t.Errorf("in part %d of the share %d of %d keys are due, want about %d: %v", part, count, keys, keys/parts, counts)
		}
	}
}

func TestDue(t *testing.T) {
	asked := func(value string) gen.ApiKeyModifier {
		return gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationRotateAt, value))
	}
	handled := func(value string) gen.ApiKeyModifier {
		return func(key *v1alpha1.ApiKey) { key.Status.LastHandledRotateAt = value }
	}
	known := func(key *v1alpha1.ApiKey) { key.Status.KeyID = "key-1" }
	holds := Sight{Secret: publish.Found{State: plan.SecretOurs, KeyID: "key-1", IssuedAt: now().Add(-time.Minute)}}
	held := Sight{Secret: publish.Found{State: plan.SecretOurs, KeyID: "key-1", IssuedAt: now().Add(-2 * time.Hour)}}
	for name, row := range map[string]struct {
		key   *v1alpha1.ApiKey
		sight Sight
		want  string
	}{
		"nothing asks for it":                              {gen.ApiKey("ci"), holds, ""},
		"the interval has not passed":                      {rotating(time.Hour, 0, time.Minute, known), holds, ""},
		"the interval has passed":                          {rotating(time.Hour, 0, 2*time.Hour, known), held, "spec.rotation.interval"},
		"of a key that the Secret no longer holds":         {rotating(time.Hour, 0, 2*time.Hour), held, ""},
		"the annotation is new":                            {gen.ApiKey("ci", asked("now")), holds, v1alpha1.AnnotationRotateAt},
		"the annotation is another":                        {gen.ApiKey("ci", asked("now"), handled("before")), holds, v1alpha1.AnnotationRotateAt},
		"the annotation is handled":                        {gen.ApiKey("ci", asked("now"), handled("now")), holds, ""},
		"the annotation was taken away":                    {gen.ApiKey("ci", handled("now")), holds, ""},
		"the annotation is handled, and status was lost":   {gen.ApiKey("ci", asked("now")), Sight{Secret: publish.Found{RotatedFor: "now"}}, ""},
		"the annotation is as long as status can tell":     {gen.ApiKey("ci", asked(strings.Repeat("x", 300)), handled(strings.Repeat("x", 256))), holds, ""},
		"the annotation, whatever the interval":            {rotating(time.Hour, 0, time.Minute, known, asked("now")), holds, v1alpha1.AnnotationRotateAt},
		"no rotation, and a key that was issued years ago": {unrotated(rotating(time.Hour, 0, 9999*time.Hour, known)), held, ""},
	} {
		if got := due(row.key, row.sight, now()); (got == "") != (row.want == "") || !strings.Contains(got, row.want) {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}

// unrotated takes the rotation away.
func unrotated(key *v1alpha1.ApiKey) *v1alpha1.ApiKey {
	key.Spec.Rotation = nil
	return key
}

func TestNext(t *testing.T) {
	since := 10*time.Minute - 2*time.Second - engine.Part("uid-1", time.Minute).Truncate(time.Second)
	retiring := Sight{Secret: publish.Found{IssuedAt: now().Add(-since)}, Retiring: []v1alpha1.RetiringKey{{KeyID: "key-0", RevokeAt: at(-time.Minute)}, {KeyID: "key-1", RevokeAt: at(20 * time.Minute)}}}
	ends := func(after time.Duration) *v1alpha1.ApiKey {
		key := gen.ApiKey("ci")
		key.Status.ExpiresAt = new(at(after))
		return key
	}
	for name, row := range map[string]struct {
		key   *v1alpha1.ApiKey
		sight Sight
		want  time.Duration
	}{
		"nothing":                            {gen.ApiKey("ci"), Sight{}, 0},
		"a key that was replaced":            {gen.ApiKey("ci"), retiring, 20 * time.Minute},
		"the end of the key":                 {ends(10 * time.Minute), retiring, 10 * time.Minute},
		"the end is past":                    {ends(-time.Minute), retiring, 20 * time.Minute},
		"the rotation comes first":           {rotating(10*time.Minute, 0, since), retiring, time.Second},
		"a rotation that is due is no event": {rotating(time.Minute, 0, 9*time.Hour), retiring, 20 * time.Minute},
	} {
		got := next(row.key, row.sight, now())
		if got != row.want {
			t.Errorf("%s: after %s, want %s", name, got, row.want)
		}
	}
}

// numbered is our key of a number, as the vendor shows it.
func numbered(serial int) provider.Key {
	mark := provider.MarkFor("uid-1").WithSerial(serial)
	return provider.Key{ID: fmt.Sprintf("key-%d", serial), Name: "ci-" + mark.String(), Mark: mark}
}

func TestNotice(t *testing.T) {
	key := rotating(time.Hour, 5*time.Minute, 2*time.Hour)
	key.Status.KeyID, key.Status.DisplayName = "key-1", "ci-old"
	sight := Sight{Secret: publish.Found{State: plan.SecretOurs, KeyID: "key-1", IssuedAt: now().Add(-2 * time.Hour)}}
	edited := gen.ApiKey("ci", gen.SetApiKeyAction("read"))
	edited.Status.DisplayName, edited.Status.Applied = "ci-old", map[string]v1alpha1.FieldFingerprint{"displayName": fingerprint("ci")}
	for want, got := range map[string]string{
		`key "ci-new" is published in place of "ci-old", which is revoked after 5m0s: spec.rotation.interval has passed`:                       notice(key, ask(key), sight, "ci-new", now()),
		`key "ci-new" is published in place of "ci-old", which is revoked after 2m0s: spec.action was edited, which only another key can have`: notice(edited, ask(edited), sight, "ci-new", now()),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
