package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DeletionPolicy says what becomes of the vendor's object when the Kubernetes
// object is deleted.
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

const (
	// DeletionDelete removes the vendor's object.
	DeletionDelete DeletionPolicy = "Delete"
	// DeletionRetain leaves it as it is.
	DeletionRetain DeletionPolicy = "Retain"
)

// Toggle is a named on or off.
// +kubebuilder:validation:Enum=Enabled;Disabled
type Toggle string

const (
	// Enabled is on.
	Enabled Toggle = "Enabled"
	// Disabled is off.
	Disabled Toggle = "Disabled"
)

// MetadataValue is a value of spec.metadata.
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule=`!self.matches(r'\p{Cc}')`,message="metadata values must have no control characters"
type MetadataValue string

// UsageLimit bounds what may be spent.
// +kubebuilder:validation:XValidation:rule="!has(self.alertThreshold) || self.alertThreshold <= self.creditLimit",message="alertThreshold must not be above creditLimit"
type UsageLimit struct {
	// type is what is counted. Omitted, the vendor's default applies.
	// +optional
	// +kubebuilder:validation:Enum=Cost;Tokens
	Type string `json:"type,omitempty"`
	// creditLimit is the bound, in the vendor's unit for the type.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	CreditLimit int64 `json:"creditLimit"`
	// alertThreshold is the use at which the vendor warns, in the same unit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	AlertThreshold int64 `json:"alertThreshold,omitempty"`
	// periodicReset starts the count anew. Omitted, it is never reset.
	// +optional
	// +kubebuilder:validation:Enum=Monthly;Weekly
	PeriodicReset string `json:"periodicReset,omitempty"`
}

// RateLimit bounds how fast it may be spent.
type RateLimit struct {
	// type is what is counted.
	// +required
	// +kubebuilder:validation:Enum=Requests;Tokens
	Type string `json:"type"`
	// unit is the time the value is for.
	// +required
	// +kubebuilder:validation:Enum=PerMinute;PerHour;PerDay
	Unit string `json:"unit"`
	// value is the number of type per unit.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000000
	Value int64 `json:"value"`
}

// Values of Attempt.Outcome.
const (
	AttemptLost     = "Lost"
	AttemptRefused  = "Refused"
	AttemptAccepted = "Accepted"
)

// Open reports whether nobody knows what the call made.
func (a *Attempt) Open() bool {
	return a != nil && a.Outcome != AttemptRefused && a.Outcome != AttemptAccepted
}

// Ordered reports whether the vendor has accepted the call and works on it.
func (a *Attempt) Ordered() bool { return a != nil && a.Outcome == AttemptAccepted }

// Refused reports whether the call is known to have made nothing.
func (a *Attempt) Refused() bool { return a != nil && a.Outcome == AttemptRefused }

// Attempt is a create call that has not led to a recorded object.
type Attempt struct {
	// startedAt is when the call was about to be made.
	// +required
	StartedAt metav1.Time `json:"startedAt"`
	// endedAt is when the call ended. Omitted: it may still be under way.
	// +optional
	EndedAt *metav1.Time `json:"endedAt,omitempty"`
	// outcome is Lost if the call ended without an answer, Refused if it is known
	// to have made nothing, Accepted if the vendor is still working on it.
	// Omitted while it may be under way.
	// +optional
	// +kubebuilder:validation:Enum=Lost;Refused;Accepted
	Outcome string `json:"outcome,omitempty"`
	// name is what the object is called at the vendor.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Name string `json:"name,omitempty"`
}

// FieldFingerprint tells two values of a field apart.
// +kubebuilder:validation:MaxLength=64
type FieldFingerprint string
