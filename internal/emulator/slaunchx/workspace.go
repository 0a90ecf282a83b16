package slaunchx

import (
	"slices"
	"time"
)

// What the user of the credentials can be in a workspace. The documentation
// names the owner, and says that reading needs membership.
const (
	roleOwner  = "OWNER"
	roleMember = "MEMBER"
	roleNone   = "NONE"
)

func (v *Vendor) newWorkspace(now time.Time) *Workspace {
	return &Workspace{
		ID: v.newID("ws_"), InstitutionID: v.newID("inst_"), EntityID: v.newID("ent_"),
		Name: "console", Timezone: "UTC",
		// The values are the documentation's.
		Status: Label{Value: 10010701, Name: "Active", Code: statusActive},
		Kind:   Label{Value: 10010801, Code: modeLive},
		Role:   roleOwner, CreatedAt: now, UpdatedAt: now,
	}
}

// workspace returns the live workspace of that id, or nil.
func (v *Vendor) workspace(id string) *Workspace {
	i := slices.IndexFunc(v.state.Workspaces, func(w *Workspace) bool { return w.ID == id && w.DeletedAt == nil })
	if i < 0 {
		return nil
	}
	return v.state.Workspaces[i]
}

// getWorkspace is GET /web/v1/workspaces/{workspaceId}, open to members.
func (v *Vendor) getWorkspace(c *call) (any, error) {
	if err := c.NoBody(); err != nil {
		return nil, err
	}
	if v.settings.EmptyWorkspaces {
		return struct{}{}, nil
	}
	w := c.workspace
	return workspaceBody{
		ID: w.ID, InstitutionID: w.InstitutionID, EntityID: w.EntityID,
		Name: w.Name, Timezone: w.Timezone, Status: w.Status, Kind: w.Kind, ExtraData: w.ExtraData,
		CreatedAt: stamp(w.CreatedAt), UpdatedAt: stamp(w.UpdatedAt),
	}, nil
}

// workspaceBody is a workspace as the page about updating one shows it; the
// page about getting one shows nothing.
type workspaceBody struct {
	ID            string         `json:"bizId"`
	InstitutionID string         `json:"institutionBizId"`
	EntityID      string         `json:"entityBizId"`
	Name          string         `json:"workspaceName"`
	Timezone      string         `json:"workspaceTimezone"`
	Status        Label          `json:"workspaceStatus"`
	Kind          Label          `json:"workspaceKind"`
	ExtraData     map[string]any `json:"extraData"`
	CreatedAt     string         `json:"createdAt"`
	UpdatedAt     string         `json:"updatedAt"`
}
