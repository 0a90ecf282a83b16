package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Spread moves the next look at an object by up to a tenth, so that objects made
// together do not come back together.
func Spread(uid types.UID, after time.Duration) time.Duration {
	return after + Part(uid, after/10)
}

// Part is a part of the share, always the same for one object, and of many objects
// evenly spread: what happens once can be made to happen again.
func Part(uid types.UID, share time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(uid))
	return time.Duration(float64(share) * float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32))
}
