// Package fault decides which requests go wrong, and how: scripts that match
// requests by vendor, method and route, and the wrong answers they give.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Action names what a fault does to a request.
type Action string

// The actions. Those that answer in the vendor's place do not let the vendor
// handle the request, unless Work is set.
const (
	// Status answers with Status (required) and Headers and Body as given.
	Status Action = "status"
	// Throttle answers the way the vendor itself throttles, with a Retry-After
	// header if RetryAfterSeconds is set.
	Throttle Action = "throttle"
	// HTML answers with an HTML page, as a proxy in between would; status 200
	// unless Status says otherwise.
	HTML Action = "html"
	// Garbage answers 200 (or Status) with a body that says it is JSON and is not.
	Garbage Action = "garbage"
	// Big answers 200 (or Status) with one valid JSON document of Bytes bytes.
	Big Action = "big"
	// Redirect answers 307 (or Status) with Location URL.
	Redirect Action = "redirect"
	// Reset closes the connection with a TCP reset instead of answering.
	Reset Action = "reset"
	// Lost lets the vendor do the work and then drops the connection.
	Lost Action = "lost"
	// Truncate lets the vendor do the work and closes the connection after half
	// the body of its answer.
	Truncate Action = "truncate"
	// Delay lets the vendor do the work, only later: see DelayMillis.
	Delay Action = "delay"
)

func actions() []Action {
	return []Action{Status, Throttle, HTML, Garbage, Big, Redirect, Reset, Lost, Truncate, Delay}
}

// Fault is one script: which requests, how many of them, and what happens.
type Fault struct {
	// ID is given by the emulator.
	ID int `json:"id"`

	// Vendor, Method and Route select requests exactly, PathPrefix by the path
	// below the vendor's mount point; empty selects all.
	Vendor     string `json:"vendor,omitempty"`
	Method     string `json:"method,omitempty"`
	Route      string `json:"route,omitempty"`
	PathPrefix string `json:"pathPrefix,omitempty"`
	// After is how many matching requests pass unharmed first.
	After int `json:"after,omitempty"`
	// Times is how many requests are hit after that; 0 means all.
	Times int `json:"times,omitempty"`
	// Every hits only one of so many; 0 and 1 mean each.
	Every int `json:"every,omitempty"`

	Action Action `json:"action"`
	// Work lets the vendor handle the request although its answer is replaced.
	Work bool `json:"work,omitempty"`
	// DelayMillis waits before the vendor handles the request, or, with Late,
	// between that and the answer. A client that goes away ends the wait; if it
	// does so before the work, the work is not done. Goes with every action.
	DelayMillis int  `json:"delayMillis,omitempty"`
	Late        bool `json:"late,omitempty"`

	Status            int               `json:"status,omitempty"`
	Headers           map[string]string `json:"headers,omitempty"`
	Body              string            `json:"body,omitempty"`
	Bytes             int64             `json:"bytes,omitempty"`
	URL               string            `json:"url,omitempty"`
	RetryAfterSeconds *int              `json:"retryAfterSeconds,omitempty"`

	// Seen and Fired count the matching requests and those that were hit.
	Seen  int `json:"seen"`
	Fired int `json:"fired"`
}

// Validate says what is wrong with a script, before it is silently useless.
func (f Fault) Validate() error {
	switch {
	case !slices.Contains(actions(), f.Action):
		return fmt.Errorf("action %q: must be one of %v", f.Action, actions())
	case f.Action == Status && f.Status == 0:
		return errors.New("action status needs a status")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d: must be 200 to 599", f.Status)
	case f.Action == Delay && f.DelayMillis == 0:
		return errors.New("action delay needs delayMillis")
	case f.Action == Big && f.Bytes < MinBig:
		return fmt.Errorf("action big needs bytes of at least %d", MinBig)
	case f.Action == Redirect && f.URL == "":
		return errors.New("action redirect needs a url")
	case f.After < 0 || f.Times < 0 || f.Every < 0 || f.DelayMillis < 0:
		return errors.New("after, times, every and delayMillis must not be negative")
	case f.ID != 0 || f.Seen != 0 || f.Fired != 0:
		return errors.New("id, seen and fired are the emulator's to set")
	}
	return nil
}

// Request is what faults are matched against.
type Request struct {
	Vendor, Method, Route, Path string
}

func (f Fault) matches(r Request) bool {
	return (f.Vendor == "" || f.Vendor == r.Vendor) &&
		(f.Method == "" || f.Method == r.Method) &&
		(f.Route == "" || f.Route == r.Route) &&
		strings.HasPrefix(r.Path, f.PathPrefix)
}

// passes reports whether the request, the latest seen, is one of those between two
// hits.
func (f Fault) passes() bool { return f.Every > 1 && (f.Seen-f.After)%f.Every != 0 }

// Script is the list of faults in force. The zero value is empty and ready to
// use; it is safe for concurrent use.
type Script struct {
	mu     sync.Mutex
	faults []Fault
	lastID int
}

// Add puts a fault at the end of the script and returns its id.
func (s *Script) Add(f Fault) (int, error) {
	if err := f.Validate(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	f.ID = s.lastID
	s.faults = append(s.faults, f)
	return f.ID, nil
}

// List returns the faults with their counters, spent ones included.
func (s *Script) List() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Fault{}, s.faults...)
}

// Remove takes out one fault and reports whether it was there.
func (s *Script) Remove(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f Fault) bool { return f.ID == id })
	return len(s.faults) < before
}

// Clear takes out all faults.
func (s *Script) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Take returns the fault to play for a request, or nil. The first fault that
// matches and is neither waiting nor spent hits; those before it that are
// still waiting count the request.
func (s *Script) Take(r Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if !f.matches(r) {
			continue
		}
		f.Seen++
		if f.Seen <= f.After || (f.Times > 0 && f.Fired >= f.Times) || f.passes() {
			continue
		}
		f.Fired++
		hit := *f
		return &hit
	}
	return nil
}
