package conformance

import (
	"slices"
	"strconv"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// crowds are how many objects the lists are read with: a page of some vendor
// exactly, and more than a page of any, twice.
func crowds() []int { return []int{20, 100, 250} }

// testLists: every object once, on however many pages, and a broken page is an
// error and never the end.
func testLists(t *testing.T, subject Subject) {
	can := subject.Driver.Capabilities()
	if can.Key.Issue && can.Key.List {
		t.Run("keys", func(t *testing.T) { testManyKeys(t, subject) })
	}
	if can.Workspace.Create && can.Workspace.List {
		t.Run("workspaces", func(t *testing.T) { testManyWorkspaces(t, subject) })
	}
}

func testManyKeys(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	serial := 1
	for _, crowd := range crowds() {
		for ; serial < crowd; serial++ {
			_, value, err := r.own.Keys().Issue(t.Context(), r.workspace.ID, r.mark.WithSerial(serial+1), subject.Key)
			if err != nil {
				t.Fatal(err)
			}
			r.keep(value.Reveal())
		}
		r.emulator.ForgetRequests()
		r.listsKeys(crowd)
	}
	r.breaksPages(func() error {
		_, err := keys(t.Context(), r.own, r.workspace.ID)
		return err
	})
}

// listsKeys checks that a list has the keys from serial 1 on, each once.
func (r *rig) listsKeys(count int) {
	r.t.Helper()
	var serials []int
	ids := map[string]bool{}
	for _, key := range r.allKeys() {
		if key.Mark.SameOwner(r.mark) {
			serials, ids[key.ID] = append(serials, key.Mark.Serial), true
		}
	}
	if len(serials) != count || len(ids) != count || !isCount(serials) {
		r.t.Errorf("of %d keys, %d are listed, with %d ids", count, len(serials), len(ids))
	}
}

// isCount reports whether the numbers are 1, 2, 3 and so on, in any order.
func isCount(numbers []int) bool {
	sorted := slices.Sorted(slices.Values(numbers))
	for i, number := range sorted {
		if number != i+1 {
			return false
		}
	}
	return true
}

func testManyWorkspaces(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	marks := map[provider.Mark]bool{r.mark: true}
	for _, crowd := range crowds() {
		for len(marks) < crowd {
			mark := provider.MarkFor(strconv.Itoa(len(marks)))
			marks[mark] = true
			if _, err := r.class.Workspaces().Create(t.Context(), mark, subject.Workspace); err != nil {
				t.Fatal(err)
			}
		}
		r.clock.pass(untilBuilt)
		if subject.CutOff != nil && subject.CutOff(crowd) {
			all, err := workspaces(t.Context(), r.class, provider.WorkspaceFilter{})
			if err == nil {
				t.Fatalf("%d of %d workspaces are taken for all", len(all), crowd)
			}
			r.wants(err, provider.Transient, false)
			continue
		}
		for _, filter := range []provider.WorkspaceFilter{{}, {Name: subject.Workspace.DisplayName}} {
			r.emulator.ForgetRequests()
			r.listsAll(filter, marks)
		}
		r.breaksPages(func() error {
			_, err := workspaces(t.Context(), r.class, provider.WorkspaceFilter{})
			return err
		})
	}
}

// listsAll checks that a list has these workspaces, each once.
func (r *rig) listsAll(filter provider.WorkspaceFilter, marks map[provider.Mark]bool) {
	r.t.Helper()
	all, err := workspaces(r.t.Context(), r.class, filter)
	if err != nil {
		r.t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, item := range all {
		ids[item.ID] = true
		if !item.MarkUnread && !marks[item.Mark] {
			r.t.Errorf("a workspace is listed with the mark %q", item.Mark)
		}
	}
	if len(all) != len(marks) || len(ids) != len(marks) {
		r.t.Errorf("of %d workspaces, %d are listed, with %d ids", len(marks), len(all), len(ids))
	}
}

// struck reports whether a fault in force has met a request.
func (r *rig) struck() bool {
	return slices.ContainsFunc(r.emulator.Faults(), func(f fault.Fault) bool { return f.Fired > 0 })
}

// breaksPages breaks the first, the second and the last of the requests that
// the log says a list takes.
func (r *rig) breaksPages(list func() error) {
	r.t.Helper()
	pages := len(r.requests())
	for _, page := range []int{0, 1, pages - 1} {
		if page >= pages {
			continue
		}
		r.quiet()
		r.spoil(fault.Fault{Action: fault.HTML, Status: 502, After: page, Times: 1})
		if err := list(); err != nil {
			r.wants(err, provider.Transient, false)
			continue
		}
		if !r.struck() {
			continue // an attempt that a closing connection swallowed was counted as a page
		}
		r.t.Errorf("without request %d the list is taken for whole", page+1)
	}
}
