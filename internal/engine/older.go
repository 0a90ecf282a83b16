package engine

import "sigs.k8s.io/controller-runtime/pkg/client"

// Older reports whether the other object was created before this one; of two in
// the same second one is taken for it, always the same.
func Older(other, one client.Object) bool {
	its, ones := other.GetCreationTimestamp(), one.GetCreationTimestamp()
	if !its.Equal(&ones) {
		return its.Before(&ones)
	}
	return other.GetUID() < one.GetUID()
}
