// Package life tells the operator random stories: a Workspace and its ApiKeys are applied, edited, deleted, paused; their Secrets are altered; people change things at
// the vendor; the vendor fails. Whichever way a story went, its end has to be the one of somebody who applies the last specs to an empty place, and after every step
// the invariants hold (invariants_test.go lists them).
//
// Each place at a vendor tells one story, the same one each time. For others, and more of them, one after another at each place:
//
//	go test ./test/life -timeout 1h -rapid.checks=10 -rapid.seed=2
//
// A failure shows its story as a list, and how to tell the very same one again:
//
//	go test ./test/life -run 'TestLife/stories/portkey-3$' -rapid.seed=...
//
// To have it made as short as it can be, add -rapid.shrinktime=20m; each try takes as long as a story.
package life

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/workspace-operator/workspace-operator/test/harness"
)

const (
	// places is how many stories are told to one vendor at a time, and fewPlaces the same with -short.
	places, fewPlaces = 6, 2
	// atOnce is how many are told to all of them. Most of what they do is wait.
	atOnce = "24"
	// seed is of the stories that are told unless somebody asks for others.
	seed = "1"
)

func TestMain(m *testing.M) {
	flag.Parse()
	checks := "1"
	if testing.Short() {
		checks = "5" // of which rapid makes a fifth
	}
	for name, value := range map[string]string{
		"rapid.checks": checks, "rapid.shrinktime": "0s", "rapid.nofailfile": "true", "test.parallel": atOnce, "rapid.seed": seed,
	} {
		if f := flag.Lookup(name); f != nil && f.Value.String() == f.DefValue {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	m.Run()
}

func TestLife(t *testing.T) {
	h, err := harness.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	past := startChronicle(t, h)
	operator, err := h.RunOperator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			t.Error(err)
		}
		past.stop()
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	})
	stage, places := &stage{h: h, past: past}, places
	if testing.Short() {
		places = fewPlaces
	}
	t.Run("stories", func(t *testing.T) {
		for place := range places {
			for _, vendor := range vendors() {
				t.Run(fmt.Sprintf("%s-%d", vendor, place+1), func(t *testing.T) {
					t.Parallel()
					tell(t, stage, vendor, place)
				})
			}
		}
	})
	t.Run("no key and no credential is shown", func(t *testing.T) {
		for _, leak := range h.Leaks(t, operator, stage.secrets()) {
			t.Error(broken(11, leak))
		}
	})
}

func vendors() []string {
	return []string{harness.Portkey, harness.Guance, harness.Slaunchx, harness.Groundfloor, harness.Oceanbase}
}

// tell has rapid make stories up. What became of one is remembered: rapid tells a failing story again to see whether it fails again, and a story takes a minute.
func tell(t *testing.T, stage *stage, vendor string, place int) {
	told := map[string]string{}
	rapid.Check(t, func(rt *rapid.T) {
		for range place {
			stories(vendor).Draw(rt, "a story of another place") // all begin with the same seed
		}
		s := stories(vendor).Draw(rt, "story")
		title := s.String()
		if _, known := told[title]; !known {
			told[title] = stage.play(s)
			if told[title] != "" {
				t.Logf("%s\n%s", title, told[title])
			}
		}
		if told[title] != "" {
			rt.Fatalf("the story above went wrong")
		}
	})
}
