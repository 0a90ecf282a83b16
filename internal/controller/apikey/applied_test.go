package apikey

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

// wants is what an ApiKey asks for, field by field.
func wants(mods ...gen.ApiKeyModifier) map[string]v1alpha1.FieldFingerprint {
	key := gen.ApiKey("ci", mods...)
	return wanted(key, specOf(key, now()))
}

func TestWanted(t *testing.T) {
	for name, row := range map[string]struct {
		mods []gen.ApiKeyModifier
		want []string
	}{
		"silent": {nil, []string{"displayName"}},
		"outspoken": {[]gen.ApiKeyModifier{
			gen.SetApiKeyScopes("a"), gen.SetApiKeyAction("read"), gen.SetApiKeyIPAllowlist("10.0.0.1"), gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{CreditLimit: 1}),
			gen.SetApiKeyRateLimits(v1alpha1.RateLimit{Value: 1}), gen.SetApiKeyLifetime(time.Hour), gen.SetApiKeyAccess(v1alpha1.Disabled),
		}, []string{"access", "action", "displayName", "ipAllowlist", "lifetime", "rateLimits", "scopes", "usageLimits"}},
		"an end":                           {[]gen.ApiKeyModifier{gen.SetApiKeyExpiresAt(now())}, []string{"displayName", "expiresAt"}},
		"what is immutable, or left alone": {[]gen.ApiKeyModifier{gen.SetApiKeyMode("Live"), gen.SetApiKeyRotation(time.Hour, 0)}, []string{"displayName"}},
	} {
		if diff := cmp.Diff(row.want, slices.Sorted(maps.Keys(wants(row.mods...)))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	for name, pair := range map[string][2]map[string]v1alpha1.FieldFingerprint{
		"the order of scopes":    {wants(gen.SetApiKeyScopes("a", "b")), wants(gen.SetApiKeyScopes("b", "a"))},
		"the order of addresses": {wants(gen.SetApiKeyIPAllowlist("10.0.0.1", "10.0.0.2")), wants(gen.SetApiKeyIPAllowlist("10.0.0.2", "10.0.0.1"))},
		"a name spelled out":     {wants(), wants(gen.SetApiKeyDisplayName("ci"))},
		"another zone's time":    {wants(gen.SetApiKeyExpiresAt(now())), wants(gen.SetApiKeyExpiresAt(now().In(time.FixedZone("elsewhere", 3600))))},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s counts as an edit:\n%s", name, diff)
		}
	}
	if wants(gen.SetApiKeyScopes("a"))["scopes"] == wants(gen.SetApiKeyScopes("b"))["scopes"] {
		t.Error("two scopes are not told apart")
	}
}

// TestChanged: what only another key can have.
func TestChanged(t *testing.T) {
	made := func(mods ...gen.ApiKeyModifier) map[string]v1alpha1.FieldFingerprint { return wants(mods...) }
	scopes, action := gen.SetApiKeyScopes("a"), gen.SetApiKeyAction("read")
	end, life := gen.SetApiKeyExpiresAt(now().Add(time.Hour)), gen.SetApiKeyLifetime(time.Hour)
	for name, row := range map[string]struct {
		applied, wanted map[string]v1alpha1.FieldFingerprint
		changeable      []string
		want            []string
	}{
		"nobody knows how it was made":                   {nil, made(scopes), nil, nil},
		"as it was made":                                 {made(scopes, action, end), made(scopes, action, end), nil, nil},
		"a field set, changed, and one that is the same": {made(scopes), made(gen.SetApiKeyScopes("b"), action), nil, []string{"action", "scopes"}},
		"what the vendor can change":                     {made(scopes), made(gen.SetApiKeyScopes("b"), action), []string{"scopes", "action"}, nil},
		"taken out, whatever the vendor can":             {made(scopes, action), made(), []string{"scopes", "action"}, []string{"action", "scopes"}},
		"access is left as it is":                        {made(gen.SetApiKeyAccess(v1alpha1.Disabled)), made(), []string{"access"}, nil},
		"under another name":                             {made(), made(gen.SetApiKeyDisplayName("x")), nil, []string{"displayName"}},
		"another end":                                    {made(end), made(gen.SetApiKeyExpiresAt(now())), nil, []string{"expiresAt"}},
		"another end, which can be changed":              {made(end), made(gen.SetApiKeyExpiresAt(now())), []string{"expiresAt"}, nil},
		"a lifetime for an end":                          {made(end), made(life), nil, []string{"lifetime"}},
		"an end for a lifetime":                          {made(life), made(end), nil, []string{"expiresAt"}},
		"a lifetime for an end, which can be changed":    {made(end), made(life), []string{"expiresAt"}, nil},
		"another lifetime":                               {made(life), made(gen.SetApiKeyLifetime(2 * time.Hour)), nil, []string{"lifetime"}},
		"another lifetime, which can be changed":         {made(life), made(gen.SetApiKeyLifetime(2 * time.Hour)), []string{"expiresAt"}, nil},
		"no end any more":                                {made(end), made(), []string{"expiresAt"}, []string{"expiresAt"}},
		"no lifetime any more":                           {made(life), made(), []string{"expiresAt"}, []string{"lifetime"}},
		"an end for the first time":                      {made(), made(end), nil, []string{"expiresAt"}},
	} {
		can := provider.KeyCapabilities{Changeable: row.changeable}
		if diff := cmp.Diff(row.want, changed(row.applied, row.wanted, can)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestAKeyThatNothingIsKnownOf is replaced, whatever the spec says now and
// whatever the vendor can change but its name.
func TestAKeyThatNothingIsKnownOf(t *testing.T) {
	everything := fake.Everything().Key
	nothing := everything
	nothing.Changeable = nil
	for name, row := range map[string]struct {
		can  provider.KeyCapabilities
		mods []gen.ApiKeyModifier
	}{
		"a silent spec, and a vendor that can change much": {everything, nil},
		"an outspoken one": {everything, []gen.ApiKeyModifier{gen.SetApiKeyScopes("a"), gen.SetApiKeyLifetime(time.Hour)}},
		"a silent spec, and a vendor that can change nothing":   {nothing, nil},
		"a vendor that has nothing but names, and changes none": {provider.KeyCapabilities{Fields: []string{"displayName"}}, nil},
	} {
		if len(changed(unknown(row.can), wants(row.mods...), row.can)) == 0 {
			t.Errorf("%s: the key is taken for one that is as the spec says", name)
		}
	}
}

func TestAppliedAfter(t *testing.T) {
	before, edited := wants(gen.SetApiKeyScopes("a"), gen.SetApiKeyAction("x")), wants(gen.SetApiKeyScopes("b"), gen.SetApiKeyAction("y"))
	mix := maps.Clone(before)
	mix["scopes"] = edited["scopes"]
	live := provider.Key{ID: "key-1", Name: fake.Everything().Key.Name("ci", mark()), Mark: mark(), Scopes: []string{"b"}}
	otherwise := live
	otherwise.Scopes = []string{"a"}
	fresh := map[string]v1alpha1.FieldFingerprint{"displayName": "applied"}
	issuedFor := func(generation int64) func(*facts) { return func(f *facts) { f.Sight.Secret.IssuedFor = generation } }
	sent := func(f *facts) { f.Effect.Told = []string{"scopes"} }
	outage := func(f *facts) { f.Outlook.Err = &provider.Error{Class: provider.Transient} }
	for name, row := range map[string]struct {
		known  map[string]v1alpha1.FieldFingerprint
		before string
		facts  facts
		want   map[string]v1alpha1.FieldFingerprint
	}{
		"issued":              {nil, "", onePass(plan.Create, made(live)), fresh},
		"in place of another": {before, "key-0", onePass(plan.Renew, holding("key-0", live), made(live)), fresh},
		"a call that failed":  {before, "key-0", onePass(plan.Renew, holding("key-0"), failed(true)), before},
		"no key lives":        {before, "key-1", onePass(plan.Stay), before},
		"nobody serves it":    {before, "key-1", onePass(plan.Stay, holding("key-1", live), func(f *facts) { f.Intent.Provider = "" }), before},
		"found after a crash": {nil, "", onePass(plan.Stay, holding("key-1", live), issuedFor(3)), edited},
		"found after a crash, and the spec is another by now":              {nil, "", onePass(plan.Stay, holding("key-1", live), issuedFor(2)), unknown(askAll())},
		"found after a crash in place of another":                          {before, "key-0", onePass(plan.Stay, holding("key-1", live), issuedFor(3)), edited},
		"found after a crash in place of another, and the spec is another": {before, "key-0", onePass(plan.Stay, holding("key-1", live), issuedFor(2)), unknown(askAll())},
		"its id came to light":                                             {before, "", onePass(plan.Adopt, nameless, made(live)), before},
		"edited, and nothing was sent":                                     {before, "key-1", onePass(plan.Stay, holding("key-1", otherwise)), before},
		"edited, and the vendor is out of reach":                           {before, "key-1", onePass(plan.Stay, holding("key-1", live), outage), before},
		"edited, and the vendor shows it before it is told":                {before, "key-1", onePass(plan.Stay, holding("key-1", live)), before},
		"edited, and the list does not show the key":                       {before, "key-1", onePass(plan.Stay, holding("key-1"), onRecord("key-1"), target("key-1")), before},
		"edited and sent":                                                  {before, "key-1", onePass(plan.Update, holding("key-1", otherwise), made(live), sent), mix},
		"edited and sent, and the vendor shows another value":              {before, "key-1", onePass(plan.Update, holding("key-1", otherwise), made(otherwise), sent), mix},
		"edited and sent, and not read back":                               {before, "key-1", onePass(plan.Update, holding("key-1", otherwise), sent), mix},
		"edited and sent in vain":                                          {before, "key-1", onePass(plan.Update, holding("key-1", otherwise), outage), before},
		"from before anything was remembered":                              {nil, "key-1", onePass(plan.Stay, holding("key-1", live)), edited},
	} {
		t.Run(name, func(t *testing.T) {
			key := gen.ApiKey("ci", gen.SetApiKeyScopes("b"), gen.SetApiKeyAction("y"))
			key.Status.Applied, key.Status.KeyID = maps.Clone(row.known), row.before
			row.facts.Generation = 3
			row.facts.Intent.Spec, row.facts.Intent.Capabilities = specOf(key, now()), askAll()
			if diff := cmp.Diff(row.want, appliedAfter(key, row.before, liveKey(row.facts), row.facts)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(row.known, key.Status.Applied); diff != "" {
				t.Errorf("what is on record is changed in place:\n%s", diff)
			}
		})
	}
}

// askAll is a vendor that can change scopes and an end, and nothing else.
func askAll() provider.KeyCapabilities {
	can := fake.Everything().Key
	can.Changeable = []string{"scopes", "expiresAt"}
	return can
}

// TestAnEndIsRememberedOnceOnly: of the two ways to say when a key ends, the one
// that was told last.
func TestAnEndIsRememberedOnceOnly(t *testing.T) {
	key := gen.ApiKey("ci", gen.SetApiKeyLifetime(time.Hour))
	key.Status.Applied = wants(gen.SetApiKeyExpiresAt(now()))
	key.Status.CreatedAt = new(metav1.NewTime(now()))
	seen := provider.Key{ID: "key-1", Name: fake.Everything().Key.Name("ci", mark()), Mark: mark()}
	told := onePass(plan.Update, holding("key-1", seen), made(seen), func(f *facts) { f.Effect.Told = []string{"expiresAt"} })
	told.Intent.Spec, told.Intent.Capabilities = specOf(key, now()), askAll()
	got := appliedAfter(key, "key-1", liveKey(told), told)
	if diff := cmp.Diff(wants(gen.SetApiKeyLifetime(time.Hour)), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
