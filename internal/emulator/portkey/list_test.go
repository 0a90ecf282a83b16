package portkey_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

func TestListPages(t *testing.T) {
	o := newOrganisation(t)
	ws := ""
	for i := range 7 {
		ws = o.create(fmt.Sprintf("w%d", i))
	}
	for i := range 7 {
		o.issue(ws, fmt.Sprintf("w%d", i)) // so that both lists hold the same names
	}
	all := []string{"w0", "w1", "w2", "w3", "w4", "w5", "w6"}
	tests := []struct {
		query string
		want  []string
	}{
		{"", all},
		{"?page_size=3", all[:3]},
		{"?page_size=3&current_page=0", all[:3]},
		{"?page_size=3&current_page=1", all[3:6]},
		{"?page_size=3&current_page=2", all[6:]},
		{"?page_size=3&current_page=3", []string{}},
		{"?page_size=7&current_page=1", []string{}},
		{"?page_size=1&current_page=6", all[6:]},
		{"?page_size=1000", all},
		{"?page_size=9223372036854775807&current_page=9223372036854775807", []string{}},
		{"?current_page=1", []string{}},
	}
	for _, path := range []string{workspacesPath, keysPath} {
		for _, tt := range tests {
			t.Run(path+tt.query, func(t *testing.T) {
				got, total := o.names(path + tt.query)
				if !slices.Equal(got, tt.want) || total != 7 {
					t.Errorf("got %v of %d, want %v of 7", got, total, tt.want)
				}
			})
		}
		for _, query := range []string{"?page_size=0", "?page_size=-1", "?page_size=x", "?page_size=", "?page_size=1.0"} {
			o.invalid("GET", path+query, "", "page_size: must be an integer of at least 1")
		}
		for _, query := range []string{"?current_page=-1", "?current_page=x", "?current_page="} {
			o.invalid("GET", path+query, "", "current_page: must be an integer of at least 0")
		}
		o.invalid("GET", path+"?pageSize=1", "", "unknown query parameter")
		o.invalid("GET", path+"?page_size=1&page_size=2", "", "given 2 times")
		o.invalid("GET", path, "{}", "no body")
	}
}

func TestPageSizes(t *testing.T) {
	o := newOrganisation(t)
	for i := range 5 {
		o.create(fmt.Sprintf("w%d", i))
	}
	o.configure(`{"defaultPageSize":2,"maxPageSize":3}`)
	for query, want := range map[string]int{"": 2, "?page_size=1": 1, "?page_size=3": 3, "?page_size=5": 3} {
		if got, total := o.names(workspacesPath + query); len(got) != want || total != 5 {
			t.Errorf("list%s shows %d of %d, want %d of 5", query, len(got), total, want)
		}
	}
}

func TestListFilters(t *testing.T) {
	o := newOrganisation(t)
	for _, name := range []string{"team", "team-a", "Team", "other & more"} {
		o.create(name)
	}
	archived := o.create("old team")
	if _, err := o.vendor.Change("workspaces", archived, []byte(`{"archived":true}`)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		query url.Values
		want  []string
	}{
		{url.Values{}, []string{"team", "team-a", "Team", "other & more", "old team"}},
		{url.Values{"name": {"team"}}, []string{"team", "team-a", "old team"}},
		{url.Values{"name": {"TEAM"}}, []string{}},
		{url.Values{"exact_name": {"team"}}, []string{"team"}},
		{url.Values{"exact_name": {"tea"}}, []string{}},
		{url.Values{"exact_name": {"other & more"}}, []string{"other & more"}},
		{url.Values{"exact_name": {"team"}, "name": {"a"}}, []string{"team"}},
		{url.Values{"exact_name": {"team"}, "name": {"x"}}, []string{}},
		{url.Values{"status": {"active"}}, []string{"team", "team-a", "Team", "other & more"}},
		{url.Values{"status": {"archived"}}, []string{"old team"}},
		{url.Values{"status": {"active,archived"}, "name": {"team"}}, []string{"team", "team-a", "old team"}},
		{url.Values{"name": {"team"}, "page_size": {"2"}, "current_page": {"1"}}, []string{"old team"}},
	}
	for _, tt := range tests {
		t.Run(tt.query.Encode(), func(t *testing.T) {
			got, total := o.names(workspacesPath + "?" + tt.query.Encode())
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if !tt.query.Has("page_size") && total != len(tt.want) {
				t.Errorf("the total is %d, want %d", total, len(tt.want))
			}
		})
	}
	for _, status := range []string{"", "deleted", "active,", "Active"} {
		o.invalid("GET", workspacesPath+"?status="+status, "", "is not active or archived")
	}
}

func TestListShapes(t *testing.T) {
	o := newOrganisation(t)
	o.ok("POST", workspacesPath, `{"name":"n","description":"d","defaults":{"metadata":{"a":"b"}}}`, new(any))
	item := func() map[string]any {
		var p page
		o.ok("GET", workspacesPath, "", &p)
		return p.Data[0]
	}
	full := []string{"created_at", "defaults", "description", "id", "last_updated_at", "name", "rate_limits", "slug", "usage_limits"}
	if got := slices.Sorted(maps.Keys(item())); !slices.Equal(got, full) {
		t.Errorf("the members are %v, those of the schema are %v", got, full)
	}
	o.configure(`{"listShape":"example"}`)
	example := []string{"created_at", "description", "id", "last_updated_at", "name", "object"}
	got := item()
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, example) {
		t.Errorf("the members are %v, those of the example are %v", names, example)
	}
	if got["created_at"] != "2024-07-30 13:27:29" || got["object"] != "workspace" || got["description"] != "d" {
		t.Errorf("the item is %v", got)
	}
}

func TestListKeysByWorkspace(t *testing.T) {
	o := newOrganisation(t)
	a, b := o.create("a"), o.create("b")
	o.issue(a, "in a")
	o.issue(b, "in b")
	o.ok("POST", keysPath+"/organisation/service", `{"name":"of all","scopes":["workspaces.list"]}`, new(any))
	for query, want := range map[string][]string{
		"":                   {"in a", "in b", "of all"},
		"?workspace_id=" + a: {"in a"},
		"?workspace_id=" + b: {"in b"},
	} {
		if got, _ := o.names(keysPath + query); !slices.Equal(got, want) {
			t.Errorf("list%s shows %v, want %v", query, got, want)
		}
	}
	o.refused("GET", keysPath+"?workspace_id=", "", http.StatusForbidden, "AB03", "")
}

func TestListLag(t *testing.T) {
	t.Run("by time", func(t *testing.T) {
		o := newOrganisation(t)
		o.configure(`{"listLagMillis":3000}`)
		id := o.create("w")
		o.issue(id, "k")
		for _, path := range []string{workspacesPath, workspacesPath + "?exact_name=w", keysPath, keysPath + "?workspace_id=" + id} {
			if names, total := o.names(path); len(names) != 0 || total != 0 {
				t.Errorf("GET %s shows %v of %d before the lag is over", path, names, total)
			}
		}
		o.ok("GET", workspacesPath+"/"+id, "", new(any))
		o.now = o.now.Add(3 * time.Second)
		for _, path := range []string{workspacesPath, keysPath} {
			if names, total := o.names(path); len(names) != 1 || total != 1 {
				t.Errorf("GET %s shows %v of %d after the lag", path, names, total)
			}
		}
	})
	t.Run("by calls", func(t *testing.T) {
		o := newOrganisation(t)
		o.configure(`{"listLagCalls":2}`)
		o.issue(o.create("w"), "k")
		for _, path := range []string{workspacesPath, keysPath} {
			for i, want := range []int{0, 0, 1, 1} {
				if names, _ := o.names(path); len(names) != want {
					t.Errorf("list %d of %s shows %v, want %d", i+1, path, names, want)
				}
			}
		}
	})
}
