package journal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
)

// TestTapeGoesOn: what a process has seen, the next one knows, however the first ended.
func TestTapeGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	killed := open(t, path)
	answered := killed.Begin(journal.Entry{Vendor: "v", Method: "POST", Route: "/x", Body: "kept"})
	killed.Finish(answered, 200, true, true)
	underWay := killed.Begin(journal.Entry{Vendor: "v", Method: "GET", Route: "/x"})
	cutOff(t, path, `{"id":3,"vend`)

	next := open(t, path)
	if id := next.Begin(journal.Entry{Vendor: "v", Method: "GET", Route: "/x"}); id != underWay+1 {
		t.Errorf("the next request is number %d, want %d", id, underWay+1)
	}
	entries, dropped := open(t, path).Entries(journal.Filter{})
	if len(entries) != 3 || dropped != 0 {
		t.Fatalf("there are %d entries and %d dropped, want 3 and none", len(entries), dropped)
	}
	if first := entries[0]; first.Status != 200 || !first.Changed || first.Body != "kept" {
		t.Errorf("what was answered is %+v", first)
	}
	if second := entries[1]; !second.Done || second.Status != 0 || second.Worked {
		t.Errorf("what was under way is %+v, want it done and nothing answered", second)
	}
	if count := next.Counts()["v"]["POST /x"]; count.Requests != 1 || count.Changed != 1 {
		t.Errorf("the counters say %+v, want the one request of before", count)
	}
}

func TestTapeRefusesWhatItDoesNotUnderstand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	cutOff(t, path, "no entry\n")
	if _, err := journal.Open(path); err == nil {
		t.Error("a file that is no journal was taken for one")
	}
}

func open(t *testing.T, path string) *journal.Log {
	t.Helper()
	l, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// cutOff adds what a process wrote last.
func cutOff(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
