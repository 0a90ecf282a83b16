package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func namedMeta() metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: gen.Namespace, Name: "ci-key"}
}

func secrets() schema.GroupResource { return schema.GroupResource{Resource: "secrets"} }

func serverDown() error {
	return apierrors.NewGenericServerResponse(http.StatusInternalServerError, "create", secrets(), "ci-key", "etcd is away", 0, true)
}

func forbidden() error {
	return apierrors.NewForbidden(secrets(), "ci-key", errors.New("exceeded quota: secrets"))
}

// server is an API server that does to each write what the next trouble says.
type server struct {
	client.WithWatch
	trouble []trouble
	// writes are the verbs that came, dry or real.
	writes []string
	reads  int
	// policy is what an admission policy makes of each Secret on its way.
	policy func(*corev1.Secret)
}

func (s *server) admit(obj client.Object) client.Object {
	if secret, ok := obj.(*corev1.Secret); ok && s.policy != nil {
		s.policy(secret)
	}
	return obj
}

// trouble is what happens to a write: before it, and to its answer.
type trouble struct {
	before error
	does   bool
	answer error
	meddle func(client.WithWatch)
}

func refuse(err error) trouble { return trouble{before: err} }

// lose does the work and loses the answer.
func lose() trouble { return trouble{does: true, answer: context.DeadlineExceeded} }

func newServer(t *testing.T, objects []client.Object, all ...trouble) *server {
	t.Helper()
	s := &server{trouble: all}
	s.WithWatch = cluster(t, interceptor.Funcs{
		Create: func(ctx context.Context, below client.WithWatch, obj client.Object, opts ...client.CreateOption) error {
			options := client.CreateOptions{}
			options.ApplyOptions(opts)
			return s.take(ctx, "create", options.DryRun, below, func() error { return below.Create(ctx, s.admit(obj), opts...) })
		},
		Update: func(ctx context.Context, below client.WithWatch, obj client.Object, opts ...client.UpdateOption) error {
			options := client.UpdateOptions{}
			options.ApplyOptions(opts)
			return s.take(ctx, "update", options.DryRun, below, func() error { return below.Update(ctx, s.admit(obj), opts...) })
		},
		Delete: func(ctx context.Context, below client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
			options := client.DeleteOptions{}
			options.ApplyOptions(opts)
			return s.take(ctx, "delete", nil, below, func() error { return erase(ctx, below, obj, options.Preconditions) })
		},
		Get: func(ctx context.Context, below client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			s.reads++
			return below.Get(ctx, key, obj, opts...)
		},
	}, objects...)
	return s
}

// erase deletes as the API server does: only what is as it was seen.
func erase(ctx context.Context, below client.WithWatch, obj client.Object, seen *metav1.Preconditions) error {
	found := &corev1.Secret{}
	if err := below.Get(ctx, client.ObjectKeyFromObject(obj), found); err != nil {
		return err
	}
	if seen == nil || seen.UID == nil || seen.ResourceVersion == nil || *seen.UID != found.UID || *seen.ResourceVersion != found.ResourceVersion {
		return apierrors.NewConflict(secrets(), obj.GetName(), errors.New("it is not as it was seen"))
	}
	return below.Delete(ctx, obj)
}

func (s *server) take(ctx context.Context, verb string, dry []string, below client.WithWatch, do func() error) error {
	if len(dry) > 0 {
		verb = "dry " + verb
	}
	s.writes = append(s.writes, verb)
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(s.trouble) == 0 {
		return do()
	}
	next := s.trouble[0]
	s.trouble = s.trouble[1:]
	if next.meddle != nil {
		next.meddle(below)
	}
	if next.before != nil {
		return next.before
	}
	if err := do(); err != nil || !next.does {
		return err
	}
	return next.answer
}

func draft(t *testing.T, found Found) *Draft {
	t.Helper()
	made, err := Compose(apiKey(), found, content(), issuedAt())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// holds fails unless the Secret holds the canary, as key "key-1".
func (s *server) holds(t *testing.T) {
	t.Helper()
	secret := read(t, s.WithWatch)
	if secret == nil || string(secret.Data[v1alpha1.SecretKeyAPIKey]) != canary || string(secret.Data[v1alpha1.SecretKeyKeyID]) != "key-1" {
		t.Errorf("the key is lost: the Secret is %v", secret)
	}
}

func TestWrite(t *testing.T) {
	foreign := func(below client.WithWatch) {
		_ = below.Create(context.Background(), &corev1.Secret{ObjectMeta: namedMeta(), Data: map[string][]byte{"theirs": []byte("x")}})
	}
	for _, row := range []struct {
		name    string
		trouble []trouble
		writes  []string
	}{
		{"at once", nil, []string{"create"}},
		{"the API server is away for a moment", []trouble{refuse(serverDown()), refuse(serverDown())}, []string{"create", "create", "create"}},
		{"the API server is away for twenty seconds", slices.Repeat([]trouble{refuse(serverDown())}, 40), slices.Repeat([]string{"create"}, 41)},
		{"the answer was lost", []trouble{lose()}, []string{"create", "create"}},
		{"the answer was lost twice", []trouble{lose(), {before: context.DeadlineExceeded}}, []string{"create", "create", "create"}},
		{"the answer was lost, and then it is refused", []trouble{lose(), refuse(forbidden())}, []string{"create", "create"}},
		{"the answer was lost, and then the namespace seems to be gone", []trouble{lose(), refuse(gone())}, []string{"create", "create"}},
		{"too many requests", []trouble{refuse(apierrors.NewTooManyRequests("slow down", 1))}, []string{"create", "create"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, nil, row.trouble...)
				if err := draft(t, Found{}).Write(t.Context(), s, s); err != nil {
					t.Fatalf("%v after %v", err, s.writes)
				}
				s.holds(t)
				if !slices.Equal(s.writes, row.writes) {
					t.Errorf("writes: %v, want %v", s.writes, row.writes)
				}
			})
		})
	}
	for _, row := range []struct {
		name    string
		trouble []trouble
		is      func(error) bool
		writes  int
	}{
		{"somebody else took the name", []trouble{{meddle: foreign}}, isTaken, 1},
		{"somebody else took the name while the server was away", []trouble{refuse(serverDown()), {meddle: foreign}}, isTaken, 2},
		{"a definite no", []trouble{refuse(forbidden())}, apierrors.IsForbidden, 1},
		{"no longer acceptable", []trouble{refuse(apierrors.NewInvalid(schema.GroupKind{Kind: "Secret"}, "ci-key", nil))}, apierrors.IsInvalid, 1},
		{"the namespace is gone", []trouble{refuse(gone())}, apierrors.IsNotFound, 1},
		{"a definite no after a doubt", []trouble{refuse(serverDown()), refuse(forbidden())}, surely(apierrors.IsForbidden), 2},
		{"away for longer than we hold a key in memory", slices.Repeat([]trouble{refuse(serverDown())}, 1000), isDoubtful, 0},
		{"not to be reached for so long", slices.Repeat([]trouble{refuse(syscall.ECONNREFUSED)}, 1000), surely(utilnet.IsConnectionRefused), 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, nil, row.trouble...)
				start := time.Now()
				err := draft(t, Found{}).Write(t.Context(), s, s)
				if !row.is(err) {
					t.Errorf("got %v after %v", err, s.writes)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) {
					t.Errorf("the error shows the key: %v", err)
				}
				if row.writes > 0 && len(s.writes) != row.writes {
					t.Errorf("%d writes, want %d: %v", len(s.writes), row.writes, s.writes)
				}
				if took := time.Since(start); row.writes == 0 && (took < writePatience || took > writePatience+time.Second) {
					t.Errorf("a key that is shown once was held for %s, want %s", took, writePatience)
				}
			})
		})
	}
}

func isTaken(err error) bool { return errors.Is(err, ErrTaken) }

// surely is what is, and leaves no doubt that nothing is stored.
func surely(is func(error) bool) func(error) bool {
	return func(err error) bool { return is(err) && !errors.Is(err, ErrDoubtful) }
}

func isDoubtful(err error) bool { return errors.Is(err, ErrDoubtful) && apierrors.IsInternalError(err) }

func gone() error { return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "team") }

func TestWriteOutlivesItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, nil, refuse(serverDown()))
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := draft(t, Found{}).Write(ctx, s, s); err != nil {
			t.Fatalf("a key that exists was dropped on shutdown: %v", err)
		}
		s.holds(t)
	})
}

func TestWriteInPlaceOfAnEmptiedSecret(t *testing.T) {
	emptied := func(secret *corev1.Secret) { secret.Data = nil }
	inspect := func(t *testing.T, s *server) Found {
		t.Helper()
		found, err := Inspect(t.Context(), s, apiKey())
		if err != nil || found.State != plan.SecretOurs || found.KeyID != "" {
			t.Fatalf("got %+v, %v", found, err)
		}
		return found
	}
	annotate := func(below client.WithWatch) {
		secret := &corev1.Secret{ObjectMeta: namedMeta()}
		_ = below.Get(context.Background(), client.ObjectKeyFromObject(secret), secret)
		secret.Labels["touched"] = "yes"
		_ = below.Update(context.Background(), secret)
	}
	for _, row := range []struct {
		name    string
		trouble []trouble
		writes  []string
	}{
		{"at once", nil, []string{"update"}},
		{"the answer was lost", []trouble{lose()}, []string{"update", "update"}},
		{"somebody touched it, and it is still empty", []trouble{{meddle: annotate}}, []string{"update", "update"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, []client.Object{ours(t, emptied)}, row.trouble...)
				if err := draft(t, inspect(t, s)).Write(t.Context(), s, s); err != nil {
					t.Fatal(err)
				}
				s.holds(t)
				if !slices.Equal(s.writes, row.writes) {
					t.Errorf("writes: %v, want %v", s.writes, row.writes)
				}
			})
		})
	}
	t.Run("another key was published meanwhile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, []client.Object{ours(t, emptied)}, trouble{meddle: func(below client.WithWatch) {
				secret := &corev1.Secret{ObjectMeta: namedMeta()}
				_ = below.Get(context.Background(), client.ObjectKeyFromObject(secret), secret)
				secret.Data = map[string][]byte{}
				forge("theirs", "key-2", "ci-0123456789abcdef-2")(secret)
				_ = below.Update(context.Background(), secret)
			}})
			if err := draft(t, inspect(t, s)).Write(t.Context(), s, s); !isTaken(err) {
				t.Errorf("got %v", err)
			}
			if got := string(read(t, s.WithWatch).Data[v1alpha1.SecretKeyKeyID]); got != "key-2" {
				t.Errorf("the key published by another was replaced by %q", got)
			}
		})
	})
}

func TestRehearse(t *testing.T) {
	for _, row := range []struct {
		name    string
		trouble []trouble
		refused bool
		is      func(error) bool
	}{
		{"it would be taken", nil, false, func(err error) bool { return err == nil }},
		{"a quota or a policy forbids it", []trouble{refuse(forbidden())}, true, nil},
		{"it is not valid", []trouble{refuse(apierrors.NewInvalid(schema.GroupKind{Kind: "Secret"}, "ci-key", nil))}, true, nil},
		{"it is too large", []trouble{refuse(apierrors.NewRequestEntityTooLargeError("limit is 3145728"))}, true, nil},
		{"the name was taken a moment ago", []trouble{refuse(apierrors.NewAlreadyExists(secrets(), "ci-key"))}, false, apierrors.IsConflict},
		{"the API server is away", []trouble{refuse(serverDown())}, false, apierrors.IsInternalError},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(t, nil, row.trouble...)
			err := draft(t, Found{}).Rehearse(t.Context(), s)
			hold, isHold := errors.AsType[*plan.Impasse](err)
			if isHold != row.refused || row.is != nil && !row.is(err) {
				t.Errorf("got %v", err)
			}
			if isHold && (hold.State != plan.Blocked || hold.Reason != v1alpha1.ReasonSecretRefused || !strings.Contains(hold.Message, "no key was issued")) {
				t.Errorf("the person who has to act is told %+v", hold)
			}
			if !slices.Equal(s.writes, []string{"dry create"}) {
				t.Errorf("writes: %v, want one that is dry", s.writes)
			}
			if read(t, s.WithWatch) != nil {
				t.Error("the rehearsal made a Secret")
			}
		})
	}
	t.Run("in place of an emptied one", func(t *testing.T) {
		s := newServer(t, []client.Object{ours(t, func(secret *corev1.Secret) { secret.Data = nil })})
		found, err := Inspect(t.Context(), s, apiKey())
		if err != nil {
			t.Fatal(err)
		}
		if err := draft(t, found).Rehearse(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.writes, []string{"dry update"}) || len(read(t, s.WithWatch).Data) > 0 {
			t.Errorf("writes: %v", s.writes)
		}
	})
}
