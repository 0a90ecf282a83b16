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
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// chronicle keeps every version of every object that a story is about. Of two versions, whatever they are of, the one with the greater number is the later.
type chronicle struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	versions map[string][]version // by namespace
	ended    error
}

// version is an object as it was at one moment; for one that is gone, as it was last.
type version struct {
	number int64
	gone   bool
	object client.Object
}

func startChronicle(t *testing.T, h *harness.Harness) *chronicle {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	c := &chronicle{cancel: cancel, versions: map[string][]version{}}
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
	c.versions[object.GetNamespace()] = append(c.versions[object.GetNamespace()], version{number: numberOf(object), gone: gone, object: object})
}

// of are the versions in a namespace so far, the earliest first. They must not be changed.
func (c *chronicle) of(namespace string) ([]version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.versions[namespace])
	slices.SortStableFunc(all, func(a, b version) int { return int(a.number - b.number) })
	return all, c.ended
}

// has reports whether a version of this kind with at least this number has been seen: then all earlier ones of the kind have been.
func (c *chronicle) has(object client.Object, number int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.versions[object.GetNamespace()], func(v version) bool {
		return v.number >= number && reflect.TypeOf(v.object) == reflect.TypeOf(object)
	})
}

func numberOf(object client.Object) int64 {
	number, err := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0
	}
	return number
}
