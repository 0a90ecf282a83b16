package apikey

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/fake"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// wantImpasse fails unless a person has to act, for the reason and in the words.
func wantImpasse(t *testing.T, err error, reason, message string) {
	t.Helper()
	hold, ok := errors.AsType[*plan.Impasse](err)
	if !ok {
		t.Fatalf("got %v, want an impasse for the reason %s", err, reason)
	}
	if hold.State != plan.Blocked || hold.Reason != reason || hold.Message != message {
		t.Errorf("got  %s %s: %s\nwant Blocked %s: %s", hold.State, hold.Reason, hold.Message, reason, message)
	}
}

// vendor can do all but what is taken away.
func vendor(limit func(*provider.KeyCapabilities)) provider.Driver {
	can := fake.Everything()
	if limit != nil {
		limit(&can.Key)
	}
	return fake.New("acme", can)
}

func requires(fields ...string) func(*provider.KeyCapabilities) {
	return func(can *provider.KeyCapabilities) { can.Required = fields }
}

func TestRefused(t *testing.T) {
	issued := func(key *v1alpha1.ApiKey) { key.Status.KeyID = "key-1" }
	keyless := func(can *provider.KeyCapabilities) {
		*can = provider.KeyCapabilities{Instead: "Ask the platform team."}
	}
	for name, row := range map[string]struct {
		mods   []gen.ApiKeyModifier
		limit  func(*provider.KeyCapabilities)
		reason string
		want   string
	}{
		"a vendor without keys": {nil, keyless, v1alpha1.ReasonUnsupported, "acme has no API keys. Ask the platform team."},
		"a vendor without keys, or a word about it": {nil, func(can *provider.KeyCapabilities) { *can = provider.KeyCapabilities{} },
			v1alpha1.ReasonUnsupported, "acme has no API keys."},
		"no action": {nil, requires("action"), v1alpha1.ReasonActionRequired, `spec.action: acme wants to be told what a key may do, as "read"`},
		"no scopes": {nil, requires("scopes"), v1alpha1.ReasonScopesRequired, "spec.scopes: a key without scopes is of no use at acme; name at least one"},
		"neither":   {nil, requires("scopes", "action"), v1alpha1.ReasonActionRequired, `spec.action: acme wants to be told what a key may do, as "read"`},
		"an end that is now": {[]gen.ApiKeyModifier{gen.SetApiKeyExpiresAt(now())}, nil,
			v1alpha1.ReasonExpired, "spec.expiresAt is past: name a time to come"},
		"an end that is past": {[]gen.ApiKeyModifier{gen.SetApiKeyExpiresAt(now().Add(-time.Hour))}, nil,
			v1alpha1.ReasonExpired, "spec.expiresAt is past: name a time to come"},
		"a field that an issued key cannot have either": {[]gen.ApiKeyModifier{issued, gen.SetApiKeyMode("Live")},
			func(can *provider.KeyCapabilities) { can.Fields = nil }, v1alpha1.ReasonUnsupported, "spec.mode: acme has no such setting; remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			wantImpasse(t, refused(gen.ApiKey("ci", row.mods...), gen.WorkspaceClass("prod"), vendor(row.limit), now()), row.reason, row.want)
		})
	}
	for name, row := range map[string]struct {
		mods  []gen.ApiKeyModifier
		limit func(*provider.KeyCapabilities)
	}{
		"silent":                       {nil, nil},
		"rotation":                     {[]gen.ApiKeyModifier{gen.SetApiKeyRotation(time.Hour, time.Minute)}, nil},
		"rotation and a lifetime":      {[]gen.ApiKeyModifier{gen.SetApiKeyRotation(time.Hour, 0), gen.SetApiKeyLifetime(2 * time.Hour)}, nil},
		"with what is required":        {[]gen.ApiKeyModifier{gen.SetApiKeyAction("read"), gen.SetApiKeyScopes("a")}, requires("scopes", "action")},
		"an end to come":               {[]gen.ApiKeyModifier{gen.SetApiKeyExpiresAt(now().Add(time.Second))}, nil},
		"an end that came after issue": {[]gen.ApiKeyModifier{issued, gen.SetApiKeyExpiresAt(now().Add(-time.Hour))}, nil},
	} {
		if err := refused(gen.ApiKey("ci", row.mods...), gen.WorkspaceClass("prod"), vendor(row.limit), now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoFieldIsIgnoredInSilence takes away each field that an ApiKey can set.
func TestNoFieldIsIgnoredInSilence(t *testing.T) {
	for field, set := range map[string]gen.ApiKeyModifier{
		"scopes": gen.SetApiKeyScopes("a"), "mode": gen.SetApiKeyMode("Test"), "action": gen.SetApiKeyAction("read"), "ipAllowlist": gen.SetApiKeyIPAllowlist("10.0.0.0/8"),
		"usageLimits": gen.SetApiKeyUsageLimits(v1alpha1.UsageLimit{CreditLimit: 1}),
		"rateLimits":  gen.SetApiKeyRateLimits(v1alpha1.RateLimit{Type: "Requests", Unit: "PerMinute", Value: 1}),
		"access":      gen.SetApiKeyAccess(v1alpha1.Enabled), "lifetime": gen.SetApiKeyLifetime(time.Hour), "expiresAt": gen.SetApiKeyExpiresAt(now().Add(time.Hour)),
	} {
		key := gen.ApiKey("ci", set)
		if err := refused(key, gen.WorkspaceClass("prod"), vendor(nil), now()); err != nil {
			t.Errorf("%s: what is honoured is refused: %v", field, err)
		}
		without := vendor(func(can *provider.KeyCapabilities) {
			var rest []string
			for _, name := range can.Fields {
				if name != field {
					rest = append(rest, name)
				}
			}
			can.Fields = rest
		})
		wantImpasse(t, refused(key, gen.WorkspaceClass("prod"), without, now()), v1alpha1.ReasonUnsupported, "spec."+field+": acme has no such setting; remove it")
	}
}

func TestGuarded(t *testing.T) {
	born := gen.SetApiKeyMeta(gen.CreatedAt(now()))
	const (
		far    = `spec.expiresAt: WorkspaceClass "prod" demands a lifetime of at most 1h0m0s`
		long   = `spec.lifetime: WorkspaceClass "prod" demands a lifetime of at most 1h0m0s`
		open   = `spec.ipAllowlist: WorkspaceClass "prod" demands one`
		scopes = `spec.scopes: WorkspaceClass "prod" does not allow "logs"; it allows logs.*, user.read`
	)
	hour := v1alpha1.KeyPolicy{MaxLifetime: &metav1.Duration{Duration: time.Hour}}
	allow := v1alpha1.KeyPolicy{AllowedScopes: []string{"logs.*", "user.read"}}
	for name, row := range map[string]struct {
		policy v1alpha1.KeyPolicy
		mods   []gen.ApiKeyModifier
		want   string
	}{
		"no rules":                                 {v1alpha1.KeyPolicy{}, nil, ""},
		"no addresses":                             {v1alpha1.KeyPolicy{RequireIPAllowlist: v1alpha1.Enabled}, nil, open},
		"addresses":                                {v1alpha1.KeyPolicy{RequireIPAllowlist: v1alpha1.Enabled}, []gen.ApiKeyModifier{gen.SetApiKeyIPAllowlist("10.0.0.1")}, ""},
		"no addresses, and none demanded":          {v1alpha1.KeyPolicy{RequireIPAllowlist: v1alpha1.Disabled}, nil, ""},
		"for ever":                                 {hour, nil, long},
		"a lifetime that is too long":              {hour, []gen.ApiKeyModifier{gen.SetApiKeyLifetime(time.Hour + time.Second)}, long},
		"a lifetime as long as may be":             {hour, []gen.ApiKeyModifier{gen.SetApiKeyLifetime(time.Hour)}, ""},
		"an end that is too far":                   {hour, []gen.ApiKeyModifier{born, gen.SetApiKeyExpiresAt(now().Add(time.Hour + time.Second))}, far},
		"an end as far as may be":                  {hour, []gen.ApiKeyModifier{born, gen.SetApiKeyExpiresAt(now().Add(time.Hour))}, ""},
		"no scopes":                                {allow, nil, ""},
		"a scope that is named":                    {allow, []gen.ApiKeyModifier{gen.SetApiKeyScopes("user.read")}, ""},
		"a scope under a star":                     {allow, []gen.ApiKeyModifier{gen.SetApiKeyScopes("user.read", "logs.view.all")}, ""},
		"a scope that is not, among some that are": {allow, []gen.ApiKeyModifier{gen.SetApiKeyScopes("logs.view", "logs")}, scopes},
		"any scope":                                {v1alpha1.KeyPolicy{AllowedScopes: []string{"*"}}, []gen.ApiKeyModifier{gen.SetApiKeyScopes("x")}, ""},
		"a star in a scope is a star, and not a rule": {v1alpha1.KeyPolicy{AllowedScopes: []string{"a"}}, []gen.ApiKeyModifier{gen.SetApiKeyScopes("*")},
			`spec.scopes: WorkspaceClass "prod" does not allow "*"; it allows a`},
		"the beginning of a scope is not the scope": {v1alpha1.KeyPolicy{AllowedScopes: []string{"user.read"}}, []gen.ApiKeyModifier{gen.SetApiKeyScopes("user.readwrite")},
			`spec.scopes: WorkspaceClass "prod" does not allow "user.readwrite"; it allows user.read`},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused(gen.ApiKey("ci", row.mods...), gen.WorkspaceClass("prod", gen.SetWorkspaceClassKeyPolicy(row.policy)), vendor(nil), now())
			if row.want != "" {
				wantImpasse(t, err, v1alpha1.ReasonNotAllowed, row.want)
			} else if err != nil {
				t.Errorf("it is refused: %v", err)
			}
		})
	}
}
