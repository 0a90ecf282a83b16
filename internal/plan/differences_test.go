package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func fullWorkspaceSpec() provider.WorkspaceSpec {
	return provider.WorkspaceSpec{
		DisplayName: "Team A", Description: "for A", Region: "eu", Slug: "team-a", Language: "en", Metadata: map[string]string{"env": "prod"},
		UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"}, {CreditLimit: 20}},
		RateLimits:  []provider.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 5}, {Type: "Tokens", Unit: "PerDay", Value: 7}},
		Frozen:      new(false), Options: map[string]string{"acme.menu": "dark", "acme.alias": "a"},
	}
}

// same is the workspace that is just as the spec says.
func same(spec provider.WorkspaceSpec) provider.Workspace {
	return provider.Workspace{
		Name: spec.DisplayName, Description: spec.Description, Region: spec.Region, Slug: spec.Slug, Language: spec.Language, Metadata: spec.Metadata,
		UsageLimits: slices.Clone(spec.UsageLimits), RateLimits: slices.Clone(spec.RateLimits), Frozen: spec.Frozen != nil && *spec.Frozen, Options: spec.Options,
	}
}

// unlike compares a workspace of which nothing is remembered.
func unlike(spec provider.WorkspaceSpec, seen provider.Workspace, can provider.WorkspaceCapabilities) Differences {
	return Record{}.Compare(Look{Spec: spec, Seen: seen, Can: can, Edited: true})
}

func TestWorkspaceDifferences(t *testing.T) {
	type (
		spec = provider.WorkspaceSpec
		seen = provider.Workspace
	)
	for _, row := range []struct {
		reason string
		edit   func(*spec, *seen)
		want   []string
	}{
		{"all is as the spec says", func(*spec, *seen) {}, nil},
		{"another name", func(_ *spec, w *seen) { w.Name = "Team B" }, []string{"displayName"}},
		{"another description", func(_ *spec, w *seen) { w.Description = "for B" }, []string{"description"}},
		{"no description where there should be one", func(_ *spec, w *seen) { w.Description = "" }, []string{"description"}},
		{"another region", func(_ *spec, w *seen) { w.Region = "us" }, []string{"region"}},
		{"another slug", func(_ *spec, w *seen) { w.Slug = "team-b" }, []string{"slug"}},
		{"another language", func(_ *spec, w *seen) { w.Language = "zh" }, []string{"language"}},
		{"other metadata", func(_ *spec, w *seen) { w.Metadata = map[string]string{"env": "test"} }, []string{"metadata"}},
		{"metadata more than asked for", func(_ *spec, w *seen) { w.Metadata = map[string]string{"env": "prod", "a": "b"} }, []string{"metadata"}},
		{"no metadata where there should be some", func(_ *spec, w *seen) { w.Metadata = nil }, []string{"metadata"}},
		{"another limit on use", func(_ *spec, w *seen) { w.UsageLimits[0].CreditLimit = 11 }, []string{"usageLimits"}},
		{"another threshold", func(_ *spec, w *seen) { w.UsageLimits[0].AlertThreshold = 9 }, []string{"usageLimits"}},
		{"another reset", func(_ *spec, w *seen) { w.UsageLimits[0].PeriodicReset = "Weekly" }, []string{"usageLimits"}},
		{"another type of limit", func(_ *spec, w *seen) { w.UsageLimits[0].Type = "Tokens" }, []string{"usageLimits"}},
		{"a limit too few", func(_ *spec, w *seen) { w.UsageLimits = w.UsageLimits[:1] }, []string{"usageLimits"}},
		{"a limit is shown without its type", func(_ *spec, w *seen) { w.UsageLimits[0].Type = "" }, nil},
		{"a rate is shown without its type and its unit", func(_ *spec, w *seen) { w.RateLimits[0].Type, w.RateLimits[0].Unit = "", "" }, nil},
		{"a limit twice is not two limits", func(_ *spec, w *seen) { w.UsageLimits[1] = w.UsageLimits[0] }, []string{"usageLimits"}},
		{"one limit does not do for two", func(s *spec, _ *seen) { s.RateLimits[1] = s.RateLimits[0] }, []string{"rateLimits"}},
		{"another rate", func(_ *spec, w *seen) { w.RateLimits[0].Value = 6 }, []string{"rateLimits"}},
		{"another unit of a rate", func(_ *spec, w *seen) { w.RateLimits[0].Unit = "PerHour" }, []string{"rateLimits"}},
		{"a rate too many", func(_ *spec, w *seen) { w.RateLimits = append(w.RateLimits, provider.RateLimit{Value: 1}) }, []string{"rateLimits"}},
		{"frozen", func(_ *spec, w *seen) { w.Frozen = true }, []string{"access"}},
		{"not frozen", func(s *spec, _ *seen) { s.Frozen = new(true) }, []string{"access"}},
		{"the vendor's own settings, in the order of their names",
			func(_ *spec, w *seen) { w.Options = map[string]string{"acme.menu": "light", "acme.alias": "b"} }, []string{"acme.alias", "acme.menu"}},
		{"all that differs is told", func(_ *spec, w *seen) { w.Name, w.Region, w.Frozen = "B", "us", true }, []string{"displayName", "region", "access"}},

		{"the order of limits says nothing", func(_ *spec, w *seen) { slices.Reverse(w.UsageLimits); slices.Reverse(w.RateLimits) }, nil},
		{"a type that the spec leaves open is the vendor's to choose", func(_ *spec, w *seen) { w.UsageLimits[1].Type = "Cost" }, nil},
		{"what the spec leaves open differs from nothing", func(s *spec, w *seen) { *s, w.Frozen = spec{}, true }, nil},
		{"what this answer does not show differs from nothing",
			func(_ *spec, w *seen) { w.Name, w.Region, w.Slug, w.Language, w.Options = "", "", "", "", nil }, nil},
		{"what is empty is left open", func(s *spec, _ *seen) { s.Metadata, s.UsageLimits = map[string]string{}, []provider.UsageLimit{} }, nil},
		{"what a brief answer leaves out differs from nothing", func(_ *spec, w *seen) { w.Brief, w.Description, w.Metadata, w.UsageLimits = true, "", nil, nil }, nil},
		{"no metadata and empty metadata are the same", func(s *spec, w *seen) { s.Metadata, w.Metadata = map[string]string{}, nil }, nil},
	} {
		wanted := fullWorkspaceSpec()
		shown := same(wanted)
		row.edit(&wanted, &shown)
		if diff := cmp.Diff(Differences{Fixed: row.want}, unlike(wanted, shown, provider.WorkspaceCapabilities{})); diff != "" {
			t.Errorf("%s: want (-) but got (+):\n%s", row.reason, diff)
		}
	}
}

func TestDifferencesAreSortedByWhatCanBeChanged(t *testing.T) {
	wanted := provider.WorkspaceSpec{DisplayName: "a", Region: "eu", Frozen: new(true), Options: map[string]string{"menu": "dark"}}
	shown := provider.Workspace{Name: "b", Region: "us", Options: map[string]string{"menu": "light"}}
	got := unlike(wanted, shown, provider.WorkspaceCapabilities{Fields: []string{"acme.menu"}, Changeable: []string{"displayName", "access"}})
	want := Differences{Changeable: []string{"displayName", "access"}, Fixed: []string{"region", "acme.menu"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("of a workspace: want (-) but got (+):\n%s", diff)
	}
	got = OfKey(provider.KeySpec{Mode: "Live", Scopes: []string{"a"}}, "", provider.Key{Mode: "Test", Scopes: []string{}}, provider.KeyCapabilities{Changeable: []string{"scopes"}})
	if diff := cmp.Diff(Differences{Changeable: []string{"scopes"}, Fixed: []string{"mode"}}, got); diff != "" {
		t.Errorf("of a key: want (-) but got (+):\n%s", diff)
	}
}

func TestAny(t *testing.T) {
	for _, row := range []struct {
		differs Differences
		want    bool
	}{
		{Differences{}, false}, {changed("a"), true}, {fixed("a"), true},
		{Differences{Drifted: []string{"a"}}, true}, {Differences{Kept: []string{"a"}}, true}, {Differences{Dropped: []string{"a"}}, true},
	} {
		if got := row.differs.Any(); got != row.want {
			t.Errorf("%+v.Any() = %t, want %t", row.differs, got, row.want)
		}
	}
}

func fullKeySpec(end time.Time) provider.KeySpec {
	return provider.KeySpec{
		DisplayName: "ci", Scopes: []string{"read", "write"}, Mode: "Live", Action: "read", IPAllowlist: []string{"10.0.0.1", "192.168.0.0/24", "2001:db8::1"},
		UsageLimits: []provider.UsageLimit{{Type: "Cost", CreditLimit: 10}}, RateLimits: []provider.RateLimit{{Type: "Tokens", Unit: "PerDay", Value: 7}},
		Disabled: new(false), ExpiresAt: end,
	}
}

func TestOfKey(t *testing.T) {
	type (
		spec = provider.KeySpec
		seen = provider.Key
	)
	end := time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)
	can := provider.KeyCapabilities{Fields: []string{"ipAllowlist"}}
	for _, row := range []struct {
		reason string
		edit   func(*spec, *seen)
		want   []string
	}{
		{"all is as the spec says", func(*spec, *seen) {}, nil},
		{"another name", func(_ *spec, k *seen) { k.Name = "cd-1" }, []string{"displayName"}},
		{"another scope", func(_ *spec, k *seen) { k.Scopes = []string{"read", "admin"} }, []string{"scopes"}},
		{"a scope too many", func(_ *spec, k *seen) { k.Scopes = append(k.Scopes, "admin") }, []string{"scopes"}},
		{"no scope", func(_ *spec, k *seen) { k.Scopes = []string{} }, []string{"scopes"}},
		{"another mode", func(_ *spec, k *seen) { k.Mode = "Test" }, []string{"mode"}},
		{"another address", func(_ *spec, k *seen) { k.IPAllowlist[0] = "10.0.0.2" }, []string{"ipAllowlist"}},
		{"a wider network", func(_ *spec, k *seen) { k.IPAllowlist[0] = "10.0.0.0/31" }, []string{"ipAllowlist"}},
		{"no list of addresses", func(_ *spec, k *seen) { k.IPAllowlist = []string{} }, []string{"ipAllowlist"}},
		{"another limit on use", func(_ *spec, k *seen) { k.UsageLimits[0].CreditLimit = 11 }, []string{"usageLimits"}},
		{"another rate", func(_ *spec, k *seen) { k.RateLimits[0].Value = 8 }, []string{"rateLimits"}},
		{"disabled", func(_ *spec, k *seen) { k.Disabled = new(true) }, []string{"access"}},
		{"a later end", func(_ *spec, k *seen) { k.ExpiresAt = end.Add(time.Minute + time.Second) }, []string{"expiresAt"}},
		{"an earlier end", func(_ *spec, k *seen) { k.ExpiresAt = end.Add(-time.Minute - time.Second) }, []string{"expiresAt"}},
		{"no end", func(_ *spec, k *seen) { k.ExpiresAt = time.Time{} }, []string{"expiresAt"}},

		{"the vendor counts a lifetime from its own clock", func(_ *spec, k *seen) { k.ExpiresAt = end.Add(time.Minute) }, nil},
		{"whose clock may be behind", func(_ *spec, k *seen) { k.ExpiresAt = end.Add(-time.Minute) }, nil},
		{"one address is the network of that address",
			func(_ *spec, k *seen) { k.IPAllowlist = []string{"192.168.0.0/24", "2001:db8::1/128", "10.0.0.1/32"} }, nil},
		{"the same the other way round", func(s *spec, _ *seen) { s.IPAllowlist = []string{"10.0.0.1/32", "192.168.0.0/24", "2001:db8::1"} }, nil},
		{"the order of scopes says nothing, nor does one that is there twice", func(_ *spec, k *seen) { k.Scopes = []string{"write", "read", "write"} }, nil},
		{"what the spec leaves open differs from nothing", func(s *spec, _ *seen) { *s = spec{} }, nil},
		{"what the vendor does not show differs from nothing", func(_ *spec, k *seen) { k.Name, k.Scopes, k.IPAllowlist, k.Mode, k.Disabled = "", nil, nil, "", nil }, nil},
		{"the action is never shown", func(s *spec, _ *seen) { s.Action = "write" }, nil},
	} {
		wanted := fullKeySpec(end)
		shown := provider.Key{
			Name: "ci-1", Scopes: slices.Clone(wanted.Scopes), Mode: wanted.Mode, IPAllowlist: slices.Clone(wanted.IPAllowlist),
			UsageLimits: slices.Clone(wanted.UsageLimits), RateLimits: slices.Clone(wanted.RateLimits), Disabled: wanted.Disabled, ExpiresAt: end,
		}
		row.edit(&wanted, &shown)
		if diff := cmp.Diff(Differences{Fixed: row.want}, OfKey(wanted, "ci-1", shown, can)); diff != "" {
			t.Errorf("%s: want (-) but got (+):\n%s", row.reason, diff)
		}
	}
}

func TestAddressesAreComparedOnlyWhereTheyAreHonoured(t *testing.T) {
	wanted := provider.KeySpec{IPAllowlist: []string{"10.0.0.1"}}
	if got := OfKey(wanted, "", provider.Key{}, provider.KeyCapabilities{}); got.Any() {
		t.Errorf("got %+v of a vendor that has no such list, want no difference", got)
	}
}

// TestWhatIsTheSameDoesNotDiffer: a difference that is none would be an update
// of the same thing, again and again.
func TestWhatIsTheSameDoesNotDiffer(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", "b"})
	rapid.Check(t, func(t *rapid.T) {
		wanted := provider.WorkspaceSpec{
			DisplayName: text.Draw(t, "name"), Description: text.Draw(t, "description"), Region: text.Draw(t, "region"),
			Slug: text.Draw(t, "slug"), Language: text.Draw(t, "language"),
			Metadata: rapid.MapOf(text, text).Draw(t, "metadata"), Options: rapid.MapOf(text, text).Draw(t, "options"),
			RateLimits: rapid.SliceOf(rapid.Custom(func(t *rapid.T) provider.RateLimit {
				return provider.RateLimit{Type: text.Draw(t, "type"), Value: rapid.Int64Range(1, 3).Draw(t, "value")}
			})).Draw(t, "rates"),
			UsageLimits: rapid.SliceOf(rapid.Custom(func(t *rapid.T) provider.UsageLimit {
				return provider.UsageLimit{PeriodicReset: text.Draw(t, "reset"), CreditLimit: rapid.Int64Range(1, 3).Draw(t, "limit")}
			})).Draw(t, "limits"),
		}
		if rapid.Bool().Draw(t, "says whether it is frozen") {
			wanted.Frozen = new(rapid.Bool().Draw(t, "frozen"))
		}
		shown := same(wanted)
		shown.RateLimits = rapid.Permutation(shown.RateLimits).Draw(t, "rates as shown")
		shown.UsageLimits = rapid.Permutation(shown.UsageLimits).Draw(t, "limits as shown")
		if got := unlike(wanted, shown, provider.WorkspaceCapabilities{}); got.Any() {
			t.Fatalf("got %+v of %+v and %+v, want no difference", got, wanted, shown)
		}
	})
}
