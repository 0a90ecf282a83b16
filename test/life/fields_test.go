package life

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// field is one field of a Workspace or an ApiKey that its vendor honours.
type field[T any] struct {
	name string
	// set gives it a value; another one, unless chance has it otherwise.
	set func(*plot, T)
	// unset takes it out of the spec; nil where it cannot be.
	unset func(T)
	isSet func(T) bool
	// first: it may be there from the beginning.
	first bool
	// replaces: an ApiKey with another value needs another key. Taking a value out always does, unless lasting.
	replaces, lasting bool
}

type (
	workspaceField = field[*v1alpha1.Workspace]
	keyField       = field[*v1alpha1.ApiKey]
)

// workspaceFields are those that the vendor honours, whether it can change them or not.
func workspaceFields(vendor string) []workspaceField {
	displayName := workspaceField{
		name:  "displayName",
		set:   func(p *plot, w *v1alpha1.Workspace) { w.Spec.DisplayName = one(p, "displayName", "Team A", "Team B") },
		unset: func(w *v1alpha1.Workspace) { w.Spec.DisplayName = "" },
		isSet: func(w *v1alpha1.Workspace) bool { return w.Spec.DisplayName != "" },
	}
	description := workspaceField{
		name: "description",
		set: func(p *plot, w *v1alpha1.Workspace) {
			w.Spec.Description = one(p, "description", "for work", "for play")
		},
		unset: func(w *v1alpha1.Workspace) { w.Spec.Description = "" },
		isSet: func(w *v1alpha1.Workspace) bool { return w.Spec.Description != "" },
	}
	switch vendor {
	case harness.Portkey:
		return append(portkeyWorkspaceFields(), displayName, description)
	case harness.Guance:
		return append(guanceWorkspaceFields(), displayName, description)
	case harness.Groundfloor:
		return []workspaceField{displayName, {
			name: "access",
			set: func(p *plot, w *v1alpha1.Workspace) {
				w.Spec.Access = one(p, "access", v1alpha1.AccessActive, v1alpha1.AccessFrozen)
			},
			unset: func(w *v1alpha1.Workspace) { w.Spec.Access = "" },
			isSet: func(w *v1alpha1.Workspace) bool { return w.Spec.Access != "" },
		}}
	}
	return nil
}

func portkeyWorkspaceFields() []workspaceField {
	return []workspaceField{
		{
			name: "metadata",
			set: func(p *plot, w *v1alpha1.Workspace) {
				w.Spec.Metadata = one(p, "metadata", metadata("team", "a"), metadata("team", "b"), metadata("team", "a", "stage", "test"))
			},
			unset: func(w *v1alpha1.Workspace) { w.Spec.Metadata = nil },
			isSet: func(w *v1alpha1.Workspace) bool { return len(w.Spec.Metadata) > 0 },
		},
		{
			name:  "usageLimits",
			set:   func(p *plot, w *v1alpha1.Workspace) { w.Spec.UsageLimits = usage(p) },
			unset: func(w *v1alpha1.Workspace) { w.Spec.UsageLimits = nil },
			isSet: func(w *v1alpha1.Workspace) bool { return len(w.Spec.UsageLimits) > 0 },
		},
		{
			name:  "rateLimits",
			set:   func(p *plot, w *v1alpha1.Workspace) { w.Spec.RateLimits = rates(p) },
			unset: func(w *v1alpha1.Workspace) { w.Spec.RateLimits = nil },
			isSet: func(w *v1alpha1.Workspace) bool { return len(w.Spec.RateLimits) > 0 },
		},
	}
}

func guanceWorkspaceFields() []workspaceField {
	return []workspaceField{
		{
			name:  "language",
			set:   func(p *plot, w *v1alpha1.Workspace) { w.Spec.Language = one(p, "language", "en", "zh") },
			unset: func(w *v1alpha1.Workspace) { w.Spec.Language = "" },
			isSet: func(w *v1alpha1.Workspace) bool { return w.Spec.Language != "" },
		},
		{
			name: "guance.menuStyle",
			set: func(p *plot, w *v1alpha1.Workspace) {
				w.Spec.Guance = &v1alpha1.GuanceWorkspace{MenuStyle: one(p, "menuStyle", "Operations", "Testing")}
			},
			unset: func(w *v1alpha1.Workspace) { w.Spec.Guance = nil },
			isSet: func(w *v1alpha1.Workspace) bool { return w.Spec.Guance != nil },
		},
	}
}

// keyFields are those that the vendor honours.
func keyFields(vendor string) []keyField {
	displayName := keyField{
		name: "displayName", first: true, replaces: vendor != harness.Portkey, lasting: vendor == harness.Portkey,
		set:   func(p *plot, k *v1alpha1.ApiKey) { k.Spec.DisplayName = one(p, "displayName", "robot", "person") },
		unset: func(k *v1alpha1.ApiKey) { k.Spec.DisplayName = "" },
		isSet: func(k *v1alpha1.ApiKey) bool { return k.Spec.DisplayName != "" },
	}
	switch vendor {
	case harness.Portkey:
		return append(portkeyKeyFields(), displayName)
	case harness.Slaunchx:
		return append(slaunchxKeyFields(), displayName)
	case harness.Oceanbase:
		return []keyField{displayName, {
			name: "action", replaces: true,
			set:   func(p *plot, k *v1alpha1.ApiKey) { k.Spec.Action = one(p, "action", "read", "write") },
			isSet: func(*v1alpha1.ApiKey) bool { return true },
		}}
	case harness.Guance:
		return []keyField{displayName}
	}
	return nil
}

func portkeyKeyFields() []keyField {
	return []keyField{
		{
			name: "scopes",
			set: func(p *plot, k *v1alpha1.ApiKey) {
				k.Spec.Scopes = one(p, "scopes", []string{"logs.list"}, []string{"completions.write"}, []string{"completions.write", "logs.list"})
			},
			isSet: func(*v1alpha1.ApiKey) bool { return true },
		},
		{
			name: "usageLimits", first: true,
			set:   func(p *plot, k *v1alpha1.ApiKey) { k.Spec.UsageLimits = usage(p) },
			unset: func(k *v1alpha1.ApiKey) { k.Spec.UsageLimits = nil },
			isSet: func(k *v1alpha1.ApiKey) bool { return len(k.Spec.UsageLimits) > 0 },
		},
		{
			name: "rateLimits", first: true,
			set:   func(p *plot, k *v1alpha1.ApiKey) { k.Spec.RateLimits = rates(p) },
			unset: func(k *v1alpha1.ApiKey) { k.Spec.RateLimits = nil },
			isSet: func(k *v1alpha1.ApiKey) bool { return len(k.Spec.RateLimits) > 0 },
		},
		{
			// With a rotation it cannot be. Without one, a key that was replaced lives on for two minutes, so meanwhile nothing else is edited that replaces it.
			name: "expiresAt",
			set: func(p *plot, k *v1alpha1.ApiKey) {
				end := metav1.Date(one(p, "expiresAt", 2100, 2101), time.January, 1, 0, 0, 0, 0, time.UTC)
				k.Spec.ExpiresAt, k.Spec.Lifetime, k.Spec.Rotation = &end, nil, nil
			},
			unset: func(k *v1alpha1.ApiKey) {
				k.Spec.ExpiresAt, k.Spec.Rotation = nil, &v1alpha1.Rotation{Interval: metav1.Duration{Duration: 1000 * time.Hour}}
			},
			isSet: func(k *v1alpha1.ApiKey) bool { return k.Spec.ExpiresAt != nil },
		},
		{
			name: "lifetime", first: true,
			set: func(p *plot, k *v1alpha1.ApiKey) {
				k.Spec.Lifetime = &metav1.Duration{Duration: one(p, "lifetime", 2000*time.Hour, 3000*time.Hour)}
				if k.Spec.ExpiresAt != nil {
					k.Spec.ExpiresAt, k.Spec.Rotation = nil, p.rotation()
				}
			},
			unset: func(k *v1alpha1.ApiKey) { k.Spec.Lifetime = nil },
			isSet: func(k *v1alpha1.ApiKey) bool { return k.Spec.Lifetime != nil },
		},
	}
}

func slaunchxKeyFields() []keyField {
	return []keyField{
		{
			name: "scopes", replaces: true,
			set: func(p *plot, k *v1alpha1.ApiKey) {
				k.Spec.Scopes = one(p, "scopes", []string{"payment:read"}, []string{"card:read", "payment:read"})
			},
			isSet: func(*v1alpha1.ApiKey) bool { return true },
		},
		{
			name: "ipAllowlist", first: true, replaces: true,
			set: func(p *plot, k *v1alpha1.ApiKey) {
				k.Spec.IPAllowlist = one(p, "ipAllowlist", []string{"192.0.2.0/24"}, []string{"192.0.2.1", "198.51.100.0/24"})
			},
			unset: func(k *v1alpha1.ApiKey) { k.Spec.IPAllowlist = nil },
			isSet: func(k *v1alpha1.ApiKey) bool { return len(k.Spec.IPAllowlist) > 0 },
		},
		{
			name: "access", first: true, lasting: true,
			set: func(p *plot, k *v1alpha1.ApiKey) {
				k.Spec.Access = one(p, "access", v1alpha1.Enabled, v1alpha1.Disabled)
			},
			unset: func(k *v1alpha1.ApiKey) { k.Spec.Access = "" },
			isSet: func(k *v1alpha1.ApiKey) bool { return k.Spec.Access != "" },
		},
	}
}

func metadata(pairs ...string) map[string]v1alpha1.MetadataValue {
	all := map[string]v1alpha1.MetadataValue{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = v1alpha1.MetadataValue(pairs[i+1])
	}
	return all
}

func usage(p *plot) []v1alpha1.UsageLimit {
	return []v1alpha1.UsageLimit{one(p, "usageLimits",
		v1alpha1.UsageLimit{Type: "Cost", CreditLimit: 10, AlertThreshold: 8, PeriodicReset: "Monthly"},
		v1alpha1.UsageLimit{Type: "Tokens", CreditLimit: 5000},
	)}
}

func rates(p *plot) []v1alpha1.RateLimit {
	return one(p, "rateLimits",
		[]v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 100}},
		[]v1alpha1.RateLimit{{Type: "Requests", Unit: "PerMinute", Value: 200}, {Type: "Tokens", Unit: "PerDay", Value: 9000}},
	)
}
