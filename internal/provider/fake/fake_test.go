package fake

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func mark() provider.Mark { return provider.MarkFor("1") }

func open(t *testing.T, vendor *Vendor, value string, gate provider.Gate) provider.Session {
	t.Helper()
	session, err := vendor.Open(provider.Account{Credential: map[string]provider.Secret{"apiKey": provider.NewSecret(value)}, Gate: gate})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func create(t *testing.T, session provider.Session) provider.Workspace {
	t.Helper()
	made, err := session.Workspaces().Create(t.Context(), mark(), provider.WorkspaceSpec{DisplayName: "a", Metadata: map[string]string{"k": "v"}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func wantClass(t *testing.T, err error, class provider.Class, uncertain bool) {
	t.Helper()
	var e *provider.Error
	if !errors.As(err, &e) || e.Class != class || e.Uncertain != uncertain || e.Op == "" {
		t.Errorf("got %v, uncertain %v; want class %s, uncertain %v, and an operation", err, provider.IsUncertain(err), class, uncertain)
	}
}

func TestTheLifeOfAWorkspaceAndItsKeys(t *testing.T) {
	vendor := New("fake", Everything())
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	vendor.SetClock(func() time.Time { return now })
	session := open(t, vendor, "x", nil)
	made := create(t, session)
	if made.ID == "" || made.Mark != mark() || made.Credential != nil || !made.CreatedAt.Equal(now) {
		t.Errorf("created %+v", made)
	}
	if err := session.Workspaces().Update(t.Context(), made.ID, provider.WorkspaceSpec{DisplayName: "b", Frozen: new(true)}); err != nil {
		t.Fatal(err)
	}
	got, err := session.Workspaces().Get(t.Context(), made.ID)
	if err != nil || got.Name != "b" || got.State != "frozen" || got.Metadata["k"] != "v" || got.Mark != mark() {
		t.Errorf("after the update: %+v, %v", got, err)
	}
	key, value, err := session.Keys().Issue(t.Context(), made.ID, mark().WithSerial(1), provider.KeySpec{DisplayName: "ci", Scopes: []string{"s"}})
	if err != nil || value.Reveal() == "" || value.Reveal() != vendor.Value(key.ID) {
		t.Errorf("issued %+v, value %q, %v", key, value.Reveal(), err)
	}
	if err := session.Keys().Amend(t.Context(), made.ID, key.ID, provider.KeySpec{DisplayName: "cd", Scopes: []string{"t"}, Disabled: new(true), ExpiresAt: now}); err != nil {
		t.Fatal(err)
	}
	read, err := session.Keys().Get(t.Context(), made.ID, key.ID)
	if err != nil || read.ID != key.ID || read.Disabled == nil || !*read.Disabled {
		t.Errorf("read %+v, %v", read, err)
	}
	for listed, err := range session.Keys().List(t.Context(), made.ID) {
		if err != nil || listed.Mark != mark().WithSerial(1) || listed.State != "disabled" || listed.Scopes[0] != "t" || !listed.ExpiresAt.Equal(now) {
			t.Errorf("listed %+v, %v", listed, err)
		}
	}
	for range 2 {
		if err := session.Keys().Revoke(t.Context(), made.ID, key.ID); err != nil || len(vendor.Keys(made.ID)) != 0 || vendor.Value(key.ID) != "" {
			t.Errorf("revoked: %v, left %v", err, vendor.Keys(made.ID))
		}
		if err := session.Workspaces().Delete(t.Context(), made); err != nil || len(vendor.Workspaces()) != 0 {
			t.Errorf("deleted: %v, left %v", err, vendor.Workspaces())
		}
	}
	_, err = session.Workspaces().Get(t.Context(), made.ID)
	wantClass(t, err, provider.NotFound, false)
	_, err = session.Keys().Get(t.Context(), made.ID, key.ID)
	wantClass(t, err, provider.NotFound, false)
	wantClass(t, session.Keys().Amend(t.Context(), made.ID, key.ID, provider.KeySpec{}), provider.NotFound, false)
}

func TestWhatItCannotDoIsNotDone(t *testing.T) {
	vendor := New("fake", provider.Capabilities{})
	session, ctx := open(t, vendor, "x", nil), t.Context()
	_, getErr := session.Workspaces().Get(ctx, "a")
	_, createErr := session.Workspaces().Create(ctx, mark(), provider.WorkspaceSpec{})
	_, readErr := session.Keys().Get(ctx, "a", "b")
	_, _, issueErr := session.Keys().Issue(ctx, "a", mark(), provider.KeySpec{})
	errs := map[Op]error{
		GetWorkspace: getErr, CreateWorkspace: createErr, IssueKey: issueErr, GetKey: readErr,
		UpdateWorkspace: session.Workspaces().Update(ctx, "a", provider.WorkspaceSpec{}),
		DeleteWorkspace: session.Workspaces().Delete(ctx, provider.Workspace{}),
		AmendKey:        session.Keys().Amend(ctx, "a", "b", provider.KeySpec{}),
		RevokeKey:       session.Keys().Revoke(ctx, "a", "b"),
	}
	for _, err := range session.Workspaces().List(ctx, provider.WorkspaceFilter{}) {
		errs[ListWorkspaces] = err
	}
	for _, err := range session.Keys().List(ctx, "a") {
		errs[ListKeys] = err
	}
	if len(errs) != 10 {
		t.Errorf("%d operations answered, want 10", len(errs))
	}
	for op, err := range errs {
		if !provider.Is(err, provider.Unsupported) {
			t.Errorf("%s: got %v, want Unsupported", op, err)
		}
	}
	if calls := vendor.Calls(); len(calls) != 0 {
		t.Errorf("calls were made: %v", calls)
	}
}

func TestFaultsHoldOnce(t *testing.T) {
	tests := map[string]struct {
		fault     Fault
		class     provider.Class
		uncertain bool
		worked    bool
	}{
		"before": {Refused(provider.Throttled), provider.Throttled, false, false},
		"after":  {Lost(), provider.Transient, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			vendor := New("fake", Everything())
			session := open(t, vendor, "x", nil)
			vendor.Fail(CreateWorkspace, test.fault)
			made, err := session.Workspaces().Create(t.Context(), mark(), provider.WorkspaceSpec{DisplayName: "a"})
			wantClass(t, err, test.class, test.uncertain)
			if made.ID != "" || (len(vendor.Workspaces()) == 1) != test.worked {
				t.Errorf("answered %v, %d exist", made, len(vendor.Workspaces()))
			}
			want := Call{Op: CreateWorkspace, Mark: mark(), Credential: "x", Worked: test.worked, Class: test.class}
			if test.worked {
				want.Workspace = vendor.Workspaces()[0].ID
			}
			if diff := cmp.Diff([]Call{want}, vendor.Calls(), cmp.Comparer(func(a, b provider.Mark) bool { return a == b })); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if create(t, session); vendor.Pending() != 0 {
				t.Error("the fault is still there")
			}
		})
	}
}

func TestFaultsAreTakenInOrderAndByOperation(t *testing.T) {
	vendor := New("fake", Everything())
	session := open(t, vendor, "x", nil)
	vendor.Fail(Check, Refused(provider.Exhausted))
	vendor.Fail(Check, Lost())
	create(t, session)
	wantClass(t, session.Check(t.Context()), provider.Exhausted, false)
	wantClass(t, session.Check(t.Context()), provider.Transient, false)
	if err := session.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(vendor.Calls(Check)); got != 3 {
		t.Errorf("%d checks are noted, want 3", got)
	}
	if vendor.ForgetCalls(); len(vendor.Calls()) != 0 {
		t.Error("the calls are not forgotten")
	}
}

func TestABlockedCall(t *testing.T) {
	vendor := New("fake", Everything())
	session := open(t, vendor, "x", nil)
	t.Run("goes on when it is let go", func(t *testing.T) {
		block := make(chan struct{})
		vendor.Fail(CreateWorkspace, Fault{Block: block})
		done := make(chan error)
		go func() {
			_, err := session.Workspaces().Create(context.Background(), mark(), provider.WorkspaceSpec{})
			done <- err
		}()
		if err := session.Check(t.Context()); err != nil {
			t.Errorf("another call is held up as well: %v", err)
		}
		close(block)
		if err := <-done; err != nil || len(vendor.Workspaces()) != 1 {
			t.Errorf("%v, %d exist", err, len(vendor.Workspaces()))
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		vendor.Fail(DeleteWorkspace, Fault{Block: make(chan struct{})})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := session.Workspaces().Delete(ctx, vendor.Workspaces()[0])
		wantClass(t, err, provider.Transient, false)
		if !errors.Is(err, context.Canceled) || len(vendor.Workspaces()) != 1 {
			t.Errorf("%v, %d exist", err, len(vendor.Workspaces()))
		}
	})
}

func TestAWorkspaceWithItsOwnCredential(t *testing.T) {
	capabilities := Everything()
	capabilities.Workspace.OwnCredential = true
	capabilities.Workspace.Recovery = provider.RecoverNever
	vendor := New("fake", capabilities)
	class := open(t, vendor, "class", nil)
	made := create(t, class)
	if made.Credential == nil || !made.Mark.IsZero() || vendor.Workspaces()[0].Credential != nil {
		t.Fatalf("created %+v", made)
	}
	_, err := class.Workspaces().Get(t.Context(), made.ID)
	wantClass(t, err, provider.Forbidden, false)
	own := open(t, vendor, made.Credential.Values["apiKey"].Reveal(), nil)
	if _, err := own.Workspaces().Get(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	if err := own.Keys().Revoke(t.Context(), made.ID, made.Credential.ID); err != nil || len(vendor.Keys(made.ID)) != 0 {
		t.Errorf("%v, left %v", err, vendor.Keys(made.ID))
	}
}

func TestListsInShortForm(t *testing.T) {
	vendor := New("fake", Everything())
	vendor.HideMarks()
	session := open(t, vendor, "x", nil)
	create(t, session)
	vendor.AddWorkspace(provider.Workspace{Name: "other"})
	var names []string
	for item, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{Name: "a"}) {
		if err != nil || !item.MarkUnread || !item.Mark.IsZero() {
			t.Errorf("listed %+v, %v", item, err)
		}
		names = append(names, item.Name)
		got, err := session.Workspaces().Get(t.Context(), item.ID)
		if err != nil || got.MarkUnread || got.Mark != mark() {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if len(names) != 1 {
		t.Errorf("listed %v by the name a", names)
	}
}

func TestBehindEveryonesBack(t *testing.T) {
	vendor := New("fake", Everything())
	session := open(t, vendor, "x", nil)
	id := vendor.AddWorkspace(provider.Workspace{ID: "mine", Name: "n"})
	key := vendor.AddKey(id, provider.Key{Name: "by hand"}, "v")
	if id != "mine" || vendor.Value(key) != "v" || len(vendor.Keys(id)) != 1 {
		t.Errorf("%s, %s: %v", id, key, vendor.Keys(id))
	}
	if vendor.RemoveKey(key); len(vendor.Keys(id)) != 0 {
		t.Error("the key is still there")
	}
	if vendor.RemoveWorkspace(id); len(vendor.Workspaces()) != 0 {
		t.Error("the workspace is still there")
	}
	for _, err := range session.Keys().List(t.Context(), id) {
		wantClass(t, err, provider.NotFound, false)
	}
}

func TestCredentials(t *testing.T) {
	vendor := New("fake", Everything())
	if _, err := vendor.Open(provider.Account{}); !provider.Is(err, provider.Invalid) {
		t.Errorf("without a credential: %v", err)
	}
	vendor.Reject("stale")
	wantClass(t, open(t, vendor, "stale", nil).Check(t.Context()), provider.Unauthorized, false)
	if err := open(t, vendor, "fresh", nil).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestScopes(t *testing.T) {
	capabilities := Everything()
	capabilities.Key.Required = []string{"scopes"}
	vendor := New("fake", capabilities)
	id := vendor.AddWorkspace(provider.Workspace{})
	_, _, err := open(t, vendor, "x", nil).Keys().Issue(t.Context(), id, mark().WithSerial(1), provider.KeySpec{})
	wantClass(t, err, provider.Invalid, false)
}

type gate struct {
	refuse error
	paused time.Duration
}

func (g *gate) Take(context.Context) error { return g.refuse }
func (g *gate) Pause(d time.Duration)      { g.paused = d }

func TestTheGateIsAskedAndTold(t *testing.T) {
	vendor := New("fake", Everything())
	closed := &provider.Error{Class: provider.Throttled, Op: "wait"}
	if err := open(t, vendor, "x", &gate{refuse: closed}).Check(t.Context()); !errors.Is(err, closed) || len(vendor.Calls()) != 0 {
		t.Errorf("got %v, calls %v", err, vendor.Calls())
	}
	told := &gate{}
	vendor.Fail(Check, Fault{Before: &provider.Error{Class: provider.Throttled, RetryAfter: time.Minute}})
	wantClass(t, open(t, vendor, "x", told).Check(t.Context()), provider.Throttled, false)
	if told.paused != time.Minute {
		t.Errorf("paused for %v", told.paused)
	}
}

func TestManyAtOnce(t *testing.T) {
	vendor := New("fake", Everything())
	session := open(t, vendor, "x", nil)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { create(t, session) })
	}
	group.Wait()
	ids := map[string]bool{}
	for _, item := range vendor.Workspaces() {
		ids[item.ID] = true
	}
	if len(ids) != 50 || len(vendor.Calls(CreateWorkspace)) != 50 {
		t.Errorf("%d ids, %d calls; want 50 of each", len(ids), len(vendor.Calls(CreateWorkspace)))
	}
}
