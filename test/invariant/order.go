package invariant

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// 4, of a key in whose place the Secret holds another. Whoever deletes the ApiKey has it revoked.
func overlapIsKept(e *Evidence) (wrong []string) {
	now, least := e.latest(), e.overlaps()
	held := map[types.UID]string{}                         // the value by the Secret
	replaced := map[string]struct{ at, until time.Time }{} // by the value, and until when it lives on at least
	for _, v := range e.Versions {
		secret, isSecret := v.Object.(*corev1.Secret)
		if !isSecret || e.Altered[secret.ResourceVersion] {
			continue
		}
		owner := controller(secret)
		key, isKey := now[owner].Object.(*v1alpha1.ApiKey)
		before, value := held[secret.UID], string(secret.Data[secret.Annotations[v1alpha1.AnnotationValueKey]])
		held[secret.UID] = value
		if since, err := time.Parse(time.RFC3339, secret.Annotations[v1alpha1.AnnotationIssuedAt]); isKey && key.DeletionTimestamp.IsZero() && before != value && err == nil {
			replaced[before] = struct{ at, until time.Time }{since, since.Add(least[owner])}
		}
	}
	for _, each := range e.Keys {
		overlap, isReplaced := replaced[each.Value]
		if isReplaced && each.Gone != nil && each.Gone.After(overlap.at) && each.Gone.Before(overlap.until) {
			wrong = append(wrong, fmt.Sprintf("key %q was revoked %s after another took its place", each.Name, each.Gone.Sub(overlap.at)))
		}
	}
	return wrong
}

// overlaps are the shortest times for which ApiKeys ever let a key live on that another has replaced.
func (e *Evidence) overlaps() map[types.UID]time.Duration {
	least := map[types.UID]time.Duration{}
	for _, v := range e.Versions {
		key, isKey := v.Object.(*v1alpha1.ApiKey)
		if !isKey {
			continue
		}
		overlap := 2 * time.Minute // by default
		switch rotation := key.Spec.Rotation; {
		case rotation == nil:
		case rotation.Overlap == nil:
			overlap = 0
		default:
			overlap = rotation.Overlap.Duration
		}
		if before, known := least[key.UID]; !known || overlap < before {
			least[key.UID] = overlap
		}
	}
	return least
}

// 5. What counts is what the operator has said: a version in which somebody else changed the rest says again what the one before did. So does one of several operators that
// looked just before another wrote the Secret: the status of that is yet to come.
func readyIsPublished(e *Evidence) (wrong []string) {
	latest := map[string]Version{}                 // of each Secret
	said := map[types.UID]*v1alpha1.ApiKeyStatus{} // by each ApiKey
	for _, v := range e.Versions {
		if secret, isSecret := v.Object.(*corev1.Secret); isSecret {
			latest[secret.Namespace+"/"+secret.Name] = v
			continue
		}
		key, isKey := v.Object.(*v1alpha1.ApiKey)
		if !isKey || v.Gone {
			continue
		}
		before := said[key.UID]
		said[key.UID] = &key.Status
		if before != nil && equality.Semantic.DeepEqual(before, &key.Status) || !isReady(key.Status.Conditions) || key.Status.ObservedGeneration != key.Generation {
			continue
		}
		if key.Status.Binding == nil || key.Status.KeyID == "" {
			wrong = append(wrong, fmt.Sprintf("ApiKey %s is Ready, and its status tells no key or no Secret", key.Name))
			continue
		}
		again := e.Together && before != nil && isReady(before.Conditions) && before.KeyID == key.Status.KeyID
		if there := latest[key.Namespace+"/"+key.Status.Binding.Name]; !again && !e.holdsOrAltered(there, key.Status.KeyID) {
			wrong = append(wrong, fmt.Sprintf("version %d of ApiKey %s is Ready with key %s, and its Secret has another or is gone", v.Number, key.Name, key.Status.KeyID))
		}
	}
	return wrong
}

// holdsOrAltered reports whether a Secret as it was holds the key, or somebody else than the operator made it so.
func (e *Evidence) holdsOrAltered(there Version, keyID string) bool {
	secret, _ := there.Object.(*corev1.Secret)
	switch {
	case secret == nil:
		return false
	case !there.Gone && string(secret.Data[v1alpha1.SecretKeyKeyID]) == keyID:
		return true
	}
	return e.Altered[secret.ResourceVersion] || there.Gone && e.Altered[string(secret.UID)]
}

// 8.
func finalizerFirstAndLast(e *Evidence) (wrong []string) {
	held := heldSince(e)
	for _, r := range e.Requests {
		if uid := e.ownerOf(r); uid != "" {
			if since, isHeld := held[uid]; !isHeld || r.Time.Before(since.Time) {
				wrong = append(wrong, fmt.Sprintf("request %d was sent before the finalizer was stored: %s", r.ID, r.Body))
			}
		}
	}
	for uid, v := range e.latest() {
		if _, isKey := v.Object.(*v1alpha1.ApiKey); !isKey || !v.Gone || e.Retained[uid] {
			continue
		}
		for _, each := range e.KeysOf(uid) {
			if each.Gone == nil && !e.GivenUp("ApiKey", each) {
				wrong = append(wrong, fmt.Sprintf("the ApiKey of key %q is gone, and the key lives", each.Name))
			}
		}
	}
	return wrong
}

// heldSince is since when each object has had the operator's finalizer.
func heldSince(e *Evidence) map[types.UID]metav1.Time {
	held := map[types.UID]metav1.Time{}
	for _, v := range e.Versions {
		uid := v.Object.GetUID()
		if _, known := held[uid]; known || !slices.Contains(v.Object.GetFinalizers(), v1alpha1.Finalizer) {
			continue
		}
		for _, entry := range v.Object.GetManagedFields() {
			if entry.Manager == engine.FieldManager && entry.Subresource == "" && entry.Time != nil {
				held[uid] = *entry.Time
			}
		}
	}
	return held
}

// 9.
func keysGoFirst(e *Evidence) (wrong []string) {
	for _, r := range e.Requests {
		id, isRemoval := strings.CutPrefix(strings.TrimPrefix(r.Path, "/v1"), "/admin/workspaces/")
		if !isRemoval || r.Method != http.MethodDelete || !r.Changed {
			continue
		}
		for uid, v := range e.latest() {
			if _, isKey := v.Object.(*v1alpha1.ApiKey); !isKey || e.Retained[uid] {
				continue
			}
			for _, each := range e.KeysOf(uid) {
				if each.Workspace == id && (each.Gone == nil || !each.Gone.Before(r.Time)) && !e.revokedBefore(each, r) {
					wrong = append(wrong, fmt.Sprintf("request %d deleted workspace %s while key %q lived", r.ID, id, each.Name))
				}
			}
		}
	}
	return wrong
}

// revokedBefore reports whether a request that came before had the key revoked. Many come at one moment.
func (e *Evidence) revokedBefore(key Thing, r Request) bool {
	return slices.ContainsFunc(e.Requests, func(before Request) bool {
		return before.ID < r.ID && before.Changed && Mutates(before.Entry) && strings.Contains(before.Path+before.Body, key.ID)
	})
}

// 10.
func nothingIsGoing(e *Evidence) (wrong []string) {
	for _, v := range e.latest() {
		if !v.Gone && !v.Object.GetDeletionTimestamp().IsZero() {
			wrong = append(wrong, fmt.Sprintf("%T %s was deleted, and is still there", v.Object, v.Object.GetName()))
		}
	}
	return wrong
}

// 12. Where there are two ApiKeys, one's list says nothing of the other's pass.
func readBeforeActing(e *Evidence) (wrong []string) {
	keys := 0
	for _, v := range e.latest() {
		if _, isKey := v.Object.(*v1alpha1.ApiKey); isKey {
			keys++
		}
	}
	if keys != 1 {
		return nil
	}
	failed := map[string]*Request{} // by sender
	for i, r := range e.Requests {
		ofKeys := strings.Contains(r.Route, "key") // of keys in all four dialects
		switch {
		case !ofKeys || Mutates(r.Entry) && e.managing(r):
		case !Mutates(r.Entry) && !r.Whole:
			failed[r.Sender] = &e.Requests[i]
		case !Mutates(r.Entry):
			delete(failed, r.Sender)
		case failed[r.Sender] != nil && !r.Time.Before(failed[r.Sender].Time):
			wrong = append(wrong, fmt.Sprintf("request %d (%s %s) follows on a read that failed, %d", r.ID, r.Method, r.Path, failed[r.Sender].ID))
			delete(failed, r.Sender)
		}
	}
	return wrong
}

// managing reports whether a request is about a key with which a workspace itself is managed: its end is decided by what the operator has on record.
func (e *Evidence) managing(r Request) bool {
	return slices.ContainsFunc(e.Keys, func(key Thing) bool {
		_, ofApiKey := provider.ParseKeyName(key.Name)
		return key.ID != "" && strings.Contains(r.Path, key.ID) && !ofApiKey
	})
}

// 14.
func readyIsCurrent(e *Evidence) (wrong []string) {
	for _, v := range e.Versions {
		conditions, observed, has := statusOf(v.Object)
		if !has || v.Number <= e.Looked {
			continue
		}
		for _, violation := range kstatus.Violations(v.Object, e.Now) {
			wrong = append(wrong, fmt.Sprintf("version %d of %T %s: %s", v.Number, v.Object, v.Object.GetName(), violation))
		}
		ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != metav1.ConditionTrue {
			continue
		}
		if ready.ObservedGeneration != observed || observed > v.Object.GetGeneration() {
			wrong = append(wrong, fmt.Sprintf("version %d of %T %s: Ready speaks of generation %d, the status of %d", v.Number, v.Object, v.Object.GetName(), ready.ObservedGeneration, observed))
		}
	}
	return wrong
}

// statusOf is what a status says of itself; has is false where there is none.
func statusOf(object client.Object) (conditions []metav1.Condition, observed int64, has bool) {
	switch o := object.(type) {
	case *v1alpha1.WorkspaceClass:
		return o.Status.Conditions, o.Status.ObservedGeneration, true
	case *v1alpha1.Workspace:
		return o.Status.Conditions, o.Status.ObservedGeneration, true
	case *v1alpha1.ApiKey:
		return o.Status.Conditions, o.Status.ObservedGeneration, true
	}
	return nil, 0, false
}

// 15.
func noPingPong(e *Evidence) (wrong []string) {
	owners := map[types.UID]types.UID{} // by the Secret's
	for _, v := range e.Versions {
		secret, isSecret := v.Object.(*corev1.Secret)
		if !isSecret {
			continue
		}
		if before, known := owners[secret.UID]; known && before != controller(secret) {
			wrong = append(wrong, fmt.Sprintf("Secret %s passed from ApiKey %s to %s", secret.Name, before, controller(secret)))
		}
		owners[secret.UID] = controller(secret)
	}
	return wrong
}
