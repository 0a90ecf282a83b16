package apikey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/publish"
)

// TestWhatMayBeStoredIsNotTakenBack: a key that could not be stored is revoked,
// unless its Secret holds it after all, or may hold it and cannot be read.
func TestWhatMayBeStoredIsNotTakenBack(t *testing.T) {
	away := apierrors.NewInternalError(errors.New("etcd is away"))
	doubtful := errors.Join(away, publish.ErrDoubtful)
	for _, row := range []struct {
		name     string
		issued   provider.Key
		cause    error
		readable bool
		revoked  bool
	}{
		{"the Secret has it", numbered(2), away, true, false},
		{"the Secret has another", numbered(1), away, true, true},
		{"the Secret has another, and its write was in doubt", numbered(1), doubtful, true, true},
		{"nobody knows", numbered(2), doubtful, false, false},
		{"it was never sent", numbered(1), away, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := inOverlap(t, provider.RecoverByMark)
				r := w.rig()
				intent, err := r.Resolve(t.Context(), r.key)
				if err != nil {
					t.Fatal(err)
				}
				if !row.readable {
					r.Live = unreadable(r.Client)
				}
				effect, err := r.takeBack(t.Context(), r.key, intent, row.issued, row.cause)
				if effect.InDoubt() == row.revoked {
					t.Errorf("whether its Secret holds it is in doubt: %t, want %t", effect.InDoubt(), !row.revoked)
				}
				failure, ok := errors.AsType[*provider.Error](err)
				if !ok || failure.Uncertain == row.revoked || !errors.Is(failure, row.cause) {
					t.Errorf("it ends with %+v, uncertain: want %t", failure, !row.revoked)
				}
				lives := slices.ContainsFunc(w.vendor.Keys(workspaceID), func(key provider.Key) bool { return key.ID == row.issued.ID })
				if lives == row.revoked {
					t.Errorf("the key lives: %t, want %t", lives, !row.revoked)
				}
			})
		})
	}
}

// unreadable is an API server that gives no Secret.
func unreadable(c client.Client) client.Reader {
	//nolint:forcetypeassert // the cluster of the rig can be watched
	return interceptor.NewClient(c.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, below client.WithWatch, key client.ObjectKey, obj client.Object, options ...client.GetOption) error {
			if _, isSecret := obj.(*corev1.Secret); isSecret {
				return fmt.Errorf("get Secret %s: %w", key, context.DeadlineExceeded)
			}
			return below.Get(ctx, key, obj, options...)
		},
	})
}
