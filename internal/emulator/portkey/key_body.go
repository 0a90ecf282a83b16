package portkey

// keyBody is an ApiKeyObject as answers hold it.
type keyBody struct {
	ID             string          `json:"id"`
	Key            string          `json:"key"`
	Name           string          `json:"name"`
	Description    *string         `json:"description,omitempty"`
	Type           string          `json:"type"`
	OrganisationID string          `json:"organisation_id"`
	WorkspaceID    string          `json:"workspace_id,omitempty"`
	UserID         string          `json:"user_id,omitempty"`
	Status         string          `json:"status"`
	CreatedAt      string          `json:"created_at"`
	LastUpdatedAt  string          `json:"last_updated_at"`
	CreationMode   string          `json:"creation_mode"`
	RateLimits     []rateLimitBody `json:"rate_limits"`
	// UsageLimits is one object here, where workspaces have an array.
	UsageLimits *usageLimitBody `json:"usage_limits,omitempty"`
	ResetUsage  int             `json:"reset_usage"`
	Scopes      []string        `json:"scopes"`
	Defaults    keyDefaultsBody `json:"defaults"`
	// ConfigOverride is null, 0 or 1 here, where requests have a boolean in
	// defaults.
	ConfigOverride *int     `json:"allow_config_override"`
	AlertEmails    []string `json:"alert_emails"`
	ExpiresAt      *string  `json:"expires_at,omitempty"`
	Object         string   `json:"object"`
}

type keyDefaultsBody struct {
	Metadata map[string]any `json:"metadata"`
	ConfigID *string        `json:"config_id,omitempty"`
}

func (v *Vendor) describeKey(k *Key) keyBody {
	body := keyBody{
		ID: k.ID, Key: mask(k.Secret), Name: k.Name, Description: k.Description, Type: k.Type,
		OrganisationID: v.state.OrganisationID, WorkspaceID: k.WorkspaceID, UserID: k.UserID,
		Status:        "active",
		CreatedAt:     stamp(k.CreatedAt, keyTime),
		LastUpdatedAt: stamp(k.LastUpdatedAt, keyTime),
		CreationMode:  "api",
		RateLimits:    rateLimits(k.RateLimits),
		Scopes:        append([]string{}, k.Scopes...),
		Defaults:      keyDefaultsBody{Metadata: map[string]any{}, ConfigID: k.ConfigID},
		AlertEmails:   append([]string{}, k.AlertEmails...),
		Object:        "api-key",
	}
	if k.Exhausted {
		body.Status = "exhausted"
	}
	if k.Metadata != nil {
		body.Defaults.Metadata = k.Metadata
	}
	if k.UsageLimits != nil {
		limit := v.usageLimit(*k.UsageLimits)
		body.UsageLimits = &limit
	}
	if k.ConfigOverride != nil {
		override := 0
		if *k.ConfigOverride {
			override = 1
		}
		body.ConfigOverride = &override
	}
	if k.ExpiresAt != nil {
		at := stamp(*k.ExpiresAt, keyTime)
		body.ExpiresAt = &at
	}
	return body
}

// mask hides a secret the way the documentation shows it: Xk*******S4.
func mask(secret string) string {
	if len(secret) < 8 {
		return "*******"
	}
	return secret[:2] + "*******" + secret[len(secret)-2:]
}

// seen returns what a read shows: the key, or for a while after an update what
// it was before. A restart may forget reads counted here.
func (k *Key) seen() *Key {
	if k.StaleReads > 0 {
		k.StaleReads--
		return k.Stale
	}
	return k
}
