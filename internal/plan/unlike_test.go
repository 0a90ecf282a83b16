package plan

import (
	"strings"
	"testing"
)

// TestUnlike: in what a workspace is otherwise than its spec is told apart from
// whether it can be used.
func TestUnlike(t *testing.T) {
	unlike := func(differs Differences) Workspace {
		return Workspace{Vendor: "acme", Recorded: "w1", Current: current("w1"), Differs: differs}
	}
	observed := unlike(changed("displayName"))
	observed.ObserveOnly = true
	settled := unlike(Differences{Fixed: []string{"region"}, Drifted: []string{"slug"}})
	settled.ObserveOnly = true
	for _, row := range []struct {
		reason string
		step   Step
		cause  string
		words  []string
	}{
		{"the vendor cannot change it", unlike(fixed("region")).Decide(), "", []string{"spec.region"}},
		{"somebody changed what the vendor cannot change back", unlike(drifted("region")).Decide(), reasonDrifted, []string{"spec.region"}},
		{"what was taken out cannot be cleared", unlike(Differences{Dropped: []string{"language"}}).Decide(), "", []string{"spec.language"}},
		{"the vendor keeps another value", unlike(Differences{Kept: []string{"displayName"}}).Decide(), "", []string{"spec.displayName", "told"}},
		{"it is only observed", observed.Decide(), "", []string{"spec.displayName", "ObserveOnly"}},
		{"it is only observed, and cannot be changed", settled.Decide(), "", []string{"spec.region", "spec.slug", "ObserveOnly"}},
		{"what can be changed is", unlike(changed("displayName")).Decide(), "", nil},
		{"nothing differs", unlike(Differences{}).Decide(), "", nil},
	} {
		if got := row.step.Unapplied; (got != "") != (row.words != nil) || row.step.Cause != row.cause {
			t.Errorf("%s: got %q for reason %q, want reason %q", row.reason, got, row.step.Cause, row.cause)
		}
		for _, word := range row.words {
			if !strings.Contains(row.step.Unapplied, word) {
				t.Errorf("%s: Unapplied %q does not say %q", row.reason, row.step.Unapplied, word)
			}
		}
	}
}

// TestUndone: an update that fails leaves words for Synced.
func TestUndone(t *testing.T) {
	for words, differs := range map[string]Differences{
		"spec.description: not applied yet":                                 changed("description"),
		"spec.description: changed at the vendor, and not changed back yet": {Changeable: []string{"description", "displayName"}, Drifted: []string{"description"}},
	} {
		step := Workspace{Recorded: "w1", Current: current("w1"), Differs: differs}.Decide()
		if step.Verb != Update || step.Undone != words {
			t.Errorf("%+v: got %s with %q, want Update with %q", differs, step.Verb, step.Undone, words)
		}
	}
}
