package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apitypes "k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// history remembers of every ApiKey which keys its Secrets ever held, and what gave the operator a reason to revoke one.
type history struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	keys map[apitypes.UID]*keyPast
}

// keyPast is what was seen of one ApiKey.
type keyPast struct {
	// published are the vendor's ids of the keys that a Secret of it held.
	published map[string]bool
	// excused: it was deleted, or somebody else has deleted or altered a Secret of it.
	excused bool
	// revokeAt is the earliest time that its status announced for each replaced key.
	revokeAt map[string]time.Time
}

func startHistory(ctx context.Context, clusters ...*harness.Harness) *history {
	ctx, cancel := context.WithCancel(ctx)
	all := &history{cancel: cancel, keys: map[apitypes.UID]*keyPast{}}
	for _, h := range clusters {
		all.done.Go(func() { all.follow(ctx, h, &v1alpha1.ApiKeyList{}) })
		all.done.Go(func() { all.follow(ctx, h, &corev1.SecretList{}) })
	}
	return all
}

func (h *history) stop() {
	h.cancel()
	h.done.Wait()
}

// follow watches one kind; the API server ends a watch now and then.
func (h *history) follow(ctx context.Context, from *harness.Harness, list client.ObjectList) {
	version := ""
	for ctx.Err() == nil {
		events, err := from.Client.Watch(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
		if err != nil {
			return // the control plane ends
		}
		for event := range events.ResultChan() {
			object, isObject := event.Object.(client.Object)
			if event.Type == watch.Error || !isObject {
				version = ""
				break
			}
			version = object.GetResourceVersion()
			h.note(object, event.Type == watch.Deleted)
		}
	}
}

func (h *history) note(object client.Object, gone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch o := object.(type) {
	case *v1alpha1.ApiKey:
		seen := h.of(o.UID)
		seen.excused = seen.excused || gone || !o.DeletionTimestamp.IsZero()
		for _, old := range o.Status.Retiring {
			if at, known := seen.revokeAt[old.KeyID]; !known || old.RevokeAt.Time.Before(at) {
				seen.revokeAt[old.KeyID] = old.RevokeAt.Time
			}
		}
	case *corev1.Secret:
		owner := metav1.GetControllerOf(o)
		if owner == nil || owner.Kind != "ApiKey" {
			return
		}
		seen, value := h.of(owner.UID), o.Data[o.Annotations[v1alpha1.AnnotationValueKey]]
		intact := o.Annotations[v1alpha1.AnnotationFingerprint] == provider.Fingerprint(string(owner.UID), provider.NewSecret(string(value)))
		if id := string(o.Data[v1alpha1.SecretKeyKeyID]); intact && id != "" {
			seen.published[id] = true
		}
		seen.excused = seen.excused || gone || !intact
	}
}

func (h *history) of(uid apitypes.UID) *keyPast {
	if h.keys[uid] == nil {
		h.keys[uid] = &keyPast{published: map[string]bool{}, revokeAt: map[string]time.Time{}}
	}
	return h.keys[uid]
}

// keyLife is a key of ours as the vendor has or had it.
type keyLife struct {
	id      string
	mark    provider.Mark
	created time.Time
	deleted *time.Time
}

func (k keyLife) lives(at time.Time) bool {
	return !k.created.After(at) && (k.deleted == nil || k.deleted.After(at))
}

// keyLives are all keys with a mark that the scenario's vendor ever had.
func (w *World) keyLives() []keyLife {
	var all []keyLife
	add := func(id, name string, created time.Time, deleted *time.Time) {
		if mark, ok := provider.ParseKeyName(name); ok {
			all = append(all, keyLife{id, mark, created, deleted})
		}
	}
	switch w.vendor {
	case harness.Portkey:
		for _, k := range w.v.Portkey().Keys {
			add(k.ID, k.Name, k.CreatedAt, k.DeletedAt)
		}
	case harness.Guance:
		for _, k := range w.v.Guance().Keys {
			add(k.UUID, k.Name, k.CreatedAt, k.DeletedAt)
		}
	case harness.Slaunchx:
		for _, k := range w.v.Slaunchx().Keys {
			add(k.ID, k.Name, k.CreatedAt, k.DeletedAt)
		}
	case harness.Oceanbase:
		for _, k := range w.v.Oceanbase().Keys {
			add(k.ID, k.Name, k.CreatedAt, k.DeletedAt)
		}
	}
	return all
}

// brokenPromises names what no ApiKey of the scenario may ever have seen: three keys at a time, or its published key revoked without a reason.
func (w *World) brokenPromises() []string {
	broken, lives := []string{}, w.keyLives()
	for _, key := range lives {
		living := 0
		for _, other := range lives {
			if other.mark.SameOwner(key.mark) && other.lives(key.created) {
				living++
			}
		}
		if living > 2 {
			broken = append(broken, fmt.Sprintf("%d keys of one ApiKey lived when %s was issued", living, key.id))
		}
	}
	keyHistory.mu.Lock()
	defer keyHistory.mu.Unlock()
	for uid, seen := range keyHistory.keys {
		for _, key := range lives {
			if seen.excused || !key.mark.SameOwner(provider.MarkFor(string(uid))) || !seen.published[key.id] || key.deleted == nil || !w.revoked(key.id) {
				continue
			}
			if why := early(key, lives, seen.revokeAt); why != "" {
				broken = append(broken, fmt.Sprintf("the published key %s was revoked %s", key.id, why))
			}
		}
	}
	return broken
}

// early says why a key was revoked too soon; empty if it was not.
func early(key keyLife, all []keyLife, revokeAt map[string]time.Time) string {
	replaced := false
	for _, other := range all {
		replaced = replaced || other.mark.SameOwner(key.mark) && other.mark.Serial > key.mark.Serial && other.created.Before(*key.deleted)
	}
	at, announced := revokeAt[key.id]
	switch {
	case !replaced:
		return "although no other had taken its place"
	case announced && key.deleted.Before(at):
		return fmt.Sprintf("%s before status said", at.Sub(*key.deleted))
	}
	return ""
}

// revoked reports whether a request to the vendor ended the key: it was not removed out of band, and did not go with its workspace.
func (w *World) revoked(id string) bool {
	entries, _ := w.v.Requests(journal.Filter{Vendor: w.vendor})
	for _, e := range entries {
		ends := e.Method == http.MethodDelete || strings.Contains(e.Path, "delete")
		if e.Changed && ends && strings.Contains(e.Path+e.Query+e.Body, id) {
			return true
		}
	}
	return false
}
