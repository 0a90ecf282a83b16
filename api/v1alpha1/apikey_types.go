package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ApiKey is a key to a Workspace; the result is a Secret.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,path=apikeys,shortName=ak,categories=workspace-operator
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="REASON",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="WORKSPACE",type=string,JSONPath=`.spec.workspaceRef.name`
// +kubebuilder:printcolumn:name="SECRET",type=string,JSONPath=`.status.binding.name`
// +kubebuilder:printcolumn:name="EXPIRES",type=string,JSONPath=`.status.expiresAt`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="KEY ID",type=string,JSONPath=`.status.keyID`,priority=1
type ApiKey struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// spec is what the tenant wants.
	// +required
	Spec ApiKeySpec `json:"spec"`
	// status is what there is.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status ApiKeyStatus `json:"status,omitempty"`
}

// ApiKeyList is a list of ApiKeys.
// +kubebuilder:object:root=true
type ApiKeyList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ApiKey `json:"items"`
}

// ApiKeySpec is what a tenant wants.
// +kubebuilder:validation:XValidation:rule="has(self.mode) == has(oldSelf.mode) && (!has(self.mode) || self.mode == oldSelf.mode)",fieldPath=".mode",message="mode is immutable: create another ApiKey"
// +kubebuilder:validation:XValidation:rule="!(has(self.expiresAt) && has(self.lifetime))",fieldPath=".expiresAt",message="expiresAt and lifetime exclude each other: set one"
// +kubebuilder:validation:XValidation:rule=`!has(self.lifetime) || !has(self.rotation) || [self.lifetime, self.rotation.interval, has(self.rotation.overlap) ? self.rotation.overlap : '0s'].exists(d, !d.matches('^([0-9]{1,5}[hms]){1,3}$')) || duration(self.lifetime) >= duration(self.rotation.interval) + (has(self.rotation.overlap) ? duration(self.rotation.overlap) : duration('0s'))`,fieldPath=".lifetime",message="lifetime must not be shorter than rotation.interval plus rotation.overlap: keys would expire before they are replaced"
// +kubebuilder:validation:XValidation:rule="!(has(self.expiresAt) && has(self.rotation))",fieldPath=".expiresAt",message="expiresAt and rotation exclude each other: use lifetime"
type ApiKeySpec struct {
	// workspaceRef names the Workspace, in the same namespace.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="workspaceRef is immutable: create another ApiKey"
	WorkspaceRef WorkspaceReference `json:"workspaceRef"`
	// displayName is the readable part of the key's name at the vendor.
	// Omitted: metadata.name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'[\pL\pN\pP\pS]') && !self.matches(r'[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="displayName must have a visible character, and no control characters, line breaks or direction overrides"
	DisplayName string `json:"displayName,omitempty"`
	// scopes are what the key may do, in the vendor's words.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^[A-Za-z0-9._:*/-]+$')`,message="scopes must consist of letters, digits, '.', '_', ':', '*', '/' and '-'"
	Scopes []string `json:"scopes,omitempty"`
	// mode is Live, or Test for the vendor's sandbox. Omitted: Live.
	// +optional
	// +kubebuilder:validation:Enum=Live;Test
	Mode string `json:"mode,omitempty"`
	// action is oceanbase's word for what the key may do, as "read".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._:,-]+$')`,message="action must consist of letters, digits, '.', '_', ':', ',' and '-'"
	Action string `json:"action,omitempty"`
	// ipAllowlist are the addresses and CIDRs the key may be used from.
	// Omitted: any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:XValidation:rule="isIP(self) || isCIDR(self)",message="ipAllowlist must consist of IP addresses and CIDRs, as 192.168.1.0/24"
	IPAllowlist []string `json:"ipAllowlist,omitempty"`
	// usageLimits bound what may be spent with the key.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1
	UsageLimits []UsageLimit `json:"usageLimits,omitempty"`
	// rateLimits bound how fast it may be spent.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, b.type == a.type && b.unit == a.unit))",message="rateLimits must not have two items with the same type and unit"
	RateLimits []RateLimit `json:"rateLimits,omitempty"`
	// access is Enabled, or Disabled to block the key for a while. Omitted:
	// left as it is.
	// +optional
	Access Toggle `json:"access,omitempty"`
	// expiresAt is when the key ends.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^2[0-9]{3}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && timestamp(self) >= timestamp('2000-01-01T00:00:00Z') && timestamp(self) < timestamp('2200-01-01T00:00:00Z')`,message="expiresAt must be an RFC 3339 time in whole seconds between 2000 and 2199, as 2027-01-01T00:00:00Z"
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
	// lifetime is how long after its issue each key ends.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([0-9]{1,5}[hms]){1,3}$') && duration(self) >= duration('1m') && duration(self) <= duration('87600h')`,message="lifetime must be a duration between 1m and 87600h, written in h, m and s, as 720h"
	Lifetime *metav1.Duration `json:"lifetime,omitempty"`
	// rotation replaces the key at intervals.
	// +optional
	Rotation *Rotation `json:"rotation,omitempty"`
	// secret says where and how the key is published. Omitted: a Secret of
	// the ApiKey's own name.
	// +optional
	Secret *SecretTarget `json:"secret,omitempty"`
	// deletionPolicy is Delete, which revokes the key, or Retain, which leaves
	// it alive. Omitted: Delete.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// WorkspaceReference names a Workspace in the same namespace.
type WorkspaceReference struct {
	// name is the Workspace's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="name must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part"
	Name string `json:"name"`
}

// Rotation replaces a key at intervals.
// +kubebuilder:validation:XValidation:rule=`!has(self.overlap) || [self.interval, self.overlap].exists(d, !d.matches('^([0-9]{1,5}[hms]){1,3}$')) || duration(self.overlap) < duration(self.interval)`,fieldPath=".overlap",message="overlap must be shorter than interval"
type Rotation struct {
	// interval is the time between two keys.
	// +required
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([0-9]{1,5}[hms]){1,3}$') && duration(self) >= duration('1m') && duration(self) <= duration('87600h')`,message="interval must be a duration between 1m and 87600h, written in h, m and s, as 720h"
	Interval metav1.Duration `json:"interval"`
	// overlap is how long the old key lives on. Omitted: it is revoked as soon
	// as the new one is published.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([0-9]{1,5}[hms]){1,3}$') && duration(self) <= duration('87600h')`,message="overlap must be a duration of at most 87600h, written in h, m and s, as 24h"
	Overlap *metav1.Duration `json:"overlap,omitempty"`
}

// ApiKeyStatus is what there is.
type ApiKeyStatus struct {
	// observedGeneration is the generation the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// conditions are Ready, AccountReady, Synced, Published, Reconciling, Stalled
	// and Paused.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// keyID is the vendor's id of the live key.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	KeyID string `json:"keyID,omitempty"`
	// displayName is the key's whole name at the vendor.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	DisplayName string `json:"displayName,omitempty"`
	// state is the vendor's word for the key's state.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	State string `json:"state,omitempty"`
	// createdAt is when the live key was issued.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
	// expiresAt is when the live key ends.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
	// rotatesAt is when the next key is due.
	// +optional
	RotatesAt *metav1.Time `json:"rotatesAt,omitempty"`
	// retiring are replaced keys that still live.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Retiring []RetiringKey `json:"retiring,omitempty"`
	// unresolved are keys that may exist at the vendor with nobody holding them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Unresolved []UnresolvedKey `json:"unresolved,omitempty"`
	// applied are the fields of spec as the live key was made of them, each by a
	// fingerprint: one that is changed, or taken out of the spec, is told apart
	// from one that was changed at the vendor.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Applied map[string]FieldFingerprint `json:"applied,omitempty"`
	// kept are those of the applied fields in which the vendor shows another value
	// than it was told, by a fingerprint of that value. While it does, it is not
	// told again. An end goes by the name of expiresAt, however the spec says it.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Kept map[string]FieldFingerprint `json:"kept,omitempty"`
	// binding names the Secret, as a Service Binding "Provisioned Service".
	// +optional
	Binding *Binding `json:"binding,omitempty"`
	// moving names another Secret that may hold the key as well: the one it moves
	// to, or the one it moved from and that is yet to go.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Moving string `json:"moving,omitempty"`
	// fingerprint tells two values apart without showing either.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Fingerprint string `json:"fingerprint,omitempty"`
	// attempt is set while a create call may be under way.
	// +optional
	Attempt *Attempt `json:"attempt,omitempty"`
	// lastHandledReconcileAt echoes the reconcile-at annotation.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
	// lastHandledRotateAt echoes the rotate-at annotation.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastHandledRotateAt string `json:"lastHandledRotateAt,omitempty"`
}

// RetiringKey is a replaced key that still lives.
type RetiringKey struct {
	// keyID is the vendor's id.
	// +required
	// +kubebuilder:validation:MaxLength=512
	KeyID string `json:"keyID"`
	// revokeAt is when it ends.
	// +required
	RevokeAt metav1.Time `json:"revokeAt"`
}

// UnresolvedKey is a key that may exist at the vendor with nobody holding it.
type UnresolvedKey struct {
	// name is what it is called at the vendor.
	// +required
	// +kubebuilder:validation:MaxLength=512
	Name string `json:"name"`
	// since is when its creation was asked for.
	// +required
	Since metav1.Time `json:"since"`
}

// Binding names a Secret.
type Binding struct {
	// name is the Secret's name.
	// +required
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}
