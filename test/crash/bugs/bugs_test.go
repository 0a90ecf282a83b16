package bugs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/test/crash/bugs"
)

const root = "../../.."

// fewest is how many bugs the harness is held against at least.
const fewest = 60

// TestBugsApply: a patch that no longer fits the operator tries nothing. Whether it compiles, and what notices it, is for "make crash-bugs" to see.
func TestBugsApply(t *testing.T) {
	all, err := bugs.All(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < fewest {
		t.Errorf("there are %d bugs, want %d at least", len(all), fewest)
	}
	for _, bug := range all {
		if _, err := bug.Apply(t.Context(), root, t.TempDir()); err != nil {
			t.Error(err)
		}
		if _, err := regexp.Compile(bug.Run); err != nil {
			t.Errorf("%s: %q selects no test: %v", bug.Name, bug.Run, err)
		}
		for _, file := range bug.Files {
			if !strings.HasPrefix(file, "internal/") || strings.HasPrefix(file, "internal/emulator/") || strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s is in %s, which is no code of the operator", bug.Name, file)
			}
		}
	}
}
