package account

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// fetchTimeout bounds the fetching of a whole list, whoever asked for it.
	fetchTimeout = 2 * time.Minute
	// maxItems is beyond any account: a list that is longer does not end.
	maxItems = 100_000
)

// Freshness is how current a list has to be.
type Freshness struct {
	// MaxAge is how long ago, at most, fetching it may have begun. Zero means
	// from now on.
	MaxAge time.Duration
	// NotBefore, unless zero, is a moment after which it must have begun.
	NotBefore time.Time
}

// shared is a list that many callers read and one at a time fetches.
type shared[T any] struct {
	now  func() time.Time
	copy func(T) T

	mu     sync.Mutex
	last   *fetch[T]
	flight *fetch[T]
}

// fetch is one reading of the list. What it brought may be read once done is
// closed.
type fetch[T any] struct {
	begun time.Time
	// forgotten: something was changed since it began.
	forgotten bool
	done      chan struct{}

	items    []T
	err      error
	panicked any
}

func newShared[T any](now func() time.Time, copyItem func(T) T) *shared[T] {
	return &shared[T]{now: now, copy: copyItem}
}

// get gives the list, as fresh as asked: the one at hand, the one that is just
// being fetched, or one fetched now.
func (s *shared[T]) get(ctx context.Context, fresh Freshness, op string, read func(context.Context) ([]T, error)) ([]T, error) {
	asked := s.now()
	for {
		current, mine := s.join(ctx, fresh, asked, read)
		select {
		case <-current.done:
		case <-ctx.Done():
			return nil, &provider.Error{Class: provider.Transient, Op: op, Message: "the vendor's list took longer than this attempt may", Err: ctx.Err()}
		}
		if mine || s.serves(current, fresh, asked) {
			return s.result(current)
		}
	}
}

// join gives the fetch to wait for, and whether this caller began it.
func (s *shared[T]) join(ctx context.Context, fresh Freshness, asked time.Time, read func(context.Context) ([]T, error)) (joined *fetch[T], mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.last != nil && fresh.accepts(s.last.begun, asked):
		return s.last, false
	case s.flight != nil:
		return s.flight, false
	}
	s.flight = &fetch[T]{begun: s.now(), done: make(chan struct{})}
	go s.run(ctx, s.flight, read)
	return s.flight, true
}

// run fetches. It does not end with the caller who began it, because others
// wait for it too, and because the next one would have to begin anew.
func (s *shared[T]) run(ctx context.Context, flight *fetch[T], read func(context.Context) ([]T, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	defer cancel()
	defer func() {
		// A panic is the waiting callers', where it is recovered and logged.
		flight.panicked = recover()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flight = nil
		if flight.err == nil && flight.panicked == nil && !flight.forgotten {
			s.last = flight
		}
		close(flight.done)
	}()
	flight.items, flight.err = read(ctx)
}

// serves reports whether a fetch that others began is good enough. That it was
// not their turn says nothing about this caller's.
func (s *shared[T]) serves(done *fetch[T], fresh Freshness, asked time.Time) bool {
	if provider.Is(done.err, provider.Throttled) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fresh.accepts(done.begun, asked) && !done.forgotten
}

func (s *shared[T]) result(done *fetch[T]) ([]T, error) {
	if done.panicked != nil {
		panic(done.panicked)
	}
	if done.err != nil {
		return nil, done.err
	}
	items := make([]T, len(done.items))
	for i, item := range done.items {
		items[i] = s.copy(item)
	}
	return items, nil
}

// forget drops the list, and what is being fetched once it is there.
func (s *shared[T]) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = nil
	if s.flight != nil {
		s.flight.forgotten = true
	}
}

// accepts reports whether a list begun at the time serves somebody who asks at
// the other.
func (f Freshness) accepts(begun, asked time.Time) bool {
	if begun.Before(asked.Add(-f.MaxAge)) {
		return false
	}
	return f.NotBefore.IsZero() || begun.After(f.NotBefore)
}

// collect reads all pages. A broken page is an error, never a short list.
func collect[T any](pages iter.Seq2[T, error], op string) ([]T, error) {
	var items []T
	for item, err := range pages {
		if err != nil {
			return nil, err
		}
		if len(items) == maxItems {
			return nil, &provider.Error{Class: provider.Transient, Op: op, Message: fmt.Sprintf("the vendor's list does not end: it has more than %d items", maxItems)}
		}
		items = append(items, item)
	}
	return items, nil
}
