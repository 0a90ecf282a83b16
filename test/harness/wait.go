package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/kstatus"
)

// waitTimeout is far more than anything here should need.
const waitTimeout = 90 * time.Second

// Condition is a condition of any of the three kinds; nil if it is absent.
func Condition(object client.Object, kind string) *metav1.Condition {
	switch o := object.(type) {
	case *v1alpha1.WorkspaceClass:
		return meta.FindStatusCondition(o.Status.Conditions, kind)
	case *v1alpha1.Workspace:
		return meta.FindStatusCondition(o.Status.Conditions, kind)
	case *v1alpha1.ApiKey:
		return meta.FindStatusCondition(o.Status.Conditions, kind)
	}
	return nil
}

// IsReady reports whether the object is Ready as its spec is now, as `kubectl wait` and kstatus understand it.
func IsReady(object client.Object) bool {
	ready := Condition(object, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == object.GetGeneration()
}

// HasReason reports whether a condition has the reason, for the spec as it is now.
func HasReason(object client.Object, kind, reason string) bool {
	condition := Condition(object, kind)
	return condition != nil && condition.Reason == reason && condition.ObservedGeneration == object.GetGeneration()
}

// Wait watches the object until the check holds and leaves it in object as it is then. It fails the test, and shows the object, after a minute and a half; so it does
// if a status on the way breaks a rule of kstatus. what ends the sentence "waited for".
func Wait[T client.Object](t testing.TB, h *Harness, object T, what string, check func(T) bool) {
	t.Helper()
	var last T
	err := h.await(t.Context(), object, func(seen client.Object) bool {
		typed, exists := seen.(T)
		if !exists {
			return false
		}
		last = typed
		for _, broken := range kstatus.Violations(typed, time.Now()) {
			t.Errorf("%T %s on the way to %s: %s", typed, typed.GetName(), what, broken)
		}
		return check(typed)
	})
	if err != nil {
		t.Fatalf("waited for %s: %v\n%s", what, err, h.describe(t, object))
	}
	reflect.ValueOf(object).Elem().Set(reflect.ValueOf(last).Elem())
}

// WaitReady waits until every object is Ready.
func (h *Harness) WaitReady(t testing.TB, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		Wait(t, h, object, fmt.Sprintf("%T %s to be Ready", object, object.GetName()), IsReady)
	}
}

// WaitReason waits until a condition of the object has the reason.
func (h *Harness) WaitReason(t testing.TB, object client.Object, kind, reason string) {
	t.Helper()
	Wait(t, h, object, fmt.Sprintf("%T %s to have the reason %s at %s", object, object.GetName(), reason, kind), func(seen client.Object) bool {
		return HasReason(seen, kind, reason)
	})
}

// WaitGone waits until each object is gone; another one may have its name by then.
func (h *Harness) WaitGone(t testing.TB, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		err := h.await(t.Context(), object, func(seen client.Object) bool {
			return seen == nil || object.GetUID() != "" && seen.GetUID() != object.GetUID()
		})
		if err != nil {
			t.Fatalf("waited for %T %s to go: %v\n%s", object, object.GetName(), err, h.describe(t, object))
		}
	}
}

// await lists and then watches one object by its name until the check holds. The check sees nil where there is none.
func (h *Harness) await(ctx context.Context, object client.Object, check func(client.Object) bool) error {
	ctx, cancel := context.WithTimeout(ctx, waitTimeout)
	defer cancel()
	list, err := h.listFor(object)
	if err != nil {
		return err
	}
	only := &client.ListOptions{Namespace: object.GetNamespace(), FieldSelector: fields.OneTermEqualSelector("metadata.name", object.GetName())}
	for { // the API server ends a watch now and then
		if err := h.Client.List(ctx, list, only); err != nil {
			return err
		}
		if check(first(list)) {
			return nil
		}
		from := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.GetResourceVersion()}}
		events, err := h.Client.Watch(ctx, list, only, from)
		if err != nil {
			return err
		}
		if holds(ctx, events, check) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// holds reports whether the check held before the watch or the context ended.
func holds(ctx context.Context, events watch.Interface, check func(client.Object) bool) bool {
	defer events.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case event, open := <-events.ResultChan():
			seen, isObject := event.Object.(client.Object)
			if !open || event.Type == watch.Error || !isObject {
				return false
			}
			if event.Type == watch.Deleted {
				seen = nil
			}
			if check(seen) {
				return true
			}
		}
	}
}

// first is the only item of the list; nil if there is none.
func first(list client.ObjectList) client.Object {
	items, err := meta.ExtractList(list)
	if err != nil || len(items) == 0 {
		return nil
	}
	object, _ := items[0].(client.Object)
	return object
}

func (h *Harness) listFor(object client.Object) (client.ObjectList, error) {
	kind, err := apiutil.GVKForObject(object, h.Client.Scheme())
	if err != nil {
		return nil, err
	}
	made, err := h.Client.Scheme().New(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err != nil {
		return nil, err
	}
	list, ok := made.(client.ObjectList)
	if !ok {
		return nil, fmt.Errorf("%T is no list", made)
	}
	return list, nil
}

// describe is the object as it is now, and what was said about it.
func (h *Harness) describe(t testing.TB, object client.Object) string {
	ctx := context.WithoutCancel(t.Context())
	now, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		return ""
	}
	if err := h.Client.Get(ctx, client.ObjectKeyFromObject(object), now); err != nil {
		return err.Error()
	}
	now.SetManagedFields(nil)
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
