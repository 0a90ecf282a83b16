package crash

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestSingleFaults lets every call of every scenario go wrong in every way.
func TestSingleFaults(t *testing.T) {
	var histories, product atomic.Int64
	lab := NewLab(t, 1)
	inEveryPlace(t, places(), func(t *testing.T, _ int, place place) {
		undisturbed := lab.Play(t, place.scenario, place.vendor)
		whole(t, undisturbed)
		played := map[Fault]History{}
		for _, call := range undisturbed.Calls {
			for _, kind := range Kinds() {
				if !kind.Hits(call) {
					continue
				}
				product.Add(1)
				fault := Fault{At: call.Number, Kind: kind}
				history := lab.Play(t, place.scenario, place.vendor, fault)
				compare(t, undisturbed, call, history)
				histories.Add(1)
				played[fault] = history
				alike(t, history, played[fault.Plain(undisturbed.Calls, 0)])
			}
		}
	})
	t.Logf("%d histories with one fault each, of %d", histories.Load(), product.Load())
}

// alike holds a history against that of the fault that is to leave everything the same.
func alike(t *testing.T, history, plain History) {
	t.Helper()
	rest := func(h History) (calls []string) {
		for _, call := range h.Calls[h.Faults[0].At:] {
			call.Number, call.Turn = 0, 0
			calls = append(calls, call.String())
		}
		return calls
	}
	if !slices.Equal(history.End, plain.End) || history.Created != plain.Created || history.Issued != plain.Issued || !slices.Equal(rest(history), rest(plain)) {
		t.Errorf("%s at %s: %s and %s are to be the same, and are followed by\n\t%s\nand by\n\t%s", history.Scenario, history.Vendor, history.Faults, plain.Faults,
			strings.Join(rest(history), "\n\t"), strings.Join(rest(plain), "\n\t"))
	}
}

// inEveryPlace plays at all of the places, at several at a time and each in a bubble of its own, and waits for them.
func inEveryPlace(t *testing.T, places []place, play func(t *testing.T, number int, place place)) {
	t.Helper()
	t.Run("scenarios", func(t *testing.T) {
		for number, place := range places {
			t.Run(place.scenario.Name+"/"+place.vendor, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { play(t, number, place) })
			})
		}
	})
}

// TestHistoriesRepeat: what failed once can be looked at again.
func TestHistoriesRepeat(t *testing.T) {
	lab := NewLab(t, 1)
	for _, place := range places() {
		synctest.Test(t, func(t *testing.T) {
			faults := []Fault{{At: 4, Kind: AnswerLost}, {At: 9, Kind: CrashAfter}}
			first := lab.Play(t, place.scenario, place.vendor, faults...)
			lab.Play(t, place.scenario, place.vendor)
			again := lab.Play(t, place.scenario, place.vendor, faults...)
			if !reflect.DeepEqual(first, again) {
				t.Errorf("%s at %s: %+v\nand again %+v", place.scenario.Name, place.vendor, first, again)
			}
		})
	}
}

// whole checks a history without faults.
func whole(t *testing.T, history History) {
	t.Helper()
	for _, wrong := range history.Wrong {
		t.Errorf("%s at %s, without faults: %s", history.Scenario, history.Vendor, wrong)
	}
	for _, line := range history.End {
		if strings.HasPrefix(line, "*") && (!strings.Contains(line, "Ready=True") || strings.Contains(line, "=False")) {
			t.Errorf("%s at %s, without faults: it ends with %s", history.Scenario, history.Vendor, line)
		}
	}
}

// compare holds a history with faults against the one without.
func compare(t *testing.T, undisturbed History, call Call, history History) {
	t.Helper()
	failed := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s at %s, %s (%s): %s", history.Scenario, history.Vendor, history.Faults, call, fmt.Sprintf(format, args...))
	}
	for _, wrong := range history.Wrong {
		failed("%s", wrong)
	}
	if history.Struck != len(history.Faults) {
		failed("%d of the faults happened", history.Struck)
	}
	if !slices.Equal(history.End, undisturbed.End) {
		failed("it ends otherwise:\n\t%s\nand without faults:\n\t%s", strings.Join(history.End, "\n\t"), strings.Join(undisturbed.End, "\n\t"))
	}
	if most := undisturbed.Issued + len(history.Faults); history.Issued > most {
		failed("%d keys were issued, and %d are enough", history.Issued, most)
	}
}
