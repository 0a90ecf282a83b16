package portkey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listBody is a page of a list.
type listBody struct {
	// Total counts all matches, not those of the page.
	Total  int    `json:"total"`
	Object string `json:"object"`
	Data   []any  `json:"data"`
}

// listWorkspaces is GET /admin/workspaces.
func (v *Vendor) listWorkspaces(c *call) (any, error) {
	err := firstError(
		c.needs("workspaces.list"),
		c.OnlyQuery("page_size", "current_page", "name", "exact_name", "status"),
		c.NoBody(),
	)
	if err != nil {
		return nil, err
	}
	statuses := []string{"active", "archived"}
	if c.Query.Has("status") {
		for _, status := range strings.Split(c.Query.Get("status"), ",") {
			if !slices.Contains(statuses, status) {
				return nil, fmt.Errorf("status: %q is not active or archived", status)
			}
		}
		statuses = strings.Split(c.Query.Get("status"), ",")
	}
	items := []any{}
	for _, w := range v.state.Workspaces {
		if w.DeletedAt != nil || !matchesName(c, w.Name) || !slices.Contains(statuses, w.status()) {
			continue
		}
		if !v.hidden(&w.HiddenLists, w.CreatedAt, c.Now) {
			items = append(items, v.listItem(w.seen()))
		}
	}
	return v.page(c, items)
}

func matchesName(c *call, name string) bool {
	if c.Query.Has("exact_name") && name != c.Query.Get("exact_name") {
		return false
	}
	return strings.Contains(name, c.Query.Get("name"))
}

func (w *Workspace) status() string {
	if w.Archived {
		return "archived"
	}
	return "active"
}

// listKeys is GET /api-keys: the keys of the organisation that the caller may
// list, or those of one workspace.
func (v *Vendor) listKeys(c *call) (any, error) {
	err := firstError(c.OnlyQuery("page_size", "current_page", "workspace_id"), c.NoBody())
	if err != nil {
		return nil, err
	}
	kinds := slices.DeleteFunc(keyTypes(), func(kind string) bool { return !c.caller.may(keyScope(kind, "list")) })
	if len(kinds) == 0 {
		return nil, c.needs(keyScope(keyTypes()[0], "list"))
	}
	within := c.caller.workspace
	if c.Query.Has("workspace_id") {
		w := v.workspace(c.Query.Get("workspace_id"))
		if w == nil || (within != "" && within != w.ID) {
			return nil, problem{v.settings.WorkspaceGone, "You do not have enough permissions to execute this request"}
		}
		within = w.ID
	}
	items := []any{}
	for _, k := range v.state.Keys {
		if k.DeletedAt != nil || !slices.Contains(kinds, k.Type) || (within != "" && within != k.WorkspaceID) {
			continue
		}
		if !v.hidden(&k.HiddenLists, k.CreatedAt, c.Now) {
			items = append(items, v.describeKey(k.seen()))
		}
	}
	return v.page(c, items)
}

// hidden reports whether a list taken now does not show the object yet. A
// restart may forget lists counted here, which only makes the lag longer.
func (v *Vendor) hidden(lists *int, created, now time.Time) bool {
	if *lists > 0 {
		*lists--
		return true
	}
	return now.Sub(created) < time.Duration(v.settings.ListLagMillis)*time.Millisecond
}

// page cuts out the page asked for. Pages count from 0; one past the end is
// empty.
func (v *Vendor) page(c *call, items []any) (any, error) {
	size, err := whole(c, "page_size", v.settings.DefaultPageSize, 1)
	if err != nil {
		return nil, err
	}
	page, err := whole(c, "current_page", 0, 0)
	if err != nil {
		return nil, err
	}
	if v.settings.MaxPageSize > 0 {
		size = min(size, v.settings.MaxPageSize)
	}
	out := listBody{Total: len(items), Object: "list", Data: []any{}}
	if page <= len(items)/size {
		from := page * size
		out.Data = append(out.Data, items[from:min(from+size, len(items))]...)
	}
	return out, nil
}

func whole(c *call, name string, absent, lowest int) (int, error) {
	if !c.Query.Has(name) {
		return absent, nil
	}
	n, err := strconv.Atoi(c.Query.Get(name))
	if err != nil || n < lowest {
		return 0, fmt.Errorf("%s: must be an integer of at least %d", name, lowest)
	}
	return n, nil
}
