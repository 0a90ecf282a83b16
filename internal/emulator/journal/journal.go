// Package journal keeps the emulator's request log and its counters: the truth
// about what a client really sent, against which the client's own claims can
// be checked.
package journal

import (
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// capacity bounds the log; the oldest entries go first and are counted as
// dropped. The counters are not affected.
const capacity = 50_000

// Unknown stands for the route of a path that the vendor does not have.
const Unknown = "unknown"

// Entry is one request to a vendor. It holds everything the client sent,
// credentials included: the log never leaves the emulator but through the
// control API.
type Entry struct {
	// ID counts up from 1 in the order requests arrived.
	ID     int64     `json:"id"`
	Time   time.Time `json:"time"`
	Vendor string    `json:"vendor"`
	Method string    `json:"method"`
	// Path is below the vendor's mount point, escaped as it was sent.
	Path  string `json:"path"`
	Query string `json:"query,omitempty"`
	// Route is Path with its ids replaced by names in braces, or [Unknown].
	Route  string      `json:"route"`
	Header http.Header `json:"header"`
	Body   string      `json:"body,omitempty"`
	// Done is false while the request is being served.
	Done bool `json:"done"`
	// Status is what the client was sent; 0 if it was sent nothing.
	Status int `json:"status"`
	// Worked says that the vendor itself handled the request, whatever the
	// client was told; Changed, that the vendor's state changed by it.
	Worked  bool `json:"worked"`
	Changed bool `json:"changed"`
	// Fault is the id of the fault that was played, 0 for none.
	Fault int `json:"fault,omitempty"`
}

// Count sums up the requests of one route.
type Count struct {
	Requests int `json:"requests"`
	// Worked is how often the vendor handled the request, Changed how often its
	// state changed by it: the number of things really done, whatever became of
	// the answers.
	Worked  int `json:"worked"`
	Changed int `json:"changed"`
	// Statuses counts the statuses sent; "0" stands for no answer at all.
	Statuses map[string]int `json:"statuses"`
}

// Log is safe for concurrent use. Make it with [New] or [Open].
type Log struct {
	mu      sync.Mutex
	entries []Entry
	last    int64
	dropped int64
	counts  map[string]map[string]*Count
	tape    *os.File // nil if nothing outlives the process
}

// New returns an empty log.
func New() *Log {
	return &Log{counts: map[string]map[string]*Count{}}
}

// Begin records that a request arrived and returns its id.
func (l *Log) Begin(e Entry) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) == capacity {
		l.entries = append([]Entry(nil), l.entries[capacity/10:]...)
		l.dropped += capacity / 10
	}
	l.last++
	e.ID = l.last
	l.write(&e)
	l.entries = append(l.entries, e)
	return e.ID
}

// Finish records how the request of that id ended. It is called before the
// answer leaves, so that whoever has the answer finds it in the log.
func (l *Log) Finish(id int64, status int, worked, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := int(id - l.last + int64(len(l.entries)) - 1)
	if at < 0 || at >= len(l.entries) {
		return
	}
	e := &l.entries[at]
	e.Done, e.Status, e.Worked, e.Changed = true, status, worked, changed
	l.count(e)
	l.write(e)
}

func (l *Log) count(e *Entry) {
	routes := l.counts[e.Vendor]
	if routes == nil {
		routes = map[string]*Count{}
		l.counts[e.Vendor] = routes
	}
	key := e.Method + " " + e.Route
	if routes[key] == nil {
		routes[key] = &Count{Statuses: map[string]int{}}
	}
	c := routes[key]
	c.Requests++
	c.Statuses[strconv.Itoa(e.Status)]++
	if e.Worked {
		c.Worked++
	}
	if e.Changed {
		c.Changed++
	}
}

// Filter selects entries; an empty field selects all.
type Filter struct {
	Vendor string
	Method string
	Route  string
	// Since selects the entries whose ID is greater.
	Since int64
}

// Entries returns the selected entries, oldest first, and how many entries of
// any kind the bounded log has dropped.
func (l *Log) Entries(f Filter) (entries []Entry, dropped int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries = []Entry{}
	for _, e := range l.entries {
		if f.selects(e) {
			entries = append(entries, e)
		}
	}
	return entries, l.dropped
}

func (f Filter) selects(e Entry) bool {
	return e.ID > f.Since &&
		(f.Vendor == "" || f.Vendor == e.Vendor) &&
		(f.Method == "" || f.Method == e.Method) &&
		(f.Route == "" || f.Route == e.Route)
}

// Counts returns the counters by vendor and then by "METHOD route". Requests
// still being served are not counted yet.
func (l *Log) Counts() map[string]map[string]Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]map[string]Count{}
	for vendor, routes := range l.counts {
		out[vendor] = map[string]Count{}
		for route, c := range routes {
			copied := *c
			copied.Statuses = map[string]int{}
			for status, n := range c.Statuses {
				copied.Statuses[status] = n
			}
			out[vendor][route] = copied
		}
	}
	return out
}

// Clear forgets all entries and counters. Ids go on counting. The file keeps what it has.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.dropped = nil, 0
	l.counts = map[string]map[string]*Count{}
}
