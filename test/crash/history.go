package crash

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/workspace-operator/workspace-operator/api/v1alpha1"
	"github.com/workspace-operator/workspace-operator/internal/engine"
	"github.com/workspace-operator/workspace-operator/test/harness"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// History is one run of a scenario at a vendor, with faults or without.
type History struct {
	Scenario string
	Vendor   string
	Faults   []Fault
	Lag      *Lag
	// Calls and Turns are those that were made from the first step of the act on.
	Calls []Call
	Turns []Turn
	// End is the end state in words, one line for each thing.
	End []string
	// Created and Issued are how many workspaces and keys there ever were.
	Created, Issued int
	// Passes is how many were made, and Struck how many of the faults happened.
	Passes, Struck int
	// Wrong is what broke a promise.
	Wrong []string
}

// Play runs a scenario. It has to be called in a bubble.
func (l *Lab) Play(t testing.TB, scenario Scenario, vendor string, faults ...Fault) History {
	t.Helper()
	return l.PlayLagging(t, scenario, vendor, nil, faults...)
}

// PlayLagging is Play with caches that show an old state.
func (l *Lab) PlayLagging(t testing.TB, scenario Scenario, vendor string, lag *Lag, faults ...Fault) History {
	t.Helper()
	w := l.before(t, scenario, vendor, len(faults) > 0)
	w.plan.Faults, w.plan.Lag, w.plan.counting = faults, lag, true
	for _, step := range scenario.Act {
		step(w)
		w.settle()
	}
	w.plan.counting = false
	return w.finish(scenario)
}

// before is a world that has come to what a scenario begins with. It is known where the history without faults has been played, which is looked at from the start.
func (l *Lab) before(t testing.TB, scenario Scenario, vendor string, known bool) *World {
	t.Helper()
	w := l.world(t, vendor, usual())
	w.plan.known = known
	w.settleFor(breath)
	for _, step := range scenario.Before {
		step(w)
		w.settleFor(breath)
	}
	w.plan.known = false
	return w
}

// finish does what is left to a person, and looks at what has come of it all.
func (w *World) finish(scenario Scenario) History {
	w.t.Helper()
	if w.resolve() {
		w.settle()
	}
	w.look(true)
	before := w.store.Version()
	w.settle()
	if after := w.store.Version(); after != before {
		w.wrongf("invariant 13: there is no rest: %d writes after everything was quiet", after-before)
	}
	workspaces, keys := w.things()
	w.memory.wrong = append(w.memory.wrong, w.leaks(keys)...)
	return History{
		Scenario: scenario.Name, Vendor: w.vendor, Faults: w.plan.Faults, Lag: w.plan.Lag, Calls: w.plan.Calls, Turns: w.plan.Turns, End: w.end(workspaces, keys), Passes: w.passes,
		Struck: w.plan.struck, Created: len(workspaces), Issued: len(keys), Wrong: slices.Compact(w.memory.wrong),
	}
}

// resolve does what a person does about an outcome that nobody knows: he looks at the vendor, removes there what nobody has, and says that there is nothing. It reports
// whether there was anything to do.
func (w *World) resolve() bool {
	found := false
	for _, obj := range []client.Object{w.workspace(), w.key()} {
		attempt := openAttempt(obj)
		if attempt == nil {
			continue
		}
		found = true
		w.removeUnheld()
		w.memory.denied[obj.GetUID()] = true
		w.annotate(obj, v1alpha1.AnnotationDoesNotExist, engine.DenialOf(attempt))
	}
	return found
}

// openAttempt is the call of which nobody knows what became; nil if the object says nothing of one.
func openAttempt(obj client.Object) *v1alpha1.Attempt {
	unknown := slices.ContainsFunc([]string{v1alpha1.ConditionReady, v1alpha1.ConditionSynced}, func(kind string) bool {
		return harness.HasReason(obj, kind, v1alpha1.ReasonOutcomeUnknown)
	})
	switch o := obj.(type) {
	case *v1alpha1.Workspace:
		if unknown {
			return o.Status.Attempt
		}
	case *v1alpha1.ApiKey:
		if unknown {
			return o.Status.Attempt
		}
	}
	return nil
}

// removeUnheld removes at the vendor what the operator has made and nobody has.
func (w *World) removeUnheld() {
	held := map[string]bool{w.workspace().Status.UUID: true}
	for _, secret := range w.secrets() {
		held[string(secret.Data[v1alpha1.SecretKeyKeyID])] = true
	}
	for _, old := range w.key().Status.Retiring {
		held[old.KeyID] = true
	}
	remove := func(kind string, things []invariant.Thing) {
		for _, thing := range things {
			if thing.Gone == nil && !held[thing.ID] && !invariant.Has(w.memory.strangers, thing.ID) && thing.ID != w.existing {
				must(w.t, w.emulator.RemoveObject(w.vendor, kind, thing.ID))
			}
		}
	}
	workspaces, _ := w.things()
	remove("workspaces", workspaces)
	_, keys := w.things() // those of a workspace go with it
	remove("keys", keys)
}

// secrets are those in the tenant's namespace.
func (w *World) secrets() []corev1.Secret {
	list := &corev1.SecretList{}
	must(w.t, w.user.List(w.t.Context(), list, client.InNamespace(team)))
	return list.Items
}

// end is the end state, the vendor's with it, without what differs from one history to the next.
func (w *World) end(workspaces, keys []invariant.Thing) (lines []string) {
	for _, obj := range []client.Object{w.workspace(), w.key()} {
		if obj.GetUID() == "" {
			continue
		}
		lines = append(lines, fmt.Sprintf("%T %s: %s", obj, obj.GetName(), strings.Join(conditionsOf(obj), ", ")))
	}
	live := map[string]int{}
	for _, thing := range keys {
		if thing.Gone == nil {
			live[thing.Value]++
		}
	}
	for _, secret := range w.secrets() {
		held := live[string(secret.Data[secret.Annotations[v1alpha1.AnnotationValueKey]])] == 1
		lines = append(lines, fmt.Sprintf("Secret %s: holds a live key: %t", secret.Name, held))
	}
	used := 0
	for _, thing := range workspaces {
		frozen := w.can.Workspace.DeleteFreezes && thing.Fields["status"] == "frozen" // that is all a deletion does
		if thing.Gone == nil && !frozen {
			used++
		}
	}
	return append(lines, fmt.Sprintf("at the vendor: %d live workspaces, %d live keys", used, len(live)))
}

// conditionsOf are the conditions in short.
func conditionsOf(obj client.Object) (all []string) {
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionSynced, v1alpha1.ConditionAccountReady, v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
		if condition := harness.Condition(obj, kind); condition != nil {
			all = append(all, fmt.Sprintf("%s=%s (%s)", kind, condition.Status, condition.Reason))
		}
	}
	return all
}
