package life

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/test/cluster"
	"github.com/workspace-operator/workspace-operator/test/invariant"
)

// When an invariant can be looked at.
const (
	// stepwise: after every step, whatever the operator is doing.
	stepwise = "stepwise"
	// quiet: once everything has come to rest.
	quiet = "quiet"
	// once: after all stories.
	once = "once"
	// elsewhere: it shows nowhere outside, and the test that looks at it is named.
	elsewhere = "elsewhere"
)

// promise is one of the sixteen invariants.
type promise struct {
	number int
	says   string
	when   string
	// how it is looked at, for whoever reads the table.
	how string
	// holds gives what breaks it, in words. Of what evidence tells of, test/invariant has this, and what it says.
	holds func(*world) []string
	// tests are those elsewhere that look at it, or at the part of it that does not show here, as "folder TestName".
	tests []string
}

func invariants() []promise {
	all := promises()
	checks := map[int][]invariant.Check{}
	for _, check := range invariant.Checks() {
		checks[check.Number] = append(checks[check.Number], check)
	}
	for number, sides := range checks {
		at := slices.IndexFunc(all, func(p promise) bool { return p.number == number })
		all[at].says = sides[0].Says
		all[at].holds = func(w *world) (wrong []string) {
			for _, side := range sides {
				wrong = append(wrong, side.Holds(w.known)...)
			}
			return wrong
		}
	}
	return all
}

func promises() []promise {
	return []promise{
		{number: 1, when: quiet, how: "the vendor's live workspaces against status.uuid, and against what was deleted with Retain"},
		{number: 2, when: stepwise, how: "the requests that create, in their order, for each owner's mark: after one without an answer there is a list that worked, or a person's word"},
		{number: 3, when: quiet, how: "the vendor's live keys against the Secrets, and against status.retiring"},
		{number: 4, when: stepwise, how: "the values that were ever published are counted against what happened that allows another"},
		{number: 5, when: stepwise, how: "every version of the ApiKey against the latest version of the Secret before it"},
		{
			number: 6, when: stepwise,
			how:   "a Secret with our label and somebody else's key is bait; who wrote to which Secret stands in its managed fields",
			tests: []string{"test/e2e foreignSecrets"},
		},
		{number: 7, when: stepwise, how: "what the vendor had before is bait, a key and a workspace without a mark among it: no mutation names it, and it stays as it was"},
		{number: 8, when: stepwise, how: "the time of the finalizer against that of the first request with the mark; the vendor's live keys against the ApiKeys that are gone"},
		{number: 9, when: stepwise, how: "the requests that delete a workspace against the ends of the keys in it"},
		{number: 10, when: quiet, how: "every deletion is waited for, that of everything in the end included"},
		{
			number: 11, when: once, says: "key material and credentials occur in no log, event, status, annotation, metric, error or URL",
			how: "after all stories, every credential and key is looked for in the log, in events and in all objects", tests: []string{"test/perf TestNothingLeaks"},
		},
		{number: 12, when: stepwise, how: "where there is one ApiKey, no key is issued or revoked after a list that failed, unless one worked since"},
		{
			number: 13, when: quiet, says: "after the last fault: converged, then no write and no vendor mutation",
			how: "three more passes of everything change nothing", holds: (*world).nothingMore,
			tests: []string{"test/perf TestCounts"},
		},
		{number: 14, when: stepwise, how: "every version of every object: a Ready that is True speaks of the generation that the status was written for, and the rules of kstatus hold"},
		{number: 15, when: stepwise, how: "no Secret ever passes from one ApiKey to another"},
		{
			number: 16, when: elsewhere, says: "no pass outlives its deadline; one bad account or object starves nobody",
			how: "neither a deadline nor a place in line shows from outside", tests: []string{"internal/engine TestAPassHasADeadline", "internal/account TestNobodyStarves"},
		},
	}
}

// broken is what a broken invariant is told as.
func broken(number int, what string) string {
	all := invariants()
	at := slices.IndexFunc(all, func(p promise) bool { return p.number == number })
	return fmt.Sprintf("invariant %d (%s): %s", number, all[at].says, what)
}

// check looks at the invariants that can be looked at now.
func (w *world) check(when string) {
	w.catchUp()
	for _, each := range invariants() {
		if each.when != when || each.holds == nil {
			continue
		}
		if wrong := each.holds(w); len(wrong) > 0 {
			w.Errorf("after %s: %s (and %d times more)", w.now, broken(each.number, wrong[0]), len(wrong)-1)
		}
	}
	if w.Failed() {
		w.FailNow()
	}
	w.looked = w.fence
}

// TestInvariants makes sure that the table is whole, and that the tests it names are there.
func TestInvariants(t *testing.T) {
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	for i, each := range invariants() {
		if each.number != i+1 {
			t.Errorf("invariant %d stands in the place of %d", each.number, i+1)
		}
		if each.says == "" || each.how == "" {
			t.Errorf("invariant %d says %q, and is looked at so: %q", each.number, each.says, each.how)
		}
		if inStories := each.when == stepwise || each.when == quiet; inStories != (each.holds != nil) {
			t.Errorf("invariant %d is to be looked at %s, and has a check: %t", each.number, each.when, each.holds != nil)
		}
		if each.when == elsewhere && len(each.tests) == 0 {
			t.Errorf("invariant %d is looked at nowhere", each.number)
		}
		for _, test := range each.tests {
			folder, name, _ := strings.Cut(test, " ")
			if !declared(t, filepath.Join(root, folder), name) {
				t.Errorf("invariant %d: there is no %s in %s", each.number, name, folder)
			}
		}
	}
}

// TestMoments makes sure that each is looked at when it can be.
func TestMoments(t *testing.T) {
	for _, check := range invariant.Checks() {
		if when := promises()[check.Number-1].when; check.Quiet != (when == quiet) {
			t.Errorf("invariant %d is looked at %s, and holds at rest only: %t", check.Number, when, check.Quiet)
		}
	}
}

// declared reports whether a test file of the folder declares the function.
func declared(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "\nfunc "+name+"(")
	})
}
