package catalog

import (
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/groundfloor"
	"github.com/workspace-operator/workspace-operator/internal/provider/guance"
	"github.com/workspace-operator/workspace-operator/internal/provider/oceanbase"
	"github.com/workspace-operator/workspace-operator/internal/provider/portkey"
	"github.com/workspace-operator/workspace-operator/internal/provider/slaunchx"
)

// All gives every driver, in alphabetical order.
func All() []provider.Driver {
	return []provider.Driver{
		groundfloor.New(),
		guance.New(),
		oceanbase.New(),
		portkey.New(),
		slaunchx.New(),
	}
}
