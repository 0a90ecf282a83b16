package life

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// chronicle keeps every version of every object that a story is about. Of two versions, whatever they are of, the one with the greater number is the later.
type chronicle struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	versions map[string][]invariant.Version // by namespace
	ended    error
}

func startChronicle(t *testing.T, h *harness.Harness) *chronicle {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	c := &chronicle{cancel: cancel, versions: map[string][]invariant.Version{}}
	for _, list := range []client.ObjectList{&v1alpha1.WorkspaceList{}, &v1alpha1.ApiKeyList{}, &corev1.SecretList{}} {
		c.done.Go(func() {
			if err := c.follow(ctx, h, list); err != nil && ctx.Err() == nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.ended = err
			}
		})
	}
	return c
}

func (c *chronicle) stop() {
	c.cancel()
	c.done.Wait()
}

// follow watches one kind from its beginning; the API server ends a watch now and then.
func (c *chronicle) follow(ctx context.Context, h *harness.Harness, list client.ObjectList) error {
	from := ""
	for ctx.Err() == nil {
		events, err := h.Client.Watch(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: from}})
		if err != nil {
			return err
		}
		for event := range events.ResultChan() {
			object, isObject := event.Object.(client.Object)
			if !isObject || event.Type == watch.Error {
				break
			}
			from = object.GetResourceVersion()
			c.note(object, event.Type == watch.Deleted)
		}
		events.Stop()
	}
	return nil
}

func (c *chronicle) note(object client.Object, gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.versions[object.GetNamespace()] = append(c.versions[object.GetNamespace()], invariant.Version{Number: numberOf(object), Gone: gone, Object: object})
}

// of are the versions in a namespace so far, the earliest first. They must not be changed.
func (c *chronicle) of(namespace string) ([]invariant.Version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.versions[namespace])
	slices.SortStableFunc(all, func(a, b invariant.Version) int { return int(a.Number - b.Number) })
	return all, c.ended
}

// lags tells what is missing of what was written up to the fence; empty if nothing is. objects are the fence itself and the Workspaces and ApiKeys that were there after
// it: of each kind, whoever has seen a version has seen all earlier ones, and where no object is left to tell that of, those that have gone have to be known as gone.
func (c *chronicle) lags(objects []client.Object, fence int64) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	versions := c.versions[objects[0].GetNamespace()]
	there := map[types.UID]bool{}
	for _, object := range objects {
		there[object.GetUID()] = true
		if !slices.ContainsFunc(versions, func(v invariant.Version) bool {
			return v.Number >= numberOf(object) && reflect.TypeOf(v.Object) == reflect.TypeOf(object)
		}) {
			return "it does not have " + compact(object)
		}
	}
	last := map[types.UID]invariant.Version{}
	for _, v := range versions {
		if before, known := last[v.Object.GetUID()]; !known || before.Number <= v.Number {
			last[v.Object.GetUID()] = v
		}
	}
	for uid, v := range last {
		if _, isSecret := v.Object.(*corev1.Secret); !isSecret && !v.Gone && v.Number <= fence && !there[uid] {
			return "it still has " + compact(v.Object)
		}
	}
	return ""
}

func numberOf(object client.Object) int64 {
	number, err := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return number
}
