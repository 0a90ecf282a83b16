package account

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// nominalPace is how fast, in requests per second, an account without a
	// limit is used after the vendor has throttled it all the same.
	nominalPace = 10
	// maxPause bounds what a vendor can ask for; then it is asked again.
	maxPause = time.Hour
	// grantLife is longer than any pass: what is not used by then never is.
	grantLife = 10 * time.Minute
)

// limit is a token bucket.
type limit struct {
	perSecond rate.Limit
	burst     int
}

func unlimited() limit { return limit{perSecond: rate.Inf, burst: math.MaxInt} }

// limitOf is what the class says, else what the vendor documents.
func limitOf(class *v1alpha1.WorkspaceClass, capabilities provider.Capabilities) limit {
	quota := capabilities.RateLimit
	if set := class.Spec.RateLimit; set != nil {
		quota = provider.Quota{RequestsPerMinute: int(set.RequestsPerMinute), Burst: int(set.Burst)}
	}
	return limitFor(quota)
}

// limitFor makes a bucket that keeps to the quota in any 60 seconds: what goes
// at once and what is refilled in a minute are together at most the quota. The
// burst is a quarter unless set, and never above a half, because what goes at
// once is missing from the steady rate.
func limitFor(quota provider.Quota) limit {
	perMinute := quota.RequestsPerMinute
	switch {
	case perMinute <= 0:
		return unlimited()
	case perMinute == 1:
		// A second more than a minute, so that no minute has both ends.
		return limit{perSecond: rate.Every(61 * time.Second), burst: 1}
	}
	burst := quota.Burst
	if burst <= 0 {
		burst = perMinute / 4
	}
	burst = max(1, min(burst, perMinute/2))
	return limit{perSecond: rate.Limit(float64(perMinute-burst) / 60), burst: burst}
}

// gate admits the requests of one account. It never blocks: whoever has to
// wait is told when to come back, and keeps his place in the line meanwhile.
//
// The bucket counts requests as they are sent. A grant is a promise of some of
// its tokens, so that however late a pass uses them the bucket's bound holds.
type gate struct {
	now func() time.Time

	mu     sync.Mutex
	limit  limit
	bucket *rate.Limiter
	closed time.Time
	grants []*grant
	line   line
	// apart is the fraction that was given out last.
	apart float64
}

// grant is what is left of a reservation that was admitted.
type grant struct {
	left int
	ends time.Time
}

// grantOf finds the grant of one gate in a context; a pass can hold several.
type grantOf struct{ gate *gate }

var _ provider.Gate = (*gate)(nil)

func newGate(limit limit, now func() time.Time) *gate {
	return &gate{now: now, limit: limit, bucket: rate.NewLimiter(limit.perSecond, limit.burst)}
}

// adjust changes the limit; what was spent stays spent.
func (g *gate) adjust(limit limit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if limit == g.limit {
		return
	}
	now := g.now()
	g.limit = limit
	g.bucket.SetLimitAt(now, limit.perSecond)
	g.bucket.SetBurstAt(now, limit.burst)
}

// Take admits one request. With a reservation in ctx it goes through, as debt
// once the reservation is used up; without one it is taken for a refresh.
func (g *gate) Take(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.settle(now)
	if now.Before(g.closed) {
		return throttled(g.closed.Sub(now) + g.jitter(time.Second))
	}
	if held, ok := ctx.Value(grantOf{g}).(*grant); ok {
		held.left = max(0, held.left-1)
	} else if wait := g.wait(now, g.line.total(), g.need(1, Refresh, false)); wait > 0 {
		return throttled(wait + g.jitter(wait/4+time.Second))
	}
	g.bucket.ReserveN(now, 1)
	return nil
}

// Pause closes the gate for everybody until d from now.
func (g *gate) Pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(min(d, maxPause)); until.After(g.closed) {
		g.closed = until
	}
}

// reserve is [Account.Reserve].
func (g *gate) reserve(ctx context.Context, key string, n int, priority Priority) (context.Context, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.settle(now)
	n = max(1, min(n, g.limit.burst))
	held, holds := ctx.Value(grantOf{g}).(*grant)
	if holds && held.left >= n {
		return ctx, nil
	}
	if holds {
		n -= held.left
	}
	turn := g.line.join(now, key, n, priority)
	if wait := g.wait(now, g.line.ahead(turn), g.need(n, priority, turn.mature(now))); wait > 0 {
		turn.due = now.Add(wait)
		return nil, throttled(wait)
	}
	g.line.leave(turn)
	if holds {
		n += held.left
		g.revoke(held)
	}
	return g.grant(ctx, now, n), nil
}

// ensure reserves one request for a list unless ctx has a reservation.
func (g *gate) ensure(ctx context.Context, name string) (context.Context, error) {
	if _, ok := ctx.Value(grantOf{g}).(*grant); ok {
		return ctx, nil
	}
	return g.reserve(ctx, name, 1, Refresh)
}

// grant puts a new grant into the context, for as long as the context lasts.
func (g *gate) grant(ctx context.Context, now time.Time, n int) context.Context {
	given := &grant{left: n, ends: now.Add(grantLife)}
	g.grants = append(g.grants, given)
	context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.revoke(given)
	})
	return context.WithValue(ctx, grantOf{g}, given)
}

// revoke takes back what is left of a grant.
func (g *gate) revoke(given *grant) { given.left = 0 }

// settle forgets grants that are used up and turns that were not taken.
func (g *gate) settle(now time.Time) {
	g.grants = slices.DeleteFunc(g.grants, func(given *grant) bool {
		if now.After(given.ends) {
			g.revoke(given)
		}
		return given.left == 0
	})
	g.line.settle(now)
}

// need is how many tokens have to be in the bucket for n requests. A refresh
// leaves a quarter of the burst for others, unless it has waited for long.
func (g *gate) need(n int, priority Priority, mature bool) float64 {
	if priority != Refresh || mature || g.limit.perSecond == rate.Inf {
		return float64(n)
	}
	return float64(n) + min(float64(g.limit.burst)/4, float64(g.limit.burst-n))
}

// wait is how long it takes until, after the tokens of those ahead, those
// needed are there too; zero if they are.
func (g *gate) wait(now time.Time, ahead int, need float64) time.Duration {
	shut := max(0, g.closed.Sub(now))
	free, pace := g.bucket.TokensAt(now), float64(g.limit.perSecond)
	if g.limit.perSecond == rate.Inf {
		if shut == 0 {
			return 0
		}
		pace = nominalPace
	}
	for _, given := range g.grants {
		free -= float64(given.left)
	}
	if shut > 0 {
		free = min(free, 0)
	}
	// Tokens are counted in floating point; a millionth is not a token.
	missing := float64(ahead) + need - free
	if missing < 1e-6 {
		return 0
	}
	return shut + time.Duration(math.Ceil(missing/pace*float64(time.Second)))
}

// ErrQueued is the cause of an error that only says whose turn has not come.
// It is no news about the object.
var ErrQueued = errors.New("not yet this object's turn")

func throttled(wait time.Duration) *provider.Error {
	return &provider.Error{
		Class: provider.Throttled, Op: "wait for a turn",
		Message:    "the requests to this vendor account are limited, and it is not yet this object's turn",
		RetryAfter: wait, Err: ErrQueued,
	}
}

// jitter keeps those apart who have no place in the line: each of the fractions
// that multiples of the golden ratio leave lies far from the ones before it.
func (g *gate) jitter(most time.Duration) time.Duration {
	g.apart = math.Mod(g.apart+math.Phi, 1)
	return time.Duration(g.apart * float64(most))
}
