package catalog

import (
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/guance"
	"github.com/workspace-operator/workspace-operator/internal/provider/portkey"
)

// All gives every driver, in alphabetical order.
func All() []provider.Driver {
	return []provider.Driver{
		guance.New(),
		portkey.New(),
	}
}
