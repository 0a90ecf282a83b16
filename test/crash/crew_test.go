package crash

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

// TestFrozen has two operators at work, without an election, and freezes one of them before each of its calls while the other comes to rest.
func TestFrozen(t *testing.T) {
	var histories atomic.Int64
	lab := NewLab(t, 1)
	inEveryPlace(t, places(), func(t *testing.T, _ int, place place) {
		alone := lab.Play(t, place.scenario, place.vendor)
		for before := 1; ; before++ {
			history, at := lab.PlayFrozen(t, place, before)
			if len(at) == 0 {
				return
			}
			histories.Add(1)
			compareTogether(t, alone, history, 1, "one frozen before "+at[0].String())
		}
	})
	t.Logf("%d histories with two operators of which one is frozen", histories.Load())
}

// TestFrozenInTurn freezes one of two operators before each of its calls that change something, and the other before each of those that follow.
func TestFrozenInTurn(t *testing.T) {
	var histories atomic.Int64
	lab := NewLab(t, 1)
	inEveryPlace(t, places(), func(t *testing.T, _ int, place place) {
		alone := lab.Play(t, place.scenario, place.vendor)
		for one := 1; ; one++ {
			for other := 1; ; other++ {
				history, at := lab.PlayFrozenInTurn(t, place, one, other)
				if len(at) == 0 {
					return
				}
				if len(at) == 1 {
					break
				}
				histories.Add(1)
				compareTogether(t, alone, history, 2, fmt.Sprintf("one frozen before %s, and then the other before %s", at[0], at[1]))
			}
		}
	})
	t.Logf("%d histories with two operators of which one is frozen, and then the other", histories.Load())
}

// mostRefused is how many of the calls that one makes once it goes on are refused in turn.
const mostRefused = 6

// TestFrozenAndRefused freezes one of two operators before each of its calls, has the other make something of which it does not hear, and then refuses the one what it asks
// of the cluster or the vendor: that tells nothing of what the other has made.
func TestFrozenAndRefused(t *testing.T) {
	var histories atomic.Int64
	lab := NewLab(t, 1)
	creations := slices.DeleteFunc(places(), func(place place) bool {
		return place.scenario.Name != "create a key" && place.scenario.Name != "create a workspace"
	})
	inEveryPlace(t, creations, func(t *testing.T, _ int, place place) {
		alone := lab.Play(t, place.scenario, place.vendor)
		for before := 1; ; before++ {
			for refused := 1; refused <= mostRefused; refused++ {
				history, at := lab.PlayFrozenRefused(t, place, before, refused)
				if len(at) == 0 {
					return
				}
				if len(at) == 1 {
					break
				}
				histories.Add(1)
				compareTogether(t, alone, history, 2, fmt.Sprintf("one frozen before %s, and then refused %s", at[0], at[1]))
			}
		}
	})
	t.Logf("%d histories with two operators of which one does not hear what it has made, and one is frozen and then refused", histories.Load())
}

// compareTogether holds a history with several operators against that of one alone. Of those that are held up while time goes on, each may make what another has made
// meanwhile once more: so many.
func compareTogether(t *testing.T, alone, history History, more int, how string) {
	t.Helper()
	place := history.Scenario + " at " + history.Vendor
	for _, wrong := range history.Wrong {
		t.Errorf("%s, %s: %s", place, how, wrong)
	}
	if !slices.Equal(history.End, alone.End) {
		t.Errorf("%s, %s: it ends with\n\t%q\nand otherwise with\n\t%q", place, how, history.End, alone.End)
	}
	if history.Created > alone.Created+more || history.Issued > alone.Issued+more {
		t.Errorf("%s, %s: %d workspaces and %d keys were made, and %d and %d are enough", place, how, history.Created, history.Issued, alone.Created+more, alone.Issued+more)
	}
}

// turns is how many choices of who goes on are tried in every way; after so many the first goes on as long as it can. crews is how many histories are tried with operators
// that take turns at random. Both are more in make crash-deep.
const (
	turns, manyTurns = 9, 13
	crews, manyCrews = 6_000, 10_000
)

// TestInterleavings has two operators create the same thing, and lets them take turns at their calls in every order.
func TestInterleavings(t *testing.T) {
	var histories atomic.Int64
	lab, depth := NewLab(t, 1), turns
	if deep() {
		depth = manyTurns
	}
	creations := slices.DeleteFunc(places(), func(place place) bool {
		return place.vendor != harness.Portkey || place.scenario.Name != "create a key" && place.scenario.Name != "create a workspace"
	})
	inEveryPlace(t, creations, func(t *testing.T, _ int, place place) {
		alone := lab.Play(t, place.scenario, place.vendor)
		for order := new(order); order != nil; order = order.next(depth) {
			compareTogether(t, alone, lab.PlayTogether(t, place, 2, order.choose, nil), 0, "in the order "+order.String())
			histories.Add(1)
		}
	})
	t.Logf("%d interleavings of two operators, which are all up to %d turns", histories.Load(), depth)
}

// TestSeveralOperators has two and three operators take turns at random, in every scenario; in about every other history a call of one of them goes wrong.
func TestSeveralOperators(t *testing.T) {
	var histories atomic.Int64
	lab, places, count := NewLab(t, 1), places(), crews
	if deep() {
		count = manyCrews
	}
	inEveryPlace(t, places, func(t *testing.T, number int, place place) {
		alone := lab.Play(t, place.scenario, place.vendor)
		for seed := range count/len(places) + 1 {
			random := rand.New(rand.NewPCG(uint64(number), uint64(seed)))
			members, faults := 2+seed%2, seed/2%2
			how := fmt.Sprintf("%d operators that take turns by seed %d", members, seed)
			history := lab.PlayTogether(t, place, members, func(able []*member) *member { return able[random.IntN(len(able))] }, once(random, members*len(alone.Calls)*faults))
			compareTogether(t, alone, history, faults, how)
			histories.Add(1)
		}
	})
	t.Logf("%d histories with two or three operators at once", histories.Load())
}

// once has one of so many calls go wrong, in one way. Of no calls it is none.
func once(random *rand.Rand, calls int) func(Call) Kind {
	if calls == 0 {
		return nil
	}
	at, kinds, made := random.IntN(calls), Kinds(), 0
	kind := kinds[random.IntN(len(kinds))]
	return func(call Call) Kind {
		made++
		if made <= at || kind == "" || !kind.Hits(call) {
			return ""
		}
		happens := kind
		kind = ""
		return happens
	}
}

// order is one order in which members of a crew take turns: which of those that can go on does, for each choice there was.
type order struct {
	picks, options []int
	made           int
}

func (o *order) String() string { return fmt.Sprint(o.picks[:min(o.made, len(o.picks))]) }

func (o *order) choose(able []*member) *member {
	if o.made == len(o.picks) {
		o.picks, o.options = append(o.picks, 0), append(o.options, len(able))
	}
	pick := o.picks[o.made]
	o.made++
	return able[pick]
}

// next is the order that follows this one; nil after the last. Choices after the first so many are always the first.
func (o *order) next(depth int) *order {
	for at := min(depth, len(o.picks)) - 1; at >= 0; at-- {
		if o.picks[at]+1 < o.options[at] {
			picks, options := slices.Clone(o.picks[:at+1]), slices.Clone(o.options[:at+1])
			picks[at]++
			return &order{picks: picks, options: options}
		}
	}
	return nil
}
