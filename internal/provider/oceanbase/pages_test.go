package oceanbase

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/internal/provider"
	"github.com/workspace-operator/workspace-operator/internal/provider/conformance"
	"github.com/workspace-operator/workspace-operator/internal/provider/rest"
)

// aPage is the answer with the keys numbered first to last.
func aPage(first, last int) string { return countedPage(first, last, "") }

// countedPage has a count too, as a member of data.
func countedPage(first, last int, count string) string {
	var items []string
	for n := first; n <= last; n++ {
		items = append(items, fmt.Sprintf(`{"id":"ak-%d","name":"n%d","createdAt":"2023-10-12T09:45:30Z"}`, n, n))
	}
	return success(`{` + count + `"list":[` + strings.Join(items, ",") + `]}`)
}

func pageURI(number int) string { return fmt.Sprintf("%s?pageNumber=%d&pageSize=100", path, number) }

func pages(answers ...string) []conformance.Exchange {
	var script []conformance.Exchange
	for i, answer := range answers {
		script = append(script, get(pageURI(i+1), 200, answer))
	}
	return script
}

// listing is a list as the vendor shows it, and what is to be made of it.
type listing struct {
	pages []string
	want  int
	// problem is part of the error; without one the list is complete.
	problem string
}

// oddEnds are lists with other last pages than a short one or an empty one.
func oddEnds() map[string]listing {
	const null, absent = `{"list":null}`, `{}`
	counted := countedPage(1, 100, `"total":100,`)
	return map[string]listing{
		"nothing for a list":             {[]string{success(null)}, 0, ""},
		"nothing for a list, counted":    {[]string{success(`{"list":null,"total":0}`)}, 0, ""},
		"nothing for a list, of seven":   {[]string{success(`{"list":null,"total":7}`)}, 0, "ends before all it counts"},
		"nothing for the last page":      {[]string{aPage(1, 100), success(null)}, 100, ""},
		"nothing where there is more":    {[]string{countedPage(1, 100, `"total":101,`), success(null)}, 100, "ends before all it counts"},
		"no list, and none counted":      {[]string{success(`{"total":0}`)}, 0, ""},
		"no list, and none beside":       {[]string{strings.Replace(success(absent), `"success"`, `"totalCount":0,"success"`, 1)}, 0, ""},
		"no list past the end":           {[]string{aPage(1, 100), success(absent)}, 100, ""},
		"no data past the end":           {[]string{aPage(1, 20), success(`null`)}, 20, ""},
		"no list where there is more":    {[]string{countedPage(1, 100, `"total":101,`), success(absent)}, 100, "ends before all it counts"},
		"a list of another kind":         {[]string{aPage(1, 100), success(`{"list":{}}`)}, 100, "documented form"},
		"its end again, and counted":     {[]string{aPage(1, 100), counted}, 100, ""},
		"twenty again, and counted":      {[]string{aPage(1, 20), countedPage(1, 20, `"total":20,`)}, 20, ""},
		"its end again, and not all":     {[]string{aPage(1, 100), countedPage(1, 100, `"total":101,`)}, 100, "repeats itself"},
		"its end again, and too many":    {[]string{aPage(1, 100), countedPage(1, 100, `"total":99,`)}, 100, "repeats itself"},
		"its end again, and none counts": {[]string{aPage(1, 100), aPage(81, 100)}, 100, "repeats itself"},
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	counted := func(first, last, total int) string {
		return countedPage(first, last, fmt.Sprintf(`"total":%d,`, total))
	}
	tests := map[string]listing{
		"as documented":     {[]string{fixture(t, "key-list-response.json")}, 1, ""},
		"empty":             {[]string{aPage(1, 0)}, 0, ""},
		"one page":          {[]string{aPage(1, 19)}, 19, ""},
		"one short of full": {[]string{aPage(1, 99)}, 99, ""},
		"a full last page":  {[]string{aPage(1, 100), aPage(1, 0)}, 100, ""},
		"three pages":       {[]string{aPage(1, 100), aPage(101, 200), aPage(201, 250)}, 250, ""},
		"added in front":    {[]string{aPage(1, 100), aPage(100, 150)}, 150, ""},
		"twice on a page":   {[]string{listed(`{"id":"ak-1"}`, `{"id":"ak-1"}`)}, 1, ""},

		// Twenty may be the vendor's size instead of ours.
		"just twenty":               {[]string{aPage(1, 20), aPage(1, 0)}, 20, ""},
		"twenty at a time":          {[]string{aPage(1, 20), aPage(21, 40), aPage(41, 45)}, 45, ""},
		"twenty at a time, all":     {[]string{aPage(1, 20), aPage(21, 40), aPage(1, 0)}, 40, ""},
		"twenty on the second page": {[]string{aPage(1, 100), aPage(101, 120), aPage(1, 0)}, 120, ""},

		// A count is not documented, and believed where there is one.
		"counted":                   {[]string{counted(1, 3, 3)}, 3, ""},
		"counted, in pages":         {[]string{counted(1, 100, 150), counted(101, 150, 150)}, 150, ""},
		"counted, and clamped":      {[]string{counted(1, 50, 120), counted(51, 100, 120), counted(101, 120, 120)}, 120, ""},
		"counted, just full":        {[]string{counted(1, 100, 100)}, 100, ""},
		"counted, just twenty":      {[]string{counted(1, 20, 20)}, 20, ""},
		"counted, two full":         {[]string{counted(1, 100, 200), aPage(101, 200)}, 200, ""},
		"counted, and shifted":      {[]string{counted(1, 100, 200), counted(100, 199, 200), counted(200, 200, 200)}, 200, ""},
		"counted as too few":        {[]string{counted(1, 100, 99), counted(101, 150, 99)}, 150, ""},
		"counted in pieces":         {[]string{counted(1, 100, 150), counted(101, 150, 50)}, 100, "changed while it was read"},
		"counted as one too many":   {[]string{counted(1, 3, 4), counted(1, 0, 4)}, 3, "ends before all it counts"},
		"nothing of something":      {[]string{counted(1, 0, 7)}, 0, "ends before all it counts"},
		"fewer meanwhile":           {[]string{counted(1, 100, 150), counted(101, 149, 149)}, 100, "changed while it was read"},
		"more meanwhile":            {[]string{counted(1, 100, 150), counted(100, 150, 151)}, 150, ""},
		"counted on one page only":  {[]string{counted(1, 100, 150), aPage(101, 150)}, 150, ""},
		"counted in words":          {[]string{countedPage(1, 3, `"total":"three",`)}, 3, ""},
		"counted beside the list":   {[]string{strings.Replace(aPage(1, 3), `"success"`, `"totalCount":5,"success"`, 1), aPage(4, 5)}, 5, ""},
		"counted below nothing":     {[]string{counted(1, 3, -1)}, 0, "changed while it was read"},
		"repeats itself":            {[]string{aPage(1, 100), aPage(1, 100)}, 100, "repeats itself"},
		"repeats its end":           {[]string{aPage(1, 20), aPage(1, 20)}, 20, "repeats itself"},
		"larger than asked for":     {[]string{aPage(1, 101)}, 0, "more than was asked for"},
		"no list":                   {[]string{success(`{}`)}, 0, "documented form"},
		"another thing for a list":  {[]string{success(`{"list":"null"}`)}, 0, "documented form"},
		"no list of something":      {[]string{success(`{"total":7}`)}, 0, "documented form"},
		"the list of another page":  {[]string{success(`{"dataList":[]}`)}, 0, "documented form"},
		"no data":                   {[]string{success(`null`)}, 0, "documented form"},
		"the list for data":         {[]string{success(`[]`)}, 0, "documented form"},
		"not a success":             {[]string{`{"data":{"list":[]}}`}, 0, "documented form"},
		"a key without an id":       {[]string{listed(`{"id":"ak-1"}`, `{"name":"x"}`)}, 0, "id cannot be used"},
		"a key of nothing":          {[]string{listed(`null`)}, 0, "id cannot be used"},
		"an id that leads upwards":  {[]string{listed(`{"id":"../x"}`)}, 0, "id cannot be used"},
		"an id of a kilobyte":       {[]string{listed(`{"id":"` + strings.Repeat("x", 1024) + `"}`)}, 0, "id cannot be used"},
		"an id that is a number":    {[]string{listed(`{"id":7}`)}, 0, "documented form"},
		"broken on the second page": {[]string{aPage(1, 100), listed(`{"id":{}}`)}, 100, "documented form"},
	}
	maps.Copy(tests, oddEnds())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := all(t, play(t, pages(test.pages...)...))
			if test.problem == "" {
				if err != nil || len(found) != test.want {
					t.Errorf("%d keys, %v; want %d", len(found), err, test.want)
				}
				distinct(t, found)
				return
			}
			e := want(t, err, provider.Transient, false)
			if !strings.Contains(e.Message, test.problem) || e.Op != "list keys" || len(found) != test.want {
				t.Errorf("%d keys and then %v; want %d and something with %q", len(found), e, test.want, test.problem)
			}
		})
	}
}

func distinct(t *testing.T, found []provider.Key) {
	t.Helper()
	seen := map[string]bool{}
	for _, item := range found {
		if seen[item.ID] || item.ID == "" {
			t.Errorf("the key %q is listed twice", item.ID)
		}
		seen[item.ID] = true
	}
}

func TestAListCanBeLeftEarly(t *testing.T) {
	for item, err := range play(t, pages(aPage(1, 100))...).Keys().List(t.Context(), project) {
		if err != nil || item.ID != "ak-1" || item.Name != "n1" {
			t.Errorf("got %v, %v", item, err)
		}
		break
	}
}

func TestAListThatFailsOnItsWay(t *testing.T) {
	tests := map[string]struct {
		second conformance.Exchange
		class  provider.Class
	}{
		"server error":  {get(pageURI(2), 500, refusal("E001R000", "oops")), provider.Transient},
		"web page":      {get(pageURI(2), 200, `<html>`), provider.Transient},
		"throttled":     {get(pageURI(2), 429, ``), provider.Throttled},
		"unauthorized":  {get(pageURI(2), 401, refusal("E001R000", "no")), provider.Unauthorized},
		"forbidden":     {get(pageURI(2), 403, refusal("E001R000", "no")), provider.Forbidden},
		"page too high": {get(pageURI(2), 200, refusal("INVALID_PARAMETER", "pageNumber")), provider.Invalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := all(t, play(t, append(pages(aPage(1, 100)), test.second)...))
			want(t, err, test.class, false)
			if len(found) != 100 {
				t.Errorf("%d keys before the error, want 100", len(found))
			}
		})
	}
}

func TestAListWithoutEndEnds(t *testing.T) {
	var script []conformance.Exchange
	for n := range maxPages {
		script = append(script, get(pageURI(n+1), 200, aPage(n*20, n*20+19)))
	}
	found, err := all(t, play(t, script...))
	e := want(t, err, provider.Transient, false)
	if len(found) != maxPages*20 || e.Message != "the list does not end" {
		t.Errorf("%d keys, and then %v", len(found), e)
	}
}

// Whatever size the vendor's pages have in truth, a list that is said to be
// complete has every key.
func TestACompleteListHasEveryKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(0, 300).Draw(t, "total")
		size := rapid.SampledFrom([]int{clampedSize, pageSize}).Draw(t, "size")
		counts := rapid.Bool().Draw(t, "counts")
		reader, found := reader{seen: map[string]bool{}}, 0
		for number := 0; !reader.done; number++ {
			answer := page{}
			answer.Data.Total = rest.Number{Value: float64(total), Known: counts}
			if number == 0 || number*size < total || rapid.Bool().Draw(t, "shows an empty list") {
				answer.Data.List = items{}
			}
			for n := number * size; n < min(total, (number+1)*size); n++ {
				answer.Data.List = append(answer.Data.List, key{ID: fmt.Sprint(n)})
			}
			fresh, problem := reader.take(answer)
			// A page of 20 may be a clamped one, so another is asked for.
			maybeClamped := number == total/size+1 && total%size == clampedSize
			if problem != "" || number > total/size && !maybeClamped || counts && number > 0 && number*size == total {
				t.Fatalf("page %d: %q", number, problem)
			}
			found += len(fresh)
		}
		if found != total {
			t.Fatalf("%d of %d keys at %d a page", found, total, size)
		}
	})
}
