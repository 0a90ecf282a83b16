package life

import (
	"fmt"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// seen are all objects of a kind, workspaces or keys, that the vendor ever had.
func (w *world) seen(kind string) []invariant.Thing {
	state := map[string]any{
		harness.Portkey: w.v.Portkey(), harness.Guance: w.v.Guance(), harness.Slaunchx: w.v.Slaunchx(),
		harness.Groundfloor: w.v.Groundfloor(), harness.Oceanbase: w.v.Oceanbase(),
	}[w.vendor]
	workspaces, keys, err := invariant.Things(state)
	w.must(nil, err)
	if kind == "workspaces" {
		return workspaces
	}
	return keys
}

// route is a request that the operator makes.
type route struct{ method, pattern string }

// The routes that make something of which nobody but a person may know what became.
const (
	guanceCreate      = "/api/v1/workspace/create"
	groundfloorCreate = "/v1/workspaces"
)

func routes(vendor string) []route {
	switch vendor {
	case harness.Portkey:
		return []route{
			{http.MethodPost, "/admin/workspaces"}, {http.MethodGet, "/admin/workspaces"}, {http.MethodGet, "/admin/workspaces/{workspaceId}"},
			{http.MethodPut, "/admin/workspaces/{workspaceId}"}, {http.MethodDelete, "/admin/workspaces/{workspaceId}"},
			{http.MethodPost, "/api-keys/{type}/{sub-type}"}, {http.MethodGet, "/api-keys"}, {http.MethodGet, "/api-keys/{id}"},
			{http.MethodPut, "/api-keys/{id}"}, {http.MethodDelete, "/api-keys/{id}"},
		}
	case harness.Guance:
		const keys = "/api/v1/workspace/accesskey"
		return []route{
			{http.MethodPost, guanceCreate}, {http.MethodGet, "/api/v1/workspace/get"}, {http.MethodPost, "/api/v1/workspace/modify"},
			{http.MethodPost, keys + "/add"}, {http.MethodGet, keys + "/list"}, {http.MethodGet, keys + "/{ak_uuid}/delete"},
		}
	case harness.Slaunchx:
		const workspace = "/web/v1/workspaces/{workspaceId}"
		const keys = workspace + "/api-keys"
		return []route{
			{http.MethodGet, workspace}, {http.MethodPost, keys}, {http.MethodPost, keys + "/delete"}, {http.MethodGet, keys + "/{keyId}"},
			{http.MethodPost, keys + "/{keyId}/disable"}, {http.MethodPost, keys + "/{keyId}/enable"},
		}
	case harness.Groundfloor:
		return []route{
			{http.MethodPost, groundfloorCreate}, {http.MethodGet, "/v1/workspaces/by-account/{account_id}"},
			{http.MethodGet, "/v1/workspaces/{workspace_id}"}, {http.MethodPatch, "/v1/workspaces/{workspace_id}/status"},
		}
	}
	const keys = "/api/v2/maas/apikeys"
	return []route{{http.MethodPost, keys}, {http.MethodGet, keys}, {http.MethodDelete, keys}}
}

// bears reports whether the operator comes to rest in a story's time after the fault: a creation at groundfloor may be carried out late, so that one without an answer
// is waited for half an hour.
func (r route) bears(f fault.Fault) bool {
	if r.method == http.MethodPost && r.pattern == groundfloorCreate {
		return f.Action == fault.Lost || f.Action == fault.Truncate || f.Action == fault.Delay || f.Action == fault.Throttle || f.Work
	}
	return true
}

// mutations is how many requests so far were meant to change something.
func (w *world) mutations() int {
	all, _ := w.v.Requests(journal.Filter{Vendor: w.vendor})
	number := 0
	for _, e := range all {
		if invariant.Mutates(e) {
			number++
		}
	}
	return number
}

// capabilities are what the vendor's driver says it can do.
func (w *world) capabilities() provider.Capabilities {
	for _, driver := range catalog.All() {
		if driver.Name() == w.vendor {
			return driver.Capabilities()
		}
	}
	panic(fmt.Sprintf("there is no driver of %s", w.vendor))
}
