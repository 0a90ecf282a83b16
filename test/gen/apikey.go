package gen

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// ApiKeyModifier changes one thing about an ApiKey.
type ApiKeyModifier func(*v1alpha1.ApiKey)

// ApiKey is a key to the Workspace "workspace", without scopes.
func ApiKey(name string, mods ...ApiKeyModifier) *v1alpha1.ApiKey {
	return ApiKeyFrom(&v1alpha1.ApiKey{
		TypeMeta:   typeMeta("ApiKey"),
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace},
		Spec:       v1alpha1.ApiKeySpec{WorkspaceRef: v1alpha1.WorkspaceReference{Name: "workspace"}},
	}, mods...)
}

// ApiKeyFrom is a changed copy.
func ApiKeyFrom(original *v1alpha1.ApiKey, mods ...ApiKeyModifier) *v1alpha1.ApiKey {
	key := original.DeepCopy()
	for _, mod := range mods {
		mod(key)
	}
	return key
}

// SetApiKeyMeta changes the metadata by its own modifiers.
func SetApiKeyMeta(mods ...MetaModifier) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { modify(&k.ObjectMeta, mods) }
}

// SetApiKeyWorkspace names the Workspace.
func SetApiKeyWorkspace(name string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.WorkspaceRef.Name = name }
}

// SetApiKeyDisplayName sets the readable part of the name at the vendor.
func SetApiKeyDisplayName(name string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.DisplayName = name }
}

// SetApiKeyScopes replaces the scopes.
func SetApiKeyScopes(scopes ...string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.Scopes = scopes }
}

// SetApiKeyMode sets the mode, Live or Test.
func SetApiKeyMode(mode string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.Mode = mode }
}

// SetApiKeyAction sets oceanbase's action.
func SetApiKeyAction(action string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.Action = action }
}

// SetApiKeyIPAllowlist replaces the addresses the key may be used from.
func SetApiKeyIPAllowlist(items ...string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.IPAllowlist = items }
}

// SetApiKeyUsageLimits replaces the usage limits.
func SetApiKeyUsageLimits(limits ...v1alpha1.UsageLimit) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.UsageLimits = limits }
}

// SetApiKeyRateLimits replaces the rate limits.
func SetApiKeyRateLimits(limits ...v1alpha1.RateLimit) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.RateLimits = limits }
}

// SetApiKeyAccess enables or disables the key.
func SetApiKeyAccess(access v1alpha1.Toggle) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.Access = access }
}

// SetApiKeyExpiresAt sets when the key ends.
func SetApiKeyExpiresAt(at time.Time) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.ExpiresAt = new(metav1.NewTime(at)) }
}

// SetApiKeyLifetime sets how long each key lives.
func SetApiKeyLifetime(d time.Duration) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.Lifetime = &metav1.Duration{Duration: d} }
}

// SetApiKeyRotation has the key replaced at intervals; with no overlap the old one goes at once.
func SetApiKeyRotation(interval, overlap time.Duration) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) {
		k.Spec.Rotation = &v1alpha1.Rotation{Interval: metav1.Duration{Duration: interval}}
		if overlap != 0 {
			k.Spec.Rotation.Overlap = &metav1.Duration{Duration: overlap}
		}
	}
}

// SetApiKeySecret replaces where and how the key is published.
func SetApiKeySecret(target v1alpha1.SecretTarget) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.Secret = &target }
}

// SetApiKeySecretName names the Secret and leaves the rest of the target as it is.
func SetApiKeySecretName(name string) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) {
		if k.Spec.Secret == nil {
			k.Spec.Secret = &v1alpha1.SecretTarget{}
		}
		k.Spec.Secret.Name = name
	}
}

// SetApiKeyDeletionPolicy sets the deletion policy.
func SetApiKeyDeletionPolicy(policy v1alpha1.DeletionPolicy) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Spec.DeletionPolicy = policy }
}

// SetApiKeyStatus replaces the status.
func SetApiKeyStatus(status v1alpha1.ApiKeyStatus) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { k.Status = status }
}

// SetApiKeyCondition sets one condition, at the present generation.
func SetApiKeyCondition(condition metav1.Condition) ApiKeyModifier {
	return func(k *v1alpha1.ApiKey) { setCondition(&k.Status.Conditions, k.Generation, condition) }
}
