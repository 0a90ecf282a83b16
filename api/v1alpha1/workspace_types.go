package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workspace is a tenant's claim to a workspace at a vendor.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=ws,categories=workspace-operator
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="REASON",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="CLASS",type=string,JSONPath=`.status.className`
// +kubebuilder:printcolumn:name="UUID",type=string,JSONPath=`.status.uuid`
// +kubebuilder:printcolumn:name="BILLING",type=string,JSONPath=`.status.billingState`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
type Workspace struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// spec is what the tenant wants.
	// +required
	Spec WorkspaceSpec `json:"spec"`
	// status is what the vendor has.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WorkspaceStatus `json:"status,omitempty"`
}

// WorkspaceList is a list of Workspaces.
// +kubebuilder:object:root=true
type WorkspaceList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Workspace `json:"items"`
}

// WorkspaceSpec is what a tenant wants.
// +kubebuilder:validation:XValidation:rule="has(self.className) == has(oldSelf.className) && (!has(self.className) || self.className == oldSelf.className)",fieldPath=".className",message="className is immutable: create another Workspace"
// +kubebuilder:validation:XValidation:rule="has(self.externalID) == has(oldSelf.externalID) && (!has(self.externalID) || self.externalID == oldSelf.externalID)",fieldPath=".externalID",message="externalID is immutable: create another Workspace"
// +kubebuilder:validation:XValidation:rule="has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)",fieldPath=".region",message="region is immutable: create another Workspace"
// +kubebuilder:validation:XValidation:rule="has(self.slug) == has(oldSelf.slug) && (!has(self.slug) || self.slug == oldSelf.slug)",fieldPath=".slug",message="slug is immutable: create another Workspace"
// +kubebuilder:validation:XValidation:rule=`(has(self.guance) && has(self.guance.accessKeyName) ? self.guance.accessKeyName : "") == (has(oldSelf.guance) && has(oldSelf.guance.accessKeyName) ? oldSelf.guance.accessKeyName : "")`,fieldPath=".guance.accessKeyName",message="accessKeyName is immutable: the vendor cannot rename a key"
// +kubebuilder:validation:XValidation:rule="!has(self.managementPolicy) || self.managementPolicy != 'ObserveOnly' || has(self.externalID)",fieldPath=".managementPolicy",message="managementPolicy ObserveOnly needs externalID: there is nothing to observe"
type WorkspaceSpec struct {
	// className is the WorkspaceClass. Omitted: the default class.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="className must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part"
	ClassName string `json:"className,omitempty"`
	// externalID imports the vendor's workspace with this id instead of
	// creating one. The class must list it in importableIDs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[!-~]+$')`,message="externalID must consist of printable ASCII characters without spaces"
	ExternalID string `json:"externalID,omitempty"`
	// managementPolicy is Full, or ObserveOnly to read and never write.
	// Omitted: Full.
	// +optional
	// +kubebuilder:validation:Enum=Full;ObserveOnly
	ManagementPolicy string `json:"managementPolicy,omitempty"`
	// displayName is the workspace's name at the vendor. Omitted:
	// metadata.name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'[\pL\pN\pP\pS]') && !self.matches(r'[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="displayName must have a visible character, and no control characters, line breaks or direction overrides"
	DisplayName string `json:"displayName,omitempty"`
	// description says what the workspace is for.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'[\x00-\x08\x0b-\x1f\x7f-\x{9f}]')`,message="description must have no control characters but tab and newline"
	Description string `json:"description,omitempty"`
	// region is the vendor's region.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message="region must consist of letters, digits, '-', '_' and '.'"
	Region string `json:"region,omitempty"`
	// slug is the workspace's name in URLs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')`,message="slug must consist of lowercase letters, digits and '-', with a letter or digit at both ends"
	Slug string `json:"slug,omitempty"`
	// language is the workspace's language.
	// +optional
	// +kubebuilder:validation:Enum=en;zh
	Language string `json:"language,omitempty"`
	// metadata is kept with the workspace at the vendor.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule=`self.all(key, key.size() >= 1 && key.size() <= 64 && !key.matches(r'\p{Cc}'))`,message="metadata keys must have 1 to 64 characters, none of them a control character"
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('workspace_operator'))",message="metadata keys starting with workspace_operator are reserved for the operator"
	Metadata map[string]MetadataValue `json:"metadata,omitempty"`
	// usageLimits bound what may be spent.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	UsageLimits []UsageLimit `json:"usageLimits,omitempty"`
	// rateLimits bound how fast it may be spent.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, b.type == a.type && b.unit == a.unit))",message="rateLimits must not have two items with the same type and unit"
	RateLimits []RateLimit `json:"rateLimits,omitempty"`
	// access is Active, or Frozen to block its use. Omitted: left as it is.
	// +optional
	// +kubebuilder:validation:Enum=Active;Frozen
	Access string `json:"access,omitempty"`
	// deletionPolicy overrides the class's.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
	// guance are settings only this vendor has.
	// +optional
	Guance *GuanceWorkspace `json:"guance,omitempty"`
}

// GuanceWorkspace are settings only guance has.
type GuanceWorkspace struct {
	// menuStyle is the style of the menu bar.
	// +optional
	// +kubebuilder:validation:Enum=Operations;Testing;Development
	MenuStyle string `json:"menuStyle,omitempty"`
	// accessKeyName names the admin key made with the workspace, which the
	// operator keeps to manage it. Omitted: a name of the operator's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=50
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'[\pL\pN\pP\pS]') && !self.matches(r'[\p{Cc}\p{Zl}\p{Zp}\x{202A}-\x{202E}\x{2066}-\x{2069}]')`,message="accessKeyName must have a visible character, and no control characters, line breaks or direction overrides"
	AccessKeyName string `json:"accessKeyName,omitempty"`
}

// Values of WorkspaceSpec.
const (
	ManagementFull        = "Full"
	ManagementObserveOnly = "ObserveOnly"
	AccessActive          = "Active"
	AccessFrozen          = "Frozen"
)

// WorkspaceStatus is what the vendor has.
type WorkspaceStatus struct {
	// observedGeneration is the generation the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// conditions are Ready, AccountReady, Synced, Reconciling, Stalled and
	// Paused.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// provider is the vendor's name.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Provider string `json:"provider,omitempty"`
	// className is the class in use: where spec names none, the default that was
	// the first to take the Workspace.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ClassName string `json:"className,omitempty"`
	// uuid is the vendor's id of the workspace, whatever its form.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	UUID string `json:"uuid,omitempty"`
	// slug is the workspace's name in the vendor's URLs.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Slug string `json:"slug,omitempty"`
	// billingState is the vendor's word, as "free".
	// +optional
	// +kubebuilder:validation:MaxLength=256
	BillingState string `json:"billingState,omitempty"`
	// versionType is the vendor's word for the plan.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	VersionType string `json:"versionType,omitempty"`
	// state is the vendor's word for the workspace's state.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	State string `json:"state,omitempty"`
	// accountID is the vendor's account the workspace belongs to.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	AccountID string `json:"accountID,omitempty"`
	// region is where the workspace is.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Region string `json:"region,omitempty"`
	// tenancyModel is the vendor's word, as "dedicated".
	// +optional
	// +kubebuilder:validation:MaxLength=256
	TenancyModel string `json:"tenancyModel,omitempty"`
	// provisioningRunID is what the vendor's support asks for.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	ProvisioningRunID string `json:"provisioningRunID,omitempty"`
	// environments are the workspace's parts.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Environments []WorkspaceEnvironment `json:"environments,omitempty"`
	// createdAt is the vendor's time of creation.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
	// updatedAt is the vendor's time of the last change.
	// +optional
	UpdatedAt *metav1.Time `json:"updatedAt,omitempty"`
	// applied are the fields of spec that the vendor's workspace was last made
	// equal to, each by a fingerprint: one that is taken out of the spec again is
	// cleared at the vendor, and what never was in it is not touched.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Applied map[string]FieldFingerprint `json:"applied,omitempty"`
	// kept are those of the applied fields in which the vendor shows another value
	// than it was told, each by a fingerprint of what it shows: it is not told the
	// same again.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Kept map[string]FieldFingerprint `json:"kept,omitempty"`
	// attempt is set while a create call may be under way.
	// +optional
	Attempt *Attempt `json:"attempt,omitempty"`
	// lastHandledReconcileAt echoes the reconcile-at annotation.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// WorkspaceEnvironment is a part of a workspace.
type WorkspaceEnvironment struct {
	// name is the vendor's, as "prod".
	// +required
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name"`
	// id is the vendor's.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`
	// state is the vendor's word.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	State string `json:"state,omitempty"`
}
