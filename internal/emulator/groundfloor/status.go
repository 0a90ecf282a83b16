package groundfloor

import (
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// patchStatus is PATCH /v1/workspaces/{workspace_id}/status. Its body is not
// shown: {"status":"frozen"} or {"status":"active"}.
func (v *Vendor) patchStatus(c *call) (wire.Reply, error) {
	if err := invalid(c.OnlyQuery(), "query"); err != nil {
		return wire.Reply{}, err
	}
	o, err := c.Object()
	if err != nil {
		return wire.Reply{}, invalid(err, "body")
	}
	status := o.String("status", wire.Required)
	if status.Given() && status.Value != statusActive && status.Value != statusFrozen {
		o.Failf("status", "must be %s or %s", statusActive, statusFrozen)
	}
	if err := o.Close(); err != nil {
		return wire.Reply{}, invalidField(err)
	}
	return v.setStatus(c, status.Value)
}

// freezeWorkspace is POST /v1/workspaces/{workspace_id}/freeze of the page
// "Offboarding". Its body is not shown: none.
func (v *Vendor) freezeWorkspace(c *call) (wire.Reply, error) {
	if err := firstError(invalid(c.OnlyQuery(), "query"), invalid(c.NoBody(), "body")); err != nil {
		return wire.Reply{}, err
	}
	return v.setStatus(c, statusFrozen)
}

// setStatus freezes or unfreezes. What is so already stays as it is: a second
// freeze does not start the retention anew.
func (v *Vendor) setStatus(c *call, status string) (wire.Reply, error) {
	w, err := v.administered(c)
	if err != nil {
		return wire.Reply{}, err
	}
	if v.provisioning(w) && v.settings.RefuseFreezeWhileProvisioning {
		return wire.Reply{}, conflict("The workspace is not provisioned yet")
	}
	changed := true
	switch {
	case w.Status == status:
		changed = false
	case status == statusFrozen:
		v.freeze(w, c.Now)
	default:
		changed = v.activate(w)
	}
	reply := wire.Reply{Status: http.StatusNoContent, Header: http.Header{}}
	if v.settings.StatusAnswer == "workspace" {
		reply = wire.JSON(http.StatusOK, v.describe(w))
	}
	reply.Changed = changed
	return reply, nil
}

// activate unfreezes a workspace, which goes back to where its saga is, and
// reports whether that changed it.
func (v *Vendor) activate(w *Workspace) bool {
	next := statusActive
	if v.provisioning(w) {
		next = v.settings.ProvisioningStatus
	}
	if w.Status == next {
		return false
	}
	w.Status, w.FrozenAt = next, nil
	if !v.settings.KeepRetention {
		w.RetentionUntil = nil
	}
	return true
}
