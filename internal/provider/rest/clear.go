package rest

import (
	"slices"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Clearable refuses an update that would clear what the vendor cannot.
func Clearable(op string, fields, can []string) error {
	for _, field := range fields {
		if !slices.Contains(can, field) {
			return &provider.Error{Class: provider.Invalid, Op: op, Message: "the vendor cannot clear spec." + field}
		}
	}
	return nil
}
