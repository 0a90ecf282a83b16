package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// Routes as the emulator counts them.
const (
	portkeyCreate = "POST /admin/workspaces"
	portkeyIssue  = "POST /api-keys/{type}/{sub-type}"
	portkeyList   = "/api-keys"
	guanceCreate  = "POST /api/v1/workspace/create"
	guanceIssue   = "POST /api/v1/workspace/accesskey/add"
	guanceList    = "/api/v1/workspace/accesskey/list"
)

// vendorKey is a key that lives at a vendor.
type vendorKey struct{ Name, Value, Workspace string }

// liveKeys are the keys that live at the vendor, by id, without the admin's and those that came with a workspace.
func (w *World) liveKeys() map[string]vendorKey {
	live := map[string]vendorKey{}
	if w.vendor == harness.Portkey {
		for _, k := range w.v.Portkey().Keys {
			if k.DeletedAt == nil && k.WorkspaceID != "" {
				live[k.ID] = vendorKey{Name: k.Name, Value: k.Secret, Workspace: k.WorkspaceID}
			}
		}
		return live
	}
	admins := w.adminKeys(true)
	state := w.v.Guance()
	for _, k := range state.Keys {
		_, isAdmin := admins[k.UUID]
		if k.DeletedAt == nil && !isAdmin && k.WorkspaceUUID != state.Workspaces[0].UUID {
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
	if w.vendor == harness.Portkey {
		for _, ws := range w.v.Portkey().Workspaces {
			if ws.DeletedAt == nil && !ws.IsDefault {
				live[ws.ID] = ws.Name
			}
		}
		return live
	}
	for _, ws := range w.v.Guance().Workspaces[1:] {
		if ws.DeletedAt == nil {
			live[ws.UUID] = ws.Name
		}
	}
	return live
}

// minted is how many keys the vendor issued, whatever became of the answers.
func (w *World) minted() int { return w.done(portkeyIssue, guanceIssue) }

// created is how many workspaces the vendor created.
func (w *World) created() int { return w.done(portkeyCreate, guanceCreate) }

func (w *World) done(portkeyRoute, guanceRoute string) int {
	route := guanceRoute
	if w.vendor == harness.Portkey {
		route = portkeyRoute
	}
	return w.v.Counts()[w.vendor][route].Changed
}

// issue splits the route that issues keys into what a fault selects.
func (w *World) issue() (method, route string) {
	if w.vendor == harness.Portkey {
		method, route, _ = strings.Cut(portkeyIssue, " ")
		return method, route
	}
	method, route, _ = strings.Cut(guanceIssue, " ")
	return method, route
}

// create does the same for the route that creates workspaces.
func (w *World) create() (method, route string) {
	if w.vendor == harness.Portkey {
		method, route, _ = strings.Cut(portkeyCreate, " ")
		return method, route
	}
	method, route, _ = strings.Cut(guanceCreate, " ")
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
func (e *emulators) secrets() map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]bool{}
	for _, v := range e.all {
		for _, k := range v.Portkey().Keys {
			all[k.Secret] = true
		}
		for _, k := range v.Portkey().AdminKeys {
			all[k] = true
		}
		for _, k := range v.Guance().Keys {
			all[k.SK] = true
		}
	}
	return all
}

// leaks names every place where a person without access to Secrets could read one of them.
func leaks(h *harness.Harness, o *harness.Operator) []string {
	ctx := context.Background()
	places := map[string][]byte{"the log": []byte(o.Log())}
	for name, list := range map[string]client.ObjectList{
		"events": &eventsv1.EventList{}, "Workspaces": &v1alpha1.WorkspaceList{},
		"ApiKeys": &v1alpha1.ApiKeyList{}, "WorkspaceClasses": &v1alpha1.WorkspaceClassList{},
	} {
		if err := h.Client.List(ctx, list); err != nil {
			return []string{err.Error()}
		}
		text, err := json.Marshal(list)
		if err != nil {
			return []string{err.Error()}
		}
		places[name] = text
	}
	secrets := seen.secrets()
	found := []string{}
	if len(secrets) == 0 {
		found = append(found, "there are no secrets to look for")
	}
	for place, text := range places {
		for secret := range secrets {
			if at := bytes.Index(text, []byte(secret)); secret != "" && at >= 0 {
				found = append(found, fmt.Sprintf("%s shows %s: ...%s...", place, secret, text[max(0, at-200):min(len(text), at+200)]))
			}
		}
	}
	return found
}
