package e2e

import (
	"slices"
	"strings"
	"sync"

	emulated "github.com/workspace-operator/workspace-operator/internal/emulator/guance"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// Routes as the emulator counts them.
const (
	portkeyCreate     = "POST /admin/workspaces"
	portkeyIssue      = "POST /api-keys/{type}/{sub-type}"
	portkeyList       = "/api-keys"
	guanceCreate      = "POST /api/v1/workspace/create"
	guanceIssue       = "POST /api/v1/workspace/accesskey/add"
	guanceList        = "/api/v1/workspace/accesskey/list"
	slaunchxIssue     = "POST /web/v1/workspaces/{workspaceId}/api-keys"
	groundfloorCreate = "POST /v1/workspaces"
	groundfloorStatus = "PATCH /v1/workspaces/{workspace_id}/status"
	oceanbaseIssue    = "POST /api/v2/maas/apikeys"
)

// issueRoute is the route that issues keys; empty where the vendor has none.
func issueRoute(vendor string) string {
	return map[string]string{
		harness.Portkey: portkeyIssue, harness.Guance: guanceIssue, harness.Slaunchx: slaunchxIssue, harness.Oceanbase: oceanbaseIssue,
	}[vendor]
}

// createRoute is the route that creates workspaces; empty where the vendor has none.
func createRoute(vendor string) string {
	return map[string]string{
		harness.Portkey: portkeyCreate, harness.Guance: guanceCreate, harness.Groundfloor: groundfloorCreate,
	}[vendor]
}

// vendorKey is a key that lives at a vendor.
type vendorKey struct{ Name, Value, Workspace string }

// liveKeys are the keys that live at the vendor, by id, without the admin's and those that came with a workspace.
func (w *World) liveKeys() map[string]vendorKey {
	live := map[string]vendorKey{}
	switch w.vendor {
	case harness.Portkey:
		for _, k := range w.v.Portkey().Keys {
			if k.DeletedAt == nil && k.WorkspaceID != "" {
				live[k.ID] = vendorKey{Name: k.Name, Value: k.Secret, Workspace: k.WorkspaceID}
			}
		}
	case harness.Guance:
		return w.guanceKeys()
	case harness.Slaunchx:
		for _, k := range w.v.Slaunchx().Keys {
			if k.DeletedAt == nil {
				live[k.ID] = vendorKey{Name: k.Name, Value: k.Secret, Workspace: k.WorkspaceID}
			}
		}
	case harness.Oceanbase:
		for _, k := range w.v.Oceanbase().Keys {
			if k.DeletedAt == nil {
				live[k.ID] = vendorKey{Name: k.Name, Value: k.Secret, Workspace: k.WorkspaceID}
			}
		}
	}
	return live
}

func (w *World) guanceKeys() map[string]vendorKey {
	admins, live := w.adminKeys(true), map[string]vendorKey{}
	state := w.v.Guance()
	for _, k := range state.Keys {
		_, isAdmin := admins[k.UUID]
		byKey := slices.ContainsFunc(state.Keys, func(maker *emulated.Key) bool { return maker.UUID == k.Creator })
		if k.DeletedAt == nil && !isAdmin && byKey {
			live[k.UUID] = vendorKey{Name: k.Name, Value: k.SK, Workspace: k.WorkspaceUUID}
		}
	}
	return live
}

// adminKeys are the keys that came with workspaces at guance: they were made by a key of another workspace. Deleted ones are included on demand.
func (w *World) adminKeys(deleted bool) map[string]vendorKey {
	state := w.v.Guance()
	home := map[string]string{}
	for _, k := range state.Keys {
		home[k.UUID] = k.WorkspaceUUID
	}
	admins := map[string]vendorKey{}
	for _, k := range state.Keys {
		if maker, known := home[k.Creator]; known && maker != k.WorkspaceUUID && (deleted || k.DeletedAt == nil) {
			admins[k.UUID] = vendorKey{Name: k.Name, Value: k.SK, Workspace: k.WorkspaceUUID}
		}
	}
	return admins
}

// liveWorkspaces are the names of the tenants' workspaces at the vendor, by id.
func (w *World) liveWorkspaces() map[string]string {
	live := map[string]string{}
	switch w.vendor {
	case harness.Portkey:
		for _, ws := range w.v.Portkey().Workspaces {
			if ws.DeletedAt == nil && !ws.IsDefault {
				live[ws.ID] = ws.Name
			}
		}
	case harness.Guance:
		for _, ws := range w.v.Guance().Workspaces[1:] {
			if ws.DeletedAt == nil {
				live[ws.UUID] = ws.Name
			}
		}
	case harness.Groundfloor:
		for _, ws := range w.v.Groundfloor().Workspaces {
			if ws.DeletedAt == nil {
				live[ws.ID] = ws.Name
			}
		}
	}
	return live
}

// minted is how many keys the vendor issued, whatever became of the answers.
func (w *World) minted() int { return w.count(issueRoute(w.vendor)).Changed }

// created is how many workspaces the vendor created, or began to.
func (w *World) created() int { return w.count(createRoute(w.vendor)).Changed }

// count sums up what the vendor was asked at a route.
func (w *World) count(route string) journal.Count { return w.v.Counts()[w.vendor][route] }

// writes is how many requests that are meant to change something the vendor was sent, whatever became of them.
func (w *World) writes() int {
	total := 0
	for route, count := range w.v.Counts()[w.vendor] {
		if !strings.HasPrefix(route, "GET ") || strings.HasSuffix(route, "/delete") {
			total += count.Requests
		}
	}
	return total
}

// issue splits the route that issues keys into what a fault selects.
func (w *World) issue() (method, route string) {
	method, route, _ = strings.Cut(issueRoute(w.vendor), " ")
	return method, route
}

// create does the same for the route that creates workspaces.
func (w *World) create() (method, route string) {
	method, route, _ = strings.Cut(createRoute(w.vendor), " ")
	return method, route
}

// emulators remembers every emulator of the suite, for the search for leaks at its end.
type emulators struct {
	mu  sync.Mutex
	all []*harness.Vendors
}

var seen emulators

func (e *emulators) add(v *harness.Vendors) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, v)
}

// secrets are all credentials and keys that any vendor ever knew.
func (e *emulators) secrets() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, v := range e.all {
		all = append(all, v.Secrets()...)
	}
	return all
}
