package v1alpha1

import "testing"

// TestAttempt: what is open may have made something; what is ordered will.
func TestAttempt(t *testing.T) {
	for name, row := range map[string]struct {
		attempt       *Attempt
		open, ordered bool
	}{
		"none":                 {nil, false, false},
		"under way":            {&Attempt{}, true, false},
		"without an answer":    {&Attempt{Outcome: AttemptLost}, true, false},
		"known to be nothing":  {&Attempt{Outcome: AttemptRefused}, false, false},
		"being worked on":      {&Attempt{Outcome: AttemptAccepted}, false, true},
		"of a later version's": {&Attempt{Outcome: "Else"}, true, false},
	} {
		if row.attempt.Open() != row.open || row.attempt.Ordered() != row.ordered {
			t.Errorf("%s: open %t, ordered %t; want %t and %t", name, row.attempt.Open(), row.attempt.Ordered(), row.open, row.ordered)
		}
	}
}
