package groundfloor_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/workspace-operator/workspace-operator/internal/emulator/groundfloor"
)

func TestEmptyListsAreArrays(t *testing.T) {
	for _, path := range []string{workspacesPath, accountPath} {
		if got := string(newPlane(t).do("GET", path, "").Body); got != "[]" {
			t.Errorf("GET %s without workspaces: %s, want []", path, got)
		}
	}
}

func TestListLimit(t *testing.T) {
	p := newPlane(t)
	for i := range 120 {
		p.create(fmt.Sprintf("w%d", i))
	}
	for query, want := range map[string]int{
		"": 100, "?limit=1": 1, "?limit=100": 100, "?limit=119": 119, "?limit=120": 120, "?limit=121": 120, "?limit=9223372036854775807": 120,
	} {
		if got := p.names(workspacesPath + query); len(got) != want || got[0] != "w0" || got[want-1] != fmt.Sprintf("w%d", want-1) {
			t.Errorf("list%s shows %d, from %s to %s, want the first %d", query, len(got), got[0], got[len(got)-1], want)
		}
	}
	if got := p.names(accountPath); len(got) != 120 {
		t.Errorf("the list by account shows %d, want all 120", len(got))
	}
	for _, limit := range []string{"", "0", "-1", "x", "1.0", "1e2", "0x10", "%201", "9223372036854775808"} {
		p.invalid("GET", workspacesPath+"?limit="+limit, "", "query.limit", "must be an integer of at least 1")
	}

	p.configure(`{"maxLimit":110,"accountListLimit":30}`)
	for query, want := range map[string]int{"": 100, "?limit=5": 5, "?limit=120": 110} {
		if got := p.names(workspacesPath + query); len(got) != want {
			t.Errorf("with maxLimit list%s shows %d, want %d", query, len(got), want)
		}
	}
	if got := p.names(accountPath); len(got) != 30 || got[0] != "w0" {
		t.Errorf("with accountListLimit the list by account shows %d from %s, want 30 from w0", len(got), got[0])
	}
	p.configure(`{"maxLimit":7}`)
	if got := p.names(workspacesPath); len(got) != 7 {
		t.Errorf("with a maxLimit below the default the list shows %d, want 7", len(got))
	}
	p.configure(`{"newestFirst":true}`)
	for _, path := range []string{workspacesPath, accountPath} {
		if got := p.names(path); got[0] != "w119" || got[1] != "w118" {
			t.Errorf("with newestFirst GET %s begins with %v", path, got[:2])
		}
	}
}

// TestLimitByAccount: whether the list by account takes a limit is not
// documented. By default its value is not looked at.
func TestLimitByAccount(t *testing.T) {
	p := newPlane(t)
	for i := range 120 {
		p.create(fmt.Sprintf("w%d", i))
	}
	for _, query := range []string{"", "?limit=1", "?limit=1000", "?limit=0", "?limit=x", "?limit="} {
		if got := p.names(accountPath + query); len(got) != 120 {
			t.Errorf("by-account%s shows %d, want all 120", query, len(got))
		}
	}
	p.invalid("GET", accountPath+"?offset=1", "", "query", `unknown query parameter "offset"`)

	p.configure(`{"limitByAccount":true}`)
	for query, want := range map[string]int{"": 100, "?limit=1": 1, "?limit=119": 119, "?limit=1000": 120} {
		if got := p.names(accountPath + query); len(got) != want || got[0] != "w0" {
			t.Errorf("with limitByAccount by-account%s shows %d from %s, want %d from w0", query, len(got), got[0], want)
		}
	}
	p.invalid("GET", accountPath+"?limit=0", "", "query.limit", "must be an integer of at least 1")
	p.invalid("GET", accountPath+"?offset=1", "", "query", `unknown query parameter "offset"`)
	p.configure(`{"accountListLimit":30}`)
	for query, want := range map[string]int{"?limit=5": 5, "?limit=50": 30} {
		if got := p.names(accountPath + query); len(got) != want {
			t.Errorf("with accountListLimit as well by-account%s shows %d, want %d", query, len(got), want)
		}
	}
}

func TestAccountListShape(t *testing.T) {
	p := newPlane(t)
	for _, count := range []int{0, 1} {
		p.configure(`{"accountListShape":"array"}`)
		array := string(p.do("GET", accountPath, "").Body)
		p.configure(`{"accountListShape":"object"}`)
		if got := string(p.do("GET", accountPath, "").Body); got != `{"workspaces":`+array+`}` {
			t.Errorf("as an object the list of %d is %s, want the array %s in it", count, got, array)
		}
		if got := p.names(workspacesPath); len(got) != count {
			t.Errorf("the list of memberships, a documented array, shows %v, want %d", got, count)
		}
		p.create("w")
	}
}

// TestListsShowWhatBelongs: one list goes by membership, the other by account.
func TestListsShowWhatBelongs(t *testing.T) {
	p := with(t, `{"accounts":{"`+groundfloor.DefaultAccountID+`":"administer","`+otherAccount+`":"read"}}`)
	p.create("own")
	p.console(`{"name":"read","permission":"read"}`)
	p.console(`{"name":"no member","member":false}`)
	p.console(`{"name":"secret","member":false,"permission":"none"}`)
	p.console(`{"name":"elsewhere","accountID":"` + otherAccount + `"}`)
	gone := p.console(`{"name":"gone"}`)
	if err := p.vendor.Remove("workspaces", gone); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		workspacesPath: {"own", "read", "elsewhere"},
		accountPath:    {"own", "read", "no member", "secret"},
		workspacesPath + "/by-account/" + otherAccount: {"elsewhere"},
	} {
		if got := p.names(path); !slices.Equal(got, want) {
			t.Errorf("GET %s shows %v, want %v", path, got, want)
		}
	}
	p.refused("GET", workspacesPath+"/by-account/"+p.create("x"), "", http.StatusNotFound, "Account not found")
}

func TestListLag(t *testing.T) {
	t.Run("by time", func(t *testing.T) {
		p := with(t, `{"listLagMillis":3000,"rowDelayMillis":1000}`)
		id := p.create("w")
		p.pass(time.Second)
		p.get(workspacesPath+"/"+id, new(any))
		p.pass(3*time.Second - time.Nanosecond)
		for _, path := range []string{workspacesPath, accountPath} {
			if got := p.names(path); len(got) != 0 {
				t.Errorf("GET %s shows %v before the lag is over", path, got)
			}
		}
		p.pass(time.Nanosecond)
		for _, path := range []string{workspacesPath, accountPath} {
			if got := p.names(path); len(got) != 1 {
				t.Errorf("GET %s shows %v after the lag", path, got)
			}
		}
	})
	t.Run("by calls", func(t *testing.T) {
		p := with(t, `{"listLagCalls":3}`)
		id := p.create("w")
		p.console(`{"name":"c"}`)
		for i, path := range []string{workspacesPath, accountPath, workspacesPath} {
			if got := p.names(path); len(got) != 0 {
				t.Errorf("list %d shows %v", i+1, got)
			}
			p.get(workspacesPath+"/"+id, new(any))
		}
		if got := p.names(workspacesPath); !slices.Equal(got, []string{"w", "c"}) {
			t.Errorf("list 4 shows %v, want both", got)
		}
	})
}
