package slaunchx

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// expired reports whether the token is a JWT that says so itself (RFC 7519,
// section 4.1.4). Of any other token nothing is known, and the signature is
// the vendor's business: this decides what a person is told, and no more.
func expired(jwt string, now time.Time) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	// A map, because the names of claims differ by small and capital letters.
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return false
	}
	seconds, known := claims["exp"].(float64)
	return known && float64(now.Unix()) >= seconds
}
