package v1alpha1

// Provider names exactly one vendor.
// +kubebuilder:validation:XValidation:rule="[has(self.guance), has(self.portkey), has(self.slaunchx), has(self.groundfloor), has(self.oceanbase)].exists_one(set, set)",message="exactly one provider must be set: guance, portkey, slaunchx, groundfloor or oceanbase"
// +kubebuilder:validation:XValidation:rule="has(self.guance) == has(oldSelf.guance) && has(self.portkey) == has(oldSelf.portkey) && has(self.slaunchx) == has(oldSelf.slaunchx) && has(self.groundfloor) == has(oldSelf.groundfloor) && has(self.oceanbase) == has(oldSelf.oceanbase)",message="which provider a class uses is immutable: create another class"
type Provider struct {
	// guance is Guance Cloud or TrueWatch.
	// +optional
	Guance *GuanceProvider `json:"guance,omitempty"`
	// portkey is the Portkey admin API.
	// +optional
	Portkey *PortkeyProvider `json:"portkey,omitempty"`
	// slaunchx is the SlaunchX partner portal.
	// +optional
	Slaunchx *SlaunchxProvider `json:"slaunchx,omitempty"`
	// groundfloor is the Groundfloor control plane.
	// +optional
	Groundfloor *GroundfloorProvider `json:"groundfloor,omitempty"`
	// oceanbase is OceanBase Cloud's AI service.
	// +optional
	Oceanbase *OceanbaseProvider `json:"oceanbase,omitempty"`
}

// Endpoint is a vendor's base URL.
// +kubebuilder:validation:MinLength=8
// +kubebuilder:validation:MaxLength=512
// +kubebuilder:validation:XValidation:rule=`isURL(self) && self.matches('^https?://([A-Za-z0-9.-]+|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?(/[A-Za-z0-9._~%/+-]*)?$')`,message="endpoint must be an absolute https URL without user, query or fragment"
type Endpoint string

// GuanceProvider is Guance Cloud or TrueWatch.
type GuanceProvider struct {
	// endpoint is the site's open API, as https://openapi.guance.com.
	// +required
	Endpoint Endpoint `json:"endpoint"`
}

// PortkeyProvider is the Portkey admin API.
type PortkeyProvider struct {
	// endpoint is the API with its version, as https://api.portkey.ai/v1.
	// +required
	Endpoint Endpoint `json:"endpoint"`
}

// SlaunchxProvider is the SlaunchX partner portal.
type SlaunchxProvider struct {
	// endpoint is the portal with its context path /prometheus.
	// +required
	Endpoint Endpoint `json:"endpoint"`
	// acceptLanguage is the language of the vendor's messages. Omitted: en.
	// +optional
	// +kubebuilder:validation:Enum=en;zh;zh-Hant;ja;vi
	AcceptLanguage string `json:"acceptLanguage,omitempty"`
}

// GroundfloorProvider is the Groundfloor control plane.
type GroundfloorProvider struct {
	// endpoint is the control plane.
	// +required
	Endpoint Endpoint `json:"endpoint"`
	// accountID is the account workspaces are created in. It is immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9-]+$')`,message="accountID must consist of letters, digits and '-'"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="accountID is immutable, because workspaces stay in the account they were made in: create another class"
	AccountID string `json:"accountID"`
	// freezeOnDelete lets deletion freeze a workspace; the vendor removes a
	// frozen workspace for good after 30 days. Omitted: Disabled.
	// +optional
	FreezeOnDelete Toggle `json:"freezeOnDelete,omitempty"`
}

// OceanbaseProvider is OceanBase Cloud's AI service.
type OceanbaseProvider struct {
	// endpoint is the region's API.
	// +required
	Endpoint Endpoint `json:"endpoint"`
	// organizationID is the organization every call is made in. It is immutable.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]+$')`,message="organizationID must consist of letters, digits, '-' and '_'"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="organizationID is immutable, because workspaces stay in the organization they are in: create another class"
	OrganizationID string `json:"organizationID"`
	// uid is the account id, where the gateway does not add it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]+$')`,message="uid must consist of letters, digits, '-' and '_'"
	UID string `json:"uid,omitempty"`
	// product is the source product, where the vendor gave you one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9_-]+$')`,message="product must consist of letters, digits, '-' and '_'"
	Product string `json:"product,omitempty"`
	// auth is the HTTP authentication scheme. Omitted: Basic.
	// +optional
	// +kubebuilder:validation:Enum=Basic;Digest
	Auth string `json:"auth,omitempty"`
}
