package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

const (
	// never is a time that does not come.
	never = 1000 * time.Hour
	// deadline is how long the vendor may take to build a workspace.
	deadline = 10 * time.Minute
)

// wsWorld runs passes of a Workspace against the model vendor.
type wsWorld struct {
	object
	recovery provider.Recovery
	// asynchronous: the vendor accepts a creation and tells no id; the list
	// shows the workspace after the time shown, and it is built after the time
	// building.
	asynchronous    bool
	shown, building time.Duration
	// typed: the slug is the tenant's, so that nothing shows our mark.
	typed bool
	// freezes: a deletion only freezes.
	freezes bool
	retain  bool
	// external is taken over; unlike the spec until it is updated.
	external string
	unlike   bool
	// ordered is when the vendor accepted what it still works on.
	ordered *time.Duration
	last    Step
}

func (w *wsWorld) facts(f fault) Workspace {
	facts := Workspace{
		Vendor: "acme", Deleting: w.deleting, First: !w.finalizer, Retain: w.retain, Recorded: w.recorded, Attempted: w.attempt != nil,
		External: w.external, Recovery: w.recovery, MustRecord: w.recovery == provider.RecoverNever, FreezeRemoves: w.freezes,
		Ordered: w.ordered != nil,
	}
	if w.freezes {
		facts.Means = "it is removed for good after 30 days"
	}
	if w.ordered != nil {
		facts.Waited = w.now - *w.ordered
		facts.Overdue = facts.Waited > deadline
	}
	switch {
	case facts.First && w.external == "" && !w.typed:
		return facts
	case facts.First: // the lists hide nothing of ours
	case w.recorded == "" || w.attempt != nil:
		facts.Unsettled = w.unsettled()
	default:
		facts.Unsettled = w.sinceReady()
	}
	if f == unread {
		facts.ReadErr = errUnseen
		return facts
	}
	w.look(&facts)
	return facts
}

// look reads what can be read of the vendor.
func (w *wsWorld) look(facts *Workspace) {
	if w.recovery == provider.RecoverNever && !w.typed {
		// Nothing can be listed; what is recorded can be read.
		if w.recorded != "" {
			facts.Current = current(w.recorded)
		}
		return
	}
	for _, each := range w.list() {
		seen := *current(each.id)
		seen.Pending = each.built > w.now-w.lag
		seen.Frozen = each.frozen && each.died <= w.now-w.lag
		switch {
		case w.typed:
			facts.Named = append(facts.Named, seen)
		case w.external == "":
			facts.Marked = append(facts.Marked, seen)
		}
		if seen.ID == w.recorded || w.recorded == "" && seen.ID == w.external {
			facts.Current = &seen
		}
	}
	if facts.Current != nil && w.unlike {
		facts.Differs = changed("description")
	}
}

func (w *wsWorld) pass(f fault) Step {
	facts := w.facts(f)
	step := facts.Decide()
	w.last = step
	w.log = append(w.log, line(w.now, f, fmt.Sprintf("recorded=%q marked=%d attempted=%t first=%t deleting=%t%s",
		facts.Recorded, len(facts.Marked), facts.Attempted, facts.First, facts.Deleting, more(facts)), step))
	w.begin(step)
	if step.Verb == Create {
		w.alone()
	}
	done, known := sent(f)
	failed := false
	outlook := step.Outlook
	switch step.Verb {
	case Create:
		failed = !w.create(f)
		if w.asynchronous && !failed {
			outlook = Provisioning(0)
		}
	case Adopt:
		if f != unwritten && f != crashed {
			w.recorded, w.attempt = step.Target, nil
			if w.deleting {
				w.ordered = nil
			}
		}
	case Update:
		w.unlike = w.unlike && !done
		failed = !done || !known
	case Remove:
		if done {
			w.remove(step.Target, f)
		}
		w.elapse(f)
		failed = !done || !known
		w.gone = !failed && f != unwritten && step.Last
	case Finish:
		w.gone = true
	default: // the vendor has no part in it
	}
	if f != unwritten && f != crashed {
		w.follow(facts, step)
	}
	w.report(f, Step{Verb: step.Verb, Outlook: outlook}, failed)
	w.now += max(outlook.After, time.Second)
	return step
}

// more tells in the log of what few workspaces have.
func more(facts Workspace) string {
	text := ""
	if facts.Ordered {
		text += " ordered"
	}
	if facts.External != "" {
		text += fmt.Sprintf(" external=%q differs=%t", facts.External, facts.Differs.Any())
	}
	return text
}

// create makes a workspace and reports whether that is known to have gone well.
func (w *wsWorld) create(f fault) bool {
	done, known := sent(f)
	var made *thing
	if done {
		made = w.make(0, f)
		made.born += w.shown
		made.built = made.born + w.building
	}
	started := w.now
	w.elapse(f)
	switch {
	case !done || !known:
		w.answer(f)
		return false
	case f == unwritten:
	case w.asynchronous:
		w.ordered, w.attempt = &started, nil
	default:
		w.recorded, w.attempt = made.id, nil
	}
	return true
}

func (w *wsWorld) remove(id string, f fault) {
	if !w.freezes {
		w.end(id, f)
		return
	}
	for _, each := range w.things {
		if each.id == id && !each.frozen {
			each.frozen, each.died = true, w.effective(f)
		}
	}
}

// follow notes that the vendor still works on the workspace, and forgets it once
// it has finished.
func (w *wsWorld) follow(facts Workspace, step Step) {
	for _, seen := range slices.Concat(facts.Marked, facts.Named) {
		switch {
		case step.Verb == Create || seen.ID != w.recorded:
		case !seen.Pending:
			w.ordered = nil
		case w.ordered == nil && !w.deleting:
			started := w.now
			w.ordered = &started
		}
	}
}

// run makes passes until the Workspace is gone, and fails if one is made beside
// another.
func (w *wsWorld) run(t *rapid.T, events []fault) {
	for _, f := range events {
		if w.gone {
			return
		}
		if f == "finalizer lost" {
			w.finalizer, w.stripped = false, true
			continue
		}
		w.slow(t)
		w.pass(f)
		w.once(t)
	}
}

func TestWorkspaceConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wsWorld{recovery: provider.RecoverByMark}
		w.weather(t)
		rest := rapid.Bool().Draw(t, "rest before deletion")
		trouble := faults()
		if rest {
			trouble = faults("finalizer lost")
		}
		w.run(t, rapid.SliceOfN(trouble, 0, 12).Draw(t, "faults"))
		if rest {
			w.run(t, slices.Repeat([]fault{smooth}, calm))
			if got := w.living(); !slices.Equal(got, []string{w.recorded}) {
				t.Fatalf("the vendor has the workspaces %v and %q is recorded\n%s", got, w.recorded, strings.Join(w.log, "\n"))
			}
		}
		w.deleting, w.gone = true, !w.finalizer
		w.run(t, rapid.SliceOfN(faults(), 0, 6).Draw(t, "faults while deleting"))
		w.run(t, slices.Repeat([]fault{smooth}, calm))
		if got := w.living(); !w.gone || len(got) > 0 {
			t.Fatalf("deletion ended=%t and the vendor has the workspaces %v\n%s", w.gone, got, strings.Join(w.log, "\n"))
		}
	})
}

// TestOneCallWhereNothingCanBeFound: without recovery a second workspace is
// never made, whatever is lost.
func TestOneCallWhereNothingCanBeFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wsWorld{recovery: provider.RecoverNever}
		for _, f := range rapid.SliceOfN(faults(), 0, 12).Draw(t, "faults") {
			w.slow(t)
			w.pass(f)
		}
		for range calm {
			w.pass(smooth)
		}
		if len(w.things) > 1 {
			t.Fatalf("%d workspaces were made\n%s", len(w.things), strings.Join(w.log, "\n"))
		}
		step := w.pass(smooth)
		if known := w.recorded != ""; known != (step.State == Settled) || !known && step.Reason != reasonOutcomeUnknown {
			t.Fatalf("recorded=%q, yet it says %s/%s\n%s", w.recorded, step.State, step.Reason, strings.Join(w.log, "\n"))
		}
	})
}

// slowly draws an asynchronous vendor. An answer is only lost, or not written
// down, where the list shows a workspace as soon as that of any other vendor:
// one that hid it for longer could not be told from one that had made none.
func (w *wsWorld) slowly(t *rapid.T) (trouble *rapid.Generator[fault]) {
	w.asynchronous = true
	w.typed, w.freezes = rapid.Bool().Draw(t, "slug typed"), rapid.Bool().Draw(t, "deletion freezes")
	w.recovery = provider.RecoverByMark
	if w.typed {
		w.recovery = provider.RecoverNever
	}
	w.building = rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, 5 * time.Minute}).Draw(t, "building")
	soonest := settle - time.Second - w.lag - w.late
	w.shown = rapid.SampledFrom([]time.Duration{0, soonest, time.Minute, 5 * time.Minute, never}).Draw(t, "shown after")
	if w.shown > soonest {
		return rapid.SampledFrom([]fault{smooth, refused, unsent, unread})
	}
	return faults()
}

// TestOneWorkspaceWhereTheVendorTakesItsTime: whatever the vendor has accepted
// is waited for, and neither made twice nor left behind.
func TestOneWorkspaceWhereTheVendorTakesItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wsWorld{}
		w.weather(t)
		trouble := w.slowly(t)
		w.run(t, rapid.SliceOfN(trouble, 0, 10).Draw(t, "faults"))
		rest := rapid.Bool().Draw(t, "rest before deletion")
		if rest {
			w.run(t, slices.Repeat([]fault{smooth}, calm))
			w.waited(t)
		}
		w.deleting, w.gone = true, !w.finalizer
		w.run(t, rapid.SliceOfN(trouble, 0, 6).Draw(t, "faults while deleting"))
		w.run(t, slices.Repeat([]fault{smooth}, calm))
		if !w.gone && w.last.Reason == reasonOverdue && w.shown == never {
			w.retain = true // a person has had enough
			w.pass(smooth)
			if !w.gone || w.last.Reason != reasonRetained {
				t.Fatalf("Retain does not let go: %+v\n%s", w.last, strings.Join(w.log, "\n"))
			}
			return
		}
		if left := w.living(); !w.gone || len(left) > 0 && (!w.typed || w.last.Reason != reasonOutcomeUnknown) {
			t.Fatalf("deletion ended=%t and the vendor has the workspaces %v\n%s", w.gone, left, strings.Join(w.log, "\n"))
		}
	})
}

// waited fails unless there is one workspace, or a reason for there being none.
func (w *wsWorld) waited(t *rapid.T) {
	switch {
	case len(w.things) > 1:
		t.Fatalf("%d workspaces were made\n%s", len(w.things), strings.Join(w.log, "\n"))
	case w.last.State == Settled && slices.Equal(w.living(), []string{w.recorded}):
	case w.last.Reason == reasonOverdue && w.shown == never:
	case w.last.Reason == reasonOutcomeUnknown && w.typed && w.recorded == "":
	default:
		t.Fatalf("it says %s/%s\n%s", w.last.State, w.last.Reason, strings.Join(w.log, "\n"))
	}
}
