package crash

import (
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
)

// lagging is how long caches lag behind that do not just miss one pass.
const lagging = 10 * time.Second

// longestBehind is how many writes to a kind a start may find unseen: the API server it asks is that far behind.
const longestBehind = 3

// TestStaleReads has the caches show every state that they could still show, in every pass of every scenario and after every crash.
func TestStaleReads(t *testing.T) {
	var histories, restarts atomic.Int64
	lab := NewLab(t, 1)
	inEveryPlace(t, places(), func(t *testing.T, _ int, place place) {
		undisturbed := lab.Play(t, place.scenario, place.vendor)
		whole(t, undisturbed)
		for _, lag := range lagsOf(undisturbed) {
			compareLagging(t, undisturbed, lab.PlayLagging(t, place.scenario, place.vendor, &lag))
			histories.Add(1)
		}
		for _, call := range undisturbed.Calls {
			if !call.Mutates {
				continue
			}
			for _, lag := range startingLags() {
				compareLagging(t, undisturbed, lab.PlayLagging(t, place.scenario, place.vendor, &lag, Fault{At: call.Number, Kind: CrashAfter}))
				restarts.Add(1)
			}
		}
	})
	t.Logf("%d histories with caches that lag behind in a pass, %d with such caches after a crash", histories.Load(), restarts.Load())
}

// lagsOf are all old states that the caches could show in the passes of a history: of one kind, or of all that had news.
func lagsOf(history History) (all []Lag) {
	for number, turn := range history.Turns {
		var behind []map[schema.GroupVersionKind]int
		for gvk, news := range turn.News {
			for n := range news {
				behind = append(behind, map[schema.GroupVersionKind]int{gvk: n + 1})
			}
		}
		if len(turn.News) > 1 {
			behind = append(behind, maps.Clone(turn.News))
		}
		for _, each := range behind {
			for _, duration := range []time.Duration{0, lagging} {
				all = append(all, Lag{Pass: number + 1, Behind: each, For: duration, item: turn.item})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Lag) int { return a.Pass - b.Pass })
	return all
}

// startingLags are those that a start can find.
func startingLags() (all []Lag) {
	for _, kind := range []string{v1alpha1.KindWorkspace, v1alpha1.KindApiKey} {
		for behind := range longestBehind {
			all = append(all, Lag{Behind: map[schema.GroupVersionKind]int{v1alpha1.GroupVersion.WithKind(kind): behind + 1}, For: lagging})
		}
	}
	return all
}

// compareLagging holds a history with caches that lag against the one whose caches did not.
func compareLagging(t *testing.T, undisturbed, history History) {
	t.Helper()
	place := history.Scenario + " at " + history.Vendor
	for _, wrong := range history.Wrong {
		t.Errorf("%s, %s, %v: %s", place, history.Lag, history.Faults, wrong)
	}
	if !slices.Equal(history.End, undisturbed.End) {
		t.Errorf("%s, %s, %v: it ends with\n\t%q\nand otherwise with\n\t%q", place, history.Lag, history.Faults, history.End, undisturbed.End)
	}
	if most := undisturbed.Issued + len(history.Faults); history.Issued > most {
		t.Errorf("%s, %s, %v: %d keys were issued, and %d are enough", place, history.Lag, history.Faults, history.Issued, most)
	}
}
