package life

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// pace is how often somebody asks whether there is rest.
const pace = 600 * time.Millisecond

// rest waits until there is, and acts as the person that a condition asks for where an outcome is unknown.
func (w *world) rest() {
	for range 3 {
		w.settle(0)
		if !w.resolve() {
			return
		}
	}
	w.Fatalf("in %s: outcomes stay unknown, although somebody has said what became of each", w.now)
}

// settle asks for passes of everything until two in a row change nothing, here or at the vendor, nothing is under way, and that has been so for the time given.
func (w *world) settle(still time.Duration) {
	every := pace
	if still > 0 {
		every = still / 4
	}
	asked, last, since := "", "", time.Now()
	w.eventually(every, "rest", func() string {
		objects := w.objects()
		for _, object := range objects {
			if harness.Handled(object) != asked && asked != "" && !paused(object) {
				return "asked for in vain: " + compact(object)
			}
		}
		now := w.view(objects)
		if now != last {
			last, since = now, time.Now()
		} else if underWay(objects) {
			since = time.Now()
		} else if asked != "" && time.Since(since) >= still {
			return ""
		}
		asked = w.nextPoke()
		for _, object := range objects {
			w.annotate(object, v1alpha1.AnnotationReconcileAt, asked)
		}
		return "still changing: " + now
	})
}

// view is all there is, without what asking for a pass changes.
func (w *world) view(objects []client.Object) string {
	secrets := &corev1.SecretList{}
	w.must(nil, w.h.Client.List(w.Context(), secrets, client.InNamespace(w.ns)))
	var all []any
	for _, object := range objects {
		all = append(all, map[string]any{
			"uid": object.GetUID(), "generation": object.GetGeneration(), "finalizers": object.GetFinalizers(),
			"deleted": object.GetDeletionTimestamp(), "paused": paused(object), "status": statusWithoutEcho(object),
		})
	}
	for _, secret := range secrets.Items {
		all = append(all, secret.Name+" "+string(secret.UID)+" "+secret.ResourceVersion)
	}
	return compact(append(all, w.mutations()))
}

func statusWithoutEcho(object client.Object) any {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		o = o.DeepCopy()
		o.Status.LastHandledReconcileAt = ""
		return o.Status
	case *v1alpha1.ApiKey:
		o = o.DeepCopy()
		o.Status.LastHandledReconcileAt = ""
		return o.Status
	}
	return nil
}

func paused(object client.Object) bool {
	return object.GetAnnotations()[v1alpha1.AnnotationPaused] == "true"
}

// underWay reports whether something goes on by itself.
func underWay(objects []client.Object) bool {
	for _, object := range objects {
		if paused(object) {
			continue
		}
		working := harness.Condition(object, v1alpha1.ConditionReconciling)
		waits := working != nil && working.Reason == v1alpha1.ReasonWorkspaceNotReady && slices.ContainsFunc(objects, standsStill)
		if working != nil && !waits || !object.GetDeletionTimestamp().IsZero() || replaces(object) {
			return true
		}
		key, isKey := object.(*v1alpha1.ApiKey)
		if isKey && len(key.Status.Retiring) > 0 && time.Until(key.Status.Retiring[0].RevokeAt.Time) < listsSettle {
			return true
		}
	}
	return false
}

// standsStill reports whether it is a Workspace that cannot be used, paused or not.
func standsStill(object client.Object) bool {
	_, isWorkspace := object.(*v1alpha1.Workspace)
	return isWorkspace && !harness.IsReady(object)
}

// replaces reports whether a key is to be replaced as soon as it may be, or just is.
func replaces(object client.Object) bool {
	synced := harness.Condition(object, v1alpha1.ConditionSynced)
	attempt, _ := attemptOf(object)
	return synced != nil && synced.Status == metav1.ConditionFalse && synced.Reason == v1alpha1.ReasonUpdating || attempt.Open() && !saysUnknown(object)
}

// resolve does what a person is asked to do where nobody can find out what a call did: see to it that the vendor has nothing of it, and say so.
func (w *world) resolve() (resolved bool) {
	for _, object := range w.objects() {
		attempt, kind := attemptOf(object)
		if !attempt.Open() || paused(object) || !saysUnknown(object) {
			continue
		}
		for _, seen := range w.seen(kind) {
			if seen.Name == attempt.Name && seen.Gone == nil && !invariant.Has(w.bait.strangers, seen.ID) && !w.held(seen.ID) {
				w.must(nil, w.v.RemoveObject(w.vendor, kind, seen.ID))
			}
		}
		w.denied[object.GetUID()] = true
		w.annotate(object, v1alpha1.AnnotationDoesNotExist, engine.DenialOf(attempt))
		resolved = true
	}
	return resolved
}

func attemptOf(object client.Object) (attempt *v1alpha1.Attempt, kind string) {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		return o.Status.Attempt, "workspaces"
	case *v1alpha1.ApiKey:
		return o.Status.Attempt, "keys"
	}
	return nil, ""
}

// saysUnknown reports whether the object says so: in Ready, or if it has what it needs, in Synced.
func saysUnknown(object client.Object) bool {
	return slices.ContainsFunc([]string{v1alpha1.ConditionReady, v1alpha1.ConditionSynced}, func(kind string) bool {
		condition := harness.Condition(object, kind)
		return condition != nil && condition.Reason == v1alpha1.ReasonOutcomeUnknown
	})
}

// held reports whether a Secret of the namespace, or a status, has the vendor's id.
func (w *world) held(id string) bool {
	for _, object := range w.objects() {
		switch o := object.(type) {
		case *v1alpha1.Workspace:
			if o.Status.UUID == id {
				return true
			}
		case *v1alpha1.ApiKey:
			secret := w.liveSecret(o)
			if o.Status.KeyID == id || secret != nil && string(secret.Data[v1alpha1.SecretKeyKeyID]) == id {
				return true
			}
		}
	}
	return false
}

// refused waits until the object says that it is not as asked for, and why.
func (w *world) refused(object client.Object, reason string) {
	w.eventually(pace, object.GetName()+" to be refused because of "+reason, func() string {
		now, ok := object.DeepCopyObject().(client.Object)
		if !ok || !w.read(now) {
			return "it is not there"
		}
		// Of a key that works, Synced tells what it was refused.
		if harness.Says(now, v1alpha1.ConditionStalled, reason) || harness.IsReady(now) && harness.Condition(now, v1alpha1.ConditionSynced).Reason == reason {
			return ""
		}
		w.annotate(now, v1alpha1.AnnotationReconcileAt, w.nextPoke())
		return compact(now)
	})
}
