package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/workspace-operator/workspace-operator/internal/provider"
)

// TestAKeyThatMayBeOnItsWay: who asked for it may be about to store it, and is
// given the time a call takes.
func TestAKeyThatMayBeOnItsWay(t *testing.T) {
	for name, row := range map[string]struct {
		facts Key
		want  gist
	}{
		"it is waited for":       {Key{Secret: absent(), Marked: keys("k1"), Calling: "ci-1", Unsettled: time.Minute}, gist{Verb: Stay, State: Working, Reason: "Recovering", After: time.Minute}},
		"until its time is over": {Key{Secret: absent(), Marked: keys("k1"), Calling: "ci-1"}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		"whatever its name begins with": {Key{Secret: absent(), Marked: []provider.Key{{ID: "k1", Name: "old-0123456789abcdef-1", Mark: marked("old-0123456789abcdef-1")}}, Calling: "new-0123456789abcdef-1", Unsettled: time.Minute},
			gist{Verb: Stay, State: Working, Reason: "Recovering", After: time.Minute}},
		"another is not":          {Key{Secret: absent(), Marked: keys("k1", "k2"), Calling: "ci-2", Unsettled: time.Minute}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Recovering"}},
		"beside a live one":       {Key{Secret: ours("k1"), Recorded: "k1", Marked: keys("k1", "k2"), Calling: "ci-2", Unsettled: time.Minute}, gist{Verb: Stay, Target: "k1", State: Settled, Reason: "Available", After: time.Minute}},
		"a deletion is not":       {Key{Deleting: true, Secret: absent(), Marked: keys("k1"), Calling: "ci-1", Unsettled: time.Minute}, gist{Verb: Remove, Target: "k1", State: Working, Reason: "Deleting"}},
		"its name is not another": {Key{Secret: absent(), Unrecorded: "ci-1"}, gist{Verb: Create, Serial: 2, Record: true, State: Settled, Reason: "Available"}},
		"the first has the first": {Key{First: true, Secret: absent(), Unrecorded: "ci-1"}, gist{Verb: Create, Serial: 1, State: Settled, Reason: "Available"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, gistOf(row.facts.Decide()), cmpopts.EquateErrors()); diff != "" {
				t.Errorf("decided otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// marked is the mark in a key's name.
func marked(name string) provider.Mark {
	mark, _ := provider.ParseKeyName(name)
	return mark
}
