package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Orphan is an entry of the orphan ledger: something that may live at a vendor
// with no Workspace or ApiKey left to end it. The operator writes entries into
// its own namespace, and removes one when the vendor shows that the object is
// gone. A person removes one by deleting it.
//
// It has no status: there is nothing to wait for, and the time of the latest
// look would be a write for every look.
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,path=orphans
// +kubebuilder:printcolumn:name="PROVIDER",type=string,JSONPath=`.spec.provider`
// +kubebuilder:printcolumn:name="CLASS",type=string,JSONPath=`.spec.className`
// +kubebuilder:printcolumn:name="KIND",type=string,JSONPath=`.spec.object.kind`
// +kubebuilder:printcolumn:name="NAMESPACE",type=string,JSONPath=`.spec.object.namespace`
// +kubebuilder:printcolumn:name="OBJECT",type=string,JSONPath=`.spec.object.name`
// +kubebuilder:printcolumn:name="VENDOR NAME",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="ID",type=string,JSONPath=`.spec.id`
// +kubebuilder:printcolumn:name="REASON",type=string,JSONPath=`.spec.reason`
// +kubebuilder:printcolumn:name="SINCE",type=date,JSONPath=`.spec.since`
// +kubebuilder:printcolumn:name="WORKSPACE",type=string,JSONPath=`.spec.workspaceUUID`,priority=1
// +kubebuilder:printcolumn:name="MESSAGE",type=string,JSONPath=`.spec.message`,priority=1
type Orphan struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// spec is what was given up.
	// +required
	Spec OrphanSpec `json:"spec"`
}

// OrphanList is a list of Orphans.
// +kubebuilder:object:root=true
type OrphanList struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Orphan `json:"items"`
}

// OrphanSpec is what was given up. Nothing in it changes: whoever reads an entry
// twice reads the same.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: delete the entry"
type OrphanSpec struct {
	// provider is the vendor's name. Omitted: nobody knows any more.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]+$')`,message="provider must consist of lowercase letters and digits"
	Provider string `json:"provider,omitempty"`
	// className is the WorkspaceClass whose account it is in. Omitted: nobody
	// knows any more.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="className must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part"
	ClassName string `json:"className,omitempty"`
	// object is the Kubernetes object that it was made for, and that may be gone.
	// +required
	Object OrphanedObject `json:"object"`
	// credentialOf is the UID of the Workspace whose own credential manages it.
	// Omitted: the class's credential does.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9-]+$')`,message="credentialOf must consist of lowercase letters, digits and '-'"
	CredentialOf types.UID `json:"credentialOf,omitempty"`
	// workspaceUUID is the vendor's id of the workspace that a key is in, or of
	// the workspace itself. Omitted: not known.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'\p{Cc}')`,message="workspaceUUID must have no control characters"
	WorkspaceUUID string `json:"workspaceUUID,omitempty"`
	// id is the vendor's id. Omitted: not known.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'\p{Cc}')`,message="id must have no control characters"
	ID string `json:"id,omitempty"`
	// name is what it is called at the vendor. Omitted: not known.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'\p{Cc}')`,message="name must have no control characters"
	Name string `json:"name,omitempty"`
	// since is when it was last known to exist, or asked for; in UTC, so that
	// written back it is the same.
	// +required
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^2[0-9]{3}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$') && timestamp(self) >= timestamp('2000-01-01T00:00:00Z') && timestamp(self) < timestamp('2200-01-01T00:00:00Z')`,message="since must be an RFC 3339 time in UTC and whole seconds between 2000 and 2199, as 2027-01-01T00:00:00Z"
	Since metav1.Time `json:"since"`
	// reason is Abandoned if it was not ended when its object went, or later than
	// the class would wait for, or OutcomeUnknown if nobody knows whether it exists.
	// +required
	// +kubebuilder:validation:Enum=Abandoned;OutcomeUnknown
	Reason string `json:"reason"`
	// message says what happened and what to do.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule=`!self.matches(r'\p{Cc}')`,message="message must have no control characters"
	Message string `json:"message,omitempty"`
}

// Values of OrphanSpec.Reason.
const (
	OrphanAbandoned      = "Abandoned"
	OrphanOutcomeUnknown = "OutcomeUnknown"
)

// OrphanedObject is a Workspace or an ApiKey that may be gone.
type OrphanedObject struct {
	// kind is Workspace or ApiKey.
	// +required
	// +kubebuilder:validation:Enum=Workspace;ApiKey
	Kind string `json:"kind"`
	// namespace is the namespace it was in.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')`,message="namespace must be a DNS label: lowercase letters, digits and '-', with a letter or digit at both ends"
	Namespace string `json:"namespace"`
	// name is its name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="name must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part"
	Name string `json:"name"`
	// uid is its UID, from which its mark at the vendor is made.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9-]+$')`,message="uid must consist of lowercase letters, digits and '-'"
	UID types.UID `json:"uid"`
}

// Values of OrphanedObject.Kind.
const (
	KindWorkspace = "Workspace"
	KindApiKey    = "ApiKey"
)
