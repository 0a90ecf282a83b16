package conformance

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// hostileIDs are made around the id of an object that is there.
func hostileIDs(id string) map[string]string {
	return map[string]string{
		"empty":            "",
		"a dot":            ".",
		"up":               "..",
		"up and over":      "../" + id,
		"over and up":      id + "/../" + id,
		"another path":     id + "/users",
		"with a query":     id + "?force=true",
		"another value":    id + "&id=" + id,
		"with a fragment":  id + "#x",
		"escaped":          "%2e%2e%2f" + id,
		"backslash":        `..\` + id,
		"line break":       id + "\r\nX-Evil: 1",
		"not UTF-8":        "\xff\xfe",
		"unicode":          "größe-☃",
		"long":             strings.Repeat("x", 3000),
		"nothing like it":  "no-such-object",
		"with a null byte": id + "\x00",
	}
}

// testHostileIDs: whatever stands where an identifier should, nothing changes
// at the vendor, and what is not there is at most "already gone".
func testHostileIDs(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	for name, id := range hostileIDs(r.workspace.ID) {
		t.Run("workspace "+name, func(t *testing.T) {
			r.in(t).quiet()
			r.attacksWorkspace(id)
			r.leavesAlone()
		})
	}
	for name, id := range hostileIDs(r.key.ID) {
		t.Run("key "+name, func(t *testing.T) {
			r.in(t).quiet()
			r.attacksKey(id)
			r.leavesAlone()
		})
	}
}

func (r *rig) attacksWorkspace(id string) {
	r.t.Helper()
	can := r.can()
	if can.Workspace.Get {
		_, err := r.own.Workspaces().Get(r.t.Context(), id)
		r.fails(err)
	}
	if can.Workspace.Update {
		r.fails(r.own.Workspaces().Update(r.t.Context(), id, r.subject.Change))
	}
	if r.subject.deletes() {
		r.goneAtMost(r.own.Workspaces().Delete(r.t.Context(), provider.Workspace{ID: id, Name: "x"}))
	}
	if can.Key.List {
		_, err := keys(r.t.Context(), r.own, id)
		r.fails(err)
	}
	// A session that is of one workspace makes a key before it sees where, and
	// takes it back.
	if can.Key.Issue && !can.Workspace.OwnCredential {
		_, _, err := r.own.Keys().Issue(r.t.Context(), id, otherMark().WithSerial(1), r.subject.Key)
		r.fails(err)
	}
}

func (r *rig) attacksKey(id string) {
	r.t.Helper()
	can := r.can().Key
	if can.Get {
		_, err := r.own.Keys().Get(r.t.Context(), r.workspace.ID, id)
		r.fails(err)
	}
	if can.Amend {
		r.fails(r.own.Keys().Amend(r.t.Context(), r.workspace.ID, id, r.subject.KeyChange))
	}
	if can.Revoke {
		r.goneAtMost(r.own.Keys().Revoke(r.t.Context(), r.workspace.ID, id))
	}
}

// testAtOnce: a session is used by many.
func testAtOnce(t *testing.T, subject Subject) {
	r := furnished(t, subject)
	const many = 20
	var group sync.WaitGroup
	problems := make(chan string, 3*many)
	for serial := range many {
		group.Go(func() {
			if r.can().Key.Issue {
				mark := r.mark.WithSerial(serial + 2)
				key, value, err := r.own.Keys().Issue(t.Context(), r.workspace.ID, mark, subject.Key)
				if err != nil || value.IsEmpty() || key.Mark != mark {
					problems <- fmt.Sprintf("issued %+v, %v", key, err)
				}
			}
			if err := r.own.Check(t.Context()); err != nil {
				problems <- err.Error()
			}
			if _, err := r.own.Workspaces().Get(t.Context(), r.workspace.ID); err != nil {
				problems <- err.Error()
			}
		})
	}
	group.Wait()
	close(problems)
	for problem := range problems {
		t.Error(problem)
	}
	if r.can().Key.Issue && r.can().Key.List {
		r.listsKeys(many + 1)
	}
}
