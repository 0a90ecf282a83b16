package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// timed sequences make their requests in step, one step in a second of its own.
	timed, timedSeeds = 160, 1_000_000
	modelEpoch        = 1_900_000_000
)

// steps tells in which step a time was: the seconds at which the steps began, as the server's clock has them.
type steps []int64

func (s *steps) of(at *metav1.Time) string {
	for step, began := range slices.Backward(*s) {
		if at.Unix() >= began {
			return fmt.Sprintf("step %d", step)
		}
	}
	return at.UTC().Format(time.RFC3339)
}

// compareTimes wants the same times on both servers: of creation, of deletion, and of every entry in managedFields, in the same order.
func compareTimes(t *testing.T, server client.Client) {
	now := time.Unix(modelEpoch, 0)
	realSteps, modelSteps := &steps{}, &steps{}
	var pairs []*pair
	var all []sequence
	longest := 0
	for i := range timed {
		p := newPair(t, server, fmt.Sprintf("timed-%d", i%workers), func() time.Time { return now })
		p.real.steps, p.model.steps = realSteps, modelSteps
		p.real.reset()
		p.model.reset()
		pairs, all = append(pairs, p), append(all, generate(timedSeeds+uint64(i)))
		longest = max(longest, len(all[i].operations))
	}
	compared := 0
	for step := range longest {
		nextSecond(t)
		now = now.Add(time.Second)
		*realSteps, *modelSteps = append(*realSteps, time.Now().Unix()), append(*modelSteps, now.Unix())
		var wanted, got [timed]outcome
		var done sync.WaitGroup
		for worker := range workers {
			done.Go(func() {
				for i := worker; i < timed; i += workers {
					if step < len(all[i].operations) {
						wanted[i] = pairs[i].real.do(t.Context(), all[i], all[i].operations[step])
						got[i] = pairs[i].model.do(t.Context(), all[i], all[i].operations[step])
					}
				}
			})
		}
		done.Wait()
		for i := range timed {
			if step >= len(all[i].operations) {
				continue
			}
			compared++
			if diff := cmp.Diff(asText(wanted[i]), asText(got[i])); diff != "" {
				t.Fatalf("seed %d: the times after operation %d, %s, differ (-real +model):\n%s", all[i].seed, step+1, all[i].operations[step], diff)
			}
		}
	}
	t.Logf("%d sequences with %d operations have the same times", timed, compared)
}

// nextSecond waits for the next whole second: the server's times have no finer parts.
func nextSecond(t *testing.T) {
	t.Helper()
	now := time.Now()
	timer := time.NewTimer(now.Truncate(time.Second).Add(time.Second + 20*time.Millisecond).Sub(now))
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}
