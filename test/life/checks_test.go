package life

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// catchUp takes down what the vendor has been asked so far, and then waits until the chronicle has what was written before: then it tells all that led to the requests.
func (w *world) catchUp() {
	asked, dropped := w.v.Requests(journal.Filter{Vendor: w.vendor})
	if dropped > 0 {
		w.Fatalf("the emulator has forgotten %d requests", dropped)
	}
	w.asked = asked
	fence := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.ns, GenerateName: "fence-"}}
	w.h.Create(w, fence)
	w.fence = numberOf(fence)
	objects := append(w.objects(), fence)
	w.eventually(pace/10, "the chronicle", func() string {
		for _, object := range objects {
			if !w.past.has(object, numberOf(object)) {
				return "it lags behind"
			}
		}
		return ""
	})
	w.must(nil, w.h.Client.Delete(w.Context(), fence))
}

// history are the versions up to the latest fence.
func (w *world) history() []version {
	all, err := w.past.of(w.ns)
	w.must(nil, err)
	return slices.DeleteFunc(all, func(v version) bool { return v.number > w.fence })
}

func secretOf(v version) (*corev1.Secret, bool) {
	secret, ok := v.object.(*corev1.Secret)
	return secret, ok && !strings.HasPrefix(secret.Name, "fence-")
}

// owner is the UID of the ApiKey that the Secret was made for; empty if there is none.
func owner(secret *corev1.Secret) types.UID {
	if controller := metav1.GetControllerOf(secret); controller != nil && controller.Kind == "ApiKey" {
		return controller.UID
	}
	return ""
}

// 1.
func (w *world) oneWorkspaceEach() (wrong []string) {
	ws := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: workspaceName}}
	wanted := map[string]bool{w.bait.workspace: true, w.existing: true}
	if w.read(ws) {
		if ws.Status.UUID == "" || w.alive("workspaces", ws.Status.UUID) == nil {
			wrong = append(wrong, "the Workspace has none: "+compact(ws))
		}
		wanted[ws.Status.UUID] = true
	}
	for _, v := range w.history() {
		past, isWorkspace := v.object.(*v1alpha1.Workspace)
		if isWorkspace && (w.retained[past.UID] || !w.capabilities().Workspace.Delete) {
			wanted[past.Status.UUID] = true
		}
	}
	for _, each := range w.seen("workspaces") {
		console := each.fields["isDefault"] == true || each.name == "owner" || each.name == "default" || each.name == "Partner"
		frozen := w.capabilities().Workspace.DeleteFreezes && each.fields["status"] == "frozen"
		if each.gone == nil && !frozen && !console && !wanted[each.id] {
			wrong = append(wrong, "the vendor has one that nobody has asked for: "+compact(each.fields))
		}
	}
	return wrong
}

// 2.
func (w *world) noSecondCreate() (wrong []string) {
	open := map[string]journal.Entry{} // by owner
	for _, e := range w.asked {
		if lists(e) && e.Worked && e.Fault == 0 {
			maps.DeleteFunc(open, func(_ string, lost journal.Entry) bool { return sameKind(lost, e) })
			continue
		}
		if !issues(e) && !creates(e) {
			continue
		}
		uid := w.ownerOf(e)
		if lost, isOpen := open[uid]; isOpen && !w.denied[types.UID(uid)] {
			wrong = append(wrong, fmt.Sprintf("request %d follows on %d, of which nobody knew what it did: %s", e.ID, lost.ID, e.Body))
		}
		delete(open, uid)
		if !answered(e) && uid != "" {
			open[uid] = e
		}
	}
	return wrong
}

// sameKind reports whether a list tells of what the call was to make.
func sameKind(call, list journal.Entry) bool {
	ofWorkspaces := strings.HasPrefix(list.Route, "/admin/workspaces") || strings.HasPrefix(list.Route, "/v1/workspaces")
	return creates(call) == ofWorkspaces
}

// ownerOf is the UID of the object whose mark the request bears.
func (w *world) ownerOf(e journal.Entry) string {
	for _, v := range w.history() {
		if uid := string(v.object.GetUID()); strings.Contains(e.Body, provider.MarkFor(uid).Owner()) {
			return uid
		}
	}
	return ""
}

// 3.
func (w *world) oneSecretEach() (wrong []string) {
	holders, retiring := map[string][]string{}, map[string]bool{}
	secrets := &corev1.SecretList{}
	w.must(nil, w.h.Client.List(w.Context(), secrets, client.InNamespace(w.ns)))
	for i := range secrets.Items {
		if id := string(secrets.Items[i].Data[v1alpha1.SecretKeyKeyID]); owner(&secrets.Items[i]) != "" {
			holders[id] = append(holders[id], secrets.Items[i].Name)
		}
	}
	for _, object := range w.objects() {
		if key, isKey := object.(*v1alpha1.ApiKey); isKey {
			for _, old := range key.Status.Retiring {
				retiring[old.KeyID] = true
			}
		}
	}
	for uid := range w.uids() {
		for _, each := range w.keysOf(uid) {
			if number := len(holders[each.id]); each.gone == nil && number != 1 && !retiring[each.id] && !w.retained[types.UID(uid)] {
				wrong = append(wrong, fmt.Sprintf("the vendor's key %q is in %d Secrets %v", each.name, number, holders[each.id]))
			}
		}
	}
	return wrong
}

// uids are those of the ApiKeys there ever were, and whether each is gone.
func (w *world) uids() map[string]bool {
	all := map[string]bool{}
	for _, v := range w.history() {
		if _, isKey := v.object.(*v1alpha1.ApiKey); isKey {
			all[string(v.object.GetUID())] = v.gone
		}
	}
	return all
}

// 4.
func (w *world) replacedForCause() (wrong []string) {
	values := map[types.UID]map[string]bool{}
	issued := map[string]bool{}
	for _, each := range w.seen("keys") {
		issued[each.value] = true
	}
	for _, v := range w.history() {
		secret, isSecret := secretOf(v)
		if !isSecret || owner(secret) == "" {
			continue
		}
		if values[owner(secret)] == nil {
			values[owner(secret)] = map[string]bool{}
		}
		if value := string(secret.Data[secret.Annotations[v1alpha1.AnnotationValueKey]]); issued[value] {
			values[owner(secret)][value] = true
		}
	}
	for uid, published := range values {
		if allowed := 1 + w.causes[uid]; len(published) > allowed {
			wrong = append(wrong, fmt.Sprintf("%d values were published for ApiKey %s, and %d may have been", len(published), uid, allowed))
		}
	}
	return wrong
}

// 5. What counts is what the operator has said: a version in which somebody else changed the rest says again what the one before did.
func (w *world) readyIsPublished() (wrong []string) {
	latest := map[string]version{} // of each Secret
	said := map[types.UID]string{} // by each ApiKey
	for _, v := range w.history() {
		if secret, isSecret := secretOf(v); isSecret {
			latest[secret.Name] = v
			continue
		}
		key, isKey := v.object.(*v1alpha1.ApiKey)
		if !isKey || v.gone {
			continue
		}
		again := said[key.UID] == compact(key.Status)
		said[key.UID] = compact(key.Status)
		if again || !harness.IsReady(key) || key.Status.ObservedGeneration != key.Generation {
			continue
		}
		if key.Status.Binding == nil || key.Status.KeyID == "" {
			wrong = append(wrong, "Ready, and status tells no key or no Secret: "+compact(key))
			continue
		}
		before := latest[key.Status.Binding.Name]
		secret, _ := before.object.(*corev1.Secret)
		holds := secret != nil && !before.gone && string(secret.Data[v1alpha1.SecretKeyKeyID]) == key.Status.KeyID
		if altered := secret != nil && (w.altered[secret.ResourceVersion] || before.gone && w.altered[string(secret.UID)]); !holds && !altered {
			wrong = append(wrong, fmt.Sprintf("Ready, and the Secret is %s: %s", compact(secret), compact(key)))
		}
	}
	return wrong
}

// 6.
func (w *world) foreignUntouched() (wrong []string) {
	now := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: w.bait.secret.Name}}
	if !w.read(now) || now.UID != w.bait.secret.UID || now.ResourceVersion != w.bait.secret.ResourceVersion {
		wrong = append(wrong, "somebody else's Secret was written to, or deleted: "+compact(now))
	}
	for _, v := range w.history() {
		secret, isSecret := v.object.(*corev1.Secret)
		if isSecret && owner(secret) == "" && slices.ContainsFunc(secret.ManagedFields, func(e metav1.ManagedFieldsEntry) bool { return e.Manager == engine.FieldManager }) {
			wrong = append(wrong, "the operator wrote to a Secret of nobody's: "+secret.Name)
		}
	}
	return wrong
}

// 7.
func (w *world) strangersUntouched() (wrong []string) {
	if now := w.baitNow(); !slices.Equal(now, w.bait.before) {
		wrong = append(wrong, fmt.Sprintf("what the operator has no part in was %s, and is %s", w.bait.before, now))
	}
	for _, e := range w.asked {
		if !mutates(e) {
			continue
		}
		for _, stranger := range []string{w.bait.key, w.bait.workspace} {
			if text := e.Path + " " + e.Query + " " + e.Body; stranger != "" && strings.Contains(text, stranger) {
				wrong = append(wrong, fmt.Sprintf("request %d is about what the operator has no part in: %s %s", e.ID, e.Method, text))
			}
		}
	}
	return wrong
}

// 8.
func (w *world) finalizerFirstAndLast() (wrong []string) {
	held := map[string]time.Time{} // since when the operator's finalizer is there
	for _, v := range w.history() {
		for _, entry := range v.object.GetManagedFields() {
			uid := string(v.object.GetUID())
			hasIt := slices.Contains(v.object.GetFinalizers(), v1alpha1.Finalizer) && entry.Manager == engine.FieldManager && entry.Subresource == ""
			if _, known := held[uid]; hasIt && !known && entry.Time != nil {
				held[uid] = entry.Time.Time
			}
		}
	}
	for _, e := range w.asked {
		uid := w.ownerOf(e)
		if since, isHeld := held[uid]; uid != "" && (issues(e) || creates(e)) && (!isHeld || e.Time.Before(since)) {
			wrong = append(wrong, fmt.Sprintf("request %d was sent before the finalizer was stored (%s): %s", e.ID, since, e.Body))
		}
	}
	for uid, isGone := range w.uids() {
		for _, each := range w.keysOf(uid) {
			if isGone && each.gone == nil && !w.retained[types.UID(uid)] {
				wrong = append(wrong, fmt.Sprintf("the ApiKey of key %q is gone, and the key lives", each.name))
			}
		}
	}
	return wrong
}

// 9.
func (w *world) keysGoFirst() (wrong []string) {
	for _, e := range w.asked {
		id, isRemoval := strings.CutPrefix(strings.TrimPrefix(e.Path, "/v1"), "/admin/workspaces/")
		if !isRemoval || e.Method != "DELETE" || !e.Changed {
			continue
		}
		for uid := range w.uids() {
			for _, each := range w.keysOf(uid) {
				if each.workspace == id && !w.retained[types.UID(uid)] && (each.gone == nil || each.gone.After(e.Time)) {
					wrong = append(wrong, fmt.Sprintf("request %d deleted workspace %s while key %q lived", e.ID, id, each.name))
				}
			}
		}
	}
	return wrong
}

// 10.
func (w *world) nothingIsGoing() (wrong []string) {
	for _, object := range w.objects() {
		if !object.GetDeletionTimestamp().IsZero() {
			wrong = append(wrong, "it was deleted, and is still there: "+compact(object))
		}
	}
	return wrong
}

// 12. Where there are two ApiKeys, one's list says nothing of the other's pass.
func (w *world) readBeforeActing() (wrong []string) {
	if len(w.uids()) != 1 {
		return nil
	}
	var failed *journal.Entry
	for i, e := range w.asked {
		ofKeys := strings.Contains(e.Route, "key") // of keys in all four dialects
		switch {
		case !ofKeys || !e.Done:
		case e.Method == "GET" && !mutates(e) && (e.Fault != 0 && (e.Status == 0 || e.Status >= 400 || !e.Worked)):
			failed = &w.asked[i]
		case e.Method == "GET" && !mutates(e):
			failed = nil
		case failed != nil && mutates(e) && !e.Time.Before(failed.Time):
			wrong = append(wrong, fmt.Sprintf("request %d (%s %s) follows on a read that failed, %d", e.ID, e.Method, e.Path, failed.ID))
			failed = nil
		}
	}
	return wrong
}

// 13.
func (w *world) nothingMore() (wrong []string) {
	for range 3 {
		before, asked := w.view(w.objects()), w.nextPoke()
		for _, object := range w.objects() {
			w.annotate(object, v1alpha1.AnnotationReconcileAt, asked)
		}
		w.eventually(pace/4, "a pass of each", func() string {
			for _, object := range w.objects() {
				if harness.Handled(object) != asked && !paused(object) {
					return compact(object)
				}
			}
			return ""
		})
		if after := w.view(w.objects()); after != before {
			wrong = append(wrong, fmt.Sprintf("there is no rest:\n%s\n%s", before, after))
		}
	}
	return wrong
}

// 14. A version that has been looked at before does not change.
func (w *world) readyIsCurrent() (wrong []string) {
	for _, v := range w.history() {
		if _, isSecret := v.object.(*corev1.Secret); isSecret || v.number <= w.looked {
			continue
		}
		for _, violation := range kstatus.Violations(v.object, time.Now()) {
			wrong = append(wrong, violation+": "+compact(v.object))
		}
		ready := harness.Condition(v.object, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != metav1.ConditionTrue {
			continue
		}
		if observed := observedGeneration(v.object); ready.ObservedGeneration != observed || observed > v.object.GetGeneration() {
			wrong = append(wrong, fmt.Sprintf("Ready speaks of generation %d, the status of %d: %s", ready.ObservedGeneration, observed, compact(v.object)))
		}
	}
	return wrong
}

func observedGeneration(object client.Object) int64 {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		return o.Status.ObservedGeneration
	case *v1alpha1.ApiKey:
		return o.Status.ObservedGeneration
	}
	return 0
}

// 15.
func (w *world) noPingPong() (wrong []string) {
	owners := map[types.UID]types.UID{} // by the Secret's
	for _, v := range w.history() {
		secret, isSecret := secretOf(v)
		if !isSecret {
			continue
		}
		if before, known := owners[secret.UID]; known && before != owner(secret) {
			wrong = append(wrong, fmt.Sprintf("Secret %s passed from ApiKey %s to %s", secret.Name, before, owner(secret)))
		}
		owners[secret.UID] = owner(secret)
	}
	return wrong
}
