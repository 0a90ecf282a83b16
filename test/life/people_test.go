package life

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// apply creates the objects or edits them, as kubectl would.
func (w *world) apply(objects ...client.Object) {
	for _, object := range objects {
		w.must(nil, retry.RetryOnConflict(retry.DefaultBackoff, func() error { return w.applyOne(object) }))
	}
	w.insist()
}

func (w *world) applyOne(object client.Object) error {
	wanted, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("the copy of %T is no object", object)
	}
	wanted.SetNamespace(w.ns)
	if ws, isWorkspace := wanted.(*v1alpha1.Workspace); isWorkspace {
		ws.Spec.ClassName, ws.Spec.ExternalID = w.class.Name, w.existing
	}
	err := w.h.Client.Create(w.Context(), wanted.DeepCopyObject().(client.Object)) //nolint:forcetypeassert // as above
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	switch o := wanted.(type) {
	case *v1alpha1.Workspace:
		now := &v1alpha1.Workspace{ObjectMeta: metav1.ObjectMeta{Name: o.Name}}
		w.read(now)
		now.Spec, now.Annotations = o.Spec, annotations(now.Annotations, o.Annotations)
		return w.h.Client.Update(w.Context(), now)
	case *v1alpha1.ApiKey:
		now := &v1alpha1.ApiKey{ObjectMeta: metav1.ObjectMeta{Name: o.Name}}
		w.read(now)
		now.Spec, now.Annotations = o.Spec, annotations(now.Annotations, o.Annotations)
		return w.h.Client.Update(w.Context(), now)
	}
	return nil
}

// annotations are those that are there, with what a story sets of them as it says.
func annotations(there, wanted map[string]string) map[string]string {
	all := maps.Clone(there)
	if all == nil {
		all = map[string]string{}
	}
	delete(all, v1alpha1.AnnotationPaused)
	delete(all, v1alpha1.AnnotationRotateAt)
	maps.Copy(all, wanted)
	return all
}

// delete deletes the objects, ApiKeys first, and waits until they are gone.
func (w *world) delete(objects ...client.Object) {
	slices.SortStableFunc(objects, func(a, b client.Object) int { return cmp.Compare(fmt.Sprintf("%T", a), fmt.Sprintf("%T", b)) })
	var going []client.Object
	for _, object := range objects {
		now, ok := object.DeepCopyObject().(client.Object)
		if !ok || !w.read(now) {
			continue
		}
		if policyOf(now) == v1alpha1.DeletionRetain {
			w.retained[now.GetUID()] = true
		}
		w.must(nil, client.IgnoreNotFound(w.h.Client.Delete(w.Context(), now)))
		going = append(going, now)
	}
	patient := 5 // who asks for a pass gets in the way of the one that goes on
	w.eventually(time.Second, "a deletion to end", func() string {
		patient--
		for _, object := range going {
			now, ok := object.DeepCopyObject().(client.Object)
			if !ok || !w.read(now) || now.GetUID() != object.GetUID() {
				continue
			}
			if patient < 0 && patient%3 == 0 {
				w.letGo(now)
				w.annotate(now, v1alpha1.AnnotationReconcileAt, w.nextPoke())
			}
			return "still there: " + compact(now)
		}
		return ""
	})
	w.lost = false
}

// letGo does what the condition of an ApiKey offers whose key cannot be looked for any more, because its workspace was removed at the vendor.
func (w *world) letGo(object client.Object) {
	key, isKey := object.(*v1alpha1.ApiKey)
	ready := harness.Condition(object, v1alpha1.ConditionReady)
	if !w.lost || !isKey || ready == nil || !strings.Contains(ready.Message, "set spec.deletionPolicy to Retain") {
		return
	}
	w.retained[key.UID] = true
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"deletionPolicy":"Retain"}}`))
	w.must(nil, client.IgnoreNotFound(w.h.Client.Patch(w.Context(), key, patch)))
}

func policyOf(object client.Object) v1alpha1.DeletionPolicy {
	switch o := object.(type) {
	case *v1alpha1.Workspace:
		return o.Spec.DeletionPolicy
	case *v1alpha1.ApiKey:
		return o.Spec.DeletionPolicy
	}
	return ""
}
