package account

import "time"

// pool keeps a bounded number of values and lets go of what nobody asks for.
// It has no lock: its owner has one.
type pool[K comparable, V any] struct {
	size    int
	idle    time.Duration
	drop    func(V)
	entries map[K]*entry[V]
}

type entry[V any] struct {
	value V
	used  time.Time
}

// newPool makes a pool of at most size values, each dropped when it is
// replaced, pushed out, or was not asked for as long as idle.
func newPool[K comparable, V any](size int, idle time.Duration, drop func(V)) *pool[K, V] {
	return &pool[K, V]{size: size, idle: idle, drop: drop, entries: map[K]*entry[V]{}}
}

func (p *pool[K, V]) get(key K, now time.Time) (V, bool) {
	p.sweep(now)
	found, ok := p.entries[key]
	if !ok {
		var none V
		return none, false
	}
	found.used = now
	return found.value, true
}

func (p *pool[K, V]) put(key K, value V, now time.Time) {
	p.remove(key)
	for len(p.entries) >= p.size {
		p.remove(p.oldest())
	}
	p.entries[key] = &entry[V]{value: value, used: now}
}

func (p *pool[K, V]) remove(key K) {
	if found, ok := p.entries[key]; ok {
		delete(p.entries, key)
		p.drop(found.value)
	}
}

func (p *pool[K, V]) sweep(now time.Time) {
	for key, entry := range p.entries {
		if now.Sub(entry.used) > p.idle {
			p.remove(key)
		}
	}
}

func (p *pool[K, V]) oldest() K {
	var oldest K
	var used time.Time
	for key, entry := range p.entries {
		if used.IsZero() || entry.used.Before(used) {
			oldest, used = key, entry.used
		}
	}
	return oldest
}
