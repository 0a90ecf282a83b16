package groundfloor

import (
	"bytes"
	"encoding/csv"
	"time"
)

// stamp writes a time as the documented example does.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// workspaceBody is a workspace as the documented list shows it.
type workspaceBody struct {
	ID           string `json:"id"`
	AccountID    string `json:"account_id"`
	Name         string `json:"name"`
	Slug         string `json:"slug"`
	Status       string `json:"status"`
	Region       string `json:"region"`
	TenancyModel string `json:"tenancy_model"`
	CreatedAt    string `json:"created_at"`
}

// retainedBody is a workspace with what a freeze is documented to set.
type retainedBody struct {
	workspaceBody
	FrozenAt       *string `json:"frozen_at"`
	RetentionUntil *string `json:"retention_until"`
}

// created answers a creation.
type created struct {
	WorkspaceID       string `json:"workspace_id,omitempty"`
	ProvisioningRunID string `json:"provisioning_run_id"`
}

// createdObjects is the same with objects in the place of ids.
type createdObjects struct {
	Workspace       *reference `json:"workspace,omitempty"`
	ProvisioningRun reference  `json:"provisioning_run"`
}

type reference struct {
	ID string `json:"id"`
}

// eventBody is an entry of the audit log.
type eventBody struct {
	ID        string `json:"id"`
	Event     string `json:"event"`
	CreatedAt string `json:"created_at"`
}

// created is what is told of a run that has begun.
func (v *Vendor) created(run *ProvisioningRun) any {
	members, objects := created{ProvisioningRunID: run.ID}, createdObjects{ProvisioningRun: reference{run.ID}}
	if v.settings.AnswerWithWorkspaceID {
		members.WorkspaceID, objects.Workspace = run.WorkspaceID, &reference{run.WorkspaceID}
	}
	switch v.settings.CreateShape {
	case "object":
		return objects
	case "id":
		return reference{run.ID}
	case "text":
		return run.ID
	default:
		return members
	}
}

func (v *Vendor) describe(w *Workspace) any {
	if v.settings.ShowRetention {
		return retainedBody{workspaceBody: body(w), FrozenAt: maybe(w.FrozenAt), RetentionUntil: maybe(w.RetentionUntil)}
	}
	return body(w)
}

func body(w *Workspace) workspaceBody {
	return workspaceBody{
		ID: w.ID, AccountID: w.AccountID, Name: w.Name, Slug: w.Slug, Status: w.Status,
		Region: w.Region, TenancyModel: w.TenancyModel, CreatedAt: stamp(w.CreatedAt),
	}
}

func maybe(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := stamp(*t)
	return &text
}

// table writes a workspace as CSV.
func table(w *Workspace) ([]byte, error) {
	var text bytes.Buffer
	err := csv.NewWriter(&text).WriteAll([][]string{
		{"id", "account_id", "name", "slug", "status", "region", "tenancy_model", "created_at"},
		{w.ID, w.AccountID, w.Name, w.Slug, w.Status, w.Region, w.TenancyModel, stamp(w.CreatedAt)},
	})
	return text.Bytes(), err
}
