package crash

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// years is how many are simulated at each vendor where not all are.
const years = 4

// manyYears is the same in make crash-deep.
const manyYears = 200

// TestYears lets a year go by again and again: people do things, calls go wrong or not, caches fall behind, keys come due. In every other year there are two operators.
func TestYears(t *testing.T) {
	count := uint64(years)
	if deep() {
		count = manyYears
	}
	var passes, calls atomic.Int64
	lab := NewLab(t, 1)
	t.Run("vendors", func(t *testing.T) {
		for _, vendor := range everywhere() {
			t.Run(vendor, func(t *testing.T) {
				t.Parallel()
				for seed := range count {
					synctest.Test(t, func(t *testing.T) {
						history := lab.Simulate(t, vendor, 1+int(seed%2), rand.New(rand.NewPCG(seed, 0)))
						for _, wrong := range history.Wrong {
							t.Errorf("seed %d at %s, %s: %s", seed, vendor, history.Scenario, wrong)
						}
						passes.Add(int64(history.Passes))
						calls.Add(int64(len(history.Calls)))
					})
				}
			})
		}
	})
	t.Logf("%d years, %d passes, %d calls", count*uint64(len(everywhere())), passes.Load(), calls.Load())
}
