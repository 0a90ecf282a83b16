package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// Client is a client that reads past any cache, and writes as the manager, unless a call names another. What it returns is the caller's to change.
func (s *Store) Client(manager string) client.Client {
	return &connection{store: s, manager: manager}
}

type connection struct {
	store   *Store
	manager string
}

var errApply = errors.New("server-side apply is not modelled")

// begin locks the store for one request. It fails as a request does whose caller has given up.
func (c *connection) begin(ctx context.Context) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.store.mu.Lock()
	return c.store.mu.Unlock, nil
}

func (c *connection) request(obj client.Object, manager string, dryRun []string) (request, error) {
	k, err := c.store.kindOf(obj)
	if err != nil {
		return request{}, err
	}
	r := request{kind: k, key: client.ObjectKeyFromObject(obj), manager: manager, dryRun: slices.Contains(dryRun, metav1.DryRunAll)}
	if manager == "" {
		r.manager = c.manager
	}
	switch {
	case !k.namespaced:
		r.key.Namespace = ""
	case r.key.Namespace == "":
		return r, errors.New("an empty namespace may not be set when a resource name is provided")
	}
	return r, nil
}

// Get implements client.Reader.
func (c *connection) Get(ctx context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	k, err := c.store.kindOf(obj)
	if err != nil {
		return err
	}
	if !k.namespaced {
		key.Namespace = ""
	}
	v, err := c.store.live(request{kind: k, key: key})
	if err != nil {
		return err
	}
	return answer(v.object, obj)
}

// List implements client.Reader.
func (c *connection) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	k, err := c.store.kindOf(list)
	if err != nil {
		return err
	}
	options := (&client.ListOptions{}).ApplyOptions(opts)
	if err := checkSelector(options); err != nil {
		return err
	}
	var found []client.Object
	for _, v := range c.store.sorted(k) {
		if selects(options, v) {
			found = append(found, v.object)
		}
	}
	setListKind(list, k)
	list.SetResourceVersion(formatVersion(c.store.version))
	return fill(list, k, found, false, answer)
}

// Create implements client.Writer.
func (c *connection) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	options := (&client.CreateOptions{}).ApplyOptions(opts)
	r, err := c.request(obj, options.FieldManager, options.DryRun)
	if err != nil {
		return err
	}
	in, err := c.store.receive(r.kind, obj)
	if err != nil {
		return err
	}
	v, err := c.store.create(r, in)
	if err != nil {
		return err
	}
	return answer(v.object, obj)
}

// Update implements client.Writer.
func (c *connection) Update(ctx context.Context, obj client.Object, opts ...client.UpdateOption) error {
	options := (&client.UpdateOptions{}).ApplyOptions(opts)
	return c.put(ctx, obj, options, false)
}

func (c *connection) put(ctx context.Context, obj client.Object, options *client.UpdateOptions, status bool) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	r, err := c.request(obj, options.FieldManager, options.DryRun)
	if err != nil {
		return err
	}
	r.status = status
	v, err := c.store.replace(r, obj)
	if err != nil {
		return err
	}
	return answer(v.object, obj)
}

// Patch implements client.Writer.
func (c *connection) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.patch(ctx, obj, obj, patch, (&client.PatchOptions{}).ApplyOptions(opts), false)
}

func (c *connection) patch(ctx context.Context, obj, body client.Object, patch client.Patch, options *client.PatchOptions, status bool) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if patch.Type() != types.MergePatchType {
		return fmt.Errorf("a patch of type %s is not modelled", patch.Type())
	}
	r, err := c.request(obj, options.FieldManager, options.DryRun)
	if err != nil {
		return err
	}
	r.status = status
	data, err := patch.Data(body)
	if err != nil {
		return err
	}
	v, err := c.store.merge(r, data)
	if err != nil {
		return err
	}
	return answer(v.object, body)
}

// Delete implements client.Writer.
func (c *connection) Delete(ctx context.Context, obj client.Object, opts ...client.DeleteOption) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	options := (&client.DeleteOptions{}).ApplyOptions(opts)
	r, err := c.request(obj, "", options.DryRun)
	if err != nil {
		return err
	}
	return c.store.remove(r, options.AsDeleteOptions())
}

// DeleteAllOf implements client.Writer.
func (c *connection) DeleteAllOf(ctx context.Context, obj client.Object, opts ...client.DeleteAllOfOption) error {
	done, err := c.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	options := (&client.DeleteAllOfOptions{}).ApplyOptions(opts)
	k, err := c.store.kindOf(obj)
	if err != nil {
		return err
	}
	if err := checkSelector(&options.ListOptions); err != nil {
		return err
	}
	for _, v := range c.store.sorted(k) {
		if !selects(&options.ListOptions, v) {
			continue
		}
		r := request{kind: k, key: v.key, dryRun: slices.Contains(options.DryRun, metav1.DryRunAll)}
		if err := c.store.remove(r, options.AsDeleteOptions()); err != nil {
			return err
		}
	}
	return nil
}

// Apply implements client.Writer.
func (c *connection) Apply(context.Context, runtime.ApplyConfiguration, ...client.ApplyOption) error {
	return errApply
}

// Status implements client.StatusClient.
func (c *connection) Status() client.SubResourceWriter { return c.SubResource(statusSubresource) }

// Scheme implements client.Client.
func (c *connection) Scheme() *runtime.Scheme { return c.store.scheme }

// RESTMapper implements client.Client.
func (c *connection) RESTMapper() meta.RESTMapper { return c.store.mapper }

// GroupVersionKindFor implements client.Client.
func (c *connection) GroupVersionKindFor(obj runtime.Object) (schema.GroupVersionKind, error) {
	return apiutil.GVKForObject(obj, c.store.scheme)
}

// IsObjectNamespaced implements client.Client.
func (c *connection) IsObjectNamespaced(obj runtime.Object) (bool, error) {
	return apiutil.IsObjectNamespaced(obj, c.store.scheme, c.store.mapper)
}
