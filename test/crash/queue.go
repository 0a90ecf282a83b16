package crash

import (
	"cmp"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// item is an object that a controller is to look at.
type item struct {
	controller int
	request    reconcile.Request
}

// timer puts an item into the queue later.
type timer struct {
	item
	due time.Time
}

// queue is what the controllers have to do, as their work queues hold it: each item once, and one that is to come later with the earliest time it was given.
type queue struct {
	ready  []item
	later  []timer
	failed map[item]int
}

// The delays between attempts that failed, as the manager sets them.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 5 * time.Minute
)

func (q *queue) add(i item) {
	if !slices.Contains(q.ready, i) {
		q.ready = append(q.ready, i)
	}
}

func (q *queue) addAt(i item, due time.Time) {
	at := slices.IndexFunc(q.later, func(t timer) bool { return t.item == i })
	switch {
	case at < 0:
		q.later = append(q.later, timer{i, due})
	case due.Before(q.later[at].due):
		q.later[at].due = due
	}
}

// retry puts back an item whose pass failed.
func (q *queue) retry(i item, now time.Time) {
	if q.failed == nil {
		q.failed = map[item]int{}
	}
	delay := min(firstRetry<<min(q.failed[i], 20), lastRetry)
	q.failed[i]++
	q.addAt(i, now.Add(delay))
}

func (q *queue) forget(i item) { delete(q.failed, i) }

// take gives the next item that is due.
func (q *queue) take(now time.Time) (item, bool) {
	slices.SortStableFunc(q.later, func(a, b timer) int { return a.due.Compare(b.due) })
	for len(q.later) > 0 && !q.later[0].due.After(now) {
		q.add(q.later[0].item)
		q.later = q.later[1:]
	}
	if len(q.ready) == 0 {
		return item{}, false
	}
	first := q.ready[0]
	q.ready = q.ready[1:]
	return first, true
}

// due reports whether there is an item to take.
func (q *queue) due(now time.Time) bool {
	return len(q.ready) > 0 || slices.ContainsFunc(q.later, func(t timer) bool { return !t.due.After(now) })
}

// next is when the next item is due; false if there is none.
func (q *queue) next() (time.Time, bool) {
	if len(q.later) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(q.later, func(a, b timer) int { return cmp.Compare(a.due.UnixNano(), b.due.UnixNano()) }).due, true
}
