package life

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// cause notes that the key of the ApiKey may be replaced, once for each cause.
func (w *world) cause(object client.Object, causes int) {
	key, isKey := object.(*v1alpha1.ApiKey)
	if !isKey || causes == 0 {
		return
	}
	now := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Name: key.Name}}
	if w.read(now) {
		w.causes[now.UID] += causes
	}
}

// admin changes the class.
func (w *world) admin(class v1alpha1.WorkspaceClassSpec) {
	w.must(nil, retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		w.must(nil, w.h.Client.Get(w.Context(), client.ObjectKeyFromObject(w.class), w.class))
		w.class.Spec.Defaults, w.class.Spec.KeyPolicy = class.Defaults, class.KeyPolicy
		return w.h.Client.Update(w.Context(), w.class)
	}))
	w.insist()
}

// fail adds a fault at the vendor.
func (w *world) fail(f fault.Fault) {
	f.Vendor = w.vendor
	id, err := w.v.AddFault(f)
	w.must(nil, err)
	w.delays[id] = f.Action == fault.Delay
}

// alter does something to the published Secret.
func (w *world) alter(key *v1alpha1.ApiKey, what alteration) {
	key = key.DeepCopy()
	if !w.read(key) {
		return
	}
	secret := w.liveSecret(key)
	if secret == nil {
		return
	}
	w.cause(key, what.causes)
	if what.do == nil {
		w.must(nil, client.IgnoreNotFound(w.h.Client.Delete(w.Context(), secret)))
		w.altered[string(secret.UID)] = true
		return
	}
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		if !w.read(secret) {
			return nil
		}
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		what.do(secret)
		return w.h.Client.Update(w.Context(), secret)
	})
	if !apierrors.IsNotFound(err) {
		w.must(nil, err)
	}
	w.altered[secret.ResourceVersion] = true
}

// removeKey removes the ApiKey's key at the vendor.
func (w *world) removeKey(key *v1alpha1.ApiKey) {
	if key = key.DeepCopy(); w.read(key) && key.Status.KeyID != "" && w.alive("keys", key.Status.KeyID) != nil {
		w.cause(key, 1)
		w.must(nil, w.v.RemoveObject(w.vendor, "keys", key.Status.KeyID))
	}
}

// alive is the object at the vendor; nil if it is gone.
func (w *world) alive(kind, id string) *invariant.Thing {
	for _, each := range w.seen(kind) {
		if each.ID == id && each.Gone == nil {
			return &each
		}
	}
	return nil
}

// changeKey changes the ApiKey's key at the vendor.
func (w *world) changeKey(key *v1alpha1.ApiKey, what change) {
	if key = key.DeepCopy(); w.read(key) && w.alive("keys", key.Status.KeyID) != nil {
		w.change("keys", key.Status.KeyID, what)
		if !w.insistsOnKey(key, what.field) || !w.capabilities().Key.Changes(what.field) {
			w.kept[key.Status.KeyID] = append(w.kept[key.Status.KeyID], what)
		}
	}
}

// changeWorkspace changes the Workspace's workspace at the vendor.
func (w *world) changeWorkspace(what change) {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: workspaceName}}
	if w.read(ws) && w.alive("workspaces", ws.Status.UUID) != nil {
		w.change("workspaces", ws.Status.UUID, what)
		if !w.insistsOnWorkspace(ws, what.field) {
			w.kept[ws.Status.UUID] = append(w.kept[ws.Status.UUID], what)
		}
	}
}

func (w *world) change(kind, id string, what change) {
	fields := maps.Clone(what.fields)
	if w.vendor == harness.Portkey {
		fields["lastUpdatedAt"] = time.Now().UTC()
	}
	if w.vendor == harness.Guance && kind == "workspaces" {
		fields["updatedAt"] = time.Now().UTC()
	}
	w.must(w.v.ChangeObject(w.vendor, kind, id, fields))
}

// removeWorkspace removes the workspace at the vendor, with all that is in it.
func (w *world) removeWorkspace() {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: workspaceName}}
	if !w.read(ws) || ws.Status.UUID == "" {
		w.Fatalf("in %s: there is no workspace to remove: %s", w.now, compact(ws))
	}
	w.must(nil, w.v.RemoveObject(w.vendor, "workspaces", ws.Status.UUID))
	w.lost = true
}

// leaveWorkspace notes that a field of the vendor's stays as it is, because it is being taken out of the spec.
func (w *world) leaveWorkspace(field string) {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: workspaceName}}
	if w.read(ws) {
		w.leave("workspaces", ws.Status.UUID, field)
	}
}

// leaveKey does the same for the ApiKey's key.
func (w *world) leaveKey(key *v1alpha1.ApiKey, field string) {
	if key = key.DeepCopy(); w.read(key) {
		w.leave("keys", key.Status.KeyID, field)
	}
}

func (w *world) leave(kind, id, field string) {
	if now := w.alive(kind, id); now != nil {
		w.kept[id] = append(w.kept[id], change{field: "access", fields: map[string]any{field: now.Fields[field]}})
	}
}

// insist forgets of what was left open what has come to be asked for, once the vendor has it.
func (w *world) insist() {
	for _, object := range w.objects() {
		id, insists := w.insister(object)
		before := len(w.kept[id])
		kept := slices.DeleteFunc(slices.Clone(w.kept[id]), func(c change) bool { return insists(c.field) })
		if len(kept) == before {
			continue
		}
		w.settle(0)
		w.kept[id] = kept
	}
}

// insister is the vendor's id of the object, and what it can insist on.
func (w *world) insister(object client.Object) (id string, insists func(string) bool) {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		return o.Status.UUID, func(field string) bool { return w.insistsOnWorkspace(o, field) }
	case *v1alpha1.ApiKey:
		return o.Status.KeyID, func(field string) bool { return w.insistsOnKey(o, field) && w.capabilities().Key.Changes(field) }
	}
	return "", func(string) bool { return false }
}

// insistsOnWorkspace reports whether the spec, or the class, says what the field is to be.
func (w *world) insistsOnWorkspace(ws *v1alpha1.Workspace, field string) bool {
	if field == "rateLimits" && w.class.Spec.Defaults != nil && len(w.class.Spec.Defaults.RateLimits) > 0 {
		return true
	}
	return field == "displayName" || slices.ContainsFunc(workspaceFields(w.vendor), func(f workspaceField) bool { return f.name == field && f.isSet(ws) })
}

// insistsOnKey does the same for a key. One that somebody has renamed keeps its name: it is known by its id.
func (w *world) insistsOnKey(key *v1alpha1.ApiKey, field string) bool {
	return slices.ContainsFunc(keyFields(w.vendor), func(f keyField) bool { return f.name == field && f.isSet(key) })
}

// bait is what must never be touched: a Secret that looks like ours under a name that ApiKeys ask for, and whatever the vendor has before the operator does anything:
// what is in its console from the start, another workspace, and a key, in the same workspace where that is there by then.
type bait struct {
	secret    *corev1.Secret
	strangers []invariant.Thing
}

// lay lays it.
func (w *world) lay() {
	w.bait.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, Name: foreignSecret, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
		Data:       map[string][]byte{v1alpha1.SecretKeyKeyID: []byte("theirs"), v1alpha1.SecretKeyAPIKey: []byte("theirs")},
	}
	w.h.Create(w, w.bait.secret)
	workspace := map[string]any{"name": workspaceName}
	if w.vendor == harness.Slaunchx || w.vendor == harness.Oceanbase {
		workspace["id"] = "bait-" + w.ns
	}
	another := w.bring("workspaces", workspace)
	if w.vendor != harness.Groundfloor {
		home := w.existing
		if home == "" {
			home = another
		}
		of := "workspaceID"
		if w.vendor == harness.Guance {
			of = "workspaceUUID"
		}
		w.bring("keys", map[string]any{"name": "ci", of: home})
	}
	for _, kind := range []string{"workspaces", "keys"} {
		w.bait.strangers = append(w.bait.strangers, slices.DeleteFunc(w.seen(kind), func(each invariant.Thing) bool { return each.ID == w.existing })...)
	}
}

func (w *world) bring(kind string, fields map[string]any) (id string) {
	text, err := w.v.CreateObject(w.vendor, kind, fields)
	w.must(nil, err)
	var made map[string]any
	w.must(nil, json.Unmarshal(text, &made))
	return invariant.ThingOf(made).ID
}
