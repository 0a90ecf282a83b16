package v1alpha1

// SecretTarget says where and how a key is published.
// +kubebuilder:validation:XValidation:rule="!has(self.template) || self.template.all(key, !(key in ['keyID', 'workspaceUUID', 'endpoint', 'provider', self.?valueKey.orValue('apiKey')]))",message="template keys must not be ones the operator writes: apiKey (or valueKey), keyID, workspaceUUID, endpoint, provider"
type SecretTarget struct {
	// name is the Secret's name. Omitted: metadata.name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="name must be a DNS subdomain: lowercase letters, digits, '-' and '.', with a letter or digit at both ends of each part"
	Name string `json:"name,omitempty"`
	// valueKey is the Secret's key that holds the API key. Omitted: apiKey.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')`,message="valueKey must consist of letters, digits, '-', '_' and '.', and be neither '.' nor begin with '..'"
	// +kubebuilder:validation:XValidation:rule="!(self in ['keyID', 'workspaceUUID', 'endpoint', 'provider'])",message="valueKey must not be keyID, workspaceUUID, endpoint or provider: the operator writes those"
	ValueKey string `json:"valueKey,omitempty"`
	// template adds keys rendered by Go's text/template from .APIKey, .KeyID,
	// .WorkspaceUUID, .Endpoint and .Provider.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(key, key.size() <= 253 && key.matches('^[-._a-zA-Z0-9]+$') && key != '.' && !key.startsWith('..'))",message="template keys must have 1 to 253 letters, digits, '-', '_' and '.', and be neither '.' nor begin with '..'"
	Template map[string]TemplateText `json:"template,omitempty"`
	// labels are added to the Secret.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('workspace-operator.io/') && key != 'app.kubernetes.io/managed-by')",message="labels under workspace-operator.io/ and app.kubernetes.io/managed-by are reserved for the operator"
	// +kubebuilder:validation:XValidation:rule="self.all(key, key.find('^[^/]*/').size() <= 254 && key.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'))",message="label keys must be a name of at most 63 characters with an optional DNS prefix and a slash"
	Labels map[string]LabelValue `json:"labels,omitempty"`
	// annotations are added to the Secret.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(key, !key.startsWith('workspace-operator.io/'))",message="annotations under workspace-operator.io/ are reserved for the operator"
	// +kubebuilder:validation:XValidation:rule="self.all(key, key.find('^[^/]*/').size() <= 254 && key.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'))",message="annotation keys must be a name of at most 63 characters with an optional DNS prefix and a slash"
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`
}

// TemplateText is a Go text/template.
// +kubebuilder:validation:MaxLength=16384
type TemplateText string

// LabelValue is a label's value.
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule=`self.matches('^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$')`,message="label values must consist of letters, digits, '-', '_' and '.', with a letter or digit at both ends"
type LabelValue string

// AnnotationValue is an annotation's value.
// +kubebuilder:validation:MaxLength=4096
type AnnotationValue string
