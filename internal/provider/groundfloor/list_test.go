package groundfloor

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
)

func TestListWorkspaces(t *testing.T) {
	slug := markedSlug("Team", theMark())
	session := play(t, get(pathByAccount, list(item("w1", slug, "active"), item("w2", "production", "frozen"), item("w3", "x", "provisioning"))))
	got, err := listed(t, session)
	if err != nil {
		t.Fatal(err)
	}
	one := provider.Workspace{
		ID: "w1", Slug: slug, Mark: theMark(), Name: "Team", State: "active", AccountID: accountID, Region: "us-east-1",
		TenancyModel: "dedicated", CreatedAt: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Brief: true,
	}
	two, three := one, one
	two.ID, two.Slug, two.Mark, two.State, two.Frozen = "w2", "production", provider.Mark{}, "frozen", true
	three.ID, three.Slug, three.Mark, three.State, three.Pending = "w3", "x", provider.Mark{}, "provisioning", true
	if diff := cmp.Diff([]provider.Workspace{one, two, three}, got, opaque()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListsThatAreShortEnoughToBeBelieved(t *testing.T) {
	tests := map[string]struct {
		answer string
		ids    string
	}{
		"empty":                          {`[]`, ""},
		"in an object":                   {`{"workspaces":` + list(item("w1", "a", "active"), item("w2", "b", "frozen")) + `,"total":2,"next":null}`, "w1 w2"},
		"in an object, by another name":  {`{"items":` + list(item("w1", "a", "active")) + `}`, "w1"},
		"in an object, empty":            {`{"workspaces":[]}`, ""},
		"another account's":              {list(item("w1", "a", "active"), itemOf(otherID, "w2", "b", "active")), "w1"},
		"the account in capital letters": {list(itemOf(strings.ToUpper(accountID), "w1", "a", "active")), "w1"},
		"no account, in its own list":    {`[{"id":"w1"},{"id":"w2","account_id":null},{"id":"w3","account_id":""}]`, "w1 w2 w3"},
		"the same one twice":             {list(item("w1", "a", "active"), item("w2", "b", "active"), item("w1", "a", "active")), "w1 w2"},
		"members nobody knows":           {`[{"id":"w1","owner":{"name":"x"},"tags":[1]}]`, "w1"},
		"important is only the id":       {`[{"id":"w1","name":7,"slug":{},"status":[],"region":null,"created_at":false}]`, "w1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := listed(t, play(t, get(pathByAccount, test.answer)))
			if err != nil || ids(got) != test.ids {
				t.Errorf("got %q, %v; want %q", ids(got), err, test.ids)
			}
		})
	}
}

func TestListsThatAreBroken(t *testing.T) {
	tests := map[string]struct {
		exchange conformance.Exchange
		class    provider.Class
	}{
		"null":                  {conformance.Exchange{Answer: `null`}, provider.Transient},
		"an object without one": {conformance.Exchange{Answer: `{}`}, provider.Transient},
		"an object with null":   {conformance.Exchange{Answer: `{"workspaces":null}`}, provider.Transient},
		"two lists":             {conformance.Exchange{Answer: `{"workspaces":[],"archived":[]}`}, provider.Transient},
		"an object of objects":  {conformance.Exchange{Answer: `{"workspaces":{"w1":{"id":"w1"}}}`}, provider.Transient},
		"a broken one in it":    {conformance.Exchange{Answer: `{"workspaces":[{"id":"w1"},{"name":"x"}]}`}, provider.Transient},
		"one of another sort":   {conformance.Exchange{Answer: `{"workspaces":[{"id":7}]}`}, provider.Transient},
		"texts":                 {conformance.Exchange{Answer: `["w1"]`}, provider.Transient},
		"empty":                 {conformance.Exchange{Answer: ``}, provider.Transient},
		"half of it":            {conformance.Exchange{Answer: `[{"id":"w1"},`}, provider.Transient},
		"a web page":            {conformance.Exchange{Answer: `<html></html>`}, provider.Transient},
		"an item without id":    {conformance.Exchange{Answer: `[{"id":"w1"},{"name":"x"}]`}, provider.Transient},
		"an id that climbs":     {conformance.Exchange{Answer: `[{"id":"w1"},{"id":"../w2"}]`}, provider.Transient},
		"an id of another sort": {conformance.Exchange{Answer: `[{"id":"w1"},{"id":7}]`}, provider.Transient},
		"an item that is null":  {conformance.Exchange{Answer: `[{"id":"w1"},null]`}, provider.Transient},
		"lost":                  {conformance.Exchange{Status: 500, Answer: refusal("no")}, provider.Transient},
		"a lost session":        {conformance.Exchange{Status: 401, Answer: refusal("no")}, provider.Unauthorized},
		"not allowed":           {conformance.Exchange{Status: 403, Answer: refusal("no")}, provider.Forbidden},
		"no such account":       {conformance.Exchange{Status: 404, Answer: refusal("no")}, provider.Forbidden},
		"throttled":             {conformance.Exchange{Status: 429, Answer: refusal("no")}, provider.Throttled},
		"redirected":            {conformance.Exchange{Status: 302, Answer: ``}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.exchange.Method, test.exchange.URI = "GET", pathByAccount
			got, err := listed(t, play(t, test.exchange))
			wantOp(t, err, "list workspaces", test.class, false)
			if len(got) != 0 {
				t.Errorf("%d workspaces of a list that is none", len(got))
			}
		})
	}
}

// A hundred is what the vendor shows where it is not told a limit, so a list
// of exactly that many may lack something.
func TestAListOfAHundredIsNotBelievedAlone(t *testing.T) {
	hundred := items(accountID, "w", 100)
	hundredOf := func(more string) string { return strings.TrimSuffix(hundred, "]") + "," + more + "]" }
	foreignHundred := items(otherID, "f", 100)
	tests := map[string]struct {
		byAccount string
		mine      string // "": it must not be asked for
		count     int
		last      string
	}{
		"99":                                {items(accountID, "w", 99), "", 99, "w-98"},
		"101":                               {items(accountID, "w", 101), "", 101, "w-100"},
		"250":                               {items(accountID, "w", 250), "", 250, "w-249"},
		"1000":                              {items(accountID, "w", 1000), "", 1000, "w-999"},
		"100, and no memberships":           {hundred, `[]`, 100, "w-99"},
		"100, and some of them":             {hundred, items(accountID, "w", 40), 100, "w-99"},
		"100, and a new one":                {hundred, list(item("new", "s", "active")), 101, "new"},
		"100, and more than that":           {hundred, hundredOf(item("new", "s", "active")), 101, "new"},
		"100, and 250 others":               {hundred, items(accountID, "v", 250), 350, "v-249"},
		"100, and others of other accounts": {hundred, hundredOf(itemOf(otherID, "foreign", "s", "active")), 100, "w-99"},
		"100, and 999":                      {hundred, items(accountID, "w", 999), 999, "w-998"},
		"100, not all of the account":       {foreignHundred, list(item("new", "s", "active")), 1, "new"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			script := []conformance.Exchange{get(pathByAccount, test.byAccount)}
			if test.mine != "" {
				script = append(script, get(pathMany, test.mine))
			}
			got, err := listed(t, play(t, script...))
			if err != nil || len(got) != test.count || got[len(got)-1].ID != test.last {
				t.Errorf("got %d workspaces, the last of %q, %v; want %d and %s", len(got), ids(got[max(0, len(got)-3):]), err, test.count, test.last)
			}
		})
	}
}

func TestAListThatMayBeCutOffIsAnError(t *testing.T) {
	hundred := get(pathByAccount, items(accountID, "w", 100))
	tests := map[string]struct {
		mine  conformance.Exchange
		class provider.Class
	}{
		"the limit does nothing":       {get(pathMany, items(accountID, "w", 100)), provider.Transient},
		"a hundred of other accounts":  {get(pathMany, items(otherID, "f", 100)), provider.Transient},
		"as many as the limit":         {get(pathMany, items(accountID, "w", 1000)), provider.Transient},
		"more than the limit":          {get(pathMany, items(accountID, "w", 1001)), provider.Transient},
		"whose, is not said":           {get(pathMany, `[{"id":"w-1"}]`), provider.Transient},
		"a broken list":                {get(pathMany, `{}`), provider.Transient},
		"an object, not as documented": {get(pathMany, `{"workspaces":[]}`), provider.Transient},
		"the limit is refused":         {conformance.Exchange{Method: "GET", URI: pathMany, Status: 422, Answer: fixture(t, "validation-error-response.json")}, provider.Invalid},
		"not allowed":                  {refused("GET", pathMany, 403), provider.Forbidden},
		"an answer that is lost":       {conformance.Exchange{Method: "GET", URI: pathMany, Status: 502, Answer: ``}, provider.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := listed(t, play(t, hundred, test.mine))
			wantOp(t, err, "list workspaces", test.class, false)
			if len(got) != 0 {
				t.Errorf("%d workspaces of a list that is not believed", len(got))
			}
		})
	}
}

func TestWhoeverHasFoundItNeedNotReadOn(t *testing.T) {
	session := play(t, get(pathByAccount, list(item("w1", "a", "active"), item("w2", "b", "active"))))
	read := 0
	for range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{}) {
		read++
		break
	}
	if read != 1 {
		t.Errorf("%d workspaces were yielded, want 1", read)
	}
}

// The vendor has no filter, and the caller compares: a name must not be sent,
// nor leave anything out.
func TestANameIsNoFilter(t *testing.T) {
	session := play(t, get(pathByAccount, list(item("w1", "a", "active"), item("w2", "b", "active"))))
	count := 0
	for _, err := range session.Workspaces().List(t.Context(), provider.WorkspaceFilter{Name: "somebody & co"}) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 2 {
		t.Errorf("%d workspaces were yielded, want 2", count)
	}
}
