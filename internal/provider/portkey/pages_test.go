package portkey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

// aPage is the answer with the objects numbered first to last, of total.
func aPage(first, last, total int) string {
	var items []string
	for n := first; n <= last; n++ {
		items = append(items, fmt.Sprintf(`{"id":"ws-%d","name":"n%d"}`, n, n))
	}
	return fmt.Sprintf(`{"total":%d,"object":"list","data":[%s]}`, total, strings.Join(items, ","))
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	tests := map[string]struct {
		pages []string
		want  int
		// problem is part of the error; without one the list is complete.
		problem string
	}{
		"empty":                      {[]string{aPage(1, 0, 0)}, 0, ""},
		"one page":                   {[]string{aPage(1, 3, 3)}, 3, ""},
		"three pages":                {[]string{aPage(1, 100, 250), aPage(101, 200, 250), aPage(201, 250, 250)}, 250, ""},
		"a full last page":           {[]string{aPage(1, 100, 100), aPage(1, 0, 100)}, 100, ""},
		"the vendor's own page size": {[]string{aPage(1, 20, 50), aPage(21, 40, 50), aPage(41, 50, 50)}, 50, ""},
		"total counts the page only": {[]string{aPage(1, 100, 100), aPage(101, 150, 100)}, 150, ""},
		"one added in front":         {[]string{aPage(1, 100, 150), aPage(100, 150, 151)}, 150, ""},
		"twice on a page":            {[]string{`{"total":2,"data":[{"id":"a"},{"id":"a"}]}`}, 1, ""},
		"total as a float":           {[]string{`{"total":1.0,"data":[{"id":"a"}]}`}, 1, ""},

		"ends early":           {[]string{aPage(1, 100, 250), aPage(101, 150, 250), aPage(1, 0, 250)}, 150, "ends before all it counts"},
		"nothing of something": {[]string{aPage(1, 0, 7)}, 0, "ends before all it counts"},
		"repeats itself":       {[]string{aPage(1, 100, 250), aPage(1, 100, 250)}, 100, "repeats itself"},
		"shrinks meanwhile":    {[]string{aPage(1, 100, 150), aPage(101, 149, 149)}, 100, "changed while it was read"},
		"no list":              {[]string{`{"total":0}`}, 0, "documented form"},
		"list of nothing":      {[]string{`{"total":0,"data":null}`}, 0, "documented form"},
		"no count":             {[]string{`{"data":[]}`}, 0, "documented form"},
		"another answer":       {[]string{`{}`}, 0, "documented form"},
		"an array":             {[]string{`[]`}, 0, "documented form"},
		"an object without id": {[]string{`{"total":1,"data":[{"name":"x"}]}`}, 0, "id cannot be used"},
		"an object of nothing": {[]string{`{"total":1,"data":[null]}`}, 0, "id cannot be used"},
		"an id of a kilobyte":  {[]string{`{"total":1,"data":[{"id":"` + strings.Repeat("x", 1024) + `"}]}`}, 0, "id cannot be used"},
		"broken second page":   {[]string{aPage(1, 100, 250), `{"total":250,"data":[{"id":7}]}`}, 100, "documented form"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var script []conformance.Exchange
			for number, answer := range test.pages {
				script = append(script, conformance.Exchange{Method: "GET", URI: fmt.Sprintf("/admin/workspaces?current_page=%d&page_size=100", number), Answer: answer})
			}
			count, failed := 0, error(nil)
			for item, err := range play(t, script...).Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
				if failed != nil {
					t.Fatal("the list goes on after an error")
				}
				if err != nil {
					failed = err
					continue
				}
				if count++; item.ID == "" {
					t.Error("an object without an id was yielded")
				}
			}
			if count != test.want {
				t.Errorf("%d objects, want %d", count, test.want)
			}
			if test.problem == "" {
				if failed != nil {
					t.Error(failed)
				}
				return
			}
			want(t, failed, provider.Transient, false)
			if !strings.Contains(failed.Error(), test.problem) {
				t.Errorf("got %v, want something with %q", failed, test.problem)
			}
		})
	}
}

func TestAListCanBeLeftEarly(t *testing.T) {
	session := play(t, conformance.Exchange{Method: "GET", URI: "/admin/workspaces?current_page=0&page_size=100", Answer: aPage(1, 100, 250)})
	for item, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
		if err != nil || item.ID != "ws-1" {
			t.Errorf("got %v, %v", item, err)
		}
		break
	}
	keys := play(t, conformance.Exchange{Method: "GET", URI: "/api-keys?current_page=0&page_size=100&workspace_id=w", Answer: aPage(1, 100, 250)})
	for item, err := range keys.Keys().List(t.Context(), "w") {
		if err != nil || item.ID != "ws-1" {
			t.Errorf("got %v, %v", item, err)
		}
		break
	}
}

func TestAListThatFailsOnItsWay(t *testing.T) {
	status, answer := refusal(500, "AB04")
	session := play(t,
		conformance.Exchange{Method: "GET", URI: "/api-keys?current_page=0&page_size=100&workspace_id=w", Answer: aPage(1, 100, 250)},
		conformance.Exchange{Method: "GET", URI: "/api-keys?current_page=1&page_size=100&workspace_id=w", Status: status, Answer: answer})
	count := 0
	for _, err := range session.Keys().List(t.Context(), "w") {
		if err != nil {
			want(t, err, provider.Transient, false)
			continue
		}
		count++
	}
	if count != 100 {
		t.Errorf("%d keys before the error, want 100", count)
	}
}

func TestAListWithoutEndEnds(t *testing.T) {
	reader := reader[workspace]{seen: map[string]bool{}, id: workspace.identity}
	for n := range 5 {
		full := page[workspace]{}
		full.Total.Known, full.Total.Value = true, 0
		for i := range pageSize {
			full.Data = append(full.Data, workspace{ID: fmt.Sprintf("%d-%d", n, i)})
		}
		if _, problem := reader.take(full); problem != "" || reader.done {
			t.Fatalf("page %d: problem %q, done %v; a full page is never the last", n, problem, reader.done)
		}
	}
}
