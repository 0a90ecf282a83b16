package account

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func newTestGate(perMinute, burst int) (*gate, *clock) {
	clock := newClock()
	return newGate(limitFor(provider.Quota{RequestsPerMinute: perMinute, Burst: burst}), clock.Now), clock
}

// waitOf is how long the error asks to wait; it fails unless there is one.
func waitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	failure, ok := errors.AsType[*provider.Error](err)
	if !ok || failure.Class != provider.Throttled || failure.RetryAfter <= 0 || !errors.Is(err, ErrQueued) {
		t.Fatalf("got %v, want Throttled with a time to come again", err)
	}
	return failure.RetryAfter
}

// use takes a reservation and sends n requests with it.
func use(t *testing.T, g *gate, key string, n, requests int, priority Priority) {
	t.Helper()
	ctx, err := g.reserve(t.Context(), key, n, priority)
	if err != nil {
		t.Fatalf("%s was not admitted: %v", key, err)
	}
	for i := range requests {
		if err := g.Take(ctx); err != nil {
			t.Fatalf("request %d of %s was not admitted: %v", i+1, key, err)
		}
	}
}

func TestLimitOf(t *testing.T) {
	perMinute := func(requests float64) rate.Limit { return rate.Limit(requests / 60) }
	for _, test := range []struct {
		name     string
		class    *v1alpha1.RequestRate
		document provider.Quota
		want     limit
	}{
		{name: "neither", want: limit{rate.Inf, math.MaxInt}},
		{name: "documented", document: provider.Quota{RequestsPerMinute: 20}, want: limit{perMinute(15), 5}},
		{name: "documented with burst", document: provider.Quota{RequestsPerMinute: 20, Burst: 2}, want: limit{perMinute(18), 2}},
		{name: "the class wins", class: &v1alpha1.RequestRate{RequestsPerMinute: 300}, document: provider.Quota{RequestsPerMinute: 20, Burst: 3}, want: limit{perMinute(225), 75}},
		{name: "all at once", class: &v1alpha1.RequestRate{RequestsPerMinute: 20, Burst: 20}, want: limit{perMinute(10), 10}},
		{name: "three", class: &v1alpha1.RequestRate{RequestsPerMinute: 3}, want: limit{perMinute(2), 1}},
		{name: "two", class: &v1alpha1.RequestRate{RequestsPerMinute: 2, Burst: 2}, want: limit{perMinute(1), 1}},
		{name: "one", class: &v1alpha1.RequestRate{RequestsPerMinute: 1, Burst: 1}, want: limit{rate.Every(61 * time.Second), 1}},
		{name: "the most the API takes", class: &v1alpha1.RequestRate{RequestsPerMinute: 60000, Burst: 60000}, want: limit{perMinute(30000), 30000}},
	} {
		t.Run(test.name, func(t *testing.T) {
			class := newClass(func(class *v1alpha1.WorkspaceClass) { class.Spec.RateLimit = test.class })
			if got := limitOf(class, provider.Capabilities{RateLimit: test.document}); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestUnlimited(t *testing.T) {
	g, _ := newTestGate(0, 0)
	for i := range 1000 {
		use(t, g, fmt.Sprint(i), 100, 200, Refresh)
	}
	if err := g.Take(t.Context()); err != nil {
		t.Errorf("without a reservation: %v", err)
	}
}

// Everybody is told a time of his own, and is served if he comes then.
func TestPlaceInLine(t *testing.T) {
	g, clock := newTestGate(60, 15) // 45 a minute: one in 1333 ms
	use(t, g, "first", 15, 15, Issue)
	var waits []time.Duration
	for i := range 100 {
		_, err := g.reserve(t.Context(), fmt.Sprint(i), 1, Issue)
		waits = append(waits, waitOf(t, err))
	}
	for i, wait := range waits {
		want := time.Duration(float64(i+1) / 45 * float64(time.Minute))
		if wait < want || wait > want+time.Microsecond {
			t.Errorf("caller %d is told to wait %v, want %v", i, wait, want)
		}
	}
	start := clock.Now()
	for i, wait := range waits {
		clock.Advance(start.Add(wait).Sub(clock.Now()))
		use(t, g, fmt.Sprint(i), 1, 1, Issue)
	}
}

func TestWhoAsksAgainKeepsItsPlace(t *testing.T) {
	g, clock := newTestGate(60, 15)
	use(t, g, "first", 15, 15, Issue)
	_, err := g.reserve(t.Context(), "early", 1, Issue)
	early := waitOf(t, err)
	_, err = g.reserve(t.Context(), "late", 1, Issue)
	late := waitOf(t, err)
	for range 10 {
		clock.Advance(time.Millisecond)
		_, err = g.reserve(t.Context(), "early", 1, Issue)
		if again := waitOf(t, err); again > early {
			t.Errorf("who asked again is told to wait %v, before %v", again, early)
		}
	}
	if early >= late {
		t.Errorf("the first waits %v, the second %v", early, late)
	}
}

func TestWhoDoesNotComeBackLosesItsPlace(t *testing.T) {
	g, clock := newTestGate(60, 15)
	use(t, g, "first", 15, 15, Issue)
	_, err := g.reserve(t.Context(), "gone", 15, Issue)
	due := waitOf(t, err)
	clock.Advance(due + turnLife)
	_, err = g.reserve(t.Context(), "present", 1, Issue)
	waitOf(t, err)
	clock.Advance(time.Second)
	use(t, g, "present", 1, 1, Issue)
}

func TestOrderOfService(t *testing.T) {
	g, clock := newTestGate(60, 15)
	use(t, g, "first", 15, 15, Issue)
	order := []Priority{Refresh, Create, Issue, Revoke}
	for _, priority := range order {
		_, err := g.reserve(t.Context(), fmt.Sprint(priority), 1, priority)
		waitOf(t, err)
		clock.Advance(time.Millisecond)
	}
	last := time.Duration(0)
	for i := len(order) - 1; i >= 0; i-- {
		_, err := g.reserve(t.Context(), fmt.Sprint(order[i]), 1, order[i])
		if wait := waitOf(t, err); wait <= last {
			t.Errorf("priority %d is told to wait %v, the one before it %v", order[i], wait, last)
		} else {
			last = wait
		}
	}
	// A deleted object is not in the line as what it was before.
	_, err := g.reserve(t.Context(), fmt.Sprint(Refresh), 1, Revoke)
	if wait := waitOf(t, err); wait > 2*time.Second {
		t.Errorf("who turned from Refresh to Revoke waits %v, as if nothing had changed", wait)
	}
}

func TestRefreshLeavesAQuarter(t *testing.T) {
	for _, test := range []struct {
		perMinute, burst int
		want             int
	}{
		{perMinute: 80, burst: 20, want: 15},
		{perMinute: 20, burst: 5, want: 3},
		{perMinute: 2, burst: 1, want: 1},
	} {
		g, _ := newTestGate(test.perMinute, test.burst)
		refreshed := 0
		for ; refreshed < 100; refreshed++ {
			ctx, err := g.reserve(t.Context(), fmt.Sprint(refreshed), 1, Refresh)
			if err != nil {
				break
			}
			if err := g.Take(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if refreshed != test.want {
			t.Errorf("burst %d: %d refreshes at once, want %d", test.burst, refreshed, test.want)
		}
		if test.burst > 1 {
			use(t, g, "revoke", 1, 1, Revoke)
		}
	}
}

func TestTakeWithoutReservation(t *testing.T) {
	g, clock := newTestGate(20, 5)
	for range 3 {
		if err := g.Take(t.Context()); err != nil {
			t.Fatalf("with a full bucket: %v", err)
		}
	}
	wait := waitOf(t, g.Take(t.Context()))
	clock.Advance(wait)
	if err := g.Take(t.Context()); err != nil {
		t.Errorf("after the time it was told to wait: %v", err)
	}
	_, err := g.reserve(t.Context(), "revoke", 5, Revoke)
	waitOf(t, err)
	waitOf(t, g.Take(t.Context()))
}

// A pass is never stopped between its list and its create; others pay later.
func TestDebt(t *testing.T) {
	g, clock := newTestGate(60, 15)
	use(t, g, "pages", 2, 60, Create)
	_, err := g.reserve(t.Context(), "next", 1, Revoke)
	if wait := waitOf(t, err); wait < 61*time.Second {
		t.Errorf("45 requests of debt and one more: told to wait %v, want 46/45 of a minute", wait)
	} else {
		clock.Advance(wait)
	}
	use(t, g, "next", 1, 1, Revoke)
}

func TestReservationIsBoundedByTheBurst(t *testing.T) {
	g, _ := newTestGate(20, 5)
	use(t, g, "many", 100, 5, Issue)
	_, err := g.reserve(t.Context(), "next", -3, Issue)
	if wait := waitOf(t, err); wait > 5*time.Second {
		t.Errorf("told to wait %v: more than the burst was reserved", wait)
	}
}

func TestReservationIsToppedUp(t *testing.T) {
	g, _ := newTestGate(20, 5)
	first, err := g.reserve(t.Context(), "a", 2, Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := g.reserve(first, "a", 2, Create); err != nil || same != first {
		t.Errorf("what is there already was reserved again: %v", err)
	}
	second, err := g.reserve(first, "a", 5, Create)
	if err != nil {
		t.Fatalf("three more of the five there are: %v", err)
	}
	for range 5 {
		if err := g.Take(second); err != nil {
			t.Fatal(err)
		}
	}
	_, err = g.reserve(t.Context(), "b", 1, Create)
	if wait := waitOf(t, err); wait > 4*time.Second {
		t.Errorf("told to wait %v: more than five tokens were taken", wait)
	}
}

func TestReservationsOfTwoGates(t *testing.T) {
	g, _ := newTestGate(4, 1)
	other, _ := newTestGate(4, 1)
	ctx, err := g.reserve(t.Context(), "a", 1, Issue)
	if err == nil {
		ctx, err = other.reserve(ctx, "a", 1, Issue)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Take(ctx); err != nil {
		t.Errorf("the first gate does not see its reservation: %v", err)
	}
	if err := other.Take(ctx); err != nil {
		t.Errorf("the second gate does not see its reservation: %v", err)
	}
}

func TestUnusedIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, clock := newTestGate(20, 5)
		pass, end := context.WithCancel(t.Context())
		ctx, err := g.reserve(pass, "a", 5, Issue)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Take(ctx); err != nil {
			t.Fatal(err)
		}
		_, err = g.reserve(t.Context(), "b", 4, Issue)
		waitOf(t, err)
		end()
		synctest.Wait()
		use(t, g, "b", 4, 4, Issue)

		clock.Advance(time.Minute)
		if _, err := g.reserve(context.Background(), "never ends", 5, Issue); err != nil {
			t.Fatal(err)
		}
		clock.Advance(grantLife)
		_, err = g.reserve(t.Context(), "c", 1, Issue)
		waitOf(t, err)
		clock.Advance(time.Second)
		use(t, g, "c", 5, 5, Issue)
	})
}

func TestPause(t *testing.T) {
	for _, perMinute := range []int{0, 60} {
		g, clock := newTestGate(perMinute, 0)
		held, err := g.reserve(t.Context(), "held", 1, Revoke)
		if err != nil {
			t.Fatal(err)
		}
		g.Pause(time.Minute)
		g.Pause(time.Second) // the longer one holds
		g.Pause(-time.Second)
		if wait := waitOf(t, g.Take(held)); wait < time.Minute {
			t.Errorf("limit %d: a paused gate lets the holder of a reservation come again in %v", perMinute, wait)
		}
		if wait := waitOf(t, g.Take(t.Context())); wait < time.Minute {
			t.Errorf("limit %d: a paused gate lets who has none come again in %v", perMinute, wait)
		}
		var waits []time.Duration
		for i := range 50 {
			_, err := g.reserve(t.Context(), fmt.Sprint(i), 1, Priority(i%4))
			waits = append(waits, waitOf(t, err))
		}
		told := map[time.Duration]bool{}
		for i := range waits {
			_, err := g.reserve(t.Context(), fmt.Sprint(i), 1, Priority(i%4))
			wait := waitOf(t, err)
			if wait < time.Minute || told[wait] {
				t.Errorf("limit %d: caller %d is told to come in %v, which is too early or another's time", perMinute, i, wait)
			}
			told[wait] = true
		}
		clock.Advance(time.Minute)
		if err := g.Take(held); err != nil {
			t.Errorf("limit %d: after the pause: %v", perMinute, err)
		}
	}
}

func TestPauseIsBounded(t *testing.T) {
	g, clock := newTestGate(0, 0)
	g.Pause(math.MaxInt64)
	waitOf(t, g.Take(t.Context()))
	clock.Advance(maxPause)
	if err := g.Take(t.Context()); err != nil {
		t.Errorf("a vendor can shut an account out for longer than %v: %v", maxPause, err)
	}
}

func TestAdjust(t *testing.T) {
	g, clock := newTestGate(60, 15)
	use(t, g, "a", 15, 15, Issue)
	g.adjust(limitFor(provider.Quota{RequestsPerMinute: 600}))
	_, err := g.reserve(t.Context(), "b", 1, Issue)
	if wait := waitOf(t, err); wait > 200*time.Millisecond {
		t.Errorf("a higher limit does not hold: told to wait %v", wait)
	}
	clock.Advance(time.Hour)
	g.adjust(limitFor(provider.Quota{RequestsPerMinute: 4}))
	use(t, g, "c", 1, 1, Issue)
	_, err = g.reserve(t.Context(), "d", 1, Issue)
	if wait := waitOf(t, err); wait < 10*time.Second {
		t.Errorf("a lower limit does not hold: told to wait %v", wait)
	}
	g.adjust(unlimited())
	use(t, g, "d", 100, 100, Issue)
	clock.Advance(time.Second)
	g.adjust(limitFor(provider.Quota{RequestsPerMinute: 8}))
	use(t, g, "e", 2, 2, Issue)
	_, err = g.reserve(t.Context(), "f", 1, Issue)
	waitOf(t, err)
}
