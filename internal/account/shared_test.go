package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// vendorList is a vendor whose list holds until it is released, and counts.
type vendorList struct {
	fetched, at, most atomic.Int32
	hold              chan struct{}
	answer            func(n int) iter.Seq2[provider.Workspace, error]
	deadline          atomic.Bool
}

func (v *vendorList) list(ctx context.Context) iter.Seq2[provider.Workspace, error] {
	return func(yield func(provider.Workspace, error) bool) {
		v.most.Store(max(v.most.Load(), v.at.Add(1)))
		defer v.at.Add(-1)
		n := int(v.fetched.Add(1))
		_, bounded := ctx.Deadline()
		v.deadline.Store(bounded)
		if v.hold != nil {
			select {
			case <-v.hold:
			case <-ctx.Done():
				yield(provider.Workspace{}, ctx.Err())
				return
			}
		}
		for workspace, err := range v.answer(n) {
			if !yield(workspace, err) {
				return
			}
		}
	}
}

// numbered answers the n-th fetch with one workspace of that number.
func numbered(n int) iter.Seq2[provider.Workspace, error] {
	return items(nil, provider.Workspace{ID: fmt.Sprint(n)})
}

func listWorld(t *testing.T, vendor *vendorList) (*world, *Account) {
	t.Helper()
	w := newWorld(t, newSecret())
	w.driver.workspaces = vendor.list
	return w, w.open(t, newClass())
}

func wantList(t *testing.T, account *Account, fresh Freshness, want string) {
	t.Helper()
	got, err := account.Workspaces(t.Context(), fresh)
	if err != nil {
		t.Errorf("Workspaces(%+v): %v", fresh, err)
		return
	}
	var ids []string
	for _, workspace := range got {
		ids = append(ids, workspace.ID)
	}
	if strings.Join(ids, " ") != want {
		t.Errorf("Workspaces(%+v): got %v, want %s", fresh, ids, want)
	}
}

func TestFreshness(t *testing.T) {
	minute := Freshness{MaxAge: time.Minute}
	for _, test := range []struct {
		name  string
		after time.Duration
		fresh Freshness
		want  string
	}{
		{name: "at once", fresh: minute, want: "1"},
		{name: "as old as allowed", after: time.Minute, fresh: minute, want: "1"},
		{name: "older", after: time.Minute + 1, fresh: minute, want: "2"},
		{name: "from now on", after: 1, fresh: Freshness{}, want: "2"},
		{name: "begun after", after: time.Second, fresh: Freshness{MaxAge: time.Minute, NotBefore: epoch.Add(-1)}, want: "1"},
		{name: "begun just then", after: time.Second, fresh: Freshness{MaxAge: time.Minute, NotBefore: epoch}, want: "2"},
		{name: "a moment to come", fresh: Freshness{MaxAge: time.Minute, NotBefore: epoch.Add(time.Hour)}, want: "2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, account := listWorld(t, &vendorList{answer: numbered})
			wantList(t, account, Freshness{}, "1")
			w.clock.Advance(test.after)
			wantList(t, account, test.fresh, test.want)
		})
	}
}

func TestListIsFetchedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &vendorList{hold: make(chan struct{}), answer: numbered}
		w, account := listWorld(t, vendor)
		for range 100 {
			go wantList(t, account, Freshness{MaxAge: time.Minute}, "1")
		}
		synctest.Wait()
		w.clock.Advance(time.Second)
		for range 100 { // these want what happened since
			go wantList(t, account, Freshness{}, "2")
		}
		synctest.Wait()
		close(vendor.hold)
		synctest.Wait()
		if vendor.fetched.Load() != 2 || vendor.most.Load() != 1 {
			t.Errorf("%d fetches, %d at a time, for 200 callers; want 2, one at a time", vendor.fetched.Load(), vendor.most.Load())
		}
		if !vendor.deadline.Load() {
			t.Error("a list may take for ever")
		}
	})
}

func TestCallerWhoLeavesStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &vendorList{hold: make(chan struct{}), answer: numbered}
		_, account := listWorld(t, vendor)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := account.Workspaces(ctx, Freshness{})
			left <- err
		}()
		synctest.Wait()
		go wantList(t, account, Freshness{}, "1")
		synctest.Wait()
		leave()
		if err := <-left; !provider.Is(err, provider.Transient) || !errors.Is(err, context.Canceled) || provider.IsUncertain(err) {
			t.Errorf("who left got %v", err)
		}
		close(vendor.hold)
		synctest.Wait()
		wantList(t, account, Freshness{MaxAge: time.Minute}, "1")
	})
}

// A vendor that never answers holds up a list no longer than the timeout.
func TestListHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &vendorList{hold: make(chan struct{}), answer: numbered}
		_, account := listWorld(t, vendor)
		began := time.Now()
		if _, err := account.Workspaces(t.Context(), Freshness{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if took := time.Since(began); took != fetchTimeout {
			t.Errorf("gave up after %v, want %v", took, fetchTimeout)
		}
	})
}

func TestBrokenListIsAnErrorAndNotKept(t *testing.T) {
	broken := &provider.Error{Class: provider.Forbidden, Op: "list workspaces", Message: "no"}
	_, account := listWorld(t, &vendorList{answer: func(n int) iter.Seq2[provider.Workspace, error] {
		if n == 1 {
			return items(error(broken), provider.Workspace{ID: "first page"})
		}
		return numbered(n)
	}})
	if got, err := account.Workspaces(t.Context(), Freshness{}); !errors.Is(err, broken) || got != nil {
		t.Errorf("a broken page: got %v, %v", got, err)
	}
	wantList(t, account, Freshness{MaxAge: time.Hour}, "2")
}

func TestPanicIsTheCallers(t *testing.T) {
	_, account := listWorld(t, &vendorList{answer: func(n int) iter.Seq2[provider.Workspace, error] {
		if n == 1 {
			panic("index out of range")
		}
		return numbered(n)
	}})
	func() {
		defer func() {
			if got := recover(); got != "index out of range" {
				t.Errorf("recovered %v, want the driver's panic", got)
			}
		}()
		_, _ = account.Workspaces(t.Context(), Freshness{})
	}()
	wantList(t, account, Freshness{MaxAge: time.Hour}, "2")
}

func TestEndlessListIsAnError(t *testing.T) {
	_, account := listWorld(t, &vendorList{answer: func(int) iter.Seq2[provider.Workspace, error] {
		return func(yield func(provider.Workspace, error) bool) {
			for yield(provider.Workspace{}, nil) {
			}
		}
	}})
	_, err := account.Workspaces(t.Context(), Freshness{})
	if want := "list workspaces: the vendor's list does not end: it has more than 100000 items (Transient)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestListIsTheCallersOwn(t *testing.T) {
	w := newWorld(t, newSecret())
	w.driver.workspaces = func(context.Context) iter.Seq2[provider.Workspace, error] {
		return items(nil, provider.Workspace{ID: "a", Metadata: map[string]string{"k": "v"}, Environments: []provider.Environment{{Name: "e"}}})
	}
	w.driver.keys = func(context.Context, string) iter.Seq2[provider.Key, error] {
		return items(nil, provider.Key{ID: "a", Scopes: []string{"s"}})
	}
	account := w.open(t, newClass())
	read := func() ([]provider.Workspace, []provider.Key) {
		workspaces, err := account.Workspaces(t.Context(), Freshness{MaxAge: time.Hour})
		keys, keysErr := account.Keys(t.Context(), "a", Freshness{MaxAge: time.Hour})
		if err := errors.Join(err, keysErr); err != nil {
			t.Fatal(err)
		}
		return workspaces, keys
	}
	workspaces, keys := read()
	workspaces[0].Metadata["k"], workspaces[0].Environments[0].Name, keys[0].Scopes[0] = "x", "x", "x"
	workspaces[0], keys[0] = provider.Workspace{}, provider.Key{}
	workspaces, keys = read()
	got := []string{workspaces[0].ID, workspaces[0].Metadata["k"], workspaces[0].Environments[0].Name, keys[0].ID, keys[0].Scopes[0]}
	if diff := cmp.Diff([]string{"a", "v", "e", "a", "s"}, got); diff != "" {
		t.Errorf("one caller changed what the next one sees:\n%s", diff)
	}
}

func TestForget(t *testing.T) {
	hour := Freshness{MaxAge: time.Hour}
	_, account := listWorld(t, &vendorList{answer: numbered})
	wantList(t, account, hour, "1")
	account.ForgetKeys("a")
	wantList(t, account, hour, "1")
	account.Forget()
	wantList(t, account, hour, "2")
}

// What is being fetched while something changes must not be taken for news.
func TestForgetDuringFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &vendorList{hold: make(chan struct{}), answer: numbered}
		_, account := listWorld(t, vendor)
		go wantList(t, account, Freshness{}, "1")
		synctest.Wait()
		account.Forget()
		go wantList(t, account, Freshness{MaxAge: time.Hour}, "2")
		synctest.Wait()
		close(vendor.hold)
		synctest.Wait()
		wantList(t, account, Freshness{MaxAge: time.Hour}, "2")
	})
}

func TestKeys(t *testing.T) {
	w := newWorld(t, newSecret())
	fetched := map[string]int{}
	w.driver.keys = func(_ context.Context, workspaceID string) iter.Seq2[provider.Key, error] {
		fetched[workspaceID]++
		return items(nil, provider.Key{ID: fmt.Sprint(workspaceID, fetched[workspaceID])})
	}
	account := w.open(t, newClass())
	want := func(workspaceID, id string) {
		t.Helper()
		keys, err := account.Keys(t.Context(), workspaceID, Freshness{MaxAge: time.Hour})
		if err != nil || len(keys) != 1 || keys[0].ID != id {
			t.Errorf("keys of %s: got %v, %v, want %s", workspaceID, keys, err, id)
		}
	}
	want("a", "a1")
	want("b", "b1")
	want("a", "a1")
	account.ForgetKeys("a")
	want("a", "a2")
	want("b", "b1")
	account.Forget() // the workspaces only
	want("a", "a2")
	want("b", "b1")
}

// limited is an account that allows two requests at once and six a minute on.
func limited(t *testing.T, vendor *vendorList) (*world, *Account) {
	t.Helper()
	w := newWorld(t, newSecret())
	w.driver.workspaces = vendor.list
	return w, w.open(t, newClass(func(class *v1alpha1.WorkspaceClass) {
		class.Spec.RateLimit = &v1alpha1.RequestRate{RequestsPerMinute: 8}
	}))
}

func threePages(n int) iter.Seq2[provider.Workspace, error] {
	page := provider.Workspace{ID: fmt.Sprint(n)}
	return items(nil, page, page, page)
}

// A list is begun when there is room, and then read to its end.
func TestListIsNotStoppedBetweenPages(t *testing.T) {
	w, account := limited(t, &vendorList{answer: threePages})
	wantList(t, account, Freshness{}, "1 1 1")
	w.clock.Advance(time.Second)
	_, err := account.Workspaces(t.Context(), Freshness{})
	wait := waitOf(t, err)
	w.clock.Advance(wait)
	wantList(t, account, Freshness{}, "2 2 2")
}

// Who has reserved is not sent away because somebody without a turn came first.
func TestThrottledFetchIsNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := make(chan struct{})
		list := newShared(time.Now, copyWorkspace)
		read := func(answer error) func(context.Context) ([]provider.Workspace, error) {
			return func(context.Context) ([]provider.Workspace, error) {
				<-turn
				return []provider.Workspace{{ID: "a"}}, answer
			}
		}
		for _, answer := range []error{throttled(time.Second), nil} {
			go func() {
				if _, err := list.get(t.Context(), Freshness{MaxAge: time.Hour}, "list", read(answer)); !errors.Is(err, answer) {
					t.Errorf("got %v, want %v", err, answer)
				}
			}()
			synctest.Wait()
		}
		close(turn)
		synctest.Wait()
	})
}

// A pass pays for its list with its own reservation.
func TestFetchUsesTheCallersReservation(t *testing.T) {
	_, account := limited(t, &vendorList{answer: numbered})
	ctx, err := account.Reserve(t.Context(), "a", 2, Create)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.Workspaces(ctx, Freshness{}); err != nil {
		t.Errorf("the list: %v", err)
	}
	if err := account.Session().Check(ctx); err != nil {
		t.Errorf("the call after the list: %v", err)
	}
	_, err = account.Reserve(t.Context(), "b", 1, Revoke)
	if wait := waitOf(t, err); wait > 10*time.Second {
		t.Errorf("told to wait %v: more than the two requests were paid for", wait)
	}
}
