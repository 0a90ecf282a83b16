package apikey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/internal/publish"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// mark is that of the first key of every ApiKey here.
func mark() provider.Mark { return provider.MarkFor("uid-1").WithSerial(1) }

// outspoken is an ApiKey that says everything, issued an hour ago.
func outspoken() *v1alpha1.ApiKey {
	key := gen.ApiKey("ci", gen.SetApiKeyScopes("a", "b"), gen.SetApiKeyMode("Live"), gen.SetApiKeyIPAllowlist("10.0.0.1"),
		gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{CreditLimit: 5}),
		gen.SetApiKeyRateLimits(v1alpha1.RateLimit{Type: "Tokens", Unit: "PerDay", Value: 7}),
		gen.SetApiKeyAccess(v1alpha1.Disabled), gen.SetApiKeyLifetime(3*time.Hour))
	key.Status.CreatedAt = new(metav1.NewTime(now().Add(-time.Hour)))
	return key
}

// ask is the intent of the ApiKey at a vendor that can do everything, and
// change what is named.
func ask(key *v1alpha1.ApiKey, changeable ...string) Intent {
	can := fake.Everything().Key
	can.Changeable = changeable
	return Intent{Provider: "acme", Capabilities: can, Mark: provider.MarkFor("uid-1"), Spec: specOf(key, now())}
}

// asWanted is the key as the vendor shows it if nobody has changed it.
func asWanted() provider.Key {
	return provider.Key{
		ID: "key-1", Name: fake.Everything().Key.Name("ci", mark()), Mark: mark(), Scopes: []string{"b", "a"}, Mode: "Live", IPAllowlist: []string{"10.0.0.1/32"},
		UsageLimits: []provider.UsageLimit{{CreditLimit: 5}}, RateLimits: []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 7}},
		Disabled: new(true), ExpiresAt: now().Add(2 * time.Hour),
	}
}

// seeing is the sight of a key that the Secret holds.
func seeing(seen provider.Key) Sight {
	return Sight{Secret: publish.Found{State: plan.SecretOurs, KeyID: "key-1"}, Marked: []provider.Key{{ID: "key-0", Mode: "Test"}, seen}}
}

func TestDifferences(t *testing.T) {
	drifted := asWanted()
	drifted.Mode, drifted.Disabled = "Test", new(false)
	renamed := asWanted()
	renamed.Name, renamed.Mark = "mine", provider.Mark{}
	another := asWanted()
	another.Name = "other-" + mark().String()
	both := plan.Differences{Changeable: []string{"access"}, Fixed: []string{"mode"}}
	for name, row := range map[string]struct {
		sight Sight
		want  plan.Differences
	}{
		"as it should be":              {seeing(asWanted()), plan.Differences{}},
		"otherwise":                    {seeing(drifted), both},
		"the Secret holds another":     {with(seeing(drifted), func(s *Sight) { s.Secret.KeyID = "key-2" }), plan.Differences{}},
		"the Secret is not ours":       {with(seeing(drifted), func(s *Sight) { s.Secret.State = plan.SecretForeign }), plan.Differences{}},
		"the list lacks it":            {with(seeing(drifted), func(s *Sight) { s.Marked = nil }), plan.Differences{}},
		"under another name of ours":   {seeing(another), plan.Differences{Fixed: []string{"displayName"}}},
		"under a name nobody gave it":  {seeing(renamed), plan.Differences{}},
		"its id is not known yet":      {with(seeing(drifted), func(s *Sight) { s.Secret.KeyID, s.Secret.KeyName = "", drifted.Name }), plan.Differences{}},
		"nothing at all was published": {Sight{}, plan.Differences{}},
	} {
		key := outspoken()
		if diff := cmp.Diff(row.want, differences(key, ask(key, "access"), row.sight)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	t.Run("at a vendor without keys", func(t *testing.T) {
		key := outspoken()
		if got := differences(key, Intent{Spec: specOf(key, now())}, seeing(drifted)); got.Any() {
			t.Errorf("got %+v", got)
		}
	})
}

func with(sight Sight, change func(*Sight)) Sight {
	change(&sight)
	return sight
}

// TestChanges: an amendment says what is to become otherwise and nothing else.
func TestChanges(t *testing.T) {
	for name, row := range map[string]struct {
		drift func(*provider.Key)
		want  provider.KeySpec
	}{
		"nothing":     {func(*provider.Key) {}, provider.KeySpec{}},
		"displayName": {func(k *provider.Key) { k.Name = "x-" + mark().String() }, provider.KeySpec{DisplayName: "ci"}},
		"scopes":      {func(k *provider.Key) { k.Scopes = []string{"a"} }, provider.KeySpec{Scopes: []string{"a", "b"}}},
		"usageLimits": {func(k *provider.Key) { k.UsageLimits = nil }, provider.KeySpec{UsageLimits: []provider.UsageLimit{{CreditLimit: 5}}}},
		"rateLimits":  {func(k *provider.Key) { k.RateLimits = nil }, provider.KeySpec{RateLimits: []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 7}}}},
		"access":      {func(k *provider.Key) { k.Disabled = new(false) }, provider.KeySpec{Disabled: new(true)}},
		// A lifetime counts from the issue, not from now.
		"expiresAt":   {func(k *provider.Key) { k.ExpiresAt = now().Add(time.Hour) }, provider.KeySpec{ExpiresAt: now().Add(2 * time.Hour)}},
		"two at once": {func(k *provider.Key) { k.Disabled, k.Scopes = new(false), []string{} }, provider.KeySpec{Disabled: new(true), Scopes: []string{"a", "b"}}},
		"what cannot be changed, besides": {func(k *provider.Key) { k.Mode, k.IPAllowlist, k.Disabled = "Test", nil, new(false) },
			provider.KeySpec{Disabled: new(true)}},
	} {
		key, seen := outspoken(), asWanted()
		row.drift(&seen)
		intent := ask(key, "displayName", "scopes", "usageLimits", "rateLimits", "access", "expiresAt")
		if diff := cmp.Diff(row.want, changes(key, intent, differences(key, intent, seeing(seen)).Changeable)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestEveryChangeIsSaid: a field that a vendor can change and an amendment
// leaves out would differ for ever.
func TestEveryChangeIsSaid(t *testing.T) {
	for _, driver := range catalog.All() {
		for _, field := range driver.Capabilities().Key.Changeable {
			if cmp.Equal(provider.KeySpec{}, changes(outspoken(), ask(outspoken(), field), []string{field})) {
				t.Errorf("%s can change %s, and no amendment ever says so", driver.Name(), field)
			}
		}
	}
}

func TestALifetimeCountsFromTheIssue(t *testing.T) {
	lifetime, end := gen.SetApiKeyLifetime(2*time.Hour), gen.SetApiKeyExpiresAt(now().Add(5*time.Hour))
	issued := func(key *v1alpha1.ApiKey) { key.Status.CreatedAt = new(metav1.NewTime(now().Add(-time.Hour))) }
	for name, row := range map[string]struct {
		mods      []gen.ApiKeyModifier
		new, live time.Time
	}{
		"for ever":              {[]gen.ApiKeyModifier{issued}, time.Time{}, time.Time{}},
		"before the issue":      {[]gen.ApiKeyModifier{lifetime}, now().Add(2 * time.Hour), now().Add(2 * time.Hour)},
		"after the issue":       {[]gen.ApiKeyModifier{lifetime, issued}, now().Add(2 * time.Hour), now().Add(time.Hour)},
		"an end is where it is": {[]gen.ApiKeyModifier{end, issued}, now().Add(5 * time.Hour), now().Add(5 * time.Hour)},
	} {
		key := gen.ApiKey("ci", row.mods...)
		spec := specOf(key, now())
		if live := forLive(key, spec); !spec.ExpiresAt.Equal(row.new) || !live.ExpiresAt.Equal(row.live) {
			t.Errorf("%s: a new key ends %s and the live one %s, want %s and %s", name, spec.ExpiresAt, live.ExpiresAt, row.new, row.live)
		}
	}
}

func TestSpecOf(t *testing.T) {
	full := provider.KeySpec{
		DisplayName: "ci", Scopes: []string{"a", "b"}, Mode: "Live", IPAllowlist: []string{"10.0.0.1"}, UsageLimits: []provider.UsageLimit{{CreditLimit: 5}},
		RateLimits: []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 7}}, Disabled: new(true), ExpiresAt: now().Add(3 * time.Hour),
	}
	for name, row := range map[string]struct {
		key  *v1alpha1.ApiKey
		want provider.KeySpec
	}{
		"silent":           {gen.ApiKey("ci"), provider.KeySpec{DisplayName: "ci"}},
		"outspoken":        {outspoken(), full},
		"under a name":     {gen.ApiKey("ci", gen.SetApiKeyDisplayName("CI of team A"), gen.SetApiKeyAction("read")), provider.KeySpec{DisplayName: "CI of team A", Action: "read"}},
		"expressly usable": {gen.ApiKey("ci", gen.SetApiKeyAccess(v1alpha1.Enabled)), provider.KeySpec{DisplayName: "ci", Disabled: new(false)}},
	} {
		if diff := cmp.Diff(row.want, specOf(row.key, now().Add(999))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
