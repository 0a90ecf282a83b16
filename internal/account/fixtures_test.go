package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// canary is the credential of every test; it must show up nowhere.
const canary = "canary-3f9c"

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// clock is a clock that stands still until it is told otherwise.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: epoch} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// driver records what it is opened with; what its sessions list is up to the test.
type driver struct {
	name         string
	capabilities provider.Capabilities
	openErr      error
	workspaces   func(context.Context) iter.Seq2[provider.Workspace, error]
	keys         func(context.Context, string) iter.Seq2[provider.Key, error]

	mu     sync.Mutex
	opened []provider.Account
}

func (d *driver) Name() string                        { return d.name }
func (d *driver) Capabilities() provider.Capabilities { return d.capabilities }

func (d *driver) Open(account provider.Account) (provider.Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.openErr != nil {
		return nil, d.openErr
	}
	d.opened = append(d.opened, account)
	return session{d, account}, nil
}

func (d *driver) accounts() []provider.Account {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.opened)
}

type session struct {
	driver  *driver
	account provider.Account
}

func (s session) Check(ctx context.Context) error { return s.account.Gate.Take(ctx) }
func (s session) Workspaces() provider.Workspaces { return workspaces{nil, s} }
func (s session) Keys() provider.Keys             { return keys{nil, s} }

// workspaces can only be listed; each page is one request.
type workspaces struct {
	provider.Workspaces
	session
}

func (w workspaces) List(ctx context.Context, _ provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return gated(ctx, w.account.Gate, w.driver.workspaces(ctx))
}

type keys struct {
	provider.Keys
	session
}

func (k keys) List(ctx context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return gated(ctx, k.account.Gate, k.driver.keys(ctx, workspaceID))
}

// gated asks the gate before each item, as a driver does before each page.
func gated[T any](ctx context.Context, gate provider.Gate, items iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range items {
			if refused := gate.Take(ctx); refused != nil {
				yield(item, refused)
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// items yields the items, and then the error if there is one.
func items[T any](err error, all ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// trips counts what becomes of transports.
type trips struct {
	mu           sync.Mutex
	made, closed int
	err          error
}

type trip struct{ trips *trips }

func (t *trips) make([]byte) (http.RoundTripper, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	t.made++
	return trip{t}, nil
}

func (t trip) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no test sends a request")
}

func (t trip) CloseIdleConnections() {
	t.trips.mu.Lock()
	defer t.trips.mu.Unlock()
	t.trips.closed++
}

// world is a broker and everything around it.
type world struct {
	*Broker
	clock  *clock
	driver *driver
	trips  *trips
	client client.WithWatch
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{
		clock: newClock(),
		trips: &trips{},
		driver: &driver{
			name:         "slaunchx",
			capabilities: provider.Capabilities{CredentialKeys: []string{"token", "clientHash"}},
		},
		client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(),
	}
	w.Broker = NewBroker(Options{
		Reader:       w.client,
		Cache:        w.client,
		Drivers:      func(name string) (provider.Driver, bool) { return w.driver, name == w.driver.name },
		Namespace:    "operator",
		NewTransport: w.trips.make,
		Now:          w.clock.Now,
	})
	return w
}

// newClass is a class that works with newSecret.
func newClass(edit ...func(*v1alpha1.WorkspaceClass)) *v1alpha1.WorkspaceClass {
	class := &v1alpha1.WorkspaceClass{
		ObjectMeta: metav1.ObjectMeta{Name: "prod", UID: "class-uid", Generation: 1},
		Spec: v1alpha1.WorkspaceClassSpec{
			Provider: v1alpha1.Provider{Slaunchx: &v1alpha1.SlaunchxProvider{
				Endpoint: "https://vendor.test/prometheus", AcceptLanguage: "ja",
			}},
			CredentialsRef: v1alpha1.CredentialsReference{Name: "admin", Namespace: "platform"},
		},
		Status: v1alpha1.WorkspaceClassStatus{EndpointHost: "vendor.test"},
	}
	for _, edit := range edit {
		edit(class)
	}
	return class
}

func newSecret(edit ...func(*corev1.Secret)) *corev1.Secret {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "admin", Namespace: "platform", UID: "secret-uid"},
		Data:       map[string][]byte{"token": []byte(canary), "clientHash": []byte("hash\n")},
	}
	for _, edit := range edit {
		edit(secret)
	}
	return secret
}

func (w *world) open(t *testing.T, class *v1alpha1.WorkspaceClass) *Account {
	t.Helper()
	account, err := w.Open(t.Context(), class, "tenant")
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return account
}

// wantProblem fails unless err is the problem.
func wantProblem(t *testing.T, err error, reason, message string) {
	t.Helper()
	problem, ok := errors.AsType[*Problem](err)
	if !ok {
		t.Fatalf("got %v, want a Problem with reason %s", err, reason)
	}
	if got, want := fmt.Sprintf("%s: %s", problem.Reason, problem), fmt.Sprintf("%s: %s", reason, message); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func named(namespace, name string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: name}
}
