package slaunchx

// createdKey is the data of a create answer, the only one with the secret.
type createdKey struct {
	ID          string   `json:"apiKeyId"`
	Secret      string   `json:"secret"`
	Name        string   `json:"name"`
	Status      string   `json:"status"`
	Mode        string   `json:"mode"`
	Scopes      []string `json:"scopes"`
	IPWhitelist []string `json:"ipWhitelist"`
	CreatedAt   string   `json:"createdAt"`
}

// readKey is the data of a get answer. It has the scopes under the one name or
// the other.
type readKey struct {
	ID          string   `json:"apiKeyId"`
	Name        string   `json:"name"`
	Status      string   `json:"status"`
	Mode        string   `json:"mode"`
	Permissions []string `json:"permissions,omitzero"`
	Scopes      []string `json:"scopes,omitzero"`
	IPWhitelist []string `json:"ipWhitelist"`
	CreatedAt   string   `json:"createdAt"`
	// LastUsedAt is null for a key that was never used.
	LastUsedAt *string `json:"lastUsedAt"`
	CreatedBy  string  `json:"createdBy"`
}

// list is never null in an answer.
func list(values []string) []string { return append([]string{}, values...) }
