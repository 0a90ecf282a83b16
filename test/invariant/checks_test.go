package invariant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// row is what comes after a story in which nothing goes wrong, or in between, and whether it breaks the invariant.
type row struct {
	number int
	breaks bool
	what   string
	goesOn func(*story)
}

const (
	holds  = false
	breaks = true
)

// TestChecks has, for every check, evidence that holds and evidence that breaks it.
func TestChecks(t *testing.T) {
	undisturbed := tell()
	for _, wrong := range undisturbed.Broken(true) {
		t.Errorf("where nothing goes wrong: %s", wrong)
	}
	all := slices.Concat(workspaceRows(), keyRows(), publishedRows(), foreignRows(), finalizerRows(), orderRows(), statusRows())
	seen := map[int]map[bool]bool{}
	bitten := map[string]bool{}
	for _, each := range all {
		s := tell()
		each.goesOn(s)
		var wrong []string
		for _, check := range invariant.Checks() {
			if check.Number != each.number {
				continue
			}
			said := check.Holds(&s.Evidence)
			bitten[check.Says] = bitten[check.Says] || len(said) > 0
			wrong = append(wrong, said...)
		}
		if (len(wrong) > 0) != each.breaks {
			t.Errorf("invariant %d, %s: want it broken: %t, is %q", each.number, each.what, each.breaks, wrong)
		}
		if seen[each.number] == nil {
			seen[each.number] = map[bool]bool{}
		}
		seen[each.number][each.breaks] = true
	}
	for _, check := range invariant.Checks() {
		if rows := seen[check.Number]; !rows[holds] || !rows[breaks] || !bitten[check.Says] {
			t.Errorf("invariant %d (%s) needs a row that holds, is there: %t, one that breaks it: %t, and one that it notices: %t",
				check.Number, check.Says, rows[holds], rows[breaks], bitten[check.Says])
		}
	}
}

// TestBroken: what holds at rest only is not looked at before.
func TestBroken(t *testing.T) {
	s := tell()
	s.delete(s.key)
	if wrong := s.Broken(false); len(wrong) > 0 {
		t.Errorf("before rest: %q", wrong)
	}
	if wrong := s.Broken(true); len(wrong) != 1 || !strings.HasPrefix(wrong[0], "invariant 10 (deletion makes progress): ") {
		t.Errorf("at rest: %q", wrong)
	}
	s.ask("DELETE", "/admin/workspaces/{workspaceId}", "/admin/workspaces/w-1", "")
	if wrong := s.Broken(false); len(wrong) != 1 || !strings.HasPrefix(wrong[0], "invariant 9 (") {
		t.Errorf("at every moment: %q", wrong)
	}
}
