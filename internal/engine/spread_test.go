package engine

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// TestPart: many objects are evenly spread over the share, and none outside of it.
func TestPart(t *testing.T) {
	const objects, tenths = 10000, 10
	var in [tenths]int
	for i := range objects {
		part := Part(types.UID(fmt.Sprintf("uid-%d", i)), time.Hour)
		if part < 0 || part >= time.Hour {
			t.Fatalf("%s is no part of an hour", part)
		}
		in[part*tenths/time.Hour]++
	}
	for tenth, count := range in {
		if count < objects/tenths*9/10 || count > objects/tenths*11/10 {
			t.Errorf("%d of %d are in tenth %d", count, objects, tenth)
		}
	}
}

// TestAPartStaysAsItIs: it is in the times at which keys that are out there fall due,
// and an operator that is updated must not move them.
func TestAPartStaysAsItIs(t *testing.T) {
	if got, want := Part("0f-1", time.Hour), 3344193409569*time.Nanosecond; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Spread("0f-1", 10*time.Hour), 10*time.Hour+Part("0f-1", time.Hour); got != want {
		t.Errorf("the next look is after %s, want it spread as all is: %s", got, want)
	}
}
