package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/account"
	"github.com/workspace-operator/workspace-operator/internal/plan"
	"github.com/workspace-operator/workspace-operator/internal/provider"
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

func TestUnsettled(t *testing.T) {
	now := time.Unix(1000, 0)
	at := func(ago time.Duration) *metav1.Time { return new(metav1.NewTime(now.Add(-ago))) }
	entry := func(manager, sub string, at *metav1.Time) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Subresource: sub, Time: at}
	}
	for name, row := range map[string]struct {
		fields  []metav1.ManagedFieldsEntry
		attempt *metav1.Time
		want    time.Duration
	}{
		"the finalizer was just stored":            {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", at(3*time.Second))}, nil, 7 * time.Second},
		"an attempt was just made":                 {nil, at(time.Second), 9 * time.Second},
		"the latest counts, the attempt":           {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", at(time.Hour))}, at(time.Second), 9 * time.Second},
		"the latest counts, the finalizer":         {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", at(time.Second))}, at(time.Hour), 9 * time.Second},
		"status writes are no calls":               {[]metav1.ManagedFieldsEntry{entry(FieldManager, "status", at(0)), entry(FieldManager, "", at(time.Hour))}, nil, ListsSettle - time.Hour},
		"others' writes are no calls":              {[]metav1.ManagedFieldsEntry{entry("kubectl", "", at(0)), entry(FieldManager, "", at(time.Hour))}, nil, ListsSettle - time.Hour},
		"an entry without a time says nothing":     {[]metav1.ManagedFieldsEntry{entry(FieldManager, "", nil)}, at(time.Second), 9 * time.Second},
		"at the bound the lists can be believed":   {nil, at(ListsSettle), 0},
		"a clock behind the API server's is heard": {nil, at(-2 * time.Second), 12 * time.Second},
	} {
		ws := held()
		ws.ManagedFields = row.fields
		var attempt *v1alpha1.Attempt
		if row.attempt != nil {
			attempt = &v1alpha1.Attempt{StartedAt: *row.attempt}
		}
		if got := Unsettled(ws, attempt, now); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	if got := Unsettled(held(), nil, now); got > 0 {
		t.Errorf("an object nobody has worked on is unsettled for %s", got)
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
		"held by the cluster":  {&plan.Impasse{}, false, false},
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
