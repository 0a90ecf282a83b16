package crash

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/test/crash/store"
)

// caching is the manager's client: it reads from the caches, but for Secrets, and writes to the server.
type caching struct {
	*server
	view *store.View
	// indexes are those of the controllers, by their field.
	indexes map[string]client.IndexerFunc
}

// Get implements client.Reader.
func (c *caching) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if _, isSecret := obj.(*corev1.Secret); isSecret {
		return c.server.Get(ctx, key, obj, opts...)
	}
	return c.view.Get(ctx, key, obj, opts...)
}

// List implements client.Reader.
func (c *caching) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if _, ofSecrets := list.(*corev1.SecretList); ofSecrets {
		return c.server.List(ctx, list, opts...)
	}
	options := (&client.ListOptions{}).ApplyOptions(opts)
	if options.FieldSelector == nil {
		return c.view.List(ctx, list, opts...)
	}
	by := options.FieldSelector.Requirements()[0]
	options.FieldSelector = nil
	if err := c.view.List(ctx, list, options); err != nil {
		return err
	}
	return c.narrow(list, by)
}

// narrow leaves those in the list that an index has under the value.
func (c *caching) narrow(list client.ObjectList, by fields.Requirement) error {
	values, indexed := c.indexes[by.Field]
	if !indexed {
		return fmt.Errorf("there is no index of %s", by.Field)
	}
	objects, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	return meta.SetList(list, slices.DeleteFunc(objects, func(object runtime.Object) bool {
		obj, isObject := object.(client.Object)
		return !isObject || !slices.Contains(values(obj), by.Value)
	}))
}
