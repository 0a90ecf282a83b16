package invariant

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
)

// dawdling is how late a key may be revoked that was due to be.
const dawdling = time.Minute

// Check is one of the promises; what it gives breaks it, in words.
type Check struct {
	Number int
	Says   string
	// Quiet: it holds once everything has come to rest, and not at every moment.
	Quiet bool
	Holds func(*Evidence) []string
}

// Checks are those that can be seen in evidence. What is missing is a procedure (11 and 13) or is measured by whoever runs the operator (16).
func Checks() []Check {
	return []Check{
		{1, "one marked vendor object per live Workspace, none after deletion under Delete", true, oneWorkspaceEach},
		{2, "no second create while an earlier one may still take effect, unless a complete list taken afterwards shows none", false, noSecondCreate},
		{3, "every live key with our mark has its id in exactly one Secret we own", true, oneSecretEach},
		{3, "the Secret of a Ready ApiKey holds the value of the live key whose id it has", true, secretsHoldLiveKeys},
		{4, "a published value is never replaced or revoked but by rotation, deletion, or proof that the vendor dropped it", false, replacedForCause},
		{4, "a key that another has replaced lives on for the overlap", false, overlapIsKept},
		{5, "Ready=True on an ApiKey implies that the Secret exists and holds status.keyID", false, readyIsPublished},
		{6, "no write ever touches a Secret that is not ours by owner UID", false, foreignUntouched},
		{7, "no vendor mutation targets an id without our mark that was not explicitly imported", false, strangersUntouched},
		{8, "the finalizer is stored before the first vendor mutation, and removed only after the vendor has nothing left, or policy Retain", false, finalizerFirstAndLast},
		{9, "a Workspace's deletion is never sent while a key of ours in it lives", false, keysGoFirst},
		{10, "deletion makes progress", true, nothingIsGoing},
		{12, "a failed read never leads to a create or a delete", false, readBeforeActing},
		{14, "Ready=True never with observedGeneration behind generation", false, readyIsCurrent},
		{15, "two CRs for one vendor object or one Secret: no ping-pong", false, noPingPong},
	}
}

// Broken tells what breaks the promises: all of them once everything has come to rest, else those that hold at every moment.
func (e *Evidence) Broken(atRest bool) []string {
	var all []string
	for _, check := range Checks() {
		if check.Quiet && !atRest {
			continue
		}
		for _, wrong := range check.Holds(e) {
			all = append(all, fmt.Sprintf("invariant %d (%s): %s", check.Number, check.Says, wrong))
		}
	}
	return all
}

// 1.
func oneWorkspaceEach(e *Evidence) (wrong []string) {
	alive, unasked := map[string]bool{}, map[string]bool{}
	for _, each := range e.Workspaces {
		if each.Gone != nil {
			continue
		}
		alive[each.ID] = true
		frozen := e.Can.Workspace.DeleteFreezes && each.Fields["status"] == "frozen"
		if !frozen && !e.GivenUp("Workspace", each) && !Has(e.Strangers, each.ID) && !slices.Contains(e.Imported, each.ID) {
			unasked[each.ID] = true
		}
	}
	for _, v := range e.latest() {
		ws, isWorkspace := v.Object.(*v1alpha1.Workspace)
		if !isWorkspace {
			continue
		}
		if id := ws.Status.UUID; !v.Gone && ws.DeletionTimestamp.IsZero() && !alive[id] {
			wrong = append(wrong, fmt.Sprintf("Workspace %s has %q, and the vendor has no such thing", ws.Name, id))
		}
		if !v.Gone || e.Retained[ws.UID] || !e.Can.Workspace.Delete {
			delete(unasked, ws.Status.UUID)
		}
	}
	for id := range unasked {
		wrong = append(wrong, fmt.Sprintf("the vendor has workspace %q, which nobody has asked for", id))
	}
	return wrong
}

// 2.
func noSecondCreate(e *Evidence) (wrong []string) {
	open := map[types.UID]Request{} // by owner
	for _, r := range e.Requests {
		if Lists(r.Entry) && r.Whole {
			maps.DeleteFunc(open, func(_ types.UID, lost Request) bool {
				return Creates(lost.Entry) == listsWorkspaces(r) && !r.Time.Before(lost.Time.Add(e.Lag))
			})
			continue
		}
		if !Issues(r.Entry) && !Creates(r.Entry) {
			continue
		}
		uid := e.ownerOf(r)
		if lost, isOpen := open[uid]; isOpen && !e.Denied[uid] {
			wrong = append(wrong, fmt.Sprintf("request %d follows on %d, of which nobody knew what it did: %s", r.ID, lost.ID, r.Body))
		}
		delete(open, uid)
		if !r.Heard && uid != "" {
			open[uid] = r
		}
	}
	return wrong
}

func listsWorkspaces(r Request) bool {
	return strings.HasPrefix(r.Route, "/admin/workspaces") || strings.HasPrefix(r.Route, "/v1/workspaces")
}

// 3.
func oneSecretEach(e *Evidence) (wrong []string) {
	holders, retiring := map[string]int{}, map[string]bool{}
	keys := map[types.UID]bool{}
	for uid, v := range e.latest() {
		switch o := v.Object.(type) {
		case *corev1.Secret:
			if !v.Gone && controller(o) != "" {
				holders[string(o.Data[v1alpha1.SecretKeyKeyID])]++
			}
		case *v1alpha1.ApiKey:
			keys[uid] = true
			for _, old := range o.Status.Retiring {
				retiring[old.KeyID] = retiring[old.KeyID] || !v.Gone && old.RevokeAt.Add(dawdling).After(e.Now)
			}
		}
	}
	for uid := range keys {
		for _, each := range e.KeysOf(uid) {
			if each.Gone == nil && holders[each.ID] != 1 && !retiring[each.ID] && !e.Retained[uid] && !e.GivenUp("ApiKey", each) {
				wrong = append(wrong, fmt.Sprintf("the vendor's key %q is in %d Secrets", each.Name, holders[each.ID]))
			}
		}
	}
	return wrong
}

// 3, seen from the Secrets.
func secretsHoldLiveKeys(e *Evidence) (wrong []string) {
	now := e.latest()
	for _, v := range now {
		secret, isSecret := v.Object.(*corev1.Secret)
		if !isSecret || v.Gone {
			continue
		}
		key, isKey := now[controller(secret)].Object.(*v1alpha1.ApiKey)
		if !isKey || !isReady(key.Status.Conditions) {
			continue
		}
		value, id := string(secret.Data[secret.Annotations[v1alpha1.AnnotationValueKey]]), string(secret.Data[v1alpha1.SecretKeyKeyID])
		if !slices.ContainsFunc(e.Keys, func(each Thing) bool { return each.Gone == nil && each.ID == id && each.Value == value }) {
			wrong = append(wrong, fmt.Sprintf("Secret %s has the id %q, and another value than that key, or that of one that is gone", secret.Name, id))
		}
	}
	return wrong
}

// 4.
func replacedForCause(e *Evidence) (wrong []string) {
	issued := map[string]bool{}
	for _, each := range e.Keys {
		issued[each.Value] = true
	}
	values := map[types.UID]map[string]bool{}
	for _, v := range e.Versions {
		secret, isSecret := v.Object.(*corev1.Secret)
		if !isSecret || controller(secret) == "" {
			continue
		}
		uid := controller(secret)
		if values[uid] == nil {
			values[uid] = map[string]bool{}
		}
		if value := string(secret.Data[secret.Annotations[v1alpha1.AnnotationValueKey]]); issued[value] {
			values[uid][value] = true
		}
	}
	for uid, published := range values {
		if allowed := 1 + e.Causes[uid]; len(published) > allowed {
			wrong = append(wrong, fmt.Sprintf("%d values were published for ApiKey %s, and %d may have been", len(published), uid, allowed))
		}
	}
	return wrong
}

func isReady(conditions []metav1.Condition) bool {
	return meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
}

// 6.
func foreignUntouched(e *Evidence) (wrong []string) {
	now := e.latest()
	for _, secret := range e.Secrets {
		if v, known := now[secret.UID]; !known || v.Gone || v.Object.GetResourceVersion() != secret.ResourceVersion {
			wrong = append(wrong, fmt.Sprintf("somebody else's Secret %s was written to, or deleted", secret.Name))
		}
	}
	for _, v := range e.Versions {
		secret, isSecret := v.Object.(*corev1.Secret)
		if isSecret && controller(secret) == "" && !e.isRecord(secret) && e.touched(secret) {
			wrong = append(wrong, "the operator wrote to a Secret of nobody's: "+secret.Name)
		}
	}
	return wrong
}

// isRecord reports whether the Secret is the admin key of a workspace, which the operator keeps for itself.
func (e *Evidence) isRecord(secret *corev1.Secret) bool {
	return secret.Namespace == e.Home && secret.Labels[v1alpha1.LabelManagedBy] == v1alpha1.ManagedBy
}

// touched reports whether the operator has written what it may not of a Secret that is somebody else's: anything, but the finalizer of credentials in its namespace.
func (e *Evidence) touched(secret *corev1.Secret) bool {
	return slices.ContainsFunc(secret.ManagedFields, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager == engine.FieldManager && (secret.Namespace != e.Home || !finalizersOnly(entry))
	})
}

func finalizersOnly(entry metav1.ManagedFieldsEntry) bool {
	var fields map[string]map[string]any
	if entry.FieldsV1 == nil || json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
		return false
	}
	_, has := fields["f:metadata"]["f:finalizers"]
	return has && len(fields) == 1 && len(fields["f:metadata"]) == 1
}

// 7. The id of what was imported may begin as a stranger's does.
func strangersUntouched(e *Evidence) (wrong []string) {
	now := slices.Concat(e.Workspaces, e.Keys)
	for _, stranger := range e.Strangers {
		if !slices.ContainsFunc(now, func(each Thing) bool { return reflect.DeepEqual(each, stranger) }) {
			wrong = append(wrong, fmt.Sprintf("%q, which the operator has no part in, is not as it was: %v", stranger.ID, stranger.Fields))
		}
	}
	for _, r := range e.Requests {
		if !Mutates(r.Entry) {
			continue
		}
		text := r.Path + " " + r.Query + " " + r.Body
		about := text
		for _, imported := range e.Imported {
			about = strings.ReplaceAll(about, imported, "")
		}
		for _, stranger := range e.Strangers {
			if strings.Contains(about, stranger.ID) {
				wrong = append(wrong, fmt.Sprintf("request %d is about what the operator has no part in: %s %s", r.ID, r.Method, text))
			}
		}
	}
	return wrong
}
