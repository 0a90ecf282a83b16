package conformance

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

func hostileIDs(r *rig) map[string]string {
	return map[string]string{
		"empty":            "",
		"a dot":            ".",
		"up":               "..",
		"up and over":      "../" + r.workspace.ID,
		"over and up":      r.workspace.ID + "/../" + r.workspace.ID,
		"another path":     r.workspace.ID + "/users",
		"with a query":     r.workspace.ID + "?force=true",
		"with a fragment":  r.workspace.ID + "#x",
		"escaped":          "%2e%2e%2f" + r.workspace.ID,
		"backslash":        `..\` + r.workspace.ID,
		"line break":       r.workspace.ID + "\r\nX-Evil: 1",
		"not UTF-8":        "\xff\xfe",
		"unicode":          "größe-☃",
		"long":             strings.Repeat("x", 3000),
		"nothing like it":  "no-such-object",
		"with a null byte": r.workspace.ID + "\x00",
	}
}

// testHostileIDs: whatever stands where an identifier should, nothing changes
// at the vendor, and what is not there is at most "already gone".
func testHostileIDs(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	can := r.can()
	for name, id := range hostileIDs(r) {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.emulator.ForgetRequests()
			if can.Workspace.Get {
				_, err := r.own.Workspaces().Get(t.Context(), id)
				r.fails(err)
			}
			if can.Workspace.Update {
				r.fails(r.own.Workspaces().Update(t.Context(), id, subject.Change))
			}
			if can.Workspace.Delete {
				r.goneAtMost(r.own.Workspaces().Delete(t.Context(), provider.Workspace{ID: id, Name: "x"}))
			}
			if can.Key.Amend {
				r.fails(r.own.Keys().Amend(t.Context(), r.workspace.ID, id, subject.KeyChange))
			}
			if can.Key.Revoke {
				r.goneAtMost(r.own.Keys().Revoke(t.Context(), r.workspace.ID, id))
			}
			if changed := changes(r.requests()); len(changed) != 0 {
				t.Errorf("something changed by %s %s", changed[0].Method, changed[0].Path)
			}
		})
	}
}

// goneAtMost takes success, and an error that is one for certain.
func (r *rig) goneAtMost(err error) {
	r.t.Helper()
	if err == nil {
		return
	}
	if failure := r.failure(err); failure.Uncertain {
		r.t.Errorf("got %v, and uncertain", failure)
	}
}

// testAtOnce: a session is used by many.
func testAtOnce(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	if !r.can().Key.Issue {
		t.Log("the vendor has no keys")
		return
	}
	const many = 20
	var group sync.WaitGroup
	problems := make(chan string, 2*many)
	for serial := range many {
		group.Go(func() {
			mark := r.mark.WithSerial(serial + 2)
			key, value, err := r.own.Keys().Issue(t.Context(), r.workspace.ID, mark, subject.Key)
			if err != nil || value.IsEmpty() || key.Mark != mark {
				problems <- fmt.Sprintf("issued %+v, %v", key, err)
			}
			if err := r.own.Check(t.Context()); err != nil {
				problems <- err.Error()
			}
		})
	}
	group.Wait()
	close(problems)
	for problem := range problems {
		t.Error(problem)
	}
	for serial := range many {
		r.findsKeys(r.mark.WithSerial(serial+2), 1)
	}
}
