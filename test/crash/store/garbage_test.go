package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// heaps is how many namespaces full of owners and owned are compared.
	heaps, heapSize = 12, 14
	// garbageTimeout is for the controllers of a busy machine.
	garbageTimeout = time.Minute
	keep           = "example.com/keep"
)

// heap is a namespace with objects that own each other, on one server.
type heap struct {
	client    client.Client
	namespace string
	objects   []client.Object
}

// compareGarbage has the controllers of a real cluster clear up what CollectGarbage clears up here.
func compareGarbage(t *testing.T, server client.Client) {
	s := newStore(t, nil)
	var pairs [][2]*heap
	for i := range heaps {
		pair := [2]*heap{{client: server, namespace: fmt.Sprintf("heap-%d", i)}, {client: s.Client("model"), namespace: fmt.Sprintf("heap-%d", i)}}
		for _, h := range pair {
			h.pile(t, rand.New(rand.NewPCG(uint64(i), 2)))
		}
		pairs = append(pairs, pair)
	}
	settle := func(what string) {
		for {
			done, err := s.CollectGarbage()
			if err != nil {
				t.Fatal(err)
			}
			if done == 0 {
				break
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), garbageTimeout)
		defer cancel()
		for _, pair := range pairs {
			agree(ctx, t, what, pair)
		}
	}
	settle("with owners that never were")
	for i, pair := range pairs {
		for _, h := range pair {
			h.scatter(t, rand.New(rand.NewPCG(uint64(i), 3)), i%3 == 0)
		}
	}
	settle("after some owners went")
	for _, pair := range pairs {
		want, got := pair[0].refusals(t), pair[1].refusals(t)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: new content is answered otherwise (-real +model):\n%s", pair[0].namespace, diff)
		}
	}
	for _, pair := range pairs {
		for _, h := range pair {
			h.release(t)
		}
	}
	settle("after the finalizers went")
	if t.Failed() {
		return
	}
	t.Logf("%d namespaces with %d objects each were cleared up the same", heaps, heapSize)
}

// pile makes the objects.
func (h *heap) pile(t *testing.T, random *rand.Rand) {
	t.Helper()
	ctx := t.Context()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: h.namespace}}
	if err := h.client.Create(ctx, namespace); err != nil {
		t.Fatal(err)
	}
	kinds := []specimen{workspaces(), apiKeys(), secrets()}
	for i := range heapSize {
		obj := kinds[random.IntN(len(kinds))].make()
		obj.SetName(fmt.Sprintf("o-%d", i))
		obj.SetNamespace(h.namespace)
		var owners []metav1.OwnerReference
		for range random.IntN(3) {
			owners = append(owners, h.ownerOf(i, random))
		}
		obj.SetOwnerReferences(withoutDuplicates(owners))
		if random.IntN(4) == 0 {
			obj.SetFinalizers([]string{keep})
		}
		if err := h.client.Create(ctx, obj); err != nil {
			t.Fatal(err)
		}
		h.objects = append(h.objects, obj)
	}
}

// scatter deletes some objects, and the namespace if it is to end. What is owned is deleted before its owners, or else it would depend on how fast the
// controllers are whether it still is.
func (h *heap) scatter(t *testing.T, random *rand.Rand, ends bool) {
	t.Helper()
	for _, obj := range slices.Backward(h.objects) {
		if random.IntN(3) == 0 {
			if err := client.IgnoreNotFound(h.client.Delete(t.Context(), obj)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if ends {
		if err := h.client.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: h.namespace}}); err != nil {
			t.Fatal(err)
		}
	}
}

// ownerOf is an earlier object, or one that never was.
func (h *heap) ownerOf(i int, random *rand.Rand) metav1.OwnerReference {
	chosen := random.IntN(i + 2)
	if chosen >= i {
		return metav1.OwnerReference{APIVersion: "v1", Kind: "Secret", Name: "nobody", UID: types.UID(wrongUID)}
	}
	owner := h.objects[chosen]
	gvk, err := h.client.GroupVersionKindFor(owner)
	if err != nil {
		panic(err)
	}
	return metav1.OwnerReference{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Name: owner.GetName(), UID: owner.GetUID()}
}

// release removes the finalizers of all that is left.
func (h *heap) release(t *testing.T) {
	t.Helper()
	for _, obj := range h.objects {
		err := h.client.Patch(t.Context(), obj, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`)))
		if client.IgnoreNotFound(err) != nil {
			t.Fatal(err)
		}
	}
}

// refusals are the answers to new content, here and in a namespace that is not there.
func (h *heap) refusals(t *testing.T) []string {
	t.Helper()
	var answers []string
	for _, namespace := range []string{h.namespace, "nowhere"} {
		for _, kind := range []specimen{secrets(), workspaces()} {
			obj := kind.make()
			obj.SetName("late")
			obj.SetNamespace(namespace)
			answers = append(answers, new(side).describe(h.client.Create(t.Context(), obj, client.DryRunAll)))
		}
	}
	return answers
}

// agree waits until the real cluster looks like the store.
func agree(ctx context.Context, t *testing.T, what string, pair [2]*heap) {
	t.Helper()
	want := pair[1].describe(ctx)
	var got []string
	err := wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		got = pair[0].describe(ctx)
		return slices.Equal(got, want), nil
	})
	if err != nil {
		t.Errorf("%s: %s, the namespaces do not become the same (-real +model):\n%s", pair[0].namespace, what, cmp.Diff(got, want))
	}
}

// describe is what is in the namespace.
func (h *heap) describe(ctx context.Context) []string {
	var lines []string
	namespace := &corev1.Namespace{}
	err := h.client.Get(ctx, client.ObjectKey{Name: h.namespace}, namespace)
	lines = append(lines, fmt.Sprintf("%v %s %v", err, namespace.Status.Phase, namespace.DeletionTimestamp.IsZero()))
	for _, obj := range h.objects {
		now, ok := obj.DeepCopyObject().(client.Object)
		if !ok {
			continue
		}
		err := h.client.Get(ctx, client.ObjectKeyFromObject(obj), now)
		if err != nil {
			lines = append(lines, obj.GetName()+" "+new(side).describe(err))
			continue
		}
		var owners []string
		for _, owner := range now.GetOwnerReferences() {
			// Which of its references went before an object was marked is a matter of speed.
			if now.GetDeletionTimestamp() == nil {
				owners = append(owners, owner.Name)
			}
		}
		lines = append(lines, fmt.Sprintf("%s %d %v by %s, %v", obj.GetName(), now.GetGeneration(), now.GetFinalizers(), strings.Join(owners, " "), now.GetDeletionTimestamp().IsZero()))
	}
	return lines
}
