package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// pass is somebody who was admitted.
type pass struct {
	send func()
	end  context.CancelFunc
	left int
}

// However passes come, use their reservations late, or leave: no 60 seconds
// see more requests than allowed.
func TestNoMinuteSeesMoreThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) { // a bubble has no deadline to ask for
			perMinute := rapid.IntRange(1, 100).Draw(rt, "perMinute")
			g, clock := newTestGate(perMinute, rapid.IntRange(0, perMinute).Draw(rt, "burst"))
			var passes []pass
			var sent []time.Time
			send := func(ctx context.Context) {
				if g.Take(ctx) == nil {
					sent = append(sent, clock.Now())
				}
			}
			rt.Repeat(map[string]func(*rapid.T){
				"time": func(rt *rapid.T) {
					clock.Advance(time.Duration(rapid.IntRange(0, 20_000).Draw(rt, "ms")) * time.Millisecond)
				},
				"pause":  func(rt *rapid.T) { g.Pause(time.Duration(rapid.IntRange(0, 5).Draw(rt, "s")) * time.Second) },
				"direct": func(*rapid.T) { send(t.Context()) },
				"reserve": func(rt *rapid.T) {
					key, n := rapid.StringMatching("[a-f]").Draw(rt, "key"), rapid.IntRange(1, 10).Draw(rt, "n")
					ctx, end := context.WithCancel(t.Context())
					if ctx, err := g.reserve(ctx, key, n, Priority(rapid.IntRange(0, 3).Draw(rt, "priority"))); err == nil {
						passes = append(passes, pass{func() { send(ctx) }, end, min(n, g.limit.burst)})
					} else {
						end()
					}
				},
				"send": func(rt *rapid.T) {
					for i := range passes {
						if passes[i].left > 0 && rapid.Bool().Draw(rt, "send") {
							passes[i].left--
							passes[i].send()
						}
					}
				},
				"end": func(rt *rapid.T) {
					if len(passes) > 0 {
						i := rapid.IntRange(0, len(passes)-1).Draw(rt, "pass")
						passes[i].end()
						passes = slices.Delete(passes, i, i+1)
						synctest.Wait()
					}
				},
			})
			for _, pass := range passes {
				pass.end()
			}
			synctest.Wait()
			assertMinutes(rt, sent, perMinute)
		})
	})
}

func assertMinutes(t *rapid.T, sent []time.Time, perMinute int) {
	for first, last := 0, 0; last < len(sent); last++ {
		for sent[last].Sub(sent[first]) > time.Minute {
			first++
		}
		if n := last - first + 1; n > perMinute {
			t.Fatalf("%d requests between %v and %v, allowed are %d", n, sent[first].Sub(epoch), sent[last].Sub(epoch), perMinute)
		}
	}
}

// customer comes, and comes back when told until it is served.
type customer struct {
	key      string
	n        int
	priority Priority
	arrives  time.Time
	late     time.Duration // how late it comes back

	next   time.Time
	visits int
	served time.Time
}

// serve lets the customers come until all are served, and gives them in the
// order of service. It fails when somebody waits beyond the end.
func serve(t *rapid.T, g *gate, clock *clock, customers []*customer, end time.Time) []*customer {
	waiting := slices.Clone(customers)
	for _, c := range waiting {
		c.next = c.arrives
	}
	var served []*customer
	for len(waiting) > 0 {
		c := slices.MinFunc(waiting, func(a, b *customer) int { return a.next.Compare(b.next) })
		clock.Advance(c.next.Sub(clock.Now()))
		if clock.Now().After(end) {
			t.Fatalf("%d of %d still wait after %v: %+v", len(waiting), len(customers), end.Sub(epoch), c)
		}
		c.visits++
		ctx, err := g.reserve(t.Context(), c.key, c.n, c.priority)
		if err != nil {
			refused, _ := errors.AsType[*provider.Error](err)
			c.next = clock.Now().Add(refused.RetryAfter + c.late)
			continue
		}
		for range c.n {
			if err := g.Take(ctx); err != nil {
				t.Fatalf("%s was promised %d requests: %v", c.key, c.n, err)
			}
		}
		c.served = clock.Now()
		served = append(served, c)
		waiting = slices.DeleteFunc(waiting, func(other *customer) bool { return other == c })
	}
	return served
}

func drawCustomers(t *rapid.T, burst int, priority *rapid.Generator[int], latest int) []*customer {
	customers := make([]*customer, rapid.IntRange(1, 60).Draw(t, "customers"))
	arrival := epoch
	for i := range customers {
		arrival = arrival.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "gap")) * time.Millisecond)
		customers[i] = &customer{
			key: fmt.Sprint(i), n: rapid.IntRange(1, min(burst, 3)).Draw(t, "n"),
			priority: Priority(priority.Draw(t, "priority")), arrives: arrival,
			late: time.Duration(rapid.IntRange(0, latest).Draw(t, "late")) * time.Millisecond,
		}
	}
	return customers
}

func work(g *gate, customers []*customer) time.Duration {
	requests := 0
	for _, c := range customers {
		requests += c.n
	}
	return time.Duration(float64(requests) / float64(g.limit.perSecond) * float64(time.Second))
}

// Among equals nobody overtakes, and whoever comes when told is served then.
func TestEqualsAreServedInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perMinute := rapid.IntRange(1, 600).Draw(rt, "perMinute")
		g, clock := newTestGate(perMinute, rapid.IntRange(0, perMinute).Draw(rt, "burst"))
		customers := drawCustomers(rt, g.limit.burst, rapid.Just(rapid.IntRange(0, 3).Draw(rt, "all")), 0)
		end := customers[len(customers)-1].arrives.Add(work(g, customers) + 2*time.Minute)
		served := serve(rt, g, clock, customers, end)
		for i, c := range served {
			if c != customers[i] {
				rt.Fatalf("customer %s was served in place of %s", c.key, customers[i].key)
			}
			if c.visits > 2 {
				rt.Fatalf("customer %s came %d times although it came when told: %+v", c.key, c.visits, c)
			}
		}
	})
}

// Whoever keeps coming back is served, also when others are more urgent and
// nobody is quite on time.
func TestWhoKeepsComingBackIsServed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perMinute := rapid.IntRange(1, 600).Draw(rt, "perMinute")
		g, clock := newTestGate(perMinute, rapid.IntRange(0, perMinute).Draw(rt, "burst"))
		customers := drawCustomers(rt, g.limit.burst, rapid.IntRange(0, 3), 5000)
		// Each can be late a few times, and time that passes with a full
		// bucket is lost.
		slack := time.Duration(len(customers)) * 20 * time.Second
		serve(rt, g, clock, customers, customers[len(customers)-1].arrives.Add(2*work(g, customers)+3*precedence+slack+2*time.Minute))
	})
}

// Who is more urgent, and was there in time, goes first.
func TestUrgentGoFirst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perMinute := rapid.IntRange(60, 600).Draw(rt, "perMinute")
		g, clock := newTestGate(perMinute, 0)
		customers := drawCustomers(rt, g.limit.burst, rapid.IntRange(0, 3), 0)
		for _, c := range customers {
			c.arrives = epoch
		}
		for g.bucket.TokensAt(epoch) > 0 {
			g.bucket.ReserveN(epoch, 1)
		}
		// All are in the line before the first is served.
		for _, c := range customers {
			if _, err := g.reserve(rt.Context(), c.key, c.n, c.priority); err == nil {
				rt.Fatal("an empty bucket served somebody")
			}
		}
		served := serve(rt, g, clock, customers, epoch.Add(work(g, customers)+5*time.Minute))
		if !slices.IsSortedFunc(served, func(a, b *customer) int { return cmp.Compare(a.priority, b.priority) }) {
			for _, c := range served {
				rt.Logf("%s: priority %d, served after %v, %d visits", c.key, c.priority, c.served.Sub(epoch), c.visits)
			}
			rt.Fatal("somebody less urgent was served first")
		}
	})
}

// A stream of revocations that takes all there is does not starve the others
// for ever.
func TestNobodyStarves(t *testing.T) {
	for _, priority := range []Priority{Issue, Create, Refresh} {
		g, clock := newTestGate(60, 15)
		use(t, g, "first", 15, 15, Revoke)
		// All that came within its handicap goes first, and takes a third
		// longer to serve than it took to come.
		patience := time.Duration(priority)*precedence*4/3 + time.Minute
		served := time.Duration(-1)
		var revocations []string
		for tick := 0; served < 0 && clock.Now().Before(epoch.Add(patience)); tick++ {
			// One new revocation a second, where the gate admits three in four.
			revocations = append(revocations, fmt.Sprint("revoke", tick))
			revocations = slices.DeleteFunc(revocations, func(key string) bool {
				ctx, err := g.reserve(t.Context(), key, 1, Revoke)
				return err == nil && g.Take(ctx) == nil
			})
			if _, err := g.reserve(t.Context(), "patient", 1, priority); err == nil {
				served = clock.Now().Sub(epoch)
			}
			clock.Advance(time.Second)
		}
		if served < 0 {
			t.Errorf("priority %d is not served within %v while revocations keep coming", priority, patience)
		}
	}
}
