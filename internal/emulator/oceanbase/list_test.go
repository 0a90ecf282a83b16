package oceanbase_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestListAnswer holds a list against the documented members.
func TestListAnswer(t *testing.T) {
	a := newAccount(t)
	secret := a.create("my-api-key")
	k := a.state().Keys[0]
	reply := a.with("requestId", "req-1").do("GET", keysPath, "")
	want := `{"action":"ListAIServiceAPIKeys","data":{"list":[{"id":"` + k.ID + `","name":"my-api-key",` +
		`"createdAt":"2023-10-12T09:45:30Z","updatedAt":"2023-10-12T09:45:30Z","expiresAt":null}]},` +
		`"error":{},"message":"success","requestId":"req-1","server":"192.0.2.1:8080","success":true}`
	if string(reply.Body) != want || reply.Changed {
		t.Errorf("list answers %s (changed %v), want %s", reply.Body, reply.Changed, want)
	}
	if strings.Contains(string(reply.Body), secret) {
		t.Errorf("a list shows the secret: %s", reply.Body)
	}
}

func TestListOfNothingIsAnArray(t *testing.T) {
	if reply := newAccount(t).do("GET", keysPath, ""); !strings.Contains(string(reply.Body), `"data":{"list":[]}`) {
		t.Errorf("an empty list answers %s, want []", reply.Body)
	}
}

// numbered makes so many keys, k-0 the oldest, and returns their names newest
// first.
func (a *account) numbered(n int) []string {
	names := []string{}
	for i := range n {
		names = append(names, fmt.Sprintf("k-%d", i))
		a.create(names[i])
		a.now = a.now.Add(time.Second)
	}
	slices.Reverse(names)
	return names
}

func TestListPages(t *testing.T) {
	a := newAccount(t)
	all := a.numbered(23)
	tests := []struct {
		query string
		want  []string
	}{
		{"", all[:10]},
		{"?Action=ListAIServiceAPIKeys", all[:10]},
		{"?uid=anybody", all[:10]},
		{"?pageNumber=1", all[:10]},
		{"?pageNumber=2", all[10:20]},
		{"?pageNumber=3", all[20:]},
		{"?pageNumber=4", []string{}},
		{"?pageSize=4&pageNumber=2", all[4:8]},
		{"?pageSize=23&pageNumber=2", []string{}},
		{"?pageSize=100", all},
		{"?pageSize=101", all[:20]},
		{"?pageSize=101&pageNumber=2", all[20:]},
		{"?pageSize=9223372036854775807&pageNumber=9223372036854775807", []string{}},
		{"?pageSize=1&pageNumber=9223372036854775807", []string{}},
	}
	for _, tt := range tests {
		if got := a.names(tt.query); !slices.Equal(got, tt.want) {
			t.Errorf("list%s shows %v, want %v", tt.query, got, tt.want)
		}
	}
}

// TestMaxPageSize: every size over the largest becomes 20, without a word.
func TestMaxPageSize(t *testing.T) {
	a := newAccount(t)
	all := a.numbered(45)
	a.configure(`{"maxPageSize":20}`)
	for query, want := range map[string][]string{
		"": all[:10], "?pageSize=19": all[:19], "?pageSize=20": all[:20], "?pageSize=21": all[:20], "?pageSize=100": all[:20],
		"?pageSize=100&pageNumber=2": all[20:40], "?pageSize=100&pageNumber=3": all[40:], "?pageSize=100&pageNumber=4": {},
	} {
		if got := a.names(query); !slices.Equal(got, want) {
			t.Errorf("with at most 20 a page list%s shows %v, want %v", query, got, want)
		}
	}
	a.configure(`{"maxPageSize":30}`)
	for query, want := range map[string][]string{"?pageSize=30": all[:30], "?pageSize=31": all[:20]} {
		if got := a.names(query); !slices.Equal(got, want) {
			t.Errorf("with at most 30 a page list%s shows %v, want %v", query, got, want)
		}
	}
}

func TestListRefuses(t *testing.T) {
	a := newAccount(t)
	for _, name := range []string{"pageNumber", "pageSize"} {
		for _, value := range []string{"", "0", "-1", "x", "1.0", "1e1", "9223372036854775808", "%201"} {
			a.invalid("GET", keysPath+"?"+name+"="+value, "", name+": must be an integer of at least 1")
		}
		a.invalid("GET", keysPath+"?"+name+"=1&"+name+"=2", "", "given 2 times")
	}
	for _, action := range []string{"", "listAIServiceAPIKeys", "DeleteAIServiceAPIKey"} {
		a.invalid("GET", keysPath+"?Action="+action, "", "Action must be ListAIServiceAPIKeys")
	}
	for _, query := range []string{"action=ListAIServiceAPIKeys", "name=a", "page=1", "pagesize=1", "requestId=x"} {
		a.invalid("GET", keysPath+"?"+query, "", "unknown query parameter")
	}
	a.invalid("GET", keysPath, "{}", "no body")
}

func TestListOrder(t *testing.T) {
	a := newAccount(t)
	for _, name := range []string{"k-1", "k-2", "k-3"} { // all at the same moment
		a.create(name)
	}
	if _, err := a.vendor.Create("keys", []byte(`{"name":"older","createdAt":"2020-01-01T00:00:00Z"}`)); err != nil {
		t.Fatal(err)
	}
	if got := a.names(""); !slices.Equal(got, []string{"k-3", "k-2", "k-1", "older"}) {
		t.Errorf("the order is %v, want the newest first", got)
	}
	a.configure(`{"oldestFirst":true}`)
	if got := a.names(""); !slices.Equal(got, []string{"older", "k-1", "k-2", "k-3"}) {
		t.Errorf("the order is %v, want the oldest first", got)
	}
	if got := a.names("?pageSize=3&pageNumber=2"); !slices.Equal(got, []string{"k-3"}) {
		t.Errorf("the second page is %v, want the newest", got)
	}
}

func TestListOfOneProject(t *testing.T) {
	a := newAccount(t)
	addProject(a, "proj-2")
	a.create("in-first")
	a.in("proj-2").create("in-second")
	for project, want := range map[string]string{"proj-xxxxxxxx": "in-first", "proj-2": "in-second"} {
		if got := a.in(project).names(""); !slices.Equal(got, []string{want}) {
			t.Errorf("project %s lists %v, want %s", project, got, want)
		}
	}
}

func TestShowTotal(t *testing.T) {
	a := newAccount(t)
	a.numbered(3)
	a.create("gone")
	a.ok("DELETE", keysPath+"?id="+a.id("gone"), "", new(any))
	data := func() map[string]any {
		var data map[string]any
		a.ok("GET", keysPath+"?pageSize=2", "", &data)
		return data
	}
	if got := data(); len(got) != 1 || got["list"] == nil {
		t.Errorf("a page has %v, want a list and nothing else", got)
	}
	a.configure(`{"showTotal":true}`)
	if got := data(); got["total"] != 3.0 || len(got["list"].([]any)) != 2 {
		t.Errorf("a page has %v, want two keys of a total of 3", got)
	}
}

func TestMaskedKeys(t *testing.T) {
	a := newAccount(t)
	secret := a.create("my-api-key")
	if got := a.page("")[0]; got.APIKey != "" {
		t.Errorf("the item has a key: %+v", got)
	}
	a.configure(`{"maskedKeys":true}`)
	if got, want := a.page("")[0].APIKey, "sk_******"+secret[len(secret)-4:]; got != want {
		t.Errorf("the masked key is %s, want %s", got, want)
	}
	if _, err := a.vendor.Change("keys", a.id("my-api-key"), []byte(`{"secret":"short"}`)); err != nil {
		t.Fatal(err)
	}
	if got := a.page("")[0].APIKey; got != "******" {
		t.Errorf("a short key is masked as %s", got)
	}
}

func TestListLag(t *testing.T) {
	t.Run("by time", func(t *testing.T) {
		a := newAccount(t)
		a.configure(`{"listLagMillis":5000,"showTotal":true}`)
		a.create("my-api-key")
		a.now = a.now.Add(4999 * time.Millisecond)
		if got := a.names(""); len(got) != 0 {
			t.Errorf("listed before the lag is over: %v", got)
		}
		a.now = a.now.Add(time.Millisecond)
		if got := a.names(""); len(got) != 1 {
			t.Errorf("not listed after the lag: %v", got)
		}
	})
	t.Run("by calls", func(t *testing.T) {
		a := newAccount(t)
		a.configure(`{"listLagCalls":2}`)
		a.create("my-api-key")
		addProject(a, "proj-2")
		a.in("proj-2").names("") // does not count: it is another list
		for i, want := range []int{0, 0, 1, 1} {
			if got := a.names(""); len(got) != want {
				t.Errorf("list %d shows %v, want %d keys", i+1, got, want)
			}
		}
	})
	t.Run("deletion does not wait", func(t *testing.T) {
		a := newAccount(t)
		a.configure(`{"listLagCalls":2}`)
		a.create("my-api-key")
		a.ok("DELETE", keysPath+"?id="+a.state().Keys[0].ID, "", new(any))
	})
}
