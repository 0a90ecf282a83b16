package oceanbase

import "time"

// maxNonces bounds how many challenges are remembered. Who answers one that
// was forgotten gets another.
const maxNonces = 1024

// nonces remembers the nonces of the challenges given out. The zero value is
// ready to use. It is not saved with the state: a restart makes them stale.
type nonces struct {
	known map[string]*nonce
	// order is by age.
	order []string
}

// nonce is what is known about one of them.
type nonce struct {
	given time.Time
	// highest is the highest count used; bit n of used says that so is the
	// count n below it.
	highest uint32
	used    uint64
}

// give takes a new nonce down.
func (n *nonces) give(text string, now time.Time) {
	if n.known == nil {
		n.known = map[string]*nonce{}
	}
	if len(n.order) == maxNonces {
		delete(n.known, n.order[0])
		n.order = n.order[1:]
	}
	n.known[text] = &nonce{given: now, used: 1} // counts begin with 1
	n.order = append(n.order, text)
}

// use reports whether a request may use a nonce for the time it counts. A
// lifetime of 0 is for ever.
func (n *nonces) use(text string, count uint32, lifetime time.Duration, now time.Time) bool {
	known, ok := n.known[text]
	if !ok || (lifetime > 0 && now.Sub(known.given) >= lifetime) {
		return false
	}
	return known.count(count)
}

// count reports whether a count is used for the first time. Requests made at
// the same time may come out of order, but not later than 63 others.
func (n *nonce) count(count uint32) bool {
	if count > n.highest {
		n.used = n.used<<(count-n.highest) | 1
		n.highest = count
		return true
	}
	bit := uint64(1) << (n.highest - count) // 0 if that is too long ago
	fresh := bit != 0 && n.used&bit == 0
	n.used |= bit
	return fresh
}
