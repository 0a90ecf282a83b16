// Package limits turns the limits users write into the contract's.
package limits

import (
	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Usage gives nil for no limits.
func Usage(written []v1alpha1.UsageLimit) []provider.UsageLimit {
	var all []provider.UsageLimit
	for _, limit := range written {
		all = append(all, provider.UsageLimit{
			Type: limit.Type, CreditLimit: limit.CreditLimit,
			AlertThreshold: limit.AlertThreshold, PeriodicReset: limit.PeriodicReset,
		})
	}
	return all
}

// Rate gives nil for no limits.
func Rate(written []v1alpha1.RateLimit) []provider.RateLimit {
	var all []provider.RateLimit
	for _, limit := range written {
		all = append(all, provider.RateLimit{Type: limit.Type, Unit: limit.Unit, Value: limit.Value})
	}
	return all
}
