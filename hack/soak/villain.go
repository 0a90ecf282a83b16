package main

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// leaseLoss is longer than a lease lives, and another operator takes to notice.
	leaseLoss = 18 * time.Second
	// takeover bounds how long there may be no leader although there are operators.
	takeover = time.Minute
)

// crime is one thing the villain does. It returns once everything is back that has to be.
type crime struct {
	number counter
	commit func(*soak, context.Context, *rand.Rand) error
}

func crimes() []crime {
	return []crime{
		{emulatorKills, (*soak).crashVendors},
		{apiServerKills, (*soak).crashAPIServer},
		{leaderKills, (*soak).killLeader},
		{freezes, (*soak).freezeLeader},
		{emulatorKills, (*soak).crashVendors},
		{bothKilled, (*soak).killBoth},
		{apiServerOutages, (*soak).takeAPIServerAway},
		{freezes, (*soak).freezeLeader},
	}
}

// villain commits all crimes, at first in the order of the list, and then in any. In between there is an operator that works for a while, or there would be
// nothing to disturb.
func (s *soak) villain(ctx context.Context, r *rand.Rand) {
	for deck := crimes(); ; r.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] }) {
		for _, next := range deck {
			if !s.awaitLeader(ctx) || !pause(ctx, time.Second+rand64(r, 5*time.Second)) {
				return
			}
			s.report.count(next.number)
			if err := next.commit(s, ctx, r); err != nil && ctx.Err() == nil {
				s.report.failed(err)
				return
			}
		}
	}
}

func rand64(r *rand.Rand, below time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(below)))
}

// awaitLeader returns once an operator leads; that none does for too long breaks a promise.
func (s *soak) awaitLeader(ctx context.Context) bool {
	err := until(ctx, takeover, "an operator to lead", func(ctx context.Context) (bool, error) {
		_, leads := s.operators.leader(ctx)
		return leads, nil
	})
	if err != nil && ctx.Err() == nil {
		s.report.broken("no operator took over: " + err.Error())
	}
	return err == nil
}

func (s *soak) killLeader(ctx context.Context, _ *rand.Rand) error {
	if i, leads := s.operators.leader(ctx); leads {
		s.operators.kill(i)
	}
	return nil
}

func (s *soak) killBoth(context.Context, *rand.Rand) error {
	for i := range replicas {
		s.operators.kill(i)
	}
	return nil
}

// freezeLeader has the other one take over, and the first wake up and go on with what it was about to do.
func (s *soak) freezeLeader(ctx context.Context, r *rand.Rand) error {
	i, leads := s.operators.leader(ctx)
	if !leads {
		return nil
	}
	thaw, ok := s.operators.freeze(i)
	if !ok {
		return nil
	}
	defer thaw()
	pause(context.WithoutCancel(ctx), leaseLoss+rand64(r, 8*time.Second))
	return nil
}

func (s *soak) crashAPIServer(ctx context.Context, r *rand.Rand) error {
	return s.h.Cluster.RestartAPIServer(context.WithoutCancel(ctx), rand64(r, 2*time.Second))
}

// takeAPIServerAway does so for as long as a leader needs to give up.
func (s *soak) takeAPIServerAway(ctx context.Context, r *rand.Rand) error {
	return s.h.Cluster.RestartAPIServer(context.WithoutCancel(ctx), 10*time.Second+rand64(r, 5*time.Second))
}

func (s *soak) crashVendors(ctx context.Context, r *rand.Rand) error {
	return s.vendors.crash(ctx, rand64(r, 3*time.Second))
}
