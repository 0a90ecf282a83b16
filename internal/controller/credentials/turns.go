package credentials

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// turns lets one at a time work on a Secret, and any number on different ones.
type turns struct {
	mu  sync.Mutex
	all map[types.NamespacedName]*turn
}

type turn struct {
	sync.Mutex
	// takers have it or wait for it.
	takers int
}

// take waits for the turn on a Secret, and gives what ends it.
func (t *turns) take(key types.NamespacedName) (end func()) {
	t.mu.Lock()
	if t.all == nil {
		t.all = map[types.NamespacedName]*turn{}
	}
	mine, ok := t.all[key]
	if !ok {
		mine = &turn{}
		t.all[key] = mine
	}
	mine.takers++
	t.mu.Unlock()
	mine.Lock()
	return func() {
		mine.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.takers--; mine.takers == 0 {
			delete(t.all, key)
		}
	}
}
