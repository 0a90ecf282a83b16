package groundfloor

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/wire"
)

// The documented numbers of entries when a call names no limit.
const (
	defaultListLimit  = 100
	defaultAuditLimit = 50
)

// listWorkspaces is GET /v1/workspaces: what the user is a member of, as a
// bare array. There is no second page.
func (v *Vendor) listWorkspaces(c *call) (wire.Reply, error) {
	limit, err := v.limit(c, defaultListLimit)
	if err != nil {
		return wire.Reply{}, err
	}
	items := v.items(c.Now, func(w *Workspace) bool { return w.Member })
	return wire.JSON(http.StatusOK, items[:min(limit, len(items))]), nil
}

// listAccount is GET /v1/workspaces/by-account/{account_id}: all workspaces of
// an account that the user may read, his own or not. Neither its answer is
// shown, which is that of the other list, nor whether it takes a limit.
func (v *Vendor) listAccount(c *call) (wire.Reply, error) {
	limit, err := v.accountLimit(c)
	if err != nil {
		return wire.Reply{}, err
	}
	account, err := v.pathID(c, "account_id")
	if err != nil {
		return wire.Reply{}, err
	}
	if v.settings.Accounts[strings.ToLower(account)] == "" {
		return wire.Reply{}, missing("Account")
	}
	items := v.items(c.Now, func(w *Workspace) bool { return strings.EqualFold(w.AccountID, account) })
	items = items[:min(limit, len(items))]
	if v.settings.AccountListShape == "object" {
		return wire.JSON(http.StatusOK, map[string]any{"workspaces": items}), nil
	}
	return wire.JSON(http.StatusOK, items), nil
}

// accountLimit reads the request for a list by account.
func (v *Vendor) accountLimit(c *call) (int, error) {
	limit := math.MaxInt
	err := firstError(invalid(c.OnlyQuery("limit"), "query"), invalid(c.NoBody(), "body"))
	if v.settings.LimitByAccount {
		limit, err = v.limit(c, defaultListLimit)
	}
	if most := v.settings.AccountListLimit; most > 0 {
		limit = min(limit, most)
	}
	return limit, err
}

// items describes the workspaces a list shows, in the order of their creation.
func (v *Vendor) items(now time.Time, belongs func(*Workspace) bool) []any {
	items := []any{}
	for _, w := range v.state.Workspaces {
		if w.DeletedAt == nil && belongs(w) && !v.hidden(w, now) {
			items = append(items, v.describe(w))
		}
	}
	if v.settings.NewestFirst {
		slices.Reverse(items)
	}
	return items
}

// hidden reports whether a list taken now does not show the workspace yet. A
// restart may forget lists counted here, which only makes the lag longer.
func (v *Vendor) hidden(w *Workspace, now time.Time) bool {
	if w.HiddenLists > 0 {
		w.HiddenLists--
		return true
	}
	return now.Before(after(w.CreatedAt, v.settings.ListLagMillis))
}

// limit reads a request that may have a limit and nothing else.
func (v *Vendor) limit(c *call, absent int) (int, error) {
	if err := firstError(invalid(c.OnlyQuery("limit"), "query"), invalid(c.NoBody(), "body")); err != nil {
		return 0, err
	}
	limit := absent
	if c.Query.Has("limit") {
		n, err := strconv.Atoi(c.Query.Get("limit"))
		if err != nil || n < 1 {
			return 0, problem{
				status: http.StatusUnprocessableEntity, loc: []string{"query", "limit"},
				message: "must be an integer of at least 1",
			}
		}
		limit = n
	}
	if v.settings.MaxLimit > 0 {
		limit = min(limit, v.settings.MaxLimit)
	}
	return limit, nil
}

// audit is GET /v1/workspaces/{workspace_id}/audit: the latest events, the
// newest first. Its answer is not shown: an array of what an event has.
func (v *Vendor) audit(c *call) (wire.Reply, error) {
	limit, err := v.limit(c, defaultAuditLimit)
	if err != nil {
		return wire.Reply{}, err
	}
	w, err := v.readable(c)
	if err != nil {
		return wire.Reply{}, err
	}
	items := []eventBody{}
	for _, e := range slices.Backward(w.Events) {
		items = append(items, eventBody{ID: e.ID, Event: e.Name, CreatedAt: stamp(e.At)})
	}
	return wire.JSON(http.StatusOK, items[:min(limit, len(items))]), nil
}

// listEnvironments is GET /v1/workspaces/{workspace_id}/environments: dev,
// staging and prod. Its answer is not shown: an array of what is known of them.
func (v *Vendor) listEnvironments(c *call) (wire.Reply, error) {
	w, err := v.read(c)
	if err != nil {
		return wire.Reply{}, err
	}
	items := v.environments(w)
	switch v.settings.EnvironmentsShape {
	case "object":
		return wire.JSON(http.StatusOK, map[string]any{"environments": items}), nil
	case "name":
		named := map[string]any{}
		for _, item := range items {
			named[item["name"]] = item
		}
		return wire.JSON(http.StatusOK, named), nil
	}
	return wire.JSON(http.StatusOK, items), nil
}

func (v *Vendor) environments(w *Workspace) []map[string]string {
	name := "state"
	if v.settings.EnvironmentStatus {
		name = "status"
	}
	items := []map[string]string{}
	for _, e := range w.Environments {
		items = append(items, map[string]string{"id": e.ID, "name": e.Name, name: e.State})
	}
	return items
}

// exportWorkspace is GET /v1/workspaces/{workspace_id}/export. Its content is
// not shown: as JSON the workspace and its environments, as CSV one line of
// names and one of values.
func (v *Vendor) exportWorkspace(c *call) (wire.Reply, error) {
	w, err := v.read(c)
	if err != nil {
		return wire.Reply{}, err
	}
	if v.settings.ExportFormat == "json" {
		return wire.JSON(http.StatusOK, map[string]any{"workspace": v.describe(w), "environments": v.environments(w)}), nil
	}
	text, err := table(w)
	if err != nil {
		return wire.Reply{}, fmt.Errorf("export: %w", err)
	}
	return wire.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/csv; charset=utf-8"}}, Body: text}, nil
}
