package crash

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// TestAnEditWhileTheListHidesTheKey: it is applied as soon as the vendor shows the key, and not taken for applied before. All of it happens within the seconds in
// which a list is not yet believed, which takes a clock that stands still.
func TestAnEditWhileTheListHidesTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewLab(t, 1).world(t, harness.Portkey, usual())
		w.settle()
		applyWorkspace(w)
		w.settle()
		must(t, w.emulator.SetSettings(w.vendor, map[string]any{"listLagCalls": 1_000_000}))
		applyKey(w)
		w.run()
		if key := w.key(); !harness.IsReady(key) {
			t.Fatalf("the key is not Ready: %q", conditionsOf(key))
		}

		editKey(w)
		w.run()
		hidden := w.key()
		synced := harness.Condition(hidden, v1alpha1.ConditionSynced)
		if !harness.IsReady(hidden) || synced.Reason != v1alpha1.ReasonUpdating {
			t.Errorf("while the list hides it: %q, want Ready, and Synced to say that the edit is to come", conditionsOf(hidden))
		}
		if synced.ObservedGeneration != hidden.Generation-1 {
			t.Errorf("Synced speaks of generation %d, want the one before the edit, %d", synced.ObservedGeneration, hidden.Generation-1)
		}
		if scopes := w.emulator.Portkey().Keys[0].Scopes; !slices.Equal(scopes, []string{"logs.list"}) {
			t.Errorf("the vendor was told %q of a key that it does not show", scopes)
		}

		_, err := w.emulator.ChangeObject(w.vendor, "keys", hidden.Status.KeyID, map[string]any{"hiddenLists": 0})
		must(t, err)
		w.settle()
		if key := w.key(); !harness.HasReason(key, v1alpha1.ConditionSynced, v1alpha1.ReasonInSync) {
			t.Errorf("once the list shows it: %q", conditionsOf(key))
		}
		keys := w.emulator.Portkey().Keys
		if len(keys) != 1 || !slices.Equal(keys[0].Scopes, hidden.Spec.Scopes) {
			t.Errorf("the vendor has %+v, want the one key with the scopes %q", keys, hidden.Spec.Scopes)
		}
	})
}
