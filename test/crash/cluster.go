package crash

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// server is the client of one process of the operator: its calls are numbered, and may go wrong. What is embedded answers for the rest.
type server struct {
	client.Client
	plan  *Plan
	ended func() bool
}

// Get implements client.Reader.
func (s *server) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	return s.call(ctx, "get", false, obj, key, func() error { return s.Client.Get(ctx, key, obj, opts...) })
}

// List implements client.Reader.
func (s *server) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	call := Call{Side: Cluster, Verb: "list", About: s.kindOf(list), Lists: true}
	return s.run(ctx, call, schema.GroupResource{Resource: call.About}, "", func() error { return s.Client.List(ctx, list, opts...) })
}

// Create implements client.Writer.
func (s *server) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	options := &client.CreateOptions{}
	options.ApplyOptions(opts)
	return s.call(ctx, verb("create", options.DryRun), len(options.DryRun) == 0, obj, client.ObjectKeyFromObject(obj), func() error {
		return s.Client.Create(ctx, obj, opts...)
	})
}

// Update implements client.Writer.
func (s *server) Update(ctx context.Context, obj client.Object, opts ...client.UpdateOption) error {
	options := &client.UpdateOptions{}
	options.ApplyOptions(opts)
	return s.call(ctx, verb("update", options.DryRun), len(options.DryRun) == 0, obj, client.ObjectKeyFromObject(obj), func() error {
		return s.Client.Update(ctx, obj, opts...)
	})
}

// Patch implements client.Writer.
func (s *server) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return s.call(ctx, "patch", true, obj, client.ObjectKeyFromObject(obj), func() error { return s.Client.Patch(ctx, obj, patch, opts...) })
}

// Delete implements client.Writer.
func (s *server) Delete(ctx context.Context, obj client.Object, opts ...client.DeleteOption) error {
	return s.call(ctx, "delete", true, obj, client.ObjectKeyFromObject(obj), func() error { return s.Client.Delete(ctx, obj, opts...) })
}

// Status implements client.Client.
func (s *server) Status() client.SubResourceWriter { return &statusWriter{s.Client.Status(), s} }

type statusWriter struct {
	client.SubResourceWriter
	server *server
}

// Patch implements client.SubResourceWriter.
func (w *statusWriter) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	return w.server.call(ctx, "patch status", true, obj, client.ObjectKeyFromObject(obj), func() error {
		return w.SubResourceWriter.Patch(ctx, obj, patch, opts...)
	})
}

// Update implements client.SubResourceWriter.
func (w *statusWriter) Update(ctx context.Context, obj client.Object, opts ...client.SubResourceUpdateOption) error {
	return w.server.call(ctx, "update status", true, obj, client.ObjectKeyFromObject(obj), func() error {
		return w.SubResourceWriter.Update(ctx, obj, opts...)
	})
}

func verb(name string, dryRun []string) string {
	if len(dryRun) > 0 {
		return name + " (dry run)"
	}
	return name
}

func (s *server) call(ctx context.Context, verb string, mutates bool, obj client.Object, key client.ObjectKey, execute func() error) error {
	kind := s.kindOf(obj)
	call := Call{Side: Cluster, Verb: verb, About: kind + " " + key.String(), Mutates: mutates}
	before := obj.DeepCopyObject()
	err := s.run(ctx, call, schema.GroupResource{Resource: kind}, key.Name, execute)
	if err != nil {
		// What was answered never arrived, so the caller's object is as it was.
		reflect.ValueOf(obj).Elem().Set(reflect.ValueOf(before).Elem())
	}
	return err
}

func (s *server) run(ctx context.Context, call Call, resource schema.GroupResource, name string, execute func() error) error {
	if s.ended() {
		return fmt.Errorf("%s: the process has ended", call)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.plan.run(call, execute, func(kind Kind) error { return refused(ctx, kind, call, resource, name) })
}

// refused is what the API server, or the way to it, answers in the place of what was asked for.
func refused(ctx context.Context, kind Kind, call Call, resource schema.GroupResource, name string) error {
	broken := func(err error) error {
		return &url.Error{Op: call.Verb, URL: "https://cluster/" + call.About, Err: err}
	}
	switch kind {
	case NotExecuted:
		return broken(syscall.ECONNREFUSED)
	case AnswerLost:
		return broken(io.ErrUnexpectedEOF)
	case Deadline:
		select {
		case <-ctx.Done():
		case <-time.After(longPatience):
		}
		return broken(context.DeadlineExceeded)
	case Conflict:
		return apierrors.NewConflict(resource, name, errors.New("the object has been modified"))
	case Forbidden:
		return apierrors.NewForbidden(resource, name, errors.New("not allowed just now"))
	case NotFound:
		return apierrors.NewGenericServerResponse(404, call.Verb, resource, name, "the server could not find the requested resource", 0, true)
	case Throttled:
		return apierrors.NewTooManyRequests("too many requests", retryAfter)
	default:
		return apierrors.NewInternalError(errors.New("it failed"))
	}
}

func (s *server) kindOf(obj any) string {
	switch typed := obj.(type) {
	case client.Object:
		if kind, err := apiutil.GVKForObject(typed, s.Scheme()); err == nil {
			return kind.Kind
		}
	case client.ObjectList:
		if kind, err := apiutil.GVKForObject(typed, s.Scheme()); err == nil {
			return kind.Kind
		}
	}
	return fmt.Sprintf("%T", obj)
}
