package crash

import (
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// pairSample is how many histories with two faults are tried where not all are.
const pairSample = 5000

// pairKinds are the faults that are tried in pairs: those that leave a doubt. What a refusal leads to, one of them shows; only in answer to a call that has been executed
// before, unheard, it may be taken for an answer to both.
func pairKinds(first Fault) []Kind {
	if first.Kind == AnswerLost {
		return Kinds()
	}
	return []Kind{NotExecuted, AnswerLost, CrashBefore, CrashAfter}
}

// deep reports whether everything is tried, and not a sample.
func deep() bool { return os.Getenv("CRASH_DEEP") != "" }

// TestPairsOfFaults lets two calls of a history go wrong, the second in what the first has led to.
func TestPairsOfFaults(t *testing.T) {
	labs, places := []*Lab{NewLab(t, 1), NewLab(t, 2)}, places()
	if deep() {
		labs = labs[:1]
	}
	counts := make(chan int, len(places))
	inEveryPlace(t, places, func(t *testing.T, number int, place place) {
		played := 0
		for _, lab := range labs {
			pairs := &pairs{lab: lab, place: place, undisturbed: lab.Play(t, place.scenario, place.vendor)}
			if deep() {
				pairs.all(t)
			} else {
				pairs.some(t, rand.New(rand.NewPCG(uint64(lab.seed), uint64(number))), pairSample/len(places)/len(labs)+1)
			}
			played += pairs.played
		}
		counts <- played
	})
	close(counts)
	total, played := 0, 0
	for count := range counts {
		total, played = total+count, played+1
	}
	t.Logf("%d histories with two faults each, at %d places", total, played)
	if whole := played == len(places); whole && total < pairSample {
		t.Errorf("%d histories were played, and %d were to be", total, pairSample)
	}
}

// TestSecretsInDoubt plays pairs that are in no sample, and once broke a promise: a Secret is written and the answer lost, and the next try to write it, or the look at what
// became of it, takes too long.
func TestSecretsInDoubt(t *testing.T) {
	var histories atomic.Int64
	lab := NewLab(t, 1)
	inEveryPlace(t, places(), func(t *testing.T, _ int, place place) {
		pairs := &pairs{lab: lab, place: place, undisturbed: lab.Play(t, place.scenario, place.vendor)}
		for _, call := range pairs.undisturbed.Calls {
			if call.Side != Cluster || !call.Mutates || !strings.HasPrefix(call.About, "Secret ") {
				continue
			}
			first := Fault{At: call.Number, Kind: AnswerLost}
			once := lab.Play(t, place.scenario, place.vendor, first)
			for at := call.Number + 1; at <= min(call.Number+2, len(once.Calls)); at++ {
				pairs.play(t, once, first, Fault{At: at, Kind: Deadline})
			}
		}
		histories.Add(int64(pairs.played))
	})
	t.Logf("%d histories in which nobody knows what a Secret holds", histories.Load())
}

// pairs plays the pairs of one place.
type pairs struct {
	lab         *Lab
	place       place
	undisturbed History
	played      int
}

// different are the faults that may happen after the first, if there is one, without those that leave everything as another does.
func different(history History, first Fault) []Fault {
	var all []Fault
	for _, call := range history.Calls[first.At:] {
		for _, kind := range pairKinds(first) {
			fault := Fault{At: call.Number, Kind: kind}
			if kind.Hits(call) && fault.Plain(history.Calls, first.At) == fault {
				all = append(all, fault)
			}
		}
	}
	return all
}

func (p *pairs) all(t *testing.T) {
	for _, first := range different(p.undisturbed, Fault{}) {
		once := p.lab.Play(t, p.place.scenario, p.place.vendor, first)
		for _, second := range different(once, first) {
			p.play(t, once, first, second)
		}
	}
}

func (p *pairs) some(t *testing.T, random *rand.Rand, number int) {
	all := different(p.undisturbed, Fault{})
	for p.played < number {
		first := all[random.IntN(len(all))]
		once := p.lab.Play(t, p.place.scenario, p.place.vendor, first)
		// Few histories end before anything else could go wrong.
		if seconds := different(once, first); len(seconds) > 0 {
			p.play(t, once, first, seconds[random.IntN(len(seconds))])
		}
	}
}

func (p *pairs) play(t *testing.T, once History, first, second Fault) {
	p.played++
	compare(t, p.undisturbed, once.Calls[second.At-1], p.lab.Play(t, p.place.scenario, p.place.vendor, first, second))
}
