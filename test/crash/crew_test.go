package crash

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestFrozen has two operators at work, without an election, and freezes one of them before each of its calls while the other comes to rest.
func TestFrozen(t *testing.T) {
	var histories atomic.Int64
	lab := NewLab(t, 1)
	t.Run("scenarios", func(t *testing.T) {
		for _, place := range places() {
			t.Run(place.scenario.Name+"/"+place.vendor, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					alone := lab.Play(t, place.scenario, place.vendor)
					for before := 1; ; before++ {
						history, at := lab.PlayFrozen(t, place, before)
						if at.Number == 0 {
							return
						}
						histories.Add(1)
						compareTogether(t, alone, history, "one frozen before "+at.String())
					}
				})
			})
		}
	})
	t.Logf("%d histories with two operators of which one is frozen", histories.Load())
}

// compareTogether holds a history with several operators against that of one alone.
func compareTogether(t *testing.T, alone, history History, how string) {
	t.Helper()
	place := history.Scenario + " at " + history.Vendor
	for _, wrong := range history.Wrong {
		t.Errorf("%s, %s: %s", place, how, wrong)
	}
	if !slices.Equal(history.End, alone.End) {
		t.Errorf("%s, %s: it ends with\n\t%q\nand otherwise with\n\t%q", place, how, history.End, alone.End)
	}
}

var _ = rand.New
