package provider

import "time"

// Key is what a vendor says of one API key; never its value.
type Key struct {
	// ID is empty only in the answer of an Issue whose vendor is IDListed.
	ID   string
	Name string
	// Mark is read back from where the driver put it; zero is "none".
	Mark   Mark
	State  string
	Scopes []string
	// Mode is Live or Test; empty where the vendor does not say.
	Mode        string
	IPAllowlist []string
	UsageLimits []UsageLimit
	RateLimits  []RateLimit
	// Disabled is nil where the vendor does not say.
	Disabled  *bool
	CreatedAt time.Time
	// ExpiresAt is zero for a key that does not expire.
	ExpiresAt time.Time
}

// KeySpec is what a key should be. Nil and the empty string mean "left open".
type KeySpec struct {
	// DisplayName is the readable part of the vendor's name for the key; the
	// driver adds the mark and shortens this part to what the vendor takes.
	DisplayName string
	Scopes      []string
	// Mode is Live or Test.
	Mode string
	// Action is the permission word of vendors that have one.
	Action      string
	IPAllowlist []string
	UsageLimits []UsageLimit
	RateLimits  []RateLimit
	// Disabled is nil where the spec does not say.
	Disabled  *bool
	ExpiresAt time.Time
}
