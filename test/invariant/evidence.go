// Package invariant has the operator's promises about objects and keys as checks on what really happened: every version of every object of the cluster, every request to
// the vendor, and what the vendor has in the end. It knows neither how the cluster is run nor what the operator thinks.
package invariant

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// Version is an object as it was at one moment; for one that is gone, as it was last. Of two, the one with the greater number is the later.
type Version struct {
	Number int64
	Gone   bool
	Object client.Object
}

// Thing is an object at the vendor as it really is, gone ones included.
type Thing struct {
	ID, Name, Workspace, Value string
	Gone                       *time.Time
	Fields                     map[string]any
}

// Request is one that the operator sent.
type Request struct {
	journal.Entry
	// Sender is who sent it, where that is known: a part of the operator that knows what it has read.
	Sender string
	// Heard: whoever sent it knows for certain what became of it.
	Heard bool
	// Whole: it was a read, and all of the vendor's own answer arrived; that something is not there is an answer as well.
	Whole bool
}

// Evidence is all there is to know of a place where the operator worked.
type Evidence struct {
	// Vendor is its name, and Can what its driver says it can do.
	Vendor string
	Can    provider.Capabilities
	// Versions are in their order.
	Versions []Version
	// Requests are in their order.
	Requests []Request
	// Workspaces and Keys are all that the vendor ever had.
	Workspaces, Keys []Thing
	// Imported are the ids of workspaces that were made by hand, to be taken over.
	Imported []string
	// Strangers are what the operator has no part in at the vendor, and Secrets those of others, as they were at first.
	Strangers []Thing
	Secrets   []*corev1.Secret
	// Home is the operator's namespace, which has its own records.
	Home string
	// Causes is how often the key of an ApiKey may have been replaced, by the object's UID.
	Causes map[types.UID]int
	// Retained are the objects that were deleted with Retain, Denied those of which a person has said that what is unknown does not exist.
	Retained, Denied map[types.UID]bool
	// Ledger is what has been given up, and left to a person.
	Ledger []v1alpha1.OrphanSpec
	// Altered are the versions of Secrets that somebody else than the operator wrote, and the UIDs of those that he deleted.
	Altered map[string]bool
	// Together: several operators are at work at once.
	Together bool
	// Looked is the number of the version up to which statuses have been looked at before: they do not change.
	Looked int64
	// Lag is for how long the vendor's lists may hide what is new.
	Lag time.Duration
	// Now is the time of looking.
	Now time.Time
}

// Things reads the workspaces and the keys from the emulator's state of a vendor.
func Things(state any) (workspaces, keys []Thing, err error) {
	text, err := json.Marshal(state)
	if err != nil {
		return nil, nil, err
	}
	var lists struct{ Workspaces, Keys []map[string]any }
	if err := json.Unmarshal(text, &lists); err != nil {
		return nil, nil, err
	}
	return thingsOf(lists.Workspaces), thingsOf(lists.Keys), nil
}

func thingsOf(objects []map[string]any) []Thing {
	all := make([]Thing, 0, len(objects))
	for _, fields := range objects {
		all = append(all, ThingOf(fields))
	}
	return all
}

// Has reports whether the thing with this id is one of them.
func Has(things []Thing, id string) bool {
	return slices.ContainsFunc(things, func(each Thing) bool { return each.ID == id })
}

// ThingOf reads one from its fields.
func ThingOf(fields map[string]any) Thing {
	word := func(names ...string) string {
		for _, name := range names {
			if text, ok := fields[name].(string); ok && text != "" {
				return text
			}
		}
		return ""
	}
	one := Thing{
		ID: word("id", "uuid"), Name: word("name"), Workspace: word("workspaceID", "workspaceUUID"), Value: word("secret", "sk"), Fields: fields,
	}
	if at, err := time.Parse(time.RFC3339Nano, word("deletedAt")); err == nil {
		one.Gone = &at
	}
	return one
}

// KeysOf are the vendor's keys that carry the mark of the ApiKey with this UID, gone ones included.
func (e *Evidence) KeysOf(uid types.UID) []Thing {
	owner := provider.MarkFor(string(uid))
	var all []Thing
	for _, each := range e.Keys {
		if mark, ok := provider.ParseKeyName(each.Name); ok && mark.SameOwner(owner) {
			all = append(all, each)
		}
	}
	return all
}

// GivenUp reports whether the ledger has an entry about the vendor's object, by its id, or where that is not known by the owner's mark or the name. kind is that of the
// Kubernetes object.
func (e *Evidence) GivenUp(kind string, thing Thing) bool {
	return slices.ContainsFunc(e.Ledger, func(o v1alpha1.OrphanSpec) bool {
		switch {
		case o.Object.Kind != kind || o.Provider != e.Vendor:
			return false
		case o.ID != "":
			return o.ID == thing.ID
		}
		return o.Name != "" && o.Name == thing.Name || thing.bears(provider.MarkFor(string(o.Object.UID)))
	})
}

// bears reports whether the mark stands anywhere in the object.
func (t Thing) bears(mark provider.Mark) bool {
	text, err := json.Marshal(t.Fields)
	return err == nil && strings.Contains(string(text), mark.Owner())
}

// latest is each object as it is now, or as it was last.
func (e *Evidence) latest() map[types.UID]Version {
	all := map[types.UID]Version{}
	for _, v := range e.Versions {
		all[v.Object.GetUID()] = v
	}
	return all
}

// ownerOf is the UID of the object whose mark the request bears; empty if it bears none.
func (e *Evidence) ownerOf(r Request) types.UID {
	if !Creates(r.Entry) && !Issues(r.Entry) {
		return ""
	}
	for uid := range e.latest() {
		if strings.Contains(r.Body, provider.MarkFor(string(uid)).Owner()) {
			return uid
		}
	}
	return ""
}

// controller is the UID of the ApiKey that the Secret was made for; empty if there is none.
func controller(secret *corev1.Secret) types.UID {
	if owner := metav1.GetControllerOf(secret); owner != nil && owner.Kind == "ApiKey" {
		return owner.UID
	}
	return ""
}

// Issues reports whether the request makes a key.
func Issues(e journal.Entry) bool {
	return e.Method == http.MethodPost && slices.Contains([]string{
		"/api-keys/{type}/{sub-type}", "/api/v1/workspace/accesskey/add", "/web/v1/workspaces/{workspaceId}/api-keys", "/api/v2/maas/apikeys",
	}, e.Route)
}

// Creates reports whether the request makes a workspace.
func Creates(e journal.Entry) bool {
	return e.Method == http.MethodPost && slices.Contains([]string{"/admin/workspaces", "/api/v1/workspace/create", "/v1/workspaces"}, e.Route)
}

// Lists reports whether the request asks for all there is.
func Lists(e journal.Entry) bool {
	return e.Method == http.MethodGet && slices.Contains([]string{
		"/admin/workspaces", "/api-keys", "/api/v1/workspace/accesskey/list", "/v1/workspaces/by-account/{account_id}", "/api/v2/maas/apikeys",
	}, e.Route)
}

// Mutates reports whether the request is meant to change something.
func Mutates(e journal.Entry) bool {
	return e.Method != http.MethodGet || strings.HasSuffix(e.Route, "/delete")
}
