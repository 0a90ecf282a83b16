package apikey

import (
	"maps"
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

// recordedKey is an outspoken ApiKey of whose live key all is on record.
func recordedKey() *v1alpha1.ApiKey {
	key := outspoken()
	key.Status.KeyID = "key-1"
	key.Status.Applied = wanted(key, specOf(key, now()))
	return key
}

// TestWhatADifferenceIs: an edit, a change at the vendor, or a form of its own.
func TestWhatADifferenceIs(t *testing.T) {
	drifted := asWanted()
	drifted.Scopes = []string{"somebody's"}
	shows := func(seen provider.Key) func(*v1alpha1.ApiKey) {
		return func(key *v1alpha1.ApiKey) {
			key.Status.Kept = map[string]v1alpha1.FieldFingerprint{"scopes": fingerprint(shown(seen, "scopes"))}
		}
	}
	edit := func(key *v1alpha1.ApiKey) { key.Spec.Scopes = []string{"c"} }
	scopes := []string{"scopes"}
	for name, row := range map[string]struct {
		mods []func(*v1alpha1.ApiKey)
		want plan.Differences
	}{
		"somebody changed it":                          {nil, plan.Differences{Changeable: scopes, Drifted: scopes}},
		"the spec was edited":                          {[]func(*v1alpha1.ApiKey){edit}, plan.Differences{Changeable: scopes}},
		"the vendor was told, and shows the same yet":  {[]func(*v1alpha1.ApiKey){shows(drifted)}, plan.Differences{Kept: scopes}},
		"it shows yet another value":                   {[]func(*v1alpha1.ApiKey){shows(asWanted())}, plan.Differences{Changeable: scopes, Drifted: scopes}},
		"the spec was edited since":                    {[]func(*v1alpha1.ApiKey){shows(drifted), edit}, plan.Differences{Changeable: scopes}},
		"somebody asks for a look":                     {[]func(*v1alpha1.ApiKey){shows(drifted), asks}, plan.Differences{Changeable: scopes}},
		"nothing is known of it":                       {[]func(*v1alpha1.ApiKey){func(key *v1alpha1.ApiKey) { key.Status.Applied = nil }}, plan.Differences{Changeable: scopes}},
		"nothing is known of the field":                {[]func(*v1alpha1.ApiKey){func(key *v1alpha1.ApiKey) { key.Status.Applied["scopes"] = "" }}, plan.Differences{Changeable: scopes}},
		"what is on record is of the key before it":    {[]func(*v1alpha1.ApiKey){func(key *v1alpha1.ApiKey) { key.Status.KeyID = "key-0" }}, plan.Differences{Changeable: scopes}},
		"its end is said in another way, and the same": {[]func(*v1alpha1.ApiKey){endsByTime}, plan.Differences{Changeable: scopes, Drifted: scopes}},
	} {
		key := recordedKey()
		for _, mod := range row.mods {
			mod(key)
		}
		if diff := cmp.Diff(row.want, differences(key, ask(key, "scopes"), seeing(drifted))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func asks(key *v1alpha1.ApiKey) {
	gen.SetApiKeyMeta(gen.Annotation(v1alpha1.AnnotationReconcileAt, "now"))(key)
}

func endsByTime(key *v1alpha1.ApiKey) {
	end := metav1.NewTime(now().Add(2 * time.Hour))
	key.Spec.Lifetime, key.Spec.ExpiresAt = nil, &end
}

// TestAnEditThatTheVendorSeemsToHave: a list may be behind what the vendor was
// told last, so that an edit back to what it shows is told all the same.
func TestAnEditThatTheVendorSeemsToHave(t *testing.T) {
	renamed := asWanted()
	renamed.Name, renamed.Mark = "mine", provider.Mark{}
	told := func(mod gen.ApiKeyModifier) func(*v1alpha1.ApiKey) {
		return func(key *v1alpha1.ApiKey) {
			other := key.DeepCopy()
			mod(other)
			key.Status.Applied = wanted(other, specOf(other, now()))
		}
	}
	end := gen.SetApiKeyExpiresAt(now())
	for name, row := range map[string]struct {
		mod  func(*v1alpha1.ApiKey)
		seen provider.Key
		want []string
	}{
		"it was told another value since":               {told(gen.SetApiKeyScopes("c")), asWanted(), []string{"scopes"}},
		"it was told another end since":                 {told(func(key *v1alpha1.ApiKey) { key.Spec.Lifetime = nil; end(key) }), asWanted(), []string{"expiresAt"}},
		"it was told the same":                          {told(func(*v1alpha1.ApiKey) {}), asWanted(), nil},
		"it never was told anything of it":              {func(key *v1alpha1.ApiKey) { delete(key.Status.Applied, "access") }, asWanted(), nil},
		"nobody knows what it was told":                 {func(key *v1alpha1.ApiKey) { key.Status.Applied = unknown(ask(key).Capabilities) }, asWanted(), nil},
		"only another key can have it":                  {told(gen.SetApiKeyIPAllowlist("10.0.0.2")), asWanted(), nil},
		"another name, of a key that has lost its mark": {told(gen.SetApiKeyDisplayName("other")), renamed, nil},
		"another name":                                  {told(gen.SetApiKeyDisplayName("other")), asWanted(), []string{"displayName"}},
		"what is on record is of the key before it":     {func(key *v1alpha1.ApiKey) { told(gen.SetApiKeyScopes("c"))(key); key.Status.KeyID = "key-0" }, asWanted(), nil},
	} {
		key := recordedKey()
		row.mod(key)
		got := differences(key, ask(key, "displayName", "scopes", "access", "expiresAt"), seeing(row.seen))
		if diff := cmp.Diff(plan.Differences{Changeable: row.want}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestUnsent: what was edited of a key that the list does not show yet.
func TestUnsent(t *testing.T) {
	edit := func(key *v1alpha1.ApiKey) {
		key.Spec.Scopes, key.Spec.IPAllowlist = []string{"c"}, []string{"10.0.0.2"}
		key.Status.Applied = maps.Clone(key.Status.Applied)
		delete(key.Status.Applied, "access") // none is issued disabled
	}
	hidden := with(seeing(asWanted()), func(s *Sight) { s.Marked = nil })
	for name, row := range map[string]struct {
		mod   func(*v1alpha1.ApiKey)
		sight Sight
		want  []string
	}{
		"nothing was edited":             {func(*v1alpha1.ApiKey) {}, hidden, nil},
		"edited":                         {edit, hidden, []string{"access", "scopes"}},
		"the vendor shows it":            {edit, seeing(asWanted()), nil},
		"no key is published":            {edit, Sight{}, nil},
		"nobody knows how it was issued": {func(key *v1alpha1.ApiKey) { edit(key); key.Status.Applied = nil }, hidden, nil},
	} {
		key := recordedKey()
		row.mod(key)
		if diff := cmp.Diff(row.want, unsent(key, ask(key, "scopes", "access"), row.sight)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestAVendorWithAFormOfItsOwnIsToldOnce: whatever it does with a field, it is told
// once of what differs, and then no more.
func TestAVendorWithAFormOfItsOwnIsToldOnce(t *testing.T) {
	for name, form := range map[string]func(*provider.Key){
		"it widens scopes":   func(k *provider.Key) { k.Scopes = []string{"a", "b", "c"} },
		"it rewrites limits": func(k *provider.Key) { k.UsageLimits, k.RateLimits = []provider.UsageLimit{{CreditLimit: 6}}, nil },
		"it shows no end":    func(k *provider.Key) { k.ExpiresAt = time.Time{} },
		"it shortens names":  func(k *provider.Key) { k.Name = "c-" + mark().String() },
		"it blocks no key":   func(k *provider.Key) { k.Disabled = new(false) },
	} {
		key, seen := recordedKey(), asWanted()
		form(&seen)
		intent := ask(key, "displayName", "scopes", "usageLimits", "rateLimits", "access", "expiresAt")
		told := differences(key, intent, seeing(seen)).Changeable
		outlook := unheeded(key, intent, seen, told, plan.Outlook{State: plan.Settled})
		if len(told) == 0 || outlook == nil || outlook.Unapplied == "" || outlook.After != engine.ListsSettle {
			t.Errorf("%s: told of %v, and then %+v", name, told, outlook)
		}
		f := onePass(plan.Update, holding("key-1", seen), made(seen), func(f *facts) { f.Effect.Told = told })
		f.Intent = intent
		key.Status.Kept = keptAfter(key, "key-1", &seen, f)
		if got := differences(key, intent, seeing(seen)); len(got.Changeable) > 0 || !cmp.Equal(got.Kept, told) {
			t.Errorf("%s: it is told again: %+v", name, got)
		}
		quiet := onePass(plan.Stay, holding("key-1", seen))
		quiet.Intent = intent
		if diff := cmp.Diff(key.Status.Kept, keptAfter(key, "key-1", &seen, quiet)); diff != "" {
			t.Errorf("%s: it is written again: %s", name, diff)
		}
	}
}

func TestKeptAfter(t *testing.T) {
	seen, drifted := asWanted(), asWanted()
	drifted.Scopes = []string{"somebody's"}
	kept := map[string]v1alpha1.FieldFingerprint{"scopes": fingerprint(shown(drifted, "scopes"))}
	sent := func(f *facts) { f.Effect.Told = []string{"scopes"} }
	outage := func(f *facts) { f.Outlook.Err = &provider.Error{Class: provider.Transient} }
	for name, row := range map[string]struct {
		before string
		facts  facts
		want   map[string]v1alpha1.FieldFingerprint
	}{
		"the vendor shows the same":            {"key-1", onePass(plan.Stay, holding("key-1", drifted)), kept},
		"it shows what the spec says":          {"key-1", onePass(plan.Stay, holding("key-1", seen)), nil},
		"it was told again, and not read back": {"key-1", onePass(plan.Update, holding("key-1", drifted), sent), kept},
		"it was told again, and heeds it":      {"key-1", onePass(plan.Update, holding("key-1", drifted), made(seen), sent), nil},
		"its list lacks the key":               {"key-1", onePass(plan.Stay, holding("key-1"), onRecord("key-1"), target("key-1")), kept},
		"it is out of reach":                   {"key-1", onePass(plan.Stay, holding("key-1", seen), outage), kept},
		"no key lives":                         {"key-1", onePass(plan.Stay), kept},
		"another key has taken its place":      {"key-0", onePass(plan.Renew, holding("key-0"), made(seen)), nil},
	} {
		key := recordedKey()
		key.Status.Kept = kept
		row.facts.Intent.Provider, row.facts.Intent.Capabilities, row.facts.Intent.Spec = "acme", ask(key, "scopes").Capabilities, specOf(key, now())
		got := keptAfter(key, row.before, liveKey(row.facts), row.facts)
		if len(got) != len(row.want) || got["scopes"] != row.want["scopes"] {
			t.Errorf("%s: got %v, want %v", name, got, row.want)
		}
	}
}

// TestWhatWasToldAndNotReadBack is told once: its list shows it, or another value, or
// the one from before, and back to that leads another telling.
func TestWhatWasToldAndNotReadBack(t *testing.T) {
	before, after := []string{"a"}, []string{"b"}
	key := recordedKey()
	key.Spec.Scopes = before
	key.Status.Applied = wanted(key, specOf(key, now()))
	key.Status.Kept = map[string]v1alpha1.FieldFingerprint{"scopes": fingerprint(before)}
	key.Spec.Scopes = after
	showing := func(scopes []string) provider.Key {
		seen := asWanted()
		seen.Scopes = scopes
		return seen
	}
	told := onePass(plan.Update, holding("key-1", showing(before)), func(f *facts) { f.Effect.Told = []string{"scopes"} })
	told.Intent, told.Intent.recorded = ask(key, "scopes"), "key-1"
	(&Reconciler{}).Report(key, told)
	tells := func(scopes []string) bool {
		return len(differences(key, ask(key, "scopes"), seeing(showing(scopes))).Changeable) > 0
	}
	if tells(after) {
		t.Error("the vendor shows what it was told, and is told again")
	}
	if !tells(before) {
		t.Error("the vendor shows what it had before, which is taken for its form of what it was told")
	}
	key.Spec.Scopes = before
	if !tells(before) {
		t.Error("the vendor was told another value since, and is not told")
	}
}
