package crash

import (
	"math/rand/v2"
	"testing"
	"time"
)

// crew is several operators that work at the same time, with no election between them. One of them goes on at a time, up to its next call: who, is chosen before
// every call.
type crew struct {
	w       *World
	members []*member
	// moments is how much time there is between two calls: never the same, so that none falls on the end of a deadline. What came first would differ from run to run.
	moments *rand.Rand
	// choose gives one of so many that could go on.
	choose func(able []*member) *member
	// freeze reports whether a member that stands before a call is given no turn from here on; nil is nobody.
	freeze func(*member) bool
}

// member is one operator of a crew. It halts before each of its calls until it is told to go on.
type member struct {
	w       *World
	number  int
	plan    *Plan
	process *process
	// goOn is its turn, and halted tells that it stands before a call, or has come to the end of its pass.
	goOn   chan struct{}
	halted chan bool
	// inPass: it stands before the call.
	inPass bool
	call   Call
	// made is how many calls it has made, and changed how many of them that change something.
	made, changed int
	// frozen: it is given no turn.
	frozen bool
}

// employ has so many operators work in the place of the one.
func (w *World) employ(number int, choose func([]*member) *member) {
	w.crew = &crew{w: w, choose: choose, moments: rand.New(rand.NewPCG(1, 1))} //nolint:gosec // nobody is to be surprised
	for i := range number {
		m := &member{w: w, number: i, plan: &Plan{}, goOn: make(chan struct{}), halted: make(chan bool)}
		m.plan.Before = m.halt
		w.crew.members = append(w.crew.members, m)
		m.start()
	}
}

// start begins a new life of the member's process.
func (m *member) start() {
	m.process = m.w.launch(m.plan)
	m.process.again = m.start
	m.process.wakeAll()
}

// halt is called by the member's own goroutine.
func (m *member) halt(call Call) {
	m.call = call
	m.halted <- true
	<-m.goOn
	m.made++
	if call.Mutates {
		m.changed++
	}
}

// step lets a member make the call that it stands before, or begin a pass, and waits until it halts again.
func (m *member) step() {
	pass(time.Now().Add(time.Duration(1 + m.w.crew.moments.IntN(100_000))))
	if m.inPass {
		m.goOn <- struct{}{}
	} else {
		go func() {
			defer func() { m.halted <- false }()
			m.process.pass()
		}()
	}
	m.inPass = <-m.halted
}

// suffer says what goes wrong with the calls of all of them from here on.
func (c *crew) suffer(wrong func(Call) Kind) {
	for _, m := range c.members {
		m.suffer(wrong)
	}
}

// suffer says what goes wrong with its calls from here on; nil is nothing.
func (m *member) suffer(wrong func(Call) Kind) { m.plan.counting, m.plan.Random = wrong != nil, wrong }

// run lets the crew do all that is due.
func (c *crew) run() {
	for {
		c.w.collect()
		var able []*member
		for _, m := range c.members {
			m.frozen = m.frozen || m.inPass && c.freeze != nil && c.freeze(m)
			if !m.frozen && (m.inPass || m.process.ready()) {
				able = append(able, m)
			}
		}
		switch len(able) {
		case 0:
			return
		case 1:
			able[0].step()
		default:
			c.choose(able).step()
		}
	}
}

// wakes is when the first of them has something to do.
func (c *crew) wakes() (first time.Time, waits bool) {
	for _, m := range c.members {
		if due, some := m.process.wakes(); some && !m.frozen && (!waits || due.Before(first)) {
			first, waits = due, true
		}
	}
	return first, waits
}

// PlayTogether is Play with several operators. wrong says what goes wrong with a call of any of them; nil is nothing.
func (l *Lab) PlayTogether(t testing.TB, place place, number int, choose func([]*member) *member, wrong func(Call) Kind) History {
	t.Helper()
	w := l.before(t, place.scenario, place.vendor, true)
	w.process = nil
	w.employ(number, first)
	w.settle() // a start brings calls of its own
	w.crew.choose = choose
	w.crew.suffer(wrong)
	for _, step := range place.scenario.Act {
		step(w)
		w.settle()
	}
	w.crew.suffer(nil)
	return w.finish(place.scenario)
}

// PlayFrozen is Play with two operators of which one is frozen before a call, its number counted from the act on. The other comes to rest, and then the one goes on.
// It also gives the call; none if there was none.
func (l *Lab) PlayFrozen(t testing.TB, place place, before int) (History, []Call) {
	t.Helper()
	return l.two(t, place).playFrozen(place, func(m *member) bool { return m.made == before-1 })
}

// PlayFrozenInTurn freezes one of two operators before one of its calls that change something, and the other before one of those that it makes after that. The one comes
// to rest, and then the other goes on. It also gives the calls.
func (l *Lab) PlayFrozenInTurn(t testing.TB, place place, one, other int) (History, []Call) {
	t.Helper()
	before := func(number int) func(*member) bool {
		return func(m *member) bool { return m.call.Mutates && m.changed == number-1 }
	}
	return l.two(t, place).playFrozen(place, before(one), before(other))
}

// PlayFrozenRefused is PlayFrozen where the other never hears what became of its first call that changes something at the vendor, and where the one is refused one of
// the calls that it makes then. Both calls are given: there is but one if it made fewer, and none if it was not frozen.
func (l *Lab) PlayFrozenRefused(t testing.TB, place place, before, refused int) (History, []Call) {
	t.Helper()
	w := l.two(t, place)
	one, other := w.crew.members[0], w.crew.members[1]
	lost, made := false, 0
	var denied []Call
	other.suffer(func(call Call) Kind {
		if lost || call.Side != Vendor || !call.Mutates {
			return ""
		}
		lost = true
		return AnswerLost
	})
	one.suffer(func(call Call) Kind {
		if made++; made != before-1+refused || !Forbidden.Hits(call) {
			return ""
		}
		denied = append(denied, call)
		return Forbidden
	})
	history, at := w.playFrozen(place, func(m *member) bool { return m.made == before-1 })
	return history, append(at, denied...)
}

// two is a world with two operators that have come to rest.
func (l *Lab) two(t testing.TB, place place) *World {
	t.Helper()
	w := l.before(t, place.scenario, place.vendor, true)
	w.process = nil
	w.employ(2, first)
	w.settle() // a start brings calls of its own
	return w
}

// playFrozen freezes the members where they stop, one after another, and lets them go on in the same order, each when all others have come to rest.
func (w *World) playFrozen(place place, stops ...func(*member) bool) (History, []Call) {
	w.t.Helper()
	var at []Call
	restart := func(m *member) { m.made, m.changed = 0, 0 }
	restart(w.crew.members[0])
	w.crew.freeze = func(m *member) bool {
		if len(at) == len(stops) || m.number != len(at) || !stops[m.number](m) {
			return false
		}
		at = append(at, m.call)
		at[m.number].Number = m.made + 1
		if len(at) < len(stops) {
			restart(w.crew.members[len(at)])
		}
		return true
	}
	for _, step := range place.scenario.Act {
		step(w)
		w.settle()
		for _, m := range w.crew.members {
			if m.frozen {
				m.frozen = false
				w.settle()
			}
		}
	}
	w.crew.freeze = nil
	w.crew.suffer(nil)
	return w.finish(place.scenario), at
}

// first lets the same one go on as long as it can.
func first(able []*member) *member { return able[0] }
