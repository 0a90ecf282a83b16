package main

import (
	"math/rand/v2"
	"net/http"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
	"github.com/workspace-operator/workspace-operator/internal/emulator/journal"
	"github.com/workspace-operator/workspace-operator/test/harness"
)

// faults go wrong with about one request in six. The work of more than a third of these is done and the answer lost; what makes something is hit more often.
func faults(r *rand.Rand) []fault.Fault {
	about := func(n int) int { return n + r.IntN(1+n/4) }
	all := []fault.Fault{
		{Action: fault.Lost, Method: http.MethodPost, Every: about(8)},
		{Action: fault.Lost, Every: about(22)},
		{Action: fault.Truncate, Every: about(45)},
		{Action: fault.Status, Status: http.StatusServiceUnavailable, Work: true, Every: about(60)},
		{Action: fault.Status, Status: http.StatusInternalServerError, Every: about(60)},
		{Action: fault.Reset, Every: about(60)},
		{Action: fault.HTML, Every: about(110)},
		{Action: fault.Garbage, Every: about(120)},
		{Action: fault.Delay, DelayMillis: 1000 + r.IntN(1000), Every: about(70)},
		{Action: fault.Delay, DelayMillis: 1000 + r.IntN(1000), Late: true, Every: about(70)},
	}
	for _, vendor := range vendorNames() {
		if vendor != harness.Guance { // it does not say when to come again
			all = append(all, fault.Fault{Vendor: vendor, Action: fault.Throttle, RetryAfterSeconds: new(1), Every: about(80)})
		}
	}
	return all
}

// delivered reports whether the vendor's own answer, or a refusal that says that nothing was done, reached whoever waited for it.
func delivered(e journal.Entry, f fault.Fault) bool {
	hit := e.Fault != 0 && f.Action != fault.Delay && f.Action != fault.Throttle
	return e.Done && !hit && e.Status > 0 && e.Status < http.StatusInternalServerError
}

// answerLost reports whether the vendor did the work, and whoever asked was not told what came of it.
func answerLost(e journal.Entry, f fault.Fault) bool { return e.Worked && !delivered(e, f) }
