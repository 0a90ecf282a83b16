package account

import (
	"slices"
	"time"
)

// Priority says who goes first. The order is that of the harm in waiting.
type Priority int

const (
	// Revoke ends a key or a workspace.
	Revoke Priority = iota
	// Issue makes a key.
	Issue
	// Create makes a workspace.
	Create
	// Refresh only looks; it takes what the others leave.
	Refresh
)

const (
	// precedence is the head start of each priority over the next: a later
	// request of higher priority goes first unless the other has waited this
	// much longer. So nobody waits for ever.
	precedence = 5 * time.Minute
	// turnLife is how long a turn is kept for one who does not come back.
	turnLife = 30 * time.Second
)

// line holds those who were told to come back, the next one first.
type line []*turn

// turn is a place in the line.
type turn struct {
	key      string
	n        int
	priority Priority
	arrived  time.Time
	// due is when its owner was told to come back.
	due time.Time
}

// rank orders the line: the time of arrival, and a handicap.
func (t *turn) rank() time.Time {
	return t.arrived.Add(time.Duration(t.priority) * precedence)
}

// mature is true of one who has waited out its handicap.
func (t *turn) mature(now time.Time) bool { return !now.Before(t.rank()) }

// join gives the place of the key: the one it has, or a new one behind all of
// its rank.
func (l *line) join(now time.Time, key string, n int, priority Priority) *turn {
	joined := &turn{key: key, arrived: now, due: now}
	if i := slices.IndexFunc(*l, func(t *turn) bool { return t.key == key }); i >= 0 {
		joined = (*l)[i]
		if joined.n == n && joined.priority == priority {
			return joined
		}
		*l = slices.Delete(*l, i, i+1)
	}
	joined.n, joined.priority = n, priority
	place := slices.IndexFunc(*l, func(t *turn) bool { return t.rank().After(joined.rank()) })
	if place < 0 {
		place = len(*l)
	}
	*l = slices.Insert(*l, place, joined)
	return joined
}

// leave gives up a place.
func (l *line) leave(t *turn) {
	*l = slices.DeleteFunc(*l, func(other *turn) bool { return other == t })
}

// ahead is how many requests go before this turn's.
func (l *line) ahead(t *turn) int {
	sum := 0
	for _, other := range *l {
		if other == t {
			break
		}
		sum += other.n
	}
	return sum
}

// total is how many requests wait.
func (l *line) total() int { return l.ahead(nil) }

// settle drops those who did not come back in time.
func (l *line) settle(now time.Time) {
	*l = slices.DeleteFunc(*l, func(t *turn) bool { return now.Sub(t.due) > turnLife })
}
