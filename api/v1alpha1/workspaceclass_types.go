package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WorkspaceClass is what a platform admin offers: a vendor account, the
// guardrails on its use, and who may use it.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=wsc,categories=workspace-operator
// +kubebuilder:printcolumn:name="PROVIDER",type=string,JSONPath=`.status.provider`
// +kubebuilder:printcolumn:name="READY",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="AGE",type=date,JSONPath=`.metadata.creationTimestamp`
type WorkspaceClass struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// spec is what the admin offers.
	// +required
	Spec WorkspaceClassSpec `json:"spec"`
	// status is what the operator found.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WorkspaceClassStatus `json:"status,omitempty"`
}

// WorkspaceClassList is a list of WorkspaceClasses.
// +kubebuilder:object:root=true
type WorkspaceClassList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WorkspaceClass `json:"items"`
}

// WorkspaceClassSpec is what a platform admin offers.
// +kubebuilder:validation:XValidation:rule="has(self.credentialsRef.__namespace__) == has(oldSelf.credentialsRef.__namespace__)",fieldPath=".credentialsRef.namespace",message="credentialsRef.namespace can be changed but not added or removed: create another class"
// +kubebuilder:validation:XValidation:rule="has(self.credentialsRef.__namespace__) || self.credentialsRef.name == oldSelf.credentialsRef.name",fieldPath=".credentialsRef.name",message="credentialsRef.name is immutable while namespace is omitted: create another class"
type WorkspaceClassSpec struct {
	// provider names the vendor and where it is reached.
	// +required
	Provider Provider `json:"provider"`
	// credentialsRef names the Secret with the vendor's credential.
	// +required
	CredentialsRef CredentialsReference `json:"credentialsRef"`
	// caBundle is PEM: the authorities the endpoint's certificate is checked
	// against, in place of the system's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=262144
	CABundle []byte `json:"caBundle,omitempty"`
	// allowedNamespaces says who may use the class. Omitted, nobody may: a
	// class is closed until opened.
	// +optional
	AllowedNamespaces *AllowedNamespaces `json:"allowedNamespaces,omitempty"`
	// importableIDs are the vendor's ids a Workspace may import by externalID;
	// "*" alone allows any. Omitted, importing is refused.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^[!-~]+$')`,message="importableIDs must consist of printable ASCII characters without spaces"
	// +kubebuilder:validation:XValidation:rule="!self.exists(id, id == '*') || self.size() == 1",message="\"*\" must be the only item: it already allows every id"
	ImportableIDs []string `json:"importableIDs,omitempty"`
	// deletionPolicy is what a Workspace gets that names none. Omitted: Delete
	// where the vendor can, else Retain.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
	// abandonAfter is how long a deletion may wait for a vendor that cannot be
	// asked before it is given up; a pause or an edit starts the count anew.
	// Omitted, it waits for ever.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([0-9]{1,5}[hms]){1,3}$') && duration(self) >= duration('1m') && duration(self) <= duration('8760h')`,message="abandonAfter must be a duration between 1m and 8760h, written in h, m and s, as 24h"
	AbandonAfter *metav1.Duration `json:"abandonAfter,omitempty"`
	// resyncInterval is how often the vendor is read when nothing changes.
	// Omitted: 10m. Below a minute is for tests.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([0-9]{1,5}[hms]){1,3}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')`,message="resyncInterval must be a duration between 1s and 24h, written in h, m and s, as 10m"
	ResyncInterval *metav1.Duration `json:"resyncInterval,omitempty"`
	// rateLimit bounds the requests sent to the vendor with one credential.
	// Omitted, what the vendor documents applies.
	// +optional
	RateLimit *RequestRate `json:"rateLimit,omitempty"`
	// keyPolicy is what every ApiKey of the class must keep to.
	// +optional
	KeyPolicy *KeyPolicy `json:"keyPolicy,omitempty"`
	// defaults are used where a Workspace is silent; they are never written
	// into it.
	// +optional
	Defaults *WorkspaceDefaults `json:"defaults,omitempty"`
}

// CredentialsReference names a Secret.
type CredentialsReference struct {
	// name is the Secret's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="name must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part"
	Name string `json:"name"`
	// namespace is the Secret's namespace. Omitted: the Workspace's own, so
	// that each tenant brings its own account.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')`,message="namespace must be a DNS label: lowercase letters, digits and '-', with a letter or digit at both ends"
	Namespace string `json:"namespace,omitempty"`
}

// AllowedNamespaces says which namespaces may use a class.
// +kubebuilder:validation:XValidation:rule="(self.from == 'Selector') == has(self.selector)",message="selector must be set if, and only if, from is Selector"
type AllowedNamespaces struct {
	// from is All, None, or Selector.
	// +required
	// +kubebuilder:validation:Enum=All;None;Selector
	From string `json:"from"`
	// selector picks namespaces by their labels.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || self.matchExpressions.all(e, e.operator in ['In', 'NotIn'] ? has(e.values) && e.values.size() > 0 : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || e.values.size() == 0))",message="operator must be In or NotIn with values, or Exists or DoesNotExist without"
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// Values of AllowedNamespaces.From.
const (
	NamespacesFromAll      = "All"
	NamespacesFromNone     = "None"
	NamespacesFromSelector = "Selector"
)

// RequestRate bounds requests in any window of 60 seconds.
// +kubebuilder:validation:XValidation:rule="!has(self.burst) || self.burst <= self.requestsPerMinute",message="burst must not be above requestsPerMinute"
type RequestRate struct {
	// requestsPerMinute is the most requests in any 60 seconds.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60000
	RequestsPerMinute int32 `json:"requestsPerMinute"`
	// burst is how many of them may go at once. Omitted: a quarter.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60000
	Burst int32 `json:"burst,omitempty"`
}

// KeyPolicy is what every ApiKey of a class must keep to.
type KeyPolicy struct {
	// maxLifetime is the longest a key may live.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([0-9]{1,5}[hms]){1,3}$') && duration(self) >= duration('1m') && duration(self) <= duration('87600h')`,message="maxLifetime must be a duration between 1m and 87600h, written in h, m and s, as 2160h"
	MaxLifetime *metav1.Duration `json:"maxLifetime,omitempty"`
	// requireIPAllowlist refuses keys that may be used from anywhere.
	// +optional
	RequireIPAllowlist Toggle `json:"requireIPAllowlist,omitempty"`
	// allowedScopes are the scopes keys may have; a trailing * stands for any
	// ending. Omitted, every scope is allowed.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^[A-Za-z0-9._:/-]*[*]?$')`,message="allowedScopes must consist of letters, digits, '.', '_', ':', '/' and '-'; '*' may stand at the end"
	AllowedScopes []string `json:"allowedScopes,omitempty"`
}

// WorkspaceDefaults are used where a Workspace is silent.
type WorkspaceDefaults struct {
	// region is the vendor's region.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message="region must consist of letters, digits, '-', '_' and '.'"
	Region string `json:"region,omitempty"`
	// language is the workspace's language.
	// +optional
	// +kubebuilder:validation:Enum=en;zh
	Language string `json:"language,omitempty"`
	// metadata is merged under the Workspace's own, which wins.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule=`self.all(key, key.size() >= 1 && key.size() <= 64 && !key.matches(r'\p{Cc}'))`,message="metadata keys must have 1 to 64 characters, none of them a control character"
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('workspace_operator'))",message="metadata keys starting with workspace_operator are reserved for the operator"
	Metadata map[string]MetadataValue `json:"metadata,omitempty"`
	// usageLimits bound what may be spent.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	UsageLimits []UsageLimit `json:"usageLimits,omitempty"`
	// rateLimits bound how fast it may be spent.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, b.type == a.type && b.unit == a.unit))",message="rateLimits must not have two items with the same type and unit"
	RateLimits []RateLimit `json:"rateLimits,omitempty"`
}

// WorkspaceClassStatus is what the operator found.
type WorkspaceClassStatus struct {
	// observedGeneration is the generation the conditions speak of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// conditions are Ready, and Paused.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// provider is the vendor's name.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Provider string `json:"provider,omitempty"`
	// endpointHost is the host, with its port if the endpoint names one, that the
	// class is used with. It is set before a credential is sent anywhere. Another
	// host in spec.provider is refused until the credential Secret names it in its
	// annotation workspace-operator.io/allowed-host, and then recorded here; where
	// each namespace brings its own Secret, the first host stays on record.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	EndpointHost string `json:"endpointHost,omitempty"`
	// credentials are the Secret that spec.credentialsRef names, last, and before
	// it those that it named and that the operator has yet to let go. They are
	// empty where each namespace brings its own Secret.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Credentials []CredentialsReference `json:"credentials,omitempty"`
	// capabilities are what the vendor's API can do, as "workspace.create".
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=64
	Capabilities []string `json:"capabilities,omitempty"`
	// lastHandledReconcileAt echoes the reconcile-at annotation.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}
