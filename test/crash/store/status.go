package store

import (
	"context"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const statusSubresource = "status"

// SubResource implements client.SubResourceClientConstructor.
func (c *connection) SubResource(name string) client.SubResourceClient {
	return &subresource{connection: c, name: name}
}

// subresource writes the status of the kinds that have one.
type subresource struct {
	connection *connection
	name       string
}

// check refuses what there is not.
func (s *subresource) check(obj client.Object, verb string) error {
	k, err := s.connection.store.kindOf(obj)
	switch {
	case err != nil:
		return err
	case s.name == statusSubresource && k.defaultsStatus():
		return nil
	case isNamespace(k):
		return fmt.Errorf("the subresource %s of namespaces is not modelled", s.name)
	default:
		return apierrors.NewGenericServerResponse(http.StatusNotFound, verb, k.groupResource(), obj.GetName(), "404 page not found", 0, true)
	}
}

// Get implements client.SubResourceReader.
func (s *subresource) Get(context.Context, client.Object, client.Object, ...client.SubResourceGetOption) error {
	return fmt.Errorf("reading the subresource %s is not modelled", s.name)
}

// Create implements client.SubResourceWriter.
func (s *subresource) Create(context.Context, client.Object, client.Object, ...client.SubResourceCreateOption) error {
	return fmt.Errorf("creating the subresource %s is not modelled", s.name)
}

// Update implements client.SubResourceWriter.
func (s *subresource) Update(ctx context.Context, obj client.Object, opts ...client.SubResourceUpdateOption) error {
	if err := s.check(obj, "put"); err != nil {
		return err
	}
	options := (&client.SubResourceUpdateOptions{}).ApplyOptions(opts)
	if options.SubResourceBody != nil {
		return fmt.Errorf("a body of its own for the subresource %s is not modelled", s.name)
	}
	return s.connection.put(ctx, obj, &options.UpdateOptions, true)
}

// Patch implements client.SubResourceWriter.
func (s *subresource) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	if err := s.check(obj, "patch"); err != nil {
		return err
	}
	options := (&client.SubResourcePatchOptions{}).ApplyOptions(opts)
	body := obj
	if options.SubResourceBody != nil {
		body = options.SubResourceBody
	}
	return s.connection.patch(ctx, obj, body, patch, &options.PatchOptions, true)
}

// Apply implements client.SubResourceWriter.
func (*subresource) Apply(context.Context, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
	return errApply
}
