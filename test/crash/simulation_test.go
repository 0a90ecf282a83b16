package crash

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// years is how many are simulated at each vendor where not all are.
const years = 4

// manyYears is the same in make crash-deep.
const manyYears = 200

// TestYears lets a year go by again and again: people do things, calls go wrong or not, caches fall behind, keys come due. In every other year there are two operators.
// One that fails says what to repeat: CRASH_DEEP=1 go test ./test/crash -run 'TestYears/vendors/portkey/^17$'
func TestYears(t *testing.T) {
	count := uint64(years)
	if deep() {
		count = manyYears
	}
	var played, passes, calls atomic.Int64
	lab := NewLab(t, 1)
	t.Run("vendors", func(t *testing.T) {
		for _, vendor := range everywhere() {
			for seed := range count {
				t.Run(fmt.Sprintf("%s/%d", vendor, seed), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						history := lab.Simulate(t, vendor, 1+int(seed%2), rand.New(rand.NewPCG(seed, 0)))
						for _, wrong := range history.Wrong {
							t.Errorf("seed %d at %s, %s: %s", seed, vendor, history.Scenario, wrong)
						}
						played.Add(1)
						passes.Add(int64(history.Passes))
						calls.Add(int64(len(history.Calls)))
					})
				})
			}
		}
	})
	t.Logf("%d years, %d passes, %d calls", played.Load(), passes.Load(), calls.Load())
}

// TestYearsRepeat: a seed that failed once fails again, with one operator and with two.
func TestYearsRepeat(t *testing.T) {
	lab := NewLab(t, 1)
	for number, vendor := range everywhere() {
		t.Run(vendor, func(t *testing.T) {
			var years [2]History
			for i := range years {
				synctest.Test(t, func(t *testing.T) {
					years[i] = lab.Simulate(t, vendor, 2-number%2, rand.New(rand.NewPCG(uint64(number), 1)))
				})
			}
			if !reflect.DeepEqual(years[0], years[1]) {
				t.Errorf("%d calls in %d passes, and again %d in %d: %s\nand again %s",
					len(years[0].Calls), years[0].Passes, len(years[1].Calls), years[1].Passes, years[0].Scenario, years[1].Scenario)
			}
		})
	}
}
