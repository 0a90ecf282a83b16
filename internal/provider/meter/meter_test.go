package meter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// vendor is a driver, and all that a driver opens. It notes what reaches it
// and answers what it was told to.
type vendor struct {
	provider.Driver // its methods that nobody calls
	mu              sync.Mutex
	got             []any
	err             error
	takes           time.Duration
	items           int
}

func (v *vendor) Name() string { return "acme" }

func (v *vendor) Capabilities() provider.Capabilities {
	return provider.Capabilities{CredentialKeys: []string{"k"}}
}

func (v *vendor) Open(account provider.Account) (provider.Session, error) {
	v.hear(account.Endpoint)
	if v.err != nil {
		return nil, v.err
	}
	return v, nil
}

func (v *vendor) Workspaces() provider.Workspaces { return (*vendorWorkspaces)(v) }
func (v *vendor) Keys() provider.Keys             { return (*vendorKeys)(v) }

// note is one call: it takes its time and remembers what it was given.
func (v *vendor) note(call ...any) error {
	<-time.After(v.takes)
	v.hear(call...)
	return v.err
}

func (v *vendor) hear(call ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.got = append(v.got, call...)
}

func (v *vendor) Check(context.Context) error { return v.note("check") }

// list yields the items, each after a while, and then the error.
func list[T any](v *vendor, call ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		v.hear(call...)
		var item T
		for range v.items {
			<-time.After(v.takes)
			if !yield(item, nil) {
				return
			}
		}
		if v.err != nil {
			yield(item, v.err)
		}
	}
}

type vendorWorkspaces vendor

func (v *vendorWorkspaces) List(_ context.Context, filter provider.WorkspaceFilter) iter.Seq2[provider.Workspace, error] {
	return list[provider.Workspace]((*vendor)(v), "list", filter)
}

func (v *vendorWorkspaces) Get(_ context.Context, id string) (provider.Workspace, error) {
	return provider.Workspace{ID: "got"}, (*vendor)(v).note("get", id)
}

func (v *vendorWorkspaces) Create(_ context.Context, mark provider.Mark, spec provider.WorkspaceSpec) (provider.Workspace, error) {
	return provider.Workspace{ID: "made"}, (*vendor)(v).note("create", mark.Owner(), spec.DisplayName)
}

func (v *vendorWorkspaces) Update(_ context.Context, id string, spec provider.WorkspaceSpec) error {
	return (*vendor)(v).note("update", id, spec.DisplayName)
}

func (v *vendorWorkspaces) Delete(_ context.Context, seen provider.Workspace) error {
	return (*vendor)(v).note("delete", seen.ID)
}

type vendorKeys vendor

func (v *vendorKeys) List(_ context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
	return list[provider.Key]((*vendor)(v), "list", workspaceID)
}

func (v *vendorKeys) Get(_ context.Context, workspaceID, id string) (provider.Key, error) {
	return provider.Key{ID: "got"}, (*vendor)(v).note("get", workspaceID, id)
}

func (v *vendorKeys) Issue(_ context.Context, workspaceID string, mark provider.Mark, spec provider.KeySpec) (provider.Key, provider.Secret, error) {
	err := (*vendor)(v).note("issue", workspaceID, mark.String(), spec.DisplayName)
	return provider.Key{ID: "issued"}, provider.NewSecret("value"), err
}

func (v *vendorKeys) Amend(_ context.Context, workspaceID, id string, spec provider.KeySpec) error {
	return (*vendor)(v).note("amend", workspaceID, id, spec.DisplayName)
}

func (v *vendorKeys) Revoke(_ context.Context, workspaceID, id string) error {
	return (*vendor)(v).note("revoke", workspaceID, id)
}

// open wraps the vendor and opens it.
func open(t *testing.T, v *vendor) (provider.Session, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	meter, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	session, err := meter.Wrap(v).Open(provider.Account{})
	if err != nil {
		t.Fatal(err)
	}
	v.got = nil
	return session, registry
}

// read gives the counts by "provider operation class", and the time observed
// by "provider operation".
func read(t *testing.T, registry *prometheus.Registry) (calls, seconds map[string]float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	calls, seconds = map[string]float64{}, map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, pair := range metric.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			operation := labels["provider"] + " " + labels["operation"]
			switch family.GetName() {
			case "workspace_operator_provider_calls_total":
				calls[operation+" "+labels["class"]] = metric.GetCounter().GetValue()
			case "workspace_operator_provider_call_duration_seconds":
				seconds[operation] = metric.GetHistogram().GetSampleSum()
			default:
				t.Errorf("unexpected metric %s", family.GetName())
			}
		}
	}
	return calls, seconds
}

func drain[T any](list iter.Seq2[T, error]) (items int, failure error) {
	for _, err := range list {
		if err != nil {
			failure = err
			continue
		}
		items++
	}
	return items, failure
}

var mark = provider.MarkFor("a uid").WithSerial(1)

// everything calls each method of a session once, and gives for each what it
// returned, under the name the operation is counted by.
func everything(ctx context.Context, s provider.Session) map[string][]any {
	returned := map[string][]any{}
	note := func(operation string, values ...any) { returned[operation] = values }
	note("check", s.Check(ctx))

	items, err := drain(s.Workspaces().List(ctx, provider.WorkspaceFilter{Name: "n"}))
	note("workspace.list", items, err)
	workspace, err := s.Workspaces().Get(ctx, "w")
	note("workspace.get", workspace.ID, err)
	workspace, err = s.Workspaces().Create(ctx, mark, provider.WorkspaceSpec{DisplayName: "d"})
	note("workspace.create", workspace.ID, err)
	note("workspace.update", s.Workspaces().Update(ctx, "w", provider.WorkspaceSpec{DisplayName: "d"}))
	note("workspace.delete", s.Workspaces().Delete(ctx, provider.Workspace{ID: "w"}))

	items, err = drain(s.Keys().List(ctx, "w"))
	note("key.list", items, err)
	key, err := s.Keys().Get(ctx, "w", "k")
	note("key.get", key.ID, err)
	key, value, err := s.Keys().Issue(ctx, "w", mark, provider.KeySpec{DisplayName: "d"})
	note("key.issue", key.ID, value.Reveal(), err)
	note("key.amend", s.Keys().Amend(ctx, "w", "k", provider.KeySpec{DisplayName: "d"}))
	note("key.revoke", s.Keys().Revoke(ctx, "w", "k"))
	return returned
}

func TestEveryMethodPassesThroughAndIsCountedOnce(t *testing.T) {
	broken := errors.New("not of this project")
	tests := map[string]struct {
		err   error
		class string
	}{
		"success":     {nil, ""},
		"throttled":   {&provider.Error{Class: provider.Throttled}, "Throttled"},
		"wrapped":     {fmt.Errorf("on the way: %w", &provider.Error{Class: provider.NotFound}), "NotFound"},
		"unsupported": {provider.NotSupported("x"), "Unsupported"},
		"strange":     {broken, "Transient"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plain, wrapped := &vendor{items: 2, err: test.err}, &vendor{items: 2}
			session, registry := open(t, wrapped)
			wrapped.err = test.err

			want, got := everything(t.Context(), plain), everything(t.Context(), session)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the wrapped driver returns\n%v, the driver itself\n%v", got, want)
			}
			if diff := cmp.Diff(plain.got, wrapped.got); diff != "" {
				t.Errorf("the wrapped driver is asked something else (-want +got):\n%s", diff)
			}
			wantCalls := map[string]float64{}
			for operation := range want {
				wantCalls["acme "+operation+" "+test.class] = 1
			}
			calls, _ := read(t, registry)
			if diff := cmp.Diff(wantCalls, calls); diff != "" {
				t.Errorf("unexpected counts (-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever adds a method to the contract must decide how it is counted.
func TestNoMethodIsForgotten(t *testing.T) {
	methods := 1 // Session.Check
	for _, part := range []reflect.Type{reflect.TypeFor[provider.Workspaces](), reflect.TypeFor[provider.Keys]()} {
		methods += part.NumMethod()
	}
	session, registry := open(t, &vendor{})
	everything(t.Context(), session)
	if calls, _ := read(t, registry); len(calls) != methods {
		t.Errorf("%d operations are counted, the contract has %d", len(calls), methods)
	}
}

// Dashboards join operations with the abilities in a class's status.
func TestOperationsAreNamedAsAbilitiesAre(t *testing.T) {
	abilities := provider.Capabilities{
		Workspace: provider.WorkspaceCapabilities{Create: true, Get: true, List: true, Update: true, Delete: true},
		Key:       provider.KeyCapabilities{Issue: true, Get: true, List: true, Amend: true, Revoke: true},
	}.Names()
	operations := slices.Collect(maps.Keys(everything(t.Context(), &vendor{})))
	operations = slices.DeleteFunc(operations, func(operation string) bool { return operation == "check" })
	slices.Sort(abilities)
	slices.Sort(operations)
	if diff := cmp.Diff(abilities, operations); diff != "" {
		t.Errorf("-abilities +operations:\n%s", diff)
	}
}

func TestCallsAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		session, registry := open(t, &vendor{takes: 3 * time.Second, items: 2})
		everything(t.Context(), session)
		_, seconds := read(t, registry)
		for operation, got := range seconds {
			want := 3.0
			if strings.HasSuffix(operation, ".list") {
				want = 6
			}
			if got != want {
				t.Errorf("%s took %v s, want %v s", operation, got, want)
			}
		}
		if len(seconds) != 11 {
			t.Errorf("%d operations are timed, want 11: %v", len(seconds), seconds)
		}
	})
}

func TestTheTimeOfAListsReaderIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		session, registry := open(t, &vendor{takes: time.Second, items: 3})
		for range session.Keys().List(t.Context(), "w") {
			<-time.After(time.Hour)
		}
		if _, seconds := read(t, registry); seconds["acme key.list"] != 3 {
			t.Errorf("the list took %v s, want 3 s", seconds["acme key.list"])
		}
	})
}

func TestAListIsCountedWheneverItIsRead(t *testing.T) {
	session, registry := open(t, &vendor{items: 3})
	keys := session.Keys().List(t.Context(), "w")
	if calls, _ := read(t, registry); len(calls) != 0 {
		t.Errorf("a list that nobody has read is counted: %v", calls)
	}
	for range keys {
		break
	}
	if items, err := drain(keys); items != 3 || err != nil {
		t.Errorf("read %d items, %v; want 3", items, err)
	}
	if calls, _ := read(t, registry); calls["acme key.list "] != 2 {
		t.Errorf("a list read in part and then whole is counted as %v, want 2", calls)
	}
}

func TestAListWhoseReaderPanicsIsCounted(t *testing.T) {
	session, registry := open(t, &vendor{items: 3})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		for range session.Keys().List(t.Context(), "w") {
			panic("reader")
		}
	}()
	if calls, _ := read(t, registry); calls["acme key.list "] != 1 {
		t.Errorf("got %v, want one list", calls)
	}
}

func TestOpen(t *testing.T) {
	registry := prometheus.NewRegistry()
	meter, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	v := &vendor{err: &provider.Error{Class: provider.Invalid}}
	wrapped := meter.Wrap(v)
	session, err := wrapped.Open(provider.Account{Endpoint: "https://x"})
	if session != nil || !errors.Is(err, v.err) || !slices.Equal(v.got, []any{"https://x"}) {
		t.Errorf("got session %v, %v, the driver was given %v", session, err, v.got)
	}
	if wrapped.Name() != "acme" || !slices.Equal(wrapped.Capabilities().CredentialKeys, []string{"k"}) {
		t.Errorf("the wrapped driver is called %q and can %v", wrapped.Name(), wrapped.Capabilities())
	}
	if calls, _ := read(t, registry); len(calls) != 0 {
		t.Errorf("opening an account, which calls nobody, is counted: %v", calls)
	}
}

func TestVendorsAreToldApart(t *testing.T) {
	registry := prometheus.NewRegistry()
	meter, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"acme", "other"} {
		session, err := meter.Wrap(named{&vendor{}, name}).Open(provider.Account{})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	calls, _ := read(t, registry)
	if diff := cmp.Diff(map[string]float64{"acme check ": 1, "other check ": 1}, calls); diff != "" {
		t.Errorf("unexpected counts (-want +got):\n%s", diff)
	}
}

type named struct {
	*vendor
	name string
}

func (n named) Name() string { return n.name }

func TestTwoMetersDoNotShareARegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := New(registry); err != nil {
		t.Fatal(err)
	}
	if _, err := New(registry); err == nil {
		t.Error("the second meter would count into nothing")
	}
	if _, err := New(prometheus.NewRegistry()); err != nil {
		t.Errorf("meters share something besides their registry: %v", err)
	}
}

func TestCallsAreCountedConcurrently(t *testing.T) {
	session, registry := open(t, &vendor{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				everything(t.Context(), session)
			}
		})
	}
	group.Wait()
	calls, _ := read(t, registry)
	for operation, count := range calls {
		if count != 800 {
			t.Errorf("%s is counted %v times, want 800", operation, count)
		}
	}
	if len(calls) != 11 {
		t.Errorf("%d operations are counted, want 11: %v", len(calls), calls)
	}
}
