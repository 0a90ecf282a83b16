package life

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/catalog"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// thing is an object at the vendor as it really is, gone ones included.
type thing struct {
	id, name, workspace, value string
	gone                       *time.Time
	fields                     map[string]any
}

// seen are all objects of a kind, workspaces or keys, that the vendor ever had.
func (w *world) seen(kind string) []thing {
	state := map[string]any{
		harness.Portkey: w.v.Portkey(), harness.Guance: w.v.Guance(), harness.Slaunchx: w.v.Slaunchx(),
		harness.Groundfloor: w.v.Groundfloor(), harness.Oceanbase: w.v.Oceanbase(),
	}[w.vendor]
	text, err := json.Marshal(state)
	w.must(nil, err)
	var lists map[string]json.RawMessage
	w.must(nil, json.Unmarshal(text, &lists))
	var objects []map[string]any
	if len(lists[kind]) > 0 {
		w.must(nil, json.Unmarshal(lists[kind], &objects))
	}
	all := make([]thing, 0, len(objects))
	for _, fields := range objects {
		all = append(all, thingOf(fields))
	}
	return all
}

func thingOf(fields map[string]any) thing {
	word := func(names ...string) string {
		for _, name := range names {
			if text, ok := fields[name].(string); ok && text != "" {
				return text
			}
		}
		return ""
	}
	one := thing{
		id: word("id", "uuid"), name: word("name"), workspace: word("workspaceID", "workspaceUUID"), value: word("secret", "sk"), fields: fields,
	}
	if at, err := time.Parse(time.RFC3339Nano, word("deletedAt")); err == nil {
		one.gone = &at
	}
	return one
}

// keys are the vendor's keys that carry the mark of the owner with this UID, gone ones included.
func (w *world) keysOf(uid string) []thing {
	var all []thing
	for _, each := range w.seen("keys") {
		if mark, ok := provider.ParseKeyName(each.name); ok && mark.SameOwner(provider.MarkFor(uid)) {
			all = append(all, each)
		}
	}
	return all
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

// issues and creates are the routes that make keys and workspaces.
func issues(e journal.Entry) bool {
	switch e.Route {
	case "/api-keys/{type}/{sub-type}", "/api/v1/workspace/accesskey/add", "/web/v1/workspaces/{workspaceId}/api-keys", "/api/v2/maas/apikeys":
		return e.Method == http.MethodPost
	}
	return false
}

func creates(e journal.Entry) bool {
	switch e.Route {
	case "/admin/workspaces", guanceCreate, groundfloorCreate:
		return e.Method == http.MethodPost
	}
	return false
}

// lists are the routes that tell of all there is.
func lists(e journal.Entry) bool {
	switch e.Route {
	case "/admin/workspaces", "/api-keys", "/api/v1/workspace/accesskey/list", "/v1/workspaces/by-account/{account_id}", "/api/v2/maas/apikeys":
		return e.Method == http.MethodGet
	}
	return false
}

// mutates reports whether the request is meant to change something.
func mutates(e journal.Entry) bool {
	return e.Method != http.MethodGet || strings.HasSuffix(e.Route, "/delete")
}

// mutations is how many requests so far were meant to change something.
func (w *world) mutations() int {
	all, _ := w.v.Requests(journal.Filter{Vendor: w.vendor})
	number := 0
	for _, e := range all {
		if mutates(e) {
			number++
		}
	}
	return number
}

// answered reports whether whoever asked knows for certain what became of it.
func answered(e journal.Entry) bool {
	return e.Done && (e.Fault == 0 || e.Status == http.StatusTooManyRequests) && e.Status > 0 && e.Status < 500
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
