package journal_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
)

func TestEntriesAreSelected(t *testing.T) {
	l := journal.New()
	for _, e := range []journal.Entry{
		{Vendor: "a", Method: "GET", Route: "/x"},
		{Vendor: "a", Method: "POST", Route: "/x"},
		{Vendor: "b", Method: "GET", Route: "/x"},
		{Vendor: "a", Method: "GET", Route: "/y"},
	} {
		l.Begin(e)
	}
	tests := []struct {
		name   string
		filter journal.Filter
		want   []int64
	}{
		{"all", journal.Filter{}, []int64{1, 2, 3, 4}},
		{"by vendor", journal.Filter{Vendor: "a"}, []int64{1, 2, 4}},
		{"by method", journal.Filter{Method: "GET"}, []int64{1, 3, 4}},
		{"by route", journal.Filter{Route: "/x"}, []int64{1, 2, 3}},
		{"by id", journal.Filter{Since: 2}, []int64{3, 4}},
		{"by all", journal.Filter{Vendor: "a", Method: "GET", Route: "/y", Since: 1}, []int64{4}},
		{"none", journal.Filter{Vendor: "c"}, []int64{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, dropped := l.Entries(tt.filter)
			ids := []int64{}
			for _, e := range entries {
				ids = append(ids, e.ID)
			}
			if !reflect.DeepEqual(ids, tt.want) || dropped != 0 {
				t.Errorf("selected %v and %d dropped, want %v and none", ids, dropped, tt.want)
			}
		})
	}
}

func TestFinishRecordsTheEnd(t *testing.T) {
	l := journal.New()
	first := l.Begin(journal.Entry{Vendor: "v", Method: "POST", Route: "/x"})
	second := l.Begin(journal.Entry{Vendor: "v", Method: "POST", Route: "/x"})
	l.Finish(second, 200, true, true)

	entries, _ := l.Entries(journal.Filter{})
	if entries[0].Done || !entries[1].Done || entries[1].Status != 200 || !entries[1].Worked || !entries[1].Changed {
		t.Errorf("after the second ended: %+v", entries)
	}
	l.Finish(first, 0, true, false)
	l.Finish(second+1, 200, true, true)
	l.Finish(0, 200, true, true)
	want := map[string]map[string]journal.Count{"v": {"POST /x": {
		Requests: 2, Worked: 2, Changed: 1, Statuses: map[string]int{"200": 1, "0": 1},
	}}}
	if got := l.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("counts are %+v, want %+v", got, want)
	}
}

func TestCountsAreCopies(t *testing.T) {
	l := journal.New()
	l.Finish(l.Begin(journal.Entry{Vendor: "v", Method: "GET", Route: "/x"}), 200, true, false)
	l.Counts()["v"]["GET /x"].Statuses["200"] = 99
	if got := l.Counts()["v"]["GET /x"].Statuses["200"]; got != 1 {
		t.Errorf("a caller changed the counter to %d", got)
	}
}

func TestClear(t *testing.T) {
	l := journal.New()
	old := l.Begin(journal.Entry{Vendor: "v"})
	l.Clear()
	l.Finish(old, 200, true, true)
	if entries, _ := l.Entries(journal.Filter{}); len(entries) != 0 || len(l.Counts()) != 0 {
		t.Errorf("after Clear there are %d entries and %d counters", len(entries), len(l.Counts()))
	}
	if id := l.Begin(journal.Entry{}); id != old+1 {
		t.Errorf("the id after Clear is %d, want ids to go on with %d", id, old+1)
	}
}

func TestLogIsBounded(t *testing.T) {
	l := journal.New()
	const total = 60_001
	for range total {
		l.Finish(l.Begin(journal.Entry{Vendor: "v", Method: "GET", Route: "/x"}), 200, true, false)
	}
	entries, dropped := l.Entries(journal.Filter{})
	if len(entries) > 50_000 || int64(len(entries))+dropped != total {
		t.Errorf("kept %d entries and dropped %d of %d, want at most 50000 and a true sum", len(entries), dropped, total)
	}
	if last := entries[len(entries)-1]; last.ID != total || !last.Done {
		t.Errorf("the last entry is %+v, want id %d, done", last, total)
	}
	if got := l.Counts()["v"]["GET /x"].Requests; got != total {
		t.Errorf("the counter says %d, want %d: it does not forget what the log does", got, total)
	}
}

func TestConcurrentUse(t *testing.T) {
	l := journal.New()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for range 50 {
				l.Finish(l.Begin(journal.Entry{Vendor: fmt.Sprint(i % 2), Method: "GET", Route: "/x"}), 200, true, true)
				l.Entries(journal.Filter{Since: 10})
				l.Counts()
			}
		})
	}
	wg.Wait()
	counts := l.Counts()
	if got := counts["0"]["GET /x"].Changed + counts["1"]["GET /x"].Changed; got != 1000 {
		t.Errorf("counted %d changes of 1000", got)
	}
}
