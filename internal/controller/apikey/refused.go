package apikey

import (
	"fmt"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// refused says what the vendor of the class cannot honour and what the class
// does not allow: no field is ever ignored in silence.
func refused(key *v1alpha1.ApiKey, class *v1alpha1.WorkspaceClass, driver provider.Driver, now time.Time) error {
	can, vendor := driver.Capabilities().Key, driver.Name()
	if !can.Issue {
		return hold(v1alpha1.ReasonUnsupported, strings.TrimSpace(vendor+" has no API keys. "+can.Instead))
	}
	if can.Requires("action") && key.Spec.Action == "" {
		return hold(v1alpha1.ReasonActionRequired, "spec.action: "+vendor+" wants to be told what a key may do, as \"read\"")
	}
	if can.Requires("scopes") && len(key.Spec.Scopes) == 0 {
		return hold(v1alpha1.ReasonScopesRequired, "spec.scopes: a key without scopes is of no use at "+vendor+"; name at least one")
	}
	if at := key.Spec.ExpiresAt; at != nil && key.Status.KeyID == "" && !now.Before(at.Time) {
		return hold(v1alpha1.ReasonExpired, "spec.expiresAt is past: name a time to come")
	}
	for _, field := range fields(key) {
		if field.set && !can.Honours(field.name) {
			return hold(v1alpha1.ReasonUnsupported, fmt.Sprintf("spec.%s: %s has no such setting; remove it", field.name, vendor))
		}
	}
	return guarded(key, class)
}

type field struct {
	name string
	set  bool
}

func fields(key *v1alpha1.ApiKey) []field {
	return []field{
		{"scopes", len(key.Spec.Scopes) > 0},
		{"mode", key.Spec.Mode != ""},
		{"action", key.Spec.Action != ""},
		{"ipAllowlist", len(key.Spec.IPAllowlist) > 0},
		{"usageLimits", len(key.Spec.UsageLimits) > 0},
		{"rateLimits", len(key.Spec.RateLimits) > 0},
		{"access", key.Spec.Access != ""},
		{"expiresAt", key.Spec.ExpiresAt != nil},
		{"lifetime", key.Spec.Lifetime != nil},
	}
}

// guarded holds the ApiKey against the class's keyPolicy. A key that was issued
// under another one goes on working, and is not replaced while this one forbids
// what the spec asks.
func guarded(key *v1alpha1.ApiKey, class *v1alpha1.WorkspaceClass) error {
	forbidden := forbidden(key, class)
	if forbidden == "" {
		return nil
	}
	if key.Status.KeyID != "" {
		forbidden += ". The key that was issued goes on working"
	}
	return hold(v1alpha1.ReasonNotAllowed, forbidden)
}

// forbidden says what of the spec the class's keyPolicy does not allow; empty if
// it allows all.
func forbidden(key *v1alpha1.ApiKey, class *v1alpha1.WorkspaceClass) string {
	policy := class.Spec.KeyPolicy
	if policy == nil {
		return ""
	}
	if policy.RequireIPAllowlist == v1alpha1.Enabled && len(key.Spec.IPAllowlist) == 0 {
		return fmt.Sprintf("spec.ipAllowlist: WorkspaceClass %q demands one", class.Name)
	}
	for _, scope := range key.Spec.Scopes {
		if !allowedScope(policy.AllowedScopes, scope) {
			return fmt.Sprintf("spec.scopes: WorkspaceClass %q does not allow %q; it allows %s", class.Name, scope, strings.Join(policy.AllowedScopes, ", "))
		}
	}
	if policy.MaxLifetime != nil && livesLonger(key, policy.MaxLifetime.Duration) {
		field := "spec.lifetime"
		if key.Spec.ExpiresAt != nil {
			field = "spec.expiresAt"
		}
		return fmt.Sprintf("%s: WorkspaceClass %q demands a lifetime of at most %s", field, class.Name, policy.MaxLifetime.Duration)
	}
	return ""
}

func allowedScope(allowed []string, scope string) bool {
	for _, pattern := range allowed {
		start, open := strings.CutSuffix(pattern, "*")
		if scope == pattern || open && strings.HasPrefix(scope, start) {
			return true
		}
	}
	return len(allowed) == 0
}

func livesLonger(key *v1alpha1.ApiKey, longest time.Duration) bool {
	switch {
	case key.Spec.Lifetime != nil:
		return key.Spec.Lifetime.Duration > longest
	case key.Spec.ExpiresAt != nil:
		return key.Spec.ExpiresAt.Sub(key.CreationTimestamp.Time) > longest
	}
	return true
}

func hold(reason, message string) error {
	return &plan.Impasse{State: plan.Blocked, Reason: reason, Message: message}
}
