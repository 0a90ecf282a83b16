// Package window limits how many requests one key may make in any sixty
// seconds. A bucket that refills steadily and also allows a burst would let
// more through in its first minute than the vendors' documentation allows.
package window

import (
	"slices"
	"time"
)

// Length is the span the vendors state their limits for.
const Length = time.Minute

// Limiter remembers when each key's admitted requests came. The zero value is
// ready to use. It is not safe for concurrent use.
type Limiter struct {
	admitted map[string][]time.Time
}

// Free reports whether the key has had fewer than limit admitted requests in
// the sixty seconds before now. A limit of 0 or less means no limit.
func (l *Limiter) Free(key string, limit int, now time.Time) bool {
	return limit <= 0 || len(l.recent(key, now)) < limit
}

// Admit records that a request of the key went through at now. Refused
// requests are not recorded: the documentation does not say that they count.
func (l *Limiter) Admit(key string, now time.Time) {
	if l.admitted == nil {
		l.admitted = map[string][]time.Time{}
	}
	l.admitted[key] = append(l.recent(key, now), now)
}

func (l *Limiter) recent(key string, now time.Time) []time.Time {
	return slices.DeleteFunc(l.admitted[key], func(t time.Time) bool {
		return now.Sub(t) >= Length
	})
}
