package fault_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/workspace-operator/workspace-operator/internal/emulator/fault"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name    string
		fault   fault.Fault
		problem string
	}{
		{"status", fault.Fault{Action: fault.Status, Status: 500}, ""},
		{"throttle", fault.Fault{Action: fault.Throttle}, ""},
		{"html", fault.Fault{Action: fault.HTML, Status: 502}, ""},
		{"garbage", fault.Fault{Action: fault.Garbage}, ""},
		{"big", fault.Fault{Action: fault.Big, Bytes: fault.MinBig}, ""},
		{"redirect", fault.Fault{Action: fault.Redirect, URL: "http://127.0.0.1/"}, ""},
		{"reset", fault.Fault{Action: fault.Reset}, ""},
		{"lost", fault.Fault{Action: fault.Lost, After: 1, Times: 2}, ""},
		{"truncate", fault.Fault{Action: fault.Truncate}, ""},
		{"delay", fault.Fault{Action: fault.Delay, DelayMillis: 1}, ""},
		{"delay with another action", fault.Fault{Action: fault.Lost, DelayMillis: 1, Late: true}, ""},

		{"no action", fault.Fault{}, `action ""`},
		{"unknown action", fault.Fault{Action: "explode"}, `action "explode"`},
		{"status without one", fault.Fault{Action: fault.Status}, "needs a status"},
		{"status too low", fault.Fault{Action: fault.Status, Status: 100}, "must be 200 to 599"},
		{"status too high", fault.Fault{Action: fault.HTML, Status: 600}, "must be 200 to 599"},
		{"delay without time", fault.Fault{Action: fault.Delay}, "needs delayMillis"},
		{"big without size", fault.Fault{Action: fault.Big}, "needs bytes"},
		{"big but smaller than any", fault.Fault{Action: fault.Big, Bytes: fault.MinBig - 1}, "needs bytes"},
		{"redirect to nowhere", fault.Fault{Action: fault.Redirect}, "needs a url"},
		{"negative after", fault.Fault{Action: fault.Reset, After: -1}, "negative"},
		{"negative times", fault.Fault{Action: fault.Reset, Times: -1}, "negative"},
		{"negative every", fault.Fault{Action: fault.Reset, Every: -1}, "negative"},
		{"negative delay", fault.Fault{Action: fault.Reset, DelayMillis: -1}, "negative"},
		{"an id", fault.Fault{Action: fault.Reset, ID: 1}, "emulator's to set"},
		{"a counter", fault.Fault{Action: fault.Reset, Fired: 1}, "emulator's to set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.fault.Validate()
			switch {
			case tt.problem == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)):
				t.Errorf("error %v, want one that says %q", err, tt.problem)
			}
			if _, added := new(fault.Script).Add(tt.fault); (added == nil) != (err == nil) {
				t.Errorf("Add says %v, Validate %v", added, err)
			}
		})
	}
}

func TestMatching(t *testing.T) {
	request := fault.Request{Vendor: "portkey", Method: "GET", Route: "/api-keys/{id}", Path: "/v1/api-keys/abc"}
	tests := []struct {
		name  string
		fault fault.Fault
		hit   bool
	}{
		{"anything", fault.Fault{}, true},
		{"this vendor", fault.Fault{Vendor: "portkey"}, true},
		{"another vendor", fault.Fault{Vendor: "guance"}, false},
		{"this method", fault.Fault{Method: "GET"}, true},
		{"another method", fault.Fault{Method: "PUT"}, false},
		{"this route", fault.Fault{Route: "/api-keys/{id}"}, true},
		{"another route", fault.Fault{Route: "/api-keys"}, false},
		{"the start of this path", fault.Fault{PathPrefix: "/v1/api-keys/a"}, true},
		{"the start of another path", fault.Fault{PathPrefix: "/v1/api-keys/b"}, false},
		{"all of them", fault.Fault{Vendor: "portkey", Method: "GET", Route: "/api-keys/{id}", PathPrefix: "/v1"}, true},
		{"all but one", fault.Fault{Vendor: "portkey", Method: "PUT", Route: "/api-keys/{id}", PathPrefix: "/v1"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s fault.Script
			tt.fault.Action = fault.Reset
			if _, err := s.Add(tt.fault); err != nil {
				t.Fatal(err)
			}
			if got := s.Take(request) != nil; got != tt.hit {
				t.Errorf("hit is %v, want %v", got, tt.hit)
			}
		})
	}
}

// TestCounting plays ten requests against scripts; a digit is the id of the
// fault that hit, a dot none.
func TestCounting(t *testing.T) {
	tests := []struct {
		name   string
		faults []fault.Fault
		want   string
	}{
		{"none", nil, ".........."},
		{"for ever", []fault.Fault{{}}, "1111111111"},
		{"three times", []fault.Fault{{Times: 3}}, "111......."},
		{"after two", []fault.Fault{{After: 2}}, "..11111111"},
		{"after two, three times", []fault.Fault{{After: 2, Times: 3}}, "..111....."},
		{"the first in order", []fault.Fault{{Times: 2}, {}}, "1122222222"},
		{"every third", []fault.Fault{{Every: 3}}, "..1..1..1."},
		{"every third after one, twice", []fault.Fault{{Every: 3, After: 1, Times: 2}}, "...1..1..."},
		{"what one lets pass another hits", []fault.Fault{{Every: 4}, {Every: 3}}, "..21..21.."},
		{"both count while one waits", []fault.Fault{{After: 2, Times: 1}, {After: 1, Times: 2}}, ".212......"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s fault.Script
			for _, f := range tt.faults {
				f.Action = fault.Reset
				if _, err := s.Add(f); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			for range 10 {
				if hit := s.Take(fault.Request{}); hit != nil {
					got += string(rune('0' + hit.ID))
				} else {
					got += "."
				}
			}
			if got != tt.want {
				t.Errorf("hits %s, want %s", got, tt.want)
			}
		})
	}
}

func TestListRemoveClear(t *testing.T) {
	var s fault.Script
	first, _ := s.Add(fault.Fault{Action: fault.Reset, Times: 1, Vendor: "a"})
	second, _ := s.Add(fault.Fault{Action: fault.Lost, Vendor: "b"})
	s.Take(fault.Request{Vendor: "a"})
	s.Take(fault.Request{Vendor: "a"})

	list := s.List()
	if len(list) != 2 || list[0].Seen != 2 || list[0].Fired != 1 || list[1].Seen != 0 {
		t.Errorf("after two requests to a the list is %+v", list)
	}
	if !s.Remove(first) || s.Remove(first) {
		t.Error("Remove must find a fault once")
	}
	if list := s.List(); len(list) != 1 || list[0].ID != second {
		t.Errorf("after Remove the list is %+v, want only %d", list, second)
	}
	s.Clear()
	if list := s.List(); len(list) != 0 {
		t.Errorf("after Clear the list is %+v", list)
	}
}

func TestTakeConcurrently(t *testing.T) {
	var s fault.Script
	if _, err := s.Add(fault.Fault{Action: fault.Reset, After: 10, Times: 25}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	hits := 0
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if s.Take(fault.Request{}) != nil {
				mu.Lock()
				hits++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if hits != 25 {
		t.Errorf("%d of 100 concurrent requests were hit, want exactly 25", hits)
	}
}
