package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/test/gen"
)

func TestStoreStatus(t *testing.T) {
	note := func(ws *v1alpha1.Workspace) {
		ws.Status.Attempt = &v1alpha1.Attempt{StartedAt: metav1.NewTime(time.Unix(100, 0)), Name: "n"}
	}
	t.Run("is on record", func(t *testing.T) {
		r := newRig(t, held())
		if err := StoreStatus(t.Context(), r.api, r.get(), note); err != nil {
			t.Fatal(err)
		}
		if r.get().Status.Attempt == nil {
			t.Error("it is not")
		}
	})
	t.Run("fails if anybody wrote meanwhile", func(t *testing.T) {
		r := newRig(t, held())
		stale := r.get()
		r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description = "changed" })
		if err := StoreStatus(t.Context(), r.api, stale, note); !apierrors.IsConflict(err) {
			t.Errorf("got %v, want a conflict", err)
		}
		if r.get().Status.Attempt != nil {
			t.Error("it was stored all the same")
		}
	})
	t.Run("writes nothing new never", func(t *testing.T) {
		r := newRig(t, held())
		if err := StoreStatus(t.Context(), r.api, r.get(), func(*v1alpha1.Workspace) {}); err != nil || r.writes() > 0 {
			t.Errorf("got %v after %d writes", err, r.writes())
		}
	})
}

// TestUnsettled: lists are believed ten seconds after the end of the latest
// call; one whose end nobody saw may have taken thirty.
func TestUnsettled(t *testing.T) {
	now := time.Unix(1000, 0)
	at := func(ago time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(-ago))) }
	entry := func(manager, sub string, at *metav1.Time) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: sub, Time: at}
	}
	open := func(ago time.Duration) *v1alpha1.Attempt { return &v1alpha1.Attempt{StartedAt: *at(ago)} }
	over := func(began, ended time.Duration) *v1alpha1.Attempt {
		return &v1alpha1.Attempt{StartedAt: *at(began), EndedAt: at(ended)}
	}
	held := func(ago time.Duration) []metav1.ManagedFieldsEntry {
		return []metav1.ManagedFieldsEntry{entry(FieldManager, "", at(ago))}
	}
	for name, row := range map[string]struct {
		fields  []metav1.ManagedFieldsEntry
		attempt *v1alpha1.Attempt
		want    time.Duration
	}{
		"the finalizer was just stored":                                      {held(3 * time.Second), nil, 37 * time.Second},
		"a call was just announced":                                          {nil, open(time.Second), 39 * time.Second},
		"the latest counts, the announcement":                                {held(time.Hour), open(time.Second), 39 * time.Second},
		"the latest counts, the finalizer":                                   {held(time.Second), open(time.Hour), 39 * time.Second},
		"status writes are no calls":                                         {append(held(time.Hour), entry(FieldManager, "status", at(0))), nil, 40*time.Second - time.Hour},
		"others' writes are no calls":                                        {append(held(time.Hour), entry("kubectl", "", at(0))), nil, 40*time.Second - time.Hour},
		"an entry without a time says nothing":                               {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", nil)}, open(time.Second), 39 * time.Second},
		"at the bound the lists can be believed":                             {nil, open(40 * time.Second), 0},
		"a clock behind the API server's is heard":                           {nil, open(-2 * time.Second), 42 * time.Second},
		"the call has just ended":                                            {nil, over(30*time.Second, 0), ListsSettle},
		"the call has ended a while ago":                                     {nil, over(15*time.Second, 9*time.Second), time.Second},
		"at the bound after its end":                                         {nil, over(11*time.Second, ListsSettle), 0},
		"an end that was seen goes before the time the finalizer was stored": {held(4 * time.Second), over(4*time.Second, 3*time.Second), 7 * time.Second},
	} {
		ws := young()
		ws.ManagedFields = row.fields
		if got := Unsettled(ws, row.attempt, now); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	if got := Unsettled(young(), nil, now); got > 0 {
		t.Errorf("an object nobody has worked on is unsettled for %s", got)
	}
}

func TestLost(t *testing.T) {
	now := time.Unix(1000, 0)
	announced := &v1alpha1.Attempt{StartedAt: metav1.NewTime(now.Add(-30 * time.Second)), Name: "before"}
	for name, row := range map[string]struct {
		recorded *v1alpha1.Attempt
		started  time.Time
	}{
		"the very first call was not announced": {nil, now},
		"a call that was announced":             {announced, announced.StartedAt.Time},
	} {
		got := Lost(row.recorded, now, "name")
		if !got.StartedAt.Time.Equal(row.started) || got.EndedAt == nil || !got.EndedAt.Time.Equal(now) || got.Name != "name" {
			t.Errorf("%s: got %+v, want it from %s to %s", name, got, row.started, now)
		}
		if left := Unsettled(young(), got, now); left != ListsSettle {
			t.Errorf("%s: unsettled for %s, want %s", name, left, ListsSettle)
		}
	}
	if announced.EndedAt != nil {
		t.Error("what is on record was changed in place, so no write would tell of it")
	}
}

func TestAnnounce(t *testing.T) {
	slot := func(ws *v1alpha1.Workspace) **v1alpha1.Attempt { return &ws.Status.Attempt }
	began := time.Unix(1000, 999)
	other := func(r *rig, attempt v1alpha1.Attempt) func() error {
		return func() error {
			stored := r.get()
			stored.Status.Attempt = &attempt
			if err := r.under.Status().Update(t.Context(), stored); err != nil {
				t.Error(err)
			}
			return serverDown()
		}
	}
	ended := metav1.NewTime(time.Unix(1000, 0))
	for _, row := range []struct {
		name  string
		setup func(*rig)
		is    func(error) bool
		log   []string
	}{
		{"it is stored", func(*rig) {}, nil, []string{"write status"}},
		{"it is stored and the answer lost", func(r *rig) { r.afterStatus = serverDown }, nil, []string{"write status", "live read"}},
		{"it is not stored", func(r *rig) { r.onStatus = serverDown }, apierrors.IsInternalError, []string{"write status", "live read"}},
		{"the answer is lost and cannot be read back", func(r *rig) { r.afterStatus, r.onLive = serverDown, serverDown }, apierrors.IsInternalError, []string{"write status", "live read"}},
		{"somebody wrote meanwhile", func(r *rig) {
			r.onStatus = func() error {
				r.meddle(func(ws *v1alpha1.Workspace) { ws.Spec.Description = "changed" })
				return nil
			}
		}, apierrors.IsConflict, []string{"write status"}},
		{"the object is gone", func(r *rig) {
			r.onStatus = func() error { r.vanish(); return nil }
		}, apierrors.IsNotFound, []string{"write status"}},
		{"another call is on record", func(r *rig) {
			r.onStatus = other(r, v1alpha1.Attempt{StartedAt: metav1.NewTime(time.Unix(900, 0))})
		}, apierrors.IsInternalError, []string{"write status", "live read"}},
		{"a call that has ended is on record", func(r *rig) {
			r.onStatus = other(r, v1alpha1.Attempt{StartedAt: metav1.NewTime(time.Unix(1000, 0)), EndedAt: &ended})
		}, apierrors.IsInternalError, []string{"write status", "live read"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, held())
			obj := r.get()
			row.setup(r)
			err := Announce(t.Context(), r.api, live{r.api, r}, obj, slot, v1alpha1.Attempt{StartedAt: metav1.NewTime(began), Name: "n"})
			r.wantLog(row.log...)
			if row.is != nil {
				if !row.is(err) {
					t.Errorf("got %v: a call would be made that is not on record", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("got %v although it is on record", err)
			}
			stored := r.get().Status.Attempt
			if stored == nil || stored.Name != "n" || stored.StartedAt.Unix() != 1000 || stored.EndedAt != nil {
				t.Errorf("on record is %+v", stored)
			}
			if diff := cmp.Diff(stored, obj.Status.Attempt); diff != "" {
				t.Errorf("what the pass goes on with is not what is on record:\n%s", diff)
			}
		})
	}
}

// TestADeniedCallIsNotTheNextOne: who says that a call made nothing has said
// nothing of the call after it, however soon that is made.
func TestADeniedCallIsNotTheNextOne(t *testing.T) {
	for name, row := range map[string]struct {
		ago    time.Duration
		denied bool
		want   int64
	}{
		"long ago":                      {time.Hour, true, 10_000},
		"in the same second":            {0, true, 10_001},
		"in the same second, no denial": {0, false, 10_000},
	} {
		ws := held()
		ws.Status.Attempt = Lost(nil, time.Unix(10_000, 0).Add(-row.ago), "n")
		if row.denied {
			ws.Annotations = map[string]string{v1alpha1.AnnotationDoesNotExist: DenialOf(ws.Status.Attempt)}
		}
		r := newRig(t, ws)
		obj := r.get()
		slot := func(ws *v1alpha1.Workspace) **v1alpha1.Attempt { return &ws.Status.Attempt }
		if err := Announce(t.Context(), r.api, live{r.api, r}, obj, slot, v1alpha1.Attempt{StartedAt: metav1.NewTime(time.Unix(10_000, 999)), Name: "n"}); err != nil {
			t.Fatal(err)
		}
		if got := obj.Status.Attempt.StartedAt.Unix(); got != row.want {
			t.Errorf("%s: the call is recorded for %d, want %d", name, got, row.want)
		}
	}
}

func TestSinceReady(t *testing.T) {
	now := time.Unix(1000, 0)
	if got := SinceReady(nil, now); got != 0 {
		t.Errorf("never Ready: %s", got)
	}
	all := []metav1.Condition{{Type: v1alpha1.ConditionReady, LastTransitionTime: metav1.NewTime(now.Add(-4 * time.Second))}}
	if got := SinceReady(all, now); got != 6*time.Second {
		t.Errorf("Ready for 4s: %s, want 6s", got)
	}
}

func TestRefusedCallsNeedNoProof(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	announced := &v1alpha1.Attempt{StartedAt: metav1.NewTime(now.Add(-time.Second))}
	refused := Refused(announced, now, "name")
	if refused.Open() || refused.Outcome != v1alpha1.AttemptRefused || !refused.StartedAt.Equal(&announced.StartedAt) {
		t.Errorf("a refused call is on record as %+v", refused)
	}
	if left := Unsettled(&v1alpha1.ApiKey{}, refused, now); left > 0 {
		t.Errorf("after a refusal the lists are waited for %s, want not at all", left)
	}
	if again := Refused(refused, now.Add(time.Minute), "name"); again != refused {
		t.Errorf("a second refusal without a new announcement is written again: %+v", again)
	}
	if lost := Lost(refused, now, "name"); !lost.Open() {
		t.Errorf("a lost call after a refused one is on record as %+v", lost)
	}
	var none *v1alpha1.Attempt
	if none.Open() || !announced.Open() {
		t.Errorf("no attempt is open: %t, an announced one: %t", none.Open(), announced.Open())
	}
}

func TestWhatAnErrorTellsOfTheOutcome(t *testing.T) {
	vendor := func(uncertain bool) error {
		return &provider.Error{Class: provider.Transient, Op: "op", Uncertain: uncertain}
	}
	for name, row := range map[string]struct {
		err                 error
		uncertain, answered bool
	}{
		"no error":             {nil, false, false},
		"nobody knows":         {vendor(true), true, false},
		"the vendor said no":   {vendor(false), false, true},
		"in other words":       {fmt.Errorf("act: %w", vendor(true)), true, false},
		"not from the vendor":  {errors.New("x"), false, false},
		"held by the cluster":  {&plan.Impasse{}, false, true},
		"the account is amiss": {&account.Problem{}, false, false},
	} {
		if Uncertain(row.err) != row.uncertain || Answered(row.err) != row.answered {
			t.Errorf("%s: Uncertain %t, Answered %t", name, Uncertain(row.err), Answered(row.err))
		}
	}
}

func TestObstacle(t *testing.T) {
	for name, err := range map[string]error{
		"account": &account.Problem{Message: "m"}, "impasse": &plan.Impasse{Message: "m"}, "vendor": vendorErr(provider.Forbidden),
		"in other words": fmt.Errorf("serve: %w", vendorErr(provider.Forbidden)),
	} {
		if obstacle, failure := Obstacle(err); !errors.Is(obstacle, err) || failure != nil {
			t.Errorf("%s: it goes into the conditions, not into the log: %v, %v", name, obstacle, failure)
		}
	}
	if obstacle, failure := Obstacle(serverDown()); obstacle != nil || failure == nil {
		t.Errorf("a read that failed ends the pass: %v, %v", obstacle, failure)
	}
	if obstacle, failure := Obstacle(nil); obstacle != nil || failure != nil {
		t.Errorf("nothing is nothing: %v, %v", obstacle, failure)
	}
}

func TestMoment(t *testing.T) {
	before := new(metav1.NewTime(time.Unix(5, 0)))
	if got := Moment(time.Time{}, before); got != before {
		t.Errorf("a time left out replaced %s by %s", before, got)
	}
	if got := Moment(time.Unix(5, 999), before); got != before {
		t.Errorf("parts of a second make a difference that is written for ever: %s", got)
	}
	if got := Moment(time.Unix(6, 1), before); got.Unix() != 6 || got.Nanosecond() != 0 {
		t.Errorf("got %s", got)
	}
	if got := Moment(time.Time{}, nil); got != nil {
		t.Errorf("no time at all became %s", got)
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                     "plain",
		"a\x00b\nc\x1b[31md\u0085":  "abc[31md",
		"bad \xff bytes":            "bad  bytes",
		"\u202edesrever\u2028 line": "desrever line",
		strings.Repeat("ü", 300):    strings.Repeat("ü", 256),
	} {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestDenied: a person's word is about one call, and is told by its time.
func TestDenied(t *testing.T) {
	call := &v1alpha1.Attempt{StartedAt: metav1.NewTime(time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("elsewhere", 3600)))}
	if got := DenialOf(call); got != "2026-01-02T03:04:05Z" {
		t.Errorf("the value to set is %q; it depends on where the operator runs", got)
	}
	later := &v1alpha1.Attempt{StartedAt: metav1.NewTime(call.StartedAt.Add(time.Second))}
	for name, row := range map[string]struct {
		word string
		call *v1alpha1.Attempt
		want bool
	}{
		"of this call":     {DenialOf(call), call, true},
		"of another":       {DenialOf(call), later, false},
		"in general":       {"true", call, false},
		"of nothing":       {"", call, false},
		"without a call":   {DenialOf(call), nil, false},
		"with white space": {" " + DenialOf(call), call, false},
	} {
		ws := young(gen.Annotation(v1alpha1.AnnotationDoesNotExist, row.word))
		if got := Denied(ws, row.call); got != row.want {
			t.Errorf("%s: got %t, want %t", name, got, row.want)
		}
	}
	if Denied(young(), call) {
		t.Error("nobody has said anything")
	}
}
